//! The learner's machine, and the host: walls, rails, doors, the slab.

use super::Plan;
use crate::scene::{Object, Scene};
use crate::shape::{Anchor, Item, Shape, d, fit, path, text, wide};

/// The learner's machine: the client, the last reply, the files.
pub fn machine(plan: &mut Plan, scene: &Scene) {
    let frame = plan.frame.clone();
    if frame.small {
        plan.anchors.host = (14.0, frame.rails.0);
        return;
    }
    let (left, wall) = (if frame.walls.0 < 204.0 { 14.0 } else { 26.0 }, frame.walls.0 - 14.0);
    let right = left + 120.0;
    plan.add(Item::plain(vec![
        text(left, 28.0, "place", "Your machine"),
        text(wall + 6.0, 28.0, "place", "Host"),
        text(wall + 58.0, 28.0, "placesub", "one Docker daemon"),
    ]));
    let mut client = Item::new(Object::Client, "docker, the client".to_owned(), [left, 52.0, 120.0, 36.0], 0);
    client.rect([left, 52.0, 120.0, 36.0, 3.0], "box");
    client.put(Shape::Icon([left + 12.0, 62.0, 16.0], "i-term", "ico"));
    client.text(left + 36.0, 75.0, "name", "docker");
    plan.add(client);
    let mut bottom = 112.0;
    let rail = frame.rails.0;
    plan.anchors.host = (right + 2.0, rail);
    if let Some([place, title, sender]) = &scene.reply {
        let name = format!("The last reply, from {place}: {title}, {sender}");
        let mut reply = Item::new(Object::Browser, name, [left, bottom, 120.0, 86.0], 0);
        reply.data = vec![("data-reply", title.clone())];
        reply.rect([left, bottom, 120.0, 86.0, 3.0], "sheet");
        reply.path("rule", d("M#,#h120", &[left, bottom + 24.0]));
        for n in 0..3 {
            reply
                .shapes
                .push(Shape::Circle([left + 11.0 + 8.0 * f64::from(n), bottom + 12.0, 2.2], "leaddot"));
        }
        reply.text(left + 38.0, bottom + 16.5, "mono12", fit(place, 78.0, 7.3));
        // A title of several words takes two lines.
        let (first, rest) = match title.match_indices(' ').take_while(|(at, _)| *at < 12).last() {
            Some((at, _)) if title.chars().count() > 10 => (&title[..at], &title[at + 1..]),
            _ => (title.as_str(), ""),
        };
        let (class, letter, down) = if rest.is_empty() { ("big", 10.4, 50.0) } else { ("book b", 9.0, 43.0) };
        reply.text(left + 10.0, bottom + down, class, fit(first, 104.0, letter));
        if !rest.is_empty() {
            reply.text(left + 10.0, bottom + 59.0, class, fit(rest, 104.0, letter));
        }
        let down = if rest.is_empty() { 71.0 } else { 77.0 };
        reply.text(left + 10.0, bottom + down, "note", fit(sender, 104.0, 6.6));
        plan.add(reply);
        bottom += 110.0;
    }
    files(plan, scene, left, bottom.max(204.0));
}

fn files(plan: &mut Plan, scene: &Scene, left: f64, top: f64) {
    let (directory, names) = &scene.files;
    let room = ((plan.frame.floor.1 + 30.0 - top - 44.0) / 26.0).floor().clamp(0.0, 8.0) as usize;
    let shown = names.len().min(room);
    let height = 44.0 + 26.0 * shown.max(1) as f64;
    if top + height > plan.frame.size.1 - 46.0 {
        return;
    }
    let name = format!("Files in {directory}: {}", names.join(", "));
    let mut item = Item::new(Object::Files, name, [left, top, 120.0, height], 0);
    item.rect([left, top, 120.0, height, 3.0], "sheet");
    item.text(left + 12.0, top + 24.0, "name", fit(directory, 100.0, 8.4));
    item.path("rule", d("M#,#h120", &[left, top + 36.0]));
    for (n, name) in names.iter().take(shown).enumerate() {
        let y = top + 45.0 + 26.0 * n as f64;
        let last = n + 1 == shown && names.len() > shown;
        let words = if last { format!("{} more", names.len() - n) } else { name.clone() };
        let icon = if name.ends_with('/') { "i-folder" } else { "i-file" };
        item.shapes.push(Shape::Icon([left + 9.0, y, 14.0], icon, "ico"));
        item.text(left + 28.0, y + 12.0, "mono12", fit(&words, 88.0, 7.3));
    }
    if names.is_empty() {
        item.text(left + 12.0, top + 57.0, "note", "empty");
    }
    plan.add(item);
}

/// The walls with their altars, and the daemon.
pub fn walls(plan: &mut Plan) {
    let frame = plan.frame.clone();
    let ((left, right), (top, floor)) = (frame.walls, frame.floor);
    let (thick, steps) = (14.0, [floor - 46.0, floor - 23.0]);
    let mut shapes = Vec::new();
    if frame.small {
        shapes.push(text(12.0, top - 12.0, "place", "Host"));
    }
    let (a, b) = (steps[0], steps[1]);
    shapes.push(path(
        "basin",
        d("M#,#V#h10V#h10V#H#V#h10V#h10V#z", &[left, top, a, b, floor, right - 20.0, b, a, top]),
    ));
    shapes.push(path(
        "wallfill",
        d("M#,#H#V#h10V#h10V#H#z", &[left - thick, top, left, a, b, floor, left - thick]),
    ));
    shapes.push(path(
        "wallfill",
        d("M#,#H#V#h-10V#h-10V#H#z", &[right + thick, top, right, a, b, floor, right + thick]),
    ));
    if !frame.small {
        shapes.extend(opening(left - thick, 54.0, 32.0));
        let from = if left < 204.0 { 134.0 } else { 146.0 };
        shapes.push(Shape::Arrow(d("M#,70H#", &[from, left + 28.0]), "wirel"));
    }
    plan.add(Item::plain(shapes));
    if !frame.small {
        let x = left + 30.0;
        let mut daemon =
            Item::new(Object::Daemon, "dockerd, the daemon".to_owned(), [x, 52.0, 150.0, 36.0], 0);
        daemon.rect([x, 52.0, 150.0, 36.0, 3.0], "box");
        daemon.text(x + 14.0, 75.0, "name", "dockerd");
        daemon.text(x + 86.0, 75.0, "note", "API 1.51");
        plan.add(daemon);
    }
    plan.anchors.gate = (right + 7.0, if frame.small { top + 2.0 } else { floor - 52.0 });
    plan.anchors.outside = (right + 40.0, if frame.small { frame.rails.0 } else { 110.0 });
}

/// An opening in a wall that begins at `x`.
fn opening(x: f64, y: f64, height: f64) -> Vec<Shape> {
    vec![
        Shape::Rect([x - 1.0, y, 16.0, height, 0.0], "opening"),
        path("lintel", d("M#,#h20M#,#h20", &[x - 3.0, y, x - 3.0, y + height])),
    ]
}

/// The bridges as rails, and the doors of published ports.
pub fn rails(plan: &mut Plan, scene: &Scene) {
    let frame = plan.frame.clone();
    let (from, to) = (frame.walls.0 + 2.0, frame.store.0 - 24.0);
    for (n, [network, interface, address]) in scene.bridges.iter().enumerate() {
        let y = frame.rails.0 + n as f64 * frame.rails.1;
        let name = format!("Network {network}: bridge {interface}, {address}");
        let mut item =
            Item::new(Object::Network(network.clone()), name, [from, y - 30.0, to - from, 36.0], 0);
        item.data = vec![("data-network", network.clone())];
        item.path("bridge", d("M#,#H#", &[from, y, to]));
        item.path("bridgein", d("M#,#H#", &[from, y, to]));
        let shown = if network == "bridge" { interface } else { network };
        if frame.small {
            item.words([to, y - 8.0], Anchor::End, "note", shown.clone());
        } else {
            let name_wide = wide(shown, 15.0) + 12.0;
            let x = free(plan, scene, n, name_wide + address.len() as f64 * 6.8);
            item.text(x, y - 12.0, "name", shown.clone());
            // Where veths leave no room for both, the address gives way.
            if x + name_wide + address.len() as f64 * 6.8 < to {
                item.text(x + name_wide, y - 12.0, "note", address.clone());
            }
        }
        plan.add(item);
    }
    for (n, (port, owner)) in scene.doors.iter().enumerate() {
        door(plan, n, *port, owner);
    }
    if !frame.small && scene.reply.is_some() && !scene.doors.is_empty() {
        let y = frame.rails.0;
        let edge = if frame.walls.0 < 204.0 { 134.0 } else { 146.0 };
        plan.add(Item::plain(vec![path("wirel idle", d("M#,#h#", &[edge, y, frame.walls.0 - 64.0 - edge]))]));
    }
}

/// Where words of this width stand above a rail without a veth of a rail further up that crosses them.
fn free(plan: &Plan, scene: &Scene, rail: usize, width: f64) -> f64 {
    let mut x = plan.frame.walls.0 + 30.0;
    for (n, berth) in scene.berths.iter().enumerate() {
        for (bridge, _) in berth.addresses.iter().filter(|a| a.0 < rail) {
            let veth = plan.frame.veth(n, *bridge);
            if veth > x - 6.0 && veth < x + width + 6.0 {
                x = veth + 10.0;
            }
        }
    }
    x
}

fn door(plan: &mut Plan, n: usize, port: u16, owner: &str) {
    let frame = &plan.frame;
    let wall = frame.walls.0 - 14.0;
    let y = frame.rails.0 + n as f64 * 44.0;
    if y > frame.floor.1 - 60.0 {
        return;
    }
    let label = port.to_string();
    let wide = label.len() as f64 * 7.6 + 13.2;
    let name = format!("Port {port} of the host leads to container {owner}");
    let (plate, half) = if frame.small {
        ([wall + 20.0, y - 25.0, wide, 19.0, 2.0], 14.0)
    } else {
        ([wall - 5.0 - wide, y - 10.0, wide, 20.0, 2.0], 17.0)
    };
    let bounds = [plate[0].min(wall), y - 26.0, (wall + 18.0 - plate[0]).abs().max(wide), 44.0];
    let mut item = Item::new(Object::Port(port), name, bounds, 0);
    item.class = "door".to_owned();
    item.data = vec![("data-port", label.clone())];
    item.shapes = opening(wall, y - half, 2.0 * half);
    item.rect(plate, "plate");
    item.words([plate[0] + wide / 2.0, plate[1] + 14.4], Anchor::Middle, "platenum", label);
    if n > 0 {
        item.path("lead", d("M#,#h10V#", &[wall + 15.0, y, frame.rails.0 + 4.0]));
    }
    plan.anchors.doors.push((port, (wall + 7.0, y)));
    plan.add(item);
}

/// The kernel under everything.
pub fn slab(plan: &mut Plan) {
    let frame = plan.frame.clone();
    let (left, right) = (frame.walls.0 - 14.0, frame.walls.1 + 14.0);
    let (high, words) = match frame.small {
        true => (42.0, "Linux 6.8, shared"),
        false => (46.0, "Linux 6.8, one for every container"),
    };
    plan.add(kernel([left, frame.floor.1, right - left, high], words));
}

/// The slab: the kernel, with what is said of it.
pub fn kernel([left, floor, wide, high]: [f64; 4], words: &str) -> Item {
    let mut item = Item::new(Object::Kernel, format!("Kernel: {words}"), [left, floor, wide, high], 0);
    let words = fit(words, wide - 100.0, 6.2);
    let plate = words.chars().count() as f64 * 6.3 + 84.0;
    item.rect([left, floor, wide, high, 0.0], "slabfill");
    item.path("ln", d("M#,#v#h#v-#", &[left, floor, high, wide, high]));
    item.path("slabline", d("M#,#h#", &[left, floor, wide]));
    item.rect([left + 20.0, floor + (high - 24.0) / 2.0, plate, 24.0, 2.0], "slabplate");
    item.text(left + 30.0, floor + high / 2.0 + 5.0, "name", "Kernel");
    item.text(left + 90.0, floor + high / 2.0 + 5.0, "note", words);
    item
}
