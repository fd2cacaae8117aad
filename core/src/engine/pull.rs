//! `docker pull`: token, manifest, configuration, and the blobs that are not here, three at a time.

use crate::agenda::Task;
use crate::digest::Digest;
use crate::engine::transfer::{
    self, Answer, Direction, LANES, LayerState, LayerTransfer, Purpose, Request, Sending, Transfer,
};
use crate::engine::{DaemonError, World, image};
use crate::event::What;
use crate::image::{Image, Layer};
use crate::reference::Reference;
use crate::registry::nominal_size;
use oci_spec::image::{ImageIndex, ImageManifest};
use std::rc::Rc;

const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json,application/vnd.oci.image.manifest.v1+json,application/vnd.docker.distribution.manifest.list.v2+json,application/vnd.docker.distribution.manifest.v2+json";

/// Begins a pull; its number.
pub fn begin(world: &mut World, reference: Reference) -> u64 {
    let number = transfer::open(world, Direction::Pull, reference.with_default_tag());
    ask(world, number, Purpose::Ping, "GET", "/v2/".to_owned(), 0);
    number
}

fn ask(world: &mut World, number: u64, purpose: Purpose, method: &str, path: String, size: u64) {
    let sending = Sending { purpose, method, path, body: Rc::new([]), media_type: MANIFESTS, size };
    transfer::send(world, number, sending);
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
        (Purpose::Ping, 401) => {
            let path = format!("/token?scope=repository:{name}:pull&service=registry.docker.io");
            ask(world, number, Purpose::Token, "GET", path, 0);
        }
        (Purpose::Ping, 200) => {
            ask(world, number, Purpose::Resolve, "HEAD", format!("/v2/{name}/manifests/{selector}"), 0);
        }
        (Purpose::Token, 200) => {
            let token = serde_json::from_slice::<serde_json::Value>(&answer.body)
                .ok()
                .and_then(|v| v["token"].as_str().map(str::to_owned));
            if let Some(transfer) = transfer::get_mut(world, number) {
                transfer.token = token;
            }
            ask(world, number, Purpose::Resolve, "HEAD", format!("/v2/{name}/manifests/{selector}"), 0);
        }
        (Purpose::Resolve, 200) => {
            let digest = answer.headers.get("docker-content-digest").and_then(|d| d.parse::<Digest>().ok());
            if let Some(transfer) = transfer::get_mut(world, number) {
                transfer.manifest_digest = digest;
            }
            let tag = selector.clone();
            transfer::say(world, number, None, &format!("{tag}: Pulling from {name}"));
            let wanted = digest.map_or(selector, |d| d.to_string());
            ask(world, number, Purpose::Manifest, "GET", format!("/v2/{name}/manifests/{wanted}"), 1_000);
        }
        (Purpose::Manifest, 200) => manifest(world, number, &name, answer),
        (Purpose::Config, 200) => {
            if let Some(transfer) = transfer::get_mut(world, number) {
                transfer.config = Some(answer.body);
            }
            finish_if_done(world, number);
        }
        (Purpose::Layer(at), 200 | 206) => arrived(world, number, at, answer.body),
        (_, status) => refused(world, number, &name, &selector, status),
    }
}

fn refused(world: &mut World, number: u64, name: &str, selector: &str, status: u16) {
    let Some(transfer) = current(world, number) else { return };
    let familiar = transfer.reference.familiar();
    let hub = transfer.reference.domain() == "docker.io";
    let repository = transfer.reference.familiar_name();
    let error = match status {
        401 | 403 => DaemonError::new(404, format!("pull access denied for {repository}, repository does not exist or may require 'docker login'"))
            .because(format!("Docker Hub has no public repository {name}.")),
        404 if hub => DaemonError::new(404, format!("manifest for {familiar} not found: manifest unknown: manifest unknown"))
            .because(format!("The repository {name} has no tag {selector}.")),
        404 => DaemonError::new(404, format!("manifest for {familiar} not found: manifest unknown: manifest unknown"))
            .because(format!("The registry has no {name} with the tag {selector}.")),
        429 => DaemonError::new(429, "toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit".to_owned()),
        other => DaemonError::new(500, format!("received unexpected HTTP status: {other}")),
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
            d.platform().as_ref().is_none_or(|p| format!("{}/{}", p.os(), p.architecture()) == platform)
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
        let moving = transfer.layers.iter().filter(|l| matches!(l.state, LayerState::Moving(..))).count();
        let wanting = |l: &LayerTransfer| matches!(l.state, LayerState::Planned | LayerState::Waiting);
        let Some(at) = transfer.layers.iter().position(wanting) else { return };
        if moving >= LANES {
            let planned = transfer.layers.iter().position(|l| l.state == LayerState::Planned);
            let Some(at) = planned else { return };
            set_state(world, number, at, LayerState::Waiting);
            transfer::say(world, number, Some(at), "Waiting");
            continue;
        }
        let (blob, size, name) =
            (transfer.layers[at].blob, transfer.layers[at].size, transfer.reference.path().to_owned());
        ask(world, number, Purpose::Layer(at), "GET", format!("/v2/{name}/blobs/{blob}"), size);
        let now = world.now;
        let due =
            current(world, number).and_then(|t| t.requests.values().map(|r| r.due).max()).unwrap_or(now);
        let due = current(world, number)
            .and_then(|t| t.requests.values().find(|r| r.purpose == Purpose::Layer(at)).map(|r| r.due))
            .unwrap_or(due);
        set_state(world, number, at, LayerState::Moving(now, due));
        transfer::tick(world, number);
    }
}

fn set_state(world: &mut World, number: u64, at: usize, state: LayerState) {
    if let Some(layer) = transfer::get_mut(world, number).and_then(|t| t.layers.get_mut(at)) {
        layer.state = state;
    }
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
        return transfer::fail(world, number, DaemonError::new(500, message));
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
    let Some(familiar) = current(world, number).map(|t| t.reference.familiar()) else { return };
    close(world, number, image, format!("Status: Image is up to date for {familiar}"));
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
    world.images.tag(reference.with_digest(digest), image.id);
    image::note(world, &reference.familiar(), "pull", &reference.familiar());
    let shown = if reference.domain() == "docker.io" { reference.to_string() } else { reference.familiar() };
    if let Some(transfer) = transfer::get_mut(world, number) {
        transfer.outcome = Some(Ok(vec![format!("Digest: {digest}"), status, shown]));
    }
    world.wake(crate::kernel::process::Wait::Daemon(number));
}
