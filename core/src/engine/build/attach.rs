//! `RUN --mount`: memory, a cache that outlives the build, a secret, or files of the context, a stage or an image.

use super::configure::variable;
use super::step::stage_run;
use super::{Plan, copy, get};
use crate::build::Fault;
use crate::build::cause::Inputs;
use crate::build::dockerfile::Instruction;
use crate::build::select::clean;
use crate::engine::World;
use crate::engine::boot::mount;
use crate::files::{Inode, Tree};
use crate::image::change::{below, words::expand};
use crate::kernel::mount::{FileSystem, Mount};
use crate::shared::own;
use std::rc::Rc;

/// What a RUN asks to have mounted.
#[derive(Default)]
pub(super) struct Wanted {
    mounts: Vec<One>,
    /// Secrets that become variables.
    pub environment: Vec<(String, String)>,
}

/// One mount.
struct One {
    target: String,
    source: Source,
    read_only: bool,
    /// Mode, owner and group of what is made for it.
    owner: (Option<u32>, u32, u32),
}

enum Source {
    Memory(Option<u64>),
    /// Kept under this name.
    Cache(String),
    /// A tree, and the path in it.
    Files(Rc<Tree>, String),
    /// One file.
    Secret(Rc<[u8]>),
}

/// The options of one mount.
struct Options(Vec<(String, String)>);

impl Options {
    fn get(&self, names: &[&str]) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }

    fn is_on(&self, names: &[&str]) -> bool {
        self.get(names).is_some_and(|v| v != "false" && v != "0")
    }

    /// A number in the options.
    fn number(&self, name: &str, radix: u32) -> Result<Option<u32>, String> {
        let text = self.get(&[name]);
        let read =
            |text| u32::from_str_radix(text, radix).map_err(|_| format!("invalid value {text} for {name}"));
        text.map(read).transpose()
    }
}

/// Every option that a mount may have.
const KNOWN: [&str; 19] = [
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "ro",
    "readonly",
    "rw",
    "readwrite",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "env",
];

fn options(text: &str, replaced: &dyn Fn(&str) -> Result<String, String>) -> Result<Options, String> {
    let mut all = Vec::new();
    for field in text.split(',') {
        let (name, value) = field.split_once('=').unwrap_or((field, "true"));
        let name = name.to_ascii_lowercase();
        if !KNOWN.contains(&name.as_str()) {
            return Err(format!("unexpected key '{name}' in '{field}'"));
        }
        if value.is_empty() {
            return Err(format!("invalid field '{field}' must be a key=value pair"));
        }
        all.push((name, replaced(value)?));
    }
    Ok(Options(all))
}

/// The mounts of a RUN; what their files are is added to `inputs`.
pub(super) fn wanted(
    world: &World,
    number: u64,
    plan: &Plan,
    at: usize,
    instruction: &Instruction,
    inputs: &mut Inputs,
) -> Result<Wanted, Fault> {
    let mut all = Wanted::default();
    if let Some(document) = instruction.documents.first().filter(|d| d.text.starts_with("#!")) {
        if super::run::alone(instruction) {
            let mut tree = Tree::default();
            let script = Inode::file(document.text.clone().into_bytes(), 0o755, 0);
            tree.insert(Tree::ROOT, &document.name, script);
            let source = Source::Files(Rc::new(tree), "/".to_owned());
            let owner = (None, 0, 0);
            all.mounts.push(One { target: "/dev/pipes".to_owned(), source, read_only: true, owner });
        }
    }
    for text in instruction.values("mount") {
        one(world, number, plan, at, text, (&mut all, inputs)).map_err(|words| instruction.fault(words))?;
    }
    Ok(all)
}

fn one(
    world: &World,
    number: u64,
    plan: &Plan,
    at: usize,
    text: &str,
    (all, inputs): (&mut Wanted, &mut Inputs),
) -> Result<(), String> {
    let Some(run) = stage_run(world, number, at) else { return Ok(()) };
    let options = options(text, &|value| expand(&plan.file.plain(value), &|name| variable(run, name)))?;
    let kind = options.get(&["type"]).unwrap_or("bind");
    let config: serde_json::Value = serde_json::from_str(&run.config).unwrap_or_default();
    let directory = config["WorkingDir"].as_str().unwrap_or("/");
    let target = options.get(&["target", "dst", "destination"]);
    let owner = (
        options.number("mode", 8)?,
        options.number("uid", 10)?.unwrap_or(0),
        options.number("gid", 10)?.unwrap_or(0),
    );
    let source = options.get(&["source", "src"]);
    let made = match kind {
        "secret" => return secret(world, number, &options, owner, target, all),
        "ssh" if options.is_on(&["required"]) => {
            return Err("no SSH key \"default\" forwarded from the client".to_owned());
        }
        // No agent is there, and without `required` the command runs nevertheless.
        "ssh" => return Ok(()),
        "tmpfs" => Source::Memory(options.get(&["size"]).and_then(crate::engine::start::parse_size)),
        "cache" => Source::Cache(options.get(&["id"]).or(target).unwrap_or_default().to_owned()),
        "bind" => {
            let from = options.get(&["from"]);
            let tree = copy::source(world, number, plan, at, from)?;
            let path = clean(source.unwrap_or_default());
            let Some(ino) = tree.find(&path) else {
                return Err(format!("failed to compute cache key: \"/{path}\": not found"));
            };
            let prefix = from.map_or(String::new(), |f| format!("{f}:/"));
            let shown = if path.is_empty() { "." } else { &path };
            copy::checksum(&tree, ino, &format!("{prefix}{shown}"), inputs);
            Source::Files(tree, format!("/{path}"))
        }
        other => return Err(format!("unsupported mount type \"{other}\"")),
    };
    let target = below(directory, target.unwrap_or_default());
    if target == "/" {
        return Err("invalid mount target \"/\"".to_owned());
    }
    let writable = options.is_on(&["rw", "readwrite"]);
    let read_only = options.is_on(&["ro", "readonly"]) || (kind == "bind" && !writable);
    all.mounts.push(One { target, source: made, read_only, owner });
    Ok(())
}

/// A secret: a file under /run/secrets, or a variable.
fn secret(
    world: &World,
    number: u64,
    options: &Options,
    owner: (Option<u32>, u32, u32),
    target: Option<&str>,
    all: &mut Wanted,
) -> Result<(), String> {
    let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let named = options.get(&["source", "src"]).or(options.get(&["id"])).map(str::to_owned);
    let id = named.or(target.map(base)).ok_or("one of source, target required")?;
    let secrets = get(world, number).map(|b| &b.request.secrets);
    let held = secrets.and_then(|s| s.iter().find(|(name, _)| *name == id)).map(|(_, bytes)| bytes.clone());
    let Some(bytes) = held else {
        return if options.is_on(&["required"]) { Err(format!("secret {id}: not found")) } else { Ok(()) };
    };
    let env = options.get(&["env"]);
    if let Some(name) = env {
        all.environment.push((name.to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    if env.is_none() || target.is_some() {
        let target = target.map_or_else(|| format!("/run/secrets/{}", base(&id)), |t| below("/", t));
        all.mounts.push(One { target, source: Source::Secret(bytes), read_only: true, owner });
    }
    Ok(())
}

/// Makes the mounts: what they lead to is forgotten after the command, except a cache.
pub(super) fn mounts(world: &mut World, wanted: Wanted) -> (Vec<Mount>, Vec<(String, String)>) {
    let now = world.now.unix_micros();
    let mut all = Vec::new();
    for One { target, source, read_only, owner } in wanted.mounts {
        let mut tree = Tree::default();
        if let Some(inode) = tree.get_mut(Tree::ROOT) {
            (inode.mode, inode.uid, inode.gid) = (owner.0.unwrap_or(0o755), owner.1, owner.2);
        }
        let (mut root, mut kept, mut limit) = ("/".to_owned(), None, None);
        let mut kind = "overlay";
        match source {
            Source::Memory(size) => (kind, limit) = ("tmpfs", size),
            Source::Cache(name) => kept = Some(name),
            Source::Files(files, path) => (tree, root) = ((*files).clone(), path),
            Source::Secret(bytes) => {
                let mut file = Inode::file(bytes.to_vec(), owner.0.unwrap_or(0o400), now);
                (file.uid, file.gid) = (owner.1, owner.2);
                tree.insert(Tree::ROOT, "secret", file);
                (kind, root) = ("tmpfs", "/secret".to_owned());
            }
        }
        let held = kept.as_ref().and_then(|name| world.builder.mounts.get(name)).copied();
        let id = held.unwrap_or_else(|| world.kernel.add_filesystem(FileSystem::Tree { tree, limit }));
        if let Some(name) = kept {
            own(&mut world.builder).mounts.insert(name, id);
        }
        let mut shown = mount(&target, id, kind, kind, "relatime");
        (shown.root, shown.read_only) = (root, read_only);
        all.push(shown);
    }
    (all, wanted.environment)
}
