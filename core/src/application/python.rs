//! Reads Python.

use super::cursor::{Cursor, DEEPEST};
use super::lexer::Word;
use super::node::{Function, Id, Kind, Literal, Tree};
use std::rc::Rc;

mod expressions;
mod imports;
use expressions::{expression, expressions, pattern};
use imports::{from_import, import};

/// Reads a source.
pub fn read(source: &str) -> Tree {
    let mut c = Cursor::new(source, true);
    let mut body = Vec::new();
    while !c.is_done() {
        body.push(statement_or_unread(&mut c));
    }
    c.tree.root = c.add(Kind::Block, body, 1);
    c.tree
}

fn statement_or_unread(c: &mut Cursor<'_>) -> Id {
    let (start, line) = (c.at, c.line());
    c.depth += 1;
    let found = if c.depth > DEEPEST { None } else { statement(c) };
    c.depth -= 1;
    found.unwrap_or_else(|| {
        c.at = start;
        while !c.is_done() && !c.eat_word(&Word::Newline) {
            c.at += 1;
        }
        let text = c.written(start, c.at);
        if *c.word() == Word::Indent {
            let mut depth = 0;
            while !c.is_done() {
                match c.word() {
                    Word::Indent => depth += 1,
                    Word::Dedent => depth -= 1,
                    _ => {}
                }
                c.at += 1;
                if depth == 0 {
                    break;
                }
            }
        }
        c.add(Kind::Unread(text), Vec::new(), line)
    })
}

/// `:` and what follows: an indented block, or statements on the same line.
fn block(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.must(":")?;
    if !c.eat_word(&Word::Newline) {
        let mut body = vec![simple(c)?];
        while c.eat(";") {
            body.push(simple(c)?);
        }
        c.eat_word(&Word::Newline);
        return Some(c.add(Kind::Block, body, line));
    }
    c.eat_word(&Word::Indent).then_some(())?;
    let mut body = Vec::new();
    while !c.eat_word(&Word::Dedent) {
        if c.is_done() {
            break;
        }
        body.push(statement_or_unread(c));
    }
    Some(c.add(Kind::Block, body, line))
}

fn statement(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if c.is("@") {
        return decorated(c);
    }
    let Word::Name(word) = c.word().clone() else { return simple_line(c) };
    match &*word {
        "if" => if_statement(c),
        "while" => {
            c.at += 1;
            let condition = expression(c)?;
            let body = block(c)?;
            Some(c.add(Kind::While, vec![condition, body], line))
        }
        "for" => {
            c.at += 1;
            let target = pattern(c)?;
            c.eat_name("in").then_some(())?;
            let list = expressions(c)?;
            let body = block(c)?;
            Some(c.add(Kind::ForEach(false), vec![target, list, body], line))
        }
        "def" => definition(c, false).map(|d| d.0),
        "async" => {
            c.at += 1;
            if c.is_name("def") { definition(c, true).map(|d| d.0) } else { statement(c) }
        }
        "class" => class(c),
        "try" => try_statement(c),
        "with" => with_statement(c),
        _ => simple_line(c),
    }
}

fn simple_line(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let mut all = vec![simple(c)?];
    while c.eat(";") {
        if *c.word() != Word::Newline {
            all.push(simple(c)?);
        }
    }
    if !c.eat_word(&Word::Newline) && !c.is_done() {
        return None;
    }
    Some(if all.len() == 1 { all[0] } else { c.add(Kind::Block, all, line) })
}

fn if_statement(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let condition = expression(c)?;
    let mut parts = vec![condition, block(c)?];
    if c.is_name("elif") {
        parts.push(if_statement(c)?);
    } else if c.eat_name("else") {
        parts.push(block(c)?);
    }
    Some(c.add(Kind::If, parts, line))
}

/// A function: its declaration, and its name.
fn definition(c: &mut Cursor<'_>, is_async: bool) -> Option<(Id, Rc<str>)> {
    let line = c.line();
    c.at += 1;
    let name = c.name()?;
    c.must("(")?;
    let (mut parameters, mut rest) = (Vec::new(), false);
    while !c.eat(")") {
        if c.eat(",") || c.eat("/") {
            continue;
        }
        rest = c.is("*");
        let many = c.eat("*") || c.eat("**");
        if many && (c.is(",") || c.is(")")) {
            rest = false;
            continue;
        }
        let parameter = c.name()?;
        let mut target = c.named(&parameter, line);
        if c.eat(":") {
            expression(c)?;
        }
        if c.eat("=") {
            let value = expression(c)?;
            target = c.add(Kind::Logical("??"), vec![target, value], line);
        }
        parameters.push(target);
    }
    if c.eat("->") {
        expression(c)?;
    }
    let body = block(c)?;
    let function = Function { name: name.clone(), parameters, rest, is_async, arrow: false };
    let function = c.add(Kind::Function(Rc::new(function)), vec![body], line);
    let target = c.named(&name, line);
    Some((c.add(Kind::Declare, vec![target, function], line), name))
}

fn decorated(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    let mut decorators = Vec::new();
    while c.eat("@") {
        decorators.push(expression(c)?);
        c.eat_word(&Word::Newline);
    }
    let is_async = c.eat_name("async");
    if !c.is_name("def") {
        return None;
    }
    let (declared, name) = definition(c, is_async)?;
    let mut value = c.tree.nodes[declared as usize].children[1];
    for decorator in decorators.into_iter().rev() {
        value = c.add(Kind::Call(false), vec![decorator, value], line);
    }
    let target = c.named(&name, line);
    Some(c.add(Kind::Declare, vec![target, value], line))
}

fn class(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let name = c.name()?;
    let mut base = None;
    if c.is("(") {
        if let Word::Name(first) = c.ahead(1) {
            base = Some(first.clone()).filter(|b| &**b != "object");
        }
        c.skip_bracket();
    }
    c.must(":")?;
    c.eat_word(&Word::Newline);
    c.eat_word(&Word::Indent).then_some(())?;
    let mut methods = Vec::new();
    while !c.eat_word(&Word::Dedent) {
        if c.is_name("def") {
            let (declared, _) = definition(c, false)?;
            methods.push(c.tree.nodes[declared as usize].children[1]);
        } else if c.eat_name("pass") || matches!(c.word(), Word::Text(_)) {
            if *c.word() != Word::Newline {
                c.at += 1;
            }
            c.eat_word(&Word::Newline);
        } else {
            return None;
        }
    }
    let class = c.add(Kind::Class(name.clone(), base), methods, line);
    let target = c.named(&name, line);
    Some(c.add(Kind::Declare, vec![target, class], line))
}

fn try_statement(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let mut parts = vec![block(c)?];
    let mut handlers = Vec::new();
    while c.eat_name("except") {
        let mut kinds = Vec::new();
        if !c.is(":") {
            let grouped = c.eat("(");
            loop {
                let mut kind = c.name()?.to_string();
                while c.eat(".") {
                    kind = format!("{kind}.{}", c.name()?);
                }
                kinds.push(kind.as_str().into());
                if !grouped || !c.eat(",") {
                    break;
                }
            }
            if grouped {
                c.must(")")?;
            }
        }
        let mut name = None;
        if c.eat_name("as") {
            let own = c.name()?;
            name = Some(c.named(&own, line));
        }
        handlers.push((kinds, name));
        parts.push(block(c)?);
    }
    if c.eat_name("else") {
        let more = block(c)?;
        let both = c.add(Kind::Block, vec![parts[0], more], line);
        parts[0] = both;
    }
    let finally = c.eat_name("finally");
    if finally {
        parts.push(block(c)?);
    }
    Some(c.add(Kind::Try(handlers.into(), finally), parts, line))
}

/// `with a as b, c as d:`; what is opened is closed without being told.
fn with_statement(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let mut all = Vec::new();
    loop {
        let value = expression(c)?;
        if c.eat_name("as") {
            let target = pattern(c)?;
            all.push(c.add(Kind::Declare, vec![target, value], line));
        } else {
            all.push(c.add(Kind::Discard, vec![value], line));
        }
        if !c.eat(",") {
            break;
        }
    }
    all.push(block(c)?);
    Some(c.add(Kind::Block, all, line))
}

/// A statement of one line.
fn simple(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    if let Word::Name(word) = c.word().clone() {
        match &*word {
            "return" => {
                c.at += 1;
                let value = if matches!(c.word(), Word::Newline | Word::End | Word::Sign(";")) {
                    c.literal(Literal::Null)
                } else {
                    expressions(c)?
                };
                return Some(c.add(Kind::Return, vec![value], line));
            }
            "pass" => {
                c.at += 1;
                return Some(c.tree.nothing(line));
            }
            "break" | "continue" => {
                c.at += 1;
                return Some(c.add(
                    if &*word == "break" { Kind::Break } else { Kind::Continue },
                    Vec::new(),
                    line,
                ));
            }
            "raise" => {
                c.at += 1;
                let value = expression(c)?;
                if c.eat_name("from") {
                    expression(c)?;
                }
                return Some(c.add(Kind::Throw, vec![value], line));
            }
            "global" | "nonlocal" => {
                c.at += 1;
                let mut names = vec![c.name()?];
                while c.eat(",") {
                    names.push(c.name()?);
                }
                return Some(c.add(Kind::Global(names.into()), Vec::new(), line));
            }
            "del" => {
                c.at += 1;
                let target = expression(c)?;
                let delete = c.add(Kind::Unary("delete"), vec![target], line);
                return Some(c.add(Kind::Discard, vec![delete], line));
            }
            "import" => return import(c),
            "from" => return from_import(c),
            "assert" | "yield" | "match" if matches!(c.ahead(1), Word::Name(_)) => return None,
            _ => {}
        }
    }
    let target = expressions(c)?;
    if c.eat(":") {
        expression(c)?;
        if !c.is("=") {
            return Some(c.tree.nothing(line));
        }
    }
    let operator = match c.word() {
        Word::Sign("=") => "",
        Word::Sign("+=") => "+",
        Word::Sign("-=") => "-",
        Word::Sign("*=") => "*",
        Word::Sign("/=") => "/",
        Word::Sign("//=") => "//",
        Word::Sign("%=") => "%",
        _ => return Some(c.add(Kind::Discard, vec![target], line)),
    };
    c.at += 1;
    let mut value = expressions(c)?;
    if c.eat("=") {
        // `a = b = x`: the last value goes to both.
        let last = expressions(c)?;
        value = c.add(Kind::Assign(""), vec![value, last], line);
    }
    let target = untupled(c, target);
    let assigned = c.add(Kind::Assign(operator), vec![target, value], line);
    Some(c.add(Kind::Discard, vec![assigned], line))
}

/// `a, b` as something to give values to.
fn untupled(c: &Cursor<'_>, target: Id) -> Id {
    match c.tree.nodes[target as usize].kind {
        Kind::Call(_) => c.tree.nodes[target as usize].children.get(1).copied().unwrap_or(target),
        _ => target,
    }
}
