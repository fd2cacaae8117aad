//! Tables as the client prints them: columns, or a format for each row.

use super::parse::Refusal;
use super::template::Template;
use serde_json::Value;

/// A column: its field and its heading.
pub type Column = (&'static str, &'static str);

/// Prints rows: by default the columns of `default`, otherwise by a format.
pub fn render(
    format: Option<&str>,
    all: &[Column],
    default: &str,
    rows: &[Value],
) -> Result<String, Refusal> {
    let rows: Vec<Value> = rows.iter().cloned().map(by_name).collect();
    let format = match format {
        None | Some("") | Some("table") => default.to_owned(),
        Some("json") => return Ok(rows.iter().map(|r| format!("{r}\n")).collect()),
        Some(text) => text.replace("\\t", "\t").replace("\\n", "\n"),
    };
    let (table, body) = match format.strip_prefix("table ") {
        Some(body) => (true, body.to_owned()),
        None => (false, format),
    };
    // The column without a name says of which type the rows are, and the list of containers has words of its own.
    let kind = all.iter().find(|(field, _)| field.is_empty()).map_or("", |(_, kind)| *kind);
    let words = |verb: &str, why: String| {
        let what = match kind.ends_with("ContainerContext") {
            true => format!("failed to {verb} template"),
            false => "template parsing error".to_owned(),
        };
        Refusal::error(1, format!("{what}: template: {why}\n"))
    };
    let template = Template::parse(&body).map_err(|e| words("parse", e))?;
    let fill = |row: &Value| {
        template.render(row).map_err(|e| match e.split_once(": map has no entry for key \"") {
            Some((place, name)) => {
                let name = name.trim_end_matches('"');
                words("execute", format!("{place}: can't evaluate field {name} in type *{kind}"))
            }
            None => words("execute", e),
        })
    };
    let mut lines = Vec::new();
    if table {
        let heads: Value = all
            .iter()
            .map(|(field, head)| ((*field).to_owned(), Value::from(*head)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        lines.push(fill(&heads)?);
    }
    for row in &rows {
        lines.push(fill(row)?);
    }
    if !table {
        return Ok(lines.iter().map(|l| format!("{l}\n")).collect());
    }
    Ok(align(&lines))
}

/// A row with its fields in the order of their names, as the client writes them in JSON.
pub fn by_name(row: Value) -> Value {
    let Value::Object(members) = row else { return row };
    let mut all: Vec<(String, Value)> = members.into_iter().collect();
    crate::shared::sort_by(&mut all, |a, b| a.0.cmp(&b.0));
    Value::Object(all.into_iter().collect())
}

/// Lines with their cells, which tabs divide, in columns.
pub fn align(lines: &[String]) -> String {
    let cells: Vec<Vec<&str>> = lines.iter().map(|l| l.split('\t').collect()).collect();
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|n| {
            cells.iter().filter_map(|r| r.get(n)).map(|c| c.chars().count()).max().unwrap_or(0).max(7) + 3
        })
        .collect();
    cells
        .iter()
        .map(|row| {
            let last = row.len() - 1;
            let parts: String = row
                .iter()
                .enumerate()
                .map(|(n, cell)| {
                    if n == last { (*cell).to_owned() } else { format!("{cell:<width$}", width = widths[n]) }
                })
                .collect();
            parts + "\n"
        })
        .collect()
}
