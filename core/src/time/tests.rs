use super::*;

#[test]
fn the_world_begins_on_a_monday_morning() {
    let c = Time(0).calendar();
    assert_eq!((c.year, c.month, c.day, c.hour, c.weekday), (2026, 1, 5, 9, 1));
    assert_eq!(Time(1_500_000).rfc3339(), "2026-01-05T09:00:01.500000000Z");
}

#[test]
fn leap_days_are_days() {
    let c = Calendar::from_unix(1_709_164_800);
    assert_eq!((c.year, c.month, c.day), (2024, 2, 29));
}
