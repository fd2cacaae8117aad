//! Docker Hub as a learner finds it: images described in text files, built into real layers when loaded.
//!
//! The format is described in `catalogue/README.md`.

mod platforms;

use super::Registry;
use crate::files::{Inode, InodeKind, Tree};
use crate::image::{Image, Layer};
use crate::shared::Map;
use platforms::PLATFORMS;
use serde_json::{Value, json};
use std::rc::Rc;

/// The catalogue's files: layers and images, read in this order.
const FILES: [(&str, &str); 3] = [
    ("bases.txt", include_str!("catalogue/bases.txt")),
    ("servers.txt", include_str!("catalogue/servers.txt")),
    ("languages.txt", include_str!("catalogue/languages.txt")),
];

/// When the files of catalogue layers were changed, in seconds since 1970: 2025-11-18.
const MODIFIED: u64 = 1_763_424_000;

/// How a program file begins; its program's name follows.
const MAGIC: &str = "\x7fELF\x02\x01\x01 drydock ";

/// A mistake in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueError {
    /// The file.
    pub file: &'static str,
    /// The line, from one.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug, Default)]
struct Loader {
    /// Groups of lines by name.
    groups: Map<String, Vec<String>>,
    /// Layers by name: for each platform, and what made them.
    layers: Map<String, ([Rc<Layer>; 2], String)>,
    images: Vec<(String, Vec<String>, [Image; 2])>,
    section: Section,
}

#[derive(Debug, Default)]
enum Section {
    #[default]
    None,
    Group(String, Vec<String>),
    Layer(LayerDraft),
    Image(ImageDraft),
}

#[derive(Debug, Default)]
struct LayerDraft {
    name: String,
    compressed: u64,
    created_by: String,
    tree: Tree,
    /// The paths of its programs.
    programs: Vec<String>,
}

#[derive(Debug, Default)]
struct ImageDraft {
    name: String,
    tags: Vec<String>,
    layers: Vec<String>,
    config: serde_json::Map<String, Value>,
    empty: Vec<(usize, String)>,
}

/// Docker Hub with every image of the catalogue.
///
/// # Errors
/// The first mistake in the catalogue, with its file and line.
pub fn docker_hub() -> Result<Registry, CatalogueError> {
    let mut hub = Registry::hub();
    for (name, tags, images) in load()? {
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let repository = if name.contains('/') { name } else { format!("library/{name}") };
        let images: Vec<(&Image, &str)> = images.iter().zip(PLATFORMS).collect();
        hub.put_image(&repository, &tags, &images, true);
    }
    Ok(hub)
}

/// Every image of the catalogue with its name and tags, for each platform.
///
/// # Errors
/// The first mistake in the catalogue, with its file and line.
pub fn load() -> Result<Vec<(String, Vec<String>, [Image; 2])>, CatalogueError> {
    let mut loader = Loader::default();
    for (file, text) in FILES {
        loader.read(file, text)?;
        loader.finish().map_err(|message| CatalogueError { file, line: 0, message })?;
    }
    Ok(loader.images)
}

impl Loader {
    /// Reads a file of the catalogue line by line; ` <<END` begins a text of several lines.
    fn read(&mut self, file: &'static str, text: &str) -> Result<(), CatalogueError> {
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let fail = |message: String| CatalogueError { file, line: number + 1, message };
            let (head, end) = line.split_once(" <<").unwrap_or((line, ""));
            let body = lines.by_ref().map(|(_, l)| l).take_while(|l| l.trim() != end.trim());
            let body = (head.len() < line.len()).then(|| body.collect::<Vec<_>>().join("\n"));
            self.line(head, body.as_deref()).map_err(fail)?;
        }
        Ok(())
    }
    fn line(&mut self, line: &str, body: Option<&str>) -> Result<(), String> {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return Ok(());
        }
        let (word, rest) = trimmed.split_once(' ').unwrap_or((trimmed, ""));
        let rest = rest.trim();
        if !line.starts_with(' ') {
            self.finish()?;
            self.section = match word {
                "group" => Section::Group(rest.to_owned(), Vec::new()),
                "layer" => Section::Layer(LayerDraft { name: rest.to_owned(), ..Default::default() }),
                "image" => Section::Image(ImageDraft { name: rest.to_owned(), ..Default::default() }),
                _ => return Err(format!("`{word}` is neither group, layer nor image")),
            };
            return Ok(());
        }
        match &mut self.section {
            Section::None => Err("a line before the first group, layer or image".to_owned()),
            Section::Group(_, lines) => {
                lines.push(trimmed.to_owned());
                Ok(())
            }
            Section::Layer(draft) if word == "use" => {
                let lines = self.groups.get(rest).ok_or_else(|| format!("no group is called `{rest}`"))?;
                lines.iter().try_for_each(|line| {
                    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
                    draft.line(word, rest.trim(), None)
                })
            }
            Section::Layer(draft) => draft.line(word, rest, body),
            Section::Image(draft) => draft.line(word, rest),
        }
    }

    fn finish(&mut self) -> Result<(), String> {
        match std::mem::take(&mut self.section) {
            Section::None => {}
            Section::Group(name, lines) => {
                self.groups.insert(name, lines);
            }
            Section::Layer(draft) => {
                let layers = draft.layers();
                self.layers.insert(draft.name, (layers, draft.created_by));
            }
            Section::Image(draft) => {
                let images = [draft.build(&self.layers, 0)?, draft.build(&self.layers, 1)?];
                self.images.push((draft.name, draft.tags, images));
            }
        }
        Ok(())
    }
}

impl LayerDraft {
    fn line(&mut self, word: &str, rest: &str, body: Option<&str>) -> Result<(), String> {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let need = |n: usize| words.get(n).copied().ok_or_else(|| format!("`{word}` needs {} words", n + 1));
        let micros = MODIFIED * 1_000_000;
        match word {
            "compressed" => self.compressed = size(need(0)?)?,
            "by" => rest.clone_into(&mut self.created_by),
            "dir" => {
                let mode = mode(words.get(1).copied().unwrap_or("755"))?;
                let ino = self.tree.make_path(need(0)?, 0o755, micros);
                if let Some(inode) = self.tree.get_mut(ino) {
                    inode.mode = mode;
                }
            }
            "dirs" => words.iter().for_each(|path| {
                self.tree.make_path(path, 0o755, micros);
            }),
            "file" => {
                let mode = mode(words.get(1).copied().unwrap_or("644"))?;
                let mut text = body.unwrap_or_default().to_owned();
                if !text.is_empty() {
                    text.push('\n');
                }
                self.put(need(0)?, Inode::file(text.into_bytes(), mode, micros));
            }
            "bulk" => {
                let bytes: Rc<[u8]> = format!("{} stands for {}\n", need(0)?, need(1)?).into_bytes().into();
                let kind = InodeKind::File { bytes, nominal: Some(size(need(1)?)?) };
                self.put(need(0)?, Inode::new(kind, 0o644, micros));
            }
            "program" => {
                let text = format!("{MAGIC}{}\n{}", need(1)?, body.unwrap_or_default());
                let nominal = Some(size(need(2)?)?);
                let kind = InodeKind::File { bytes: text.into_bytes().into(), nominal };
                self.put(need(0)?, Inode::new(kind, 0o755, micros));
                self.programs.push(need(0)?.to_owned());
            }
            "gnu" => {
                for name in &words[1..] {
                    let text = format!("{MAGIC}gnu/{name}\n");
                    let kind = InodeKind::File { bytes: text.into_bytes().into(), nominal: Some(68_000) };
                    let path = format!("{}/{name}", words[0]);
                    self.put(&path, Inode::new(kind, 0o755, micros));
                    self.programs.push(path);
                }
            }
            "links" | "symlinks" => {
                let target = need(0)?;
                for name in &words[2..] {
                    let path = format!("{}/{name}", need(1)?);
                    if word == "symlinks" {
                        self.put(&path, Inode::new(InodeKind::Symlink(target.into()), 0o777, micros));
                    } else {
                        let ino =
                            self.tree.find(target).ok_or_else(|| format!("no file {target} to link"))?;
                        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
                        let directory = self.tree.make_path(parent, 0o755, micros);
                        self.tree.link(directory, name, ino);
                    }
                }
            }
            "symlink" => self.put(need(0)?, Inode::new(InodeKind::Symlink(need(1)?.into()), 0o777, micros)),
            "owner" => {
                let ino = self.tree.find(need(0)?).ok_or("no such path to own")?;
                let number = |n: usize| need(n)?.parse().map_err(|_| "an owner is a number".to_owned());
                let (uid, gid) = (number(1)?, number(2)?);
                if let Some(inode) = self.tree.get_mut(ino) {
                    (inode.uid, inode.gid) = (uid, gid);
                }
            }
            _ => return Err(format!("`{word}` says nothing about a layer")),
        }
        Ok(())
    }

    fn put(&mut self, path: &str, inode: Inode) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let directory = self.tree.make_path(parent, 0o755, MODIFIED * 1_000_000);
        self.tree.insert(directory, name, inode);
    }
}

impl ImageDraft {
    fn line(&mut self, word: &str, rest: &str) -> Result<(), String> {
        let list = || serde_json::from_slice::<Value>(rest.as_bytes()).map_err(|e| format!("{word}: {e}"));
        match word {
            "tags" => self.tags = rest.split_whitespace().map(str::to_owned).collect(),
            "layers" => self.layers = rest.split_whitespace().map(str::to_owned).collect(),
            "env" => self.push("Env", rest.into()),
            "cmd" => {
                self.config.insert("Cmd".into(), list()?);
                self.empty.push((self.layers.len(), format!("CMD {rest}")));
            }
            "entrypoint" => {
                self.config.insert("Entrypoint".into(), list()?);
                self.empty.push((self.layers.len(), format!("ENTRYPOINT {rest}")));
            }
            "expose" | "volume" => {
                let key = if word == "expose" { "ExposedPorts" } else { "Volumes" };
                let object = self.config.entry(key).or_insert_with(|| json!({}));
                object[rest] = json!({});
                let instruction =
                    if word == "expose" { format!("EXPOSE {rest}") } else { format!("VOLUME [{rest}]") };
                self.empty.push((self.layers.len(), instruction));
            }
            "workdir" => self.set("WorkingDir", rest),
            "user" => self.set("User", rest),
            "stopsignal" => {
                self.set("StopSignal", rest);
                self.empty.push((self.layers.len(), format!("STOPSIGNAL {rest}")));
            }
            "label" => {
                let (key, value) = rest.split_once('=').ok_or("a label is key=value")?;
                self.config.entry("Labels").or_insert_with(|| json!({}))[key] = value.into();
            }
            _ => return Err(format!("`{word}` says nothing about an image")),
        }
        Ok(())
    }

    fn push(&mut self, key: &str, value: Value) {
        if let Value::Array(items) = self.config.entry(key).or_insert_with(|| json!([])) {
            items.push(value);
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        self.config.insert(key.to_owned(), value.into());
    }

    /// The image for a platform, by its place.
    fn build(&self, known: &Map<String, ([Rc<Layer>; 2], String)>, place: usize) -> Result<Image, String> {
        const CREATED: &str = "2025-11-18T01:29:03Z";
        let mut layers = Vec::new();
        let mut history = Vec::new();
        for name in &self.layers {
            let (of_each, by) = known.get(name).ok_or_else(|| format!("no layer is called `{name}`"))?;
            history.push(json!({ "created": CREATED, "created_by": by }));
            layers.push(of_each[place].clone());
        }
        for (_, instruction) in &self.empty {
            history.push(json!({ "created": CREATED, "created_by": instruction, "comment": "buildkit.dockerfile.v0", "empty_layer": true }));
        }
        let diff_ids: Vec<String> = layers.iter().map(|l: &Rc<Layer>| l.diff_id.to_string()).collect();
        let (architecture, variant) = PLATFORMS[place].split_once('/').unwrap_or((PLATFORMS[place], ""));
        let mut config = json!({
            "architecture": architecture,
            "config": self.config,
            "created": CREATED,
            "history": history,
            "os": "linux",
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        if !variant.is_empty() {
            config["variant"] = variant.into();
        }
        Image::new(config.to_string().into_bytes(), layers)
    }
}

/// The image that an engine under measurement starts with: the static busybox, imported, so that it has a
/// command and no environment, and one user.
///
/// # Errors
/// A mistake in the catalogue.
pub fn imported_busybox() -> Result<Image, CatalogueError> {
    let missing = || CatalogueError { file: "bases.txt", line: 0, message: "busybox is missing".to_owned() };
    let images = load()?;
    let (_, _, [image, _]) = images.into_iter().find(|(name, _, _)| name == "busybox").ok_or_else(missing)?;
    let mut tree = (*image.layers[0].tree).clone();
    let etc = tree.make_path("/etc", 0o755, 0);
    let accounts = *b"root:x:0:0:root:/root:/bin/sh\n";
    tree.insert(etc, "passwd", Inode::file(accounts, 0o644, MODIFIED * 1_000_000));
    let layer = Rc::new(Layer { compressed: image.layers[0].compressed, ..Layer::from_tree(&tree) });
    let config = json!({
        "architecture": "amd64",
        "config": { "Cmd": ["sh"] },
        "created": "2026-01-05T08:59:00Z",
        "history": [{ "created": "2026-01-05T08:59:00Z", "comment": "Imported from -" }],
        "os": "linux",
        "rootfs": { "type": "layers", "diff_ids": [layer.diff_id.to_string()] },
    });
    Image::new(config.to_string().into_bytes(), vec![layer]).map_err(|_| missing())
}

/// The host's own disk: a small Debian with the tools that a learner has at home, and with the files of a first
/// tutorial when they are wanted.
pub fn host_disk(with_starters: bool) -> Result<Tree, CatalogueError> {
    let mut loader = Loader::default();
    let file = "host.txt";
    loader.read(file, include_str!("catalogue/host.txt"))?;
    if with_starters {
        loader.read("starters.txt", include_str!("catalogue/starters.txt"))?;
    }
    match loader.section {
        Section::Layer(draft) => Ok(draft.tree),
        _ => Err(CatalogueError { file, line: 0, message: "the host is one layer".to_owned() }),
    }
}

/// A size such as `4.27MB`, in bytes (decimal units).
fn size(text: &str) -> Result<u64, String> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit {
        "" | "B" => 1.0,
        "k" | "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return Err(format!("`{text}` is no size")),
    };
    crate::decimal::decimal(number).map(|n| (n * factor) as u64).ok_or_else(|| format!("`{text}` is no size"))
}

fn mode(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text, 8).map_err(|_| format!("`{text}` is no mode"))
}

#[cfg(test)]
mod tests;
