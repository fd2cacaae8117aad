//! The three proofs of every lesson, and the glossary's.

use super::*;
use drydock::engine::World;
use drydock::event::What;
use drydock::time::{Span, Time};
use drydock::timeline::{Command, Timeline};
use expect_test::expect;

fn all() -> Vec<Lesson> {
    lessons().expect("the lessons can be read")
}

fn fresh(lesson: &Lesson) -> Timeline {
    let timeline = begin(lesson, 7).expect("the catalogue has no mistake");
    assert!(waits(timeline.world()), "{}: the prepared world is not ready", lesson.title);
    timeline
}

fn run(timeline: &mut Timeline, command: &str) {
    timeline.issue(Command::Line(command.to_owned()));
    let patience = timeline.now() + Span::seconds(60);
    timeline.reach(timeline.now() + Span::seconds(2));
    while !waits(timeline.world()) && timeline.now() < patience {
        timeline.reach(timeline.now() + Span::seconds(1));
    }
    timeline.reach(timeline.now() + Span::seconds(8));
}

fn plain(text: &[Inline]) -> String {
    let words = text.iter().map(|p| match p {
        Inline::Text(t) | Inline::Code(t) | Inline::Term(t) => t.as_str(),
    });
    words.collect()
}

fn screen(world: &World) -> String {
    world.kernel.terminals.values().map(|t| t.text()).collect()
}

#[test]
fn every_lesson_is_unsolved_at_its_start() {
    for lesson in all() {
        let timeline = fresh(&lesson);
        let refused = timeline.world().events.iter().find(|e| matches!(*e.what, What::Refused { .. }));
        assert!(refused.is_none(), "{}: {refused:?}", lesson.title);
        for step in &lesson.steps {
            assert!(!step.goal.holds(timeline.world()), "{}: {:?} holds already", lesson.title, step.goal);
        }
    }
}

/// The right choice of every prediction, by its lesson.
fn right_choices() -> expect_test::Expect {
    expect![[r#"
        1 Nothing but its headings
        2 Created
        2 Yes, among all the others
        2 Nothing
        3 The page of the image: Welcome to nginx
        3 It is refused
        4 Its own alone
        4 Yes, with other numbers than inside
        4 The same
        5 Alpine Linux
        5 The host's, 6.8.0-drydock
        5 ps itself
        5 4
        6 Every process of the host
        6 The host's name, laptop
        6 That of base, 172.17.0.2
        6 The same number
        7 16777216
        7 It is killed: exit code 137
        7 The next cannot be started
        8 With the letter D
        8 Yes
        9 Up, and (Paused)
        9 After ten seconds, with code 137
        9 143
        9 127
        10 Exited (1)
        10 It marks it unhealthy, no more
        11 remember
        11 It is refused: volume is in use
        11 The new one
        12 It is not found, though the file is there
        12 Its three lines
        13 0 B: it changes no file
        13 green
        14 Nothing: the image is here
        14 Only the layer that is new
        15 The last step first, as the stack stands
        15 Three, those of notes:1
        16 Once: both lines have the same id
        16 No, only the name goes
        17 version 2
        17 version 1
        18 In /work
        18 It was sorted when the image was built
        19 No time: it is CACHED
        19 Yes
        19 No, it is CACHED
        20 As large as report:1
        20 Yes
        21 Yes
        21 Yes
        21 None
        22 It looks for a program hello, and finds none
        22 It prints hello
        23 It refuses
        23 Yes
        24 No such file
        24 Yes, whole
    "#]]
}

#[test]
fn every_lesson_is_solved_goal_by_goal_by_its_own_commands() {
    let mut outcomes = String::new();
    for lesson in all() {
        let mut timeline = fresh(&lesson);
        for step in &lesson.steps {
            let unmet = step.goal.unmet(timeline.world());
            let unmet = unmet.unwrap_or_else(|| panic!("{}: {:?} holds too early", lesson.title, step.goal));
            assert!(unmet.sentence.ends_with('.'), "{unmet:?}");
            let (since, mut outcome) = (timeline.now(), None);
            for command in &step.commands {
                run(&mut timeline, command);
                let asked = step.prediction.as_ref();
                outcome = outcome.or(asked.and_then(|p| p.outcome(timeline.world(), since)));
            }
            let (world, title) = (timeline.world(), &lesson.title);
            assert!(step.goal.holds(world), "{title}: {:?}\n{}", step.goal.unmet(world), screen(world));
            assert_eq!(outcome.is_some(), step.prediction.is_some(), "{title}: {:?}", step.prediction);
            if let (Some(asked), Some(n)) = (&step.prediction, outcome) {
                outcomes.push_str(&format!("{} {}\n", lesson.number, plain(&asked.choices[n].text)));
            }
        }
        for step in &lesson.steps {
            let unmet = step.goal.unmet(timeline.world());
            assert!(unmet.is_none(), "{}: in the end {unmet:?}", lesson.title);
        }
    }
    right_choices().assert_eq(&outcomes);
}

#[test]
fn every_command_in_the_prose_of_a_lesson_runs() {
    for lesson in all() {
        let mut timeline = fresh(&lesson);
        for block in &lesson.blocks {
            let Block::Try(command) = block else { continue };
            run(&mut timeline, &format!("{command} || echo it failed"));
            let text = screen(timeline.world());
            assert!(!text.contains("\nit failed"), "{}: {command}\n{text}", lesson.title);
            let refused = timeline.world().events.iter().find(|e| matches!(*e.what, What::Refused { .. }));
            assert!(refused.is_none(), "{}: {command}: {refused:?}", lesson.title);
        }
    }
}

#[test]
fn every_lesson_asks_for_a_prediction_and_hints_in_grades() {
    for lesson in all() {
        let title = &lesson.title;
        assert!((3..=6).contains(&lesson.steps.len()), "{title}: {} goals", lesson.steps.len());
        assert!(lesson.steps.iter().any(|s| s.prediction.is_some()), "{title}: no prediction");
        for step in &lesson.steps {
            assert!(!step.hints.is_empty() && !step.commands.is_empty(), "{title}: {:?}", step.text);
            if let Some(prediction) = &step.prediction {
                assert!(
                    prediction.choices.len() > 1 && !prediction.why.is_empty(),
                    "{title}: {prediction:?}"
                );
                let (_, others) = prediction.choices.split_last().expect("choices");
                assert!(others.iter().all(|c| c.test.is_some()), "{title}: {prediction:?}");
            }
        }
    }
}

#[test]
fn a_prediction_is_graded_by_what_happens() {
    let text = "# A\n## Goals\n- Make it | container web created\n? Which? | docker ps -a\n+ Up | shows Up\n+ Made | shows Created\n= So it is.";
    let lesson = lesson(text).expect("a lesson");
    let asked = lesson.steps[0].prediction.clone().expect("a prediction");
    for (command, outcome) in [("create", 1), ("run -d", 0)] {
        let mut timeline = fresh(&lesson);
        run(&mut timeline, "docker ps -a");
        let since = timeline.now();
        run(&mut timeline, &format!("docker {command} --name web alpine:3.20 sleep 100"));
        assert_eq!(asked.outcome(timeline.world(), since), None);
        timeline.issue(Command::Line("docker ps -a".to_owned()));
        assert_eq!(asked.outcome(timeline.world(), since), None, "it has not answered yet");
        timeline.reach(timeline.now() + Span::seconds(2));
        assert_eq!(asked.outcome(timeline.world(), since), Some(outcome), "{}", screen(timeline.world()));
        timeline.undo();
        assert_eq!(asked.outcome(timeline.world(), since), None);
        assert_eq!(asked.outcome(timeline.world(), Time(0)), None);
    }
}

#[test]
fn every_term_is_in_the_glossary() {
    let all = all();
    let mut pieces: Vec<&Inline> = Vec::new();
    for lesson in &all {
        for block in &lesson.blocks {
            match block {
                Block::Paragraph(text) => pieces.extend(text),
                Block::Try(_) => {}
            }
        }
        for step in &lesson.steps {
            pieces.extend(step.text.iter().chain(step.hints.iter().flatten()));
            if let Some(prediction) = &step.prediction {
                pieces.extend(prediction.question.iter().chain(&prediction.why));
                pieces.extend(prediction.choices.iter().flat_map(|c| &c.text));
            }
        }
    }
    for piece in pieces {
        if let Inline::Term(term) = piece {
            assert!(entry(term).is_some(), "{term}");
        }
    }
}

#[test]
fn every_entry_of_the_glossary_is_one_sentence() {
    let entries: Vec<Entry> = glossary().collect();
    assert!(
        entries.windows(2).all(|two| two[0].term.to_lowercase() < two[1].term.to_lowercase()),
        "in order"
    );
    for entry in entries {
        let words = plain(&entry.meaning);
        let begins = words.starts_with(|c: char| c.is_ascii_uppercase());
        assert!(begins && words.ends_with('.') && !words.contains(". ") && !words.contains('\n'), "{words}");
    }
}

#[test]
fn the_narrator_links_terms_once() {
    let pieces = narrated("Layer a480a496 is here already: layers are in the image store.");
    let [Inline::Term(first), Inline::Text(_), Inline::Code(code), Inline::Text(rest), Inline::Term(last), _] =
        &pieces[..]
    else {
        panic!("{pieces:?}")
    };
    assert_eq!((first.as_str(), code.as_str(), last.as_str()), ("Layer", "a480a496", "image store"));
    assert_eq!(rest, " is here already: layers are in the ");
    let [Inline::Text(_), Inline::Term(_), Inline::Text(path), Inline::Code(digest), Inline::Text(_)] =
        &narrated("The daemon asks for /v2/x/blobs/5bbf1660.")[..]
    else {
        panic!("a path has no terms")
    };
    assert_eq!((path.as_str(), digest.as_str()), (" asks for /v2/x/blobs/", "5bbf1660"));
}

#[test]
fn a_wrong_lesson_says_where() {
    assert_eq!(lesson("# A\n## Goals\n- do it").unwrap_err(), "line 3: an item has no goal");
    assert_eq!(lesson("# A\n## Goals\n- do it | fly away").unwrap_err(), "line 3: not a goal: fly away");
    assert_eq!(lesson("# A\n## Goals\nhelp").unwrap_err(), "line 3: a hint before the first item");
    let choice = "# A\n## Goals\n- do it | typed ls\n+ one";
    assert_eq!(lesson(choice).unwrap_err(), "line 4: a choice before its question");
}
