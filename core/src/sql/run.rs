//! Statements carried out.

use super::parse::{Condition, Statement, Term};
use super::{Answer, Cell, Database, SqlError, Table};
use std::cmp::Ordering;

type Done<T> = Result<T, SqlError>;

/// Carries a statement out.
pub fn run(database: &mut Database, statement: Statement) -> Done<Answer> {
    let answer = |verb: &str, changed: u64| Answer { verb: verb.to_owned(), changed, ..Answer::default() };
    match statement {
        Statement::Nothing(verb) => Ok(answer(&verb, 0)),
        Statement::Create(name, columns, optional) => {
            match database.tables.iter().any(|t| t.name == name) {
                true if !optional => return Err(SqlError::TableExists(name)),
                true => {}
                false => database.tables.push(Table { name, columns, ..Table::default() }),
            }
            Ok(answer("CREATE TABLE", 0))
        }
        Statement::Drop(name, optional) => {
            let before = database.tables.len();
            database.tables.retain(|t| t.name != name);
            if database.tables.len() == before && !optional {
                return Err(SqlError::NoTable(name));
            }
            Ok(answer("DROP TABLE", 0))
        }
        Statement::Insert(name, columns, rows, ignore) => {
            let table = table(database, &name)?;
            let mut changed = 0;
            for row in rows {
                match insert(table, &columns, &row) {
                    Ok(()) => changed += 1,
                    Err(SqlError::Duplicate(..)) if ignore => {}
                    Err(error) => return Err(error),
                }
            }
            let last = table.last;
            Ok(Answer { last, ..answer("INSERT", changed) })
        }
        Statement::Select(terms, name, condition, order, limit) => {
            let none = Table { rows: vec![Vec::new()], ..Table::default() };
            let table = match &name {
                Some(name) => &*table(database, name)?,
                None => &none,
            };
            select(table, &terms, condition.as_ref(), &order, limit)
        }
        Statement::Update(name, set, condition) => {
            let table = table(database, &name)?;
            let mut changed = 0;
            for at in 0..table.rows.len() {
                if !holds(table, &table.rows[at], condition.as_ref())? {
                    continue;
                }
                for (column, term) in &set {
                    let value = value(table, &table.rows[at], term)?;
                    let place = column_of(table, column)?;
                    table.rows[at][place] = value;
                }
                changed += 1;
            }
            Ok(answer("UPDATE", changed))
        }
        Statement::Delete(name, condition) => {
            let table = table(database, &name)?;
            let mut kept = Vec::new();
            for row in &table.rows {
                if !holds(table, row, condition.as_ref())? {
                    kept.push(row.clone());
                }
            }
            let changed = (table.rows.len() - kept.len()) as u64;
            table.rows = kept;
            Ok(answer("DELETE", changed))
        }
        Statement::Tables => {
            let rows = database.tables.iter().map(|t| vec![Cell::Text(t.name.clone())]).collect();
            Ok(Answer { columns: vec!["Tables".to_owned()], rows, ..answer("SHOW", 0) })
        }
    }
}

fn table<'a>(database: &'a mut Database, name: &str) -> Done<&'a mut Table> {
    let found = database.tables.iter_mut().find(|t| t.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| SqlError::NoTable(name.to_owned()))
}

fn column_of(table: &Table, name: &str) -> Done<usize> {
    let found = table.columns.iter().position(|c| c.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| SqlError::NoColumn(name.to_owned()))
}

fn insert(table: &mut Table, columns: &[String], terms: &[Term]) -> Done<()> {
    let mut row: Vec<Cell> = table.columns.iter().map(|c| c.default.clone()).collect();
    for (number, term) in terms.iter().enumerate() {
        let place = match columns.get(number) {
            Some(name) => column_of(table, name)?,
            None => number,
        };
        let value = value(table, &[], term)?;
        *row.get_mut(place).ok_or_else(|| SqlError::NoColumn(place.to_string()))? = value;
    }
    let mut last = table.last;
    for (column, cell) in table.columns.iter().zip(&mut row) {
        match cell {
            Cell::Null if column.counts => {
                last += 1;
                *cell = Cell::Number(last as f64);
            }
            Cell::Number(given) if column.counts => last = last.max(*given as i64),
            _ => {}
        }
    }
    for (place, column) in table.columns.iter().enumerate().filter(|c| c.1.unique) {
        if row[place] != Cell::Null && table.rows.iter().any(|r| r[place] == row[place]) {
            return Err(SqlError::Duplicate(table.name.clone(), column.name.clone()));
        }
    }
    table.last = last;
    table.rows.push(row);
    Ok(())
}

fn select(
    table: &Table,
    terms: &[(Term, String)],
    condition: Option<&Condition>,
    order: &[(String, bool)],
    limit: Option<(usize, usize)>,
) -> Done<Answer> {
    let mut found: Vec<&Vec<Cell>> = Vec::new();
    for row in &table.rows {
        if holds(table, row, condition)? {
            found.push(row);
        }
    }
    for (name, descending) in order.iter().rev() {
        let place = column_of(table, name)?;
        crate::shared::sort_by(&mut found, |a, b| {
            let order = compare(&a[place], &b[place]).unwrap_or(Ordering::Equal);
            if *descending { order.reverse() } else { order }
        });
    }
    let mut columns = Vec::new();
    for (term, name) in terms {
        match term {
            Term::Column(star) if star == "*" => columns.extend(table.columns.iter().map(|c| c.name.clone())),
            _ => columns.push(name.clone()),
        }
    }
    let sums = terms.iter().any(|(t, _)| matches!(t, Term::Call(name, _) if is_sum(name)));
    let mut rows = Vec::new();
    if sums {
        let mut row = Vec::new();
        for (term, _) in terms {
            row.push(summed(table, &found, term)?);
        }
        rows.push(row);
    } else {
        for row in found {
            let mut out = Vec::new();
            for (term, _) in terms {
                match term {
                    Term::Column(star) if star == "*" => out.extend(row.iter().cloned()),
                    term => out.push(value(table, row, term)?),
                }
            }
            rows.push(out);
        }
    }
    if let Some((count, offset)) = limit {
        rows = rows.into_iter().skip(offset).take(count).collect();
    }
    let changed = rows.len() as u64;
    Ok(Answer { columns, rows, changed, verb: "SELECT".to_owned(), ..Answer::default() })
}

fn is_sum(name: &str) -> bool {
    matches!(name, "count" | "sum" | "max" | "min" | "avg")
}

fn summed(table: &Table, rows: &[&Vec<Cell>], term: &Term) -> Done<Cell> {
    let Term::Call(name, argument) = term else {
        return rows.first().map_or(Ok(Cell::Null), |row| value(table, row, term));
    };
    let Some(argument) = argument else { return Ok(Cell::Number(rows.len() as f64)) };
    let mut cells = Vec::new();
    for row in rows {
        cells.push(value(table, row, argument)?);
    }
    cells.retain(|c| *c != Cell::Null);
    let total: f64 = cells.iter().map(as_number).sum();
    Ok(match name.as_str() {
        "count" => Cell::Number(cells.len() as f64),
        "sum" => Cell::Number(total),
        "avg" if cells.is_empty() => Cell::Null,
        "avg" => Cell::Number(total / cells.len() as f64),
        _ => {
            let wanted = if name == "max" { Ordering::Greater } else { Ordering::Less };
            cells
                .into_iter()
                .reduce(|a, b| if compare(&b, &a) == Some(wanted) { b } else { a })
                .unwrap_or_default()
        }
    })
}

fn as_number(cell: &Cell) -> f64 {
    match cell {
        Cell::Null => 0.0,
        Cell::Number(number) => *number,
        Cell::Text(text) => crate::decimal::decimal(text).unwrap_or(0.0),
    }
}

fn compare(a: &Cell, b: &Cell) -> Option<Ordering> {
    match (a, b) {
        (Cell::Null, _) | (_, Cell::Null) => None,
        (Cell::Text(a), Cell::Text(b)) => Some(a.cmp(b)),
        _ => as_number(a).partial_cmp(&as_number(b)),
    }
}

fn value(table: &Table, row: &[Cell], term: &Term) -> Done<Cell> {
    Ok(match term {
        Term::Cell(cell) => cell.clone(),
        Term::Column(name) => {
            let place = column_of(table, name)?;
            row.get(place).cloned().unwrap_or_default()
        }
        Term::Sum(left, sign, right) => {
            let (a, b) = (as_number(&value(table, row, left)?), as_number(&value(table, row, right)?));
            Cell::Number(match sign {
                '+' => a + b,
                '-' => a - b,
                '*' => a * b,
                _ if b == 0.0 => return Ok(Cell::Null),
                _ => a / b,
            })
        }
        Term::Call(name, argument) => {
            let given = argument.as_deref().map(|a| value(table, row, a)).transpose()?;
            match (name.as_str(), given) {
                ("version", _) => Cell::Text(VERSION.to_owned()),
                ("upper", Some(Cell::Text(text))) => Cell::Text(text.to_uppercase()),
                ("lower", Some(Cell::Text(text))) => Cell::Text(text.to_lowercase()),
                ("length", Some(Cell::Text(text))) => Cell::Number(text.chars().count() as f64),
                _ => return Err(SqlError::NotSimulated(format!("the function {name}"))),
            }
        }
    })
}

/// What `VERSION()` says unless the server says otherwise.
const VERSION: &str = "8.0.44";

fn holds(table: &Table, row: &[Cell], condition: Option<&Condition>) -> Done<bool> {
    let Some(condition) = condition else { return Ok(true) };
    Ok(match condition {
        Condition::And(a, b) => holds(table, row, Some(a))? && holds(table, row, Some(b))?,
        Condition::Or(a, b) => holds(table, row, Some(a))? || holds(table, row, Some(b))?,
        Condition::Not(inner) => !holds(table, row, Some(inner))?,
        Condition::In(term, all) => {
            let own = value(table, row, term)?;
            let mut found = false;
            for other in all {
                found |= compare(&own, &value(table, row, other)?) == Some(Ordering::Equal);
            }
            found
        }
        Condition::Compare(left, operator, right) => {
            let (a, b) = (value(table, row, left)?, value(table, row, right)?);
            let order = compare(&a, &b);
            match operator.as_str() {
                "is" => a == b,
                "like" => {
                    matches!((&a, &b), (Cell::Text(a), Cell::Text(b)) if like(&a.to_lowercase(), &b.to_lowercase()))
                }
                "=" => order == Some(Ordering::Equal),
                "!=" | "<>" => order.is_some_and(|o| o != Ordering::Equal),
                "<" => order == Some(Ordering::Less),
                ">" => order == Some(Ordering::Greater),
                "<=" => order.is_some_and(|o| o != Ordering::Greater),
                _ => order.is_some_and(|o| o != Ordering::Less),
            }
        }
    })
}

/// `%` stands for any letters, `_` for one.
fn like(text: &str, pattern: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return text.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '%' => text.char_indices().map(|c| c.0).chain([text.len()]).any(|at| like(&text[at..], rest)),
        '_' => text.chars().next().is_some_and(|c| like(&text[c.len_utf8()..], rest)),
        _ => text.strip_prefix(first).is_some_and(|left| like(left, rest)),
    }
}
