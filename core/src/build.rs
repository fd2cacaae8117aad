//! Dockerfiles: read, taken apart into stages, and asked what they copy. Pure: the engine does the building.

pub mod dockerfile;
pub mod ignore;
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

    /// The lines around it as BuildKit shows them: four before and after, the lines at fault marked.
    pub fn excerpt(&self, file: &str, text: &str) -> String {
        if self.first == 0 {
            return String::new();
        }
        let mut out = format!("{file}:{}\n--------------------\n", self.first);
        let lines: Vec<&str> = text.split('\n').collect();
        let from = self.first.saturating_sub(5);
        for (n, line) in lines.iter().enumerate().take(self.last + 4).skip(from) {
            let mark = if (self.first..=self.last).contains(&(n + 1)) { ">>>" } else { "   " };
            out.push_str(&format!("{:>4} | {mark} {line}\n", n + 1));
        }
        out + "--------------------\n"
    }
}

#[cfg(test)]
mod tests;
