//! Where the learner is in the course: which lesson, what is met, what was predicted, what was solved.

use super::{App, Message, Panel, SEED};
use drydock::goal::Unmet;
use drydock::time::Time;
use drydock::timeline::Timeline;
use drydock_lessons::{Lesson, Prediction};
use gloo_storage::{LocalStorage, Storage};
use yew::{Callback, Context};

/// The lesson that was open last.
const LESSON: &str = "drydock-lesson";
/// The lessons that were solved, as bits.
const SOLVED: &str = "drydock-solved";

/// The most that is kept of what was brought in, in bytes: browsers keep five million letters for a page.
pub const KEPT: u64 = 3_000_000;

/// What a person asks of the lesson panel.
#[derive(Clone, Copy)]
pub enum Wish {
    /// Fold or unfold it.
    Fold,
    /// The next hint.
    Hint,
    /// Show or hide the list of lessons.
    Menu,
    /// Another lesson, by its place from 0.
    Go(usize),
    /// A prediction: the step, the choice.
    Guess(usize, usize),
}

/// A prediction that was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    /// Which choice.
    pub choice: usize,
    /// When.
    since: Time,
    /// Which choice turned out right, and when that was seen.
    outcome: Option<(usize, Time)>,
}

impl Guess {
    /// What turned out right, as far as it is known at a time.
    pub fn outcome(&self, now: Time) -> Option<usize> {
        self.outcome.filter(|(_, at)| *at <= now).map(|(choice, _)| choice)
    }
}

/// What was predicted in each step, as text to be kept: choice, time, and once it is known what was right and when.
fn written(guesses: &[Option<Guess>]) -> String {
    let one = |guess: &Option<Guess>| match guess {
        None => String::new(),
        Some(Guess { choice, since, outcome: None }) => format!("{choice} {}", since.0),
        Some(Guess { choice, since, outcome: Some((right, at)) }) => {
            format!("{choice} {} {right} {}", since.0, at.0)
        }
    };
    guesses.iter().map(one).collect::<Vec<_>>().join(",")
}

/// What [`written`] wrote, for so many steps.
fn read(text: &str, steps: usize) -> Vec<Option<Guess>> {
    let one = |text: &str| {
        let all: Vec<u64> = text.split(' ').map_while(|n| n.parse().ok()).collect();
        let (choice, since) = (*all.first()? as usize, Time(*all.get(1)?));
        let outcome = all.get(2).zip(all.get(3)).map(|(right, at)| (*right as usize, Time(*at)));
        Some(Guess { choice, since, outcome })
    };
    let mut guesses: Vec<Option<Guess>> = text.split(',').map(one).collect();
    guesses.resize(steps, None);
    guesses
}

/// Where the learner is.
#[derive(Default)]
pub struct Course {
    /// The titles of all lessons.
    pub titles: Vec<String>,
    /// Which one is open, from 0.
    pub at: usize,
    solved: u64,
    /// The list of lessons is shown.
    pub menu: bool,
    /// The first step whose goal does not hold.
    pub step: usize,
    /// How many of its hints are shown.
    pub hints: usize,
    /// The current goal is to be brought into view.
    pub reveal: bool,
    /// What is missing for each step.
    pub unmet: Vec<Option<Unmet>>,
    /// What was predicted in each step.
    pub guesses: Vec<Option<Guess>>,
}

pub(super) fn kept(key: &str) -> Option<String> {
    LocalStorage::raw().get_item(key).ok().flatten()
}

pub(super) fn keep(key: &str, value: &str) {
    let _ = LocalStorage::raw().set_item(key, value);
}

/// The key under which the session of a lesson is kept.
fn key(at: usize) -> String {
    ["drydock-timeline-", &at.to_string()].concat()
}

/// The key under which what was predicted in a lesson is kept.
fn guesses_key(at: usize) -> String {
    ["drydock-guesses-", &at.to_string()].concat()
}

/// The beginning of a lesson.
fn begin(lesson: Option<&Lesson>) -> Timeline {
    let begun = match lesson {
        Some(lesson) => drydock_lessons::begin(lesson, SEED),
        None => Timeline::new(SEED),
    };
    begun.expect("the catalogue was checked when the page was built")
}

impl Course {
    /// The course as it was left; its lesson; the session that was kept of it, or its beginning.
    pub fn open(wanted: Option<usize>) -> (Self, Option<Lesson>, Timeline) {
        let number = |key: &str| kept(key).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let lessons = drydock_lessons::lessons().unwrap_or_default();
        let titles: Vec<String> = lessons.iter().map(|l| l.title.clone()).collect();
        let at = wanted.unwrap_or(number(LESSON) as usize).min(lessons.len().saturating_sub(1));
        let lesson = lessons.into_iter().nth(at);
        let timeline = kept(&key(at)).and_then(|text| Timeline::load(&text).ok());
        let timeline = timeline.unwrap_or_else(|| begin(lesson.as_ref()));
        keep(LESSON, &at.to_string());
        let steps = lesson.as_ref().map_or(0, |l| l.steps.len());
        let guesses = read(&kept(&guesses_key(at)).unwrap_or_default(), steps);
        (Self { titles, at, solved: number(SOLVED), guesses, ..Self::default() }, lesson, timeline)
    }

    /// True for a lesson whose goals have once been met, all together.
    pub fn is_solved(&self, lesson: usize) -> bool {
        self.solved >> lesson & 1 == 1
    }

    /// How many goals hold now.
    pub fn met(&self) -> usize {
        self.unmet.iter().filter(|u| u.is_none()).count()
    }

    /// What to look at on the stage for the current goal.
    pub fn pointed(&self) -> &str {
        self.unmet.get(self.step).and_then(|u| u.as_ref()).map_or("", |u| &u.object)
    }

    /// Something was taken back, or the future was dropped: what was seen after `now` was not seen.
    pub fn forget(&mut self, now: Time) {
        for guess in self.guesses.iter_mut().flatten() {
            guess.since = guess.since.min(now);
            guess.outcome = guess.outcome.filter(|(_, at)| *at <= now);
        }
    }
}

impl App {
    /// What a button of the lesson panel does.
    pub(super) fn wish(&self, ctx: &Context<Self>, wish: Wish) -> Callback<yew::MouseEvent> {
        ctx.link().callback(move |_| Message::Course(wish))
    }

    pub(super) fn wished(&mut self, wish: Wish) {
        match wish {
            Wish::Fold if self.open.is_some() => self.open(None),
            Wish::Fold => self.folded = !self.folded,
            Wish::Hint => {
                self.course.hints += 1;
                self.course.reveal = true;
            }
            Wish::Menu => self.course.menu = !self.course.menu,
            Wish::Go(at) => {
                self.keep();
                let (course, lesson, timeline) = Course::open(Some(at));
                (self.course, self.lesson) = (course, lesson);
                self.world_of(timeline);
                self.panel = if self.size.0 < 720.0 { Panel::Lesson } else { Panel::Terminal };
            }
            Wish::Guess(step, choice) => {
                let since = self.timeline.now();
                if let Some(guess) = self.course.guesses.get_mut(step) {
                    *guess = Some(Guess { choice, since, outcome: None });
                }
                self.keep();
            }
        }
    }

    /// Brings the current goal into view, when it is another one or says more.
    pub(super) fn reveal(&mut self) {
        if std::mem::take(&mut self.course.reveal) {
            if let Some(now) = gloo_utils::document().query_selector(".goals .now").ok().flatten() {
                now.scroll_into_view_with_bool(false);
            }
        }
    }

    /// Begins the lesson anew.
    pub(super) fn start_over(&mut self) {
        self.course.guesses.fill(None);
        self.world_of(begin(self.lesson.as_ref()));
        self.keep();
    }

    /// Another world is looked at.
    fn world_of(&mut self, timeline: Timeline) {
        self.timeline = timeline;
        self.history = self.timeline.lines();
        self.back = 0;
        self.playing = true;
        self.open = None;
        self.remark = None;
        self.pending.clear();
        self.forget_files();
        self.changed();
        self.marks = self.timeline.marks();
    }

    /// Keeps the session in the browser.
    pub(super) fn keep(&self) {
        if self.timeline.weight() <= KEPT {
            keep(&key(self.course.at), &self.timeline.save());
        }
        keep(&guesses_key(self.course.at), &written(&self.course.guesses));
    }

    /// Looks at what the World has come to: goals, and what was predicted.
    pub(super) fn learn(&mut self) {
        let Some(lesson) = &self.lesson else { return };
        let (world, course) = (self.timeline.world(), &mut self.course);
        course.unmet = lesson.steps.iter().map(|s| s.goal.unmet(world)).collect();
        let step = course.unmet.iter().position(Option::is_some).unwrap_or(lesson.steps.len());
        if step != course.step {
            (course.step, course.hints, course.reveal) = (step, 0, true);
        }
        let mut known = false;
        for (step, guess) in lesson.steps.iter().zip(&mut course.guesses) {
            let (Some(asked), Some(guess)) = (&step.prediction, guess) else { continue };
            if guess.outcome.is_none() {
                let outcome = Prediction::outcome(asked, world, guess.since);
                guess.outcome = outcome.map(|choice| (choice, world.now));
                known |= outcome.is_some();
            }
        }
        if known {
            keep(&guesses_key(course.at), &written(&course.guesses));
        }
        if step == lesson.steps.len() && !course.is_solved(course.at) {
            course.solved |= 1 << course.at;
            keep(SOLVED, &course.solved.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_kept_as_they_were() {
        let open = Guess { choice: 2, since: Time(1_500_000), outcome: None };
        let known = Guess { outcome: Some((0, Time(9))), ..open };
        let all = vec![None, Some(open), Some(known)];
        assert_eq!(read(&written(&all), 3), all);
        assert_eq!(read("", 2), [None, None]);
        assert_eq!(read("x,1", 1), [None]);
    }
}
