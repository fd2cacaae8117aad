//! A small SQL: tables in memory, and the statements that tutorials use.

mod parse;
mod run;

use serde::{Deserialize, Serialize};

/// A value in a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// `NULL`.
    #[default]
    Null,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as it was written, in small letters.
    pub kind: String,
    /// It numbers rows that do not say otherwise.
    pub counts: bool,
    /// What a row has that says nothing.
    pub default: Cell,
    /// No two rows have the same.
    pub unique: bool,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// The last number given out.
    pub last: i64,
}

/// A database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// Its tables.
    pub tables: Vec<Table>,
}

/// What a statement has come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that were changed.
    pub changed: u64,
    /// The last number given to a new row.
    pub last: i64,
    /// What kind of statement it was: `SELECT`, `INSERT`, …
    pub verb: String,
}

/// Why a statement was refused, in one plain kind, so that each server can word it in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlError {
    /// No such table.
    NoTable(String),
    /// No such column.
    NoColumn(String),
    /// The table is there already.
    TableExists(String),
    /// Two rows would have the same value in a column that allows none twice: table and column.
    Duplicate(String, String),
    /// It cannot be understood: what stands where it went wrong.
    Syntax(String),
    /// It is understood but not simulated.
    NotSimulated(String),
}

impl Database {
    /// Carries a statement out; `?`, `%s` and `$1` stand for values.
    ///
    /// # Errors
    /// What a server would refuse.
    pub fn execute(&mut self, statement: &str, values: &[Cell]) -> Result<Answer, SqlError> {
        let statement = parse::parse(statement, values)?;
        run::run(self, statement)
    }

    /// The database as the content of a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(postcard::to_allocvec(self).unwrap_or_default());
        bytes
    }

    /// The database that a file's content is; an empty file is an empty one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        postcard::from_bytes(bytes.strip_prefix(MAGIC)?).ok()
    }
}

/// How a file of SQLite begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

#[cfg(test)]
mod tests;
