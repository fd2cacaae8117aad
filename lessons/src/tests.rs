//! The three proofs of every lesson, and the glossary's.

use super::*;
use drydock::engine::World;
use drydock::event::What;
use drydock::machine;
use drydock::time::{Span, Time};

fn fresh() -> World {
    let mut world = World::new(7).expect("the catalogue has no mistake");
    machine::reach(&mut world, Time(1_000_000));
    world
}

fn run(world: &mut World, command: &str) {
    machine::type_line(world, command);
    let until = world.now + Span::seconds(60);
    machine::reach(world, until);
}

#[test]
fn every_lesson_is_unsolved_at_its_start() {
    let world = fresh();
    for lesson in lessons().expect("the lessons can be read") {
        for step in &lesson.steps {
            assert!(!step.goal.holds(&world), "{}: {:?} holds already", lesson.title, step.goal);
        }
    }
}

#[test]
fn every_lesson_is_solved_goal_by_goal_by_its_own_commands() {
    for lesson in lessons().expect("the lessons can be read") {
        let mut world = fresh();
        for step in &lesson.steps {
            assert!(!step.goal.holds(&world), "{}: {:?} holds too early", lesson.title, step.goal);
            for command in &step.commands {
                run(&mut world, command);
            }
            assert!(step.goal.holds(&world), "{}: {:?} was not reached", lesson.title, step.goal);
        }
    }
}

#[test]
fn every_command_in_the_prose_of_a_lesson_runs() {
    for lesson in lessons().expect("the lessons can be read") {
        let mut world = fresh();
        for block in &lesson.blocks {
            let Block::Try(command) = block else { continue };
            run(&mut world, &format!("{command} || echo it failed"));
            let text = world.kernel.terminals.values().map(|t| t.text()).collect::<String>();
            assert!(!text.contains("\nit failed"), "{}: {command}\n{text}", lesson.title);
            let refused = world.events.iter().find(|e| matches!(*e.what, What::Refused { .. }));
            assert!(refused.is_none(), "{}: {command}: {refused:?}", lesson.title);
        }
    }
}

#[test]
fn every_term_is_in_the_glossary() {
    let lessons = lessons().expect("the lessons can be read");
    let paragraphs = lessons.iter().flat_map(|l| &l.blocks).filter_map(|b| match b {
        Block::Paragraph(pieces) => Some(pieces),
        Block::Try(_) => None,
    });
    for piece in paragraphs.flatten() {
        if let Inline::Term(term) = piece {
            assert!(entry(term).is_some(), "{term}");
        }
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
}

#[test]
fn a_wrong_lesson_says_where() {
    assert_eq!(lesson("# A\n## Goals\n- do it").unwrap_err(), "line 3: an item has no goal");
    assert_eq!(lesson("# A\n## Goals\n- do it | fly away").unwrap_err(), "line 3: not a goal: fly away");
}
