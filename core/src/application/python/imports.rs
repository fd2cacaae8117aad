//! `import` and `from … import …`.

use super::super::cursor::Cursor;
use super::super::lexer::Word;
use super::super::node::{Id, Kind};
use std::rc::Rc;

pub(super) fn dotted(c: &mut Cursor<'_>) -> Option<String> {
    let mut name = String::new();
    while c.eat(".") {
        name.push('.');
    }
    if matches!(c.word(), Word::Name(n) if &**n != "import") {
        name.push_str(&c.name()?);
        while c.eat(".") {
            name = format!("{name}.{}", c.name()?);
        }
    }
    Some(name)
}

pub(super) fn import(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let mut all = Vec::new();
    loop {
        let module = dotted(c)?;
        let own =
            if c.eat_name("as") { c.name()? } else { module.split('.').next().unwrap_or_default().into() };
        let names: Vec<(Rc<str>, Rc<str>)> = vec![("".into(), own)];
        all.push(c.add(Kind::Import(module.as_str().into(), names.into()), Vec::new(), line));
        if !c.eat(",") {
            break;
        }
    }
    Some(c.add(Kind::Block, all, line))
}

pub(super) fn from_import(c: &mut Cursor<'_>) -> Option<Id> {
    let line = c.line();
    c.at += 1;
    let module = dotted(c)?;
    c.eat_name("import").then_some(())?;
    let grouped = c.eat("(");
    let mut names: Vec<(Rc<str>, Rc<str>)> = Vec::new();
    while let Word::Name(_) = c.word() {
        let name = c.name()?;
        let own = if c.eat_name("as") { c.name()? } else { name.clone() };
        names.push((name, own));
        if !c.eat(",") {
            break;
        }
    }
    if grouped {
        c.must(")")?;
    }
    Some(c.add(Kind::Import(module.as_str().into(), names.into()), Vec::new(), line))
}
