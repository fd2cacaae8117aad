//! The header, and the Narrator's line.

use super::{App, Message, clock};
use crate::place::Lens;
use drydock::event::What;
use drydock::time::Time;
use web_sys::wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent};
use yew::{Callback, Context, Html, TargetCast, html};

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

/// Docker's own words of a refusal whose sentence is its cause; long identifiers by their first twelve digits.
fn words(event: &drydock::event::Event) -> Option<String> {
    let What::Refused { message, cause } = &*event.what else { return None };
    let mut short = String::new();
    let mut run = 0;
    for c in message.chars() {
        run = if c.is_ascii_hexdigit() { run + 1 } else { 0 };
        if run <= 12 {
            short.push(c);
        }
    }
    (!cause.is_empty()).then_some(short)
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
                { self.lenses(ctx) }
                <div class="tools">
                    <button class="tool" onclick={reset}>{ "Start over" }</button>
                    <button class="tool" onclick={keys} aria-label="Key and keyboard" aria-expanded={self.key.to_string()}>{ icon("i-keys") }</button>
                    <button class="tool" onclick={theme} aria-label="Theme: paper or ink">{ icon("i-theme") }</button>
                </div>
            </header>
        }
    }
    /// The tabs of the lenses; on a narrow page a menu.
    fn lenses(&self, ctx: &Context<Self>) -> Html {
        let at = Lens::ALL.iter().position(|l| *l == self.lens).unwrap_or(0);
        let onkeydown = ctx.link().batch_callback(move |event: KeyboardEvent| {
            let last = Lens::ALL.len() - 1;
            let to = match event.key().as_str() {
                "ArrowRight" => (at + 1).min(last),
                "ArrowLeft" => at.saturating_sub(1),
                "Home" => 0,
                "End" => last,
                _ => return None,
            };
            let tabs = event.target_dyn_into::<HtmlElement>()?.parent_element()?.children();
            let _ = tabs.item(to as u32)?.dyn_into::<HtmlElement>().ok()?.focus();
            Some(Message::Lens(Lens::ALL[to]))
        });
        let onchange = ctx.link().callback(|event: Event| {
            let menu = event.target_dyn_into::<HtmlElement>();
            let chosen = menu.and_then(|m| m.query_selector("option:checked").ok()??.text_content());
            let lens = Lens::ALL.into_iter().find(|l| chosen.as_deref() == Some(l.name()));
            Message::Lens(lens.unwrap_or_default())
        });
        html! { <>
            <nav class="lenses" role="tablist" aria-label="Lens" {onkeydown}>{ for Lens::ALL.into_iter().map(|lens| {
                let onclick = ctx.link().callback(move |_| Message::Lens(lens));
                let on = lens == self.lens;
                html! { <button role="tab" aria-selected={on.to_string()} tabindex={if on { "0" } else { "-1" }} {onclick}>{ lens.name() }</button> }
            }) }</nav>
            <select class="lensmenu" aria-label="Lens" {onchange}>{ for Lens::ALL.into_iter().map(|lens| html! { <option selected={lens == self.lens}>{ lens.name() }</option> }) }</select>
        </> }
    }
    pub(super) fn narrator(&self, ctx: &Context<Self>) -> Html {
        let world = self.world();
        let mut said = world.events.iter().rev().filter_map(|e| Some((e, e.sentence()?)));
        let first = said.next();
        let burst = first
            .as_ref()
            .map_or(0, |(one, _)| said.take_while(|(e, _)| one.time.since(e.time).0 < 300_000).count());
        let (when, bad) = first.as_ref().map_or((Time(0), false), |(e, _)| (e.time, e.is_error()));
        let docker = first.as_ref().and_then(|(e, _)| words(e)).filter(|_| self.remark.is_none());
        let sentence = first.map_or_else(
            || "Type docker run hello-world in the terminal, and watch.".to_owned(),
            |(_, sentence)| sentence,
        );
        let more = if burst > 0 { format!(" ({} in a moment)", burst + 1) } else { String::new() };
        let pieces = match self.remark {
            Some(remark) => vec![drydock_lessons::Inline::Text(remark.to_owned())],
            None => drydock_lessons::narrated(&sentence),
        };
        html! {
            <div class={if bad { "narrator bad" } else { "narrator" }} role="status" aria-live="polite">
                <time>{ clock(when) }</time><p>if let Some(docker) = docker { <code class="words">{ docker }</code> }{ super::lesson::prose(&pieces, ctx) }<small>{ more }</small></p>
            </div>
        }
    }
}
