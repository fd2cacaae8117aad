//! What a step of a build is made of, and which part of it changed since the step was last done.

use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// One thing that goes into a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The layers before it.
    Before(Digest),
    /// The instruction as it is written, with its here-documents.
    Text(Rc<str>),
    /// A value: what it is a value of, and the value.
    Value(Kind, Rc<str>, Rc<str>),
    /// A file, directory or symbolic link: its path, its mode, and the digest of its content. Times do not count.
    File(Rc<str>, u32, Digest),
}

/// What a value is a value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An ARG.
    Argument,
    /// An ENV.
    Environment,
    /// WORKDIR, USER, SHELL or the network, named by the value's name.
    Setting,
}

/// What goes into a step, in order.
pub type Inputs = Vec<Input>;

/// Why a step was done anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// `--no-cache` or `--no-cache-filter`.
    Asked,
    /// A step that it is based on was done anew, by the name of that step.
    Step(Rc<str>),
    /// The layers before it are others: of the base image when it is named, else of steps that came or went.
    Base(Option<Rc<str>>),
    /// No step like it was done before.
    New,
    /// The text was another one.
    Text(Rc<str>),
    /// A value came, went, or changed.
    Value(Kind, Rc<str>),
    /// Files: the first of them, what happened to it, and how many more.
    Files(Rc<str>, Change, u32),
    /// What it is made of is the same, but its layer was taken out of the cache.
    Forgotten,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Its content changed.
    Content,
    /// Its mode changed.
    Mode,
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
}

/// The digest of everything that goes into a step.
pub fn key(inputs: &[Input]) -> Digest {
    let mut text = String::new();
    for input in inputs {
        match input {
            Input::Before(digest) => text.push_str(&digest.hex()),
            Input::Text(words) => text.push_str(words),
            Input::Value(kind, name, value) => text.push_str(&format!("{kind:?} {name}={value:?}")),
            Input::File(path, mode, content) => {
                text.push_str(&format!("{path:?} {mode:o} {}", content.hex()));
            }
        }
        text.push('\n');
    }
    Digest::of(text.as_bytes())
}

fn before(inputs: &[Input]) -> Option<&Input> {
    inputs.iter().find(|i| matches!(i, Input::Before(_)))
}

fn text(inputs: &[Input]) -> &str {
    inputs
        .iter()
        .find_map(|i| if let Input::Text(text) = i { Some(&**text) } else { None })
        .unwrap_or_default()
}

/// What is known of a step's place.
#[derive(Clone, Copy, Default)]
pub struct Place<'a> {
    /// The step before it, when that one was done anew in this build.
    pub anew: Option<&'a str>,
    /// The base image, when the step is the first after it.
    pub base: Option<&'a str>,
}

/// Why a step was done anew, by the steps that were done before, the oldest first.
pub fn cause<'a>(
    now: &[Input],
    earlier: impl Iterator<Item = &'a [Input]> + Clone,
    place: Place<'_>,
) -> Cause {
    let (at, words) = (before(now), text(now));
    let name = words.split_whitespace().next();
    let same = earlier.clone().filter(|e| text(e) == words);
    if let Some(old) = same.clone().filter(|e| before(e) == at).last() {
        return difference(old, now);
    }
    if same.clone().next().is_some() {
        return match place.anew {
            Some(step) => Cause::Step(step.into()),
            None => Cause::Base(place.base.map(Into::into)),
        };
    }
    let here = earlier.filter(|e| before(e) == at && text(e).split_whitespace().next() == name);
    here.last().map_or(Cause::New, |old| Cause::Text(text(old).into()))
}

/// What differs between two runs of one instruction at one place.
fn difference(old: &[Input], now: &[Input]) -> Cause {
    let value = |i: &Input| matches!(i, Input::Value(..));
    let mut changed = now.iter().filter(|i| value(i) && !old.contains(i));
    let mut gone = old.iter().filter(|i| value(i) && !now.contains(i));
    if let Some(Input::Value(kind, name, _)) = changed.next().or_else(|| gone.next()) {
        return Cause::Value(*kind, name.clone());
    }
    let (was, is) = (files(old), files(now));
    let mut found: Option<(&Rc<str>, Change)> = None;
    let mut count = 0;
    let mut note = |path, change| {
        count += 1;
        found.get_or_insert((path, change));
    };
    for (path, mode, content) in &is {
        match was.binary_search_by_key(path, |f| f.0) {
            Err(_) => note(*path, Change::Added),
            Ok(at) if was[at].2 != *content => note(path, Change::Content),
            Ok(at) if was[at].1 != *mode => note(path, Change::Mode),
            Ok(_) => {}
        }
    }
    for (path, ..) in &was {
        if is.binary_search_by_key(path, |f| f.0).is_err() {
            note(path, Change::Removed);
        }
    }
    found.map_or(Cause::Forgotten, |(path, change)| Cause::Files(path.clone(), change, count - 1))
}

/// The files among the inputs, by path.
fn files(inputs: &[Input]) -> Vec<(&Rc<str>, u32, Digest)> {
    let mut files: Vec<_> = inputs
        .iter()
        .filter_map(|i| match i {
            Input::File(path, mode, content) => Some((path, *mode, *content)),
            _ => None,
        })
        .collect();
    files.sort_by_key(|f| f.0);
    files
}

impl Cause {
    /// In two or three words, as a card of a step shows it; empty when no such step was done before.
    pub fn brief(&self) -> String {
        match self {
            Self::Asked => "without the cache".to_owned(),
            Self::Step(_) => "the step before ran".to_owned(),
            Self::Base(Some(_)) => "the base changed".to_owned(),
            Self::Base(None) => "the steps before changed".to_owned(),
            Self::New => String::new(),
            Self::Text(_) => "its text changed".to_owned(),
            Self::Value(_, name) => format!("{name} changed"),
            Self::Files(path, change, _) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                match change {
                    Change::Content => format!("{name} changed"),
                    Change::Mode => format!("the mode of {name}"),
                    Change::Added => format!("{name} is new"),
                    Change::Removed => format!("{name} is gone"),
                }
            }
            Self::Forgotten => "no longer kept".to_owned(),
        }
    }

    /// The end of a sentence that begins with "it ran anew".
    pub fn words(&self) -> String {
        match self {
            Self::Asked => "because the cache was not to be used".to_owned(),
            Self::Step(step) => format!("because the step before it ran anew ({step})"),
            Self::Base(Some(image)) => format!("because its base image {image} is another one now"),
            Self::Base(None) => "because the steps before it are others now".to_owned(),
            Self::New => "because no step like it was done here before".to_owned(),
            Self::Text(old) => format!("because its text changed; it was: {old}"),
            Self::Value(kind, name) => match kind {
                Kind::Argument => format!("because the value of build argument {name} changed"),
                Kind::Environment => format!("because the environment variable {name} changed"),
                Kind::Setting => format!("because {name} changed"),
            },
            Self::Files(path, change, more) => {
                let first = match change {
                    Change::Content => format!("{path} changed"),
                    Change::Mode => format!("the mode of {path} changed"),
                    Change::Added => format!("{path} was added"),
                    Change::Removed => format!("{path} was removed"),
                };
                match more {
                    0 => format!("because {first}"),
                    1 => format!("because {first}, and one more file"),
                    n => format!("because {first}, and {n} more files"),
                }
            }
            Self::Forgotten => "because its layer is no longer in the cache".to_owned(),
        }
    }
}
