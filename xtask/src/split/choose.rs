//! Which functions and which data are fetched later: what a list names, and what only that refers to.

use super::graph::{Graph, Node};
use std::collections::BTreeSet;
use std::ops::Range;

/// What is fetched later.
#[derive(Debug, Default)]
pub struct Later {
    /// The linker's names of functions.
    pub functions: BTreeSet<String>,
    /// Addresses of data, in order, apart from one another.
    pub data: Vec<Range<u32>>,
}

/// Names a function as people do: `drydock::kernel::Kernel::spawn`, without hashes.
pub fn readable(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// The path by which a list names a function: `<drydock::Tar as Program>::run` is `drydock::Tar as Program>::run`.
fn path(readable: &str) -> &str {
    let mut rest = readable;
    while let Some(inner) = ["<", "&", "mut ", "["].iter().find_map(|p| rest.strip_prefix(p)) {
        rest = inner;
    }
    rest
}

/// Whether a path begins with an entry of the list, at the end of a name. `*` stands for anything.
fn begins(path: &str, entry: &str) -> bool {
    let mut parts = entry.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    entry.ends_with('*') || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// The entries of a list: one a line; `#` begins a remark.
pub fn entries(list: &str) -> Vec<&str> {
    list.lines().map(|l| l.split('#').next().unwrap_or("").trim()).filter(|l| !l.is_empty()).collect()
}

/// Chooses. `kept` are functions that stay in any case, such as what the page's glue calls.
pub fn choose(graph: &Graph, kept: &BTreeSet<String>, list: &str) -> Result<Later, String> {
    let entries = entries(list);
    let mut matched = vec![0; entries.len()];
    let mut cut = vec![false; graph.nodes.len()];
    for (node, cut) in graph.nodes.iter().zip(&mut cut).filter(|(n, _)| !n.name.is_empty()) {
        let name = readable(&node.name);
        for (entry, matched) in entries.iter().zip(&mut matched) {
            if begins(path(&name), entry) {
                *matched += node.size;
                *cut = !kept.contains(&node.name);
            }
        }
    }
    let idle: Vec<&str> = entries.iter().zip(&matched).filter(|(_, m)| **m == 0).map(|(e, _)| *e).collect();
    if !idle.is_empty() {
        return Err(format!("these entries of the list name no function: {}", idle.join(", ")));
    }
    let needed = needed(graph, kept, &cut);
    let functions = graph.nodes.iter().zip(&needed).filter(|(n, needed)| !n.name.is_empty() && !**needed);
    let functions = functions.map(|(node, _)| node.name.clone()).collect();
    Ok(Later { functions, data: data(graph, &needed) })
}

/// What is reached from what stays, without passing a cut.
fn needed(graph: &Graph, kept: &BTreeSet<String>, cut: &[bool]) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes.len()];
    let mut rest: Vec<usize> = graph.unowned.clone();
    let stays = |n: &Node| kept.contains(&n.name) || n.name.is_empty() && n.place.is_empty();
    rest.extend((0..graph.nodes.len()).filter(|n| stays(&graph.nodes[*n])));
    while let Some(node) = rest.pop() {
        if !cut[node] && !needed[node] {
            needed[node] = true;
            rest.extend(&graph.nodes[node].uses);
        }
    }
    needed
}

/// The runs of data that are not needed, padding between included; short ones are not worth a segment of their own.
fn data(graph: &Graph, needed: &[bool]) -> Vec<Range<u32>> {
    const SHORTEST: usize = 24;
    let mut runs: Vec<Range<u32>> = Vec::new();
    let mut open = false;
    for (node, needed) in graph.nodes.iter().zip(needed).filter(|(n, _)| !n.place.is_empty()) {
        match runs.last_mut() {
            Some(last) if open && !needed => last.end = node.place.end,
            _ if !needed => runs.push(node.place.clone()),
            _ => {}
        }
        open = !needed;
    }
    runs.retain(|r| r.len() >= SHORTEST);
    runs
}
