//! Port specifications: `[address:][host:]container[/protocol]`, with ranges.

use crate::container::config::PortBinding;
use crate::image::change::port_range as range;
use std::net::IpAddr;

/// Reads a `-p`.
///
/// # Errors
/// Docker's words.
pub fn parse(text: &str) -> Result<Vec<PortBinding>, String> {
    let (rest, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if !matches!(protocol, "tcp" | "udp" | "sctp") {
        return Err(format!("invalid proto: {protocol}"));
    }
    let (address, ports) = if let Some(v6) = rest.strip_prefix('[') {
        let (address, ports) = v6.split_once("]:").ok_or_else(|| format!("invalid IP address: {rest}"))?;
        (address.to_owned(), ports.to_owned())
    } else {
        match rest.rsplitn(3, ':').collect::<Vec<_>>().as_slice() {
            [container, host, address] => ((*address).to_owned(), format!("{host}:{container}")),
            _ => (String::new(), rest.to_owned()),
        }
    };
    if !address.is_empty() && address.parse::<IpAddr>().is_err() {
        return Err(format!("invalid IP address: {address}"));
    }
    let (host, container) = ports.rsplit_once(':').map_or(("", ports.as_str()), |(h, c)| (h, c));
    if container.is_empty() {
        return Err(format!("no port specified: {text}<empty>"));
    }
    let (first, last) = range(container).ok_or_else(|| format!("invalid containerPort: {container}"))?;
    let hosts = if host.is_empty() {
        None
    } else {
        Some(range(host).ok_or_else(|| format!("invalid hostPort: {host}"))?)
    };
    if let Some((from, to)) = hosts {
        if to - from != last - first && first != last {
            return Err(format!(
                "invalid ranges specified for container and host Ports: {container} and {host}"
            ));
        }
    }
    Ok((first..=last)
        .enumerate()
        .map(|(n, port)| PortBinding {
            container: format!("{port}/{protocol}"),
            address: address.clone(),
            port: hosts.map_or(String::new(), |(from, _)| (from + n as u16).to_string()),
        })
        .collect())
}
