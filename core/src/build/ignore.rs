//! `.dockerignore`: which paths of the context the builder never sees.

use super::select;
use serde::{Deserialize, Serialize};

/// The rules of a `.dockerignore` file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignore {
    /// Patterns in order; those that began with `!` bring paths back.
    rules: Vec<(bool, String)>,
}

impl Ignore {
    /// Reads the file: `#` begins a comment line, `!` an exception.
    pub fn parse(text: &str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines().filter(|l| !l.starts_with('#'));
        let rules = lines.map(str::trim).filter(|l| !l.is_empty() && *l != "!").map(|line| {
            let (back, pattern) = line.strip_prefix('!').map_or((false, line), |p| (true, p.trim()));
            (back, select::clean(pattern))
        });
        Self { rules: rules.filter(|(_, p)| !p.is_empty()).collect() }
    }

    /// True when there are rules and none of them brings paths back.
    pub fn is_plain(&self) -> bool {
        !self.rules.is_empty() && self.rules.iter().all(|r| !r.0)
    }

    /// True when a path of the context, without a slash before it, is left out: by the last rule that fits it or
    /// a directory it is in.
    pub fn hides(&self, path: &str) -> bool {
        let mut hidden = false;
        for (back, pattern) in &self.rules {
            let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
            if parents.chain([path]).any(|part| select::fits(pattern, part)) {
                hidden = !back;
            }
        }
        hidden
    }
}
