//! `docker commit`, `export`, `import`, `save` and `load`: what goes into images and archives, and comes out of them.

use super::parse::Refusal;
use super::{Context, Turn, units};
use crate::engine::commit::{self, Remarks};
use crate::engine::{container, copy, image};
use crate::files::{Tree, archive};
use crate::image::bundle;
use crate::reference::Reference;

fn remarks(c: &Context<'_, '_>) -> Remarks {
    Remarks { author: c.line.text("author"), comment: c.line.text("message"), changes: c.line.list("change") }
}

/// The name that the second argument gives to a new image.
fn name(c: &Context<'_, '_>) -> Result<Option<Reference>, Refusal> {
    let Some(text) = c.line.arguments.get(1).filter(|text| !text.is_empty()) else { return Ok(None) };
    let name = Reference::parse(text).map_err(|words| Refusal::error(1, format!("{words}\n")))?;
    if name.digest().is_some() {
        return Err(Refusal::error(1, "refusing to create a tag with a digest reference\n"));
    }
    Ok(Some(name))
}

/// `docker commit`.
pub fn commit(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let name = name(c)?;
    let pause = c.line.value("pause") != Some("false") && !c.line.is_on("no-pause");
    let id = commit::commit(c.sys.world, &c.line.arguments[0], name, &remarks(c), pause)?;
    c.print(&format!("{id}\n"));
    Ok(Turn::Done(0))
}

/// Refuses a terminal, and a file in a directory that is not there.
fn check_output(c: &Context<'_, '_>, what: &str) -> Result<(), Refusal> {
    let Some(file) = c.line.value("output").filter(|file| !file.is_empty()) else {
        if c.sys.is_terminal(1) {
            return Err(Refusal::error(
                1,
                "cowardly refusing to save to a terminal. Use the -o flag or redirect\n",
            ));
        }
        return Ok(());
    };
    let full = crate::image::change::below(&c.sys.directory(), file);
    let (above, _) = full.rsplit_once('/').unwrap_or_default();
    if c.sys.stat(if above.is_empty() { "/" } else { above }).is_err() {
        let words = format!("failed to {what}: invalid output path: directory \"{above}\" does not exist\n");
        return Err(Refusal::error(1, words));
    }
    Ok(())
}

/// Hands over an archive: to the file of `--output`, or on standard output.
fn hand_over(c: &mut Context<'_, '_>, tree: &Tree) -> Result<Turn, Refusal> {
    let bytes = archive::pack(tree);
    let Some(file) = c.line.value("output").filter(|file| !file.is_empty()).map(str::to_owned) else {
        return Ok(c.deliver(bytes));
    };
    let written = c.sys.write_file(&file, &bytes);
    written.map_err(|e| Refusal::error(1, format!("open {file}: {}\n", e.text().to_ascii_lowercase())))?;
    let _ = c.sys.change_mode(&file, 0o600);
    let size = copy::archive_size(tree);
    copy::set_nominal(c.sys.world, c.sys.host_pid(), &file, size.max(bytes.len() as u64));
    Ok(Turn::Done(0))
}

/// `docker export`.
pub fn export(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    check_output(c, "export container")?;
    let number = container::find(c.sys.world, &c.line.arguments[0])?;
    let Some(target) = c.sys.world.container(number).cloned() else { return Ok(Turn::Done(1)) };
    container::note(c.sys.world, number, "export", &[]);
    let tree = copy::export(c.sys.world, &target);
    hand_over(c, &tree)
}

/// `docker save`.
pub fn save(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    check_output(c, "save image")?;
    let images = image::to_save(c.sys.world, &c.line.arguments)?;
    for (saved, _) in &images {
        let id = saved.id.to_string();
        image::note(c.sys.world, &id, "save", &id);
    }
    hand_over(c, &bundle::write(&images))
}

/// The archive of a file, or of standard input; a turn to wait for.
fn take(c: &mut Context<'_, '_>, file: Option<&str>) -> Result<Result<Vec<u8>, Turn>, Refusal> {
    let Some(file) = file else {
        if let Some(wait) = c.read_input() {
            return Ok(Err(Turn::Wait(vec![wait])));
        }
        return Ok(Ok(std::mem::take(&mut c.client.input)));
    };
    match c.sys.read_file(file) {
        Ok(bytes) => Ok(Ok(bytes.to_vec())),
        Err(errno) => {
            let words = format!("open {file}: {}\n", errno.text().to_ascii_lowercase());
            Err(Refusal::error(1, words))
        }
    }
}

/// `docker import`.
pub fn import(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let name = name(c)?;
    let source = c.line.arguments[0].clone();
    if source.contains("://") {
        let words =
            "docker import: archives at an URL are not simulated; `curl` and `docker import -` do the same\n";
        return Err(Refusal::error(1, words));
    }
    let bytes = match take(c, Some(source.as_str()).filter(|source| *source != "-"))? {
        Ok(bytes) => bytes,
        Err(turn) => return Ok(turn),
    };
    if let Some(platform) = c.line.value("platform").filter(|p| !matches!(*p, "" | "linux" | "linux/amd64")) {
        let words =
            format!("docker import: platform {platform} is not simulated; everything here is linux/amd64\n");
        return Err(Refusal::error(1, words));
    }
    let mut remarks = remarks(c);
    if remarks.comment.is_empty() {
        "Imported from -".clone_into(&mut remarks.comment);
    }
    let id = commit::import(c.sys.world, bytes.into(), name.as_ref(), &remarks)?;
    c.print(&format!("{id}\n"));
    Ok(Turn::Done(0))
}

/// `docker load`.
pub fn load(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let file = c.line.value("input").filter(|file| !file.is_empty());
    if file.is_none() && c.sys.is_terminal(0) {
        return Err(Refusal::error(1, "requested load from stdin, but stdin is empty\n"));
    }
    let bytes = match take(c, file)? {
        Ok(bytes) => bytes,
        Err(turn) => return Ok(turn),
    };
    let (fresh, lines) = image::load(c.sys.world, &bytes)?;
    if c.sys.is_terminal(1) && !c.line.is_on("quiet") {
        for layer in fresh {
            let size = units::human_size(layer.size());
            let (short, bar) = (layer.diff_id.short(), "=".repeat(50));
            c.print(&format!("{short}: Loading layer [{bar}>] {size:>8}/{size}\n"));
        }
    }
    lines.iter().for_each(|line| c.print(&format!("{line}\n")));
    Ok(Turn::Done(0))
}
