//! What the World keeps of builds: the cache, what was asked for, and how far each has come.

use super::run::Running;
use crate::build::cause::{Cause, Inputs};
use crate::build::ignore::Ignore;
use crate::build::rule::Warning;
use crate::build::stage::Values;
use crate::digest::Digest;
use crate::files::Tree;
use crate::image::{Image, Layer};
use crate::kernel::mount::FileSystemId;
use crate::kernel::process::Pid;
use crate::reference::Reference;
use crate::shared::{List, Map};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// What the builder keeps between builds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Builder {
    /// Builds: those that go on, and the last few that ended.
    pub builds: Map<u64, Rc<Build>>,
    /// Images that were fetched for FROM and are in no list of images.
    pub images: Map<String, Rc<Image>>,
    /// What `RUN --mount=type=cache` keeps, by name.
    pub mounts: Map<String, FileSystemId>,
    /// Steps that were done, by everything that went into them.
    pub cache: Map<Digest, Rc<Cached>>,
}

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cached {
    /// The step as progress lines name it.
    pub name: String,
    /// What went into it.
    pub inputs: Rc<Inputs>,
    /// What it added.
    pub layer: Rc<Layer>,
    /// When.
    pub created: Time,
    /// When it was last used.
    pub used: Time,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The Dockerfile's name, as messages show it.
    pub file: String,
    /// Its text.
    pub text: Rc<str>,
    /// The context, `.dockerignore` applied.
    pub context: Rc<Tree>,
    /// Bytes of the context that were sent.
    pub sent: u64,
    /// Names of the image.
    pub tags: Vec<Reference>,
    /// `--build-arg`.
    pub arguments: Values,
    /// `--label`.
    pub labels: Values,
    /// `--target`.
    pub target: String,
    /// `--no-cache`.
    pub no_cache: bool,
    /// `--no-cache-filter`: stages that do without the cache.
    pub no_cache_stages: Vec<String>,
    /// `--pull`: images are fetched although they are here.
    pub pull: bool,
    /// `--network` of every RUN: `default`, `none` or `host`.
    pub network: String,
    /// A RUN may ask for the host's network.
    pub allow_host: bool,
    /// `--secret`: names and what they hold. Gone when the build has ended.
    pub secrets: Vec<(String, Rc<[u8]>)>,
    /// `--build-context`: names and what they stand for.
    pub contexts: Vec<(String, Context)>,
    /// `--add-host`: lines of /etc/hosts.
    pub hosts: Vec<(String, String)>,
    /// `--shm-size`, in bytes.
    pub shm: Option<u64>,
    /// The image goes nowhere: `--output` writes files, or nothing is wanted of it.
    pub unlisted: bool,
    /// The rules of `.dockerignore`.
    pub ignore: Ignore,
    /// `--call`: what is asked of the Dockerfile instead of a build; empty for a build.
    pub call: String,
}

/// What a named context stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Context {
    /// Files.
    Files(Rc<Tree>),
    /// An image, by name.
    Image(String),
}

/// One build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// What was asked for.
    pub request: Rc<Request>,
    /// When it began.
    pub began: Time,
    /// Whose it is: with its client it ends.
    pub client: Pid,
    /// The stages.
    pub stages: Vec<StageRun>,
    /// Images being fetched: the transfer, the image as written, and the step that shows it.
    pub fetching: Vec<(u64, String, usize)>,
    /// What progress shows, in the order in which it began.
    pub vertices: Vec<Vertex>,
    /// What the checks have found.
    pub warnings: Vec<Warning>,
    /// The checks that need the base images were made.
    pub checked: bool,
    /// What the last lines were about.
    pub current: Option<usize>,
    /// Lines of plain progress so far.
    pub said: List<String>,
    /// The image, or why there is none: the lines around the mistake, and the message.
    pub outcome: Option<Result<Digest, Rc<(String, String)>>>,
}

/// One line of progress: a step, or something the builder does for itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vertex {
    /// Its name, such as `[2/3] RUN make`.
    pub name: String,
    /// When it began.
    pub began: Time,
    /// When it ended.
    pub ended: Option<Time>,
    /// It was done before.
    pub cached: bool,
    /// Why it was done anew; nothing for what the builder does for itself.
    pub cause: Option<Cause>,
    /// It failed.
    pub failed: bool,
    /// The layer that it made, or that was there already.
    pub layer: Option<Digest>,
    /// What it printed, with the second it did, a line each.
    pub output: Vec<String>,
}

/// A stage at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageRun {
    /// The target needs it.
    pub needed: bool,
    /// Instructions done, FROM as the first.
    pub position: usize,
    /// Steps shown, FROM as the first.
    pub shown: usize,
    /// The layers so far, the base first.
    pub layers: Vec<Rc<Layer>>,
    /// The `config` object so far, as JSON.
    pub config: String,
    /// A CMD of its own was there.
    pub own_command: bool,
    /// How each layer, and each change of the configuration, came about.
    pub history: Vec<History>,
    /// What went into the layers so far.
    pub key: Digest,
    /// ARGs in reach, in order, with their values; one of an earlier ENV of the name is covered.
    pub arguments: Vec<(String, Option<String>)>,
    /// Its MAINTAINER, or that of its base.
    pub author: String,
    /// No step was done since its base image.
    pub fresh: bool,
    /// The last step that was done anew, which those after it depend on.
    pub anew: Option<Rc<str>>,
    /// ONBUILD instructions of the base that are still to do.
    pub triggers: Vec<String>,
    /// How many there were.
    pub triggered: usize,
    /// What it is doing.
    pub state: StageState,
}

/// An entry of an image's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// When; empty for a change of the configuration alone.
    pub created: String,
    /// By what.
    pub by: String,
    /// It made no layer.
    pub empty: bool,
    /// A remark.
    pub comment: String,
}

/// What a stage is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StageState {
    /// Nothing: its next instruction may begin when what it needs is there.
    Idle,
    /// A step that is done at this moment, with its line of progress.
    Busy(Time, usize),
    /// A command in a container of the stage.
    Running(Rc<Running>),
    /// Every instruction is done.
    Done,
}

impl StageRun {
    pub(super) fn new(needed: bool) -> Self {
        Self {
            needed,
            position: 0,
            shown: 0,
            layers: Vec::new(),
            config: "{}".to_owned(),
            own_command: false,
            history: Vec::new(),
            key: Digest::of(b""),
            arguments: Vec::new(),
            author: String::new(),
            fresh: false,
            anew: None,
            triggers: Vec::new(),
            triggered: 0,
            state: StageState::Idle,
        }
    }
}
