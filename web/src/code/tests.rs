use super::*;

/// The pieces that are something, as `class:piece`.
fn seen(path: &str, text: &str) -> Vec<String> {
    let all = lines(text, language(path, text));
    let whole: Vec<String> = all.iter().map(|l| l.iter().map(|p| p.0).collect()).collect();
    assert_eq!(whole.join("\n"), text, "nothing is lost");
    let pieces = all.into_iter().flatten().filter(|p| p.1 != Class::Plain);
    pieces.map(|(piece, class)| format!("{}:{piece}", &class.name()[2..])).collect()
}

#[test]
fn a_dockerfile_has_instructions_only_at_the_beginning_of_one() {
    let text = "# base\nFROM node:22 AS app\nENV PORT=${PORT:-3000}\nRUN apt-get update && \\\n    RUN copy # no\ncmd [\"node\"]\n";
    let expected = [
        "comment:# base",
        "word:FROM",
        "figure:22",
        "word:AS",
        "word:ENV",
        "variable:${PORT:-3000}",
        "word:RUN",
        "word:cmd",
        "text:\"node\"",
    ];
    assert_eq!(seen("app/Dockerfile", text), expected);
    assert_eq!(seen("Dockerfile.dev", "RUN x"), ["word:RUN"]);
}

#[test]
fn every_language_has_its_comments_and_strings() {
    assert_eq!(
        seen("a.json", "{\"a\": \"b\", \"c\": [1, true]}"),
        ["key:\"a\"", "text:\"b\"", "key:\"c\"", "figure:1", "word:true"]
    );
    let yaml = "services: # all\n  web-1:\n    image: it's\n    - ports: \"80:80\"\n    time: 10s\n";
    let expected = [
        "key:services",
        "comment:# all",
        "key:web-1",
        "key:image",
        "key:ports",
        "text:\"80:80\"",
        "key:time",
        "figure:10s",
    ];
    assert_eq!(seen("compose.yaml", yaml), expected);
    let python = "def f(x):\n    '''one\n    two'''\n    return f\"{x}\" # yes\n";
    assert_eq!(
        seen("a.py", python),
        ["word:def", "text:'''one", "text:    two'''", "word:return", "text:\"{x}\"", "comment:# yes"]
    );
    let script = "const a = `x\ny`; // no\n/* b\n*/ newer";
    assert_eq!(
        seen("a.js", script),
        ["word:const", "text:`x", "text:y`", "comment:// no", "comment:/* b", "comment:*/"]
    );
    let conf = "server {\n  listen 80; # here\n  location / { return 200 $host; }\n  index listen;\n}";
    let expected = [
        "word:server",
        "word:listen",
        "figure:80",
        "comment:# here",
        "word:location",
        "word:return",
        "figure:200",
        "variable:$host",
        "word:index",
    ];
    assert_eq!(seen("nginx.conf", conf), expected);
    assert_eq!(
        seen("run", "#!/bin/sh\nif [ $# = 1 ]; then echo \"a\nb\"; fi"),
        [
            "comment:#!/bin/sh",
            "word:if",
            "variable:$#",
            "figure:1",
            "word:then",
            "word:echo",
            "text:\"a",
            "text:b\"",
            "word:fi"
        ]
    );
    assert_eq!(seen("notes.txt", "if \"x\" # 1"), ["figure:1"]);
}

#[test]
fn mistakes_are_found_on_their_lines() {
    let found = |path: &str, text: &str| problems(text, language(path, text)).map(|p| p.sentence());
    assert_eq!(found("Dockerfile", "FROM alpine\nRUN true\n"), None);
    assert_eq!(
        found("Dockerfile", "FROM alpine\nCOPPY a b\n").as_deref(),
        Some("Line 2: unknown instruction: COPPY (did you mean COPY?)")
    );
    assert_eq!(found("a.json", "{\n  \"a\": 1,\n}").as_deref(), Some("Line 3: trailing comma"));
    assert_eq!(found("a.sh", "echo\nif true; done\n").as_deref(), Some("Line 2: syntax error"));
    assert_eq!(
        found("a.sh", "if true; then\n").as_deref(),
        Some("Line 1: the end of the file comes before the command is complete")
    );
    assert_eq!(found("a.py", "def ("), None);
}
