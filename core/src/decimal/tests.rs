use super::{brief, decimal, fixed};

#[test]
fn numbers_that_people_type_are_read_as_the_standard_library_reads_them() {
    for text in
        ["0", "1", "-3", "+4", "1.5", ".25", "3.", "0.1", "62.9", "1e3", "2.5E-3", "1234567.875", "0.000001"]
    {
        assert_eq!(decimal(text), text.parse().ok(), "{text}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in ["", ".", "-", "one", "1.2.3", "1x", "inf", "NaN", "e3", "1e", "--1"] {
        assert_eq!(decimal(text), None, "{text}");
    }
}

#[test]
fn numbers_are_written_as_the_standard_library_writes_them() {
    for value in [
        0.0,
        0.05,
        0.15,
        0.25,
        0.35,
        1.45,
        2.675,
        1.0,
        1.5,
        -2.25,
        9.995,
        62.94,
        0.125,
        1234.5678,
        43_910_000.4,
    ] {
        for digits in [0, 1, 2, 3, 6] {
            assert_eq!(fixed(value, digits), format!("{value:.digits$}"), "{value}");
        }
    }
    assert_eq!([brief(7.1, 2), brief(7.0, 2), brief(100.0, 0)], ["7.1", "7", "100"]);
}
