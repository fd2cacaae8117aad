//! The page's state and what changes it: one component, one message type.

mod course;
mod files;
mod inspector;
mod lens;
mod lesson;
mod stage;
mod terminal;
mod time;

mod header;

mod run;

mod prompt;

use crate::draw::Drawn;
use crate::facts::{self, Card};
use crate::place::{Lens, Plan};
use crate::scene::{Choice, Graph, Known, Object, Pile};
use course::{Course, Wish};
use drydock::engine::World;
use drydock::time::Time;
use drydock::timeline::{Command, Mark, Timeline};
use drydock_lessons::Lesson;
use gloo_events::EventListener;
use gloo_render::{AnimationFrame, request_animation_frame};
use std::collections::VecDeque;
use std::rc::Rc;
use web_sys::{Element, HtmlElement};
use yew::{Component, Context, Html, NodeRef, html};

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
    /// Another lens.
    Lens(Lens),
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
    /// What was asked of the lesson panel.
    Course(Wish),
    /// Something in the tree of files.
    Climb(lens::Climb),
    /// Another thing to look at: which menu, which of its names.
    Choose(usize, usize),
    /// Show or hide the key.
    Key,
    /// Something is done in the Files panel.
    Desk(files::Deed),
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
    lens: Lens,
    /// What the lenses look at, and what they show of it.
    choice: Choice,
    build: Option<u64>,
    pile: Pile,
    known: Known,
    graph: Graph,
    /// The chosen line of the tree is another one.
    seen_line: bool,
    plan: Drawn,
    /// What settles in its place now: its key, its motion, until when.
    fresh: Vec<(String, &'static str, f64)>,
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
    course: Course,
    folded: bool,
    key: bool,
    remark: Option<&'static str>,
    desk: files::Desk,
    input: NodeRef,
    screen: NodeRef,
    stage: NodeRef,
    _frame: Option<AnimationFrame>,
    _resize: EventListener,
}

/// True when the person's system asks for this.
fn prefers(query: &str) -> bool {
    gloo_utils::window().match_media(query).ok().flatten().is_some_and(|m| m.matches())
}

impl App {
    fn world(&self) -> &World {
        self.timeline.world()
    }

    /// Looks at what is open in the Inspector; what is gone stays as it was seen last.
    fn look(&mut self) {
        let Some(object) = &self.open else { return };
        if let Some(card) = facts::card(self.timeline.world(), self.timeline.now(), object) {
            self.card = Some(card);
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
        if let Some(object) = &object {
            self.turn_to(object);
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
                self.course.forget(self.timeline.now());
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
            _ => self.start_over(),
        }
    }
}

/// A time as the time bar shows it.
fn clock(time: Time) -> String {
    let seconds = time.0 / 1_000_000;
    format!("{:02}:{:02}.{}", seconds / 60, seconds % 60, time.0 / 100_000 % 10)
}

impl Component for App {
    type Message = Message;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let (course, lesson, timeline) = Course::open(None);
        let (link, resize) = (ctx.link().clone(), ctx.link().clone());
        let window = gloo_utils::window();
        let mut app = Self {
            timeline,
            playing: true,
            speed: 1.0,
            last: None,
            history: Vec::new(),
            back: 0,
            pending: VecDeque::new(),
            candidates: Vec::new(),
            lens: lens::kept(),
            choice: Choice::default(),
            build: None,
            pile: Pile::default(),
            known: Known::default(),
            graph: Graph::default(),
            seen_line: false,
            plan: Drawn(Rc::new(Plan::default())),
            fresh: Vec::new(),
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
            lesson,
            course,
            folded: false,
            key: false,
            remark: None,
            desk: files::Desk::default(),
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
            // Measured already when what was drawn last has changed the stage's size: it is drawn anew.
            Message::Resized => {
                self.measure();
            }
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
            Message::Lens(lens) => self.turn(lens),
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
            Message::Panel(panel) => {
                if panel == Panel::Lesson {
                    self.open(None);
                    self.folded = false;
                }
                self.panel = panel;
            }
            Message::Walk(step) => self.walk(step),
            Message::Course(wish) => self.wished(wish),
            Message::Climb(step) => self.climb(step),
            Message::Choose(which, at) => self.choose(which, at),
            Message::Key => self.key = !self.key,
            Message::Desk(deed) => self.deed(deed, ctx.link()),
            time => self.time(time),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let inspect = self.open.is_some();
        let mut class = String::from("app");
        let files = self.panel == Panel::Files;
        for (name, on) in [("inspect", inspect), ("folded", self.folded && !inspect), ("filing", files)] {
            if on {
                class.push(' ');
                class.push_str(name);
            }
        }
        let (ondragover, ondrop) = self.drops(ctx);
        html! {
            <div {class} {ondragover} {ondrop}>
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
        self.reveal();
        self.reveal_line();
        if let Some(screen) = self.screen.cast::<Element>() {
            screen.set_scroll_top(screen.scroll_height());
        }
        if let Some(input) = self.typed().filter(|_| first) {
            let _ = input.focus();
        }
        self.focus_files();
    }
}
