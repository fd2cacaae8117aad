use super::dockerfile::parse;
use super::ignore::Ignore;
use super::select::fits;
use super::stage::{needed, stages, target};
use expect_test::expect;

#[test]
fn lines_become_instructions() {
    let file = parse(
        "# escape=`\n# a comment\nFROM --platform=linux/amd64 busybox AS one\n\nRUN a && `\n  # aside\n\n  b\nCOPY <<EOF /x\nhello $Y\nEOF\nCMD [\"a\", \"b\"]\n",
    )
    .expect("it is right");
    let shown: Vec<String> =
        file.instructions.iter().map(|i| format!("{}-{} {}", i.first, i.last, i.shown())).collect();
    expect![[r#"
        3-3 FROM --platform=linux/amd64 busybox AS one
        5-8 RUN a &&   b
        9-11 COPY <<EOF /x
        12-12 CMD ["a", "b"]"#]]
    .assert_eq(&shown.join("\n"));
    assert_eq!(file.instructions[2].documents[0].text, "hello $Y\n");
}

#[test]
fn mistakes_name_their_line() {
    let mut report = String::new();
    for text in [
        "",
        "# only\n",
        "RUN true\n",
        "FROM busybox\nRUNN true\n",
        "FROM a b\n",
        "FROM a AS 1x\n",
        "FROM a\nCOPY x\n",
        "FROM a\nCOPY --form=x a b\n",
        "FROM a\nENV X\n",
        "FROM a\nRUN <<EOF\nx\n",
        "ARG V\nFROM $V\n",
    ] {
        let fault = match parse(text).and_then(|file| stages(&file, &[], "").map(|_| ())) {
            Ok(()) => continue,
            Err(fault) => fault,
        };
        report += &format!("{}\n", fault.message);
    }
    expect![[r#"
        the Dockerfile cannot be empty
        file with no instructions
        no build stage in current context
        dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)
        dockerfile parse error on line 1: FROM requires either one or three arguments
        dockerfile parse error on line 1: invalid name for build stage: "1x", name can't start with a number or contain symbols
        dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided. Destination could not be determined
        dockerfile parse error on line 2: unknown flag: form (did you mean from?)
        ENV must have two arguments
        unterminated heredoc
        base name ($V) should not be blank
    "#]]
    .assert_eq(&report);
}

#[test]
fn a_target_needs_what_it_copies_from() {
    let text = "ARG V=1\nFROM busybox:$V AS build\nFROM busybox AS test\nCOPY --from=build /a /a\nFROM scratch\nCOPY --from=0 /a /a\n";
    let file = parse(text).expect("it is right");
    let (all, _) = stages(&file, &[("V".to_owned(), "1.36".to_owned())], "").expect("it is right");
    assert_eq!(all[0].base_text, "busybox:1.36");
    assert_eq!(needed(&file, &all, 2), [true, false, true]);
    let test = target(&all, "TEST").expect("there is one");
    assert_eq!(needed(&file, &all, test), [true, true, false]);
    assert!(target(&all, "none").is_err());
}

#[test]
fn patterns_of_the_context() {
    for (pattern, path, expected) in [
        ("*.txt", "a.txt", true),
        ("*.txt", "d/a.txt", false),
        ("**/*.txt", "d/e/a.txt", true),
        ("**/*.txt", "a.txt", true),
        ("d/**", "d/e/f", true),
        ("a?c/[b-d]", "abc/c", true),
        ("node_modules", "node_modules/x", false),
    ] {
        assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
    }
    let ignore = Ignore::parse("# keep out\n*.secret\nlogs\n/tmp/\n!keep.secret\n");
    let hidden: Vec<&str> = ["a.secret", "keep.secret", "logs/x.log", "tmp/y", "src/a.secret"]
        .into_iter()
        .filter(|p| ignore.hides(p))
        .collect();
    assert_eq!(hidden, ["a.secret", "logs/x.log", "tmp/y"]);
}
