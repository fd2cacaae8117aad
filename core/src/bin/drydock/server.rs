//! `drydock registry`: the simulated registry over real HTTP, for real clients. Connections are read by a thread each;
//! one thread has the registry and answers.

use super::wire::{self, Body, Fault, Head};
use drydock::registry::access::{Access, Scheme};
use drydock::registry::{Bytes, Registry};
use http::{Method, Request, Uri};
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const USAGE: &str = "usage: drydock registry [OPTIONS]

A registry (OCI distribution-spec 1.1) that keeps what is pushed in memory while it runs.

  --listen ADDRESS:PORT      where it listens (127.0.0.1:5000)
  --htpasswd USER:PASSWORD   an account, asked for with every request; once for each account
  --token                    accounts are asked for by a token service at /token instead
  --no-delete                refuses to delete, as the registry's image does unless it is told otherwise
  --quiet                    no line for each request
";

/// How much of a body is handled at a time, in bytes.
const PIECE: u64 = 8 << 20;
/// The largest body that is read as a whole, in bytes: a manifest has 4 MiB.
const WHOLE: u64 = 16 << 20;
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(120);

/// A request for the thread that has the registry.
struct Job {
    head: Head,
    body: Vec<u8>,
    reply: Sender<Reply>,
}

/// Its answer.
struct Reply {
    status: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Reply {
    fn is(&self, status: &str) -> bool {
        self.status.starts_with(status)
    }
    fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }
}

struct Options {
    listen: String,
    accounts: Vec<(String, String)>,
    token: bool,
    keeps_all: bool,
    quiet: bool,
}

fn options(arguments: Vec<String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        listen: "127.0.0.1:5000".to_owned(),
        accounts: Vec::new(),
        token: false,
        keeps_all: false,
        quiet: false,
    };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut needed = || value.clone().or_else(|| arguments.next()).ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--listen" => options.listen = needed()?,
            "--htpasswd" => {
                let text = needed()?;
                let (user, password) = text.split_once(':').ok_or("--htpasswd takes USER:PASSWORD")?;
                options.accounts.push((user.to_owned(), password.to_owned()));
            }
            "--token" => options.token = true,
            "--delete" => options.keeps_all = false,
            "--no-delete" => options.keeps_all = true,
            "--quiet" | "-q" => options.quiet = true,
            _ => return Err(format!("unknown option {name}")),
        }
    }
    if options.token && options.accounts.is_empty() {
        return Err("--token needs an account: --htpasswd USER:PASSWORD".to_owned());
    }
    Ok(Some(options))
}

/// Serves until it is ended.
pub fn main(arguments: Vec<String>) -> ExitCode {
    let options = match options(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(words) => {
            eprint!("drydock registry: {words}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let fail = |words: String| {
        eprintln!("drydock registry: {words}");
        ExitCode::FAILURE
    };
    match options.listen.to_socket_addrs().map(|mut found| found.next()) {
        Ok(Some(_)) => {}
        Ok(None) | Err(_) => {
            return fail(format!(
                "--listen {}: not an address and a port, such as 127.0.0.1:5000",
                options.listen
            ));
        }
    }
    let listener = match TcpListener::bind(&options.listen) {
        Ok(listener) => listener,
        Err(error) => return fail(format!("cannot listen on {}: {error}", options.listen)),
    };
    let address = listener.local_addr().map_or_else(|_| options.listen.clone(), |a| a.to_string());
    // Whoever started it waits for this line; it may not care to read it.
    let _ = writeln!(std::io::stdout(), "drydock registry: listening on {address}");
    let (sender, receiver) = channel();
    start(move || accept(&listener, &sender));
    answer_all(&receiver, &options);
    ExitCode::SUCCESS
}

#[expect(clippy::disallowed_methods, reason = "the World has no threads; sockets of this machine need them")]
fn start(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}

fn accept(listener: &TcpListener, jobs: &Sender<Job>) {
    for connection in listener.incoming().flatten() {
        let jobs = jobs.clone();
        start(move || {
            let _ = connection.set_nodelay(true);
            let _ = connection.set_read_timeout(Some(SILENCE));
            let _ = connection.set_write_timeout(Some(SILENCE));
            if let Err(Fault::Bad(code, words)) = converse(&connection, &jobs) {
                let headers = [("content-length".to_owned(), b"0".to_vec())];
                let _ = wire::write(&mut &connection, &format!("{code} {words}"), &headers, b"", true);
            }
        });
    }
}

/// The thread that has the registry: one request after the other.
fn answer_all(jobs: &Receiver<Job>, options: &Options) {
    let mut registry = Registry::new();
    registry.keeps_all = options.keeps_all;
    if !options.accounts.is_empty() {
        let scheme = if options.token { Scheme::Bearer } else { Scheme::Basic };
        let (realm, service) = ("Registry Realm".to_owned(), "drydock".to_owned());
        registry.access = Access { scheme, realm, service, ..Access::default() };
        options.accounts.iter().for_each(|(user, password)| registry.access.account(user, password));
    }
    for job in jobs {
        if options.token {
            // The token service is here as well: at the address that the client knows.
            let host = job.head.header("host").unwrap_or(&options.listen);
            registry.access.realm = format!("http://{host}/token");
        }
        let reply = answer(&mut registry, &job.head, job.body);
        if !options.quiet {
            eprintln!("{} {} {}", job.head.method, job.head.target, reply.status);
        }
        let _ = job.reply.send(reply);
    }
}

fn answer(registry: &mut Registry, head: &Head, body: Vec<u8>) -> Reply {
    let request = (|| {
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::from_bytes(head.method.as_bytes()).ok()?;
        *request.uri_mut() = Uri::try_from(head.target.as_str()).ok()?;
        for (name, value) in &head.headers {
            if let (Some(name), Ok(value)) = (drydock::registry::header(name), value.parse()) {
                request.headers_mut().append(name, value);
            }
        }
        Some(request)
    })();
    let Some(request) = request else {
        let headers = vec![("content-length".to_owned(), b"0".to_vec())];
        return Reply { status: "400 Bad Request".to_owned(), headers, body: Vec::new() };
    };
    let response = registry.handle(request);
    let headers = response.headers().iter();
    Reply {
        status: response.status().to_string(),
        headers: headers.map(|(n, v)| (n.as_str().to_owned(), v.as_bytes().to_vec())).collect(),
        body: response.body().to_vec(),
    }
}

/// Hands a request to the thread that has the registry.
fn ask(jobs: &Sender<Job>, head: &Head, body: Vec<u8>) -> Result<Reply, Fault> {
    let (reply, answers) = channel();
    jobs.send(Job { head: head.clone(), body, reply }).map_err(|_| Fault::Gone)?;
    answers.recv().map_err(|_| Fault::Gone)
}

/// The requests of one connection, one after the other.
fn converse(connection: &TcpStream, jobs: &Sender<Job>) -> Result<(), Fault> {
    let mut input = BufReader::with_capacity(64 << 10, connection);
    let mut output = connection;
    loop {
        let head = wire::read_head(&mut input)?;
        let mut body = head.body()?;
        if body != Body::End && head.header("expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue"))
        {
            output.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let path = head.target.split('?').next().unwrap_or_default();
        let upload =
            path.contains("/blobs/uploads") && matches!(head.method.as_str(), "POST" | "PATCH" | "PUT");
        let piece = wire::read_piece(&mut input, &mut body, if upload { PIECE } else { WHOLE })?;
        let reply = match body {
            Body::End => ask(jobs, &head, piece)?,
            _ if upload => in_pieces(&mut input, jobs, &head, &mut body, piece)?,
            _ => return Err(Fault::Bad(413, "Content Too Large")),
        };
        // What is left of a body that was refused is passed over.
        while body != Body::End {
            wire::read_piece(&mut input, &mut body, PIECE)?;
        }
        wire::write(&mut output, &reply.status, &reply.headers, &reply.body, head.last)?;
        if head.last {
            return Ok(());
        }
    }
}

/// An upload whose body is too large to be held as a whole: its pieces go in by `PATCH`, the last one as the request says.
fn in_pieces(
    input: &mut BufReader<&TcpStream>,
    jobs: &Sender<Job>,
    head: &Head,
    body: &mut Body,
    first: Vec<u8>,
) -> Result<Reply, Fault> {
    let mut last = head.clone();
    let range = head.header("content-range").and_then(|r| r.split_once('-'));
    let mut range = range.and_then(|(from, to)| Some((from.parse::<u64>().ok()?, to.to_owned())));
    if head.method == "POST" {
        // With a digest in the query: begun, and closed with that digest.
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        let begun = ask(jobs, &Head { target: path.to_owned(), ..head.clone() }, Vec::new())?;
        let (true, Some(location)) = (begun.is("202"), begun.header("location")) else { return Ok(begun) };
        if !query.contains("digest=") || query.contains("mount=") {
            return Ok(begun);
        }
        (last.method, last.target) = ("PUT".to_owned(), format!("{location}?{query}"));
        range = None;
    }
    let mut piece = first;
    loop {
        let whole = *body == Body::End;
        let mut next = last.clone();
        next.headers.retain(|(name, _)| name != "content-range" && name != "content-length");
        if let Some((from, to)) = range.as_mut().filter(|_| !piece.is_empty()) {
            let end = *from + piece.len() as u64;
            let to = if whole { to.clone() } else { (end - 1).to_string() };
            next.headers.push(("content-range".to_owned(), format!("{from}-{to}")));
            *from = end;
        }
        if whole {
            return ask(jobs, &next, piece);
        }
        next.method = "PATCH".to_owned();
        next.target = last.target.split('?').next().unwrap_or_default().to_owned();
        let reply = ask(jobs, &next, piece)?;
        if !reply.is("202") {
            return Ok(reply);
        }
        piece = wire::read_piece(input, body, PIECE)?;
    }
}
