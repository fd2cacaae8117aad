//! The languages that are told apart: by the names of their files, with their words, comments and strings.

/// How a language is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// Its name.
    pub name: &'static str,
    /// Whole names and endings of its files; an ending has its dot.
    files: &'static str,
    /// Its words, apart by spaces.
    pub words: &'static str,
    /// What begins a comment to the end of the line.
    pub comment: &'static str,
    /// What a longer comment is between.
    pub block: Option<(&'static str, &'static str)>,
    /// The marks of strings.
    pub quotes: &'static str,
    /// The marks of strings over several lines.
    pub long: &'static [&'static str],
    /// Strings go on over the end of a line.
    pub lines: bool,
    /// Letters may stand right before a string.
    pub prefixes: bool,
    /// Names stand before values, with a colon.
    pub keys: bool,
    /// `$name` is a variable.
    pub variables: bool,
    /// The first word of a line is an instruction.
    pub instructions: bool,
    /// Statements end with a semicolon, and its words begin one.
    pub braces: bool,
    /// A backslash joins lines.
    pub joins: bool,
    /// What Tab puts in.
    pub tab: &'static str,
}

const PLAIN: Language = Language {
    name: "text",
    files: "",
    words: "",
    comment: "",
    block: None,
    quotes: "",
    long: &[],
    lines: false,
    prefixes: false,
    keys: false,
    variables: false,
    instructions: false,
    braces: false,
    joins: false,
    tab: "    ",
};

const LANGUAGES: [Language; 7] = [
    Language {
        name: "Dockerfile",
        files: "Dockerfile Containerfile .dockerfile",
        words: "FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD STOPSIGNAL HEALTHCHECK SHELL MAINTAINER",
        comment: "#",
        quotes: "\"'",
        variables: true,
        instructions: true,
        joins: true,
        ..PLAIN
    },
    Language {
        name: "JSON",
        files: ".json",
        words: "true false null",
        quotes: "\"",
        keys: true,
        tab: "  ",
        ..PLAIN
    },
    Language {
        name: "YAML",
        files: ".yaml .yml",
        words: "true false null yes no on off",
        comment: "#",
        quotes: "\"'",
        keys: true,
        variables: true,
        tab: "  ",
        ..PLAIN
    },
    Language {
        name: "shell",
        files: ".sh .bash .bashrc .profile .env .ash",
        words: "if then elif else fi for in do done while until case esac function return exit set export unset local trap shift source exec eval echo printf cd test read wait",
        comment: "#",
        quotes: "\"'`",
        lines: true,
        variables: true,
        joins: true,
        ..PLAIN
    },
    Language {
        name: "Python",
        files: ".py",
        words: "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield True False None self",
        comment: "#",
        quotes: "\"'",
        long: &["\"\"\"", "'''"],
        prefixes: true,
        ..PLAIN
    },
    Language {
        name: "JavaScript",
        files: ".js .mjs .cjs .ts .jsx .tsx",
        words: "async await break case catch class const continue default delete do else export extends false finally for from function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while yield",
        comment: "//",
        block: Some(("/*", "*/")),
        quotes: "\"'",
        long: &["`"],
        tab: "  ",
        ..PLAIN
    },
    Language {
        name: "nginx",
        files: ".conf",
        words: "user worker_processes events worker_connections error_log pid http server listen server_name location root index return rewrite proxy_pass proxy_set_header proxy_http_version proxy_read_timeout try_files include default_type types access_log log_format sendfile tcp_nopush keepalive_timeout gzip gzip_types add_header upstream alias expires allow deny error_page if set map client_max_body_size ssl_certificate ssl_certificate_key stream resolver least_conn internal autoindex charset",
        comment: "#",
        quotes: "\"'",
        variables: true,
        braces: true,
        ..PLAIN
    },
];

/// The language of a file, by its name and its first line.
pub fn language(path: &str, text: &str) -> &'static Language {
    let name = path.rsplit('/').next().unwrap_or(path);
    let begins = |l: &str| name == l || name.strip_prefix(l).is_some_and(|rest| rest.starts_with('.'));
    let fits = |l: &str| if l.starts_with('.') { name.ends_with(l) } else { begins(l) };
    let named = LANGUAGES.iter().find(|l| l.files.split(' ').any(fits));
    let script = |l: &&Language| {
        let first = text.lines().next().unwrap_or_default();
        let run = first.strip_prefix("#!").is_some();
        run && match l.name {
            "shell" => first.ends_with("sh"),
            "Python" => first.contains("python"),
            "JavaScript" => first.contains("node"),
            _ => false,
        }
    };
    named.or_else(|| LANGUAGES.iter().find(script)).unwrap_or(&PLAIN)
}
