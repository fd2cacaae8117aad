//! What a reader makes of a source: nodes of one small language that JavaScript and Python have in common.

use std::rc::Rc;

/// A node's number in its [`Tree`].
pub type Id = u32;

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`, `None`.
    Null,
    /// `undefined`, and what a statement leaves.
    Nothing,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(Rc<str>),
}

/// A function as it was written; its body is its node's only child.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name, or nothing for one without.
    pub name: Rc<str>,
    /// Nodes of what takes its arguments: names or patterns.
    pub parameters: Vec<Id>,
    /// The last parameter takes all that is left.
    pub rest: bool,
    /// `async`.
    pub is_async: bool,
    /// It keeps the `this` of where it was written.
    pub arrow: bool,
}

/// A handler of an exception: the kinds it takes (none: all), and the name that it gives it.
pub type Handler = (Vec<Rc<str>>, Option<Id>);

/// What a node is; the order of its children is in the comment.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A literal.
    Literal(Literal),
    /// A name.
    Name(Rc<str>),
    /// Parts that make one text. With `true` a part may be a pair of value and format (Python).
    Template,
    /// Items.
    List,
    /// Keys and values in turn; `...x` has the key `Nothing`.
    Object,
    /// `...x`, `*x`, `**x`.
    Spread,
    /// `name=x` in a call.
    Keyword(Rc<str>),
    /// `x.name`; with `true`, `x?.name`.
    Member(Rc<str>, bool),
    /// `x[y]`.
    Index,
    /// `x[a:b]`.
    Slice,
    /// Callee, arguments; with `true`, `new`.
    Call(bool),
    /// An operator with one operand.
    Unary(&'static str),
    /// An operator with two.
    Binary(&'static str),
    /// `&&`, `||`, `??`: left, right when it decides.
    Logical(&'static str),
    /// Condition, value, other value.
    Conditional,
    /// Target, value. Operators such as `+` for `+=`; `post+` and `post-` leave the old value.
    Assign(&'static str),
    /// Target, value: in the scope of the function.
    Declare,
    /// A function.
    Function(Rc<Function>),
    /// `await x`.
    Await,
    /// Value, pattern, list, condition (or none): a list made of another.
    Comprehension,
    /// Statements.
    Block,
    /// An expression whose value is not used.
    Discard,
    /// Condition, then, else (or none).
    If,
    /// Condition, body.
    While,
    /// Pattern, list, body; with `true` the keys.
    ForEach(bool),
    /// Start, condition, step, body.
    For,
    /// A value or none.
    Return,
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// A value.
    Throw,
    /// Body, a block for each handler, and with `true` what is done in any case.
    Try(Rc<[Handler]>, bool),
    /// Methods (functions); the name of the class, what it extends.
    Class(Rc<str>, Option<Rc<str>>),
    /// Names that belong to the module (Python).
    Global(Rc<[Rc<str>]>),
    /// `import module`: the module, and the names taken of it with the names they get.
    Import(Rc<str>, Rc<[(Rc<str>, Rc<str>)]>),
    /// What the reader does not know, as it was written.
    Unread(Rc<str>),
}

/// A node: what it is, its children, its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its children.
    pub children: Vec<Id>,
    /// The line it begins in, from one.
    pub line: u32,
}

/// The nodes of one source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// All nodes.
    pub nodes: Vec<Node>,
    /// The node that is the whole.
    pub root: Id,
}

impl Tree {
    /// Adds a node.
    pub fn add(&mut self, kind: Kind, children: Vec<Id>, line: u32) -> Id {
        self.nodes.push(Node { kind, children, line });
        self.nodes.len() as Id - 1
    }
    /// A node that does nothing.
    pub fn nothing(&mut self, line: u32) -> Id {
        self.add(Kind::Literal(Literal::Nothing), Vec::new(), line)
    }
    /// A literal text.
    pub fn text(&mut self, text: &str, line: u32) -> Id {
        self.add(Kind::Literal(Literal::Text(text.into())), Vec::new(), line)
    }
    /// A call of a function by its name.
    pub fn call(&mut self, name: &str, mut arguments: Vec<Id>, line: u32) -> Id {
        let callee = self.add(Kind::Name(name.into()), Vec::new(), line);
        arguments.insert(0, callee);
        self.add(Kind::Call(false), arguments, line)
    }
}
