//! Lessons: what they are made of, how their text is read, and the world that each begins in.
//!
//! A lesson is one Markdown file: a heading, paragraphs, `$ ` lines that a learner may put in the terminal; under
//! `## World` the `$ ` lines that have been run when it begins; and under `## Goals` a list whose items say
//! `what to do | the goal`, then hints, then the `$ ` lines that solve it. An item may ask for a prediction:
//! `? question | command`, then `+ choice | what holds if it was right` (or `not` what holds; the last choice may
//! go without), then `= why`. In prose, `[words]` names an entry of the glossary.

use crate::{Inline, inlines};
use drydock::engine::World;
use drydock::event::What;
use drydock::goal::{Goal, GoalError, begins};
use drydock::kernel::terminal::TerminalId;
use drydock::registry::catalogue::CatalogueError;
use drydock::time::{Span, Time};
use drydock::timeline::{Command, Timeline};

/// A lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lesson {
    /// Its place among the lessons, from 1; 0 while it is read alone.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// Its text.
    pub blocks: Vec<Block>,
    /// Commands that have been run when it begins.
    pub before: Vec<String>,
    /// What is to be reached, in order.
    pub steps: Vec<Step>,
}

/// A part of a lesson's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A command that can be put in the terminal.
    Try(String),
}

/// A goal with what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub text: Vec<Inline>,
    /// What the World must be like.
    pub goal: Goal,
    /// What the learner is asked to predict first.
    pub prediction: Option<Prediction>,
    /// Hints, one sentence each.
    pub hints: Vec<Vec<Inline>>,
    /// Commands that reach it.
    pub commands: Vec<String>,
}

/// A question about what a command will do; what it does is the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The question.
    pub question: Vec<Inline>,
    /// The first words of the command that answers it.
    pub command: String,
    /// The choices.
    pub choices: Vec<Choice>,
    /// Why, in one sentence.
    pub why: Vec<Inline>,
}

/// One choice of a prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What it says.
    pub text: Vec<Inline>,
    /// What holds after the command if this was right, or does not hold (`not`); nothing: whatever holds.
    pub test: Option<(bool, Goal)>,
}

impl Prediction {
    /// The choice that turned out right, once the command was run at `since` or later and has ended.
    pub fn outcome(&self, world: &World, since: Time) -> Option<usize> {
        let typed = world.events.iter().rev().find_map(|e| match &*e.what {
            What::Typed(line) => Some(e.time >= since && e.time < world.now && begins(line, &self.command)),
            _ => None,
        });
        if typed != Some(true) || !waits(world) {
            return None;
        }
        self.choices.iter().position(|c| c.test.as_ref().is_none_or(|(so, goal)| goal.holds(world) == *so))
    }
}

/// True while the learner's shell waits for a line.
pub fn waits(world: &World) -> bool {
    world.kernel.terminals.get(&TerminalId::LEARNER).is_some_and(|t| !t.prompt.is_empty())
}

/// The World that a lesson begins in.
///
/// # Errors
/// A mistake in the catalogue of images.
pub fn begin(lesson: &Lesson, seed: u64) -> Result<Timeline, CatalogueError> {
    let mut timeline = Timeline::new(seed)?;
    timeline.reach(Time(1_000_000));
    for line in &lesson.before {
        timeline.issue(Command::Line(line.clone()));
        let patience = timeline.now() + Span::seconds(300);
        timeline.reach(timeline.now() + Span::seconds(1));
        while !waits(timeline.world()) && timeline.now() < patience {
            timeline.reach(timeline.now() + Span::seconds(1));
        }
    }
    Ok(timeline)
}

/// Where a line of a lesson's file stands.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Prose,
    World,
    Goals,
}

/// Reads a lesson.
///
/// # Errors
/// What is wrong, and in which line.
pub fn lesson(text: &str) -> Result<Lesson, String> {
    let mut lesson = Lesson::default();
    let mut part = Part::Prose;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (part, mark) {
            (_, "") => {}
            (_, "#") => rest.clone_into(&mut lesson.title),
            (_, "##") => part = if rest == "Goals" { Part::Goals } else { Part::World },
            (Part::Prose, "$") => lesson.blocks.push(Block::Try(rest.to_owned())),
            (Part::Prose, _) => lesson.blocks.push(Block::Paragraph(inlines(line))),
            (Part::World, _) => lesson.before.push(rest.to_owned()),
            (Part::Goals, _) => {
                step(&mut lesson.steps, mark, rest, line).map_err(|e| format!("line {}: {e}", number + 1))?;
            }
        }
    }
    if lesson.title.is_empty() || lesson.steps.is_empty() {
        return Err("a lesson has a title and goals".to_owned());
    }
    Ok(lesson)
}

/// Reads a line below `## Goals`.
fn step(steps: &mut Vec<Step>, mark: &str, rest: &str, line: &str) -> Result<(), String> {
    let read = |goal: &str| goal.parse::<Goal>().map_err(|e: GoalError| e.0);
    if mark == "-" {
        let (text, goal) = rest.rsplit_once(" | ").ok_or("an item has no goal")?;
        let (hints, commands) = (Vec::new(), Vec::new());
        steps.push(Step { text: inlines(text), goal: read(goal)?, prediction: None, hints, commands });
        return Ok(());
    }
    let step = steps.last_mut().ok_or("a hint before the first item")?;
    match (mark, &mut step.prediction) {
        ("$", _) => step.commands.push(rest.to_owned()),
        ("?", none) => {
            let (question, command) = rest.rsplit_once(" | ").ok_or("a question has no command")?;
            *none = Some(Prediction {
                question: inlines(question),
                command: command.to_owned(),
                choices: Vec::new(),
                why: Vec::new(),
            });
        }
        ("+", Some(prediction)) => {
            let (text, test) = rest.rsplit_once(" | ").unwrap_or((rest, ""));
            let goal = test.strip_prefix("not ").unwrap_or(test);
            let test = if test.is_empty() { None } else { Some((goal.len() == test.len(), read(goal)?)) };
            prediction.choices.push(Choice { text: inlines(text), test });
        }
        ("=", Some(prediction)) => prediction.why = inlines(rest),
        ("+" | "=", None) => return Err("a choice before its question".to_owned()),
        _ => step.hints.push(inlines(line)),
    }
    Ok(())
}
