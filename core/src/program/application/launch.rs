//! How an application is started: `node FILE`, `python FILE`, `flask run`, `gunicorn`, `uvicorn`.

use crate::application::{Application, Language};
use crate::engine::syscall::{FileKind, Sys};
use crate::memory::application::Running;
use crate::memory::tool::{State, Tool};
use crate::program::service;
use std::rc::Rc;

/// Begins an application; false when this program runs none.
pub fn begin(sys: &mut Sys<'_>, tool: &mut Tool, name: &str, arguments: &[String]) -> bool {
    match name {
        "node" | "nodejs" => node(sys, tool, arguments),
        "python" | "python3" => python(sys, tool, arguments),
        "flask" | "gunicorn" | "uvicorn" => server(sys, tool, name, arguments),
        _ => return false,
    }
    true
}

fn say(tool: &mut Tool, stream: usize, text: &str, code: u8) {
    tool.pending[stream] = format!("{text}\n").into_bytes();
    tool.state = State::Done(code);
}

fn node(sys: &mut Sys<'_>, tool: &mut Tool, arguments: &[String]) {
    let version = sys.variable("NODE_VERSION").unwrap_or_else(|| "22.21.1".to_owned());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "-v" | "--version" => return say(tool, 0, &format!("v{version}"), 0),
            "-e" | "--eval" | "-p" | "--print" => {
                let mut code = rest.next().cloned().unwrap_or_default();
                if argument.starts_with("-p") || argument == "--print" {
                    code = format!("console.log({})", code.trim_end_matches(';'));
                }
                return start(sys, tool, Language::JavaScript, "/[eval]", &code, rest.cloned().collect());
            }
            "-r" | "--require" => {
                rest.next();
            }
            flag if flag.starts_with('-') => {}
            file => {
                let path = absolute(sys, file);
                let found = module_file(sys, &path);
                let Ok(path) = found else {
                    let text = format!(
                        "node:internal/modules/cjs/loader:1143\n  throw err;\n  ^\n\nError: Cannot find module '{path}'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1140:15)\n    at Module._load (node:internal/modules/cjs/loader:981:27)\n    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:128:12)\n    at node:internal/main/run_main_module:28:49 {{\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}}\n\nNode.js v{version}"
                    );
                    return say(tool, 1, &text, 1);
                };
                let source = read(sys, &path);
                let mut all = vec![path.clone()];
                all.extend(rest.cloned());
                return start(sys, tool, Language::JavaScript, &path, &source, all);
            }
        }
    }
    prompt(sys, tool, "node", "node FILE, or node -e 'console.log(1 + 1)'");
}

/// Started without a file: there is no prompt to type at.
fn prompt(sys: &Sys<'_>, tool: &mut Tool, name: &str, near: &str) {
    if sys.is_terminal(0) {
        say(
            tool,
            1,
            &format!("{name}: Drydock reads sources and has no prompt for single lines; try {near}"),
            1,
        );
    } else {
        tool.state = State::Done(0);
    }
}

fn python(sys: &mut Sys<'_>, tool: &mut Tool, arguments: &[String]) {
    let version = sys.variable("PYTHON_VERSION").unwrap_or_else(|| "3.13.9".to_owned());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "-V" | "--version" => return say(tool, 0, &format!("Python {version}"), 0),
            "-c" => {
                let code = rest.next().cloned().unwrap_or_default();
                return start(sys, tool, Language::Python, "/<string>", &code, rest.cloned().collect());
            }
            "-m" => {
                let module = rest.next().cloned().unwrap_or_default();
                let more: Vec<String> = rest.cloned().collect();
                return run_module(sys, tool, &module, &more);
            }
            flag if flag.starts_with('-') => {}
            file => {
                let path = absolute(sys, file);
                match sys.stat(&path) {
                    Ok(stat) if stat.kind == FileKind::File => {}
                    _ => {
                        let text =
                            format!("python: can't open file '{path}': [Errno 2] No such file or directory");
                        return say(tool, 1, &text, 2);
                    }
                }
                let source = read(sys, &path);
                let mut all = vec![file.to_owned()];
                all.extend(rest.cloned());
                return start(sys, tool, Language::Python, &path, &source, all);
            }
        }
    }
    prompt(sys, tool, "python", "python FILE, or python -c 'print(1 + 1)'");
}

fn run_module(sys: &mut Sys<'_>, tool: &mut Tool, module: &str, more: &[String]) {
    match module {
        "http.server" => service::http_server(sys, tool, more),
        "flask" | "gunicorn" | "uvicorn" => server(sys, tool, module, more),
        "pip" | "venv" => {
            if !crate::program::packages::begin(sys, tool, module, more) {
                say(tool, 1, &format!("python: Drydock does not simulate the module {module}"), 1);
            }
        }
        _ => {
            let path = absolute(sys, &format!("{}.py", module.replace('.', "/")));
            if sys.stat(&path).is_ok() {
                let source = read(sys, &path);
                return start(sys, tool, Language::Python, &path, &source, vec![path.clone()]);
            }
            say(tool, 1, &format!("/usr/local/bin/python: No module named {module}"), 1);
        }
    }
}

fn absolute(sys: &Sys<'_>, file: &str) -> String {
    match file.starts_with('/') {
        true => crate::application::clean(file),
        false => crate::application::clean(&format!("{}/{file}", sys.directory())),
    }
}

fn read(sys: &mut Sys<'_>, path: &str) -> String {
    sys.read_file(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The file that Node.js means by a path.
fn module_file(sys: &mut Sys<'_>, path: &str) -> Result<String, String> {
    let is_file = |sys: &Sys<'_>, path: &str| sys.stat(path).is_ok_and(|s| s.kind == FileKind::File);
    for end in ["", ".js", ".mjs", ".cjs"] {
        let candidate = format!("{path}{end}");
        if is_file(sys, &candidate) {
            return Ok(candidate);
        }
    }
    let manifest = read(sys, &format!("{path}/package.json"));
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap_or_default();
    let main = manifest["main"].as_str().unwrap_or("index.js");
    let candidate = crate::application::clean(&format!("{path}/{main}"));
    if is_file(sys, &candidate) { Ok(candidate) } else { Err(path.to_owned()) }
}

/// An application that has not begun.
fn fresh(sys: &mut Sys<'_>, language: Language, arguments: Vec<String>) -> Application {
    let version = sys.variable("PYTHON_VERSION").unwrap_or_else(|| "3.13.9".to_owned());
    let minor: Vec<&str> = version.split('.').take(2).collect();
    let address = sys.stack().and_then(|stack| stack.source_address(std::net::Ipv4Addr::new(1, 1, 1, 1)));
    Application {
        language,
        environment: sys.environment().iter().map(|(n, v)| (n.as_str().into(), v.as_str().into())).collect(),
        directory: sys.directory().as_str().into(),
        arguments,
        site: format!("/usr/local/lib/python{}/site-packages", minor.join(".")).as_str().into(),
        hostname: sys.hostname().as_str().into(),
        now: (sys.now().0, sys.now().unix_micros()),
        address: address.map_or_else(|| "127.0.0.1".to_owned(), |a| a.to_string()).as_str().into(),
        ..Application::default()
    }
}

fn start(
    sys: &mut Sys<'_>,
    tool: &mut Tool,
    language: Language,
    path: &str,
    source: &str,
    arguments: Vec<String>,
) {
    let mut application = fresh(sys, language, arguments);
    application.start(path, source);
    tool.state = State::Application(Box::new(Running { application, ..Running::default() }));
}

/// A server that is told an application: `flask run`, `gunicorn app:app`, `uvicorn main:app`.
fn server(sys: &mut Sys<'_>, tool: &mut Tool, name: &str, arguments: &[String]) {
    if arguments.iter().any(|a| a == "--version") {
        return say(tool, 0, &format!("{name} (Drydock)"), 0);
    }
    let (default_host, default_port) = ("127.0.0.1".to_owned(), if name == "flask" { 5000 } else { 8000 });
    let mut host = sys.variable("FLASK_RUN_HOST").filter(|_| name == "flask").unwrap_or(default_host);
    let told = sys.variable("FLASK_RUN_PORT").filter(|_| name == "flask").and_then(|p| p.parse().ok());
    let mut port: u16 = told.unwrap_or(default_port);
    let mut target = sys.variable("FLASK_APP").filter(|_| name == "flask").unwrap_or_default();
    let mut rest = arguments.iter().map(String::as_str).filter(|a| *a != "run");
    while let Some(argument) = rest.next() {
        let (flag, attached) = argument.split_once('=').map_or((argument, None), |p| (p.0, Some(p.1)));
        match flag {
            "--host" | "-h" => attached.or_else(|| rest.next()).unwrap_or_default().clone_into(&mut host),
            "--port" | "-p" => {
                port = attached.or_else(|| rest.next()).and_then(|p| p.parse().ok()).unwrap_or(port)
            }
            "-b" | "--bind" => {
                let bind = attached.or_else(|| rest.next()).unwrap_or_default();
                let (own, number) = bind.rsplit_once(':').unwrap_or((bind, ""));
                own.clone_into(&mut host);
                port = number.parse().unwrap_or(port);
            }
            "--app" | "-A" => attached.or_else(|| rest.next()).unwrap_or_default().clone_into(&mut target),
            "-w" | "--workers" | "-k" | "--worker-class" | "--timeout" | "--threads" | "--log-level" => {
                if attached.is_none() {
                    rest.next();
                }
            }
            flag if flag.starts_with('-') => {}
            word => word.clone_into(&mut target),
        }
    }
    let module = target.split(':').next().unwrap_or_default().trim_end_matches(".py").replace('.', "/");
    let candidates = if module.is_empty() {
        vec!["app.py".to_owned(), "wsgi.py".to_owned()]
    } else {
        vec![format!("{module}.py"), format!("{module}/__init__.py")]
    };
    let found = candidates.iter().map(|c| absolute(sys, c)).find(|c| sys.stat(c).is_ok());
    let Some(path) = found else {
        let text = match name {
            "flask" => "Usage: flask run [OPTIONS]\nTry 'flask run --help' for help.\n\nError: Could not locate a Flask application. Use the 'flask --app' option, 'FLASK_APP' environment variable, or a 'wsgi.py' or 'app.py' file in the current directory.".to_owned(),
            "uvicorn" => format!("ERROR:    Error loading ASGI app. Could not import module \"{module}\"."),
            _ => format!("ModuleNotFoundError: No module named '{module}'"),
        };
        return say(tool, 1, &text, if name == "flask" { 2 } else { 1 });
    };
    let source = read(sys, &path);
    let mut application = fresh(sys, Language::Python, vec![path.clone()]);
    application.server = name.into();
    application.start(&path, &source);
    tool.state =
        State::Application(Box::new(Running { application, told: Some((host, port)), ..Running::default() }));
}

/// The module has run: its application is served.
pub fn serve_named(sys: &mut Sys<'_>, running: &mut Running, host: &str, port: u16) {
    let app = &mut running.application;
    let Some(found) = app.web_application() else {
        app.prints.push((
            true,
            format!("Error: Failed to find an application in module '{}'.\n", app.main_module()),
        ));
        app.ended = Some(2);
        return;
    };
    let name: Rc<str> = app.server.clone();
    let pid = sys.pid();
    match &*name {
        "flask" => return app.serve_application(&found, host, port),
        "uvicorn" => {
            let lines = format!(
                "INFO:     Started server process [{pid}]\nINFO:     Waiting for application startup.\nINFO:     Application startup complete.\nINFO:     Uvicorn running on http://{host}:{port} (Press CTRL+C to quit)\n"
            );
            app.prints.push((true, lines));
        }
        _ => {
            let when = sys.now().rfc3339().replace('T', " ");
            let when = format!("{} +0000", when.get(..19).unwrap_or_default());
            let mut lines = String::new();
            for line in [
                "Starting gunicorn 23.0.0".to_owned(),
                format!("Listening at: http://{host}:{port} ({pid})"),
                "Using worker: sync".to_owned(),
                format!("Booting worker with pid: {}", pid + 6),
            ] {
                lines.push_str(&format!("[{when}] [{pid}] [INFO] {line}\n"));
            }
            app.prints.push((true, lines));
        }
    }
    app.loopback = host == "127.0.0.1" || host == "localhost";
    app.listening = Some((port, found));
}
