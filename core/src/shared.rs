//! Collections that are cheap to copy: a copy shares everything, and a change copies only the chunk it touches (law 1).
//!
//! [`Map`] keeps its entries sorted in small shared chunks, and the others are made of it. A million entries are two
//! levels, and every type that is kept in one costs the page a few hundred bytes.

mod list;
mod map;
mod set;

pub use list::List;
pub use map::Map;
pub use set::Set;
use std::cmp::Ordering;
use std::rc::Rc;

/// What is shared, to change it: copied first when another holds it too. There are no weak holders here, which
/// makes this half of [`Rc::make_mut`]'s bytes per type.
pub fn own<T: Clone>(shared: &mut Rc<T>) -> &mut T {
    if Rc::strong_count(shared) != 1 {
        *shared = Rc::new(T::clone(shared));
    }
    Rc::get_mut(shared).expect("held by one, and never weakly")
}

/// Sorts by a comparison; equals keep their order. A place is found by halving and taken by shifting, which is
/// quick for the few thousand lines that are ever sorted here, and a tenth of the standard sort's bytes per type.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    for end in 1..items.len() {
        let (sorted, rest) = items.split_at(end);
        let at = sorted.partition_point(|item| compare(item, &rest[0]) != Ordering::Greater);
        items[at..=end].rotate_right(1);
    }
}

#[cfg(test)]
mod tests;
