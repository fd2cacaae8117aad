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
    if crate::files::mode::apply(&mode, 0, false).is_none() {
        c.complain(&format!("invalid mode '{mode}'"));
        return Outcome::Done(1);
    }
    if deep {
        super::lines::spread(c, true);
    }
    each(c, "cannot access", |c, path| {
        let stat = c.sys.stat(path)?;
        let new = crate::files::mode::apply(&mode, stat.mode, stat.kind == FileKind::Directory)
            .ok_or(Errno::EINVAL)?;
        c.sys.change_mode(path, new)
    })
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
