//! Drydock's page: the simulation drawn, and a terminal to act on it.

mod app;
mod code;
mod desk;
mod draw;
mod facts;
mod look;
mod place;
mod scene;
mod shape;
mod starters;

fn main() {
    if let Some(root) = gloo_utils::document().get_element_by_id("app") {
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
