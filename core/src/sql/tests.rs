//! Statements against a database.

use super::{Cell, Database, SqlError};

fn run(database: &mut Database, statement: &str, values: &[Cell]) -> Vec<Vec<Cell>> {
    database.execute(statement, values).unwrap_or_else(|e| panic!("{statement}: {e:?}")).rows
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn rows_are_put_found_changed_and_removed() {
    let mut db = Database::default();
    run(
        &mut db,
        "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, name varchar(20), n INT DEFAULT 0)",
        &[],
    );
    run(&mut db, "INSERT INTO t (name) VALUES (?), ('b''s')", &[text("a")]);
    assert_eq!(
        run(&mut db, "SELECT id, name FROM t WHERE name LIKE '%s'", &[]),
        [[Cell::Number(2.0), text("b's")]]
    );
    run(&mut db, "UPDATE t SET n = n + 1 WHERE id IN (1, 2) AND NOT name = 'a'", &[]);
    assert_eq!(run(&mut db, "select n from t order by id desc limit 1;", &[]), [[Cell::Number(1.0)]]);
    assert_eq!(
        run(&mut db, "SELECT COUNT(*) AS c, MAX(n) FROM t", &[]),
        [[Cell::Number(2.0), Cell::Number(1.0)]]
    );
    run(&mut db, "DELETE FROM t WHERE id = $1", &[Cell::Number(1.0)]);
    assert_eq!(run(&mut db, "SELECT * FROM t", &[]).len(), 1);
    assert_eq!(Database::from_bytes(&db.to_bytes()), Some(db));
}

#[test]
fn what_cannot_be_done_is_said_and_changes_nothing() {
    let mut db = Database::default();
    run(&mut db, "CREATE TABLE t (id INT PRIMARY KEY)", &[]);
    run(&mut db, "INSERT INTO t VALUES (1)", &[]);
    let before = db.clone();
    let mut refused = |statement: &str| db.execute(statement, &[]).expect_err(statement);
    assert_eq!(refused("SELECT * FROM u"), SqlError::NoTable("u".to_owned()));
    assert_eq!(refused("SELECT x FROM t"), SqlError::NoColumn("x".to_owned()));
    assert_eq!(refused("INSERT INTO t VALUES (1)"), SqlError::Duplicate("t".to_owned(), "id".to_owned()));
    assert!(matches!(refused("SELEC 1"), SqlError::Syntax(_)));
    assert!(matches!(refused("SELECT * FROM t JOIN u"), SqlError::NotSimulated(_) | SqlError::Syntax(_)));
    assert_eq!(db, before);
}
