//! `docker version`, `docker info` and `docker context`.

use super::parse::Refusal;
use super::template::Template;
use super::{Context, Turn, rows, units};
use crate::container::state::Status;
use serde_json::{Value, json};

fn formatted(c: &mut Context<'_, '_>, value: &Value, plain: String) -> Result<Turn, Refusal> {
    match c.line.value("format").map(str::to_owned) {
        None => c.print(&plain),
        Some(format) if format == "json" => c.print(&format!("{value}\n")),
        Some(format) => {
            let template = Template::parse(&format)
                .map_err(|e| Refusal::error(64, format!("template parsing error: template: {e}\n")))?;
            let text = template.render(value).map_err(|e| Refusal::error(1, format!("template: {e}\n")))?;
            c.print(&format!("{text}\n"));
        }
    }
    Ok(Turn::Done(0))
}

/// `docker version`.
pub fn version(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let value = json!({
        "Client": { "Version": "28.2.2", "ApiVersion": "1.50", "Os": "linux", "Arch": "amd64", "GitCommit": "e6534b4" },
        "Server": { "Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64", "KernelVersion": "6.8.0-drydock" },
    });
    let plain = "Client: Docker Engine - Community\n Version:           28.2.2\n API version:       1.50\n OS/Arch:           linux/amd64\n Context:           default\n\nServer: Drydock, a simulation of Docker Engine\n Engine:\n  Version:          28.5.2\n  API version:      1.51 (minimum version 1.24)\n  OS/Arch:          linux/amd64\n  Experimental:     false\n".to_owned();
    formatted(c, &value, plain)
}

/// `docker info`.
pub fn info(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let world = &*c.sys.world;
    let count = |f: fn(Status) -> bool| world.containers.values().filter(|t| f(t.state.status)).count();
    let (running, paused) = (count(|s| s == Status::Running), count(|s| s == Status::Paused));
    let all = world.containers.len();
    let (images, memory, cpus) =
        (world.images.len(), crate::engine::proc::HOST_MEMORY, crate::engine::proc::HOST_PROCESSORS);
    let value = json!({
        "Containers": all, "ContainersRunning": running, "ContainersPaused": paused, "ContainersStopped": all - running - paused,
        "Images": images, "Driver": "overlay2", "NCPU": cpus, "MemTotal": memory, "ServerVersion": "28.5.2", "Name": crate::engine::boot::HOSTNAME,
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)", "OSType": "linux", "Architecture": "x86_64", "KernelVersion": "6.8.0-drydock",
        "CgroupDriver": "systemd", "CgroupVersion": "2", "DockerRootDir": "/var/lib/docker",
    });
    let plain = format!(
        "Client: Docker Engine - Community\n Version:    28.2.2\n Context:    default\n Debug Mode: false\n\nServer:\n Containers: {all}\n  Running: {running}\n  Paused: {paused}\n  Stopped: {}\n Images: {images}\n Server Version: 28.5.2\n Storage Driver: overlay2\n Logging Driver: json-file\n Cgroup Driver: systemd\n Cgroup Version: 2\n Kernel Version: 6.8.0-drydock\n Operating System: Debian GNU/Linux 12 (bookworm)\n OSType: linux\n Architecture: x86_64\n CPUs: {cpus}\n Total Memory: {}\n Name: {}\n Docker Root Dir: /var/lib/docker\n",
        all - running - paused,
        units::bytes_size(memory),
        crate::engine::boot::HOSTNAME
    );
    formatted(c, &value, plain)
}

const CONTEXTS: &[rows::Column] = &[
    ("", "formatter.clientContextContext"),
    ("Name", "NAME"),
    ("Description", "DESCRIPTION"),
    ("DockerEndpoint", "DOCKER ENDPOINT"),
    ("Error", "ERROR"),
    ("Current", ""),
];

/// `docker context ls`, `show`, `inspect` and `use`: there is the one that every client has.
pub fn context(c: &mut Context<'_, '_>, verb: &str) -> Result<Turn, Refusal> {
    const SOCKET: &str = "unix:///var/run/docker.sock";
    if let Some(name) = c.line.arguments.iter().find(|name| *name != "default") {
        let digest = crate::digest::Digest::of(name.as_bytes()).hex();
        let words = format!(
            "context \"{name}\": context not found: open /home/learner/.docker/contexts/meta/{digest}/meta.json: no such file or directory\n"
        );
        if verb == "inspect" && c.line.value("format").is_none() {
            c.print("[]\n");
        }
        return Err(Refusal::error(1, words));
    }
    match verb {
        "show" => c.print("default\n"),
        "use" => {
            c.print("default\n");
            c.complain("Current context is now \"default\"\n");
        }
        "ls" => {
            let row = json!({
                "Name": "default", "Description": "Current DOCKER_HOST based configuration",
                "DockerEndpoint": SOCKET, "Error": "", "Current": true,
            });
            let default =
                "table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}";
            let format = if c.line.is_on("quiet") { Some("{{.Name}}") } else { c.line.value("format") };
            let text = rows::render(format, CONTEXTS, default, &[row])?;
            c.print(&text);
        }
        _ => {
            let value = json!({
                "Name": "default", "Metadata": {},
                "Endpoints": { "docker": { "Host": SOCKET, "SkipTLSVerify": false } }, "TLSMaterial": {},
                "Storage": { "MetadataPath": "<IN MEMORY>", "TLSPath": "<IN MEMORY>" },
            });
            let plain = super::pretty(&json!([value])) + "\n";
            return formatted(c, &value, plain);
        }
    }
    Ok(Turn::Done(0))
}
