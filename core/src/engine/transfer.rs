//! Pulls and pushes in progress: the distribution protocol's requests one by one, over a link with
//! latency and bandwidth.

use crate::agenda::Task;
use crate::digest::Digest;
use crate::engine::{DaemonError, World, pull, push};
use crate::event::What;
use crate::image::Image;
use crate::image::platform::Platform;
use crate::kernel::process::Wait;
use crate::reference::Reference;
use crate::shared::{List, Map, own};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Pull or push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// From the registry to the host.
    Pull,
    /// From the host to the registry.
    Push,
}

/// One pull or push.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// Its number: what clients wait on.
    pub number: u64,
    /// Which way.
    pub direction: Direction,
    /// What is asked for, with a tag or a digest.
    pub reference: Reference,
    /// The registry's host name, the key of [`World::registries`].
    pub registry: String,
    /// The platform asked for.
    pub platform: Platform,
    /// Requests on their way.
    pub requests: Map<u64, Request>,
    /// The layers, base first.
    pub layers: Vec<LayerTransfer>,
    /// The account that the client sends along, `user:password` in base64.
    pub account: Option<String>,
    /// What requests show: a bearer token once it is given, or the account itself.
    pub authorization: Option<String>,
    /// The manifest's digest, once known.
    pub manifest_digest: Option<Digest>,
    /// The manifest's bytes and media type, once there.
    pub manifest: Option<(Rc<[u8]>, String)>,
    /// The configuration's bytes, once there.
    pub config: Option<Rc<[u8]>>,
    /// The image that is pushed.
    pub image: Option<Digest>,
    /// What was said so far, a line each, with the layer's short id when it is about one.
    pub said: List<(Option<String>, String)>,
    /// How it ended: the closing lines, or the refusal.
    pub outcome: Option<Result<Vec<String>, Rc<(u16, String, String)>>>,
    /// The build that it is for: the image is the builder's, not one of the list.
    pub build: Option<u64>,
    /// The image that was fetched for a build.
    pub fetched: Option<Rc<Image>>,
    /// A progress entry is on the agenda.
    pub ticking: bool,
}

/// A request on its way to a registry, or its answer on the way back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What it is for.
    pub purpose: Purpose,
    /// `GET`, `HEAD`, `POST`, `PATCH`, `PUT`.
    pub method: String,
    /// The path and query.
    pub path: String,
    /// Its body.
    pub body: Rc<[u8]>,
    /// The media type of the body, or the media types that are accepted.
    pub media_type: String,
    /// Bytes that cross the wire for it, as they would in a real transfer.
    pub size: u64,
    /// The first byte of a blob that is wanted: an earlier connection brought what is before it.
    pub from: usize,
    /// When it was sent.
    pub since: Time,
    /// When its answer will be there.
    pub due: Time,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// `GET /v2/`: is it a registry, and does it want a token?
    Ping,
    /// A bearer token.
    Token,
    /// The manifest's digest (HEAD).
    Resolve,
    /// The manifest or index.
    Manifest,
    /// The configuration blob.
    Config,
    /// A layer's blob, by its place.
    Layer(usize),
    /// Is this layer's blob there?
    Exists(usize),
    /// Begin an upload of this layer's blob; the last place is the configuration's.
    Begin(usize),
    /// Send it.
    Upload(usize),
    /// Finish it with its digest.
    Finish(usize),
    /// Is this layer's blob in another repository, from which it can be mounted?
    Mount(usize),
    /// Put the manifest.
    PutManifest,
}

/// One layer of a transfer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerTransfer {
    /// The compressed blob's digest.
    pub blob: Digest,
    /// The unpacked layer's digest.
    pub diff_id: Option<Digest>,
    /// Nominal bytes on the wire.
    pub size: u64,
    /// Nominal bytes unpacked.
    pub unpacked: u64,
    /// The blob itself, once there; before, what came until a connection broke.
    pub bytes: Option<Rc<[u8]>>,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// How far it is.
    pub state: LayerState,
    /// Where an upload goes on.
    pub location: String,
}

/// How far a layer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LayerState {
    /// Known, not begun.
    Planned,
    /// Waits for one of the three lanes.
    Waiting,
    /// Bytes cross the wire.
    Moving(Time, Time),
    /// It failed, and is tried again in so many seconds.
    Retrying(u32),
    /// There, waiting for the layers below.
    Arrived,
    /// Being unpacked.
    Extracting(Time, Time),
    /// Done.
    Complete,
    /// It was there already.
    Present,
}

/// Round trip to a registry on the internet.
const FAR: Span = Span::millis(80);
/// Round trip to a registry on this host.
const NEAR: Span = Span::millis(4);
/// Bytes a second of one connection, to the internet and on this host.
const BANDWIDTH: [u64; 2] = [12_000_000, 400_000_000];
/// Bytes a second of unpacking a layer.
const UNPACKING: u64 = 180_000_000;
/// Time between two updates of progress lines.
const TICK: Span = Span::millis(100);
/// Blobs that move at the same time.
pub const LANES: usize = 3;

/// Time that unpacking takes.
pub const fn unpacking(bytes: u64) -> Span {
    Span(20_000 + bytes * 1_000_000 / UNPACKING)
}

/// True for registries on this host.
pub fn is_near(registry: &str) -> bool {
    registry.starts_with("localhost") || registry.starts_with("127.")
}

/// The registry host that a reference's domain stands for.
pub fn registry_host(domain: &str) -> String {
    if domain == "docker.io" { crate::engine::world::DOCKER_HUB.to_owned() } else { domain.to_owned() }
}

/// A transfer that has not begun.
pub fn open(world: &mut World, direction: Direction, reference: Reference) -> u64 {
    let number = world.kernel.fresh_id();
    let registry = registry_host(reference.domain());
    let account = super::account::of_learner(world, reference.domain());
    let transfer = Transfer {
        number,
        direction,
        reference,
        registry,
        platform: Platform::default(),
        requests: Map::new(),
        layers: Vec::new(),
        account,
        authorization: None,
        manifest_digest: None,
        manifest: None,
        config: None,
        image: None,
        said: List::new(),
        outcome: None,
        build: None,
        fetched: None,
        ticking: false,
    };
    world.transfers.insert(number, Rc::new(transfer));
    number
}

/// The transfer with this number, to be changed.
pub fn get_mut(world: &mut World, number: u64) -> Option<&mut Transfer> {
    world.transfers.get_mut(&number).map(own)
}

/// What one request is made of.
#[derive(Debug)]
pub struct Sending<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// Its method.
    pub method: &'a str,
    /// Its path and query.
    pub path: String,
    /// Its body.
    pub body: Rc<[u8]>,
    /// The body's media type, or what is accepted.
    pub media_type: &'a str,
    /// Bytes on the wire besides the headers.
    pub size: u64,
    /// The first byte of a blob that is wanted.
    pub from: usize,
}

impl<'a> Sending<'a> {
    /// A request without a body.
    pub fn bare(purpose: Purpose, method: &'a str, path: String) -> Self {
        Self {
            purpose,
            method,
            path,
            body: Rc::new([]),
            media_type: "application/octet-stream",
            size: 0,
            from: 0,
        }
    }
}

/// Sends a request: its answer is due after the round trip and the time its bytes take.
pub fn send(world: &mut World, number: u64, sending: Sending<'_>) {
    let now = world.now;
    let id = world.kernel.fresh_id();
    let Some(transfer) = get_mut(world, number) else { return };
    let near = is_near(&transfer.registry);
    let span = if near { NEAR } else { FAR } + Span(sending.size * 1_000_000 / BANDWIDTH[usize::from(near)]);
    let due = now + span;
    let request = Request {
        purpose: sending.purpose,
        method: sending.method.to_owned(),
        path: sending.path,
        body: sending.body,
        media_type: sending.media_type.to_owned(),
        size: sending.size,
        from: sending.from,
        since: now,
        due,
    };
    let (registry, line) = (transfer.registry.clone(), format!("{} {}", request.method, request.path));
    transfer.requests.insert(id, request);
    world.note(What::Asked { registry, request: line });
    world.schedule(span, Task::Answer { transfer: number, request: id });
    tick(world, number);
}

/// Keeps the progress lines fresh while something moves.
pub fn tick(world: &mut World, number: u64) {
    let Some(transfer) = get_mut(world, number) else { return };
    let moving = transfer
        .layers
        .iter()
        .any(|l| matches!(l.state, LayerState::Moving(..) | LayerState::Extracting(..)));
    if moving && !transfer.ticking {
        transfer.ticking = true;
        world.schedule(TICK, Task::Progress(number));
    }
}

/// A progress entry is due.
pub fn progress(world: &mut World, number: u64) {
    if let Some(transfer) = get_mut(world, number) {
        transfer.ticking = false;
    }
    tick(world, number);
    world.wake(Wait::Daemon(number));
}

/// A registry's answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers that matter here, by lower-case name.
    pub headers: Map<String, String>,
    /// The body.
    pub body: Rc<[u8]>,
}

/// The answer to a request is there: the registry has handled it, the next step follows.
pub fn answered(world: &mut World, number: u64, id: u64) {
    let Some(transfer) = get_mut(world, number) else { return };
    let Some(request) = transfer.requests.remove(&id) else { return };
    if transfer.outcome.is_some() {
        return;
    }
    let (registry, authorization, direction) =
        (transfer.registry.clone(), transfer.authorization.clone(), transfer.direction);
    let answer = ask(world, &registry, authorization.as_deref(), &request);
    match answer {
        Ok(answer) => {
            let line = format!("{} {}", request.method, request.path);
            world.note(What::Answered { registry, request: line, status: answer.status });
            match direction {
                Direction::Pull => pull::answered(world, number, &request, answer),
                Direction::Push => push::answered(world, number, &request, answer),
            }
        }
        Err(error) => fail(world, number, error),
    }
    world.wake(Wait::Daemon(number));
}

fn unreachable(registry: &str, why: &str) -> DaemonError {
    DaemonError::new(500, format!("Get \"https://{registry}/v2/\": {why}"))
        .because(format!("No registry answers at {registry}."))
}

/// The registry that answers at a host.
///
/// # Errors
/// Docker's words when none does.
pub fn answering(world: &World, registry: &str) -> Result<String, DaemonError> {
    let (host, port) = registry.split_once(':').unwrap_or((registry, "443"));
    super::registry::reach(world, registry).ok_or_else(|| {
        if is_near(registry) {
            let why = format!("dial tcp 127.0.0.1:{port}: connect: connection refused");
            DaemonError::new(500, format!("Get \"http://{registry}/v2/\": {why}"))
                .because(format!("Nothing listens on port {port} of the host."))
        } else {
            unreachable(registry, &format!("dial tcp: lookup {host}: no such host"))
        }
    })
}

/// Hands a request to the registry it is for.
pub(super) fn ask(
    world: &mut World,
    registry: &str,
    authorization: Option<&str>,
    request: &Request,
) -> Result<Answer, DaemonError> {
    let key = answering(world, registry)?;
    let mut builder = http::Request::builder().method(request.method.as_str()).uri(request.path.as_str());
    builder = builder
        .header(http::header::HOST, registry)
        .header(http::header::ACCEPT, request.media_type.as_str());
    if !request.body.is_empty() {
        builder = builder.header(http::header::CONTENT_TYPE, request.media_type.as_str());
        builder = builder.header(http::header::CONTENT_LENGTH, request.body.len());
    }
    if let Some(authorization) = authorization {
        builder = builder.header(http::header::AUTHORIZATION, authorization);
    }
    if request.from > 0 {
        builder = builder.header(http::header::RANGE, format!("bytes={}-", request.from));
    }
    let message =
        builder.body(request.body.clone()).map_err(|_| unreachable(registry, "malformed request"))?;
    let response =
        super::registry::handle(world, &key, message).ok_or_else(|| unreachable(registry, "EOF"))?;
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    Ok(Answer { status: response.status().as_u16(), headers, body: response.into_body() })
}

/// Adds a line to what was said; with a layer it replaces that layer's line on a terminal.
pub fn say(world: &mut World, number: u64, layer: Option<usize>, text: &str) {
    let Some(transfer) = get_mut(world, number) else { return };
    let id = layer.and_then(|n| transfer.layers.get(n)).map(|l| label(transfer.direction, l));
    transfer.said.push_back((id, text.to_owned()));
    world.wake(Wait::Daemon(number));
}

/// The twelve digits that progress lines name a layer by: of the blob when pulling, of the diff id when pushing.
pub fn label(direction: Direction, layer: &LayerTransfer) -> String {
    let digest = match direction {
        Direction::Push => layer.diff_id.unwrap_or(layer.blob),
        Direction::Pull => layer.blob,
    };
    digest.short().to_owned()
}

/// Ends a transfer with a refusal. Nothing of it is kept.
pub fn fail(world: &mut World, number: u64, error: DaemonError) {
    if let Some(transfer) = get_mut(world, number) {
        transfer.outcome = Some(Err(Rc::new((error.status, error.message, error.cause))));
    }
    super::build::fetched(world, number);
    world.wake(Wait::Daemon(number));
}
