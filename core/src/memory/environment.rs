//! The environment of a process: names and values, in the order in which they were given.

use serde::{Deserialize, Serialize};

/// Names and values, each name once; a later value takes the place of an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&String> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }
    /// Gives a name a value.
    pub fn insert(&mut self, name: String, value: String) {
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some(entry) => entry.1 = value,
            None => self.0.push((name, value)),
        }
    }
    /// Takes a name away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }
    /// The entries in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (String, String)> {
        self.0.iter()
    }
    /// Puts the entries in another order.
    pub fn sort_by_key(&mut self, key: impl Fn(&str) -> u32) {
        crate::shared::sort_by(&mut self.0, |a, b| key(&a.0).cmp(&key(&b.0)));
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        let mut all = Self::default();
        for (name, value) in entries {
            all.insert(name, value);
        }
        all
    }
}
