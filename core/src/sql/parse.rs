//! Statements as they are written.

mod terms;

use super::{Cell, Column, SqlError};

/// A value that is reckoned for a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// A value.
    Cell(Cell),
    /// A column.
    Column(String),
    /// A function such as `count`, with its argument.
    Call(String, Option<Box<Term>>),
    /// Two terms with a sign between them.
    Sum(Box<Term>, char, Box<Term>),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Two terms compared: `=`, `<`, `like`, `is`, …
    Compare(Term, String, Term),
    /// A term is one of these.
    In(Term, Vec<Term>),
    /// Not.
    Not(Box<Condition>),
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// One of both.
    Or(Box<Condition>, Box<Condition>),
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// Nothing to do: `COMMIT`, `SET`, an empty one.
    Nothing(String),
    /// Tables to be made, unless they are there.
    Create(String, Vec<Column>, bool),
    /// A table to be dropped, if it is there.
    Drop(String, bool),
    /// Rows: table, columns, rows of terms; those that are there already are passed over.
    Insert(String, Vec<String>, Vec<Vec<Term>>, bool),
    /// Terms with their names, table, condition, order (descending with `true`), limit and offset.
    Select(
        Vec<(Term, String)>,
        Option<String>,
        Option<Condition>,
        Vec<(String, bool)>,
        Option<(usize, usize)>,
    ),
    /// Columns with their new values.
    Update(String, Vec<(String, Term)>, Option<Condition>),
    /// Rows go.
    Delete(String, Option<Condition>),
    /// `SHOW TABLES`.
    Tables,
}

struct Parser<'a> {
    words: Vec<String>,
    at: usize,
    values: &'a [Cell],
    given: usize,
}

type Parsed<T> = Result<T, SqlError>;

fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        if matches!(c, '\'' | '"' | '`') {
            let mut word = String::from(if c == '\'' { '\'' } else { '`' });
            while let Some((_, next)) = rest.next() {
                if next == c {
                    if c == '\'' && rest.peek().is_some_and(|p| p.1 == c) {
                        rest.next();
                    } else {
                        break;
                    }
                }
                word.push(next);
            }
            all.push(word);
            continue;
        }
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let mut end = start + c.len_utf8();
        let two = text.get(start..start + 2).unwrap_or_default();
        if part(c) || c == '$' || c == '%' && two == "%s" || c == '@' {
            while let Some((at, next)) = rest.peek().copied().filter(|p| part(p.1) || p.1 == '@') {
                end = at + next.len_utf8();
                rest.next();
            }
        } else if matches!(two, "<=" | ">=" | "!=" | "<>" | "||") {
            rest.next();
            end = start + 2;
        }
        all.push(text[start..end].to_owned());
    }
    all
}

/// Reads a statement.
pub fn parse(text: &str, values: &[Cell]) -> Parsed<Statement> {
    let mut p = Parser { words: words(text), at: 0, values, given: 0 };
    let statement = p.statement()?;
    p.eat(";");
    if p.at < p.words.len() { Err(p.wrong()) } else { Ok(statement) }
}

impl Parser<'_> {
    fn peek(&self) -> &str {
        self.words.get(self.at).map_or("", String::as_str)
    }
    fn is(&self, word: &str) -> bool {
        self.peek().eq_ignore_ascii_case(word)
    }
    fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }
    fn wrong(&self) -> SqlError {
        SqlError::Syntax(self.words.get(self.at..).unwrap_or_default().join(" ").replace(['\'', '`'], ""))
    }
    fn must(&mut self, word: &str) -> Parsed<()> {
        if self.eat(word) { Ok(()) } else { Err(self.wrong()) }
    }
    fn name(&mut self) -> Parsed<String> {
        let word = self.peek().to_owned();
        let plain = word.strip_prefix('`').unwrap_or(&word);
        if plain.is_empty() || !plain.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(plain.rsplit('.').next().unwrap_or(plain).to_owned())
    }
    /// Names or terms in parentheses.
    fn listed<T>(&mut self, mut one: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.must("(")?;
        let mut all = Vec::new();
        loop {
            all.push(one(self)?);
            if !self.eat(",") {
                break;
            }
        }
        self.must(")")?;
        Ok(all)
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let verb = self.peek().to_ascii_uppercase();
        self.at += 1;
        match verb.as_str() {
            "" | ";" => Ok(Statement::Nothing(String::new())),
            "BEGIN" | "COMMIT" | "ROLLBACK" | "SET" | "USE" | "START" | "PRAGMA" | "FLUSH" | "GRANT" => {
                self.at = self.words.len();
                Ok(Statement::Nothing(verb))
            }
            "CREATE" if self.eat("DATABASE") || self.eat("EXTENSION") || self.eat("USER") => {
                self.at = self.words.len();
                Ok(Statement::Nothing(verb))
            }
            "CREATE" => self.create(),
            "DROP" => {
                self.must("TABLE")?;
                let optional = self.eat("IF");
                if optional {
                    self.must("EXISTS")?;
                }
                Ok(Statement::Drop(self.name()?, optional))
            }
            "INSERT" => self.insert(),
            "SELECT" => self.select(),
            "UPDATE" => {
                let table = self.name()?;
                self.must("SET")?;
                let mut set = Vec::new();
                loop {
                    let name = self.name()?;
                    self.must("=")?;
                    set.push((name, self.term()?));
                    if !self.eat(",") {
                        break;
                    }
                }
                Ok(Statement::Update(table, set, self.condition_after_where()?))
            }
            "DELETE" => {
                self.must("FROM")?;
                let table = self.name()?;
                Ok(Statement::Delete(table, self.condition_after_where()?))
            }
            "SHOW" => {
                self.must("TABLES")?;
                Ok(Statement::Tables)
            }
            _ => {
                self.at -= 1;
                Err(self.wrong())
            }
        }
    }

    fn create(&mut self) -> Parsed<Statement> {
        self.must("TABLE")?;
        let optional = self.eat("IF");
        if optional {
            self.must("NOT")?;
            self.must("EXISTS")?;
        }
        let table = self.name()?;
        let mut keys: Vec<String> = Vec::new();
        let columns = self.listed(|p| {
            if p.is("PRIMARY") || p.is("UNIQUE") {
                p.at += 1;
                p.eat("KEY");
                keys.extend(p.listed(Self::name)?);
                return Ok(None);
            }
            p.column().map(Some)
        })?;
        let mut columns: Vec<Column> = columns.into_iter().flatten().collect();
        columns.iter_mut().filter(|c| keys.contains(&c.name)).for_each(|c| c.unique = true);
        // What stands after the columns is about how a server keeps them.
        self.at = self.words.len();
        Ok(Statement::Create(table, columns, optional))
    }

    fn column(&mut self) -> Parsed<Column> {
        let mut column = Column { name: self.name()?, ..Column::default() };
        let mut depth = 0;
        while depth > 0 || !(self.is(",") || self.is(")")) {
            let word = self.peek().to_ascii_lowercase();
            if word.is_empty() {
                return Err(self.wrong());
            }
            self.at += 1;
            match word.as_str() {
                "(" => depth += 1,
                ")" => depth -= 1,
                "auto_increment" | "autoincrement" | "serial" | "bigserial" => column.counts = true,
                "primary" | "unique" => {
                    column.unique = true;
                    // SQLite numbers an `INTEGER PRIMARY KEY` by itself.
                    column.counts |= word == "primary" && column.kind == "integer";
                }
                "default" => {
                    let Term::Cell(cell) = self.factor()? else { continue };
                    column.default = cell;
                }
                _ => {}
            }
            if column.kind.is_empty() {
                column.kind = word;
            }
        }
        Ok(column)
    }

    fn insert(&mut self) -> Parsed<Statement> {
        let mut ignore = self.eat("IGNORE");
        if self.eat("OR") {
            ignore = self.eat("IGNORE");
        }
        self.must("INTO")?;
        let table = self.name()?;
        let columns = if self.is("(") { self.listed(Self::name)? } else { Vec::new() };
        self.must("VALUES")?;
        let mut rows = Vec::new();
        loop {
            rows.push(self.listed(Self::term)?);
            if !self.eat(",") {
                break;
            }
        }
        if self.eat("RETURNING") || self.is("ON") {
            return Err(SqlError::NotSimulated("ON CONFLICT and RETURNING".to_owned()));
        }
        Ok(Statement::Insert(table, columns, rows, ignore))
    }

    fn select(&mut self) -> Parsed<Statement> {
        let mut terms = Vec::new();
        loop {
            let start = self.at;
            let term = if self.eat("*") { Term::Column("*".to_owned()) } else { self.term()? };
            let mut name = self.words[start..self.at].concat().replace(['\'', '`'], "");
            if self.eat("AS")
                || !self.peek().is_empty()
                    && !["FROM", ",", "WHERE", "ORDER", "LIMIT", ";"].iter().any(|w| self.is(w))
            {
                name = self.name()?;
            }
            terms.push((term, name));
            if !self.eat(",") {
                break;
            }
        }
        let table = if self.eat("FROM") { Some(self.name()?) } else { None };
        let condition = self.condition_after_where()?;
        if self.is("GROUP") || self.is("JOIN") || self.is("LEFT") || self.is("INNER") {
            return Err(SqlError::NotSimulated(format!("{} in a SELECT", self.peek().to_uppercase())));
        }
        let mut order = Vec::new();
        if self.eat("ORDER") {
            self.must("BY")?;
            loop {
                let name = self.name()?;
                let descending = self.eat("DESC");
                self.eat("ASC");
                order.push((name, descending));
                if !self.eat(",") {
                    break;
                }
            }
        }
        let mut limit = None;
        if self.eat("LIMIT") {
            let count = self.count()?;
            let offset = if self.eat("OFFSET") { self.count()? } else { 0 };
            limit = Some((count, offset));
        }
        Ok(Statement::Select(terms, table, condition, order, limit))
    }
}
