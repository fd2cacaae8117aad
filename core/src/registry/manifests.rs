//! Manifests: by tag or digest, put, deleted, and those that refer to another.

use super::{Bytes, Registry, answer, error, json_answer, name_unknown, set};
use crate::digest::Digest;
use crate::shared::own;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use std::rc::Rc;

impl Registry {
    pub(super) fn manifest(
        &mut self,
        name: &str,
        selector: &str,
        request: &Request<Bytes>,
    ) -> Response<Bytes> {
        match *request.method() {
            Method::GET | Method::HEAD => self.get_manifest(name, selector, request),
            Method::PUT => self.put_manifest(name, selector, request),
            Method::DELETE => self.delete_manifest(name, selector),
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "The operation is unsupported."),
        }
    }

    fn get_manifest(&self, name: &str, selector: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let unknown = || error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown");
        let Some(repository) = self.repositories.get(name) else {
            return if self.token_needed { denied() } else { unknown() };
        };
        let digest = selector.parse().ok().or_else(|| repository.tags.get(selector).copied());
        let Some((digest, (media_type, bytes))) =
            digest.and_then(|d| repository.manifests.get(&d).map(|m| (d, m)))
        else {
            return unknown();
        };
        let mut response = answer(StatusCode::OK, Vec::new());
        set(&mut response, "content-type", media_type);
        set(&mut response, "content-length", &bytes.len().to_string());
        set(&mut response, "docker-content-digest", &digest.to_string());
        if request.method() == Method::GET {
            *response.body_mut() = bytes.clone();
        }
        response
    }

    fn put_manifest(&mut self, name: &str, selector: &str, request: &Request<Bytes>) -> Response<Bytes> {
        if self.read_only {
            return denied();
        }
        let body = request.body().clone();
        let invalid = |why: &str| error(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", why);
        let Ok(value) = serde_json::from_slice::<Value>(&body) else { return invalid("manifest invalid") };
        let digest = Digest::of(&body);
        if selector.parse::<Digest>().is_ok_and(|wanted| wanted != digest) {
            return error(
                StatusCode::BAD_REQUEST,
                "DIGEST_INVALID",
                "provided digest did not match uploaded content",
            );
        }
        let mut repository = self.repositories.get(name).map(|r| (**r).clone()).unwrap_or_default();
        let wanted = std::iter::once(&value["config"])
            .chain(value["layers"].as_array().into_iter().flatten())
            .filter_map(|d| d["digest"].as_str());
        for text in wanted {
            if !text.parse().is_ok_and(|d: Digest| repository.blobs.contains(&d)) {
                let detail = json!({ "errors": [{ "code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown to registry", "detail": { "Digest": text } }] });
                return json_answer(StatusCode::NOT_FOUND, &detail);
            }
        }
        let stated = request.headers().get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let media_type =
            value["mediaType"].as_str().or(stated).unwrap_or("application/vnd.oci.image.manifest.v1+json");
        repository.manifests.insert(digest, (media_type.to_owned(), body));
        if selector.parse::<Digest>().is_err() {
            repository.tags.insert(selector.to_owned(), digest);
        }
        self.repositories.insert(name.to_owned(), Rc::new(repository));
        let mut response = answer(StatusCode::CREATED, Vec::new());
        set(&mut response, "location", &format!("/v2/{name}/manifests/{digest}"));
        set(&mut response, "docker-content-digest", &digest.to_string());
        if let Some(subject) = value["subject"]["digest"].as_str() {
            set(&mut response, "oci-subject", subject);
        }
        response
    }

    fn delete_manifest(&mut self, name: &str, selector: &str) -> Response<Bytes> {
        if self.read_only {
            return denied();
        }
        let Some(repository) = self.repositories.get_mut(name).map(own) else {
            return name_unknown(name);
        };
        let gone = match selector.parse::<Digest>() {
            Ok(digest) => {
                repository.tags.retain(|_, to| *to != digest);
                repository.manifests.remove(&digest).is_some()
            }
            Err(_) => repository.tags.remove(selector).is_some(),
        };
        if gone {
            answer(StatusCode::ACCEPTED, Vec::new())
        } else {
            error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown")
        }
    }

    pub(super) fn referrers(&self, name: &str, digest: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let filter =
            request.uri().query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("artifactType=")));
        let mut found = Vec::new();
        for (own, (media_type, bytes)) in
            self.repositories.get(name).map(|r| r.manifests.iter()).into_iter().flatten()
        {
            let value: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
            let kind = value["artifactType"].as_str().or(value["config"]["mediaType"].as_str());
            if value["subject"]["digest"].as_str() != Some(digest) || filter.is_some_and(|f| Some(f) != kind)
            {
                continue;
            }
            let mut descriptor =
                json!({ "mediaType": media_type, "digest": own.to_string(), "size": bytes.len() });
            if let Some(kind) = kind {
                descriptor["artifactType"] = kind.into();
            }
            if value["annotations"].is_object() {
                descriptor["annotations"] = value["annotations"].clone();
            }
            found.push(descriptor);
        }
        let media_type = "application/vnd.oci.image.index.v1+json";
        let body = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": found });
        let mut response = json_answer(StatusCode::OK, &body);
        set(&mut response, "content-type", media_type);
        if filter.is_some() {
            set(&mut response, "oci-filters-applied", "artifactType");
        }
        response
    }
}

/// What Docker Hub answers to strangers, and about repositories that are not there.
pub(super) fn denied() -> Response<Bytes> {
    error(StatusCode::UNAUTHORIZED, "DENIED", "requested access to the resource is denied")
}
