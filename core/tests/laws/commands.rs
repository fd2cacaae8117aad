//! Laws 1, 2, 3 and 10 by random commands.

use drydock::desk::Change;
use drydock::engine::World;
use drydock::kernel::namespace::NamespaceKind;
use drydock::machine;
use drydock::memory::tool::Wish;
use drydock::time::{Span, Time};
use drydock::timeline::{Command, Timeline};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

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
        name().prop_map(|n| format!(
            "docker run -d --name {n} --network net --cap-drop ALL busybox sh -c 'sleep 1 & wait'"
        )),
        name().prop_map(|n| format!("docker run -d --name {n} -v data:/d -m 16m busybox tail /dev/zero")),
        name().prop_map(|n| format!(
            "docker run -d --name {n} --init --pids-limit 4 busybox sh -c 'yes | head -3; sleep 9'"
        )),
        name().prop_map(|n| format!("docker exec {n} unshare -u true; docker exec {n} kill 1")),
        name().prop_map(|n| format!("docker network disconnect net {n}; docker network connect net {n}")),
        Just("docker network create net; docker network rm net".to_owned()),
        Just("docker network create net; docker volume create data".to_owned()),
        Just("docker volume prune -af; docker system prune -af".to_owned()),
        Just("set -e; trap 'echo bye' EXIT; f() { false; }; f || true".to_owned()),
        Just("sleep 5 & kill $!; wait; seq 3 | xargs -n1 echo | tail -n1".to_owned()),
        Just("docker ps -a; docker images".to_owned()),
        (name(), name()).prop_map(|(a, b)| format!("docker rename {a} {b}; docker update -m 9m --memory-swap 20m {b}")),
        (name(), name()).prop_map(|(a, b)| format!("docker create --name {a} --link {b}:x --ip 172.18.0.9 --network net busybox sleep 9")),
        name().prop_map(|n| format!("docker exec {n} dd if=/dev/zero of=/dev/shm/x bs=1M count=30")),
        name().prop_map(|n| format!("docker commit {n} mine:2; docker save mine:2 > m.tar; docker rmi mine:2; docker load < m.tar")),
        name().prop_map(|n| format!("docker export {n} > e.tar; docker import e.tar flat; docker cp {n}:/etc/hosts .")),
        name().prop_map(|n| format!("docker run -d --name {n} --ipc container:one --pid container:two --restart always busybox sleep 2")),
        Just("printf 'FROM busybox\nRUN echo x > /x\nCMD sleep 3\n' > Dockerfile; docker build -q -t mine:3 .".to_owned()),
        Just("awk '{n[$1]++} END {for (k in n) print k, n[k]}' /etc/passwd | sed 's/o/0/g' | md5sum".to_owned()),
        Just("docker rmi -f nginx:1.27".to_owned()),
        Just("curl -s localhost:8080 | head -n 2".to_owned()),
        Just("docker tag busybox:latest mine:1; docker rmi mine:1".to_owned()),
        Just("for n in 1 2; do echo $n | grep 2; done && ls /nowhere".to_owned()),
        "[ -~]{0,40}",
    ]
}

/// What somebody might ask for, at the terminal or beside it.
fn command() -> impl Strategy<Value = Command> {
    let path = || prop::sample::select(&["/home/learner/a", "/home/learner/d/b", "/proc/1", "/"][..]);
    let change = prop_oneof![
        (path(), any::<Vec<u8>>()).prop_map(|(path, bytes)| Change::write(path, bytes)),
        path().prop_map(|path| Change::Folder(path.to_owned())),
        path().prop_map(|path| Change::Remove(format!("{path}/x"))),
        (path(), path()).prop_map(|(a, b)| Change::Rename { from: a.to_owned(), to: b.to_owned() }),
    ];
    let editor =
        prop::sample::select(&["vi a", "docker run --rm -it alpine:3.20 vi /b", "nano d/b a", ":q"][..]);
    prop_oneof![
        12 => line().prop_map(Command::Line),
        1 => editor.prop_map(|line| Command::Line(line.to_owned())),
        1 => prop::collection::vec(change, 1..4).prop_map(|all| Command::Files(all.into())),
        1 => "[a-z\n]{0,9}".prop_map(|text| Command::Edit(Wish::Save(text.into()))),
        1 => Just(Command::Edit(Wish::Leave)),
        1 => Just(Command::Interrupt),
    ]
}

fn begin() -> Timeline {
    let mut timeline = Timeline::new(5).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline
}

/// What holds in every World.
pub fn check(world: &World) {
    let names: BTreeSet<&str> = world.containers.values().map(|c| c.name.as_str()).collect();
    assert_eq!(names.len(), world.containers.len(), "names are unique");
    let running: Vec<_> = world.containers.values().filter(|c| c.state.is_running()).collect();
    let mut addresses = BTreeSet::new();
    for (network, endpoint) in running.iter().flat_map(|c| c.networks.iter()) {
        if let Some(address) = endpoint.address {
            assert!(addresses.insert((network.clone(), address)), "addresses are unique on a network");
        }
    }
    for container in running {
        let process = container.state.pid.and_then(|pid| world.kernel.process(pid));
        let process = process.unwrap_or_else(|| panic!("{} runs without a process", container.name));
        assert_eq!(process.own_pid(), 1, "the first process is 1 in its own namespace");
    }
    check_processes(world);
    check_memory(world);
    check_store(world);
    let times: Vec<Time> = world.events.iter().map(|e| e.time).collect();
    assert!(times.is_sorted(), "events are in order");
    for (id, entry) in world.agenda.iter() {
        assert!(id.due >= world.now && entry.since <= world.now, "the agenda is of now");
    }
}

/// No process lives in a dead namespace or group; open files are counted.
fn check_processes(world: &World) {
    let kernel = &world.kernel;
    let mut held = BTreeMap::new();
    for (pid, process) in kernel.processes.iter() {
        for description in process.descriptors.values() {
            assert!(kernel.descriptions.get(description).is_some(), "{pid:?} holds a file that is closed");
            *held.entry(*description).or_insert(0) += 1;
        }
        assert!(kernel.processes.get(&process.parent).is_some() || pid.0 == 1, "{pid:?} has a parent");
        if process.is_zombie() {
            continue;
        }
        for (kind, _) in NamespaceKind::INITIAL {
            let id = process.namespaces.get(kind);
            assert!(
                kernel.namespaces.get(&id).is_some(),
                "{pid:?} {} is in a dead {kind:?} namespace",
                process.command_name()
            );
        }
        assert!(kernel.cgroups.get(&process.cgroup).is_some(), "{pid:?} is in a dead control group");
    }
    for (id, description) in kernel.descriptions.iter() {
        let count = held.get(id).copied().unwrap_or(0);
        assert!(count <= description.holders, "{id:?} has {count} holders, not {}", description.holders);
    }
}

/// What is counted as memory lies in file systems that are there, and never exceeds a limit by more than a process holds.
fn check_memory(world: &World) {
    for (id, group) in world.kernel.cgroups.iter() {
        for filesystem in &group.file_systems {
            assert!(
                world.kernel.filesystems.get(filesystem).is_some(),
                "{id:?} counts a file system that is gone"
            );
        }
        let files = world.kernel.memory_of(group).1;
        assert!(
            group.memory_max.is_none_or(|most| files <= most),
            "{id:?} has files of {files} bytes in memory"
        );
    }
}

/// Every layer belongs to an image or a container, every name to an image, and sizes add up.
fn check_store(world: &World) {
    for (name, id) in world.images.all_names() {
        assert!(world.images.get(id).is_some(), "{name} leads nowhere");
    }
    for image in world.images.iter() {
        let sizes: u64 = image.layers.iter().map(|layer| layer.size()).sum();
        assert_eq!(image.size(), sizes, "an image is as large as its layers");
        for layer in &image.layers {
            assert!(world.images.layer(&layer.diff_id).is_some(), "a layer of an image is missing");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 10, rng_seed: super::seed(), ..ProptestConfig::default() })]

    #[test]
    fn frames_seeds_undo_and_keeping_do_not_matter(commands in prop::collection::vec((command(), 1_u64..9_000), 1..9), frame in 5_u64..400) {
        let (mut coarse, mut fine) = (begin(), begin());
        for (command, wait) in &commands {
            let until = coarse.now() + Span::millis(*wait);
            for timeline in [&mut coarse, &mut fine] {
                timeline.issue(command.clone());
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
