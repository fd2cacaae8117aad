use super::*;
use drydock::timeline::{Command, Timeline};

const FILES: [&str; 4] = [
    "mkdir /tmp/shop",
    "cd /tmp/shop",
    "echo print > app.py; echo flask > requirements.txt",
    "printf 'FROM busybox AS base\\nWORKDIR /app\\nFROM base AS test\\nRUN echo test\\nFROM base AS deps\\nCOPY requirements.txt .\\nRUN sleep 4; echo lib > lib.py\\nFROM base\\nENV A=1\\nCOPY --from=deps /app/lib.py .\\nCOPY app.py .\\nRUN sleep 2 && echo built > built\\n' > Dockerfile",
];

fn story() -> (Timeline, u64) {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    for (n, line) in FILES.iter().enumerate() {
        timeline.issue(Command::Line((*line).to_owned()));
        timeline.reach(Time(2_000_000 + 1_000_000 * n as u64));
    }
    (timeline, 6_000_000)
}

/// The Build lens as text.
fn written(graph: &Graph) -> String {
    let mut text = format!("{}: {}\ncontext {:?}\n", graph.title, graph.sub, graph.context);
    for lane in &graph.lanes {
        let needed = if lane.needed { "" } else { ", not needed" };
        text.push_str(&format!("{}{needed}{}\n", lane.name, if lane.target { ", target" } else { "" }));
        for card in &lane.cards {
            let takes = if card.from.is_empty() { String::new() } else { format!(", from {:?}", card.from) };
            let sent = if card.context { ", context" } else { "" };
            text.push_str(&format!(
                "  {} ({} {}, {} layers{takes}{sent}) {}\n",
                card.text,
                card.state,
                card.word,
                card.looks.len(),
                card.why
            ));
        }
    }
    graph.error.iter().for_each(|line| text.push_str(&format!("! {line}\n")));
    text
}

#[test]
fn steps_run_wait_and_are_done_and_what_is_not_needed_is_skipped() {
    let (mut timeline, at) = story();
    timeline.reach(Time(at));
    timeline.issue(Command::Line("docker build -t shop:1.0 .".to_owned()));
    timeline.reach(Time(at + 4_000_000));
    let during = graph(timeline.world(), None);
    expect_test::expect![[r#"
        shop:1.0: 9 steps: 0 cached, 5 done, 1 at work, 3 to come.
        context Some((3, 248))
        base
          FROM busybox (done 0.0s, 1 layers) 
          WORKDIR /app (done 0.0s, 1 layers) 
        test, not needed
          FROM base (unused not needed, 0 layers, from [0]) 
          RUN echo test (unused not needed, 0 layers) 
        deps
          FROM base (done on base, 2 layers, from [0]) 
          COPY requirements.txt . (done 0.0s, 1 layers, context) 
          RUN sleep 4; echo lib > lib.py (running running, 0 layers) 
        stage-3, target
          FROM base (done on base, 2 layers, from [0]) 
          COPY --from=deps /app/lib.py . (waits waits, 0 layers, from [2]) 
          COPY app.py . (waits waits, 0 layers, context) 
          RUN sleep 2 && echo built > built (waits waits, 0 layers) 
    "#]]
    .assert_eq(&written(&during));
    let work = turns(timeline.world(), timeline.now(), &during);
    assert_eq!(work.iter().map(|t| t.place).collect::<Vec<_>>(), [(2, 2)]);
    assert!(work[0].part > 0.0 && work[0].part < 1.0, "{work:?}");
    timeline.reach(Time(at + 40_000_000));
    let after = graph(timeline.world(), None);
    expect_test::expect![[r#"
        shop:1.0: Done in 6.8s: 9 steps, 0 of them cached, 4.36MB.
        context Some((3, 248))
        base
          FROM busybox (done 0.0s, 1 layers) 
          WORKDIR /app (done 0.0s, 1 layers) 
        test, not needed
          FROM base (unused not needed, 0 layers, from [0]) 
          RUN echo test (unused not needed, 0 layers) 
        deps
          FROM base (done on base, 2 layers, from [0]) 
          COPY requirements.txt . (done 0.0s, 1 layers, context) 
          RUN sleep 4; echo lib > lib.py (done 4.0s, 1 layers) 
        stage-3, target
          FROM base (done on base, 2 layers, from [0]) 
          COPY --from=deps /app/lib.py . (done 0.0s, 1 layers, from [2]) 
          COPY app.py . (done 0.0s, 1 layers, context) 
          RUN sleep 2 && echo built > built (done 2.0s, 1 layers) 
    "#]]
    .assert_eq(&written(&after));
    // Back in time it is as it was.
    timeline.seek(Time(at + 4_000_000));
    assert_eq!(graph(timeline.world(), None), during);
}

#[test]
fn the_second_build_takes_from_the_cache_what_has_not_changed() {
    let (mut timeline, at) = story();
    for (n, line) in ["docker build -t shop:1.0 .", "echo more >> app.py; docker build -t shop:1.1 ."]
        .into_iter()
        .enumerate()
    {
        timeline.reach(Time(at + 40_000_000 * n as u64));
        timeline.issue(Command::Line(line.to_owned()));
        timeline.reach(Time(at + 40_000_000 * (n as u64 + 1)));
    }
    let seen = graph(timeline.world(), None);
    let states: Vec<Vec<&str>> =
        seen.lanes.iter().map(|l| l.cards.iter().map(|c| c.state).collect()).collect();
    assert_eq!(
        states,
        [
            vec!["done", "cached"],
            vec!["unused", "unused"],
            vec!["done", "cached", "cached"],
            vec!["done", "cached", "done", "done"],
        ]
    );
    // The build before is kept.
    let kept = builds(timeline.world());
    assert_eq!(kept.iter().map(|b| b.1.as_str()).collect::<Vec<_>>(), ["shop:1.1", "shop:1.0"]);
    let before = graph(timeline.world(), Some(kept[1].0));
    assert!(before.lanes[3].cards[2].state == "done" && before.title == "shop:1.0");
}

#[test]
fn a_failed_step_says_why() {
    let (mut timeline, at) = story();
    timeline.issue(Command::Line(
        "printf 'FROM busybox\\nRUN echo one\\nRUN echo two && exit 3\\nRUN echo three\\n' > Bad".to_owned(),
    ));
    timeline.reach(Time(at));
    timeline.issue(Command::Line("docker build -f Bad .".to_owned()));
    timeline.reach(Time(at + 20_000_000));
    expect_test::expect![[r#"
        an image without a name: Failed after 0.8s; no image was made.
        context None
        stage-0, target
          FROM busybox (done 0.0s, 1 layers) 
          RUN echo one (done 0.0s, 1 layers) 
          RUN echo two && exit 3 (failed failed, 0.0s, 0 layers) 
          RUN echo three (waits not reached, 0 layers) 
        ! process "/bin/sh -c echo two && exit 3" did not complete successfully: exit code: 3
        ! 0.040 two
    "#]]
    .assert_eq(&written(&graph(timeline.world(), None)));
}
