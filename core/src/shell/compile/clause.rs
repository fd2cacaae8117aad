//! Compound commands compiled: `if`, `while`, `for`, `case`.

use super::{Compiler, Done};
use crate::memory::shell::code::Op;
use brush_parser::ast::{self};
use std::rc::Rc;

impl Compiler<'_> {
    pub(super) fn if_clause(&mut self, clause: &ast::IfClauseCommand, strict: bool) -> Done {
        let mut ends = Vec::new();
        self.list(&clause.condition, false)?;
        let mut next = self.emit(Op::JumpIfFailed(0));
        self.list(&clause.then, strict)?;
        ends.push(self.emit(Op::Jump(0)));
        let mut has_else = false;
        for part in clause.elses.iter().flatten() {
            let here = self.here();
            self.land(next, here);
            match &part.condition {
                Some(condition) => {
                    self.list(condition, false)?;
                    next = self.emit(Op::JumpIfFailed(0));
                    self.list(&part.body, strict)?;
                    ends.push(self.emit(Op::Jump(0)));
                }
                None => {
                    has_else = true;
                    self.list(&part.body, strict)?;
                }
            }
        }
        if !has_else {
            let here = self.here();
            self.land(next, here);
            self.emit(Op::Status(0));
        }
        let here = self.here();
        for end in ends {
            self.land(end, here);
        }
        Ok(())
    }
    pub(super) fn while_clause(
        &mut self,
        clause: &ast::WhileOrUntilClauseCommand,
        strict: bool,
        until: bool,
    ) -> Done {
        let enter = self.emit(Op::Enter(0, self.here() + 1));
        let top = self.here();
        self.list(&clause.0, false)?;
        let out = self.emit(if until { Op::JumpIfDone(0) } else { Op::JumpIfFailed(0) });
        self.list(&clause.1.list, strict)?;
        self.emit(Op::Jump(top));
        let here = self.here();
        self.land(out, here);
        self.emit(Op::Status(0));
        let end = self.here();
        self.land(enter, end);
        self.emit(Op::Leave);
        Ok(())
    }
    pub(super) fn for_clause(&mut self, clause: &ast::ForClauseCommand, strict: bool) -> Done {
        let words = match &clause.values {
            Some(values) => {
                let mut words = Vec::new();
                for value in values {
                    words.extend(self.words(&value.value)?);
                }
                Some(words.into())
            }
            None => None,
        };
        let enter = self.emit(Op::EnterFor(words, 0, self.here() + 1));
        self.outputs = 0;
        let next = self.emit(Op::Next(clause.variable_name.as_str().into(), 0));
        self.list(&clause.body.list, strict)?;
        self.emit(Op::Jump(next));
        let end = self.here();
        self.land(next, end);
        self.land(enter, end);
        self.emit(Op::Leave);
        Ok(())
    }
    pub(super) fn arithmetic_for(&mut self, clause: &ast::ArithmeticForClauseCommand, strict: bool) -> Done {
        if let Some(first) = &clause.initializer {
            self.arithmetic(&first.value, false)?;
        }
        let enter = self.emit(Op::Enter(0, 0));
        let top = self.here();
        let mut out = None;
        if let Some(condition) = &clause.condition {
            self.arithmetic(&condition.value, false)?;
            out = Some(self.emit(Op::JumpIfFailed(0)));
        }
        self.list(&clause.body.list, strict)?;
        let next = self.here();
        if let Op::Enter(_, at) = &mut self.code.ops[enter] {
            *at = next;
        }
        if let Some(updater) = &clause.updater {
            self.arithmetic(&updater.value, false)?;
        }
        self.emit(Op::Jump(top));
        let here = self.here();
        if let Some(out) = out {
            self.land(out, here);
        }
        self.emit(Op::Status(0));
        let end = self.here();
        self.land(enter, end);
        self.emit(Op::Leave);
        Ok(())
    }
    pub(super) fn case_clause(&mut self, clause: &ast::CaseClauseCommand, strict: bool) -> Done {
        let subject = self.word(&clause.value.value)?;
        self.emit(Op::Case(Rc::new(subject)));
        self.outputs = 0;
        let mut ends = Vec::new();
        self.emit(Op::Status(0));
        for item in &clause.cases {
            let mut patterns = Vec::new();
            for pattern in &item.patterns {
                patterns.push(self.word(&pattern.value)?);
            }
            let skip = self.emit(Op::Match(patterns.into(), 0));
            self.outputs = 0;
            if let Some(list) = &item.cmd {
                self.list(list, strict)?;
            }
            ends.push(self.emit(Op::Jump(0)));
            let here = self.here();
            self.land(skip, here);
        }
        let here = self.here();
        for end in ends {
            self.land(end, here);
        }
        self.emit(Op::EndCase);
        Ok(())
    }
}
