//! Builtins about variables: `declare` and its kin, `set`, `read`.

use super::prompt::{option_letter, set_option};
use super::run::make_local;
use super::{Turn, complain, print};
use crate::engine::syscall::{Io, Sys};
use crate::memory::shell::{Shell, Variable, Waiting};
use crate::shared::own;
use std::rc::Rc;

pub fn declare(sys: &mut Sys<'_>, shell: &mut Shell, kind: &str, arguments: &[String]) -> u8 {
    if arguments.is_empty() || arguments[0] == "-p" {
        let lines: String = shell
            .variables
            .iter()
            .filter(|(_, v)| if kind == "readonly" { v.read_only } else { v.exported })
            .map(|(name, v)| format!("{kind} {name}='{}'\n", v.value.replace('\'', "'\\''")))
            .collect();
        print(sys, shell, 1, lines.as_bytes());
        return 0;
    }
    for argument in arguments.iter().filter(|a| !a.starts_with('-')) {
        let (name, value) = argument.split_once('=').map_or((argument.as_str(), None), |(n, v)| (n, Some(v)));
        let good = name
            .bytes()
            .enumerate()
            .all(|(n, b)| b == b'_' || b.is_ascii_alphabetic() || (n > 0 && b.is_ascii_digit()));
        if name.is_empty() || !good {
            complain(sys, shell, 1, &format!("{kind}: {name}: bad variable name"));
            return 2;
        }
        if kind == "local" && !make_local(shell, name) {
            let bash = &*sys.program() == "bash";
            complain(
                sys,
                shell,
                1,
                if bash { "local: can only be used in a function" } else { "local: not in a function" },
            );
            return if bash { 1 } else { 2 };
        }
        if let Some(value) = value {
            if let Err(message) = shell.set(name, value) {
                complain(sys, shell, 1, &message);
                return 2;
            }
        }
        let blank = Variable { value: "".into(), exported: false, read_only: false };
        if kind == "local" && value.is_none() {
            let _ = shell.set(name, "");
        }
        let variables = own(&mut shell.variables);
        if kind != "local" && (value.is_some() || variables.contains_key(name) || kind == "readonly") {
            let variable = variables.get_or_insert_with(name.into(), || blank);
            variable.exported |= kind == "export";
            variable.read_only |= kind == "readonly";
        }
    }
    0
}

pub fn set(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String]) -> u8 {
    if arguments.is_empty() {
        let lines: String = shell.variables.iter().map(|(n, v)| format!("{n}='{}'\n", v.value)).collect();
        print(sys, shell, 1, lines.as_bytes());
        return 0;
    }
    let mut rest = arguments;
    while let Some(flags) = rest.first() {
        if flags == "--" {
            rest = &rest[1..];
            shell.positional = rest.iter().map(|a| a.as_str().into()).collect();
            return 0;
        }
        if !flags.starts_with(['-', '+']) || flags.len() < 2 {
            break;
        }
        let on = flags.starts_with('-');
        for flag in flags.chars().skip(1) {
            // The last letter of `set -euo pipefail` takes a name.
            let letter = match (flag, rest.get(1)) {
                ('o', Some(name)) => {
                    rest = &rest[1..];
                    option_letter(name)
                }
                ('p', _) => ' ',
                (letter, _) => letter,
            };
            set_option(shell, letter, on);
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        shell.positional = rest.iter().map(|a| a.as_str().into()).collect();
    }
    0
}

pub fn read(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String]) -> Option<Turn> {
    let mut raw = false;
    let mut names: Vec<Rc<str>> = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "-r" => raw = true,
            "-p" => {
                let prompt = rest.next().cloned().unwrap_or_default();
                print(sys, shell, 2, prompt.as_bytes());
            }
            "-t" | "-n" => {
                rest.next();
            }
            flag if flag.starts_with('-') => raw |= flag.contains('r'),
            name => names.push(name.into()),
        }
    }
    if names.is_empty() {
        names.push("REPLY".into());
    }
    Some(go_on_reading(sys, shell, names.into(), Vec::new(), raw))
}

/// The builtin `read`: byte by byte, so that nothing behind the line is lost to others.
pub fn go_on_reading(
    sys: &mut Sys<'_>,
    shell: &mut Shell,
    names: Rc<[Rc<str>]>,
    mut bytes: Vec<u8>,
    raw: bool,
) -> Turn {
    let mut ended = false;
    loop {
        match sys.read(0, 1) {
            Ok(Io::Ready(more)) if more.is_empty() => {
                ended = true;
                break;
            }
            Ok(Io::Ready(more)) if more == b"\n" => {
                if !raw && bytes.last() == Some(&b'\\') {
                    bytes.pop();
                    continue;
                }
                break;
            }
            Ok(Io::Ready(more)) => bytes.extend(more),
            Ok(Io::Blocked(wait)) => {
                shell.waiting = Waiting::Read(names, bytes, raw);
                return Turn::Wait(vec![wait]);
            }
            Err(_) => {
                ended = true;
                break;
            }
        }
    }
    shell.status = u8::from(ended);
    let mut line = String::from_utf8_lossy(&bytes).into_owned();
    if !raw {
        line = line.replace("\\\\", "\u{0}").replace('\\', "").replace('\u{0}', "\\");
    }
    let ifs = shell.get("IFS").map_or_else(|| " \t\n".to_owned(), |v| v.to_string());
    let mut rest = line.trim_matches(|c: char| ifs.contains(c) && c.is_whitespace());
    for (n, name) in names.iter().enumerate() {
        let value = if n + 1 == names.len() {
            std::mem::take(&mut rest)
        } else {
            let at = rest.find(|c: char| ifs.contains(c)).unwrap_or(rest.len());
            let (value, after) = rest.split_at(at);
            let mut chars = after.chars();
            chars.next();
            rest = chars.as_str().trim_start_matches(|c: char| ifs.contains(c) && c.is_whitespace());
            value
        };
        let _ = shell.set(name, value);
    }
    Turn::Go
}
