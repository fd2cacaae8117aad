//! What there is: repositories, tags page by page, and the manifests that refer to another
//! (distribution-spec, "Content Discovery").

use super::{
    Bytes, Code, Registry, content, digest_invalid, error_about, json_answer, name_unknown, set, value,
};
use crate::digest::AnyDigest;
use crate::shared::sort_by;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

impl Registry {
    /// `/v2/_catalog`, which the reference registry adds to the specification.
    pub(super) fn catalog(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let names: Vec<String> = self.repositories.keys().cloned().collect();
        page(&names, request, |names| json!({ "repositories": names }))
    }

    pub(super) fn tags(&self, name: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let Some(repository) = self.repository(name) else { return name_unknown(name) };
        let mut tags: Vec<String> = repository.tags.keys().cloned().collect();
        sort_by(&mut tags, |a, b| place(a).cmp(&place(b)));
        page(&tags, request, |tags| json!({ "name": name, "tags": tags }))
    }

    /// The manifests with this subject: an empty index when there is none, or no such repository.
    pub(super) fn referrers(&self, name: &str, subject: &str, request: &Request<Bytes>) -> Response<Bytes> {
        if subject.parse::<AnyDigest>().is_err() {
            return digest_invalid(subject);
        }
        let filter = value(request, "artifactType").filter(|f| !f.is_empty());
        let mut found = Vec::new();
        for (own, (media_type, bytes)) in
            self.repository(name).map(|r| r.manifests.iter()).into_iter().flatten()
        {
            let Ok(manifest) = serde_json::from_slice::<Value>(bytes) else { continue };
            if manifest["subject"]["digest"].as_str() != Some(subject) {
                continue;
            }
            let stated = manifest["artifactType"].as_str().filter(|t| !t.is_empty());
            let kind = stated.or_else(|| manifest["config"]["mediaType"].as_str());
            if filter.as_deref().is_some_and(|f| Some(f) != kind) {
                continue;
            }
            let mut descriptor =
                json!({ "mediaType": media_type, "digest": own.to_string(), "size": bytes.len() });
            if let Some(kind) = kind {
                descriptor["artifactType"] = kind.into();
            }
            if manifest["annotations"].is_object() {
                descriptor["annotations"] = manifest["annotations"].clone();
            }
            found.push(descriptor);
        }
        let body = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": found });
        let mut response = content(StatusCode::OK, INDEX, body.to_string().into_bytes().into());
        if filter.is_some() {
            set(&mut response, "oci-filters-applied", "artifactType");
        }
        response
    }
}

/// Tags are in order of their letters whatever the case, then of their bytes.
fn place(tag: &str) -> (String, &str) {
    (tag.to_ascii_lowercase(), tag)
}

/// The part of a list that `n` and `last` ask for, and a link to the next one when there is more.
fn page(all: &[String], request: &Request<Bytes>, body: impl Fn(&[String]) -> Value) -> Response<Bytes> {
    let last = value(request, "last").unwrap_or_default();
    let begin = all.iter().position(|item| last.is_empty() || place(item) > place(&last));
    let rest = &all[begin.unwrap_or(all.len())..];
    let mut most = rest.len();
    if let Some(number) = value(request, "n").filter(|n| !n.is_empty()) {
        match number.parse::<u32>() {
            Ok(n) => most = most.min(n as usize),
            Err(_) => {
                let words = "invalid number of results requested";
                let detail = json!({ "n": number });
                return error_about(StatusCode::BAD_REQUEST, Code::PaginationNumberInvalid, words, &detail);
            }
        }
    }
    let mut response = json_answer(StatusCode::OK, &body(&rest[..most]));
    if let Some(end) = rest[..most].last().filter(|_| most < rest.len()) {
        let link = format!("<{}?last={end}&n={most}>; rel=\"next\"", request.uri().path());
        set(&mut response, "link", &link);
    }
    response
}
