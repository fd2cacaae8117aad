//! A registry: OCI distribution-spec 1.1 as a function from request to response.

pub mod access;
mod blobs;
pub mod catalogue;
mod discovery;
mod manifests;
mod shelf;
pub mod trouble;
mod uploads;

use crate::digest::AnyDigest;
use crate::reference::is_repository;
use crate::shared::{Map, Set};
use access::{Access, Right};
use http::header::{
    ACCEPT, ACCEPT_RANGES, ALLOW, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST,
    HeaderName, HeaderValue, LINK, LOCATION, RANGE, WWW_AUTHENTICATE,
};
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::rc::Rc;
use trouble::Trouble;

pub use shelf::nominal_size;

/// A body.
pub type Bytes = Rc<[u8]>;

/// A registry's content, and who may do what with it. `Clone` is cheap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Registry {
    repositories: Map<String, Rc<Repository>>,
    blobs: Map<AnyDigest, Bytes>,
    uploads: Map<String, Rc<uploads::Upload>>,
    begun_uploads: u64,
    /// Who may do what.
    pub access: Access,
    /// What goes wrong here on purpose.
    pub trouble: Trouble,
    /// Nothing is ever deleted, as in the registry's image unless `REGISTRY_STORAGE_DELETE_ENABLED` is set.
    pub keeps_all: bool,
}

/// One repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    tags: Map<String, AnyDigest>,
    manifests: Map<AnyDigest, (String, Bytes)>,
    blobs: Set<AnyDigest>,
}

/// What a path under `/v2/` leads to, with the repository's name in front of it.
enum Endpoint<'a> {
    Manifest(&'a str),
    Tags,
    Blob(&'a str),
    Uploads,
    Upload(&'a str),
    Referrers(&'a str),
}

impl Registry {
    /// An empty registry that anybody may push to.
    pub fn new() -> Self {
        Self::default()
    }

    /// A registry like Docker Hub: a token is needed, and strangers cannot push.
    pub fn hub() -> Self {
        Self { access: Access::hub(), ..Self::default() }
    }

    /// Answers a request.
    pub fn handle(&mut self, request: Request<Bytes>) -> Response<Bytes> {
        let mut response = match self.trouble.refusal(&request) {
            Some(refusal) => refusal,
            None => self.answered(&request),
        };
        self.trouble.spoil(&request, &mut response);
        if request.method() == Method::HEAD {
            *response.body_mut() = Rc::new([]);
        }
        response
    }

    fn answered(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = decode(request.uri().path());
        if path == "/token" {
            return self.token(request);
        }
        let rest = match path.strip_prefix("/v2") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.trim_start_matches('/'),
            _ => return error(StatusCode::NOT_FOUND, Code::Unsupported, "404 page not found"),
        };
        if rest.is_empty() || rest == "_catalog" {
            if let Some(refusal) = self.access.refusal(request, None) {
                return refusal;
            }
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                return not_allowed("GET, HEAD");
            }
            return if rest.is_empty() {
                json_answer(StatusCode::OK, &json!({}))
            } else {
                self.catalog(request)
            };
        }
        let Some((name, endpoint)) = endpoint(rest) else {
            return error(StatusCode::NOT_FOUND, Code::Unsupported, "404 page not found");
        };
        if !is_repository(name) {
            return error(StatusCode::BAD_REQUEST, Code::NameInvalid, "invalid repository name");
        }
        let right = match *request.method() {
            Method::GET | Method::HEAD => Right::Pull,
            Method::DELETE if !matches!(endpoint, Endpoint::Upload(_)) => Right::Delete,
            _ => Right::Push,
        };
        if let Some(refusal) = self.access.refusal(request, Some((name, right))) {
            return refusal;
        }
        if right == Right::Delete && self.keeps_all {
            return not_allowed("GET, HEAD");
        }
        let manifest = matches!(endpoint, Endpoint::Manifest(_));
        if let Some(refusal) = self.access.exceeded(request).filter(|_| manifest) {
            return refusal;
        }
        let mut response = self.route(name, &endpoint, request);
        if manifest {
            self.access.count(request, &mut response);
        }
        response
    }

    fn route(&mut self, name: &str, endpoint: &Endpoint<'_>, request: &Request<Bytes>) -> Response<Bytes> {
        let method = request.method();
        match endpoint {
            Endpoint::Manifest(selector) => self.manifest(name, selector, request),
            Endpoint::Blob(digest) => self.blob(name, digest, request),
            Endpoint::Uploads if method == Method::POST => self.begin_upload(name, request),
            Endpoint::Uploads => not_allowed("POST"),
            Endpoint::Upload(id) => self.upload(name, id, request),
            Endpoint::Tags | Endpoint::Referrers(_) if !matches!(*method, Method::GET | Method::HEAD) => {
                not_allowed("GET, HEAD")
            }
            Endpoint::Tags => self.tags(name, request),
            Endpoint::Referrers(digest) => self.referrers(name, digest, request),
        }
    }

    fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(name).map(Rc::as_ref)
    }

    /// The repository of a name, made when there is none.
    fn repository_mut(&mut self, name: &str) -> &mut Repository {
        crate::shared::own(self.repositories.get_or_insert_with(name.to_owned(), Rc::default))
    }
}

/// Splits the path behind `/v2/` into the repository's name and what is asked of it. Names may hold the
/// words of the protocol themselves, so that the end decides.
fn endpoint(rest: &str) -> Option<(&str, Endpoint<'_>)> {
    let (head, last) = rest.rsplit_once('/')?;
    let (name, word) = head.rsplit_once('/').unwrap_or(("", head));
    match word {
        "manifests" => Some((name, Endpoint::Manifest(last))),
        "tags" if last == "list" => Some((name, Endpoint::Tags)),
        "referrers" => Some((name, Endpoint::Referrers(last))),
        "blobs" if last == "uploads" => Some((name, Endpoint::Uploads)),
        "blobs" => Some((name, Endpoint::Blob(last))),
        "uploads" => {
            let name = name.strip_suffix("/blobs")?;
            Some((name, if last.is_empty() { Endpoint::Uploads } else { Endpoint::Upload(last) }))
        }
        _ => None,
    }
}

/// The values of a key in a request's query, in order.
fn values(request: &Request<Bytes>, key: &str) -> Vec<String> {
    let parts = request.uri().query().unwrap_or_default().split('&');
    let parts = parts.map(|part| part.split_once('=').unwrap_or((part, "")));
    parts.filter(|(name, _)| *name == key).map(|(_, value)| decode(value)).collect()
}

/// The first value of a key in a request's query.
fn value(request: &Request<Bytes>, key: &str) -> Option<String> {
    values(request, key).into_iter().next()
}

/// A request's header as text.
fn header_text(request: &Request<Bytes>, name: HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|v| v.to_str().ok())
}

/// Undoes percent-encoding (RFC 3986 section 2.1); what is no code stays as it is.
fn decode(text: &str) -> String {
    let digit = |at: usize| text.as_bytes().get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn set(response: &mut Response<Bytes>, name: &'static str, value: &str) {
    if let (Some(name), Ok(value)) = (header(name), HeaderValue::from_str(value)) {
        response.headers_mut().insert(name, value);
    }
}

/// The headers of the protocol by their names; others are not read. (`http` could parse a name, with its table of all.)
pub fn header(name: &str) -> Option<HeaderName> {
    const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
    const UPLOAD: HeaderName = HeaderName::from_static("docker-upload-uuid");
    const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");
    const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
    const TAG: HeaderName = HeaderName::from_static("oci-tag");
    const VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
    const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
    const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
    let all = [
        ("accept", ACCEPT),
        ("accept-ranges", ACCEPT_RANGES),
        ("allow", ALLOW),
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
        ("oci-tag", TAG),
        ("range", RANGE),
        ("ratelimit-limit", LIMIT),
        ("ratelimit-remaining", REMAINING),
        ("www-authenticate", WWW_AUTHENTICATE),
    ];
    all.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, header)| header)
}

fn answer(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from([]));
    *response.status_mut() = status;
    set(&mut response, "docker-distribution-api-version", "registry/2.0");
    if status != StatusCode::NO_CONTENT {
        set(&mut response, "content-length", "0");
    }
    response
}

/// An answer with a body of a media type.
fn content(status: StatusCode, media_type: &str, body: Bytes) -> Response<Bytes> {
    let mut response = answer(status);
    set(&mut response, "content-type", media_type);
    set(&mut response, "content-length", &body.len().to_string());
    *response.body_mut() = body;
    response
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    content(status, "application/json; charset=utf-8", format!("{body}\n").into_bytes().into())
}

/// The error codes of the specification ("Error Codes"), and two that the reference registry adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    Unauthorized,
    Denied,
    Unsupported,
    TooManyRequests,
    PaginationNumberInvalid,
    Unknown,
}

impl Code {
    const fn text(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::SizeInvalid => "SIZE_INVALID",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Denied => "DENIED",
            Self::Unsupported => "UNSUPPORTED",
            Self::TooManyRequests => "TOOMANYREQUESTS",
            Self::PaginationNumberInvalid => "PAGINATION_NUMBER_INVALID",
            Self::Unknown => "UNKNOWN",
        }
    }
}

fn error(status: StatusCode, code: Code, message: &str) -> Response<Bytes> {
    json_answer(status, &json!({ "errors": [{ "code": code.text(), "message": message }] }))
}

/// An error with what it is about.
fn error_about(status: StatusCode, code: Code, message: &str, detail: &Value) -> Response<Bytes> {
    json_answer(status, &json!({ "errors": [{ "code": code.text(), "message": message, "detail": detail }] }))
}

fn not_allowed(methods: &str) -> Response<Bytes> {
    let words = "The operation is unsupported.";
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, Code::Unsupported, words);
    set(&mut response, "allow", methods);
    response
}

fn digest_invalid(digest: &str) -> Response<Bytes> {
    let words = "provided digest did not match uploaded content";
    error_about(StatusCode::BAD_REQUEST, Code::DigestInvalid, words, &digest.into())
}

fn name_unknown(name: &str) -> Response<Bytes> {
    let words = "repository name not known to registry";
    error_about(StatusCode::NOT_FOUND, Code::NameUnknown, words, &json!({ "name": name }))
}

#[cfg(test)]
mod tests;
