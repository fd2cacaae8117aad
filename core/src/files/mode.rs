//! Modes of files as `chmod` writes them (POSIX, chmod): octal and symbolic.

/// The mode that a text makes of an old one; nothing when it is none.
pub fn apply(text: &str, old: u32, directory: bool) -> Option<u32> {
    if let Ok(mode) = u32::from_str_radix(text, 8) {
        return Some(mode);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at(at);
        let shifts: Vec<u32> = if who.is_empty() || who.contains('a') {
            vec![6, 3, 0]
        } else {
            [('u', 6), ('g', 3), ('o', 0)].iter().filter(|w| who.contains(w.0)).map(|w| w.1).collect()
        };
        let mut bits = 0;
        for letter in rest[1..].chars() {
            bits |= match letter {
                'r' => 4,
                'w' => 2,
                'x' => 1,
                's' | 't' => continue,
                'X' => u32::from(directory || old & 0o111 != 0),
                _ => return None,
            };
        }
        for shift in shifts {
            match &rest[..1] {
                "+" => mode |= bits << shift,
                "-" => mode &= !(bits << shift),
                _ => mode = mode & !(7 << shift) | bits << shift,
            }
        }
    }
    Some(mode)
}
