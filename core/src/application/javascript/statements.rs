//! Longer statements of JavaScript: loops, `try`, `switch`, classes, modules.

use super::super::cursor::Cursor;
use super::super::lexer::Word;
use super::super::node::{Id, Kind, Literal};
use super::{
    assignment, block, end, expression, function, nested, parenthesised, pattern, skip_type, statement,
    statement_or_unread,
};

pub(super) fn class(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let name = c.name()?;
    let base = if c.eat_name("extends") { Some(c.name()?) } else { None };
    c.must("{")?;
    let mut methods = Vec::new();
    while !c.eat("}") {
        if c.eat(";") {
            continue;
        }
        let named = |c: &Cursor<'_>| matches!(c.ahead(1), Word::Name(_));
        let is_static = c.is_name("static") && named(c) && c.eat_name("static");
        let is_async = c.is_name("async") && named(c) && c.eat_name("async");
        let method = c.name()?;
        if is_static || !c.is("(") {
            return None;
        }
        methods.push(function(c, &method, is_async)?);
    }
    let class = c.add(Kind::Class(name.clone(), base), methods, line);
    let target = c.named(&name, line);
    Some(c.add(Kind::Declare, vec![target, class], line))
}

/// `switch` as a chain of conditions; a case that falls into a case with statements is not read.
pub(super) fn switch(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let value = parenthesised(c)?;
    c.must("{")?;
    let mut cases: Vec<(Option<Id>, Id)> = Vec::new();
    let mut tests: Option<Id> = None;
    while !c.eat("}") {
        let default = c.eat_name("default");
        if !default {
            c.eat_name("case").then_some(())?;
            let wanted = expression(c)?;
            let test = c.add(Kind::Binary("==="), vec![value, wanted], line);
            tests = Some(match tests {
                Some(before) => c.add(Kind::Logical("||"), vec![before, test], line),
                None => test,
            });
        }
        c.must(":")?;
        let mut body = Vec::new();
        while !c.is_name("case") && !c.is_name("default") && !c.is("}") {
            if c.is_done() {
                return None;
            }
            body.push(statement_or_unread(c));
        }
        if body.is_empty() && !default {
            continue;
        }
        let body = c.add(Kind::Block, body, line);
        cases.push((if default { None } else { tests.take() }, body));
    }
    let mut chain = c.tree.nothing(line);
    for (test, body) in cases.into_iter().rev() {
        chain = match test {
            Some(test) => c.add(Kind::If, vec![test, body, chain], line),
            None => body,
        };
    }
    // `break` leaves a loop that is gone through once.
    let once = c.literal(Literal::Bool(true));
    let leave = c.add(Kind::Break, Vec::new(), line);
    let body = c.add(Kind::Block, vec![chain, leave], line);
    Some(c.add(Kind::While, vec![once, body], line))
}

/// `import a, { b as c } from 'm'`.
pub(super) fn import(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let mut targets = Vec::new();
    if let Word::Text(module) = c.word().clone() {
        c.at += 1;
        end(c)?;
        let module = c.tree.text(&module, line);
        let call = c.tree.call("require", vec![module], line);
        return Some(c.add(Kind::Discard, vec![call], line));
    }
    let mut pairs = Vec::new();
    while !c.eat_name("from") {
        if c.eat(",") {
        } else if c.eat("*") {
            c.eat_name("as").then_some(())?;
            let name = c.name()?;
            targets.push(c.named(&name, line));
        } else if c.eat("{") {
            while !c.eat("}") {
                if c.eat(",") {
                    continue;
                }
                let name = c.name()?;
                let own = if c.eat_name("as") { c.name()? } else { name.clone() };
                let pair = [c.tree.text(&name, line), c.named(&own, line)];
                pairs.extend(pair);
            }
        } else {
            let name = c.name()?;
            targets.push(c.named(&name, line));
        }
    }
    let Word::Text(module) = c.word().clone() else { return None };
    c.at += 1;
    end(c)?;
    if !pairs.is_empty() {
        targets.push(c.add(Kind::Object, pairs, line));
    }
    let mut all = Vec::new();
    for target in targets {
        let module = c.tree.text(&module, line);
        let whole = matches!(c.tree.nodes[target as usize].kind, Kind::Object);
        let call = c.tree.call(if whole { "require" } else { "import" }, vec![module], line);
        all.push(c.add(Kind::Declare, vec![target, call], line));
    }
    Some(c.add(Kind::Block, all, line))
}

/// `export default x`, `export const x = …`, `export function …`, `export { a, b }`.
pub(super) fn export(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let publish = |c: &mut Cursor<'_>, name: &str, value: Id| {
        let exports = c.named("exports", line);
        let member = c.add(Kind::Member(name.into(), false), vec![exports], line);
        let assign = c.add(Kind::Assign(""), vec![member, value], line);
        c.add(Kind::Discard, vec![assign], line)
    };
    if c.eat_name("default") {
        let value = assignment(c)?;
        end(c)?;
        return Some(publish(c, "default", value));
    }
    if c.eat("{") {
        let mut all = Vec::new();
        while !c.eat("}") {
            if !c.eat(",") {
                let name = c.name()?;
                let value = c.named(&name, line);
                all.push(publish(c, &name, value));
            }
        }
        end(c)?;
        return Some(c.add(Kind::Block, all, line));
    }
    let declared = statement(c)?;
    let target = c.tree.nodes[declared as usize].children.first().copied()?;
    let Kind::Name(name) = c.tree.nodes[target as usize].kind.clone() else { return None };
    let value = c.named(&name, line);
    let published = publish(c, &name, value);
    Some(c.add(Kind::Block, vec![declared, published], line))
}

pub(super) fn try_statement(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let mut parts = vec![block(c)?];
    let mut handlers = Vec::new();
    if c.eat_name("catch") {
        let name = if c.eat("(") {
            let name = pattern(c)?;
            skip_type(c);
            c.must(")")?;
            Some(name)
        } else {
            None
        };
        handlers.push((Vec::new(), name));
        parts.push(block(c)?);
    }
    let finally = c.eat_name("finally");
    if finally {
        parts.push(block(c)?);
    }
    Some(c.add(Kind::Try(handlers.into(), finally), parts, line))
}

pub(super) fn for_loop(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    c.eat_name("await");
    c.must("(")?;
    let start = c.at;
    if matches!(c.word(), Word::Name(n) if matches!(&**n, "const" | "let" | "var")) {
        c.at += 1;
        if let Some(target) = pattern(c) {
            let keys = c.is_name("in");
            if keys || c.is_name("of") {
                c.at += 1;
                let list = expression(c)?;
                c.must(")")?;
                let body = nested(c);
                return Some(c.add(Kind::ForEach(keys), vec![target, list, body], line));
            }
        }
        c.at = start;
    }
    let first = if c.eat(";") { c.tree.nothing(line) } else { statement(c)? };
    let test = if c.is(";") { c.literal(Literal::Bool(true)) } else { expression(c)? };
    c.must(";")?;
    let step = if c.is(")") { c.tree.nothing(line) } else { expression(c)? };
    c.must(")")?;
    let body = nested(c);
    Some(c.add(Kind::For, vec![first, test, step, body], line))
}
