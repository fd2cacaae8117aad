//! `nodemon`: a program that is started again whenever its files change.

use crate::engine::syscall::{FileKind, Io, Step, Sys};
use crate::kernel::process::Wait;
use crate::kernel::signal::Signal;
use crate::memory::tool::{State, Tool, Watch};
use crate::time::Time;

/// Begins to watch.
pub fn begin(sys: &mut Sys<'_>, tool: &mut Tool, arguments: &[String]) -> State {
    let mut command: Vec<String> = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "-v" | "--version" => {
                tool.pending[0] = b"3.1.10\n".to_vec();
                return State::Done(0);
            }
            "--exec" | "-x" => {
                command = vec!["sh".into(), "-c".into(), rest.next().cloned().unwrap_or_default()]
            }
            "-w" | "--watch" | "-e" | "--ext" | "--ignore" | "-i" | "--delay" => {
                rest.next();
            }
            "-L" | "--legacy-watch" => {}
            flag if flag.starts_with("--inspect") => {}
            word => {
                if command.is_empty() {
                    command.push("node".to_owned());
                }
                command.push(word.to_owned());
            }
        }
    }
    if command.is_empty() {
        tool.pending[0] = b"Usage: nodemon [nodemon options] [script.js] [args]\n".to_vec();
        return State::Done(1);
    }
    crate::program::ends_by(sys, &[Signal::TERM, Signal::INT]);
    let lines = "[nodemon] 3.1.10\n[nodemon] to restart at any time, enter `rs`\n[nodemon] watching path(s): *.*\n[nodemon] watching extensions: js,mjs,cjs,json\n";
    tool.pending[0] = lines.as_bytes().to_vec();
    let mut watch = Watch { command, seen: state_of_files(sys), ..Watch::default() };
    launch(sys, tool, &mut watch);
    State::Watch(watch)
}

fn launch(sys: &mut Sys<'_>, tool: &mut Tool, watch: &mut Watch) {
    let line = format!("[nodemon] starting `{}`\n", watch.command.join(" "));
    tool.pending[0].extend_from_slice(line.as_bytes());
    watch.child = crate::program::batch::spawn(sys, watch.command.clone(), "nodemon").unwrap_or(0);
}

/// A number that changes when a source below the working directory does.
fn state_of_files(sys: &Sys<'_>) -> u64 {
    fn add(sys: &Sys<'_>, path: &str, depth: u32, sum: &mut u64) {
        for (name, kind) in sys.read_directory(path).unwrap_or_default() {
            let own = format!("{path}/{name}");
            if kind == FileKind::Directory {
                if depth < 8 && name != "node_modules" && !name.starts_with('.') {
                    add(sys, &own, depth + 1, sum);
                }
            } else if [".js", ".mjs", ".cjs", ".json"].iter().any(|end| name.ends_with(end)) {
                let Ok(stat) = sys.stat(&own) else { continue };
                *sum = sum
                    .wrapping_mul(1_099_511_628_211)
                    .wrapping_add(stat.modified ^ stat.inode << 40 ^ stat.size);
            }
        }
    }
    let mut sum = 14_695_981_039_346_656_037;
    add(sys, sys.directory().trim_end_matches('/'), 0, &mut sum);
    sum
}

/// Looks whether something has changed, once a second.
pub fn go_on(sys: &mut Sys<'_>, tool: &mut Tool, mut watch: Watch) -> Option<Step> {
    while let Some(signal) = sys.take_signal() {
        if matches!(signal, Signal::TERM | Signal::INT) {
            watch.ending = true;
            if watch.child == 0 || sys.kill(i64::from(watch.child), signal).is_err() {
                tool.state = State::Done(128 + signal.0);
                return None;
            }
        }
    }
    if watch.child != 0 {
        if let Ok(Io::Ready((_, status))) = sys.wait_child(Some(watch.child)) {
            watch.child = 0;
            let line = match status.code() {
                _ if watch.restarting => "",
                0 => "[nodemon] clean exit - waiting for changes before restart\n",
                _ => "[nodemon] app crashed - waiting for file changes before starting...\n",
            };
            if watch.ending {
                tool.state = State::Done(0);
                return None;
            }
            tool.pending[0].extend_from_slice(line.as_bytes());
        }
    }
    let now = sys.now().0;
    if now >= watch.again {
        watch.again = now + 1_000_000;
        let seen = state_of_files(sys);
        if seen != watch.seen {
            watch.seen = seen;
            tool.pending[0].extend_from_slice(b"[nodemon] restarting due to changes...\n");
            watch.restarting = true;
            if watch.child != 0 {
                let _ = sys.kill(i64::from(watch.child), Signal(12));
            }
        }
    }
    if watch.restarting && watch.child == 0 {
        watch.restarting = false;
        launch(sys, tool, &mut watch);
    }
    let again = Time(watch.again);
    tool.state = State::Watch(watch);
    if tool.pending.iter().any(|p| !p.is_empty()) {
        return None;
    }
    Some(Step::Block(vec![Wait::Child(sys.host_pid()), Wait::Signal, Wait::Until(again)]))
}
