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
