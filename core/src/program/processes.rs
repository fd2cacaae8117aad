//! Programs that look at all processes: `top`, `pstree`, `uptime`, `pgrep`, `pkill`.

use super::{C, Context, Outcome};
use crate::engine::proc::{HOST_MEMORY, LOAD};
use crate::engine::syscall::ProcessRow;
use crate::kernel::signal::Signal;

pub fn uptime(c: C<'_, '_, '_>) -> Outcome {
    let t = c.sys.now().calendar();
    // The host was started a day before the World began.
    let minutes = c.sys.now().0 / 60_000_000;
    let (days, hours) = (1 + minutes / 1440, minutes / 60 % 24);
    let plural = if days == 1 { "" } else { "s" };
    c.print(&format!(
        " {:02}:{:02}:{:02} up {days} day{plural}, {hours:>2}:{:02},  0 users,  load average: {}\n",
        t.hour,
        t.minute,
        t.second,
        minutes % 60,
        LOAD.replace(' ', ", ")
    ));
    Outcome::Done(0)
}

/// One screen: the simulation has no full-screen programs.
pub fn top(c: C<'_, '_, '_>) -> Outcome {
    let rows = c.sys.processes();
    let used = (rows.iter().map(|r| r.resident).sum::<u64>() + (600 << 20)) / 1024;
    let free = HOST_MEMORY / 1024 - used;
    c.print(&format!("Mem: {used}K used, {free}K free, 0K shrd, 0K buff, 0K cached\n"));
    c.print("CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\n");
    let running = rows.iter().filter(|r| r.state == 'R').count();
    let last = rows.iter().map(|r| r.pid).max().unwrap_or(0);
    c.print(&format!("Load average: {LOAD} {running}/{} {last}\n", rows.len()));
    c.print("  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n");
    for row in rows {
        let user = super::list::account(c, "/etc/passwd", row.uid);
        c.print(&format!(
            "{:>5} {:>5} {user:<8} {:<4} {:>5} {:>3}%   0   0% {}\n",
            row.pid,
            row.parent,
            row.state,
            row.resident / 512,
            row.resident * 100 / HOST_MEMORY,
            row.arguments.join(" ")
        ));
    }
    Outcome::Done(0)
}

pub fn pstree(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "pa", "");
    let rows = c.sys.processes();
    let wanted: Option<u32> = c.arguments.first().and_then(|a| a.parse().ok());
    let roots: Vec<&ProcessRow> = match wanted {
        Some(pid) => rows.iter().filter(|r| r.pid == pid).collect(),
        None => rows.iter().filter(|r| !rows.iter().any(|p| p.pid == r.parent && p.pid != r.pid)).collect(),
    };
    for root in roots {
        branch(c, &rows, root, "", flags.contains('p'));
    }
    Outcome::Done(0)
}

fn branch(c: &mut Context<'_, '_>, rows: &[ProcessRow], row: &ProcessRow, indent: &str, pids: bool) {
    let name = if pids { format!("{}({})", row.command, row.pid) } else { row.command.clone() };
    c.print(&name);
    let children: Vec<&ProcessRow> =
        rows.iter().filter(|r| r.parent == row.pid && r.pid != row.pid).collect();
    if children.is_empty() {
        return c.print("\n");
    }
    let blank = format!("{indent}{}", " ".repeat(name.chars().count()));
    for (n, child) in children.iter().enumerate() {
        let last = n + 1 == children.len();
        let (mark, bar) = match (n, last) {
            (0, true) => ("---", "   "),
            (0, false) => ("-+-", " | "),
            (_, true) => (" `-", "   "),
            (_, false) => (" |-", " | "),
        };
        if n > 0 {
            c.print(&blank);
        }
        c.print(mark);
        branch(c, rows, child, &format!("{blank}{bar}"), pids);
    }
}

/// `pgrep`, `pidof`, `pkill`, `killall`: processes by their name, to be shown or to get a signal.
pub fn pgrep(c: C<'_, '_, '_>) -> Outcome {
    let (mut signal, mut full, mut long) = (Signal::TERM, false, false);
    let exact = matches!(c.name.as_str(), "pidof" | "killall");
    let shows = matches!(c.name.as_str(), "pidof" | "pgrep");
    while let Some(flag) = c.arguments.first().filter(|a| a.starts_with('-')).cloned() {
        c.arguments.remove(0);
        match Signal::parse(&flag[1..]) {
            Some(found) if !shows => signal = found,
            _ => (full, long) = (full || flag.contains('f'), long || flag.contains(['l', 'a'])),
        }
    }
    let mut found = Vec::new();
    for name in std::mem::take(&mut c.arguments) {
        let before = found.len();
        for row in c.sys.processes().into_iter().filter(|r| !r.own && r.state != 'Z') {
            let text = if full { row.arguments.join(" ") } else { row.command.clone() };
            if if exact { text == name } else { text.contains(&name) } {
                found.push(row);
            }
        }
        if c.name == "killall" && found.len() == before {
            c.complain(&format!("{name}: no process killed"));
        }
    }
    if c.name == "pidof" {
        let pids: Vec<String> = found.iter().rev().map(|r| r.pid.to_string()).collect();
        if !pids.is_empty() {
            c.print(&(pids.join(" ") + "\n"));
        }
    }
    for row in &found {
        if !shows {
            if let Err(errno) = c.sys.kill(i64::from(row.pid), signal) {
                c.complain(&format!("can't kill pid {}: {errno}", row.pid));
            }
        } else if c.name == "pgrep" {
            let name = if long { format!(" {}", row.command) } else { String::new() };
            c.print(&format!("{}{name}\n", row.pid));
        }
    }
    Outcome::Done(u8::from(found.is_empty()))
}
