//! Many containers: low berths in rows and columns, each with its name, its state and its layers side by side.

use super::{Frame, Plan, berth, brick};
use crate::scene::{Berth, Object, Scene};
use crate::shape::{Item, Shape, d, fit};

/// The least distance from one berth to the next that stands beside it, and the least height of a low one.
pub const ASIDE: f64 = 102.0;
const LOW: f64 = 28.0;
/// From this height on a berth names its image and shows its layers below one another's names.
const ROOMY: f64 = 66.0;

/// Rows and columns for so many containers in a box of this width and height: the columns, the height of a row.
pub fn grid(count: usize, (width, height): (f64, f64), least: f64) -> (usize, f64) {
    let columns = ((width / least).floor() as usize).max(1);
    let rows = count.div_ceil(columns) as f64;
    (columns, (height / rows).clamp(LOW, 132.0))
}

impl Frame {
    /// Where the berths begin, below so many rails.
    pub fn berth_top(&self, rails: usize) -> f64 {
        let below = if self.small {
            22.0
        } else if self.rails.0 < 140.0 {
            36.0
        } else {
            48.0
        };
        self.rails.0 + (rails.max(1) as f64 - 1.0) * self.rails.1 + below
    }

    /// Where the veth of a container leaves a rail.
    pub fn veth(&self, n: usize, bridge: usize) -> f64 {
        let (left, width, pitch) = self.berths;
        match self.grid {
            Some((columns, _)) => {
                left + (n % columns) as f64 * pitch - (pitch - width) / 2.0 + 3.0 * bridge as f64
            }
            None => left + n as f64 * pitch + width / 2.0 + 18.0 * bridge as f64,
        }
    }
}

/// One container.
pub fn berth(plan: &mut Plan, scene: &Scene, n: usize, berth: &Berth) {
    let frame = plan.frame.clone();
    let Some((columns, pitch)) = frame.grid else { return };
    let (left, width, aside) = frame.berths;
    let x = left + (n % columns) as f64 * aside;
    let y = frame.berth_top(scene.bridges.len()) + (n / columns) as f64 * pitch;
    let high = pitch - if pitch < ROOMY { 6.0 } else { 10.0 };
    let roomy = high >= ROOMY - 10.0;
    let name = berth::sentence(berth);
    let mut item = Item::new(Object::Container(berth.name.clone()), name, [x, y, width, high], 0);
    item.class = format!("berth {}", berth.state);
    item.data = vec![("data-container", berth.name.clone()), ("data-state", berth.state.to_owned())];
    item.shapes = berth::fence([x, y, width, high], berth.state);
    item.path("ledge", d("M#,#h#", &[x, y + high, width]));
    let plug = y + if roomy { 18.0 } else { high / 2.0 };
    for (bridge, _) in &berth.addresses {
        let rail = frame.rails.0 + *bridge as f64 * frame.rails.1;
        let at = frame.veth(n, *bridge);
        item.path("veth", d("M#,#V#H#", &[at, rail + 3.0, plug, x]));
        item.rect([x - 4.0, plug - 4.0, 8.0, 8.0, 2.0], "plug");
        if let Some(net) = berth.net {
            plan.anchors.nets.push((net, (at, plug), (at, rail)));
        }
    }
    let (icon, _, ico) = berth::look(berth.state);
    let line = y + if roomy { 22.0 } else { high / 2.0 + 4.5 };
    item.put(Shape::Icon([x + width - 19.0, line - 11.0, 13.0], icon, ico));
    let (class, letter) = if roomy { ("name", 8.6) } else { ("status", 7.6) };
    item.text(x + 9.0, line, class, fit(&berth.name, width - 32.0, letter));
    if roomy {
        let short = berth.image.split(':').next().unwrap_or_default();
        let image =
            if width - 16.0 < berth.image.chars().count() as f64 * 7.25 { short } else { &berth.image };
        item.text(x + 9.0, y + 40.0, "mono12", fit(image, width - 16.0, 7.25));
    }
    if high >= 100.0 {
        let words = match (berth.addresses.first(), berth.state) {
            (_, "exited") => "no process",
            (Some((_, address)), _) => address,
            _ => &berth.word,
        };
        item.text(x + 9.0, y + 59.0, "mono12 c-2", fit(words, width - 16.0, 7.25));
    }
    if roomy {
        // The base at the left, the writable layer at the right end.
        let strip = [x + 8.0, y + high - 18.0, width - 16.0, 13.0];
        let each = strip[2] / (berth.layers.len() + 1) as f64;
        item.shapes
            .push(Shape::Rect([strip[0] + strip[2] - each + 1.0, strip[1], each - 1.0, 13.0, 2.0], "wedge"));
        plan.add(item);
        for (at, look) in berth.layers.iter().enumerate() {
            let mut brick =
                brick::brick(look, &look.digits, [strip[0] + each * at as f64, strip[1], each, 13.0]);
            brick.data.push(("data-of", berth.name.clone()));
            plan.add(brick);
        }
        return;
    }
    plan.add(item);
}
