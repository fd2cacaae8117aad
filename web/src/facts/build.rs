//! Builds and their steps in the Inspector.

use super::{Body, Card, Table, moment};
use crate::scene;
use drydock::cli::units::human_size;
use drydock::engine::World;
use drydock::engine::build::{self, Build};
use drydock::files::InodeKind;

fn of(world: &World, number: u64) -> Option<&Build> {
    world.builder.builds.get(&number).map(|b| &**b)
}

/// The card of a build.
pub fn card(world: &World, number: u64) -> Option<Card> {
    let build = of(world, number)?;
    let graph = scene::graph(world, Some(number));
    let request = &build.request;
    let tags: Vec<String> = request.tags.iter().map(|t| t.familiar()).collect();
    let outcome = match &build.outcome {
        None => "at work".to_owned(),
        Some(Ok(id)) => id.to_string(),
        Some(Err(why)) => why.1.clone(),
    };
    let mut facts = Table::new("Build")
        .row("Names", tags.join(", "))
        .row("File", &request.file)
        .row("Target", &request.target)
        .row("Began", moment(build.began))
        .row(if matches!(build.outcome, Some(Err(_))) { "Failed" } else { "Image" }, outcome)
        .row("Cache", if request.no_cache { "not used (--no-cache)" } else { "" });
    for (name, value) in &request.arguments {
        facts = facts.row("Argument", format!("{name}={value}"));
    }
    let mut stages = Table::new("Stages");
    for lane in &graph.lanes {
        let words = if lane.needed { format!("{} steps", lane.cards.len()) } else { "not needed".to_owned() };
        stages = stages.row(&lane.name, words);
    }
    let said: String = build.said.iter().map(String::as_str).collect();
    let tabs = vec![
        ("Facts", Body::Facts(vec![facts, stages])),
        ("Dockerfile", Body::Text(request.text.to_string())),
        ("Progress", Body::Text(said)),
    ];
    Some(Card { title: format!("Build of {}", graph.title), sub: graph.sub, tabs })
}

/// The card of a step.
pub fn step(world: &World, number: u64, stage: usize, step: usize) -> Option<Card> {
    let build = of(world, number)?;
    let lanes = build::graph(world, number)?;
    let (lane, node) = (lanes.get(stage)?, lanes.get(stage)?.nodes.get(step)?);
    let graph = scene::graph(world, Some(number));
    let shown = graph.lanes.get(stage)?.cards.get(step)?;
    let vertex = node.vertex.and_then(|v| build.vertices.get(v));
    let lines = if node.lines.0 == node.lines.1 {
        node.lines.0.to_string()
    } else {
        format!("{} to {}", node.lines.0, node.lines.1)
    };
    let from: Vec<&str> = node.from.iter().filter_map(|f| lanes.get(*f)).map(|l| l.name.as_str()).collect();
    let took = vertex.map(|v| scene::seconds(v.ended.unwrap_or(world.now).since(v.began)));
    let facts = Table::new("Step")
        .row("Stage", &lane.name)
        .row(if lines.len() > 2 { "Lines" } else { "Line" }, lines)
        .row("State", &shown.word)
        .row("Began", vertex.map(|v| moment(v.began)).unwrap_or_default())
        .row("Took", took.unwrap_or_default())
        .row("Takes from", from.join(", "))
        .row("Context", if node.context { "takes files from what was sent" } else { "" })
        .row("Changed", &shown.why);
    let mut layers = Table::new(if shown.looks.len() == 1 { "Layer" } else { "Layers" });
    for one in shown.looks.iter().rev() {
        layers = layers.row(&one.name, &one.digits);
    }
    let layers =
        layers.row("Size", if shown.looks.is_empty() { String::new() } else { human_size(shown.size) });
    let mut settings = Table::new("And sets");
    settings.note = "no layer";
    for (n, text) in node.settings.iter().enumerate() {
        settings = settings.row(&(n + 1).to_string(), text);
    }
    let tables = [facts, layers, settings].into_iter().filter(|t| !t.rows.is_empty()).collect();
    let mut tabs = vec![("Facts", Body::Facts(tables))];
    if let Some(Err(why)) = build.outcome.as_ref().filter(|_| shown.state == "failed") {
        tabs.insert(0, ("Error", Body::Text(format!("{}{}", why.0, why.1))));
    }
    if let Some(vertex) = vertex.filter(|v| !v.output.is_empty()) {
        tabs.push(("Output", Body::Text(vertex.output.join("\n"))));
    }
    if let Some((_, summary, files)) = shown
        .looks
        .last()
        .filter(|_| shown.looks.len() == 1)
        .and_then(|l| super::union::does(world, &l.id.parse().ok()?))
    {
        tabs.push(("Files", Body::Text(format!("{summary}\n\n{files}"))));
    }
    Some(Card {
        title: node.text.clone(),
        sub: format!("Step {} of stage {}, {}", step + 1, lane.name, shown.word),
        tabs,
    })
}

/// What was sent for a build.
pub fn sent(world: &World, number: u64) -> Option<Card> {
    let build = of(world, number)?;
    let tree = &build.request.context;
    let lines: Vec<String> = tree
        .walk()
        .iter()
        .filter_map(|(path, ino)| {
            let inode = tree.get(*ino)?;
            match inode.kind {
                InodeKind::Directory(_) => None,
                _ => Some(format!("{:>8} {}", human_size(inode.size()), path.trim_start_matches('/'))),
            }
        })
        .collect();
    let sub =
        format!("{} files, {} sent, .dockerignore applied", lines.len(), human_size(build.request.sent));
    Some(Card { title: "Build context".to_owned(), sub, tabs: vec![("Files", Body::Text(lines.join("\n")))] })
}
