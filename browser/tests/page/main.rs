//! Drydock in Chromium. `cargo xtask test` builds the page and what is compared with it before these run.
//!
//! Screens are written to `target/screens/`, to be looked at; with `UPDATE_EXPECT=1` also the README's picture.

#![cfg(not(target_arch = "wasm32"))]

mod chromium;
mod files;
mod first;
mod kernel;
mod lenses;
mod lesson;
mod server;
mod small;
mod story;

use chromium::with_page;

#[test]
fn the_story_is_seen() {
    with_page(1440, 900, story::story);
}

#[test]
fn the_page_opens_again_without_a_network() {
    with_page(1280, 720, first::offline);
}

#[test]
fn one_file_opens_from_a_disk() {
    with_page(1440, 900, |page| async move {
        let file = chromium::root().join("dist/drydock.html");
        page.goto(&format!("file://{}", file.display())).await?;
        page.enter("docker run hello-world").await?;
        page.wait_for_text("Hello from Docker!").await?;
        page.no_errors().await
    });
}

#[test]
fn the_browser_and_the_native_build_have_one_hash() {
    with_page(800, 600, |page| async move {
        page.goto(&page.server.at("target/hash-page/index.html")).await?;
        let expected = drydock_browser::hash();
        let mut title = String::new();
        for _ in 0..200 {
            title = page.driver.title().await?;
            if title.starts_with("sha256:") {
                break;
            }
            chromium::pause(50).await;
        }
        assert_eq!(title, expected);
        Ok(())
    });
}

#[test]
fn everything_is_done_by_keyboard() {
    with_page(1440, 900, small::keyboard);
}

#[test]
fn a_lesson_is_solved_with_predictions() {
    with_page(1440, 900, lesson::second);
}

#[test]
fn several_lines_are_pasted() {
    with_page(1280, 720, small::paste);
}

#[test]
fn every_size_and_theme_fits() {
    with_page(1440, 900, small::sizes);
}

#[test]
fn the_kernel_lens_is_seen() {
    with_page(1440, 900, kernel::kernel);
}

#[test]
fn the_layers_lens_is_seen() {
    with_page(1440, 900, lenses::layers);
}

#[test]
fn the_build_lens_is_seen() {
    with_page(1440, 900, lenses::build);
}

#[test]
fn a_refusal_is_said_with_its_cause() {
    with_page(1440, 900, kernel::refusal);
}

#[test]
fn less_motion_is_drawn_at_events() {
    with_page(1440, 900, small::calm);
}

#[test]
fn the_first_story_needs_the_first_load_alone() {
    with_page(1440, 900, first::first_light);
}

#[test]
fn the_rest_is_fetched_when_it_is_asked_for() {
    with_page(1440, 900, first::asked);
}

#[test]
fn what_cannot_be_fetched_is_said() {
    with_page(1440, 900, first::missing);
}

#[test]
#[ignore = "a chore: cargo xtask cold"]
fn cold() {
    with_page(1440, 900, first::cold);
}

#[test]
fn a_dockerfile_is_edited_and_built() {
    with_page(1440, 900, files::build);
}

#[test]
fn files_are_walked_and_named_by_keyboard() {
    with_page(1280, 720, files::keyboard);
}

#[test]
fn vi_in_a_container_opens_the_editor() {
    with_page(1440, 900, files::vi);
}

#[test]
fn files_and_images_come_in_and_go_out() {
    with_page(1440, 900, files::transfer);
}

#[test]
#[ignore = "a measurement for BENCHMARKS.md, not a test"]
fn frame_time() {
    with_page(1440, 900, small::frame_time);
}
