//! `apk`: the packages of Alpine Linux.

use super::{Package, Work, closure, find};

/// The catalogue.
pub const CATALOGUE: &str = include_str!("alpine.txt");

const DATABASE: &str = "/lib/apk/db/installed";
const WORLD: &str = "/etc/apk/world";

/// Packages that every Alpine has, and their size together in MiB.
const BASE: (usize, u64) = (16, 8);

fn installed(work: &mut Work<'_, '_>) -> Vec<Package> {
    let text = work.read(DATABASE);
    text.lines().filter_map(|l| find(CATALOGUE, l.strip_prefix("P:")?)).collect()
}

fn record(work: &mut Work<'_, '_>, packages: &[Package]) -> Result<(), crate::kernel::errno::Errno> {
    let text: String = packages.iter().map(|p| format!("P:{}\nV:{}\n\n", p.name, p.version)).collect();
    work.put(DATABASE, &text, None)
}

fn fetch(work: &mut Work<'_, '_>) -> bool {
    let release = work.read("/etc/alpine-release");
    let version: Vec<&str> = release.trim().split('.').take(2).collect();
    let online = work.is_online();
    for part in ["main", "community"] {
        let url = format!("https://dl-cdn.alpinelinux.org/alpine/v{}/{part}", version.join("."));
        if online {
            work.say(&format!("fetch {url}/x86_64/APKINDEX.tar.gz"));
        } else {
            work.warn(&format!("WARNING: fetching {url}: temporary error (try again later)"));
        }
    }
    online
}

pub fn apk(work: &mut Work<'_, '_>, arguments: &[String]) -> u8 {
    let mut words = Vec::new();
    let (mut no_cache, mut group) = (false, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--no-cache" => no_cache = true,
            "-t" | "--virtual" => group = rest.next().cloned(),
            "-X" | "--repository" => {
                rest.next();
            }
            "--version" | "-V" => words.push("--version".to_owned()),
            flag if flag.starts_with('-') => {}
            word => words.push(word.to_owned()),
        }
    }
    if words.is_empty() {
        work.say(
            "apk-tools 2.14.9, compiled for x86_64.\n\nusage: apk [<OPTIONS>...] COMMAND [<ARGUMENTS>...]",
        );
        return 1;
    }
    let verb = words.remove(0);
    if work.sys.credentials().uid != 0 && matches!(verb.as_str(), "add" | "del" | "update" | "upgrade") {
        work.warn("ERROR: Unable to lock database: Permission denied\nERROR: Failed to open apk database: Permission denied");
        return 99;
    }
    match verb.as_str() {
        "add" => add(work, &words, no_cache, group),
        "del" => del(work, &words),
        "update" | "upgrade" => {
            if !fetch(work) {
                work.warn("2 unavailable, 0 stale; 0 distinct packages available");
                return if verb == "update" { 2 } else { 1 };
            }
            work.say(if verb == "update" { "v3.22.2 [https://dl-cdn.alpinelinux.org/alpine/v3.22/main]\nOK: 26329 distinct packages available" } else { "OK: 8 MiB in 16 packages" });
            0
        }
        "info" | "list" => {
            for package in installed(work) {
                work.say(package.name);
            }
            0
        }
        "--version" => {
            work.say("apk-tools 2.14.9, compiled for x86_64.");
            0
        }
        _ => {
            work.warn(&format!("apk: Drydock does not simulate apk {verb}"));
            1
        }
    }
}

fn refused(work: &mut Work<'_, '_>, missing: &[String], known: bool) -> u8 {
    work.warn("ERROR: unable to select packages:");
    for name in missing {
        work.warn(&format!("  {name} (no such package):\n    required by: world[{name}]"));
    }
    if known {
        missing.iter().for_each(|name| work.hint(name));
    }
    missing.len().min(99) as u8
}

fn add(work: &mut Work<'_, '_>, words: &[String], no_cache: bool, group: Option<String>) -> u8 {
    let names: Vec<String> =
        words.iter().map(|w| w.split(['=', '~', '<', '>']).next().unwrap_or(w).to_owned()).collect();
    let online = fetch(work);
    if !online {
        return refused(work, &names, false);
    }
    let missing: Vec<String> = names.iter().filter(|n| find(CATALOGUE, n).is_none()).cloned().collect();
    if !missing.is_empty() {
        return refused(work, &missing, true);
    }
    let all = match closure(CATALOGUE, &names, false) {
        Ok(all) => all,
        Err(name) => return refused(work, &[name], true),
    };
    let mut have = installed(work);
    let new: Vec<Package> = all.into_iter().filter(|p| !have.iter().any(|h| h.name == p.name)).collect();
    let count = new.len() + usize::from(group.is_some());
    for (number, package) in new.iter().enumerate() {
        work.say(&format!("({}/{count}) Installing {} ({})", number + 1, package.name, package.version));
        let written = work.put(
            &format!("/usr/lib/{}/files", package.name),
            &format!("what {} installs\n", package.name),
            Some(package.size),
        );
        let written = package.programs.iter().fold(written, |done, (path, program)| {
            done.and_then(|()| work.put_program(path, program, 200_000))
        });
        if written.is_err() {
            work.warn(&format!("ERROR: {}-{}: failed to write", package.name, package.version));
            return 1;
        }
        if !no_cache {
            let cached = format!("/var/cache/apk/{}-{}.apk", package.name, package.version);
            let _ = work.put(&cached, "an archive\n", Some(package.size / 3));
        }
        work.spend_for(package.size);
    }
    let mut world = work.read(WORLD);
    if let Some(group) = &group {
        work.say(&format!("({count}/{count}) Installing {group} (20260105.090000)"));
        world.push_str(&format!("{group}={}\n", names.join(",")));
    } else {
        names.iter().for_each(|name| world.push_str(&format!("{name}\n")));
    }
    have.extend(new.iter().cloned());
    if work.put(WORLD, &world, None).is_err() || record(work, &have).is_err() {
        return 1;
    }
    if !new.is_empty() {
        work.say("Executing busybox-1.37.0-r19.trigger");
    }
    total(work, &have);
    0
}

fn total(work: &mut Work<'_, '_>, have: &[Package]) {
    let bytes: u64 = have.iter().map(|p| p.size).sum();
    work.say(&format!("OK: {} MiB in {} packages", BASE.1 + bytes / 1_048_576, BASE.0 + have.len()));
}

fn del(work: &mut Work<'_, '_>, words: &[String]) -> u8 {
    let world = work.read(WORLD);
    let mut kept: Vec<&str> = world.lines().collect();
    let before = kept.len();
    kept.retain(|l| !words.iter().any(|w| l.split('=').next() == Some(w)));
    if kept.len() == before && !words.is_empty() {
        work.warn(&format!(
            "World updated, but the following packages are not removed due to: {}",
            words.join(" ")
        ));
        return 0;
    }
    let wanted: Vec<String> = kept
        .iter()
        .flat_map(|l| l.split_once('=').map_or(*l, |p| p.1).split(','))
        .map(str::to_owned)
        .collect();
    let needed = closure(CATALOGUE, &wanted, false).unwrap_or_default();
    let have = installed(work);
    let (stay, go): (Vec<Package>, Vec<Package>) =
        have.into_iter().partition(|p| needed.iter().any(|n| n.name == p.name));
    for (number, package) in go.iter().enumerate() {
        work.say(&format!("({}/{}) Purging {} ({})", number + 1, go.len(), package.name, package.version));
        work.remove(&format!("/usr/lib/{}", package.name));
        package.programs.iter().for_each(|(path, _)| work.remove(path));
    }
    let text = kept.join("\n") + if kept.is_empty() { "" } else { "\n" };
    if work.put(WORLD, &text, None).is_err() || record(work, &stay).is_err() {
        return 1;
    }
    work.say("Executing busybox-1.37.0-r19.trigger");
    total(work, &stay);
    0
}
