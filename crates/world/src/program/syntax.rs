//! The parts of a program: expressions, statements, functions.

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
pub enum Expression {
    /// `None`
    None,
    /// `True`
    Bool(bool),
    /// `7`
    Int(i64),
    /// `"kite"`
    Str(String),
    /// `ages`
    Name(String),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `(a, b)`
    Tuple(Vec<Expression>),
    /// `{a: b}`
    Dict(Vec<(Expression, Expression)>),
    /// `-a`
    Negative(Box<Expression>),
    /// `not a`
    Not(Box<Expression>),
    /// `a + b`, `a and b`
    Binary(Box<Expression>, Operator, Box<Expression>),
    /// `a if condition else b`, as condition, a, b
    Choice(Box<[Expression; 3]>),
    /// `a[b]`
    Index(Box<Expression>, Box<Expression>),
    /// `a[from:to:step]`
    Slice(Box<Expression>, Box<[Option<Expression>; 3]>),
    /// `name(a, b, reverse=c)`
    Call(String, Vec<Expression>, Option<Box<Expression>>),
    /// `a.name(b)`
    Method(Box<Expression>, String, Vec<Expression>),
    /// `[element for names in items if condition]`
    Comprehension(Box<Comprehension>),
}

/// A list made by a loop in one expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comprehension {
    /// What goes into the list.
    pub element: Expression,
    /// What each item is called.
    pub names: Vec<String>,
    /// Where the items come from.
    pub items: Expression,
    /// Which of them count; all, if there is none.
    pub condition: Option<Expression>,
}

/// A line, or a block with its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Counted from one.
    pub line: usize,
    /// What it does.
    pub kind: StatementKind,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// `a = b`, `a[b] = c`
    Assign(Expression, Expression),
    /// `a, b = c`
    Unpack(Vec<String>, Expression),
    /// `a += b`
    Augment(Expression, Operator, Expression),
    /// `for names in items:`
    For(Vec<String>, Expression, Vec<Statement>),
    /// `while condition:`
    While(Expression, Vec<Statement>),
    /// `if condition:` and `else:`; `elif` is an `if` in the `else`
    If(Expression, Vec<Statement>, Vec<Statement>),
    /// `def name(parameters):`
    Define(Function),
    /// `return a`
    Return(Expression),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `pass`
    Pass,
    /// `assert a`
    Assert(Expression),
    /// A call for what it does.
    Do(Expression),
}

/// A function of the program's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// What it is called.
    pub name: String,
    /// What its arguments are called.
    pub parameters: Vec<String>,
    /// What it does; a docstring is an expression that does nothing.
    pub body: Vec<Statement>,
    /// All names that the body assigns, which are the function's own.
    pub own: Vec<String>,
}
