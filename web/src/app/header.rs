//! The header, and the Narrator's line.

use super::{App, Message, clock};
use drydock::time::Time;
use yew::{Callback, Context, Html, html};

/// A symbol.
pub(super) fn icon(name: &str) -> Html {
    let href = format!("#{name}");
    html! { <svg class="i" aria-hidden="true"><use href={href}/></svg> }
}

/// A button that shows a symbol.
pub(super) fn button(name: &str, symbol: &str, off: bool, onclick: Callback<yew::MouseEvent>) -> Html {
    let name = name.to_owned();
    html! { <button class="ib" aria-label={name.clone()} title={name} disabled={off} {onclick}>{ icon(symbol) }</button> }
}

impl App {
    pub(super) fn theme(&self) {
        if let Some(root) = gloo_utils::document().document_element() {
            let _ = root.set_attribute("data-theme", if self.dark { "dark" } else { "light" });
        }
    }
    pub(super) fn header(&self, ctx: &Context<Self>) -> Html {
        let reset = ctx.link().callback(|_| Message::Reset);
        let theme = ctx.link().callback(|_| Message::Theme);
        let keys = ctx.link().callback(|_| Message::Key);
        let (number, title) = self.lesson.as_ref().map(|l| (l.number, l.title.clone())).unwrap_or_default();
        html! {
            <header class="top">
                <a class="brand" href="#stage"><svg class="logo" viewBox="0 0 26 22" aria-hidden="true"><path d="M1 1v19h24V1h-3.5v7h-3.5v5h-10V8H4.5V1z" class="dock"/><path d="M10 12.5h6v-5h-6zM10 10h6" class="ship"/></svg><b>{ "Drydock" }</b></a>
                <span class="crumb"><span>{ format!("Lesson {number}") }</span>{ title }</span>
                <span class="sp"></span>
                <div class="tools">
                    <button class="tool" onclick={reset}>{ "Start over" }</button>
                    <button class="tool" onclick={keys} aria-label="Key and keyboard" aria-expanded={self.key.to_string()}>{ icon("i-keys") }</button>
                    <button class="tool" onclick={theme} aria-label="Theme: paper or ink">{ icon("i-theme") }</button>
                </div>
            </header>
        }
    }
    pub(super) fn narrator(&self, ctx: &Context<Self>) -> Html {
        let world = self.world();
        let mut said = world.events.iter().rev().filter_map(|e| Some((e.time, e.is_error(), e.sentence()?)));
        let first = said.next();
        let burst =
            first.as_ref().map_or(0, |(at, ..)| said.take_while(|(t, ..)| at.since(*t).0 < 300_000).count());
        let (when, bad, sentence) = first.unwrap_or_else(|| {
            (Time(0), false, "Type docker run hello-world in the terminal, and watch.".to_owned())
        });
        let more = if burst > 0 { format!(" ({} in a moment)", burst + 1) } else { String::new() };
        let pieces = match self.remark {
            Some(remark) => vec![drydock_lessons::Inline::Text(remark.to_owned())],
            None => drydock_lessons::narrated(&sentence),
        };
        html! {
            <div class={if bad { "narrator bad" } else { "narrator" }} role="status" aria-live="polite">
                <time>{ clock(when) }</time><p>{ super::lesson::prose(&pieces, ctx) }<small>{ more }</small></p>
            </div>
        }
    }
}
