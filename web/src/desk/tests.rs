use super::*;
use drydock::time::Time;
use drydock::timeline::{Command, Timeline};

fn begun(line: &str) -> Timeline {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    timeline.reach(Time(1_000_000));
    timeline.issue(Command::Line(line.to_owned()));
    timeline.reach(Time(3_000_000));
    timeline
}

#[test]
fn folders_open_and_links_say_where_they_lead() {
    let timeline = begun(
        "mkdir -p app/src; cd app; echo hi > src/a.txt; ln -s src/a.txt link; ln -s src short; chmod 755 src/a.txt",
    );
    let world = timeline.world();
    let root = "/home/learner/app";
    let open = [key(root, root), key(root, "/home/learner/app/src"), key(root, "/home/learner/app/short")];
    let shown: Vec<String> = rows(world, &open)
        .iter()
        .map(|r| {
            let mark = match r.open {
                Some(true) => "-",
                Some(false) => "+",
                None => " ",
            };
            let target = r.stat.target.as_ref().map(|t| format!(" -> {t}")).unwrap_or_default();
            format!("{}{mark}{}{target} {}/{}", " ".repeat(r.level), r.name, r.place.0, r.place.1)
        })
        .collect();
    let expected = [
        " -~/app 1/3",
        "  -src 1/3",
        "    a.txt 1/1",
        "   link -> src/a.txt 2/3",
        "  -short -> src 3/3",
        "    a.txt 1/1",
        " +~ (home) 2/3",
        " +/ (everything) 3/3",
    ];
    assert_eq!(shown, expected);
    assert_eq!(mode(&rows(world, &open)[2].stat), "-rwxr-xr-x");
    assert_eq!(read(world, "/home/learner/app/link").as_deref(), Ok("hi\n"));
    assert!(read(world, "/usr/bin/docker").is_err() && read(world, "/home/learner/none").is_err());
}
