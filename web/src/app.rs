//! The page's state and what changes it: one component, one message type.

mod inspector;
mod lesson;
mod stage;
mod terminal;
mod time;

use crate::draw::Drawn;
use crate::facts::{self, Card};
use crate::place::{Plan, place};
use crate::scene::{Object, scene};
use drydock::cli::complete::complete;
use drydock::engine::World;
use drydock::kernel::terminal::TerminalId;
use drydock::time::{Span, Time};
use drydock::timeline::{Command, Mark, Timeline};
use drydock_lessons::Lesson;
use gloo_events::EventListener;
use gloo_render::{AnimationFrame, request_animation_frame};
use gloo_storage::{LocalStorage, Storage};
use std::collections::VecDeque;
use std::rc::Rc;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::{Callback, Component, Context, Html, NodeRef, html};

const KEPT: &str = "drydock-timeline";
const SEED: u64 = 7;
/// The most events of one frame.
const EVENTS: usize = 3_000;

/// What can happen to the page.
pub enum Message {
    /// The browser is about to draw: its clock in milliseconds.
    Frame(f64),
    /// The window has another size.
    Resized,
    /// A line was entered.
    Enter(String),
    /// Lines were pasted.
    Paste(Vec<String>),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D.
    EndOfInput,
    /// Ctrl-L.
    Clear,
    /// Complete what is typed.
    Complete,
    /// An earlier line, or a later one.
    Recall(bool),
    /// Put a command in the terminal, without running it.
    Put(String),
    /// Type a few letters into the terminal.
    Letters(&'static str),
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
    /// Larger text in the terminal.
    Larger,
    /// Open something in the Inspector, or close it.
    Open(Option<Object>),
    /// The item of the stage with this key was pressed.
    Press(String),
    /// Another tab of the Inspector.
    Tab(usize),
    /// Another tab of the lower panel.
    Panel(Panel),
    /// Walk over the stage.
    Walk(stage::Step),
    /// Fold or unfold the lesson.
    Fold,
    /// Show the next hint.
    Hint,
    /// Show or hide the key.
    Key,
}

/// What the lower panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The terminal.
    Terminal,
    /// The learner's files.
    Files,
    /// What happened.
    Events,
    /// The lesson (on a narrow page).
    Lesson,
    /// The Inspector (on a narrow page).
    Inspect,
}

/// The page.
pub struct App {
    timeline: Timeline,
    playing: bool,
    speed: f64,
    last: Option<f64>,
    /// Lines that were entered, oldest first, and how far back the learner is among them.
    history: Vec<String>,
    back: usize,
    /// Pasted lines that wait for the prompt.
    pending: VecDeque<String>,
    candidates: Vec<String>,
    plan: Drawn,
    marks: Vec<Mark>,
    size: (f64, f64),
    dark: bool,
    calm: bool,
    letters: usize,
    panel: Panel,
    open: Option<Object>,
    card: Option<Card>,
    tab: usize,
    walking: Option<usize>,
    lesson: Option<Lesson>,
    folded: bool,
    hints: usize,
    step: usize,
    key: bool,
    remark: Option<&'static str>,
    input: NodeRef,
    screen: NodeRef,
    stage: NodeRef,
    _frame: Option<AnimationFrame>,
    _resize: EventListener,
}

fn begin() -> Timeline {
    Timeline::new(SEED).expect("the catalogue was checked when the page was built")
}

/// True when the person's system asks for this.
fn prefers(query: &str) -> bool {
    gloo_utils::window().match_media(query).ok().flatten().is_some_and(|m| m.matches())
}

impl App {
    fn world(&self) -> &World {
        self.timeline.world()
    }

    /// Something happened: the picture, the marks and the open card are made anew.
    fn changed(&mut self) {
        let (width, height) = self.size;
        self.plan = Drawn(Rc::new(place(&scene(self.timeline.world()), width, height)));
        if self.timeline.now() >= self.timeline.end() {
            self.marks = self.timeline.marks();
        }
        self.look();
        if let Some(lesson) = &self.lesson {
            let step = lesson.steps.iter().position(|s| !s.goal.holds(self.timeline.world()));
            let step = step.unwrap_or(lesson.steps.len());
            if step != self.step {
                (self.step, self.hints) = (step, 0);
            }
        }
    }

    /// Looks at what is open in the Inspector; what is gone stays as it was seen last.
    fn look(&mut self) {
        let Some(object) = &self.open else { return };
        if let Some(card) = facts::card(self.timeline.world(), self.timeline.now(), object) {
            self.card = Some(card);
        }
    }

    fn tick(&mut self, clock: f64) -> bool {
        let passed = self.last.replace(clock).map_or(0.0, |last| (clock - last).clamp(0.0, 100.0));
        if !self.playing || passed == 0.0 {
            return false;
        }
        let happened = self.pass(passed);
        if happened {
            self.changed();
        } else if matches!(self.open, Some(Object::Packet(_))) {
            self.look();
        }
        if self.waits() {
            if let Some(line) = self.pending.pop_front() {
                self.issue(Command::Line(line));
            }
        }
        // With less motion wanted, the picture changes at events only.
        happened || !self.calm
    }

    /// Lets so many milliseconds of the learner's time pass, event by event: each may change the pace.
    fn pass(&mut self, mut left: f64) -> bool {
        let mut happened = false;
        for _ in 0..EVENTS {
            let rate = 1000.0 * self.speed * pace(self.timeline.world());
            let now = self.timeline.now();
            let due = self.timeline.next_change().map(|due| due.since(now).0 as f64 / rate);
            match due.filter(|needed| *needed <= left) {
                Some(needed) => {
                    left -= needed;
                    let due = self.timeline.next_change().unwrap_or(now);
                    happened |= self.timeline.reach(due.max(now + Span(1)));
                }
                None => {
                    let micros = (left * rate).max(1.0) as u64;
                    return self.timeline.reach(now + Span(micros)) || happened;
                }
            }
        }
        happened
    }

    /// True while the shell waits for a line.
    fn waits(&self) -> bool {
        self.world().kernel.terminals.get(&TerminalId::LEARNER).is_some_and(|t| !t.prompt.is_empty())
    }

    fn issue(&mut self, command: Command) {
        if let Command::Line(line) = &command {
            if !line.trim().is_empty() && self.history.last() != Some(line) {
                self.history.push(line.clone());
            }
        }
        self.back = 0;
        self.candidates.clear();
        let dropped = self.timeline.issue(command);
        self.remark = dropped.then_some("The future from here was dropped. Undo brings it back.");
        self.playing = true;
        self.keep();
        self.changed();
    }

    /// Keeps the session in the browser.
    fn keep(&self) {
        let _ = LocalStorage::set(KEPT, self.timeline.save());
    }

    /// Goes to another time, and stays there.
    fn seek(&mut self, to: Time) {
        self.playing = false;
        self.timeline.seek(to);
        self.changed();
    }

    fn typed(&self) -> Option<HtmlInputElement> {
        self.input.cast::<HtmlInputElement>()
    }

    fn put(&self, line: &str) {
        if let Some(input) = self.typed() {
            input.set_value(line);
            let _ = input.focus();
        }
    }

    fn complete(&mut self) {
        let Some(input) = self.typed() else { return };
        let line = input.value();
        let completion = complete(self.world(), &line);
        input.set_value(&completion.apply(&line));
        self.candidates = if completion.words.len() > 1 { completion.words } else { Vec::new() };
    }

    fn recall(&mut self, up: bool) {
        self.back = if up { (self.back + 1).min(self.history.len()) } else { self.back.saturating_sub(1) };
        let line = self.history.get(self.history.len() - self.back).cloned().unwrap_or_default();
        if let Some(input) = self.typed() {
            input.set_value(&line);
        }
    }

    /// Measures the stage.
    fn measure(&mut self) -> bool {
        let Some(stage) = self.stage.cast::<HtmlElement>() else { return false };
        let size = (f64::from(stage.client_width()), f64::from(stage.client_height()));
        if size == self.size || size.0 < 1.0 {
            return false;
        }
        self.size = size;
        self.changed();
        true
    }

    fn open(&mut self, object: Option<Object>) {
        if object != self.open {
            self.tab = 0;
        }
        self.open = object;
        self.card = None;
        self.look();
        if self.card.is_none() {
            self.open = None;
        }
        if self.open.is_some() && self.size.0 < 720.0 {
            self.panel = Panel::Inspect;
        }
    }

    fn time(&mut self, message: Message) {
        match message {
            Message::Play => self.playing = !self.playing,
            Message::Speed(speed) => self.speed = speed,
            Message::Step(forward) => {
                let next =
                    if forward { self.timeline.next_change() } else { self.timeline.previous_change() };
                if let Some(to) = next {
                    self.seek(to);
                }
                self.playing = false;
            }
            Message::Seek(to) => self.seek(Time(to)),
            Message::Undo => {
                self.timeline.undo();
                self.playing = false;
                self.keep();
                self.changed();
                self.marks = self.timeline.marks();
            }
            Message::Redo => {
                self.timeline.redo();
                self.playing = true;
                self.keep();
                self.changed();
            }
            _ => {
                self.timeline = begin();
                self.playing = true;
                self.open = None;
                self.pending.clear();
                self.keep();
                self.changed();
            }
        }
    }

    fn theme(&self) {
        if let Some(root) = gloo_utils::document().document_element() {
            let _ = root.set_attribute("data-theme", if self.dark { "dark" } else { "light" });
        }
    }

    fn header(&self, ctx: &Context<Self>) -> Html {
        let reset = ctx.link().callback(|_| Message::Reset);
        let theme = ctx.link().callback(|_| Message::Theme);
        let keys = ctx.link().callback(|_| Message::Key);
        let title = self.lesson.as_ref().map(|l| l.title.clone()).unwrap_or_default();
        html! {
            <header class="top">
                <a class="brand" href="#stage"><svg class="logo" viewBox="0 0 26 22" aria-hidden="true"><path d="M1 1v19h24V1h-3.5v7h-3.5v5h-10V8H4.5V1z" class="dock"/><path d="M10 12.5h6v-5h-6zM10 10h6" class="ship"/></svg><b>{ "Drydock" }</b></a>
                <span class="crumb"><span>{ "Lesson 1" }</span>{ title }</span>
                <span class="sp"></span>
                <div class="tools">
                    <button class="tool" onclick={reset}>{ "Start over" }</button>
                    <button class="tool" onclick={keys} aria-label="Key and keyboard" aria-expanded={self.key.to_string()}>{ icon("i-keys") }</button>
                    <button class="tool" onclick={theme} aria-label="Theme: paper or ink">{ icon("i-theme") }</button>
                </div>
            </header>
        }
    }

    fn narrator(&self, ctx: &Context<Self>) -> Html {
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
                <time>{ clock(when) }</time><p>{ lesson::prose(&pieces, ctx) }<small>{ more }</small></p>
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

/// A time as the time bar shows it.
fn clock(time: Time) -> String {
    let seconds = time.0 / 1_000_000;
    format!("{:02}:{:02}.{}", seconds / 60, seconds % 60, time.0 / 100_000 % 10)
}

/// A symbol.
fn icon(name: &str) -> Html {
    let href = format!("#{name}");
    html! { <svg class="i" aria-hidden="true"><use href={href}/></svg> }
}

/// A button that shows a symbol.
fn button(name: &str, symbol: &str, off: bool, onclick: Callback<yew::MouseEvent>) -> Html {
    let name = name.to_owned();
    html! { <button class="ib" aria-label={name.clone()} title={name} disabled={off} {onclick}>{ icon(symbol) }</button> }
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let kept = LocalStorage::get::<String>(KEPT).ok().and_then(|text| Timeline::load(&text).ok());
        let (link, resize) = (ctx.link().clone(), ctx.link().clone());
        let window = gloo_utils::window();
        let mut app = Self {
            timeline: kept.unwrap_or_else(begin),
            playing: true,
            speed: 1.0,
            last: None,
            history: Vec::new(),
            back: 0,
            pending: VecDeque::new(),
            candidates: Vec::new(),
            plan: Drawn(Rc::new(Plan::default())),
            marks: Vec::new(),
            size: (1128.0, 540.0),
            dark: prefers("(prefers-color-scheme: dark)"),
            calm: prefers("(prefers-reduced-motion: reduce)"),
            letters: 0,
            panel: Panel::Terminal,
            open: None,
            card: None,
            tab: 0,
            walking: None,
            lesson: drydock_lessons::lessons().ok().and_then(|all| all.into_iter().next()),
            folded: false,
            hints: 0,
            step: 0,
            key: false,
            remark: None,
            input: NodeRef::default(),
            screen: NodeRef::default(),
            stage: NodeRef::default(),
            _frame: Some(request_animation_frame(move |clock| link.send_message(Message::Frame(clock)))),
            _resize: EventListener::new(&window, "resize", move |_| resize.send_message(Message::Resized)),
        };
        app.theme();
        app.history = app.timeline.lines();
        app.changed();
        app.marks = app.timeline.marks();
        app
    }

    fn update(&mut self, ctx: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Frame(clock) => {
                let drawn = self.tick(clock);
                let link = ctx.link().clone();
                self._frame =
                    Some(request_animation_frame(move |clock| link.send_message(Message::Frame(clock))));
                return drawn;
            }
            Message::Resized => return self.measure(),
            Message::Enter(line) => self.issue(Command::Line(line)),
            Message::Paste(lines) => self.pending.extend(lines),
            Message::Interrupt => {
                self.pending.clear();
                self.issue(Command::Interrupt);
            }
            Message::EndOfInput => self.issue(Command::EndOfInput),
            Message::Clear if self.waits() => self.issue(Command::Line("clear".to_owned())),
            Message::Clear => {}
            Message::Complete => self.complete(),
            Message::Recall(up) => self.recall(up),
            Message::Put(line) => {
                self.panel = Panel::Terminal;
                self.put(&line);
            }
            Message::Letters(letters) => {
                let line = self.typed().map(|i| i.value()).unwrap_or_default();
                self.put(&format!("{line}{letters}"));
            }
            Message::Theme => {
                self.dark = !self.dark;
                self.theme();
            }
            Message::Larger => self.letters = (self.letters + 1) % 3,
            Message::Open(object) => self.open(object),
            Message::Press(key) => {
                let items = self.plan.0.drawing.items.iter().enumerate();
                let pressed =
                    items.filter_map(|(n, i)| Some((n, i.object.clone()?))).find(|(_, o)| o.key() == key);
                match (pressed, key.strip_prefix("packet ").and_then(|n| n.parse().ok())) {
                    (Some((n, object)), _) => {
                        self.walking = Some(n);
                        self.open(Some(object));
                    }
                    (None, Some(number)) => self.open(Some(Object::Packet(number))),
                    (None, None) => {}
                }
            }
            Message::Tab(tab) => self.tab = tab,
            Message::Panel(panel) => self.panel = panel,
            Message::Walk(step) => self.walk(step),
            Message::Fold => self.folded = !self.folded,
            Message::Hint => self.hints += 1,
            Message::Key => self.key = !self.key,
            time => self.time(time),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let inspect = self.open.is_some();
        let mut class = String::from("app");
        for (name, on) in [("inspect", inspect), ("folded", self.folded && !inspect)] {
            if on {
                class.push(' ');
                class.push_str(name);
            }
        }
        html! {
            <div {class}>
                <a class="skip" href="#prompt">{ "Skip to the terminal" }</a>
                { self.header(ctx) }
                { self.lesson_panel(ctx) }
                { self.stage(ctx) }
                { self.narrator(ctx) }
                { self.time_bar(ctx) }
                { self.lower(ctx) }
                if inspect { { self.inspector(ctx) } }
                { self.phone_tabs(ctx) }
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if self.measure() {
            ctx.link().send_message(Message::Resized);
        }
        if let Some(screen) = self.screen.cast::<Element>() {
            screen.set_scroll_top(screen.scroll_height());
        }
        if let Some(input) = self.typed().filter(|_| first) {
            let _ = input.focus();
        }
    }
}
