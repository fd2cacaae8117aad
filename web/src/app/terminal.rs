//! The lower panel: the terminal, the learner's files, what happened; and the keys of a phone.

use super::header::icon;
use super::{App, Message, Panel, clock};
use drydock::kernel::terminal::TerminalId;
use web_sys::wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, HtmlInputElement, KeyboardEvent};
use yew::{Context, Event, Html, TargetCast, html};

/// The sizes of the terminal's letters.
const LETTERS: [&str; 3] = ["", "font-size:16px", "font-size:20px"];
/// The most lines of the terminal that are drawn.
const DRAWN: usize = 300;
/// The most events that are listed.
const LISTED: usize = 200;

impl App {
    /// The lower panel.
    pub fn lower(&self, ctx: &Context<Self>) -> Html {
        let events = self.world().events.iter().filter(|e| e.sentence().is_some()).count();
        let tab = |panel: Panel, text: &str| {
            let onclick = ctx.link().callback(move |_| Message::Panel(panel));
            let on = panel == self.panel || (panel == Panel::Terminal && self.shows_terminal());
            html! { <button role="tab" aria-selected={on.to_string()} {onclick}>{ text.to_owned() }if panel == Panel::Events { <sup>{ events }</sup> }</button> }
        };
        let kernel = &self.world().kernel;
        let uts = kernel.process(self.world().shell).map(|p| p.namespaces.uts);
        let hostname =
            uts.and_then(|uts| kernel.namespaces.get(&uts)).map_or("laptop", |n| n.hostname.as_str());
        let larger = ctx.link().callback(|_| Message::Larger);
        let alone = matches!(self.panel, Panel::Lesson | Panel::Inspect);
        let class = match self.panel {
            Panel::Files => "term filing",
            _ if alone => "term alone",
            _ => "term",
        };
        html! {
            <section {class} aria-label="Terminal">
                <div class="termbar">
                    <div role="tablist" aria-label="Lower panel">
                        { tab(Panel::Terminal, "Terminal") }{ tab(Panel::Files, "Files") }{ tab(Panel::Events, "Events") }
                    </div>
                    <span class="who">{ format!("root@{hostname}") }</span>
                    <button class="ib" aria-label="Larger text" onclick={larger}>{ "A+" }</button>
                </div>
                { match self.panel {
                    Panel::Files => self.files(ctx),
                    Panel::Events => self.events(ctx),
                    _ => self.terminal(ctx),
                } }
            </section>
        }
    }

    /// The terminal shows behind what only a narrow page has in its place.
    fn shows_terminal(&self) -> bool {
        matches!(self.panel, Panel::Terminal | Panel::Lesson | Panel::Inspect)
    }

    fn terminal(&self, ctx: &Context<Self>) -> Html {
        let terminal = self.world().kernel.terminals.get(&TerminalId::LEARNER);
        let Some(terminal) = terminal else { return Html::default() };
        let above = terminal.lines.len().saturating_sub(1);
        let from = above.saturating_sub(DRAWN);
        let moving = !self.world().transfers.is_empty();
        let lines = terminal.lines.starting_at(from).take(above - from).map(|text| {
            let (class, live) = (text.rsplit(':').next().unwrap_or_default().trim_start(), moving);
            let live = live && ["Downloading", "Extracting", "Pushing"].iter().any(|w| class.starts_with(w));
            match text.strip_prefix("$ ") {
                Some(typed) => html! { <span><span class="pr">{ "$ " }</span>{ typed }</span> },
                None => html! { <span class={live.then_some("live")}>{ &**text }</span> },
            }
        });
        let style = LETTERS[self.letters];
        let onkeydown = ctx.link().batch_callback(keyed);
        let onpaste = ctx.link().batch_callback(pasted);
        html! { <>
            <pre tabindex="0" {style} ref={self.screen.clone()}>{ for lines }</pre>
            if !self.candidates.is_empty() {
                <p class="candidates">{ for self.candidates.iter().take(40).map(|c| html! { <span>{ c.trim_end() }</span> }) }</p>
            }
            <label class="prompt" {style}><span class="pr">{ terminal.last_line().to_owned() }</span>
                <input id="prompt" ref={self.input.clone()} {onkeydown} {onpaste} aria-label="Command line. Tab completes; Escape, then Tab, leaves." autocomplete="off" autocapitalize="off" spellcheck="false"/>
            </label>
            { keys(ctx) }
        </> }
    }

    fn events(&self, ctx: &Context<Self>) -> Html {
        let all = &self.world().events;
        let lines = all.starting_at(all.len().saturating_sub(LISTED)).filter_map(|event| {
            let (time, bad) = (event.time, event.is_error());
            let onclick = ctx.link().callback(move |_| Message::Seek(time.0));
            let sentence = event.sentence()?;
            Some(html! { <span><button class="when" title="Look at this moment" {onclick}>{ clock(time) }</button><span class={bad.then_some("er")}>{ sentence }</span></span> })
        });
        html! { <pre tabindex="0" class="wrapped" ref={self.screen.clone()}>{ for lines }</pre> }
    }

    /// The tabs of a narrow page.
    pub fn phone_tabs(&self, ctx: &Context<Self>) -> Html {
        let tab = |panel: Panel, symbol: &str, text: &str, count: Option<String>| {
            let onclick = ctx.link().callback(move |_| Message::Panel(panel));
            let on = panel == self.panel;
            html! { <button role="tab" aria-selected={on.to_string()} {onclick}>{ icon(symbol) }{ text.to_owned() }if let Some(count) = count { <span class="n">{ count }</span> }</button> }
        };
        let count = self.lesson.as_ref().map(|l| format!("{}/{}", self.course.met(), l.steps.len()));
        html! {
            <nav class="phonetabs" role="tablist" aria-label="Lower panel">
                { tab(Panel::Lesson, "i-book", "Lesson", count) }
                { tab(Panel::Terminal, "i-term", "Terminal", None) }
                { tab(Panel::Files, "i-file", "Files", None) }
                { tab(Panel::Inspect, "i-list", "Inspect", None) }
            </nav>
        }
    }
}

/// The keys that a phone's keyboard lacks.
fn keys(ctx: &Context<App>) -> Html {
    let key = |text: &'static str, message: fn() -> Message| {
        let onclick = ctx.link().callback(move |_| message());
        html! { <button {onclick}>{ text }</button> }
    };
    html! {
        <div class="keys" role="group" aria-label="Keys">
            { key("tab", || Message::Complete) }
            { key("\u{2191}", || Message::Recall(true)) }
            { key("-", || Message::Letters("-")) }
            { key("/", || Message::Letters("/")) }
            { key(":", || Message::Letters(":")) }
            { key("|", || Message::Letters("|")) }
            { key("ctrl c", || Message::Interrupt) }
        </div>
    }
}

/// A key in the command line. Tab completes only when the line has text; Escape empties the line.
fn keyed(event: KeyboardEvent) -> Option<Message> {
    let input = event.target_dyn_into::<HtmlInputElement>()?;
    let line = input.value();
    let message = match (event.key().as_str(), event.ctrl_key()) {
        ("Enter", _) => {
            input.set_value("");
            Message::Enter(line)
        }
        ("Tab", false) if !line.is_empty() && !event.shift_key() => Message::Complete,
        ("Escape", _) => {
            input.set_value("");
            return None;
        }
        ("ArrowUp", _) => Message::Recall(true),
        ("ArrowDown", _) => Message::Recall(false),
        ("c", true) if input.selection_start() == input.selection_end() => {
            input.set_value("");
            Message::Interrupt
        }
        ("d", true) if line.is_empty() => Message::EndOfInput,
        ("l", true) => Message::Clear,
        ("u", true) => {
            input.set_value("");
            event.prevent_default();
            return None;
        }
        _ => return None,
    };
    event.prevent_default();
    Some(message)
}

/// Several pasted lines are entered one by one, each at its prompt; the last stays to be entered.
fn pasted(event: Event) -> Option<Message> {
    let event: ClipboardEvent = event.dyn_into().ok()?;
    let text = event.clipboard_data()?.get_data("text").ok()?;
    let input = event.target_dyn_into::<HtmlInputElement>()?;
    if !text.contains('\n') {
        return None;
    }
    event.prevent_default();
    let whole = format!("{}{}", input.value(), text.replace('\r', ""));
    let mut lines: Vec<String> = whole.split('\n').map(str::to_owned).collect();
    input.set_value(&lines.pop().unwrap_or_default());
    Some(Message::Paste(lines))
}
