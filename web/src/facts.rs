//! What the Inspector says about an object: facts, files, processes, log, and the JSON of `docker inspect`.

mod build;
mod container;
mod image;
mod kernel;
mod network;
mod packet;
mod place;
mod union;

use crate::scene::Object;
use drydock::cli;
use drydock::engine::World;
use drydock::time::Time;
use std::ops::{Deref, DerefMut};

/// What is open in the Inspector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// The title.
    pub title: String,
    /// One line of where and when.
    pub sub: String,
    /// The tabs: each a name and what it shows.
    pub tabs: Vec<(&'static str, Body)>,
}

/// What a tab shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Tables of facts.
    Facts(Vec<Table>),
    /// A packet's bytes by header, and a table for each.
    Wire(Vec<(usize, &'static str)>, Vec<Table>),
    /// Text as it is printed.
    Text(String),
    /// Prose.
    Prose(Vec<drydock_lessons::Inline>),
}

/// A table of facts: behind a pointer, because it is handed on from row to row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(Box<Rows>);

/// What a table holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Its caption.
    pub caption: String,
    /// A few words beside the caption.
    pub note: &'static str,
    /// The colour of its swatch, a name of the tokens.
    pub colour: &'static str,
    /// Names and values.
    pub rows: Vec<(String, String)>,
}

impl Deref for Table {
    type Target = Rows;
    fn deref(&self) -> &Rows {
        &self.0
    }
}

impl DerefMut for Table {
    fn deref_mut(&mut self) -> &mut Rows {
        &mut self.0
    }
}

impl Table {
    /// A table with a caption.
    fn new(caption: impl Into<String>) -> Self {
        Self(Box::new(Rows { caption: caption.into(), ..Rows::default() }))
    }
    /// Adds a row, unless its value is empty.
    fn row(self, name: &str, value: impl ToString) -> Self {
        self.with(name, value.to_string())
    }
    #[inline(never)]
    fn with(mut self, name: &str, value: String) -> Self {
        if !value.is_empty() {
            self.rows.push((name.to_owned(), value));
        }
        self
    }
}

/// What there is to say about an object; nothing when it is gone.
pub fn card(world: &World, now: Time, object: &Object) -> Option<Card> {
    match object {
        Object::Container(name) => container::card(world, name),
        Object::Image(name) => image::card(world, name),
        Object::Layer(id) => image::layer(world, id),
        Object::Tag(host, repository, tag) => image::tag(world, host, repository, tag),
        Object::File(owner, path) => union::file(world, owner, path),
        Object::Build(number) => build::card(world, *number),
        Object::Step(number, stage, step) => build::step(world, *number, *stage, *step),
        Object::Sent(number) => build::sent(world, *number),
        Object::Network(name) => network::card(world, name),
        Object::Port(port) => network::port(world, *port),
        Object::Packet(number) => packet::card(world, now, *number),
        Object::Client => Some(place::client(world)),
        Object::Daemon => Some(place::daemon(world)),
        Object::Kernel => Some(place::kernel(world)),
        Object::Process(pid) => kernel::process(world, *pid),
        Object::Namespace(inode) => kernel::namespace(world, *inode),
        Object::Machines => Some(kernel::machines(world)),
        Object::Files => Some(place::files(world)),
        Object::Browser => place::reply(world),
        Object::Term(word) => place::term(word),
    }
}

/// The JSON that `docker inspect` prints of an object.
fn json(world: &World, name: &str, kind: &str) -> Body {
    let found = cli::look(world, name, Some(kind));
    Body::Text(found.map_or_else(|e| e.message, |value| format!("[\n{}\n]", indent(&cli::pretty(&value)))))
}

fn indent(text: &str) -> String {
    text.lines().map(|l| format!("    {l}")).collect::<Vec<_>>().join("\n")
}

/// Permission bits as `stat` shows them.
fn octal(mode: u32) -> String {
    let digits = [9, 6, 3, 0].map(|shift| char::from(b'0' + (mode >> shift & 7) as u8));
    digits.iter().collect()
}

/// A time as people write it.
fn moment(at: Time) -> String {
    at.rfc3339().get(..19).unwrap_or_default().replace('T', " ")
}

#[cfg(test)]
mod tests;
