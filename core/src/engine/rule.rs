//! The rules behind refusals whose own words do not tell them, each in one plain sentence.

use crate::engine::World;
use crate::event::What;
use std::rc::Rc;

/// What a message says, and the rule behind it; the first that fits counts.
const RULES: [(&str, &str); 35] = [
    ("not simulated", "Drydock says so rather than pretend: on a real engine this works."),
    (
        "is already in use by container",
        "A name belongs to one container until that is removed or renamed; stopping it does not free the name.",
    ),
    ("port is already allocated", "A port of the host leads to one container at a time."),
    (
        "address already in use",
        "A port of the host belongs to one listener at a time, whether a container or a process of the host.",
    ),
    (
        "No such container",
        "Containers are found by their name or by the beginning of their id; `docker ps -a` lists them all.",
    ),
    ("No such object", "Nothing has this name or id: neither container, image, volume nor network."),
    (
        "No such image",
        "The image store has no such name; `docker images` lists what is there, and `docker pull` brings more.",
    ),
    ("multiple IDs found", "The beginning of an id must fit one object only: type more of it."),
    (
        "repository does not exist or may require",
        "A registry gives the same answer for a repository that is missing and for one you may not see.",
    ),
    ("manifest unknown", "The repository is there, but has no such tag."),
    ("not found: manifest", "The repository is there, but has no such tag."),
    (
        "does not exist locally with the tag",
        "A push sends what the image store has under that name: `docker tag` gives an image another one.",
    ),
    (
        "tag does not exist",
        "A push sends what the image store has under that name: `docker tag` gives an image another one.",
    ),
    (
        "unpause the container before",
        "The processes of a paused container are frozen, so they cannot be signalled, stopped or joined by others.",
    ),
    ("is already paused", "A container is paused once; its processes are frozen already."),
    ("is not paused", "Only the frozen processes of a paused container can be thawed."),
    (
        "is not running",
        "This needs a running process in the container; `docker start` begins its first process anew.",
    ),
    ("container is running: stop", "A running container is not removed: stop it first, or force it with -f."),
    ("volume is in use", "A volume stays as long as a container, running or not, has it among its mounts."),
    (
        "no such volume",
        "`docker volume ls` lists the volumes; one is made by `docker volume create`, or by its first mount.",
    ),
    (
        "volume name is too short",
        "A volume's name has two characters or more, so that it is never taken for a short word.",
    ),
    (
        "has active endpoints",
        "A network stays as long as a running container is connected to it: disconnect or stop that first.",
    ),
    ("pre-defined network", "bridge, host and none belong to the engine itself."),
    ("Pool overlaps", "Two networks of a host cannot share addresses."),
    ("already exists in network", "A container is connected to a network once."),
    ("already exists", "Names are unique among objects of one kind."),
    (
        "Minimum memory limit",
        "The runtime itself needs some memory to start a container, so the engine allows no less than 6 MB.",
    ),
    (
        "Invalid container name",
        "Names begin with a letter or digit and have two characters or more; after it `_`, `.` and `-` may follow.",
    ),
    (
        "executable file not found",
        "The command is looked for inside the image, in the directories of its PATH; the host's programs do not count.",
    ),
    (
        "no such file or directory",
        "Paths of a command are those inside the container; the host's files are not there unless they are mounted.",
    ),
    ("permission denied", "The file is there, but its mode does not let this user run it."),
    (
        "unable to find user",
        "Users are looked up in the image's own /etc/passwd; a number works without an entry.",
    ),
    (
        "must be lowercase",
        "Repository names are part of registries' addresses and are written in small letters; tags may have capitals.",
    ),
    (
        "invalid reference format",
        "An image is named `registry/repository:tag`, in small letters, digits and a few signs.",
    ),
    ("not found", "Nothing of this name is there; the `ls` command of its kind lists what is."),
];

/// Remembers a refusal, with the fact behind it if there is one, for `explain` and the Narrator.
pub fn refuse(world: &mut World, message: &str, cause: &str) {
    let rule = || RULES.iter().find(|r| message.contains(r.0)).map_or("", |r| r.1);
    // What the start of a container said in the background is said again by its client.
    let before = world.refusal.clone().filter(|r| r.0 == message);
    let known = before.as_ref().map_or("", |r| r.1.as_str());
    let cause = match (cause, known) {
        ("", "") => rule(),
        ("", known) => known,
        (cause, _) => cause,
    };
    let (message, cause) = (message.to_owned(), cause.to_owned());
    world.refusal = Some(Rc::new((message.clone(), cause.clone())));
    world.note(What::Refused { message, cause });
}

/// How many letters are to be put in, taken out, changed or swapped with their neighbour, to make one word of another.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (row[j] + 1).min(next[j - 1] + 1).min(row[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

/// A sentence about the name that is nearest to one that nothing has; nothing when all are far from it.
pub fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> String {
    let most = (wanted.chars().count() / 3).clamp(1, 3);
    let near = names.filter(|n| n.len() < 80).take(1000).map(|name| (distance(wanted, name), name));
    match near.filter(|(far, _)| *far <= most).min() {
        Some((_, name)) if wanted.len() < 80 => format!(" The nearest name is {name}."),
        _ => String::new(),
    }
}
