//! How long the core takes: a thousand containers, a million entries on the agenda, a World kept and looked back at,
//! the digest and the archive of a large layer.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use drydock::agenda::{Agenda, Task};
use drydock::digest::Digest;
use drydock::engine::World;
use drydock::files::{Inode, Tree, archive};
use drydock::image::Layer;
use drydock::machine::run_command;
use drydock::time::{Span, Time};
use drydock::timeline::{Command, Timeline};
use sha2::{Digest as _, Sha256};

fn containers(c: &mut Criterion) {
    let world = World::measured(7, false).expect("the catalogue has no mistake");
    let mut group = c.benchmark_group("containers");
    group.sample_size(10);
    group.bench_function("1000 x docker run -d busybox sleep 9999", |b| {
        b.iter_batched(
            || world.clone(),
            |mut world| {
                for _ in 0..1000 {
                    assert_eq!(run_command(&mut world, "docker run -d busybox sleep 9999").status, Some(0));
                }
                world
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// A World with so many containers that sleep.
fn crowd(containers: usize) -> World {
    let mut world = World::measured(7, false).expect("the catalogue has no mistake");
    for n in 0..containers {
        let line = format!("docker run -d --name c{n} --network none busybox sleep 99999");
        assert_eq!(run_command(&mut world, &line).status, Some(0));
    }
    world
}

/// What one command takes among a hundred containers, and among ten thousand.
fn scale(c: &mut Criterion) {
    let mut group = c.benchmark_group("scale");
    group.sample_size(10);
    for containers in [100, 10_000] {
        let world = crowd(containers);
        for line in [
            "docker run -d busybox sleep 9999",
            "docker exec c7 true",
            "docker inspect c7",
            "docker stop -t 0 c7",
            "docker rm -f c7",
            "echo hello",
        ] {
            group.bench_function(format!("{line}, {containers} containers"), |b| {
                let begin = || world.clone();
                b.iter_batched(
                    begin,
                    |mut world| {
                        assert_eq!(run_command(&mut world, line).status, Some(0));
                        world
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// A hundred thousand turns of a loop, five steps each.
fn shell(c: &mut Criterion) {
    let world = World::measured(7, false).expect("the catalogue has no mistake");
    let mut group = c.benchmark_group("shell");
    group.sample_size(10);
    let line = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo $i";
    group.bench_function("100,000 turns of a loop", |b| {
        b.iter_batched(
            || world.clone(),
            |mut world| assert_eq!(run_command(&mut world, line).stdout, "100000\n"),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// A Dockerfile of fifty steps, all in the cache.
fn build(c: &mut Criterion) {
    let mut world = World::measured(7, false).expect("the catalogue has no mistake");
    let steps: String = (0..50).map(|n| format!("RUN echo {n} > /f{n}\\n")).collect();
    let line = format!("printf 'FROM busybox\\n{steps}' > Dockerfile; docker build -q .");
    assert_eq!(run_command(&mut world, &line).status, Some(0));
    c.bench_function("docker build, 50 steps, all cached", |b| {
        b.iter_batched(
            || world.clone(),
            |mut world| run_command(&mut world, "docker build -q ."),
            BatchSize::PerIteration,
        );
    });
}

/// The digest and the archive of a layer of a hundred megabytes.
fn bytes(c: &mut Criterion) {
    const FILES: usize = 100;
    let content: Vec<u8> = (0..1 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut tree = Tree::default();
    let directory = tree.make_path("/data", 0o755, 0);
    for n in 0..FILES {
        let mut content = content.clone();
        content[0] = n as u8;
        tree.insert(directory, &format!("f{n:02}"), Inode::file(content, 0o644, 0));
    }
    let packed = archive::pack(&tree);
    let mut group = c.benchmark_group("bytes");
    group.sample_size(10).throughput(Throughput::Bytes(packed.len() as u64));
    group.bench_function("sha256 of 100 MB", |b| b.iter(|| Digest::of(&packed)));
    group.bench_function("the sha2 crate, 100 MB", |b| b.iter(|| Sha256::digest(&packed)));
    group.bench_function("pack 100 MB", |b| b.iter(|| archive::pack(&tree)));
    group.bench_function("unpack 100 MB", |b| b.iter(|| archive::unpack(&packed).expect("it is an archive")));
    group.bench_function("a layer of 100 MB", |b| b.iter(|| Layer::from_tree(&tree)));
    group.finish();
}

fn agenda(c: &mut Criterion) {
    let mut group = c.benchmark_group("agenda");
    group.sample_size(10);
    group.bench_function("a million entries in and out", |b| {
        b.iter(|| {
            let mut agenda = Agenda::default();
            for n in 0..1_000_000_u64 {
                agenda.add(Time(0), Time(n.wrapping_mul(2_654_435_761) % 1_000_003), Task::Progress(n));
            }
            let mut taken = 0;
            while agenda.take_due(Time(u64::MAX)).is_some() {
                taken += 1;
            }
            assert_eq!(taken, 1_000_000);
        });
    });
    group.finish();
}

fn timeline(c: &mut Criterion) {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.issue(Command::Line("docker run -d -p 8080:80 --name web nginx:1.27".to_owned()));
    timeline.reach(Time(0) + Span::seconds(30));
    c.bench_function("copy a World", |b| b.iter(|| timeline.world().clone()));
    c.bench_function("look back half a pull, and forth", |b| {
        b.iter(|| {
            timeline.seek(Time(4_000_000));
            timeline.seek(Time(30_000_000));
        });
    });
    c.bench_function("begin a World", |b| b.iter(|| World::new(7)));
}

criterion_group!(benches, containers, scale, shell, build, bytes, agenda, timeline);
criterion_main!(benches);
