//! The Files panel: what is open in it, and what its keys and buttons do. The files themselves are in the World.

mod editor;
mod intake;
mod transfer;
mod tree;

use super::{App, Message, Panel};
use crate::desk::{self, HOME, Row};
use crate::starters::STARTERS;
use drydock::desk::Change;
use drydock::image::change::below;
use drydock::memory::tool::Wish;
use drydock::timeline::Command;
use editor::Buffer;
pub use transfer::Brought;
use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::html::Scope;
use yew::{Context, Html, NodeRef, html};

/// What a person does in the Files panel.
pub enum Deed {
    /// A key in the tree.
    Key(String),
    /// The row of this number is pressed.
    Press(usize),
    /// A new file or, when true, a new folder.
    New(bool),
    /// Another name for what is chosen.
    Rename,
    /// What is chosen is removed.
    Remove,
    /// The name is given; an empty one takes the wish back.
    Name(String),
    /// Show or hide modes and dates.
    Details,
    /// Show the starters.
    Starters,
    /// Begin with a starter.
    Starter(usize),
    /// Download what is chosen: a file, or a folder as a tar.
    Download,
    /// Download files and commands for a real Docker.
    Take,
    /// Download an image.
    Image(String),
    /// The text in the editor was changed.
    Text(String),
    /// Save.
    Save,
    /// Close the file.
    Close,
    /// Tab leaves the editor now, or no longer.
    Loose(bool),
    /// Another open file.
    Show(usize),
    /// Files came from outside.
    Brought(Brought),
    /// An archive comes.
    Archive(intake::News),
}

/// What is being named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// A new file.
    File,
    /// A new folder.
    Folder,
    /// What is chosen.
    Chosen,
}

/// Where the keyboard goes after the next drawing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Focus {
    Tree,
    Editor,
    Name,
    Prompt,
}

/// What the Files panel remembers: nothing of the files, which are in the World.
#[derive(Default)]
pub struct Desk {
    rows: Vec<Row>,
    /// The folders that are open, by `desk::key`.
    open: Vec<String>,
    /// The row that is chosen.
    at: usize,
    details: bool,
    naming: Option<Naming>,
    starters: bool,
    /// The files that are open, and which one is shown.
    buffers: Vec<Buffer>,
    shown: usize,
    /// What is said in the panel's foot.
    note: String,
    coming: Option<intake::Coming>,
    focus: Option<Focus>,
    tree: NodeRef,
    area: NodeRef,
    name: NodeRef,
}

impl App {
    /// The panel.
    pub(super) fn files(&self, ctx: &Context<Self>) -> Html {
        let editing = !self.desk.buffers.is_empty() || self.desk.starters;
        let note = if self.desk.note.is_empty() { None } else { Some(self.desk.note.clone()) };
        html! {
            <div class={if editing { "desk editing" } else { "desk" }}>
                { self.toolbar(ctx) }
                <div class="side">{ self.file_tree(ctx) }{ for note.map(|note| html! { <p class="dnote">{ note }</p> }) }</div>
                { self.editor(ctx) }
                { self.coming(ctx) }
            </div>
        }
    }

    /// The World may have changed: the rows and the open files are looked at anew.
    pub(super) fn look_at_files(&mut self) {
        let root = desk::directory(self.timeline.world());
        let first = desk::key(&root, &root);
        if self.desk.rows.first().is_none_or(|r| r.path != root) && !self.desk.open.contains(&first) {
            self.desk.open.push(first);
        }
        let chosen = self.desk.rows.get(self.desk.at).map(|r| r.path.clone());
        self.desk.rows = desk::rows(self.timeline.world(), &self.desk.open);
        let same = chosen.and_then(|path| {
            let near = self.desk.rows.get(self.desk.at).filter(|r| r.path == path).map(|_| self.desk.at);
            near.or_else(|| self.desk.rows.iter().position(|r| r.path == path))
        });
        self.desk.at = same.unwrap_or(self.desk.at).min(self.desk.rows.len().saturating_sub(1));
        self.look_at_editor();
        self.refresh_buffers();
    }

    /// A program's editor opens, says something, or goes.
    fn look_at_editor(&mut self) {
        let world = self.timeline.world();
        let waiting = drydock::desk::editor(world);
        let at = self.desk.buffers.iter().position(|b| b.program.is_some());
        match (waiting, at) {
            (Some((pid, edit)), Some(at)) if self.desk.buffers[at].is_of(pid, edit) => {
                let buffer = &mut self.desk.buffers[at];
                buffer.hear(edit);
            }
            (Some((pid, edit)), old) => {
                let place = world.kernel.process(pid).and_then(|p| world.cgroup_container(p.cgroup));
                let place = place.and_then(|n| world.container(n)).map(|c| c.name.clone());
                let buffer = Buffer::of_program(pid, edit, place.unwrap_or_default());
                if let Some(old) = old {
                    self.desk.buffers.remove(old);
                }
                self.desk.buffers.push(buffer);
                self.desk.shown = self.desk.buffers.len() - 1;
                self.desk.focus = Some(Focus::Editor);
                self.desk.starters = false;
                self.panel = Panel::Files;
            }
            (None, Some(at)) => {
                self.desk.buffers.remove(at);
                self.desk.shown = self.desk.shown.min(self.desk.buffers.len().saturating_sub(1));
                if self.panel == Panel::Files {
                    self.panel = Panel::Terminal;
                    self.desk.focus = Some(Focus::Prompt);
                }
            }
            (None, None) => {}
        }
    }

    /// What lies on the learner's machine is shown as it is now, unless it was changed in the editor.
    fn refresh_buffers(&mut self) {
        let world = self.timeline.world();
        for buffer in self.desk.buffers.iter_mut().filter(|b| b.program.is_none()) {
            buffer.compare(desk::read(world, &buffer.path).ok());
        }
    }

    fn shown(&mut self) -> Option<&mut Buffer> {
        let at = self.desk.shown;
        self.desk.buffers.get_mut(at)
    }

    fn chosen(&self) -> Option<&Row> {
        self.desk.rows.get(self.desk.at)
    }

    /// The folder that something new goes into.
    fn folder(&self) -> String {
        match self.chosen() {
            Some(row) if row.open.is_some() => row.path.clone(),
            Some(row) => row.path.rsplit_once('/').map_or("/", |(above, _)| above).to_owned(),
            None => desk::directory(self.world()),
        }
    }

    pub(super) fn deed(&mut self, deed: Deed, link: &Scope<Self>) {
        if !matches!(deed, Deed::Text(_) | Deed::Loose(_) | Deed::Brought(_) | Deed::Archive(_)) {
            self.desk.note.clear();
        }
        match deed {
            Deed::Key(key) => self.tree_key(&key, link),
            Deed::Press(at) => {
                self.desk.at = at;
                self.enter();
            }
            Deed::New(folder) => {
                let chosen = self.chosen().cloned();
                if chosen.is_some_and(|row| row.open == Some(false)) {
                    self.enter();
                }
                self.desk.naming = Some(if folder { Naming::Folder } else { Naming::File });
                self.desk.focus = Some(Focus::Name);
            }
            Deed::Rename if self.chosen().is_some_and(|r| r.level > 1) => {
                self.desk.naming = Some(Naming::Chosen);
                self.desk.focus = Some(Focus::Name);
            }
            Deed::Remove if self.chosen().is_some_and(|r| r.level > 1) => {
                let path = self.chosen().map(|r| r.path.clone()).unwrap_or_default();
                self.desk.focus = Some(Focus::Tree);
                self.change_files(vec![Change::Remove(path)]);
            }
            Deed::Rename | Deed::Remove => {
                "Choose a file or folder below it first.".clone_into(&mut self.desk.note)
            }
            Deed::Name(name) => self.named(name.trim()),
            Deed::Details => self.desk.details = !self.desk.details,
            Deed::Starters => self.desk.starters = !self.desk.starters,
            Deed::Starter(at) => self.start_with(at),
            Deed::Download => self.download_chosen(),
            Deed::Take => {
                let (bytes, count) = (self.timeline.for_a_real_docker(), self.timeline.succeeded().len());
                self.hand_over("drydock.tar", &bytes);
                let commands = if count == 1 { "command".to_owned() } else { format!("{count} commands") };
                self.desk.note = format!(
                    "drydock.tar: your files, and drydock.sh with the {commands} that ran without an error."
                );
            }
            Deed::Image(id) => self.download_image(&id),
            Deed::Text(text) => {
                if let Some(buffer) = self.shown() {
                    buffer.write(text);
                }
            }
            Deed::Save => self.save(),
            Deed::Close => self.close(),
            Deed::Loose(loose) => {
                if let Some(buffer) = self.shown() {
                    buffer.loose = loose;
                }
            }
            Deed::Show(at) => {
                self.desk.shown = at;
                self.desk.starters = false;
                self.desk.focus = Some(Focus::Editor);
            }
            Deed::Brought(brought) => self.brought(brought),
            Deed::Archive(news) => self.hear(news, link),
        }
    }

    /// Changes of files, as one step of the timeline.
    fn change_files(&mut self, changes: Vec<Change>) {
        self.issue(Command::Files(changes.into()));
    }

    /// Opens the folder or the file that is chosen, or closes the folder.
    fn enter(&mut self) {
        let Some(row) = self.chosen().cloned() else { return };
        if row.open.is_none() {
            self.edit(&row.path);
            return;
        }
        let key = desk::key(desk::root_of(&self.desk.rows, self.desk.at), &row.path);
        match self.desk.open.iter().position(|k| *k == key) {
            Some(at) => {
                self.desk.open.remove(at);
            }
            None => self.desk.open.push(key),
        }
        self.look_at_files();
    }

    /// Opens a file of the learner's in the editor.
    fn edit(&mut self, path: &str) {
        self.desk.starters = false;
        if let Some(at) = self.desk.buffers.iter().position(|b| b.path == path && b.program.is_none()) {
            self.desk.shown = at;
            self.desk.focus = Some(Focus::Editor);
            return;
        }
        match desk::read(self.world(), path) {
            Ok(text) => {
                // What was looked at and not changed makes room.
                self.desk.buffers.retain(Buffer::is_kept);
                self.desk.buffers.push(Buffer::of_file(path, text));
                self.desk.shown = self.desk.buffers.len() - 1;
                self.desk.focus = Some(Focus::Editor);
            }
            Err(words) => self.desk.note = format!("{}: {words}", desk::short(path, HOME)),
        }
    }

    fn named(&mut self, name: &str) {
        let Some(naming) = self.desk.naming.take() else { return };
        self.desk.focus = Some(Focus::Tree);
        if name.is_empty() {
            return;
        }
        if naming == Naming::Chosen {
            let Some(from) = self.chosen().map(|r| r.path.clone()) else { return };
            let (above, _) = from.rsplit_once('/').unwrap_or_default();
            let to = below(&format!("/{above}"), name);
            if to != from {
                self.change_files(vec![Change::Rename { from, to: to.clone() }]);
                self.choose_file(&to);
            }
            return;
        }
        let path = below(&self.folder(), name);
        if desk::look(self.world(), |sys| sys.lstat(&path).is_ok()) == Some(true) {
            self.desk.note = format!("{name} is there already.");
            return;
        }
        let new = naming == Naming::File;
        self.change_files(vec![if new { Change::write(&path, *b"") } else { Change::Folder(path.clone()) }]);
        self.choose_file(&path);
        if new {
            self.edit(&path);
        }
    }

    /// Chooses the row of a path, when it is shown.
    fn choose_file(&mut self, path: &str) {
        if let Some(at) = self.desk.rows.iter().position(|r| r.path == path) {
            self.desk.at = at;
        }
    }

    fn start_with(&mut self, at: usize) {
        let Some(starter) = STARTERS.get(at) else { return };
        let directory = desk::directory(self.world());
        let taken = |path: &str| desk::look(self.world(), |sys| sys.lstat(path).is_ok()) == Some(true);
        let (folder, changes) = starter.changes(&directory, taken);
        self.desk.open.push(desk::key(&directory, &folder));
        self.change_files(changes);
        self.desk.starters = false;
        self.choose_file(&folder);
        self.edit(&format!("{folder}/Dockerfile"));
        let name = folder.rsplit('/').next().unwrap_or_default();
        self.desk.note = format!("cd {name}; docker build -t {name} . builds it.");
    }

    fn save(&mut self) {
        let Some(buffer) = self.shown() else { return };
        buffer.closing = false;
        let text = buffer.text.clone();
        if buffer.program.is_some() {
            self.issue(Command::Edit(Wish::Save(text)));
        } else {
            let path = buffer.path.clone();
            buffer.saved.clone_from(&text);
            self.change_files(vec![Change::write(&path, text.as_bytes())]);
        }
    }

    fn close(&mut self) {
        let Some(buffer) = self.shown() else { return };
        if buffer.is_changed() && !buffer.closing {
            buffer.closing = true;
            return;
        }
        if buffer.program.is_some() {
            self.issue(Command::Edit(Wish::Leave));
            return;
        }
        let at = self.desk.shown;
        self.desk.buffers.remove(at);
        self.desk.shown = at.min(self.desk.buffers.len().saturating_sub(1));
        self.desk.focus = Some(Focus::Tree);
    }

    /// The editor of a program is closed for good with it.
    pub(super) fn forget_files(&mut self) {
        let details = self.desk.details;
        self.desk = Desk { details, ..Desk::default() };
    }

    /// Moves the keyboard to where it is wanted, after a drawing.
    pub(super) fn focus_files(&mut self) {
        let Some(focus) = self.desk.focus.take() else { return };
        let node = match focus {
            Focus::Tree => &self.desk.tree,
            Focus::Editor => &self.desk.area,
            Focus::Name => &self.desk.name,
            Focus::Prompt => &self.input,
        };
        if let Some(area) = node.cast::<HtmlTextAreaElement>() {
            // A file is seen from its beginning.
            let _ = area.set_selection_range(0, 0);
        }
        if let Some(element) = node.cast::<HtmlElement>() {
            let _ = element.focus();
        }
        if let Some(input) =
            self.desk.name.cast::<web_sys::HtmlInputElement>().filter(|_| focus == Focus::Name)
        {
            input.select();
        }
    }
}

/// A deed as a message.
pub(super) const fn deed(deed: Deed) -> Message {
    Message::Desk(deed)
}
