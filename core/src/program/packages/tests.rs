//! Every line of every catalogue is a package, and what it needs has a line too.

use super::{CATALOGUES, closure, find, shown};

#[test]
fn every_line_is_a_package_whose_needs_are_there() {
    for (file, text) in CATALOGUES {
        for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let name = line.split(' ').next().unwrap_or_default();
            let package = find(text, name).unwrap_or_else(|| panic!("{file}: {line}"));
            let all = closure(text, &[name.to_owned()], true);
            assert!(all.is_ok(), "{file}: {name} needs {all:?}");
            assert!(package.size > 0 && package.name == name, "{file}: {line}");
        }
    }
}

#[test]
fn what_is_needed_comes_first() {
    let all = closure(CATALOGUES[0].1, &["curl".to_owned()], false).expect("curl is known");
    let names: Vec<&str> = all.iter().map(|p| p.name).collect();
    assert_eq!(names, ["libnghttp2-14", "libssh2-1", "libcurl4", "curl"]);
    assert_eq!(closure(CATALOGUES[0].1, &["nosuch".to_owned()], false), Err("nosuch".to_owned()));
}

#[test]
fn sizes_are_written_as_the_tools_write_them() {
    assert_eq!(
        [shown(999), shown(504_000), shown(1_234_567), shown(46_700_000)],
        ["999 B", "504 kB", "1,234 kB", "46.7 MB"]
    );
}
