//! The checks of the distribution conformance suite, over `handle` and over the wire.

use drydock::digest::{AnyDigest, Digest};
use drydock::registry::{Bytes, Registry};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

/// Status, headers by lower-case name in order, body.
pub(super) type Answer = (u16, Vec<(String, String)>, Vec<u8>);

/// Somebody who answers requests.
type Server<'a> = &'a mut dyn FnMut(&str, &str, &[(String, String)], &[u8]) -> Answer;

/// Lets `handle` answer.
pub(super) fn over_handle(
    registry: &mut Registry,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Answer {
    let mut builder = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    let Ok(request) = builder.body(Bytes::from(body)) else { return (400, Vec::new(), Vec::new()) };
    let response = registry.handle(request);
    let headers = response.headers().iter();
    let headers =
        headers.map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()));
    (response.status().as_u16(), headers.collect(), response.body().to_vec())
}

/// What the checks push, by name.
fn contents(algorithm: &str) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let sizes =
        [("mount", 512), ("mount-missing", 512), ("post-only", 512), ("post-put", 512), ("post-cancel", 512)];
    let more = [("chunked-single", 512), ("stream", 512), ("three", 3067), ("range", 2048), ("missing", 100)];
    for (name, size) in sizes.into_iter().chain(more).chain([("layer", 700)]) {
        let mut bytes = Vec::new();
        while bytes.len() < size {
            bytes.extend_from_slice(
                Digest::of(format!("{name}{}{algorithm}", bytes.len()).as_bytes()).bytes(),
            );
        }
        bytes.truncate(size);
        all.insert(name.to_owned(), bytes);
    }
    for (name, text) in [
        ("empty", ""),
        ("braces", "{}"),
        ("list", "[]"),
        ("unknown", "{\"mediaType\":\"application/vnd.example.manifest+json\"}"),
    ] {
        all.insert(name.to_owned(), text.into());
    }
    all.insert(
        "config".into(),
        format!("{{\"architecture\":\"amd64\",\"os\":\"linux\",\"x\":\"{algorithm}\"}}").into(),
    );
    let image = |rest: &str| {
        format!(
            "{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{{config}},{rest}}}"
        )
    };
    let index = |rest: &str| {
        format!("{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",{rest}}}")
    };
    let artifact = |rest: &str| image(rest).replace("{config}", "{empty}");
    let large = |n: usize| image(&format!("\"layers\":[],\"annotations\":{{\"a\":\"{}\"}}", "A".repeat(n)));
    let kind = "\"artifactType\":\"application/vnd.example.oci.conformance.v1\",\"annotations\":{\"hello\":\"conformance\"}";
    let foreign = "{\"mediaType\":\"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip\",\"digest\":\"{@missing}\",\"size\":100}";
    let manifests = [
        ("image", image("\"layers\":[{layer}]")),
        ("no-layers", image("\"layers\":[]")),
        ("null-layers", image("\"layers\":null")),
        ("custom", image("\"layers\":[{layer}],\"extra\":{\"a\":[1.5,\"é\"]}")),
        ("large", large(3_900_000)),
        ("larger", large(4_200_000)),
        ("sparse", image("\"layers\":[{missing}]")),
        ("foreign", image(&format!("\"layers\":[{foreign},{{layer}}]"))),
        ("index", index("\"manifests\":[{image}]")),
        ("nested", index("\"manifests\":[{index},{image}]")),
        ("empty-index", index("\"manifests\":[]")),
        ("sparse-index", index("\"manifests\":[{missing}]")),
        ("artifact", artifact(&format!("\"layers\":[{{empty}}],\"subject\":{{image}},{kind}"))),
        ("artifact2", artifact("\"layers\":[{empty}],\"subject\":{image}")),
        (
            "artifact-index",
            index("\"artifactType\":\"application/vnd.example.v2\",\"manifests\":[],\"subject\":{image}"),
        ),
        ("missing-subject", artifact("\"layers\":[{empty}],\"subject\":{missing}")),
    ];
    let described = [
        ("config", "application/vnd.oci.image.config.v1+json"),
        ("layer", "application/vnd.oci.image.layer.v1.tar+gzip"),
        ("missing", "application/vnd.oci.image.layer.v1.tar+gzip"),
        ("empty", "application/vnd.oci.empty.v1+json"),
        ("image", "application/vnd.oci.image.manifest.v1+json"),
        ("index", "application/vnd.oci.image.index.v1+json"),
    ];
    for (name, mut text) in manifests {
        for (what, media_type) in described {
            let Some(bytes) = all.get(if what == "empty" { "braces" } else { what }) else { continue };
            let digest = digest(algorithm, bytes);
            let descriptor = format!(
                "{{\"mediaType\":\"{media_type}\",\"digest\":\"{digest}\",\"size\":{}}}",
                bytes.len()
            );
            text =
                text.replace(&format!("{{{what}}}"), &descriptor).replace(&format!("{{@{what}}}"), &digest);
        }
        all.insert(name.to_owned(), text.into_bytes());
    }
    all
}

pub(super) fn digest(algorithm: &str, bytes: &[u8]) -> String {
    let like = format!("sha512:{}", "0".repeat(128)).parse::<AnyDigest>().expect("a digest");
    let digest = if algorithm == "sha512" { like.like(bytes) } else { Digest::of(bytes).into() };
    digest.to_string()
}

/// The state of a run through a file of checks.
struct Run {
    algorithm: &'static str,
    contents: BTreeMap<String, Vec<u8>>,
    location: String,
}

impl Run {
    /// Fills in `{repo1}`, `{location}`, `{algo:NAME}`, `{algo%NAME}`, `{sha256:NAME}`, `{size:NAME}`.
    fn fill(&self, text: &str) -> String {
        let upload = self.location.rsplit('/').next().unwrap_or_default();
        let mut text = text
            .replace("{repo1}", &format!("conformance/{}/repo1", self.algorithm))
            .replace("{repo2}", &format!("conformance/{}/repo2", self.algorithm))
            .replace("{location}", &self.location)
            .replace("{upload}", upload);
        for (name, bytes) in &self.contents {
            if !text.contains(&format!("{name}}}")) {
                continue;
            }
            let own = digest(self.algorithm, bytes);
            text = text
                .replace(&format!("{{algo:{name}}}"), &own)
                .replace(&format!("{{algo%{name}}}"), &own.replace(':', "%3A"))
                .replace(&format!("{{sha256:{name}}}"), &digest("sha256", bytes))
                .replace(&format!("{{size:{name}}}"), &bytes.len().to_string());
        }
        text
    }

    /// The bytes of `NAME` or `NAME[from..to]`.
    fn body(&self, name: &str) -> &[u8] {
        let (name, range) = name.split_once('[').unwrap_or((name, ""));
        let bytes = &self.contents[name];
        match range.trim_end_matches(']').split_once("..") {
            Some((from, to)) => &bytes[from.parse().expect("a number")..to.parse().expect("a number")],
            None => bytes,
        }
    }

    fn send(&self, line: &str, server: Server<'_>) -> Answer {
        let mut parts = line.split(" | ");
        let first = parts.next().unwrap_or_default();
        let header = |p: &str| p.split_once(": ").map(|(n, v)| (n.to_owned(), self.fill(v)));
        let headers: Vec<(String, String)> = parts.filter_map(header).collect();
        let (request, body) = first.split_once(" < ").unwrap_or((first, "empty"));
        let (method, path) = request.split_once(' ').expect("method and path");
        server(method, &self.fill(path), &headers, self.body(body.trim()))
    }

    /// The checks that an answer fails.
    fn failures(&mut self, checks: &str, answer: &Answer) -> Vec<String> {
        let (status, headers, body) = answer;
        let all = |name: &str| {
            headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone()).collect::<Vec<_>>()
        };
        let text = String::from_utf8_lossy(body);
        let (wanted, rest) = checks.split_once(' ').unwrap_or((checks, ""));
        let mut failures = Vec::new();
        if wanted != status.to_string() {
            failures.push(format!("status {status}"));
        }
        // A check begins with a word of small letters; what follows belongs to the one before.
        let mut pieces: Vec<String> = Vec::new();
        for word in rest.split(' ').filter(|w| !w.is_empty()) {
            let begins = ["body", "no:", "location", "content-", "docker-", "oci-", "range", "link", "allow"];
            match pieces.last_mut() {
                Some(last) if !begins.iter().any(|b| word.starts_with(b)) => {
                    last.push_str(&format!(" {word}"))
                }
                _ => pieces.push(word.to_owned()),
            }
        }
        for piece in pieces {
            let good = if let Some(name) = piece.strip_prefix("body=") {
                body == self.body(name)
            } else if let Some(part) = piece.strip_prefix("body~") {
                text.contains(&self.fill(part))
            } else if let Some(part) = piece.strip_prefix("body!") {
                !text.contains(&self.fill(part))
            } else if let Some(name) = piece.strip_prefix("no:") {
                all(name).is_empty()
            } else if piece == "location" {
                all("location").first().is_some_and(|l| !l.is_empty())
            } else {
                let (name, value) = piece.split_once(':').expect("header:value");
                all(name).contains(&self.fill(value))
            };
            if !good {
                failures.push(piece);
            }
        }
        if let Some(location) = all("location").first() {
            self.location.clone_from(location);
        }
        failures
    }
}

/// Runs all checks; how many there were, and those that failed.
fn run(server: Server<'_>) -> (usize, Vec<String>) {
    let (mut count, mut failed) = (0, Vec::new());
    for algorithm in ["sha256", "sha512"] {
        for text in [include_str!("conformance/blobs.txt"), include_str!("conformance/manifests.txt")] {
            let mut run = Run { algorithm, contents: contents(algorithm), location: String::new() };
            let (mut name, mut asked, mut answer) = ("", "", (0, Vec::new(), Vec::new()));
            for line in text.lines() {
                if let Some(title) = line.strip_prefix("## ") {
                    name = title;
                } else if let Some(request) = line.strip_prefix("> ") {
                    asked = request;
                    answer = run.send(request, server);
                } else if let Some(checks) = line.strip_prefix("= ") {
                    count += 1;
                    for failure in run.failures(checks, &answer) {
                        let body: String = String::from_utf8_lossy(&answer.2).chars().take(300).collect();
                        failed.push(format!(
                            "{algorithm} {name}: {asked}: {failure}\n  {} {:?} {body}",
                            answer.0, answer.1
                        ));
                    }
                }
            }
        }
    }
    (count, failed)
}

#[test]
fn the_registry_conforms() {
    let mut registry = Registry::new();
    let (count, failed) = run(&mut |m, p, h, b| over_handle(&mut registry, m, p, h, b));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count > 300, "{count} checks");
}

/// The registry as a program of its own, with its port; ended when it is dropped.
struct Program(std::process::Child, u16);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(options: &[&str]) -> Program {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_drydock"));
    command.args(["registry", "--quiet", "--listen", "127.0.0.1:0"]).args(options);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where");
    let port = line.trim().rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port");
    Program(child, port)
}

/// Sends a request over a connection, its body in chunks when asked so, and reads the answer.
fn over_wire(
    stream: &mut BufReader<TcpStream>,
    (method, path): (&str, &str),
    headers: &[(String, String)],
    body: &[u8],
    chunked: bool,
) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers.iter().filter(|(n, _)| n != "content-length") {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut message = if chunked {
        format!("{text}Transfer-Encoding: chunked\r\n\r\n").into_bytes()
    } else {
        format!("{text}Content-Length: {}\r\n\r\n", body.len()).into_bytes()
    };
    if chunked {
        for chunk in body.chunks(1000) {
            message.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            message.extend_from_slice(chunk);
            message.extend_from_slice(b"\r\n");
        }
        message.extend_from_slice(b"0\r\n\r\n");
    } else {
        message.extend_from_slice(body);
    }
    stream.get_mut().write_all(&message).expect("sent");
    let mut line = String::new();
    stream.read_line(&mut line).expect("a status line");
    let status: u16 = line.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    let mut answered = Vec::new();
    loop {
        line.clear();
        stream.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        answered.push((name.to_owned(), value.to_owned()));
    }
    let length = answered.iter().find(|(n, _)| n == "content-length").and_then(|(_, v)| v.parse().ok());
    let mut bytes = vec![0; if method == "HEAD" || status == 204 { 0 } else { length.expect("a length") }];
    stream.read_exact(&mut bytes).expect("the body");
    (status, answered, bytes)
}

#[test]
fn the_registry_conforms_over_http() {
    let program = program(&[]);
    let stream = TcpStream::connect(("127.0.0.1", program.1)).expect("it listens");
    let mut stream = BufReader::new(stream);
    let mut times = 0;
    let (count, failed) = run(&mut |m, p, h, b| {
        times += 1;
        over_wire(&mut stream, (m, p), h, b, times % 2 == 0)
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count > 300, "{count} checks");
}

#[test]
fn a_large_blob_goes_over_http_in_pieces() {
    let program = program(&["--no-delete"]);
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", program.1)).expect("it listens"));
    let blob: Vec<u8> = (0..20_000_000_u32).map(|n| (n / 7) as u8).collect();
    let digest = Digest::of(&blob);
    let closing = format!("/v2/big/blobs/uploads/?digest={digest}");
    let (status, headers, _) = over_wire(&mut stream, ("POST", &closing), &[], &blob, false);
    assert_eq!(status, 201);
    assert!(headers.contains(&("location".to_owned(), format!("/v2/big/blobs/{digest}"))));
    let range = [("content-range".to_owned(), format!("0-{}", blob.len() - 1))];
    for chunked in [false, true] {
        let begun = over_wire(&mut stream, ("POST", "/v2/big/blobs/uploads/"), &[], b"", false);
        let location = begun.1.iter().find(|(n, _)| n == "location").expect("a location").1.clone();
        let path = format!("{location}?digest={digest}");
        assert_eq!(over_wire(&mut stream, ("PUT", &path), &range, &blob, chunked).0, 201);
    }
    let path = format!("/v2/big/blobs/{digest}");
    assert_eq!(over_wire(&mut stream, ("GET", &path), &[], b"", false).2, blob);
    assert_eq!(over_wire(&mut stream, ("DELETE", &path), &[], b"", false).0, 405);
}

#[test]
fn what_the_registry_cannot_do_it_says() {
    let taken = program(&[]);
    let address = format!("127.0.0.1:{}", taken.1);
    for (options, words) in [
        (vec!["--listen", "nowhere"], "--listen nowhere: not an address and a port"),
        (vec!["--listen", &address], "cannot listen on"),
        (vec!["--htpasswd", "alice"], "--htpasswd takes USER:PASSWORD"),
        (vec!["--what"], "unknown option --what"),
        (vec!["--listen"], "--listen needs a value"),
        (vec!["--token"], "--token needs an account"),
    ] {
        let run =
            std::process::Command::new(env!("CARGO_BIN_EXE_drydock")).arg("registry").args(&options).output();
        let output = run.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(words), "{options:?}: {said}");
    }
}
