use super::*;
use crate::scene::Object;
use drydock::time::Time;
use drydock::timeline::{Command, Timeline};

/// A World after these lines, each done before the next.
pub fn after(lines: &[&str]) -> Timeline {
    let mut timeline = Timeline::new(7).expect("the catalogue has no mistake");
    for (n, line) in lines.iter().enumerate() {
        timeline.reach(Time(1_000_000 + 40_000_000 * n as u64));
        timeline.issue(Command::Line((*line).to_owned()));
        timeline.reach(Time(40_000_000 * (n as u64 + 1)));
    }
    timeline
}

const NOTES: [&str; 9] = [
    "mkdir /tmp/notes",
    "cd /tmp/notes",
    "echo one > page.html",
    "printf 'FROM nginx:1.27\\nRUN echo more >> /etc/nginx/nginx.conf\\nCOPY page.html /srv/\\nRUN rm /etc/os-release && mkdir /srv/log\\n' > Dockerfile",
    "docker build -t notes .",
    "docker pull httpd:2.4",
    "docker run -d --name web notes",
    "docker exec web sh -c 'echo two >> /srv/page.html; echo x > /tmp/new; rm /etc/nginx/conf.d/default.conf'",
    "docker ps",
];

/// The Layers lens as text.
fn written(pile: &Pile) -> String {
    let mut text = format!("{}\n", pile.name);
    for row in &pile.rows {
        let name = row.look.as_ref().map_or("writable", |l| &l.digits[..8]);
        let by: String = row.by.chars().take(40).collect();
        text.push_str(&format!("{name} {} B {:?} {by} {}\n", row.size, row.counts, row.others.join(" ")));
    }
    for trace in &pile.paths {
        let cells: Vec<String> = trace
            .cells
            .iter()
            .map(|c| format!("{} {:?} {}{}", c.row, c.kind, c.size, if c.hidden { " hidden" } else { "" }))
            .collect();
        text.push_str(&format!("{}: {}\n", trace.path, cells.join(", ")));
    }
    text
}

#[test]
fn a_path_comes_from_the_first_layer_that_has_it() {
    let timeline = after(&NOTES);
    let choice = Choice { subject: Some(Object::Container("web".to_owned())), ..Choice::default() };
    let seen = pile(timeline.world(), &choice, &mut Known::default());
    expect_test::expect![[r#"
        web
        writable 10 B [1, 1, 1]  
        writable 0 B [6, 0, 0] made when it was created 
        393e2d33 0 B [0, 0, 1] RUN rm /etc/os-release && mkdir /srv/log 
        9f6c1d4d 4 B [1, 0, 0] COPY page.html /srv/ 
        c7633472 220 B [0, 1, 0] RUN echo more >> /etc/nginx/nginx.conf 
        0c4c2d69 74 B [1, 0, 0] COPY 30-tune-worker-processes.sh /docker 
        71b1bc41 153 B [1, 0, 0] COPY 20-envsubst-on-templates.sh /docker 
        e9ccb3f0 66 B [1, 0, 0] COPY 15-local-resolvers.envsh /docker-en 
        719ab415 119 B [1, 0, 0] COPY 10-listen-on-ipv6-by-default.sh /do 
        588a752b 375 B [1, 0, 0] COPY docker-entrypoint.sh / 
        ea2a2bbe 115569054 B [10, 2, 0] RUN set -x && groupadd --system --gid 10 
        6eb7ff69 74911478 B [138, 0, 0] # debian.sh --arch 'amd64' out/ 'bookwor httpd:2.4
        /srv/page.html: 0 File 8, 3 File 4 hidden
        /etc/nginx/conf.d/default.conf: 0 Whiteout 0, 10 File 203 hidden
        /tmp/new: 0 File 2
        /etc/os-release: 2 Whiteout 0, 11 File 180 hidden
        /etc/nginx/nginx.conf: 4 File 220, 10 File 215 hidden
        /docker-entrypoint.d/30-tune-worker-processes.sh: 5 File 74
        /docker-entrypoint.d/20-envsubst-on-templates.sh: 6 File 153
        /docker-entrypoint.d/15-local-resolvers.envsh: 7 File 66
        /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh: 8 File 119
        /docker-entrypoint.sh: 9 File 375
        /etc/passwd: 10 File 277, 11 File 229 hidden
        /usr/lib/x86_64-linux-gnu/libraries: 11 File 37000000
    "#]]
    .assert_eq(&written(&seen));
    let names: Vec<&str> = seen.subjects.iter().map(|s| s.1.as_str()).collect();
    assert_eq!(names, ["web", "httpd:2.4", "notes:latest"]);
}

#[test]
fn what_a_later_layer_hides_is_counted() {
    let timeline = after(&NOTES);
    let world = timeline.world();
    let choice = Choice {
        subject: world.images.resolve("notes").map(|i| Object::Image(i.id.to_string())),
        ..Choice::default()
    };
    let seen = pile(world, &choice, &mut Known::default());
    let paths: Vec<&str> = seen.waste.files.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(paths, ["/etc/passwd", "/etc/nginx/nginx.conf", "/etc/os-release", "/etc/group"]);
    assert_eq!(seen.waste.hidden, seen.waste.files.iter().map(|f| f.1).sum::<u64>());
    assert_eq!(seen.waste.stored, world.images.resolve("notes").map_or(0, |i| i.size()));
    assert_eq!(seen.waste.efficiency(), "99.9");
    // What is beside it is the image with which it shares most: both are made on Debian.
    assert_eq!(
        seen.towers.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(),
        ["notes:latest", "httpd:2.4"]
    );
    assert_eq!(seen.common, 1);
    assert_eq!(seen.store.0 - seen.store.1, seen.towers[0].layers[0].1, "the base is stored once");
}

#[test]
fn the_tree_is_unfolded_where_it_is_asked_to_be() {
    let timeline = after(&NOTES);
    let unfolded = ["/srv", "/etc", "/etc/nginx", "/etc/nginx/conf.d"].map(str::to_owned).to_vec();
    let subject = Some(Object::Container("web".to_owned()));
    let seen =
        pile(timeline.world(), &Choice { subject, unfolded, ..Choice::default() }, &mut Known::default());
    let lines = seen.tree.iter().filter(|b| {
        b.path.starts_with("/srv")
            || b.path.starts_with("/etc/nginx")
            || b.path == "/etc/os-release"
            || b.depth == 0
    });
    let text: String = lines
        .map(|b| {
            let mark = match (b.gone, b.unfolded) {
                (true, _) => " gone",
                (_, Some(true)) => " open",
                (_, Some(false)) => " shut",
                _ => "",
            };
            format!("{}{} from {}{mark}\n", "  ".repeat(b.depth), b.path, b.row)
        })
        .collect();
    expect_test::expect![[r#"
        /.dockerenv from 1
        /bin from 11
        /dev from 1 shut
        /docker-entrypoint.d from 5 shut
        /docker-entrypoint.sh from 9
        /etc from 0 open
          /etc/nginx from 0 open
            /etc/nginx/conf.d from 0 open
              /etc/nginx/conf.d/default.conf from 10 gone
            /etc/nginx/nginx.conf from 4
          /etc/os-release from 11 gone
        /home from 11 shut
        /lib from 11
        /lib64 from 11
        /media from 11 shut
        /mnt from 11 shut
        /opt from 11 shut
        /proc from 1 shut
        /root from 11 shut
        /run from 11 shut
        /sbin from 11
        /srv from 0 open
          /srv/log from 2 shut
          /srv/page.html from 0
        /sys from 1 shut
        /tmp from 0 shut
        /usr from 10 shut
        /var from 10 shut
    "#]]
    .assert_eq(&text);
}

#[test]
fn an_opaque_directory_hides_what_is_below_it() {
    let timeline = after(&[
        "mkdir /tmp/o",
        "cd /tmp/o",
        "printf 'FROM busybox\\nRUN mkdir /data && echo 1 > /data/one && echo 2 > /data/two\\nRUN rm -r /data && mkdir /data && echo 3 > /data/three\\n' > Dockerfile",
        "docker build -t o .",
        "docker ps",
    ]);
    let world = timeline.world();
    let choice = Choice {
        subject: world.images.resolve("o").map(|i| Object::Image(i.id.to_string())),
        unfolded: vec!["/data".to_owned()],
        ..Choice::default()
    };
    let seen = pile(world, &choice, &mut Known::default());
    let inside: Vec<&str> =
        seen.tree.iter().filter(|b| b.path.starts_with("/data")).map(|b| b.path.as_str()).collect();
    assert_eq!(inside, ["/data", "/data/three"]);
    assert_eq!(seen.rows[0].counts, [1, 0, 1], "one file new, one directory replaced");
    assert_eq!(seen.waste.files.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["/data/one", "/data/two"]);
}

#[test]
fn what_is_known_of_layers_is_used_until_they_change() {
    let mut timeline = after(&NOTES);
    let choice = Choice { subject: Some(Object::Container("web".to_owned())), ..Choice::default() };
    let mut known = Known::default();
    let first = pile(timeline.world(), &choice, &mut known);
    let kept = known.clone();
    assert_eq!(pile(timeline.world(), &choice, &mut known), first);
    assert!(known == kept && first.rows[0].counts == [1, 1, 1]);
    timeline.issue(Command::Line("docker exec web rm /docker-entrypoint.sh".to_owned()));
    timeline.reach(Time(500_000_000));
    let later = pile(timeline.world(), &choice, &mut known);
    assert_eq!(later.rows[0].counts, [1, 1, 2]);
    assert_eq!(later, pile(timeline.world(), &choice, &mut Known::default()));
    // Another image: nothing of the first is left.
    let other = Choice {
        subject: timeline.world().images.resolve("httpd:2.4").map(|i| Object::Image(i.id.to_string())),
        ..Choice::default()
    };
    assert_eq!(
        pile(timeline.world(), &other, &mut known),
        pile(timeline.world(), &other, &mut Known::default())
    );
}
