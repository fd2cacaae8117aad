//! Programs about processes, users and the system.

use super::{C, Outcome, PROGRAMS, after};
use crate::engine::syscall::{Io, ProcessRow, Step, Sys};
use crate::event::What;
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::kernel::signal::Signal;
use crate::memory::environment::Environment;
use crate::memory::tool::{State, Tool};
use crate::time::Span;

/// Becomes another program.
pub fn execute(c: C<'_, '_, '_>, command: Vec<String>) -> Outcome {
    let environment = (*c.sys.environment()).clone();
    execute_in(c, command, environment)
}

pub fn execute_in(c: C<'_, '_, '_>, command: Vec<String>, environment: Environment) -> Outcome {
    let name = command.first().cloned().unwrap_or_default();
    let path = environment.get("PATH").cloned();
    let result = c
        .sys
        .find_program(&name, path.as_deref())
        .and_then(|found| c.sys.execute(&found, command, environment));
    match result {
        Ok(()) => Outcome::State(State::Replaced),
        Err(errno) => {
            c.complain(&format!("{name}: {errno}"));
            Outcome::Done(if errno == Errno::ENOENT { 127 } else { 126 })
        }
    }
}

fn clock(span: Span, busybox: bool) -> String {
    let s = span.as_seconds();
    if busybox {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }
}

fn column(name: &str, row: &ProcessRow, user: &str) -> Option<String> {
    Some(match name {
        "pid" => row.pid.to_string(),
        "ppid" => row.parent.to_string(),
        "pgid" => row.group.to_string(),
        "user" | "uid" | "ruser" => user.to_owned(),
        "comm" | "ucmd" => row.command.clone(),
        // What has ended has no arguments any more.
        "args" | "cmd" | "command" if row.state == 'Z' => format!("[{}]", row.command),
        "args" | "cmd" | "command" => row.arguments.join(" "),
        "stat" | "state" | "s" => row.state.to_string(),
        "time" => clock(row.cpu, false),
        "etime" => clock(row.cpu, false),
        "tty" | "tt" => row.terminal.clone().unwrap_or_else(|| "?".to_owned()),
        "rss" => (row.resident / 1024).to_string(),
        "vsz" => (row.resident / 512).to_string(),
        "%cpu" | "%mem" => "0.0".to_owned(),
        _ => return None,
    })
}

pub fn ps(c: C<'_, '_, '_>) -> Outcome {
    let arguments = std::mem::take(&mut c.arguments);
    let mut columns: Vec<String> = Vec::new();
    let mut flags = String::new();
    let mut wanted: Option<u32> = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "-o" | "-eo" | "-ao" => {
                columns.extend(rest.next().map_or("", String::as_str).split(',').map(str::to_owned))
            }
            "-p" => wanted = rest.next().and_then(|p| p.parse().ok()),
            other => match other.strip_prefix("-o") {
                Some(list) => columns.extend(list.split(',').map(str::to_owned)),
                None => flags.push_str(other.trim_start_matches('-')),
            },
        }
    }
    let busybox = c.sys.is_busybox();
    let all = busybox
        || flags.contains(['e', 'A', 'a', 'x'])
        || wanted.is_some()
        || !columns.is_empty() && arguments.iter().any(|a| a == "-eo");
    let own_terminal = c.sys.processes().into_iter().find(|r| r.own).and_then(|r| r.terminal);
    let rows: Vec<ProcessRow> = c
        .sys
        .processes()
        .into_iter()
        .filter(|r| wanted.is_none_or(|p| p == r.pid) && (all || r.terminal == own_terminal))
        .collect();
    let heads: Vec<(&str, String)> = if !columns.is_empty() {
        columns.iter().map(|n| (n.as_str(), heading(n))).collect()
    } else if busybox {
        vec![
            ("pid", "PID".into()),
            ("user", "USER".into()),
            ("time", "TIME".into()),
            ("args", "COMMAND".into()),
        ]
    } else if flags.contains('u') {
        ["user", "pid", "%cpu", "%mem", "vsz", "rss", "tty", "stat", "time", "command"]
            .map(|n| (n, heading(n)))
            .to_vec()
    } else if flags.contains('f') {
        ["user", "pid", "ppid", "tty", "time", "cmd"].map(|n| (n, heading(n))).to_vec()
    } else {
        vec![("pid", "PID".into()), ("tty", "TTY".into()), ("time", "TIME".into()), ("comm", "CMD".into())]
    };
    let mut table: Vec<Vec<String>> = vec![heads.iter().map(|h| h.1.clone()).collect()];
    for row in &rows {
        let user = super::list::account(c, "/etc/passwd", row.uid);
        let mut cells = Vec::new();
        for (name, _) in &heads {
            let Some(cell) = column(name, row, &user) else {
                c.complain(&format!("bad -o argument '{name}', supported arguments: user,group,comm,args,pid,ppid,pgid,etime,stat,rss,vsz,time,tty"));
                return Outcome::Done(1);
            };
            cells.push(if *name == "time" && busybox { clock(row.cpu, true) } else { cell });
        }
        table.push(cells);
    }
    let widths: Vec<usize> =
        (0..heads.len()).map(|n| table.iter().map(|r| r[n].chars().count()).max().unwrap_or(0)).collect();
    for (row, cells) in table.into_iter().enumerate() {
        let line: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(n, cell)| {
                let least = match heads[n].0 {
                    "user" => 8,
                    "pid" | "ppid" | "time" if busybox => 5,
                    "tty" | "time" if !busybox => 8,
                    "pid" | "ppid" => 7,
                    _ => 0,
                };
                let width = widths[n].max(least);
                if busybox && (row == 0 || n + 1 == cells.len()) {
                    format!("{cell:<width$}")
                } else if matches!(heads[n].0, "pid" | "ppid" | "rss" | "vsz" | "time") {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            })
            .collect();
        c.print(&format!("{}\n", line.join(" ").trim_end()));
    }
    Outcome::Done(0)
}

fn heading(name: &str) -> String {
    match name {
        "args" | "comm" | "command" => "COMMAND".to_owned(),
        "user" => "USER".to_owned(),
        "tty" => "TTY".to_owned(),
        other => other.to_ascii_uppercase(),
    }
}

pub fn kill(c: C<'_, '_, '_>) -> Outcome {
    let mut signal = Signal::TERM;
    let mut status = 0;
    let mut arguments = std::mem::take(&mut c.arguments).into_iter().peekable();
    if let Some(flag) = arguments.next_if(|a| a.starts_with('-') && a.len() > 1) {
        let name = if flag == "-s" { arguments.next().unwrap_or_default() } else { flag[1..].to_owned() };
        match Signal::parse(&name) {
            Some(found) => signal = found,
            None => {
                c.complain(&format!("bad signal name '{name}'"));
                return Outcome::Done(1);
            }
        }
    }
    for target in arguments {
        let result = target.parse().map_err(|_| Errno::ESRCH).and_then(|pid| c.sys.kill(pid, signal));
        if let Err(errno) = result {
            let words = if c.sys.is_busybox() {
                format!("can't kill pid {target}: {errno}")
            } else {
                format!("({target}): {errno}")
            };
            c.complain(&words);
            status = 1;
        }
    }
    Outcome::Done(status)
}

pub fn nproc(c: C<'_, '_, '_>) -> Outcome {
    c.print(&format!("{}\n", crate::engine::proc::HOST_PROCESSORS));
    Outcome::Done(0)
}

pub fn free(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "mhgkb", "");
    let unit = |kib: u64| match flags.chars().last() {
        Some('b') => kib * 1024,
        Some('m') => kib / 1024,
        Some('g') => kib >> 20,
        _ => kib,
    };
    let shown = |kib: u64| {
        if flags.contains('h') { super::list::human_size(kib * 1024) } else { unit(kib).to_string() }
    };
    let total = crate::engine::proc::HOST_MEMORY / 1024;
    let used: u64 =
        c.sys.world.kernel.processes.values().map(|p| p.resident / 1024).sum::<u64>() + 600 * 1024;
    c.print("              total        used        free      shared  buff/cache   available\n");
    let free = total.saturating_sub(used);
    let [total, used, free, none] = [total, used, free, 0].map(shown);
    c.print(&format!("Mem:    {total:>11} {used:>11} {free:>11} {none:>11} {none:>11} {free:>11}\n"));
    Outcome::Done(0)
}

/// A length of time as `sleep` takes it: a number, and perhaps `s`, `m`, `h` or `d`.
pub fn duration(text: &str) -> Option<Span> {
    let factor = match text.chars().last() {
        Some('m') => 60.0,
        Some('h') => 3600.0,
        Some('d') => 86_400.0,
        _ => 1.0,
    };
    let number = crate::decimal::decimal(text.trim_end_matches(['s', 'm', 'h', 'd'])).filter(|n| *n >= 0.0);
    let seconds = if text == "infinity" { 1e9 } else { number? * factor };
    Some(Span((seconds.min(1e10) * 1e6) as u64))
}

pub fn sleep(c: C<'_, '_, '_>) -> Outcome {
    if c.arguments.is_empty() {
        c.complain("missing operand");
        return Outcome::Done(1);
    }
    let mut total = Span(0);
    for argument in c.arguments.clone() {
        let micros = argument.parse().ok().filter(|_| c.name == "usleep").map(Span);
        let Some(span) = micros.or_else(|| duration(&argument)) else {
            let kind = if c.sys.is_busybox() { "number" } else { "time interval" };
            c.complain(&format!("invalid {kind} '{argument}'"));
            return Outcome::Done(1);
        };
        total = total + span;
    }
    Outcome::State(after(c.sys, total))
}

pub fn clear(c: C<'_, '_, '_>) -> Outcome {
    c.print("\u{1b}[H\u{1b}[2J\u{1b}[3J");
    Outcome::Done(0)
}

pub fn help(c: C<'_, '_, '_>) -> Outcome {
    c.print("docker                 containers, images, registries: `docker --help` lists its commands\n");
    for program in PROGRAMS {
        c.print(&format!("{:<22} {}\n", program.names.replace(' ', ", "), program.summary));
    }
    Outcome::Done(0)
}

/// Says why the last command was refused, or, when a build came after it, why each of its steps was done.
pub fn explain(c: C<'_, '_, '_>) -> Outcome {
    let asked = c.arguments.first().is_some_and(|a| a == "build");
    let world = &c.sys.world;
    let last = world.events.iter().rev().find_map(|e| match &*e.what {
        What::Step { build, .. } => Some(Some(*build)),
        What::Refused { .. } if !asked => Some(None),
        _ => None,
    });
    if let Some(Some(number)) = last {
        let mut text = String::new();
        for event in world.events.iter() {
            match &*event.what {
                What::Step { build, step, cause } if *build == number => {
                    let words = cause
                        .as_ref()
                        .map_or("taken from the cache".to_owned(), |c| format!("done anew {}", c.words()));
                    text.push_str(&format!("{step}: {words}\n"));
                }
                _ => {}
            }
        }
        c.print(&text);
        return Outcome::Done(0);
    }
    match world.refusal.clone().filter(|_| !asked) {
        Some(refusal) => {
            let cause =
                if refusal.1.is_empty() { "The message says all there is to say." } else { &refusal.1 };
            c.print(&format!("{}\n{cause}\n", refusal.0));
            Outcome::Done(0)
        }
        None => {
            c.print(if asked { "Nothing was built so far.\n" } else { "Nothing was refused so far.\n" });
            Outcome::Done(1)
        }
    }
}

pub fn hello(c: C<'_, '_, '_>) -> Outcome {
    let path = c.sys.arguments().first().cloned().unwrap_or_default();
    let bytes = c.sys.read_file(&path).unwrap_or_else(|_| [].into());
    let start = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| n + 1);
    c.out.extend_from_slice(&bytes[start..]);
    Outcome::Done(0)
}

pub fn watch(c: C<'_, '_, '_>) -> Outcome {
    c.complain("a full-screen program is not simulated; `while sleep 2; do COMMAND; done` repeats a command until Ctrl-C");
    Outcome::Done(1)
}

/// A small init (tini): it runs its command as a child, passes signals on, and ends as the child ends.
pub fn begin_init(sys: &mut Sys<'_>, tool: &mut Tool) {
    let arguments = sys.arguments();
    let command: Vec<String> = arguments.iter().skip_while(|a| *a != "--").skip(1).cloned().collect();
    let own = &arguments[..];
    let me = own.first().cloned().unwrap_or_default();
    if me == "tini-child" {
        return;
    }
    super::ends_by(sys, &[Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT, Signal::CHLD]);
    match super::batch::spawn(sys, command, "docker-init") {
        Ok(pid) => tool.state = State::Child(pid),
        Err(_) => tool.state = State::Done(1),
    }
}

/// Waits for the child, passing signals on.
pub fn wait_for_child(sys: &mut Sys<'_>, tool: &mut Tool, pid: u32) -> Option<Step> {
    while let Some(signal) = sys.take_signal() {
        if signal != Signal::CHLD {
            let _ = sys.kill(i64::from(pid), signal);
        }
    }
    let mut ended = None;
    // Orphans that were adopted are waited for too: that is what an init is for.
    let last = loop {
        match sys.wait_child(None) {
            Ok(Io::Ready((child, status))) if child == pid => ended = Some(status),
            Ok(Io::Ready(_)) => {}
            other => break other,
        }
    };
    if let Some(status) = ended {
        tool.state = State::Done(status.code());
        return None;
    }
    if matches!(last, Ok(Io::Blocked(_))) {
        tool.state = State::Child(pid);
        return Some(Step::Block(vec![Wait::Child(sys.host_pid()), Wait::Signal]));
    }
    tool.state = State::Done(1);
    None
}
