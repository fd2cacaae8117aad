//! The image store: shelves of stacks, and what arrives.

use super::{Plan, brick};
use crate::scene::{Object, Scene, Slot, SlotState, Stack};
use crate::shape::{Item, d, fit, path, text};

/// The height that a stack's name takes.
const LABEL: f64 = 24.0;

/// The image store.
pub fn store(plan: &mut Plan, scene: &Scene) {
    let frame = plan.frame.clone();
    let (left, right) = frame.store;
    let bottom = frame.floor.1 - 14.0;
    let top = if frame.small { frame.rails.0 + 6.0 } else { 112.0 };
    let head = if frame.small { top } else { top - 16.0 };
    plan.add(Item::plain(vec![
        path(
            "upright",
            d("M#,#V#M#,#V#", &[left, head + 14.0, frame.floor.1, right, head + 14.0, frame.floor.1 - 23.0]),
        ),
        text(left + 10.0, top, "name", if right - left < 100.0 { "Images" } else { "Image store" }),
        path("shelf", d("M#,#H#", &[left, bottom, right])),
    ]));
    if scene.images.is_empty() {
        plan.add(Item::plain(vec![text(left + 10.0, top + 24.0, "note", "No image yet.")]));
        return;
    }
    let column = if frame.small {
        if right - left > 165.0 { 57.0 } else { 70.0 }
    } else if frame.walls.0 < 204.0 {
        84.0
    } else {
        92.0
    };
    let columns = ((right - left) / column).floor().max(1.0) as usize;
    let room = bottom - top - 14.0;
    let rows: Vec<&[Stack]> = scene.images.chunks(columns).collect();
    let tallest: Vec<usize> = rows.iter().map(|row| row.iter().map(slots).max().unwrap_or(0)).collect();
    let notes = rows.iter().map(|row| if row.iter().any(|s| !s.note.is_empty()) { 18.0 } else { 0.0 });
    let labels: f64 = notes.clone().map(|n| LABEL + n + 12.0).sum();
    let all: usize = tallest.iter().sum();
    let thick = brick::thickness(all, room - labels, frame.brick);
    let mut shelf = bottom;
    for ((row, tallest), note) in rows.iter().zip(tallest).zip(notes) {
        if shelf < bottom {
            plan.add(Item::plain(vec![path("shelf", d("M#,#H#", &[left, shelf, right]))]));
        }
        for (n, stack) in row.iter().enumerate() {
            let x = left + 8.0 + n as f64 * column;
            one(plan, stack, [x, shelf, column - 8.0, thick]);
            if let Some(next) = row.get(n + 1) {
                ties(plan, stack, next, [x + column - 8.0, shelf, thick]);
            }
        }
        shelf -= tallest as f64 * thick + LABEL + note + 12.0;
    }
}

/// How many bricks high a stack is: a layer that waits hovers one place higher.
fn slots(stack: &Stack) -> usize {
    stack.layers.len() + usize::from(stack.layers.iter().any(|l| l.state == SlotState::Waits))
}

/// One image: its name and its layers.
fn one(plan: &mut Plan, stack: &Stack, [x, shelf, width, thick]: [f64; 4]) {
    let high = slots(stack) as f64 * thick;
    let note = if stack.note.is_empty() { 0.0 } else { 18.0 };
    let top = shelf - high - LABEL - note;
    let name = format!("Image {}, {} layers", stack.name, stack.layers.len());
    let mut item = Item::new(stack.object.clone(), name, [x, top, width, shelf - top], 0);
    item.data = vec![("data-image", stack.name.clone())];
    let short = stack.name.split(':').next().unwrap_or_default();
    let spare =
        width < 70.0 || (stack.name.ends_with(":latest") && 7.45 * stack.name.len() as f64 > width + 7.0);
    let label = fit(if spare { short } else { &stack.name }, width + 7.0, 7.45);
    item.text(x + 1.0, top + 14.0, "mono", label);
    if note > 0.0 {
        item.text(x + 1.0, top + 32.0, "note", stack.note.clone());
    }
    let mut bricks = Vec::new();
    for (n, Slot { look, state }) in stack.layers.iter().enumerate().rev() {
        let y = shelf - (n as f64 + 1.0) * thick;
        plan.anchors.slots.push((stack.name.clone(), n, (x + width / 2.0, y + thick / 2.0)));
        match state {
            SlotState::Here => bricks.push(brick::brick(look, &look.digits, [x, y, width, thick])),
            SlotState::Missing => {
                item.rect([x + 0.75, y + 1.0, width - 1.5, thick - 2.0, 2.0], "slot");
            }
            SlotState::Waits => {
                item.rect([x + 0.75, y + 1.0, width - 1.5, thick - 2.0, 2.0], "slot");
                bricks.push(brick::brick(look, &look.digits, [x, y - thick, width, thick]));
            }
        }
    }
    plan.add(item);
    for mut brick in bricks {
        brick.data.push(("data-of", format!("store {}", stack.name)));
        plan.add(brick);
    }
}

/// Where two neighbours are one layer, a tie.
fn ties(plan: &mut Plan, one: &Stack, other: &Stack, [x, shelf, thick]: [f64; 3]) {
    let pairs = one.layers.iter().zip(&other.layers).enumerate();
    let same = pairs.filter(|(_, (a, b))| {
        a.look.digits == b.look.digits && a.state == SlotState::Here && b.state == SlotState::Here
    });
    let mut tied = Vec::new();
    for (n, _) in same {
        let y = shelf - (n as f64 + 0.5) * thick;
        tied.push(path("tie", d("M#,#h8", &[x, y])));
    }
    if !tied.is_empty() {
        let object = Object::Image(one.name.clone());
        let mut item = Item::plain(tied);
        item.data = vec![("data-tie", object.key())];
        plan.add(item);
    }
}
