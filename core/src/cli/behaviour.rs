//! The table of what each command does.
//!
//! It holds functions, so that each stays a function of its own: the page fetches most of them only when they are asked for.

use super::{
    Context, NO_SWARM, Refusal, Turn, account, archive, build, buildx, container, copy, create, events,
    image, inspect, list, manifest, network, parse, prune, system, usage, volume,
};

/// What a command does, from its beginning or after a wait.
pub(super) type Behaviour = fn(&mut Context<'_, '_>) -> Result<Turn, Refusal>;

/// What a command does, by its path. A command of `docker container` goes by its last word, except `inspect`.
pub(super) fn behaviour(path: &str) -> Option<Behaviour> {
    let name = match path.strip_prefix("container ") {
        Some(bare) if bare != "inspect" => bare,
        _ => path,
    };
    BEHAVIOURS.iter().find(|(names, _)| names.split('|').any(|n| n == name)).map(|(_, behaviour)| *behaviour)
}

const BEHAVIOURS: &[(&str, Behaviour)] = &[
    ("run", create::run),
    ("create", create::create),
    ("ps|ls", list::containers),
    ("start", container::start),
    ("stop", |c| container::stop(c, false)),
    ("restart", |c| container::stop(c, true)),
    ("kill", |c| container::each(c, "kill")),
    ("rm", |c| container::each(c, "rm")),
    ("pause", |c| container::each(c, "pause")),
    ("unpause", |c| container::each(c, "unpause")),
    ("rename", container::rename),
    ("wait", container::wait),
    ("logs", container::observe::logs),
    ("exec", container::exec),
    ("attach", container::attach),
    ("port", container::observe::port),
    ("top", container::observe::top),
    ("diff", container::observe::diff),
    ("update", container::update),
    ("prune", prune::containers),
    ("container inspect", |c| inspect::inspect(c, Some("container"))),
    ("inspect", |c| inspect::inspect(c, None)),
    ("image inspect", |c| inspect::inspect(c, Some("image"))),
    ("network create", network::create),
    ("network ls", network::list),
    ("network rm", network::remove),
    ("network connect", |c| network::join(c, true)),
    ("network disconnect", |c| network::join(c, false)),
    ("network prune", prune::networks),
    ("network inspect", |c| inspect::inspect(c, Some("network"))),
    ("volume create", volume::create),
    ("volume ls", volume::list),
    ("volume rm", volume::remove),
    ("volume prune", prune::volumes),
    ("image prune", prune::images),
    ("system prune", prune::system),
    ("volume inspect", |c| inspect::inspect(c, Some("volume"))),
    ("images|image ls", list::images),
    ("history|image history", list::history),
    ("pull|image pull", image::pull),
    ("push|image push", image::push),
    ("buildx build", build::build),
    ("buildx du", buildx::usage),
    ("buildx ls", buildx::list),
    ("buildx prune", buildx::clear),
    ("rmi|image rm", image::remove),
    ("tag|image tag", image::tag),
    ("commit", archive::commit),
    ("export", archive::export),
    ("import|image import", archive::import),
    ("save|image save", archive::save),
    ("load|image load", archive::load),
    ("cp", copy::copy),
    ("events|system events", events::events),
    ("stats", usage::stats),
    ("system df", usage::disk),
    ("manifest inspect", manifest::inspect),
    ("buildx imagetools inspect", manifest::imagetools),
    ("login", account::login),
    ("logout", account::logout),
    ("search", account::search),
    ("context ls", |c| system::context(c, "ls")),
    ("context show", |c| system::context(c, "show")),
    ("context use", |c| system::context(c, "use")),
    ("context inspect", |c| system::context(c, "inspect")),
    ("version", system::version),
    ("info|system info", system::info),
    ("volume update", |_| Err(Refusal::error(1, format!("{}{NO_SWARM}\n", parse::DAEMON)))),
];
