//! Drydock's page: the simulation drawn, and a terminal to act on it.

mod app;
mod draw;
mod look;
mod scene;

fn main() {
    yew::Renderer::<app::App>::new().render();
}
