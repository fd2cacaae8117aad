//! How long the core takes: a thousand containers, a million entries on the agenda, a World kept and looked back at.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use drydock::agenda::{Agenda, Task};
use drydock::engine::World;
use drydock::machine::run_command;
use drydock::time::{Span, Time};
use drydock::timeline::{Command, Timeline};

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

criterion_group!(benches, containers, agenda, timeline);
criterion_main!(benches);
