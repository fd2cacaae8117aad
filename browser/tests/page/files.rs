//! The Files panel: a Dockerfile is edited and built, `vi` opens the editor, files and images come in and go out.

use super::chromium::{Outcome, Page, pause};
use drydock::desk;
use drydock::files::archive;
use drydock::image::{Store, bundle};
use drydock::time::Time;
use drydock::timeline::{Command, Timeline};
use serde_json::Value;
use thirtyfour::prelude::*;

const AREA: &str = "document.querySelector('.paper textarea')";

/// Shows a tab of the lower panel.
async fn show(page: &Page, name: &str) -> Outcome {
    let tab = format!(
        "[...document.querySelectorAll('.termbar [role=tab]')].find(t => t.textContent.startsWith('{name}'))"
    );
    page.ask(&format!("{tab}.click()")).await?;
    page.wait(&format!("{tab}.getAttribute('aria-selected') == 'true'")).await
}

async fn line(page: &Page, text: &str) -> Outcome {
    show(page, "Terminal").await?;
    page.enter(text).await
}

/// Drops a file that is made of bytes on the page.
async fn drop(page: &Page, name: &str, bytes: &[u8]) -> Outcome {
    drop_script(page, name, &format!("new Uint8Array({})", Value::from(bytes))).await
}

/// Drops a file whose content is an expression of JavaScript.
async fn drop_script(page: &Page, name: &str, content: &str) -> Outcome {
    let name = Value::from(name);
    let script = format!(
        "(d => {{ d.items.add(new File([{content}], {name})); \
         document.querySelector('.stage').dispatchEvent(new DragEvent('drop', {{dataTransfer: d, bubbles: true, cancelable: true}})); return 0 }})(new DataTransfer())"
    );
    page.ask(&script).await.map(|_| ())
}

/// A starter's Dockerfile is changed, its mistake is underlined, it is saved and built.
pub async fn build(page: Page) -> Outcome {
    page.open().await?;
    page.wait_for_prompt().await?;
    show(&page, "Files").await?;
    page.shot("files").await?;
    page.ask("[...document.querySelectorAll('.starters button')].find(b => b.textContent.includes('static')).click()").await?;
    page.wait(&format!("{AREA}?.value.startsWith('FROM nginx')")).await?;
    let area = page.driver.find(By::Css(".paper textarea")).await?;
    area.send_keys(Key::Control + Key::End).await?;
    area.send_keys("LABE").await?;
    page.wait("document.querySelector('.doc[aria-pressed=true]').textContent.includes('not saved')").await?;
    page.wait("document.querySelector('.ink .bad')?.textContent.startsWith('LABE')").await?;
    let said = page.text("document.querySelector('#said').textContent").await?;
    assert!(said.starts_with("Line 3: "), "{said}");
    page.shot("editor").await?;
    area.send_keys("L made=here").await?;
    page.wait("!document.querySelector('.ink .bad')").await?;
    // Tab puts in; after Escape it leaves.
    area.send_keys(Key::Tab + "").await?;
    page.wait(&format!("{AREA}.value.includes('made=here    ')")).await?;
    area.send_keys(Key::Control + "z").await?;
    page.wait(&format!("!{AREA}.value.includes('made=here')")).await?;
    area.send_keys("made=here").await?;
    area.send_keys(Key::Control + "s").await?;
    page.wait("!document.querySelector('.doc[aria-pressed=true]').textContent.includes('not saved')").await?;
    area.send_keys(Key::Escape + "").await?;
    area.send_keys(Key::Tab + "").await?;
    assert_ne!(page.text("document.activeElement.tagName").await?, "TEXTAREA");
    line(&page, "cd static; docker build -t site . && docker run -d -p 8080:80 site && sleep 1 && curl localhost:8080").await?;
    page.wait_for_text("<h1>A static site</h1>").await?;
    page.wait_for_prompt().await?;
    line(&page, "docker inspect -f '{{.Config.Labels.made}}' site").await?;
    page.wait_for_text("\nhere").await?;
    // What was written is part of the time that can be taken back.
    for _ in 0..3 {
        page.press("Undo").await?;
    }
    show(&page, "Files").await?;
    page.wait(&format!("!{AREA}?.value.includes('made=here')")).await?;
    page.no_errors().await
}

/// The tree is walked, and files are made, renamed and removed by keyboard.
pub async fn keyboard(page: Page) -> Outcome {
    page.open().await?;
    line(&page, "mkdir -p app/src; echo one > app/src/a.txt; ln -s app/src/a.txt link").await?;
    page.wait_for_prompt().await?;
    show(&page, "Files").await?;
    page.wait("document.querySelector('.drow[data-path$=\"/app\"]')").await?;
    let tree = page.driver.find(By::Css(".dtree")).await?;
    let active =
        "document.getElementById(document.querySelector('.dtree').getAttribute('aria-activedescendant'))";
    tree.send_keys(Key::Down + Key::Right + Key::Right + Key::Right + Key::Right).await?;
    page.wait(&format!("{active}.dataset.path.endsWith('/app/src/a.txt')")).await?;
    assert_eq!(page.text(&format!("{active}.getAttribute('aria-level')")).await?, "4");
    tree.send_keys(Key::F2 + "").await?;
    page.wait("document.activeElement.closest('.naming')").await?;
    let name = page.driver.find(By::Css(".naming input")).await?;
    name.send_keys("b.txt".to_owned() + Key::Enter).await?;
    page.wait(&format!("{active}.dataset.path.endsWith('/src/b.txt')")).await?;
    tree.send_keys(Key::Enter + "").await?;
    page.wait(&format!("document.activeElement == {AREA} && {AREA}.value == 'one\\n'")).await?;
    page.ask("document.querySelector('.dtree').focus()").await?;
    tree.send_keys(Key::Left + Key::Delete).await?;
    page.wait("!document.querySelector('.drow[data-path$=\"/src\"]')").await?;
    page.press("New folder").await?;
    page.wait("document.activeElement.closest('.naming')").await?;
    let name = page.driver.find(By::Css(".naming input")).await?;
    name.send_keys("made".to_owned() + Key::Enter).await?;
    page.wait("document.querySelector('.drow[data-path$=\"/made\"]')").await?;
    page.press("Modes and dates").await?;
    page.wait("document.querySelector('.drow[data-path$=\"/made\"] code')?.textContent == 'drwxr-xr-x'")
        .await?;
    page.shot("tree").await?;
    page.resize(390, 844).await?;
    pause(300).await;
    assert_eq!(page.figure("document.documentElement.scrollWidth").await?, 390.0);
    page.shot("files-390").await?;
    line(&page, "cat app/src/b.txt; ls app").await?;
    page.wait_for_text("cat: app/src/b.txt: No such file").await?;
    page.no_errors().await
}

/// `vi` in a container: the page's editor writes the container's file.
pub async fn vi(page: Page) -> Outcome {
    page.open().await?;
    page.enter("docker run -d --name box alpine:3.20 sleep 600").await?;
    page.wait("document.querySelector('[data-container=box][data-state=running]')").await?;
    page.enter("docker exec -it box vi /note").await?;
    page.wait(&format!("document.activeElement == {AREA}")).await?;
    page.wait("document.querySelector('.status .at').textContent == 'vi /note in container box'").await?;
    let area = page.driver.find(By::Css(".paper textarea")).await?;
    area.send_keys("from the page").await?;
    area.send_keys(Key::Control + "s").await?;
    page.wait("document.querySelector('#said').textContent == \"'/note' 1L, 13C\"").await?;
    page.shot("vi").await?;
    page.press("Leave vi").await?;
    page.wait("document.activeElement.id == 'prompt'").await?;
    page.enter("docker exec box cat /note; ls /note").await?;
    page.wait_for_text("from the page").await?;
    page.wait_for_text("cannot access '/note'").await?;
    page.enter("docker exec -it -u nobody box vi /note").await?;
    page.wait(&format!("{AREA}?.value == 'from the page'")).await?;
    let area = page.driver.find(By::Css(".paper textarea")).await?;
    area.send_keys("x").await?;
    area.send_keys(Key::Control + "s").await?;
    page.wait("document.querySelector('#said.bad')?.textContent == \"'/note' Permission denied\"").await?;
    // Not saved: the first press says so, the second leaves.
    page.press("Leave vi").await?;
    page.wait("document.querySelector('#said').textContent.startsWith('Not saved')").await?;
    page.press("Leave vi").await?;
    page.wait("document.activeElement.id == 'prompt'").await?;
    page.no_errors().await
}

/// Files and images come in and go out.
pub async fn transfer(page: Page) -> Outcome {
    page.open().await?;
    page.wait_for_prompt().await?;
    drop(&page, "hello.txt", b"dropped here\n").await?;
    page.wait("document.querySelector('.side .dnote')?.textContent.startsWith('hello.txt came into')")
        .await?;
    line(&page, "cat hello.txt").await?;
    page.wait_for_text("\ndropped here").await?;
    drop_script(&page, "large.bin", "new Uint8Array(2100000)").await?;
    page.wait("document.querySelector('.side .dnote')?.textContent.includes('at most 2MB')").await?;
    let (image, saved) = saved("alpine:3.20");
    drop(&page, "alpine.tar", &saved).await?;
    page.wait(
        "document.querySelector('.side .dnote')?.textContent == 'You loaded alpine:3.20 from alpine.tar.'",
    )
    .await?;
    page.wait("document.querySelector('.insp h2')?.textContent == 'alpine:3.20'").await?;
    line(&page, "docker run --rm alpine:3.20 cat /etc/alpine-release").await?;
    page.wait_for_text("\n3.20").await?;
    page.ask("(window.given = [], window.old = URL.createObjectURL, URL.createObjectURL = b => (given.push(b), old(b)), 0)").await?;
    page.ask(
        "[...document.querySelectorAll('.insp .btn')].find(b => b.textContent.includes('Download')).click()",
    )
    .await?;
    page.wait("given.length == 1").await?;
    let bytes = page.ask("given[0].arrayBuffer().then(b => [...new Uint8Array(b)])").await?;
    let bytes: Vec<u8> =
        bytes.as_array().into_iter().flatten().filter_map(|b| b.as_u64()?.try_into().ok()).collect();
    let tree = archive::unpack(&bytes).expect("a tar");
    let images = bundle::read(&tree, &Store::default()).expect("an archive of images");
    assert_eq!(images[0].0.id, image, "what was dropped came out again");
    show(&page, "Files").await?;
    page.ask("[...document.querySelectorAll('.filebar .tool')].find(b => b.textContent == 'To a real Docker').click()").await?;
    page.wait("given.length == 2").await?;
    let text = page.text("given[1].text()").await?;
    assert!(text.contains("\ndocker run --rm alpine:3.20 cat /etc/alpine-release\n"), "{text}");
    page.driver.refresh().await?;
    page.wait_for_text("\n3.20").await?;
    page.enter("docker images -q | wc -l; cat hello.txt").await?;
    page.wait_for_text("\n1\ndropped here").await?;
    page.no_errors().await
}

/// What `docker save` writes of an image, and the image's id.
fn saved(name: &str) -> (drydock::digest::Digest, Vec<u8>) {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline.issue(Command::Line(format!("docker pull {name}")));
    timeline.reach(Time(60_000_000));
    let image = timeline.world().images.resolve(name).expect("it was pulled").id;
    (image, desk::image(timeline.world(), name).expect("it can be saved"))
}
