//! The builtin `getopts`.

use super::print;
use crate::engine::syscall::Sys;
use crate::memory::shell::Shell;
use std::rc::Rc;

/// `getopts`: the next option, by OPTIND and the letters inside one argument (POSIX utilities).
pub fn getopts(sys: &mut Sys<'_>, shell: &mut Shell, arguments: &[String]) -> u8 {
    let [letters, name, rest @ ..] = arguments else { return 2 };
    let words: Vec<Rc<str>> = match rest {
        [] => shell.positional.to_vec(),
        _ => rest.iter().map(|a| a.as_str().into()).collect(),
    };
    // OPTIND counts from one; how far the letters of one argument are used rides behind a colon in OPTOFF.
    let mut index = shell.get("OPTIND").and_then(|v| v.parse::<usize>().ok()).unwrap_or(1).max(1);
    let kept = shell.get("OPTOFF").unwrap_or_else(|| "".into());
    let mut at = match kept.split_once(':') {
        Some((i, at)) if i.parse() == Ok(index) => at.parse().unwrap_or(1),
        _ => 1,
    };
    let word: Vec<char> = words.get(index - 1).map(|w| w.chars().collect()).unwrap_or_default();
    let end = word.len() < 2 || word[0] != '-' || word == ['-', '-'];
    let option = if end { None } else { word.get(at).copied() };
    let (mut value, mut shown) = (None, option.unwrap_or('?'));
    if word == ['-', '-'] {
        index += 1;
    }
    if let Some(letter) = option {
        at += 1;
        let silent = letters.starts_with(':');
        let known = letters.find(letter).filter(|_| letter != ':');
        let takes = known.is_some_and(|n| letters[n + letter.len_utf8()..].starts_with(':'));
        if takes && at < word.len() {
            value = Some(word[at..].iter().collect::<String>());
            at = word.len();
        } else if takes {
            index += 1;
            value = words.get(index - 1).map(|v| v.to_string());
        }
        if known.is_none() || (takes && value.is_none()) {
            shown = if takes && silent { ':' } else { '?' };
            value = silent.then(|| letter.to_string());
            let bash = &*sys.program() == "bash";
            let text = match (takes, bash) {
                (true, false) => format!("No arg for -{letter} option\n"),
                (false, false) => format!("Illegal option -{letter}\n"),
                (true, true) => format!("{}: option requires an argument -- {letter}\n", shell.name),
                (false, true) => format!("{}: illegal option -- {letter}\n", shell.name),
            };
            if !silent {
                print(sys, shell, 2, text.as_bytes());
            }
        }
        if at >= word.len() {
            index += 1;
            at = 1;
        }
    }
    let _ = shell.set("OPTIND", &index.to_string());
    let _ = shell.set("OPTOFF", &format!("{index}:{at}"));
    let _ = shell.set("OPTARG", &value.unwrap_or_default());
    let _ = shell.set(name, &shown.to_string());
    u8::from(option.is_none())
}
