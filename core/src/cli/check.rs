//! What the client finds wrong with the values of options, before the daemon hears of them.

use super::parse::Invocation;
use super::units;
use std::net::IpAddr;

/// Checks one value of an option that may be given several times.
pub fn item(option: &str, value: &str) -> Result<(), String> {
    let words = match option {
        "env" if value.is_empty() || value.starts_with('=') => {
            format!("invalid environment variable: {value}")
        }
        "label" if value.is_empty() || value.starts_with('=') => {
            format!("invalid label '{value}': empty name")
        }
        "dns" if value.parse::<IpAddr>().is_err() => {
            format!("IP address is not correctly formatted: {value}")
        }
        "add-host" => {
            let Some((_, address)) = value.split_once(['=', ':']).filter(|(name, _)| !name.is_empty()) else {
                return Err(format!("bad format for add-host: \"{value}\""));
            };
            let bare = address.trim_start_matches('[').trim_end_matches(']');
            if bare == "host-gateway" || bare.parse::<IpAddr>().is_ok() {
                return Ok(());
            }
            format!("invalid IP address in add-host: \"{address}\"")
        }
        "ulimit" => return ulimit(value),
        _ => return Ok(()),
    };
    Err(words)
}

/// `NAME=SOFT[:HARD]`.
fn ulimit(value: &str) -> Result<(), String> {
    const KINDS: &str = " as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack ";
    let Some((kind, limits)) = value.split_once('=') else {
        return Err(format!("invalid ulimit argument: {value}"));
    };
    if !KINDS.contains(&format!(" {kind} ")) {
        return Err(format!("invalid ulimit type: {kind}"));
    }
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let number = |text: &str| {
        text.parse::<i64>().map_err(|_| format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))
    };
    let (low, high) = (number(soft)?, number(hard)?);
    if high != -1 && (low == -1 || low > high) {
        return Err(format!("ulimit soft limit must be less than or equal to hard limit: {low} > {high}"));
    }
    Ok(())
}

/// Checks the options of `docker run` and `docker create` in the order in which the client does.
pub fn creation(line: &Invocation) -> Result<(), String> {
    let mac = line.text("mac-address");
    let pairs: Vec<&str> = mac.split(':').collect();
    let byte = |p: &&str| p.len() == 2 && u8::from_str_radix(p, 16).is_ok();
    if !mac.is_empty() && (pairs.len() != 6 || !pairs.iter().all(byte)) {
        return Err(format!("{mac} is not a valid mac address"));
    }
    line.list("volume").iter().try_for_each(|spec| volume(spec))?;
    for port in line.list("expose") {
        let bare = port.split('/').next().unwrap_or_default();
        if let Some(wrong) = bare.splitn(2, '-').find(|p| p.parse::<u16>().is_err()) {
            let why = format!("strconv.ParseUint: parsing \"{wrong}\": invalid syntax");
            return Err(format!("invalid range format for --expose: {port}, error: {why}"));
        }
    }
    let named = |mode: &str| mode.strip_prefix("container:").is_some_and(|name| !name.is_empty());
    let pid = line.text("pid");
    if !matches!(pid.as_str(), "" | "host") && !named(&pid) {
        return Err("--pid: invalid PID mode".to_owned());
    }
    for (option, others, kind) in
        [("uts", "host", "UTS"), ("userns", "host", "USER"), ("cgroupns", "host private", "CGROUP")]
    {
        let mode = line.text(option);
        if !mode.is_empty() && !others.split(' ').any(|o| o == mode) {
            return Err(format!("--{option}: invalid {kind} mode"));
        }
    }
    for option in line.list("security-opt") {
        if !option.contains(['=', ':']) && option != "no-new-privileges" {
            return Err(format!("Invalid --security-opt: \"{option}\""));
        }
    }
    health(line)?;
    match line.value("pull") {
        None | Some("" | "always" | "missing" | "never") => Ok(()),
        Some(policy) => Err(format!(
            "invalid pull option: '{policy}': must be one of \"always\", \"missing\" or \"never\""
        )),
    }
}

fn health(line: &Invocation) -> Result<(), String> {
    const SPANS: [&str; 4] =
        ["health-interval", "health-timeout", "health-start-period", "health-start-interval"];
    let span = |name: &str| line.value(name).and_then(units::parse_duration);
    let any = SPANS.iter().any(|n| span(n).is_some_and(|s| s.0 > 0));
    if line.is_on("no-healthcheck") {
        if any || !line.text("health-cmd").is_empty() || line.number("health-retries").unwrap_or(0) != 0 {
            return Err("--no-healthcheck conflicts with --health-* options".to_owned());
        }
        return Ok(());
    }
    if let Some(name) = SPANS.iter().find(|n| line.text(n).starts_with('-')) {
        return Err(format!("--{name} cannot be negative"));
    }
    if line.number("health-retries").unwrap_or(0) < 0 {
        return Err("--health-retries cannot be negative".to_owned());
    }
    Ok(())
}

/// The sections of a `-v`.
fn volume(spec: &str) -> Result<(), String> {
    if spec.is_empty() {
        return Err("invalid empty volume spec".to_owned());
    }
    match spec.matches(':').count() {
        0 => Ok(()),
        3.. => Err(format!("invalid spec: {spec}: too many colons")),
        _ if spec.split(':').any(str::is_empty) => {
            Err(format!("invalid spec: {spec}: empty section between colons"))
        }
        _ => Ok(()),
    }
}
