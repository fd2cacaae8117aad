//! Programs about namespaces: `lsns`, `nsenter`, `unshare`.

use super::{C, Outcome};
use crate::kernel::namespace::NamespaceKind;
use crate::memory::tool::{Batch, State};
use crate::program::system::execute;

/// The option letters of the kinds, for `nsenter` and `unshare`.
const LETTERS: [(char, &str, NamespaceKind); 7] = [
    ('p', "pid", NamespaceKind::Pid),
    ('n', "net", NamespaceKind::Net),
    ('m', "mount", NamespaceKind::Mnt),
    ('u', "uts", NamespaceKind::Uts),
    ('i', "ipc", NamespaceKind::Ipc),
    ('U', "user", NamespaceKind::User),
    ('C', "cgroup", NamespaceKind::Cgroup),
];

pub fn lsns(c: C<'_, '_, '_>) -> Outcome {
    let (_, values) = options!(c, "ln", "tp");
    let value = |key| values.iter().find(|v| v.0 == key).map(|v| v.1.as_str());
    let rows = c.sys.processes();
    c.print("        NS TYPE   NPROCS   PID USER             COMMAND\n");
    for (kind, _) in NamespaceKind::INITIAL {
        if value('t').is_some_and(|t| t != kind.name()) {
            continue;
        }
        let mut groups: Vec<(u32, Vec<usize>)> = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            let Ok(link) = c.sys.read_link(&format!("/proc/{}/ns/{}", row.pid, kind.name())) else {
                continue;
            };
            let id = link.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
            match groups.iter_mut().find(|g| g.0 == id) {
                Some(group) => group.1.push(n),
                None => groups.push((id, vec![n])),
            }
        }
        for (id, members) in groups {
            let first = &rows[members[0]];
            if value('p').is_some_and(|p| !members.iter().any(|m| rows[*m].pid.to_string() == p)) {
                continue;
            }
            let user = super::list::account(c, "/etc/passwd", first.uid);
            let line = format!(
                "{id} {:<6} {:>6} {:>5} {user:<16} {}\n",
                kind.name(),
                members.len(),
                first.pid,
                first.arguments.join(" ")
            );
            c.print(&line);
        }
    }
    Outcome::Done(0)
}

/// The kinds that leading options name, and the options with values; what is left is the command.
fn kinds(c: C<'_, '_, '_>) -> (Vec<NamespaceKind>, Option<u32>, bool) {
    let (mut found, mut target, mut fork) = (Vec::new(), None, false);
    while let Some(flag) = c.arguments.first().filter(|a| a.starts_with('-')).cloned() {
        c.arguments.remove(0);
        let (name, value) =
            flag.split_once('=').map_or((flag.as_str(), None), |(n, v)| (n, Some(v.to_owned())));
        let short = !name.starts_with("--");
        let is = |letter: char, long: &str| if short { name.contains(letter) } else { &name[2..] == long };
        if name == "--" {
            break;
        }
        if is('t', "target") {
            let attached = name.strip_prefix("-t").filter(|v| !v.is_empty()).map(str::to_owned);
            let text =
                value.or(attached).or_else(|| (!c.arguments.is_empty()).then(|| c.arguments.remove(0)));
            target = text.and_then(|t| t.parse().ok());
            continue;
        }
        fork |= is('f', "fork");
        let every = is('a', "all");
        found.extend(LETTERS.iter().filter(|l| every && l.0 != 'U' || is(l.0, l.1)).map(|l| l.2));
    }
    if c.arguments.is_empty() {
        c.arguments.push("sh".to_owned());
    }
    (found, target, fork)
}

pub fn nsenter(c: C<'_, '_, '_>) -> Outcome {
    let (kinds, target, _) = kinds(c);
    let Some(target) = target else {
        c.complain("no target PID specified");
        return Outcome::Done(1);
    };
    let letters = kinds.iter().map(|k| k.name()).next().unwrap_or("pid");
    if let Err(errno) = c.sys.enter(target, &kinds) {
        let words = format!("cannot open /proc/{target}/ns/{letters}: {errno}");
        c.complain(if errno == crate::kernel::errno::Errno::EPERM {
            "setns failed: Operation not permitted"
        } else {
            &words
        });
        return Outcome::Done(1);
    }
    begin(c, kinds.contains(&NamespaceKind::Pid))
}

pub fn unshare(c: C<'_, '_, '_>) -> Outcome {
    let (kinds, _, fork) = kinds(c);
    if let Err(errno) = c.sys.unshare(&kinds) {
        c.complain(&format!("unshare failed: {errno}"));
        return Outcome::Done(1);
    }
    begin(c, fork || kinds.contains(&NamespaceKind::Pid))
}

/// Becomes the command; in another pid namespace only a child can be.
fn begin(c: C<'_, '_, '_>, fork: bool) -> Outcome {
    let command = std::mem::take(&mut c.arguments);
    if !fork {
        return execute(c, command);
    }
    Outcome::State(State::Batch(Batch { commands: vec![command], ..Batch::default() }))
}
