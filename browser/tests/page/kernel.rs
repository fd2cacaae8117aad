//! The Kernel lens: two pids, bands, gauges, machines; and what the Narrator says of a refusal.

use super::chromium::{Outcome, Page, pause};
use thirtyfour::prelude::*;

/// The left and the right edge of what a selector finds.
async fn edges(page: &Page, selector: &str) -> WebDriverResult<(f64, f64)> {
    let place = format!("document.querySelector('{selector}').getBoundingClientRect()");
    Ok((page.figure(&format!("{place}.left")).await?, page.figure(&format!("{place}.right")).await?))
}

/// The lens from its tab to its Inspector.
pub async fn kernel(page: Page) -> Outcome {
    page.open().await?;
    page.enter("docker run -d --name web -m 256m nginx:1.27").await?;
    page.enter("docker run -d --name api -m 10m redis:7").await?;
    page.enter(
        "docker run -d --name debug --pid container:web --network container:web alpine:3.20 sleep 900",
    )
    .await?;
    page.wait("document.querySelector('[data-container=debug][data-state=running]')").await?;
    // By keyboard: the arrows choose a tab.
    page.ask("document.querySelector('.lenses [aria-selected=true]').focus()").await?;
    page.driver
        .find(By::Css(".lenses [aria-selected=true]"))
        .await?
        .send_keys(Key::Right + Key::Right)
        .await?;
    page.wait("document.querySelector('.lenses [aria-selected=true]').textContent == 'Kernel'").await?;
    page.wait_for_prompt().await?;
    page.press("Pause").await?;
    pause(500).await;
    page.shot("kernel").await?;
    shares(&page).await?;
    processes(&page).await?;
    gauges(&page).await?;
    page.ask("document.querySelector('[data-object=machines]').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
        .await?;
    page.wait("document.querySelector('.insp')?.innerText.includes('debian.org')").await?;
    for (width, height) in [(1280, 720), (390, 844)] {
        page.resize(width, height).await?;
        pause(250).await;
        page.shot(&format!("kernel-{width}")).await?;
        let wide = page.figure("document.documentElement.scrollWidth").await?;
        assert!(wide <= f64::from(width), "{wide} is wider than {width}");
    }
    let menu = "document.querySelector('.lensmenu')";
    assert!(page.figure(&format!("{menu}.getBoundingClientRect().height")).await? >= 40.0);
    page.ask(&format!(
        "({menu}.value = 'Overview', {menu}.dispatchEvent(new Event('change', {{bubbles: true}})))"
    ))
    .await?;
    page.wait("document.querySelector('[data-tag]')").await?;
    page.no_errors().await
}

/// A band of what is shared spans both fences; of what is not, there are two.
async fn shares(page: &Page) -> Outcome {
    let (web, debug) =
        (edges(page, "[data-container=web]").await?, edges(page, "[data-container=debug]").await?);
    for kind in ["pid", "net"] {
        let band = edges(page, &format!("[data-namespace^={kind}][data-of=\"web, debug\"]")).await?;
        assert!(
            band.0 < web.0 + 8.0 && band.1 > debug.1 - 8.0,
            "{kind}: {band:?} over {web:?} and {debug:?}"
        );
    }
    for kind in ["mnt", "uts", "ipc", "cgroup"] {
        let band = edges(page, &format!("[data-namespace^={kind}][data-of=debug]")).await?;
        assert!(band.0 > web.1, "{kind}: {band:?} beside {web:?}");
    }
    Ok(())
}

/// A process has the host's number and its own, in their columns.
async fn processes(page: &Page) -> Outcome {
    let row = "[...document.querySelectorAll('[data-pid]')].find(r => r.textContent.includes('nginx'))";
    let texts = page.ask(&format!("[...{row}.querySelectorAll('text')].map(t => t.textContent)")).await?;
    assert_eq!(texts[0], "nginx");
    assert_eq!(texts[1], page.ask(&format!("{row}.dataset.pid")).await?);
    assert_eq!(texts[2], "1");
    assert_ne!(texts[1], texts[2]);
    let own =
        "[...document.querySelectorAll('[data-pid]')].find(r => r.textContent.includes('sleep')).dataset.own";
    let own = page.text(own).await?;
    assert!(own.parse::<u32>().is_ok_and(|own| own > 1), "{own}: it came later into the namespace of web");
    Ok(())
}

/// The gauge is as full as memory is, and says so.
async fn gauges(page: &Page) -> Outcome {
    let high = |class: &str| {
        format!("document.querySelector('[data-container=api] .{class}').getBoundingClientRect().height")
    };
    let part = page.figure(&high("fill")).await? / page.figure(&high("gauge")).await?;
    assert!((0.8..0.9).contains(&part), "8.6 of 10 M: {part}");
    let words = page.text("document.querySelector('[data-container=api]').textContent").await?;
    assert!(words.contains("of 10 M") && words.contains("near limit"), "{words}");
    let other = page.text("document.querySelector('[data-container=web]').dataset.memory").await?;
    assert!(other.ends_with("of 256 M"), "{other}");
    Ok(())
}

/// Docker's words and the fact behind them stand together; the list of events has it once, with its time.
pub async fn refusal(page: Page) -> Outcome {
    page.open().await?;
    page.enter("docker run -d -p 8080:80 --name web nginx:1.27").await?;
    page.enter("docker run -d -p 8080:80 --name other nginx:1.27").await?;
    page.wait("document.querySelector('.narrator.bad')").await?;
    page.wait_for_prompt().await?;
    page.press("Pause").await?;
    page.shot("refused").await?;
    let said = page.text("document.querySelector('.narrator').innerText").await?;
    assert!(said.contains("port is already allocated"), "{said}");
    assert!(said.contains("Port 8080 is held by container web."), "{said}");
    page.ask("[...document.querySelectorAll('.termbar [role=tab]')].find(t => t.textContent.startsWith('Events')).click()")
        .await?;
    pause(200).await;
    let listed = page.text("document.querySelector('.term pre').innerText").await?;
    assert_eq!(listed.matches("is held by container web").count(), 1, "{listed}");
    let times =
        "[...document.querySelectorAll('.when')].every(w => /^\\d\\d:\\d\\d\\.\\d$/.test(w.textContent))";
    assert_eq!(page.ask(times).await?, true);
    page.no_errors().await
}
