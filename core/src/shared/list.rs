//! A list that grows at its end: a [`Map`] by number.

use super::Map;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{Index, IndexMut};

/// A list that grows at its end and is cut at its beginning.
#[derive(Clone)]
pub struct List<T> {
    items: Map<u64, T>,
}

impl<T> List<T> {
    /// A list with nothing in it.
    pub fn new() -> Self {
        Self { items: Map::new() }
    }
    /// How many items there are.
    pub const fn len(&self) -> usize {
        self.items.len()
    }
    /// True when there is none.
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// The items, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.values()
    }
    /// The items from a place on.
    pub fn starting_at(&self, index: usize) -> impl Iterator<Item = &T> {
        self.items.starting_at(&self.key(index)).map(|(_, item)| item)
    }
    /// The newest item.
    pub fn last(&self) -> Option<&T> {
        self.items.last().map(|(_, item)| item)
    }
    /// The item at a place.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.items.get(&self.key(index))
    }
    fn key(&self, index: usize) -> u64 {
        self.items.first().map_or(0, |(first, _)| *first) + index as u64
    }
}

impl<T: Clone> List<T> {
    /// Adds an item at the end.
    pub fn push_back(&mut self, item: T) {
        let key = self.items.last().map_or(0, |(last, _)| last + 1);
        self.items.insert(key, item);
    }
    /// Takes the oldest item off.
    pub fn pop_front(&mut self) -> Option<T> {
        let first = *self.items.first()?.0;
        self.items.remove(&first)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> Index<usize> for List<T> {
    type Output = T;
    fn index(&self, index: usize) -> &T {
        self.get(index).expect("a place in the list")
    }
}

impl<T: Clone> IndexMut<usize> for List<T> {
    fn index_mut(&mut self, index: usize) -> &mut T {
        let key = self.key(index);
        self.items.get_mut(&key).expect("a place in the list")
    }
}

impl<T: Clone> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut list = Self::new();
        for item in items {
            list.push_back(item);
        }
        list
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.len()))?;
        for item in self.iter() {
            sequence.serialize_element(item)?;
        }
        sequence.end()
    }
}

impl<'de, T: Clone + Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<T>::deserialize(deserializer).map(|items| items.into_iter().collect())
    }
}
