//! Goals: the closed vocabulary in which a lesson says what is to be reached. A goal is a fact about the World;
//! the World ticks it, and may undo it.

use crate::engine::World;
use crate::event::What;
use crate::reference::Reference;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A fact that a learner is to bring about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// `image NAME`: an image of this name is in the store.
    Image(String),
    /// `container NAME STATUS`: a container of this name is in this state.
    Container(String, String),
    /// `container-of IMAGE STATUS`: a container of this image is in this state.
    ContainerOf(String, String),
    /// `port NUMBER NAME`: this port of the host leads to this container.
    Port(u16, String),
    /// `reply HOST:PORT STATUS`: an HTTP reply with this status came back to the learner's machine.
    Reply(String, u16, u16),
    /// `removed NAME`: a container of this name was removed, and none has the name now.
    Removed(String),
    /// `typed WORDS`: a line was typed that begins with these words.
    Typed(String),
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
        let wrong = || GoalError(format!("not a goal: {text}"));
        let (kind, rest) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let number = |word: &str| word.parse::<u16>().map_err(|_| wrong());
        Ok(match (kind, words.as_slice()) {
            ("image", [name]) => {
                Reference::parse(name).map_err(|_| wrong())?;
                Self::Image((*name).to_owned())
            }
            ("container", [name, status]) => {
                Self::Container((*name).to_owned(), known(status).ok_or_else(wrong)?)
            }
            ("container-of", [image, status]) => {
                Self::ContainerOf((*image).to_owned(), known(status).ok_or_else(wrong)?)
            }
            ("port", [port, name]) => Self::Port(number(port)?, (*name).to_owned()),
            ("reply", [place, status]) => {
                let (host, port) = place.rsplit_once(':').ok_or_else(wrong)?;
                Self::Reply(host.to_owned(), number(port)?, number(status)?)
            }
            ("removed", [name]) => Self::Removed((*name).to_owned()),
            ("typed", [_, ..]) => Self::Typed(words.join(" ")),
            _ => return Err(wrong()),
        })
    }
}

/// A status that a goal may name.
fn known(status: &str) -> Option<String> {
    ["created", "running", "paused", "restarting", "exited"].contains(&status).then(|| status.to_owned())
}

impl Goal {
    /// True when the World is so.
    pub fn holds(&self, world: &World) -> bool {
        match self {
            Self::Image(name) => world.images.resolve(name).is_some(),
            Self::Container(name, status) => {
                world.containers.values().any(|c| c.name == *name && c.state.word() == status)
            }
            Self::ContainerOf(image, status) => {
                let id = world.images.resolve(image).map(|i| i.id);
                let of = |c: &crate::container::Container| Some(c.image) == id || c.image_name == *image;
                world.containers.values().any(|c| of(c) && c.state.word() == status)
            }
            Self::Port(port, name) => world
                .network
                .stack(world.network.host)
                .is_some_and(|host| host.publications.iter().any(|p| p.port == *port && *p.owner == **name)),
            Self::Reply(wanted, at, code) => world.events.iter().any(|e| match &*e.what {
                What::Replied { host, port, status, from_host, .. } => {
                    *from_host && host == wanted && port == at && status == code
                }
                _ => false,
            }),
            Self::Removed(name) => {
                !world.container_names.contains_key(name)
                    && world.events.iter().any(|e| match &*e.what {
                        What::Container { action, attributes, .. } => {
                            action == "destroy" && attributes.get("name") == Some(name)
                        }
                        _ => false,
                    })
            }
            Self::Typed(words) => world.events.iter().any(|e| match &*e.what {
                What::Typed(line) => {
                    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
                    line == *words || line.starts_with(&format!("{words} "))
                }
                _ => false,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
