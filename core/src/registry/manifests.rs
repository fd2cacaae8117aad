//! Manifests: by tag or digest, got, put and deleted (distribution-spec, "Pulling manifests", "Pushing Manifests",
//! "Deleting Manifests").

use super::{
    Bytes, Code, Registry, answer, content, digest_invalid, error, error_about, header_text, name_unknown,
    not_allowed, set, value, values,
};
use crate::digest::{AnyDigest, Digest};
use crate::reference::is_tag;
use crate::shared::own;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

/// The largest manifest that is taken, in bytes: what the specification asks for at least.
const LARGEST: usize = 4 << 20;

/// The media types of image manifests, and those of indexes: OCI's and Docker's.
const IMAGES: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const INDEXES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];

impl Registry {
    pub(super) fn manifest(
        &mut self,
        name: &str,
        selector: &str,
        request: &Request<Bytes>,
    ) -> Response<Bytes> {
        match *request.method() {
            Method::GET | Method::HEAD => self.get_manifest(name, selector),
            Method::PUT => self.put_manifest(name, selector, request).unwrap_or_else(|refusal| refusal),
            Method::DELETE => self.delete_manifest(name, selector),
            _ => not_allowed("GET, HEAD, PUT, DELETE"),
        }
    }

    fn get_manifest(&self, name: &str, selector: &str) -> Response<Bytes> {
        if selector.contains(':') && selector.parse::<AnyDigest>().is_err() {
            return digest_invalid(selector);
        }
        let found = self.repository(name).and_then(|repository| {
            let digest = selector.parse().ok().or_else(|| repository.tags.get(selector).copied())?;
            Some((digest, repository.manifests.get(&digest)?))
        });
        let Some((digest, (media_type, bytes))) = found else { return manifest_unknown(name, selector) };
        let mut response = content(StatusCode::OK, media_type, bytes.clone());
        set(&mut response, "docker-content-digest", &digest.to_string());
        response
    }

    fn put_manifest(
        &mut self,
        name: &str,
        selector: &str,
        request: &Request<Bytes>,
    ) -> Result<Response<Bytes>, Response<Bytes>> {
        let body = request.body().clone();
        if body.len() > LARGEST {
            let words = "the manifest is larger than 4 MiB";
            return Err(error(StatusCode::PAYLOAD_TOO_LARGE, Code::SizeInvalid, words));
        }
        let (digest, tags) = named(selector, request)?;
        if !digest.names(&body) {
            return Err(digest_invalid(&digest.to_string()));
        }
        let manifest = match serde_json::from_slice::<Value>(&body) {
            Ok(value) if value.is_object() => value,
            _ => return Err(invalid("manifest invalid")),
        };
        let media_type = media_type(&manifest, request)?;
        self.check(name, &manifest, &media_type)?;
        let repository = self.repository_mut(name);
        repository.manifests.insert(digest, (media_type, body));
        let mut response = answer(StatusCode::CREATED);
        if selector.parse::<AnyDigest>().is_ok() {
            for tag in tags.iter().filter_map(|tag| HeaderValue::from_str(tag).ok()) {
                response.headers_mut().append(HeaderName::from_static("oci-tag"), tag);
            }
        }
        for tag in tags {
            repository.tags.insert(tag, digest);
        }
        set(&mut response, "location", &format!("/v2/{name}/manifests/{digest}"));
        set(&mut response, "docker-content-digest", &digest.to_string());
        if let Some(subject) = manifest["subject"]["digest"].as_str() {
            set(&mut response, "oci-subject", subject);
        }
        Ok(response)
    }

    /// A manifest of a known kind must be well formed, and what it names must be there; except layers that
    /// are not distributed, and the subject, which may come later.
    fn check(&self, name: &str, manifest: &Value, media_type: &str) -> Result<(), Response<Bytes>> {
        let index = INDEXES.contains(&media_type);
        if !index && !IMAGES.contains(&media_type) {
            return Ok(());
        }
        if manifest["schemaVersion"] != 2 {
            return Err(invalid("the schemaVersion of a manifest is 2"));
        }
        let list = &manifest[if index { "manifests" } else { "layers" }];
        let config = (!index).then_some(&manifest["config"]);
        if config.is_some_and(|c| !c.is_object()) || !(list.is_array() || list.is_null()) {
            return Err(invalid("manifest invalid"));
        }
        let subject = Some(&manifest["subject"]).filter(|s| !s.is_null());
        for descriptor in config.into_iter().chain(list.as_array().into_iter().flatten()).chain(subject) {
            let text = descriptor["digest"].as_str().unwrap_or_default();
            let Ok(digest) = text.parse::<AnyDigest>() else { return Err(invalid("a digest is malformed")) };
            let kind = descriptor["mediaType"].as_str().unwrap_or_default();
            let elsewhere = kind.contains("nondistributable") || kind.contains(".foreign.");
            let linked = descriptor["urls"].as_array().is_some_and(|urls| !urls.is_empty());
            if subject.is_some_and(|s| std::ptr::eq(s, descriptor)) || elsewhere || linked {
                continue;
            }
            let held = self.repository(name).is_some_and(|r| {
                if index { r.manifests.contains_key(&digest) } else { r.blobs.contains(&digest) }
            });
            if !held {
                let words = "blob unknown to registry";
                let detail = json!({ "Digest": text });
                return Err(error_about(StatusCode::NOT_FOUND, Code::ManifestBlobUnknown, words, &detail));
            }
        }
        Ok(())
    }

    /// A tag goes alone; a manifest goes with the tags that lead to it.
    fn delete_manifest(&mut self, name: &str, selector: &str) -> Response<Bytes> {
        let Some(repository) = self.repositories.get_mut(name).map(own) else { return name_unknown(name) };
        let gone = match selector.parse::<AnyDigest>() {
            Ok(digest) => {
                repository.tags.retain(|_, to| *to != digest);
                repository.manifests.remove(&digest).is_some()
            }
            Err(_) => repository.tags.remove(selector).is_some(),
        };
        if gone { answer(StatusCode::ACCEPTED) } else { manifest_unknown(name, selector) }
    }
}

fn invalid(why: &str) -> Response<Bytes> {
    error(StatusCode::BAD_REQUEST, Code::ManifestInvalid, why)
}

fn manifest_unknown(name: &str, selector: &str) -> Response<Bytes> {
    let detail = json!({ "name": name, "reference": selector });
    error_about(StatusCode::NOT_FOUND, Code::ManifestUnknown, "manifest unknown", &detail)
}

/// The digest that a manifest is put under, and its tags: the path names one of the two, the query may name the other.
fn named(selector: &str, request: &Request<Bytes>) -> Result<(AnyDigest, Vec<String>), Response<Bytes>> {
    let mut tags = values(request, "tag");
    let stated = if let Ok(digest) = selector.parse::<AnyDigest>() {
        Some(digest)
    } else if selector.contains(':') {
        return Err(digest_invalid(selector));
    } else {
        tags.insert(0, selector.to_owned());
        let stated = value(request, "digest");
        match stated.map(|text| text.parse::<AnyDigest>().map_err(|_| digest_invalid(&text))) {
            Some(stated) => Some(stated?),
            None => None,
        }
    };
    if let Some(bad) = tags.iter().find(|tag| !is_tag(tag)) {
        let detail = json!({ "tag": bad });
        return Err(error_about(StatusCode::BAD_REQUEST, Code::ManifestInvalid, "invalid tag name", &detail));
    }
    Ok((stated.unwrap_or_else(|| Digest::of(request.body()).into()), tags))
}

/// The media type of a manifest: its own word, else the request's; the two must agree.
fn media_type(manifest: &Value, request: &Request<Bytes>) -> Result<String, Response<Bytes>> {
    let stated = header_text(request, CONTENT_TYPE).unwrap_or_default();
    let stated = stated.split(';').next().unwrap_or_default().trim();
    // What is no vendor's type says nothing about a manifest: a client's default for any file.
    let stated = Some(stated).filter(|t| t.starts_with("application/vnd."));
    let own = manifest["mediaType"].as_str();
    match (own, stated) {
        (Some(own), Some(stated)) if own != stated => {
            Err(invalid(&format!("the manifest says it is {own}, and the request {stated}")))
        }
        (Some(known), _) | (None, Some(known)) => Ok(known.to_owned()),
        (None, None) if manifest["manifests"].is_array() => Ok(INDEXES[0].to_owned()),
        (None, None) => Ok(IMAGES[0].to_owned()),
    }
}
