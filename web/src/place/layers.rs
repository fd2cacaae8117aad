//! The Layers lens in its box: rows are layers, columns are paths, and a sight line falls from what is seen to the first
//! layer that has the path.

use super::{Plan, towers};
use crate::scene::{Cell, CellKind, Object, Pile, Row, Trace};
use crate::shape::{Anchor, Item, Shape, d, fit};
use drydock::cli::units::human_size;
use drydock::shared::sort_by;

/// Where the rows and the columns are.
struct Grid {
    /// The left edge of the rows, where the columns begin, the right edge.
    x: (f64, f64, f64),
    /// The row of what is seen: its top and its height.
    seen: (f64, f64),
    /// The top of the first layer's row, from one to the next, how high one is.
    rows: (f64, f64, f64),
    /// The end of the last row.
    floor: f64,
    /// Rows are low: one line each.
    low: bool,
    small: bool,
}

impl Grid {
    fn row(&self, n: usize) -> f64 {
        self.rows.0 + self.rows.1 * n as f64
    }
}

/// Places the Layers lens: side by side, or one below the other on a narrow stage.
pub fn layers(pile: &Pile, chosen: Option<&str>, width: f64, height: f64) -> Plan {
    let mut plan = Plan::default();
    let small = width < 560.0;
    plan.frame.small = small;
    let left = if small { 12.0 } else { 24.0 };
    if pile.rows.is_empty() {
        let mut item = Item::plain(Vec::new());
        item.text(left, 34.0, "place", "No image yet");
        item.text(left, 58.0, "book", "Pull one, and look down through its layers:");
        item.text(left, 82.0, "mono", "docker pull nginx:1.27");
        plan.add(item);
        plan.drawing.size = (width, height.max(110.0));
        return plan;
    }
    let beside = width >= 760.0;
    let side = if width >= 1000.0 { 236.0 } else { 208.0 };
    let right = if beside { width - side - 36.0 } else { width - left };
    let count = pile.rows.len() as f64;
    let room = if beside { height - 186.0 - 44.0 } else { 0.0 };
    let pitch = if small { 46.0 } else { (room / count).clamp(34.0, 72.0) };
    let low = pitch < 50.0 && !small;
    let head = if small { 84.0 } else { 98.0 };
    let high = if low || small { 40.0 } else { 52.0 };
    let first = head + high + if low || small { 24.0 } else { 36.0 };
    let names =
        if small { 112.0 } else { ((right - left) * if low { 0.41 } else { 0.36 }).clamp(170.0, 272.0) };
    let grid = Grid {
        x: (left, left + names, right),
        seen: (head, high),
        rows: (first, pitch, pitch - if low || small { 6.0 } else { 13.0 }),
        floor: first + pitch * count,
        low,
        small,
    };
    table(&mut plan, pile, &grid, chosen);
    let mut bottom = grid.floor + 34.0;
    if beside {
        let from = right + 30.0;
        let mut rule = Item::plain(Vec::new());
        let below = towers::towers(&mut plan, pile, [from, 30.0, width - from - 20.0, height - 16.0]);
        bottom = bottom.max(below);
        rule.path("rule", d("M#,20V#", &[right + 14.0, bottom - 12.0]));
        plan.add(rule);
    } else {
        bottom = towers::towers(&mut plan, pile, [left, bottom + 24.0, width - 2.0 * left, bottom + 400.0]);
    }
    plan.drawing.size = (width, bottom.max(if small { 0.0 } else { height }));
    for row in &pile.rows {
        row.look.iter().for_each(|look| plan.see(look));
    }
    plan
}

/// The rows, then the columns that have room, in the order of their paths.
fn table(plan: &mut Plan, pile: &Pile, grid: &Grid, chosen: Option<&str>) {
    let (left, from, right) = grid.x;
    let container = matches!(pile.subject, Some(Object::Container(_)));
    let mut plain = Item::plain(Vec::new());
    let title = if container { "Container" } else { "Image" };
    plain.text(
        left,
        30.0,
        "place",
        fit(&format!("{title} {}, seen from above", pile.name), right - left, 10.2),
    );
    plain.text(left, 52.0, "book", "A path is read from the first layer that has it.");
    plan.add(plain);
    let mut room = right - from - 8.0;
    let mut columns: Vec<(&Trace, f64)> = Vec::new();
    for trace in &pile.paths {
        let name = trace.path.rsplit('/').next().unwrap_or_default();
        let least = if grid.small { 110.0 } else { 104.0 };
        let wide =
            (name.chars().count() as f64 * 7.3 + 40.0).clamp(least, if grid.small { 124.0 } else { 184.0 });
        if room < wide {
            continue;
        }
        room -= wide + 8.0;
        columns.push((trace, wide));
    }
    sort_by(&mut columns, |a, b| a.0.path.cmp(&b.0.path));
    let spare = (room / columns.len().max(1) as f64).clamp(0.0, 26.0);
    let mut x = from;
    if let Some(n) = columns.iter().position(|c| Some(c.0.path.as_str()) == chosen) {
        let before: f64 = columns[..n].iter().map(|c| c.1 + spare + 8.0).sum();
        let mut item = Item::plain(Vec::new());
        let wide = columns[n].1 + spare;
        item.rect(
            [
                from + before - 4.0,
                grid.seen.0 - 32.0,
                wide + 8.0,
                grid.row(pile.rows.len() - 1) + grid.rows.2 + 6.0 - (grid.seen.0 - 32.0),
                4.0,
            ],
            "colsel",
        );
        plan.add(item);
    }
    seen(plan, pile, grid);
    for (n, row) in pile.rows.iter().enumerate() {
        plan.add(layer(pile, row, grid, n));
    }
    for (trace, wide) in columns {
        plan.add(column(pile, trace, grid, [x, wide + spare]));
        x += wide + spare + 8.0;
    }
    let mut foot = Item::plain(Vec::new());
    let words = if container {
        "Layers below the dashed one never change: a copy is written, or a whiteout hides."
    } else {
        "None of these changes any more: a container puts a layer of its own on top."
    };
    foot.text(left, grid.floor + 18.0, "book", fit(words, right - left, 6.7));
    plan.add(foot);
}

/// What is seen from above.
fn seen(plan: &mut Plan, pile: &Pile, grid: &Grid) {
    let (left, _, right) = grid.x;
    let (top, high) = grid.seen;
    let mut item = Item::plain(Vec::new());
    item.rect([left, top, right - left, high, 3.0], "merged");
    let (title, note) = match &pile.subject {
        Some(Object::Container(name)) => (format!("What {name} sees"), "overlay on /"),
        _ => ("What a container sees".to_owned(), "all layers as one"),
    };
    if grid.small {
        item.text(left + 8.0, top + 17.0, "name", "Seen");
        item.text(left + 8.0, top + 33.0, "note", note);
    } else if grid.low {
        item.text(left + 14.0, top + 25.0, "name", fit(&title, grid.x.1 - left - 24.0, 8.4));
    } else {
        item.text(left + 14.0, top + 23.0, "name", fit(&title, grid.x.1 - left - 24.0, 8.4));
        item.text(left + 14.0, top + 41.0, "note", note);
    }
    plan.add(item);
}

/// What a row does to those below it, in words.
fn does(row: &Row) -> String {
    let [adds, changes, hides] = row.counts;
    format!("{adds} new, {changes} changed, {hides} removed")
}

/// The row of what is the container's own: the writable layer, and what was made with the container.
fn own(pile: &Pile, row: &Row, grid: &Grid, n: usize) -> Item {
    let (left, from, right) = grid.x;
    let (y, high) = (grid.row(n), grid.rows.2);
    let (size, end) = (human_size(row.size), from - 12.0);
    let writable = n == 0 && row.by.is_empty();
    let (title, kind) = if writable { ("writable", "Writable layer") } else { ("own files", "Own files") };
    let name = format!("{kind} of {}, {size}, {}", pile.name, does(row));
    let object = pile.subject.clone().unwrap_or(Object::Daemon);
    let mut item = Item::new(object, name, [left, y, right - left, high], 0);
    item.data = vec![("data-row", title.to_owned()), ("data-of", format!("layers {n}"))];
    item.rect([left + 0.75, y, right - left - 1.5, high, 3.0], if writable { "wedge" } else { "sheet" });
    let x = left + if grid.small { 8.0 } else { 14.0 };
    item.text(x, y + line(grid, 0), "name", title);
    let at = if grid.small { [x, y + line(grid, 1)] } else { [end, y + line(grid, 0)] };
    item.words(at, if grid.small { Anchor::Start } else { Anchor::End }, "mono12", size);
    if !grid.low && !grid.small {
        let words = match row.counts.iter().sum() {
            _ if !writable => row.by.clone(),
            0_usize => "only this container's, empty".to_owned(),
            _ => does(row),
        };
        item.text(x, y + line(grid, 1), "note", fit(&words, end - x, 6.4));
    }
    item
}

/// A layer's row: its brick, its digest, the instruction, its size.
fn layer(pile: &Pile, row: &Row, grid: &Grid, n: usize) -> Item {
    let Some(look) = &row.look else { return own(pile, row, grid, n) };
    let (left, from, right) = grid.x;
    let (y, high) = (grid.row(n), grid.rows.2);
    let bounds = [left, y, right - left, high];
    let size = human_size(row.size);
    let end = from - 12.0;
    let shared = match row.others.len() {
        0 => String::new(),
        n => format!("in {} images", n + 1),
    };
    let name = format!(
        "Layer {}, {}, {size}, {}, made by {}{}{shared}",
        look.digits,
        look.name,
        does(row),
        row.by,
        if shared.is_empty() { "" } else { ", " }
    );
    let mut item = Item::new(Object::Layer(look.id.clone()), name, bounds, 0);
    item.class = format!("brick b{}", look.pigment);
    item.data = vec![
        ("data-row", look.digits.clone()),
        ("data-of", "layers".to_owned()),
        ("data-shared", row.others.join(" ")),
    ];
    item.rect([left + 0.75, y, right - left - 1.5, high, 3.0], "layerrow");
    let swatch = if grid.small { 12.0 } else { 30.0 };
    item.put(Shape::Layer([left + 0.75, y, swatch, high, 2.0], look.digits.clone()));
    let x = left + swatch + if grid.small { 7.0 } else { 12.0 };
    let digits = &look.digits[..8];
    item.text(x, y + line(grid, 0), "mono b", digits);
    if grid.small {
        item.text(x, y + line(grid, 1), "mono12", size);
        return item;
    }
    let wide = size.chars().count() as f64 * 7.3;
    item.words([end, y + line(grid, 0)], Anchor::End, "mono12", size);
    if grid.low {
        let at = x + 72.0;
        item.text(at, y + line(grid, 0), "note", fit(&row.by, end - wide - 8.0 - at, 6.2));
        return item;
    }
    let mut room = end - x;
    if !shared.is_empty() {
        room -= 74.0;
        item.words([end, y + line(grid, 1)], Anchor::End, "note c-kelp", shared);
    }
    item.text(x, y + line(grid, 1), "note", fit(&row.by, room, 6.5));
    item
}

/// Where the first and the second line of a row stand.
fn line(grid: &Grid, n: usize) -> f64 {
    let high = grid.rows.2;
    if grid.low {
        return high / 2.0 + 4.5;
    }
    high / 2.0 + if n == 0 { -4.0 } else { 14.0 }
}

/// A path: its directory, what is seen, the sight line, what the layers have.
fn column(pile: &Pile, trace: &Trace, grid: &Grid, [x, wide]: [f64; 2]) -> Item {
    let (directory, name) = trace.path.rsplit_once('/').unwrap_or(("", &trace.path));
    let first = trace.cells.first();
    let gone = first.is_none_or(|c| c.kind == CellKind::Whiteout);
    let owner = pile.subject.as_ref().map(Object::key).unwrap_or_default();
    let top = grid.seen.0 - 28.0;
    let from = first.and_then(|c| pile.rows.get(c.row));
    let layer = from.and_then(|r| r.look.as_ref()).map_or("the writable layer", |l| &l.digits);
    let what = match (gone, first) {
        (true, _) => "no such file".to_owned(),
        (_, Some(c)) if c.kind == CellKind::File => human_size(c.size),
        _ => "directory".to_owned(),
    };
    let end = if gone { "hidden by" } else { "from" };
    let sentence = format!("{}, {what}, {end} {layer}", trace.path);
    let bounds = [x, top, wide, grid.row(pile.rows.len() - 1) + grid.rows.2 + 3.0 - top];
    let mut item = Item::new(Object::File(owner, trace.path.clone()), sentence, bounds, 1);
    let look = from.and_then(|r| r.look.as_ref());
    item.class = look.map_or_else(|| "column".to_owned(), |l| format!("column b{}", l.pigment));
    item.data = vec![("data-path", trace.path.clone()), ("data-from", layer.to_owned())];
    let head = if directory.is_empty() { "/" } else { directory };
    let most = ((wide - 2.0) / 7.3) as usize;
    let head: String = match head.char_indices().rev().nth(most.saturating_sub(2)) {
        Some((at, _)) if head.chars().count() > most => format!("\u{2026}{}", &head[at..]),
        _ => head.to_owned(),
    };
    item.words([x + wide / 2.0, grid.seen.0 - 12.0], Anchor::Middle, "mono12 c-2", head);
    let cell = |row: f64, high: f64| [x, row + 6.0, wide, high - 12.0];
    let (at, high) = grid.seen;
    let reached = first.map_or(grid.floor, |c| grid.row(c.row) + if grid.low { 3.0 } else { 6.0 });
    sight(&mut item, trace, grid, (x + wide / 2.0, at + high, reached));
    let place = cell(at, high);
    if gone {
        boxed(&mut item, place, "cell goneC", (name, "no such file"), ("mono12 gone", 0.0));
    } else {
        boxed(&mut item, place, "cell", (name, &what), ("mono12", 20.0));
        let swatch = [x + 5.75, place[1] + (place[3] - 20.0) / 2.0, 12.5, 20.0, 2.0];
        match look {
            Some(look) => item.put(Shape::Layer(swatch, look.digits.clone())),
            None => item.rect(swatch, "wedge"),
        }
    }
    for one in &trace.cells {
        let top = if grid.low { grid.row(one.row) - 3.0 } else { grid.row(one.row) };
        let high = if grid.low { grid.rows.2 + 6.0 } else { grid.rows.2 };
        holds(&mut item, trace, one, (name, cell(top, high)));
    }
    copied(&mut item, pile, trace, grid, x);
    item
}

/// The line of sight, with an open ring at each layer that lacks the path.
fn sight(item: &mut Item, trace: &Trace, grid: &Grid, (x, from, to): (f64, f64, f64)) {
    item.path("sightl", d("M#,#V#M#,#l5,6l5,-6", &[x, from, to - 1.0, x - 5.0, to - 7.0]));
    let first = trace.cells.first().map_or(0, |c| c.row);
    for row in 0..first {
        item.put(Shape::Circle([x, grid.row(row) + grid.rows.2 / 2.0, 3.5], "miss"));
    }
}

/// A box with a name and a few words; in a low one the words give way.
fn boxed(
    item: &mut Item,
    place: [f64; 4],
    class: &'static str,
    (name, words): (&str, &str),
    (text, inset): (&'static str, f64),
) {
    let [x, y, wide, high] = place;
    item.rect([x, y, wide, high, 3.0], class);
    let at = x + 8.0 + inset;
    let room = wide - 12.0 - inset;
    let middle = y + high / 2.0;
    if high < 34.0 {
        item.text(at, middle + 4.5, text, fit(name, room, 7.3));
        return;
    }
    item.text(at, middle - 2.5, text, fit(name, room, 7.3));
    item.text(at, middle + 12.5, "note", fit(words, room, 6.4));
}

/// What one layer has at the path.
fn holds(item: &mut Item, trace: &Trace, cell: &Cell, (name, place): (&str, [f64; 4])) {
    let size = human_size(cell.size);
    let below = trace.cells.iter().any(|c| c.row > cell.row && c.kind != CellKind::Whiteout);
    let words = match (cell.kind, cell.hidden, below) {
        (CellKind::Directory, false, _) => "directory".to_owned(),
        (CellKind::Directory | CellKind::Opaque, true, _) => "directory, hidden".to_owned(),
        (CellKind::Opaque, ..) => "opaque".to_owned(),
        (CellKind::Whiteout, ..) => "device 0, 0".to_owned(),
        (_, true, _) => format!("{size}, hidden"),
        (_, false, true) => format!("{size}, changed"),
        _ => size,
    };
    let hides = matches!(cell.kind, CellKind::Whiteout | CellKind::Opaque) && !cell.hidden;
    if hides {
        let [x, y, wide, high] = place;
        item.rect([x, y, wide, high, 3.0], "whiteout");
        item.rect([x + 24.0, y + 3.0, wide - 28.0, high - 6.0, 2.0], "wplate");
        let icon = if high < 34.0 { 12.0 } else { 15.0 };
        item.put(Shape::Icon([x + 5.0, y + (high - icon) / 2.0, icon], "i-close", "ico st-dropped"));
        let title = if cell.kind == CellKind::Whiteout { "whiteout" } else { name };
        boxed(item, [x + 20.0, y, wide - 20.0, high], "nobox", (title, &words), ("mono12", 0.0));
        return;
    }
    let (class, text) = match (cell.hidden, below && cell.kind == CellKind::File) {
        (true, _) => ("cell hiddenC", "mono12 gone"),
        (_, true) => ("cell cowC", "mono12"),
        _ => ("cell", "mono12"),
    };
    boxed(item, place, class, (name, &words), (text, 0.0));
}

/// The way of a file into the writable layer.
fn copied(item: &mut Item, pile: &Pile, trace: &Trace, grid: &Grid, x: f64) {
    let [upper, ..] = trace.cells.as_slice() else { return };
    let lower = trace.cells.get(1).filter(|c| c.kind == CellKind::File);
    let own = pile.rows.first().is_some_and(|r| r.look.is_none());
    let (Some(lower), true) = (lower, own && upper.row == 0 && upper.kind == CellKind::File) else { return };
    let (from, to) = (grid.row(lower.row) + 6.0, grid.row(0) + grid.rows.2 - 4.0);
    item.put(Shape::Arrow(d("M#,#V#", &[x + 20.0, from, to]), "copyup"));
    if lower.row > 1 {
        // In the middle of a row between.
        let row = lower.row.div_ceil(2).min(lower.row - 1);
        let middle = grid.row(row) + grid.rows.2 / 2.0;
        let two = grid.rows.2 >= 40.0;
        item.put(Shape::Circle([x + 20.0, middle, 9.0], "hop done"));
        item.words([x + 20.0, middle + 4.3], Anchor::Middle, "hopn done", "1".to_owned());
        item.text(x + 35.0, middle + if two { -3.0 } else { 4.5 }, "note c-blue b", "copy up");
        if two {
            item.text(x + 35.0, middle + 13.0, "note", "then write");
        }
    }
}
