//! Expressions of JavaScript.

use super::super::cursor::{Cursor, DEEPEST};
use super::super::lexer::Word;
use super::super::node::{Function, Id, Kind, Literal};
use super::{block, function, parameters};
use std::rc::Rc;

/// Operators with two operands, from those that bind least.
const LEVELS: [&[&str]; 10] = [
    &["??", "||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["===", "!==", "==", "!="],
    &["<", ">", "<=", ">=", "instanceof", "in"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Expressions with commas between them: the last one counts.
pub fn expression(c: &mut Cursor<'_>) -> Option<Id> {
    let first = assignment(c)?;
    if !c.is(",") {
        return Some(first);
    }
    let line = c.line();
    let mut all = vec![first];
    while c.eat(",") {
        all.push(assignment(c)?);
    }
    let list = c.add(Kind::List, all, line);
    let last = c.literal(Literal::Number(-1.0));
    Some(c.add(Kind::Index, vec![list, last], line))
}

/// One expression.
pub fn assignment(c: &mut Cursor<'_>) -> Option<Id> {
    c.depth += 1;
    let found = if c.depth > DEEPEST { None } else { assignment_inner(c) };
    c.depth -= 1;
    found
}

fn assignment_inner(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if let Some(arrow) = arrow(c) {
        return Some(arrow);
    }
    let target = conditional(c)?;
    let operator = match c.word() {
        Word::Sign("=") => "",
        Word::Sign("+=") => "+",
        Word::Sign("-=") => "-",
        Word::Sign("*=") => "*",
        Word::Sign("/=") => "/",
        Word::Sign("%=") => "%",
        Word::Sign("||=") => "||",
        Word::Sign("??=") => "??",
        _ => return Some(target),
    };
    c.at += 1;
    let value = assignment(c)?;
    Some(c.add(Kind::Assign(operator), vec![target, value], line))
}

/// `x => …`, `(a, b) => …`, `async () => …`, or nothing when it is none.
fn arrow(c: &mut Cursor<'_>) -> Option<Id> {
    let (start, line) = (c.at, c.line());
    let is_async = c.is_name("async") && matches!(c.ahead(1), Word::Name(_) | Word::Sign("("));
    let ahead = usize::from(is_async);
    let single = matches!(c.ahead(ahead), Word::Name(_)) && matches!(c.ahead(ahead + 1), Word::Sign("=>"));
    if !single {
        if !matches!(c.ahead(ahead), Word::Sign("(")) {
            return None;
        }
        c.at += ahead;
        c.skip_bracket();
        if c.is(":") {
            super::skip_type(c);
        }
        let found = c.is("=>");
        c.at = start;
        if !found {
            return None;
        }
    }
    c.at += ahead;
    let nodes = c.tree.nodes.len();
    let (parameters, rest) = if single {
        let name = c.name()?;
        (vec![c.named(&name, line)], false)
    } else if let Some(found) = parameters(c) {
        found
    } else {
        c.at = start;
        c.tree.nodes.truncate(nodes);
        return None;
    };
    super::skip_type(c);
    c.must("=>")?;
    let body = if c.is("{") {
        block(c)?
    } else {
        let value = assignment(c)?;
        c.add(Kind::Return, vec![value], line)
    };
    let function = Function { name: "".into(), parameters, rest, is_async, arrow: true };
    Some(c.add(Kind::Function(Rc::new(function)), vec![body], line))
}

fn conditional(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let condition = binary(c, 0)?;
    if !c.eat("?") {
        return Some(condition);
    }
    let yes = assignment(c)?;
    c.must(":")?;
    let no = assignment(c)?;
    Some(c.add(Kind::Conditional, vec![condition, yes, no], line))
}

fn binary(c: &mut Cursor<'_>, level: usize) -> Option<Id> {
    let Some(signs) = LEVELS.get(level) else { return power(c) };
    let mut left = binary(c, level + 1)?;
    loop {
        let line = c.line();
        let found = signs.iter().find(|sign| match c.word() {
            Word::Sign(word) => word == *sign,
            Word::Name(word) => &**word == **sign,
            _ => false,
        });
        let Some(sign) = found else { return Some(left) };
        c.at += 1;
        let right = binary(c, level + 1)?;
        let kind = if level < 2 { Kind::Logical(sign) } else { Kind::Binary(sign) };
        left = c.add(kind, vec![left, right], line);
    }
}

fn power(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let base = unary(c)?;
    if !c.eat("**") {
        return Some(base);
    }
    let exponent = power(c)?;
    Some(c.add(Kind::Binary("**"), vec![base, exponent], line))
}

fn unary(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let prefix =
        ["!", "-", "+", "typeof", "delete", "void", "await", "++", "--"].into_iter().find(|p| {
            match c.word() {
                Word::Sign(sign) => sign == p,
                Word::Name(name) => &**name == *p,
                _ => false,
            }
        });
    let Some(prefix) = prefix else { return postfix(c) };
    c.at += 1;
    let operand = unary(c)?;
    if prefix == "++" || prefix == "--" {
        let one = c.literal(Literal::Number(1.0));
        return Some(c.add(Kind::Assign(if prefix == "++" { "+" } else { "-" }), vec![operand, one], line));
    }
    let kind = if prefix == "await" { Kind::Await } else { Kind::Unary(prefix) };
    Some(c.add(kind, vec![operand], line))
}

fn postfix(c: &mut Cursor<'_>) -> Option<Id> {
    let mut value = if c.eat_name("new") { new(c)? } else { primary(c)? };
    loop {
        let line = c.line();
        match c.word().clone() {
            Word::Sign(".") | Word::Sign("?.") => {
                let optional = c.is("?.");
                c.at += 1;
                if optional && c.is("[") {
                    continue;
                }
                if optional && c.is("(") {
                    return None;
                }
                let name = c.name()?;
                value = c.add(Kind::Member(name, optional), vec![value], line);
            }
            Word::Sign("[") => {
                c.at += 1;
                let index = expression(c)?;
                c.must("]")?;
                value = c.add(Kind::Index, vec![value, index], line);
            }
            Word::Sign("(") => {
                let mut all = vec![value];
                all.extend(arguments(c)?);
                value = c.add(Kind::Call(false), all, line);
            }
            Word::Template(_) => return None,
            Word::Sign(sign @ ("++" | "--")) if !c.is_first() => {
                c.at += 1;
                let one = c.literal(Literal::Number(1.0));
                let kind = Kind::Assign(if sign == "++" { "post+" } else { "post-" });
                return Some(c.add(kind, vec![value, one], line));
            }
            Word::Sign("!") if matches!(c.ahead(1), Word::Sign("." | ")" | ";" | ",")) => c.at += 1,
            Word::Name(name) if &*name == "as" && !c.is_first() && matches!(c.ahead(1), Word::Name(_)) => {
                c.at += 2
            }
            _ => return Some(value),
        }
    }
}

fn new(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let name = c.name()?;
    let mut callee = c.named(&name, line);
    while c.eat(".") {
        let name = c.name()?;
        callee = c.add(Kind::Member(name, false), vec![callee], line);
    }
    let mut all = vec![callee];
    if c.is("(") {
        all.extend(arguments(c)?);
    }
    Some(c.add(Kind::Call(true), all, line))
}

fn arguments(c: &mut Cursor<'_>) -> Option<Vec<Id>> {
    c.must("(")?;
    list(c, ")")
}

fn list(c: &mut Cursor<'_>, close: &str) -> Option<Vec<Id>> {
    let mut all = Vec::new();
    while !c.eat(close) {
        let line = c.line();
        if c.eat(",") {
            continue;
        }
        let spread = c.eat("...");
        let value = assignment(c)?;
        all.push(if spread { c.add(Kind::Spread, vec![value], line) } else { value });
        if !c.is(close) {
            c.must(",")?;
        }
    }
    Some(all)
}

fn primary(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let word = c.word().clone();
    c.at += 1;
    match word {
        Word::Number(number) => Some(c.literal(Literal::Number(number))),
        Word::Text(text) => Some(c.tree.text(&text, line)),
        Word::Template(parts) => template(c, parts, line),
        Word::Pattern(text) => {
            let text = c.tree.text(&text, line);
            Some(c.tree.call("RegExp", vec![text], line))
        }
        Word::Sign("(") => {
            let inner = expression(c)?;
            c.must(")")?;
            Some(inner)
        }
        Word::Sign("[") => {
            let items = list(c, "]")?;
            Some(c.add(Kind::List, items, line))
        }
        Word::Sign("{") => object(c, line),
        Word::Name(name) => match &*name {
            "null" => Some(c.literal(Literal::Null)),
            "undefined" => Some(c.literal(Literal::Nothing)),
            "true" | "false" => Some(c.literal(Literal::Bool(&*name == "true"))),
            "async" if c.is_name("function") => {
                c.at += 1;
                anonymous(c, true)
            }
            "function" => anonymous(c, false),
            "class" | "yield" | "super" => None,
            _ => Some(c.named(&name, line)),
        },
        _ => None,
    }
}

fn anonymous(c: &mut Cursor<'_>, is_async: bool) -> Option<Id> {
    let name = c.name().unwrap_or_else(|| "".into());
    function(c, &name, is_async)
}

fn template(c: &mut Cursor<'_>, parts: Vec<(String, Option<u32>)>, line: u32) -> Option<Id> {
    let mut all = Vec::new();
    for (part, code) in parts {
        all.push(match code {
            None => c.tree.text(&part, line),
            Some(line) => {
                c.inside(&part, false, line, |inner| expression(inner).filter(|_| inner.is_done()))?
            }
        });
    }
    Some(c.add(Kind::Template, all, line))
}

fn object(c: &mut Cursor<'_>, line: u32) -> Option<Id> {
    let mut pairs = Vec::new();
    while !c.eat("}") {
        if c.eat(",") {
            continue;
        }
        if c.eat("...") {
            let key = c.literal(Literal::Nothing);
            pairs.push(key);
            pairs.push(assignment(c)?);
            continue;
        }
        let is_async = c.is_name("async") && matches!(c.ahead(1), Word::Name(_)) && c.eat_name("async");
        let line = c.line();
        let word = c.word().clone();
        c.at += 1;
        let key = match &word {
            Word::Name(name) | Word::Text(name) => c.tree.text(name, line),
            Word::Number(number) => c.literal(Literal::Number(*number)),
            Word::Sign("[") => {
                let key = assignment(c)?;
                c.must("]")?;
                key
            }
            _ => return None,
        };
        let value = if c.eat(":") {
            assignment(c)?
        } else if let (Word::Name(name), true) = (&word, c.is("(")) {
            function(c, name, is_async)?
        } else if let Word::Name(name) = &word {
            c.named(name, line)
        } else {
            return None;
        };
        pairs.extend([key, value]);
    }
    Some(c.add(Kind::Object, pairs, line))
}
