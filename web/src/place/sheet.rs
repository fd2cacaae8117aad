//! The Kernel lens in its box: the process tree, the namespaces over the kernel, virtual machines beside containers.

use super::{Plan, bands, machines};
use crate::scene::{Leaf, Object, Sheet};
use crate::shape::{Anchor, Item, d, fit};

/// Places the Kernel lens: side by side, or one below the other on a narrow page.
pub fn sheet(sheet: &Sheet, width: f64, height: f64) -> Plan {
    let mut plan = Plan::default();
    if width < super::NARROW {
        plan.frame.small = true;
        let below = tree(&mut plan, sheet, [12.0, 22.0, width - 88.0, 0.0]) + 40.0;
        let (right, below) = bands::bands(&mut plan, sheet, [12.0, below, width - 24.0, 0.0]);
        let below = machines::machines(&mut plan, sheet, [12.0, below + 40.0, width - 24.0, 0.0]);
        plan.drawing.size = (width.max(right + 12.0), below + 16.0);
        return plan;
    }
    let tight = width < 1240.0;
    let (left, wide, names, last) =
        if tight { (14.0, 244.0, 54.0, 174.0) } else { (26.0, 362.0, 92.0, 296.0) };
    let below = tree(&mut plan, sheet, [left, 28.0, wide, height]);
    let from = left + wide + names + if tight { 10.0 } else { 24.0 };
    let room = width - from - last - if tight { 36.0 } else { 62.0 };
    let (right, floor) = bands::bands(&mut plan, sheet, [from, 28.0, room, height]);
    let from = (width - last - left).max(right + 22.0);
    let deepest = machines::machines(&mut plan, sheet, [from, 28.0, last, height]);
    let high = height.max(below + 12.0).max(floor + 12.0).max(deepest + 12.0);
    let mut rule = Item::plain(Vec::new());
    rule.path("rule", d("M#,20V#", &[from - 11.0, high - 20.0]));
    plan.add(rule);
    plan.drawing.size = (from + last + left, high);
    plan
}

/// The process tree with its two columns of numbers; the height at which it ends.
fn tree(plan: &mut Plan, sheet: &Sheet, [x, y, width, height]: [f64; 4]) -> f64 {
    let count = sheet.tree.len() as f64 + 1.0;
    let tall = if height > 0.0 { ((height - 190.0) / count).clamp(21.0, 31.0) } else { 24.0 };
    let (host, inside) = (x + width - 74.0, x + width - 8.0);
    let head = y + 54.0;
    let name = format!("Process tree: {} processes of the host, and {} more", sheet.tree.len(), sheet.others);
    let mut item = Item::new(Object::Kernel, name, [x, y - 16.0, width, 50.0], 0);
    item.text(x, y, "place", if width < 300.0 { "Every process" } else { "Every process is on the host" });
    item.text(x, y + 22.0, "book", "Same process, two numbers.");
    item.text(x + 10.0, head, "note", "process");
    item.words([host, head], Anchor::End, "note", "host pid".to_owned());
    item.words([inside, head], Anchor::End, "note", "pid inside".to_owned());
    item.path("ln", d("M#,#h#", &[x, head + 8.0, width]));
    plan.add(item);
    let row = |n: usize| head + 13.0 + tall * n as f64;
    let indent = if width < 300.0 { 14.0 } else { 22.0 };
    // A line to each process from the last one that stands one place further out.
    let mut lines = String::new();
    for (n, leaf) in sheet.tree.iter().enumerate() {
        let above = sheet.tree[..n].iter().rposition(|l| l.depth + 1 == leaf.depth);
        if let Some(above) = above {
            let at = x + indent * leaf.depth as f64;
            let (from, to) = (row(above) + tall - 5.0, row(n) + tall / 2.0);
            lines.push_str(&d("M#,#V#h#", &[at, from, to, indent - 6.0]));
        }
    }
    let mut plain = Item::plain(Vec::new());
    plain.path("hair", lines);
    for (n, leaf) in sheet.tree.iter().enumerate() {
        plan.add(process(leaf, [x, row(n), width, tall], indent, (host, inside)));
    }
    let end = row(sheet.tree.len());
    if sheet.others > 0 {
        let words = format!("and {} more daemons of the host", sheet.others);
        plain.text(x + 20.0, end + tall / 2.0 + 4.5, "note", words);
    }
    brackets(&mut plain, sheet, x + width + 6.0, (row(0), tall));
    let mut end = end + tall;
    if let Some([who, what]) = shared(sheet) {
        let lines = if width < 330.0 { vec![who, what] } else { vec![format!("{who} {what}")] };
        for words in lines {
            end += 16.0;
            plain.text(x, end, "note", fit(&words, width + 60.0, 6.2));
        }
    }
    plan.add(plain);
    end
}

fn process(leaf: &Leaf, [x, y, width, tall]: [f64; 4], indent: f64, ends: (f64, f64)) -> Item {
    let line = y + tall / 2.0 + 4.5;
    let name = match leaf.own {
        Some(own) => format!("{}, pid {} on the host, pid {own} in {}", leaf.name, leaf.pid, leaf.container),
        None => format!("{}, pid {} on the host", leaf.name, leaf.pid),
    };
    let mut item = Item::new(Object::Process(leaf.pid), name, [x, y + 1.0, width, tall - 2.0], 1);
    item.data = vec![("data-pid", leaf.pid.to_string()), ("data-own", leaf.own.unwrap_or(0).to_string())];
    let from = x + 20.0 + indent * leaf.depth as f64;
    let class = if leaf.own == Some(1) { "mono b" } else { "mono" };
    item.rect([x, y + 1.0, width, tall - 2.0, 2.0], "row");
    item.text(from, line, class, fit(&leaf.name, ends.0 - 22.0 - from, 7.6));
    item.words([ends.0, line], Anchor::End, "mono", leaf.pid.to_string());
    let (class, own) = leaf.own.map_or(("monod", "\u{b7}".to_owned()), |own| ("mono b", own.to_string()));
    item.words([ends.1, line], Anchor::End, class, own);
    item
}

/// Which processes are whose: a bracket beside the rows of each container.
fn brackets(item: &mut Item, sheet: &Sheet, x: f64, (top, tall): (f64, f64)) {
    let mut n = 0;
    while n < sheet.tree.len() {
        let owner = &sheet.tree[n].container;
        let same = sheet.tree[n..].iter().take_while(|l| l.container == *owner).count();
        if !owner.is_empty() {
            let (from, to) = (top + tall * n as f64 + 5.0, top + tall * (n + same) as f64 - 5.0);
            item.path("nsb ns-pid", d("M#,#h6V#h-6", &[x - 6.0, from, to]));
            item.text(x + 5.0, f64::midpoint(from, to) + 5.0, "name", fit(owner, 60.0, 8.6));
        }
        n += same;
    }
}

/// The first two containers that share a pid namespace, as a sentence in two parts.
fn shared(sheet: &Sheet) -> Option<[String; 2]> {
    let inside = sheet.columns.iter().skip(1);
    inside.clone().zip(inside.skip(1)).find_map(|(one, other)| {
        let same = one.namespaces[0] == other.namespaces[0];
        let first = sheet
            .tree
            .iter()
            .find(|l| l.own == Some(1) && [&one.name, &other.name].contains(&&l.container))?;
        let guest = if first.container == one.name { other } else { one };
        same.then(|| {
            let who = format!("{} and {} share a pid namespace:", one.name, other.name);
            [who, format!("{} sees {} as pid 1.", guest.program, first.name)]
        })
    })
}
