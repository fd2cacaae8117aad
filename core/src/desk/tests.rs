use super::*;
use crate::time::Time;
use crate::timeline::{Command, Timeline};

fn begun() -> Timeline {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline
}

fn line(timeline: &mut Timeline, text: &str, seconds: u64) {
    timeline.issue(Command::Line(text.to_owned()));
    timeline.reach(Time(timeline.now().0 + seconds * 1_000_000));
}

fn wish(timeline: &mut Timeline, wish: Wish) {
    timeline.issue(Command::Edit(wish));
    timeline.reach(Time(timeline.now().0 + 1_000_000));
}

fn screen(timeline: &Timeline) -> String {
    timeline.world().kernel.terminals.get(&TerminalId::LEARNER).expect("the learner has a terminal").text()
}

fn edited(timeline: &Timeline) -> Option<Edit> {
    editor(timeline.world()).map(|(_, edit)| edit.clone())
}

#[test]
fn what_is_changed_by_hand_is_there_for_the_shell_is_undone_and_is_kept() {
    let mut timeline = begun();
    let before = timeline.world().hash();
    let path = "/home/learner/app/run.sh";
    let changes = [
        Change::Write { path: path.to_owned(), content: b"#!/bin/sh\necho ran\n".to_vec().into(), run: true },
        Change::write("/home/learner/app/logo.bin", [0_u8, 159, 146, 150, 0, 1]),
        Change::Folder("/home/learner/app/empty".to_owned()),
        Change::Rename {
            from: "/home/learner/app/empty".to_owned(),
            to: "/home/learner/app/full".to_owned(),
        },
    ];
    timeline.issue(Command::Files(changes.into()));
    line(&mut timeline, "app/run.sh; ls app; wc -c app/logo.bin", 1);
    assert!(
        screen(&timeline).contains("\nran\nfull      logo.bin  run.sh\n6 app/logo.bin\n"),
        "{}",
        screen(&timeline)
    );
    let again = Timeline::load(&timeline.save()).expect("what was saved");
    assert_eq!(again.world().hash(), timeline.world().hash());
    timeline.issue(Command::Files([Change::Remove("/home/learner/app".to_owned())].into()));
    line(&mut timeline, "ls", 1);
    assert!(screen(&timeline).ends_with("$ ls\ngetting-started\n$ "), "{}", screen(&timeline));
    for _ in 0..4 {
        timeline.undo();
    }
    timeline.seek(Time(1_000_000));
    assert_eq!(timeline.world().hash(), before);
}

#[test]
fn what_cannot_be_changed_is_said_and_changes_nothing() {
    let mut timeline = begun();
    let to = Change::write("/proc/version", *b"mine");
    timeline.issue(Command::Files([to, Change::Folder("/home/learner/no".to_owned())].into()));
    let said = timeline.world().events.iter().last().map(|e| e.what.clone());
    let Some(What::Refused { message, .. }) = said.as_deref() else { panic!("{said:?}") };
    assert!(message.starts_with("/proc/version: "), "{message}");
    line(&mut timeline, "ls", 1);
    assert!(screen(&timeline).ends_with("$ ls\ngetting-started\n$ "));
}

#[test]
fn an_editor_waits_saves_by_its_own_process_and_leaves() {
    let mut timeline = begun();
    line(&mut timeline, "vi notes.txt", 1);
    let edit = edited(&timeline).expect("it waits");
    assert_eq!((edit.said.as_str(), &*edit.text), ("\"notes.txt\" [New]", ""));
    wish(&mut timeline, Wish::Save("one\ntwo\n".into()));
    assert_eq!(edited(&timeline).expect("it goes on").said, "\"notes.txt\" 2L, 8B written");
    timeline.issue(Command::Interrupt);
    timeline.reach(Time(timeline.now().0 + 1_000_000));
    assert!(edited(&timeline).is_some(), "Ctrl-C does not end vi");
    wish(&mut timeline, Wish::Leave);
    assert_eq!(edited(&timeline), None);
    line(&mut timeline, "cat notes.txt; nano /etc", 1);
    assert!(
        screen(&timeline).ends_with("one\ntwo\nnano: \"/etc\" is a directory\n$ "),
        "{}",
        screen(&timeline)
    );
    line(&mut timeline, "nano notes.txt", 1);
    assert_eq!(edited(&timeline).expect("it waits").said, "[ Read 2 lines ]");
    line(&mut timeline, ":q", 1);
    assert_eq!(edited(&timeline), None);
    let again = Timeline::load(&timeline.save()).expect("what was saved");
    assert_eq!(again.world().hash(), timeline.world().hash());
}

#[test]
fn an_editor_in_a_container_sees_its_files_and_its_rights() {
    let mut timeline = begun();
    line(&mut timeline, "docker run -d --name box alpine:3.20 sleep 600", 30);
    line(&mut timeline, "docker exec -it -u nobody box vi /etc/alpine-release", 2);
    let edit = edited(&timeline).expect("it waits");
    assert!(edit.read_only && edit.text.starts_with("3.20"), "{edit:?}");
    let (pid, _) = editor(timeline.world()).expect("it waits");
    let group = timeline.world().kernel.process(pid).expect("it is there").cgroup;
    assert!(timeline.world().cgroup_container(group).is_some());
    wish(&mut timeline, Wish::Save("mine\n".into()));
    let edit = edited(&timeline).expect("it goes on");
    assert!(edit.failed && edit.said == "'/etc/alpine-release' Permission denied", "{}", edit.said);
    wish(&mut timeline, Wish::Leave);
    line(&mut timeline, "docker exec -it box vi /note", 2);
    wish(&mut timeline, Wish::Save("kept\n".into()));
    wish(&mut timeline, Wish::Leave);
    line(&mut timeline, "docker diff box; ls /note", 2);
    assert!(screen(&timeline).contains("A /note\nls: cannot access '/note'"), "{}", screen(&timeline));
    line(&mut timeline, "docker run --rm -it --read-only alpine:3.20 vi /note", 3);
    wish(&mut timeline, Wish::Save("lost\n".into()));
    assert_eq!(edited(&timeline).expect("it goes on").said, "'/note' Read-only file system");
    wish(&mut timeline, Wish::Leave);
    line(&mut timeline, "docker exec box vi /note; docker run --rm debian:12 vi x", 40);
    let text = screen(&timeline);
    assert!(text.contains("vi: input and output are not a terminal"), "{text}");
    assert!(text.contains("exec: \"vi\": executable file not found in $PATH"), "{text}");
}
