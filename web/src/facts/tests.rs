use super::*;
use crate::scene::scene;
use drydock::timeline::{Command, Timeline};

#[test]
fn every_object_of_the_stage_has_its_card() {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline.issue(Command::Line("docker run -d -p 8080:80 --name web nginx:1.27".to_owned()));
    timeline.reach(Time(30_000_000));
    timeline.issue(Command::Line("curl -s localhost:8080".to_owned()));
    timeline.reach(Time(40_000_000));
    let world = timeline.world();
    let plan = crate::place::place(&scene(world), 1128.0, 540.0);
    let kernel = crate::place::sheet(&crate::scene::sheet(world), 1128.0, 540.0);
    let items = plan.drawing.items.iter().chain(&kernel.drawing.items);
    let objects: Vec<&Object> = items.filter_map(|i| i.object.as_ref()).collect();
    assert!(objects.len() > 12, "{objects:?}");
    for object in objects {
        let card = card(world, timeline.now(), object).unwrap_or_else(|| panic!("{object:?} has no card"));
        assert!(!card.tabs.is_empty() && !card.title.is_empty());
    }
    let looked = |object: Object| card(world, timeline.now(), &object).map(|c| c.sub);
    let file = |path: &str| looked(Object::File("container web".to_owned(), path.to_owned()));
    assert!(file("/etc/nginx/nginx.conf").is_some_and(|s| s.starts_with("Read from ")));
    assert_eq!(file("/no/such"), None);
    let web = card(world, timeline.now(), &Object::Container("web".to_owned())).expect("it is there");
    let Some((_, Body::Text(json))) = web.tabs.last() else { panic!("the last tab is JSON") };
    assert!(json.starts_with("[\n    {\n        \"Id\": "), "{json}");
    assert_eq!(card(world, timeline.now(), &Object::Container("gone".to_owned())), None);
}
