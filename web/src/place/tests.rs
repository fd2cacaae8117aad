use super::*;
use crate::scene::{scene, traffic};
use crate::shape::Shape;
use drydock::time::Time;
use drydock::timeline::{Command, Timeline};

fn story(until: u64) -> Timeline {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline.issue(Command::Line("docker run -d -p 8080:80 --name web nginx:1.27".to_owned()));
    timeline.reach(Time(until));
    timeline
}

#[test]
fn a_drawing_stays_in_its_box_and_keeps_its_texts_apart() {
    let timeline = story(30_000_000);
    for (width, height) in [(1128.0, 540.0), (1004.0, 430.0), (390.0, 410.0), (1440.0, 540.0)] {
        let plan = place(&scene(timeline.world()), width, height);
        let (right, bottom) = plan.drawing.size;
        for item in &plan.drawing.items {
            let [x, y, w, h] = item.bounds;
            assert!(
                x >= 0.0 && y >= 0.0 && x + w <= right + 0.5 && y + h <= bottom + 0.5,
                "{width}: {}",
                item.name
            );
        }
        let texts: Vec<(f64, f64, &str)> = plan
            .drawing
            .items
            .iter()
            .flat_map(|i| &i.shapes)
            .filter_map(|s| match s {
                Shape::Text([x, y], crate::shape::Anchor::Start, _, words) => Some((*x, *y, words.as_str())),
                _ => None,
            })
            .collect();
        for (n, (x, y, words)) in texts.iter().enumerate() {
            for (other_x, other_y, other) in &texts[n + 1..] {
                let end = x + words.chars().count() as f64 * 5.5;
                let apart = (y - other_y).abs() > 10.0 || *other_x >= end || other_x + 6.0 <= *x;
                assert!(apart, "{width}: {words} at {x},{y} and {other} at {other_x},{other_y}");
            }
        }
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
