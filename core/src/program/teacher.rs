//! `drydock`: what is Drydock's own and no part of Docker. With it a teacher, a lesson or a curious learner decides how the
//! registries behave.

use super::{C, Outcome};
use crate::engine::transfer::registry_host;
use crate::registry::Registry;
use crate::registry::trouble::{ALWAYS, Kind};
use crate::shared::own;

const USAGE: &str = "usage: drydock registry                               what the registries are set to
       drydock registry account HOST NAME PASSWORD      an account, or its new password
       drydock registry private HOST REPOSITORY         only its owner sees it
       drydock registry public HOST REPOSITORY          everybody may pull it
       drydock registry limit HOST NUMBER|off           images that strangers may still pull
       drydock registry fail HOST STATUS [TIMES]        requests are answered with 500, 503 and so on
       drydock registry corrupt HOST [TIMES]            layers come with a byte changed
       drydock registry break HOST [TIMES]              connections end in the middle of a layer
       drydock registry calm HOST                       nothing goes wrong any more
HOST is docker.io, or an address such as localhost:5000.
";

pub fn drydock(c: C<'_, '_, '_>) -> Outcome {
    let words = c.arguments.clone();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["registry"] => list(c),
        ["registry", verb, host, rest @ ..] => set(c, verb, host, rest),
        [] | ["--help" | "-h" | "help", ..] => {
            c.print(USAGE);
            Outcome::Done(0)
        }
        _ => misused(c),
    }
}

fn misused(c: C<'_, '_, '_>) -> Outcome {
    c.err.extend_from_slice(USAGE.as_bytes());
    Outcome::Done(2)
}

/// What a kind of trouble is called.
fn named(kind: Kind) -> String {
    match kind {
        Kind::Status(status) => format!("fail {status}"),
        Kind::Corrupt => "corrupt".to_owned(),
        Kind::Break => "break".to_owned(),
    }
}

fn list(c: C<'_, '_, '_>) -> Outcome {
    let mut text = String::new();
    for (key, registry) in c.sys.world.registries.iter() {
        let access = &registry.access;
        text.push_str(&format!("{key}: repositories {}", registry.shelves().len()));
        if !access.accounts.is_empty() {
            let names: Vec<&str> = access.accounts.keys().map(String::as_str).collect();
            text.push_str(&format!(", accounts {}", names.join(" ")));
        }
        if !access.private.is_empty() {
            let names: Vec<&str> = access.private.iter().map(String::as_str).collect();
            text.push_str(&format!(", private {}", names.join(" ")));
        }
        if let Some((left, of)) = access.limit {
            text.push_str(&format!(", limit {of} ({left} left)"));
        }
        for (kind, left) in &registry.trouble.left {
            let times = if *left == ALWAYS { "each time".to_owned() } else { format!("{left} times more") };
            text.push_str(&format!(", {} ({times})", named(*kind)));
        }
        text.push('\n');
    }
    c.print(&text);
    Outcome::Done(0)
}

fn set(c: C<'_, '_, '_>, verb: &str, host: &str, rest: &[&str]) -> Outcome {
    let Some(key) = crate::engine::registry::reach(c.sys.world, &registry_host(host)) else {
        c.complain(&format!("no registry answers at {host}"));
        return Outcome::Done(1);
    };
    let Some(registry) = c.sys.world.registries.get_mut(&key).map(own) else { return Outcome::Done(1) };
    match change(registry, verb, rest) {
        Some(Ok(())) => Outcome::Done(0),
        Some(Err(words)) => {
            c.complain(words);
            Outcome::Done(1)
        }
        None => misused(c),
    }
}

/// Makes the change that is asked for; nothing when the words say none.
fn change(registry: &mut Registry, verb: &str, rest: &[&str]) -> Option<Result<(), &'static str>> {
    let times = |text: Option<&&str>| match text {
        None => Some(ALWAYS),
        Some(text) => text.parse().ok().filter(|n| (1..ALWAYS).contains(n)),
    };
    let kind = match (verb, rest) {
        ("account", [name, password]) => {
            if name.contains(':') || name.is_empty() {
                return Some(Err("the name of an account has no colon"));
            }
            registry.access.account(name, password);
            return Some(Ok(()));
        }
        ("private", [name]) => {
            registry.access.private.insert((*name).to_owned());
            return Some(Ok(()));
        }
        ("public", [name]) => {
            registry.access.private.remove(*name);
            return Some(Ok(()));
        }
        ("limit", ["off"]) => {
            registry.access.limit = None;
            return Some(Ok(()));
        }
        ("limit", [number]) => {
            let number = number.parse().ok()?;
            registry.access.limit = Some((number, number));
            return Some(Ok(()));
        }
        ("calm", []) => {
            registry.trouble.left.clear();
            return Some(Ok(()));
        }
        ("fail", [status, rest @ ..]) if rest.len() < 2 => {
            let status = status.parse().ok().filter(|s| (500..600).contains(s))?;
            (Kind::Status(status), times(rest.first())?)
        }
        ("corrupt", rest) if rest.len() < 2 => (Kind::Corrupt, times(rest.first())?),
        ("break", rest) if rest.len() < 2 => (Kind::Break, times(rest.first())?),
        _ => return None,
    };
    registry.trouble.left.retain(|(other, _)| *other != kind.0);
    registry.trouble.left.push(kind);
    Some(Ok(()))
}
