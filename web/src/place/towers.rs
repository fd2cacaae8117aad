//! Two images beside one another, each brick as high as its layer is large: what they share stands once below both.

use super::{Plan, brick};
use crate::look::Look;
use crate::scene::{Pile, Tower};
use crate::shape::{Anchor, Item, d, fit};
use drydock::cli::units::human_size;

/// Draws them; the height at which they end.
pub fn towers(plan: &mut Plan, pile: &Pile, [x, y, width, bottom]: [f64; 4]) -> f64 {
    let Some(one) = pile.towers.first() else { return y };
    let other = pile.towers.get(1);
    let mut plain = Item::plain(Vec::new());
    let title = match (other.is_some(), pile.common) {
        (false, _) => "Sizes",
        (true, 0) => "Two images, no layer shared",
        (true, _) => "Two images, one base",
    };
    plain.text(x, y, "place", fit(title, width, 9.3));
    plain.text(x, y + 22.0, "book", "Heights are sizes.");
    let floor = (bottom - 158.0).max(y + 190.0);
    let base: u64 = one.layers.iter().take(pile.common).map(|l| l.1).sum();
    let tallest = other.map_or(0, Tower::size).max(one.size()).max(1);
    // The thinnest brick is 4 high, however small its layer.
    let most = pile.towers.iter().map(|t| t.layers.len()).max().unwrap_or(0);
    let room = floor - y - 62.0 - 4.0 * most as f64;
    let scale = room / tallest as f64;
    let half = if other.is_some() { (width - 8.0) / 2.0 } else { width };
    let mut from = floor;
    for (look, size) in one.layers.iter().take(pile.common) {
        from -= slab(plan, (look, *size), [x, from, width, scale], "both");
    }
    for (n, tower) in pile.towers.iter().enumerate() {
        let left = x + n as f64 * (half + 8.0);
        let mut at = from;
        for (look, size) in tower.layers.iter().skip(pile.common) {
            at -= slab(plan, (look, *size), [left, at, half, scale], &tower.name);
        }
        plain.text(left, at - 8.0, "mono12 b", fit(&tower.name, half, 7.4));
    }
    plain.path("shelf", d("M#,#h#", &[x - 4.0, floor + 1.5, width + 8.0]));
    let mut line = floor + 24.0;
    let mut row = |item: &mut Item, name: &str, size: u64, class: &'static str| {
        item.text(x, line, class, fit(name, width - 76.0, 7.5));
        item.words([x + width, line], Anchor::End, class, human_size(size));
        line += 19.0;
    };
    row(&mut plain, &one.name, one.size(), "mono");
    if let Some(other) = other {
        row(&mut plain, &other.name, other.size(), "mono");
        row(&mut plain, "on disk", one.size() + other.size() - base, "mono b");
        plain.path("hair", d("M#,#h#", &[x, floor + 48.5, width]));
        if base > 0 {
            let words = format!("{} not stored twice", human_size(base));
            plain.text(x, line, "status c-kelp", fit(&words, width, 7.2));
            line += 19.0;
        }
    }
    plan.add(plain);
    line = efficiency(plan, pile, one, [x, line + 8.0, width]);
    line
}

/// One brick; how high it is.
fn slab(plan: &mut Plan, (look, size): (&Look, u64), [x, floor, width, scale]: [f64; 4], of: &str) -> f64 {
    let high = (size as f64 * scale).max(4.0);
    let mut item = brick::brick(look, &look.digits, [x, floor - high, width, high]);
    item.name.push_str(&format!(", {}", human_size(size)));
    item.data.push(("data-of", format!("tower {of}")));
    if high >= 46.0 {
        let words = human_size(size);
        let wide = words.chars().count() as f64 * 7.3 + 9.0;
        item.rect([x + 6.0, floor - high / 2.0 + 11.0, wide, 17.0, 1.5], "bplate");
        item.text(x + 10.0, floor - high / 2.0 + 23.5, "bt mono12 b", words);
    }
    plan.add(item);
    plan.see(look);
    high
}

/// What later layers of the image hide, and what the store saves.
fn efficiency(plan: &mut Plan, pile: &Pile, one: &Tower, [x, y, width]: [f64; 3]) -> f64 {
    let waste = &pile.waste;
    let name = format!(
        "Image {}: {} of {} are hidden by later layers, efficiency {} %",
        one.name,
        human_size(waste.hidden),
        human_size(waste.stored),
        waste.efficiency()
    );
    let mut item = Item::new(one.object.clone(), name, [x, y - 12.0, width, 42.0], 0);
    item.data = vec![("data-efficiency", waste.efficiency())];
    item.text(x, y + 2.0, "status", "Efficiency");
    item.words([x + width, y + 2.0], Anchor::End, "mono b", format!("{} %", waste.efficiency()));
    let part = (waste.stored - waste.hidden) as f64 / waste.stored.max(1) as f64;
    item.rect([x, y + 9.0, width, 7.0, 1.0], "gauge");
    item.rect([x + 1.0, y + 10.0, (width - 2.0) * part, 5.0, 0.0], "fill");
    let words = match waste.count {
        0 => "Nothing stored is hidden.".to_owned(),
        1 => format!("{} in 1 file is hidden.", human_size(waste.hidden)),
        n => format!("{} in {n} files are hidden.", human_size(waste.hidden)),
    };
    item.text(x, y + 34.0, "note", fit(&words, width, 6.1));
    plan.add(item);
    y + 46.0
}
