//! The filters of lists and of prunes: `--filter KEY=VALUE`.

use super::Context;
use super::parse::Refusal;
use super::units;
use crate::engine::DaemonError;
use crate::shared::Map;

/// True when an object passes all filters: of those with one key one suffices, but every label counts.
pub fn passes(
    filters: &[(String, String)],
    mut hits: impl FnMut(&str, &str) -> Result<bool, Refusal>,
) -> Result<bool, Refusal> {
    let mut by_key: Map<&str, bool> = Default::default();
    for (key, value) in filters {
        let hit = hits(key, value)?;
        let so_far = by_key.get_or_insert_with(key, || key == "label");
        *so_far = if key == "label" { *so_far && hit } else { *so_far || hit };
    }
    Ok(by_key.values().all(|hit| *hit))
}

/// The filters of a command line as keys and values; `known` has the keys that there are, with spaces between.
pub fn filters(c: &Context<'_, '_>, known: &str) -> Result<Vec<(String, String)>, Refusal> {
    let all = c.line.list("filter");
    let pairs = all.iter().filter_map(|f| f.split_once('='));
    let pairs = pairs.map(|(k, v)| (k.trim().to_ascii_lowercase(), v.trim().to_owned()));
    pairs
        .map(|(key, value)| match key.as_str() {
            _ if !known.split(' ').any(|k| k == key) => Err(invalid(&key)),
            "dangling" if !matches!(value.as_str(), "true" | "1" | "false" | "0") => {
                Err(invalid(&format!("dangling=[{value}]")))
            }
            _ => Ok((key, value)),
        })
        .collect()
}

/// The refusal of a filter that is not known.
pub fn invalid(filter: &str) -> Refusal {
    DaemonError::new(400, format!("invalid filter '{filter}'")).into()
}

/// True when there is a label, with a value when one is asked for: `NAME` or `NAME=VALUE`.
pub fn has_label(labels: &Map<String, String>, wanted: &str) -> bool {
    match wanted.split_once('=') {
        Some((name, value)) => labels.get(name).is_some_and(|l| l == value),
        None => labels.contains_key(wanted),
    }
}

/// True when a prune may take an object with these labels, made at this Unix time in microseconds: `label`, `label!` and `until`.
/// Unlike those of lists, every filter counts.
pub fn prunes(
    c: &Context<'_, '_>,
    filters: &[(String, String)],
    labels: &Map<String, String>,
    created: u64,
) -> Result<bool, Refusal> {
    let mut all = true;
    for (key, value) in filters {
        all &= match key.as_str() {
            "label" => has_label(labels, value),
            "label!" => !has_label(labels, value),
            "until" => match units::moment(value, c.sys.now()) {
                Some(until) => created < until,
                None => {
                    let words = format!(
                        "parsing time \"{value}\" as \"2006-01-02T15:04:05\": cannot parse \"{value}\" as \"2006\""
                    );
                    return Err(DaemonError::new(400, words).into());
                }
            },
            _ => return Err(invalid(key)),
        };
    }
    Ok(all)
}
