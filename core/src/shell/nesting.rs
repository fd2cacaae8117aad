//! How deep a command nests, seen before it is parsed: the parser goes down a level for each, and tries some levels twice.

/// The deepest that parentheses and `case` may nest, each of which the parser tries twice.
const TWICE: usize = 16;
/// The deepest that anything may nest.
const DEEPEST: usize = 64;

/// Words that open a level where a command may begin, words that close one, and words behind which one may begin.
const OPEN: [&str; 6] = ["if", "while", "until", "for", "case", "select"];
const CLOSE: [&str; 3] = ["fi", "done", "esac"];
const BEFORE: [&str; 8] = ["then", "do", "else", "elif", "if", "while", "until", "!"];

/// A text on its way, and the levels that are open.
struct Scan<'t> {
    rest: &'t str,
    parentheses: usize,
    /// Open `case`.
    cases: usize,
    /// The others.
    once: usize,
    /// In double quotes.
    quoted: bool,
    /// A command may begin here.
    begins: bool,
    /// The words that end here-documents which begin on the next line.
    ends: Vec<&'t str>,
}

/// Whether a command nests too deep to be read.
pub fn too_deep(text: &str) -> bool {
    let mut scan =
        Scan { rest: text, parentheses: 0, cases: 0, once: 0, quoted: false, begins: true, ends: Vec::new() };
    while scan.step() {
        let twice = scan.parentheses + scan.cases;
        if twice > TWICE || twice + scan.once > DEEPEST {
            return true;
        }
    }
    false
}

impl<'t> Scan<'t> {
    /// Takes one character or word; whether there was one.
    fn step(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else { return false };
        let opener = self.rest.starts_with("$(") || self.rest.starts_with("${");
        if opener || (!self.quoted && matches!(c, '(' | '{')) {
            let c = if opener { self.take(2) } else { self.take(1) };
            *self.level(c.ends_with('(')) += 1;
            self.begins = c.ends_with('(') || c == "{";
            return true;
        }
        match c {
            '\\' => {
                self.take(1);
                let next = self.rest.chars().next().map_or(0, char::len_utf8);
                self.take(next);
            }
            '"' => {
                self.take(1);
                self.quoted = !self.quoted;
                self.begins = false;
            }
            ')' | '}' => {
                self.take(1);
                let level = self.level(c == ')');
                *level = level.saturating_sub(1);
                self.begins = c == ')';
            }
            _ if self.quoted => {
                self.take(c.len_utf8());
            }
            '\'' => {
                let end = self.rest[1..].find('\'').map_or(self.rest.len(), |at| at + 2);
                self.take(end);
                self.begins = false;
            }
            '\n' => {
                self.take(1);
                self.documents();
                self.begins = true;
            }
            '<' if self.rest.starts_with("<<") && !self.rest.starts_with("<<<") => self.document(),
            _ => self.word(c),
        }
        true
    }

    fn level(&mut self, parenthesis: bool) -> &mut usize {
        if parenthesis { &mut self.parentheses } else { &mut self.once }
    }

    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// A word, a comment, blanks, or a sign between commands.
    fn word(&mut self, c: char) {
        let plain = |c: char| !c.is_whitespace() && !"\\\"'(){}$;&|<".contains(c);
        if c == '#' {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.take(end);
        } else if !plain(c) {
            self.take(c.len_utf8());
            self.begins = matches!(c, ';' | '&' | '|') || (self.begins && c.is_whitespace());
        } else {
            let end = self.rest.find(|c| !plain(c)).unwrap_or(self.rest.len());
            let word = self.take(end);
            let level = if matches!(word, "case" | "esac") { &mut self.cases } else { &mut self.once };
            if self.begins && OPEN.contains(&word) {
                *level += 1;
            } else if self.begins && CLOSE.contains(&word) {
                *level = level.saturating_sub(1);
            }
            self.begins &= BEFORE.contains(&word);
        }
    }

    /// `<<EOF`.
    fn document(&mut self) {
        self.take(2);
        self.rest = self.rest.trim_start_matches('-').trim_start_matches([' ', '\t']);
        let end = self.rest.find([' ', '\t', '\n', ';', '&', '|', ')']).unwrap_or(self.rest.len());
        let word = self.take(end);
        self.ends.push(word.trim_matches(['\'', '"', '\\']));
    }

    /// Goes over the here-documents that begin on this line.
    fn documents(&mut self) {
        for end in std::mem::take(&mut self.ends) {
            while let Some((line, rest)) = self.rest.split_once('\n') {
                self.rest = rest;
                if line.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
