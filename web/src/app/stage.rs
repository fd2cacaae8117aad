//! The stage: what does not move, what moves, and the walk over it by keyboard.

use super::{App, Message, clock};
use crate::draw::{Still, moving};
use crate::place::{self, Lens};
use crate::scene::{self, traffic};
use crate::shape::{Item, figure};
use web_sys::{Element, KeyboardEvent, MouseEvent};
use yew::{AttrValue, Context, Html, TargetCast, html};

/// A step of the walk over the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the next object in reading order.
    Next,
    /// To the one before.
    Before,
    /// Into a place.
    In,
    /// Out of it.
    Out,
    /// Open the Inspector.
    Open,
    /// Close the Inspector.
    Close,
}

/// What the arrows reach.
fn can_walk(item: &Item) -> bool {
    item.object.is_some()
}

impl App {
    /// The stage.
    pub fn stage(&self, ctx: &Context<Self>) -> Html {
        let plan = &self.plan.0;
        // What is on the wires is not part of the kernel's sheet.
        let items = match self.lens {
            Lens::Overview => place::moving(plan, &traffic(self.world(), self.timeline.now())),
            Lens::Build => {
                let turns = scene::turns(self.world(), self.timeline.now(), &self.graph);
                place::working(plan, &turns)
            }
            Lens::Kernel | Lens::Layers => Vec::new(),
        };
        let class = match self.lens {
            Lens::Layers => "stage layers",
            Lens::Build => "stage graph",
            _ => "stage",
        };
        let (width, height) = plan.drawing.size;
        let selected = self.open.as_ref().map(|o| o.key()).unwrap_or_default();
        let onclick = ctx.link().batch_callback(|event: MouseEvent| {
            let target = event.target_dyn_into::<Element>()?;
            let item = target.closest("[data-object]").ok().flatten()?;
            item.get_attribute("data-object").map(Message::Press)
        });
        let onkeydown = ctx.link().batch_callback(walked);
        let at = self.walking.map(|n| format!("item-{n}"));
        let key = ctx.link().callback(|_| Message::Key);
        html! {
            <main {class} id="stage" ref={self.stage.clone()} aria-label="Stage">
                { self.lens_bar(ctx) }
                <svg class="scene" width={figure(width)} height={figure(height)} tabindex="0" role="application"
                    aria-label="The stage. Arrows walk over its objects, Enter opens the Inspector, Escape closes it."
                    aria-activedescendant={at} {onclick} {onkeydown}>
                    <Still plan={self.plan.clone()} selected={AttrValue::from(selected)} pointed={AttrValue::from(self.course.pointed().to_owned())} focus={self.walking}/>
                    { moving(&items) }
                </svg>
                { self.outline(&items) }
                <button class="keybtn" aria-expanded={self.key.to_string()} onclick={key}>{ "Key" }</button>
                if self.key { { legend() } }
                if width <= self.size.0 && height <= self.size.1 && self.lens == Lens::Overview { <dl class="titleblock">
                    <div><dt>{ "Sheet" }</dt><dd>{ self.lens.name() }</dd></div>
                    <div><dt>{ "Time" }</dt><dd>{ clock(self.timeline.now()) }</dd></div>
                    <div><dt>{ "Seed" }</dt><dd>{ self.world().seed }</dd></div>
                </dl> }
            </main>
        }
    }

    /// The picture in words, for screen readers.
    fn outline(&self, moving: &[Item]) -> Html {
        let deepest = u8::from(self.lens != Lens::Overview);
        let still = self.plan.0.drawing.items.iter().filter(|i| i.depth <= deepest && can_walk(i));
        let names = still.chain(moving).map(|i| &i.name).filter(|n| !n.is_empty());
        html! { <ul class="sr outline" aria-label="What is on the stage">{ for names.map(|n| html! { <li>{ n }</li> }) }</ul> }
    }

    /// Walks over the stage.
    pub fn walk(&mut self, step: Step) {
        let items = &self.plan.0.drawing.items;
        let here = self.walking.unwrap_or(usize::MAX);
        let depth = items.get(here).map_or(0, |i| i.depth);
        let ahead = |depth: u8| {
            let from = if here == usize::MAX { 0 } else { here + 1 };
            (from..items.len()).find(|n| can_walk(&items[*n]) && items[*n].depth == depth)
        };
        let behind = |depth: u8| {
            (0..here.min(items.len())).rev().find(|n| can_walk(&items[*n]) && items[*n].depth == depth)
        };
        let to = match step {
            Step::Next => ahead(depth),
            Step::Before => behind(depth),
            Step::In => ahead(1).filter(|n| depth == 0 && ahead(0).is_none_or(|next| *n < next)),
            Step::Out => behind(0).filter(|_| depth == 1),
            Step::Open => {
                let object = items.get(here).and_then(|i| i.object.clone());
                return self.open(object);
            }
            Step::Close => return self.open(None),
        };
        self.walking = to.or(self.walking).filter(|n| *n < items.len());
    }
}

fn walked(event: KeyboardEvent) -> Option<Message> {
    let step = match event.key().as_str() {
        "ArrowRight" => Step::Next,
        "ArrowLeft" => Step::Before,
        "ArrowDown" => Step::In,
        "ArrowUp" => Step::Out,
        "Enter" | " " => Step::Open,
        "Escape" => Step::Close,
        _ => return None,
    };
    event.prevent_default();
    Some(Message::Walk(step))
}

/// What the shapes mean, and which keys there are.
fn legend() -> Html {
    const SHAPES: [(&str, &str); 8] = [
        ("i-running", "running: its first process lives"),
        ("i-healthy", "healthy: its check passes"),
        ("i-starting", "starting, or its check has not decided"),
        ("i-paused", "paused: its processes are frozen"),
        ("i-exited", "exited: files stay, nothing runs"),
        ("i-unhealthy", "unhealthy: its check fails"),
        ("i-dropped", "dropped: a rule or a missing route"),
        ("i-file", "a file of your directory"),
    ];
    const WORDS: [&str; 9] = [
        "A brick is a layer; the same colour and pattern is the same layer, wherever it stands.",
        "A dashed layer on top takes what the container writes.",
        "A fence stands for the namespaces of a container; the floor is the one kernel.",
        "A rail is a bridge, a drop from it a veth pair, an opening with a number a published port.",
        "In the Layers lens a line falls from what is seen to the first layer that has the path; a ring is a layer without it.",
        "In the Build lens a card is a step; what is brass was done before, a blue line brings files of another stage.",
        "In the Kernel lens a band is a namespace: it spans those that share it, and has its inode number.",
        "Blue is on its way; a dotted line is still to come.",
        "A dashed blue frame is around what the current goal of the lesson is about.",
    ];
    const KEYS: [(&str, &str); 8] = [
        ("Enter", "run the line"),
        ("Tab", "complete; Escape, then Tab, leaves the terminal"),
        ("\u{2191} \u{2193}", "earlier and later lines"),
        ("Ctrl C", "interrupt"),
        ("Ctrl D", "end of input"),
        ("Ctrl L", "clear the screen"),
        ("\u{2190} \u{2192}", "on the stage: walk; \u{2193} into a place, \u{2191} out of it"),
        ("Enter", "on the stage: open the Inspector; Escape closes it"),
    ];
    html! {
        <div class="legend" role="region" aria-label="Key">
            { for WORDS.iter().map(|w| html! { <p>{ *w }</p> }) }
            <ul>{ for SHAPES.iter().map(|(symbol, words)| {
                let status = match *symbol { "i-running" | "i-healthy" => "st-running", "i-exited" => "st-exited", "i-unhealthy" | "i-dropped" => "st-dropped", "i-file" => "", _ => "st-starting" };
                html! { <li><span class={format!("ico {status}")}>{ super::header::icon(symbol) }</span>{ *words }</li> }
            }) }</ul>
            <ul>{ for KEYS.iter().map(|(key, words)| html! { <li><kbd>{ *key }</kbd>{ *words }</li> }) }</ul>
        </div>
    }
}
