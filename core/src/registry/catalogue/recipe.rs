//! How an image of the catalogue is made: its lines in order, as the steps of a Dockerfile, on what it is `from`.

use super::content::{put_line, size};
use super::platforms::{PLATFORMS, for_arm64};
use super::text::{Line, Part, with_version};
use super::{Catalogue, CatalogueError};
use crate::files::Tree;
use crate::image::{Image, Layer};
use crate::reference::Reference;
use serde_json::{Value, json};
use std::rc::Rc;

/// Images that are made, each once.
#[derive(Debug)]
pub struct Maker<'c> {
    catalogue: &'c Catalogue,
    /// The part and the version of each.
    made: Vec<((usize, usize), Rc<Draft>)>,
    /// Layers of the host's platform, and what stands for them on the other.
    others: Vec<(Rc<Layer>, Rc<Layer>)>,
}

/// An image on its way: what its configuration says so far, and its layers.
#[derive(Clone, Debug, Default)]
struct Draft {
    config: serde_json::Map<String, Value>,
    history: Vec<Value>,
    layers: Vec<Rc<Layer>>,
    created: String,
    /// Its own lines have said what to run.
    has_command: bool,
}

/// A layer on its way.
struct Open {
    tree: Tree,
    /// The size that travels; zero means its own.
    compressed: u64,
}

/// The most images that stand on one another.
const DEEPEST: usize = 12;

impl<'c> Maker<'c> {
    /// Nothing made yet.
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, made: Vec::new(), others: Vec::new() }
    }

    /// The image of a part, in one of its versions.
    ///
    /// # Errors
    /// The first mistake in its lines, or in those of what it stands on.
    pub fn image(&mut self, part: usize, version: usize) -> Result<Image, CatalogueError> {
        let draft = self.draft(part, version, 0)?;
        self.finish(part, PLATFORMS[0], &draft, draft.layers.clone())
    }

    /// The same for each platform, in the order of `PLATFORMS`.
    ///
    /// # Errors
    /// The first mistake in its lines, or in those of what it stands on.
    pub fn images(&mut self, part: usize, version: usize) -> Result<[Image; 2], CatalogueError> {
        let draft = self.draft(part, version, 0)?;
        let host = self.finish(part, PLATFORMS[0], &draft, draft.layers.clone())?;
        let layers = draft.layers.iter().map(|layer| self.other(layer)).collect();
        Ok([host, self.finish(part, PLATFORMS[1], &draft, layers)?])
    }

    /// What stands for a layer on the other platform; each is made once.
    fn other(&mut self, layer: &Rc<Layer>) -> Rc<Layer> {
        if let Some((_, other)) = self.others.iter().find(|(host, _)| Rc::ptr_eq(host, layer)) {
            return other.clone();
        }
        let other = for_arm64(layer);
        self.others.push((layer.clone(), other.clone()));
        other
    }

    fn finish(
        &self,
        part: usize,
        platform: &str,
        draft: &Draft,
        layers: Vec<Rc<Layer>>,
    ) -> Result<Image, CatalogueError> {
        let image = draft.finish(platform, layers);
        image.map_err(|message| self.catalogue.parts[part].head.wrong(message))
    }

    fn draft(&mut self, part: usize, version: usize, depth: usize) -> Result<Rc<Draft>, CatalogueError> {
        if let Some((_, made)) = self.made.iter().find(|made| made.0 == (part, version)) {
            return Ok(made.clone());
        }
        let read: &Part = &self.catalogue.parts[part];
        if depth > DEEPEST {
            return Err(read.head.wrong("it stands on itself"));
        }
        let number = read.versions()[version];
        let mut draft = Draft::begin();
        let mut open = None;
        for line in &self.catalogue.expanded(read)? {
            let rest = with_version(line.rest, number);
            let body = line.body.map(|body| with_version(body, number));
            let line = Line { rest: &rest, body: body.as_deref(), ..*line };
            if line.word == "from" {
                let (part, version) = self.catalogue.find(&rest).map_err(|e| line.wrong(e))?;
                draft = Draft { has_command: false, ..(*self.draft(part, version, depth + 1)?).clone() };
            } else {
                draft.line(&mut open, &line).map_err(|message| line.wrong(message))?;
            }
        }
        draft.close(&mut open);
        let draft = Rc::new(draft);
        self.made.push(((part, version), draft.clone()));
        Ok(draft)
    }
}

impl Draft {
    /// What an image begins with that is from nothing.
    fn begin() -> Self {
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let mut config = serde_json::Map::new();
        config.insert("Env".to_owned(), json!([path]));
        Self { config, created: "2025-11-18T01:29:03Z".to_owned(), ..Self::default() }
    }

    fn line(&mut self, open: &mut Option<Open>, line: &Line<'_>) -> Result<(), String> {
        let rest = line.rest;
        if let Some(layer) = open {
            let below: Vec<&Tree> = self.layers.iter().map(|l| &*l.tree).collect();
            if put_line(&mut layer.tree, &below, line)? {
                return Ok(());
            }
        }
        match line.word {
            "about" | "tags" | "version" | "suffix" => return Ok(()),
            "created" => self.created = format!("{rest}T01:29:03Z"),
            "step" => {
                let (bytes, by) = rest.split_once(' ').ok_or("a step has a size and a text")?;
                self.close(open);
                let compressed = if bytes == "-" { 0 } else { size(bytes)? };
                *open = Some(Open { tree: Tree::default(), compressed });
                self.remember(by, false);
            }
            _ => {
                self.close(open);
                if put_line(&mut Tree::default(), &[], line).unwrap_or(true) {
                    return Err(format!("`{}` is about files, and needs a `step` above it", line.word));
                }
                self.setting(line.word, rest)?;
            }
        }
        Ok(())
    }

    /// An instruction that makes no layer, or one that may.
    fn setting(&mut self, word: &str, rest: &str) -> Result<(), String> {
        let upper = word.to_ascii_uppercase();
        match word {
            "env" => {
                let (name, _) = rest.split_once('=').ok_or("a variable is NAME=value")?;
                let list = self.config.entry("Env").or_insert_with(|| json!([]));
                let items = list.as_array_mut().ok_or("no list")?;
                let begins =
                    |v: &Value| v.as_str().and_then(|v| v.split_once('=')).is_some_and(|v| v.0 == name);
                match items.iter_mut().find(|v| begins(v)) {
                    Some(old) => *old = rest.into(),
                    None => items.push(rest.into()),
                }
                self.remember(&format!("ENV {rest}"), true);
            }
            "cmd" | "entrypoint" => {
                let list: Vec<String> =
                    serde_json::from_slice(rest.as_bytes()).map_err(|e| format!("{word}: {e}"))?;
                if word == "cmd" {
                    self.has_command = true;
                } else if !self.has_command {
                    self.config.remove("Cmd");
                }
                let quoted: Vec<String> = list.iter().map(|w| format!("{w:?}")).collect();
                self.remember(&format!("{upper} [{}]", quoted.join(" ")), true);
                let key = if word == "cmd" { "Cmd" } else { "Entrypoint" };
                match list.is_empty() {
                    true => self.config.remove(key),
                    false => self.config.insert(key.to_owned(), json!(list)),
                };
            }
            "expose" | "volume" => {
                let key = if word == "expose" { "ExposedPorts" } else { "Volumes" };
                for word in rest.split_whitespace() {
                    self.config.entry(key).or_insert_with(|| json!({}))[word] = json!({});
                }
                let by = match word {
                    "expose" => {
                        let ports: Vec<String> =
                            rest.split_whitespace().map(|p| format!("{p}:{{}}")).collect();
                        format!("EXPOSE map[{}]", ports.join(" "))
                    }
                    _ => format!("VOLUME [{rest}]"),
                };
                self.remember(&by, true);
            }
            "workdir" => {
                self.config.insert("WorkingDir".to_owned(), rest.into());
                if rest != "/" {
                    let mut tree = Tree::default();
                    if !self.layers.iter().any(|l| l.tree.find(rest).is_some()) {
                        tree.make_path(rest, 0o755, super::content::MODIFIED);
                    }
                    self.remember(&format!("WORKDIR {rest}"), false);
                    self.layers.push(Rc::new(Layer::from_tree(&tree)));
                }
            }
            "user" | "stopsignal" => {
                let key = if word == "user" { "User" } else { "StopSignal" };
                self.config.insert(key.to_owned(), rest.into());
                self.remember(&format!("{upper} {rest}"), true);
            }
            "label" => {
                let (key, value) = rest.split_once('=').ok_or("a label is key=value")?;
                self.config.entry("Labels").or_insert_with(|| json!({}))[key] = value.into();
                self.remember(&format!("LABEL {rest}"), true);
            }
            _ => return Err(format!("`{word}` says nothing about an image or its layers")),
        }
        Ok(())
    }

    /// Adds a line of history.
    fn remember(&mut self, by: &str, empty: bool) {
        let mut row = json!({ "created": self.created, "created_by": by });
        if empty || by.ends_with("# buildkit") || by.starts_with("WORKDIR") {
            row["comment"] = "buildkit.dockerfile.v0".into();
        }
        if empty {
            row["empty_layer"] = true.into();
        }
        self.history.push(row);
    }

    /// Makes the layer that is open.
    fn close(&mut self, open: &mut Option<Open>) {
        let Some(open) = open.take() else { return };
        let mut layer = Layer::from_tree(&open.tree);
        if open.compressed > 0 {
            layer.compressed = open.compressed;
        }
        self.layers.push(Rc::new(layer));
    }

    fn finish(&self, platform: &str, layers: Vec<Rc<Layer>>) -> Result<Image, String> {
        let (architecture, variant) = platform.split_once('/').unwrap_or((platform, ""));
        let diff_ids: Vec<String> = layers.iter().map(|l| l.diff_id.to_string()).collect();
        let mut config = json!({
            "architecture": architecture,
            "config": self.config,
            "created": self.created,
            "history": self.history,
            "os": "linux",
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        if !variant.is_empty() {
            config["variant"] = variant.into();
        }
        Image::new(config.to_string().into_bytes(), layers)
    }
}

impl Catalogue {
    /// The lines of a part, with those of the groups that it uses in their places.
    fn expanded(&self, part: &Part) -> Result<Vec<Line<'static>>, CatalogueError> {
        let mut lines = part.lines.clone();
        for _ in 0..DEEPEST {
            let Some(at) = lines.iter().position(|l| l.word == "use") else { return Ok(lines) };
            let line = lines[at];
            let group = self.parts.iter().find(|p| p.head.word == "group" && p.head.rest == line.rest);
            let group = group.ok_or_else(|| line.wrong(format!("no group is called `{}`", line.rest)))?;
            lines.splice(at..=at, group.lines.iter().copied());
        }
        Err(part.head.wrong("it uses too many groups"))
    }

    /// The part and the version that a name with a tag means.
    pub(super) fn find(&self, name: &str) -> Result<(usize, usize), String> {
        let reference = Reference::parse(name)?;
        let tag = reference.tag().unwrap_or("latest");
        let found = self.tags_of(&reference).find_map(|(part, tags)| {
            let version = tags.iter().position(|tags| tags.iter().any(|t| t == tag))?;
            Some((part, version))
        });
        found.ok_or_else(|| format!("no image of the catalogue is called `{name}`"))
    }
}
