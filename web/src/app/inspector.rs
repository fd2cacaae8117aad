//! The Inspector: what is open, in tabs.

use super::files::Deed;
use super::header::{button, icon};
use super::{App, Message, Panel, lesson};
use crate::facts::{Body, Card, Table};
use crate::scene::Object;
use crate::shape::figure;
use yew::{Context, Html, html};

impl App {
    /// The Inspector.
    pub fn inspector(&self, ctx: &Context<Self>) -> Html {
        let Some(card) = &self.card else { return Html::default() };
        let close = ctx.link().callback(|_| Message::Open(None));
        let tab = self.tab.min(card.tabs.len().saturating_sub(1));
        let save = match &self.open {
            Some(Object::Image(_)) if self.world().images.resolve(&card.title).is_some() => {
                let name = card.title.clone();
                let onclick = ctx.link().callback(move |_| Message::Desk(Deed::Image(name.clone())));
                html! { <button class="btn" {onclick} title="As docker save writes it; a real engine loads it">{ icon("i-down") }{ "Download as .tar" }</button> }
            }
            _ => Html::default(),
        };
        let class = if self.panel == Panel::Inspect { "insp shown" } else { "insp" };
        html! {
            <aside {class} aria-label="Inspector">
                <header><h2>{ &card.title }</h2>{ button("Close the Inspector", "i-close", false, close) }<p class="sub">{ &card.sub }</p></header>
                { tabs(card, tab, ctx) }
                <div class="body">{ if tab == 0 { save } else { Html::default() } }{ card.tabs.get(tab).map(|(_, body)| show(body, ctx)).unwrap_or_default() }</div>
            </aside>
        }
    }
}

fn tabs(card: &Card, chosen: usize, ctx: &Context<App>) -> Html {
    html! {
        <div class="tabs" role="tablist">{ for card.tabs.iter().enumerate().map(|(n, (name, _))| {
            let onclick = ctx.link().callback(move |_| Message::Tab(n));
            html! { <button role="tab" aria-selected={(n == chosen).to_string()} {onclick}>{ *name }</button> }
        }) }</div>
    }
}

fn show(body: &Body, ctx: &Context<App>) -> Html {
    match body {
        Body::Facts(tables) => tables.iter().map(table).collect(),
        Body::Wire(strip, tables) => html! { <>{ wire(strip) }{ for tables.iter().map(table) }</> },
        Body::Text(text) => html! { <pre class="raw" tabindex="0">{ text }</pre> },
        Body::Prose(pieces) => html! { <div class="prose"><p>{ lesson::prose(pieces, ctx) }</p></div> },
    }
}

fn table(table: &Table) -> Html {
    let style = (!table.colour.is_empty()).then(|| format!("--cap:var(--{})", table.colour));
    html! {
        <table class="hdr" {style}>
            <caption>if !table.colour.is_empty() { <i></i> }{ &table.caption }<small>{ table.note }</small></caption>
            { for table.rows.iter().map(|(name, value)| html! { <tr><th scope="row">{ name }</th><td>{ value }</td></tr> }) }
        </table>
    }
}

/// The bytes of a packet as a strip: each header as wide as its share, and wide enough to be seen.
fn wire(strip: &[(usize, &'static str)]) -> Html {
    const WIDE: f64 = 306.0;
    let all: usize = strip.iter().map(|s| s.0).sum();
    let least = 26.0;
    let rest = WIDE - least * strip.len() as f64;
    let mut x = 1.0;
    let parts: Vec<(f64, f64, usize, &str)> = strip
        .iter()
        .map(|(bytes, colour)| {
            let wide = least + rest * *bytes as f64 / all.max(1) as f64;
            x += wide;
            (x - wide, wide, *bytes, *colour)
        })
        .collect();
    html! {
        <svg class="wire" viewBox="0 0 308 44" role="img" aria-label={format!("The packet, {all} bytes")}>
            <rect x="0" y="0" width="308" height="26" fill="none" stroke="var(--line)" stroke-width="1.5"/>
            { for parts.iter().map(|(x, wide, _, colour)| html! { <rect x={figure(*x)} y="1" width={figure(*wide)} height="24" fill={format!("var(--{colour})")}/> }) }
            <g font-size="12" fill="var(--ink-2)" font-family="var(--font-draft)">{ for parts.iter().map(|(x, _, bytes, _)| html! { <text x={figure(*x)} y="41">{ bytes }</text> }) }</g>
        </svg>
    }
}
