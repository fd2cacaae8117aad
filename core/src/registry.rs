//! A registry: OCI distribution-spec 1.1 as a function from request to response.

pub mod catalogue;
mod manifests;
mod uploads;

use crate::digest::Digest;
use crate::image::Image;
use crate::shared::{Map, own};
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, HeaderName, LINK, LOCATION,
    RANGE, WWW_AUTHENTICATE,
};
use http::{Method, Request, Response, StatusCode};
use oci_spec::image::{ImageIndex, ImageManifest};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::rc::Rc;

/// A body.
pub type Bytes = Rc<[u8]>;

/// A registry's content. `Clone` is cheap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Registry {
    repositories: Map<String, Rc<Repository>>,
    blobs: Map<Digest, Bytes>,
    uploads: Map<u64, (String, Vec<u8>)>,
    next_upload: u64,
    /// Pulling wants a bearer token, as Docker Hub does.
    token_needed: bool,
    /// Nobody may push here.
    read_only: bool,
}

/// One repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    tags: Map<String, Digest>,
    manifests: Map<Digest, (String, Bytes)>,
    blobs: crate::shared::Set<Digest>,
}

/// The token that the registry gives and takes.
const TOKEN: &str = "drydock-anonymous-pull-token";

impl Registry {
    /// An empty registry that anybody may push to.
    pub fn new() -> Self {
        Self::default()
    }

    /// A registry like Docker Hub: a token is needed, and strangers cannot push.
    pub fn hub() -> Self {
        Self { token_needed: true, read_only: true, ..Self::default() }
    }

    /// Answers a request.
    pub fn handle(&mut self, request: Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path().to_owned();
        if path == "/token" {
            let body = json!({ "token": TOKEN, "access_token": TOKEN, "expires_in": 300 });
            return json_answer(StatusCode::OK, &body);
        }
        let Some(rest) = path.strip_prefix("/v2") else {
            return error(StatusCode::NOT_FOUND, "UNSUPPORTED", "");
        };
        let authorised = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v == format!("Bearer {TOKEN}"));
        if self.token_needed && !authorised {
            return challenge(rest);
        }
        match rest {
            "" | "/" => json_answer(StatusCode::OK, &json!({})),
            "/_catalog" => self.catalog(&request),
            _ => self.route(rest.trim_start_matches('/'), &request),
        }
    }

    fn route(&mut self, rest: &str, request: &Request<Bytes>) -> Response<Bytes> {
        if let Some((name, selector)) = rest.rsplit_once("/manifests/") {
            return self.manifest(name, selector, request);
        }
        if let Some((name, _)) = rest.rsplit_once("/tags/list") {
            return self.tags(name, request);
        }
        if let Some((name, id)) = rest.split_once("/blobs/uploads/") {
            return self.upload(name, id, request);
        }
        if let Some(name) = rest.strip_suffix("/blobs/uploads") {
            return self.upload(name, "", request);
        }
        if let Some((name, digest)) = rest.rsplit_once("/blobs/") {
            return self.blob(name, digest, request);
        }
        if let Some((name, digest)) = rest.rsplit_once("/referrers/") {
            return self.referrers(name, digest, request);
        }
        error(StatusCode::NOT_FOUND, "UNSUPPORTED", "The operation is unsupported.")
    }

    fn catalog(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let names = self.repositories.keys().cloned().collect::<Vec<_>>();
        json_answer(StatusCode::OK, &json!({ "repositories": page(&names, request.uri().query()) }))
    }

    fn tags(&self, name: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let Some(repository) = self.repositories.get(name) else { return name_unknown(name) };
        let tags = repository.tags.keys().cloned().collect::<Vec<_>>();
        json_answer(StatusCode::OK, &json!({ "name": name, "tags": page(&tags, request.uri().query()) }))
    }

    fn blob(&mut self, name: &str, digest: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let Ok(digest) = digest.parse::<Digest>() else {
            return error(
                StatusCode::BAD_REQUEST,
                "DIGEST_INVALID",
                "provided digest did not match uploaded content",
            );
        };
        let Some(repository) = self.repositories.get_mut(name) else {
            return error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry");
        };
        let known = repository.blobs.contains(&digest);
        let Some(bytes) = self.blobs.get(&digest).filter(|_| known).cloned() else {
            return error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry");
        };
        match *request.method() {
            Method::DELETE => {
                own(repository).blobs.remove(&digest);
                answer(StatusCode::ACCEPTED, Vec::new())
            }
            Method::GET | Method::HEAD => blob_answer(&digest, &bytes, request),
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "The operation is unsupported."),
        }
    }

    /// Puts an image in, as if it had been pushed: with a tag each, behind an index when `index` is set.
    pub fn put_image(&mut self, repository: &str, tags: &[&str], image: &Image, index: bool) {
        for layer in &image.layers {
            self.blobs.insert(layer.blob_digest, layer.blob.clone());
        }
        self.blobs.insert(image.id, image.config_bytes.clone());
        let media_type = oci_spec::image::MediaType::ImageManifest.to_string();
        let mut kept = self.repositories.get(repository).map(|r| (**r).clone()).unwrap_or_default();
        kept.blobs.extend(image.layers.iter().map(|l| l.blob_digest));
        kept.blobs.insert(image.id);
        kept.manifests.insert(image.manifest_digest, (media_type.clone(), image.manifest.clone()));
        let mut digest = image.manifest_digest;
        if index {
            let index_type = oci_spec::image::MediaType::ImageIndex.to_string();
            let text = json!({
                "schemaVersion": 2,
                "mediaType": index_type,
                "manifests": [{
                    "mediaType": media_type,
                    "digest": image.manifest_digest.to_string(),
                    "size": image.manifest.len(),
                    "platform": { "architecture": "amd64", "os": "linux" },
                }],
            });
            let bytes: Bytes = text.to_string().into_bytes().into();
            digest = Digest::of(&bytes);
            kept.manifests.insert(digest, (index_type, bytes));
        }
        for tag in tags {
            kept.tags.insert((*tag).to_owned(), digest);
        }
        self.repositories.insert(repository.to_owned(), Rc::new(kept));
    }

    /// The repositories with their tags and the manifest digests these lead to, in order of name.
    pub fn shelves(&self) -> Vec<(String, Map<String, Digest>)> {
        self.repositories.iter().map(|(name, r)| (name.clone(), r.tags.clone())).collect()
    }

    /// The layers of a tag for `linux/amd64`, the base first: each blob's digest, and the size it stands for.
    pub fn layers_of(&self, repository: &str, tag: &str) -> Vec<(Digest, u64)> {
        let layers = self.manifest_of(repository, tag).map(|m| m.layers().clone()).unwrap_or_default();
        layers.iter().filter_map(|l| Some((l.digest().to_string().parse().ok()?, nominal_size(l)))).collect()
    }

    /// What a tag leads to: the digest, the media type and the manifest or index itself.
    pub fn tagged(&self, repository: &str, tag: &str) -> Option<(Digest, String, Bytes)> {
        let repository = self.repositories.get(repository)?;
        let digest = *repository.tags.get(tag)?;
        repository.manifests.get(&digest).map(|(kind, bytes)| (digest, kind.clone(), bytes.clone()))
    }

    /// The diff ids of a tag's layers for `linux/amd64`, the base first: what a shelf shows.
    pub fn diff_ids(&self, repository: &str, tag: &str) -> Vec<Digest> {
        let config = self.manifest_of(repository, tag).and_then(|manifest| {
            let digest = manifest.config().digest().to_string().parse::<Digest>().ok()?;
            serde_json::from_slice::<oci_spec::image::ImageConfiguration>(self.blobs.get(&digest)?).ok()
        });
        let ids = config.map(|c| c.rootfs().diff_ids().clone()).unwrap_or_default();
        ids.iter().filter_map(|id| id.parse().ok()).collect()
    }

    fn manifest_of(&self, repository: &str, tag: &str) -> Option<ImageManifest> {
        let repository = self.repositories.get(repository)?;
        let mut digest = *repository.tags.get(tag)?;
        if let Ok(index) = serde_json::from_slice::<ImageIndex>(&repository.manifests.get(&digest)?.1) {
            digest = index.manifests().first()?.digest().to_string().parse().ok()?;
        }
        serde_json::from_slice(&repository.manifests.get(&digest)?.1).ok()
    }
}

/// The size that a descriptor's blob stands for.
pub fn nominal_size(descriptor: &oci_spec::image::Descriptor) -> u64 {
    let noted = descriptor.annotations().as_ref().and_then(|a| a.get(crate::image::layer::SIZE_ANNOTATION));
    noted.and_then(|v| v.parse().ok()).unwrap_or_else(|| descriptor.size())
}

/// The part of a list that `n` and `last` ask for.
fn page(all: &[String], query: Option<&str>) -> Vec<String> {
    let value =
        |key: &str| query.unwrap_or_default().split('&').find_map(|p| p.strip_prefix(key)?.strip_prefix('='));
    let after = value("last").unwrap_or_default();
    let most = value("n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    all.iter().filter(|t| t.as_str() > after).take(most).cloned().collect()
}

fn challenge(rest: &str) -> Response<Bytes> {
    let name = rest.trim_start_matches('/').split("/manifests/").next().unwrap_or_default();
    let scope = if name.is_empty() { String::new() } else { format!(",scope=\"repository:{name}:pull\"") };
    let header =
        format!("Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"{scope}");
    let mut response = error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required");
    if let Ok(value) = header.parse() {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}

fn blob_answer(digest: &Digest, bytes: &Bytes, request: &Request<Bytes>) -> Response<Bytes> {
    let range =
        request.headers().get(RANGE).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("bytes="));
    let mut status = StatusCode::OK;
    let mut part: Bytes = bytes.clone();
    if let Some((from, to)) = range.and_then(|r| r.split_once('-')) {
        let from: usize = from.parse().unwrap_or(0);
        let to: usize = to.parse().unwrap_or(usize::MAX).min(bytes.len().saturating_sub(1));
        let Some(slice) = bytes.get(from..=to).filter(|_| from <= to) else {
            return answer(StatusCode::RANGE_NOT_SATISFIABLE, Vec::new());
        };
        part = slice.into();
        status = StatusCode::PARTIAL_CONTENT;
    }
    let mut response = answer(status, Vec::new());
    set(&mut response, "content-type", "application/octet-stream");
    set(&mut response, "content-length", &part.len().to_string());
    set(&mut response, "docker-content-digest", &digest.to_string());
    if request.method() == Method::GET {
        *response.body_mut() = part;
    }
    response
}

fn name_unknown(name: &str) -> Response<Bytes> {
    let body = json!({ "errors": [{ "code": "NAME_UNKNOWN", "message": "repository name not known to registry", "detail": { "name": name } }] });
    json_answer(StatusCode::NOT_FOUND, &body)
}

fn set(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let (Some(name), Ok(value)) = (header(name), value.parse()) {
        response.headers_mut().insert(name, value);
    }
}

/// The headers of the protocol by their names; others are not read. (`http` could parse a name, with its table of all.)
pub fn header(name: &str) -> Option<HeaderName> {
    const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
    const UPLOAD: HeaderName = HeaderName::from_static("docker-upload-uuid");
    const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");
    const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
    const VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
    let all = [
        ("accept", ACCEPT),
        ("authorization", AUTHORIZATION),
        ("content-length", CONTENT_LENGTH),
        ("content-range", CONTENT_RANGE),
        ("content-type", CONTENT_TYPE),
        ("docker-content-digest", DIGEST),
        ("docker-distribution-api-version", VERSION),
        ("docker-upload-uuid", UPLOAD),
        ("host", HOST),
        ("link", LINK),
        ("location", LOCATION),
        ("oci-filters-applied", FILTERS),
        ("oci-subject", SUBJECT),
        ("range", RANGE),
    ];
    all.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, header)| header)
}

fn answer(status: StatusCode, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    set(&mut response, "docker-distribution-api-version", "registry/2.0");
    response
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response<Bytes> {
    let text = format!("{body}\n");
    let mut response = answer(status, text.into_bytes());
    set(&mut response, "content-type", "application/json; charset=utf-8");
    let length = response.body().len().to_string();
    set(&mut response, "content-length", &length);
    response
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    json_answer(status, &json!({ "errors": [{ "code": code, "message": message }] }))
}

#[cfg(test)]
mod tests;
