//! Virtual machines beside containers: what stands under each program, and what it costs.

use super::Plan;
use super::bands::size;
use crate::scene::{Object, PRICES, Sheet};
use crate::shape::{Anchor, Item, d};
use drydock::decimal::fixed;

/// How many of each are drawn.
const DRAWN: u64 = 3;
/// Small numbers as words.
const NUMBERS: [&str; 7] = ["No", "One", "Two", "Three", "Four", "Five", "Six"];

fn counted(count: u64, one: &str) -> String {
    let number = NUMBERS.get(count as usize).map_or_else(|| count.to_string(), |n| (*n).to_owned());
    format!("{number} {one}{}", if count == 1 { "" } else { "s" })
}

/// Draws both, and the figures; the lower edge. A low page goes without the hardware.
pub fn machines(plan: &mut Plan, sheet: &Sheet, [x, y, width, height]: [f64; 4]) -> f64 {
    let low = height > 0.0 && height < 500.0;
    let count = sheet.machines.count.max(1);
    let shown = count.min(DRAWN);
    let head = if low { y + 24.0 } else { y + 50.0 };
    let mut item = Item::new(Object::Machines, sentence(sheet), [x - 4.0, head - 16.0, width + 8.0, 0.0], 0);
    item.text(x, y, "place", if width < 250.0 { "Beside VMs" } else { "Beside virtual machines" });
    if !low {
        item.text(
            x,
            y + 22.0,
            "book",
            if width < 250.0 { "Under each app." } else { "What stands under each app." },
        );
    }
    item.text(x, head, "name", counted(count, "virtual machine"));
    let share = width / shown as f64;
    let mut top = head + 10.0;
    for n in 0..shown {
        let left = x + share * n as f64;
        let wide = share - 4.0;
        item.rect([left, top, wide, 82.0, 2.0], "vmframe");
        for (down, high, class, words) in
            [(5.0, 26.0, "vmapp", "app"), (33.0, 21.0, "soft", "system"), (56.0, 21.0, "vmk", "kernel")]
        {
            layer(&mut item, [left + 5.0, top + down, wide - 10.0, high], class, words);
        }
    }
    layer(&mut item, [x, top + 84.0, width - 4.0, 20.0], "soft", "hypervisor");
    if !low {
        top += 22.0;
        layer(&mut item, [x, top + 84.0, width - 4.0, 20.0], "soft", "hardware");
    }
    top += 134.0;
    item.text(x, top - 9.0, "name", counted(count, "container"));
    for n in 0..shown {
        let left = x + share * n as f64 + 2.0;
        let wide = share - 8.0;
        let line = d("M#,#v-58h#v58", &[left, top + 58.0, wide]);
        item.path("pickets", line.clone());
        item.path("fence", line);
        layer(&mut item, [left + 8.0, top + 7.0, wide - 16.0, 26.0], "vmapp", "app");
        layer(&mut item, [left + 8.0, top + 35.0, wide - 16.0, 20.0], "soft", "files");
    }
    layer(&mut item, [x, top + 58.0, width - 4.0, 28.0], "vmk", "one kernel");
    if !low {
        layer(&mut item, [x, top + 88.0, width - 4.0, 20.0], "soft", "hardware");
        top += 22.0;
    }
    let below = figures(&mut item, sheet, [x, top + 106.0, width - 4.0]);
    item.bounds[3] = below + 4.0 - item.bounds[1];
    plan.add(item);
    below
}

fn layer(item: &mut Item, [x, y, width, height]: [f64; 4], class: &'static str, words: &str) {
    item.rect([x, y, width, height, 1.0], class);
    if class == "vmk" {
        let plate = (words.len() as f64 * 7.0 + 8.0).min(width - 6.0);
        item.rect([x + (width - plate) / 2.0, y + 3.0, plate, height - 6.0, 2.0], "slabplate");
    }
    let class = if height > 22.0 { "name" } else { "note" };
    let at = [x + width / 2.0, y + height / 2.0 + 4.8];
    item.words(at, Anchor::Middle, class, words.to_owned());
}

/// What both take: each row with its name, the virtual machines', the containers'.
fn rows(sheet: &Sheet) -> [[String; 3]; 3] {
    let all = &sheet.machines;
    let count = all.count.max(1);
    let seconds = |micros: u64| fixed(micros as f64 / 1e6, 1) + " s";
    let none = || "\u{b7}".to_owned();
    let started = all.start.map_or_else(none, |span| seconds(span.0));
    let some = |bytes: u64| if bytes > 0 { size(bytes) } else { none() };
    let row =
        |n: usize, machines: String, containers: String| [PRICES[n].what.to_owned(), machines, containers];
    [
        row(0, seconds(PRICES[0].each), started),
        row(1, size(PRICES[1].each * count), some(all.memory)),
        row(2, size(PRICES[2].each * count), some(all.disk)),
    ]
}

fn figures(item: &mut Item, sheet: &Sheet, [x, y, width]: [f64; 3]) -> f64 {
    let (middle, right) = (x + width * 0.6, x + width - 4.0);
    let mut line = |at: f64, class: &'static str, [one, two, three]: [String; 3]| {
        item.text(x + 4.0, at, "note", one);
        item.words([middle, at], Anchor::End, class, two);
        item.words([right, at], Anchor::End, class, three);
    };
    line(y, "note", ["", "machines", "containers"].map(str::to_owned));
    let mut at = y + 5.0;
    for row in rows(sheet) {
        at += 18.0;
        line(at, "mono12", row);
    }
    item.path("rule", d("M#,#h#", &[x, y + 6.0, width]));
    for words in ["start: quicksand, Ubuntu guest", "memory, disk: Debian guide", "containers: these here"] {
        at += if words.starts_with('s') { 22.0 } else { 16.0 };
        item.text(x + 4.0, at, "note", words);
    }
    at + 6.0
}

fn sentence(sheet: &Sheet) -> String {
    let rows = rows(sheet).map(|[what, one, other]| format!("{what} {one} against {other}"));
    let count = sheet.machines.count.max(1);
    format!(
        "{} beside {}: {}",
        counted(count, "virtual machine"),
        counted(count, "container"),
        rows.join(", ")
    )
}
