//! What `npm install` and `yarn install` put into `node_modules`.

use super::super::{Package, Work, closure, find};
use super::{CATALOGUE, manifest};
use serde_json::{Value, json};

/// A package that is to be installed, and whether the catalogue has it.
struct Wanted {
    name: String,
    version: String,
    size: u64,
    known: Option<Package>,
}

pub fn no_manifest(work: &mut Work<'_, '_>, name: &str) -> u8 {
    let directory = work.sys.directory();
    let path = format!("{}/package.json", directory.trim_end_matches('/'));
    match name {
        "yarn" => {
            work.say("yarn run v1.22.22");
            work.warn(&format!("error Couldn't find a package.json file in \"{directory}\""));
        }
        _ => work.warn(&format!("npm error code ENOENT\nnpm error syscall open\nnpm error path {path}\nnpm error errno -2\nnpm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '{path}'\nnpm error enoent This is related to npm not being able to find a file.\nnpm error enoent")),
    }
    if name == "yarn" { 1 } else { 254 }
}

/// The names that a manifest asks for, with the versions it names.
fn asked(manifest: &Value, dev: bool) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for key in ["dependencies", "devDependencies"].iter().take(if dev { 2 } else { 1 }) {
        for (name, version) in manifest[*key].as_object().into_iter().flatten() {
            all.push((name.clone(), version.as_str().unwrap_or("latest").to_owned()));
        }
    }
    all
}

/// Everything that is needed for these names. What the catalogue lacks is a package that nothing is known of.
fn wanted(names: &[(String, String)]) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for (name, asked) in names {
        match closure(CATALOGUE, std::slice::from_ref(name), false) {
            Ok(packages) => {
                for package in packages {
                    if all.iter().any(|w| w.name == package.name) {
                        continue;
                    }
                    let exact = asked.starts_with(|c: char| c.is_ascii_digit()) && package.name == name;
                    let version = if exact { asked.clone() } else { package.version.to_owned() };
                    all.push(Wanted {
                        name: package.name.to_owned(),
                        version,
                        size: package.size,
                        known: Some(package),
                    });
                }
            }
            Err(_) => {
                let version = asked.trim_start_matches(['^', '~', '>', '=', ' ']).to_owned();
                all.push(Wanted { name: name.clone(), version, size: 40_000, known: None });
            }
        }
    }
    all
}

fn put(
    work: &mut Work<'_, '_>,
    root: &str,
    bin: &str,
    package: &Wanted,
) -> Result<(), crate::kernel::errno::Errno> {
    let directory = format!("{root}/{}", package.name);
    let own = json!({ "name": package.name, "version": package.version, "main": "index.js" });
    work.put(&format!("{directory}/package.json"), &format!("{own:#}\n"), None)?;
    work.put(
        &format!("{directory}/index.js"),
        &format!("// {} {}\n", package.name, package.version),
        Some(package.size),
    )?;
    for (path, program) in package.known.iter().flat_map(|k| &k.programs) {
        work.put_program(&format!("{bin}/{path}"), program, 2_000)?;
    }
    Ok(())
}

/// Puts what is missing there; how many packages were added, or the code of a failure.
fn put_all(work: &mut Work<'_, '_>, all: &[Wanted], root: &str, bin: &str, name: &str) -> Result<usize, u8> {
    let mut added = 0;
    let missing = all.iter().any(|p| !work.exists(&format!("{root}/{}/package.json", p.name)));
    if missing && !work.is_online() {
        let words = match name {
            "yarn" => {
                "info There appears to be trouble with your network connection. Retrying...\nerror An unexpected error occurred: \"https://registry.yarnpkg.com/: getaddrinfo EAI_AGAIN registry.yarnpkg.com\"."
            }
            _ => {
                "npm error code EAI_AGAIN\nnpm error syscall getaddrinfo\nnpm error errno EAI_AGAIN\nnpm error request to https://registry.npmjs.org/ failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org"
            }
        };
        work.warn(words);
        return Err(1);
    }
    for package in all {
        if work.exists(&format!("{root}/{}/package.json", package.name)) {
            continue;
        }
        if let Err(errno) = put(work, root, bin, package) {
            work.warn(&format!("{name} error code {errno:?}\n{name} error path {root}\n{name} error {errno:?}: {errno}, mkdir '{root}'"));
            return Err(243);
        }
        if package.known.is_none() {
            work.warn(&format!("drydock: {} is not in the simulated catalogue; it stands as a package that nothing is known of", package.name));
        }
        added += 1;
        work.spend_for(package.size);
    }
    Ok(added)
}

pub fn install(work: &mut Work<'_, '_>, name: &str, named: &[&str], dev: bool, arguments: &[String]) -> u8 {
    let global = arguments.iter().any(|a| a == "-g" || a == "--global");
    let mut own = manifest(work);
    if own.is_none() && named.is_empty() {
        return no_manifest(work, name);
    }
    let split = |word: &str| match word.get(1..).and_then(|w| w.rfind('@')) {
        Some(at) => (word[..=at].to_owned(), word[at + 2..].to_owned()),
        None => (word.to_owned(), String::new()),
    };
    let given: Vec<(String, String)> = named.iter().map(|w| split(w)).collect();
    if let Some((missing, _)) = given.iter().find(|g| find(CATALOGUE, &g.0).is_none()) {
        match name {
            "yarn" => work.warn(&format!("error Couldn't find package \"{missing}\" on the \"npm\" registry.")),
            _ => work.warn(&format!("npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/{missing} - Not found\nnpm error 404\nnpm error 404  '{missing}@*' is not in this registry.")),
        }
        work.hint(missing);
        return 1;
    }
    let (root, bin) = match global {
        true => ("/usr/local/lib/node_modules".to_owned(), "/usr/local/bin".to_owned()),
        false => {
            let directory = work.sys.directory();
            let root = format!("{}/node_modules", directory.trim_end_matches('/'));
            (root.clone(), format!("{root}/.bin"))
        }
    };
    let mut names = given.clone();
    if !global {
        names.extend(own.iter().flat_map(|m| asked(m, dev)));
    }
    let all = wanted(&names);
    if name == "yarn" {
        return yarn(work, &all, &root, &bin, own.as_ref(), &given);
    }
    let added = match put_all(work, &all, &root, &bin, "npm") {
        Ok(added) => added,
        Err(code) => return code,
    };
    if !global {
        let mut whole = own.take().unwrap_or_else(|| json!({}));
        if !given.is_empty() {
            save(work, &mut whole, &given, &all, arguments.iter().any(|a| a == "-D" || a == "--save-dev"));
        }
        lock(work, &whole, &all);
    }
    report(work, added, all.len());
    0
}

/// The manifest with what was added to it.
fn save(work: &mut Work<'_, '_>, whole: &mut Value, given: &[(String, String)], all: &[Wanted], dev: bool) {
    let key = if dev { "devDependencies" } else { "dependencies" };
    for (name, _) in given {
        let version = all.iter().find(|w| w.name == *name).map_or("latest", |w| &w.version);
        whole[key][name] = Value::from(format!("^{version}"));
    }
    let _ = work.put("package.json", &format!("{whole:#}\n"), None);
}

fn lock(work: &mut Work<'_, '_>, whole: &Value, all: &[Wanted]) {
    let mut packages = serde_json::Map::new();
    packages.insert(
        String::new(),
        json!({ "name": whole["name"], "version": whole["version"], "dependencies": whole["dependencies"] }),
    );
    for package in all {
        let resolved = format!("https://registry.npmjs.org/{0}/-/{0}-{1}.tgz", package.name, package.version);
        packages.insert(
            format!("node_modules/{}", package.name),
            json!({ "version": package.version, "resolved": resolved }),
        );
    }
    let text = json!({ "name": whole["name"], "version": whole["version"], "lockfileVersion": 3, "requires": true, "packages": packages });
    let _ = work.put("package-lock.json", &format!("{text:#}\n"), None);
}

fn report(work: &mut Work<'_, '_>, added: usize, all: usize) {
    let seconds = work.takes.as_seconds().max(1);
    let plural = |n: usize| if n == 1 { "package" } else { "packages" };
    match added {
        0 => work.say(&format!("\nup to date, audited {} {} in {seconds}s", all + 1, plural(all + 1))),
        n => work.say(&format!(
            "\nadded {n} {}, and audited {} {} in {seconds}s",
            plural(n),
            all + 1,
            plural(all + 1)
        )),
    }
    work.say("\nfound 0 vulnerabilities");
}

fn yarn(
    work: &mut Work<'_, '_>,
    all: &[Wanted],
    root: &str,
    bin: &str,
    own: Option<&Value>,
    given: &[(String, String)],
) -> u8 {
    let locked = work.exists("yarn.lock");
    let verb = if given.is_empty() { "install" } else { "add" };
    work.say(&format!("yarn {verb} v1.22.22"));
    if !locked {
        work.say("info No lockfile found.");
    }
    let before = work.out.len();
    work.say("[1/4] Resolving packages...");
    let missing = all.iter().any(|p| !work.exists(&format!("{root}/{}/package.json", p.name)));
    if !missing && locked {
        work.say("success Already up-to-date.\nDone in 0.12s.");
        return 0;
    }
    work.say("[2/4] Fetching packages...");
    if let Err(code) = put_all(work, all, root, bin, "yarn") {
        work.out.truncate(before);
        work.say("[1/4] Resolving packages...");
        return code;
    }
    work.say("[3/4] Linking dependencies...\n[4/4] Building fresh packages...");
    let mut whole = own.cloned().unwrap_or_else(|| json!({}));
    if !given.is_empty() {
        save(work, &mut whole, given, all, false);
    }
    if !locked || !given.is_empty() {
        let mut text =
            "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n\n"
                .to_owned();
        for package in all {
            text.push_str(&format!("\n{0}@^{1}:\n  version \"{1}\"\n  resolved \"https://registry.yarnpkg.com/{0}/-/{0}-{1}.tgz\"\n", package.name, package.version));
        }
        if work.put("yarn.lock", &text, None).is_ok() {
            work.say("success Saved lockfile.");
        }
    }
    let _ = work.put(
        "/usr/local/share/.cache/yarn/v6/archives",
        "archives\n",
        Some(all.iter().map(|p| p.size).sum()),
    );
    work.say(&format!("Done in {}.", seconds(work)));
    0
}

fn seconds(work: &Work<'_, '_>) -> String {
    format!("{}s", crate::decimal::fixed(work.takes.as_seconds_f64(), 2))
}

pub fn clean_install(work: &mut Work<'_, '_>, dev: bool) -> u8 {
    let Some(own) = manifest(work) else { return no_manifest(work, "npm") };
    if !work.exists("package-lock.json") && !work.exists("npm-shrinkwrap.json") {
        work.warn("npm error code EUSAGE\nnpm error\nnpm error The `npm ci` command can only install with an existing package-lock.json or\nnpm error npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 or\nnpm error later to generate a package-lock.json file, then try again.");
        return 1;
    }
    let directory = work.sys.directory();
    let root = format!("{}/node_modules", directory.trim_end_matches('/'));
    work.remove(&root);
    let all = wanted(&asked(&own, dev));
    match put_all(work, &all, &root, &format!("{root}/.bin"), "npm") {
        Ok(added) => report(work, added, all.len()),
        Err(code) => return code,
    }
    0
}

pub fn list(work: &mut Work<'_, '_>) -> u8 {
    let Some(own) = manifest(work) else { return no_manifest(work, "npm") };
    let directory = work.sys.directory();
    work.say(&format!(
        "{}@{} {directory}",
        own["name"].as_str().unwrap_or_default(),
        own["version"].as_str().unwrap_or_default()
    ));
    let all = asked(&own, true);
    for (number, (name, _)) in all.iter().enumerate() {
        let text = work.read(&format!("node_modules/{name}/package.json"));
        let installed: Value = serde_json::from_str(&text).unwrap_or_default();
        let branch = if number + 1 == all.len() { "└──" } else { "├──" };
        match installed["version"].as_str() {
            Some(version) => work.say(&format!("{branch} {name}@{version}")),
            None => work.say(&format!("{branch} UNMET DEPENDENCY {name}")),
        }
    }
    work.say("");
    0
}
