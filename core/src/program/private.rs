//! A registry of one's own: how the `registry` image is set by its environment, and `htpasswd`, which makes its accounts.

use super::{C, Outcome};
use crate::engine::syscall::Sys;
use crate::registry::access::{Access, hash};

/// How a registry is set when it starts.
#[derive(Default)]
pub struct Settings {
    /// Where it listens.
    pub port: u16,
    /// Who may do what.
    pub access: Access,
    /// Nothing is ever deleted.
    pub keeps_all: bool,
    /// What is said about it in the log.
    pub said: String,
}

/// Reads the settings from the environment, as the registry does: `REGISTRY_` and the place in its file in capitals.
///
/// # Errors
/// What the registry says before it ends.
pub fn settings(sys: &mut Sys<'_>) -> Result<Settings, String> {
    let mut settings = Settings { port: 5000, ..Settings::default() };
    let variable = |sys: &Sys<'_>, name: &str| sys.variable(&format!("REGISTRY_{name}"));
    let deletes = variable(sys, "STORAGE_DELETE_ENABLED").unwrap_or_default();
    settings.keeps_all = !matches!(deletes.as_str(), "true" | "TRUE" | "True" | "1" | "t");
    if let Some(address) = variable(sys, "HTTP_ADDR") {
        let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
        settings.port =
            port.ok_or_else(|| format!("listen tcp: address {address}: missing port in address"))?;
    }
    if variable(sys, "HTTP_TLS_CERTIFICATE").is_some() {
        settings.said =
            "level=warning msg=\"TLS is not simulated: this registry speaks plain HTTP\"\n".to_owned();
    }
    match variable(sys, "AUTH").as_deref() {
        None | Some("") => return Ok(settings),
        Some("htpasswd") => {}
        Some("none") => return Ok(settings),
        Some(other) => {
            return Err(format!(
                "panic: unable to configure authorization ({other}): no access controller registered with name: {other}"
            ));
        }
    }
    let refuse = |why: &str| Err(format!("panic: unable to configure authorization (htpasswd): {why}"));
    let Some(realm) = variable(sys, "AUTH_HTPASSWD_REALM") else {
        return refuse("\"realm\" must be set for htpasswd access controller");
    };
    let Some(path) = variable(sys, "AUTH_HTPASSWD_PATH") else {
        return refuse("\"path\" must be set for htpasswd access controller");
    };
    match sys.read_file(&path) {
        Ok(bytes) => settings.access = Access::htpasswd(&realm, &String::from_utf8_lossy(&bytes)),
        Err(_) => {
            settings.access = Access::htpasswd(&realm, "");
            settings.said.push_str(&format!(
                "level=warning msg=\"htpasswd is missing, and nobody can log in\" filepath={path}\n"
            ));
        }
    }
    Ok(settings)
}

const USAGE: &str = "Usage:
	htpasswd [-cimBdpsDv] [-C cost] passwordfile username
	htpasswd -b[cmBdpsDv] [-C cost] passwordfile username password

	htpasswd -n[imBdps] [-C cost] username
	htpasswd -nb[mBdps] [-C cost] username password
 -c  Create a new file.
 -n  Don't update file; display results on stdout.
 -b  Use the password from the command line rather than prompting for it.
 -i  Read password from stdin without verification (for script usage).
 -B  Force bcrypt encryption of the password (very secure).
 -C  Set the computing time used for the bcrypt algorithm
 -D  Delete the specified user.
";

/// `htpasswd` of the Apache server. The hash has the form of bcrypt.
pub fn htpasswd(c: C<'_, '_, '_>) -> Outcome {
    let given = c.arguments.clone();
    let Ok((flags, _)) = c.options("cnbimBdpsDv", "C") else { return usage(c) };
    let on = |flag: char| flags.contains(flag);
    let first = given.iter().position(|a| !a.starts_with('-') || a == "-").unwrap_or(given.len());
    // The value of -C is no name.
    let skip =
        usize::from(first > 0 && given[first - 1].ends_with('C') && !given[first - 1].starts_with("--"));
    let mut words = given[(first + skip).min(given.len())..].iter();
    let file = if on('n') { None } else { words.next() };
    let (Some(user), password, true) = (words.next(), words.next(), on('n') || file.is_some()) else {
        return usage(c);
    };
    if words.next().is_some() || password.is_some() != on('b') {
        return usage(c);
    }
    if user.contains(':') {
        c.complain("username contains illegal character ':'");
        return Outcome::Done(5);
    }
    let password = match password {
        Some(password) => password.clone(),
        None if on('D') => String::new(),
        None if on('i') => match &c.input {
            Some(bytes) => String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned(),
            None => return Outcome::NeedsInput,
        },
        None => {
            c.complain("no password is asked for here, because all that is typed is shown: use -b or -i");
            return Outcome::Done(1);
        }
    };
    if !on('B') && !on('D') {
        c.complain("of the kinds of hash only bcrypt is made here, which is what a registry takes: add -B");
        return Outcome::Done(1);
    }
    let salt = format!("{user} {}", c.sys.now().0);
    let line = format!("{user}:{}", hash(&password, &salt));
    let Some(file) = file.cloned() else {
        c.print(&format!("{line}\n\n"));
        return Outcome::Done(0);
    };
    let user = user.clone();
    write(c, &file, &user, (!on('D')).then_some(line), on('c'))
}

fn usage(c: C<'_, '_, '_>) -> Outcome {
    c.err.extend_from_slice(USAGE.as_bytes());
    Outcome::Done(2)
}

/// Puts a line into the file, in the place of the user's earlier one, or takes that away.
fn write(c: C<'_, '_, '_>, file: &str, user: &str, line: Option<String>, create: bool) -> Outcome {
    let before = match c.sys.read_file(file) {
        _ if create => String::new(),
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => {
            c.complain(&format!("cannot modify file {file}; use '-c' to create it"));
            return Outcome::Done(1);
        }
    };
    let own = |l: &str| l.split(':').next() == Some(user);
    let had = before.lines().any(own);
    let words = match (&line, had) {
        (Some(_), true) => "Updating password for user",
        (Some(_), false) => "Adding password for user",
        (None, true) => "Deleting password for user",
        (None, false) => "User not found:",
    };
    let mut lines: Vec<String> =
        before.lines().filter(|l| line.is_some() || !own(l)).map(str::to_owned).collect();
    if let Some(line) = line {
        match lines.iter_mut().find(|l| own(l)) {
            Some(place) => *place = line,
            None => lines.push(line),
        }
    }
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    if let Err(errno) = c.sys.write_file(file, text.as_bytes()) {
        c.complain(&format!("cannot create file {file}: {errno}"));
        return Outcome::Done(1);
    }
    c.err.extend_from_slice(format!("{words} {user}\n").as_bytes());
    Outcome::Done(0)
}
