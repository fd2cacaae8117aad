//! Words compiled: quotes, expansions and their operands.

use super::{Compiler, Done, SyntaxError, compile};
use crate::memory::shell::code::{Action, Op, Parameter, Part, Word};
use brush_parser::word::{
    self, ParameterExpr, ParameterTestType, SpecialParameter, SubstringMatchKind, TildeExpr, WordPiece,
    WordPieceWithSource,
};
use std::rc::Rc;

pub fn name(parameter: &word::Parameter) -> Rc<str> {
    match parameter {
        word::Parameter::Positional(n) => n.to_string().into(),
        word::Parameter::Named(name)
        | word::Parameter::NamedWithIndex { name, .. }
        | word::Parameter::NamedWithAllIndices { name, .. } => name.as_str().into(),
        word::Parameter::Special(special) => match special {
            SpecialParameter::AllPositionalParameters { concatenate: true } => "*".into(),
            SpecialParameter::AllPositionalParameters { concatenate: false } => "@".into(),
            SpecialParameter::PositionalParameterCount => "#".into(),
            SpecialParameter::LastExitStatus => "?".into(),
            SpecialParameter::CurrentOptionFlags => "-".into(),
            SpecialParameter::ProcessId => "$".into(),
            SpecialParameter::LastBackgroundProcessId => "!".into(),
            SpecialParameter::ShellName => "0".into(),
        },
    }
}

impl Compiler<'_> {
    /// A word after brace expansion, which only bash does.
    pub(super) fn words(&mut self, text: &str) -> Result<Vec<Word>, SyntaxError> {
        if self.kind == "bash" && text.contains('{') {
            return crate::shell::braces::expand(text).iter().map(|w| self.word(w)).collect();
        }
        Ok(vec![self.word(text)?])
    }
    pub(super) fn word(&mut self, text: &str) -> Result<Word, SyntaxError> {
        let pieces = word::parse(text, self.options).map_err(|_| SyntaxError::Wrong(1, text.to_owned()))?;
        let mut parts = Vec::new();
        self.pieces(&pieces, false, &mut parts)?;
        Ok(Word { parts })
    }
    /// A word in which quotes mean nothing: arithmetic.
    pub(super) fn text_word(&mut self, text: &str) -> Result<Word, SyntaxError> {
        let pieces =
            word::parse_heredoc(text, self.options).map_err(|_| SyntaxError::Wrong(1, text.to_owned()))?;
        let mut parts = Vec::new();
        self.pieces(&pieces, true, &mut parts)?;
        Ok(Word { parts })
    }
    pub(super) fn pieces(
        &mut self,
        pieces: &[WordPieceWithSource],
        quoted: bool,
        out: &mut Vec<Part>,
    ) -> Done {
        for piece in pieces {
            match &piece.piece {
                WordPiece::Text(text) => out.push(Part::Text(text.as_str().into(), quoted)),
                WordPiece::SingleQuotedText(text) => out.push(Part::Text(text.as_str().into(), true)),
                WordPiece::AnsiCQuotedText(text) => {
                    out.push(Part::Text(crate::shell::printf::escapes(text).into(), true))
                }
                WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                    if inner.is_empty() {
                        out.push(Part::Text("".into(), true));
                    }
                    self.pieces(inner, true, out)?;
                }
                WordPiece::EscapeSequence(text) => {
                    let rest = text.strip_prefix('\\').unwrap_or(text);
                    if rest != "\n" {
                        out.push(Part::Text(rest.into(), true));
                    }
                }
                WordPiece::TildeExpansion(tilde) => out.push(match tilde {
                    TildeExpr::Home => Part::Tilde("".into()),
                    TildeExpr::UserHome(user) => Part::Tilde(user.as_str().into()),
                    TildeExpr::WorkingDir => Part::Tilde("+".into()),
                    _ => Part::Tilde("-".into()),
                }),
                WordPiece::CommandSubstitution(text) | WordPiece::BackquotedCommandSubstitution(text) => {
                    let code = Rc::new(compile(text, self.kind)?);
                    self.emit(Op::Substitute(code));
                    out.push(Part::Output(self.outputs, quoted));
                    self.outputs += 1;
                }
                WordPiece::ArithmeticExpression(expression) => {
                    let word = self.text_word(&expression.value)?;
                    out.push(Part::Arithmetic(Rc::new(word), quoted));
                }
                WordPiece::ParameterExpansion(expression) => {
                    let parameter = self.parameter(expression, quoted)?;
                    out.push(Part::Parameter(Rc::new(parameter), quoted));
                }
            }
        }
        Ok(())
    }
    /// The word after an operator of `${ }`; inside double quotes it is quoted as a whole.
    fn operand(&mut self, text: Option<&String>, quoted: bool) -> Result<Word, SyntaxError> {
        let text = text.map_or("", String::as_str);
        if quoted && !text.contains(['\'', '"']) { self.text_word(text) } else { self.word(text) }
    }
    fn parameter(&mut self, expression: &ParameterExpr, quoted: bool) -> Result<Parameter, SyntaxError> {
        let empty = |t: &ParameterTestType| matches!(t, ParameterTestType::UnsetOrNull);
        let (parameter, action) = match expression {
            ParameterExpr::Parameter { parameter, .. } => (parameter, Action::Value),
            ParameterExpr::UseDefaultValues { parameter, test_type, default_value, .. } => {
                (parameter, Action::Default(self.operand(default_value.as_ref(), quoted)?, empty(test_type)))
            }
            ParameterExpr::AssignDefaultValues { parameter, test_type, default_value, .. } => {
                (parameter, Action::Assign(self.operand(default_value.as_ref(), quoted)?, empty(test_type)))
            }
            ParameterExpr::IndicateErrorIfNullOrUnset { parameter, test_type, error_message, .. } => {
                (parameter, Action::Require(self.operand(error_message.as_ref(), quoted)?, empty(test_type)))
            }
            ParameterExpr::UseAlternativeValue { parameter, test_type, alternative_value, .. } => (
                parameter,
                Action::Alternative(self.operand(alternative_value.as_ref(), quoted)?, empty(test_type)),
            ),
            ParameterExpr::ParameterLength { parameter, .. } => (parameter, Action::Length),
            ParameterExpr::RemoveSmallestSuffixPattern { parameter, pattern, .. } => {
                (parameter, Action::Suffix(self.operand(pattern.as_ref(), false)?, false))
            }
            ParameterExpr::RemoveLargestSuffixPattern { parameter, pattern, .. } => {
                (parameter, Action::Suffix(self.operand(pattern.as_ref(), false)?, true))
            }
            ParameterExpr::RemoveSmallestPrefixPattern { parameter, pattern, .. } => {
                (parameter, Action::Prefix(self.operand(pattern.as_ref(), false)?, false))
            }
            ParameterExpr::RemoveLargestPrefixPattern { parameter, pattern, .. } => {
                (parameter, Action::Prefix(self.operand(pattern.as_ref(), false)?, true))
            }
            ParameterExpr::Substring { parameter, offset, length, .. } => {
                let length = length.as_ref().map(|l| self.text_word(&l.value)).transpose()?;
                (parameter, Action::Substring(self.text_word(&offset.value)?, length))
            }
            ParameterExpr::ReplaceSubstring { parameter, pattern, replacement, match_kind, .. } => {
                let every = matches!(match_kind, SubstringMatchKind::Anywhere);
                (
                    parameter,
                    Action::Replace(
                        self.operand(Some(pattern), false)?,
                        self.operand(replacement.as_ref(), quoted)?,
                        every,
                    ),
                )
            }
            ParameterExpr::UppercaseFirstChar { parameter, .. } => (parameter, Action::Case(true, false)),
            ParameterExpr::UppercasePattern { parameter, .. } => (parameter, Action::Case(true, true)),
            ParameterExpr::LowercaseFirstChar { parameter, .. } => (parameter, Action::Case(false, false)),
            ParameterExpr::LowercasePattern { parameter, .. } => (parameter, Action::Case(false, true)),
            _ => return Ok(Parameter { name: "".into(), action: Action::Bad("${...}".into()) }),
        };
        Ok(Parameter { name: name(parameter), action })
    }
}
