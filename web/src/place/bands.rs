//! The seven kinds of namespace as rows: a band spans the containers that share a namespace; under them what their cgroups
//! count, and the kernel.

use super::{Plan, berth, host};
use crate::scene::{Column, Gauge, KEEPS, Object, Sheet};
use crate::shape::{Anchor, Item, d, figure, fit};
use drydock::kernel::namespace::NamespaceKind;

/// How wide the names of the kinds are.
const NAMES: f64 = 52.0;
/// From this many hundredths of its limit on, memory is near it.
const NEAR: u64 = 85;

/// Where the columns and the rows are.
struct Grid {
    /// The left edge of the names, and of the first column.
    left: (f64, f64),
    /// From one column to the next, and how wide one is.
    pitch: (f64, f64),
    /// The top of the fences, of the first row, of the gauges; and the floor.
    top: (f64, f64, f64, f64),
    /// From one row to the next.
    row: f64,
}

/// The class of each kind's band: its colour and its dashes.
const CLASSES: [&str; 7] = [
    "nsband ns-pid",
    "nsband ns-net",
    "nsband ns-mnt",
    "nsband ns-uts",
    "nsband ns-ipc",
    "nsband ns-user",
    "nsband ns-cgroup",
];

/// Draws them; the right edge and the lower one.
pub fn bands(plan: &mut Plan, sheet: &Sheet, [x, y, width, height]: [f64; 4]) -> (f64, f64) {
    let count = sheet.columns.len() as f64;
    let pitch = ((width - NAMES) / count).clamp(104.0, 124.0);
    let top = y + 32.0;
    let row = if height > 0.0 { ((height - 312.0) / 7.0).clamp(25.0, 35.0) } else { 28.0 };
    let first = top + 48.0;
    let gauges = first + 7.0 * row + 6.0;
    let grid = Grid {
        left: (x, x + NAMES),
        pitch: (pitch, pitch - 10.0),
        top: (top, first, gauges, gauges + 98.0),
        row,
    };
    let mut plain = Item::plain(Vec::new());
    for (down, class, words) in [
        (y, "place", "Seven namespaces, one kernel"),
        (y + 22.0, "book", "A band spans those that share it."),
        (gauges + 14.0, "mono b k-cgroup", "cgroup"),
        (gauges + 32.0, "note", "memory"),
        (gauges + 71.0, "note", "pids"),
        (gauges + 89.0, "note", "cpu"),
    ] {
        plain.text(x, down, class, words);
    }
    for (n, one) in sheet.columns.iter().enumerate() {
        plan.add(column(&grid, one, grid.left.1 + pitch * n as f64));
    }
    for (n, (kind, _)) in NamespaceKind::INITIAL.into_iter().enumerate() {
        kind_row(plan, sheet, &grid, n, kind.name());
    }
    let right = grid.left.1 + pitch * count.max(4.0);
    let mut bottom = grid.top.3 + 42.0;
    let words = "Linux 6.8 keeps every namespace, counts every page";
    plan.add(host::kernel([x, grid.top.3, right - x, 42.0], words));
    if !sheet.idle.is_empty() {
        let words = format!("No process, so no namespaces and no cgroup: {}", sheet.idle.join(", "));
        plain.text(x, bottom + 18.0, "note", fit(&words, right - x, 6.2));
        bottom += 22.0;
    }
    plan.add(plain);
    (right, bottom)
}

/// The fence of a container, its name, its gauges.
fn column(grid: &Grid, column: &Column, x: f64) -> Item {
    let (width, top) = (grid.pitch.1, grid.top.0);
    let middle = x + width / 2.0;
    let bounds = [x, top, width, grid.top.3 - top];
    let mut item = match &column.gauge {
        None => Item::new(Object::Kernel, "The host's own processes".to_owned(), bounds, 0),
        Some(gauge) => {
            let name = format!("Container {}, {}, {}", column.name, column.state.1, counted(gauge));
            let mut item = Item::new(Object::Container(column.name.clone()), name, bounds, 0);
            item.class = format!("berth {}", column.state.0);
            item.data = vec![
                ("data-container", column.name.clone()),
                ("data-state", column.state.0.to_owned()),
                ("data-memory", format!("{} {}", size(gauge.memory.0), limit(gauge))),
            ];
            item.shapes = berth::fence(bounds, column.state.0);
            item
        }
    };
    let name = fit(&column.name, width - 8.0, 8.6);
    item.words([middle, top + 22.0], Anchor::Middle, "name", name);
    let program = fit(&column.program, width - 8.0, 7.6);
    item.words([middle, top + 42.0], Anchor::Middle, "monod", program);
    if let Some(gauge) = &column.gauge {
        gauges(&mut item, gauge, [x + 6.0, grid.top.2, width - 8.0]);
    }
    item
}

/// Memory as a tide gauge; processes and processor time as small ones.
fn gauges(item: &mut Item, gauge: &Gauge, [x, y, width]: [f64; 3]) {
    const HIGH: f64 = 56.0;
    const WIDE: f64 = 18.0;
    let (used, most) = gauge.memory;
    let share = |used: u64, most: Option<u64>| most.map_or(0.0, |m| (used as f64 / m.max(1) as f64).min(1.0));
    let near = most.is_some_and(|m| used * 100 >= m * NEAR);
    // Without a limit the gauge is against the memory of the host.
    let part = share(used, Some(most.unwrap_or(drydock::engine::proc::HOST_MEMORY)));
    let fill = ((HIGH - 2.0) * part).max(1.0);
    let class = if near { "fill warn" } else { "fill" };
    item.rect([x, y, WIDE, HIGH, 2.0], "gauge");
    item.rect([x + 1.0, y + HIGH - 1.0 - fill, WIDE - 2.0, fill, 0.0], class);
    item.path("hair", d("M#,#h6m-6,14h6m-6,14h6", &[x, y + 14.0]));
    item.text(x + WIDE + 6.0, y + 13.0, "mono12 b", size(used));
    item.text(x + WIDE + 6.0, y + 31.0, "note", limit(gauge));
    if near {
        item.text(x + WIDE + 6.0, y + 48.0, "note b c-brass", "near limit");
    }
    let rows = [(gauge.pids, 65.0, pids(gauge)), (gauge.cpu, 83.0, cpu(gauge))];
    for ((used, most), down, words) in rows {
        item.rect([x, y + down, WIDE, 7.0, 1.0], "gauge");
        item.rect([x + 1.0, y + down + 1.0, (WIDE - 2.0) * share(used, most), 5.0, 0.0], "fill");
        item.text(x + WIDE + 6.0, y + down + 7.0, "note", fit(&words, width - WIDE - 6.0, 5.4));
    }
}

/// Bytes as `docker run --memory` takes them.
pub fn size(bytes: u64) -> String {
    let kib = bytes >> 10;
    match kib {
        0..1024 => format!("{kib} K"),
        1024..10_240 if kib % 1024 > 50 => format!("{}.{} M", kib >> 10, kib % 1024 * 10 / 1024),
        1024..1_048_576 => format!("{} M", kib >> 10),
        _ => format!("{}.{} G", kib >> 20, (kib >> 10) % 1024 * 10 / 1024),
    }
}

fn limit(gauge: &Gauge) -> String {
    gauge.memory.1.map_or_else(|| "no limit".to_owned(), |most| format!("of {}", size(most)))
}

fn pids(gauge: &Gauge) -> String {
    let (used, most) = gauge.pids;
    most.map_or_else(|| format!("{used}, no limit"), |most| format!("{used} of {most}"))
}

fn cpu(gauge: &Gauge) -> String {
    let (used, most) = gauge.cpu;
    let part = |n: u64| figure(n as f64 / 1e3);
    most.map_or_else(
        || format!("{}, no limit", part(used)),
        |most| format!("{} of {}", part(used), part(most)),
    )
}

fn counted(gauge: &Gauge) -> String {
    let memory = format!("memory {} {}", size(gauge.memory.0), limit(gauge));
    format!("{memory}, pids {}, processors {}", pids(gauge), cpu(gauge))
}

/// One kind: its name, and a band for each namespace.
fn kind_row(plan: &mut Plan, sheet: &Sheet, grid: &Grid, n: usize, kind: &str) {
    let y = grid.top.1 + grid.row * n as f64;
    let (pitch, wide) = grid.pitch;
    let mut runs: Vec<(u32, usize, usize)> = Vec::new();
    for (at, column) in sheet.columns.iter().enumerate() {
        let inode = column.namespaces[n];
        match runs.last_mut() {
            Some(run) if run.0 == inode => run.2 += 1,
            _ => runs.push((inode, at, 1)),
        }
    }
    let names = |inode: u32| {
        let all = sheet.columns.iter().filter(|c| c.namespaces[n] == inode);
        all.map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let words: Vec<String> = runs.iter().map(|(inode, ..)| format!("{inode} of {}", names(*inode))).collect();
    let sentence = format!("{kind} namespaces, {}: {}", KEEPS[n], words.join("; "));
    let mut label =
        Item::new(Object::Term("namespace".to_owned()), sentence, [grid.left.0, y, 54.0, 22.0], 0);
    label.class = format!("kind ns-{kind}");
    label.text(grid.left.0, y + 15.0, "mono b", kind);
    // A namespace whose members do not stand together: a line ties its bands.
    for (at, run) in runs.iter().enumerate() {
        if let Some(other) = runs[at + 1..].iter().find(|r| r.0 == run.0) {
            let from = grid.left.1 + pitch * (run.1 + run.2) as f64 - 10.0;
            let to = grid.left.1 + pitch * other.1 as f64;
            label.path("nsb", d("M#,#H#", &[from, y + 11.0, to]));
        }
    }
    plan.add(label);
    for (inode, at, many) in runs {
        let place =
            [grid.left.1 + pitch * at as f64 + 4.0, y, pitch * (many as f64 - 1.0) + wide - 8.0, 22.0];
        let who = names(inode);
        let name = format!("{kind} namespace {inode}: {who}");
        let mut item = Item::new(Object::Namespace(inode), name, place, 1);
        item.data = vec![("data-namespace", format!("{kind} {inode}")), ("data-of", who)];
        item.rect([place[0], y, place[2], 22.0, 11.0], CLASSES[n]);
        let words = match many {
            1 => inode.to_string(),
            3.. if kind == "user" => format!("{inode}, one root user for all"),
            _ => format!("{inode}, shared"),
        };
        let middle = place[0] + place[2] / 2.0;
        item.words([middle, y + 15.5], Anchor::Middle, "mono12", words);
        plan.add(item);
    }
}
