//! Registries as the daemon reaches them: Docker Hub over the internet, others by their address.

use crate::engine::transfer::{self, Answer, Purpose};
use crate::engine::world::DOCKER_HUB;
use crate::engine::{DaemonError, World, traffic};
use crate::event::What;
use crate::kernel::mount::FileSystemId;
use crate::kernel::namespace::{NamespaceId, Namespaces};
use crate::registry::access::Access;
use crate::registry::{Registry, catalogue};
use crate::shared::{Map, own};
use http::{Request, Response, StatusCode};
use serde_json::Value;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// The key of the registry that answers at `host`: a name of the internet, or whatever listens at a port
/// of this host (a registry container behind its published port).
pub fn reach(world: &World, host: &str) -> Option<String> {
    if world.registries.contains_key(host) && !transfer::is_near(host) {
        return Some(host.to_owned());
    }
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    let port: u16 = port.parse().ok()?;
    let address: Ipv4Addr = if name == "localhost" { Ipv4Addr::LOCALHOST } else { name.parse().ok()? };
    let published = world.network.published(address, port);
    let (net, address, port) = published
        .map_or((Namespaces::default().net, address, port), |(net, address, port)| {
            (NamespaceId(net.0), address, port)
        });
    let listener = traffic::listener(world, net, address, port)?;
    world.kernel.sockets.get(&listener)?.registry.clone()
}

/// Lets a registry handle a request.
pub fn handle(world: &mut World, key: &str, request: Request<Rc<[u8]>>) -> Option<Response<Rc<[u8]>>> {
    let registry = own(world.registries.get_mut(key)?);
    if !transfer::is_near(key) {
        let domain = if key == DOCKER_HUB { "docker.io" } else { key };
        let path = request.uri().path_and_query().map_or("", |p| p.as_str());
        catalogue::stock(registry, domain, path);
    }
    Some(registry.handle(request))
}

/// A registry under a key, with what an earlier one has left there.
pub fn create(world: &mut World, key: &str, access: Access, keeps_all: bool) {
    let registry = own(world.registries.get_or_insert_with(key.to_owned(), || Rc::new(Registry::new())));
    (registry.access, registry.keeps_all) = (access, keeps_all);
}

/// The key of the registry whose content is in a directory of a file system.
pub fn storage(filesystem: FileSystemId, directory: &str) -> String {
    format!("files {}:{directory}", filesystem.0)
}

/// A file system is gone, and the registries that were on it.
pub fn forget(world: &mut World, filesystem: FileSystemId) {
    let prefix = format!("files {}:", filesystem.0);
    world.registries.retain(|key, _| !key.starts_with(&prefix));
}

/// What a registry wants to be shown, by its `www-authenticate` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// An account with every request.
    Basic,
    /// A token: for this service, and for this scope when there is one.
    Bearer(String, String),
}

/// Reads a challenge (RFC 9110 section 11.6.1).
pub fn challenge(headers: &Map<String, String>) -> Option<Challenge> {
    let text = headers.get("www-authenticate")?;
    let Some(parameters) = text.strip_prefix("Bearer ") else {
        return text.starts_with("Basic").then_some(Challenge::Basic);
    };
    let value = |key: &str| {
        let (_, rest) = parameters.split_once(&format!("{key}=\""))?;
        rest.split('"').next().map(str::to_owned)
    };
    Some(Challenge::Bearer(value("service").unwrap_or_default(), value("scope").unwrap_or_default()))
}

/// The path that a token is asked for at.
pub fn token_path(service: &str, scopes: &[&str]) -> String {
    let scopes = scopes.iter().filter(|s| !s.is_empty()).map(|s| format!("scope={s}&"));
    format!("/token?{}service={service}", scopes.collect::<String>())
}

/// The token in the answer of a token service, as requests show it.
pub fn bearer(answer: &Answer) -> Option<String> {
    let body = serde_json::from_slice::<Value>(&answer.body).ok()?;
    body["token"].as_str().map(|token| format!("Bearer {token}"))
}

/// Why a registry refused, in the words that Docker makes of its answer.
pub fn reason(answer: &Answer) -> String {
    let phrase = StatusCode::from_u16(answer.status).map(|s| s.to_string()).unwrap_or_default();
    if answer.status >= 500 {
        return format!("received unexpected HTTP status: {phrase}");
    }
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or(Value::Null);
    if let Some(details) = body["details"].as_str() {
        return format!("unauthorized: {details}");
    }
    let error = &body["errors"][0];
    match (error["code"].as_str(), error["message"].as_str()) {
        (Some(code), Some(message)) => {
            format!("{}: {message}", code.to_ascii_lowercase().replace('_', " "))
        }
        _ => format!("error parsing HTTP {} response body", answer.status),
    }
}

/// Asks a registry at once, as the client itself does for a look at what is there: the token that it may want is asked
/// for first. The requests are noted; their time is the caller's.
///
/// # Errors
/// No registry answers there, or it wants an account. Other refusals are answers.
pub fn fetch(
    world: &mut World,
    host: &str,
    account: Option<&str>,
    path: &str,
) -> Result<Answer, DaemonError> {
    let first = exchange(world, host, None, path)?;
    if first.status != 401 {
        return Ok(first);
    }
    let basic = account.map(|account| format!("Basic {account}"));
    let shown = match challenge(&first.headers) {
        Some(Challenge::Basic) => match basic {
            Some(basic) => basic,
            None => return Err(DaemonError::new(401, "no basic auth credentials".to_owned())),
        },
        Some(Challenge::Bearer(service, scope)) => {
            let token = exchange(world, host, basic.as_deref(), &token_path(&service, &[&scope]))?;
            match bearer(&token) {
                Some(shown) => shown,
                None => return Ok(token),
            }
        }
        None => return Ok(first),
    };
    exchange(world, host, Some(&shown), path)
}

fn exchange(world: &mut World, host: &str, shown: Option<&str>, path: &str) -> Result<Answer, DaemonError> {
    let now = world.now;
    let request = transfer::Request {
        purpose: Purpose::Manifest,
        method: "GET".to_owned(),
        path: path.to_owned(),
        body: Rc::new([]),
        media_type: super::pull::MANIFESTS.to_owned(),
        size: 0,
        from: 0,
        since: now,
        due: now,
    };
    let line = format!("GET {path}");
    world.note(What::Asked { registry: host.to_owned(), request: line.clone() });
    let answer = transfer::ask(world, host, shown, &request)?;
    world.note(What::Answered { registry: host.to_owned(), request: line, status: answer.status });
    Ok(answer)
}
