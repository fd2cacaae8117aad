//! Looks at what a registry has: `docker manifest inspect`, `docker buildx imagetools inspect`, and the tags for
//! `docker pull --all-tags`.

use super::image::{begin_pull, platform, progress};
use super::parse::Refusal;
use super::{Context, Turn};
use crate::base64;
use crate::digest::Digest;
use crate::engine::account::{self, HUB};
use crate::engine::transfer::{self, Answer, is_near, registry_host};
use crate::engine::{DaemonError, registry};
use crate::json::indented;
use crate::kernel::process::Wait;
use crate::memory::client::Stage;
use crate::reference::Reference;
use crate::time::Span;
use serde_json::{Value, json};

/// Asks the registry of a reference for something of its repository.
fn look(c: &mut Context<'_, '_>, reference: &Reference, what: &str) -> Result<Answer, DaemonError> {
    let domain = reference.domain();
    let account = account::kept(c.sys, if domain == "docker.io" { HUB } else { domain });
    let host = registry_host(domain);
    c.sys.spend(Span::millis(if is_near(&host) { 12 } else { 240 }));
    let path = format!("/v2/{}/{what}", reference.path());
    registry::fetch(c.sys.world, &host, account.as_deref(), &path)
}

fn read(c: &Context<'_, '_>, at: usize) -> Result<Reference, Refusal> {
    let text = c.line.arguments.get(at).map(String::as_str).unwrap_or_default();
    let reference = Reference::parse(text).map_err(|words| Refusal::error(1, format!("{words}\n")))?;
    Ok(reference.with_default_tag())
}

fn list(manifest: &Value) -> Option<&Vec<Value>> {
    manifest["manifests"].as_array()
}

/// A descriptor with its members in the order in which the client writes them.
fn descriptor(value: &Value) -> Value {
    let mut all = serde_json::Map::new();
    for member in ["mediaType", "size", "digest", "platform"] {
        if !value[member].is_null() {
            all.insert(member.to_owned(), value[member].clone());
        }
    }
    all.into()
}

/// `docker manifest inspect`.
pub fn inspect(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    if c.line.arguments.len() > 1 {
        let words = format!("No such manifest: {}\n", c.line.arguments[1]);
        return Err(Refusal::error(1, words));
    }
    let reference = read(c, 0)?;
    let missing = |cause: &str| {
        let mut refusal = Refusal::error(1, format!("no such manifest: {reference}\n"));
        cause.clone_into(&mut refusal.cause);
        refusal
    };
    if is_near(&registry_host(reference.domain())) && !c.line.is_on("insecure") {
        return Err(missing(
            "The client asks by HTTPS, and this registry speaks plain HTTP: --insecure lets it.",
        ));
    }
    let answer = look(c, &reference, &format!("manifests/{}", reference.selector()))?;
    match answer.status {
        200 => {}
        401 | 403 => {
            let words = "errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n\n";
            return Err(Refusal::error(1, words));
        }
        404 => return Err(missing("The registry has no such repository, or no such tag in it.")),
        _ => return Err(Refusal::error(1, format!("{}\n", registry::reason(&answer)))),
    }
    let manifest = serde_json::from_slice::<Value>(&answer.body).unwrap_or(Value::Null);
    let text = if c.line.is_on("verbose") {
        indented(&verbose(c, &reference, &answer, &manifest)?, "\t")
    } else if let Some(entries) = list(&manifest) {
        let entries: Vec<Value> = entries.iter().map(descriptor).collect();
        let all = json!({ "schemaVersion": 2, "mediaType": manifest["mediaType"], "manifests": entries });
        indented(&all, "   ")
    } else {
        indented(&manifest, "\t")
    };
    c.print(&format!("{text}\n"));
    Ok(Turn::Done(0))
}

/// Everything that the client knows of a manifest, or of each one of a list.
fn verbose(
    c: &mut Context<'_, '_>,
    reference: &Reference,
    answer: &Answer,
    manifest: &Value,
) -> Result<Value, DaemonError> {
    let one = |name: String, media_type: &Value, body: &[u8], platform: Value| {
        let read = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
        let docker = media_type.as_str().is_some_and(|t| t.contains("docker"));
        let kind = if docker { "SchemaV2Manifest" } else { "OCIManifest" };
        json!({
            "Ref": name,
            "Descriptor": {
                "mediaType": media_type,
                "digest": Digest::of(body).to_string(),
                "size": body.len(),
                "platform": platform,
            },
            "Raw": base64::encode(body),
            kind: read,
        })
    };
    let Some(entries) = list(manifest) else {
        let config = manifest["config"]["digest"].as_str().unwrap_or_default();
        let config = look(c, reference, &format!("blobs/{config}"))?;
        let config = serde_json::from_slice::<Value>(&config.body).unwrap_or(Value::Null);
        let mut platform = json!({ "architecture": config["architecture"], "os": config["os"] });
        if config["variant"].is_string() {
            platform["variant"] = config["variant"].clone();
        }
        return Ok(one(reference.to_string(), &manifest["mediaType"], &answer.body, platform));
    };
    let mut all = Vec::new();
    for entry in entries {
        let digest = entry["digest"].as_str().unwrap_or_default();
        let found = look(c, reference, &format!("manifests/{digest}"))?;
        let name = format!("{reference}@{digest}");
        all.push(one(name, &entry["mediaType"], &found.body, entry["platform"].clone()));
    }
    Ok(all.into())
}

/// `docker buildx imagetools inspect`.
pub fn imagetools(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let stop = |words: &str| Err(Refusal::error(1, format!("ERROR: {words}\n")));
    let Ok(reference) = Reference::parse(&c.line.arguments[0]) else {
        return stop("invalid reference format");
    };
    let reference = reference.with_default_tag();
    let answer = match look(c, &reference, &format!("manifests/{}", reference.selector())) {
        Ok(answer) => answer,
        Err(error) => return stop(&error.message),
    };
    match answer.status {
        200 => {}
        401 | 403 => {
            return stop(
                "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
            );
        }
        404 => return stop(&format!("{reference}: not found")),
        _ => return stop(&registry::reason(&answer)),
    }
    if c.line.is_on("raw") {
        return Ok(c.deliver(answer.body.to_vec()));
    }
    let manifest = serde_json::from_slice::<Value>(&answer.body).unwrap_or(Value::Null);
    let digest = Digest::of(&answer.body).to_string();
    let media_type = |value: &Value| value["mediaType"].as_str().unwrap_or_default().to_owned();
    let mut text =
        format!("Name:      {reference}\nMediaType: {}\nDigest:    {digest}\n", media_type(&manifest));
    if let Some(entries) = list(&manifest) {
        text.push_str(&format!("{:11}\nManifests: \n", ""));
        for (n, entry) in entries.iter().enumerate() {
            if n > 0 {
                text.push_str(&format!("{:13}\n", ""));
            }
            let part = |name: &str| entry["platform"][name].as_str().unwrap_or_default().to_owned();
            let variant = Some(part("variant")).filter(|v| !v.is_empty()).map(|v| format!("/{v}"));
            text.push_str(&format!(
                "  Name:      {reference}@{}\n  MediaType: {}\n  Platform:  {}/{}{}\n",
                entry["digest"].as_str().unwrap_or_default(),
                media_type(entry),
                part("os"),
                part("architecture"),
                variant.unwrap_or_default()
            ));
        }
    }
    c.print(&text);
    Ok(Turn::Done(0))
}

/// `docker pull --all-tags`: the registry's tags, and a pull for one after the other.
pub fn pull_all(c: &mut Context<'_, '_>, repository: &Reference) -> Result<Turn, Refusal> {
    if repository.tag().is_some() || repository.digest().is_some() {
        return Err(Refusal::error(1, "tag can't be used with --all-tags/-a\n"));
    }
    let quiet = c.line.is_on("quiet");
    let name = repository.familiar_name();
    let shown = if repository.domain() == "docker.io" {
        format!("docker.io/{}", repository.path())
    } else {
        name.clone()
    };
    match c.client.stage {
        Stage::Transfer(number) => {
            // Each tag's closing lines are only its digest; the rest is said once, after the last one.
            if let Some(transfer) = transfer::get_mut(c.sys.world, number) {
                if let Some(Ok(lines)) = &mut transfer.outcome {
                    c.client.newer |= lines.get(1).is_some_and(|l| l.starts_with("Status: Downloaded"));
                    lines.truncate(1);
                }
            }
            match progress(c, number, quiet, false) {
                Ok(None) => return Ok(Turn::Wait(vec![Wait::Daemon(number)])),
                Ok(Some(())) => c.client.position += 1,
                Err(error) => return Err(error.into()),
            }
        }
        _ => {
            let answer = look(c, repository, "tags/list")?;
            let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or(Value::Null);
            let reason = registry::reason(&answer);
            match answer.status {
                200 => {}
                401 | 403 => {
                    let words = format!(
                        "pull access denied for {name}, repository does not exist or may require 'docker login': {reason}"
                    );
                    return Err(DaemonError::new(404, words).into());
                }
                404 => {
                    let words = format!(
                        "repository {name} not found: name unknown: repository name not known to registry"
                    );
                    return Err(DaemonError::new(404, words).into());
                }
                _ => return Err(DaemonError::new(500, reason).into()),
            }
            let tags = body["tags"].as_array().into_iter().flatten();
            c.client.names = tags.filter_map(|t| t.as_str().map(str::to_owned)).collect();
        }
    }
    let Some(tag) = c.client.names.get(c.client.position) else {
        if !quiet {
            let word = if c.client.newer { "Downloaded newer image" } else { "Image is up to date" };
            c.print(&format!("Status: {word} for {name}\n"));
        }
        c.print(&format!("{shown}\n"));
        return Ok(Turn::Done(0));
    };
    c.client.shown = 0;
    let next = repository.with_tag(tag);
    let platform = platform(c).map_err(|words| DaemonError::new(400, words))?;
    begin_pull(c, next, platform);
    Ok(Turn::Go)
}
