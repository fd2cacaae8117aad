//! What a first load must be enough for: the first light story, while nothing more can be fetched.

use super::chromium::{Outcome, Page, pause, root};
use thirtyfour::prelude::*;

/// Nothing of the second part is fetched: neither ahead of need, nor by a placeholder.
const BLOCKED: [&str; 1] = ["*drydock-later-*"];

impl Page {
    async fn block(&self, addresses: &[&str]) -> Outcome {
        let tools = self.driver.cdp();
        tools.send_raw("Network.enable", serde_json::json!({})).await?;
        tools.send_raw("Network.setBlockedURLs", serde_json::json!({ "urls": addresses })).await?;
        Ok(())
    }
    /// Keeps pages opened from now on from fetching the second part ahead of need.
    async fn nothing_ahead(&self) -> Outcome {
        let source = "const all = fetch; fetch = (what, ...more) => String(what).includes('later') ? Promise.reject('not ahead') : all(what, ...more); \
                      delete Navigator.prototype.serviceWorker;";
        let tools = self.driver.cdp();
        let source = serde_json::json!({ "source": source });
        tools.send_raw("Page.addScriptToEvaluateOnNewDocument", source).await?;
        Ok(())
    }
    /// Types a line and waits until it is done and its reply is seen.
    async fn say(&self, line: &str, reply: &str) -> Outcome {
        self.enter(line).await?;
        self.wait_for_text(reply).await?;
        self.wait_for_prompt().await
    }
}

/// Pull, run, look, ask, stop, remove; completion and history; a mistake.
async fn story(page: &Page) -> Outcome {
    page.say("docker pull nginx:1.27", "docker.io/library/nginx:1.27").await?;
    page.say("docker images", "nginx").await?;
    page.say("docker run -d -p 8080:80 --name web nginx:1.27", "$ docker run").await?;
    page.wait("document.querySelector('[data-container=web][data-state=running]')").await?;
    page.say("docker ps", "0.0.0.0:8080->80/tcp").await?;
    page.say("curl localhost:8080", "Welcome to nginx!").await?;
    page.say("docker logs web", "GET / HTTP/1.1").await?;
    page.say("docker exec web ls /", "docker-entrypoint.sh").await?;
    page.enter("docker exec -it web sh").await?;
    page.wait("document.querySelector('.prompt .pr')?.textContent.trim().endsWith('#')").await?;
    let prompt = page.driver.find(By::Id("prompt")).await?;
    prompt.send_keys("cat /etc/hostname; exit".to_owned() + Key::Enter).await?;
    page.wait_for_prompt().await?;
    page.enter("docker exec web hostname").await?;
    page.wait_for_prompt().await?;
    page.say("docker frobnicate", "unknown command: docker frobnicate").await?;
    page.say("docker stop web", "$ docker stop web\nweb").await?;
    page.say("docker ps -a", "Exited (0)").await?;
    let prompt = page.driver.find(By::Id("prompt")).await?;
    prompt.send_keys("docker r".to_owned() + Key::Tab + Key::Escape + Key::Up + Key::Up).await?;
    prompt.send_keys(Key::Escape + "").await?;
    page.say("docker rm web", "$ docker rm web\nweb").await?;
    page.say("docker run hello-world", "Hello from Docker!").await?;
    page.say("docker run --rm -it busybox echo hello", "hello").await
}

/// Pause, scrub, undo and redo; the Inspector; themes.
async fn look(page: &Page) -> Outcome {
    page.press("Pause").await?;
    page.press("Step to the next").await?;
    let now = page.figure("+document.querySelector('.scrub input').max").await?;
    page.seek(now / 2.0).await?;
    page.press("Step to the next").await?;
    page.press("Step back").await?;
    page.seek(now).await?;
    page.press("Undo").await?;
    pause(100).await;
    page.press("Redo").await?;
    page.ask("document.querySelector('[data-tag=\"nginx:1.27\"]').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
        .await?;
    page.wait("document.querySelector('.insp h2')").await?;
    page.press("Theme").await
}

/// The story on what a first load fetches, and once more after a reload.
pub async fn first_light(page: Page) -> Outcome {
    page.block(&BLOCKED).await?;
    page.open().await?;
    story(&page).await?;
    look(&page).await?;
    page.driver.refresh().await?;
    page.wait_for_text("Hello from Docker!").await?;
    page.say("docker ps", "CONTAINER ID").await?;
    page.no_errors().await
}

/// Writes which functions the story runs, for `cargo xtask cold`.
pub async fn cold(page: Page) -> Outcome {
    page.goto(&page.server.at("target/cold-page/index.html")).await?;
    page.wait("document.querySelector('#prompt')").await?;
    story(&page).await?;
    look(&page).await?;
    let before = page.text("window.ran()").await?;
    page.driver.refresh().await?;
    page.wait_for_text("Hello from Docker!").await?;
    page.say("docker ps", "CONTAINER ID").await?;
    let after = page.text("window.ran()").await?;
    let both: String = before.chars().zip(after.chars()).map(|(a, b)| if a == '1' { a } else { b }).collect();
    std::fs::write(root().join("target/cold-page/ran.txt"), both).expect("the list is written");
    Ok(())
}

/// The page opened once works without a network, in full: a build, and another lens.
pub async fn offline(page: Page) -> Outcome {
    page.goto(&page.server.at("some/class/dist/")).await?;
    page.wait("navigator.serviceWorker.controller").await?;
    page.offline().await?;
    page.driver.refresh().await?;
    page.say("docker run hello-world", "Hello from Docker!").await?;
    rare(&page).await?;
    // The lens is kept: the second part is needed for the first picture.
    page.driver.refresh().await?;
    page.wait("document.querySelector('[data-namespace]')").await?;
    page.no_errors().await
}

/// What the first load does not have.
async fn rare(page: &Page) -> Outcome {
    page.say(
        "printf 'FROM busybox\\nRUN echo hi > /hi\\n' > Dockerfile; docker build -t built .",
        "exporting to image",
    )
    .await?;
    page.say("docker run built cat /hi", "\nhi").await?;
    page.ask(
        "[...document.querySelectorAll('.lenses [role=tab]')].find(t => t.textContent == 'Kernel').click()",
    )
    .await?;
    page.wait("document.querySelector('[data-namespace]')").await?;
    page.no_errors().await
}

/// A placeholder fetches the second part itself when nothing was fetched ahead.
pub async fn asked(page: Page) -> Outcome {
    page.nothing_ahead().await?;
    page.open().await?;
    let fetched = "performance.getEntriesByType('resource').filter(r => r.name.includes('later')).map(r => r.initiatorType)";
    page.say("docker run hello-world", "Hello from Docker!").await?;
    assert_eq!(page.ask(fetched).await?, serde_json::json!([]), "not yet");
    rare(&page).await?;
    assert_eq!(page.ask(fetched).await?, serde_json::json!(["xmlhttprequest"]), "once");
    Ok(())
}

/// Where the second part cannot be had, the page says so.
pub async fn missing(page: Page) -> Outcome {
    page.block(&BLOCKED).await?;
    page.open().await?;
    page.enter("docker build .").await?;
    page.wait("document.body.textContent.includes('could not be fetched')").await?;
    page.block(&[]).await?;
    page.driver.refresh().await?;
    page.say("docker run hello-world", "Hello from Docker!").await
}
