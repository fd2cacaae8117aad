//! `docker pull`: token, manifest, configuration, and the blobs that are not here, three at a time.

use crate::agenda::Task;
use crate::digest::Digest;
use crate::engine::registry::{self, Challenge};
use crate::engine::transfer::{
    self, Answer, Direction, LANES, LayerState, LayerTransfer, Purpose, Request, Sending, Transfer,
};
use crate::engine::{DaemonError, World, image, retry};
use crate::event::What;
use crate::image::platform::Platform;
use crate::image::{Image, Layer};
use crate::reference::Reference;
use crate::registry::nominal_size;
use oci_spec::image::{ImageIndex, ImageManifest};
use std::rc::Rc;

/// The media types that are accepted for a manifest.
pub(super) const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json,application/vnd.oci.image.manifest.v1+json,application/vnd.docker.distribution.manifest.list.v2+json,application/vnd.docker.distribution.manifest.v2+json";

/// Begins a pull; its number.
pub fn begin(world: &mut World, reference: Reference) -> u64 {
    let number = transfer::open(world, Direction::Pull, reference.with_default_tag());
    ask(world, number, Purpose::Ping, "GET", "/v2/".to_owned(), 0);
    number
}

fn ask(world: &mut World, number: u64, purpose: Purpose, method: &str, path: String, size: u64) {
    let bare = Sending::bare(purpose, method, path);
    transfer::send(world, number, Sending { media_type: MANIFESTS, size, ..bare });
}

/// Asks for the manifest's digest, once it is known what the registry wants to be shown.
fn resolve(world: &mut World, number: u64, authorization: Option<String>) {
    let Some(transfer) = transfer::get_mut(world, number) else { return };
    transfer.authorization = authorization;
    let path = format!("/v2/{}/manifests/{}", transfer.reference.path(), transfer.reference.selector());
    ask(world, number, Purpose::Resolve, "HEAD", path, 0);
}

fn current(world: &World, number: u64) -> Option<&Transfer> {
    world.transfers.get(&number).map(Rc::as_ref)
}

/// An answer is there: what follows from it.
pub fn answered(world: &mut World, number: u64, request: &Request, answer: Answer) {
    let Some(transfer) = current(world, number) else { return };
    let name = transfer.reference.path().to_owned();
    let selector = transfer.reference.selector();
    match (request.purpose, answer.status) {
        (Purpose::Ping, 401) => match registry::challenge(&answer.headers) {
            Some(Challenge::Bearer(service, _)) => {
                let path = registry::token_path(&service, &[&format!("repository:{name}:pull")]);
                let shown = transfer.account.as_ref().map(|account| format!("Basic {account}"));
                if let Some(transfer) = transfer::get_mut(world, number) {
                    transfer.authorization = shown;
                }
                ask(world, number, Purpose::Token, "GET", path, 0);
            }
            _ => match transfer.account.as_ref().map(|account| format!("Basic {account}")) {
                Some(basic) => resolve(world, number, Some(basic)),
                None => refused(world, number, &name, &selector, &answer),
            },
        },
        (Purpose::Ping, _) => resolve(world, number, None),
        (Purpose::Token, 200) => resolve(world, number, registry::bearer(&answer)),
        (Purpose::Resolve, 200) => {
            let digest = stated(&answer);
            if let Some(transfer) = transfer::get_mut(world, number) {
                transfer.manifest_digest = digest;
            }
            let wanted = digest.map_or(selector, |d| d.to_string());
            ask(world, number, Purpose::Manifest, "GET", format!("/v2/{name}/manifests/{wanted}"), 1_000);
        }
        // Why it cannot be had is said in the body of an answer to GET alone.
        (Purpose::Resolve, _) => {
            ask(world, number, Purpose::Manifest, "GET", format!("/v2/{name}/manifests/{selector}"), 1_000);
        }
        (Purpose::Manifest, 200) => {
            found(world, number, &name, &selector, &answer);
            manifest(world, number, &name, answer);
        }
        (Purpose::Config, 200) => {
            if let Some(transfer) = transfer::get_mut(world, number) {
                transfer.config = Some(answer.body);
            }
            finish_if_done(world, number);
        }
        (Purpose::Layer(at), 200 | 206) => came(world, number, at, request.from, &answer),
        (Purpose::Layer(at), 500..) => retry::later(world, number, at, &registry::reason(&answer)),
        _ => refused(world, number, &name, &selector, &answer),
    }
}

/// The manifest is there: what is pulled is said once, before anything else.
fn found(world: &mut World, number: u64, name: &str, selector: &str, answer: &Answer) {
    let Some(transfer) = transfer::get_mut(world, number).filter(|t| t.said.is_empty()) else { return };
    transfer.manifest_digest = transfer.manifest_digest.or_else(|| stated(answer));
    transfer::say(world, number, None, &format!("{selector}: Pulling from {name}"));
}

/// The digest that an answer says it has.
fn stated(answer: &Answer) -> Option<Digest> {
    answer.headers.get("docker-content-digest")?.parse().ok()
}

fn refused(world: &mut World, number: u64, name: &str, selector: &str, answer: &Answer) {
    let Some(transfer) = current(world, number) else { return };
    let familiar = transfer.reference.familiar();
    let hub = transfer.reference.domain() == "docker.io";
    let repository = transfer.reference.familiar_name();
    let host = &transfer.registry;
    let scheme = if transfer::is_near(host) { "http" } else { "https" };
    let asked = format!("Head \"{scheme}://{host}/v2/{name}/manifests/{selector}\"");
    let reason = registry::reason(answer);
    let error = match answer.status {
        401 if registry::challenge(&answer.headers) == Some(Challenge::Basic) => {
            let why =
                if transfer.account.is_some() { reason } else { "no basic auth credentials".to_owned() };
            DaemonError::new(500, format!("{asked}: {why}")).because(format!(
                "The registry at {host} wants an account: `docker login {host}` shows it yours."
            ))
        }
        401 | 403 if reason.starts_with("denied") => {
            let words = format!(
                "pull access denied for {repository}, repository does not exist or may require 'docker login': {reason}"
            );
            let cause =
                if hub { format!("Docker Hub has no public repository {name}.") } else { String::new() };
            DaemonError::new(404, words).because(cause)
        }
        401 | 403 => DaemonError::new(500, format!("{asked}: {reason}")),
        404 if reason.starts_with("name unknown") => {
            DaemonError::new(404, format!("repository {repository} not found: {reason}"))
        }
        404 => {
            let cause = if hub {
                format!("The repository {name} has no tag {selector}.")
            } else {
                format!("The registry has no {name} with the tag {selector}.")
            };
            DaemonError::new(
                404,
                format!("manifest for {familiar} not found: manifest unknown: manifest unknown"),
            )
            .because(cause)
        }
        429 => DaemonError::new(500, reason).because(
            "Strangers may pull so many images in six hours; `docker login` takes the limit away.".to_owned(),
        ),
        _ => DaemonError::new(500, reason),
    };
    transfer::fail(world, number, error);
}

/// A manifest or an index is there.
fn manifest(world: &mut World, number: u64, name: &str, answer: Answer) {
    let media_type = answer.headers.get("content-type").cloned().unwrap_or_default();
    if media_type.contains("index") || media_type.contains("manifest.list") {
        let Ok(index) = serde_json::from_slice::<ImageIndex>(&answer.body) else {
            return transfer::fail(
                world,
                number,
                DaemonError::new(500, "manifest invalid: manifest invalid".to_owned()),
            );
        };
        let platform = current(world, number).map(|t| t.platform.clone()).unwrap_or_default();
        let fits = |d: &&oci_spec::image::Descriptor| {
            d.platform().as_ref().is_none_or(|p| {
                let variant = p.variant().as_deref().unwrap_or_default();
                let own = Platform::new(&p.os().to_string(), &p.architecture().to_string(), variant);
                platform.fits(&own)
            })
        };
        let Some(wanted) = index.manifests().iter().find(fits).map(|d| d.digest().to_string()) else {
            let message = format!("no matching manifest for {platform} in the manifest list entries");
            return transfer::fail(world, number, DaemonError::new(404, message));
        };
        return ask(world, number, Purpose::Manifest, "GET", format!("/v2/{name}/manifests/{wanted}"), 2_000);
    }
    let Ok(read) = serde_json::from_slice::<ImageManifest>(&answer.body) else {
        return transfer::fail(
            world,
            number,
            DaemonError::new(500, "manifest invalid: manifest invalid".to_owned()),
        );
    };
    let config: Option<Digest> = read.config().digest().to_string().parse().ok();
    let Some(config) = config else { return };
    let layers: Vec<(Digest, u64)> = read
        .layers()
        .iter()
        .filter_map(|d| Some((d.digest().to_string().parse().ok()?, nominal_size(d))))
        .collect();
    if let Some(existing) = world.images.get(&config).cloned() {
        return up_to_date(world, number, &existing);
    }
    let held: Vec<Option<Rc<Layer>>> =
        layers.iter().map(|(blob, _)| world.images.layer_by_blob(blob)).collect();
    if let Some(transfer) = transfer::get_mut(world, number) {
        transfer.manifest = Some((answer.body, media_type));
        transfer.layers = layers
            .iter()
            .zip(&held)
            .map(|((blob, size), held)| LayerTransfer {
                blob: *blob,
                diff_id: held.as_ref().map(|l| l.diff_id),
                size: *size,
                unpacked: held.as_ref().map_or(0, |l| l.size()),
                bytes: held.as_ref().map(|l| l.blob.clone()),
                attempts: 0,
                state: if held.is_some() { LayerState::Present } else { LayerState::Planned },
                location: String::new(),
            })
            .collect();
    }
    for (at, held) in held.iter().enumerate() {
        match held {
            Some(layer) => {
                transfer::say(world, number, Some(at), "Already exists");
                world.note(What::LayerPresent { blob: layer.blob_digest, at_registry: false });
            }
            None => transfer::say(world, number, Some(at), "Pulling fs layer"),
        }
    }
    ask(world, number, Purpose::Config, "GET", format!("/v2/{name}/blobs/{config}"), 8_000);
    fill_lanes(world, number);
}

/// Keeps three blobs moving.
fn fill_lanes(world: &mut World, number: u64) {
    loop {
        let Some(transfer) = current(world, number) else { return };
        let moving = transfer
            .layers
            .iter()
            .filter(|l| matches!(l.state, LayerState::Moving(..) | LayerState::Retrying(_)))
            .count();
        let wanting = |l: &LayerTransfer| matches!(l.state, LayerState::Planned | LayerState::Waiting);
        let Some(at) = transfer.layers.iter().position(wanting) else { return };
        if moving >= LANES {
            let planned = transfer.layers.iter().position(|l| l.state == LayerState::Planned);
            let Some(at) = planned else { return };
            set_state(world, number, at, LayerState::Waiting);
            transfer::say(world, number, Some(at), "Waiting");
            continue;
        }
        fetch(world, number, at);
    }
}

/// Asks for a layer's blob, or for what of it is not here yet.
pub(super) fn fetch(world: &mut World, number: u64, at: usize) {
    let Some(transfer) = current(world, number) else { return };
    let Some(layer) = transfer.layers.get(at) else { return };
    let from = layer.bytes.as_ref().map_or(0, |bytes| bytes.len());
    let path = format!("/v2/{}/blobs/{}", transfer.reference.path(), layer.blob);
    let bare = Sending::bare(Purpose::Layer(at), "GET", path);
    transfer::send(world, number, Sending { media_type: MANIFESTS, size: layer.size, from, ..bare });
    let now = world.now;
    let due = current(world, number)
        .and_then(|t| t.requests.values().find(|r| r.purpose == Purpose::Layer(at)).map(|r| r.due))
        .unwrap_or(now);
    set_state(world, number, at, LayerState::Moving(now, due));
    transfer::tick(world, number);
}

fn set_state(world: &mut World, number: u64, at: usize, state: LayerState) {
    if let Some(layer) = transfer::get_mut(world, number).and_then(|t| t.layers.get_mut(at)) {
        layer.state = state;
    }
}

/// Bytes of a blob are there, from `from` on: all that were announced, or a connection broke.
fn came(world: &mut World, number: u64, at: usize, from: usize, answer: &Answer) {
    let Some(layer) = current(world, number).and_then(|t| t.layers.get(at)) else { return };
    let announced = answer.headers.get("content-length").and_then(|l| l.parse::<usize>().ok());
    let mut bytes = answer.body.clone();
    if from > 0 && answer.status == 206 {
        let before = layer.bytes.as_ref().and_then(|b| b.get(..from)).unwrap_or_default();
        bytes = [before, &bytes].concat().into();
    }
    if announced.is_some_and(|length| answer.body.len() < length) {
        if let Some(layer) = transfer::get_mut(world, number).and_then(|t| t.layers.get_mut(at)) {
            layer.bytes = Some(bytes);
        }
        return retry::later(world, number, at, "unexpected EOF");
    }
    arrived(world, number, at, bytes);
}

/// A blob is there: its digest is checked, and it waits for the layers below.
fn arrived(world: &mut World, number: u64, at: usize, bytes: Rc<[u8]>) {
    let Some((blob, size)) = current(world, number).and_then(|t| t.layers.get(at)).map(|l| (l.blob, l.size))
    else {
        return;
    };
    transfer::say(world, number, Some(at), "Verifying Checksum");
    if Digest::of(&bytes) != blob {
        let message = "filesystem layer verification failed for digest ".to_owned() + &blob.to_string();
        let cause = "The bytes that came have another digest than the manifest names: they are not kept.";
        return transfer::fail(world, number, DaemonError::new(500, message).because(cause.to_owned()));
    }
    let layer = match Layer::from_blob(bytes.clone(), size) {
        Ok(layer) => layer,
        Err(why) => {
            return transfer::fail(
                world,
                number,
                DaemonError::new(500, format!("failed to register layer: {why}")),
            );
        }
    };
    if let Some(transfer) = transfer::get_mut(world, number) {
        let entry = &mut transfer.layers[at];
        entry.bytes = Some(bytes);
        entry.diff_id = Some(layer.diff_id);
        entry.unpacked = layer.size();
        entry.state = LayerState::Arrived;
    }
    transfer::say(world, number, Some(at), "Download complete");
    world.note(What::LayerArrived { blob, size });
    unpack_next(world, number);
    fill_lanes(world, number);
}

/// Layers are unpacked one after the other, the base first.
fn unpack_next(world: &mut World, number: u64) {
    let Some(transfer) = current(world, number) else { return };
    let next =
        transfer.layers.iter().position(|l| !matches!(l.state, LayerState::Complete | LayerState::Present));
    let Some(at) = next else { return finish_if_done(world, number) };
    if transfer.layers[at].state != LayerState::Arrived {
        return;
    }
    let span = transfer::unpacking(transfer.layers[at].unpacked);
    let now = world.now;
    set_state(world, number, at, LayerState::Extracting(now, now + span));
    world.schedule(span, Task::Unpacked { transfer: number, layer: at });
    transfer::tick(world, number);
}

/// A layer is unpacked.
pub fn unpacked(world: &mut World, number: u64, at: usize) {
    if current(world, number).is_none_or(|t| t.outcome.is_some()) {
        return;
    }
    set_state(world, number, at, LayerState::Complete);
    transfer::say(world, number, Some(at), "Pull complete");
    unpack_next(world, number);
}

fn finish_if_done(world: &mut World, number: u64) {
    let Some(transfer) = current(world, number).cloned() else { return };
    let done = transfer.layers.iter().all(|l| matches!(l.state, LayerState::Complete | LayerState::Present));
    let (Some(config), Some((manifest, _)), true) = (&transfer.config, &transfer.manifest, done) else {
        return;
    };
    if transfer.outcome.is_some() {
        return;
    }
    let layers: Result<Vec<Rc<Layer>>, String> = transfer
        .layers
        .iter()
        .map(|l| {
            let held = world.images.layer_by_blob(&l.blob);
            held.map_or_else(
                || Layer::from_blob(l.bytes.clone().unwrap_or_else(|| Rc::new([])), l.size).map(Rc::new),
                Ok,
            )
        })
        .collect();
    match layers.and_then(|layers| Image::from_parts(config.clone(), manifest.clone(), layers)) {
        Ok(image) => {
            let image = Rc::new(image);
            if transfer.build.is_none() {
                world.images.add(image.clone());
            }
            let familiar = transfer.reference.familiar();
            close(world, number, &image, format!("Status: Downloaded newer image for {familiar}"));
        }
        Err(why) => transfer::fail(world, number, DaemonError::new(500, why)),
    }
}

fn up_to_date(world: &mut World, number: u64, image: &Rc<Image>) {
    let Some(reference) = current(world, number).map(|t| t.reference.clone()) else { return };
    // An image that came under another name is new under this one.
    let name = reference.digest().map_or_else(|| reference.clone(), |digest| reference.with_digest(digest));
    let word = if world.images.named(&name) == Some(image.id) {
        "Image is up to date"
    } else {
        "Downloaded newer image"
    };
    close(world, number, image, format!("Status: {word} for {}", reference.familiar()));
}

fn close(world: &mut World, number: u64, image: &Rc<Image>, status: String) {
    let Some(transfer) = current(world, number).cloned() else { return };
    if transfer.build.is_some() {
        if let Some(transfer) = transfer::get_mut(world, number) {
            (transfer.fetched, transfer.outcome) = (Some(image.clone()), Some(Ok(Vec::new())));
        }
        return super::build::fetched(world, number);
    }
    let reference = transfer.reference.clone();
    if reference.digest().is_none() {
        world.images.tag(reference.clone(), image.id);
    }
    let digest = transfer.manifest_digest.unwrap_or(image.manifest_digest);
    // A digest that leads to an image stays with it: of an index, that is the first platform that was pulled.
    let name = reference.with_digest(digest);
    if world.images.named(&name).is_none() {
        world.images.tag(name, image.id);
    }
    image::note(world, &reference.familiar(), "pull", &reference.familiar());
    let shown = if reference.domain() == "docker.io" { reference.to_string() } else { reference.familiar() };
    if let Some(transfer) = transfer::get_mut(world, number) {
        transfer.outcome = Some(Ok(vec![format!("Digest: {digest}"), status, shown]));
    }
    world.wake(crate::kernel::process::Wait::Daemon(number));
}
