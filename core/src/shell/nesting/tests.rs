use super::too_deep;

#[test]
fn what_people_write_is_read() {
    for text in [
        "for i in 1 2 3; do if [ $i = 2 ]; then echo $((i * (2 + 3))); fi; done".to_owned(),
        "cat > a.c <<EOF\n((((((((((((((((((((((((((((((\nEOF\necho done".to_owned(),
        format!("# {}\necho '{}' \"{}\"", ":( ".repeat(90), "{(".repeat(90), "(".repeat(90)),
        "echo if if if if for case ".repeat(90),
        "a() { echo $(b \"$(c)\"); }; ".repeat(90),
        "case $1 in a) echo a;; b) echo b;; esac\n".repeat(90),
        format!("echo \"{}1{}\"", "${a:-".repeat(10), "}".repeat(10)),
    ] {
        assert!(!too_deep(&text), "{text}");
    }
}

#[test]
fn what_the_parser_cannot_end_is_not_read() {
    for level in [
        "( ",
        "((",
        "$(",
        "\"$(",
        "$((",
        "<(",
        "case a in a) ",
        "{ ",
        "if true; then ",
        "${a:-",
        "a() { ",
        "while ",
    ] {
        assert!(too_deep(&level.repeat(70)), "{level}");
    }
}
