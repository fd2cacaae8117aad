//! Containers: each behind its fence on the slab, with its processes and its stack.

use super::{Plan, brick};
use crate::scene::{Berth, Object, Scene};
use crate::shape::{Item, Shape, d, fit, path, wide};

/// One container.
pub fn berth(plan: &mut Plan, scene: &Scene, n: usize, berth: &Berth) {
    let frame = plan.frame.clone();
    let (left, width, pitch) = frame.berths;
    let x = left + n as f64 * pitch;
    let floor = frame.floor.1;
    let top = frame.berth_top(scene.bridges.len());
    let gone = berth.state == "exited";
    let name = sentence(berth);
    let mut item = Item::new(Object::Container(berth.name.clone()), name, [x, top, width, floor - top], 0);
    item.class = format!("berth {}", berth.state);
    item.data = vec![("data-container", berth.name.clone()), ("data-state", berth.state.to_owned())];
    item.shapes = fence([x, top, width, floor - top], berth.state);
    let centre = x + width / 2.0;
    for (bridge, _) in &berth.addresses {
        let rail = frame.rails.0 + *bridge as f64 * frame.rails.1;
        let at = frame.veth(n, *bridge);
        item.path("veth", d("M#,#V#", &[at, rail + 3.0, top - 5.0]));
        item.rect([at - 6.0, top - 5.0, 12.0, 10.0, 2.0], "plug");
        if let Some(net) = berth.net {
            plan.anchors.nets.push((net, (at, top), (at, rail)));
        }
    }
    if gone {
        item.rect([centre - 6.0, top - 5.0, 12.0, 10.0, 2.0], "plug off");
    }
    let bare = item.shapes.len();
    let mut used = 0.0;
    // Short of room, detail goes: first the address, then the host's pids, then all but one process, then that too.
    for detail in (0..4_u8).rev() {
        item.shapes.truncate(bare);
        used = words(&mut item, berth, [x, top, width, detail.into()], frame.small);
        if used + 14.0 * berth.layers.len() as f64 + 28.0 <= floor - top {
            break;
        }
    }
    let inset = if frame.small { 6.0 } else { 8.0 };
    let room = floor - top - used - frame.brick - 6.0;
    let thick = brick::thickness(berth.layers.len(), room, frame.brick);
    let stack = floor - 2.0 - thick * berth.layers.len() as f64;
    let height = if thick < 18.0 { 14.0 } else { 22.0 };
    item.shapes.extend(brick::writable([
        x + inset + 1.0,
        stack - height - 1.5,
        width - 2.0 * inset - 2.0,
        height,
    ]));
    plan.add(item);
    plan.stack(&berth.name, &berth.layers, x + inset, floor - 2.0, width - 2.0 * inset, thick);
}

/// A container as a sentence.
pub(super) fn sentence(berth: &Berth) -> String {
    let mut name = format!("Container {}, {}, {}", berth.name, berth.word, berth.image.replacen(':', " ", 1));
    if !berth.ports.is_empty() {
        name.push_str(&format!(", {}", berth.ports));
    }
    name
}

/// The fence, or what is left of it.
pub(super) fn fence([x, top, width, height]: [f64; 4], state: &str) -> Vec<Shape> {
    let (right, floor) = (x + width, top + height);
    let mut shapes = vec![Shape::Rect([x, top, width, height, 3.0], "yard")];
    if state == "exited" {
        shapes.push(path("post", d("M#,#v-26 M#,#v-26", &[x, floor, right, floor])));
        shapes.push(Shape::Rect([x, top, width, height, 3.0], "ghost"));
        return shapes;
    }
    let line = d("M#,#V#q0,-3 3,-3H#q3,0 3,3V#", &[x, floor, top + 3.0, right - 3.0, floor]);
    if state != "paused" {
        shapes.push(path("pickets", line.clone()));
    }
    shapes.push(path("fence", line));
    shapes
}

/// How a state looks: its icon, the class of its word, the class of its icon.
pub(super) fn look(state: &str) -> (&'static str, &'static str, &'static str) {
    match state {
        "running" => ("i-running", "status st-running", "ico st-running"),
        "healthy" => ("i-healthy", "status st-healthy", "ico st-running"),
        "unhealthy" => ("i-unhealthy", "status st-unhealthy", "ico st-unhealthy"),
        "paused" => ("i-paused", "status st-paused", "ico st-starting"),
        "starting" => ("i-starting", "status st-starting", "ico st-starting"),
        _ => ("i-exited", "status st-exited", "ico st-exited"),
    }
}

/// Name, state, image, address and processes; how much height they took.
fn words(item: &mut Item, berth: &Berth, [x, top, width, detail]: [f64; 4], small: bool) -> f64 {
    let (icon, status, ico) = look(berth.state);
    let inset = if small {
        8.0
    } else if width < 110.0 {
        9.0
    } else {
        13.0
    };
    let left = x + inset;
    let room = width - 2.0 * inset;
    let mut y = top + if small { 25.0 } else { 31.0 };
    let name_wide = wide(&berth.name, 15.0);
    let together = name_wide + 26.0 + wide(&berth.word, 13.0) <= room + 4.0;
    let has_icon = !small || berth.state != "exited";
    let name_room = if small && has_icon { room - 16.0 } else { room };
    let letter = name_wide / berth.name.chars().count().max(1) as f64;
    item.text(left, y, "name", fit(&berth.name, name_room, if small { letter } else { 8.6 }));
    let mut at = (x + width - inset - 13.0, y);
    if together {
        at.0 = left + name_wide + 7.0;
        item.text(at.0 + 18.0, y, status, &berth.word);
    } else if !small {
        y += 20.0;
        at = (left, y);
        item.text(left + 18.0, y, status, &berth.word);
    }
    if has_icon {
        item.shapes.push(Shape::Icon([at.0, at.1 - 11.0, 13.0], icon, ico));
    }
    y += if small { 18.0 } else { 21.0 };
    let running = berth.state != "exited";
    if small && !running {
        item.text(left, y, "note", fit(&berth.word, room, 6.0));
        return y - top + 8.0;
    }
    let short = berth.image.split(':').next().unwrap_or_default();
    let image = if room < berth.image.chars().count() as f64 * 7.6 { short } else { &berth.image };
    item.text(left, y, "mono", fit(image, room, 7.6));
    if running && !small && detail > 2.0 {
        y += 20.0;
        let address = berth.addresses.first().map_or("", |a| a.1.as_str());
        let (class, letter) = if room < 80.0 { ("mono12 c-2", 7.25) } else { ("monod", 7.6) };
        item.text(left, y, class, fit(address, room + 2.0, letter));
    }
    if !running {
        let lines = if room < 100.0 {
            ["No process.", "Files stay."]
        } else {
            ["No process runs.", "Its files stay."]
        };
        for line in lines.into_iter().take(detail as usize) {
            y += 19.0;
            item.text(left, y, "note", fit(line, room, 6.0));
        }
        return y - top + 10.0;
    }
    if detail < 1.0 && !small {
        return y + 8.0 - top;
    }
    y + chips(item, berth, [left - 1.0, y + 10.0, room], if small { 1.0 } else { detail }) - top
}

/// The processes as pills; how much height they took.
fn chips(item: &mut Item, berth: &Berth, [x, y, room]: [f64; 3], detail: f64) -> f64 {
    let mut used = 10.0;
    let small = detail < 2.0;
    let shown = if detail < 2.0 { 1 } else { 2 };
    for (own, name, host) in berth.processes.iter().take(shown) {
        let top = y + used - 10.0;
        let (class, letter) = if room < 100.0 { ("mono12", 7.3) } else { ("mono", 7.6) };
        // Where no name fits, the number stands alone.
        let label = fit(&format!("{own} {name}"), room - 24.0, letter);
        let label = if label.chars().count() < 5 && name.len() > 2 { own.to_string() } else { label };
        let wide = (label.chars().count() as f64 * letter + 30.0).min(room + 2.0);
        item.rect([x, top, wide, 22.0, 11.0], "chipbox");
        item.shapes.push(Shape::Circle([x + 11.0, top + 11.0, 3.5], "chipdot"));
        item.text(x + 19.0, top + 15.4, class, label);
        used += 26.0;
        if !small {
            let words =
                if room < 110.0 { format!("host pid {host}") } else { format!("pid {host} on the host") };
            item.text(x + 2.0, top + 38.0, "note", words);
            used += 20.0;
        }
    }
    if berth.processes.len() > shown && !small {
        let more = format!("and {} more", berth.processes.len() - shown);
        item.text(x + 2.0, y + used + 4.0, "note", more);
        used += 18.0;
    }
    used
}
