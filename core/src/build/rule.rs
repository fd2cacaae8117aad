//! BuildKit's build checks: their names and descriptions, which of them are on, and what one has found.

use super::Fault;
use serde::{Deserialize, Serialize};

/// One check: its name, its description, and whether it must be asked for. In the order of BuildKit's own list.
pub struct Rule {
    /// Such as `StageNameCasing`.
    pub name: &'static str,
    /// What it wants, in one sentence.
    pub description: &'static str,
    /// It is off unless it is asked for.
    pub experimental: bool,
}

const fn rule(name: &'static str, description: &'static str) -> Rule {
    Rule { name, description, experimental: false }
}

/// Every check.
pub const RULES: [Rule; 22] = [
    rule("StageNameCasing", "Stage names should be lowercase"),
    rule("FromAsCasing", "The 'as' keyword should match the case of the 'from' keyword"),
    rule("NoEmptyContinuation", "Empty continuation lines will become errors in a future release"),
    rule(
        "ConsistentInstructionCasing",
        "All commands within the Dockerfile should use the same casing (either upper or lower)",
    ),
    rule("DuplicateStageName", "Stage names should be unique"),
    rule("ReservedStageName", "Reserved words should not be used as stage names"),
    rule(
        "JSONArgsRecommended",
        "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
    ),
    rule(
        "MaintainerDeprecated",
        "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    ),
    rule("UndefinedArgInFrom", "FROM command must use declared ARGs"),
    rule(
        "WorkdirRelativePath",
        "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes",
    ),
    rule("UndefinedVar", "Variables should be defined before their use"),
    rule(
        "MultipleInstructionsDisallowed",
        "Multiple instructions of the same type should not be used in the same stage",
    ),
    rule("LegacyKeyValueFormat", "Legacy key/value format with whitespace separator should not be used"),
    rule("InvalidBaseImagePlatform", "Base image platform does not match expected target platform"),
    rule(
        "RedundantTargetPlatform",
        "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
    ),
    rule("SecretsUsedInArgOrEnv", "Sensitive data should not be used in the ARG or ENV commands"),
    rule(
        "InvalidDefaultArgInFrom",
        "Default value for global ARG results in an empty or invalid base image name",
    ),
    rule("FromPlatformFlagConstDisallowed", "FROM --platform flag should not use a constant value"),
    rule("CopyIgnoredFile", "Attempting to Copy file that is excluded by .dockerignore"),
    Rule {
        name: "InvalidDefinitionDescription",
        description: "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.",
        experimental: true,
    },
    rule("ExposeProtoCasing", "Protocol in EXPOSE instruction should be lowercase"),
    rule(
        "ExposeInvalidFormat",
        "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release",
    ),
];

impl Rule {
    /// Where it is explained.
    pub fn url(&self) -> String {
        let letters: Vec<char> = self.name.chars().collect();
        let mut words = String::new();
        for (at, letter) in letters.iter().enumerate() {
            let before = at > 0 && letters[at - 1].is_ascii_lowercase();
            let after = at > 0 && letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
            if letter.is_ascii_uppercase() && (before || after) {
                words.push('-');
            }
            words.push(letter.to_ascii_lowercase());
        }
        format!("https://docs.docker.com/go/dockerfile/rule/{words}/")
    }
}

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The check's place in [`RULES`].
    pub rule: usize,
    /// What is wrong.
    pub detail: String,
    /// The first line, from one.
    pub first: usize,
    /// The last line.
    pub last: usize,
}

impl Warning {
    /// The check.
    pub fn rule(&self) -> &'static Rule {
        &RULES[self.rule.min(RULES.len() - 1)]
    }

    /// In one line.
    pub fn short(&self) -> String {
        format!("{}: {} (line {})", self.rule().name, self.detail, self.first)
    }
}

/// Which checks are on: the `# check=` directive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    skip: Vec<String>,
    experimental: Vec<String>,
    /// A build with a warning fails.
    pub error: bool,
}

impl Chosen {
    /// Reads `skip=A,B;experimental=C;error=true`.
    ///
    /// # Errors
    /// BuildKit's words.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut chosen = Self::default();
        let names = |value: &str| value.split(',').map(|n| n.trim().to_owned()).collect();
        for part in text.splitn(3, ';').filter(|_| !text.trim().is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            match key.trim() {
                "skip" if part.contains('=') => chosen.skip = names(value),
                "experimental" if part.contains('=') => chosen.experimental = names(value),
                "error" if part.contains('=') => match value.trim() {
                    "1" | "t" | "T" | "true" | "TRUE" | "True" => chosen.error = true,
                    "0" | "f" | "F" | "false" | "FALSE" | "False" => {}
                    other => {
                        return Err(Fault::nowhere(format!(
                            "failed to parse check options: failed to parse check option {part:?}: strconv.ParseBool: parsing {other:?}: invalid syntax"
                        )));
                    }
                },
                key => {
                    let shown = if part.contains('=') { key } else { part };
                    return Err(Fault::nowhere(format!(
                        "failed to parse check options: invalid check option {shown:?}"
                    )));
                }
            }
        }
        Ok(chosen)
    }

    /// True when a check is on; comments before the instruction may switch it.
    pub fn allows(&self, rule: usize, comments: &[String]) -> bool {
        let own = comments.iter().find_map(|c| c.strip_prefix("check=")).and_then(|c| {
            let value = c.split(' ').next().unwrap_or(c);
            Self::parse(value).ok()
        });
        let has = |pick: fn(&Self) -> &Vec<String>| {
            let name = RULES[rule].name;
            let listed = |list: &Vec<String>| list.iter().any(|n| n == "all" || n == name);
            listed(pick(self)) || own.as_ref().is_some_and(|o| listed(pick(o)))
        };
        if RULES[rule].experimental { has(|c| &c.experimental) } else { !has(|c| &c.skip) }
    }
}
