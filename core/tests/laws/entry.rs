//! What the fuzz targets and the bounded random tests call: the shell, the command line and templates, with
//! anything for input. They must not panic, and a World must stay one.

use drydock::cli::parse;
use drydock::cli::template::Template;
use drydock::engine::World;
use drydock::machine;
use drydock::time::{Span, Time};
use drydock::timeline::Timeline;

thread_local! {
    static BASE: World = {
        let mut timeline = Timeline::new(5).expect("the catalogue has no mistake");
        timeline.reach(Time(1_000_000));
        timeline.world().clone()
    };
}

/// Types a text at the learner's shell, and lets a little time pass.
pub fn shell(text: &str) -> World {
    let mut world = BASE.with(Clone::clone);
    for line in text.lines().take(12) {
        machine::type_line(&mut world, line);
        let until = world.now + Span::millis(300);
        machine::reach(&mut world, until);
    }
    world
}

/// Reads the arguments of `docker`, one a line or as words.
pub fn command_line(text: &str) {
    let argv: Vec<String> = text.split(['\n', ' ']).map(str::to_owned).collect();
    let _ = parse::parse(&argv);
}

/// Parses a template and renders it.
pub fn template(text: &str) {
    let data = serde_json::json!({
        "ID": "b59a", "Names": "/web", "Size": 12.5, "State": {"Running": true, "Pid": 7, "Health": null},
        "Labels": {"a": "1", "b": "2"}, "Ports": ["80/tcp", "443/tcp"], "Mounts": [{"Name": "v"}]
    });
    if let Ok(template) = Template::parse(text) {
        let _ = template.render(&data);
    }
}
