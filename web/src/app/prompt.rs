//! The line that is typed: its completion and what was typed before.

use super::App;
use drydock::cli::complete::complete;
use web_sys::HtmlInputElement;

impl App {
    pub(super) fn typed(&self) -> Option<HtmlInputElement> {
        self.input.cast::<HtmlInputElement>()
    }
    pub(super) fn put(&self, line: &str) {
        if let Some(input) = self.typed() {
            input.set_value(line);
            let _ = input.focus();
        }
    }
    pub(super) fn complete(&mut self) {
        let Some(input) = self.typed() else { return };
        let line = input.value();
        let completion = complete(self.world(), &line);
        input.set_value(&completion.apply(&line));
        self.candidates = if completion.words.len() > 1 { completion.words } else { Vec::new() };
    }
    pub(super) fn recall(&mut self, up: bool) {
        self.back = if up { (self.back + 1).min(self.history.len()) } else { self.back.saturating_sub(1) };
        let line = self.history.get(self.history.len() - self.back).cloned().unwrap_or_default();
        if let Some(input) = self.typed() {
            input.set_value(&line);
        }
    }
}
