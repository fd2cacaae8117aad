//! What happened: the record that `docker events`, the Narrator and lessons read.

use crate::build::cause::Cause;
use crate::container::ContainerId;
use crate::decimal::fixed;
use crate::digest::Digest;
use crate::shared::Map;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Something that happened at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub time: Time,
    /// What.
    pub what: Rc<What>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// A line was typed at the learner's terminal.
    Typed(String),
    /// The daemon did something to a container (`docker events` prints these).
    Container {
        /// Which.
        id: ContainerId,
        /// `create`, `start`, `die`, `kill`, `stop`, `destroy` and the rest.
        action: String,
        /// `image`, `name`, `exitCode`, `signal` and labels.
        attributes: Map<String, String>,
    },
    /// The daemon did something to an image.
    Image {
        /// The image as Docker names it in the event.
        id: String,
        /// `pull`, `push`, `tag`, `untag`, `delete`, `import`, `load`, `save`.
        action: String,
        /// `name`.
        attributes: Map<String, String>,
    },
    /// The daemon did something to a network.
    Network {
        /// The network's id.
        id: String,
        /// `create`, `connect`, `disconnect`, `destroy`.
        action: String,
        /// `name`, `type`, `container`.
        attributes: Map<String, String>,
    },
    /// The daemon did something to a volume.
    Volume {
        /// The volume's name.
        id: String,
        /// `create`, `mount`, `unmount`, `destroy`.
        action: String,
        /// `driver`, `container`.
        attributes: Map<String, String>,
    },
    /// A request went to a registry.
    Asked {
        /// The registry's host name.
        registry: String,
        /// Its first line, such as `GET /v2/library/nginx/manifests/1.27`.
        request: String,
    },
    /// A registry answered.
    Answered {
        /// The registry's host name.
        registry: String,
        /// The request's first line.
        request: String,
        /// The status code.
        status: u16,
    },
    /// A layer has arrived whole and its digest was right.
    LayerArrived {
        /// Its blob's digest.
        blob: Digest,
        /// Its nominal compressed size in bytes.
        size: u64,
    },
    /// A layer was here already, or there already when pushing.
    LayerPresent {
        /// Its blob's digest.
        blob: Digest,
        /// At the registry rather than on the host.
        at_registry: bool,
    },
    /// A connection was made.
    Connected {
        /// From which place.
        from: String,
        /// To which address and port.
        to: String,
    },
    /// An HTTP reply came to a program that had asked for it.
    Replied {
        /// Whom it had asked: host and port as they were written.
        host: String,
        /// The port.
        port: u16,
        /// The status code.
        status: u16,
        /// The title or first words of what came.
        title: String,
        /// It was asked from the host itself, not from a container.
        from_host: bool,
    },
    /// A packet was dropped.
    Dropped {
        /// Where.
        place: String,
        /// The rule's name.
        rule: String,
        /// Why, in one sentence.
        reason: String,
    },
    /// A command was refused: Docker's own words, and the fact behind them.
    Refused {
        /// What was printed.
        message: String,
        /// The rule and the fact, in one sentence; empty when the message says all.
        cause: String,
    },
    /// A process was ended by a signal.
    Killed {
        /// Its host pid.
        pid: u32,
        /// Its command name.
        command: String,
        /// The signal's name with `SIG`.
        signal: String,
    },
    /// A step of a build was taken from the cache, or is done anew.
    Step {
        /// The build, by its number.
        build: u64,
        /// The step as progress names it, such as `[2/3] COPY . .`.
        step: String,
        /// Why it is done anew; nothing when the cache has it.
        cause: Option<Cause>,
    },
    /// A program said what it does, in one sentence.
    Said(String),
}

impl Event {
    /// One plain sentence for the Narrator, or nothing when it is not worth a word.
    pub fn sentence(&self) -> Option<String> {
        Some(match &*self.what {
            What::Typed(_) => return None,
            What::Container { action, attributes, id } => container_sentence(id, action, attributes)?,
            What::Image { id, action, attributes } => image_sentence(id, action, attributes)?,
            What::Network { action, attributes, .. } => {
                let name = attributes.get("name").map_or("", String::as_str);
                match action.as_str() {
                    "create" => format!("Network {name} was created: a bridge of its own on the host."),
                    "connect" => format!("A veth pair connects the container to network {name}."),
                    "disconnect" => format!("The container left network {name}; its address is free again."),
                    "destroy" => format!("Network {name} was removed."),
                    _ => return None,
                }
            }
            What::Volume { id, action, .. } => match action.as_str() {
                "create" => format!("Volume {id} was created."),
                "mount" => format!("Volume {id} is mounted."),
                "destroy" => format!("Volume {id} was removed, with everything in it."),
                _ => return None,
            },
            What::Asked { registry, request } => format!("The daemon asks {registry}: {}", ended(request)),
            What::Answered { registry, request, status } => {
                format!("{registry} answers {status} to {}", ended(request))
            }
            What::LayerArrived { blob, size } => format!(
                "Layer {} has arrived, {} MB compressed, and its digest is right.",
                &blob.short()[..8],
                fixed(*size as f64 / 1e6, 1)
            ),
            What::LayerPresent { blob, at_registry: false } => {
                format!("Layer {} is here already, so it is not sent again.", &blob.short()[..8])
            }
            What::LayerPresent { blob, at_registry: true } => {
                format!("The registry has layer {} already, so it is not sent again.", &blob.short()[..8])
            }
            What::Connected { from, to } => format!("{from} is connected to {to}."),
            What::Replied { host, port, status, .. } => {
                format!(
                    "{host}:{port} answers with status {status}, and the reply has come all the way back."
                )
            }
            What::Dropped { place, reason, .. } => format!("A packet was dropped at {place}: {reason}"),
            What::Refused { message, cause } if cause.is_empty() => message.clone(),
            What::Refused { cause, .. } => cause.clone(),
            What::Killed { command, signal, .. } => format!("Process {command} was ended by {signal}."),
            What::Step { step, cause: None, .. } => {
                format!("Step {step} was done before: its layer comes from the cache.")
            }
            What::Step { step, cause: Some(cause), .. } => {
                format!("Step {step} runs anew {}.", cause.words())
            }
            What::Said(text) => text.clone(),
        })
    }

    /// True for what the time bar marks with a cross.
    pub fn is_error(&self) -> bool {
        matches!(*self.what, What::Refused { .. } | What::Dropped { .. })
    }
}

fn container_sentence(id: &ContainerId, action: &str, attributes: &Map<String, String>) -> Option<String> {
    let name = attributes.get("name").map_or_else(|| id.short().to_owned(), Clone::clone);
    let image = attributes.get("image").map_or("its image", String::as_str);
    Some(match action {
        "create" => format!(
            "Container {name} was created: a thin writable layer on the layers of {image}; nothing runs yet."
        ),
        "start" => {
            format!("Container {name} runs: a process of the host's own kernel, behind its namespaces.")
        }
        "die" => match attributes.get("exitCode").map(String::as_str) {
            Some("0") => format!("Container {name} exited with code 0; its files stay until it is removed."),
            Some(code) => {
                format!("Container {name} exited with code {code}; its files stay until it is removed.")
            }
            None => return None,
        },
        "kill" => {
            let signal = attributes.get("signal").map_or("", String::as_str);
            format!("Signal {signal} was sent to the first process of {name}.")
        }
        "stop" => format!("Container {name} was stopped."),
        "pause" => format!("Container {name} is paused: its processes are frozen where they were."),
        "unpause" => format!("Container {name} goes on where it was."),
        "restart" => format!("Container {name} was restarted."),
        "rename" => format!("The container is now called {name}."),
        "destroy" => format!("Container {name} was removed, and its writable layer with it."),
        "commit" => format!("What container {name} changed is a layer of a new image now."),
        "export" => format!("The files of container {name} went into one archive, all layers in one."),
        "archive-path" => format!("Files were copied out of container {name}."),
        "extract-to-dir" => format!("Files were copied into container {name}."),
        "oom" => format!("Container {name} asked for more memory than its limit."),
        "attach" | "resize" | "top" | "update" => return None,
        other if other.starts_with("exec_start") => {
            format!("One more process starts inside the namespaces of {name}.")
        }
        _ => return None,
    })
}

fn image_sentence(id: &str, action: &str, attributes: &Map<String, String>) -> Option<String> {
    let name = attributes.get("name").map_or(id, String::as_str);
    Some(match action {
        "pull" => format!("Image {name} is in the image store."),
        "push" => format!("Image {name} is at the registry."),
        "tag" => format!("{name} is one more name for an image that is here already."),
        "save" => format!("Image {} went into an archive, layer by layer.", short(id)),
        "load" => format!("Image {} came out of an archive.", short(id)),
        "import" => format!("An archive of files is image {} now: one layer, and no history.", short(id)),
        "untag" => format!("A name of image {name} was taken away."),
        "delete" => format!("Image {} was deleted: no name and no container needs it.", short(id)),
        _ => return None,
    })
}

/// A request as the end of a sentence.
fn ended(request: &str) -> String {
    let mut text = brief(request);
    if !text.ends_with('\u{2026}') {
        text.push('.');
    }
    text
}

/// A request with its digests cut to eight digits.
fn brief(request: &str) -> String {
    let mut text = String::new();
    let mut rest = request.split('?').next().unwrap_or_default();
    while let Some((before, after)) = rest.split_once("sha256:") {
        text.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(after.len());
        text.push_str(after.get(..8.min(end)).unwrap_or_default());
        text.push('\u{2026}');
        rest = &after[end..];
    }
    text + rest
}

fn short(id: &str) -> &str {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    hex.get(..12).unwrap_or(hex)
}
