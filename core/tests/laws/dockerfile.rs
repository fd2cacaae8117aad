//! Dockerfiles: what is printed of one reads as the same again, and those that people wrote are read and built, or say
//! what is not simulated.

use super::entry;
use drydock::build::dockerfile::{Dockerfile, HereDocument, Instruction, read};
use drydock::engine::World;
use drydock::engine::build::{self, Request};
use drydock::files::{Inode, Tree};
use drydock::machine;
use drydock::time::Span;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The file without the places of its instructions.
fn placeless(mut file: Dockerfile) -> Dockerfile {
    file.gaps.clear();
    for instruction in &mut file.instructions {
        (instruction.first, instruction.last) = (0, 0);
    }
    file
}

/// One line of words that mean something in a Dockerfile, without an escape at its end.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a",
        "b.txt",
        "/dest/",
        "$x",
        "${y:-z}",
        "\"two words\"",
        "'$q'",
        "k=v",
        "k=\"a b\"",
        "&&",
        "\\$x",
        "\\\\",
        "--flag",
        "[\"a\", \"b\"]",
        "[1]",
        "#no",
        "as",
        "AS",
        "é",
        "80/tcp",
        "CMD",
        "=",
        "--",
    ]);
    prop::collection::vec(word, 1..6).prop_map(|w| w.join(" "))
}

fn instruction() -> impl Strategy<Value = Instruction> {
    let name = prop::sample::select(vec![
        "FROM",
        "from",
        "Run",
        "RUN",
        "COPY",
        "ADD",
        "ENV",
        "LABEL",
        "CMD",
        "ENTRYPOINT",
        "WORKDIR",
        "USER",
        "ARG",
        "EXPOSE",
        "VOLUME",
        "HEALTHCHECK",
        "SHELL",
        "STOPSIGNAL",
        "ONBUILD",
        "MAINTAINER",
        "NOSUCH",
    ]);
    let flag = prop::sample::select(vec![
        "from=a",
        "chown=1:2",
        "link",
        "mount=type=cache,target=/x y",
        "x=\"q\"",
        "p=\\",
    ]);
    let comment = "[a-z][a-z =]{0,8}[a-z]";
    let text = "([a-z$ ]{0,9}\n){0,3}";
    (
        name,
        prop::collection::vec(flag, 0..3),
        words(),
        prop::collection::vec(comment, 0..3),
        prop::option::of((text, any::<bool>(), any::<bool>())),
    )
        .prop_map(|(name, flags, words, comments, document)| {
            let mut instruction = Instruction {
                name: name.to_ascii_uppercase(),
                written: name.to_owned(),
                flags: flags.into_iter().map(str::to_owned).collect(),
                text: words,
                comments,
                ..Instruction::default()
            };
            let takes = matches!(instruction.name.as_str(), "RUN" | "COPY" | "ADD");
            if let Some((text, expand, chomp)) = document.filter(|_| takes) {
                let dash = if chomp { "-" } else { "" };
                let quote = if expand { "" } else { "'" };
                instruction.text = format!("<<{dash}{quote}END{quote} {}", instruction.text);
                instruction.documents.push(HereDocument { name: "END".to_owned(), expand, chomp, text });
            }
            instruction
        })
}

fn file() -> impl Strategy<Value = Dockerfile> {
    let directive = prop::sample::select(vec!["", "docker/dockerfile:1", "x=y"]);
    let check = prop::sample::select(vec!["", "skip=all", "skip=A;error=true"]);
    (any::<bool>(), directive, check, prop::collection::vec(instruction(), 1..7)).prop_map(
        |(tick, syntax, check, instructions)| Dockerfile {
            escape: if tick { '`' } else { '\\' },
            syntax: syntax.to_owned(),
            check: check.to_owned(),
            instructions,
            gaps: Vec::new(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(400), failure_persistence: None, rng_seed: super::seed(), ..ProptestConfig::default() })]

    /// What is printed of a Dockerfile reads as the same Dockerfile, whenever it is one.
    #[test]
    fn printing_and_reading_agree(file in file()) {
        let text = file.printed();
        if let Ok(first) = read(&text) {
            let again = read(&first.printed());
            prop_assert_eq!(again.map(placeless), Ok(placeless(first)), "{}", text);
        }
    }

    /// A Dockerfile without what reads in a way of its own is read as it was meant.
    #[test]
    fn what_is_meant_is_read(file in file()) {
        let plain = |i: &Instruction| {
            let text = i.text.split(' ').all(|w| !w.contains('\\') && !w.contains('`'));
            let pairs = matches!(i.name.as_str(), "ENV" | "LABEL");
            let arrays = i.text.contains('[');
            text && !pairs && !arrays && i.comments.iter().all(|c| !c.contains('='))
        };
        if file.instructions.iter().all(plain) {
            let read = read(&file.printed()).map(placeless);
            prop_assert_eq!(read, Ok(file));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(FROM |RUN |COPY |# |<<E |E\n|\\\\\n|`|--|\"|'|\\$|\\{|\\}|\n|[a-z ]{0,4}|\\PC){0,40}") {
        entry::dockerfile(&text);
    }
}

/// The Dockerfiles below a folder.
fn dockerfiles(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            dockerfiles(&path, found);
        } else if path.file_name().is_some_and(|n| n.to_string_lossy().contains("Dockerfile")) {
            found.push(path);
        }
    }
}

/// A folder as the context of a build.
fn context(folder: &Path, tree: &mut Tree, above: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            tree.make_path(&format!("{above}/{name}"), 0o755, 0);
            context(&path, tree, &format!("{above}/{name}"));
        } else if let Ok(bytes) = std::fs::read(&path) {
            let parent = tree.make_path(above, 0o755, 0);
            tree.insert(parent, &name, Inode::file(bytes, 0o644, 0));
        }
    }
}

/// How a build of a Dockerfile ends.
fn built(world: &World, path: &Path, text: &str) -> Result<(), String> {
    let mut world = world.clone();
    let mut tree = Tree::default();
    context(path.parent().unwrap_or(path), &mut tree, "");
    let request = Request {
        file: "Dockerfile".to_owned(),
        text: text.into(),
        context: Rc::new(tree),
        ..Request::default()
    };
    let client = world.shell;
    let number = build::begin(&mut world, request, client);
    for _ in 0..600 {
        let build = world.builder.builds.get(&number).expect("it was begun");
        match &build.outcome {
            None => {}
            Some(Ok(_)) => return Ok(()),
            Some(Err(why)) => {
                let output = build.vertices.iter().flat_map(|v| v.output.last()).last();
                return Err(format!("{} | {}", why.1, output.map_or("", String::as_str)));
            }
        }
        let until = world.now + Span::seconds(1);
        machine::reach(&mut world, until);
    }
    Err("it never ended".to_owned())
}

/// The Dockerfiles that lie beside the checkout are read, each one, and are built or say why not.
#[test]
fn dockerfiles_that_people_wrote() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let mut paths = Vec::new();
    dockerfiles(&folder, &mut paths);
    paths.sort();
    let world = World::measured(7, false).expect("the catalogue has no mistake");
    let mut done = 0;
    for path in &paths {
        let text = std::fs::read_to_string(path).expect("it is text");
        let file = drydock::build::dockerfile::parse(&text);
        assert!(file.is_ok(), "{}: {file:?}", path.display());
        entry::dockerfile(&text);
        match built(&world, path, &text) {
            Ok(()) => done += 1,
            Err(why) => {
                // A program that is not simulated ends as the shell says it: not found, or by its own refusal.
                let plain =
                    ["not simulated", "did not complete successfully", "not found", "source metadata"];
                assert!(plain.iter().any(|p| why.contains(p)), "{}: {why}", path.display());
                println!("{}: {why}", path.display());
            }
        }
    }
    println!("{} Dockerfiles are read, {done} of them built", paths.len());
}
