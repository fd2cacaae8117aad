//! How Go prints what the client's own types hold: structures, maps and lists that are not there.

use super::{DURATION, LEFT_OUT, NIL};
use serde_json::Value;

/// Fields that are lists.
const LISTS: &str = " Args Aliases Binds CapAdd CapDrop Cmd DNSNames Devices Entrypoint Env ExecIDs ExtraHosts GroupAdd Links MaskedPaths Mounts OnBuild ReadonlyPaths RepoDigests RepoTags SecurityOpt Shell Ulimits VolumesFrom ";
/// Fields that are maps.
const MAPS: &str = " Annotations Attributes Config Containers DriverOpts ExposedPorts Labels Networks Options PortBindings Ports Status StorageOpt Sysctls Tmpfs Volumes ";
/// Names in JSON, and those of the fields.
const NAMES: [(&str, &str); 9] = [
    ("Id", "ID"),
    ("HostIp", "HostIP"),
    ("NanoCpus", "NanoCPUs"),
    ("CpuShares", "CPUShares"),
    ("CpuPeriod", "CPUPeriod"),
    ("CpuQuota", "CPUQuota"),
    ("Dns", "DNS"),
    ("DnsOptions", "DNSOptions"),
    ("DnsSearch", "DNSSearch"),
];

fn has(names: &str, name: &str) -> bool {
    names.contains(&format!(" {name} "))
}

/// The name that JSON has for a field of the client's types; a name that only JSON has is no field.
pub fn name(field: &str) -> &str {
    for (json, go) in NAMES {
        if field == go {
            return json;
        }
        if field == json {
            return "";
        }
    }
    field
}

/// What a field holds that JSON leaves out because nobody set it.
pub fn omitted(field: &str) -> Option<Value> {
    Some(match field {
        "Healthcheck" | "Init" | "StopTimeout" => NIL.into(),
        "ArgsEscaped" | "ReadOnly" => false.into(),
        "Source" | "StopSignal" => "".into(),
        "Annotations" | "ExposedPorts" | "Mounts" | "Shell" | "StorageOpt" | "Sysctls" | "Tmpfs" => {
            Value::Null
        }
        _ => return None,
    })
}

/// True for a field that is a map.
pub fn is_map(field: &str) -> bool {
    field != "Config" && has(MAPS, field)
}

/// The value of a field, as Go prints it.
pub fn show(value: &Value, field: &str) -> String {
    match value {
        Value::Null if has(LISTS, field) => "[]".to_owned(),
        Value::Null if has(MAPS, field) => "map[]".to_owned(),
        Value::Array(items) => {
            let all: Vec<String> = items.iter().map(|item| inner(item, "")).collect();
            format!("[{}]", all.join(" "))
        }
        Value::Object(members) => {
            let word = |k: &String| {
                k.starts_with(|c: char| c.is_ascii_uppercase())
                    && k.bytes().all(|b| b.is_ascii_alphanumeric())
            };
            if members.is_empty() || is_map(field) || !members.keys().all(word) {
                let mut all: Vec<String> =
                    members.iter().map(|(key, value)| format!("{key}:{}", inner(value, ""))).collect();
                crate::shared::sort_by(&mut all, Ord::cmp);
                return format!("map[{}]", all.join(" "));
            }
            let all: Vec<String> = members.iter().map(|(key, value)| inner(value, key)).collect();
            format!("{{{}}}", all.join(" "))
        }
        other => super::show(other),
    }
}

fn inner(value: &Value, field: &str) -> String {
    match value {
        Value::Null if !has(LISTS, field) && !has(MAPS, field) => "<nil>".to_owned(),
        Value::String(s) if s == NIL => "<nil>".to_owned(),
        Value::String(s) if s == LEFT_OUT || s.starts_with(DURATION) => super::show(value),
        _ => show(value, field),
    }
}
