//! Reads JavaScript, and TypeScript without its types where they are simple.

mod expressions;
mod statements;

use super::cursor::{Cursor, DEEPEST};
use super::lexer::Word;
use super::node::{Function, Id, Kind, Literal, Tree};
use expressions::{assignment, expression};
use statements::{class, export, for_loop, import, switch, try_statement};
use std::rc::Rc;

/// Reads a source.
pub fn read(source: &str) -> Tree {
    let mut c = Cursor::new(source, false);
    let mut body = Vec::new();
    while !c.is_done() {
        body.push(statement_or_unread(&mut c));
    }
    hoist(&mut c, &mut body);
    c.tree.root = c.add(Kind::Block, body, 1);
    c.tree
}

/// Declared functions are there before the other statements of their block.
fn hoist(c: &mut Cursor<'_>, body: &mut [Id]) {
    let declared = |id: &Id| {
        let node = &c.tree.nodes[*id as usize];
        let [target, value] = node.children.as_slice() else { return true };
        match (&node.kind, &c.tree.nodes[*target as usize].kind, &c.tree.nodes[*value as usize].kind) {
            (Kind::Declare, Kind::Name(name), Kind::Function(function)) => {
                function.arrow || function.name != *name
            }
            _ => true,
        }
    };
    let mut order: Vec<(bool, Id)> = body.iter().map(|id| (declared(id), *id)).collect();
    crate::shared::sort_by(&mut order, |a, b| a.0.cmp(&b.0));
    body.iter_mut().zip(order).for_each(|(place, (_, id))| *place = id);
}

/// A statement, or what is left of one that is not understood.
fn statement_or_unread(c: &mut Cursor<'_>) -> Id {
    let (start, line) = (c.at, c.line());
    c.depth += 1;
    let found = if c.depth > DEEPEST { None } else { statement(c) };
    c.depth -= 1;
    found.unwrap_or_else(|| {
        c.at = start;
        loop {
            if matches!(c.word(), Word::Sign("(" | "[" | "{")) {
                c.skip_bracket();
            } else {
                c.at += 1;
            }
            if c.is_done() || c.is("}") || c.eat(";") || c.is_first() && !c.is(".") {
                break;
            }
        }
        let text = c.written(start, c.at);
        if c.is("}") && start == c.at {
            c.at += 1;
        }
        c.add(Kind::Unread(text), Vec::new(), line)
    })
}

fn block(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.must("{")?;
    let mut body = Vec::new();
    while !c.is("}") {
        if c.is_done() {
            return None;
        }
        body.push(statement_or_unread(c));
    }
    c.at += 1;
    hoist(c, &mut body);
    Some(c.add(Kind::Block, body, line))
}

/// The end of a statement: `;`, the end of the line, or of the block.
fn end(c: &mut Cursor<'_>) -> Option<()> {
    (c.eat(";") || c.is("}") || c.is_first() || c.is_done()).then_some(())
}

fn statement(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if c.is("{") {
        return block(c);
    }
    if c.eat(";") {
        return Some(c.tree.nothing(line));
    }
    let Word::Name(word) = c.word().clone() else { return expression_statement(c) };
    let function_follows = matches!(c.ahead(1), Word::Name(n) if &**n == "function");
    match &*word {
        "const" | "let" | "var" => declarations(c),
        "function" => declared_function(c, false),
        "async" if function_follows => {
            c.at += 1;
            declared_function(c, true)
        }
        "class" => class(c),
        "if" => {
            c.at += 1;
            let condition = parenthesised(c)?;
            let mut parts = vec![condition, nested(c)];
            if c.eat_name("else") {
                parts.push(nested(c));
            }
            Some(c.add(Kind::If, parts, line))
        }
        "while" => {
            c.at += 1;
            let condition = parenthesised(c)?;
            let body = nested(c);
            Some(c.add(Kind::While, vec![condition, body], line))
        }
        "for" => for_loop(c),
        "return" | "throw" => {
            c.at += 1;
            let ends = c.is(";") || c.is("}") || c.is_first() || c.is_done();
            let value = if ends { c.tree.nothing(line) } else { expression(c)? };
            end(c)?;
            Some(c.add(if &*word == "throw" { Kind::Throw } else { Kind::Return }, vec![value], line))
        }
        "break" | "continue" => {
            c.at += 1;
            end(c)?;
            Some(c.add(if &*word == "break" { Kind::Break } else { Kind::Continue }, Vec::new(), line))
        }
        "try" => try_statement(c),
        "switch" => switch(c),
        "import" if !matches!(c.ahead(1), Word::Sign("(" | ".")) => import(c),
        "export" => export(c),
        _ => expression_statement(c),
    }
}

/// A statement that another one governs.
fn nested(c: &mut Cursor<'_>) -> Id {
    statement_or_unread(c)
}

fn parenthesised(c: &mut Cursor<'_>) -> Option<Id> {
    c.must("(")?;
    let value = expression(c)?;
    c.must(")")?;
    Some(value)
}

fn expression_statement(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let value = expression(c)?;
    end(c)?;
    Some(c.add(Kind::Discard, vec![value], line))
}

fn declarations(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let mut all = Vec::new();
    loop {
        let target = pattern(c)?;
        skip_type(c);
        let value = if c.eat("=") { assignment(c)? } else { c.tree.nothing(line) };
        all.push(c.add(Kind::Declare, vec![target, value], line));
        if !c.eat(",") {
            break;
        }
    }
    end(c)?;
    Some(if all.len() == 1 { all[0] } else { c.add(Kind::Block, all, line) })
}

/// `: string` after a name (TypeScript): names, dots, brackets.
fn skip_type(c: &mut Cursor<'_>) {
    if !c.eat(":") {
        return;
    }
    loop {
        if matches!(c.word(), Word::Sign("(" | "[" | "{")) {
            c.skip_bracket();
        } else if matches!(c.word(), Word::Name(_) | Word::Text(_) | Word::Sign("." | "|" | "<" | ">")) {
            c.at += 1;
        } else {
            return;
        }
    }
}

/// What a value is given to: a name, `{ a, b: c }` or `[a, b]`, perhaps with a default.
fn pattern(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if c.eat("[") {
        let mut items = Vec::new();
        while !c.eat("]") {
            if c.eat(",") {
                continue;
            }
            items.push(with_default(c)?);
        }
        return Some(c.add(Kind::List, items, line));
    }
    if !c.eat("{") {
        let name = c.name()?;
        return Some(c.named(&name, line));
    }
    let mut pairs = Vec::new();
    while !c.eat("}") {
        if c.eat(",") {
            continue;
        }
        if c.eat("...") {
            let key = c.literal(Literal::Nothing);
            pairs.push(key);
            pairs.push(pattern(c)?);
            continue;
        }
        let name = match c.word().clone() {
            Word::Name(name) | Word::Text(name) => name,
            _ => return None,
        };
        let key = c.tree.text(&name, line);
        pairs.push(key);
        if matches!(c.ahead(1), Word::Sign(":")) {
            c.at += 2;
        }
        pairs.push(with_default(c)?);
    }
    Some(c.add(Kind::Object, pairs, line))
}

fn with_default(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if c.eat("...") {
        let inner = pattern(c)?;
        return Some(c.add(Kind::Spread, vec![inner], line));
    }
    let target = pattern(c)?;
    c.eat("?");
    skip_type(c);
    if c.eat("=") {
        let value = assignment(c)?;
        return Some(c.add(Kind::Logical("??"), vec![target, value], line));
    }
    Some(target)
}

fn declared_function(c: &mut Cursor<'_>, is_async: bool) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    c.eat("*");
    let name = c.name()?;
    let function = function(c, &name, is_async)?;
    let target = c.named(&name, line);
    Some(c.add(Kind::Declare, vec![target, function], line))
}

/// Parameters and body.
fn function(c: &mut Cursor<'_>, name: &str, is_async: bool) -> Option<Id> {
    let line = c.line();
    let (parameters, rest) = parameters(c)?;
    skip_type(c);
    let body = block(c)?;
    let function = Function { name: name.into(), parameters, rest, is_async, arrow: false };
    Some(c.add(Kind::Function(Rc::new(function)), vec![body], line))
}

fn parameters(c: &mut Cursor<'_>) -> Option<(Vec<Id>, bool)> {
    c.must("(")?;
    let (mut all, mut rest) = (Vec::new(), false);
    while !c.eat(")") {
        if c.eat(",") {
            continue;
        }
        rest = c.is("...");
        c.eat("...");
        all.push(with_default(c)?);
    }
    Some((all, rest))
}
