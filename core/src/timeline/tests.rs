use super::*;
use crate::kernel::terminal::TerminalId;
use crate::time::Span;

fn line(text: &str) -> Command {
    Command::Line(text.to_owned())
}

fn screen(timeline: &Timeline) -> String {
    timeline.world().kernel.terminals.get(&TerminalId::LEARNER).expect("the learner has a terminal").text()
}

/// The story of the first page: nginx is pulled and run, and answers through its published port.
fn story() -> Timeline {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline.issue(line("docker run -d -p 8080:80 --name web nginx:1.27"));
    timeline.reach(Time(30_000_000));
    timeline.issue(line("curl localhost:8080"));
    timeline.reach(Time(40_000_000));
    timeline
}

#[test]
fn nginx_is_pulled_run_and_answers() {
    let text = screen(&story());
    assert!(text.contains("Status: Downloaded newer image for nginx:1.27"), "{text}");
    assert!(text.contains("<h1>Welcome to nginx!</h1>"), "{text}");
}

#[test]
fn looking_back_takes_the_container_away_and_undo_and_redo_bring_back_the_same_world() {
    let mut timeline = story();
    let hash = timeline.world().hash();
    timeline.seek(Time(900_000));
    assert!(timeline.world().containers.is_empty());
    timeline.seek(Time(40_000_000));
    assert_eq!(timeline.world().hash(), hash);
    assert!(timeline.undo());
    assert!(!screen(&timeline).contains("Welcome"));
    assert!(timeline.redo());
    timeline.reach(Time(40_000_000));
    assert_eq!(timeline.world().hash(), hash);
}

#[test]
fn frames_do_not_matter_and_a_kept_timeline_is_the_same() {
    let mut coarse = Timeline::new(3).expect("the catalogue has no mistake");
    let mut fine = coarse.clone();
    for timeline in [&mut coarse, &mut fine] {
        timeline.issue(line("docker run --name greeter alpine:3.20 echo hi; docker ps -a"));
    }
    coarse.reach(Time(9_000_000));
    for n in 0..600 {
        fine.reach(Time(0) + Span::millis(n * 15));
    }
    fine.reach(Time(9_000_000));
    assert_eq!(coarse.world(), fine.world());
    let again = Timeline::load(&coarse.save()).expect("what was saved");
    assert_eq!(again.world().hash(), coarse.world().hash());
}

#[test]
fn ctrl_c_ends_what_is_in_front() {
    let mut timeline = Timeline::new(1).expect("the catalogue has no mistake");
    timeline.reach(Time(100_000));
    timeline.issue(line("sleep 1000"));
    timeline.reach(Time(1_000_000));
    timeline.issue(Command::Interrupt);
    timeline.reach(Time(1_100_000));
    timeline.issue(line("echo back"));
    timeline.reach(Time(1_200_000));
    assert!(screen(&timeline).ends_with("\nback\n$ "), "{}", screen(&timeline));
}

#[test]
fn undo_brings_back_the_future_that_a_command_in_the_past_dropped() {
    let mut timeline = story();
    let (text, end) = (timeline.save(), timeline.end());
    timeline.seek(Time(30_500_000));
    assert!(!timeline.issue(line("true")) || timeline.end() == Time(30_500_000));
    timeline.seek(Time(20_000_000));
    assert!(timeline.issue(line("docker rm -f web")), "there was a future");
    timeline.reach(Time(25_000_000));
    assert!(timeline.world().containers.is_empty());
    assert!(timeline.undo() && timeline.undo());
    timeline.seek(Time(40_000_000));
    assert!(screen(&timeline).contains("Welcome to nginx!"));
    assert_eq!((timeline.save(), timeline.end()), (text, end));
}

#[test]
fn what_ran_without_an_error_is_taken_to_a_real_docker() {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    let lines = [
        "mkdir app; cd app",
        "printf 'FROM alpine:3.20\\nCOPY . /app\\n' > Dockerfile",
        "docker build -q -t mine .",
        "docker run mine false",
        "cd; docker run --rm \\",
        "  -v /home/learner/app:/x mine ls /x",
        "dokcer ps",
        "docker run -i --rm mine cat",
        "docker ps",
    ];
    for text in lines {
        timeline.issue(line(text));
        timeline.reach(timeline.now() + Span::seconds(30));
    }
    timeline.issue(Command::EndOfInput);
    timeline.reach(timeline.now() + Span::seconds(2));
    let done: Vec<String> =
        timeline.succeeded().into_iter().map(|d| format!("{}: {}", d.directory, d.line)).collect();
    let app = "/home/learner/app";
    let expected = [
        format!("{app}: docker build -q -t mine ."),
        format!("{app}: cd; docker run --rm \\\n  -v {app}:/x mine ls /x"),
        "/home/learner: docker run -i --rm mine cat".to_owned(),
    ];
    assert_eq!(done, expected);
    let tree = crate::files::archive::unpack(&timeline.for_a_real_docker()).expect("a tar");
    let text = |path: &str| match tree.find(path).and_then(|ino| tree.get(ino)).map(|i| (&i.kind, i.mode)) {
        Some((crate::files::InodeKind::File { bytes, .. }, mode)) => {
            (String::from_utf8_lossy(bytes).into_owned(), mode)
        }
        _ => panic!("{path} is not there"),
    };
    assert_eq!(text("/drydock/app/Dockerfile").0, "FROM alpine:3.20\nCOPY . /app\n");
    let (script, mode) = text("/drydock/drydock.sh");
    assert!(script.contains("\ncd \"$here/app\"\ndocker build -q -t mine .\n"), "{script}");
    assert!(script.contains("-v $here/app:/x mine ls /x\n\ncd \"$here\"\n"), "{script}");
    assert_eq!(mode, 0o755);
}
