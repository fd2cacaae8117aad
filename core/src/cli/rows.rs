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
    let format = match format {
        None | Some("") | Some("table") => default.to_owned(),
        Some("json") => return Ok(rows.iter().map(|r| format!("{r}\n")).collect()),
        Some(text) => text.replace("\\t", "\t").replace("\\n", "\n"),
    };
    let (table, body) = match format.strip_prefix("table ") {
        Some(body) => (true, body.to_owned()),
        None => (false, format),
    };
    let template = Template::parse(&body)
        .map_err(|e| Refusal::error(64, format!("failed to parse template: template: {e}\n")))?;
    let fill = |row: &Value| template.render(row).map_err(|e| Refusal::error(1, format!("template: {e}\n")));
    let mut lines = Vec::new();
    if table {
        let heads: Value = all
            .iter()
            .map(|(field, head)| ((*field).to_owned(), Value::from(*head)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        lines.push(fill(&heads)?);
    }
    for row in rows {
        lines.push(fill(row)?);
    }
    if !table {
        return Ok(lines.iter().map(|l| format!("{l}\n")).collect());
    }
    Ok(align(&lines))
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
