use super::apply;
use expect_test::expect;
use serde_json::json;

const LINES: [&str; 34] = [
    "ENV A=1 B=\"two words\" C=$A-${D:-d} E='$A'",
    "ENV PATH $PATH:/opt it all",
    "LABEL a.b=\"x y\" c=",
    "EXPOSE 80 9000-9001/udp",
    "VOLUME /data /more",
    "VOLUME [\"/with space\"]",
    "USER app:staff",
    "WORKDIR ../opt/./x",
    "STOPSIGNAL SIGQUIT",
    "ONBUILD RUN true",
    "ENTRYPOINT [\"/run\"]",
    "CMD echo hello",
    "HEALTHCHECK --interval=5s --retries=2 CMD wget -q localhost || exit 1",
    "ENV",
    "ENV A",
    "ENV A=1 B",
    "ENV =1",
    "LABEL a=\"b",
    "EXPOSE x",
    "EXPOSE 80/abc",
    "VOLUME [\"\"]",
    "USER",
    "ONBUILD FROM x",
    "CMD [1]",
    "CMD --x y",
    "HEALTHCHECK",
    "HEALTHCHECK NONE x",
    "HEALTHCHECK RUN x",
    "HEALTHCHECK CMD",
    "HEALTHCHECK --interval=5 CMD x",
    "ENV A=${B:?}",
    "ENV A=${Z:?must be set}",
    "ENV A=${Z",
    "RUN true",
];

#[test]
fn each_instruction_changes_the_configuration_or_says_why_not() {
    let mut config = json!({ "Env": ["PATH=/bin"], "Cmd": ["sh"], "WorkingDir": "/srv" });
    let mut own = false;
    let mut report = String::new();
    for line in LINES {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Err(why) = apply(&mut config, &mut own, name, rest, &|_| None) {
            report += &format!("{line}: {why}\n");
        }
    }
    report += &serde_json::to_string_pretty(&config).unwrap();
    expect![[r#"
        ENV: ENV requires at least one argument
        ENV A: ENV must have two arguments
        ENV A=1 B: Syntax error - can't find = in "B". Must be of the form: name=value
        ENV =1: ENV names can not be blank
        LABEL a="b: failed to process "\"b": unexpected end of statement while looking for matching double-quote
        EXPOSE x: invalid containerPort: x
        EXPOSE 80/abc: invalid proto: abc
        VOLUME [""]: VOLUME specified can not be an empty string
        USER: USER requires exactly one argument
        ONBUILD FROM x: FROM isn't allowed as an ONBUILD trigger
        CMD [1]: when using JSON array syntax, arrays must be comprised of strings only
        CMD --x y: unknown flag: x
        HEALTHCHECK: HEALTHCHECK requires at least one argument
        HEALTHCHECK NONE x: HEALTHCHECK NONE takes no arguments
        HEALTHCHECK RUN x: Unknown type "RUN" in HEALTHCHECK (try CMD)
        HEALTHCHECK CMD: Missing command after HEALTHCHECK CMD
        HEALTHCHECK --interval=5 CMD x: time: invalid duration "5"
        ENV A=${Z:?must be set}: Syntax error - can't find = in "be". Must be of the form: name=value
        ENV A=${Z: failed to process "${Z": syntax error: missing '}'
        RUN true: RUN is not a valid change command
        {
          "Env": [
            "PATH=/bin:/opt it all",
            "A=two words",
            "B=two words",
            "C=-d",
            "E=$A"
          ],
          "Entrypoint": [
            "/run"
          ],
          "WorkingDir": "/opt/x",
          "Labels": {
            "a.b": "x y",
            "c": ""
          },
          "ExposedPorts": {
            "80/tcp": {},
            "9000/udp": {},
            "9001/udp": {}
          },
          "Volumes": {
            "/data": {},
            "/more": {},
            "/with space": {}
          },
          "User": "app:staff",
          "StopSignal": "SIGQUIT",
          "OnBuild": [
            "RUN true"
          ],
          "Cmd": [
            "/bin/sh",
            "-c",
            "echo hello"
          ],
          "Healthcheck": {
            "Test": [
              "CMD-SHELL",
              "wget -q localhost || exit 1"
            ],
            "Interval": 5000000000,
            "Retries": 2
          }
        }"#]]
    .assert_eq(&report);
}
