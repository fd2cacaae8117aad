//! From text to code: `brush-parser` reads the text, this turns its syntax tree into instructions.

mod clause;
mod expansion;

use crate::memory::shell::code::{Code, Op, Part, Redirect, Simple, Target, TestExpression, Word};
use brush_parser::ast::{
    self, AndOr, AndOrList, AssignmentName, AssignmentValue, Command, CommandPrefixOrSuffixItem,
    CompoundCommand, CompoundList, ExtendedTestExpr, IoFileRedirectKind, IoFileRedirectTarget, IoRedirect,
    Pipeline, SeparatorOperator,
};
use brush_parser::word::{self};
use brush_parser::{ParseError, Parser, ParserOptions};
use std::rc::Rc;

/// Why a text is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// More lines may complete it.
    Incomplete,
    /// It is wrong, at this line, at this text.
    Wrong(usize, String),
    /// It nests deeper than is read here.
    Deep,
}

/// Compiles a text for a shell: dash, busybox or bash.
pub fn compile(text: &str, kind: &str) -> Result<Code, SyntaxError> {
    let bash = kind != "dash";
    let options = ParserOptions {
        sh_mode: !bash,
        posix_mode: !bash,
        enable_extended_globbing: bash,
        ..Default::default()
    };
    if super::nesting::too_deep(text) {
        return Err(SyntaxError::Deep);
    }
    let mut parser = Parser::new(text.as_bytes(), &options);
    let program = parser.parse_program().map_err(|e| explain(text, &e))?;
    let mut compiler = Compiler { code: Code::default(), outputs: 0, options: &options, kind };
    for list in &program.complete_commands {
        compiler.list(list, true)?;
    }
    Ok(compiler.code)
}

/// Words that no command begins with.
const CLOSING: [&str; 9] = ["fi", "done", "esac", "then", "do", "else", "elif", "}", ")"];

fn explain(text: &str, error: &ParseError) -> SyntaxError {
    match error {
        ParseError::ParsingAtEndOfInput => match text.split_whitespace().next() {
            Some(word) if CLOSING.contains(&word) => SyntaxError::Wrong(1, word.to_owned()),
            _ => SyntaxError::Incomplete,
        },
        ParseError::Tokenizing { inner, .. } if inner.is_incomplete() => SyntaxError::Incomplete,
        ParseError::ParsingNear(at) => {
            let line = text.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
            let rest: String = line.chars().skip(at.column.saturating_sub(1)).collect();
            let word = rest.split_whitespace().next().unwrap_or("newline").to_owned();
            SyntaxError::Wrong(at.line, word)
        }
        ParseError::Tokenizing { position, .. } => {
            SyntaxError::Wrong(position.as_ref().map_or(1, |p| p.line), "newline".to_owned())
        }
    }
}

pub struct Compiler<'o> {
    code: Code,
    /// Command substitutions since the last command.
    outputs: usize,
    options: &'o ParserOptions,
    kind: &'o str,
}

pub type Done = Result<(), SyntaxError>;

impl Compiler<'_> {
    pub(super) fn emit(&mut self, op: Op) -> usize {
        self.code.ops.push(op);
        self.code.ops.len() - 1
    }

    fn here(&self) -> usize {
        self.code.ops.len()
    }

    /// Sets where a jump leads.
    fn land(&mut self, at: usize, to: usize) {
        match &mut self.code.ops[at] {
            Op::Jump(t)
            | Op::JumpIfFailed(t)
            | Op::JumpIfDone(t)
            | Op::Next(_, t)
            | Op::Match(_, t)
            | Op::Redirect(_, t) => *t = to,
            Op::Enter(end, _) | Op::EnterFor(_, end, _) => *end = to,
            _ => {}
        }
    }

    /// Code for a child.
    fn apart(&self, build: impl FnOnce(&mut Compiler<'_>) -> Done) -> Result<Rc<Code>, SyntaxError> {
        let mut inner = Compiler { code: Code::default(), outputs: 0, ..*self };
        build(&mut inner)?;
        Ok(Rc::new(inner.code))
    }

    fn list(&mut self, list: &CompoundList, strict: bool) -> Done {
        for item in &list.0 {
            match item.1 {
                SeparatorOperator::Async => {
                    let code = self.apart(|inner| inner.and_or(&item.0, strict))?;
                    let text = item.0.to_string();
                    self.emit(Op::Background(code, text.into()));
                }
                SeparatorOperator::Sequence => self.and_or(&item.0, strict)?,
            }
        }
        Ok(())
    }

    fn and_or(&mut self, list: &AndOrList, strict: bool) -> Done {
        let only = list.additional.is_empty();
        self.pipeline(&list.first, strict && only)?;
        for (n, part) in list.additional.iter().enumerate() {
            let last = n + 1 == list.additional.len();
            let (jump, pipeline) = match part {
                AndOr::And(p) => (self.emit(Op::JumpIfFailed(0)), p),
                AndOr::Or(p) => (self.emit(Op::JumpIfDone(0)), p),
            };
            self.pipeline(pipeline, strict && last)?;
            let here = self.here();
            self.land(jump, here);
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, strict: bool) -> Done {
        let strict = strict && !pipeline.bang;
        if let [only] = pipeline.seq.as_slice() {
            self.command(only, strict)?;
        } else {
            let parts: Result<Vec<Rc<Code>>, SyntaxError> =
                pipeline.seq.iter().map(|c| self.apart(|inner| inner.command(c, strict))).collect();
            self.emit(Op::Pipeline(parts?.into(), strict));
        }
        if pipeline.bang {
            self.emit(Op::Not);
        }
        Ok(())
    }

    fn command(&mut self, command: &Command, strict: bool) -> Done {
        match command {
            Command::Simple(simple) => self.simple(simple, strict),
            Command::Compound(compound, redirects) => {
                self.redirected(redirects.as_ref(), |c| c.compound(compound, strict))
            }
            Command::Function(definition) => {
                let body = &definition.body;
                let code = self.apart(|c| c.redirected(body.1.as_ref(), |c| c.compound(&body.0, true)))?;
                self.emit(Op::Function(definition.fname.value.as_str().into(), code));
                Ok(())
            }
            Command::ExtendedTest(test, redirects) => self.redirected(redirects.as_ref(), |c| {
                let expression = c.test(&test.expr)?;
                c.emit(Op::Test(Rc::new(expression), strict));
                c.outputs = 0;
                Ok(())
            }),
        }
    }

    fn redirected(
        &mut self,
        list: Option<&ast::RedirectList>,
        build: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        let Some(list) = list.filter(|l| !l.0.is_empty()) else { return build(self) };
        let mut redirects = Vec::new();
        for redirect in &list.0 {
            self.redirect(redirect, &mut redirects)?;
        }
        let begin = self.emit(Op::Redirect(redirects.into(), 0));
        self.outputs = 0;
        build(self)?;
        self.emit(Op::Restore);
        let here = self.here();
        self.land(begin, here);
        Ok(())
    }

    fn compound(&mut self, compound: &CompoundCommand, strict: bool) -> Done {
        match compound {
            CompoundCommand::BraceGroup(group) => self.list(&group.list, strict),
            CompoundCommand::Subshell(subshell) => {
                let code = self.apart(|c| c.list(&subshell.list, strict))?;
                self.emit(Op::Subshell(code, strict));
                Ok(())
            }
            CompoundCommand::IfClause(clause) => self.if_clause(clause, strict),
            CompoundCommand::WhileClause(clause) => self.while_clause(clause, strict, false),
            CompoundCommand::UntilClause(clause) => self.while_clause(clause, strict, true),
            CompoundCommand::ForClause(clause) => self.for_clause(clause, strict),
            CompoundCommand::CaseClause(clause) => self.case_clause(clause, strict),
            CompoundCommand::Arithmetic(command) => self.arithmetic(&command.expr.value, strict),
            CompoundCommand::ArithmeticForClause(clause) => self.arithmetic_for(clause, strict),
            CompoundCommand::Coprocess(_) => Err(SyntaxError::Wrong(1, "coproc".to_owned())),
        }
    }

    fn arithmetic(&mut self, text: &str, strict: bool) -> Done {
        let word = self.text_word(text)?;
        self.emit(Op::Arithmetic(Rc::new(word), strict));
        self.outputs = 0;
        Ok(())
    }

    fn simple(&mut self, command: &ast::SimpleCommand, strict: bool) -> Done {
        let mut simple = Simple::default();
        if let Some(word) = &command.word_or_name {
            simple.line = word.loc.as_ref().map_or(1, |l| l.start.line as u32);
        }
        for item in command.prefix.iter().flat_map(|p| &p.0) {
            self.item(item, &mut simple, true)?;
        }
        if let Some(name) = &command.word_or_name {
            simple.words.extend(self.words(&name.value)?);
        }
        for item in command.suffix.iter().flat_map(|p| &p.0) {
            self.item(item, &mut simple, false)?;
        }
        self.emit(Op::Simple(Rc::new(simple), strict));
        self.outputs = 0;
        Ok(())
    }

    fn item(&mut self, item: &CommandPrefixOrSuffixItem, simple: &mut Simple, prefix: bool) -> Done {
        match item {
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => self.redirect(redirect, &mut simple.redirects),
            CommandPrefixOrSuffixItem::Word(word) => {
                simple.words.extend(self.words(&word.value)?);
                Ok(())
            }
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                if !prefix {
                    simple.words.push(self.word(&word.value)?);
                    return Ok(());
                }
                let (AssignmentName::VariableName(name), AssignmentValue::Scalar(value)) =
                    (&assignment.name, &assignment.value)
                else {
                    return Err(SyntaxError::Wrong(simple.line as usize, "(".to_owned()));
                };
                let value = self.word(&value.value)?;
                simple.assignments.push((name.as_str().into(), value, assignment.append));
                Ok(())
            }
            CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
                Err(SyntaxError::Wrong(simple.line as usize, "(".to_owned()))
            }
        }
    }

    fn redirect(&mut self, redirect: &IoRedirect, out: &mut Vec<Redirect>) -> Done {
        let number =
            |fd: Option<i32>, default: u32| fd.and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
        let made = match redirect {
            IoRedirect::File(fd, kind, target) => {
                let word = match target {
                    IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
                        self.word(&word.value)?
                    }
                    IoFileRedirectTarget::Fd(n) => {
                        Word { parts: vec![Part::Text(n.to_string().into(), true)] }
                    }
                    IoFileRedirectTarget::ProcessSubstitution(..) => {
                        return Err(SyntaxError::Wrong(1, "(".to_owned()));
                    }
                };
                let (default, target) = match kind {
                    IoFileRedirectKind::Read => (0, Target::Read(word)),
                    IoFileRedirectKind::Write | IoFileRedirectKind::Clobber => (1, Target::Write(word)),
                    IoFileRedirectKind::Append => (1, Target::Append(word)),
                    IoFileRedirectKind::ReadAndWrite => (0, Target::Both(word)),
                    IoFileRedirectKind::DuplicateInput => (0, Target::Duplicate(word)),
                    IoFileRedirectKind::DuplicateOutput => (1, Target::Duplicate(word)),
                };
                Redirect { fd: number(*fd, default), target }
            }
            IoRedirect::HereDocument(fd, document) => {
                let word = if document.requires_expansion {
                    let pieces = word::parse_heredoc(&document.doc.value, self.options)
                        .map_err(|_| SyntaxError::Wrong(1, "<<".to_owned()))?;
                    let mut parts = Vec::new();
                    self.pieces(&pieces, true, &mut parts)?;
                    Word { parts }
                } else {
                    Word { parts: vec![Part::Text(document.doc.value.as_str().into(), true)] }
                };
                Redirect { fd: number(*fd, 0), target: Target::Text(word) }
            }
            IoRedirect::HereString(fd, text) => {
                let mut word = self.word(&text.value)?;
                word.parts.push(Part::Text("\n".into(), true));
                Redirect { fd: number(*fd, 0), target: Target::Text(word) }
            }
            IoRedirect::OutputAndError(word, append) => {
                Redirect { fd: 1, target: Target::All(self.word(&word.value)?, *append) }
            }
        };
        out.push(made);
        Ok(())
    }

    fn test(&mut self, expression: &ExtendedTestExpr) -> Result<TestExpression, SyntaxError> {
        Ok(match expression {
            ExtendedTestExpr::And(a, b) => {
                TestExpression::And(Box::new(self.test(a)?), Box::new(self.test(b)?))
            }
            ExtendedTestExpr::Or(a, b) => {
                TestExpression::Or(Box::new(self.test(a)?), Box::new(self.test(b)?))
            }
            ExtendedTestExpr::Not(a) => TestExpression::Not(Box::new(self.test(a)?)),
            ExtendedTestExpr::Parenthesized(a) => self.test(a)?,
            ExtendedTestExpr::UnaryTest(operator, word) => {
                TestExpression::Primary(vec![self.word(&word.value)?], operator.to_string().into())
            }
            ExtendedTestExpr::BinaryTest(operator, a, b) => TestExpression::Primary(
                vec![self.word(&a.value)?, self.word(&b.value)?],
                operator.to_string().into(),
            ),
        })
    }
}
