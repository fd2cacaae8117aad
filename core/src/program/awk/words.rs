//! The words of an awk program: names, constants, signs.

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    /// A name with a parenthesis right behind it.
    Function(String),
    Sign(&'static str),
    End,
}

/// What is written with signs; the longest first.
const SIGNS: [&str; 43] = [
    "**=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "==", "<=", ">=", "!=", "!~", ">>",
    "**", "\n", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", ">", "<", "|",
    "?", ":", "~", "$", "=", "&",
];

/// Words of a program, each with its line.
pub fn tokens(text: &str) -> Result<Vec<(Token, usize)>, String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut out) = (0, 1, Vec::<(Token, usize)>::new());
    while let Some(&c) = chars.get(at) {
        let operand = matches!(
            out.last(),
            Some((
                Token::Number(_)
                    | Token::Text(_)
                    | Token::Name(_)
                    | Token::Sign(")" | "]" | "$" | "++" | "--"),
                _
            ))
        );
        if matches!(c, ' ' | '\t' | '\r') || c == '\\' && chars.get(at + 1) == Some(&'\n') {
            at += if c == '\\' { 2 } else { 1 };
        } else if c == '#' {
            at += chars[at..].iter().take_while(|c| **c != '\n').count();
        } else if c == '"' || c == '/' && !operand {
            let mut piece = String::new();
            let mut bracket = false;
            at += 1;
            loop {
                match (chars.get(at), chars.get(at + 1)) {
                    (None | Some('\n'), _) => {
                        return Err(format!(
                            "line {line}: runaway {}",
                            if c == '"' { "string constant" } else { "regular expression" }
                        ));
                    }
                    (Some('\\'), Some(next)) => {
                        if !(c == '/' && *next == '/') {
                            piece.push('\\');
                        }
                        piece.push(*next);
                        at += 1;
                    }
                    (Some(d), _) if *d == c && !bracket => break,
                    (Some(d), _) => {
                        bracket = c == '/' && (*d == '[' || bracket && *d != ']');
                        piece.push(*d);
                    }
                }
                at += 1;
            }
            at += 1;
            let token = if c == '"' { Token::Text(unescaped(&piece)) } else { Token::Regex(piece) };
            out.push((token, line));
        } else if c.is_ascii_digit() || c == '.' && chars.get(at + 1).is_some_and(char::is_ascii_digit) {
            let rest: String = chars[at..].iter().take(64).collect();
            let length = super::value::numeric_length(&rest);
            out.push((Token::Number(crate::decimal::decimal(&rest[..length]).unwrap_or(0.0)), line));
            at += length;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let name: String =
                chars[at..].iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
            at += name.len();
            let call = chars.get(at) == Some(&'(') && !KEYWORDS.contains(&name.as_str());
            out.push((if call { Token::Function(name) } else { Token::Name(name) }, line));
        } else {
            let here = |sign: &&&str| sign.chars().enumerate().all(|(n, s)| chars.get(at + n) == Some(&s));
            let Some(sign) = SIGNS.iter().find(here) else {
                return Err(format!("line {line}: unexpected character '{c}'"));
            };
            line += usize::from(c == '\n');
            at += sign.len();
            out.push((
                Token::Sign(match *sign {
                    "**" => "^",
                    "**=" => "^=",
                    other => other,
                }),
                line,
            ));
        }
    }
    out.push((Token::End, line));
    Ok(out)
}

/// A text constant with its escapes; a backslash before another letter stays.
fn unescaped(text: &str) -> String {
    crate::shell::printf::escapes(&text.replace("\\\"", "\"").replace("\\/", "/"))
}

/// Names that are part of the grammar.
pub const KEYWORDS: [&str; 19] = [
    "BEGIN", "END", "if", "else", "while", "for", "do", "in", "next", "break", "continue", "exit", "return",
    "delete", "print", "printf", "getline", "function", "func",
];
