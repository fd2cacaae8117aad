use super::*;
use drydock::timeline::{Command, Timeline};

#[test]
fn a_pull_is_seen_on_its_way_and_the_container_after_it() {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline.issue(Command::Line("docker run -d -p 8080:80 --name web nginx:1.27".to_owned()));
    timeline.reach(Time(4_000_000));
    let during = scene(timeline.world(), timeline.now());
    assert!(during.blobs.iter().any(|b| b.part > 0.0 && b.part < 1.0), "{during:?}");
    assert!(during.berths.is_empty());
    timeline.reach(Time(30_000_000));
    let after = scene(timeline.world(), timeline.now());
    assert_eq!(after.berths[0].state, "running");
    assert_eq!(after.berths[0].layers, after.images[0].layers);
    assert_eq!(
        outline(&after),
        "1 images in the store. Container web, running, nginx:1.27. Port 8080 of the host leads to web. "
    );
}
