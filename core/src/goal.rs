//! Goals: the closed vocabulary in which a lesson says what is to be reached. A goal is a fact about the World;
//! the World ticks it, and may undo it. What does not hold says which part of it is missing, and where to look.

mod fact;
mod made;

pub use fact::Fact;
pub use made::Made;

use crate::container::Container;
use crate::engine::world::DOCKER_HUB;
use crate::engine::{World, registry};
use crate::event::What;
use crate::kernel::terminal::TerminalId;
use crate::reference::Reference;
use crate::registry::access::Scheme;
use std::fmt;

/// A fact that a learner is to bring about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// `GOAL & GOAL …`: all of these.
    All(Vec<Self>),
    /// `image NAME`: an image of this name is in the store.
    Image(String),
    /// `layers NAME COUNT` and the other facts about an image of this name.
    Made(String, Made),
    /// `untagged NAME`: another name was taken from this image.
    Untagged(String),
    /// `shelf NAME`: the registry that the name says has an image of this name.
    Shelf(String),
    /// `closed HOST:PORT`: a registry answers there that asks for an account.
    Closed(String),
    /// `pinned NAME`: a container of this name was made of an image that was named by its digest.
    Pinned(String),
    /// `container NAME STATUS` and the other facts about a container of this name.
    Container(String, Fact),
    /// `port NUMBER NAME`: this port of the host leads to this container.
    Port(u16, String),
    /// `volume NAME`: there is a volume of this name.
    Volume(String),
    /// `removed NAME`: a container of this name was removed, and none has the name now.
    Removed(String),
    /// `reply HOST:PORT STATUS`: an HTTP reply with this status came back to the learner's machine.
    Reply(String, u16, u16),
    /// `did NAME ACTION`: the daemon noted this event, once, of a container of this name or image.
    Did(String, String),
    /// `exec NAME WORDS`: `docker exec` started a command with these words in this container.
    Exec(String, String),
    /// `ended NAME CODE`: a container of this name or image ended, once, with this code.
    Ended(String, u16),
    /// `refused WORDS`: something was refused with these words.
    Refused(String),
    /// `typed WORDS`: a line was typed that begins with these words.
    Typed(String),
    /// `shown TEXT`: one of the terminal's lines is this text.
    Shown(String),
    /// `shows TEXT`: the terminal shows this text below the last line that was typed.
    Shows(String),
}

/// What is missing for a goal to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// One sentence.
    pub sentence: String,
    /// What to look at, or nothing: such as `container web`, `image sha256:…`, `port 8080`, `client`, or the first
    /// words of it, as `tag registry-1.docker.io library/nginx`.
    pub object: String,
}

/// What is wrong with the text of a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalError(pub String);

impl fmt::Display for GoalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GoalError {}

impl std::str::FromStr for Goal {
    type Err = GoalError;
    fn from_str(text: &str) -> Result<Self, GoalError> {
        read(text.trim()).ok_or_else(|| GoalError(format!("not a goal: {text}")))
    }
}

fn read(text: &str) -> Option<Goal> {
    if text.contains(" & ") {
        return text.split(" & ").map(read).collect::<Option<_>>().map(Goal::All);
    }
    let (kind, rest) = text.split_once(' ')?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (first, others) = words.split_first()?;
    let name = (*first).to_owned();
    let number = |word: &str| word.parse::<u16>().ok();
    Some(match (kind, others) {
        ("image", []) => {
            Reference::parse(first).ok()?;
            Goal::Image(name)
        }
        ("untagged" | "shelf", []) => {
            Reference::parse(first).ok()?;
            if kind == "shelf" { Goal::Shelf(name) } else { Goal::Untagged(name) }
        }
        ("closed", []) => Goal::Closed(name),
        ("pinned", []) => Goal::Pinned(name),
        ("port", [to]) => Goal::Port(number(first)?, (*to).to_owned()),
        ("volume", []) => Goal::Volume(name),
        ("removed", []) => Goal::Removed(name),
        ("reply", [status]) => {
            let (host, port) = first.rsplit_once(':')?;
            Goal::Reply(host.to_owned(), number(port)?, number(status)?)
        }
        ("did", [_, ..]) => Goal::Did(name, others.join(" ")),
        ("exec", [_, ..]) => Goal::Exec(name, others.join(" ")),
        ("ended", [code]) => Goal::Ended(name, number(code)?),
        ("refused", _) => Goal::Refused(words.join(" ")),
        ("typed", _) => Goal::Typed(words.join(" ")),
        ("shows", _) => Goal::Shows(rest.to_owned()),
        ("shown", _) => Goal::Shown(rest.to_owned()),
        _ => match made::read(kind, others) {
            Some(fact) => Goal::Made(name, fact),
            None => Goal::Container(name, fact::read(kind, others)?),
        },
    })
}

/// The container with a name.
fn named<'w>(world: &'w World, name: &str) -> Option<&'w Container> {
    world.container(*world.container_names.get(name)?)
}

/// True for a line that begins with these words.
pub fn begins(line: &str, words: &str) -> bool {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// What stands on the learner's terminal below the last line that was typed.
pub fn answer(world: &World) -> String {
    let typed = world.events.iter().rev().find_map(|e| match &*e.what {
        What::Typed(line) => Some(line.as_str()),
        _ => None,
    });
    let Some(terminal) = world.kernel.terminals.get(&TerminalId::LEARNER) else { return String::new() };
    let line = format!("$ {}", typed.unwrap_or_default());
    let mut below: Vec<&str> =
        terminal.lines.iter().rev().take_while(|l| !l.ends_with(&line)).map(|l| &**l).collect();
    below.reverse();
    below.join("\n")
}

/// The events of containers with this name or image, the latest first: the action and an attribute of it.
fn events<'w>(world: &'w World, of: &'w str, attribute: &'static str) -> impl Iterator<Item = [&'w str; 2]> {
    world.events.iter().rev().filter_map(move |e| match &*e.what {
        What::Container { action, attributes, .. } => {
            let is = |key: &str| attributes.get(key).is_some_and(|v| v == of);
            let value = attributes.get(attribute).map_or("", String::as_str);
            (is("name") || is("image")).then_some([action.as_str(), value])
        }
        _ => None,
    })
}

/// Where a name leads: the registry's host, the repository and the tag.
fn place(name: Reference) -> (String, String, String) {
    let host = if name.domain() == "docker.io" { DOCKER_HUB } else { name.domain() };
    (host.to_owned(), name.path().to_owned(), name.tag().unwrap_or("latest").to_owned())
}

/// Where an image that is not here waits: its repository at the registry.
fn shelf(name: &str) -> String {
    let Ok(reference) = Reference::parse(name) else { return String::new() };
    let host = if reference.domain() == "docker.io" { DOCKER_HUB } else { reference.domain() };
    ["tag", host, reference.path()].join(" ")
}

impl Goal {
    /// True when the World is so.
    pub fn holds(&self, world: &World) -> bool {
        self.unmet(world).is_none()
    }

    /// What is missing, or nothing when the World is so.
    pub fn unmet(&self, world: &World) -> Option<Unmet> {
        let (sentence, object) = match self {
            Self::All(goals) => return goals.iter().find_map(|g| g.unmet(world)),
            Self::Image(name) => {
                if world.images.resolve(name).is_some() {
                    return None;
                }
                (format!("Image {name} is not in the image store."), shelf(name))
            }
            Self::Made(name, fact) => match world.images.resolve(name) {
                Some(image) => {
                    let lacks = fact.lacks(world, image)?;
                    (format!("Image {name} is there, but {lacks}."), format!("image {}", image.id))
                }
                None => (format!("Image {name} is not in the image store."), "daemon".to_owned()),
            },
            Self::Shelf(name) => {
                let (host, path, tag) = Reference::parse(name).ok().map(place)?;
                let registry = registry::reach(world, &host).and_then(|key| world.registries.get(&key));
                match registry {
                    Some(registry) if registry.has(&path, &tag) => return None,
                    Some(_) => {
                        (format!("The registry at {host} has no {path}:{tag}."), format!("registry {host}"))
                    }
                    None => (format!("No registry answers at {host}."), "daemon".to_owned()),
                }
            }
            Self::Closed(host) => {
                let registry = registry::reach(world, host).and_then(|key| world.registries.get(&key));
                match registry.map(|registry| registry.access.scheme) {
                    Some(Scheme::Open) => (
                        format!("The registry at {host} asks nobody for an account."),
                        format!("registry {host}"),
                    ),
                    Some(_) => return None,
                    None => (format!("No registry answers at {host}."), "daemon".to_owned()),
                }
            }
            Self::Pinned(name) => match named(world, name) {
                Some(container) if container.image_name.contains("@sha256:") => return None,
                Some(container) => {
                    let by = &container.image_name;
                    (
                        format!("Container {name} was made of {by}, not of a digest."),
                        format!("container {name}"),
                    )
                }
                None => (format!("There is no container {name}."), "daemon".to_owned()),
            },
            Self::Container(name, fact) => match named(world, name) {
                Some(container) => {
                    let lacks = fact.lacks(world, container)?;
                    (format!("Container {name} is there, but {lacks}."), format!("container {name}"))
                }
                None => (format!("There is no container {name}."), "daemon".to_owned()),
            },
            Self::Port(port, name) => {
                let host = world.network.stack(world.network.host);
                let owner = host.and_then(|h| h.publications.iter().find(|p| p.port == *port));
                match owner.map(|p| &*p.owner) {
                    Some(owner) if *owner == **name => return None,
                    Some(owner) => {
                        (format!("Port {port} leads to {owner}, not to {name}."), format!("port {port}"))
                    }
                    None => (format!("Port {port} of the host leads nowhere."), format!("container {name}")),
                }
            }
            Self::Volume(name) => {
                if world.volumes.contains_key(name) {
                    return None;
                }
                (format!("There is no volume {name}."), "daemon".to_owned())
            }
            Self::Removed(name) => {
                let there = world.container_names.contains_key(name);
                if !there && events(world, name, "").any(|[action, _]| action == "destroy") {
                    return None;
                }
                let state = if there { "is still there" } else { "was not there yet" };
                (format!("Container {name} {state}."), format!("container {name}"))
            }
            _ => return self.unseen(world),
        };
        Some(Unmet { sentence, object })
    }

    /// What did not happen, of the goals that ask for something that happened.
    fn unseen(&self, world: &World) -> Option<Unmet> {
        let any = |test: &dyn Fn(&What) -> bool| world.events.iter().any(|e| test(&e.what));
        let container = |name: &str| format!("container {name}");
        let (met, sentence, object) = match self {
            Self::Reply(wanted, at, code) => {
                let came = any(&|what| match what {
                    What::Replied { host, port, status, from_host, .. } => {
                        *from_host && host == wanted && port == at && status == code
                    }
                    _ => false,
                });
                (
                    came,
                    format!("No reply with status {code} has come from {wanted}:{at}."),
                    format!("port {at}"),
                )
            }
            Self::Did(name, wanted) => {
                let mut all = events(world, name, "").map(|[action, _]| action).peekable();
                let sentence = match all.peek() {
                    Some(_) => format!("The daemon has noted no event `{wanted}` of {name}."),
                    None => format!("There has been no container {name} yet."),
                };
                (all.any(|action| action == wanted), sentence, container(name))
            }
            Self::Exec(name, words) => {
                let command = |[action, _]: [&str; 2]| {
                    action.strip_prefix("exec_start: ").is_some_and(|line| begins(line, words))
                };
                let did = events(world, name, "").any(command);
                (did, format!("Nothing was run with `docker exec {name} {words}`."), container(name))
            }
            Self::Ended(name, code) => {
                let (code, mut last) = (code.to_string(), None);
                for [action, with] in events(world, name, "exitCode") {
                    if action == "die" && with == code {
                        return None;
                    }
                    last = last.or((action == "die").then_some(with));
                }
                let sentence = match last {
                    Some(other) => format!("{name} ended with code {other}, not {code}."),
                    None => format!("No container {name} has ended."),
                };
                (false, sentence, container(name))
            }
            Self::Refused(words) => {
                let refused =
                    any(&|what| matches!(what, What::Refused { message, .. } if message.contains(words)));
                (
                    refused,
                    format!("Nothing was refused with the words \u{201c}{words}\u{201d}."),
                    "client".to_owned(),
                )
            }
            Self::Untagged(name) => {
                let id = world.images.resolve(name).map(|image| image.id.to_string());
                let went = |what: &What| matches!(what, What::Image { id: of, action, .. } if action == "untag" && Some(of) == id.as_ref());
                (any(&went), format!("No name was taken from the image {name}."), format!("image {name}"))
            }
            Self::Shown(text) => {
                let terminal = world.kernel.terminals.get(&TerminalId::LEARNER);
                let shown = terminal.is_some_and(|t| t.lines.iter().any(|line| **line == **text));
                (shown, format!("The terminal has not shown the line {text}."), "client".to_owned())
            }
            Self::Typed(words) => {
                let typed = any(&|what| matches!(what, What::Typed(line) if begins(line, words)));
                (typed, format!("`{words}` was not typed."), "client".to_owned())
            }
            Self::Shows(text) => {
                (answer(world).contains(text), format!("The terminal does not show {text}."), String::new())
            }
            _ => return None,
        };
        (!met).then_some(Unmet { sentence, object })
    }
}

#[cfg(test)]
mod tests;
