//! Where a reader is in a source: the words before it, and the nodes made so far.

use super::lexer::{Token, Word, split};
use super::node::{Id, Kind, Literal, Tree};
use std::rc::Rc;

/// A reader at work.
pub struct Cursor<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    /// The word that comes next.
    pub at: usize,
    /// The nodes made so far.
    pub tree: Tree,
    /// How deep the reader is in the source: nothing is nested without end.
    pub depth: u32,
}

/// The deepest that expressions and statements may be nested.
pub const DEEPEST: u32 = 60;

impl<'a> Cursor<'a> {
    /// At the first word of a source.
    pub fn new(source: &'a str, python: bool) -> Self {
        Self { source, tokens: split(source, python, 1), at: 0, tree: Tree::default(), depth: 0 }
    }
    /// The word that comes so many words later.
    pub fn ahead(&self, count: usize) -> &Word {
        &self.tokens[(self.at + count).min(self.tokens.len() - 1)].word
    }
    /// The next word.
    pub fn word(&self) -> &Word {
        self.ahead(0)
    }
    /// The next word's line.
    pub fn line(&self) -> u32 {
        self.tokens[self.at.min(self.tokens.len() - 1)].line
    }
    /// The next word is the first of its line.
    pub fn is_first(&self) -> bool {
        self.tokens[self.at.min(self.tokens.len() - 1)].first
    }
    /// Nothing is left.
    pub fn is_done(&self) -> bool {
        *self.word() == Word::End
    }
    /// The next word is this sign.
    pub fn is(&self, sign: &str) -> bool {
        matches!(self.word(), Word::Sign(s) if *s == sign)
    }
    /// The next word is this name.
    pub fn is_name(&self, name: &str) -> bool {
        matches!(self.word(), Word::Name(n) if &**n == name)
    }
    /// Takes this sign when it comes next.
    pub fn eat(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }
    /// Takes this name when it comes next.
    pub fn eat_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        self.at += usize::from(found);
        found
    }
    /// Takes this word when it comes next.
    pub fn eat_word(&mut self, word: &Word) -> bool {
        let found = self.word() == word;
        self.at += usize::from(found);
        found
    }
    /// Takes this sign, which must come.
    pub fn must(&mut self, sign: &str) -> Option<()> {
        self.eat(sign).then_some(())
    }
    /// Takes a name, which must come.
    pub fn name(&mut self) -> Option<Rc<str>> {
        let Word::Name(name) = self.word() else { return None };
        let name = name.clone();
        self.at += 1;
        Some(name)
    }
    /// Adds a node.
    pub fn add(&mut self, kind: Kind, children: Vec<Id>, line: u32) -> Id {
        self.tree.add(kind, children, line)
    }
    /// Adds a literal.
    pub fn literal(&mut self, literal: Literal) -> Id {
        let line = self.line();
        self.add(Kind::Literal(literal), Vec::new(), line)
    }
    /// Adds a name.
    pub fn named(&mut self, name: &str, line: u32) -> Id {
        self.add(Kind::Name(name.into()), Vec::new(), line)
    }
    /// What was written between two words, on one line and not too long.
    pub fn written(&self, from: usize, to: usize) -> Rc<str> {
        let start = self.tokens[from.min(self.tokens.len() - 1)].at;
        let end = self.tokens[to.min(self.tokens.len() - 1)].at;
        let text = self.source.get(start..end.max(start)).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default().trim();
        line.chars().take(60).collect::<String>().as_str().into()
    }
    /// Passes over a bracket and all that is in it.
    pub fn skip_bracket(&mut self) {
        let mut depth = 0;
        while !self.is_done() {
            match self.word() {
                Word::Sign("(" | "[" | "{") => depth += 1,
                Word::Sign(")" | "]" | "}") => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth <= 0 {
                return;
            }
        }
    }
    /// Reads code that stands inside a text, with the nodes of this tree.
    pub fn inside<T>(
        &mut self,
        code: &str,
        python: bool,
        line: u32,
        read: impl FnOnce(&mut Cursor<'_>) -> T,
    ) -> T {
        let tree = std::mem::take(&mut self.tree);
        let tokens = split(code.trim(), python, line);
        let mut inner = Cursor { source: code.trim(), tokens, at: 0, tree, depth: self.depth + 1 };
        let found = read(&mut inner);
        self.tree = inner.tree;
        found
    }
}
