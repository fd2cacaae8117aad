//! The world going on: its pace, its commands, and what is kept of it.

use super::course::KEPT;
use super::{App, EVENTS};
use crate::draw::Drawn;
use crate::place::{Lens, Plan, build, layers, place, sheet};
use crate::scene::{self, Object, scene};
use crate::shape::{Item, d};
use drydock::engine::World;
use drydock::time::{Span, Time};
use drydock::timeline::Command;
use std::rc::Rc;

/// How long what is new takes to settle, in milliseconds: `--d-move` of the style.
const MOVE: f64 = 180.0;

/// How much slower simulated time goes while something is on its way that would be too quick to be seen.
fn pace(world: &World) -> f64 {
    use drydock::agenda::Task;
    let soonest = world.agenda.iter().find(|(_, e)| matches!(e.task, Task::Packet(_)));
    soonest.map_or(1.0, |(id, entry)| (id.due.since(entry.since).0 as f64 / 450_000.0).clamp(0.00005, 1.0))
}

impl App {
    /// Something happened: the picture, the marks and the open card are made anew.
    pub(super) fn changed(&mut self) {
        let (width, height) = self.room();
        let world = self.timeline.world();
        self.plan = Drawn(Rc::new(match self.lens {
            Lens::Overview => place(&scene(world), width, height),
            Lens::Kernel => sheet(&scene::sheet(world), width, height),
            Lens::Layers => {
                self.pile = scene::pile(world, &self.choice, &mut self.known);
                layers(&self.pile, self.choice.path.as_deref(), width, height)
            }
            Lens::Build => {
                self.graph = scene::graph(world, self.build);
                build(&self.graph, width, height)
            }
        }));
        if self.timeline.now() >= self.timeline.end() {
            self.marks = self.timeline.marks();
        }
        self.look();
        self.look_at_files();
        self.learn();
    }
    /// Looks through another lens: what both show moves to its new place, words come in at the end.
    pub(super) fn turn(&mut self, lens: Lens) {
        if lens == self.lens {
            return;
        }
        let before = self.plan.clone();
        (self.lens, self.walking) = (lens, None);
        self.fresh.clear();
        self.keep_lens();
        self.changed();
        if let Some(stage) = self.stage.cast::<web_sys::Element>() {
            stage.set_scroll_top(0);
            stage.set_scroll_left(0);
        }
        let Some(plan) = Rc::get_mut(&mut self.plan.0).filter(|_| !self.calm) else { return };
        for item in &mut plan.drawing.items {
            let was = before.0.drawing.items.iter().find(|i| i.object.is_some() && i.object == item.object);
            item.class.push_str(" turn");
            if let Some(was) = was {
                let (dx, dy) = (was.bounds[0] - item.bounds[0], was.bounds[1] - item.bounds[1]);
                item.data.push(("style", d("--dx:#px;--dy:#px", &[dx, dy])));
            }
        }
    }
    pub(super) fn tick(&mut self, clock: f64) -> bool {
        let passed = self.last.replace(clock).map_or(0.0, |last| (clock - last).clamp(0.0, 100.0));
        if !self.playing || passed == 0.0 {
            return false;
        }
        let happened = self.pass(passed);
        if happened {
            let before = self.plan.clone();
            self.changed();
            self.settle(&before.0, clock);
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
    /// What has come since the picture before settles in its place, for a moment; a fence rises or falls. Only time that
    /// passes does this: scrubbing and stepping draw the moment directly.
    fn settle(&mut self, before: &Plan, clock: f64) {
        self.fresh.retain(|(_, _, until)| *until > clock);
        let known: Vec<(String, &str)> = before.drawing.items.iter().filter_map(Item::standing).collect();
        let Some(plan) = Rc::get_mut(&mut self.plan.0) else { return };
        for item in &mut plan.drawing.items {
            let Some((key, state)) = item.standing() else { continue };
            let was = known.iter().find(|(other, _)| *other == key).map(|(_, state)| *state);
            if was != Some(state) && !self.fresh.iter().any(|(other, _, _)| *other == key) {
                let motion = match (was, state) {
                    (None, "") => " settle",
                    (_, "exited") => " fall",
                    (None | Some("exited" | "created"), _) => " rise",
                    _ => continue,
                };
                self.fresh.push((key.clone(), motion, clock + MOVE));
            }
            if let Some((_, motion, _)) = self.fresh.iter().find(|(other, _, _)| *other == key) {
                item.class.push_str(motion);
            }
        }
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
    pub(super) fn waits(&self) -> bool {
        drydock_lessons::waits(self.world())
    }
    pub(super) fn issue(&mut self, command: Command) {
        if let Command::Line(line) = &command {
            if !line.trim().is_empty() && self.history.last() != Some(line) {
                self.history.push(line.clone());
            }
        }
        self.back = 0;
        self.candidates.clear();
        self.course.forget(self.timeline.now());
        let brings = matches!(command, Command::Load(_) | Command::Files(_));
        let dropped = self.timeline.issue(command);
        self.remark = dropped.then_some("The future from here was dropped. Undo brings it back.");
        if brings && self.timeline.weight() > KEPT {
            self.remark = Some(
                "What was brought in is too large to be kept in the browser: from here on, a page that is opened again does not know of it.",
            );
        }
        self.playing = true;
        self.keep();
        self.changed();
    }
    /// Goes to another time, and stays there.
    pub(super) fn seek(&mut self, to: Time) {
        self.playing = false;
        self.timeline.seek(to);
        self.changed();
    }
}
