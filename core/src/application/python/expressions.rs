//! Expressions of Python.

use super::super::cursor::{Cursor, DEEPEST};
use super::super::lexer::Word;
use super::super::node::{Function, Id, Kind, Literal};
use std::rc::Rc;

/// Operators with two operands, from those that bind least, above comparisons.
const LEVELS: [&[&str]; 6] =
    [&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"], &["*", "/", "//", "%", "@"]];

/// Expressions with commas between them: one, or a tuple.
pub fn expressions(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let first = starred(c)?;
    if !c.is(",") {
        return Some(first);
    }
    let mut all = vec![first];
    while c.eat(",") {
        if matches!(c.word(), Word::Newline | Word::End | Word::Sign("=" | ")" | "]" | ":")) {
            break;
        }
        all.push(starred(c)?);
    }
    Some(tuple(c, all, line))
}

fn tuple(c: &mut Cursor<'_>, items: Vec<Id>, line: u32) -> Id {
    let list = c.add(Kind::List, items, line);
    c.tree.call("tuple", vec![list], line)
}

fn starred(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if c.eat("*") || c.eat("**") {
        let value = expression(c)?;
        return Some(c.add(Kind::Spread, vec![value], line));
    }
    expression(c)
}

/// What values are given to in a loop: a name, or names with commas.
pub fn pattern(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let grouped = c.eat("(");
    let name = c.name()?;
    let mut all = vec![c.named(&name, line)];
    while c.eat(",") {
        all.push(pattern(c)?);
    }
    if grouped {
        c.must(")")?;
    }
    Some(if all.len() == 1 { all[0] } else { c.add(Kind::List, all, line) })
}

/// One expression.
pub fn expression(c: &mut Cursor<'_>) -> Option<Id> {
    c.depth += 1;
    let found = if c.depth > DEEPEST { None } else { conditional(c) };
    c.depth -= 1;
    found
}

fn conditional(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if c.eat_name("lambda") {
        let mut parameters = Vec::new();
        while !c.eat(":") {
            if !c.eat(",") {
                let name = c.name()?;
                parameters.push(c.named(&name, line));
            }
        }
        let value = expression(c)?;
        let body = c.add(Kind::Return, vec![value], line);
        let function =
            Function { name: "<lambda>".into(), parameters, rest: false, is_async: false, arrow: true };
        return Some(c.add(Kind::Function(Rc::new(function)), vec![body], line));
    }
    let value = either(c)?;
    if !c.eat_name("if") {
        return Some(value);
    }
    let condition = either(c)?;
    c.eat_name("else").then_some(())?;
    let other = expression(c)?;
    Some(c.add(Kind::Conditional, vec![condition, value, other], line))
}

fn either(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let mut left = both(c)?;
    while c.eat_name("or") {
        let right = both(c)?;
        left = c.add(Kind::Logical("or"), vec![left, right], line);
    }
    Some(left)
}

fn both(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let mut left = negation(c)?;
    while c.eat_name("and") {
        let right = negation(c)?;
        left = c.add(Kind::Logical("and"), vec![left, right], line);
    }
    Some(left)
}

fn negation(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if c.eat_name("not") {
        let value = negation(c)?;
        return Some(c.add(Kind::Unary("not"), vec![value], line));
    }
    let mut left = binary(c, 0)?;
    loop {
        let operator = match c.word().clone() {
            Word::Sign(sign @ ("==" | "!=" | "<" | ">" | "<=" | ">=")) => {
                c.at += 1;
                sign
            }
            Word::Name(name) if &*name == "in" => {
                c.at += 1;
                "in"
            }
            Word::Name(name) if &*name == "not" && matches!(c.ahead(1), Word::Name(n) if &**n == "in") => {
                c.at += 2;
                "not in"
            }
            Word::Name(name) if &*name == "is" => {
                c.at += 1;
                if c.eat_name("not") { "is not" } else { "is" }
            }
            _ => return Some(left),
        };
        let right = binary(c, 0)?;
        left = c.add(Kind::Binary(operator), vec![left, right], line);
    }
}

fn binary(c: &mut Cursor<'_>, level: usize) -> Option<Id> {
    let Some(signs) = LEVELS.get(level) else { return unary(c) };
    let mut left = binary(c, level + 1)?;
    loop {
        let line = c.line();
        let Some(sign) = signs.iter().find(|s| c.is(s)) else { return Some(left) };
        c.at += 1;
        let right = binary(c, level + 1)?;
        left = c.add(Kind::Binary(sign), vec![left, right], line);
    }
}

fn unary(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if c.eat("-") {
        let value = unary(c)?;
        return Some(c.add(Kind::Unary("-"), vec![value], line));
    }
    if c.eat_name("await") {
        let value = unary(c)?;
        return Some(c.add(Kind::Await, vec![value], line));
    }
    let base = postfix(c)?;
    if !c.eat("**") {
        return Some(base);
    }
    let exponent = unary(c)?;
    Some(c.add(Kind::Binary("**"), vec![base, exponent], line))
}

fn postfix(c: &mut Cursor<'_>) -> Option<Id> {
    let mut value = primary(c)?;
    loop {
        let line = c.line();
        if c.eat(".") {
            let name = c.name()?;
            value = c.add(Kind::Member(name, false), vec![value], line);
        } else if c.eat("(") {
            let mut all = vec![value];
            arguments(c, &mut all)?;
            value = c.add(Kind::Call(false), all, line);
        } else if c.eat("[") {
            value = subscript(c, value, line)?;
        } else {
            return Some(value);
        }
    }
}

fn arguments(c: &mut Cursor<'_>, all: &mut Vec<Id>) -> Option<()> {
    while !c.eat(")") {
        let line = c.line();
        if c.eat(",") {
            continue;
        }
        if let (Word::Name(name), Word::Sign("=")) = (c.word().clone(), c.ahead(1).clone()) {
            c.at += 2;
            let value = expression(c)?;
            all.push(c.add(Kind::Keyword(name), vec![value], line));
            continue;
        }
        let value = starred(c)?;
        let value = if c.is_name("for") { comprehension(c, value, line)? } else { value };
        all.push(value);
    }
    Some(())
}

fn subscript(c: &mut Cursor<'_>, value: Id, line: u32) -> Option<Id> {
    let nothing = |c: &mut Cursor<'_>| c.literal(Literal::Nothing);
    let first = if c.is(":") { nothing(c) } else { expressions(c)? };
    if c.eat("]") {
        return Some(c.add(Kind::Index, vec![value, first], line));
    }
    c.must(":")?;
    let second = if c.is("]") { nothing(c) } else { expression(c)? };
    c.must("]")?;
    Some(c.add(Kind::Slice, vec![value, first, second], line))
}

/// `for x in list if condition` after a value.
fn comprehension(c: &mut Cursor<'_>, value: Id, line: u32) -> Option<Id> {
    c.eat_name("for").then_some(())?;
    let target = pattern(c)?;
    c.eat_name("in").then_some(())?;
    let list = either(c)?;
    let mut parts = vec![value, target, list];
    if c.eat_name("if") {
        parts.push(either(c)?);
    }
    if c.is_name("for") || c.is_name("if") {
        return None;
    }
    Some(c.add(Kind::Comprehension, parts, line))
}

fn primary(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let word = c.word().clone();
    c.at += 1;
    match word {
        Word::Number(number) => Some(c.literal(Literal::Number(number))),
        Word::Text(_) | Word::Template(_) => {
            c.at -= 1;
            strings(c, line)
        }
        Word::Sign("(") => {
            if c.eat(")") {
                return Some(tuple(c, Vec::new(), line));
            }
            let inner = expressions(c)?;
            let inner = if c.is_name("for") { comprehension(c, inner, line)? } else { inner };
            c.must(")")?;
            Some(inner)
        }
        Word::Sign("[") => {
            let mut items = Vec::new();
            while !c.eat("]") {
                if c.eat(",") {
                    continue;
                }
                let value = starred(c)?;
                if c.is_name("for") {
                    let list = comprehension(c, value, line)?;
                    c.must("]")?;
                    return Some(list);
                }
                items.push(value);
            }
            Some(c.add(Kind::List, items, line))
        }
        Word::Sign("{") => dictionary(c, line),
        Word::Name(name) => match &*name {
            "None" => Some(c.literal(Literal::Null)),
            "True" | "False" => Some(c.literal(Literal::Bool(&*name == "True"))),
            "yield" | "if" | "else" | "for" | "in" | "and" | "or" => None,
            _ => Some(c.named(&name, line)),
        },
        _ => None,
    }
}

fn dictionary(c: &mut Cursor<'_>, line: u32) -> Option<Id> {
    let mut pairs = Vec::new();
    while !c.eat("}") {
        if c.eat(",") {
            continue;
        }
        if c.eat("**") {
            let key = c.literal(Literal::Nothing);
            pairs.push(key);
            pairs.push(expression(c)?);
            continue;
        }
        pairs.push(expression(c)?);
        c.must(":")?;
        pairs.push(expression(c)?);
        if c.is_name("for") {
            return None;
        }
    }
    Some(c.add(Kind::Object, pairs, line))
}

/// Texts beside one another are one.
fn strings(c: &mut Cursor<'_>, line: u32) -> Option<Id> {
    let mut parts = Vec::new();
    loop {
        match c.word().clone() {
            Word::Text(text) => {
                c.at += 1;
                parts.push(c.tree.text(&text, line));
            }
            Word::Template(pieces) => {
                c.at += 1;
                for (piece, code) in pieces {
                    let Some(code_line) = code else {
                        parts.push(c.tree.text(&piece, line));
                        continue;
                    };
                    let (code, format) = formatted(&piece);
                    let value = c.inside(code, true, code_line, expression)?;
                    let part = match format {
                        Some(format) => {
                            let format = c.tree.text(format, line);
                            c.tree.call("format", vec![value, format], line)
                        }
                        None => value,
                    };
                    parts.push(part);
                }
            }
            _ => break,
        }
    }
    Some(if parts.len() == 1 && matches!(c.tree.nodes[parts[0] as usize].kind, Kind::Literal(_)) {
        parts[0]
    } else {
        c.add(Kind::Template, parts, line)
    })
}

/// `value:format` of a text with code in it.
fn formatted(code: &str) -> (&str, Option<&str>) {
    let mut depth = 0;
    for (at, letter) in code.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ':' if depth == 0 => return (&code[..at], Some(&code[at + 1..])),
            '!' if depth == 0 && !code[at..].starts_with("!=") => return (&code[..at], None),
            _ => {}
        }
    }
    (code.trim_end_matches('='), None)
}
