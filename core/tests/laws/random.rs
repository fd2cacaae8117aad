//! Random input for the shell, the command line, templates, archives, manifests and references, as much as fits into seconds; `fuzz/` has the same
//! entries without an end.

use super::entry;
use proptest::prelude::*;

/// A text out of pieces that mean something, and of any characters.
fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(pieces).prop_map(str::to_owned),
        1 => "[ -~]{0,6}",
        1 => "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|p| p.concat())
}

const SHELL: &[&str] = &[
    "echo ",
    "$x",
    "${x",
    ":-",
    ":=",
    ":?",
    "##",
    "%%",
    "}",
    "$(",
    ")",
    "((",
    "))",
    "`",
    "'",
    "\"",
    "\\",
    "\n",
    "; ",
    " && ",
    " || ",
    " | ",
    " & ",
    "if ",
    "then ",
    "else ",
    "fi",
    "for i in ",
    "while ",
    "true",
    "do ",
    "done",
    "case x in ",
    "*) ",
    ";; ",
    "esac",
    "f() { ",
    "f ",
    "{ ",
    "( ",
    "<<E\n",
    "\nE\n",
    "> /tmp/f",
    "< /tmp/f",
    "2>&1 ",
    "3<>/tmp/g ",
    "set -e",
    "set -u",
    "set -x",
    "trap 'echo t' EXIT ",
    "trap : INT ",
    "read x ",
    "exec ",
    "eval ",
    "local x=1 ",
    "shift ",
    "getopts ab: o -a -b ",
    "wait ",
    "kill -9 $$ ",
    "sleep 0.1 ",
    "yes ",
    "cat /dev/zero ",
    "head -c 5 ",
    "seq 3 ",
    "printf '%5.2f|%s' 1 ",
    "test ",
    "[ ",
    "]",
    " -eq ",
    "$((",
    "1",
    "/0",
    "**",
    "!",
    "~",
    "xargs -n1 ",
    "find / -name x ",
    "sed s/a/b/ ",
    "awk '{print $1}' ",
    "tar cf - /etc ",
    "expr 1 + ",
    "date +%F ",
    "x=1 ",
    "export x ",
    "unset x ",
    "sort -k2 ",
    "timeout 0.1 ",
    "cd / ",
    ". /etc/passwd ",
    "docker ps ",
    "docker run --rm busybox ",
    "cut -d: -f1 ",
    "tr a-z A-Z ",
    "ls -l ",
    "dd if=/dev/zero of=/tmp/z bs=1k count=1 ",
    "od -c ",
    "base64 ",
    "diff /etc/passwd /etc/group ",
    "é",
    "\u{1f600}",
    "\t",
];

const WORDS: &[&str] = &[
    "run ",
    "-d ",
    "--name ",
    "--name=",
    "x ",
    "-p ",
    "80:80 ",
    "-v ",
    "a:/b:ro ",
    "--mount ",
    "type=bind,src=/,dst=/x ",
    "-e ",
    "A=1 ",
    "busybox ",
    "ps ",
    "-a ",
    "--filter ",
    "name=x ",
    "--format ",
    "{{.ID}} ",
    "inspect ",
    "-f ",
    "--help ",
    "network ",
    "create ",
    "--subnet ",
    "10.0.0.0/8 ",
    "volume ",
    "rm ",
    "-- ",
    "- ",
    "--",
    "-it ",
    "-m ",
    "1g ",
    "--cpus ",
    "1.5 ",
    "logs ",
    "--since ",
    "1h ",
    "--tail ",
    "exec ",
    "--restart ",
    "on-failure:3 ",
    "pull ",
    "a/b:c@sha256:0 ",
    "\n",
    "\n\n",
    "=",
];

const TEMPLATE: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    ".",
    ".ID",
    ".State",
    ".State.Pid",
    ".Labels",
    ".Ports",
    "range ",
    "if ",
    "else",
    "else if ",
    "end",
    "with ",
    "$",
    "$x",
    ":=",
    ",",
    "|",
    "(",
    ")",
    "\"",
    "'",
    "`",
    "\\",
    "index ",
    "json ",
    "join ",
    "len ",
    "println ",
    "printf ",
    "eq ",
    "ne ",
    "and ",
    "or ",
    "not ",
    "table ",
    "upper ",
    "slice ",
    "1",
    "-1",
    "0",
    "{{end}}",
    "{{range .Ports}}",
    "/* c */",
    "{{/*",
    "*/}}",
    "true",
    "nil",
    "99999999999999999999",
    "\n",
    "é",
];

const MANIFEST: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "null",
    "0",
    "-1",
    "1e99",
    "true",
    "\"schemaVersion\":2",
    "\"mediaType\":",
    "\"config\":",
    "\"layers\":",
    "\"manifests\":",
    "\"digest\":\"sha256:",
    "e3b0c44298fc1c149afbf4c8996fb924",
    "27ae41e4649b934ca495991b7852b855\"",
    "\"size\":",
    "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":",
    "\"Env\":",
    "\"Cmd\":",
    "\"architecture\":\"amd64\"",
    "\"os\":\"linux\"",
    "\"Config\":\"x\"",
    "\"RepoTags\":",
    "\"Layers\":",
    "[[[[[[[[[[[[[[[[",
];

const REFERENCE: &[&str] = &[
    "a",
    "b9",
    "library",
    "/",
    ":",
    "@",
    ".",
    "-",
    "_",
    "__",
    "latest",
    "docker.io",
    "localhost",
    ":5000",
    "A",
    "é",
    "sha256:",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "[::1]",
    "index.docker.io",
];

/// A small archive of every kind of entry.
fn some_archive() -> Vec<u8> {
    use drydock::files::{Inode, InodeKind, Tree, archive};
    let mut tree = Tree::default();
    let directory = tree.make_path("/a/b", 0o755, 0);
    tree.insert(directory, "file", Inode::file(b"some text".to_vec(), 0o644, 1_000_000));
    tree.insert(directory, "link", Inode::new(InodeKind::Symlink("../file".into()), 0o777, 0));
    tree.insert(directory, &"long".repeat(40), Inode::file(vec![7; 600], 0o600, 0));
    tree.insert(Tree::ROOT, "gone", Inode::new(InodeKind::Whiteout, 0, 0));
    archive::pack(&tree)
}

/// Writes the sum of a header into it (POSIX ustar, "Checksum").
fn sum(header: &mut [u8]) {
    if header[257..262] == *b"ustar" {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

/// What asks for more than there is comes to an end, and takes little memory.
#[test]
fn archives_that_promise_too_much() {
    use drydock::files::archive;
    // A header that says eight gigabytes, and one that says nothing it has.
    for size in ["77777777777", "00000001000", "\u{80}zzzzzzzzzz"] {
        let mut bytes = some_archive();
        let at = 124;
        bytes[at..at + size.len().min(12)].copy_from_slice(&size.as_bytes()[..size.len().min(12)]);
        for header in 0..bytes.len() / 512 {
            sum(&mut bytes[header * 512..][..512]);
        }
        let _ = archive::unpack(&bytes);
    }
    // A kilobyte that unpacks to a gigabyte: the limit holds.
    let bomb = drydock::image::gzip::compress(&vec![0; 32 << 20]);
    assert!(bomb.len() < 64 << 10);
    assert_eq!(drydock::image::gzip::decompress(&bomb, 1 << 20), None);
    // Nesting past what any document has.
    for open in ["[", "{\"a\":"] {
        entry::manifest(open.repeat(200_000).as_bytes());
        entry::dockerfile(&format!("FROM a\nCMD {}\n", open.repeat(200_000)));
    }
    entry::dockerfile(&format!("FROM a\nENV x={}\n", "${x:-".repeat(50_000)));
    entry::dockerfile(&format!("FROM a\nENV x={}\n", "\"$".repeat(50_000)));
}

#[test]
fn the_shell_hears_what_is_typed() {
    assert!(entry::shell("docker volume create x$((3 * 4))\n").volumes.contains_key("x12"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(400), failure_persistence: None, rng_seed: super::seed(), ..ProptestConfig::default() })]

    #[test]
    fn any_text_at_the_shell(text in text(SHELL)) {
        super::commands::check(&entry::shell(&text));
    }

    #[test]
    fn any_arguments(text in text(WORDS)) {
        entry::command_line(&text);
    }

    #[test]
    fn any_template(text in text(TEMPLATE)) {
        entry::template(&text);
    }

    #[test]
    fn any_manifest(text in text(MANIFEST)) {
        entry::manifest(text.as_bytes());
    }

    #[test]
    fn any_reference(text in text(REFERENCE)) {
        entry::reference(&text);
    }

    /// Archives with a few bytes changed: headers, sizes, names.
    #[test]
    fn any_archive(changes in prop::collection::vec((0..4096_usize, any::<u8>()), 0..6), cut in 0..5000_usize) {
        let mut bytes = some_archive();
        for (at, byte) in &changes {
            let at = at % bytes.len();
            bytes[at] = *byte;
        }
        // A changed header has the sum that it needs to be read at all.
        for header in 0..bytes.len() / 512 {
            sum(&mut bytes[header * 512..][..512]);
        }
        bytes.truncate(cut.max(512));
        entry::tar(&bytes);
    }

    #[test]
    fn any_packed_bytes(changes in prop::collection::vec((0..4096_usize, any::<u8>()), 0..4)) {
        let mut bytes = drydock::image::gzip::compress(&some_archive());
        for (at, byte) in &changes {
            let at = at % bytes.len();
            bytes[at] = *byte;
        }
        entry::gunzip(&bytes);
    }
}
