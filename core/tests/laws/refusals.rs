//! Law 10: bad input gets Docker's own error and changes nothing.

use drydock::engine::World;
use drydock::machine::run_command;

/// What is refused, and the words of the refusal.
const REFUSED: &[(&str, &str)] = &[
    ("docker nosuch", "docker: unknown command: docker nosuch"),
    ("docker run", "requires at least 1 argument"),
    ("docker run --nosuch busybox", "unknown flag: --nosuch"),
    ("docker run UPPER", "repository name (library/UPPER) must be lowercase"),
    ("docker run -p 99999:80 busybox", "invalid"),
    ("docker run --name /bad/ busybox true", "Invalid container name"),
    ("docker rm nosuch", "No such container: nosuch"),
    ("docker rmi nosuch", "No such image: nosuch:latest"),
    ("docker stop nosuch", "No such container: nosuch"),
    ("docker exec nosuch ls", "No such container: nosuch"),
    ("docker tag nosuch mine", "No such image: nosuch:latest"),
    ("docker inspect nosuch", "No such object: nosuch"),
    ("docker ps --filter nosuch=1", "invalid filter 'nosuch'"),
    ("docker ps --format '{{.Nosuch}'", "bad character U+007D '}'"),
    ("docker pull alpine:nosuch", "not found"),
    ("docker run --memory 1k busybox true", "Minimum memory limit allowed is 6MB"),
    ("docker logs", "requires 1 argument"),
    ("docker network inspect nosuch", "network nosuch not found"),
    (
        "docker network create --gateway 10.0.0.1 x",
        "every ip-range or gateway must have a corresponding subnet",
    ),
    (
        "docker network create --subnet 10.0.0.0/24 --gateway 10.9.9.9 x",
        "no matching subnet for gateway 10.9.9.9",
    ),
    ("cat < /nowhere", "No such file"),
    ("ls /nowhere", "No such file or directory"),
    ("if then", "Syntax error"),
    ("echo 'open", "Unterminated quoted string"),
];

#[test]
fn what_is_refused_changes_nothing() {
    let mut world = World::measured(7, false).expect("the catalogue has no mistake");
    for (line, words) in REFUSED {
        let before =
            (world.containers.clone(), world.images.clone(), world.networks.clone(), world.volumes.clone());
        let outcome = run_command(&mut world, line);
        assert_ne!(outcome.status, Some(0), "{line}: {outcome:?}");
        assert!(outcome.stderr.contains(words), "{line}: {}", outcome.stderr);
        let after =
            (world.containers.clone(), world.images.clone(), world.networks.clone(), world.volumes.clone());
        assert!(before == after, "{line} changed something");
    }
}

#[test]
fn what_is_not_simulated_says_so() {
    let mut world = World::measured(7, false).expect("the catalogue has no mistake");
    for line in
        ["docker network create --ipv6 x", "docker swarm init", "docker plugin ls", "docker buildx bake"]
    {
        let outcome = run_command(&mut world, line);
        assert!(outcome.stderr.contains("not simulated"), "{line}: {outcome:?}");
        assert_ne!(outcome.status, Some(0));
    }
}
