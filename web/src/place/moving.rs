//! What moves, where it is: blobs and requests on the wire to a registry, packets on the way between their places.

use super::{Plan, Point, brick};
use crate::scene::{Blob, Flight, Object, Traffic};
use crate::shape::{Anchor, Item, Shape, d, figure, fit, path};
use drydock::decimal::fixed;

/// How many packets are drawn with a label; the others are dots.
const LABELLED: usize = 1;

/// The items of what moves.
pub fn moving(plan: &Plan, traffic: &Traffic) -> Vec<Item> {
    let mut items = Vec::new();
    // A narrow page has room for one.
    let shown = if plan.frame.small { 1 } else { traffic.blobs.len() };
    for (lane, blob) in traffic.blobs.iter().take(shown).enumerate() {
        items.push(Item::plain(wire(plan, blob, lane)));
    }
    for (lane, blob) in traffic.blobs.iter().take(shown).enumerate() {
        items.push(token(plan, blob, lane, shown));
    }
    if traffic.blobs.is_empty() {
        items.extend(traffic.requests.iter().take(1).map(|r| request(plan, &r.host, &r.line, r.part)));
    }
    let steady = traffic.flights.iter().enumerate();
    items.extend(steady.filter_map(|(n, flight)| packet(plan, flight, n < LABELLED)));
    items
}

/// The way of a blob: the shelf, the gate, the slot.
fn ends(plan: &Plan, blob: &Blob, lane: usize) -> (Point, Point) {
    let tags = &plan.anchors.tags;
    let tag = tags
        .iter()
        .find(|(host, repository, tag, _)| {
            *host == blob.host && *repository == blob.tag.0 && *tag == blob.tag.1
        })
        .or_else(|| tags.iter().find(|(host, ..)| *host == blob.host))
        .map_or((plan.frame.registries.0, plan.anchors.gate.1), |t| t.3);
    let slots = &plan.anchors.slots;
    let slot = slots.iter().find(|(image, layer, _)| *image == blob.image && *layer == blob.layer);
    let offset = lane as f64 * if plan.frame.small { 0.0 } else { 84.0 };
    if plan.frame.small {
        let to =
            slot.map_or((f64::midpoint(plan.frame.store.0, plan.frame.store.1), plan.frame.rails.0), |s| s.2);
        return ((tag.0, tag.1), (tag.0.min(to.0 + 20.0).max(to.0 - 20.0), to.1));
    }
    let y = plan.anchors.gate.1 - offset;
    ((plan.frame.registries.0 + 8.0, y), (plan.frame.store.1 - 4.0, y))
}

fn at(from: Point, to: Point, part: f64) -> Point {
    (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
}

fn line(points: &[Point]) -> String {
    let pieces =
        points.iter().enumerate().map(|(n, (x, y))| d(if n == 0 { "M#,#" } else { "L#,#" }, &[*x, *y]));
    pieces.collect()
}

/// The wire of a blob: what is travelled, what is to come; and the gate it passes.
fn wire(plan: &Plan, blob: &Blob, lane: usize) -> Vec<Shape> {
    let (shelf, slot) = ends(plan, blob, lane);
    let (from, to) = if blob.push { (slot, shelf) } else { (shelf, slot) };
    let here = at(from, to, blob.part);
    let mut shapes = Vec::new();
    if !plan.frame.small {
        let (x, y) = (plan.anchors.gate.0 - 7.0, from.1);
        shapes.push(Shape::Rect([x - 1.0, y - 16.0, 16.0, 32.0, 0.0], "opening"));
        shapes.push(path("lintel", d("M#,#h20M#,#h20", &[x - 3.0, y - 16.0, x - 3.0, y + 16.0])));
    }
    shapes.push(Shape::Arrow(line(&[from, to]), "wirel todo"));
    shapes.push(path("trail", line(&[from, here])));
    shapes.push(path("wirel", line(&[from, here])));
    shapes
}

/// A blob: its brick, a bar, the figures.
fn token(plan: &Plan, blob: &Blob, lane: usize, lanes: usize) -> Item {
    let (shelf, slot) = ends(plan, blob, lane);
    let (from, to) = if blob.push { (slot, shelf) } else { (shelf, slot) };
    let here = at(from, to, blob.part);
    let small = plan.frame.small;
    let (wide, high) = if small { (74.0, 24.0) } else { (84.0, 25.0) };
    // The brick stays between the walls and the shelves, where there is room to read it.
    let (least, most) = if small {
        (6.0, plan.frame.size.0 - wide - 6.0)
    } else {
        (plan.frame.walls.1 + 22.0, plan.frame.registries.0 - wide - 8.0)
    };
    let x = (here.0 - wide / 2.0).clamp(least, most.max(least));
    let y =
        if small { here.1.clamp(118.0, 150.0) - high / 2.0 + lane as f64 * 4.0 } else { here.1 - high / 2.0 };
    let mut item = brick::brick(&blob.look, &blob.digits, [x, y, wide, high]);
    let verb = if blob.push { "PUT blob" } else { "GET blob" };
    let (unit, of) = if blob.size < 100_000 { ("kB", 1e3) } else { ("MB", 1e6) };
    let figures = format!(
        "{} / {} {unit}",
        fixed(blob.part * blob.size as f64 / of, 1),
        fixed(blob.size as f64 / of, 1)
    );
    item.name = format!("Layer {} is on its way, {figures}", blob.digits);
    item.data.push(("data-blob", blob.digits.clone()));
    item.data.push(("data-part", figure(blob.part)));
    let middle = x + wide / 2.0;
    item.rect([x, y + high + 5.0, wide, 7.0, 3.5], "progbg");
    item.rect([x, y + high + 5.0, wide * blob.part, 7.0, 3.5], "prog");
    if small {
        if lane == 0 {
            // To the left of the brick; to the right when there is no room.
            let (at, anchor) =
                if x > 210.0 { (x - 8.0, Anchor::End) } else { (x + wide + 8.0, Anchor::Start) };
            item.words([at, y + 9.0], anchor, "mono12 b halo", verb.to_owned());
            item.words([at, y + 26.0], anchor, "mono12 halo", figures);
        }
        return item;
    }
    item.words([middle, y + high + 28.0], Anchor::Middle, "mono12 b halo", figures);
    if lane + 1 == lanes {
        let digest = format!("sha256:{}\u{2026}", &blob.digits[..4]);
        item.words([middle, y - 29.0], Anchor::Middle, "mono12 b halo", verb.to_owned());
        item.words([middle, y - 12.0], Anchor::Middle, "monod halo", digest);
    }
    item
}

/// A request to a registry, or its answer.
fn request(plan: &Plan, host: &str, words: &str, part: f64) -> Item {
    let near = !plan.anchors.tags.iter().any(|(h, ..)| h == host) && host.starts_with("localhost");
    let y = if plan.frame.small { 130.0 } else { plan.anchors.gate.1 };
    let (inner, outer) = if plan.frame.small {
        ((plan.frame.size.0 - 40.0, 160.0), (plan.frame.size.0 - 40.0, 106.0))
    } else if near {
        ((plan.frame.store.1, y), (plan.frame.walls.0 + 40.0, y))
    } else {
        ((plan.frame.walls.1 + 2.0, y), (plan.frame.registries.0, y))
    };
    let there = part < 0.5;
    let along = if there { part * 2.0 } else { 2.0 - part * 2.0 };
    let here = at(inner, outer, along);
    let name = format!("{words}, {}", if there { "on its way" } else { "answered" });
    let mut item = Item::plain(Vec::new());
    item.name = name;
    item.data = vec![("data-request", words.to_owned())];
    item.path("wirel todo", line(&[inner, outer]));
    item.rect([here.0 - 9.0, here.1 - 6.0, 18.0, 12.0, 1.0], "token");
    let (method, route) = words.split_once(' ').unwrap_or((words, ""));
    let tail: String = match route.char_indices().rev().nth(17) {
        Some((at, _)) if route.len() > 20 => format!("\u{2026}{}", &route[at..]),
        _ => route.to_owned(),
    };
    let (x, anchor) = if plan.frame.small {
        (inner.0 - 14.0, Anchor::End)
    } else {
        (f64::midpoint(inner.0, outer.0), Anchor::Middle)
    };
    let up = if plan.frame.small { -4.0 } else { -34.0 };
    item.words([x, y + up], anchor, "mono12 b halo", method.to_owned());
    item.words([x, y + up + 17.0], anchor, "monod halo", tail);
    item
}

/// The point so far along a line through points, and what lies behind it.
fn along(points: &[Point], part: f64) -> (Point, Vec<Point>) {
    let lengths: Vec<f64> = points.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).collect();
    let mut left = lengths.iter().sum::<f64>() * part;
    let mut behind = vec![points[0]];
    for (pair, length) in points.windows(2).zip(&lengths) {
        if left <= *length {
            let here = at(pair[0], pair[1], if *length > 0.0 { left / length } else { 1.0 });
            behind.push(here);
            return (here, behind);
        }
        left -= length;
        behind.push(pair[1]);
    }
    (points[points.len() - 1], behind)
}

/// A packet on its way.
fn packet(plan: &Plan, flight: &Flight, labelled: bool) -> Option<Item> {
    let points = plan.points(&flight.way);
    if points.len() < 2 {
        return None;
    }
    let (here, behind) = along(&points, flight.part);
    let name = format!("Packet, {}", flight.label);
    let mut item =
        Item::new(Object::Packet(flight.number), name, [here.0 - 12.0, here.1 - 10.0, 24.0, 20.0], 0);
    item.data = vec![("data-packet", flight.label.clone())];
    if !labelled {
        item.shapes.push(Shape::Circle([here.0, here.1, 3.5], "tokdot"));
        return Some(item);
    }
    item.path("wirel todo", line(&points));
    item.path("trail", line(&behind));
    let length: f64 = points.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum();
    let mut walked = 0.0;
    for (n, pair) in points.windows(2).enumerate() {
        walked += (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
        let done = walked <= length * flight.part;
        let (x, y) = pair[1];
        item.shapes.push(Shape::Circle([x, y, 8.0], if done { "hop done" } else { "hop" }));
        let class = if done { "hopn done" } else { "hopn" };
        item.words([x, y + 4.2], Anchor::Middle, class, (n + 1).to_string());
    }
    let (x, y) = here;
    item.rect([x - 11.0, y - 7.0, 22.0, 14.0, 1.0], "token");
    item.path("wirel", d("M#,#L#,#L#,#", &[x - 11.0, y - 7.0, x, y + 1.0, x + 11.0, y - 7.0]));
    let words = fit(&flight.label, 230.0, 7.3);
    let (anchor, shift) = if x < 130.0 { (Anchor::Start, -10.0) } else { (Anchor::Middle, 0.0) };
    item.words([x + shift, y - 15.0], anchor, "mono12 b halo c-blue", words);
    if flight.dropped && flight.part > 0.9 {
        item.shapes.push(Shape::Icon([x - 9.0, y - 9.0, 18.0], "i-dropped", "ico st-dropped"));
    }
    Some(item)
}
