//! The Build lens in its box: a lane for each stage, its steps as cards from left to right, and lines from a stage to the
//! steps that take from it.

use super::{Plan, brick};
use crate::scene::{Card, Graph, Lane, Object, Turn};
use crate::shape::{Anchor, Item, Shape, d, fit};
use drydock::cli::units::human_size;

/// The height of a card, and of the gap above a row of cards, where lines run.
const CARD: f64 = 84.0;
const GAP: f64 = 22.0;
/// The width of the stages' names beside the cards.
const NAMES: f64 = 118.0;

/// Where the cards are.
struct Grid {
    /// The left edge of the names, and of the cards.
    left: (f64, f64),
    /// How many stand in a row, how wide each is, from one to the next.
    row: (usize, f64, f64),
    /// Where lines go down from stage to stage.
    channel: f64,
    /// The tops of the lanes.
    lanes: Vec<f64>,
}

impl Grid {
    /// The place of a card.
    fn card(&self, lane: usize, n: usize) -> (f64, f64) {
        let (per, _, pitch) = self.row;
        let x = self.left.1 + (n % per) as f64 * pitch;
        (x, self.lanes[lane] + (n / per) as f64 * (CARD + GAP))
    }
}

/// Places the Build lens.
pub fn build(graph: &Graph, width: f64, height: f64) -> Plan {
    let mut plan = Plan::default();
    let small = width < super::NARROW;
    plan.frame.small = small;
    let left = if small { 12.0 } else { 26.0 };
    let Some(number) = graph.number else {
        let mut item = Item::plain(Vec::new());
        item.text(left, 34.0, "place", "No build yet");
        item.text(left, 58.0, "book", "With a Dockerfile in your directory:");
        item.text(left, 82.0, "mono", "docker build -t app .");
        plan.add(item);
        plan.drawing.size = (width, height.max(110.0));
        return plan;
    };
    let most = graph.lanes.iter().map(|l| l.cards.len()).max().unwrap_or(1);
    let links = graph.lanes.iter().flat_map(|l| &l.cards).map(|c| c.from.len()).sum::<usize>().min(5);
    let from = if small { left } else { left + NAMES };
    let room = width - left - 8.0 * links as f64 - from;
    let (per, wide, pitch) = if small {
        (1, room - 4.0, room - 4.0)
    } else {
        let per = (((room + 4.0) / 160.0).floor().max(1.0) as usize).min(most);
        let pitch = ((room + 4.0) / per as f64).min(206.0);
        (per, pitch - 20.0, pitch)
    };
    let mut y = head(&mut plan, graph, (number, left, width, small));
    let mut lanes = Vec::new();
    for lane in &graph.lanes {
        y += if small { 24.0 } else { 0.0 };
        lanes.push(y);
        y += lane.cards.len().div_ceil(per) as f64 * (CARD + GAP) + 4.0;
    }
    let channel = from + per as f64 * pitch - 12.0 + if small { 16.0 } else { 0.0 };
    let grid = Grid { left: (left, from), row: (per, wide, pitch), channel, lanes };
    edges(&mut plan, graph, &grid);
    for (at, lane) in graph.lanes.iter().enumerate() {
        title(&mut plan, lane, &grid, at);
        for (n, card) in lane.cards.iter().enumerate() {
            step(&mut plan, card, &grid, (number, at, n));
        }
    }
    if !graph.error.is_empty() {
        y = error(&mut plan, graph, [left, y, width - 2.0 * left]);
    }
    plan.drawing.size = (width, y.max(if small { 0.0 } else { height }));
    plan
}

/// What is built, how far it is, and what was sent for it; where the lanes begin.
fn head(plan: &mut Plan, graph: &Graph, (number, left, width, small): (u64, f64, f64, bool)) -> f64 {
    let name = format!("Build of {}. {}", graph.title, graph.sub);
    let room = width - 2.0 * left - if small { 0.0 } else { 486.0 };
    let mut item = Item::new(Object::Build(number), name, [left - 6.0, 10.0, room, 50.0], 0);
    item.data = vec![("data-build", number.to_string())];
    item.rect([left - 6.0, 10.0, room, 50.0, 3.0], "row");
    item.text(left, 30.0, "place", fit(&format!("Build of {}", graph.title), room, 10.2));
    item.text(left, 52.0, "book", fit(&graph.sub, room, 6.6));
    plan.add(item);
    let Some((files, bytes)) = graph.context else { return if small { 76.0 } else { 92.0 } };
    let words = format!("{files} file{}, {}", if files == 1 { "" } else { "s" }, human_size(bytes));
    let [x, y, wide] =
        if small { [left, 68.0, width - 2.0 * left] } else { [width - left - 480.0, 12.0, 190.0] };
    let mut item = Item::new(Object::Sent(number), format!("Context: {words}"), [x, y, wide, 40.0], 0);
    item.data = vec![("data-context", words.clone())];
    item.rect([x, y, wide, 40.0, 3.0], "sheet");
    item.put(Shape::Icon([x + 10.0, y + 11.0, 18.0], "i-file", "ico"));
    item.text(x + 36.0, y + 17.0, "status", "Context");
    item.text(x + 36.0, y + 32.0, "note", format!("{words} sent"));
    plan.add(item);
    y + 40.0 + if small { 20.0 } else { 40.0 }
}

/// A stage's name.
fn title(plan: &mut Plan, lane: &Lane, grid: &Grid, at: usize) {
    let small = grid.left.0 >= grid.left.1;
    let mut item = Item::plain(Vec::new());
    let (x, y) = (grid.left.0, grid.lanes[at]);
    let class = if lane.needed { "name" } else { "name c-3" };
    let words = match (lane.needed, lane.target) {
        (false, _) => "not needed",
        (_, true) => "the target",
        _ => "",
    };
    if small {
        item.text(x, y - 18.0, class, fit(&lane.name, 200.0, 8.4));
        item.text(x + crate::shape::wide(&lane.name, 15.0) + 12.0, y - 18.0, "note", words);
    } else {
        item.text(x, y + 20.0, "note", "stage");
        item.text(x, y + 40.0, class, fit(&lane.name, NAMES - 12.0, 8.4));
        item.text(x, y + 60.0, "note", words);
    }
    plan.add(item);
}

/// A step: the instruction, its state, its layer.
fn step(plan: &mut Plan, card: &Card, grid: &Grid, (number, lane, n): (u64, usize, usize)) {
    let (x, y) = grid.card(lane, n);
    let wide = grid.row.1;
    let name = format!(
        "Step {}, {}: {}{}{}",
        n + 1,
        card.text,
        card.word,
        if card.why.is_empty() { "" } else { ", " },
        card.why
    );
    let mut item = Item::new(Object::Step(number, lane, n), name, [x, y, wide, CARD], 1);
    item.class = format!("step {}", card.state);
    item.data = vec![("data-step", format!("{lane} {n}")), ("data-state", card.state.to_owned())];
    item.rect([x, y, wide, CARD, 3.0], "stepbox");
    let (keyword, rest) = card.text.split_once(' ').unwrap_or((&card.text, ""));
    item.text(x + 10.0, y + 19.0, "mono b", keyword);
    if card.context {
        let at = x + 14.0 + keyword.len() as f64 * 7.7;
        item.put(Shape::Icon([at, y + 8.0, 13.0], "i-file", "ico"));
    }
    let (icon, class, ico) = match card.state {
        "running" => ("", "status c-blue", ""),
        "cached" => ("", "status c-brass", ""),
        "done" => ("i-check", "status c-kelp", "ico c-kelp"),
        "failed" => ("i-dropped", "status c-lead", "ico st-dropped"),
        _ => ("", "note", ""),
    };
    // The time of what runs is drawn each frame.
    if card.state != "running" {
        let word = fit(&card.word, wide - 30.0 - keyword.len() as f64 * 7.7, 6.6);
        item.words([x + wide - 10.0, y + 19.0], Anchor::End, class, word.clone());
        if !icon.is_empty() {
            let at = x + wide - 10.0 - crate::shape::wide(&word, 13.0) - 17.0;
            item.put(Shape::Icon([at, y + 8.0, 13.0], icon, ico));
        }
    }
    let letters = ((wide - 18.0) / 7.3) as usize;
    for (n, line) in lines(rest, letters, if card.why.is_empty() { 2 } else { 1 }).into_iter().enumerate() {
        item.text(x + 10.0, y + 36.0 + 15.0 * n as f64, "mono12", line);
    }
    if !card.why.is_empty() {
        item.text(x + 10.0, y + 51.0, "note c-brass", fit(&card.why, wide - 18.0, 6.4));
    }
    let strip = [x + 8.0, y + CARD - 23.0, wide - 16.0];
    if card.looks.is_empty() && card.state != "unused" {
        let class = if card.state == "running" { "slot" } else { "cell hiddenC" };
        if n > 0 {
            item.rect([strip[0], strip[1], strip[2], 16.0, 2.0], class);
        }
    }
    plan.add(item);
    bricks(plan, card, strip, &format!("build {lane} {n}"));
}

/// The layers that a step brings: one, or those of its base side by side.
fn bricks(plan: &mut Plan, card: &Card, [x, y, width]: [f64; 3], of: &str) {
    let count = card.looks.len();
    if count == 0 {
        return;
    }
    let size = human_size(card.size);
    let figures = size.chars().count() as f64 * 7.3 + 8.0;
    let each = (width - figures) / count as f64;
    for (n, look) in card.looks.iter().enumerate() {
        let mut brick = brick::brick(look, &look.digits, [x + each * n as f64, y, each, 16.0]);
        brick.data.push(("data-of", format!("{of} {n}")));
        if card.state == "cached" {
            brick.class.push_str(" kept");
        }
        plan.add(brick);
        plan.see(look);
    }
    let mut item = Item::plain(Vec::new());
    item.words([x + width, y + 12.5], Anchor::End, "mono12", size);
    plan.add(item);
}

/// A text in lines of so many letters, broken at spaces where that is possible; what is left over is cut.
fn lines(text: &str, letters: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word;
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > letters {
            lines.push(std::mem::take(&mut line));
        }
        while let Some((at, _)) = word.char_indices().nth(letters) {
            lines.push(word[..at].to_owned());
            word = &word[at..];
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = fit(&format!("{last}\u{2026}\u{2026}"), letters as f64, 1.0);
            if last.ends_with("\u{2026}\u{2026}") {
                last.pop();
            }
        }
    }
    lines.retain(|l| !l.is_empty());
    lines
}

/// From step to step, and from a stage to the steps that take from it.
fn edges(plan: &mut Plan, graph: &Graph, grid: &Grid) {
    let mut item = Item::plain(Vec::new());
    let (per, wide, pitch) = grid.row;
    let middle = CARD / 2.0;
    let mut count = 0.0;
    for (at, lane) in graph.lanes.iter().enumerate() {
        let class = if lane.needed { "ln" } else { "dash" };
        for n in 1..lane.cards.len() {
            let ((x, y), (to, down)) = (grid.card(at, n - 1), grid.card(at, n));
            let line = if per == 1 {
                d("M#,#V#", &[x + 24.0, y + CARD, down - 1.0])
            } else if y < down {
                let turn = down - GAP / 2.0;
                d("M#,#h8V#H#V#h8", &[x + wide, y + middle, turn, to - 10.0, down + middle])
            } else {
                d("M#,#H#", &[x + wide, y + middle, x + pitch - 1.0])
            };
            item.put(Shape::Arrow(line, class));
        }
        for (n, card) in lane.cards.iter().enumerate() {
            for from in card.from.iter().filter(|f| **f < at) {
                let last = graph.lanes[*from].cards.len().saturating_sub(1);
                let ((x, y), (to, down)) = (grid.card(*from, last), grid.card(at, n));
                let over = grid.channel + 8.0 * count;
                let lane_of = down - GAP + 5.0 + (4.0 * count) % (GAP - 10.0);
                let enter = to + wide - 26.0;
                let line = d("M#,#H#V#H#V#", &[x + wide, y + middle, over, lane_of, enter, down - 1.0]);
                item.put(Shape::Arrow(line, if lane.needed { "taken" } else { "dash" }));
                count += 1.0;
            }
        }
    }
    plan.add(item);
}

/// Why the build failed.
fn error(plan: &mut Plan, graph: &Graph, [x, y, width]: [f64; 3]) -> f64 {
    let mut item = Item::plain(Vec::new());
    item.class = "why".to_owned();
    let letters = ((width - 40.0) / 7.3) as usize;
    let message = lines(graph.error.first().map_or("", String::as_str), letters, 3);
    let high = 22.0 + 17.0 * (message.len() + graph.error.len() - 1) as f64;
    item.rect([x, y, width, high, 3.0], "fault");
    item.put(Shape::Icon([x + 10.0, y + 9.0, 15.0], "i-dropped", "ico st-dropped"));
    let mut line = y + 21.0;
    for text in message {
        item.text(x + 34.0, line, "mono12 b", text);
        line += 17.0;
    }
    for text in graph.error.iter().skip(1) {
        item.text(x + 34.0, line, "mono12", fit(text, width - 40.0, 7.3));
        line += 17.0;
    }
    plan.add(item);
    y + high + 16.0
}

/// The steps at work: how long, and how far in what they do now.
pub fn working(plan: &Plan, turns: &[Turn]) -> Vec<Item> {
    let mut items = Vec::new();
    for turn in turns {
        let place = format!("{} {}", turn.place.0, turn.place.1);
        let found =
            plan.drawing.items.iter().find(|i| i.data.iter().any(|d| d.0 == "data-step" && d.1 == place));
        let Some([x, y, wide, high]) = found.map(|i| i.bounds) else { continue };
        let mut item = Item::plain(Vec::new());
        item.class = "turn-now".to_owned();
        item.words([x + wide - 10.0, y + 19.0], Anchor::End, "status c-blue", turn.elapsed.clone());
        item.rect([x + 8.0, y + high - 23.0, wide - 16.0, 16.0, 2.0], "progbg");
        item.rect([x + 8.0, y + high - 23.0, (wide - 16.0) * turn.part, 16.0, 2.0], "prog");
        items.push(item);
    }
    items
}
