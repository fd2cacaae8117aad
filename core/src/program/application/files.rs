//! Files and databases in files, as an application asks for them.

use crate::application::{Ask, Language};
use crate::engine::syscall::{FileKind, Open, Sys};
use crate::kernel::errno::Errno;
use crate::memory::application::Running;
use crate::sql::{Cell, Database, SqlError};
use serde_json::{Value, json};

type Answer = Result<Value, (String, String)>;

/// Answers what is about files.
pub fn answer(sys: &mut Sys<'_>, running: &mut Running, ask: &Ask) -> Answer {
    let language = running.application.language;
    let refuse = |path: &str, errno: Errno, call: &str| refusal(language, path, errno, call);
    match ask {
        Ask::Read(path) => match sys.read_file(path) {
            Ok(bytes) => Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned())),
            Err(errno) => Err(refuse(path, errno, "open")),
        },
        Ask::Load(path) => match sys.read_file(path) {
            Ok(bytes) => Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned())),
            Err(_) => Err(("ENOENT".to_owned(), path.clone())),
        },
        Ask::Write(path, text, append) => {
            let how = if *append { Open::APPEND } else { Open::WRITE };
            let written = sys.open(path, how).and_then(|fd| {
                let written = sys.write(fd, text.as_bytes());
                sys.close(fd).and(written)
            });
            written.map(|_| Value::Null).map_err(|errno| refuse(path, errno, "open"))
        }
        Ask::Exists(path) => Ok(Value::from(sys.stat(path).is_ok())),
        Ask::List(path) => match sys.read_directory(path) {
            Ok(names) => Ok(names.into_iter().map(|n| Value::from(n.0)).collect()),
            Err(errno) => Err(refuse(path, errno, "scandir")),
        },
        Ask::MakeDirectory(path) => {
            let mut whole = String::new();
            for part in path.split('/').filter(|p| !p.is_empty()) {
                whole = format!("{whole}/{part}");
                match sys.stat(&whole) {
                    Ok(stat) if stat.kind == FileKind::Directory => {}
                    _ => sys.make_directory(&whole, 0o777).map_err(|errno| refuse(&whole, errno, "mkdir"))?,
                }
            }
            Ok(Value::Null)
        }
        Ask::Remove(path) => {
            sys.unlink(path).map(|()| Value::Null).map_err(|errno| refuse(path, errno, "unlink"))
        }
        Ask::Sqlite(path, statement, values) => sqlite(sys, running, path, statement, values),
        _ => Ok(Value::Null),
    }
}

fn refusal(language: Language, path: &str, errno: Errno, call: &str) -> (String, String) {
    match language {
        Language::Python => {
            let kind = match errno {
                Errno::ENOENT => "FileNotFoundError",
                Errno::EACCES => "PermissionError",
                Errno::EEXIST => "FileExistsError",
                _ => "OSError",
            };
            (kind.to_owned(), format!("[Errno {}] {errno}: '{path}'", super::calls::number(errno)))
        }
        Language::JavaScript => {
            let words = errno.text();
            let mut first = words.chars();
            let small: String =
                first.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(first).collect();
            ("Error".to_owned(), format!("{errno:?}: {small}, {call} '{path}'"))
        }
    }
}

fn sqlite(sys: &mut Sys<'_>, running: &mut Running, path: &str, statement: &str, values: &[Cell]) -> Answer {
    let python = running.application.language == Language::Python;
    let fail = |code: &str, words: String| match python {
        true => Err(("sqlite3.OperationalError".to_owned(), words)),
        false => Err(("Error".to_owned(), format!("{code}: {words}"))),
    };
    let memory = path.starts_with(':');
    let bytes = match memory {
        true => running.memory.clone(),
        false => match sys.read_file(path) {
            Ok(bytes) => bytes.to_vec(),
            Err(Errno::ENOENT) if sys.open(path, Open::WRITE).and_then(|fd| sys.close(fd)).is_ok() => {
                Vec::new()
            }
            Err(_) => return fail("SQLITE_CANTOPEN", "unable to open database file".to_owned()),
        },
    };
    let Some(mut database) = Database::from_bytes(&bytes) else {
        return fail("SQLITE_NOTADB", "file is not a database".to_owned());
    };
    let before = database.clone();
    let answer = match database.execute(statement, values) {
        Ok(answer) => answer,
        Err(error) => {
            let words = match error {
                SqlError::NoTable(name) => format!("no such table: {name}"),
                SqlError::NoColumn(name) => format!("no such column: {name}"),
                SqlError::TableExists(name) => format!("table {name} already exists"),
                SqlError::Duplicate(table, column) => format!("UNIQUE constraint failed: {table}.{column}"),
                SqlError::Syntax(near) => {
                    format!("near \"{}\": syntax error", near.split(' ').next().unwrap_or_default())
                }
                SqlError::NotSimulated(what) => format!("drydock does not simulate {what}"),
            };
            return fail("SQLITE_ERROR", words);
        }
    };
    if database != before {
        let bytes = database.to_bytes();
        if memory {
            running.memory = bytes;
        } else if sys.write_file(path, &bytes).is_err() {
            return fail("SQLITE_READONLY", "attempt to write a readonly database".to_owned());
        }
    }
    Ok(rows(&answer))
}

/// An answer of a database as JSON: rows as objects.
pub fn rows(answer: &crate::sql::Answer) -> Value {
    let cell = |cell: &Cell| match cell {
        Cell::Null => Value::Null,
        Cell::Number(number) if number.fract() == 0.0 => Value::from(*number as i64),
        Cell::Number(number) => Value::from(*number),
        Cell::Text(text) => Value::from(text.as_str()),
    };
    let row = |row: &Vec<Cell>| -> Value {
        Value::Object(answer.columns.iter().cloned().zip(row.iter().map(cell)).collect())
    };
    json!({
        "rows": answer.rows.iter().map(row).collect::<Vec<_>>(),
        "changed": answer.changed,
        "last": answer.last,
    })
}
