//! What a container's first process has printed, as the `json-file` driver keeps it.

use crate::shared::List;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// A log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// The entries, oldest first.
    pub entries: List<LogEntry>,
    /// Text without a newline yet, of standard output and standard error.
    partial: [Vec<u8>; 2],
}

/// One line, or the part of one that was there when its stream ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When it was printed.
    pub time: Time,
    /// On standard error.
    pub error: bool,
    /// The bytes, the newline with them.
    pub bytes: Rc<[u8]>,
}

/// The longest line kept whole (the driver's buffer of 16 KiB).
const LONGEST: usize = 16 * 1024;

impl Log {
    /// Adds what was printed.
    pub fn write(&mut self, time: Time, error: bool, bytes: &[u8]) {
        let partial = &mut self.partial[usize::from(error)];
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") || partial.len() >= LONGEST {
                let bytes: Rc<[u8]> = std::mem::take(partial).into();
                self.entries.push_back(LogEntry { time, error, bytes });
            }
        }
    }
    /// Ends unfinished lines: the process has closed its output.
    pub fn finish(&mut self, time: Time) {
        for error in [false, true] {
            let partial = std::mem::take(&mut self.partial[usize::from(error)]);
            if !partial.is_empty() {
                self.entries.push_back(LogEntry { time, error, bytes: partial.into() });
            }
        }
    }
}
