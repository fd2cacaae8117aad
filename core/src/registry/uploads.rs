//! Blob uploads: monolithic, in chunks, or mounted from another repository.

use super::manifests::denied;
use super::{Bytes, Registry, answer, error, set};
use crate::digest::Digest;
use http::{Method, Request, Response, StatusCode};
use std::rc::Rc;

impl Registry {
    pub(super) fn upload(&mut self, name: &str, id: &str, request: &Request<Bytes>) -> Response<Bytes> {
        if self.read_only {
            return denied();
        }
        let query = request.uri().query().unwrap_or_default();
        let value =
            |key: &str| query.split('&').find_map(|p| p.strip_prefix(key)?.strip_prefix('=')).map(decode);
        match *request.method() {
            Method::POST => self.begin(name, value("digest"), value("mount"), value("from"), request.body()),
            Method::PATCH => self.append(name, id, request),
            Method::PUT => self.finish(name, id, value("digest"), request.body()),
            Method::GET => match id.parse().ok().and_then(|n: u64| self.uploads.get(&n)) {
                Some((_, bytes)) => progress(name, id, bytes.len(), StatusCode::NO_CONTENT),
                None => unknown(),
            },
            Method::DELETE => match id.parse::<u64>().ok().and_then(|n| self.uploads.remove(&n)) {
                Some(_) => answer(StatusCode::NO_CONTENT, Vec::new()),
                None => unknown(),
            },
            _ => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "The operation is unsupported."),
        }
    }

    fn begin(
        &mut self,
        name: &str,
        digest: Option<String>,
        mount: Option<String>,
        from: Option<String>,
        body: &[u8],
    ) -> Response<Bytes> {
        if let Some(blob) = mount.and_then(|m| m.parse::<Digest>().ok()) {
            let held = |repository: &super::Repository| repository.blobs.contains(&blob);
            let there = match from {
                Some(from) => self.repositories.get(&from).is_some_and(|r| held(r)),
                None => self.repositories.values().any(|r| held(r)),
            };
            if there {
                self.keep(name, blob, None);
                return created(name, blob);
            }
        }
        if let Some(digest) = digest {
            return self.store(name, &digest, body.to_vec());
        }
        self.next_upload += 1;
        let id = self.next_upload;
        self.uploads.insert(id, (name.to_owned(), Vec::new()));
        progress(name, &id.to_string(), 0, StatusCode::ACCEPTED)
    }

    fn append(&mut self, name: &str, id: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let Some((_, bytes)) = id.parse().ok().and_then(|n: u64| self.uploads.get_mut(&n)) else {
            return unknown();
        };
        let start = request
            .headers()
            .get(http::header::CONTENT_RANGE)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.split('-').next()?.parse::<usize>().ok());
        if start.is_some_and(|start| start != bytes.len()) {
            let length = bytes.len();
            return progress(name, id, length, StatusCode::RANGE_NOT_SATISFIABLE);
        }
        bytes.extend_from_slice(request.body());
        let length = bytes.len();
        progress(name, id, length, StatusCode::ACCEPTED)
    }

    fn finish(&mut self, name: &str, id: &str, digest: Option<String>, body: &[u8]) -> Response<Bytes> {
        let Some((_, mut bytes)) = id.parse().ok().and_then(|n: u64| self.uploads.remove(&n)) else {
            return unknown();
        };
        bytes.extend_from_slice(body);
        self.store(name, &digest.unwrap_or_default(), bytes)
    }

    fn store(&mut self, name: &str, digest: &str, bytes: Vec<u8>) -> Response<Bytes> {
        let own = Digest::of(&bytes);
        if digest.parse() != Ok(own) {
            return error(
                StatusCode::BAD_REQUEST,
                "DIGEST_INVALID",
                "provided digest did not match uploaded content",
            );
        }
        self.keep(name, own, Some(bytes.into()));
        created(name, own)
    }

    fn keep(&mut self, name: &str, digest: Digest, bytes: Option<Bytes>) {
        if let Some(bytes) = bytes {
            self.blobs.insert(digest, bytes);
        }
        let mut repository = self.repositories.get(name).map(|r| (**r).clone()).unwrap_or_default();
        repository.blobs.insert(digest);
        self.repositories.insert(name.to_owned(), Rc::new(repository));
    }
}

fn created(name: &str, digest: Digest) -> Response<Bytes> {
    let mut response = answer(StatusCode::CREATED, Vec::new());
    set(&mut response, "location", &format!("/v2/{name}/blobs/{digest}"));
    set(&mut response, "docker-content-digest", &digest.to_string());
    response
}

fn progress(name: &str, id: &str, length: usize, status: StatusCode) -> Response<Bytes> {
    let mut response = answer(status, Vec::new());
    set(&mut response, "location", &format!("/v2/{name}/blobs/uploads/{id}"));
    set(&mut response, "docker-upload-uuid", id);
    set(&mut response, "range", &format!("0-{}", length.saturating_sub(1)));
    response
}

fn unknown() -> Response<Bytes> {
    error(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
}

/// Undoes percent-encoding (RFC 3986 section 2.1).
fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let pair = [bytes.next().unwrap_or(b'0'), bytes.next().unwrap_or(b'0')];
            let hex = std::str::from_utf8(&pair).unwrap_or("00");
            out.push(u8::from_str_radix(hex, 16).unwrap_or(b'?'));
        } else {
            out.push(b);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
