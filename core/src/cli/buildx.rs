//! `docker buildx ls`, `du` and `prune`: the builder and its cache.

use super::parse::Refusal;
use super::{Context, Turn, prune, units};
use crate::shared::own;
use crate::time::Time;

/// A row about a step that the cache keeps.
fn row(c: &Context<'_, '_>, id: &str, size: u64, used: Time) -> String {
    let ago = units::human_duration(c.sys.now().since(used));
    format!("{:<42}{:<14}{:<10}{ago} ago\n", &id[..25], "true", units::human_size(size))
}

fn heads() -> String {
    format!("{:<42}{:<14}{:<10}LAST ACCESSED\n", "ID", "RECLAIMABLE", "SIZE")
}

/// The rows of the cache, and its bytes.
fn cache(c: &Context<'_, '_>) -> (String, u64) {
    let mut text = heads();
    let mut bytes = 0;
    for (key, step) in &c.sys.world.builder.cache {
        bytes += step.layer.size();
        text.push_str(&row(c, &key.hex(), step.layer.size(), step.used));
    }
    (text, bytes)
}

/// `docker buildx du`.
pub fn usage(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let (text, bytes) = cache(c);
    let total = units::human_size(bytes);
    c.print(&format!("{text}Reclaimable:\t{total}\nTotal:\t\t{total}\n"));
    Ok(Turn::Done(0))
}

/// `docker buildx prune`.
pub fn clear(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let which = if c.line.is_on("all") { "all" } else { "all dangling" };
    if let Some(turn) = prune::ask(c, &format!("{which} build cache.")) {
        return Ok(turn);
    }
    let (text, bytes) = cache(c);
    forget(c);
    c.print(&format!("{text}Total:\t{}\n", units::human_size(bytes)));
    Ok(Turn::Done(0))
}

/// Empties the cache; the ids and the bytes that are free now.
pub fn forget(c: &mut Context<'_, '_>) -> (Vec<String>, u64) {
    let builder = own(&mut c.sys.world.builder);
    let cache = std::mem::take(&mut builder.cache);
    builder.images = Default::default();
    let ids = cache.keys().map(|key| key.hex()[..25].to_owned()).collect();
    (ids, cache.values().map(|step| step.layer.size()).sum())
}

/// `docker buildx ls`.
pub fn list(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    c.print("NAME/NODE     DRIVER/ENDPOINT   STATUS    BUILDKIT   PLATFORMS\ndefault*      docker                                 \n \\_ default    \\_ default       running   v0.25.2    linux/amd64\n");
    Ok(Turn::Done(0))
}
