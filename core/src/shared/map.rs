//! A sorted map in chunks of at most [`CHUNK`] entries; each chunk, and the row of chunks, is behind an [`Rc`].

use super::own;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::iter::FlatMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::slice;

/// The most entries of a chunk.
const CHUNK: usize = 64;

type Chunk<K, V> = Rc<Vec<(K, V)>>;

/// A sorted map.
#[derive(Clone)]
pub struct Map<K, V> {
    chunks: Rc<Vec<Chunk<K, V>>>,
    length: usize,
}

/// The entries of a map in order.
pub type Iter<'a, K, V> = FlatMap<
    slice::Iter<'a, Chunk<K, V>>,
    std::iter::Map<slice::Iter<'a, (K, V)>, fn(&(K, V)) -> (&K, &V)>,
    fn(&Chunk<K, V>) -> std::iter::Map<slice::Iter<'_, (K, V)>, fn(&(K, V)) -> (&K, &V)>,
>;

fn parts<K, V>(entry: &(K, V)) -> (&K, &V) {
    (&entry.0, &entry.1)
}

fn entries<K, V>(chunk: &Chunk<K, V>) -> std::iter::Map<slice::Iter<'_, (K, V)>, fn(&(K, V)) -> (&K, &V)> {
    chunk.iter().map(parts)
}

impl<K, V> Map<K, V> {
    /// A map with nothing in it.
    pub fn new() -> Self {
        Self { chunks: Rc::new(Vec::new()), length: 0 }
    }
    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.length
    }
    /// True when there is none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
    /// The entries in order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        self.chunks.iter().flat_map(entries)
    }
    /// The keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(k, _)| k)
    }
    /// The values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, v)| v)
    }
    /// The first entry.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.chunks.first()?.first().map(parts)
    }
    /// The last entry.
    pub fn last(&self) -> Option<(&K, &V)> {
        self.chunks.last()?.last().map(parts)
    }
    /// Where a key is, or would be: the chunk, and the place in it.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<(usize, usize), (usize, usize)>
    where
        K: Borrow<Q>,
    {
        let chunk = self.chunks.partition_point(|c| c[0].0.borrow() <= key).saturating_sub(1);
        let Some(found) = self.chunks.get(chunk) else { return Err((0, 0)) };
        match found.binary_search_by(|(k, _)| k.borrow().cmp(key)) {
            Ok(at) => Ok((chunk, at)),
            Err(at) => Err((chunk, at)),
        }
    }
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|(chunk, at)| &self.chunks[chunk][at].1)
    }
    /// True when the key has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }
    /// The entries from a key on, in order.
    pub fn starting_at<'a, Q: Ord + ?Sized>(
        &'a self,
        key: &Q,
    ) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V, Q>
    where
        K: Borrow<Q>,
    {
        let (Ok((chunk, at)) | Err((chunk, at))) = self.find(key);
        let within = self.chunks.get(chunk).map_or(&[][..], |c| &c[at..]);
        within.iter().chain(self.chunks.iter().skip(chunk + 1).flat_map(|c| c.iter())).map(parts)
    }
}

impl<K: Ord + Clone, V: Clone> Map<K, V> {
    fn chunk(&mut self, chunk: usize) -> &mut Vec<(K, V)> {
        own(&mut own(&mut self.chunks)[chunk])
    }
    /// The value of a key, to change it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (chunk, at) = self.find(key).ok()?;
        Some(&mut self.chunk(chunk)[at].1)
    }
    /// Sets the value of a key; the value that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok((chunk, at)) => Some(std::mem::replace(&mut self.chunk(chunk)[at].1, value)),
            Err(place) => {
                self.add(place, key, value);
                None
            }
        }
    }
    /// The value of a key, made first when there is none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let (chunk, at) = match self.find(&key) {
            Ok(place) => place,
            Err(place) => self.add(place, key, make()),
        };
        &mut self.chunk(chunk)[at].1
    }
    /// Puts an entry into its place; where it came to be.
    fn add(&mut self, (chunk, at): (usize, usize), key: K, value: V) -> (usize, usize) {
        self.length += 1;
        let chunks = own(&mut self.chunks);
        let full = chunks.get(chunk).is_none_or(|c| c.len() >= CHUNK);
        let last = chunk + 1 >= chunks.len();
        if full && last && chunks.get(chunk).is_none_or(|c| c.len() == at) {
            let mut fresh = Vec::with_capacity(4);
            fresh.push((key, value));
            chunks.push(Rc::new(fresh));
            return (chunks.len() - 1, 0);
        }
        let (mut chunk, mut at) = (chunk, at);
        if full {
            let rest = own(&mut chunks[chunk]).split_off(CHUNK / 2);
            chunks.insert(chunk + 1, Rc::new(rest));
            if at > CHUNK / 2 {
                (chunk, at) = (chunk + 1, at - CHUNK / 2);
            }
        }
        own(&mut chunks[chunk]).insert(at, (key, value));
        (chunk, at)
    }
    /// Takes a key out; the value that it had.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (chunk, at) = self.find(key).ok()?;
        self.length -= 1;
        let (_, value) = self.chunk(chunk).remove(at);
        if self.chunks[chunk].is_empty() {
            own(&mut self.chunks).remove(chunk);
        }
        Some(value)
    }
}

impl<K: Ord + Clone, V: Clone> Map<K, V> {
    /// Takes the first entry out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        let key = self.first()?.0.clone();
        let value = self.remove(&key)?;
        Some((key, value))
    }
    /// Keeps the entries that a question is answered with yes for.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        let old = std::mem::take(self);
        for (key, mut value) in old {
            if keep(&key, &mut value) {
                self.insert(key, value);
            }
        }
    }
    /// The values in the order of their keys, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        own(&mut self.chunks).iter_mut().flat_map(|c| own(c).iter_mut()).map(|(_, v)| v)
    }
}

impl<K: Ord + Clone, V: Clone, const N: usize> From<[(K, V); N]> for Map<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Ord + Clone, V: Clone> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Clone, V: Clone> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;
    fn into_iter(self) -> Self::IntoIter {
        let mut all = Vec::with_capacity(self.length);
        for chunk in self.chunks.iter() {
            all.extend_from_slice(chunk);
        }
        all.into_iter()
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.chunks, &other.chunks)
            || (self.length == other.length && self.iter().eq(other.iter()))
    }
}

impl<K: Eq, V: Eq> Eq for Map<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<'a, K, V> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Serialize, V: Serialize> Serialize for Map<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.length))?;
        for (key, value) in self {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, K: Ord + Clone + Deserialize<'de>, V: Clone + Deserialize<'de>> Deserialize<'de> for Map<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Ord + Clone + Deserialize<'de>, V: Clone + Deserialize<'de>> Visitor<'de> for Entries<K, V> {
            type Value = Map<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut map = Map::new();
                while let Some((key, value)) = access.next_entry()? {
                    map.insert(key, value);
                }
                Ok(map)
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}
