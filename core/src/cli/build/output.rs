//! What a build made: its id, what is known of it, and files where `--output` wants them.

use super::super::{Context, Turn};
use super::refuse;
use crate::cli::parse::Refusal;
use crate::digest::Digest;
use crate::engine::build::Build;
use crate::engine::{copy, path};
use crate::files::{Tree, archive};
use crate::image::change::below;
use crate::kernel::errno::Errno;
use crate::shared::own;
use serde_json::json;

/// Where the result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Into the image store.
    Store,
    /// Nowhere: the steps are done and kept in the cache.
    Nowhere,
    /// The files of the last stage into a directory.
    Local(String),
    /// The files of the last stage as an archive; `-` for standard output.
    Tar(String),
}

/// Reads `--output`.
///
/// # Errors
/// Docker's words, or what is not simulated.
pub fn parse(text: &str) -> Result<Output, Refusal> {
    if !text.contains('=') {
        return Ok(match text {
            "" => Output::Store,
            "-" => Output::Tar("-".to_owned()),
            place => Output::Local(place.to_owned()),
        });
    }
    let mut kind = String::new();
    let mut place = String::new();
    for field in text.split(',') {
        let Some((name, value)) = field.split_once('=') else {
            return Err(refuse(&format!("invalid value {field}")));
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "type" => value.clone_into(&mut kind),
            "dest" => value.clone_into(&mut place),
            _ => {}
        }
    }
    match kind.as_str() {
        "" => Err(refuse("type is required for output")),
        "local" if place.is_empty() => Err(refuse("dest is required for local exporter")),
        "local" => Ok(Output::Local(place)),
        "tar" => Ok(Output::Tar(if place.is_empty() { "-".to_owned() } else { place })),
        "docker" | "image" if place.is_empty() => Ok(Output::Store),
        "cacheonly" => Ok(Output::Nowhere),
        other => Err(Refusal::error(
            1,
            format!(
                "docker build --output type={other}: not simulated here; `docker save` writes an image as an archive\n"
            ),
        )),
    }
}

/// The one output of a command line.
///
/// # Errors
/// Those of [`parse`].
pub fn wanted(c: &Context<'_, '_>) -> Result<Output, Refusal> {
    parse(c.line.value("output").unwrap_or_default())
}

/// Writes what was asked for, and ends.
pub fn write(c: &mut Context<'_, '_>, build: &Build, id: Digest) -> Result<Turn, Refusal> {
    let wanted = wanted(c)?;
    let opened =
        |file: &str, errno: Errno| refuse(&format!("open {file}: {}", errno.text().to_ascii_lowercase()));
    if let Some(file) = c.line.value("iidfile").map(str::to_owned) {
        let written = c.sys.write_file(&file, id.to_string().as_bytes());
        written.map_err(|e| opened(&file, e))?;
    }
    if let Some(file) = c.line.value("metadata-file").map(str::to_owned) {
        let text = metadata(build, id);
        c.sys.write_file(&file, text.as_bytes()).map_err(|e| opened(&file, e))?;
    }
    if c.line.is_on("quiet") {
        c.print(&format!("{id}\n"));
    }
    if !build.request.unlisted {
        return Ok(Turn::Done(0));
    }
    let builder = own(&mut c.sys.world.builder);
    let image = builder.images.get(&id.to_string()).cloned();
    builder.images.remove(&id.to_string());
    let tree = image.map(|image| crate::engine::build::files(&image)).unwrap_or_default();
    match wanted {
        Output::Local(place) => local(c, &place, &tree),
        Output::Tar(place) if place == "-" => Ok(c.deliver(archive::pack(&tree))),
        Output::Tar(file) => {
            c.sys.write_file(&file, &archive::pack(&tree)).map_err(|e| opened(&file, e))?;
            Ok(Turn::Done(0))
        }
        Output::Store | Output::Nowhere => Ok(Turn::Done(0)),
    }
}

/// The files of an image into a directory, which is made with those above it.
fn local(c: &mut Context<'_, '_>, place: &str, tree: &Tree) -> Result<Turn, Refusal> {
    let full = below(&c.sys.directory(), place);
    let mut above = String::new();
    for part in full.split('/').filter(|p| !p.is_empty()) {
        above = format!("{above}/{part}");
        if c.sys.stat(&above).is_err() {
            let made = c.sys.make_directory(&above, 0o755);
            made.map_err(|e| refuse(&format!("mkdir {above}: {}", e.text().to_ascii_lowercase())))?;
        }
    }
    let pid = c.sys.host_pid();
    let found = path::resolve(c.sys.world, pid, &full, true);
    let found = found.map_err(|e| refuse(&format!("open {full}: {}", e.text().to_ascii_lowercase())))?;
    let who = c.sys.credentials();
    let mounts = c.sys.mounts();
    let owner = Some((who.uid, who.gid));
    copy::unpack(c.sys.world, &mounts, &found, tree, owner).map_err(|words| refuse(&words))?;
    Ok(Turn::Done(0))
}

/// What `--metadata-file` holds.
fn metadata(build: &Build, id: Digest) -> String {
    let hex = Digest::of(build.request.text.as_bytes()).hex();
    let names: Vec<String> = build.request.tags.iter().map(ToString::to_string).collect();
    let mut all = json!({
        "buildx.build.ref": format!("default/default/{}", &hex[..25]),
        "containerimage.config.digest": id.to_string(),
        "containerimage.digest": id.to_string(),
    });
    if !names.is_empty() {
        all["image.name"] = names.join(",").into();
    }
    serde_json::to_string_pretty(&all).unwrap_or_default()
}
