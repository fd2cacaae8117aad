//! Image references, `registry/repository:tag@digest` (distribution's reference grammar).

use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A reference to an image in a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

const INVALID: &str = "invalid reference format";

impl Reference {
    /// Reads a reference as people write it: `nginx` is `docker.io/library/nginx`.
    ///
    /// # Errors
    /// Docker's own words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse::<Digest>().map_err(|_| INVALID.to_owned())?)),
            None => (text, None),
        };
        let (domain, remainder) = match rest.split_once('/') {
            Some((first, remainder)) if is_domain(first) => (first, remainder),
            _ => ("docker.io", rest),
        };
        let domain = if domain == "index.docker.io" { "docker.io" } else { domain };
        let (path, tag) = match remainder.rsplit_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (remainder, None),
        };
        let path = match path {
            "" => return Err(INVALID.to_owned()),
            bare if domain == "docker.io" && !bare.contains('/') => format!("library/{bare}"),
            other => other.to_owned(),
        };
        if path.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(format!("{INVALID}: repository name ({path}) must be lowercase"));
        }
        if !is_repository(&path) || !tag.is_none_or(is_tag) {
            return Err(INVALID.to_owned());
        }
        // Outside of the brackets of an IPv6 address a colon begins the port.
        let port = domain.rsplit_once(':').map(|(_, port)| port).filter(|p| !p.ends_with(']'));
        if port.is_some_and(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit())) {
            return Err(INVALID.to_owned());
        }
        if domain
            .bytes()
            .any(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']')))
        {
            return Err(INVALID.to_owned());
        }
        Ok(Self { domain: domain.to_owned(), path, tag: tag.map(str::to_owned), digest })
    }

    /// The registry's domain; Docker Hub's is `docker.io`.
    pub fn domain(&self) -> &str {
        &self.domain
    }
    /// The repository in the registry, such as `library/nginx`.
    pub fn path(&self) -> &str {
        &self.path
    }
    /// The tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }
    /// The digest.
    pub const fn digest(&self) -> Option<Digest> {
        self.digest
    }
    /// The same with `latest` when it has neither tag nor digest.
    #[must_use]
    pub fn with_default_tag(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some("latest".to_owned());
        }
        self
    }
    /// The same repository under another tag.
    #[must_use]
    pub fn with_tag(&self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() }
    }
    /// The same repository by digest.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }
    /// The repository as Docker shows it: `nginx`, `localhost:5000/app`.
    pub fn familiar_name(&self) -> String {
        match (self.domain.as_str(), self.path.strip_prefix("library/")) {
            ("docker.io", Some(name)) => name.to_owned(),
            ("docker.io", None) => self.path.clone(),
            (domain, _) => format!("{domain}/{}", self.path),
        }
    }
    /// The whole reference as Docker shows it: `nginx:1.27`.
    pub fn familiar(&self) -> String {
        format!("{}{}", self.familiar_name(), self.suffix())
    }
    /// The tag, or the digest: what a manifest is asked for by.
    pub fn selector(&self) -> String {
        match (self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }
    fn suffix(&self) -> String {
        let tag = self.tag.as_ref().map(|t| format!(":{t}")).unwrap_or_default();
        let digest = self.digest.map(|d| format!("@{d}")).unwrap_or_default();
        format!("{tag}{digest}")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.domain, self.path, self.suffix())
    }
}

fn is_domain(text: &str) -> bool {
    text == "localhost" || text.contains(['.', ':']) || text.bytes().any(|b| b.is_ascii_uppercase())
}

/// True for the name of a repository in a registry: at most 255 characters, in components (distribution-spec, "Pulling manifests").
pub fn is_repository(name: &str) -> bool {
    name.len() <= 255 && name.split('/').all(is_component)
}

/// True for a tag: at most 128 characters, the first no `.` and no `-` (distribution-spec, "Pulling manifests").
pub fn is_tag(text: &str) -> bool {
    let fits =
        |(n, b): (usize, u8)| b.is_ascii_alphanumeric() || b == b'_' || (n > 0 && matches!(b, b'.' | b'-'));
    (1..=128).contains(&text.len()) && text.bytes().enumerate().all(fits)
}

/// Lower-case letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_component(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separators = text.split(alphanumeric);
    text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
        && separators.all(|s| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

#[cfg(test)]
mod tests;
