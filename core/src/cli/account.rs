//! `docker login`, `logout` and `search`: what the client says to registries.

use super::filter::{filters, invalid, passes};
use super::parse::Refusal;
use super::rows::{self, Column};
use super::{Context, Turn};
use crate::base64;
use crate::engine::DaemonError;
use crate::engine::account::{self, HUB};
use crate::engine::transfer::registry_host;
use crate::registry::catalogue::{Catalogue, Listing};
use crate::time::Span;
use serde_json::{Value, json};

/// The registry that is meant: as the client names it, and its host.
fn server(c: &Context<'_, '_>) -> (String, String) {
    match c.line.arguments.first().map(String::as_str) {
        None | Some("" | "docker.io" | "index.docker.io" | HUB) => {
            (HUB.to_owned(), registry_host("docker.io"))
        }
        Some(text) => {
            let host = text.split_once("://").map_or(text, |(_, host)| host);
            let host = host.split('/').next().unwrap_or_default();
            (host.to_owned(), registry_host(host))
        }
    }
}

/// `docker login`: the registry is asked whether the account is good, and the client keeps it in its file.
pub fn login(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let stop = |words: &str| Err(Refusal::error(1, format!("{words}\n")));
    let (shown, host) = server(c);
    let (user, mut password) = (c.line.text("username"), c.line.text("password"));
    if c.line.is_on("password-stdin") {
        if !password.is_empty() {
            return stop("--password and --password-stdin are mutually exclusive");
        }
        if user.is_empty() {
            return stop("Must provide --username with --password-stdin");
        }
        if let Some(wait) = c.read_input() {
            return Ok(Turn::Wait(vec![wait]));
        }
        password = String::from_utf8_lossy(&c.client.input).trim_end().to_owned();
    } else if password.is_empty() {
        if !c.sys.is_terminal(0) {
            return stop("Error: Cannot perform an interactive login from a non TTY device");
        }
        return stop(
            "docker login: no password is asked for here, because all that is typed is shown and kept; no account is real: `docker login -u NAME -p WORD` makes one at Docker Hub when nobody has the name",
        );
    } else {
        c.complain("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n");
    }
    if user.is_empty() || password.is_empty() {
        return stop(if user.is_empty() { "username is required" } else { "password is required" });
    }
    c.sys.spend(Span::millis(240));
    account::check(c.sys.world, &host, &user, &password)?;
    let kept = base64::encode(format!("{user}:{password}").as_bytes());
    let file = account::file(c.sys);
    if let Err(errno) = account::keep(c.sys, &shown, Some(&kept)) {
        return stop(&format!("Error saving credentials: open {file}: {}", errno.to_string().to_lowercase()));
    }
    c.complain(&format!("\nWARNING! Your credentials are stored unencrypted in '{file}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n"));
    c.print("Login Succeeded\n");
    Ok(Turn::Done(0))
}

/// `docker logout`.
pub fn logout(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let (shown, _) = server(c);
    let _ = account::keep(c.sys, &shown, None);
    c.print(&format!("Removing login credentials for {shown}\n"));
    Ok(Turn::Done(0))
}

const SEARCH: &[Column] = &[
    ("", "registry.searchContext"),
    ("Name", "NAME"),
    ("Description", "DESCRIPTION"),
    ("StarCount", "STARS"),
    ("IsOfficial", "OFFICIAL"),
];

/// The repositories of Docker Hub with a word in their name or in what they say: those that most people like first.
fn found(term: &str) -> Vec<Listing> {
    let catalogue = Catalogue::read().map(|c| c.listings()).unwrap_or_default();
    let fits = |l: &Listing| l.name.contains(term) || l.about.to_ascii_lowercase().contains(term);
    let mut all: Vec<Listing> = catalogue.into_iter().filter(fits).collect();
    crate::shared::sort_by(&mut all, |a, b| b.stars.cmp(&a.stars).then_with(|| a.name.cmp(&b.name)));
    all
}

/// `docker search`.
pub fn search(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let term = c.line.arguments[0].to_ascii_lowercase();
    let limit = c.line.number("limit").filter(|n| *n != 0).unwrap_or(25);
    if !(1..=100).contains(&limit) {
        let words = format!("Limit {limit} is outside the range of [1, 100]");
        return Err(DaemonError::new(400, words).into());
    }
    let filters = filters(c, "is-automated is-official stars")?;
    let mut values: Vec<Value> = Vec::new();
    for Listing { name, stars, about, official, .. } in found(term.trim_start_matches("library/")) {
        let fits = passes(&filters, |key, value| match key {
            "is-official" => Ok(official == (value == "true")),
            "is-automated" => Ok(value == "false"),
            "stars" => Ok(value.parse().is_ok_and(|least: u64| stars >= least)),
            _ => Err(invalid(key)),
        })?;
        if !fits {
            continue;
        }
        let cut = about.chars().count() > 45 && !c.line.is_on("no-trunc");
        let about = if cut { about.chars().take(44).collect::<String>() + "…" } else { about.to_owned() };
        let official = if official { "[OK]" } else { "" };
        values.push(json!({
            "Name": name, "Description": about, "StarCount": stars.to_string(), "IsOfficial": official,
        }));
    }
    values.truncate(limit as usize);
    let default = "table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";
    let text = rows::render(c.line.value("format"), SEARCH, default, &values)?;
    c.print(&text);
    Ok(Turn::Done(0))
}
