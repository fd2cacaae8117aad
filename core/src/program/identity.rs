//! Who and where a process is: `hostname`, `whoami`, `id`, `env`, `uname`.

use super::{C, Outcome};
use crate::engine::syscall::user_name;
use crate::memory::environment::Environment;
use crate::program::system::execute_in;

pub fn hostname(c: C<'_, '_, '_>) -> Outcome {
    match c.arguments.first().cloned() {
        Some(flag) if flag == "-i" => {
            let name = c.sys.hostname();
            let addresses = c.sys.resolve(&name).unwrap_or_default();
            let text: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            c.print(&format!("{}\n", text.join(" ")));
        }
        Some(name) if !name.starts_with('-') => {
            if let Err(errno) = c.sys.set_hostname(&name) {
                let words = if c.sys.is_busybox() {
                    format!("sethostname: {errno}")
                } else {
                    "you must be root to change the host name".to_owned()
                };
                c.complain(&words);
                return Outcome::Done(1);
            }
        }
        _ => {
            let text = c.sys.hostname() + "\n";
            c.print(&text);
        }
    }
    Outcome::Done(0)
}

pub fn whoami(c: C<'_, '_, '_>) -> Outcome {
    let name = user_name(c.sys);
    if name.parse::<u32>().is_ok() {
        let words = if c.sys.is_busybox() {
            format!("unknown uid {name}")
        } else {
            format!("cannot find name for user ID {name}")
        };
        c.complain(&words);
        return Outcome::Done(1);
    }
    c.print(&format!("{name}\n"));
    Outcome::Done(0)
}

pub fn tty(c: C<'_, '_, '_>) -> Outcome {
    let own = c.sys.processes().into_iter().find(|r| r.own).and_then(|r| r.terminal);
    let text = own.filter(|_| c.sys.is_terminal(0)).map(|t| format!("/dev/{t}\n"));
    c.print(text.as_deref().unwrap_or("not a tty\n"));
    Outcome::Done(u8::from(text.is_none()))
}

pub fn id(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "ugnGr", "");
    let mut who = c.sys.credentials().clone();
    if let Some(name) = c.arguments.first().cloned() {
        let Ok(user) = crate::engine::exec::user(c.sys, &name, &[]) else {
            let gnu = format!("'{name}': no such user");
            c.complain(&if c.sys.is_busybox() { format!("unknown user {name}") } else { gnu });
            return Outcome::Done(1);
        };
        (who.uid, who.gid, who.groups) = (user.uid, user.gid, user.groups);
    }
    let (user, group) =
        (super::list::account(c, "/etc/passwd", who.uid), super::list::account(c, "/etc/group", who.gid));
    let named = flags.contains('n');
    let text = if flags.contains('u') {
        if named { user } else { who.uid.to_string() }
    } else if flags.contains('g') {
        if named { group } else { who.gid.to_string() }
    } else if flags.contains('G') {
        let mut ids = vec![who.gid];
        ids.extend(who.groups.iter().copied().filter(|g| *g != who.gid));
        let shown = |id: u32| if named { super::list::account(c, "/etc/group", id) } else { id.to_string() };
        ids.into_iter().map(shown).collect::<Vec<_>>().join(" ")
    } else {
        let with = |id: u32, name: &str| {
            if name.parse::<u32>().is_ok() { id.to_string() } else { format!("{id}({name})") }
        };
        let mut groups = vec![with(who.gid, &group)];
        for extra in who.groups.iter().filter(|g| **g != who.gid) {
            let name = super::list::account(c, "/etc/group", *extra);
            groups.push(with(*extra, &name));
        }
        format!("uid={} gid={} groups={}", with(who.uid, &user), with(who.gid, &group), groups.join(","))
    };
    c.print(&format!("{text}\n"));
    Outcome::Done(0)
}

/// The names of the groups of this process, or of a user.
pub fn groups(c: C<'_, '_, '_>) -> Outcome {
    let ids = match c.arguments.first().cloned() {
        None => {
            let who = c.sys.credentials().clone();
            std::iter::once(who.gid).chain(who.groups.into_iter().filter(|g| *g != who.gid)).collect()
        }
        Some(name) => match crate::engine::exec::user(c.sys, &name, &[]) {
            Ok(user) => std::iter::once(user.gid)
                .chain(user.groups.into_iter().filter(|g| *g != user.gid))
                .collect::<Vec<u32>>(),
            Err(_) => {
                c.complain(&if c.sys.is_busybox() {
                    format!("unknown user {name}")
                } else {
                    format!("'{name}': no such user")
                });
                return Outcome::Done(1);
            }
        },
    };
    let names: Vec<String> = ids.into_iter().map(|id| super::list::account(c, "/etc/group", id)).collect();
    let whose =
        c.arguments.first().filter(|_| !c.sys.is_busybox()).map_or(String::new(), |n| format!("{n} : "));
    c.print(&format!("{whose}{}\n", names.join(" ")));
    Outcome::Done(0)
}

pub fn env(c: C<'_, '_, '_>) -> Outcome {
    if c.name == "printenv" && !c.arguments.is_empty() {
        let name = c.arguments[0].clone();
        return match c.sys.variable(&name) {
            Some(value) => {
                c.print(&format!("{value}\n"));
                Outcome::Done(0)
            }
            None => Outcome::Done(1),
        };
    }
    let mut environment = (*c.sys.environment()).clone();
    let mut arguments = std::mem::take(&mut c.arguments).into_iter().peekable();
    while let Some(argument) = arguments.next_if(|a| a.contains('=') || a.starts_with('-')) {
        match argument.split_once('=') {
            Some((name, value)) => {
                environment.insert(name.to_owned(), value.to_owned());
            }
            None if argument == "-i" || argument == "-" => environment = Environment::default(),
            None if argument == "-u" => {
                environment.remove(&arguments.next().unwrap_or_default());
            }
            None => {}
        }
    }
    let command: Vec<String> = arguments.collect();
    if !command.is_empty() {
        return execute_in(c, command, environment);
    }
    for (name, value) in environment.iter() {
        c.print(&format!("{name}={value}\n"));
    }
    Outcome::Done(0)
}

pub fn uname(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "asnrvmpio", "");
    let host = c.sys.hostname();
    let parts = [
        ('s', "Linux"),
        ('n', host.as_str()),
        ('r', "6.8.0-drydock"),
        ('v', "#1 SMP PREEMPT_DYNAMIC"),
        ('m', "x86_64"),
        ('o', if c.sys.is_busybox() { "Linux" } else { "GNU/Linux" }),
    ];
    let all = flags.contains('a');
    let shown: Vec<&str> = parts
        .iter()
        .filter(|p| all || flags.contains(p.0) || (flags.is_empty() && p.0 == 's'))
        .map(|p| p.1)
        .collect();
    c.print(&format!("{}\n", shown.join(" ")));
    Outcome::Done(0)
}
