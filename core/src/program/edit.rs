//! `vi`, `vim`, `nano` and `edit`: a file is handed to the editor of whoever sits at the terminal, and what comes back is written
//! by the process itself.

use super::{C, Outcome, ends_by};
use crate::engine::syscall::{FileKind, Io, Step, Sys};
use crate::image::change::below;
use crate::kernel::errno::Errno;
use crate::kernel::process::Wait;
use crate::kernel::signal::Signal;
use crate::memory::tool::{Edit, State, Tool, Wish};
use crate::time::Span;
use std::rc::Rc;

/// The largest file that is edited, in bytes.
const LARGEST: usize = 1 << 20;

/// Whose words an editor uses.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Vim,
    Busybox,
    Nano,
}

fn family(sys: &Sys<'_>, name: &str) -> Family {
    match name {
        "nano" => Family::Nano,
        _ if sys.is_busybox() => Family::Busybox,
        _ => Family::Vim,
    }
}

/// Begins an editor.
pub fn begin(c: C<'_, '_, '_>) -> Outcome {
    let files: Vec<String> =
        c.arguments.iter().filter(|a| !a.starts_with(['-', '+']) || *a == "-").cloned().collect();
    if !c.sys.is_terminal(0) || !c.sys.is_terminal(1) {
        let words = "input and output are not a terminal, so no editor can be shown (`docker exec` and `docker run` want -it); \
                     `cat > FILE <<'EOF'` writes a file, and `sed -i` changes one";
        c.complain(words);
        return Outcome::Done(1);
    }
    let mut rest: Vec<String> = files.into_iter().rev().collect();
    let mut edit = Edit { name: c.name.clone(), ..Edit::default() };
    edit.file = rest.pop().unwrap_or_default();
    edit.rest = rest;
    if let Err(words) = open(c.sys, &mut edit) {
        c.complain(&words);
        return Outcome::Done(1);
    }
    ends_by(c.sys, &[Signal::INT]);
    c.print(&greeting(&edit));
    Outcome::State(State::Edit(Box::new(edit)))
}

fn greeting(edit: &Edit) -> String {
    format!("{}\nThe editor has it now; `:q` here leaves {} too.\n", edit.said, edit.name)
}

/// Reads the file; words when it cannot be edited at all.
fn open(sys: &mut Sys<'_>, edit: &mut Edit) -> Result<(), String> {
    let family = family(sys, &edit.name);
    edit.path = below(&sys.directory(), &edit.file);
    edit.text = "".into();
    edit.read_only = false;
    let file = edit.file.clone();
    if file.is_empty() {
        "[No Name]".clone_into(&mut edit.said);
        return Ok(());
    }
    let stat = match sys.stat(&file) {
        Ok(stat) => stat,
        Err(Errno::ENOENT) => {
            edit.said = match family {
                Family::Vim => format!("\"{file}\" [New]"),
                Family::Busybox => format!("'{file}' [New file] 0L, 0C"),
                Family::Nano => "[ New File ]".to_owned(),
            };
            return Ok(());
        }
        Err(errno) => return Err(format!("{file}: {errno}")),
    };
    if stat.kind == FileKind::Directory {
        return Err(format!("\"{file}\" is a directory"));
    }
    let bytes = sys.read_file(&file).map_err(|errno| format!("{file}: {errno}"))?;
    if stat.size > bytes.len() as u64 || bytes.len() > LARGEST {
        return Err(format!("{file}: the file stands for a larger one, and cannot be edited"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{file}: the file is not text"))?;
    edit.text = text.into();
    edit.read_only = sys.access(&file, 2).is_err();
    edit.said = read(family, &file, text, edit.read_only);
    Ok(())
}

fn lines(text: &str) -> usize {
    text.lines().count()
}

fn read(family: Family, file: &str, text: &str, read_only: bool) -> String {
    let (lines, bytes) = (lines(text), text.len());
    match family {
        Family::Vim => {
            format!("\"{file}\" {}{lines}L, {bytes}B", if read_only { "[readonly] " } else { "" })
        }
        Family::Busybox => {
            format!("'{file}' {}{lines}L, {bytes}C", if read_only { "[Readonly] " } else { "" })
        }
        Family::Nano if read_only => format!("[ File '{file}' is unwritable ]"),
        Family::Nano => format!("[ Read {lines} line{} ]", if lines == 1 { "" } else { "s" }),
    }
}

fn written(family: Family, file: &str, text: &str) -> String {
    let (lines, bytes) = (lines(text), text.len());
    match family {
        Family::Vim => format!("\"{file}\" {lines}L, {bytes}B written"),
        Family::Busybox => format!("'{file}' {lines}L, {bytes}C"),
        Family::Nano => format!("[ Wrote {lines} line{} ]", if lines == 1 { "" } else { "s" }),
    }
}

fn not_written(family: Family, file: &str, errno: Errno) -> String {
    match (family, errno) {
        (_, Errno::EINVAL) if file.is_empty() => "E32: No file name".to_owned(),
        (Family::Vim, Errno::ENOSPC) => format!("\"{file}\" E514: Write error (file system full?)"),
        (Family::Vim, Errno::ENOENT | Errno::ENOTDIR) => {
            format!("\"{file}\" E212: Can't open file for writing ({errno})")
        }
        (Family::Vim, _) => format!("\"{file}\" E212: Can't open file for writing: {errno}"),
        (Family::Busybox, _) => format!("'{file}' {errno}"),
        (Family::Nano, _) => format!("[ Error writing {file}: {errno} ]"),
    }
}

/// Goes on: does what was asked for at the editor, or reads a line that was typed at the terminal.
pub fn go_on(sys: &mut Sys<'_>, tool: &mut Tool, mut edit: Box<Edit>) -> Option<Step> {
    if sys.take_signal().is_some() {
        edit.turn += 1;
        match family(sys, &edit.name) {
            Family::Vim => "Type  :qa!  and press <Enter> to abandon all changes and exit Vim",
            Family::Busybox => "",
            Family::Nano => "[ Cancelled ]",
        }
        .clone_into(&mut edit.said);
    }
    match edit.wish.take() {
        Some(Wish::Save(text)) => save(sys, &mut edit, text),
        Some(Wish::Leave) => {
            leave(sys, tool, edit);
            return None;
        }
        None => {}
    }
    match sys.read(0, 4096) {
        Ok(Io::Blocked(wait)) => {
            tool.state = State::Edit(edit);
            return Some(Step::Block(vec![wait, Wait::Signal]));
        }
        Ok(Io::Ready(bytes)) if !bytes.is_empty() => {
            let line = String::from_utf8_lossy(&bytes).trim().to_owned();
            if matches!(line.as_str(), ":q" | ":q!" | ":qa" | ":qa!" | ":wq" | ":x" | "ZZ" | "ZQ" | "^X") {
                leave(sys, tool, edit);
            } else {
                let words = format!(
                    "{}: the text is changed in the editor of the page, not here; `:q` leaves\n",
                    edit.name
                );
                tool.pending[0] = words.into_bytes();
                tool.state = State::Edit(edit);
            }
        }
        _ => tool.state = State::Done(1),
    }
    None
}

fn save(sys: &mut Sys<'_>, edit: &mut Edit, text: Rc<str>) {
    let family = family(sys, &edit.name);
    sys.spend(Span::millis(1));
    edit.turn += 1;
    let done = if edit.file.is_empty() {
        Err(Errno::EINVAL)
    } else {
        // Asked first, because opening for writing empties the file.
        let denied = sys.access(&edit.file, 2).err().filter(|errno| *errno != Errno::ENOENT);
        denied.map_or_else(|| sys.write_file(&edit.file, text.as_bytes()), Err)
    };
    edit.failed = done.is_err();
    edit.said = match done {
        Ok(()) => written(family, &edit.file, &text),
        Err(errno) => not_written(family, &edit.file, errno),
    };
    sys.describe(&format!("{}: {}", edit.name, edit.said));
    if !edit.failed {
        edit.text = text;
    }
}

/// Opens the next file, or ends.
fn leave(sys: &mut Sys<'_>, tool: &mut Tool, mut edit: Box<Edit>) {
    while let Some(file) = edit.rest.pop() {
        edit.file = file;
        edit.turn += 1;
        match open(sys, &mut edit) {
            Ok(()) => {
                tool.pending[0] = greeting(&edit).into_bytes();
                tool.state = State::Edit(edit);
                return;
            }
            Err(words) => {
                tool.pending[1].extend_from_slice(format!("{}: {words}\n", edit.name).as_bytes());
            }
        }
    }
    tool.state = State::Done(0);
}
