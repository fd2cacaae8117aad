use super::*;
use drydock::time::Time;
use drydock::timeline::{Command, Timeline};

#[test]
fn a_pull_is_seen_on_its_way_and_the_container_after_it() {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline.issue(Command::Line("docker run -d -p 8080:80 --name web nginx:1.27".to_owned()));
    timeline.reach(Time(4_000_000));
    let moving = traffic(timeline.world(), timeline.now());
    assert!(moving.blobs.iter().any(|b| b.part > 0.0 && b.part < 1.0), "{moving:?}");
    let during = scene(timeline.world());
    assert!(during.berths.is_empty());
    assert_eq!(during.images[0].name, "nginx:1.27");
    assert!(during.images[0].layers.iter().any(|l| l.state == SlotState::Missing));
    timeline.reach(Time(30_000_000));
    timeline.issue(Command::Line("curl -s localhost:8080".to_owned()));
    timeline.reach(Time(40_000_000));
    let after = scene(timeline.world());
    assert_eq!((after.berths[0].state, after.berths[0].ports.as_str()), ("running", "port 8080 to 80"));
    let stored: Vec<Look> = after.images[0].layers.iter().map(|l| l.look.clone()).collect();
    let shelved = after.shelves[0].tags.iter().find(|t| t.tag == "1.27").expect("nginx is on a shelf");
    assert_eq!(after.berths[0].layers, stored);
    assert_eq!(shelved.layers, stored);
    assert_eq!(after.doors, [(8080, "web".to_owned())]);
    let reply = ["localhost", "Welcome to nginx!", "sent by web"].map(str::to_owned);
    assert_eq!(after.reply, Some(reply));
}

/// The Kernel lens as text.
fn written(sheet: &Sheet) -> String {
    let mut text = String::new();
    for leaf in &sheet.tree {
        let own = leaf.own.map(|own| format!(", {own} in {}", leaf.container)).unwrap_or_default();
        text.push_str(&format!("{}{} {}{own}\n", "  ".repeat(leaf.depth), leaf.pid, leaf.name));
    }
    text.push_str(&format!("and {} more\n", sheet.others));
    for column in &sheet.columns {
        let last: Vec<String> = column.namespaces.iter().map(|n| (n % 1000).to_string()).collect();
        text.push_str(&format!("{} ({}) {}\n", column.name, column.program, last.join(" ")));
    }
    text
}

#[test]
fn the_kernel_lens_shows_two_pids_and_who_shares_what() {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    let lines = [
        "docker run -d --name web -m 256m --pids-limit 20 nginx:1.27",
        "docker run -d --name api --cpus 0.5 busybox sleep 900",
        "docker run -d --name debug --pid container:web --network container:web busybox sleep 900",
        "docker run -d --name near --network host busybox sleep 900",
        "docker run --name hello busybox true",
    ];
    for (n, line) in lines.iter().enumerate() {
        timeline.issue(Command::Line((*line).to_owned()));
        timeline.reach(Time(20_000_000 * (n as u64 + 1)));
    }
    let seen = sheet(timeline.world());
    expect_test::expect![[r#"
        1 init
          9 containerd
          10 dockerd
          12 bash
          14 containerd-shim
            15 nginx, 1 in web
          20 containerd-shim
            21 sleep, 1 in api
          23 containerd-shim
            24 sleep, 5 in debug
          26 containerd-shim
            27 sleep, 1 in near
        and 8 more
        host (init) 836 840 841 838 839 837 835
        near (sleep) 216 840 220 217 218 837 219
        web (nginx) 200 201 205 202 203 837 204
        debug (sleep) 200 201 215 212 213 837 214
        api (sleep) 206 207 211 208 209 837 210
    "#]]
    .assert_eq(&written(&seen));
    assert_eq!(seen.idle, ["hello"]);
    let web = seen.columns.iter().find(|c| c.name == "web").and_then(|c| c.gauge.clone()).expect("it runs");
    assert_eq!((web.memory.1, web.pids), (Some(256 << 20), (1, Some(20))));
    let api = seen.columns.iter().find(|c| c.name == "api").and_then(|c| c.gauge.clone()).expect("it runs");
    assert_eq!((api.memory.1, api.cpu.1), (None, Some(500)));
    assert_eq!(seen.machines.count, 4);
}
