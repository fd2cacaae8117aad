//! Blob uploads: monolithic, in chunks, or mounted from another repository (distribution-spec, "Pushing blobs").

use super::{Bytes, Code, Registry, answer, digest_invalid, error, header_text, not_allowed, set, value};
use crate::digest::{AnyDigest, Digest};
use crate::shared::own;
use http::header::CONTENT_RANGE;
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The largest blob that is taken, in bytes.
const LARGEST: u64 = 2 << 30;

/// An upload that has begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Upload {
    repository: String,
    bytes: Vec<u8>,
}

impl Registry {
    /// `POST`: a blob that is there already, one that comes along, or the beginning of an upload.
    pub(super) fn begin_upload(&mut self, name: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let mount = value(request, "mount").and_then(|m| m.parse::<AnyDigest>().ok());
        if let Some(blob) = mount {
            let from = value(request, "from").filter(|f| !f.is_empty());
            let there = match from {
                Some(from) => {
                    self.access.may_read(request, &from)
                        && self.repository(&from).is_some_and(|r| r.blobs.contains(&blob))
                }
                None => {
                    let holders = self.repositories.iter().filter(|(_, r)| r.blobs.contains(&blob));
                    holders.into_iter().any(|(holder, _)| self.access.may_read(request, holder))
                }
            };
            if there {
                self.keep_blob(name, blob, None);
                return created(name, &blob);
            }
        } else if let Some(digest) = value(request, "digest") {
            return self.store(name, &digest, request.body().clone());
        }
        self.begun_uploads += 1;
        let id = identifier(self.begun_uploads);
        let upload = Upload { repository: name.to_owned(), bytes: Vec::new() };
        self.uploads.insert(id.clone(), Rc::new(upload));
        // The repository exists from its first upload on: its tags can be listed.
        self.repository_mut(name);
        progress(name, &id, 0, StatusCode::ACCEPTED)
    }

    pub(super) fn upload(&mut self, name: &str, id: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let method = request.method();
        if !matches!(*method, Method::GET | Method::HEAD | Method::PATCH | Method::PUT | Method::DELETE) {
            return not_allowed("GET, PATCH, PUT, DELETE");
        }
        let known = self.uploads.get(id).filter(|u| u.repository == name);
        let Some(length) = known.map(|u| u.bytes.len()) else {
            let words = "blob upload unknown to registry";
            return error(StatusCode::NOT_FOUND, Code::BlobUploadUnknown, words);
        };
        match *method {
            Method::GET | Method::HEAD => progress(name, id, length, StatusCode::NO_CONTENT),
            Method::DELETE => {
                self.uploads.remove(id);
                answer(StatusCode::NO_CONTENT)
            }
            _ => match self.append(name, id, request) {
                Err(refusal) => refusal,
                Ok(length) if *method == Method::PATCH => progress(name, id, length, StatusCode::ACCEPTED),
                Ok(_) => self.finish(name, id, value(request, "digest").unwrap_or_default()),
            },
        }
    }

    /// Adds a chunk to an upload; its length then. A chunk that does not follow what is there is refused.
    fn append(&mut self, name: &str, id: &str, request: &Request<Bytes>) -> Result<usize, Response<Bytes>> {
        let Some(upload) = self.uploads.get_mut(id) else { return Ok(0) };
        let (length, body) = (upload.bytes.len(), request.body());
        if let Some(text) = header_text(request, CONTENT_RANGE) {
            let words = "the range of a chunk is `start-end`";
            let invalid = || error(StatusCode::BAD_REQUEST, Code::BlobUploadInvalid, words);
            let text = text.trim_start_matches("bytes ").split('/').next().unwrap_or_default();
            let (start, end) = text.split_once('-').ok_or_else(invalid)?;
            let (start, end): (u64, u64) =
                (start.parse().map_err(|_| invalid())?, end.parse().map_err(|_| invalid())?);
            if start != length as u64 {
                return Err(progress(name, id, length, StatusCode::RANGE_NOT_SATISFIABLE));
            }
            if end.checked_sub(start).is_none_or(|n| n + 1 != body.len() as u64) {
                return Err(size_invalid(StatusCode::BAD_REQUEST));
            }
        }
        if length as u64 + body.len() as u64 > LARGEST {
            return Err(size_invalid(StatusCode::PAYLOAD_TOO_LARGE));
        }
        own(upload).bytes.extend_from_slice(body);
        Ok(length + body.len())
    }

    /// Closes an upload: what has come is the blob that was announced, or nothing is kept.
    fn finish(&mut self, name: &str, id: &str, digest: String) -> Response<Bytes> {
        let Some(upload) = self.uploads.remove(id) else { return digest_invalid(&digest) };
        let bytes = Rc::try_unwrap(upload).map_or_else(|shared| shared.bytes.clone(), |own| own.bytes);
        self.store(name, &digest, bytes.into())
    }

    fn store(&mut self, name: &str, digest: &str, bytes: Bytes) -> Response<Bytes> {
        if bytes.len() as u64 > LARGEST {
            return size_invalid(StatusCode::PAYLOAD_TOO_LARGE);
        }
        match digest.parse::<AnyDigest>() {
            Ok(parsed) if parsed.names(&bytes) => {
                self.keep_blob(name, parsed, Some(bytes));
                created(name, &parsed)
            }
            _ => digest_invalid(digest),
        }
    }
}

fn size_invalid(status: StatusCode) -> Response<Bytes> {
    error(status, Code::SizeInvalid, "provided length did not match content length")
}

/// The name of an upload, in the form of a UUID of version 4.
fn identifier(number: u64) -> String {
    let hex = Digest::of(&number.to_be_bytes()).hex();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
}

fn created(name: &str, digest: &AnyDigest) -> Response<Bytes> {
    let mut response = answer(StatusCode::CREATED);
    set(&mut response, "location", &format!("/v2/{name}/blobs/{digest}"));
    set(&mut response, "docker-content-digest", &digest.to_string());
    response
}

fn progress(name: &str, id: &str, length: usize, status: StatusCode) -> Response<Bytes> {
    let mut response = answer(status);
    set(&mut response, "location", &format!("/v2/{name}/blobs/uploads/{id}"));
    set(&mut response, "docker-upload-uuid", id);
    set(&mut response, "range", &format!("0-{}", length.saturating_sub(1)));
    response
}
