//! Facts about one image, and what is said while they are not so.

use crate::engine::World;
use crate::files::InodeKind;
use crate::files::overlay::Overlay;
use crate::image::Image;

/// A fact about an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// `layers NAME COUNT`: it has so many layers.
    Layers(usize),
    /// `on NAME BASE`: its lowest layers are those of this image.
    On(String),
    /// `common NAME OTHER COUNT`: so many of its lowest layers are the other image's, or more.
    Common(String, usize),
    /// `same NAME OTHER`: both names lead to one image.
    Same(String),
    /// `holds NAME PATH`: a container of it sees this path.
    Holds(String),
    /// `hides NAME PATH`: one of its layers has this path, and a later one hides it.
    Hides(String),
    /// `lacks NAME PATH`: none of its layers has this path.
    Lacks(String),
    /// `below NAME MB`: its files together are smaller than so many megabytes.
    Below(u64),
    /// `entrypoint NAME WORDS`: its entrypoint is these words.
    Entrypoint(String),
    /// `command NAME WORDS`: its command is these words.
    Command(String),
    /// `variable NAME NAME=VALUE`: its containers begin with this environment variable.
    Variable(String),
}

/// Reads a fact: its kind, and what follows the image's name.
pub fn read(kind: &str, words: &[&str]) -> Option<Made> {
    let path = |make: fn(String) -> Made| match words {
        [path] if path.starts_with('/') => Some(make((*path).to_owned())),
        _ => None,
    };
    Some(match (kind, words) {
        ("layers", [count]) => Made::Layers(count.parse().ok()?),
        ("on", [base]) => Made::On((*base).to_owned()),
        ("common", [other, count]) => Made::Common((*other).to_owned(), count.parse().ok()?),
        ("same", [other]) => Made::Same((*other).to_owned()),
        ("holds", _) => path(Made::Holds)?,
        ("hides", _) => path(Made::Hides)?,
        ("lacks", _) => path(Made::Lacks)?,
        ("below", [size]) => Made::Below(size.parse().ok()?),
        ("entrypoint", [_, ..]) => Made::Entrypoint(words.join(" ")),
        ("command", [_, ..]) => Made::Command(words.join(" ")),
        ("variable", [pair]) if pair.contains('=') => Made::Variable((*pair).to_owned()),
        _ => return None,
    })
}

/// True when a layer has something at this path, other than a mark that hides it.
fn buried(image: &Image, path: &str) -> bool {
    image.layers.iter().any(|layer| {
        let inode = layer.tree.find(path).and_then(|ino| layer.tree.get(ino));
        inode.is_some_and(|inode| !matches!(inode.kind, InodeKind::Whiteout))
    })
}

impl Made {
    /// What is not so, as the end of a sentence; nothing when the fact holds.
    pub fn lacks(&self, world: &World, image: &Image) -> Option<String> {
        let seen = |path: &str| Overlay::new(image.lowers()).find(path).is_some();
        let list = |name: &str, wanted: &str| {
            let is = image.list(name).unwrap_or_default().join(" ");
            let kind = if name == "Cmd" { "command" } else { "entrypoint" };
            let told =
                if is.is_empty() { format!("it has no {kind}") } else { format!("its {kind} is `{is}`") };
            (is == wanted, told)
        };
        let (holds, lacks) = match self {
            Self::Layers(count) => {
                let is = image.layers.len();
                (is == *count, format!("it has {is} layers, not {count}"))
            }
            Self::On(base) => {
                let base_layers = world.images.resolve(base).map(|b| b.layers.clone()).unwrap_or_default();
                let begins = image.layers.iter().zip(&base_layers).all(|(a, b)| a.diff_id == b.diff_id);
                let fits = !base_layers.is_empty() && base_layers.len() <= image.layers.len();
                (begins && fits, format!("it does not stand on the layers of {base}"))
            }
            Self::Common(other, count) => {
                let others = world.images.resolve(other).map(|o| o.layers.clone()).unwrap_or_default();
                let pairs = image.layers.iter().zip(&others);
                let is = pairs.take_while(|(a, b)| a.diff_id == b.diff_id).count();
                (is >= *count, format!("it shares {is} layers with {other}, not {count}"))
            }
            Self::Same(other) => {
                let same = world.images.resolve(other).is_some_and(|o| o.id == image.id);
                (same, format!("{other} is not the same image"))
            }
            Self::Holds(path) => (seen(path), format!("a container of it sees no {path}")),
            Self::Hides(path) if seen(path) => (false, format!("a container of it sees {path}")),
            Self::Hides(path) => (buried(image, path), format!("no layer of it has {path}")),
            Self::Lacks(path) => (!buried(image, path), format!("a layer of it has {path}")),
            Self::Below(megabytes) => {
                let size = image.size() / 1_000_000;
                (size < *megabytes, format!("its files are {size} MB, not less than {megabytes}"))
            }
            Self::Entrypoint(wanted) => list("Entrypoint", wanted),
            Self::Command(wanted) => list("Cmd", wanted),
            Self::Variable(pair) => {
                let set = image.list("Env").is_some_and(|all| all.iter().any(|v| v == pair));
                (set, format!("it does not set {pair}"))
            }
        };
        (!holds).then_some(lacks)
    }
}
