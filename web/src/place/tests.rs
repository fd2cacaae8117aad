use super::*;
use crate::scene::{Object, scene, traffic};
use crate::shape::{Anchor, Shape};
use drydock::time::Time;
use drydock::timeline::{Command, Timeline};

fn story(until: u64) -> Timeline {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline.issue(Command::Line("docker run -d -p 8080:80 --name web nginx:1.27".to_owned()));
    timeline.reach(Time(until));
    timeline
}

/// Everything is in its box, and no text begins on another.
fn fits(plan: &Plan) {
    let (right, bottom) = plan.drawing.size;
    for item in &plan.drawing.items {
        let [x, y, w, h] = item.bounds;
        let inside = x >= 0.0 && y >= 0.0 && x + w <= right + 0.5 && y + h <= bottom + 0.5;
        assert!(inside, "{right}: {}", item.name);
    }
    // Texts with the place of their beginning, whichever end stands there.
    let texts: Vec<(f64, f64, f64, &str)> = plan
        .drawing
        .items
        .iter()
        .flat_map(|i| &i.shapes)
        .filter_map(|s| match s {
            Shape::Text([x, y], anchor, _, words) => {
                let wide = words.chars().count() as f64 * 5.5;
                let from = match anchor {
                    Anchor::Start => *x,
                    Anchor::Middle => x - wide / 2.0,
                    Anchor::End => x - wide,
                };
                Some((from, *y, from + wide, words.as_str()))
            }
            _ => None,
        })
        .collect();
    for (n, (x, y, end, words)) in texts.iter().enumerate() {
        for (other_x, other_y, other_end, other) in &texts[n + 1..] {
            let apart = (y - other_y).abs() > 10.0 || other_x >= end || other_end <= x;
            assert!(apart, "{right}: {words} at {x},{y} and {other} at {other_x},{other_y}");
        }
    }
}

const BOXES: [(f64, f64); 5] =
    [(1128.0, 540.0), (1004.0, 430.0), (390.0, 410.0), (1440.0, 540.0), (1056.0, 500.0)];

#[test]
fn a_drawing_stays_in_its_box_and_keeps_its_texts_apart() {
    let timeline = story(30_000_000);
    for (width, height) in BOXES {
        fits(&place(&scene(timeline.world()), width, height));
        fits(&sheet(&crate::scene::sheet(timeline.world()), width, height));
    }
}

#[test]
fn a_band_spans_the_containers_that_share_a_namespace() {
    let mut timeline = story(30_000_000);
    for (n, line) in [
        "docker run -d --name api -m 6m busybox sleep 900",
        "docker run -d --name debug --pid container:web --network container:web busybox sleep 900",
    ]
    .into_iter()
    .enumerate()
    {
        timeline.issue(Command::Line(line.to_owned()));
        timeline.reach(Time(50_000_000 + 20_000_000 * n as u64));
    }
    let plan = sheet(&crate::scene::sheet(timeline.world()), 1128.0, 540.0);
    let items = plan.drawing.items.iter();
    let bands = items.filter(|i| matches!(i.object, Some(Object::Namespace(_)))).map(|i| i.name.clone());
    expect_test::expect![[r#"
        pid namespace 4026531836: host
        pid namespace 4026532200: web, debug
        pid namespace 4026532206: api
        net namespace 4026531840: host
        net namespace 4026532201: web, debug
        net namespace 4026532207: api
        mnt namespace 4026531841: host
        mnt namespace 4026532205: web
        mnt namespace 4026532215: debug
        mnt namespace 4026532211: api
        uts namespace 4026531838: host
        uts namespace 4026532202: web
        uts namespace 4026532212: debug
        uts namespace 4026532208: api
        ipc namespace 4026531839: host
        ipc namespace 4026532203: web
        ipc namespace 4026532213: debug
        ipc namespace 4026532209: api
        user namespace 4026531837: host, web, debug, api
        cgroup namespace 4026531835: host
        cgroup namespace 4026532204: web
        cgroup namespace 4026532214: debug
        cgroup namespace 4026532210: api"#]]
    .assert_eq(&bands.collect::<Vec<_>>().join("\n"));
    for (width, height) in BOXES {
        let plan = sheet(&crate::scene::sheet(timeline.world()), width, height);
        fits(&plan);
        let near = |name: &str| {
            plan.drawing
                .items
                .iter()
                .find(|i| i.object == Some(Object::Container(name.to_owned())))
                .map(|i| i.bounds)
        };
        let shared = plan.drawing.items.iter().find(|i| i.name.ends_with("web, debug")).expect("they share");
        let (web, debug) = (near("web").expect("a fence"), near("debug").expect("a fence"));
        assert!(
            shared.bounds[0] < web[0] + 10.0
                && shared.bounds[0] + shared.bounds[2] > debug[0] + debug[2] - 10.0
        );
    }
}

#[test]
fn a_blob_is_between_the_registry_and_the_host_halfway_through_the_pull() {
    let timeline = story(4_000_000);
    let plan = place(&scene(timeline.world()), 1128.0, 540.0);
    let items = moving(&plan, &traffic(timeline.world(), timeline.now()));
    let blob =
        items.iter().find(|i| i.data.iter().any(|d| d.0 == "data-blob")).expect("a blob is on its way");
    assert!(blob.bounds[0] > plan.frame.walls.1 && blob.bounds[0] < plan.frame.registries.0, "{blob:?}");
}

#[test]
fn a_packet_passes_the_door_the_rail_and_the_plug() {
    let mut timeline = story(30_000_000);
    timeline.issue(Command::Line("curl localhost:8080".to_owned()));
    let mut seen = Vec::new();
    for _ in 0..200 {
        let Some(next) = timeline.next_change() else { break };
        timeline.seek(next);
        for flight in traffic(timeline.world(), timeline.now()).flights {
            if flight.label.starts_with("GET / ") {
                let plan = place(&scene(timeline.world()), 1128.0, 540.0);
                seen = plan.points(&flight.way);
                let door = plan.anchors.doors[0].1;
                let (_, plug, rail) = plan.anchors.nets[0];
                assert_eq!(seen, [plan.anchors.host, door, rail, plug]);
            }
        }
    }
    assert!(!seen.is_empty(), "a request was on its way");
}
