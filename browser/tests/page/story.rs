//! The first story: pull, run, ask, look back, undo, come back.

use super::chromium::{Outcome, Page};
use drydock::registry::catalogue::Catalogue;

/// The layers that the manifest of nginx:1.27 has, by the twelve digits of their diff ids.
fn manifest_layers() -> Vec<String> {
    let image = Catalogue::read().and_then(|catalogue| catalogue.image("nginx:1.27"));
    image.expect("the catalogue has no mistake").layers.iter().map(|layer| layer.diff_id.short()).collect()
}

/// The digits of the bricks that belong to something, from the base up.
async fn bricks(page: &Page, of: &str) -> Result<Vec<String>, thirtyfour::error::WebDriverError> {
    let script =
        format!("[...document.querySelectorAll('[data-of=\"{of}\"]')].map(b => b.dataset.layer).reverse()");
    let all = page.ask(&script).await?;
    Ok(all.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect())
}

const LEFT: &str = "document.querySelector('[data-blob]').getBoundingClientRect().left";
/// The picture as text, each element with its attributes in order.
const SCENE: &str = "(function draw(e) { const all = [...e.attributes].map(a => a.name + '=' + a.value).sort().join(' '); \
     return '<' + e.tagName + ' ' + all + '>' + (e.childElementCount ? [...e.children].map(draw).join('') : e.textContent) })(document.querySelector('.scene'))";

/// The story.
pub async fn story(page: Page) -> Outcome {
    page.open().await?;
    page.enter("docker run -d -p 8080:80 --name web nginx:1.27").await?;
    page.wait("[...document.querySelectorAll('[data-blob]')].some(b => b.dataset.part > 0.4)").await?;
    page.press("Pause").await?;
    page.shot("pull").await?;
    let gate = page
        .figure("document.querySelector('[data-image=\"nginx:1.27\"]').getBoundingClientRect().right")
        .await?;
    let shelf = page
        .figure("document.querySelector('[data-tag=\"nginx:1.27\"]').getBoundingClientRect().left")
        .await?;
    let blob = page.figure(LEFT).await?;
    assert!(gate < blob && blob < shelf, "{gate} < {blob} < {shelf}");
    assert_eq!(page.ask("document.querySelector('[data-container]')").await?, serde_json::Value::Null);
    page.press("Play").await?;
    page.wait("document.querySelector('[data-container=web][data-state=running]')").await?;
    let layers = manifest_layers();
    assert_eq!(bricks(&page, "store nginx:1.27").await?, layers, "the store has the manifest's layers");
    assert_eq!(bricks(&page, "web").await?, layers, "and the container stands on them");
    page.enter("curl localhost:8080").await?;
    page.press("Pause").await?;
    let asked = "!!document.querySelector('[data-packet^=GET]')";
    for _ in 0..400 {
        if page.ask(asked).await? == serde_json::Value::Bool(true) {
            break;
        }
        page.press("Step to the next").await?;
    }
    page.wait(asked).await?;
    page.shot("packet").await?;
    page.press("Play").await?;
    page.wait_for_text("Welcome to nginx!").await?;
    page.wait("document.querySelector('[data-reply=\"Welcome to nginx!\"]')").await?;
    page.wait_for_prompt().await?;
    page.wait("!document.querySelector('[data-packet]')").await?;
    page.press("Pause").await?;
    page.shot("overview").await?;
    look_back(&page).await?;
    page.driver.refresh().await?;
    page.wait("document.querySelector('[data-container=web][data-state=running]')").await?;
    page.wait_for_text("Welcome to nginx!").await?;
    page.no_errors().await
}

/// Scrubs back and forth; undoes and does again.
async fn look_back(page: &Page) -> Outcome {
    let now = page.figure("+document.querySelector('.scrub input').value").await?;
    page.seek(now).await?;
    let picture = page.text(SCENE).await?;
    page.seek(500_000.0).await?;
    assert_eq!(page.ask("document.querySelector('[data-container]')").await?, serde_json::Value::Null);
    assert_eq!(page.ask("document.querySelector('[data-image]')").await?, serde_json::Value::Null);
    page.seek(now).await?;
    assert!(page.text(SCENE).await? == picture, "the same moment is the same picture");
    page.press("Undo").await?;
    super::chromium::pause(100).await;
    assert!(!page.screen().await?.contains("Welcome to nginx!"), "the reply was taken back");
    page.press("Redo").await?;
    page.wait(&format!("+document.querySelector('.scrub input').max >= {now}")).await?;
    page.press("Pause").await?;
    page.seek(now).await?;
    assert!(page.text(SCENE).await? == picture, "undo and redo lead to the same picture");
    Ok(())
}
