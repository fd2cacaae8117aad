//! The timeline: Worlds kept at the moments when something was asked for, so that any time can be looked at,
//! and what was done can be undone.

mod script;

pub use script::Done;

use crate::desk::{self, Change, Loaded};
use crate::engine::World;
use crate::machine;
use crate::memory::tool::Wish;
use crate::registry::catalogue::CatalogueError;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// A line at the terminal.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D.
    EndOfInput,
    /// Files of the learner's are changed by hand.
    Files(Rc<[Change]>),
    /// Something is asked for in the editor that a program has opened.
    Edit(Wish),
    /// An archive of images was brought in.
    Load(Loaded),
}

impl Command {
    /// What it was, in a few words.
    pub fn label(&self) -> String {
        match self {
            Self::Line(line) => line.clone(),
            Self::Interrupt => "Ctrl-C".to_owned(),
            Self::EndOfInput => "Ctrl-D".to_owned(),
            Self::Files(changes) => desk::sentence(changes),
            Self::Edit(Wish::Save(_)) => "Save in the editor".to_owned(),
            Self::Edit(Wish::Leave) => "Leave the editor".to_owned(),
            Self::Load(loaded) => loaded.sentence(),
        }
    }
}

/// A World and the command that was given to it.
#[derive(Clone, Debug)]
struct Moment {
    /// The World just before.
    before: World,
    /// When.
    at: Time,
    /// What was asked for.
    command: Command,
    /// The future that was there and that this command dropped, and how far it had been seen.
    dropped: Vec<Moment>,
    end: Time,
}

/// What the time bar marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub time: Time,
    /// Which kind.
    pub kind: MarkKind,
    /// What it was.
    pub label: String,
}

/// The kinds of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// A command.
    Command,
    /// Something happened.
    Event,
    /// Something was refused or dropped.
    Error,
}

/// Everything that was and is. Acting in the past drops the future that was there; undo brings it back.
#[derive(Clone, Debug)]
pub struct Timeline {
    start: World,
    moments: Vec<Moment>,
    undone: Vec<(Time, Command)>,
    world: World,
    /// The latest time that was reached since the last command.
    end: Time,
}

/// A timeline as it is kept: the seed, and what was asked for when. Everything else follows from these.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Saved {
    seed: u64,
    commands: Vec<(Time, Command)>,
    now: Time,
}

impl Timeline {
    /// A new World at its beginning.
    ///
    /// # Errors
    /// A mistake in the catalogue of images.
    pub fn new(seed: u64) -> Result<Self, CatalogueError> {
        let world = World::new(seed)?;
        Ok(Self { start: world.clone(), moments: Vec::new(), undone: Vec::new(), world, end: Time(0) })
    }

    /// The time that is looked at.
    pub const fn now(&self) -> Time {
        self.world.now
    }

    /// The latest time that was reached.
    pub fn end(&self) -> Time {
        self.end.max(self.world.now)
    }

    /// The World at the time that is looked at.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Lets time pass until `to`, and does again what was asked for on the way. True when something happened.
    pub fn reach(&mut self, to: Time) -> bool {
        if to <= self.world.now {
            return false;
        }
        if self.moments.last().is_some_and(|m| m.at > self.world.now) {
            self.seek(to);
            return true;
        }
        let done = machine::reach(&mut self.world, to);
        self.end = self.end.max(to);
        done
    }

    /// Looks at another time, earlier or later.
    pub fn seek(&mut self, to: Time) {
        if to < self.world.now {
            let moment = self.moments.iter().position(|m| m.at > to).unwrap_or(self.moments.len());
            self.end = self.end();
            self.world = match moment.checked_sub(1) {
                Some(last) => {
                    let mut world = self.moments[last].before.clone();
                    apply(&mut world, &self.moments[last].command);
                    world
                }
                None => self.start.clone(),
            };
        }
        let next = self.moments.iter().position(|m| m.at > self.world.now);
        for at in next.unwrap_or(self.moments.len())..self.moments.len() {
            if self.moments[at].at > to {
                break;
            }
            let moment = &self.moments[at];
            let mut world = moment.before.clone();
            apply(&mut world, &moment.command);
            self.world = world;
        }
        machine::reach(&mut self.world, to);
    }

    /// Asks for something now. The future that was there is dropped; true when there was one.
    pub fn issue(&mut self, command: Command) -> bool {
        self.undone.clear();
        self.push(command)
    }

    fn push(&mut self, command: Command) -> bool {
        let at = self.world.now;
        let future = self.moments.partition_point(|m| m.at <= at);
        let dropped = self.moments.split_off(future);
        let had_future = !dropped.is_empty();
        let moment =
            Moment { before: self.world.clone(), at, command: command.clone(), dropped, end: self.end() };
        self.moments.push(moment);
        apply(&mut self.world, &command);
        self.end = at;
        had_future
    }

    /// Takes the last command back, and brings back the future that it had dropped; false when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(moment) = self.moments.pop() else { return false };
        self.undone.push((moment.at, moment.command));
        if self.world.now >= moment.at {
            self.world = moment.before;
        }
        self.end = if moment.dropped.is_empty() { moment.at } else { moment.end };
        self.moments.extend(moment.dropped);
        true
    }

    /// Does again what was taken back; false when there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some((at, command)) = self.undone.pop() else { return false };
        self.reach(at);
        self.push(command);
        true
    }

    /// The command that undo would take back.
    pub fn can_undo(&self) -> Option<&Command> {
        self.moments.last().map(|m| &m.command)
    }

    /// The command that redo would do again.
    pub fn can_redo(&self) -> Option<&Command> {
        self.undone.last().map(|(_, c)| c)
    }

    /// The lines that were typed, oldest first.
    pub fn lines(&self) -> Vec<String> {
        let typed = self.moments.iter().filter_map(|m| match &m.command {
            Command::Line(line) if !line.trim().is_empty() => Some(line.clone()),
            _ => None,
        });
        typed.collect()
    }

    /// Commands and events, for the time bar.
    pub fn marks(&self) -> Vec<Mark> {
        let commands = self.moments.iter().map(|m| Mark {
            time: m.at,
            kind: MarkKind::Command,
            label: m.command.label(),
        });
        let events = self.world.events.iter().filter_map(|e| {
            let kind = if e.is_error() { MarkKind::Error } else { MarkKind::Event };
            Some(Mark { time: e.time, kind, label: e.sentence()? })
        });
        commands.chain(events).collect()
    }

    /// The next time at which something is due.
    pub fn next_change(&self) -> Option<Time> {
        self.world.agenda.next_due()
    }

    /// The last time before now at which something happened.
    pub fn previous_change(&self) -> Option<Time> {
        self.world.events.iter().rev().map(|e| e.time).find(|t| *t < self.world.now)
    }

    /// About how many bytes the timeline takes as text: what was brought in counts, lines do not.
    pub fn weight(&self) -> u64 {
        let one = |command: &Command| match command {
            Command::Files(changes) => changes.iter().map(Change::weight).sum(),
            Command::Load(loaded) => loaded.weight(),
            Command::Edit(Wish::Save(text)) => text.len() as u64,
            _ => 0,
        };
        self.moments.iter().map(|m| one(&m.command)).sum()
    }

    /// The timeline as text, to be kept.
    pub fn save(&self) -> String {
        let commands = self.moments.iter().map(|m| (m.at, m.command.clone())).collect();
        serde_json::to_string(&Saved { seed: self.start.seed, commands, now: self.now() }).unwrap_or_default()
    }

    /// The timeline of a kept text.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn load(text: &str) -> Result<Self, String> {
        let saved: Saved = serde_json::from_slice(text.as_bytes()).map_err(|e| e.to_string())?;
        let mut timeline = Self::new(saved.seed).map_err(|e| e.message)?;
        for (at, command) in saved.commands {
            timeline.reach(at);
            timeline.push(command);
        }
        timeline.reach(saved.now);
        Ok(timeline)
    }
}

fn apply(world: &mut World, command: &Command) {
    match command {
        Command::Line(line) => machine::type_line(world, line),
        Command::Interrupt => machine::interrupt(world),
        Command::EndOfInput => machine::type_end(world),
        Command::Files(changes) => desk::change(world, changes),
        Command::Edit(wish) => desk::edit(world, wish),
        Command::Load(loaded) => desk::load(world, loaded),
    }
}

#[cfg(test)]
mod tests;
