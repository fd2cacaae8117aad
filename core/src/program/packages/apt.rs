//! `apt-get`, `apt`, `dpkg`: the packages of Debian and Ubuntu.

use super::{Package, Work, closure, find, shown};
use crate::time::Span;

/// The catalogue.
pub const CATALOGUE: &str = include_str!("debian.txt");

const LISTS: &str = "/var/lib/apt/lists";
const INFO: &str = "/var/lib/dpkg/info";

fn host(work: &mut Work<'_, '_>) -> (&'static str, &'static str, String) {
    let release = work.read("/etc/os-release");
    let field = |name: &str| {
        release.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().trim_matches('"').to_owned()
    };
    let codename = field("VERSION_CODENAME=");
    if field("ID=") == "ubuntu" {
        ("http://archive.ubuntu.com/ubuntu", "archive.ubuntu.com", codename)
    } else {
        ("http://deb.debian.org/debian", "deb.debian.org", codename)
    }
}

pub fn apt(work: &mut Work<'_, '_>, name: &str, arguments: &[String]) -> u8 {
    let mut words = Vec::new();
    let (mut yes, mut recommends, mut quiet) = (false, true, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "-y" | "--yes" | "--assume-yes" => yes = true,
            "--no-install-recommends" => recommends = false,
            "-q" | "-qq" | "--quiet" => quiet = argument == "-qq",
            "-yq" | "-qy" | "-yqq" | "-qqy" => (yes, quiet) = (true, argument.contains("qq")),
            "-o" | "-t" => {
                rest.next();
            }
            "--version" | "-v" => {
                work.say("apt 2.6.1 (amd64)");
                return 0;
            }
            flag if flag.starts_with('-') => {}
            word => words.push(word.to_owned()),
        }
    }
    if words.is_empty() {
        work.say(&format!("{name} 2.6.1 (amd64)\nUsage: {name} [options] command\n       {name} [options] install|remove pkg1 [pkg2 ...]"));
        return u8::from(name == "apt");
    }
    let verb = words.remove(0);
    if name == "apt" {
        work.warn("\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n");
    }
    if work.sys.credentials().uid != 0 && verb != "list" {
        work.warn("E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)");
        work.warn("E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?");
        return 100;
    }
    let code = match verb.as_str() {
        "update" => update(work),
        "install" => install(work, &words, yes, recommends),
        "remove" | "purge" | "autoremove" => remove(work, &words),
        "clean" | "autoclean" => {
            work.remove("/var/cache/apt/archives");
            0
        }
        "upgrade" | "dist-upgrade" | "full-upgrade" => {
            work.say("Reading package lists...\nBuilding dependency tree...\nReading state information...\nCalculating upgrade...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.");
            0
        }
        "list" => {
            work.say("Listing...");
            for package in installed(work) {
                work.say(&format!("{}/now {} amd64 [installed]", package.name, package.version));
            }
            0
        }
        _ => {
            work.warn(&format!("E: Invalid operation {verb}"));
            100
        }
    };
    if quiet && code == 0 {
        work.out.clear();
    }
    code
}

fn update(work: &mut Work<'_, '_>) -> u8 {
    let (url, name, codename) = host(work);
    let suites = [
        (format!("{codename} InRelease"), 151_000),
        (format!("{codename}-updates InRelease"), 55_400),
        (format!("{codename}-security InRelease"), 48_000),
    ];
    if !work.is_online() {
        for (number, (suite, _)) in suites.iter().enumerate() {
            work.say(&format!("Ign:{} {url} {suite}", number + 1));
        }
        for (number, (suite, _)) in suites.iter().enumerate() {
            work.say(&format!("Err:{} {url} {suite}\n  Temporary failure resolving '{name}'", number + 1));
        }
        work.say("Reading package lists...");
        for (suite, _) in &suites {
            let path = suite.replace(" InRelease", "/InRelease");
            work.warn(&format!(
                "W: Failed to fetch {url}/dists/{path}  Temporary failure resolving '{name}'"
            ));
        }
        work.warn(
            "W: Some index files failed to download. They have been ignored, or old ones used instead.",
        );
        work.takes = Span::seconds(6);
        return 0;
    }
    let lists = [
        (format!("{codename}/main amd64 Packages"), 8_792_000),
        (format!("{codename}-updates/main amd64 Packages"), 6_924),
        (format!("{codename}-security/main amd64 Packages"), 283_000),
    ];
    let mut number = 0;
    for (what, bytes) in suites.iter().chain(&lists) {
        number += 1;
        work.say(&format!("Get:{number} {url} {what} [{}]", shown(*bytes).replace(',', "")));
    }
    work.say("Fetched 9,337 kB in 2s (4,668 kB/s)\nReading package lists...");
    work.takes = Span::seconds(2);
    let path = format!("{LISTS}/{name}_dists_{codename}_main_binary-amd64_Packages.lz4");
    if work.put(&path, "lists of packages\n", Some(19_400_000)).is_err() {
        return 100;
    }
    0
}

fn has(work: &Work<'_, '_>, name: &str) -> bool {
    work.exists(&format!("{INFO}/{name}.list"))
}

fn installed(work: &Work<'_, '_>) -> Vec<Package> {
    let names = work.sys.read_directory(INFO).unwrap_or_default();
    names.iter().filter_map(|n| find(CATALOGUE, n.0.strip_suffix(".list")?)).collect()
}

fn install(work: &mut Work<'_, '_>, words: &[String], yes: bool, recommends: bool) -> u8 {
    work.say("Reading package lists...\nBuilding dependency tree...\nReading state information...");
    let updated = work.sys.read_directory(LISTS).is_ok_and(|names| !names.is_empty());
    let names: Vec<String> = words.iter().map(|w| w.split('=').next().unwrap_or(w).to_owned()).collect();
    let mut missing: Vec<&String> =
        names.iter().filter(|n| !updated && !has(work, n) || find(CATALOGUE, n).is_none()).collect();
    missing.dedup();
    if !missing.is_empty() {
        for name in missing {
            work.warn(&format!("E: Unable to locate package {name}"));
            if updated {
                work.hint(name);
            }
        }
        return 100;
    }
    for name in names.iter().filter(|n| has(work, n)).cloned().collect::<Vec<_>>() {
        let version = find(CATALOGUE, &name).map_or("", |p| p.version);
        work.say(&format!("{name} is already the newest version ({version})."));
    }
    let all = match closure(CATALOGUE, &names, recommends) {
        Ok(all) => all,
        Err(name) => {
            work.warn(&format!("E: Unable to locate package {name}"));
            work.hint(&name);
            return 100;
        }
    };
    let new: Vec<Package> = all.into_iter().filter(|p| !has(work, p.name)).collect();
    let mut sorted: Vec<&str> = new.iter().map(|p| p.name).collect();
    sorted.sort_unstable();
    let more: Vec<&str> = sorted.iter().copied().filter(|n| !names.iter().any(|w| w == n)).collect();
    if !more.is_empty() {
        work.say(&format!("The following additional packages will be installed:\n  {}", more.join(" ")));
    }
    if !sorted.is_empty() {
        work.say(&format!("The following NEW packages will be installed:\n  {}", sorted.join(" ")));
    }
    work.say(&format!("0 upgraded, {} newly installed, 0 to remove and 0 not upgraded.", new.len()));
    if new.is_empty() {
        return 0;
    }
    let total: u64 = new.iter().map(|p| p.size).sum();
    work.say(&format!(
        "Need to get {} of archives.\nAfter this operation, {} of additional disk space will be used.",
        shown(total / 3),
        shown(total)
    ));
    if !yes {
        work.say("Do you want to continue? [Y/n] Abort.");
        return 1;
    }
    let (url, name, codename) = host(work);
    if !work.is_online() {
        for package in &new {
            work.say(&format!(
                "Err:1 {url} {codename}/main amd64 {} amd64 {}\n  Temporary failure resolving '{name}'",
                package.name, package.version
            ));
        }
        work.warn(&format!("E: Failed to fetch {url}/pool/main  Temporary failure resolving '{name}'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?"));
        return 100;
    }
    for (number, package) in new.iter().enumerate() {
        let line = format!(
            "Get:{} {url} {codename}/main amd64 {} amd64 {} [{}]",
            number + 1,
            package.name,
            package.version,
            shown(package.size / 3).replace(',', "")
        );
        work.say(&line);
    }
    work.warn("debconf: delaying package configuration, since apt-utils is not installed");
    work.say(&format!("Fetched {} in 1s ({}/s)", shown(total / 3), shown(total / 3)));
    unpack(work, &new, total)
}

fn unpack(work: &mut Work<'_, '_>, new: &[Package], total: u64) -> u8 {
    for (number, package) in new.iter().enumerate() {
        work.say(&format!("Selecting previously unselected package {}.", package.name));
        if number == 0 {
            work.say("(Reading database ... 6090 files and directories currently installed.)");
        }
        let (name, version) = (package.name, package.version);
        work.say(&format!(
            "Preparing to unpack .../{name}_{version}_amd64.deb ...\nUnpacking {name} ({version}) ..."
        ));
        if put(work, package).is_err() {
            work.warn(&format!("dpkg: error processing archive {name} (--unpack): cannot write"));
            return 100;
        }
    }
    for package in new {
        work.say(&format!("Setting up {} ({}) ...", package.name, package.version));
    }
    work.say("Processing triggers for libc-bin (2.36-9+deb12u13) ...");
    work.spend_for(total);
    0
}

fn put(work: &mut Work<'_, '_>, package: &Package) -> Result<(), crate::kernel::errno::Errno> {
    let name = package.name;
    let mut files = vec![format!("/usr/share/doc/{name}/copyright"), format!("/usr/lib/{name}/files")];
    work.put(&files[0], &format!("{name} {}\n", package.version), None)?;
    work.put(&files[1], &format!("what {name} installs\n"), Some(package.size))?;
    for (path, program) in &package.programs {
        work.put_program(path, program, 200_000)?;
        files.push((*path).to_owned());
    }
    work.put(&format!("{INFO}/{name}.list"), &format!("/.\n{}\n", files.join("\n")), None)
}

fn remove(work: &mut Work<'_, '_>, names: &[String]) -> u8 {
    work.say("Reading package lists...\nBuilding dependency tree...\nReading state information...");
    let mut gone = 0;
    for name in names {
        if !has(work, name) {
            if find(CATALOGUE, name).is_none() {
                work.warn(&format!("E: Unable to locate package {name}"));
                return 100;
            }
            work.say(&format!("Package '{name}' is not installed, so not removed"));
            continue;
        }
        let version = find(CATALOGUE, name).map_or("", |p| p.version);
        work.say(&format!("Removing {name} ({version}) ..."));
        let list = work.read(&format!("{INFO}/{name}.list"));
        list.lines().filter(|l| *l != "/.").for_each(|path| work.remove(path));
        work.remove(&format!("{INFO}/{name}.list"));
        gone += 1;
    }
    work.say(&format!("0 upgraded, 0 newly installed, {gone} to remove and 0 not upgraded."));
    0
}

pub fn dpkg(work: &mut Work<'_, '_>, arguments: &[String]) -> u8 {
    match arguments.first().map(String::as_str) {
        Some("-l" | "--list") => {
            work.say("Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n||/ Name                     Version                  Architecture Description\n+++-========================-========================-============-===========");
            for package in installed(work) {
                work.say(&format!(
                    "ii  {:<24} {:<24} amd64        {}",
                    package.name, package.version, package.name
                ));
            }
            0
        }
        Some("-L") => {
            let name = arguments.get(1).cloned().unwrap_or_default();
            let list = work.read(&format!("{INFO}/{name}.list"));
            if list.is_empty() {
                work.warn(&format!("dpkg-query: package '{name}' is not installed"));
                return 1;
            }
            work.out.push_str(&list);
            0
        }
        Some("--print-architecture") => {
            work.say("amd64");
            0
        }
        Some("--version") => {
            work.say("Debian 'dpkg' package management program version 1.21.22 (amd64).");
            0
        }
        _ => {
            work.warn("dpkg: Drydock simulates -l, -L, --print-architecture and --version");
            2
        }
    }
}
