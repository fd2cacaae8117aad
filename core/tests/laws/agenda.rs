//! Law 4: one agenda; equal times run in order of insertion.

use drydock::agenda::{Agenda, Task};
use drydock::time::Time;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_due_comes_by_time_and_then_by_insertion(times in prop::collection::vec(0_u64..50, 0..200)) {
        let mut agenda = Agenda::default();
        for (n, due) in times.iter().enumerate() {
            agenda.add(Time(0), Time(*due), Task::Progress(n as u64));
        }
        let mut expected: Vec<(u64, u64)> = times.iter().enumerate().map(|(n, due)| (*due, n as u64)).collect();
        expected.sort_unstable();
        let mut seen = Vec::new();
        while let Some((id, entry)) = agenda.take_due(Time(49)) {
            let Task::Progress(number) = entry.task else { panic!("another task") };
            seen.push((id.due.0, number));
        }
        prop_assert_eq!(seen, expected);
    }
}
