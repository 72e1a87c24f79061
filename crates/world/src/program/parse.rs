//! Tokens to statements, by recursive descent in the order of Python's grammar (The Python Language
//! Reference, "Full Grammar specification"), of which this is a small part.
//!
//! Chained comparisons, `lambda`, classes, imports, exceptions, slices as targets and functions in
//! functions are left out on purpose: each is a syntax error that says so.

use super::error::{Error, Result};
use super::lexer::{Token, is_keyword, tokens};
use super::syntax::{Comprehension, Expression, Function, Operator, Statement, StatementKind};

/// How deep expressions and blocks may nest.
const DEEPEST: usize = 40;

/// How many operators one statement may have.
const LONGEST: usize = 100;

/// A program's statements.
pub(super) fn parse(source: &str) -> Result<Vec<Statement<'_>>> {
    let tokens = tokens(source)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
        in_function: false,
        loops: 0,
        operators: 0,
        is_over: false,
    };
    let mut statements = Vec::new();
    while parser.peek() != &Token::End {
        statements.push(parser.statement()?);
    }
    Ok(statements)
}

struct Parser<'s> {
    tokens: Vec<(Token<'s>, usize)>,
    at: usize,
    depth: usize,
    in_function: bool,
    loops: usize,
    /// How many the statement has so far.
    operators: usize,
    /// Whether the token behind the last factor is one that ends any expression, so that nobody
    /// who called for that factor needs to look for an operator.
    is_over: bool,
}

impl<'s> Parser<'s> {
    fn peek(&self) -> &Token<'s> {
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }

    fn line(&self) -> usize {
        self.tokens[self.at.min(self.tokens.len() - 1)].1
    }

    fn error<T>(&self, what: impl Into<String>) -> Result<T> {
        Err(Error::Syntax { line: self.line(), what: what.into() })
    }

    /// Whether the next token is this word or sign; if so, it is taken.
    #[inline]
    fn takes(&mut self, text: &str) -> bool {
        let same = match self.peek() {
            Token::Name(name) => *name == text,
            Token::Sign(sign) => *sign == text,
            _ => false,
        };
        self.at += usize::from(same);
        same
    }

    fn expect(&mut self, text: &str) -> Result<()> {
        if self.takes(text) { Ok(()) } else { self.error(format!("expected {text:?}")) }
    }

    fn expect_token(&mut self, token: &Token, what: &str) -> Result<()> {
        if self.peek() != token {
            return self.error(format!("expected {what}"));
        }
        self.at += 1;
        Ok(())
    }

    fn name(&mut self) -> Result<&'s str> {
        match *self.peek() {
            Token::Name(name) if !is_keyword(name) => {
                self.at += 1;
                Ok(name)
            }
            _ => self.error("expected a name"),
        }
    }

    fn names(&mut self) -> Result<Vec<&'s str>> {
        let mut names = vec![self.name()?];
        while self.takes(",") {
            names.push(self.name()?);
        }
        Ok(names)
    }

    /// Runs `parse` one level deeper, unless that is too deep.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEEPEST {
            return self.error("the program nests too deep");
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn statement(&mut self) -> Result<Statement<'s>> {
        let line = self.line();
        self.operators = 0;
        let kind = match () {
            () if self.takes("for") => self.for_loop()?,
            () if self.takes("while") => {
                let condition = self.expression()?;
                self.loops += 1;
                let body = self.block();
                self.loops -= 1;
                StatementKind::While(condition, body?)
            }
            () if self.takes("if") => self.condition()?,
            () if self.takes("def") => self.function()?,
            () => {
                let kind = self.simple()?;
                self.expect_token(&Token::Newline, "the end of the line")?;
                kind
            }
        };
        Ok(Statement { line, kind })
    }

    fn block(&mut self) -> Result<Vec<Statement<'s>>> {
        self.expect(":")?;
        self.expect_token(&Token::Newline, "a new line after the colon")?;
        self.expect_token(&Token::Indent, "an indented block")?;
        self.deeper(|parser| {
            let mut statements = Vec::new();
            while parser.peek() != &Token::Dedent {
                statements.push(parser.statement()?);
            }
            parser.at += 1;
            Ok(statements)
        })
    }

    fn for_loop(&mut self) -> Result<StatementKind<'s>> {
        let names = self.names()?;
        self.expect("in")?;
        let items = self.expression()?;
        self.loops += 1;
        let body = self.block();
        self.loops -= 1;
        Ok(StatementKind::For(names, items, body?))
    }

    fn condition(&mut self) -> Result<StatementKind<'s>> {
        let condition = self.expression()?;
        let then = self.block()?;
        let line = self.line();
        let otherwise = if self.takes("elif") {
            let kind = self.deeper(Self::condition)?;
            vec![Statement { line, kind }]
        } else if self.takes("else") {
            self.block()?
        } else {
            Vec::new()
        };
        Ok(StatementKind::If(condition, then, otherwise))
    }

    fn function(&mut self) -> Result<StatementKind<'s>> {
        if self.in_function || self.depth > 0 {
            return self.error("functions stand at the top of the program here");
        }
        let name = self.name()?;
        self.expect("(")?;
        let parameters = if self.takes(")") {
            Vec::new()
        } else {
            let names = self.names()?;
            self.expect(")")?;
            names
        };
        self.in_function = true;
        let body = self.block();
        self.in_function = false;
        let body = body?;
        let mut own = parameters.clone();
        assigned(&body, &mut own);
        Ok(StatementKind::Define(Function { name, parameters, body, own }))
    }

    fn simple(&mut self) -> Result<StatementKind<'s>> {
        if self.takes("pass") {
            return Ok(StatementKind::Pass);
        }
        for (word, kind) in [("break", StatementKind::Break), ("continue", StatementKind::Continue)]
        {
            if self.takes(word) {
                return if self.loops > 0 {
                    Ok(kind)
                } else {
                    self.error("this is for loops only")
                };
            }
        }
        if self.takes("assert") {
            return Ok(StatementKind::Assert(self.expression()?));
        }
        if self.takes("return") {
            if !self.in_function {
                return self.error("only a function returns");
            }
            let nothing = self.peek() == &Token::Newline;
            let value = if nothing { Expression::None } else { self.expressions()? };
            return Ok(StatementKind::Return(value));
        }
        let target = self.expressions()?;
        if self.takes("=") {
            let value = self.expressions()?;
            return match target {
                Expression::Tuple(names) => Ok(StatementKind::Unpack(self.plain(names)?, value)),
                target => Ok(StatementKind::Assign(self.target(target)?, value)),
            };
        }
        for (sign, operator) in [
            ("+=", Operator::Add),
            ("-=", Operator::Subtract),
            ("*=", Operator::Multiply),
            ("//=", Operator::FloorDivide),
            ("%=", Operator::Remainder),
        ] {
            if self.takes(sign) {
                let value = self.expression()?;
                return Ok(StatementKind::Augment(self.target(target)?, operator, value));
            }
        }
        Ok(StatementKind::Do(target))
    }

    fn target(&self, target: Expression<'s>) -> Result<Expression<'s>> {
        match target {
            Expression::Name(_) | Expression::Index(..) => Ok(target),
            _ => self.error("only names and items can be assigned to"),
        }
    }

    fn plain(&self, targets: Vec<Expression<'s>>) -> Result<Vec<&'s str>> {
        let names = targets.into_iter().map(|target| match target {
            Expression::Name(name) => Ok(name),
            _ => self.error("only names can be assigned to side by side"),
        });
        names.collect()
    }

    /// One expression, or several side by side as a tuple.
    fn expressions(&mut self) -> Result<Expression<'s>> {
        let first = self.expression()?;
        if !self.takes(",") {
            return Ok(first);
        }
        let mut all = vec![first, self.expression()?];
        while self.takes(",") {
            all.push(self.expression()?);
        }
        Ok(Expression::Tuple(all))
    }

    fn expression(&mut self) -> Result<Expression<'s>> {
        self.deeper(|parser| {
            if parser.is_lone() {
                return parser.factor();
            }
            let value = parser.disjunction()?;
            if parser.is_over || !parser.takes("if") {
                return Ok(value);
            }
            let condition = parser.disjunction()?;
            parser.expect("else")?;
            let other = parser.expression()?;
            Ok(Expression::Choice(Box::new([condition, value, other])))
        })
    }

    /// Whether one token is the whole expression, as in most lists: no operator is to be looked for.
    fn is_lone(&self) -> bool {
        let starts = match self.peek() {
            Token::Int(_) | Token::Str(_) => true,
            Token::Name(name) => *name != "not",
            _ => false,
        };
        starts && ends(self.tokens.get(self.at + 1).map(|t| &t.0))
    }

    fn disjunction(&mut self) -> Result<Expression<'s>> {
        let mut left = self.conjunction()?;
        while !self.is_over && self.takes("or") {
            let right = self.conjunction()?;
            left = self.binary(left, Operator::Or, right)?;
        }
        Ok(left)
    }

    fn binary(
        &mut self,
        left: Expression<'s>,
        operator: Operator,
        right: Expression<'s>,
    ) -> Result<Expression<'s>> {
        self.one_more()?;
        Ok(Expression::Binary(Box::new(left), operator, Box::new(right)))
    }

    /// Counts an operator, so that no expression grows into a chain that is too deep to follow.
    fn one_more(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators > LONGEST { self.error("the statement is too long") } else { Ok(()) }
    }

    fn conjunction(&mut self) -> Result<Expression<'s>> {
        let mut left = self.inversion()?;
        while !self.is_over && self.takes("and") {
            let right = self.inversion()?;
            left = self.binary(left, Operator::And, right)?;
        }
        Ok(left)
    }

    fn inversion(&mut self) -> Result<Expression<'s>> {
        if self.takes("not") {
            return self.deeper(|parser| Ok(Expression::Not(Box::new(parser.inversion()?))));
        }
        let left = self.sum()?;
        if self.is_over {
            return Ok(left);
        }
        let Some(operator) = self.comparison()? else { return Ok(left) };
        let right = self.sum()?;
        if !self.is_over && self.comparison()?.is_some() {
            return self.error("comparisons are not chained here; join them with `and`");
        }
        self.binary(left, operator, right)
    }

    fn comparison(&mut self) -> Result<Option<Operator>> {
        for (sign, operator) in [
            ("==", Operator::Equal),
            ("!=", Operator::Unequal),
            ("<", Operator::Less),
            ("<=", Operator::LessOrEqual),
            (">", Operator::Greater),
            (">=", Operator::GreaterOrEqual),
            ("in", Operator::In),
        ] {
            if self.takes(sign) {
                return Ok(Some(operator));
            }
        }
        if self.takes("not") {
            self.expect("in")?;
            return Ok(Some(Operator::NotIn));
        }
        Ok(None)
    }

    fn sum(&mut self) -> Result<Expression<'s>> {
        let mut left = self.term()?;
        loop {
            let operator = match () {
                () if self.is_over => return Ok(left),
                () if self.takes("+") => Operator::Add,
                () if self.takes("-") => Operator::Subtract,
                () => return Ok(left),
            };
            let right = self.term()?;
            left = self.binary(left, operator, right)?;
        }
    }

    fn term(&mut self) -> Result<Expression<'s>> {
        let mut left = self.factor()?;
        loop {
            let operator = match () {
                () if self.is_over => return Ok(left),
                () if self.takes("*") => Operator::Multiply,
                () if self.takes("//") => Operator::FloorDivide,
                () if self.takes("%") => Operator::Remainder,
                () => return Ok(left),
            };
            let right = self.factor()?;
            left = self.binary(left, operator, right)?;
        }
    }

    fn factor(&mut self) -> Result<Expression<'s>> {
        if self.takes("-") {
            return self.deeper(|parser| Ok(Expression::Negative(Box::new(parser.factor()?))));
        }
        let mut value = self.atom()?;
        loop {
            self.one_more()?;
            if self.takes("[") {
                value = self.subscript(value)?;
            } else if self.takes(".") {
                let name = self.name()?;
                self.expect("(")?;
                let arguments = self.list_until(")")?;
                value = Expression::Method(Box::new(value), name, arguments);
            } else {
                self.operators -= 1;
                self.is_over = ends(Some(self.peek()));
                return Ok(value);
            }
        }
    }

    fn subscript(&mut self, value: Expression<'s>) -> Result<Expression<'s>> {
        let mut parts = [None, None, None];
        let mut colons = 0;
        loop {
            if self.takes("]") {
                break;
            }
            if self.takes(":") {
                colons += 1;
                if colons > 2 {
                    return self.error("a slice has two colons at most");
                }
            } else if parts[colons].is_none() {
                parts[colons] = Some(self.expression()?);
            } else {
                return self.error("expected \"]\"");
            }
        }
        if colons > 0 {
            return Ok(Expression::Slice(Box::new(value), Box::new(parts)));
        }
        let [Some(index), ..] = parts else { return self.error("expected an index") };
        Ok(Expression::Index(Box::new(value), Box::new(index)))
    }

    fn atom(&mut self) -> Result<Expression<'s>> {
        match self.peek() {
            &Token::Int(value) => {
                self.at += 1;
                Ok(Expression::Int(value))
            }
            Token::Str(value) => {
                let value = value.clone();
                self.at += 1;
                Ok(Expression::Str(value))
            }
            Token::Sign("(") => self.parenthesis(),
            Token::Sign("[") => self.list(),
            Token::Sign("{") => self.dict(),
            Token::Name(_) => self.word(),
            _ => self.error("expected a value"),
        }
    }

    fn word(&mut self) -> Result<Expression<'s>> {
        if self.takes("None") {
            return Ok(Expression::None);
        }
        if self.takes("True") {
            return Ok(Expression::Bool(true));
        }
        if self.takes("False") {
            return Ok(Expression::Bool(false));
        }
        let name = self.name()?;
        if self.takes("(") { self.call(name) } else { Ok(Expression::Name(name)) }
    }

    fn call(&mut self, name: &'s str) -> Result<Expression<'s>> {
        let mut arguments = Vec::new();
        let mut reverse = None;
        while !self.takes(")") {
            let after = self.tokens.get(self.at + 1).map(|t| &t.0);
            if after == Some(&Token::Sign("=")) {
                if !self.takes("reverse") || name != "sorted" {
                    return self.error("the only named argument here is sorted's reverse");
                }
                self.expect("=")?;
                reverse = Some(Box::new(self.expression()?));
            } else {
                let value = self.expression()?;
                if arguments.is_empty() && self.takes("for") {
                    arguments.push(self.comprehension(value, ")")?);
                    return Ok(Expression::Call(name, arguments, None));
                }
                arguments.push(value);
            }
            if !self.takes(",") && self.peek() != &Token::Sign(")") {
                return self.error("expected \",\" or \")\"");
            }
        }
        Ok(Expression::Call(name, arguments, reverse))
    }

    /// What follows `[element for`.
    fn comprehension(&mut self, element: Expression<'s>, close: &str) -> Result<Expression<'s>> {
        let names = self.names()?;
        self.expect("in")?;
        let items = self.disjunction()?;
        let condition = if self.takes("if") { Some(self.disjunction()?) } else { None };
        self.expect(close)?;
        Ok(Expression::Comprehension(Box::new(Comprehension { element, names, items, condition })))
    }

    fn list_until(&mut self, close: &str) -> Result<Vec<Expression<'s>>> {
        let mut all = Vec::new();
        while !self.takes(close) {
            all.push(self.expression()?);
            if self.takes(close) {
                break;
            }
            self.expect(",")?;
        }
        Ok(all)
    }

    fn list(&mut self) -> Result<Expression<'s>> {
        self.expect("[")?;
        if self.takes("]") {
            return Ok(Expression::List(Vec::new()));
        }
        let first = self.expression()?;
        if self.takes("for") {
            return self.comprehension(first, "]");
        }
        let mut all = vec![first];
        if !self.takes("]") {
            self.expect(",")?;
            all.extend(self.list_until("]")?);
        }
        Ok(Expression::List(all))
    }

    fn parenthesis(&mut self) -> Result<Expression<'s>> {
        self.expect("(")?;
        let value = self.expressions()?;
        self.expect(")")?;
        Ok(value)
    }

    fn dict(&mut self) -> Result<Expression<'s>> {
        self.expect("{")?;
        let mut pairs = Vec::new();
        while !self.takes("}") {
            let key = self.expression()?;
            self.expect(":")?;
            pairs.push((key, self.expression()?));
            if !self.takes(",") && self.peek() != &Token::Sign("}") {
                return self.error("expected \",\" or \"}\"");
            }
        }
        Ok(Expression::Dict(pairs))
    }
}

/// Whether an expression cannot go on with this token.
fn ends(token: Option<&Token>) -> bool {
    matches!(token, Some(Token::Newline | Token::Sign("," | ")" | "]" | "}" | ":")))
}

/// Adds every name that statements assign.
fn assigned<'s>(body: &[Statement<'s>], names: &mut Vec<&'s str>) {
    for statement in body {
        match &statement.kind {
            StatementKind::Assign(Expression::Name(name), _)
            | StatementKind::Augment(Expression::Name(name), ..) => names.push(name),
            StatementKind::Unpack(more, _) => names.extend(more),
            StatementKind::For(more, _, body) => {
                names.extend(more);
                assigned(body, names);
            }
            StatementKind::While(_, body) => assigned(body, names),
            StatementKind::If(_, then, otherwise) => {
                assigned(then, names);
                assigned(otherwise, names);
            }
            _ => {}
        }
    }
}
