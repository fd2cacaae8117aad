//! The flags of `docker build`, read into a request.

use super::super::Context;
use super::output::{self, Output};
use super::{context, refuse};
use crate::build::stage;
use crate::cli::parse::Refusal;
use crate::engine::build::{self, Request};
use crate::kernel::errno::Errno;
use crate::reference::Reference;
use std::rc::Rc;

/// The most bytes of a secret.
const SECRET: usize = 500 << 10;

/// Flags of the builder before BuildKit that are taken with a warning.
const OLD: [(&str, &str); 3] = [
    ("isolation", "isolation flag is deprecated with BuildKit."),
    (
        "security-opt",
        "security-opt flag is deprecated. \"RUN --security=insecure\" should be used with BuildKit.",
    ),
    (
        "squash",
        "experimental flag squash is removed with BuildKit. You should squash inside build using a multi-stage Dockerfile for efficiency.",
    ),
];

/// What is asked for, with its context.
pub fn request(c: &mut Context<'_, '_>, place: &str) -> Result<Request, Refusal> {
    let mut request = Request {
        tags: tags(c)?,
        target: c.line.text("target"),
        no_cache: c.line.is_on("no-cache"),
        no_cache_stages: c.line.list("no-cache-filter"),
        pull: c.line.is_on("pull"),
        network: c.line.text("network"),
        file: "Dockerfile".to_owned(),
        call: call(c)?,
        unlisted: output::wanted(c)? != Output::Store,
        shm: u64::try_from(c.line.bytes("shm-size")).ok().filter(|n| *n > 0),
        ..Request::default()
    };
    platform(c)?;
    for (flag, words) in OLD {
        if c.line.value(flag).is_some() {
            c.complain(&format!("WARNING: {words}\n"));
        }
    }
    if !matches!(request.network.as_str(), "" | "default" | "none" | "host") {
        return Err(refuse(&format!(
            "network mode \"{}\" not supported by buildkit. You can define a custom network for your builder using the network driver-opt in buildx create.",
            request.network
        )));
    }
    let allowed = c.line.list("allow").iter().any(|a| a.split(',').any(|a| a == "network.host"));
    request.allow_host = request.network == "host" || allowed;
    for item in c.line.list("build-arg") {
        match item.split_once('=') {
            Some((name, value)) => request.arguments.push((name.to_owned(), value.to_owned())),
            None => request.arguments.extend(c.sys.variable(&item).map(|value| (item, value))),
        }
    }
    for item in c.line.list("label") {
        let (name, value) = item.split_once('=').unwrap_or((&item, ""));
        request.labels.push((name.to_owned(), value.to_owned()));
    }
    for item in c.line.list("add-host") {
        let (name, address) = item.split_once(['=', ':']).unwrap_or((&item, ""));
        let address = if address == "host-gateway" { "172.17.0.1" } else { address };
        request.hosts.push((name.to_owned(), address.trim_matches(['[', ']']).to_owned()));
    }
    for item in c.line.list("secret") {
        let secret = secret(c, &item)?;
        request.secrets.push(secret);
    }
    for item in c.line.list("build-context") {
        let named = named(c, &item)?;
        request.contexts.push(named);
    }
    fill(c, &mut request, place)?;
    Ok(request)
}

fn tags(c: &Context<'_, '_>) -> Result<Vec<Reference>, Refusal> {
    let mut tags = Vec::new();
    for tag in c.line.list("tag") {
        let reference = Reference::parse(&tag).map_err(|words| {
            let upper = words.ends_with("must be lowercase");
            let words = if upper { "repository name must be lowercase" } else { &words };
            refuse(&format!("invalid tag \"{tag}\": {words}"))
        })?;
        tags.push(reference.with_default_tag());
    }
    Ok(tags)
}

/// `--call` and `--check`.
fn call(c: &Context<'_, '_>) -> Result<String, Refusal> {
    if c.line.is_on("check") {
        return Ok("check".to_owned());
    }
    let text = c.line.text("call");
    let (name, rest) = text.split_once(',').unwrap_or((&text, ""));
    if !rest.is_empty() {
        return Err(Refusal::error(
            1,
            format!("docker build --call {text}: not simulated here; `--call={name}` prints text\n"),
        ));
    }
    match name {
        "" | "build" => Ok(String::new()),
        "check" | "lint" => Ok("check".to_owned()),
        "outline" | "targets" => Ok(name.to_owned()),
        other => Err(Refusal::error(
            1,
            format!("docker build --call {other}: not simulated here; check, outline and targets are\n"),
        )),
    }
}

fn platform(c: &Context<'_, '_>) -> Result<(), Refusal> {
    for item in c.line.list("platform").iter().flat_map(|p| p.split(',')) {
        match stage::platform(item) {
            Ok(full) if full == "linux/amd64" => {}
            Ok(_) => {
                return Err(Refusal::error(
                    1,
                    format!(
                        "docker build --platform={item}: not simulated here; images are built for linux/amd64\n"
                    ),
                ));
            }
            Err(words) => return Err(refuse(&words)),
        }
    }
    Ok(())
}

/// One `--secret`: `id=x,src=FILE` or `id=x,env=NAME`.
fn secret(c: &mut Context<'_, '_>, item: &str) -> Result<(String, Rc<[u8]>), Refusal> {
    let (mut id, mut file, mut env, mut kind) = (String::new(), String::new(), String::new(), String::new());
    for field in item.split(',') {
        let Some((name, value)) = field.split_once('=') else {
            return Err(refuse(&format!("invalid field '{field}' must be a key=value pair")));
        };
        match name.to_ascii_lowercase().as_str() {
            "type" if !matches!(value, "file" | "env") => {
                return Err(refuse(&format!("unsupported secret type {value:?}")));
            }
            "type" => value.clone_into(&mut kind),
            "id" => value.clone_into(&mut id),
            "source" | "src" => value.clone_into(&mut file),
            "env" => value.clone_into(&mut env),
            name => return Err(refuse(&format!("unexpected key '{name}' in '{field}'"))),
        }
    }
    if kind == "env" && env.is_empty() {
        (env, file) = (file, String::new());
    }
    if id.is_empty() {
        return Err(refuse("secret missing ID"));
    }
    if env.is_empty() && file.is_empty() {
        if c.sys.variable(&id).is_some() { env.clone_from(&id) } else { file.clone_from(&id) }
    }
    if !env.is_empty() {
        return Ok((id, c.sys.variable(&env).unwrap_or_default().into_bytes().into()));
    }
    let bytes = c.sys.read_file(&file).map_err(|e| {
        refuse(&format!("failed to stat {file}: stat {file}: {}", e.text().to_ascii_lowercase()))
    })?;
    if bytes.len() > SECRET {
        return Err(refuse(&format!("secret {id} too big. max size 500KB")));
    }
    Ok((id, bytes))
}

/// One `--build-context`: `name=DIRECTORY` or `name=docker-image://IMAGE`.
fn named(c: &Context<'_, '_>, item: &str) -> Result<(String, build::Context), Refusal> {
    let Some((name, value)) = item.split_once('=') else {
        return Err(refuse(&format!("invalid context value: {item}, expected key=value")));
    };
    if let Some(image) = value.strip_prefix("docker-image://") {
        return Ok((name.to_owned(), build::Context::Image(image.to_owned())));
    }
    if value.contains("://") || value.starts_with("git@") {
        return Err(remote("--build-context ", value));
    }
    let words = |errno: Errno| match errno {
        Errno::ENOTDIR => {
            refuse(&format!("failed to get build context path {{{value} <nil>}}: not a directory"))
        }
        errno => {
            let why = errno.text().to_ascii_lowercase();
            refuse(&format!("failed to get build context {name}: stat {value}: {why}"))
        }
    };
    let tree = context::directory(c, value).map_err(words)?;
    Ok((name.to_owned(), build::Context::Files(Rc::new(context::kept(&tree, "Dockerfile").0))))
}

fn remote(what: &str, place: &str) -> Refusal {
    Refusal::error(
        1,
        format!(
            "docker build {what}{place}: a context from the network is not simulated here; give a directory\n"
        ),
    )
}

/// The Dockerfile and the context.
fn fill(c: &mut Context<'_, '_>, request: &mut Request, place: &str) -> Result<(), Refusal> {
    let asked = c.line.value("file").map(str::to_owned);
    if place == "-" {
        if asked.as_deref() == Some("-") {
            return Err(refuse("invalid argument: can't use stdin for both build context and dockerfile"));
        }
        return match context::archived(std::mem::take(&mut c.client.input)) {
            Ok(Some(tree)) => {
                let file = asked.unwrap_or_else(|| "Dockerfile".to_owned());
                request.text = context::dockerfile_in(&tree, &file)?;
                context::send(request, &tree);
                Ok(())
            }
            Ok(None) => Err(refuse("failed to read the archive on standard input")),
            Err(plain) => {
                request.text = String::from_utf8_lossy(&plain).as_ref().into();
                Ok(())
            }
        };
    }
    if place.contains("://") || place.starts_with("git@") || place.starts_with("github.com/") {
        return Err(remote("", place));
    }
    let tree = match context::directory(c, place) {
        Ok(tree) => tree,
        Err(Errno::ENOTDIR) => {
            return Err(refuse(&format!("unable to prepare context: context must be a directory: {place}")));
        }
        Err(_) => return Err(refuse(&format!("unable to prepare context: path \"{place}\" not found"))),
    };
    request.text = match asked.as_deref() {
        Some("-") => String::from_utf8_lossy(&c.client.input).as_ref().into(),
        Some(file) => {
            request.file = file.rsplit('/').next().unwrap_or(file).to_owned();
            let bytes = c.sys.read_file(file).map_err(|e| context::unread(&request.file, e))?;
            String::from_utf8_lossy(&bytes).as_ref().into()
        }
        None => context::dockerfile_in(&tree, "Dockerfile")?,
    };
    context::send(request, &tree);
    Ok(())
}
