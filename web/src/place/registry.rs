//! The registries: open shelves of tags.

use super::{Plan, brick};
use crate::scene::{Object, Scene, Shelf, Shelves};
use crate::shape::{Anchor, Item, d, fit, path, text};

/// The registries, the near ones above Docker Hub.
pub fn registries(plan: &mut Plan, scene: &Scene) {
    let frame = plan.frame.clone();
    let (left, right) = frame.registries;
    if frame.small {
        return row(plan, scene);
    }
    plan.add(Item::plain(vec![text(left, 28.0, "place", "Registries")]));
    let (top, bottom) = (46.0, frame.floor.1 + 28.0);
    let count = scene.shelves.len().max(1) as f64;
    for (n, shelves) in scene.shelves.iter().enumerate() {
        let last = n + 1 == scene.shelves.len();
        let share = if last { (bottom - top) - 150.0 * (count - 1.0) } else { 150.0 };
        let from = top + 150.0 * n as f64;
        one(plan, shelves, [left, from, right, from + share - if last { 0.0 } else { 14.0 }]);
    }
}

fn one(plan: &mut Plan, shelves: &Shelves, [left, top, right, bottom]: [f64; 4]) {
    let middle = f64::midpoint(left, right);
    plan.add(Item::plain(vec![
        path("upright", d("M#,#V#M#,#V#", &[left, top, bottom, right, top, bottom])),
        text(left + 12.0, top + 18.0, "name", shelves.title.clone()),
        text(left + 12.0, top + 37.0, "mono12", fit(&shelves.host, right - left - 16.0, 7.3)),
    ]));
    let mut floor = bottom - 61.0;
    let mut rows: Vec<&[Shelf]> = shelves.tags.chunks(2).collect();
    rows.reverse();
    for row in rows {
        let tallest = row.iter().map(|s| s.layers.len()).max().unwrap_or(1);
        let room = floor - top - 48.0;
        if room < 40.0 {
            break;
        }
        let thick = brick::thickness(tallest, room.min(90.0), 15.0);
        plan.add(Item::plain(vec![path("shelf", d("M#,#H#", &[left, floor, right]))]));
        for (n, shelf) in row.iter().enumerate() {
            let x = if n == 0 { left + 9.0 } else { middle + 4.0 };
            tag(plan, &shelves.host, shelf, [x, floor, middle - left - 13.0, thick]);
        }
        floor -= 43.0 + (tallest as f64 * thick).max(20.0) + 18.0;
    }
}

/// One tag: its layers on the shelf, its plate beneath.
fn tag(plan: &mut Plan, host: &str, shelf: &Shelf, [x, floor, width, thick]: [f64; 4]) {
    let name = shelf.repository.strip_prefix("library/").unwrap_or(&shelf.repository);
    let top = floor - 1.0 - thick * shelf.layers.len() as f64;
    let sentence = format!("{name}:{} at {host}, {} layers", shelf.tag, shelf.layers.len());
    let object = Object::Tag(host.to_owned(), shelf.repository.clone(), shelf.tag.clone());
    let mut item = Item::new(object, sentence, [x - 2.0, top, width + 4.0, floor + 43.0 - top], 0);
    item.data = vec![("data-tag", format!("{name}:{}", shelf.tag))];
    let plate = if shelf.active { "tag on" } else { "tag" };
    item.rect([x - 2.0, floor + 6.0, width + 4.0, 37.0, 2.0], plate);
    item.text(x + 5.0, floor + 21.0, "mono12", fit(name, width - 6.0, 7.3));
    item.text(x + 5.0, floor + 37.0, "monod", fit(&shelf.tag, width - 6.0, 7.6));
    plan.add(item);
    let middle = (x + width / 2.0, floor - thick / 2.0);
    plan.anchors.tags.push((host.to_owned(), shelf.repository.clone(), shelf.tag.clone(), middle));
    plan.stack("shelf", &shelf.layers, x, floor - 1.0, width, thick);
}

/// On a narrow page: one shelf above the host.
fn row(plan: &mut Plan, scene: &Scene) {
    let (left, right) = plan.frame.registries;
    let Some(hub) = scene.shelves.iter().find(|s| s.tags.iter().any(|t| t.active)).or(scene.shelves.last())
    else {
        return;
    };
    let floor = 78.0;
    plan.add(Item::plain(vec![
        text(left, 22.0, "place", "Registry"),
        text(left + 88.0, 22.0, "placesub", hub.title.clone()),
        path("shelf", d("M#,#H#", &[left, floor, right])),
    ]));
    let fits = (((right - left) / 92.0).floor() as usize).max(1);
    let mut shown: Vec<&Shelf> = hub.tags.iter().collect();
    while shown.len() > fits {
        let spare = shown.iter().position(|t| !t.active && !in_store(scene, t)).unwrap_or(0);
        shown.remove(spare);
    }
    for (n, shelf) in shown.into_iter().enumerate() {
        let x = left + 2.0 + n as f64 * 92.0;
        let thick = brick::thickness(shelf.layers.len(), 46.0, 14.0);
        let name = shelf.repository.strip_prefix("library/").unwrap_or(&shelf.repository);
        let label = format!("{name}:{}", shelf.tag);
        let shown = if label.len() > 11 && shelf.tag == "latest" { name } else { &label };
        let object = Object::Tag(hub.host.clone(), shelf.repository.clone(), shelf.tag.clone());
        let mut item = Item::new(object, format!("{label} at {}", hub.host), [x, 30.0, 86.0, 74.0], 0);
        item.data = vec![("data-tag", label.clone())];
        let plate = if shelf.active { "tag on" } else { "tag" };
        item.rect([x, floor + 5.0, 86.0, 20.0, 2.0], plate);
        item.words([x + 43.0, floor + 19.5], Anchor::Middle, "mono12", fit(shown, 82.0, 7.3));
        plan.add(item);
        plan.anchors.tags.push((
            hub.host.clone(),
            shelf.repository.clone(),
            shelf.tag.clone(),
            (x + 43.0, floor + 25.0),
        ));
        plan.stack("shelf", &shelf.layers, x + 6.0, floor - 1.0, 72.0, thick);
    }
}

fn in_store(scene: &Scene, shelf: &Shelf) -> bool {
    let name = shelf.repository.strip_prefix("library/").unwrap_or(&shelf.repository);
    scene.images.iter().any(|i| i.name == format!("{name}:{}", shelf.tag))
}
