//! A drawing as plain data: shapes in CSS pixels, gathered in items that a person can point at.

use crate::look::Look;
use crate::scene::Object;
use drydock::decimal::brief;

/// One shape of SVG.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A rectangle: x, y, width, height, corner radius.
    Rect([f64; 5], &'static str),
    /// A rectangle filled with a layer's pattern.
    Layer([f64; 5], String),
    /// A path.
    Path(String, &'static str),
    /// A path with an arrow at its end.
    Arrow(String, &'static str),
    /// A circle: centre and radius.
    Circle([f64; 3], &'static str),
    /// Words: where, which end is there, their class.
    Text([f64; 2], Anchor, &'static str, String),
    /// A symbol: x, y, size.
    Icon([f64; 3], &'static str, &'static str),
}

/// Which end of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// Something that a person can point at.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it is; nothing for what is only drawn.
    pub object: Option<Object>,
    /// Its name as a sentence.
    pub name: String,
    /// Where it is: x, y, width, height.
    pub bounds: [f64; 4],
    /// How deep it is in the reading order: 0 for places, 1 for what is in them.
    pub depth: u8,
    /// The class of its group.
    pub class: String,
    /// What tests and scripts may ask of it: attribute and value.
    pub data: Vec<(&'static str, String)>,
    /// Its shapes.
    pub shapes: Vec<Shape>,
}

impl Item {
    /// An item without shapes.
    pub fn new(object: Object, name: String, bounds: [f64; 4], depth: u8) -> Self {
        Self {
            object: Some(object),
            name,
            bounds,
            depth,
            class: String::new(),
            data: Vec::new(),
            shapes: Vec::new(),
        }
    }
    /// Adds a shape.
    #[inline(never)]
    pub fn put(&mut self, shape: Shape) {
        self.shapes.push(shape);
    }
    /// Adds a rectangle.
    #[inline(never)]
    pub fn rect(&mut self, place: [f64; 5], class: &'static str) {
        self.put(Shape::Rect(place, class));
    }
    /// Adds a path.
    #[inline(never)]
    pub fn path(&mut self, class: &'static str, d: String) {
        self.put(Shape::Path(d, class));
    }
    /// Adds words of which one end or the middle is at a place.
    #[inline(never)]
    pub fn words(&mut self, at: [f64; 2], anchor: Anchor, class: &'static str, words: String) {
        self.put(Shape::Text(at, anchor, class, words));
    }
    /// Adds words that begin at a place.
    pub fn text(&mut self, x: f64, y: f64, class: &'static str, words: impl Into<String>) {
        self.words([x, y], Anchor::Start, class, words.into());
    }
    /// What tells it from the others that stand still, and the state of a container (for others nothing).
    pub fn standing(&self) -> Option<(String, &str)> {
        let object = self.object.as_ref()?;
        let state = self.data.iter().find(|d| d.0 == "data-state").map_or("", |d| &d.1);
        let place = self.data.iter().find(|d| d.0 == "data-of").map_or("", |d| &d.1);
        Some((format!("{}{place}", object.key()), state))
    }
    /// Shapes that nobody points at.
    pub fn plain(shapes: Vec<Shape>) -> Self {
        let (name, class) = (String::new(), String::new());
        Self { object: None, name, bounds: [0.0; 4], depth: 0, class, data: Vec::new(), shapes }
    }
}

/// What does not move.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// Its size.
    pub size: (f64, f64),
    /// Its items, in reading order.
    pub items: Vec<Item>,
    /// Every look that is used, once.
    pub looks: Vec<Look>,
}

/// A line of text at a place.
pub fn text(x: f64, y: f64, class: &'static str, words: impl Into<String>) -> Shape {
    Shape::Text([x, y], Anchor::Start, class, words.into())
}

/// A straight line, or several.
pub fn path(class: &'static str, d: String) -> Shape {
    Shape::Path(d, class)
}

/// A number of pixels, to a hundredth.
pub fn figure(value: f64) -> String {
    brief(value, 2)
}

/// A path with a number for each `#`.
pub fn d(template: &str, numbers: &[f64]) -> String {
    let mut numbers = numbers.iter();
    let mut text = String::new();
    for piece in template.split_inclusive('#') {
        text.push_str(piece.trim_end_matches('#'));
        if let Some(number) = numbers.next().filter(|_| piece.ends_with('#')) {
            text.push_str(&figure(*number));
        }
    }
    text
}

/// About how wide words of the interface's type are at a size in pixels, when bold.
pub fn wide(words: &str, size: f64) -> f64 {
    let letter = |c: char| match c {
        'i' | 'j' | 'l' | 'f' | 't' | 'r' | '.' | ',' | ':' | '\'' | '|' | '-' | ' ' => 0.4,
        'm' | 'w' | 'M' | 'W' | '@' => 0.95,
        'A'..='Z' | '0'..='9' => 0.7,
        _ => 0.62,
    };
    words.chars().map(letter).sum::<f64>() * size
}

/// Words cut to what fits into so many pixels, with an ellipsis.
pub fn fit(words: &str, width: f64, per_letter: f64) -> String {
    let most = (width / per_letter).floor().max(1.0) as usize;
    if words.chars().count() <= most {
        return words.to_owned();
    }
    words.chars().take(most.saturating_sub(1)).chain(['\u{2026}']).collect()
}
