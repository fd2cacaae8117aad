//! `pip`: the packages of Python.

use super::{Work, closure, find, shown};

/// The catalogue.
pub const CATALOGUE: &str = include_str!("python.txt");

fn site(work: &Work<'_, '_>) -> String {
    let version = work.sys.variable("PYTHON_VERSION").unwrap_or_else(|| "3.13.9".to_owned());
    let minor: Vec<&str> = version.split('.').take(2).collect();
    format!("/usr/local/lib/python{}/site-packages", minor.join("."))
}

/// A name as the index writes it.
fn plain(requirement: &str) -> String {
    let name = requirement.split(['=', '<', '>', '~', '!', '[', ';', ' ']).next().unwrap_or_default();
    name.to_ascii_lowercase().replace('_', "-")
}

fn installed(work: &Work<'_, '_>) -> Vec<(String, String)> {
    let names = work.sys.read_directory(&site(work)).unwrap_or_default();
    let found = names.iter().filter_map(|n| n.0.strip_suffix(".dist-info")?.rsplit_once('-'));
    found.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}

pub fn pip(work: &mut Work<'_, '_>, arguments: &[String]) -> u8 {
    let mut words = Vec::new();
    let (mut cache, mut files) = (true, Vec::new());
    let quiet = arguments.iter().any(|a| a == "-q" || a == "--quiet");
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--no-cache-dir" => cache = false,
            "-r" | "--requirement" => files.extend(rest.next().cloned()),
            "-V" | "--version" => {
                let site = site(work);
                let minor =
                    site.split('/').nth(4).unwrap_or_default().trim_start_matches("python").to_owned();
                work.say(&format!("pip 25.2 from {site}/pip (python {minor})"));
                return 0;
            }
            "-i" | "--index-url" | "--target" | "-t" => {
                rest.next();
            }
            flag if flag.starts_with("-r") => files.push(flag[2..].to_owned()),
            flag if flag.starts_with('-') => {}
            word => words.push(word.to_owned()),
        }
    }
    if words.is_empty() {
        work.say("\nUsage:\n  pip <command> [options]\n\nCommands:\n  install                     Install packages.\n  uninstall                   Uninstall packages.\n  freeze                      Output installed packages in requirements format.\n  list                        List installed packages.");
        return 0;
    }
    match words.remove(0).as_str() {
        "install" => {
            let code = install(work, &words, &files, cache);
            if quiet {
                work.out.clear();
            }
            code
        }
        "freeze" => {
            for (name, version) in installed(work) {
                work.say(&format!("{name}=={version}"));
            }
            0
        }
        "list" => {
            let all = installed(work);
            let width = all.iter().map(|p| p.0.len()).max().unwrap_or(7).max(7);
            work.say(&format!("{:<width$} Version\n{} -------", "Package", "-".repeat(width)));
            for (name, version) in all {
                work.say(&format!("{name:<width$} {version}"));
            }
            0
        }
        "uninstall" => {
            for name in words {
                let all = installed(work);
                let Some((own, version)) = all.into_iter().find(|p| p.0 == plain(&name)) else {
                    work.warn(&format!("WARNING: Skipping {name} as it is not installed."));
                    continue;
                };
                let site = site(work);
                work.remove(&format!("{site}/{}", module_of(&own)));
                work.remove(&format!("{site}/{own}-{version}.dist-info"));
                work.say(&format!("Found existing installation: {own} {version}\nUninstalling {own}-{version}:\n  Successfully uninstalled {own}-{version}"));
            }
            0
        }
        "check" => {
            work.say("No broken requirements found.");
            0
        }
        other => {
            work.warn(&format!("ERROR: unknown command \"{other}\""));
            1
        }
    }
}

/// The module that a package is imported by.
fn module_of(name: &str) -> String {
    match name {
        "psycopg2-binary" => "psycopg2".to_owned(),
        "mysql-connector-python" | "mysql-connector" => "mysql".to_owned(),
        "python-dotenv" => "dotenv".to_owned(),
        "pyyaml" => "yaml".to_owned(),
        "pillow" => "PIL".to_owned(),
        name => name.replace('-', "_"),
    }
}

/// The names of what is wanted and not installed; what nobody has ends it.
fn missing(work: &mut Work<'_, '_>, wanted: &[(String, String)]) -> Result<Vec<String>, u8> {
    if wanted.is_empty() {
        work.warn("ERROR: You must give at least one requirement to install (see \"pip help install\")");
        return Err(1);
    }
    let have = installed(work);
    let mut names = Vec::new();
    for (requirement, from) in wanted {
        let name = plain(requirement);
        if have.iter().any(|h| h.0 == name) {
            work.say(&format!("Requirement already satisfied: {requirement} in {}{from}", site(work)));
            continue;
        }
        if !work.is_online() {
            let host = format!("/simple/{name}/");
            for left in (0..5).rev() {
                work.warn(&format!("WARNING: Retrying (Retry(total={left}, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': {host}"));
            }
        }
        if !work.is_online() || find(CATALOGUE, &name).is_none() {
            work.warn(&format!("ERROR: Could not find a version that satisfies the requirement {requirement} (from versions: none)\nERROR: No matching distribution found for {requirement}"));
            if work.is_online() {
                work.hint(&name);
            }
            return Err(1);
        }
        names.push(name);
    }
    Ok(names)
}

fn install(work: &mut Work<'_, '_>, words: &[String], files: &[String], cache: bool) -> u8 {
    let mut wanted: Vec<(String, String)> =
        words.iter().filter(|w| *w != ".").map(|w| (w.clone(), String::new())).collect();
    for file in files {
        if !work.exists(file) {
            work.warn(&format!(
                "ERROR: Could not open requirements file: [Errno 2] No such file or directory: '{file}'"
            ));
            return 1;
        }
        let text = work.read(file);
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() && !line.starts_with('-') {
                wanted.push((line.to_owned(), format!(" (from -r {file} (line {}))", number + 1)));
            }
        }
    }
    let names = match missing(work, &wanted) {
        Ok(names) => names,
        Err(code) => return code,
    };
    let have = installed(work);
    let all = match closure(CATALOGUE, &names, false) {
        Ok(all) => all,
        Err(name) => {
            work.hint(&name);
            return 1;
        }
    };
    let pinned = |name: &str| {
        wanted
            .iter()
            .find(|w| plain(&w.0) == name)
            .and_then(|w| w.0.split_once("=="))
            .map(|p| p.1.split([';', ' ']).next().unwrap_or_default().to_owned())
    };
    let new: Vec<_> = all
        .into_iter()
        .filter(|p| !have.iter().any(|h| h.0 == p.name))
        .map(|p| (pinned(p.name).unwrap_or_else(|| p.version.to_owned()), p))
        .collect();
    let wheel = |name: &str, version: &str| format!("{}-{version}-py3-none-any.whl", name.replace('-', "_"));
    let is_wanted = |name: &str| wanted.iter().any(|w| plain(&w.0) == name);
    let (first, then): (Vec<_>, Vec<_>) = new.iter().partition(|n| is_wanted(n.1.name));
    for (version, package) in first.into_iter().chain(then) {
        let from = wanted.iter().find(|w| plain(&w.0) == package.name);
        let (requirement, from) = from.map_or((package.name, ""), |w| (w.0.as_str(), w.1.as_str()));
        work.say(&format!(
            "Collecting {requirement}{from}\n  Downloading {}.metadata (3.2 kB)",
            wheel(package.name, version)
        ));
    }
    for (version, package) in &new {
        work.say(&format!("Downloading {} ({})", wheel(package.name, version), shown(package.size / 3)));
    }
    if new.is_empty() {
        return 0;
    }
    let listed: Vec<&str> = new.iter().map(|p| p.1.name).collect();
    work.say(&format!("Installing collected packages: {}", listed.join(", ")));
    let site = site(work);
    for (version, package) in &new {
        let module = module_of(package.name);
        let mut written = work.put(
            &format!("{site}/{module}/__init__.py"),
            &format!("# {} {version}\n", package.name),
            Some(package.size),
        );
        let metadata = format!("Name: {}\nVersion: {version}\n", package.name);
        written = written.and_then(|()| {
            work.put(&format!("{site}/{}-{version}.dist-info/METADATA", package.name), &metadata, None)
        });
        for (path, program) in &package.programs {
            written = written.and_then(|()| work.put_program(path, program, 200));
        }
        if cache {
            let _ = work.put(
                &format!("/root/.cache/pip/http-v2/{}", package.name),
                "a wheel\n",
                Some(package.size / 3),
            );
        }
        if let Err(errno) = written {
            work.warn(&format!("ERROR: Could not install packages due to an OSError: {errno}: '{site}'"));
            return 1;
        }
        work.spend_for(package.size);
    }
    let mut done: Vec<String> =
        new.iter().map(|(version, package)| format!("{}-{version}", package.name)).collect();
    done.sort();
    work.say(&format!("Successfully installed {}", done.join(" ")));
    if work.sys.credentials().uid == 0 {
        work.warn("WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager, possibly rendering your system unusable. It is recommended to use a virtual environment instead: https://pip.pypa.io/warnings/venv. Use the --root-user-action option if you know what you are doing and want to suppress this warning.");
    }
    0
}
