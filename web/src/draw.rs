//! From a Drawing to SVG: the only place that knows elements.

use crate::look::Look;
use crate::place::Plan;
use crate::shape::{self, Anchor, Item, Shape};
use std::rc::Rc;
use yew::virtual_dom::{VNode, VTag, VText};
use yew::{AttrValue, Component, Context, Html, Properties, html};

/// A plan that is compared by its address: a new one is drawn, the same one is not.
#[derive(Clone)]
pub struct Drawn(pub Rc<Plan>);

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What the still part of the stage is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct StillProperties {
    /// The plan.
    pub plan: Drawn,
    /// What is open in the Inspector.
    pub selected: AttrValue,
    /// What the current goal of the lesson is about.
    pub pointed: AttrValue,
    /// Which item the keyboard is at.
    pub focus: Option<usize>,
}

/// The still part of the stage.
pub struct Still;

impl Component for Still {
    type Message = ();
    type Properties = StillProperties;
    fn create(_: &Context<Self>) -> Self {
        Self
    }
    fn view(&self, context: &Context<Self>) -> Html {
        let StillProperties { plan, selected, pointed, focus } = context.props();
        let drawing = &plan.0.drawing;
        let ring = focus.and_then(|n| drawing.items.get(n)).map(|item| around(item, "fring-focus"));
        let marked = drawing.items.iter().filter_map(|item| {
            let key = item.object.as_ref()?.key();
            let rest = key.strip_prefix(&**pointed).unwrap_or("-");
            match key == **selected {
                true => Some(around(item, "sel")),
                false => (rest.is_empty() || rest.starts_with(' ')).then(|| around(item, "sel point")),
            }
        });
        let chosen: Vec<VNode> = marked.collect();
        html! { <g>
            <defs>{ patterns(&drawing.looks) }</defs>
            { for drawing.items.iter().enumerate().map(|(n, item)| group(item, Some(n))) }
            { for chosen }
            { for ring }
        </g> }
    }
}

/// A rectangle around an item.
fn around(item: &Item, class: &'static str) -> VNode {
    let [x, y, width, height] = item.bounds;
    rectangle([x - 3.0, y - 3.0, width + 6.0, height + 6.0, 4.0], class)
}

/// The moving part of the stage.
pub fn moving(items: &[Item]) -> Html {
    html! { <g>{ for items.iter().map(|item| group(item, None)) }</g> }
}

fn tag(name: &'static str, attributes: Vec<(&'static str, AttrValue)>) -> VTag {
    let mut tag = VTag::new(name);
    for (key, value) in attributes {
        tag.add_attribute(key, value);
    }
    tag
}

fn figure(value: f64) -> AttrValue {
    AttrValue::from(shape::figure(value))
}

/// One item.
fn group(item: &Item, number: Option<usize>) -> VNode {
    let mut group = VTag::new("g");
    if !item.class.is_empty() {
        group.add_attribute("class", item.class.clone());
    }
    if let Some(object) = &item.object {
        group.add_attribute("data-object", object.key());
        let mut title = VTag::new("title");
        title.add_child(VText::new(item.name.clone()).into());
        group.add_child(title.into());
        if let Some(number) = number {
            group.add_attribute("id", format!("item-{number}"));
            group.add_attribute("role", "button");
            group.add_attribute("aria-label", item.name.clone());
        }
    }
    for (key, value) in &item.data {
        group.add_attribute(key, value.clone());
    }
    group.add_children(item.shapes.iter().map(shape));
    group.into()
}

fn rectangle([x, y, width, height, radius]: [f64; 5], class: &'static str) -> VNode {
    tag(
        "rect",
        vec![
            ("x", figure(x)),
            ("y", figure(y)),
            ("width", figure(width.max(0.0))),
            ("height", figure(height.max(0.0))),
            ("rx", figure(radius)),
            ("class", class.into()),
        ],
    )
    .into()
}

fn shape(shape: &Shape) -> VNode {
    match shape {
        Shape::Rect(place, class) => rectangle(*place, class),
        Shape::Layer([x, y, width, height, radius], digits) => tag(
            "rect",
            vec![
                ("x", figure(*x)),
                ("y", figure(*y)),
                ("width", figure(*width)),
                ("height", figure(*height)),
                ("rx", figure(*radius)),
                ("fill", format!("url(#L{digits})").into()),
                ("class", "bedge".into()),
            ],
        )
        .into(),
        Shape::Path(d, class) => {
            tag("path", vec![("d", d.clone().into()), ("class", (*class).into())]).into()
        }
        Shape::Arrow(d, class) => {
            let end = ("marker-end", "url(#arr)".into());
            tag("path", vec![("d", d.clone().into()), ("class", (*class).into()), end]).into()
        }
        Shape::Circle([x, y, radius], class) => {
            let place = vec![("cx", figure(*x)), ("cy", figure(*y)), ("r", figure(*radius))];
            let mut circle = tag("circle", place);
            circle.add_attribute("class", *class);
            circle.into()
        }
        Shape::Icon([x, y, size], symbol, class) => {
            let mut icon = tag("use", vec![("x", figure(*x)), ("y", figure(*y))]);
            icon.add_attribute("width", figure(*size));
            icon.add_attribute("height", figure(*size));
            icon.add_attribute("href", format!("#{symbol}"));
            icon.add_attribute("class", *class);
            icon.into()
        }
        Shape::Text([x, y], anchor, class, words) => {
            let mut text =
                tag("text", vec![("x", figure(*x)), ("y", figure(*y)), ("class", (*class).into())]);
            match anchor {
                Anchor::Start => {}
                Anchor::Middle => text.add_attribute("text-anchor", "middle"),
                Anchor::End => text.add_attribute("text-anchor", "end"),
            }
            text.add_child(VText::new(words.clone()).into());
            text.into()
        }
    }
}

/// One pattern for each look that is drawn.
fn patterns(looks: &[Look]) -> Vec<VNode> {
    looks.iter().map(pattern).collect()
}

fn pattern(look: &Look) -> VNode {
    let tile = |value: &'static str| AttrValue::from(value);
    let mut pattern = tag(
        "pattern",
        vec![
            ("id", format!("L{}", look.digits).into()),
            ("width", tile("12")),
            ("height", tile("12")),
            ("patternUnits", tile("userSpaceOnUse")),
        ],
    );
    let fill = ("fill", format!("var(--b{}-fill)", look.pigment).into());
    pattern.add_child(tag("rect", vec![("width", tile("12")), ("height", tile("12")), fill]).into());
    let thick = if look.dots { "3.6" } else { "1.6" };
    let lines = vec![
        ("d", look.path.into()),
        ("fill", tile("none")),
        ("stroke", format!("var(--b{}-mark)", look.pigment).into()),
        ("stroke-width", tile(thick)),
        ("stroke-linecap", tile("round")),
    ];
    pattern.add_child(tag("path", lines).into());
    pattern.into()
}
