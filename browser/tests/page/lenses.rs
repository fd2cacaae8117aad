//! The Layers lens and the Build lens: where a path comes from, what a build does again, which step failed.

use super::chromium::{Outcome, Page, pause};
use thirtyfour::prelude::*;

const FILES: &str = "mkdir /tmp/shop; cd /tmp/shop; echo one > page.html";
const DOCKERFILE: &str = "printf 'FROM nginx:1.27 AS base\\nFROM base AS unused\\nRUN true\\nFROM base\\nRUN echo more >> /etc/nginx/nginx.conf\\nCOPY page.html /srv/\\nRUN sleep 3 && rm /etc/os-release\\n' > Dockerfile";

/// Another lens, by its tab.
async fn lens(page: &Page, name: &str) -> Outcome {
    page.ask(&format!(
        "[...document.querySelectorAll('.lenses button')].find(b => b.textContent == '{name}').click()"
    ))
    .await?;
    page.wait(&format!("document.querySelector('.lenses [aria-selected=true]').textContent == '{name}'"))
        .await?;
    pause(500).await;
    Ok(())
}

/// The states of the steps, stage by stage.
async fn states(page: &Page) -> WebDriverResult<String> {
    page.text("[...document.querySelectorAll('[data-step]')].map(s => s.dataset.step + ' ' + s.dataset.state).join(', ')").await
}

/// No text is too small, nothing is wider than the window.
async fn fits(page: &Page, name: &str) -> Outcome {
    for (width, height) in [(1440, 900), (1280, 720), (390, 844)] {
        page.resize(width, height).await?;
        pause(300).await;
        page.shot(&format!("{name}-{width}")).await?;
        for of in ["document.documentElement", "document.querySelector('.stage')"] {
            let wide = page.figure(&format!("{of}.scrollWidth - {of}.clientWidth")).await?;
            assert!(wide <= 0.0, "{name}: {of} is {wide} too wide at {width}");
        }
        let small = page
            .ask("[...document.querySelectorAll('.stage *')].filter(e => e.childElementCount == 0 && e.textContent.trim() && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 12).map(e => e.textContent)")
            .await?;
        assert_eq!(small, serde_json::json!([]), "{name} {width}: text under 12 px");
    }
    page.resize(1440, 900).await
}

/// A build as it goes on, from the cache, and failed; and as it was.
pub async fn build(page: Page) -> Outcome {
    page.open().await?;
    page.enter(FILES).await?;
    page.enter(DOCKERFILE).await?;
    lens(&page, "Build").await?;
    page.wait("document.querySelector('.scene').textContent.includes('No build yet')").await?;
    page.enter("docker build -t shop:1 .").await?;
    page.wait("document.querySelector('[data-step=\"2 3\"][data-state=running]')").await?;
    page.shot("build-running").await?;
    page.wait_for_prompt().await?;
    page.wait("document.querySelector('[data-step=\"2 3\"][data-state=done]')").await?;
    assert_eq!(
        states(&page).await?,
        "0 0 done, 1 0 unused, 1 1 unused, 2 0 done, 2 1 done, 2 2 done, 2 3 done"
    );
    page.enter("echo two >> page.html; docker build -t shop:2 .").await?;
    page.wait("document.querySelector('[data-step=\"2 3\"][data-state=running]')").await?;
    page.wait_for_prompt().await?;
    assert_eq!(
        states(&page).await?,
        "0 0 done, 1 0 unused, 1 1 unused, 2 0 done, 2 1 cached, 2 2 done, 2 3 done"
    );
    // The brick of a step is the layer of the image.
    let brick = page.text("document.querySelector('[data-of=\"build 2 2 0\"]').dataset.layer").await?;
    page.enter("echo 'RUN echo so far && exit 3' >> Dockerfile; docker build -t shop:3 .").await?;
    page.wait("document.querySelector('[data-step=\"2 4\"][data-state=failed]')").await?;
    page.wait_for_prompt().await?;
    page.press("Pause").await?;
    let shown = page.text("document.querySelector('.scene').textContent").await?;
    assert!(
        shown.contains("did not complete successfully: exit code: 3") && shown.contains("so far"),
        "{shown}"
    );
    page.ask("document.querySelector('[data-step=\"2 4\"]').dispatchEvent(new MouseEvent('click', {bubbles: true}))").await?;
    page.wait("document.querySelector('.insp pre')?.textContent.includes('>>> RUN echo so far')").await?;
    fits(&page, "build").await?;
    // Another build, by the menu above; then the time when the first one was at work.
    let menu = "document.querySelector('.graph .lensbar select')";
    assert_eq!(page.figure(&format!("{menu}.options.length")).await?, 3.0);
    page.ask(&format!("({menu}.value = '1', {menu}.dispatchEvent(new Event('change', {{bubbles: true}})))"))
        .await?;
    page.wait("document.querySelector('.scene').textContent.includes('Build of shop:2')").await?;
    page.press("Undo").await?;
    page.press("Undo").await?;
    page.wait("document.querySelector('.scene').textContent.includes('Build of shop:1')").await?;
    assert!(!brick.is_empty());
    page.no_errors().await
}

/// The layers of a built image, where its files come from, and what the container changed.
pub async fn layers(page: Page) -> Outcome {
    page.open().await?;
    lens(&page, "Layers").await?;
    page.wait("document.querySelector('.scene').textContent.includes('No image yet')").await?;
    page.enter(FILES).await?;
    page.enter(DOCKERFILE).await?;
    page.enter("docker build -t shop . && docker pull httpd:2.4").await?;
    page.wait_for_prompt().await?;
    page.enter("docker run -d --name web shop").await?;
    page.wait_for_prompt().await?;
    page.enter("docker exec web sh -c 'echo x >> /etc/nginx/nginx.conf; rm /etc/nginx/conf.d/default.conf; echo n > /tmp/notes'").await?;
    page.wait("document.querySelector('[data-path=\"/tmp/notes\"]')").await?;
    page.wait_for_prompt().await?;
    page.press("Pause").await?;
    page.shot("layers").await?;
    let rows = page.ask("[...document.querySelectorAll('[data-row]')].map(r => r.dataset.row)").await?;
    assert_eq!(
        rows.as_array().map(Vec::len),
        Some(12),
        "{rows}: two of the container, three of the build, seven of nginx"
    );
    assert_eq!(
        page.text("document.querySelector('[data-path$=\"default.conf\"]').dataset.from").await?,
        "the writable layer"
    );
    assert!(
        page.text("document.querySelector('[data-path$=\"default.conf\"]').textContent")
            .await?
            .contains("no such file")
    );
    tree(&page, rows[3].as_str().unwrap_or_default()).await?;
    fits(&page, "layers").await?;
    let shared = page
        .text(&format!(
            "document.querySelector('[data-row=\"{}\"]').dataset.shared",
            rows[11].as_str().unwrap_or_default()
        ))
        .await?;
    assert!(shared.contains("httpd:2.4"), "{shared}");
    // The lens is kept over a reload.
    page.driver.refresh().await?;
    page.wait("document.querySelector('.lenses [aria-selected=true]')?.textContent == 'Layers'").await?;
    page.wait("document.querySelector('[role=tree]')").await?;
    page.press("Theme").await?;
    pause(300).await;
    page.shot("layers-ink").await?;
    page.no_errors().await
}

/// The tree by keyboard: `/srv/page.html` is of the layer that COPY made.
async fn tree(page: &Page, copied: &str) -> Outcome {
    page.ask("document.querySelector('[role=tree]').focus()").await?;
    let tree = page.driver.find(By::Css("[role=tree]")).await?;
    tree.send_keys(Key::Home + "").await?;
    let chosen = "document.querySelector('[role=tree] [aria-selected=true]')";
    for _ in 0..40 {
        if page.text(&format!("{chosen}?.dataset.branch")).await? == "/srv" {
            break;
        }
        tree.send_keys(Key::Down + "").await?;
    }
    tree.send_keys(Key::Right + "").await?;
    page.wait(&format!("{chosen}.getAttribute('aria-expanded') == 'true'")).await?;
    tree.send_keys(Key::Right + "").await?;
    page.wait(&format!("{chosen}.dataset.branch == '/srv/page.html'")).await?;
    assert_eq!(page.text(&format!("{chosen}.dataset.from")).await?, copied);
    // It is a column of the picture now.
    assert_eq!(
        page.text("document.querySelector('[data-path=\"/srv/page.html\"]').dataset.from").await?,
        copied
    );
    tree.send_keys(Key::Enter + "").await?;
    page.wait("document.querySelector('.insp h2')?.textContent == '/srv/page.html'").await?;
    let said = page.text("document.querySelector('.insp').innerText").await?;
    assert!(said.contains("COPY page.html /srv/"), "{said}");
    tree.send_keys(Key::Left + "").await?;
    page.wait(&format!("{chosen}.dataset.branch == '/srv'")).await
}
