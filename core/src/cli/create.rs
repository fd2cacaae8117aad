//! `docker run` and `docker create`.

use super::parse::{Invocation, Refusal};
use super::{Context, Turn, check, container, image, mount, network, ports, units};
use crate::container::config::{Config, HealthCheck, HostConfig, RestartPolicy};
use crate::engine::create::{self, CreateRequest};
use crate::engine::{start, stream};
use crate::image::Image;
use crate::image::platform::Platform;
use crate::kernel::process::Wait;
use crate::memory::client::Stage;
use crate::reference::Reference;

fn failed(c: &Context<'_, '_>, words: &str, status: u8) -> Refusal {
    let name = c.line.command.path.rsplit(' ').next().unwrap_or("run");
    Refusal::error(status, format!("docker: {words}\n\nRun 'docker {name} --help' for more information\n"))
}

/// The lines of a file of settings, without comments.
fn lines_of(c: &mut Context<'_, '_>, file: &str) -> Result<Vec<String>, String> {
    let bytes =
        c.sys.read_file(file).map_err(|e| format!("open {file}: {}", e.text().to_ascii_lowercase()))?;
    let text = String::from_utf8_lossy(&bytes);
    let rows = text.lines().map(str::trim_start).filter(|l| !l.is_empty() && !l.starts_with('#'));
    rows.map(|row| {
        let name = row.split('=').next().unwrap_or_default();
        match name {
            "" => Err(format!("invalid env file ({file}): no variable name on line '{row}'")),
            _ if name.contains([' ', '\t']) => {
                Err(format!("invalid env file ({file}): variable '{name}' contains whitespaces"))
            }
            _ => Ok(row.to_owned()),
        }
    })
    .collect()
}

/// The variables of `--env-file` and `--env`.
pub fn environment(c: &mut Context<'_, '_>) -> Result<Vec<String>, String> {
    let mut env = Vec::new();
    for file in c.line.list("env-file") {
        for row in lines_of(c, &file)? {
            env.extend(resolved(c, &row));
        }
    }
    for item in c.line.list("env") {
        let name = item.split('=').next().unwrap_or_default().to_owned();
        env.retain(|e: &String| e.split('=').next() != Some(&name));
        env.extend(resolved(c, &item));
    }
    Ok(env)
}

/// Reads the whole command line into a request.
fn request(c: &mut Context<'_, '_>) -> Result<CreateRequest, String> {
    let line = c.line;
    let image = line.arguments[0].clone();
    Reference::parse(&image).map(|_| ()).or_else(|words| {
        let hex = image.len() >= 3 && image.bytes().all(|b| b.is_ascii_hexdigit());
        if hex { Ok(()) } else { Err(words) }
    })?;
    check::creation(line)?;
    let env = environment(c)?;
    let mut labels = crate::shared::Map::new();
    let mut rows = Vec::new();
    for file in line.list("label-file") {
        rows.extend(lines_of(c, &file)?);
    }
    rows.extend(line.list("label"));
    for row in rows {
        let (name, value) = row.split_once('=').unwrap_or((&row, ""));
        labels.insert(name.to_owned(), value.to_owned());
    }
    let network = line.value("network").or(line.value("net")).unwrap_or("bridge");
    if matches!(network, "bridge" | "default") && line.value("network-alias").is_some() {
        return Err("network-scoped aliases are only supported for user-defined networks".to_owned());
    }
    let mut published = Vec::new();
    for item in line.list("publish") {
        published.extend(ports::parse(&item)?);
    }
    let (detached, tty, stdin) = (line.is_on("detach"), line.is_on("tty"), line.is_on("interactive"));
    let entrypoint = line.value("entrypoint").map(|e| vec![e.to_owned()]);
    let mut exposed: Vec<String> = published.iter().map(|p| p.container.clone()).collect();
    exposed.extend(
        line.list("expose").into_iter().map(|p| if p.contains('/') { p } else { format!("{p}/tcp") }),
    );
    let config = Config {
        hostname: line.text("hostname"),
        domain_name: line.text("domainname"),
        user: line.text("user"),
        attach_stdin: stdin && !detached,
        attach_stdout: !detached,
        attach_stderr: !detached,
        exposed_ports: exposed,
        tty,
        open_stdin: stdin,
        stdin_once: stdin && !detached,
        env,
        cmd: (line.arguments.len() > 1).then(|| line.arguments[1..].to_vec()),
        entrypoint,
        volumes: line.list("volume").into_iter().filter(|b| anonymous(b)).collect(),
        working_dir: line.text("workdir"),
        labels,
        stop_signal: line.value("stop-signal").map(str::to_owned),
        stop_timeout: line.number("stop-timeout"),
        health: health(line),
    };
    Ok(CreateRequest {
        name: line.text("name"),
        image,
        config,
        host: host(c, published)?,
        aliases: line.list("network-alias"),
        address: line.value("ip").and_then(|a| a.parse().ok()),
    })
}

/// `NAME` without a value takes it from the client's environment, or is left out.
fn resolved(c: &Context<'_, '_>, item: &str) -> Option<String> {
    if item.contains('=') {
        return Some(item.to_owned());
    }
    c.sys.variable(item).map(|value| format!("{item}={value}"))
}

fn health(line: &Invocation) -> Option<HealthCheck> {
    if line.is_on("no-healthcheck") {
        return Some(HealthCheck { test: vec!["NONE".to_owned()], ..HealthCheck::default() });
    }
    let span = |name: &str| line.value(name).and_then(units::parse_duration).filter(|s| s.0 > 0);
    let check = HealthCheck {
        test: line
            .value("health-cmd")
            .map(|c| vec!["CMD-SHELL".to_owned(), c.to_owned()])
            .unwrap_or_default(),
        interval: span("health-interval"),
        timeout: span("health-timeout"),
        start_period: span("health-start-period"),
        start_interval: span("health-start-interval"),
        retries: line.number("health-retries").filter(|n| *n > 0).map(i64::unsigned_abs),
    };
    (check != HealthCheck::default()).then_some(check)
}

fn host(
    c: &Context<'_, '_>,
    published: Vec<crate::container::config::PortBinding>,
) -> Result<HostConfig, String> {
    let line = c.line;
    let restart = line.text("restart");
    let (name, maximum) = restart.split_once(':').unwrap_or((&restart, "0"));
    let maximum: i64 = maximum
        .parse()
        .map_err(|_| "invalid restart policy format: maximum retry count must be an integer".to_owned())?;
    let maximum = u64::try_from(maximum).map_err(|_| {
        let words = "invalid restart policy: maximum retry count cannot be negative";
        format!("Error response from daemon: {words}")
    })?;
    if line.is_on("rm") && !matches!(name, "" | "no") {
        return Err("conflicting options: cannot specify both --restart and --rm".to_owned());
    }
    let network = line.value("network").or(line.value("net")).unwrap_or("bridge").to_owned();
    let nano = line.value("cpus").and_then(crate::decimal::decimal).map_or(0, |n| (n * 1e9) as i64);
    let memory = line.bytes("memory");
    Ok(HostConfig {
        binds: line.list("volume").into_iter().filter(|b| !anonymous(b)).map(|b| absolute(c, &b)).collect(),
        network_mode: network,
        ports: published,
        publish_all: line.is_on("publish-all"),
        restart: RestartPolicy {
            name: if name.is_empty() { "no".to_owned() } else { name.to_owned() },
            maximum,
        },
        auto_remove: line.is_on("rm"),
        cap_add: line.list("cap-add"),
        cap_drop: line.list("cap-drop"),
        privileged: line.is_on("privileged"),
        ipc_mode: line.value("ipc").unwrap_or("private").to_owned(),
        pid_mode: line.text("pid"),
        uts_mode: line.text("uts"),
        userns_mode: line.text("userns"),
        cgroupns_mode: line.value("cgroupns").unwrap_or("private").to_owned(),
        memory,
        memory_swap: if line.value("memory-swap").is_some() { line.bytes("memory-swap") } else { memory * 2 },
        memory_reservation: line.bytes("memory-reservation"),
        nano_cpus: nano,
        cpu_shares: line.number("cpu-shares").unwrap_or(0),
        pids_limit: line.number("pids-limit").filter(|n| *n != 0),
        read_only: line.is_on("read-only"),
        tmpfs: line
            .list("tmpfs")
            .iter()
            .map(|t| t.split_once(':').unwrap_or((t, "")))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect(),
        mounts: line.list("mount").iter().map(|text| mount::point(c.sys, text)).collect::<Result<_, _>>()?,
        volumes_from: line.list("volumes-from"),
        init: line.is_on("init").then_some(true),
        group_add: line.list("group-add"),
        extra_hosts: line.list("add-host"),
        dns: line.list("dns"),
        security: line.list("security-opt"),
        links: line.list("link"),
        log_driver: line.text("log-driver"),
        log_options: network::pairs(&line.list("log-opt")),
        shm_size: if line.value("shm-size").is_some() { line.bytes("shm-size") } else { 64 << 20 },
    })
}

/// True for a `-v` that names a place only: a volume of its own.
fn anonymous(bind: &str) -> bool {
    bind.len() > 1 && bind.starts_with('/') && !bind.contains(':')
}

/// A source that begins with `.` or `~` is a path of the client's.
fn absolute(c: &Context<'_, '_>, bind: &str) -> String {
    match bind.split_once(':') {
        Some((source, rest)) if source.starts_with('.') => {
            let path = c.sys.real_path(source).unwrap_or_else(|_| source.to_owned());
            format!("{path}:{rest}")
        }
        _ => bind.to_owned(),
    }
}

/// The image is here, or a pull has begun.
fn ensure_image(c: &mut Context<'_, '_>) -> Result<bool, Refusal> {
    let name = c.line.arguments[0].clone();
    let policy = c.line.value("pull").unwrap_or("missing").to_owned();
    let platform = image::platform(c).unwrap_or_default();
    let fits = |image: &Image| platform.as_ref().is_none_or(|p| p.fits(&Platform::of(&image.json)));
    let here = c.sys.world.images.resolve(&name).is_some_and(|image| fits(image));
    if (here && policy != "always") || policy == "never" {
        return Ok(true);
    }
    let Ok(reference) = Reference::parse(&name) else { return Ok(true) };
    if !here {
        let text =
            format!("Unable to find image '{}' locally\n", reference.clone().with_default_tag().familiar());
        c.complain(&text);
    }
    image::begin_pull(c, reference, platform);
    Ok(false)
}

/// The warning about an image that is not for this host, when that was not asked for.
fn foreign(c: &Context<'_, '_>) -> Option<String> {
    let name = c.line.arguments.first()?;
    let config = &c.sys.world.images.resolve(name)?.json;
    if image::platform(c) != Ok(None) || Platform::default().fits(&Platform::of(config)) {
        return None;
    }
    let parts = ["os", "architecture", "variant"].map(|part| config[part].as_str().unwrap_or_default());
    let shown = parts.join("/");
    let shown = shown.trim_end_matches('/');
    Some(format!(
        "WARNING: The requested image's platform ({shown}) does not match the detected host platform (linux/amd64/v3) and no specific platform was requested\n"
    ))
}

/// Creates, after a pull where one is needed: the container's number, or what to wait for.
fn made(c: &mut Context<'_, '_>, wrap: bool) -> Result<Result<u64, Turn>, Refusal> {
    let status = if wrap { 125 } else { 1 };
    let request = match request(c) {
        Ok(request) => request,
        Err(words) => {
            return Err(if wrap { failed(c, &words, 125) } else { Refusal::error(1, format!("{words}\n")) });
        }
    };
    let refuse = |c: &mut Context<'_, '_>, error: &crate::engine::DaemonError, streamed: bool| {
        c.note(error);
        // What goes wrong after the first line of a pull's progress comes as one more of them.
        let prefix = if streamed { "" } else { "Error response from daemon: " };
        let words = format!("{prefix}{}", error.message);
        if wrap { failed(c, &words, status) } else { Refusal::error(status, format!("{words}\n")) }
    };
    if let Err(words) = image::platform(c) {
        let words = format!("error parsing specified platform: {words}");
        return Err(if wrap { failed(c, &words, 125) } else { Refusal::error(1, format!("{words}\n")) });
    }
    match c.client.stage {
        Stage::Begin => {
            if !ensure_image(c)? {
                return Ok(Err(Turn::Go));
            }
        }
        Stage::Transfer(number) => match image::progress(c, number, c.line.is_on("quiet"), true) {
            Ok(None) => return Ok(Err(Turn::Wait(vec![Wait::Daemon(number)]))),
            Ok(Some(())) => {}
            Err(error) => {
                let streamed = c.client.shown > 0;
                return Err(refuse(c, &error, streamed));
            }
        },
        _ => {}
    }
    if request.host.network_mode == "host" && !request.host.ports.is_empty() {
        c.complain("WARNING: Published ports are discarded when using host network mode\n");
    }
    let id_file = c.line.value("cidfile").map(str::to_owned);
    if let Some(file) = id_file.as_ref().filter(|f| c.sys.stat(f).is_ok()) {
        let words =
            format!("container ID file found, make sure the other container isn't running or delete {file}");
        return Err(if wrap {
            failed(c, &words, status)
        } else {
            Refusal::error(status, format!("{words}\n"))
        });
    }
    let foreign = foreign(c);
    match create::create(c.sys.world, request) {
        Ok(number) => {
            if let Some(words) = foreign {
                c.complain(&words);
            }
            let id = c.sys.world.container(number).map(|x| x.id.to_string()).unwrap_or_default();
            if let Some(file) = id_file {
                let _ = c.sys.write_file(&file, id.as_bytes());
            }
            Ok(Ok(number))
        }
        Err(error) => Err(refuse(c, &error, false)),
    }
}

/// `docker create`.
pub fn create(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    match made(c, false)? {
        Err(turn) => Ok(turn),
        Ok(number) => {
            let id = c.sys.world.container(number).map(|x| x.id.to_string()).unwrap_or_default();
            c.print(&format!("{id}\n"));
            Ok(Turn::Done(0))
        }
    }
}

/// `docker run`.
pub fn run(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let detached = c.line.is_on("detach");
    match c.client.stage {
        Stage::Begin | Stage::Transfer(_) => {
            if c.line.is_on("tty") && !detached && c.line.is_on("interactive") && !c.sys.is_terminal(0) {
                return Err(Refusal::error(1, "the input device is not a TTY\n"));
            }
            let number = match made(c, true)? {
                Ok(number) => number,
                Err(turn) => return Ok(turn),
            };
            c.client.container = Some(number);
            let pid = c.sys.host_pid();
            if !detached {
                crate::engine::container::note(c.sys.world, number, "attach", &[]);
                c.sys.world.streams.insert(number, Default::default());
                stream::attach(c.sys.world, number, pid, true, true);
            }
            if let Err(error) = start::begin(c.sys.world, number) {
                c.note(&error);
                return Err(failed(c, &format!("Error response from daemon: {}", error.message), 125));
            }
            c.client.stage = Stage::Starting;
            Ok(Turn::Wait(vec![Wait::Daemon(number)]))
        }
        Stage::Starting => started(c, detached),
        _ => container::attached(c),
    }
}

fn started(c: &mut Context<'_, '_>, detached: bool) -> Result<Turn, Refusal> {
    use crate::container::state::Status;
    let number = c.client.container.unwrap_or(0);
    let Some(target) = c.sys.world.container(number).cloned() else { return Ok(container::removed(c)) };
    if target.state.status == Status::Starting {
        return Ok(Turn::Wait(vec![Wait::Daemon(number)]));
    }
    if !target.state.error.is_empty() {
        let error = crate::engine::DaemonError::new(500, target.state.error.clone());
        c.note(&error);
        let code = match target.state.exit_code {
            126 | 127 => target.state.exit_code as u8,
            _ => 125,
        };
        if detached {
            c.print(&format!("{}\n", target.id));
        }
        if target.host.auto_remove {
            crate::engine::container::forget(c.sys.world, number);
        }
        return Err(failed(c, &format!("Error response from daemon: {}", error.message), code));
    }
    if detached {
        c.print(&format!("{}\n", target.id));
        return Ok(Turn::Done(0));
    }
    c.client.stage = Stage::Attached;
    Ok(Turn::Go)
}
