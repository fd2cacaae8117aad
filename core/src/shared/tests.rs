use super::{List, Map, sort_by};
use proptest::prelude::*;
use std::collections::BTreeMap;

proptest! {
    /// A map of ours is the standard library's map, and its copies do not change with it.
    #[test]
    fn a_map_is_a_sorted_map(steps in prop::collection::vec((0_u16..400, any::<bool>()), 0..600)) {
        let (mut ours, mut model) = (Map::new(), BTreeMap::new());
        let half = steps.len() / 2;
        let mut kept = None;
        for (n, (key, add)) in steps.into_iter().enumerate() {
            if n == half {
                kept = Some((ours.clone(), model.clone()));
            }
            if add {
                prop_assert_eq!(ours.insert(key, n), model.insert(key, n));
            } else {
                prop_assert_eq!(ours.remove(&key), model.remove(&key));
            }
        }
        for (ours, model) in kept.into_iter().chain([(ours, model)]) {
            prop_assert_eq!(ours.len(), model.len());
            prop_assert!(ours.iter().eq(model.iter()));
            prop_assert!(ours.starting_at(&200).eq(model.range(200..)));
            prop_assert_eq!(ours.first(), model.first_key_value());
            prop_assert_eq!(ours.last(), model.last_key_value());
            let text = postcard::to_allocvec(&ours).expect("it has a form");
            prop_assert_eq!(&postcard::from_bytes::<Map<u16, usize>>(&text).expect("and comes back"), &ours);
        }
    }
}

#[test]
fn sorting_keeps_the_order_of_equals() {
    let mut pairs: Vec<(u8, u32)> = (0..500).map(|n| ((n * 37 % 11) as u8, n)).collect();
    let mut expected = pairs.clone();
    expected.sort_by_key(|p| p.0);
    sort_by(&mut pairs, |a, b| a.0.cmp(&b.0));
    assert_eq!(pairs, expected);
}

#[test]
fn a_list_forgets_its_beginning_and_keeps_its_places() {
    let mut list: List<u32> = (0..200).collect();
    for expected in 0..100 {
        assert_eq!(list.pop_front(), Some(expected));
    }
    list[3] = 7;
    assert_eq!((list.len(), list[0], list[3], list.last()), (100, 100, 7, Some(&199)));
    assert_eq!(list.starting_at(98).copied().collect::<Vec<_>>(), [198, 199]);
    assert_eq!(list.get(100), None);
}
