use super::*;

fn screen(bytes: &str) -> String {
    let mut terminal = Terminal::default();
    terminal.write(bytes.as_bytes());
    terminal.text()
}

#[test]
fn lines_are_rewritten_in_place() {
    assert_eq!(screen("a: 1%\nb: 1%\n\u{1b}[2A\r\u{1b}[Ka: 50%\n\u{1b}[1B"), "a: 50%\nb: 1%\n");
    assert_eq!(screen("12345\rab"), "ab345");
}

#[test]
fn colours_and_tabs() {
    assert_eq!(screen("\u{1b}[1;32mok\u{1b}[0m\tx"), "ok      x");
}

#[test]
fn clear_leaves_nothing() {
    assert_eq!(screen("abc\ndef\u{1b}[H\u{1b}[2J\u{1b}[3J$ "), "$ ");
}

#[test]
fn a_character_may_arrive_in_two_pieces() {
    let mut terminal = Terminal::default();
    terminal.write(&[0xc3]);
    terminal.write(&[0xa9]);
    assert_eq!(terminal.text(), "é");
}
