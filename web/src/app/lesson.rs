//! The lesson: its text, its commands, its goals, its hints.

use super::header::{button, icon};
use super::{App, Message, Panel};
use crate::scene::Object;
use drydock_lessons::{Block, Inline, Lesson};
use yew::{Context, Html, html};

impl App {
    /// How many goals hold now.
    pub fn met(&self, lesson: &Lesson) -> usize {
        lesson.steps.iter().filter(|s| s.goal.holds(self.world())).count()
    }

    /// The lesson, or its rail when it is folded.
    pub fn lesson_panel(&self, ctx: &Context<Self>) -> Html {
        let Some(lesson) = &self.lesson else { return Html::default() };
        let fold = ctx.link().callback(|_| Message::Fold);
        if self.folded || self.open.is_some() {
            let unfold =
                if self.open.is_some() { ctx.link().callback(|_| Message::Open(None)) } else { fold };
            let label = format!("{} of {} goals met", self.met(lesson), lesson.steps.len());
            return html! {
                <aside class={self.lesson_class("lesson rail")} aria-label="Lesson, folded">
                    { button("Unfold the lesson", "i-right", false, unfold) }
                    <span class="vert">{ &lesson.title }</span>
                    <span class="pips" role="img" aria-label={label}>{ for lesson.steps.iter().map(|s| {
                        html! { <i class={s.goal.holds(self.world()).then_some("met")}></i> }
                    }) }</span>
                </aside>
            };
        }
        let hint = ctx.link().callback(|_| Message::Hint);
        html! {
            <aside class={self.lesson_class("lesson")} aria-label="Lesson">
                <div class="scroll" tabindex="0">
                    <p class="kicker">{ format!("Lesson {}", lesson.number) }</p>
                    <h1>{ &lesson.title }</h1>
                    { for lesson.blocks.iter().map(|block| match block {
                        Block::Paragraph(pieces) => html! { <div class="prose"><p>{ prose(pieces, ctx) }</p></div> },
                        Block::Try(command) => attempt(command, ctx),
                    }) }
                    { self.goals(lesson, ctx) }
                </div>
                <div class="foot">
                    <button class="btn" onclick={hint} disabled={self.step >= lesson.steps.len()}>{ icon("i-hint") }{ "Hint" }</button>
                    <span class="sp"></span>
                    { button("Fold the lesson", "i-left", false, fold) }
                </div>
            </aside>
        }
    }

    fn lesson_class(&self, class: &str) -> String {
        if self.panel == Panel::Lesson { format!("{class} shown") } else { class.to_owned() }
    }

    fn goals(&self, lesson: &Lesson, ctx: &Context<Self>) -> Html {
        let items = lesson.steps.iter().enumerate().map(|(n, step)| {
            let met = step.goal.holds(self.world());
            let class = if met { "met" } else if n == self.step { "now" } else { "" };
            let shown = if n == self.step { self.hints } else { 0 };
            html! {
                <li {class}>
                    <span class="tick">if met { { icon("i-check") } }</span>
                    <div>{ prose(&step.text, ctx) }if met { <span class="sr">{ " (met)" }</span> }
                        { for step.hints.iter().take(shown).map(|h| html! { <p class="hint">{ prose(h, ctx) }</p> }) }
                        { for step.commands.iter().take(shown.saturating_sub(step.hints.len())).map(|c| attempt(c, ctx)) }
                    </div>
                </li>
            }
        });
        html! {
            <section class="goals" aria-label="Goals">
                <h2>{ "Goals " }<span>{ format!("{} of {}", self.met(lesson), lesson.steps.len()) }</span></h2>
                <ol>{ for items }</ol>
            </section>
        }
    }
}

/// A command that can be put in the terminal.
fn attempt(command: &str, ctx: &Context<App>) -> Html {
    let line = command.to_owned();
    let put = ctx.link().callback(move |_| Message::Put(line.clone()));
    html! { <div class="try"><code title={command.to_owned()}>{ command.to_owned() }</code>{ button("Put this command in the terminal", "i-insert", false, put) }</div> }
}

/// Pieces of a sentence; a term opens its entry of the glossary.
pub fn prose(pieces: &[Inline], ctx: &Context<App>) -> Html {
    pieces
        .iter()
        .map(|piece| match piece {
            Inline::Text(text) => html! { { text.clone() } },
            Inline::Code(code) => html! { <code>{ code }</code> },
            Inline::Term(term) => {
                let word = term.clone();
                let onclick = ctx.link().callback(move |_| Message::Open(Some(Object::Term(word.clone()))));
                html! { <button class="term-link" {onclick}>{ term }</button> }
            }
        })
        .collect()
}
