//! What the lenses look at: the choices above the picture, and the tree of files beside it.

use super::{App, Message};
use crate::place::Lens;
use crate::scene::{self, Branch, Object};
use drydock::cli::units::human_size;
use web_sys::wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement, KeyboardEvent};
use yew::{Context, Html, TargetCast, html};

/// The width of the tree beside the picture.
pub const TREE: f64 = 232.0;
/// The lens that was looked through last.
const LENS: &str = "drydock-lens";

/// What a person does in the tree of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Climb {
    /// To the next line.
    Next,
    /// To the one before.
    Before,
    /// Into a directory.
    In,
    /// Out of it.
    Out,
    /// To the first line.
    First,
    /// To the last.
    Last,
    /// Open the Inspector.
    Open,
    /// A line was pressed.
    Press(String),
}

/// The lens that was looked through last.
pub fn kept() -> Lens {
    let name = super::course::kept(LENS);
    Lens::ALL.into_iter().find(|l| name.as_deref() == Some(l.name())).unwrap_or_default()
}

impl App {
    /// Keeps the lens for the next visit.
    pub(super) fn keep_lens(&self) {
        super::course::keep(LENS, self.lens.name());
    }

    /// The room that the picture has.
    pub(super) fn room(&self) -> (f64, f64) {
        let (width, height) = self.size;
        match self.lens {
            Lens::Layers if width >= 720.0 => (width - TREE, height),
            _ => (width, height),
        }
    }

    /// What is opened is what the lenses look at from now on.
    pub(super) fn turn_to(&mut self, object: &Object) {
        match object {
            Object::Container(_) | Object::Image(_) => self.choice.subject = Some(object.clone()),
            Object::Layer(id) => self.choice.layer = Some(id.clone()),
            Object::File(_, path) => self.choice.path = Some(path.clone()),
            Object::Build(number) | Object::Step(number, ..) => self.build = Some(*number),
            _ => return,
        }
        if matches!(self.lens, Lens::Layers | Lens::Build) {
            self.changed();
        }
    }

    /// Another container, image or build was chosen.
    pub(super) fn choose(&mut self, which: usize, at: usize) {
        let subject = self.pile.subjects.get(at).map(|s| s.0.clone());
        match which {
            0 => self.choice.subject = subject,
            1 => self.choice.other = self.beside().get(at).map(|s| s.0.clone()),
            _ => self.build = scene::builds(self.world()).get(at).map(|b| b.0),
        }
        self.changed();
    }

    /// The images that can stand beside the one that is looked at.
    fn beside(&self) -> Vec<(Object, String)> {
        let own = self.pile.towers.first().map(|t| &t.object);
        let images =
            self.pile.subjects.iter().filter(|(o, _)| matches!(o, Object::Image(_)) && Some(o) != own);
        images.cloned().collect()
    }

    /// A choice among names.
    fn menu_of(
        &self,
        ctx: &Context<Self>,
        which: usize,
        label: &str,
        names: &[String],
        chosen: Option<usize>,
    ) -> Html {
        let onchange = ctx.link().batch_callback(move |event: Event| {
            let menu = event.target_dyn_into::<HtmlElement>()?;
            let option = menu.query_selector("option:checked").ok()??;
            option.get_attribute("value")?.parse().ok().map(|at| Message::Choose(which, at))
        });
        html! {
            <label>{ label.to_owned() }<select {onchange}>{ for names.iter().enumerate().map(|(n, name)| html! {
                <option value={n.to_string()} selected={chosen == Some(n)}>{ name }</option>
            }) }</select></label>
        }
    }

    /// What stands beside or above the picture.
    pub(super) fn lens_bar(&self, ctx: &Context<Self>) -> Html {
        let names = |all: &[(Object, String)]| all.iter().map(|s| s.1.clone()).collect::<Vec<_>>();
        let place =
            |all: &[(Object, String)], wanted: Option<&Object>| all.iter().position(|s| Some(&s.0) == wanted);
        match self.lens {
            Lens::Layers if !self.pile.subjects.is_empty() => {
                let (subjects, others) = (&self.pile.subjects, self.beside());
                let chosen = place(subjects, self.pile.subject.as_ref());
                let other = place(&others, self.pile.towers.get(1).map(|t| &t.object));
                let height = format!("height:{}px", self.size.1);
                html! {
                    <aside class="files" style={height} aria-label="Files">
                        <div class="lensbar">
                            { self.menu_of(ctx, 0, "Look at", &names(subjects), chosen) }
                            if !others.is_empty() { { self.menu_of(ctx, 1, "Beside", &names(&others), other) } }
                        </div>
                        { self.tree(ctx) }
                    </aside>
                }
            }
            Lens::Build => {
                let builds = scene::builds(self.world());
                if builds.is_empty() {
                    return Html::default();
                }
                let chosen = builds.iter().position(|b| Some(b.0) == self.graph.number);
                let names = builds.iter().map(|(number, title)| {
                    let began =
                        self.world().builder.builds.get(number).map_or_else(Default::default, |b| b.began);
                    format!("{title}, {}", super::clock(began))
                });
                html! { <div class="lensbar">{ self.menu_of(ctx, 2, "Build", &names.collect::<Vec<_>>(), chosen) }</div> }
            }
            _ => Html::default(),
        }
    }

    /// The files as one tree: each line with the brick of the layer that it is read from.
    fn tree(&self, ctx: &Context<Self>) -> Html {
        let onkeydown = ctx.link().batch_callback(|event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => Climb::Next,
                "ArrowUp" => Climb::Before,
                "ArrowRight" => Climb::In,
                "ArrowLeft" => Climb::Out,
                "Home" => Climb::First,
                "End" => Climb::Last,
                "Enter" | " " => Climb::Open,
                _ => return None,
            };
            event.prevent_default();
            Some(Message::Climb(step))
        });
        let chosen = self.line();
        let at = chosen.map(|n| format!("branch-{n}"));
        let lines = self
            .pile
            .tree
            .iter()
            .enumerate()
            .map(|(n, branch)| self.branch(ctx, n, branch, chosen == Some(n)));
        html! {
            <ul class="tree" role="tree" tabindex="0" aria-label={format!("Files of {}", self.pile.name)} aria-activedescendant={at} {onkeydown}>{ for lines }if self.pile.more > 0 { <li role="none">{ format!("and {} more", self.pile.more) }</li> }</ul>
        }
    }

    fn branch(&self, ctx: &Context<Self>, n: usize, branch: &Branch, chosen: bool) -> Html {
        let path = branch.path.clone();
        let onclick = ctx.link().callback(move |_| Message::Climb(Climb::Press(path.clone())));
        let name = branch.path.rsplit('/').next().unwrap_or_default().to_owned();
        let look = self.pile.rows.get(branch.row).and_then(|r| r.look.as_ref());
        let own = if branch.row == 0 { "writable" } else { "own" };
        let layer = look.map_or_else(|| own.to_owned(), |l| l.digits.clone());
        let brick = match look {
            Some(look) => {
                html! { <svg class={format!("sw b{}", look.pigment)} viewBox="0 0 11 16"><rect x=".75" y=".75" width="9.500" height="14.500" rx="1.5" class="bedge" fill={format!("url(#L{})", look.digits)}/></svg> }
            }
            None => {
                html! { <svg class="sw" viewBox="0 0 11 16"><rect x=".75" y=".75" width="9.500" height="14.500" rx="1.5" class="wedge"/></svg> }
            }
        };
        let twist = match branch.unfolded {
            Some(true) => "\u{25be}",
            Some(false) => "\u{25b8}",
            None => "",
        };
        let (size, says) = match branch.gone {
            true => ("hidden".to_owned(), format!("{name}, hidden, it was in layer {layer}")),
            false => {
                (human_size(branch.size), format!("{name}, {}, from layer {layer}", human_size(branch.size)))
            }
        };
        html! {
            <li key={branch.path.clone()} role="treeitem" id={format!("branch-{n}")} class={branch.gone.then_some("gone")} title={says.clone()} aria-label={says} aria-level={(branch.depth + 1).to_string()}
                aria-expanded={branch.unfolded.map(|u| u.to_string())} aria-selected={chosen.to_string()} data-branch={branch.path.clone()} data-from={layer} style={format!("--d:{}", branch.depth)} {onclick}>
                <i>{ twist }</i>{ brick }<span>{ name }</span><small>{ size }</small>
            </li>
        }
    }

    /// The line of the tree that is chosen.
    fn line(&self) -> Option<usize> {
        let path = self.choice.path.as_ref()?;
        self.pile.tree.iter().position(|b| b.path == *path)
    }

    /// Goes through the tree.
    pub(super) fn climb(&mut self, step: Climb) {
        let tree = &self.pile.tree;
        let here = self.line();
        let now = here.and_then(|n| tree.get(n)).cloned();
        let last = tree.len().saturating_sub(1);
        let (to, fold, open) = match (&step, &now) {
            (Climb::Next, _) => (Some(here.map_or(0, |n| (n + 1).min(last))), false, false),
            (Climb::Before, _) => (Some(here.map_or(0, |n| n.saturating_sub(1))), false, false),
            (Climb::First, _) => (Some(0), false, false),
            (Climb::Last, _) => (Some(last), false, false),
            (Climb::In, Some(b)) if b.unfolded == Some(true) => {
                (here.map(|n| (n + 1).min(last)), false, false)
            }
            (Climb::In, Some(b)) if b.unfolded == Some(false) => (here, true, false),
            (Climb::Out, Some(b)) if b.unfolded == Some(true) => (here, true, false),
            (Climb::Out, Some(b)) => {
                let above = b.path.rsplit_once('/').map_or("", |(above, _)| above);
                (tree.iter().position(|b| b.path == above).or(here), false, false)
            }
            (Climb::Open, _) => (here, false, true),
            (Climb::Press(path), _) => {
                let at = tree.iter().position(|b| b.path == *path);
                let is_directory = at.and_then(|n| tree[n].unfolded).is_some();
                (at, is_directory, !is_directory)
            }
            _ => (here, false, false),
        };
        let Some(path) = to.and_then(|n| tree.get(n)).map(|b| b.path.clone()) else { return };
        if fold {
            let unfolded = &mut self.choice.unfolded;
            match unfolded.iter().position(|p| *p == path) {
                Some(at) => drop(unfolded.remove(at)),
                None => unfolded.push(path.clone()),
            }
        }
        self.choice.path = Some(path.clone());
        if open {
            let owner = self.pile.subject.as_ref().map(Object::key).unwrap_or_default();
            self.open(Some(Object::File(owner, path)));
        }
        self.changed();
        self.seen_line = true;
    }

    /// Keeps the chosen line of the tree in view.
    pub(super) fn reveal_line(&mut self) {
        if std::mem::take(&mut self.seen_line) {
            let found = gloo_utils::document().query_selector(".tree [aria-selected=true]").ok().flatten();
            let Some(line) = found.and_then(|l| l.dyn_into::<HtmlElement>().ok()) else { return };
            let Some(tree) = line.parent_element() else { return };
            let (top, bottom) = (line.offset_top(), line.offset_top() + line.offset_height());
            let (from, high) = (tree.scroll_top(), tree.client_height());
            if top < from {
                tree.set_scroll_top(top);
            } else if bottom > from + high {
                tree.set_scroll_top(bottom - high);
            }
        }
    }
}
