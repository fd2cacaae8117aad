//! Keyboard, paste, sizes, themes, motion.

use super::chromium::{Outcome, Page, pause};
use thirtyfour::prelude::*;

/// Completion, history, interrupt; the walk over the stage; the Inspector.
pub async fn keyboard(page: Page) -> Outcome {
    page.open().await?;
    page.wait_for_prompt().await?;
    let prompt = page.driver.find(By::Id("prompt")).await?;
    prompt.send_keys("dock".to_owned() + Key::Tab + "ru" + Key::Tab + "--rm --na" + Key::Tab).await?;
    let typed = "document.querySelector('#prompt').value";
    assert_eq!(page.text(typed).await?, "docker run --rm --name=");
    prompt.send_keys("nap -d alpine:3.20 sleep 600".to_owned() + Key::Enter).await?;
    page.wait("document.querySelector('[data-container=nap][data-state=running]')").await?;
    page.wait_for_prompt().await?;
    prompt.send_keys("sleep 1000".to_owned() + Key::Enter).await?;
    pause(300).await;
    prompt.send_keys(Key::Control + "c").await?;
    page.wait_for_text("^C").await?;
    page.wait_for_prompt().await?;
    prompt.send_keys(Key::Up + Key::Up).await?;
    assert!(page.text(typed).await?.starts_with("docker run --rm"), "{}", page.text(typed).await?);
    prompt.send_keys(Key::Escape + "").await?;
    assert_eq!(page.text(typed).await?, "");
    // Tab goes on when the line is empty: it never traps.
    prompt.send_keys(Key::Tab + "").await?;
    assert_ne!(page.text("document.activeElement.id").await?, "prompt");
    page.ask("document.querySelector('.scene').focus()").await?;
    let scene = page.driver.find(By::ClassName("scene")).await?;
    let mut names = Vec::new();
    for _ in 0..12 {
        scene.send_keys(Key::Right + "").await?;
        let at =
            "document.getElementById(document.querySelector('.scene').getAttribute('aria-activedescendant'))";
        names.push(page.text(&format!("{at}.getAttribute('aria-label')")).await?);
        if names.last().is_some_and(|n| n.starts_with("Container nap, running")) {
            break;
        }
    }
    assert!(names.last().is_some_and(|n| n == "Container nap, running, alpine 3.20"), "{names:?}");
    scene.send_keys(Key::Enter + "").await?;
    page.wait("document.querySelector('.insp h2')?.textContent == 'nap'").await?;
    page.ask("[...document.querySelectorAll('.insp [role=tab]')].find(t => t.textContent == 'JSON').click()")
        .await?;
    page.wait("document.querySelector('.insp pre').textContent.includes('\"Image\": \"sha256:')").await?;
    page.shot("inspector").await?;
    page.ask("document.querySelector('.scene').focus()").await?;
    scene.send_keys(Key::Escape + "").await?;
    page.wait("!document.querySelector('.insp')").await?;
    page.no_errors().await
}

/// Pasted lines run one after the other; the last waits for Enter.
pub async fn paste(page: Page) -> Outcome {
    page.open().await?;
    page.wait_for_prompt().await?;
    page.ask(
        "(p => { p.focus(); const d = new DataTransfer(); d.setData('text/plain', 'echo one\\nsleep 1; echo two\\necho three'); \
         p.dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})); return 0 })(document.querySelector('#prompt'))",
    )
    .await?;
    page.wait_for_text("\ntwo").await?;
    page.wait_for_prompt().await?;
    assert_eq!(page.screen().await?.trim(), "$ echo one\none\n$ sleep 1; echo two\ntwo");
    assert_eq!(page.text("document.querySelector('#prompt').value").await?, "echo three");
    page.no_errors().await
}

/// Every size of the guide, in paper and in ink: nothing overflows, no text is too small.
pub async fn sizes(page: Page) -> Outcome {
    page.open().await?;
    page.enter("docker run --name hello alpine:3.20 echo hi").await?;
    page.wait("document.querySelector('[data-container=hello][data-state=exited]')").await?;
    page.enter("docker run -d -p 8080:80 --name web httpd:2.4").await?;
    page.wait("document.querySelector('[data-container=web][data-state=running]')").await?;
    page.enter("curl localhost:8080").await?;
    page.wait_for_text("It works!").await?;
    page.enter("docker pull nginx:1.27").await?;
    page.wait("[...document.querySelectorAll('[data-blob]')].some(b => b.dataset.part > 0.3)").await?;
    page.press("Pause").await?;
    for theme in ["paper", "ink"] {
        for (width, height) in [(1440, 900), (1280, 720), (390, 844)] {
            page.resize(width, height).await?;
            pause(250).await;
            page.shot(&format!("{theme}-{width}")).await?;
            let wide = page.figure("document.documentElement.scrollWidth").await?;
            assert!(wide <= f64::from(width), "{wide} is wider than {width}");
            let small = page
                .ask("[...document.querySelectorAll('.app *')].filter(e => e.childElementCount == 0 && e.textContent.trim() && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 12 && !e.closest('.titleblock, sup, .phonetabs')).map(e => e.textContent)")
                .await?;
            assert_eq!(small, serde_json::json!([]), "{theme} {width}: text under 12 px");
            let prompt =
                page.figure("document.querySelector('#prompt').getBoundingClientRect().bottom").await?;
            assert!(prompt <= f64::from(height), "the prompt is seen at {width} by {height}");
        }
        page.press("Theme").await?;
    }
    page.resize(390, 844).await?;
    for (number, name) in [(1, "lesson"), (4, "inspect")] {
        if number == 4 {
            page.ask("document.querySelector('[data-container=web]').dispatchEvent(new MouseEvent('click', {bubbles: true}))").await?;
        } else {
            page.ask(&format!("document.querySelector('.phonetabs button:nth-child({number})').click()"))
                .await?;
        }
        pause(200).await;
        page.shot(&format!("phone-{name}")).await?;
    }
    page.no_errors().await
}

/// With less motion wanted, what is on its way is drawn anew at events, not at each frame.
pub async fn calm(page: Page) -> Outcome {
    page.prefer("prefers-reduced-motion", "reduce").await?;
    page.open().await?;
    page.enter("docker pull node:22").await?;
    page.wait("document.querySelector('[data-blob]')").await?;
    page.ask("(window.drawn = new Set(), new MutationObserver(() => drawn.add(document.querySelector('[data-blob]')?.dataset.part)).observe(document.querySelector('.scene'), {subtree: true, childList: true, attributes: true}), 0)").await?;
    pause(1500).await;
    let drawn = page.figure("drawn.size").await?;
    // Progress is an event ten times a second; frames come sixty times.
    assert!((2.0..40.0).contains(&drawn), "drawn {drawn} times in 1.5 s");
    page.no_errors().await
}

/// How long the page takes for a frame with 40 containers and as many layers on their way as can be had.
pub async fn frame_time(page: Page) -> Outcome {
    page.open().await?;
    page.enter("docker pull -q busybox; docker pull -q alpine").await?;
    page.wait_for_text("docker.io/library/alpine").await?;
    page.enter("for n in $(seq 40); do docker run -d busybox sleep 9999 > /dev/null; done").await?;
    page.ask("[...document.querySelectorAll('.seg button')].at(-1).click()").await?;
    page.wait("document.querySelectorAll('[data-container]').length == 40").await?;
    page.wait_for_prompt().await?;
    let images = "alpine:3.20 alpine:3.21 debian:12 debian:13 ubuntu:22.04 ubuntu:24.04 python:3.12 python:3.13 \
                  python:3.12-slim python:3.12-alpine node:20 node:22 node:22-slim node:22-alpine nginx:1.26 nginx:1.27 \
                  nginx:alpine httpd redis:7 redis registry debian:12-slim python python:slim node nginx hello-world";
    page.ask("document.querySelector('.seg button').click()").await?;
    page.enter(&format!("for i in {images}; do docker pull -q $i > /dev/null 2>&1 & done")).await?;
    pause(2000).await;
    let script = "new Promise(done => { const all = []; let last = performance.now(); const step = now => { all.push(performance.now() - last); last = performance.now(); all.length < 240 ? requestAnimationFrame(step) : done([all.sort((a, b) => a - b)[120], all[228], document.querySelectorAll('[data-blob], [data-packet]').length]) }; requestAnimationFrame(step) })";
    println!("frame: median, 95 %, tokens on the stage: {}", page.ask(script).await?);
    page.shot("forty").await
}
