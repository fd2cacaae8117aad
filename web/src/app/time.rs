//! The time bar: undo, redo, play, step, speed, and the scrubber.

use super::header::{button, icon};
use super::{App, Message, clock};
use crate::shape::d;
use drydock::time::Time;
use drydock::timeline::{Command, MarkKind};
use web_sys::HtmlInputElement;
use yew::{Context, Html, InputEvent, TargetCast, html};

/// The most ticks that are drawn.
const TICKS: usize = 160;

fn words(command: Option<&Command>) -> String {
    command.map(|command| format!(": {}", command.label())).unwrap_or_default()
}

impl App {
    /// The time bar.
    pub fn time_bar(&self, ctx: &Context<Self>) -> Html {
        let (now, end) = (self.timeline.now(), self.timeline.end());
        let share = |t: Time| 100.0 * t.0 as f64 / end.0.max(1) as f64;
        let press = |message: fn() -> Message| ctx.link().callback(move |_| message());
        let seek = ctx.link().callback(|e: InputEvent| {
            let value = e.target_dyn_into::<HtmlInputElement>().map(|i| i.value()).unwrap_or_default();
            Message::Seek(value.parse().unwrap_or(0))
        });
        let (undo, redo) = (self.timeline.can_undo(), self.timeline.can_redo());
        let (name, symbol) = if self.playing { ("Pause", "i-pause") } else { ("Play", "i-play") };
        html! {
            <div class="time" role="group" aria-label="Time">
                <div class="grp">
                    { button(&format!("Undo{}", words(undo)), "i-undo", undo.is_none(), press(|| Message::Undo)) }
                    { button(&format!("Redo{}", words(redo)), "i-redo", redo.is_none(), press(|| Message::Redo)) }
                </div>
                <div class="grp">
                    { button("Step back to the last event", "i-back", false, press(|| Message::Step(false))) }
                    <button class="ib main" aria-label={name} title={name} onclick={press(|| Message::Play)}>{ icon(symbol) }</button>
                    { button("Step to the next event", "i-step", self.timeline.next_change().is_none(), press(|| Message::Step(true))) }
                </div>
                <div class="seg" role="group" aria-label="Speed">
                    { for [(0.25, "\u{bc}\u{d7}"), (1.0, "1\u{d7}"), (4.0, "4\u{d7}")].into_iter().map(|(speed, text)| {
                        let onclick = ctx.link().callback(move |_| Message::Speed(speed));
                        html! { <button aria-pressed={(speed == self.speed).to_string()} {onclick}>{ text }</button> }
                    }) }
                </div>
                <div class="scrub" style={d("--at:#%", &[share(now)])}>
                    <div class="rail"></div><div class="done"></div>
                    <div class="ticks">{ self.ticks(share, now) }</div>
                    <span class="knob"></span>
                    <input type="range" min="0" max={end.0.to_string()} step="1000" value={now.0.to_string()} aria-label="Moment" aria-valuetext={clock(now)} oninput={seek}/>
                </div>
                <output class="clock"><b>{ clock(now) }</b>{ format!(" / {}", clock(end)) }</output>
            </div>
        }
    }

    /// The ticks: commands first, then errors, then events as far as there is room.
    fn ticks(&self, share: impl Fn(Time) -> f64, now: Time) -> Html {
        let mut left = TICKS;
        let mut last = f64::MIN;
        html! { <>{ for self.marks.iter().filter_map(|mark| {
            let at = share(mark.time);
            let class = match mark.kind {
                MarkKind::Command => "cmd",
                MarkKind::Error => "err",
                MarkKind::Event => {
                    if left == 0 || (at - last).abs() < 0.6 {
                        return None;
                    }
                    left -= 1;
                    last = at;
                    "evt"
                }
            };
            let class = if mark.time > now { format!("{class} future") } else { class.to_owned() };
            Some(html! { <i {class} title={mark.label.clone()} style={d("left:#%", &[at])}></i> })
        }) }</> }
    }
}
