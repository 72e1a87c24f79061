//! The parts of a program: expressions, statements, functions. They borrow their words from its text.

use std::borrow::Cow;

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says which")]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    FloorDivide,
    Remainder,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    And,
    Or,
}

/// Something that has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression<'s> {
    /// `None`
    None,
    /// `True`
    Bool(bool),
    /// `7`
    Int(i64),
    /// `"kite"`
    Str(Cow<'s, str>),
    /// `ages`
    Name(&'s str),
    /// `[a, b]`
    List(Vec<Expression<'s>>),
    /// `(a, b)`
    Tuple(Vec<Expression<'s>>),
    /// `{a: b}`
    Dict(Vec<(Expression<'s>, Expression<'s>)>),
    /// `-a`
    Negative(Box<Expression<'s>>),
    /// `not a`
    Not(Box<Expression<'s>>),
    /// `a + b`, `a and b`
    Binary(Box<Expression<'s>>, Operator, Box<Expression<'s>>),
    /// `a if condition else b`, as condition, a, b
    Choice(Box<[Expression<'s>; 3]>),
    /// `a[b]`
    Index(Box<Expression<'s>>, Box<Expression<'s>>),
    /// `a[from:to:step]`
    Slice(Box<Expression<'s>>, Box<[Option<Expression<'s>>; 3]>),
    /// `name(a, b, reverse=c)`
    Call(&'s str, Vec<Expression<'s>>, Option<Box<Expression<'s>>>),
    /// `a.name(b)`
    Method(Box<Expression<'s>>, &'s str, Vec<Expression<'s>>),
    /// `[element for names in items if condition]`
    Comprehension(Box<Comprehension<'s>>),
}

/// A list made by a loop in one expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comprehension<'s> {
    /// What goes into the list.
    pub element: Expression<'s>,
    /// What each item is called.
    pub names: Vec<&'s str>,
    /// Where the items come from.
    pub items: Expression<'s>,
    /// Which of them count; all, if there is none.
    pub condition: Option<Expression<'s>>,
}

/// A line, or a block with its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'s> {
    /// Counted from one.
    pub line: usize,
    /// What it does.
    pub kind: StatementKind<'s>,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind<'s> {
    /// `a = b`, `a[b] = c`
    Assign(Expression<'s>, Expression<'s>),
    /// `a, b = c`
    Unpack(Vec<&'s str>, Expression<'s>),
    /// `a += b`
    Augment(Expression<'s>, Operator, Expression<'s>),
    /// `for names in items:`
    For(Vec<&'s str>, Expression<'s>, Vec<Statement<'s>>),
    /// `while condition:`
    While(Expression<'s>, Vec<Statement<'s>>),
    /// `if condition:` and `else:`; `elif` is an `if` in the `else`
    If(Expression<'s>, Vec<Statement<'s>>, Vec<Statement<'s>>),
    /// `def name(parameters):`
    Define(Function<'s>),
    /// `return a`
    Return(Expression<'s>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `pass`
    Pass,
    /// `assert a`
    Assert(Expression<'s>),
    /// A call for what it does.
    Do(Expression<'s>),
}

/// A function of the program's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function<'s> {
    /// What it is called.
    pub name: &'s str,
    /// What its arguments are called.
    pub parameters: Vec<&'s str>,
    /// What it does; a docstring is an expression that does nothing.
    pub body: Vec<Statement<'s>>,
    /// All names that the body assigns, which are the function's own.
    pub own: Vec<&'s str>,
}
