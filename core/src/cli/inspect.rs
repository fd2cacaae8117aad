//! `docker inspect`: the engine's own JSON of containers, images, networks and volumes.

mod host;

use super::parse::Refusal;
use super::template::Template;
use super::{Context, Turn, list};
use crate::container::Container;
use crate::container::MountKind;
use crate::engine::{DaemonError, World, commit, container, image as engine_image};
use crate::image::Image;
use serde_json::{Map, Value, json};

/// `docker inspect`, and `docker container|image inspect`.
pub fn inspect(c: &mut Context<'_, '_>, kind: Option<&str>) -> Result<Turn, Refusal> {
    let stated = c.line.text("type");
    let kind = kind.map(str::to_owned).or((!stated.is_empty()).then_some(stated));
    const KINDS: &str = "config container image network node plugin secret service task volume";
    if let Some(kind) = kind.as_ref().filter(|kind| !KINDS.split(' ').any(|k| k == kind.as_str())) {
        let all: Vec<String> = KINDS.split(' ').map(|k| format!("\"{k}\"")).collect();
        let words = format!("unknown type: \"{kind}\": must be one of {}\n", all.join(", "));
        return Err(Refusal::error(1, words));
    }
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for name in &c.line.arguments {
        match look(c.sys.world, name, kind.as_deref()) {
            Ok(mut value) => {
                if c.line.is_on("size") {
                    add_sizes(c.sys.world, name, &mut value);
                }
                found.push(value);
            }
            Err(error) => errors.push(error),
        }
    }
    let mut status = u8::from(!errors.is_empty());
    match c.line.value("format").map(str::to_owned).as_deref() {
        None | Some("") => {
            let text = if found.is_empty() { "[]".to_owned() } else { pretty(&Value::Array(found)) };
            c.print(&format!("{text}\n"));
        }
        Some("json") => c.print(&format!("{}\n", Value::Array(found))),
        Some(format) => {
            let template = Template::parse(format)
                .map_err(|e| Refusal::error(64, format!("template parsing error: template: {e}\n")))?;
            for value in found {
                // The client fills in its own types first, which know of fields that the JSON leaves out.
                let data = typed(&value, !format.contains("json"));
                match template.render_typed(&data).or_else(|_| template.render(&value)) {
                    Ok(text) => c.print(&format!("{text}\n")),
                    Err(words) => {
                        c.print("\n");
                        c.complain(&format!("template parsing error: template: {words}\n"));
                        status = 1;
                        break;
                    }
                }
            }
        }
    }
    for error in errors {
        c.note(&error);
        let text = if kind.is_none() {
            format!("Error: {}\n", error.message)
        } else {
            format!("Error response from daemon: {}\n", error.message)
        };
        c.complain(&text);
    }
    Ok(Turn::Done(status))
}

/// `--size`: what a container has written, and what it sees.
fn add_sizes(world: &World, name: &str, value: &mut Value) {
    let Some(target) = container::find(world, name).ok().and_then(|n| world.container(n)) else { return };
    let written = world.kernel.filesystems.get(&target.root).map_or(0, |f| f.usage().0);
    let below = world.images.get(&target.image).map_or(0, |i| i.size());
    value["SizeRw"] = written.into();
    value["SizeRootFs"] = (written + below).into();
}

/// An object as the client's own types hold it: what has no health check has a nil there, and lists
/// and maps that are to be `printed` are empty where JSON has null.
fn typed(value: &Value, printed: bool) -> Value {
    let mut value = value.clone();
    for mount in value.get_mut("Mounts").and_then(Value::as_array_mut).into_iter().flatten() {
        if mount["Name"].is_null() {
            mount["Name"] = super::template::LEFT_OUT.into();
        }
    }
    let image = value.get("RepoTags").is_some();
    for (name, empty) in [
        ("User", super::template::LEFT_OUT.into()),
        ("WorkingDir", super::template::LEFT_OUT.into()),
        ("StopSignal", super::template::LEFT_OUT.into()),
        ("ExposedPorts", json!({})),
        ("Shell", json!([])),
        ("Healthcheck", super::template::NIL.into()),
        ("Cmd", json!([])),
        ("Entrypoint", json!([])),
        ("Env", json!([])),
        ("OnBuild", json!([])),
        ("Volumes", json!({})),
        ("Labels", json!({})),
    ] {
        let empty: Value = empty;
        let Some(config) = value.get_mut("Config").and_then(Value::as_object_mut) else { continue };
        if image && !config.contains_key(name) {
            let unset = if printed || empty.is_string() { empty } else { super::template::NIL.into() };
            config.insert(name.to_owned(), unset);
        } else if printed && config.get(name).is_some_and(Value::is_null) {
            config.insert(name.to_owned(), empty);
        }
    }
    if let Some(check) = value.pointer_mut("/Config/Healthcheck").and_then(Value::as_object_mut) {
        check.entry("Retries").or_insert_with(|| 0.into());
        for name in ["Interval", "Timeout", "StartPeriod", "StartInterval"] {
            let nanoseconds = check.get(name).and_then(Value::as_u64).unwrap_or(0);
            check.insert(name.to_owned(), format!("{}{nanoseconds}", super::template::DURATION).into());
        }
    }
    if let Some(state) = value.get_mut("State").and_then(Value::as_object_mut) {
        if !state.contains_key("Health") {
            state.insert("Health".to_owned(), Value::from(super::template::NIL));
        }
    }
    value
}

/// The JSON of an object, as `docker inspect` prints it.
///
/// # Errors
/// Docker's words about what is not there.
pub fn look(world: &World, name: &str, kind: Option<&str>) -> Result<Value, DaemonError> {
    let is = |k: &str| kind.is_none_or(|wanted| wanted == k);
    if is("container") {
        match container::find(world, name) {
            Ok(number) => {
                if let Some(container) = world.container(number) {
                    return Ok(container_json(world, container));
                }
            }
            Err(error) if kind.is_some() => return Err(error),
            Err(_) => {}
        }
    }
    if is("image") {
        if let Some(image) = world.images.resolve(name) {
            return Ok(image_json(world, image));
        }
        if kind.is_some() {
            return Err(engine_image::missing(name));
        }
    }
    if is("network") {
        if let Some(network) = world.networks.find(name) {
            return Ok(network_json(world, network));
        }
        if kind.is_some() {
            return Err(DaemonError::new(404, format!("network {name} not found")));
        }
    }
    if is("volume") {
        if let Some(volume) = world.volumes.get(name) {
            return Ok(json!({
                "CreatedAt": volume.created.rfc3339(), "Driver": "local", "Labels": if volume.labels.is_empty() { Value::Null } else { json!(volume.labels) },
                "Mountpoint": crate::engine::volume::mountpoint(name), "Name": volume.name, "Options": null, "Scope": "local",
            }));
        }
        if kind.is_some() {
            return Err(DaemonError::new(404, format!("get {name}: no such volume")));
        }
    }
    Err(DaemonError::new(404, format!("No such object: {name}")))
}

/// JSON indented by four spaces, as Docker prints it.
pub fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.lines()
        .map(|line| {
            let spaces = line.len() - line.trim_start().len();
            format!("{}{}", " ".repeat(spaces * 2), line.trim_start())
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn time(at: Option<crate::time::Time>) -> String {
    at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), |t| t.rfc3339())
}

fn ports_json(world: &World, container: &Container) -> Value {
    let mut ports = Map::new();
    for port in &container.config.exposed_ports {
        ports.insert(port.clone(), Value::Null);
    }
    for (inner, address, port) in list::published(world, container.number) {
        let entry = json!({ "HostIp": address.trim_matches(['[', ']']), "HostPort": port.to_string() });
        match ports.get_mut(&inner) {
            Some(Value::Array(all)) => all.push(entry),
            _ => {
                ports.insert(inner, json!([entry]));
            }
        }
    }
    if container.state.is_running() { ports.into() } else { json!({}) }
}

fn container_json(world: &World, container: &Container) -> Value {
    let state = &container.state;
    let running = state.is_running();
    let pid = state.pid.map_or(0, |p| p.0);
    let mut state_json = json!({
        "Status": state.word(), "Running": running, "Paused": state.word() == "paused", "Restarting": state.word() == "restarting",
        "OOMKilled": state.oom_killed, "Dead": false, "Pid": pid, "ExitCode": state.exit_code, "Error": state.error,
        "StartedAt": time(state.started), "FinishedAt": time(state.finished),
    });
    if let Some(health) = &state.health {
        let log: Vec<Value> = health.log.iter().map(|r| json!({ "Start": r.start.rfc3339(), "End": r.end.rfc3339(), "ExitCode": r.exit_code, "Output": r.output })).collect();
        state_json["Health"] =
            json!({ "Status": health.status.word(), "FailingStreak": health.streak, "Log": log });
    }
    let directory = format!("/var/lib/docker/containers/{}", container.id);
    let networks: Map<String, Value> = container
        .networks
        .iter()
        .map(|(name, e)| {
            let names = (!matches!(name.as_str(), "bridge" | "host" | "none")).then(|| e.dns_names(container));
            (name.clone(), json!({
                "IPAMConfig": e.wanted.map(|a| json!({ "IPv4Address": a.to_string() })), "Links": if names.is_some() { nullable(&container.host.links) } else { Value::Null }, "Aliases": nullable(&e.aliases), "MacAddress": e.mac.map_or(String::new(), |m| m.to_string()),
                "NetworkID": &*e.network, "EndpointID": e.endpoint, "Gateway": e.gateway.map_or(String::new(), |g| g.to_string()),
                "IPAddress": e.address.map_or(String::new(), |a| a.to_string()), "IPPrefixLen": if e.address.is_some() { e.prefix } else { 0 },
                "IPv6Gateway": "", "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "DNSNames": names,
            }))
        })
        .collect();
    let first = networks.get("bridge").cloned().unwrap_or(
        json!({ "IPAddress": "", "Gateway": "", "IPPrefixLen": 0, "MacAddress": "", "EndpointID": "" }),
    );
    let mounts: Vec<Value> = container
        .mounts
        .iter()
        .map(|m| {
            let kind = match m.kind {
                MountKind::Bind => "bind",
                MountKind::Volume => "volume",
                MountKind::Tmpfs => "tmpfs",
            };
            let rest = json!({ "Mode": if m.kind == MountKind::Tmpfs { "" } else { &m.mode }, "RW": !m.read_only, "Propagation": if m.kind == MountKind::Bind { "rprivate" } else { "" } });
            let mut value = match m.kind {
                MountKind::Volume => json!({ "Type": kind, "Name": m.name, "Source": m.source, "Destination": m.destination, "Driver": "local" }),
                _ => json!({ "Type": kind, "Source": m.source, "Destination": m.destination }),
            };
            if let (Value::Object(all), Value::Object(rest)) = (&mut value, rest) {
                all.extend(rest);
            }
            value
        })
        .collect();
    json!({
        "Id": container.id.to_string(), "Created": container.created.rfc3339(), "Path": container.path, "Args": container.arguments,
        "State": state_json, "Image": container.image.to_string(),
        "ResolvConfPath": format!("{directory}/resolv.conf"), "HostnamePath": format!("{directory}/hostname"), "HostsPath": format!("{directory}/hosts"),
        "LogPath": format!("{directory}/{}-json.log", container.id), "Name": format!("/{}", container.name), "RestartCount": container.restart_count,
        "Driver": "overlay2", "Platform": "linux", "MountLabel": "", "ProcessLabel": "", "AppArmorProfile": "docker-default", "ExecIDs": null,
        "HostConfig": host::host_json(container),
        "GraphDriver": { "Name": "overlay2", "Data": null },
        "Mounts": mounts,
        "Config": config_json(container),
        "NetworkSettings": {
            "Bridge": "", "SandboxID": "", "SandboxKey": "", "Ports": ports_json(world, container),
            "HairpinMode": false, "LinkLocalIPv6Address": "", "LinkLocalIPv6PrefixLen": 0, "SecondaryIPAddresses": null, "SecondaryIPv6Addresses": null,
            "EndpointID": first["EndpointID"], "Gateway": first["Gateway"], "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0,
            "IPAddress": first["IPAddress"], "IPPrefixLen": first["IPPrefixLen"], "IPv6Gateway": "", "MacAddress": first["MacAddress"], "Networks": networks,
        },
    })
}

fn nullable(items: &[String]) -> Value {
    if items.is_empty() { Value::Null } else { items.into() }
}

fn config_json(container: &Container) -> Value {
    let config = &container.config;
    let set = |items: &[String]| -> Value {
        if items.is_empty() {
            Value::Null
        } else {
            items.iter().map(|i| (i.clone(), json!({}))).collect::<Map<_, _>>().into()
        }
    };
    let mut value = json!({
        "Hostname": config.hostname, "Domainname": config.domain_name, "User": config.user, "AttachStdin": config.attach_stdin,
        "AttachStdout": config.attach_stdout, "AttachStderr": config.attach_stderr,
    });
    if !config.exposed_ports.is_empty() {
        value["ExposedPorts"] = set(&config.exposed_ports);
    }
    let rest = json!({
        "Tty": config.tty, "OpenStdin": config.open_stdin, "StdinOnce": config.stdin_once, "Env": nullable(&config.env), "Cmd": config.cmd,
        "Image": container.image_name, "Volumes": set(&config.volumes), "WorkingDir": config.working_dir, "Entrypoint": config.entrypoint,
        "OnBuild": null, "Labels": config.labels,
    });
    if let (Value::Object(all), Value::Object(rest)) = (&mut value, rest) {
        all.extend(rest);
    }
    if let Some(signal) = &config.stop_signal {
        value["StopSignal"] = signal.clone().into();
    }
    if let Some(timeout) = config.stop_timeout {
        value["StopTimeout"] = timeout.into();
    }
    if let Some(check) = &config.health {
        value["Healthcheck"] = commit::health_json(check);
    }
    value
}

fn image_json(world: &World, image: &Image) -> Value {
    let names = world.images.names(&image.id);
    let tags: Vec<String> = names.iter().filter(|n| n.digest().is_none()).map(|n| n.familiar()).collect();
    let text = |name: &str| image.json[name].as_str().unwrap_or_default();
    let digests: Vec<String> = names.iter().filter(|n| n.digest().is_some()).map(|n| n.familiar()).collect();
    let mut all = json!({
        "Id": image.id.to_string(), "RepoTags": tags, "RepoDigests": digests, "Parent": "", "Comment": text("comment"), "Created": image.created(),
        "DockerVersion": text("docker_version"), "Author": text("author"), "Config": image_config(image),
        "Architecture": image.json["architecture"], "Variant": image.json["variant"], "Os": image.json["os"], "Size": image.size(),
        "GraphDriver": { "Data": null, "Name": "overlay2" },
        "RootFS": { "Type": "layers", "Layers": image.layers.iter().map(|l| l.diff_id.to_string()).collect::<Vec<_>>() },
        "Metadata": { "LastTagTime": "0001-01-01T00:00:00Z" },
    });
    if let Some(members) = all.as_object_mut().filter(|_| image.json["variant"].is_null()) {
        members.shift_remove("Variant");
    }
    all
}

/// The members of an image's configuration in the order of the specification (OCI image-spec, "config"), with those
/// that Docker adds behind them; what is empty is left out.
const IMAGE_CONFIG: [&str; 12] = [
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "Healthcheck",
    "OnBuild",
    "Shell",
];

fn image_config(image: &Image) -> Value {
    let there = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    };
    let members = IMAGE_CONFIG.iter().filter(|name| there(image.setting(name))).map(|name| {
        let value = image.setting(name).clone();
        let sorted =
            if value.is_object() && *name != "Healthcheck" { super::rows::by_name(value) } else { value };
        ((*name).to_owned(), sorted)
    });
    Value::Object(members.collect())
}

fn network_json(world: &World, network: &crate::engine::network::DockerNetwork) -> Value {
    let config: Vec<Value> = network
        .pool
        .iter()
        .map(|p| {
            let mut config = json!({ "Subnet": p.subnet().to_string() });
            if let Some(range) = p.range() {
                config["IPRange"] = range.to_string().into();
            }
            config["Gateway"] = p.gateway().to_string().into();
            for (name, address) in &p.reserved {
                config["AuxiliaryAddresses"][name] = address.to_string().into();
            }
            config
        })
        .collect();
    let members: Map<String, Value> = world
        .containers
        .values()
        .filter_map(|c| {
            let e = c.networks.get(&network.name)?;
            let address = e.address?;
            Some((c.id.to_string(), json!({
                "Name": c.name, "EndpointID": e.endpoint, "MacAddress": e.mac.map_or(String::new(), |m| m.to_string()),
                "IPv4Address": format!("{address}/{}", e.prefix), "IPv6Address": "",
            })))
        })
        .collect();
    json!({
        "Name": network.name, "Id": &*network.id, "Created": network.created.rfc3339(), "Scope": "local", "Driver": network.driver,
        "EnableIPv4": true, "EnableIPv6": false, "IPAM": { "Driver": "default", "Options": if network.name == "bridge" { Value::Null } else { json!({}) }, "Config": config },
        "Internal": network.internal, "Attachable": network.attachable, "Ingress": false, "ConfigFrom": { "Network": "" }, "ConfigOnly": false,
        "Containers": members, "Options": network.options, "Labels": network.labels,
    })
}
