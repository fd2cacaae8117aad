//! What the native build and the browser's build are compared by (law 2): one story, one hash.

use drydock::time::{Span, Time};
use drydock::timeline::{Command, Timeline};

/// The lines of the story, ten seconds apart.
pub const STORY: [&str; 6] = [
    "docker run -d -p 8080:80 --name web nginx:1.27",
    "curl -s localhost:8080 | head -n 4",
    "for n in 1 2 3; do docker run --rm alpine:3.20 sh -c \"echo $n; hostname\"; done",
    "docker run -d -p 5000:5000 --name registry registry:3; docker tag alpine:3.20 localhost:5000/mine:1",
    "docker push localhost:5000/mine:1; docker ps -a; docker stop web",
    "ping -c 2 172.17.0.3; docker logs web; docker nosuch; cat < /nowhere",
];

/// The hash of the World at the end of the story.
///
/// # Panics
/// When the catalogue of images has a mistake.
pub fn hash() -> String {
    let mut timeline = Timeline::new(11).expect("the catalogue has no mistake");
    timeline.reach(Time(0) + Span::seconds(1));
    for line in STORY {
        timeline.issue(Command::Line(line.to_owned()));
        let until = timeline.now() + Span::seconds(10);
        timeline.reach(until);
    }
    timeline.world().hash().to_string()
}
