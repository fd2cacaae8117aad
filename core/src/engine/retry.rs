//! A layer whose transfer failed is tried again: after 5 seconds, then 10, and so on, six times in all.

use crate::agenda::Task;
use crate::engine::transfer::{self, Direction, LayerState};
use crate::engine::{DaemonError, World, pull, push};
use crate::time::Span;

/// How often a layer is tried.
const ATTEMPTS: u32 = 6;

/// A try has failed: the next one is some seconds away, or the transfer has failed.
pub fn later(world: &mut World, number: u64, at: usize, why: &str) {
    let Some(transfer) = transfer::get_mut(world, number) else { return };
    let direction = transfer.direction;
    let Some(layer) = transfer.layers.get_mut(at) else {
        // The configuration is no layer: it is not shown.
        return transfer::fail(world, number, DaemonError::new(500, why.to_owned()));
    };
    layer.attempts += 1;
    if layer.attempts >= ATTEMPTS {
        let message = match direction {
            Direction::Pull => format!("download failed after attempts={ATTEMPTS}: {why}"),
            Direction::Push => why.to_owned(),
        };
        return transfer::fail(world, number, DaemonError::new(500, message));
    }
    let seconds = layer.attempts * 5;
    wait(world, number, at, seconds);
}

fn wait(world: &mut World, number: u64, at: usize, seconds: u32) {
    let Some(layer) = transfer::get_mut(world, number).and_then(|t| t.layers.get_mut(at)) else { return };
    layer.state = LayerState::Retrying(seconds);
    transfer::say(world, number, Some(at), &words(seconds));
    world.schedule(Span::seconds(1), Task::Retry { transfer: number, layer: at });
}

/// What is said while a layer waits for its next try.
pub fn words(seconds: u32) -> String {
    format!("Retrying in {seconds} second{}", if seconds == 1 { "" } else { "s" })
}

/// A second has passed.
pub fn due(world: &mut World, number: u64, at: usize) {
    let Some(transfer) = world.transfers.get(&number).filter(|t| t.outcome.is_none()) else { return };
    let Some(LayerState::Retrying(seconds)) = transfer.layers.get(at).map(|l| l.state.clone()) else {
        return;
    };
    match (seconds, transfer.direction) {
        (2.., _) => wait(world, number, at, seconds - 1),
        (_, Direction::Pull) => pull::fetch(world, number, at),
        (_, Direction::Push) => push::upload(world, number, at),
    }
}
