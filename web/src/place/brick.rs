//! Bricks and stacks of them.

use super::Plan;
use crate::look::Look;
use crate::scene::Object;
use crate::shape::{Item, Shape, text};

/// The mono type's width of one letter at 12 px.
const LETTER: f64 = 7.23;

/// A brick: the layer's item.
pub fn brick(look: &Look, label: &str, [x, y, width, height]: [f64; 4]) -> Item {
    let name = format!("Layer {}, {}", &label[..label.len().min(12)], look.name);
    let mut item = Item::new(Object::Layer(look.id.clone()), name, [x, y, width, height], 1);
    item.class = format!("brick b{}", look.pigment);
    item.data = vec![("data-layer", look.digits.clone())];
    let edge = [x + 0.75, y + 0.75, width - 1.5, height - 0.5, 2.0];
    item.shapes.push(Shape::Layer(edge, look.digits.clone()));
    let letters = if height < 20.0 || width < 48.0 {
        0
    } else if width < 80.0 {
        4
    } else {
        6
    };
    if letters > 0 {
        let plate = [x + 6.0, y + (height - 17.0) / 2.0 + 0.5, letters as f64 * LETTER + 8.2, 17.0, 1.5];
        item.rect(plate, "bplate");
        item.text(x + 10.0, y + height / 2.0 + 4.8, "bt mono12", &label[..letters.min(label.len())]);
    }
    item
}

/// A writable layer.
pub fn writable([x, y, width, height]: [f64; 4]) -> Vec<Shape> {
    let mut shapes = vec![Shape::Rect([x, y, width, height, 2.0], "wedge")];
    if height >= 18.0 && width >= 80.0 {
        shapes.push(text(x + 9.0, y + height / 2.0 + 4.3, "bt mono12", "writable"));
    }
    shapes
}

/// The thickness at which so many bricks fit into a height.
pub fn thickness(count: usize, height: f64, wanted: f64) -> f64 {
    if count == 0 { wanted } else { (height / count as f64).clamp(4.0, wanted).floor() }
}

impl Plan {
    /// A stack of layers, the base at the bottom.
    pub fn stack(&mut self, of: &str, layers: &[Look], x: f64, bottom: f64, width: f64, thickness: f64) {
        for (n, layer) in layers.iter().enumerate().rev() {
            let y = bottom - (n as f64 + 1.0) * thickness;
            let mut brick = brick(layer, &layer.digits, [x, y, width, thickness]);
            brick.data.push(("data-of", of.to_owned()));
            self.add(brick);
        }
    }
}
