//! `docker events`: what the daemon has done, and does.

use super::filter::{filters, has_label, passes};
use super::parse::Refusal;
use super::template::Template;
use super::{Context, Turn, units};
use crate::engine::DaemonError;
use crate::engine::world::HAPPENED;
use crate::event::{Event, What};
use crate::kernel::process::Wait;
use crate::memory::client::Stage;
use crate::shared::Map;
use crate::time::Time;
use serde_json::{Value, json};

/// An event as the API words it.
struct Message<'e> {
    kind: &'static str,
    action: &'e str,
    id: &'e str,
    attributes: &'e Map<String, String>,
    time: Time,
}

fn message(event: &Event) -> Option<Message<'_>> {
    let time = event.time;
    let (kind, id, action, attributes) = match &*event.what {
        What::Container { id, action, attributes } => ("container", &*id.0, action, attributes),
        What::Image { id, action, attributes } => ("image", id.as_str(), action, attributes),
        What::Network { id, action, attributes } => ("network", id.as_str(), action, attributes),
        What::Volume { id, action, attributes } => ("volume", id.as_str(), action, attributes),
        _ => return None,
    };
    Some(Message { kind, action, id, attributes, time })
}

const KEYS: &str =
    "config container daemon event image label network node plugin scope secret service type volume";

impl Message<'_> {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    fn matches(&self, key: &str, value: &str) -> bool {
        let bare = |name: &str| name.rsplit_once(':').map_or(name.to_owned(), |(name, _)| name.to_owned());
        match key {
            "type" => self.kind == value,
            "event" => self.action == value || self.action.split(':').next() == Some(value),
            "scope" => value == "local",
            "label" => has_label(self.attributes, value),
            "image" => {
                let name = self.attribute(if self.kind == "image" { "name" } else { "image" });
                [self.id, name].iter().any(|text| *text == value || bare(text) == value)
            }
            _ => self.id.starts_with(value) || self.attribute("name").starts_with(value),
        }
    }

    /// As the client's own type names its fields, or as the API does.
    fn value(&self, own: bool) -> Value {
        let nanos = self.time.unix_micros() * 1000;
        let seconds = self.time.unix_seconds();
        let actor = json!({ "ID": self.id, "Attributes": self.attributes });
        let (status, id) = match self.kind {
            "container" | "image" => (self.action, self.id),
            _ => ("", ""),
        };
        let from = if self.kind == "container" { self.attribute("image") } else { "" };
        let mut value = json!({});
        let old = if own { ["Status", "ID", "From"] } else { ["status", "id", "from"] };
        for (name, text) in old.iter().zip([status, id, from]) {
            if own || !text.is_empty() {
                value[*name] = text.into();
            }
        }
        value["Type"] = self.kind.into();
        value["Action"] = self.action.into();
        value["Actor"] = actor;
        let new = if own { ["Scope", "Time", "TimeNano"] } else { ["scope", "time", "timeNano"] };
        value[new[0]] = "local".into();
        value[new[1]] = seconds.into();
        value[new[2]] = nanos.into();
        value
    }

    fn line(&self) -> String {
        let pairs: Vec<String> = self.attributes.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let pairs = if pairs.is_empty() { String::new() } else { format!(" ({})", pairs.join(", ")) };
        format!("{} {} {} {}{pairs}", self.time.rfc3339(), self.kind, self.action, self.id)
    }
}

/// A template that fits an event.
fn template(format: &str) -> Result<Template, Refusal> {
    let wrong = |words: String| Refusal::error(64, format!("Error parsing format: template: {words}\n"));
    let template = Template::parse(format).map_err(wrong)?;
    let none = Map::new();
    let empty = Message { kind: "", action: "", id: "", attributes: &none, time: Time(0) };
    template.render(&empty.value(true)).map_err(|words| {
        wrong(match words.split_once("map has no entry for key ") {
            Some((head, key)) => {
                let key = key.trim_matches('"');
                format!("{head}can't evaluate field {key} in type *events.Message")
            }
            None => words,
        })
    })?;
    Ok(template)
}

fn moment(c: &Context<'_, '_>, flag: &str) -> Result<Option<u64>, Refusal> {
    let Some(text) = c.line.value(flag).filter(|text| !text.is_empty()) else { return Ok(None) };
    let found = units::moment(text, c.sys.now());
    let words = || Refusal::error(1, format!("failed to parse value as time or duration: \"{text}\"\n"));
    found.map(Some).ok_or_else(words)
}

/// `docker events`.
pub fn events(c: &mut Context<'_, '_>) -> Result<Turn, Refusal> {
    let format = c.line.text("format");
    let plain = matches!(format.as_str(), "" | "json");
    let template = if plain { None } else { Some(template(&format)?) };
    let filters = filters(c, KEYS)?;
    let (since, until) = (moment(c, "since")?, moment(c, "until")?);
    if let (Some(from), Some(to)) = (since, until) {
        if from > to {
            let words = format!(
                "`since` time ({}) cannot be after `until` time ({})",
                c.line.text("since"),
                c.line.text("until")
            );
            return Err(DaemonError::new(400, words).into());
        }
    }
    let first = c.client.stage == Stage::Begin;
    if first && since.is_none() {
        c.client.shown = c.sys.world.events.len();
    }
    let since = since.filter(|_| first).unwrap_or(0);
    let mut text = String::new();
    for event in c.sys.world.events.starting_at(c.client.shown) {
        let Some(message) = message(event) else { continue };
        let time = event.time.unix_micros();
        let wanted = time >= since && until.is_none_or(|until| time <= until);
        if !wanted || !passes(&filters, |key, value| Ok(message.matches(key, value)))? {
            continue;
        }
        text += &match &template {
            None if format.is_empty() => message.line(),
            None => message.value(false).to_string(),
            Some(template) => template
                .render(&message.value(!format.contains("json")))
                .map_err(|words| Refusal::error(1, format!("template: {words}\n")))?,
        };
        text.push('\n');
    }
    c.print(&text);
    c.client.shown = c.sys.world.events.len();
    c.client.stage = Stage::Following;
    let mut waits = vec![Wait::Daemon(HAPPENED)];
    if let Some(until) = until {
        match Time::from_unix_micros(until).filter(|until| *until > c.sys.now()) {
            Some(until) => waits.push(Wait::Until(until)),
            None => return Ok(Turn::Done(0)),
        }
    }
    Ok(Turn::Wait(waits))
}
