//! Who may do what to a file: `chmod`, `chown`.

use super::{C, Outcome};
use crate::engine::syscall::FileKind;
use crate::kernel::errno::Errno;
use crate::program::files::each;

pub fn chmod(c: C<'_, '_, '_>) -> Outcome {
    let deep = c.arguments.first().is_some_and(|a| a == "-R");
    if deep {
        c.arguments.remove(0);
    }
    if c.arguments.len() < 2 {
        c.complain("missing operand");
        return Outcome::Done(1);
    }
    let mode = c.arguments.remove(0);
    if apply_mode(&mode, 0, false).is_none() {
        c.complain(&format!("invalid mode '{mode}'"));
        return Outcome::Done(1);
    }
    if deep {
        super::lines::spread(c, true);
    }
    each(c, "cannot access", |c, path| {
        let stat = c.sys.stat(path)?;
        let new = apply_mode(&mode, stat.mode, stat.kind == FileKind::Directory).ok_or(Errno::EINVAL)?;
        c.sys.change_mode(path, new)
    })
}

/// A mode as `chmod` writes it, octal or symbolic.
fn apply_mode(text: &str, old: u32, directory: bool) -> Option<u32> {
    if let Ok(mode) = u32::from_str_radix(text, 8) {
        return Some(mode);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let shifts: Vec<u32> = if who.is_empty() || who.contains('a') {
            vec![6, 3, 0]
        } else {
            [('u', 6), ('g', 3), ('o', 0)].iter().filter(|w| who.contains(w.0)).map(|w| w.1).collect()
        };
        let mut bits = 0;
        for letter in rest[1..].chars() {
            bits |= match letter {
                'r' => 4,
                'w' => 2,
                'x' => 1,
                's' | 't' => continue,
                'X' => u32::from(directory || old & 0o111 != 0),
                _ => return None,
            };
        }
        for shift in shifts {
            match &rest[..1] {
                "+" => mode |= bits << shift,
                "-" => mode &= !(bits << shift),
                _ => mode = mode & !(7 << shift) | bits << shift,
            }
        }
    }
    Some(mode)
}

pub fn chown(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "Rhv", "");
    if c.arguments.len() < 2 {
        c.complain("missing operand");
        return Outcome::Done(1);
    }
    let mut owner = c.arguments.remove(0);
    if c.name == "chgrp" {
        owner.insert(0, ':');
    }
    let user = match crate::engine::exec::user(c.sys, &owner, &[]) {
        Ok(user) => user,
        Err(_) => {
            let kind = if c.sys.is_busybox() { "unknown user" } else { "invalid user:" };
            c.complain(&format!("{kind} {owner}"));
            return Outcome::Done(1);
        }
    };
    let group = owner.contains(':').then_some(user.gid);
    let uid = (!owner.starts_with(':')).then_some(user.uid);
    let deep = flags.contains('R');
    if deep {
        super::lines::spread(c, true);
    }
    each(c, "changing ownership of", |c, path| c.sys.change_owner(path, uid, group))
}
