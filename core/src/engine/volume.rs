//! Volumes: directories that outlive the containers that mount them; and the mounts of a container.

use crate::container::{MountKind, MountPoint};
use crate::engine::{DaemonError, World};
use crate::event::What;
use crate::image::Image;
use crate::kernel::mount::{FileSystem, FileSystemId};
use crate::shared::{Map, own};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A volume of the `local` driver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// It was made for one container, without a name of its own.
    pub anonymous: bool,
    /// When it was made.
    pub created: Time,
    /// Labels.
    pub labels: Map<String, String>,
    /// Its files.
    pub filesystem: FileSystemId,
    /// Nothing was put in it yet: the first mount copies what the image has there.
    pub fresh: bool,
}

/// Where the host keeps a volume.
pub fn mountpoint(name: &str) -> String {
    format!("/var/lib/docker/volumes/{name}/_data")
}

/// Names that Docker allows.
pub fn check_name(name: &str) -> Result<(), DaemonError> {
    let good = name.len() >= 2
        && name
            .bytes()
            .enumerate()
            .all(|(n, b)| b.is_ascii_alphanumeric() || (n > 0 && matches!(b, b'_' | b'.' | b'-')));
    if good {
        return Ok(());
    }
    let message = if name.len() == 1 {
        format!(
            "create {name}: volume name is too short, names should be at least two alphanumeric characters"
        )
    } else {
        format!(
            "create {name}: \"{name}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path"
        )
    };
    Err(DaemonError::new(400, message))
}

/// The volume of this name; made when it is missing.
pub fn ensure(world: &mut World, name: &str, anonymous: bool, labels: Map<String, String>) -> FileSystemId {
    if let Some(volume) = world.volumes.get(name) {
        return volume.filesystem;
    }
    let tree = crate::files::Tree::default();
    let filesystem = world.kernel.add_filesystem(FileSystem::Tree { tree, limit: None });
    let volume =
        Volume { name: name.to_owned(), anonymous, created: world.now, labels, filesystem, fresh: true };
    world.volumes.insert(name.to_owned(), Rc::new(volume));
    note(world, name, "create", None);
    filesystem
}

/// The ids of the containers that mount a volume, running or not.
pub fn users(world: &World, name: &str) -> Vec<String> {
    let mounts = |c: &crate::container::Container| c.mounts.iter().any(|m| m.name == name);
    world.containers.values().filter(|c| mounts(c)).map(|c| c.id.to_string()).collect()
}

/// Removes a volume with everything in it.
///
/// # Errors
/// Docker's words when it is not there, or mounted by a container.
pub fn remove(world: &mut World, name: &str) -> Result<(), DaemonError> {
    let Some(volume) = world.volumes.get(name).cloned() else {
        let near = super::rule::nearest(name, world.volumes.keys().map(String::as_str));
        return Err(DaemonError::new(404, format!("get {name}: no such volume")).because(format!(
            "No volume is called {name}; one is made by `docker volume create`, or by its first mount.{near}"
        )));
    };
    let users = users(world, name);
    if !users.is_empty() {
        let words = format!("remove {name}: volume is in use - [{}]", users.join(", "));
        return Err(DaemonError::new(409, words));
    }
    world.volumes.remove(name);
    world.kernel.filesystems.remove(&volume.filesystem);
    super::registry::forget(world, volume.filesystem);
    note(world, name, "destroy", None);
    Ok(())
}

/// Notes what happened to a volume.
pub fn note(world: &mut World, name: &str, action: &str, container: Option<u64>) {
    let mut attributes = Map::from([("driver".to_owned(), "local".to_owned())]);
    if let Some(container) = container.and_then(|n| world.container(n)) {
        attributes.insert("container".to_owned(), container.id.to_string());
        let mount = container.mounts.iter().find(|m| m.name == name && action == "mount");
        if let Some(mount) = mount {
            attributes.insert("destination".to_owned(), mount.destination.clone());
            attributes.insert("propagation".to_owned(), String::new());
            attributes.insert("read/write".to_owned(), (!mount.read_only).to_string());
        }
    }
    world.note(What::Volume { id: name.to_owned(), action: action.to_owned(), attributes });
}

/// Decides what a new container mounts: `-v`, `--mount`, `--volumes-from`, and the image's own volumes.
pub fn prepare(world: &mut World, number: u64, image: &Image) -> Result<(), DaemonError> {
    let Some(container) = world.container(number) else { return Ok(()) };
    let (host, volumes) = (container.host.clone(), container.config.volumes.clone());
    let mut points: Vec<MountPoint> = Vec::new();
    for from in &host.volumes_from {
        let (name, mode) = from.split_once(':').unwrap_or((from, ""));
        let source = super::container::find(world, name)?;
        let inherited = world.container(source).map(|c| c.mounts.clone()).unwrap_or_default();
        points.extend(inherited.into_iter().map(|mut m| {
            m.read_only |= mode == "ro";
            m
        }));
    }
    // What was asked for by hand takes the place of what was inherited, and no two may be at one path.
    let asked: Result<Vec<MountPoint>, _> = host.binds.iter().map(|bind| parse_bind(bind)).collect();
    let mut own_points = asked?;
    own_points.extend(host.mounts.iter().cloned());
    for point in own_points.iter_mut().filter(|p| p.kind == MountKind::Volume && p.mode.is_empty()) {
        "z".clone_into(&mut point.mode);
    }
    let paths: Vec<&str> = own_points
        .iter()
        .map(|p| p.destination.as_str())
        .chain(host.tmpfs.keys().map(String::as_str))
        .collect();
    if let Some((_, twice)) = paths.iter().enumerate().find(|(n, path)| paths[..*n].contains(path)) {
        return Err(DaemonError::new(400, format!("Duplicate mount point: {twice}")));
    }
    points.retain(|p| !paths.contains(&p.destination.as_str()));
    points.extend(own_points);
    for destination in volumes {
        if points.iter().any(|p| p.destination == destination) {
            continue;
        }
        let name = world.random.hex(64);
        points.push(MountPoint {
            kind: MountKind::Volume,
            source: mountpoint(&name),
            name,
            destination,
            read_only: false,
            mode: String::new(),
        });
    }
    for point in &mut points {
        if point.kind != MountKind::Volume {
            continue;
        }
        let anonymous = point.name.is_empty();
        if anonymous {
            point.name = world.random.hex(64);
        }
        check_name(&point.name)?;
        point.source = mountpoint(&point.name);
        let long = point.name.len() == 64;
        if world.volumes.contains_key(&point.name) {
            // Asking for a volume is worth an event whether or not it was there.
            note(world, &point.name, "create", None);
        }
        let filesystem = ensure(world, &point.name, anonymous || long, Map::new());
        if !point.mode.split(',').any(|o| o == "nocopy") {
            fill(world, &point.name.clone(), filesystem, image, &point.destination);
        }
    }
    if let Some(container) = world.container_mut(number) {
        container.mounts = points;
    }
    Ok(())
}

/// The first mount of an empty volume copies what the image has at that path.
fn fill(world: &mut World, name: &str, filesystem: FileSystemId, image: &Image, destination: &str) {
    let fresh = world.volumes.get(name).is_some_and(|v| v.fresh);
    if !fresh {
        return;
    }
    let content = FileSystem::Overlay(crate::files::Overlay::new(image.lowers())).subtree(destination);
    if content.walk().is_empty() {
        return;
    }
    if let Some(FileSystem::Tree { tree, .. }) = world.kernel.filesystem_mut(filesystem) {
        *tree = content;
    }
    if let Some(volume) = world.volumes.get_mut(name) {
        own(volume).fresh = false;
    }
}

/// Reads a `-v`: `[SOURCE:]DESTINATION[:OPTIONS]`.
pub fn parse_bind(bind: &str) -> Result<MountPoint, DaemonError> {
    let invalid = |why: &str| DaemonError::new(400, format!("invalid volume specification: '{bind}'{why}"));
    let parts: Vec<&str> = bind.split(':').collect();
    let (source, destination, mode) = match parts.as_slice() {
        [destination] => ("", *destination, ""),
        [source, destination] => (*source, *destination, ""),
        [source, destination, mode] => (*source, *destination, *mode),
        _ => return Err(invalid("")),
    };
    if !destination.starts_with('/') {
        let kind = if source.starts_with('/') { "bind" } else { "volume" };
        return Err(invalid(&format!(
            ": invalid mount config for type \"{kind}\": invalid mount path: '{destination}' mount path must be absolute"
        )));
    }
    if destination == "/" {
        return Err(invalid(
            ": invalid mount config for type \"bind\": invalid specification: destination can't be '/'",
        ));
    }
    let options: Vec<&str> = mode.split(',').filter(|o| !o.is_empty()).collect();
    if options.contains(&"ro") && options.contains(&"rw") {
        return Err(DaemonError::new(400, format!("invalid mode: {mode}")));
    }
    for option in options {
        if !matches!(
            option,
            "ro" | "rw"
                | "z"
                | "Z"
                | "cached"
                | "delegated"
                | "consistent"
                | "nocopy"
                | "rprivate"
                | "rshared"
                | "rslave"
        ) {
            return Err(DaemonError::new(400, format!("invalid mode: {option}")));
        }
    }
    let bind = source.starts_with('/');
    if !bind && source.len() == 1 {
        return Err(DaemonError::new(
            400,
            format!(
                "create {source}: volume name is too short, names should be at least two alphanumeric characters"
            ),
        ));
    }
    Ok(MountPoint {
        kind: if bind { MountKind::Bind } else { MountKind::Volume },
        name: if bind { String::new() } else { source.to_owned() },
        source: source.to_owned(),
        destination: destination.trim_end_matches('/').to_owned(),
        read_only: mode.split(',').any(|m| m == "ro"),
        mode: mode.to_owned(),
    })
}
