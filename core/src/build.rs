//! Dockerfiles: read, taken apart into stages, and asked what they copy. Pure: the engine does the building.

pub mod cause;
pub mod check;
pub mod dockerfile;
pub mod form;
pub mod ignore;
pub mod rule;
mod scope;
pub mod select;
pub mod stage;

/// A mistake in a Dockerfile: the lines it is on, counted from one, and BuildKit's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its first line; zero when it is on none.
    pub first: usize,
    /// Its last line.
    pub last: usize,
    /// What is wrong.
    pub message: String,
}

impl Fault {
    /// A mistake that no line can be blamed for.
    pub const fn nowhere(message: String) -> Self {
        Self { first: 0, last: 0, message }
    }

    /// The lines around it as BuildKit shows them, those at fault marked.
    pub fn excerpt(&self, file: &str, text: &str) -> String {
        let lines: Vec<&str> = text.split('\n').collect();
        if self.first == 0 || self.first > lines.len() {
            return String::new();
        }
        let last = self.last.clamp(self.first, lines.len());
        let (mut from, mut to, mut added) = (self.first, last, 0);
        let wanted = if last == self.first { 4 } else { 2 };
        while added < wanted {
            let (above, below) = (from > 1, to < lines.len());
            from -= usize::from(above);
            to += usize::from(below);
            added += usize::from(above) + usize::from(below) + 1;
        }
        let rule = "--------------------\n";
        let mut out = format!("{file}:{}\n{rule}", self.first);
        for n in from..=to {
            let mark = if (self.first..=last).contains(&n) { ">>>" } else { "   " };
            out.push_str(&format!(" {n:>3} | {mark} {}\n", lines[n - 1]));
        }
        out + rule
    }
}

#[cfg(test)]
mod tests;
