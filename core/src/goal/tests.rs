//! Goals in a World that goes on.

use super::Goal;
use crate::machine;
use crate::time::Time;

#[test]
fn goals_are_facts_that_the_world_ticks_and_undoes() {
    let mut world = crate::engine::World::new(7).expect("the catalogue has no mistake");
    machine::reach(&mut world, Time(1_000_000));
    let goal = |text: &str| text.parse::<Goal>().expect("a goal");
    let (image, runs) = (goal("image nginx:1.27"), goal("container web running"));
    let (port, reply) = (goal("port 8080 web"), goal("reply localhost:8080 200"));
    let (typed, gone) = (goal("typed docker run -d"), goal("removed web"));
    let all = [&image, &runs, &port, &typed, &reply, &gone];
    assert!(all.iter().all(|g| !g.holds(&world)));
    machine::type_line(&mut world, "docker run  -d --name web -p 8080:80 nginx:1.27");
    machine::reach(&mut world, Time(30_000_000));
    machine::type_line(&mut world, "curl -s localhost:8080");
    machine::reach(&mut world, Time(60_000_000));
    assert!(all[..5].iter().all(|g| g.holds(&world)) && !gone.holds(&world), "{}", world_text(&world));
    machine::type_line(&mut world, "docker rm -f web");
    machine::reach(&mut world, Time(90_000_000));
    assert!(gone.holds(&world) && !runs.holds(&world) && !port.holds(&world));
}

fn world_text(world: &crate::engine::World) -> String {
    world.kernel.terminals.values().map(|t| t.text()).collect()
}

#[test]
fn goals_about_images_and_registries() {
    let mut world = crate::engine::World::new(7).expect("the catalogue has no mistake");
    machine::reach(&mut world, Time(1_000_000));
    let lines = [
        "docker run -d -q --name registry -p 5000:5000 registry:2",
        "docker pull -q alpine:3.20",
        "printf 'FROM alpine:3.20\\nENV A=b\\nCOPY key /key\\nRUN rm /key\\nENTRYPOINT [\"echo\", \"x\"]\\n' > Dockerfile",
        "echo secret > key",
        "docker build -q -t localhost:5000/a:1 .",
        "docker tag localhost:5000/a:1 b",
        "docker push -q localhost:5000/a:1",
        "docker rmi b",
    ];
    for (n, line) in lines.iter().enumerate() {
        machine::type_line(&mut world, line);
        machine::reach(&mut world, Time(20_000_000 * (n as u64 + 1)));
    }
    let unmet = |text: &str| text.parse::<Goal>().expect("a goal").unmet(&world).map(|u| u.sentence);
    for met in [
        "layers localhost:5000/a:1 3 & on localhost:5000/a:1 alpine:3.20 & common alpine:3.20 localhost:5000/a:1 1",
        "hides localhost:5000/a:1 /key & holds localhost:5000/a:1 /etc/passwd & lacks alpine:3.20 /key",
        "below localhost:5000/a:1 9 & entrypoint localhost:5000/a:1 echo x & variable localhost:5000/a:1 A=b",
        "shelf localhost:5000/a:1 & untagged localhost:5000/a:1 & command alpine:3.20 /bin/sh",
    ] {
        assert_eq!(unmet(met), None, "{}", world_text(&world));
    }
    for (goal, says) in [
        (
            "same alpine:3.20 localhost:5000/a:1",
            "Image alpine:3.20 is there, but localhost:5000/a:1 is not the same image.",
        ),
        ("layers alpine:3.20 2", "Image alpine:3.20 is there, but it has 1 layers, not 2."),
        ("lacks localhost:5000/a:1 /key", "Image localhost:5000/a:1 is there, but a layer of it has /key."),
        ("shelf localhost:5000/a:2", "The registry at localhost:5000 has no a:2."),
        ("closed localhost:5000", "The registry at localhost:5000 asks nobody for an account."),
        ("pinned registry", "Container registry was made of registry:2, not of a digest."),
        ("holds c /key", "Image c is not in the image store."),
        ("shown secret", "The terminal has not shown the line secret."),
    ] {
        assert_eq!(unmet(goal).as_deref(), Some(says));
    }
}

#[test]
fn a_wrong_goal_is_refused() {
    for text in [
        "",
        "image",
        "image UPPER",
        "container web flying",
        "port x web",
        "sing a song",
        "typed",
        "volume a & fly",
    ] {
        assert!(text.parse::<Goal>().is_err(), "{text}");
    }
}

#[test]
fn what_is_unmet_says_which_part_and_where() {
    let mut world = crate::engine::World::new(7).expect("the catalogue has no mistake");
    machine::reach(&mut world, Time(1_000_000));
    let unmet = |world: &crate::engine::World, text: &str| {
        let goal: Goal = text.parse().expect("a goal");
        goal.unmet(world).map_or_else(String::new, |u| format!("{} [{}]", u.sentence, u.object))
    };
    assert_eq!(unmet(&world, "container web running"), "There is no container web. [daemon]");
    let there = "Image alpine:3.20 is not in the image store. [tag registry-1.docker.io library/alpine]";
    assert_eq!(unmet(&world, "image alpine:3.20"), there);
    let line = "docker create --name web -p 8080:80 --memory 32m -v pages:/pages alpine:3.20 sleep 9";
    machine::type_line(&mut world, line);
    machine::reach(&mut world, Time(30_000_000));
    let told = |text: &str| unmet(&world, text);
    assert_eq!(
        told("container web running"),
        "Container web is there, but it is not running. [container web]"
    );
    assert_eq!(told("port 8080 web"), "Port 8080 of the host leads nowhere. [container web]");
    assert_eq!(
        told("memory web 64"),
        "Container web is there, but its memory is limited to 32 MiB, not 64. [container web]"
    );
    assert_eq!(told("did web pause"), "The daemon has noted no event `pause` of web. [container web]");
    assert_eq!(told("did web create & volume papers & volume pens"), "There is no volume papers. [daemon]");
    assert_eq!(told("shares web pid host"), "Container web is there, but it is not running. [container web]");
    assert_eq!(told("ended web 0"), "No container web has ended. [container web]");
    assert_eq!(
        told("mount web bind /pages"),
        "Container web is there, but no bind is mounted at /pages. [container web]"
    );
    for met in [
        "memory web 32",
        "mount web volume /pages",
        "volume pages",
        "did web create",
        "memory web 32 & volume pages",
        "container web created",
    ] {
        assert_eq!(told(met), "");
    }
    assert!(super::answer(&world).starts_with("Unable to find image"), "{}", super::answer(&world));
}
