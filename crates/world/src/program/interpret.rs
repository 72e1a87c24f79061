//! Runs statements, one after the other, and keeps what they print.
//!
//! Every step costs fuel, and depth and size are bounded, so that any text at all can be run: it
//! ends, and it touches nothing but its own values.

use std::collections::BTreeMap;

use super::builtin;
use super::error::{Error, Result, type_error, value_error};
use super::syntax::{Comprehension, Expression, Function, Operator, Statement, StatementKind};
use super::value::Value;

/// How many steps a program may take.
const FUEL: u32 = 200_000;
/// How deep calls and expressions may nest together.
const DEEPEST: usize = 400;
/// How long a string or list may be, and all that is printed.
pub(super) const LARGEST: usize = 5_000;

/// What a statement leads to.
enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

/// The names of one call, or of the program itself.
#[derive(Default)]
struct Scope<'p> {
    values: BTreeMap<&'p str, Value>,
    /// The function being called, if one is.
    function: Option<&'p Function<'p>>,
}

/// A program in the middle of its run.
pub(super) struct Interpreter<'p> {
    globals: BTreeMap<&'p str, Value>,
    functions: BTreeMap<&'p str, &'p Function<'p>>,
    fuel: u32,
    depth: usize,
    printed: String,
}

/// Runs the parts of a program, one after the other, and gives what they printed.
pub(super) fn interpret<'p>(program: &[&'p [Statement<'p>]]) -> Result<String> {
    let mut interpreter = Interpreter {
        globals: BTreeMap::new(),
        functions: BTreeMap::new(),
        fuel: FUEL,
        depth: 0,
        printed: String::new(),
    };
    let mut scope = Scope::default();
    for part in program {
        interpreter.block(part, &mut scope)?;
    }
    Ok(interpreter.printed)
}

impl<'p> Interpreter<'p> {
    pub(super) fn print(&mut self, values: &[Value]) -> Result<()> {
        for (i, value) in values.iter().enumerate() {
            self.printed.push_str(if i > 0 { " " } else { "" });
            match value {
                Value::Str(text) => self.printed.push_str(text),
                _ => self.printed.push_str(&value.repr()?),
            }
        }
        self.printed.push('\n');
        if self.printed.len() > LARGEST { Err(Error::TooMuch) } else { Ok(()) }
    }

    /// Pays for work on `n` things.
    pub(super) fn burn(&mut self, n: usize) -> Result<()> {
        let left = u32::try_from(n).ok().and_then(|n| self.fuel.checked_sub(n));
        self.fuel = left.ok_or(Error::TooMuch)?;
        Ok(())
    }

    fn block(&mut self, statements: &'p [Statement<'p>], scope: &mut Scope<'p>) -> Result<Flow> {
        for statement in statements {
            match self.statement(statement, scope)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &'p Statement<'p>, scope: &mut Scope<'p>) -> Result<Flow> {
        self.burn(1)?;
        match &statement.kind {
            StatementKind::Assign(target, value) => {
                let value = self.value(value, scope)?;
                self.assign(target, value, scope)?;
            }
            StatementKind::Unpack(names, value) => {
                let value = self.value(value, scope)?;
                self.unpack(names, &value, scope)?;
            }
            StatementKind::Augment(target, operator, value) => {
                self.augment(target, *operator, value, scope)?;
            }
            StatementKind::For(names, items, body) => {
                return self.for_loop(names, items, body, scope);
            }
            StatementKind::While(condition, body) => {
                while self.value(condition, scope)?.is_true() {
                    match self.block(body, scope)? {
                        Flow::Break => break,
                        Flow::Return(value) => return Ok(Flow::Return(value)),
                        Flow::Next | Flow::Continue => {}
                    }
                }
            }
            StatementKind::If(condition, then, otherwise) => {
                let holds = self.value(condition, scope)?.is_true();
                return self.block(if holds { then } else { otherwise }, scope);
            }
            StatementKind::Define(function) => {
                self.functions.insert(function.name, function);
            }
            StatementKind::Return(value) => return Ok(Flow::Return(self.value(value, scope)?)),
            StatementKind::Break => return Ok(Flow::Break),
            StatementKind::Continue => return Ok(Flow::Continue),
            StatementKind::Pass => {}
            StatementKind::Assert(condition) => {
                if !self.value(condition, scope)?.is_true() {
                    return Err(Error::Assertion { line: statement.line });
                }
            }
            StatementKind::Do(value) => {
                self.value(value, scope)?;
            }
        }
        Ok(Flow::Next)
    }

    /// A list is walked through as it is at each step, all else as it was at the start.
    fn for_loop(
        &mut self,
        names: &'p [&'p str],
        items: &'p Expression<'p>,
        body: &'p [Statement<'p>],
        scope: &mut Scope<'p>,
    ) -> Result<Flow> {
        let items = self.value(items, scope)?;
        let fixed = if let Value::List(_) = items { Vec::new() } else { items.items()? };
        self.burn(fixed.len())?;
        for at in 0.. {
            let item = match &items {
                Value::List(list) => list.borrow().get(at).cloned(),
                _ => fixed.get(at).cloned(),
            };
            let Some(item) = item else { break };
            self.bind(names, item, scope)?;
            self.burn(1)?;
            match self.block(body, scope)? {
                Flow::Break => break,
                Flow::Return(value) => return Ok(Flow::Return(value)),
                Flow::Next | Flow::Continue => {}
            }
        }
        Ok(Flow::Next)
    }

    fn bind(&mut self, names: &'p [&'p str], item: Value, scope: &mut Scope<'p>) -> Result<()> {
        match names {
            [name] => {
                self.set(name, item, scope);
                Ok(())
            }
            _ => self.unpack(names, &item, scope),
        }
    }

    fn unpack(&mut self, names: &'p [&'p str], value: &Value, scope: &mut Scope<'p>) -> Result<()> {
        let items = value.items()?;
        if items.len() != names.len() {
            return value_error(format!("expected {} values, found {}", names.len(), items.len()));
        }
        names.iter().zip(items).for_each(|(name, item)| self.set(name, item, scope));
        Ok(())
    }

    fn set(&mut self, name: &'p str, value: Value, scope: &mut Scope<'p>) {
        let values = match scope.function {
            Some(_) => &mut scope.values,
            None => &mut self.globals,
        };
        values.insert(name, value);
    }

    fn get(&self, name: &str, scope: &Scope<'p>) -> Result<Value> {
        let is_own = || scope.function.is_some_and(|f| f.own.contains(&name));
        let found = match scope.values.get(name) {
            None if !is_own() => self.globals.get(name),
            found => found,
        };
        found.cloned().ok_or_else(|| Error::Name(name.to_string()))
    }

    fn assign(
        &mut self,
        target: &'p Expression<'p>,
        value: Value,
        scope: &mut Scope<'p>,
    ) -> Result<()> {
        match target {
            Expression::Name(name) => self.set(name, value, scope),
            Expression::Index(holder, key) => {
                let holder = self.value(holder, scope)?;
                let key = self.value(key, scope)?;
                builtin::set_item(&holder, key, value)?;
            }
            _ => return type_error("only names and items can be assigned to"),
        }
        Ok(())
    }

    /// `a += b`; a list grows in place, so that all its names see it.
    fn augment(
        &mut self,
        target: &'p Expression<'p>,
        operator: Operator,
        value: &'p Expression<'p>,
        scope: &mut Scope<'p>,
    ) -> Result<()> {
        let old = self.value(target, scope)?;
        let value = self.value(value, scope)?;
        if let (Value::List(list), Operator::Add) = (&old, operator) {
            let more = value.items()?;
            self.burn(more.len())?;
            list.borrow_mut().extend(more);
            return self.assign(target, old, scope);
        }
        let new = builtin::binary(&old, operator, &value)?;
        self.assign(target, new, scope)
    }

    fn value(&mut self, expression: &'p Expression<'p>, scope: &mut Scope<'p>) -> Result<Value> {
        self.burn(1)?;
        if self.depth >= DEEPEST {
            return Err(Error::TooMuch);
        }
        self.depth += 1;
        let value = self.evaluate(expression, scope);
        self.depth -= 1;
        value
    }

    fn evaluate(&mut self, expression: &'p Expression<'p>, scope: &mut Scope<'p>) -> Result<Value> {
        Ok(match expression {
            Expression::None => Value::None,
            Expression::Bool(b) => Value::Bool(*b),
            Expression::Int(n) => Value::Int(*n),
            Expression::Str(text) => Value::str(text),
            Expression::Name(name) => self.get(name, scope)?,
            Expression::List(items) => Value::list(self.values(items, scope)?),
            Expression::Tuple(items) => Value::tuple(self.values(items, scope)?),
            Expression::Dict(pairs) => self.dict(pairs, scope)?,
            Expression::Negative(value) => {
                let value = self.value(value, scope)?.expect_int()?;
                Value::Int(value.checked_neg().ok_or(Error::TooMuch)?)
            }
            Expression::Not(value) => Value::Bool(!self.value(value, scope)?.is_true()),
            Expression::Binary(left, operator, right) => {
                let left = self.value(left, scope)?;
                match operator {
                    Operator::And if !left.is_true() => left,
                    Operator::Or if left.is_true() => left,
                    Operator::And | Operator::Or => self.value(right, scope)?,
                    _ => {
                        let right = self.value(right, scope)?;
                        builtin::binary(&left, *operator, &right)?
                    }
                }
            }
            Expression::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                let holds = self.value(condition, scope)?.is_true();
                self.value(if holds { then } else { otherwise }, scope)?
            }
            Expression::Index(holder, key) => {
                let holder = self.value(holder, scope)?;
                builtin::item(&holder, &self.value(key, scope)?)?
            }
            Expression::Slice(holder, parts) => {
                let holder = self.value(holder, scope)?;
                let mut bounds = [None; 3];
                for (bound, part) in bounds.iter_mut().zip(parts.iter()) {
                    if let Some(part) = part {
                        *bound = Some(self.value(part, scope)?.expect_int()?);
                    }
                }
                builtin::slice(&holder, bounds)?
            }
            Expression::Call(name, arguments, reverse) => {
                let arguments = self.values(arguments, scope)?;
                let reverse = match reverse {
                    Some(reverse) => self.value(reverse, scope)?.is_true(),
                    None => false,
                };
                self.call(name, arguments, reverse)?
            }
            Expression::Method(holder, name, arguments) => {
                let holder = self.value(holder, scope)?;
                let arguments = self.values(arguments, scope)?;
                self.burn(holder.len().unwrap_or(1))?;
                builtin::method(&holder, name, &arguments)?
            }
            Expression::Comprehension(comprehension) => self.comprehension(comprehension, scope)?,
        })
    }

    fn values(
        &mut self,
        expressions: &'p [Expression<'p>],
        scope: &mut Scope<'p>,
    ) -> Result<Vec<Value>> {
        expressions.iter().map(|e| self.value(e, scope)).collect()
    }

    fn dict(
        &mut self,
        pairs: &'p [(Expression<'p>, Expression<'p>)],
        scope: &mut Scope<'p>,
    ) -> Result<Value> {
        let dict = Value::empty_dict();
        for (key, value) in pairs {
            let key = self.value(key, scope)?;
            let value = self.value(value, scope)?;
            builtin::set_item(&dict, key, value)?;
        }
        Ok(dict)
    }

    /// The names of a comprehension are its own: what they meant before, they mean after.
    fn comprehension(
        &mut self,
        comprehension: &'p Comprehension<'p>,
        scope: &mut Scope<'p>,
    ) -> Result<Value> {
        let items = self.value(&comprehension.items, scope)?.items()?;
        let before: Vec<Option<Value>> =
            comprehension.names.iter().map(|name| scope.values.remove(name)).collect();
        let mut inner =
            Scope { values: std::mem::take(&mut scope.values), function: scope.function };
        let mut out = Vec::new();
        let mut result = Ok(());
        for item in items {
            result = self.comprehend(comprehension, item, &mut inner, &mut out);
            if result.is_err() {
                break;
            }
        }
        scope.values = inner.values;
        for (name, value) in comprehension.names.iter().zip(before) {
            scope.values.remove(name);
            if let Some(value) = value {
                scope.values.insert(name, value);
            }
        }
        result.map(|()| Value::list(out))
    }

    fn comprehend(
        &mut self,
        comprehension: &'p Comprehension<'p>,
        item: Value,
        inner: &mut Scope<'p>,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        // Set in the inner scope even at the top of the program, where `get` looks first.
        match &comprehension.names[..] {
            [name] => {
                inner.values.insert(name, item);
            }
            names => {
                let items = item.items()?;
                if items.len() != names.len() {
                    return value_error("the names do not fit the items");
                }
                inner.values.extend(names.iter().copied().zip(items));
            }
        }
        let counts = match &comprehension.condition {
            Some(condition) => self.value(condition, inner)?.is_true(),
            None => true,
        };
        if counts {
            out.push(self.value(&comprehension.element, inner)?);
        }
        Ok(())
    }

    fn call(&mut self, name: &str, arguments: Vec<Value>, reverse: bool) -> Result<Value> {
        let Some(&function) = self.functions.get(name) else {
            return builtin::call(self, name, &arguments, reverse);
        };
        if arguments.len() != function.parameters.len() {
            let (want, found) = (function.parameters.len(), arguments.len());
            return type_error(format!("{name} takes {want} arguments, found {found}"));
        }
        let mut scope = Scope { values: BTreeMap::new(), function: Some(function) };
        scope.values.extend(function.parameters.iter().copied().zip(arguments));
        match self.block(&function.body, &mut scope)? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::None),
        }
    }
}
