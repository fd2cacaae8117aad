use super::*;
use crate::engine::World;

#[test]
fn a_line_is_completed_from_the_table_and_the_world() {
    let world = World::new(7).expect("the catalogue has no mistake");
    let all = |line: &str| complete(&world, line).words.join("|");
    let done = |line: &str| complete(&world, line).apply(line);
    assert_eq!(done("dock"), "docker ");
    assert_eq!(all("docker pu"), "pull |push ");
    assert_eq!(done("docker pu"), "docker pu");
    assert_eq!(done("docker run --na"), "docker run --name=");
    assert_eq!(done("docker container insp"), "docker container inspect ");
    assert_eq!(done("docker run -d ngi"), "docker run -d nginx ");
    assert!(all("docker pull alpine:3.2").starts_with("alpine:3.20 |"), "{}", all("docker pull alpine:3.2"));
    assert_eq!(done("true && docker network inspect brid"), "true && docker network inspect bridge ");
    assert_eq!(done("ls /et"), "ls /etc/");
    assert_eq!(done("docker nosuch "), "docker nosuch ");
}
