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

/// A World with a built image, a container that changed files, and a build that failed.
fn built() -> Timeline {
    let mut timeline = story(30_000_000);
    let lines = [
        "mkdir shop && cd shop && echo one > page.html",
        "printf 'FROM nginx:1.27 AS base\\nRUN echo more >> /etc/nginx/nginx.conf\\nFROM base AS unused\\nRUN echo no\\nFROM base\\nCOPY --from=base /etc/nginx/nginx.conf /srv/\\nCOPY page.html /srv/\\nRUN rm /etc/os-release && mkdir /srv/log\\nRUN sleep 30\\nRUN true\\n' > Dockerfile",
        "docker build -t shop .",
        "docker run -d --name front shop",
        "docker exec front sh -c 'echo two >> /srv/page.html; echo x > /tmp/new; rm /etc/nginx/conf.d/default.conf'",
        "echo 'RUN exit 4' >> Dockerfile; docker build .",
    ];
    for (n, line) in lines.into_iter().enumerate() {
        timeline.issue(Command::Line(line.to_owned()));
        timeline.reach(Time(30_000_000 + 60_000_000 * (n as u64 + 1)));
    }
    timeline
}

#[test]
fn layers_and_builds_stay_in_their_boxes() {
    let mut timeline = built();
    for (width, height) in BOXES.into_iter().chain([(774.0, 440.0), (824.0, 540.0), (1164.0, 540.0)]) {
        for subject in [Object::Container("front".to_owned()), Object::Image("nginx:1.27".to_owned())] {
            let path = Some("/srv/page.html".to_owned());
            let choice = crate::scene::Choice { subject: Some(subject), path, ..Default::default() };
            let pile = crate::scene::pile(timeline.world(), &choice, &mut Default::default());
            let plan = layers(&pile, choice.path.as_deref(), width, height);
            fits(&plan);
            assert!(plan.drawing.size.0 <= width, "it is not scrolled sideways");
        }
        let plan = build(&crate::scene::graph(timeline.world(), None), width, height);
        fits(&plan);
        assert!(plan.drawing.size.0 <= width);
        apart(&plan, "step ");
    }
    // While the build was at work.
    timeline.seek(Time(170_000_000));
    let graph = crate::scene::graph(timeline.world(), None);
    let plan = build(&graph, 1128.0, 540.0);
    let turns = crate::scene::turns(timeline.world(), timeline.now(), &graph);
    let moving = working(&plan, &turns);
    assert!(moving.len() == 1 && graph.lanes[2].cards[4].state == "running", "{moving:?}");
}

/// No two items of a kind lie on one another.
fn apart(plan: &Plan, class: &str) {
    let all: Vec<&Item> = plan.drawing.items.iter().filter(|i| i.class.starts_with(class)).collect();
    assert!(!all.is_empty());
    for (n, one) in all.iter().enumerate() {
        for other in &all[n + 1..] {
            let ([x, y, w, h], [ox, oy, ow, oh]) = (one.bounds, other.bounds);
            assert!(
                x + w <= ox || ox + ow <= x || y + h <= oy || oy + oh <= y,
                "{} and {}",
                one.name,
                other.name
            );
        }
    }
}

#[test]
fn what_stands_on_nothing_says_what_to_do() {
    let world = Timeline::new(7).expect("the catalogue has no mistake");
    for plan in [
        layers(
            &crate::scene::pile(world.world(), &Default::default(), &mut Default::default()),
            None,
            1128.0,
            540.0,
        ),
        build(&crate::scene::graph(world.world(), None), 390.0, 410.0),
    ] {
        fits(&plan);
        assert!(
            plan.drawing
                .items
                .iter()
                .flat_map(|i| &i.shapes)
                .any(|s| matches!(s, Shape::Text(.., words) if words.starts_with("docker ")))
        );
    }
}

#[test]
fn many_containers_stand_in_rows_and_nothing_is_scrolled_sideways() {
    let mut timeline = story(30_000_000);
    for (count, until) in [(3, 60), (6, 90), (40, 200)] {
        let loop_of = format!("for n in $(seq 1 {count}); do docker run -d --name api-$n redis:7; done");
        timeline.issue(Command::Line(loop_of));
        timeline.reach(Time(until * 1_000_000));
        let seen = scene(timeline.world());
        assert_eq!(seen.berths.len(), count + 1);
        for (width, height) in BOXES {
            let plan = place(&seen, width, height);
            fits(&plan);
            assert!(plan.drawing.size.0 <= width, "{count} at {width}: {}", plan.drawing.size.0);
            if count == 6 && width >= 1000.0 {
                assert!(plan.drawing.size.1 <= height.max(400.0), "seven fit at {width} by {height}");
            }
            apart(&plan, "berth ");
        }
    }
    let plan = place(&scene(timeline.world()), 1128.0, 540.0);
    let low = plan.drawing.items.iter().filter(|i| i.class.starts_with("berth ")).map(|i| i.bounds[3]);
    assert!(low.fold(f64::MAX, f64::min) >= 20.0, "each can be read and pressed");
}
