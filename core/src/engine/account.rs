//! The accounts that the `docker` client keeps for registries, in `~/.docker/config.json`, and what shows that they are good.

use crate::base64;
use crate::engine::registry::{Challenge, challenge, fetch, reach};
use crate::engine::syscall::Sys;
use crate::engine::transfer::is_near;
use crate::engine::world::DOCKER_HUB;
use crate::engine::{DaemonError, World};
use crate::kernel::errno::Errno;
use crate::registry::catalogue;
use crate::shared::own;
use serde_json::{Value, json};

/// How the client names Docker Hub in its file.
pub const HUB: &str = "https://index.docker.io/v1/";

/// The file of a process's user.
pub fn file(sys: &Sys<'_>) -> String {
    let folder = sys.variable("DOCKER_CONFIG").unwrap_or_else(|| {
        let home = sys.variable("HOME").unwrap_or_else(|| "/root".to_owned());
        format!("{}/.docker", home.trim_end_matches('/'))
    });
    format!("{folder}/config.json")
}

fn read(sys: &mut Sys<'_>) -> Value {
    let path = file(sys);
    let bytes = sys.read_file(&path).unwrap_or_else(|_| [].into());
    serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object).unwrap_or_else(|| json!({}))
}

/// The account kept for a server, `user:password` in base64.
pub fn kept(sys: &mut Sys<'_>, server: &str) -> Option<String> {
    read(sys)["auths"][server]["auth"].as_str().map(str::to_owned)
}

/// Keeps an account for a server, or no longer.
///
/// # Errors
/// The file cannot be written.
pub fn keep(sys: &mut Sys<'_>, server: &str, account: Option<&str>) -> Result<(), Errno> {
    let mut all = read(sys);
    let had = all["auths"][server].is_object();
    match (account, all["auths"].as_object_mut()) {
        (Some(account), Some(auths)) => {
            auths.insert(server.to_owned(), json!({ "auth": account }));
        }
        (Some(account), None) => all["auths"] = json!({ server: { "auth": account } }),
        (None, Some(auths)) => {
            auths.remove(server);
        }
        (None, None) => {}
    }
    if account.is_none() && !had {
        return Ok(());
    }
    let path = file(sys);
    let folder = path.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
    if sys.stat(folder).is_err() {
        sys.make_directory(folder, 0o700)?;
    }
    sys.write_file(&path, crate::json::indented(&all, "\t").as_bytes())
}

/// The account that goes along with a request of the learner's client to a registry's domain.
pub fn of_learner(world: &mut World, domain: &str) -> Option<String> {
    let shell = world.shell;
    kept(&mut Sys::new(world, shell), if domain == "docker.io" { HUB } else { domain })
}

/// Asks a registry whether an account is good. At Docker Hub a name that nobody has becomes an account: in place of the
/// form on its page.
///
/// # Errors
/// Docker's words for a wrong name or password, or when nobody answers.
pub fn check(world: &mut World, host: &str, user: &str, password: &str) -> Result<(), DaemonError> {
    super::transfer::answering(world, host)?;
    if let Some(hub) = reach(world, host).filter(|key| key == DOCKER_HUB) {
        if let Some(hub) = world.registries.get_mut(&hub).map(own) {
            let taken = hub.has_namespace(user) || catalogue::has_namespace(user);
            if !hub.access.accounts.contains_key(user) && !taken {
                hub.access.account(user, password);
            }
        }
    }
    let account = base64::encode(format!("{user}:{password}").as_bytes());
    let answer = fetch(world, host, Some(&account), "/v2/")?;
    if answer.status == 200 {
        return Ok(());
    }
    let scheme = if is_near(host) { "http" } else { "https" };
    let words = match challenge(&answer.headers) {
        Some(Challenge::Basic) => {
            format!("login attempt to {scheme}://{host}/v2/ failed with status: 401 Unauthorized")
        }
        _ => format!("Get \"{scheme}://{host}/v2/\": {}", super::registry::reason(&answer)),
    };
    let cause = if host == DOCKER_HUB {
        format!("The account {user} has another password, or the name is somebody else's.")
    } else {
        format!("The registry at {host} has no account {user} with this password.")
    };
    Err(DaemonError::new(401, words).because(cause))
}
