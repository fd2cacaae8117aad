//! Where everything stands: from a Scene and a box in CSS pixels to a Drawing, and the points that traffic passes.

mod bands;
mod berth;
mod brick;
mod build;
mod compact;
mod host;
mod layers;
mod machines;
mod moving;
mod registry;
mod sheet;
mod store;
mod towers;

pub use bands::size;
pub use build::{build, working};
pub use layers::layers;
pub use moving::moving;
pub use sheet::sheet;

use crate::look::Look;
use crate::scene::{Scene, Station};
use crate::shape::{Drawing, Item};

/// Which drawing of the World the stage shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lens {
    /// The learner's machine, the host, the registries.
    #[default]
    Overview,
    /// Layers, the files in them, and what is shared.
    Layers,
    /// Processes, namespaces, cgroups.
    Kernel,
    /// The steps of a build.
    Build,
}

impl Lens {
    /// Every lens, in the order of its tab.
    pub const ALL: [Self; 4] = [Self::Overview, Self::Layers, Self::Kernel, Self::Build];
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Layers => "Layers",
            Self::Kernel => "Kernel",
            Self::Build => "Build",
        }
    }
}

/// A point.
pub type Point = (f64, f64);

/// The measures of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// The page is narrow: one column.
    pub small: bool,
    /// The whole box.
    pub size: (f64, f64),
    /// The inner edges of the host's walls.
    pub walls: (f64, f64),
    /// The top of the walls, and the slab's top.
    pub floor: (f64, f64),
    /// Where the image store stands: its left and right edge.
    pub store: (f64, f64),
    /// The registries: left and right edge.
    pub registries: (f64, f64),
    /// Where containers stand: left edge, width of one, distance from one to the next.
    pub berths: (f64, f64, f64),
    /// Low berths: how many stand beside one another, and from one row to the next.
    pub grid: Option<(usize, f64)>,
    /// The height of the first rail, and the distance to the next one.
    pub rails: (f64, f64),
    /// The thickness of a brick in a stack.
    pub brick: f64,
}

/// Where traffic passes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anchors {
    /// The program on the learner's machine.
    pub host: Point,
    /// Doors by port.
    pub doors: Vec<(u16, Point)>,
    /// Network namespaces: the number, the plug at the fence, and the place at the rail.
    pub nets: Vec<(u32, Point, Point)>,
    /// Layers in the store: the image's name, the layer's place, the point of its slot.
    pub slots: Vec<(String, usize, Point)>,
    /// Tags on shelves: host, repository, tag, the point at its layers.
    pub tags: Vec<(String, String, String, Point)>,
    /// The gate in the wall towards the registries.
    pub gate: Point,
    /// Where the host's network leaves.
    pub outside: Point,
}

/// A drawing with its measures and anchors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What does not move.
    pub drawing: Drawing,
    /// The measures.
    pub frame: Frame,
    /// Where traffic passes.
    pub anchors: Anchors,
}

/// The narrowest page that has three columns.
const NARROW: f64 = 720.0;

/// Places a scene in a box.
pub fn place(scene: &Scene, width: f64, height: f64) -> Plan {
    let frame = if width < NARROW { small(scene, width, height) } else { large(scene, width, height) };
    let mut plan = Plan { frame, ..Plan::default() };
    host::machine(&mut plan, scene);
    host::walls(&mut plan);
    host::rails(&mut plan, scene);
    for (n, berth) in scene.berths.iter().enumerate() {
        match plan.frame.grid {
            Some(_) => compact::berth(&mut plan, scene, n, berth),
            None => berth::berth(&mut plan, scene, n, berth),
        }
    }
    store::store(&mut plan, scene);
    host::slab(&mut plan);
    registry::registries(&mut plan, scene);
    plan.drawing.size = plan.frame.size;
    let layers = scene.berths.iter().flat_map(|b| &b.layers);
    let slots = scene.images.iter().flat_map(|s| s.layers.iter().map(|l| &l.look));
    let shelved = scene.shelves.iter().flat_map(|s| s.tags.iter().flat_map(|t| &t.layers));
    for look in layers.chain(slots).chain(shelved) {
        plan.see(look);
    }
    plan
}

impl Plan {
    /// Adds an item.
    fn add(&mut self, item: Item) {
        self.drawing.items.push(item);
    }
    /// Remembers a look, once.
    fn see(&mut self, look: &Look) {
        if !self.drawing.looks.iter().any(|l| l.digits == look.digits) {
            self.drawing.looks.push(look.clone());
        }
    }
    /// The points of a way through the host.
    pub fn points(&self, way: &[Station]) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        let mut rail: Option<Point> = None;
        for station in way {
            let net = match station {
                Station::Net(number) => self.anchors.nets.iter().find(|n| n.0 == *number),
                _ => None,
            };
            match (station, net) {
                (Station::Host, _) => {
                    if let Some(at) = rail.take() {
                        points.push((self.frame.walls.0, at.1));
                    }
                    points.push(self.anchors.host);
                }
                (Station::Door(port), _) => {
                    points.extend(self.anchors.doors.iter().find(|d| d.0 == *port).map(|d| d.1));
                }
                (Station::Net(_), Some((_, plug, at))) => {
                    if way.len() == 1 {
                        return vec![(plug.0 - 16.0, plug.1 + 12.0), (plug.0 + 16.0, plug.1 + 12.0)];
                    }
                    if points.is_empty() {
                        points.extend([*plug, *at]);
                    } else {
                        if let Some(last) =
                            points.last().copied().filter(|last| rail.is_none() && last.1 != at.1)
                        {
                            points.push((last.0.max(self.frame.walls.0), at.1));
                        }
                        points.extend([*at, *plug]);
                    }
                    rail = Some(*at);
                }
                (Station::Net(_), None) => {}
                (Station::Outside, _) => {
                    if let Some(at) = rail {
                        points.push((self.frame.store.0 - 22.0, at.1));
                    }
                    points.push(self.anchors.outside);
                }
            }
        }
        points.dedup();
        if points.len() == 1 {
            points.push((points[0].0 + 14.0, points[0].1));
        }
        points
    }
}

/// Three columns.
fn large(scene: &Scene, width: f64, height: f64) -> Frame {
    let height = height.max(400.0);
    let tight = width < 1100.0;
    let left = if tight { 198.0 } else { 214.0 };
    let stacks = scene.images.len().max(2);
    let column = if tight { 84.0 } else { 92.0 };
    let count = scene.berths.len().max(2);
    let columns = stacks.div_ceil(3).clamp(2, if count > 3 { 3 } else { 6 }) as f64;
    let store = columns * column + 8.0;
    let (shelf, gap) = match (tight, count > 2) {
        (true, _) => (156.0, 124.0),
        (_, true) => (166.0, 128.0),
        _ => (166.0, 148.0),
    };
    let room = width - left - 30.0 - store - 24.0 - 14.0 - gap - shelf - 24.0;
    let right = width - 24.0 - shelf - gap;
    let rails = (if height < 500.0 { 128.0 } else { 152.0 }, 34.0);
    let pitch = (room / count as f64).min(162.0);
    let frame = Frame {
        small: false,
        size: (width, height),
        walls: (left, right - 14.0),
        floor: (42.0, height - 86.0),
        store: (right - 26.0 - store, right - 26.0),
        registries: (width - 24.0 - shelf, width - 24.0),
        berths: (left + 30.0, pitch - 20.0, pitch),
        grid: None,
        rails,
        brick: 24.0,
    };
    if pitch >= compact::ASIDE || count < 3 { frame } else { crowded(frame, scene, room, (112.0, 20.0)) }
}

/// Containers in rows and columns; the host is as high as they need.
fn crowded(mut frame: Frame, scene: &Scene, room: f64, (least, apart): (f64, f64)) -> Frame {
    let top = frame.berth_top(scene.bridges.len());
    let (columns, row) = compact::grid(scene.berths.len(), (room, frame.floor.1 - top), least);
    let pitch = room / columns as f64;
    frame.berths = (frame.berths.0, pitch - apart, pitch);
    frame.grid = Some((columns, row));
    let more = (top + row * scene.berths.len().div_ceil(columns) as f64 - frame.floor.1).max(0.0);
    frame.floor.1 += more;
    frame.size.1 += more;
    frame
}

/// One column: registries above, the host below.
fn small(scene: &Scene, width: f64, height: f64) -> Frame {
    let height = height.max(400.0);
    let stacks = scene.images.len().clamp(1, 3);
    let store = stacks as f64 * if stacks > 2 { 57.0 } else { 70.0 };
    let count = scene.berths.len().max(1) as f64;
    let room = width - 36.0 - 16.0 - store - 34.0;
    let pitch = (room / count).min(98.0);
    let below = ((height - 408.0) / 2.0).max(0.0);
    let frame = Frame {
        small: true,
        size: (width, height),
        walls: (22.0, width - 22.0),
        floor: (166.0, height - 52.0 - below.min(12.0)),
        store: (width - 42.0 - store, width - 42.0),
        registries: (12.0, width - 12.0),
        berths: (36.0, pitch - 8.0, pitch),
        grid: None,
        rails: (186.0, 18.0),
        brick: 16.0,
    };
    if pitch >= 74.0 { frame } else { crowded(frame, scene, room, (74.0, 12.0)) }
}

#[cfg(test)]
mod tests;
