//! The tree of files and its toolbar.

use super::{App, Deed, Naming, deed};
use crate::app::header::{button, icon};
use crate::desk::{Row, mode};
use drydock::cli::units::human_size;
use drydock::engine::syscall::FileKind;
use drydock::time::Calendar;
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::html::Scope;
use yew::{Callback, Context, Html, TargetCast, html};

impl App {
    /// A key in the tree (the tree pattern of the ARIA practices).
    pub(super) fn tree_key(&mut self, key: &str, link: &Scope<Self>) {
        let (at, count) = (self.desk.at, self.desk.rows.len());
        let Some(row) = self.chosen().cloned() else { return };
        let above = || self.desk.rows[..at].iter().rposition(|r| r.level < row.level);
        match key {
            "ArrowDown" => self.desk.at = (at + 1).min(count - 1),
            "ArrowUp" => self.desk.at = at.saturating_sub(1),
            "Home" => self.desk.at = 0,
            "End" => self.desk.at = count - 1,
            "ArrowRight" if row.open == Some(false) => self.enter(),
            "ArrowRight" if row.open == Some(true) => {
                self.desk.at = (at
                    + usize::from(self.desk.rows.get(at + 1).is_some_and(|r| r.level > row.level)))
                .min(count - 1);
            }
            "ArrowLeft" if row.open == Some(true) => self.enter(),
            "ArrowLeft" => self.desk.at = above().unwrap_or(at),
            "Enter" | " " => self.enter(),
            "F2" => self.deed(Deed::Rename, link),
            "Delete" => self.deed(Deed::Remove, link),
            _ => {
                let letter = key.to_lowercase();
                let fits = |r: &Row| r.name.to_lowercase().starts_with(&letter);
                let next = (1..=count).map(|n| (at + n) % count).find(|n| fits(&self.desk.rows[*n]));
                self.desk.at = next.unwrap_or(at);
            }
        }
    }

    pub(super) fn toolbar(&self, ctx: &Context<Self>) -> Html {
        let act = |make: fn() -> Deed| ctx.link().callback(move |_| deed(make()));
        let word = |symbol: &str, text: &'static str, title: &'static str, act: Callback<yew::MouseEvent>| {
            html! { <button class="tool" {title} onclick={act}>{ icon(symbol) }{ text }</button> }
        };
        let low = self.chosen().is_none_or(|r| r.level < 2);
        let link = ctx.link().clone();
        let onchange = Callback::from(move |event: yew::Event| super::transfer::chosen(&event, &link));
        html! {
            <div class="filebar" role="toolbar" aria-label="Files">
                { button("New file", "i-newfile", false, act(|| Deed::New(false))) }
                { button("New folder", "i-newfolder", false, act(|| Deed::New(true))) }
                { button("Rename (F2)", "i-rename", low, act(|| Deed::Rename)) }
                { button("Remove (Delete)", "i-trash", low, act(|| Deed::Remove)) }
                <button class="ib" aria-label="Modes and dates" title="Modes and dates" aria-pressed={self.desk.details.to_string()} onclick={act(|| Deed::Details)}>{ icon("i-list") }</button>
                <i class="gap"></i>
                { word("i-starter", "Starters", "A project to begin with", act(|| Deed::Starters)) }
                <label class="tool" title="Take files, or the tar of an image, from your computer; dropping them anywhere does the same">{ icon("i-up") }{ "Bring in" }<input class="sr" type="file" multiple=true {onchange} aria-label="Bring in files, or the tar of an image"/></label>
                { word("i-down", "Download", "What is chosen: a file, or a folder as a tar", act(|| Deed::Download)) }
                { word("i-take", "To a real Docker", "Your files, and your commands that ran without an error as a script", act(|| Deed::Take)) }
            </div>
        }
    }

    pub(super) fn file_tree(&self, ctx: &Context<Self>) -> Html {
        let onkeydown = ctx.link().batch_callback(|event: KeyboardEvent| {
            // Keys in the field of a new name are the field's.
            let typed = event.target_dyn_into::<HtmlInputElement>().is_some();
            if event.ctrl_key() || event.meta_key() || event.alt_key() || typed {
                return None;
            }
            let key = event.key();
            let known =
                ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home", "End", "Enter", "F2", "Delete"];
            (known.contains(&key.as_str()) || key.chars().count() == 1).then(|| {
                event.prevent_default();
                deed(Deed::Key(key))
            })
        });
        let active = format!("file-{}", self.desk.at);
        let class = if self.desk.details { "dtree details" } else { "dtree" };
        html! {
            <div {class} role="tree" tabindex="0" aria-label="Your files" aria-activedescendant={active} ref={self.desk.tree.clone()} {onkeydown}>
                { for self.desk.rows.iter().enumerate().map(|(n, row)| html! { <>{ self.row(ctx, n, row) }{ self.new_name(ctx, n, row) }</> }) }
            </div>
        }
    }

    fn row(&self, ctx: &Context<Self>, n: usize, row: &Row) -> Html {
        let chosen = n == self.desk.at;
        let onclick = ctx.link().callback(move |_| deed(Deed::Press(n)));
        let style = format!("--level:{}", row.level);
        let symbol = match (row.open, row.stat.kind) {
            (Some(true), _) => "i-open",
            (Some(false), _) => "i-folder",
            (None, FileKind::Symlink) => "i-link",
            _ => "i-file",
        };
        let changed =
            self.desk.buffers.iter().any(|b| b.program.is_none() && b.path == row.path && b.is_changed());
        let class = match (changed, row.level) {
            (true, _) => "drow changed",
            (_, 1) => "drow root",
            _ => "drow",
        };
        if chosen && self.desk.naming == Some(Naming::Chosen) {
            return self.name_input(ctx, row.level, &row.name);
        }
        let size = (row.stat.kind == FileKind::File).then(|| human_size(row.stat.size));
        html! {
            <div {class} role="treeitem" id={format!("file-{n}")} {style} data-path={row.path.clone()} aria-level={row.level.to_string()}
                aria-expanded={row.open.map(|o| o.to_string())} aria-selected={chosen.to_string()}
                aria-posinset={row.place.0.to_string()} aria-setsize={row.place.1.to_string()} {onclick}>
                { icon(symbol) }
                <span class="nm">{ &row.name }if let Some(target) = &row.stat.target { <small>{ format!(" \u{2192} {target}") }</small> }</span>
                if self.desk.details { <code>{ mode(&row.stat) }</code><code>{ date(row.stat.modified) }</code> }
                <span class="size">{ size }</span>
            </div>
        }
    }

    /// The place for the name of something new, below its folder.
    fn new_name(&self, ctx: &Context<Self>, n: usize, row: &Row) -> Html {
        let new = matches!(self.desk.naming, Some(Naming::File | Naming::Folder));
        if !new || n != self.desk.at {
            return Html::default();
        }
        self.name_input(ctx, if row.open.is_some() { row.level + 1 } else { row.level }, "")
    }

    fn name_input(&self, ctx: &Context<Self>, level: usize, name: &str) -> Html {
        let onkeydown = ctx.link().batch_callback(|event: KeyboardEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            match event.key().as_str() {
                "Enter" => Some(deed(Deed::Name(input.value()))),
                "Escape" => Some(deed(Deed::Name(String::new()))),
                _ => None,
            }
        });
        let symbol = if self.desk.naming == Some(Naming::Folder) { "i-folder" } else { "i-file" };
        html! {
            <div class="drow naming" style={format!("--level:{level}")}>{ icon(symbol) }
                <input key="naming" ref={self.desk.name.clone()} value={name.to_owned()} {onkeydown} aria-label="Name. Enter keeps it, Escape takes it back." autocomplete="off" autocapitalize="off" spellcheck="false"/>
            </div>
        }
    }
}

/// A date as the tree shows it, from microseconds since the Unix epoch.
fn date(modified: u64) -> String {
    let at = Calendar::from_unix(modified / 1_000_000);
    format!("{:04}-{:02}-{:02} {:02}:{:02}", at.year, at.month, at.day, at.hour, at.minute)
}
