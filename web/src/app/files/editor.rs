//! The editor: a text area over the same text in colours, with what is wrong in it underlined.

use super::{App, Deed, deed};
use crate::app::header::{button, icon};
use crate::code::{Class, Language, Problem, language, lines, problems};
use crate::desk::{HOME, short};
use crate::starters::STARTERS;
use drydock::kernel::process::Pid;
use drydock::memory::tool::Edit;
use std::rc::Rc;
use web_sys::wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlTextAreaElement, KeyboardEvent};
use yew::{Component, Context, Html, InputEvent, Properties, TargetCast, html};

/// The longest text that is coloured, in bytes.
const COLOURED: usize = 150_000;

/// A program that waits for its editor.
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    pid: Pid,
    name: String,
    /// The container it runs in; empty on the host.
    place: String,
}

/// A file that is open.
pub struct Buffer {
    /// Its absolute path.
    pub path: String,
    /// The program whose editor this is.
    pub program: Option<Program>,
    /// The text as it stands in the editor.
    pub text: Rc<str>,
    /// The text as it lies in the file.
    pub saved: Rc<str>,
    /// Tab leaves the editor.
    pub loose: bool,
    /// Closing was asked for while the text was changed.
    pub closing: bool,
    /// What the program says, and whether saving failed.
    said: (String, bool),
    turn: u32,
    /// The file was changed by something else, or is gone.
    other: &'static str,
    problem: Option<Problem>,
}

impl Buffer {
    fn new(path: &str, text: Rc<str>, program: Option<Program>) -> Self {
        let saved = text.clone();
        let mut buffer = Self {
            path: path.to_owned(),
            program,
            text,
            saved,
            loose: false,
            closing: false,
            said: Default::default(),
            turn: 0,
            other: "",
            problem: None,
        };
        buffer.check();
        buffer
    }

    /// A file of the learner's.
    pub fn of_file(path: &str, text: String) -> Self {
        Self::new(path, text.into(), None)
    }

    /// What a program has handed over.
    pub fn of_program(pid: Pid, edit: &Edit, place: String) -> Self {
        let program = Program { pid, name: edit.name.clone(), place };
        let mut buffer = Self::new(&edit.path, edit.text.clone(), Some(program));
        (buffer.said, buffer.turn) = ((edit.said.clone(), edit.failed), edit.turn);
        buffer
    }

    /// True for the editor of this program at this file.
    pub fn is_of(&self, pid: Pid, edit: &Edit) -> bool {
        self.program.as_ref().is_some_and(|p| p.pid == pid) && self.path == edit.path
    }

    /// Takes in what the program says.
    pub fn hear(&mut self, edit: &Edit) {
        if edit.text != self.saved {
            // Saved, or taken back: what was not changed since goes with it.
            let follows = self.text == self.saved;
            self.saved = edit.text.clone();
            if follows {
                self.text = edit.text.clone();
                self.check();
            }
        }
        (self.said, self.turn) = ((edit.said.clone(), edit.failed), edit.turn);
    }

    /// Compares with the file as it is now.
    pub fn compare(&mut self, now: Option<String>) {
        self.other = match now {
            None => "The file is not there any more; saving makes it anew.",
            Some(now) if *now == *self.saved => "",
            Some(now) => {
                if self.is_changed() && *now != *self.text {
                    "The file was changed outside the editor; saving overwrites that."
                } else {
                    self.text = now.into();
                    self.saved = self.text.clone();
                    self.check();
                    ""
                }
            }
        };
    }

    /// Another text.
    pub fn write(&mut self, text: String) {
        self.text = text.into();
        self.closing = false;
        self.check();
    }

    fn check(&mut self) {
        self.problem = problems(&self.text, self.language());
    }

    /// True when the text is not the file's.
    pub fn is_changed(&self) -> bool {
        self.text != self.saved
    }

    /// True for what must not be lost.
    pub fn is_kept(&self) -> bool {
        self.program.is_some() || self.is_changed()
    }

    fn language(&self) -> &'static Language {
        language(&self.path, &self.text)
    }

    fn status(&self) -> (String, bool) {
        if self.closing {
            return ("Not saved. Close once more to drop the changes.".to_owned(), true);
        }
        if let Some(problem) = &self.problem {
            return (problem.sentence(), true);
        }
        if !self.other.is_empty() {
            return (self.other.to_owned(), true);
        }
        self.said.clone()
    }
}

impl App {
    /// The editor with the files that are open, or what one can begin with.
    pub(super) fn editor(&self, ctx: &Context<Self>) -> Html {
        let Some(buffer) = self.desk.buffers.get(self.desk.shown).filter(|_| !self.desk.starters) else {
            return self.beginning(ctx);
        };
        let act = |make: fn() -> Deed| ctx.link().callback(move |_| deed(make()));
        let (status, bad) = buffer.status();
        let close = match &buffer.program {
            Some(program) => format!("Leave {}", program.name),
            None => "Close the file".to_owned(),
        };
        let tabs = self.desk.buffers.iter().enumerate().map(|(n, other)| {
            let onclick = ctx.link().callback(move |_| deed(Deed::Show(n)));
            let mut name = other.path.rsplit('/').next().unwrap_or_default().to_owned();
            if let Some(program) = &other.program {
                name = format!("{} {name}", program.name);
            }
            html! { <button class="doc" aria-pressed={(n == self.desk.shown).to_string()} title={other.path.clone()} {onclick}>{ name }if other.is_changed() { <b title="Not saved">{ "\u{25cf}" }<span class="sr">{ " not saved" }</span></b> }</button> }
        });
        let place = match &buffer.program {
            Some(program) if program.place.is_empty() => {
                format!("{} {}", program.name, short(&buffer.path, HOME))
            }
            Some(program) => format!("{} {} in container {}", program.name, buffer.path, program.place),
            None => short(&buffer.path, HOME),
        };
        html! {
            <div class="edit">
                <div class="editbar"><div class="docs">{ for tabs }</div>
                    <button class="btn" disabled={!buffer.is_changed() && buffer.program.is_none()} onclick={act(|| Deed::Save)} title="Ctrl-S">{ "Save" }</button>
                    { button(&close, "i-close", false, act(|| Deed::Close)) }
                </div>
                { self.paper(ctx, buffer) }
                <div class="status"><span class="at">{ place }</span><span id="said" class={bad.then_some("bad")}>{ status }</span><span class="how">{ if buffer.loose { "Tab leaves now".to_owned() } else { format!("{} \u{b7} Ctrl-S saves \u{b7} Esc, Tab leaves", buffer.language().name) } }</span></div>
            </div>
        }
    }

    fn paper(&self, ctx: &Context<Self>, buffer: &Buffer) -> Html {
        let (tab, loose) = (buffer.language().tab, buffer.loose);
        let onkeydown = ctx.link().batch_callback(move |event: KeyboardEvent| keyed(&event, tab, loose));
        let oninput = ctx.link().callback(|event: InputEvent| {
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            deed(Deed::Text(area.value()))
        });
        let count = buffer.text.split('\n').count();
        let bad = buffer.problem.as_ref().map(|p| (p.first, p.last));
        let name = format!("{}, the text. Escape, then Tab, leaves.", buffer.path);
        let key = format!("{} {}", buffer.path, buffer.program.is_some());
        html! {
            <div class="paper">
                <div class="numbers" aria-hidden="true">{ for (1..=count).map(|n| html! { <i class={bad.is_some_and(|(a, b)| (a..=b).contains(&n)).then_some("bad")}>{ n }</i> }) }</div>
                <div class="both">
                    <Ink text={buffer.text.clone()} language={Named(buffer.language())} {bad}/>
                    <textarea {key} ref={self.desk.area.clone()} value={buffer.text.to_string()} {oninput} {onkeydown} aria-label={name} aria-describedby="said"
                        aria-invalid={bad.is_some().to_string()} spellcheck="false" autocomplete="off" autocapitalize="off" autocorrect="off" wrap="off"/>
                </div>
            </div>
        }
    }

    /// What there is to begin with when nothing is open.
    fn beginning(&self, ctx: &Context<Self>) -> Html {
        html! {
            <div class="edit start">
                <p>{ "Choose a file to see and change it; drop files, a folder, or the tar of an image anywhere on this page; or begin with a project:" }</p>
                <div class="starters">{ for STARTERS.iter().enumerate().map(|(n, starter)| {
                    let onclick = ctx.link().callback(move |_| deed(Deed::Starter(n)));
                    html! { <button {onclick}>{ icon("i-starter") }<b>{ starter.title }</b><span>{ starter.about }</span></button> }
                }) }</div>
            </div>
        }
    }
}

/// A key in the text: Tab puts in, unless Escape came before; Enter keeps the indentation.
fn keyed(event: &KeyboardEvent, tab: &'static str, loose: bool) -> Option<crate::app::Message> {
    let area: HtmlTextAreaElement = event.target_dyn_into()?;
    let control = event.ctrl_key() || event.meta_key();
    match event.key().as_str() {
        "s" if control => {
            event.prevent_default();
            return Some(deed(Deed::Save));
        }
        "Escape" => return Some(deed(Deed::Loose(true))),
        "Tab" if !loose && !event.shift_key() && !control => {
            event.prevent_default();
            insert(tab);
        }
        "Tab" => {}
        "Enter" if !control && !event.shift_key() => {
            let text = area.value();
            let at = area.selection_start().ok().flatten().unwrap_or(0) as usize;
            let before: String =
                text.encode_utf16().take(at).map(|u| char::from_u32(u32::from(u)).unwrap_or('x')).collect();
            let line = before.rsplit('\n').next().unwrap_or_default();
            let indent: String = line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
            if !indent.is_empty() {
                event.prevent_default();
                insert(&format!("\n{indent}"));
            }
        }
        _ => {}
    }
    loose.then(|| deed(Deed::Loose(false)))
}

/// Types a text into what has the keyboard, so that the browser can take it back.
fn insert(text: &str) {
    if let Ok(document) = gloo_utils::document().dyn_into::<HtmlDocument>() {
        let _ = document.exec_command_with_show_ui_and_value("insertText", false, text);
    }
}

/// A language of the table.
#[derive(Clone, Copy)]
pub struct Named(&'static Language);

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

/// The text in colours, drawn anew only when it is another.
#[derive(Properties, PartialEq)]
pub struct Text {
    text: Rc<str>,
    language: Named,
    bad: Option<(usize, usize)>,
}

/// Draws the text in colours.
pub struct Ink;

impl Component for Ink {
    type Message = ();
    type Properties = Text;

    fn create(_: &Context<Self>) -> Self {
        Self
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let Text { text, language, bad } = ctx.props();
        if text.len() > COLOURED {
            return html! { <pre class="ink" aria-hidden="true">{ &**text }{ "\n" }</pre> };
        }
        let all = lines(text, language.0);
        html! {
            <pre class="ink" aria-hidden="true">{ for all.iter().enumerate().map(|(n, line)| {
                let wrong = bad.is_some_and(|(a, b)| (a..=b).contains(&(n + 1)));
                let pieces = line.iter().map(|(piece, class)| match class {
                    Class::Plain => html! { (*piece).to_owned() },
                    class => html! { <span class={class.name()}>{ (*piece).to_owned() }</span> },
                });
                html! { <div class={wrong.then_some("bad")}>{ for pieces }{ "\n" }</div> }
            }) }</pre>
        }
    }
}
