//! `docker push`: each layer is asked for first, and only what the registry lacks is sent.

use crate::digest::Digest;
use crate::engine::registry::{self, Challenge};
use crate::engine::transfer::{
    self, Answer, Direction, LayerState, LayerTransfer, Purpose, Request, Sending, Transfer,
};
use crate::engine::{DaemonError, World, image, retry};
use crate::event::What;
use crate::image::Image;
use crate::kernel::process::Wait;
use crate::reference::Reference;
use std::rc::Rc;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Begins a push of a name that leads to an image here; its number.
pub fn begin(world: &mut World, reference: Reference) -> u64 {
    let reference = reference.with_default_tag();
    let id = world.images.named(&reference);
    let number = transfer::open(world, Direction::Push, reference.clone());
    transfer::say(
        world,
        number,
        None,
        &format!("The push refers to repository [{}/{}]", reference.domain(), reference.path()),
    );
    let Some(image) = id.and_then(|id| world.images.get(&id)).cloned() else {
        let known = world.images.all_names().any(|(r, _)| r.familiar_name() == reference.familiar_name());
        let message = if known {
            format!("tag does not exist: {}", reference.familiar())
        } else {
            format!("An image does not exist locally with the tag: {}", reference.familiar_name())
        };
        transfer::fail(world, number, DaemonError::new(404, message));
        return number;
    };
    if let Err(error) = image::must_be_whole(&image) {
        transfer::fail(world, number, error);
        return number;
    }
    if let Some(transfer) = transfer::get_mut(world, number) {
        transfer.image = Some(image.id);
        transfer.layers = image
            .layers
            .iter()
            .map(|layer| LayerTransfer {
                blob: layer.blob_digest,
                diff_id: Some(layer.diff_id),
                size: layer.compressed,
                unpacked: layer.size(),
                bytes: Some(layer.blob.clone()),
                attempts: 0,
                state: LayerState::Planned,
                location: String::new(),
            })
            .collect();
    }
    for at in (0..image.layers.len()).rev() {
        transfer::say(world, number, Some(at), "Preparing");
    }
    transfer::send(world, number, Sending::bare(Purpose::Ping, "GET", "/v2/".to_owned()));
    number
}

fn parts(world: &World, number: u64) -> Option<(Rc<Transfer>, Rc<Image>)> {
    let transfer = world.transfers.get(&number)?.clone();
    let image = world.images.get(&transfer.image?)?.clone();
    Some((transfer, image))
}

/// The blob of a place: a layer's, or after the last layer the configuration.
fn blob(image: &Image, at: usize) -> (Digest, Rc<[u8]>, u64) {
    match image.layers.get(at) {
        Some(layer) => (layer.blob_digest, layer.blob.clone(), layer.compressed),
        None => (image.id, image.config_bytes.clone(), image.config_bytes.len() as u64),
    }
}

/// An answer is there: what follows from it.
pub fn answered(world: &mut World, number: u64, request: &Request, answer: Answer) {
    let Some((transfer, image)) = parts(world, number) else { return };
    let name = transfer.reference.path().to_owned();
    match (request.purpose, answer.status) {
        (Purpose::Ping, 401) => show(world, number, &transfer, &image, &answer),
        (Purpose::Ping, _) => exists(world, number, &name, &image, 0),
        (Purpose::Token, 200) => {
            if let Some(transfer) = transfer::get_mut(world, number) {
                transfer.authorization = registry::bearer(&answer);
            }
            exists(world, number, &name, &image, 0);
        }
        (_, 401 | 403) if !matches!(request.purpose, Purpose::Exists(_)) => {
            let cause = if transfer.reference.domain() == "docker.io" {
                "At Docker Hub the first part of a repository's name is the account it belongs to: `docker login` shows yours, and `docker tag` gives the image a name under it.".to_owned()
            } else {
                format!("The registry at {} does not let this account push.", transfer.registry)
            };
            transfer::fail(world, number, DaemonError::new(401, registry::reason(&answer)).because(cause));
        }
        (Purpose::Exists(at), 200) => {
            if at < image.layers.len() {
                set_state(world, number, at, LayerState::Present);
                transfer::say(world, number, Some(at), "Layer already exists");
                world.note(What::LayerPresent { blob: blob(&image, at).0, at_registry: true });
            }
            exists(world, number, &name, &image, at + 1);
        }
        (Purpose::Exists(at), status) if status < 500 => upload(world, number, at),
        (Purpose::Mount(at), 201) => {
            set_state(world, number, at, LayerState::Complete);
            let from = source(world, &transfer, &image, at).unwrap_or_default();
            transfer::say(world, number, Some(at), &format!("Mounted from {from}"));
            exists(world, number, &name, &image, at + 1);
        }
        (Purpose::Begin(at) | Purpose::Mount(at), 202) => {
            let location = answer.headers.get("location").cloned().unwrap_or_default();
            let (_, bytes, size) = blob(&image, at);
            let upload =
                Sending { body: bytes, size, ..Sending::bare(Purpose::Upload(at), "PATCH", location) };
            transfer::send(world, number, upload);
            let now = world.now;
            let due = world
                .transfers
                .get(&number)
                .and_then(|t| t.requests.values().map(|r| r.due).max())
                .unwrap_or(now);
            set_state(world, number, at, LayerState::Moving(now, due));
            transfer::tick(world, number);
        }
        (Purpose::Upload(at), 202) => {
            let location = answer.headers.get("location").cloned().unwrap_or_default();
            let path = format!("{location}?digest={}", blob(&image, at).0);
            transfer::send(world, number, Sending::bare(Purpose::Finish(at), "PUT", path));
        }
        (Purpose::Finish(at), 201) => {
            if at < image.layers.len() {
                set_state(world, number, at, LayerState::Complete);
                transfer::say(world, number, Some(at), "Pushed");
            }
            exists(world, number, &name, &image, at + 1);
        }
        (Purpose::PutManifest, 201) => finish(world, number, &image),
        (
            Purpose::Exists(at)
            | Purpose::Begin(at)
            | Purpose::Mount(at)
            | Purpose::Upload(at)
            | Purpose::Finish(at),
            500..,
        ) => retry::later(world, number, at, &registry::reason(&answer)),
        _ => transfer::fail(world, number, DaemonError::new(500, registry::reason(&answer))),
    }
}

/// Shows the registry what it wants to see: an account, or a token that is asked for first.
fn show(world: &mut World, number: u64, transfer: &Transfer, image: &Rc<Image>, answer: &Answer) {
    let name = transfer.reference.path();
    let basic = transfer.account.as_ref().map(|account| format!("Basic {account}"));
    let challenge = registry::challenge(&answer.headers);
    if let Some(open) = transfer::get_mut(world, number) {
        open.authorization.clone_from(&basic);
    }
    match challenge {
        Some(Challenge::Bearer(service, _)) => {
            let mut scopes = vec![format!("repository:{name}:push,pull")];
            let mut others: Vec<String> =
                (0..image.layers.len()).filter_map(|at| source(world, transfer, image, at)).collect();
            others.dedup();
            scopes.extend(others.into_iter().map(|other| format!("repository:{other}:pull")));
            let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
            let path = registry::token_path(&service, &scopes);
            transfer::send(world, number, Sending::bare(Purpose::Token, "GET", path));
        }
        _ if basic.is_some() => exists(world, number, name, image, 0),
        _ => {
            let cause =
                format!("The registry at {0} wants an account: `docker login {0}`.", transfer.registry);
            let words = "no basic auth credentials".to_owned();
            transfer::fail(world, number, DaemonError::new(401, words).because(cause));
        }
    }
}

/// Another repository of the same registry that has a layer: one that it was pulled from or pushed to.
fn source(world: &World, transfer: &Transfer, image: &Image, at: usize) -> Option<String> {
    let blob = image.layers.get(at)?.blob_digest;
    let here = &transfer.reference;
    let holds = |id: &Digest| {
        world.images.get(id).is_some_and(|other| other.layers.iter().any(|l| l.blob_digest == blob))
    };
    let mut names = world.images.all_names();
    let (name, _) = names.find(|(name, id)| {
        name.digest().is_some() && name.domain() == here.domain() && name.path() != here.path() && holds(id)
    })?;
    Some(name.path().to_owned())
}

/// Begins the upload of a blob, or mounts it from where the registry has it.
pub(super) fn upload(world: &mut World, number: u64, at: usize) {
    let Some((transfer, image)) = parts(world, number) else { return };
    let path = format!("/v2/{}/blobs/uploads/", transfer.reference.path());
    let sending = match source(world, &transfer, &image, at) {
        Some(from) => {
            let path = format!("{path}?from={from}&mount={}", blob(&image, at).0);
            Sending::bare(Purpose::Mount(at), "POST", path)
        }
        None => Sending::bare(Purpose::Begin(at), "POST", path),
    };
    transfer::send(world, number, sending);
}

fn set_state(world: &mut World, number: u64, at: usize, state: LayerState) {
    if let Some(layer) = transfer::get_mut(world, number).and_then(|t| t.layers.get_mut(at)) {
        layer.state = state;
    }
}

/// Asks for the blob of a place, or puts the manifest when every blob is there.
fn exists(world: &mut World, number: u64, name: &str, image: &Image, at: usize) {
    if at > image.layers.len() {
        let Some(transfer) = world.transfers.get(&number) else { return };
        let path = format!("/v2/{name}/manifests/{}", transfer.reference.selector());
        let bare = Sending::bare(Purpose::PutManifest, "PUT", path);
        let manifest = Sending { body: image.manifest.clone(), media_type: MANIFEST, size: 1_500, ..bare };
        return transfer::send(world, number, manifest);
    }
    let digest = blob(image, at).0;
    transfer::send(
        world,
        number,
        Sending::bare(Purpose::Exists(at), "HEAD", format!("/v2/{name}/blobs/{digest}")),
    );
}

fn finish(world: &mut World, number: u64, image: &Rc<Image>) {
    let Some(reference) = world.transfers.get(&number).map(|t| t.reference.clone()) else { return };
    let digest = image.manifest_digest;
    world.images.tag(reference.with_digest(digest), image.id);
    image::note(world, &reference.familiar(), "push", &reference.familiar_name());
    let line = format!("{}: digest: {digest} size: {}", reference.selector(), image.manifest.len());
    if let Some(transfer) = transfer::get_mut(world, number) {
        transfer.outcome = Some(Ok(vec![line]));
    }
    world.wake(Wait::Daemon(number));
}
