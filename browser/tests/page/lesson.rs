//! A lesson: hints in grades, predictions, goals that are ticked and undone, the list of lessons.

use super::chromium::{Outcome, Page, pause};

/// Waits until so many goals are met.
async fn met(page: &Page, count: usize) -> Outcome {
    page.wait(&format!("document.querySelector('.goals:not(.menu) h2 span').textContent == '{count} of 5'"))
        .await
}

/// Chooses an answer of the prediction that is open.
async fn choose(page: &Page, number: usize) -> Outcome {
    page.ask(&format!("document.querySelectorAll('.now .ask input')[{number}].click()")).await?;
    page.wait("document.querySelector('.now .ask .hint').textContent.startsWith('Now run')").await
}

/// Solves the second lesson.
pub async fn second(page: Page) -> Outcome {
    page.open().await?;
    page.press("Next lesson").await?;
    page.wait("document.querySelector('.lesson h1').textContent == 'What happened, step by step'").await?;
    let missing = "document.querySelector('.now .missing').textContent";
    assert_eq!(page.text(missing).await?, "Image nginx:1.27 is not in the image store.");
    page.wait("document.querySelector('.scene .point')").await?;
    page.enter("docker pull nginx:1.27").await?;
    met(&page, 1).await?;
    let hint = "document.querySelector('.foot .btn').click()";
    for (shown, commands) in [(1, 0), (2, 2)] {
        page.ask(hint).await?;
        page.wait(&format!(
            "document.querySelector('.foot .btn').textContent == 'Hint {shown} of 2' && document.querySelectorAll('.now .try').length == {commands}"
        ))
        .await?;
    }
    choose(&page, 1).await?;
    page.shot("lesson-prediction").await?;
    page.enter("docker create --name steps nginx:1.27").await?;
    met(&page, 2).await?;
    assert_eq!(page.text(missing).await?, "Container steps is there, but it is not running.");
    page.wait("document.querySelector('.scene .point')").await?;
    page.enter("docker ps -a").await?;
    page.wait("document.querySelector('.ask .right')?.textContent.startsWith('Created')").await?;
    page.wait("document.querySelector('.ask .hint').textContent.startsWith('As predicted.')").await?;
    page.enter("docker start steps").await?;
    met(&page, 3).await?;
    choose(&page, 1).await?;
    page.enter("ps -e").await?;
    met(&page, 4).await?;
    page.wait("document.querySelectorAll('.ask .hint')[1]?.textContent.startsWith('It was otherwise.')")
        .await?;
    page.enter("docker run -d --name once nginx:1.27").await?;
    met(&page, 5).await?;
    page.wait_for_prompt().await?;
    page.shot("lesson-solved").await?;
    again(&page).await
}

/// Takes back and does again; goes to another lesson and comes back; loads the page anew.
async fn again(page: &Page) -> Outcome {
    page.press("Undo").await?;
    met(page, 4).await?;
    page.press("Redo").await?;
    met(page, 5).await?;
    page.ask("document.querySelector('button.kicker').click()").await?;
    page.wait("document.querySelectorAll('.menu li').length == 24 && document.querySelectorAll('.menu .met').length == 1").await?;
    page.shot("lesson-menu").await?;
    page.ask("document.querySelector('.menu li button').click()").await?;
    page.wait("document.querySelector('.lesson h1').textContent == 'Your first container'").await?;
    page.wait("!document.querySelector('[data-container]')").await?;
    page.press("Next lesson").await?;
    page.wait("document.querySelector('[data-container=once][data-state=running]')").await?;
    page.press("Next lesson").await?;
    page.wait("document.querySelector('[data-image=\"nginx:1.27\"]')").await?;
    page.driver.refresh().await?;
    page.wait("document.querySelector('.lesson h1')?.textContent == 'One image, three containers'").await?;
    // What was predicted in the lesson before is kept too.
    page.press("Previous lesson").await?;
    page.wait("document.querySelector('.ask .hint')?.textContent.startsWith('As predicted.')").await?;
    page.press("Next lesson").await?;
    page.resize(390, 844).await?;
    page.ask("document.querySelector('.phonetabs button').click()").await?;
    pause(250).await;
    page.shot("lesson-phone").await?;
    let wide = page.figure("document.documentElement.scrollWidth").await?;
    assert!(wide <= 390.0, "{wide} is wider than the page");
    page.no_errors().await
}
