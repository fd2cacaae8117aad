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
    assert!(goal("container-of nginx:1.27 running").holds(&world));
    machine::type_line(&mut world, "docker rm -f web");
    machine::reach(&mut world, Time(90_000_000));
    assert!(gone.holds(&world) && !runs.holds(&world) && !port.holds(&world));
}

fn world_text(world: &crate::engine::World) -> String {
    world.kernel.terminals.values().map(|t| t.text()).collect()
}

#[test]
fn a_wrong_goal_is_refused() {
    for text in ["", "image", "image UPPER", "container web flying", "port x web", "sing a song", "typed"] {
        assert!(text.parse::<Goal>().is_err(), "{text}");
    }
}
