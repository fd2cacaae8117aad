//! `--mount`: fields with commas between them, as the client reads them, and what the daemon says about them.

use crate::container::{MountKind, MountPoint};
use crate::engine::syscall::Sys;

/// A mount as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Fields<'t> {
    kind: String,
    source: &'t str,
    target: &'t str,
    read_only: bool,
    /// The first of the options that belong to one kind, such as `volume-nocopy`.
    special: Option<&'t str>,
    /// The options of a file system in memory.
    options: Vec<String>,
}

/// Reads the fields.
fn fields(text: &str) -> Result<Fields<'_>, String> {
    let mut read = Fields::default();
    if text.is_empty() {
        return Err("EOF".to_owned());
    }
    for field in text.split(',') {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key, value),
            None if matches!(field, "readonly" | "ro" | "volume-nocopy" | "bind-nonrecursive") => {
                (field, "true")
            }
            None => return Err(format!("invalid field '{field}' must be a key=value pair")),
        };
        let flag = || match value {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(format!("invalid value for {key}: {value}")),
        };
        match key.to_ascii_lowercase().as_str() {
            "type" => read.kind = value.to_ascii_lowercase(),
            "source" | "src" => read.source = value,
            "target" | "dst" | "destination" => read.target = value,
            "readonly" | "ro" => read.read_only = flag()?,
            "consistency" => {}
            "tmpfs-size" | "tmpfs-mode" => {
                let good = match key {
                    "tmpfs-size" => super::units::parse_bytes(value).is_ok(),
                    _ => u32::from_str_radix(value, 8).is_ok(),
                };
                if !good {
                    return Err(format!("invalid value for {key}: {value}"));
                }
                read.options.push(field.trim_start_matches("tmpfs-").to_owned());
                read.special = Some("tmpfs-*");
            }
            "bind-propagation" | "bind-nonrecursive" | "bind-recursive" => read.special = Some("bind-*"),
            "volume-nocopy" | "volume-label" | "volume-driver" | "volume-opt" | "volume-subpath" => {
                read.special = Some("volume-*");
            }
            _ => return Err(format!("unexpected key '{key}' in '{field}'")),
        }
    }
    if read.kind.is_empty() {
        read.kind = "volume".to_owned();
    }
    if read.target.is_empty() {
        return Err("target is required".to_owned());
    }
    match read.special {
        Some(special) if !special.starts_with(&read.kind) => {
            Err(format!("cannot mix '{special}' options with mount type '{}'", read.kind))
        }
        _ => Ok(read),
    }
}

/// What the client itself finds wrong with a `--mount`.
///
/// # Errors
/// The client's words.
pub fn check(text: &str) -> Result<(), String> {
    fields(text).map(|_| ())
}

/// The mount that a `--mount` asks for.
///
/// # Errors
/// The daemon's words.
pub fn point(sys: &Sys<'_>, text: &str) -> Result<MountPoint, String> {
    let read = fields(text)?;
    let invalid = |why: String| {
        Err(format!("Error response from daemon: invalid mount config for type \"{}\": {why}", read.kind))
    };
    let kind = match read.kind.as_str() {
        "bind" => MountKind::Bind,
        "volume" => MountKind::Volume,
        "tmpfs" => MountKind::Tmpfs,
        _ => return invalid("mount type unknown".to_owned()),
    };
    if !read.target.starts_with('/') {
        return invalid(format!("invalid mount path: '{}' mount path must be absolute", read.target));
    }
    let mut source = read.source.to_owned();
    match kind {
        MountKind::Bind if source.is_empty() => return invalid("field Source must not be empty".to_owned()),
        MountKind::Tmpfs if !source.is_empty() => {
            return invalid("field Source must not be specified".to_owned());
        }
        MountKind::Bind => {
            if source.starts_with('.') {
                source = sys.real_path(&source).unwrap_or(source);
            }
            if !source.starts_with('/') {
                return invalid(format!("invalid mount path: '{source}' mount path must be absolute"));
            }
            if sys.stat(&source).is_err() {
                return invalid(format!("bind source path does not exist: {source}"));
            }
        }
        _ => {}
    }
    let mode = read.options.join(",");
    let named = kind == MountKind::Volume;
    Ok(MountPoint {
        kind,
        name: if named { source.clone() } else { String::new() },
        source,
        destination: read.target.trim_end_matches('/').to_owned(),
        read_only: read.read_only,
        mode,
    })
}
