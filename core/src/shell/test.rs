//! `test` and `[` (POSIX utilities), over whatever can look at files.

use crate::engine::syscall::{FileKind, Sys};

/// The answer, or what is wrong with the expression.
///
/// # Errors
/// The words that follow the program's name.
pub fn evaluate(sys: &Sys<'_>, arguments: &[String]) -> Result<bool, String> {
    let mut parser = Parser { sys, arguments, at: 0 };
    if arguments.is_empty() {
        return Ok(false);
    }
    let answer = parser.or()?;
    match arguments.get(parser.at) {
        Some(word) => Err(match &*sys.program() {
            "bash" => format!("{word}: binary operator expected"),
            "dash" => format!("{}: unexpected operator", arguments[parser.at.saturating_sub(1)]),
            _ => format!("{word}: unknown operand"),
        }),
        None => Ok(answer),
    }
}

struct Parser<'a, 'w> {
    sys: &'a Sys<'w>,
    arguments: &'a [String],
    at: usize,
}

impl Parser<'_, '_> {
    fn peek(&self, ahead: usize) -> Option<&str> {
        self.arguments.get(self.at + ahead).map(String::as_str)
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut answer = self.and()?;
        while self.peek(0) == Some("-o") {
            self.at += 1;
            answer |= self.and()?;
        }
        Ok(answer)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut answer = self.not()?;
        while self.peek(0) == Some("-a") {
            self.at += 1;
            answer &= self.not()?;
        }
        Ok(answer)
    }

    fn not(&mut self) -> Result<bool, String> {
        if self.peek(0) == Some("!") && self.arguments.len() - self.at > 1 {
            self.at += 1;
            return Ok(!self.not()?);
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<bool, String> {
        let left = self.peek(0).ok_or("argument expected")?.to_owned();
        if let (Some(operator), Some(right)) = (self.peek(1), self.peek(2)) {
            if let Some(answer) = binary(self.sys, &left, operator, right)? {
                self.at += 3;
                return Ok(answer);
            }
        }
        if left == "(" {
            self.at += 1;
            let answer = self.or()?;
            if self.peek(0) != Some(")") {
                return Err("closing paren expected".to_owned());
            }
            self.at += 1;
            return Ok(answer);
        }
        if let Some(operand) = self.peek(1).map(str::to_owned) {
            if let Some(answer) = unary(self.sys, &left, &operand) {
                self.at += 2;
                return Ok(answer);
            }
        }
        self.at += 1;
        Ok(!left.is_empty())
    }
}

/// An operator with one operand; nothing when it is none.
pub fn unary(sys: &Sys<'_>, operator: &str, operand: &str) -> Option<bool> {
    let stat = || sys.stat(operand).ok();
    let is = |kind| stat().is_some_and(|s| s.kind == kind);
    Some(match operator {
        "-n" => !operand.is_empty(),
        "-z" => operand.is_empty(),
        "-e" | "-a" => stat().is_some(),
        "-f" => is(FileKind::File),
        "-d" => is(FileKind::Directory),
        "-c" => is(FileKind::Character),
        "-b" => is(FileKind::Block),
        "-p" => is(FileKind::Fifo),
        "-S" => false,
        "-h" | "-L" => sys.lstat(operand).is_ok_and(|s| s.kind == FileKind::Symlink),
        "-s" => stat().is_some_and(|s| s.size > 0),
        "-r" => sys.access(operand, 4).is_ok(),
        "-w" => sys.access(operand, 2).is_ok(),
        "-x" => sys.access(operand, 1).is_ok(),
        "-u" => stat().is_some_and(|s| s.mode & 0o4000 != 0),
        "-g" => stat().is_some_and(|s| s.mode & 0o2000 != 0),
        "-k" => stat().is_some_and(|s| s.mode & 0o1000 != 0),
        "-O" => stat().is_some_and(|s| s.uid == sys.credentials().uid),
        "-t" => operand.parse().is_ok_and(|fd| sys.is_terminal(fd)),
        _ => return None,
    })
}

/// An operator with two operands; nothing when it is none.
///
/// # Errors
/// A number that is none.
pub fn binary(sys: &Sys<'_>, a: &str, operator: &str, b: &str) -> Result<Option<bool>, String> {
    let number = |t: &str| {
        t.trim().parse::<i64>().map_err(|_| match &*sys.program() {
            "dash" => format!("Illegal number: {t}"),
            "busybox" => format!("{t}: bad number"),
            _ => format!("{t}: integer expression expected"),
        })
    };
    let modified = |t: &str| sys.stat(t).map(|s| s.modified).unwrap_or(0);
    Ok(Some(match operator {
        "=" | "==" => a == b,
        "!=" => a != b,
        "<" => a < b,
        ">" => a > b,
        "-eq" => number(a)? == number(b)?,
        "-ne" => number(a)? != number(b)?,
        "-lt" => number(a)? < number(b)?,
        "-le" => number(a)? <= number(b)?,
        "-gt" => number(a)? > number(b)?,
        "-ge" => number(a)? >= number(b)?,
        "-nt" => modified(a) > modified(b),
        "-ot" => modified(a) < modified(b),
        "-ef" => {
            sys.stat(a).is_ok_and(|s| sys.stat(b).is_ok_and(|t| (s.device, s.inode) == (t.device, t.inode)))
        }
        _ => return Ok(None),
    }))
}
