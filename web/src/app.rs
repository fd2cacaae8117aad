//! The page's state and what changes it: one component, one message type.

use crate::draw;
use crate::scene;
use drydock::engine::World;
use drydock::kernel::terminal::TerminalId;
use drydock::time::{Span, Time};
use drydock::timeline::{Command, MarkKind, Timeline};
use gloo_render::{AnimationFrame, request_animation_frame};
use gloo_storage::{LocalStorage, Storage};
use web_sys::wasm_bindgen::JsValue;
use web_sys::{Element, HtmlInputElement, KeyboardEvent};
use yew::{Component, Context, Html, InputEvent, NodeRef, TargetCast, html};

const KEPT: &str = "drydock-timeline";
const SEED: u64 = 7;

/// What can happen to the page.
pub enum Message {
    /// The browser is about to draw: its clock in milliseconds.
    Frame(f64),
    /// A key in the terminal.
    Key(KeyboardEvent),
    /// Play or pause.
    Play,
    /// Another speed.
    Speed(f64),
    /// The next or the last event.
    Step(bool),
    /// Another time, in microseconds.
    Seek(u64),
    /// Take back.
    Undo,
    /// Do again.
    Redo,
    /// Begin anew.
    Reset,
    /// Light or dark.
    Theme,
}

/// The page.
pub struct App {
    timeline: Timeline,
    playing: bool,
    speed: f64,
    last: Option<f64>,
    history: Vec<String>,
    back: usize,
    dark: bool,
    input: NodeRef,
    screen: NodeRef,
    _frame: Option<AnimationFrame>,
}

fn begin() -> Timeline {
    Timeline::new(SEED).expect("the catalogue was checked when the page was built")
}

impl App {
    fn tick(&mut self, clock: f64) {
        let passed = self.last.replace(clock).map_or(0.0, |last| (clock - last).clamp(0.0, 100.0));
        if !self.playing || passed == 0.0 {
            return;
        }
        let micros = passed * 1000.0 * self.speed * pace(self.timeline.world());
        let to = self.timeline.now() + Span(micros.max(1.0) as u64);
        self.timeline.reach(to);
    }

    fn issue(&mut self, command: Command) {
        if let Command::Line(line) = &command {
            if !line.trim().is_empty() {
                self.history.push(line.clone());
            }
        }
        self.back = 0;
        self.timeline.issue(command);
        self.playing = true;
        let _ = LocalStorage::set(KEPT, self.timeline.save());
    }

    fn key(&mut self, event: &KeyboardEvent) {
        let Some(input) = self.input.cast::<HtmlInputElement>() else { return };
        let control = event.ctrl_key();
        match event.key().as_str() {
            "Enter" => {
                let line = input.value();
                input.set_value("");
                self.issue(Command::Line(line));
            }
            "c" if control && input.value().is_empty() => {
                event.prevent_default();
                self.issue(Command::Interrupt);
            }
            "d" if control && input.value().is_empty() => {
                event.prevent_default();
                self.issue(Command::EndOfInput);
            }
            "l" if control => {
                event.prevent_default();
                self.issue(Command::Line("clear".to_owned()));
            }
            "ArrowUp" | "ArrowDown" => {
                event.prevent_default();
                let up = event.key() == "ArrowUp";
                self.back =
                    if up { (self.back + 1).min(self.history.len()) } else { self.back.saturating_sub(1) };
                let at = self.history.len() - self.back;
                input.set_value(self.history.get(at).map_or("", String::as_str));
            }
            _ => {}
        }
    }

    fn terminal(&self, ctx: &Context<Self>) -> Html {
        let terminal = self.timeline.world().kernel.terminals.get(&TerminalId::LEARNER);
        let lines: Vec<String> =
            terminal.map(|t| t.lines.iter().map(ToString::to_string).collect()).unwrap_or_default();
        let (prompt, above) =
            lines.split_last().map_or((String::new(), &lines[..0]), |(p, a)| (p.clone(), a));
        let onkeydown = ctx.link().callback(Message::Key);
        html! {
            <section class="term" aria-label="Terminal">
                <div class="termbar"><span class="who" style="flex:1;padding-left:16px">{ "Terminal" }</span><span class="who">{ "root@laptop" }</span></div>
                <pre tabindex="0" ref={self.screen.clone()}>{ for above.iter().map(|l| html! { <span>{ l }</span> }) }</pre>
                <label class="prompt"><span class="pr">{ prompt }</span>
                    <input ref={self.input.clone()} {onkeydown} aria-label="Command line" autocomplete="off" autocapitalize="off" spellcheck="false"/>
                </label>
            </section>
        }
    }

    fn time_bar(&self, ctx: &Context<Self>) -> Html {
        let (now, end) = (self.timeline.now(), self.timeline.end());
        let share = |t: Time| 100.0 * t.0 as f64 / end.0.max(1) as f64;
        let button = |label: &'static str, text: &'static str, off: bool, message: fn() -> Message| {
            let onclick = ctx.link().callback(move |_| message());
            html! { <button class="ib" aria-label={label} title={label} disabled={off} {onclick}>{ text }</button> }
        };
        let seek = ctx.link().callback(|e: InputEvent| {
            let value = e.target_dyn_into::<HtmlInputElement>().map(|i| i.value()).unwrap_or_default();
            Message::Seek(value.parse().unwrap_or(0))
        });
        html! {
            <div class="time" role="group" aria-label="Time">
                <div class="grp">
                    { button("Undo", "\u{21b6}", self.timeline.can_undo().is_none(), || Message::Undo) }
                    { button("Redo", "\u{21b7}", self.timeline.can_redo().is_none(), || Message::Redo) }
                </div>
                <div class="grp">
                    { button("Step back to the last event", "\u{25c0}", false, || Message::Step(false)) }
                    { button(if self.playing { "Pause" } else { "Play" }, if self.playing { "\u{2016}" } else { "\u{25b6}" }, false, || Message::Play) }
                    { button("Step to the next event", "\u{25b6}|", false, || Message::Step(true)) }
                </div>
                <div class="seg" role="group" aria-label="Speed">
                    { for [(0.25, "\u{bc}\u{d7}"), (1.0, "1\u{d7}"), (4.0, "4\u{d7}")].into_iter().map(|(speed, text)| {
                        let onclick = ctx.link().callback(move |_| Message::Speed(speed));
                        html! { <button aria-pressed={(speed == self.speed).to_string()} {onclick}>{ text }</button> }
                    }) }
                </div>
                <div class="scrub" style={format!("--at:{}%", share(now))}>
                    <div class="rail"></div><div class="done"></div>
                    <div class="ticks">{ for self.timeline.marks().iter().map(|m| {
                        let class = match m.kind { MarkKind::Command => "cmd", MarkKind::Event => "evt", MarkKind::Error => "err" };
                        html! { <i class={class} title={m.label.clone()} style={format!("left:{:.2}%", share(m.time))}></i> }
                    }) }</div>
                    <span class="knob"></span>
                    <input type="range" min="0" max={end.0.to_string()} value={now.0.to_string()} aria-label="Moment" aria-valuetext={clock(now)} oninput={seek}/>
                </div>
                <output class="clock"><b>{ clock(now) }</b>{ format!(" / {}", clock(end)) }</output>
            </div>
        }
    }
}

/// How much slower simulated time goes while something is on its way that would be too quick to be seen.
fn pace(world: &World) -> f64 {
    use drydock::agenda::Task;
    let soonest = world.agenda.iter().find(|(_, e)| matches!(e.task, Task::Packet(_)));
    soonest.map_or(1.0, |(id, entry)| (id.due.since(entry.since).0 as f64 / 450_000.0).clamp(0.00005, 1.0))
}

fn clock(time: Time) -> String {
    let seconds = time.0 / 1_000_000;
    format!("{:02}:{:02}.{}", seconds / 60, seconds % 60, time.0 / 100_000 % 10)
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let kept = LocalStorage::get::<String>(KEPT).ok().and_then(|text| Timeline::load(&text).ok());
        let link = ctx.link().clone();
        Self {
            timeline: kept.unwrap_or_else(begin),
            playing: true,
            speed: 1.0,
            last: None,
            history: Vec::new(),
            back: 0,
            dark: false,
            input: NodeRef::default(),
            screen: NodeRef::default(),
            _frame: Some(request_animation_frame(move |clock| link.send_message(Message::Frame(clock)))),
        }
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Frame(clock) => {
                self.tick(clock);
                let link = ctx.link().clone();
                self._frame =
                    Some(request_animation_frame(move |clock| link.send_message(Message::Frame(clock))));
                return self.playing;
            }
            Message::Key(event) => self.key(&event),
            Message::Play => self.playing = !self.playing,
            Message::Speed(speed) => self.speed = speed,
            Message::Step(forward) => {
                self.playing = false;
                let to = if forward { self.timeline.next_change() } else { self.timeline.previous_change() };
                if let Some(to) = to {
                    self.timeline.seek(to);
                }
            }
            Message::Seek(to) => {
                self.playing = false;
                self.timeline.seek(Time(to));
            }
            Message::Undo => {
                self.timeline.undo();
                self.playing = false;
            }
            Message::Redo => {
                self.timeline.redo();
                self.playing = true;
            }
            Message::Reset => {
                self.timeline = begin();
                self.playing = true;
            }
            Message::Theme => {
                self.dark = !self.dark;
                let theme = if self.dark { "dark" } else { "light" };
                if let Some(root) = gloo_utils::document().document_element() {
                    let _ = root.set_attribute("data-theme", theme);
                }
            }
        }
        if self.timeline.can_undo().is_some() || self.timeline.now().0 < 1_000_000 {
            let _ = LocalStorage::set(KEPT, self.timeline.save());
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let world = self.timeline.world();
        let picture = scene::scene(world, self.timeline.now());
        let said = world.events.iter().rev().find_map(|e| e.sentence().map(|s| (e.time, s)));
        let (when, sentence) =
            said.unwrap_or((Time(0), "Type docker run -d -p 8080:80 nginx in the terminal.".to_owned()));
        let window = gloo_utils::window();
        let inner = |v: Result<JsValue, JsValue>| v.ok().and_then(|v| v.as_f64()).unwrap_or(900.0);
        let (width, height) = (inner(window.inner_width()), inner(window.inner_height()));
        let reset = ctx.link().callback(|_| Message::Reset);
        let theme = ctx.link().callback(|_| Message::Theme);
        html! {
            <div class="app plain">
                <header class="top"><span class="brand"><b>{ "Drydock" }</b></span><span class="crumb">{ "Overview" }</span>
                    <div class="tools" style="margin-left:auto">
                        <button class="tool" onclick={reset}>{ "Start over" }</button>
                        <button class="tool" onclick={theme} aria-label="Theme: paper or ink">{ "\u{25d1}" }</button>
                    </div>
                </header>
                <main class="stage" aria-label="Stage">{ draw::stage(&picture, width, (height - 380.0).max(440.0)) }</main>
                <div class="narrator" role="status" aria-live="polite"><time>{ clock(when) }</time><p>{ sentence }</p></div>
                { self.time_bar(ctx) }
                { self.terminal(ctx) }
            </div>
        }
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        if let Some(screen) = self.screen.cast::<Element>() {
            screen.set_scroll_top(screen.scroll_height());
        }
        if let Some(input) = self.input.cast::<HtmlInputElement>().filter(|_| first) {
            let _ = input.focus();
        }
    }
}
