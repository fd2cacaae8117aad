//! Computes the story's hash: in a browser it becomes the document's title.

fn main() {
    let hash = drydock_browser::hash();
    #[cfg(target_arch = "wasm32")]
    gloo_utils::document().set_title(&hash);
    #[cfg(not(target_arch = "wasm32"))]
    println!("{hash}");
}
