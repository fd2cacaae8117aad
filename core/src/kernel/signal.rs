//! Signals (`man 7 signal`): numbers, names and default actions.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A signal, by its number on x86-64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signal(pub u8);

/// What a process does with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Disposition {
    /// It is thrown away.
    Ignore,
    /// The program handles it.
    Handle,
}

/// What the kernel does with a signal that nobody handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// The process ends.
    Terminate,
    /// Nothing happens.
    Ignore,
    /// The process stops.
    Stop,
    /// The process goes on.
    Continue,
}

const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

impl Signal {
    /// Hang-up.
    pub const HUP: Self = Self(1);
    /// Ctrl-C.
    pub const INT: Self = Self(2);
    /// Ctrl-\.
    pub const QUIT: Self = Self(3);
    /// The end that no process can refuse.
    pub const KILL: Self = Self(9);
    /// A write to a pipe that nobody reads.
    pub const PIPE: Self = Self(13);
    /// The polite request to end.
    pub const TERM: Self = Self(15);
    /// A child has ended.
    pub const CHLD: Self = Self(17);
    /// Go on.
    pub const CONT: Self = Self(18);
    /// Stop, which no process can refuse.
    pub const STOP: Self = Self(19);

    /// The signal that `text` names: `9`, `KILL`, `SIGKILL` or `kill`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse::<u8>() {
            return (number <= 64).then_some(Self(number));
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        NAMES.iter().position(|n| *n == name).map(|at| Self(at as u8 + 1))
    }

    /// Every named signal, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=31).map(Self)
    }

    /// The name without `SIG`, or the number.
    pub fn name(self) -> String {
        match NAMES.get((self.0 as usize).wrapping_sub(1)) {
            Some(name) => (*name).to_owned(),
            None => self.0.to_string(),
        }
    }

    /// What happens when the process has said nothing.
    pub const fn default_action(self) -> Default {
        match self.0 {
            17 | 23 | 28 => Default::Ignore,
            18 => Default::Continue,
            19..=22 => Default::Stop,
            _ => Default::Terminate,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIG{}", self.name())
    }
}
