//! `docker push`: each layer is asked for first, and only what the registry lacks is sent.

use crate::digest::Digest;
use crate::engine::transfer::{
    self, Answer, Direction, LayerState, LayerTransfer, Purpose, Request, Sending, Transfer,
};
use crate::engine::{DaemonError, World, image};
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
        (Purpose::Ping, 200) => exists(world, number, &name, &image, 0),
        (Purpose::Ping | Purpose::Begin(_) | Purpose::PutManifest, 401 | 403) => {
            let message = "push access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials".to_owned();
            let cause = "Pushing to Docker Hub needs an account; a registry of your own does not.".to_owned();
            transfer::fail(world, number, DaemonError::new(401, message).because(cause));
        }
        (Purpose::Exists(at), 200) => {
            if at < image.layers.len() {
                set_state(world, number, at, LayerState::Present);
                transfer::say(world, number, Some(at), "Layer already exists");
                world.note(What::LayerPresent { blob: blob(&image, at).0, at_registry: true });
            }
            exists(world, number, &name, &image, at + 1);
        }
        (Purpose::Exists(at), 404) => {
            transfer::send(
                world,
                number,
                Sending::bare(Purpose::Begin(at), "POST", format!("/v2/{name}/blobs/uploads/")),
            );
        }
        (Purpose::Begin(at), 202) => {
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
        (_, status) => {
            let message = format!("received unexpected HTTP status: {status}");
            transfer::fail(world, number, DaemonError::new(500, message));
        }
    }
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
