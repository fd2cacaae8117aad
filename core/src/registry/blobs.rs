//! Blobs: got whole or in part, looked for, and deleted (distribution-spec, "Pulling blobs", "Deleting Blobs").

use super::{Bytes, Code, Registry, answer, content, digest_invalid, error, header_text, not_allowed, set};
use crate::digest::AnyDigest;
use crate::shared::own;
use http::header::RANGE;
use http::{Method, Request, Response, StatusCode};
use std::rc::Rc;

impl Registry {
    pub(super) fn blob(&mut self, name: &str, digest: &str, request: &Request<Bytes>) -> Response<Bytes> {
        let Ok(digest) = digest.parse::<AnyDigest>() else { return digest_invalid(digest) };
        match *request.method() {
            Method::GET | Method::HEAD => match self.held_blob(name, &digest) {
                Some(bytes) => blob_answer(&digest, &bytes, request),
                None => blob_unknown(),
            },
            Method::DELETE => self.delete_blob(name, &digest),
            _ => not_allowed("GET, HEAD, DELETE"),
        }
    }

    fn held_blob(&self, name: &str, digest: &AnyDigest) -> Option<Bytes> {
        let known = self.repository(name)?.blobs.contains(digest);
        self.blobs.get(digest).filter(|_| known).cloned()
    }

    fn delete_blob(&mut self, name: &str, digest: &AnyDigest) -> Response<Bytes> {
        let gone = self.repositories.get_mut(name).is_some_and(|r| own(r).blobs.remove(digest));
        if !gone {
            return blob_unknown();
        }
        if !self.repositories.values().any(|r| r.blobs.contains(digest)) {
            self.blobs.remove(digest);
        }
        answer(StatusCode::ACCEPTED)
    }

    /// Keeps a blob for a repository.
    pub(super) fn keep_blob(&mut self, name: &str, digest: AnyDigest, bytes: Option<Bytes>) {
        if let Some(bytes) = bytes {
            self.blobs.insert(digest, bytes);
        }
        self.repository_mut(name).blobs.insert(digest);
    }
}

fn blob_unknown() -> Response<Bytes> {
    error(StatusCode::NOT_FOUND, Code::BlobUnknown, "blob unknown to registry")
}

/// The first and the last byte that a `Range` header asks for, of `length`; `Err` when it can not be had.
/// A header of another unit, or of several ranges, asks for everything (RFC 9110 section 14.2).
fn range(text: &str, length: usize) -> Option<Result<(usize, usize), ()>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let number = |digits: &str| digits.trim().parse::<u64>().ok();
    let length = length as u64;
    let (from, to) = match (number(from), number(to)) {
        (Some(from), Some(to)) => (from, to.min(length.saturating_sub(1))),
        (Some(from), None) if to.trim().is_empty() => (from, length.saturating_sub(1)),
        (None, Some(last)) if from.trim().is_empty() => {
            (if last == 0 { length } else { length.saturating_sub(last) }, length.saturating_sub(1))
        }
        _ => return None,
    };
    let fits = from <= to && from < length;
    Some(if fits { Ok((from as usize, to as usize)) } else { Err(()) })
}

fn blob_answer(digest: &AnyDigest, bytes: &Bytes, request: &Request<Bytes>) -> Response<Bytes> {
    let length = bytes.len();
    let asked = header_text(request, RANGE).filter(|_| request.method() == Method::GET);
    let mut response = match asked.and_then(|text| range(text, length)) {
        Some(Err(())) => {
            let mut response = answer(StatusCode::RANGE_NOT_SATISFIABLE);
            set(&mut response, "content-range", &format!("bytes */{length}"));
            return response;
        }
        Some(Ok((from, to))) => {
            let part: Bytes = Rc::from(&bytes[from..=to]);
            let mut response = content(StatusCode::PARTIAL_CONTENT, "application/octet-stream", part);
            set(&mut response, "content-range", &format!("bytes {from}-{to}/{length}"));
            response
        }
        None => content(StatusCode::OK, "application/octet-stream", bytes.clone()),
    };
    set(&mut response, "accept-ranges", "bytes");
    set(&mut response, "docker-content-digest", &digest.to_string());
    response
}
