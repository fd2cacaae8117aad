//! An awk program read: words, and rules of patterns and actions (POSIX utilities, "awk, Grammar").

use super::words::{Token, tokens};

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    Number(f64),
    Text(String),
    Regex(String),
    Field(Box<Expr>),
    Name(String),
    Index(String, Vec<Expr>),
    /// What is assigned to, the operator before `=`, and the value.
    Assign(Box<Expr>, String, Box<Expr>),
    /// `++` and `--`: before or after, by how much.
    Step(Box<Expr>, bool, f64),
    Unary(String, Box<Expr>),
    Binary(String, Box<Expr>, Box<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    /// Several in parentheses: an index, or what `print` prints.
    Group(Vec<Expr>),
    /// `getline`: where to, and from which file.
    Getline(Option<Box<Expr>>, Option<Box<Expr>>),
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Statement {
    Expr(Expr),
    /// `print` or `printf`: what, and the file with `>` or `>>`.
    Print(bool, Vec<Expr>, Option<(bool, Expr)>),
    If(Expr, Box<Statement>, Box<Statement>),
    /// The condition, what is done after each round, the body; true when the body comes first.
    While(Expr, Box<Statement>, Box<Statement>, bool),
    Each(String, String, Box<Statement>),
    Block(Vec<Statement>),
    Delete(String, Vec<Expr>),
    Next,
    Break,
    Continue,
    Exit(Option<Expr>),
    Return(Option<Expr>),
}

/// When a rule's action is done.
#[derive(Clone, Debug)]
pub enum Pattern {
    Begin,
    End,
    Always,
    When(Expr),
    Range(Expr, Expr),
}

/// A function: its parameters and its body.
pub type Function = (Vec<String>, Statement);

/// A whole program.
#[derive(Debug, Default)]
pub struct Program {
    /// It asks for the next record by `getline`.
    pub reads: bool,
    pub rules: Vec<(Pattern, Statement)>,
    pub functions: Vec<(String, Function)>,
}

/// How deep expressions and statements may be in one another.
pub(super) const DEEPEST: usize = 40;

pub(super) struct Parser {
    pub tokens: Vec<(Token, usize)>,
    pub at: usize,
    pub depth: usize,
    /// `>` is a redirection.
    pub printing: bool,
    /// A `getline` without a file was met.
    pub reads: bool,
}

pub(super) type Parsed<T> = Result<T, String>;

/// Reads a program.
///
/// # Errors
/// What is wrong with it, with its line.
pub fn program(text: &str) -> Parsed<Program> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, printing: false, reads: false };
    let mut program = Program::default();
    loop {
        parser.skip(&["\n", ";"]);
        if *parser.peek() == Token::End {
            program.reads = parser.reads;
            return Ok(program);
        }
        if parser.word("function") || parser.word("func") {
            let (Token::Name(name) | Token::Function(name)) = parser.take() else { return parser.wrong() };
            parser.expect("(")?;
            let mut parameters = Vec::new();
            while let Token::Name(parameter) = parser.peek().clone() {
                parser.at += 1;
                parameters.push(parameter);
                parser.sign(",");
                parser.skip(&["\n"]);
            }
            parser.expect(")")?;
            parser.skip(&["\n"]);
            let body = parser.block()?;
            program.functions.push((name, (parameters, body)));
            continue;
        }
        let pattern = if parser.word("BEGIN") {
            Pattern::Begin
        } else if parser.word("END") {
            Pattern::End
        } else if *parser.peek() == Token::Sign("{") {
            Pattern::Always
        } else {
            let first = parser.expression(0)?;
            if parser.sign(",") {
                parser.skip(&["\n"]);
                Pattern::Range(first, parser.expression(0)?)
            } else {
                Pattern::When(first)
            }
        };
        let action = match parser.peek() {
            Token::Sign("{") => parser.block()?,
            _ if matches!(pattern, Pattern::Begin | Pattern::End) => return parser.wrong(),
            _ => Statement::Print(false, Vec::new(), None),
        };
        program.rules.push((pattern, action));
    }
}

impl Parser {
    pub fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }
    pub fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }
    pub fn sign(&mut self, sign: &str) -> bool {
        let here = matches!(self.peek(), Token::Sign(s) if *s == sign);
        self.at += usize::from(here);
        here
    }
    pub fn word(&mut self, word: &str) -> bool {
        let here = matches!(self.peek(), Token::Name(name) if name == word);
        self.at += usize::from(here);
        here
    }
    pub fn skip(&mut self, signs: &[&str]) {
        while matches!(self.peek(), Token::Sign(s) if signs.contains(s)) {
            self.at += 1;
        }
    }
    pub fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.sign(sign) { Ok(()) } else { self.wrong() }
    }
    pub fn wrong<T>(&self) -> Parsed<T> {
        let (token, line) = &self.tokens[self.at.min(self.tokens.len() - 1)];
        let near = match token {
            Token::Sign("\n") | Token::End => "end of line".to_owned(),
            Token::Sign(sign) => (*sign).to_owned(),
            Token::Name(text) | Token::Function(text) | Token::Text(text) | Token::Regex(text) => {
                text.clone()
            }
            Token::Number(number) => super::value::shown(*number),
        };
        Err(format!("line {line}: syntax error at or near {near}"))
    }

    fn block(&mut self) -> Parsed<Statement> {
        self.expect("{")?;
        let mut all = Vec::new();
        loop {
            self.skip(&["\n", ";"]);
            if self.sign("}") {
                return Ok(Statement::Block(all));
            }
            if *self.peek() == Token::End {
                return Err(format!(
                    "line {}: missing }} near end of file",
                    self.tokens[self.tokens.len() - 1].1
                ));
            }
            all.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.wrong();
        }
        let statement = self.any_statement();
        self.depth -= 1;
        statement
    }

    /// A statement that stands where a line may have ended.
    fn body(&mut self) -> Parsed<Box<Statement>> {
        self.skip(&["\n"]);
        if self.sign(";") {
            return Ok(Box::new(Statement::Block(Vec::new())));
        }
        self.statement().map(Box::new)
    }

    fn condition(&mut self) -> Parsed<Expr> {
        self.expect("(")?;
        let condition = self.expression(0)?;
        self.expect(")")?;
        Ok(condition)
    }

    fn any_statement(&mut self) -> Parsed<Statement> {
        if *self.peek() == Token::Sign("{") {
            return self.block();
        }
        if self.word("if") {
            let condition = self.condition()?;
            let then = self.body()?;
            let before = self.at;
            self.skip(&["\n", ";"]);
            let otherwise = if self.word("else") {
                self.body()?
            } else {
                self.at = before;
                Box::new(Statement::Block(Vec::new()))
            };
            return Ok(Statement::If(condition, then, otherwise));
        }
        let nothing = || Box::new(Statement::Block(Vec::new()));
        if self.word("while") {
            let condition = self.condition()?;
            return Ok(Statement::While(condition, nothing(), self.body()?, false));
        }
        if self.word("do") {
            let body = self.body()?;
            self.skip(&["\n", ";"]);
            if !self.word("while") {
                return self.wrong();
            }
            return Ok(Statement::While(self.condition()?, nothing(), body, true));
        }
        if self.word("for") {
            return self.repeated();
        }
        let statement = self.simple()?;
        match self.peek() {
            Token::Sign("}") | Token::End => {}
            Token::Sign("\n" | ";") => self.at += 1,
            _ => return self.wrong(),
        }
        Ok(statement)
    }

    fn repeated(&mut self) -> Parsed<Statement> {
        self.expect("(")?;
        if let [
            (Token::Name(key), _),
            (Token::Name(word), _),
            (Token::Name(array), _),
            (Token::Sign(")"), _),
            ..,
        ] = &self.tokens[self.at.min(self.tokens.len())..]
        {
            if word == "in" {
                let (key, array) = (key.clone(), array.clone());
                self.at += 4;
                return Ok(Statement::Each(key, array, self.body()?));
            }
        }
        let first = if self.sign(";") {
            Statement::Block(Vec::new())
        } else {
            let first = self.simple()?;
            self.expect(";")?;
            first
        };
        self.skip(&["\n"]);
        let condition =
            if *self.peek() == Token::Sign(";") { Expr::Number(1.0) } else { self.expression(0)? };
        self.expect(";")?;
        self.skip(&["\n"]);
        let after =
            if *self.peek() == Token::Sign(")") { Statement::Block(Vec::new()) } else { self.simple()? };
        self.expect(")")?;
        let body = self.body()?;
        Ok(Statement::Block(vec![first, Statement::While(condition, Box::new(after), body, false)]))
    }

    pub fn ends(&self) -> bool {
        matches!(self.peek(), Token::Sign("\n" | ";" | "}" | ">" | ">>" | "|") | Token::End)
    }

    fn simple(&mut self) -> Parsed<Statement> {
        let plain =
            [("next", Statement::Next), ("break", Statement::Break), ("continue", Statement::Continue)];
        for (word, statement) in plain {
            if self.word(word) {
                return Ok(statement);
            }
        }
        for leaving in ["exit", "return"] {
            if self.word(leaving) {
                let value = if self.ends() { None } else { Some(self.expression(0)?) };
                return Ok(if leaving == "exit" { Statement::Exit(value) } else { Statement::Return(value) });
            }
        }
        if self.word("delete") {
            let Token::Name(array) = self.take() else { return self.wrong() };
            let index = if self.sign("[") { self.list("]")? } else { Vec::new() };
            return Ok(Statement::Delete(array, index));
        }
        for format in [false, true] {
            if self.word(if format { "printf" } else { "print" }) {
                return self.printed(format);
            }
        }
        self.expression(0).map(Statement::Expr)
    }

    fn printed(&mut self, format: bool) -> Parsed<Statement> {
        self.printing = true;
        let mut items = Vec::new();
        while !self.ends() {
            items.push(self.expression(0)?);
            if !self.sign(",") {
                break;
            }
            self.skip(&["\n"]);
        }
        self.printing = false;
        if let [Expr::Group(inner)] = items.as_mut_slice() {
            items = std::mem::take(inner);
        }
        let append = *self.peek() == Token::Sign(">>");
        if self.sign(">") || self.sign(">>") {
            let target = self.expression(13)?;
            return Ok(Statement::Print(format, items, Some((append, target))));
        }
        if *self.peek() == Token::Sign("|") {
            return Err(PIPES.to_owned());
        }
        Ok(Statement::Print(format, items, None))
    }
}

/// What is said of pipes.
pub(super) const PIPES: &str = "pipes to and from commands are not simulated; pipe the output of awk itself";
