//! The lesson panel: its text, its commands, its goals, predictions and hints, and the list of lessons.

use super::course::Wish;
use super::header::{button, icon};
use super::{App, Message, Panel};
use crate::scene::Object;
use drydock_lessons::{Block, Inline, Lesson, Prediction, Step, inlines};
use yew::{Context, Html, html};

impl App {
    /// The lesson, or its rail when it is folded.
    pub fn lesson_panel(&self, ctx: &Context<Self>) -> Html {
        let Some(lesson) = &self.lesson else { return Html::default() };
        let (course, fold) = (&self.course, self.wish(ctx, Wish::Fold));
        if self.folded || self.open.is_some() {
            let label = format!("{} of {} goals met", course.met(), lesson.steps.len());
            return html! {
                <aside class={self.lesson_class("lesson rail")} aria-label="Lesson, folded">
                    { button("Unfold the lesson", "i-right", false, fold) }
                    <span class="vert">{ &lesson.title }</span>
                    <span class="pips" role="img" aria-label={label}>{ for course.unmet.iter().map(|u| {
                        html! { <i class={u.is_none().then_some("met")}></i> }
                    }) }</span>
                </aside>
            };
        }
        let (at, last) = (course.at, course.titles.len().saturating_sub(1));
        let menu = self.wish(ctx, Wish::Menu);
        html! {
            <aside class={self.lesson_class("lesson")} aria-label="Lesson">
                <div key={at} class="scroll" tabindex="0">
                    <div class="headline">
                        <button class="kicker" aria-expanded={course.menu.to_string()} title="All lessons" onclick={menu}>{ icon("i-list") }{ format!("Lesson {} of {}", at + 1, last + 1) }</button>
                        { button("Fold the lesson", "i-left", false, fold) }
                    </div>
                    if course.menu { { self.menu(ctx) } }
                    <h1>{ &lesson.title }</h1>
                    { for lesson.blocks.iter().map(|block| match block {
                        Block::Paragraph(pieces) => html! { <div class="prose"><p>{ prose(pieces, ctx) }</p></div> },
                        Block::Try(command) => attempt(command, ctx),
                    }) }
                    { self.goals(lesson, ctx) }
                </div>
                <div class="foot">
                    { self.hint(lesson, ctx) }
                    <span class="sp"></span>
                    { button("Previous lesson", "i-left", at == 0, self.wish(ctx, Wish::Go(at.saturating_sub(1)))) }
                    { button("Next lesson", "i-right", at == last, self.wish(ctx, Wish::Go(at + 1))) }
                </div>
            </aside>
        }
    }

    fn lesson_class(&self, class: &str) -> String {
        if self.panel == Panel::Lesson { format!("{class} shown") } else { class.to_owned() }
    }

    /// The list of lessons, and the glossary.
    fn menu(&self, ctx: &Context<Self>) -> Html {
        let course = &self.course;
        let lessons = course.titles.iter().enumerate().map(|(n, title)| {
            let solved = course.is_solved(n);
            let here = (n == course.at).then_some("true");
            html! {
                <li class={solved.then_some("met")}><button aria-current={here} onclick={self.wish(ctx, Wish::Go(n))}>
                    <span class="tick">if solved { { icon("i-check") } } else { { n + 1 } }</span>{ title }if solved { <span class="sr">{ " (solved)" }</span> }
                </button></li>
            }
        });
        html! {
            <nav class="goals menu" aria-label="Lessons">
                <ol>{ for lessons }</ol>
                <p class="hint">{ "Each lesson has a world of its own, which is kept." }</p>
                <details><summary>{ "Glossary" }</summary><p class="hint">{ for drydock_lessons::glossary().map(|e| html! { <>{ term(e.term, ctx) }{ " " }</> }) }</p></details>
            </nav>
        }
    }

    /// The button that reveals one hint more.
    fn hint(&self, lesson: &Lesson, ctx: &Context<Self>) -> Html {
        let all = lesson.steps.get(self.course.step).map_or(0, |s| s.hints.len() + 1);
        let shown = self.course.hints.min(all);
        let count = if shown > 0 { format!(" {shown} of {all}") } else { String::new() };
        html! { <button class="btn" onclick={self.wish(ctx, Wish::Hint)} disabled={shown >= all}>{ icon("i-hint") }{ "Hint" }{ count }</button> }
    }

    fn goals(&self, lesson: &Lesson, ctx: &Context<Self>) -> Html {
        let course = &self.course;
        let items = lesson.steps.iter().enumerate().map(|(n, step)| {
            let unmet = course.unmet.get(n).and_then(|u| u.as_ref());
            let (met, now) = (unmet.is_none(), n == course.step);
            let class = if met { "met" } else if now { "now" } else { "" };
            html! {
                <li {class}>
                    <span class="tick">if met { { icon("i-check") } }</span>
                    <div>{ prose(&step.text, ctx) }if met { <span class="sr">{ " (met)" }</span> }
                        if let Some(asked) = &step.prediction { { self.prediction(asked, n, ctx) } }
                        if let Some(unmet) = unmet.filter(|_| now) { <p class="hint missing">{ prose(&inlines(&unmet.sentence), ctx) }</p> }
                        if now { { hints(step, course.hints, ctx) } }
                    </div>
                </li>
            }
        });
        let (at, met, all) = (course.at, course.met(), lesson.steps.len());
        html! {
            <section class="goals" aria-label="Goals">
                <h2>{ "Goals " }<span>{ format!("{met} of {all}") }</span></h2>
                <ol>{ for items }</ol>
                if let Some(next) = course.titles.get(at + 1).filter(|_| met == all) {
                    <p class="hint">{ "All goals are met. Next: " }<button class="term-link" onclick={self.wish(ctx, Wish::Go(at + 1))}>{ next }</button></p>
                }
            </section>
        }
    }

    /// A question, its choices, and how it turned out.
    fn prediction(&self, asked: &Prediction, step: usize, ctx: &Context<Self>) -> Html {
        let guess = self.course.guesses.get(step).copied().flatten();
        let outcome = guess.and_then(|g| g.outcome(self.timeline.now()));
        let met = self.course.unmet.get(step).is_some_and(Option::is_none);
        match guess {
            None if met => return html! { <p class="hint">{ prose(&asked.why, ctx) }</p> },
            None if step != self.course.step => return Html::default(),
            _ => {}
        }
        let choices = asked.choices.iter().enumerate().map(|(n, choice)| {
            let chosen = guess.is_some_and(|g| g.choice == n);
            let class = (outcome == Some(n)).then_some("right");
            let onchange = ctx.link().callback(move |_: yew::Event| Message::Course(Wish::Guess(step, n)));
            html! {
                <label {class}><input type="radio" name={format!("guess-{step}")} checked={chosen} disabled={outcome.is_some()} {onchange}/>
                    <span>{ prose(&choice.text, ctx) }if class.is_some() { { icon("i-check") }<span class="sr">{ " (so it was)" }</span> }</span></label>
            }
        });
        let verdict = match (guess, outcome) {
            (Some(guess), Some(right)) => {
                let so = if guess.choice == right { "As predicted. " } else { "It was otherwise. " };
                html! { <><b>{ so }</b>{ prose(&asked.why, ctx) }</> }
            }
            (Some(_), None) => html! { <>{ "Now run " }<code>{ &asked.command }</code>{ "." }</> },
            _ => html! { <>{ "Choose first, then run " }<code>{ &asked.command }</code>{ "." }</> },
        };
        html! { <fieldset class="ask"><legend>{ prose(&asked.question, ctx) }</legend>{ for choices }<p class="hint">{ verdict }</p></fieldset> }
    }
}

/// So many hints of a step; the last one is its commands.
fn hints(step: &Step, shown: usize, ctx: &Context<App>) -> Html {
    let commands = if shown > step.hints.len() { &step.commands[..] } else { &[] };
    html! { <>
        { for step.hints.iter().take(shown).map(|h| html! { <p class="hint">{ prose(h, ctx) }</p> }) }
        { for commands.iter().map(|c| attempt(c, ctx)) }
    </> }
}

/// A command that can be put in the terminal.
fn attempt(command: &str, ctx: &Context<App>) -> Html {
    let line = command.to_owned();
    let put = ctx.link().callback(move |_| Message::Put(line.clone()));
    html! { <div class="try"><code title={command.to_owned()}>{ command.to_owned() }</code>{ button("Put this command in the terminal", "i-insert", false, put) }</div> }
}

/// A term that opens its entry of the glossary.
fn term(word: &str, ctx: &Context<App>) -> Html {
    let object = Object::Term(word.to_owned());
    let onclick = ctx.link().callback(move |_| Message::Open(Some(object.clone())));
    html! { <button class="term-link" {onclick}>{ word.to_owned() }</button> }
}

/// Pieces of a sentence; a term opens its entry of the glossary.
pub fn prose(pieces: &[Inline], ctx: &Context<App>) -> Html {
    pieces
        .iter()
        .map(|piece| match piece {
            Inline::Text(text) => html! { { text.clone() } },
            Inline::Code(code) => html! { <code>{ code }</code> },
            Inline::Term(word) => term(word, ctx),
        })
        .collect()
}
