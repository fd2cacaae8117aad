//! Laws 1, 2, 3 and 10 by random commands.

use drydock::engine::World;
use drydock::machine;
use drydock::time::{Span, Time};
use drydock::timeline::{Command, Timeline};
use proptest::prelude::*;
use std::collections::BTreeSet;

const NAMES: [&str; 3] = ["one", "two", "three"];

/// A line that somebody might type.
fn line() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(&NAMES[..]);
    prop_oneof![
        name().prop_map(|n| format!("docker run -d --name {n} busybox sleep 60")),
        name().prop_map(|n| format!("docker run -d --name {n} -p 8080:80 nginx:1.27")),
        name().prop_map(|n| format!("docker run --rm --name {n} alpine:3.20 sh -c 'echo hi; exit 3'")),
        name().prop_map(|n| format!("docker stop -t 1 {n}")),
        name().prop_map(|n| format!("docker start {n}")),
        name().prop_map(|n| format!("docker kill {n}")),
        name().prop_map(|n| format!("docker rm -f {n}")),
        name().prop_map(|n| format!("docker pause {n}; docker unpause {n}")),
        name().prop_map(|n| format!("docker exec {n} sh -c 'echo x > /f; cat /f; ps'")),
        name().prop_map(|n| format!("docker logs {n}; docker inspect {n} | head -n 3")),
        Just("docker ps -a; docker images".to_owned()),
        Just("docker rmi -f nginx:1.27".to_owned()),
        Just("curl -s localhost:8080 | head -n 2".to_owned()),
        Just("docker tag busybox:latest mine:1; docker rmi mine:1".to_owned()),
        Just("for n in 1 2; do echo $n | grep 2; done && ls /nowhere".to_owned()),
        "[ -~]{0,40}",
    ]
}

fn begin() -> Timeline {
    let mut timeline = Timeline::new(5).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline
}

/// What holds in every World.
fn check(world: &World) {
    let names: BTreeSet<&str> = world.containers.values().map(|c| c.name.as_str()).collect();
    assert_eq!(names.len(), world.containers.len(), "names are unique");
    let running: Vec<_> = world.containers.values().filter(|c| c.state.is_running()).collect();
    let addresses: Vec<_> =
        running.iter().flat_map(|c| c.networks.values().filter_map(|e| e.address)).collect();
    let unique: BTreeSet<_> = addresses.iter().collect();
    assert_eq!(unique.len(), addresses.len(), "addresses are unique");
    for container in running {
        let process = container.state.pid.and_then(|pid| world.kernel.process(pid));
        let process = process.unwrap_or_else(|| panic!("{} runs without a process", container.name));
        assert_eq!(process.own_pid(), 1, "the first process is 1 in its own namespace");
    }
    let times: Vec<Time> = world.events.iter().map(|e| e.time).collect();
    assert!(times.is_sorted(), "events are in order");
    for (id, entry) in world.agenda.iter() {
        assert!(id.due >= world.now && entry.since <= world.now, "the agenda is of now");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn frames_seeds_undo_and_keeping_do_not_matter(lines in prop::collection::vec((line(), 1_u64..9_000), 1..9), frame in 5_u64..400) {
        let (mut coarse, mut fine) = (begin(), begin());
        for (line, wait) in &lines {
            let until = coarse.now() + Span::millis(*wait);
            for timeline in [&mut coarse, &mut fine] {
                timeline.issue(Command::Line(line.clone()));
            }
            coarse.reach(until);
            while fine.now() < until {
                let next = fine.now() + Span::millis(frame);
                fine.reach(next.min(until));
            }
            check(coarse.world());
        }
        let hash = coarse.world().hash();
        prop_assert_eq!(fine.world().hash(), hash, "frames do not matter");
        let now = coarse.now();
        prop_assert_eq!(Timeline::load(&coarse.save()).expect("what was kept").world().hash(), hash);
        fine.seek(Time(500_000));
        fine.seek(now);
        prop_assert_eq!(fine.world().hash(), hash, "looking back does not matter");
        fine.undo();
        fine.redo();
        fine.reach(now);
        prop_assert_eq!(fine.world().hash(), hash, "undo and redo do not matter");
        let copy = coarse.world().clone();
        prop_assert_eq!(&copy, coarse.world());
        machine::reach(&mut copy.clone(), now + Span::seconds(5));
        prop_assert_eq!(copy.hash(), hash, "a copy does not change with another");
    }
}
