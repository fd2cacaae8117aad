//! Platforms, `os/architecture/variant`, as people write them and as images state them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// A platform in its normal form: `arm64` stands for `arm64/v8`, and `arm` for `arm/v7`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Such as `linux`.
    pub os: String,
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `v7`; mostly empty.
    pub variant: String,
}

/// The architecture of the host that is simulated.
pub const HOST: &str = "amd64";

const SYSTEMS: &[&str] = &["linux", "windows", "darwin", "freebsd", "wasi"];
const ARCHITECTURES: &[&str] = &[
    "amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "mips64le", "mips64", "loong64", "ppc64",
    "wasm",
];

impl Default for Platform {
    fn default() -> Self {
        Self::new("linux", HOST, "")
    }
}

impl Platform {
    /// In its normal form.
    pub fn new(os: &str, architecture: &str, variant: &str) -> Self {
        let (architecture, variant) = match (architecture, variant) {
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("aarch64" | "arm64", "8" | "v8" | "") => ("arm64", ""),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7" | "v7") => ("arm", "v7"),
            ("armel", _) | ("arm", "6" | "v6") => ("arm", "v6"),
            ("i386", _) => ("386", ""),
            other => other,
        };
        let own = str::to_owned;
        Self { os: own(os), architecture: own(architecture), variant: own(variant) }
    }

    /// Reads a platform as people write it.
    ///
    /// # Errors
    /// Docker's own words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        let valid = |part: &&str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
        };
        if let Some(bad) = parts.iter().find(|p| !valid(p)) {
            return Err(format!(
                "\"{bad}\" is an invalid component of \"{text}\": platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument"
            ));
        }
        match parts.as_slice() {
            [os] if SYSTEMS.contains(os) => Ok(Self::new(os, HOST, "")),
            [one] => {
                let found = Self::new("linux", one, "");
                if ARCHITECTURES.contains(&found.architecture.as_str()) {
                    Ok(found)
                } else {
                    Err(format!("\"{text}\": unknown operating system or architecture: invalid argument"))
                }
            }
            [os, architecture] => Ok(Self::new(os, architecture, "")),
            [os, architecture, variant] => Ok(Self::new(os, architecture, variant)),
            _ => Err(format!("\"{text}\": cannot parse platform specifier: invalid argument")),
        }
    }

    /// The platform that an image's configuration states.
    pub fn of(config: &Value) -> Self {
        let part = |name: &str| config[name].as_str().unwrap_or_default();
        Self::new(part("os"), part("architecture"), part("variant"))
    }

    /// True when what is for `other` runs where this is wanted; a variant that is not named is any.
    pub fn fits(&self, other: &Self) -> bool {
        self.os == other.os
            && self.architecture == other.architecture
            && (self.variant == other.variant || self.architecture == "amd64")
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

#[cfg(test)]
mod tests;
