//! The ledger `docs/FIDELITY.md`: every command and flag of the table, how true it is, and the transcript that covers it.

use drydock::cli::{parse, table};
use expect_test::expect_file;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const HEAD: &str = "# Fidelity

How true each `docker` command and flag is, made from the client's own table (`core/src/cli/commands.txt`); the engine is 28.5,
the client 28.2. *exact*: the same output, errors and exit status as a real engine's, as far as is known. *simplified*: taken, and
what is simpler is said. *not simulated*: refused, with the reason. The last column names a transcript in
`core/tests/laws/transcripts/` that types it; the recordings of a real engine (`cargo xtask fidelity`) cover more.

What differs from the recordings: the address of the host's own name server in a container's `/etc/resolv.conf`, which is
the recorded machine's.

What is simplified beside flags:

- `RUN --mount=type=ssh` of a build has no agent, and nothing comes over the network by ADD or as a context;
- `docker stats` and `docker top` show memory and time by a plain model of each program;
- an image's layers are for linux/amd64 only.
";

/// The command lines of the transcripts, cut where a shell would cut them.
fn typed() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/laws/transcripts");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the transcripts are there").flatten().map(|e| e.path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let name = file.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let text = std::fs::read_to_string(&file).expect("it is text");
        for line in text.lines().filter_map(|l| l.strip_prefix("$ ")) {
            for part in line.split([';', '|', '&', '(', ')', '`']) {
                let words = part.split_whitespace().map(|w| w.trim_matches(['\'', '"']).to_owned());
                let words: Vec<String> = words.skip_while(|w| w != "docker").skip(1).collect();
                if !words.is_empty() {
                    all.push((name.clone(), words));
                }
            }
        }
    }
    all
}

/// Which transcript types which command, and which flag of it.
fn covered() -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut covered: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut add = |path: &str, flag: &str, name: &str| {
        covered.entry((path.to_owned(), flag.to_owned())).or_default().insert(name.to_owned());
    };
    for (name, words) in typed() {
        let Some(command) =
            (1..=2).rev().filter_map(|n| words.get(..n)).find_map(|w| parse::command(&w.join(" ")))
        else {
            continue;
        };
        add(command.path, "", &name);
        for word in &words {
            let (long, letters) = match (word.strip_prefix("--"), word.strip_prefix('-')) {
                (Some(long), _) => (long.split('=').next().unwrap_or_default(), ""),
                (None, Some(letters)) => ("", letters.split('=').next().unwrap_or_default()),
                _ => continue,
            };
            for flag in &command.flags {
                if flag.long == long || flag.short.is_some_and(|s| letters.contains(s)) {
                    add(command.path, flag.long, &name);
                }
            }
        }
    }
    covered
}

fn status(fidelity: &str) -> String {
    match (fidelity.strip_prefix('~'), fidelity.strip_prefix('!')) {
        (Some(""), _) => "simplified: taken, without effect".to_owned(),
        (Some(how), _) => format!("simplified: {how}"),
        (_, Some(why)) => format!("not simulated: {why}"),
        _ => "exact".to_owned(),
    }
}

#[test]
fn the_ledger_is_up_to_date() {
    let covered = covered();
    let tests = |path: &str, flag: &str| {
        let names = covered.get(&(path.to_owned(), flag.to_owned()));
        names.map_or_else(|| "".to_owned(), |n| n.iter().cloned().collect::<Vec<_>>().join(", "))
    };
    let mut text = HEAD.to_owned();
    for [path, rule, _, short] in table::heads() {
        let Some(command) = table::find(path) else { continue };
        let alias = parse::command(path).filter(|c| c.path != path);
        if rule == "group" || alias.is_some() {
            continue;
        }
        let shared = path.strip_prefix("container ").or_else(|| path.strip_prefix("image "));
        if shared.is_some_and(|bare| table::find(bare).is_some_and(|b| b.flags == command.flags)) {
            continue;
        }
        text +=
            &format!("\n## docker {path}\n\n{short}.\n\n| | how true | transcript |\n| --- | --- | --- |\n");
        text += &format!("| `docker {path}` | {} | {} |\n", status(command.fidelity), tests(path, ""));
        for flag in command.flags.iter().filter(|f| f.long != "help") {
            text +=
                &format!("| `--{}` | {} | {} |\n", flag.long, status(flag.fidelity), tests(path, flag.long));
        }
    }
    text += "\n## Not simulated\n\n| commands | what is near |\n| --- | --- |\n";
    for [first, below, near] in table::absent() {
        let near = if near == "swarm" { "the daemon says that it is in no swarm" } else { near };
        text +=
            &format!("| `docker {}` | {near} |\n", format!("{first} {}", below.replace(' ', "\\|")).trim());
    }
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/FIDELITY.md")].assert_eq(&text);
}
