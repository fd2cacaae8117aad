//! `--help`.

use super::table::{self, Command};

/// What `docker --version` prints.
pub const VERSION: &str = "Docker version 28.2.2, build e6534b4";

const COMMON: [&str; 12] =
    ["run", "exec", "ps", "build", "pull", "push", "images", "login", "logout", "search", "version", "info"];
const MANAGEMENT: [&str; 6] = ["container", "context", "image", "network", "system", "volume"];

/// `docker --help`.
pub fn top() -> String {
    let row = |name: &str| {
        let short = table::heads().find(|h| h[0] == name).map_or("", |h| h[3]);
        format!("  {name:<11} {short}\n")
    };
    let mut text = String::from(
        "Usage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n\nCommon Commands:\n",
    );
    COMMON.iter().for_each(|n| text.push_str(&row(n)));
    text.push_str("\nManagement Commands:\n");
    MANAGEMENT.iter().for_each(|n| text.push_str(&row(n)));
    text.push_str("\nCommands:\n");
    let rest = table::heads()
        .filter(|h| !h[0].contains(' ') && !COMMON.contains(&h[0]) && !MANAGEMENT.contains(&h[0]));
    rest.for_each(|h| text.push_str(&row(h[0])));
    text.push_str("\nRun 'docker COMMAND --help' for more information on a command.\n");
    text
}

/// `docker COMMAND --help`.
pub fn command(command: &Command) -> String {
    let mut text = format!("Usage:  {}\n\n{}\n", command.usage_lines(), command.short);
    if command.rule == "group" {
        text.push_str("\nCommands:\n");
        let prefix = format!("{} ", command.path);
        let below: Vec<[&str; 4]> =
            table::heads().filter(|h| h[0].starts_with(&prefix) && h[0] != "volume update").collect();
        let width = below.iter().map(|h| h[0].len() - prefix.len()).max().unwrap_or(0).max(11);
        for head in below {
            let short = head[3].split(". ").next().unwrap_or_default();
            text.push_str(&format!("  {:<width$} {short}\n", &head[0][prefix.len()..]));
        }
        text.push_str(&format!(
            "\nRun 'docker {} COMMAND --help' for more information on a command.\n",
            command.path
        ));
        return text;
    }
    let shown: Vec<(String, &str)> = command
        .flags
        .iter()
        .filter(|f| f.long != "help" && !f.help.is_empty())
        .map(|f| {
            let short = f.short.map_or("    ".to_owned(), |s| format!("-{s}, "));
            let kind = if f.kind == "bool" { "" } else { f.kind };
            (format!("  {short}--{} {kind}", f.long).trim_end().to_owned(), f.help)
        })
        .collect();
    if !shown.is_empty() {
        text.push_str("\nOptions:\n");
        let width = shown.iter().map(|s| s.0.len()).max().unwrap_or(0) + 3;
        for (flag, help) in shown {
            text.push_str(&format!("{flag:<width$}{help}\n"));
        }
    }
    text
}
