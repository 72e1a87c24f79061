//! Operators, built-in functions and methods.
//!
//! What exists: `len sum max min sorted range print abs str int list any all enumerate zip
//! reversed`, and the methods of [`method`]. One more is one arm here.

use std::cmp::Ordering;

use super::error::{Error, Result, type_error, value_error};
use super::interpret::{Interpreter, LARGEST};
use super::syntax::Operator;
use super::value::{Value, find, sort};

/// `left operator right`; `and` and `or` are the interpreter's.
pub(super) fn binary(left: &Value, operator: Operator, right: &Value) -> Result<Value> {
    use Operator::*;
    let order = |accept: fn(Ordering) -> bool| Ok(Value::Bool(accept(left.compare(right)?)));
    match operator {
        Equal => Ok(Value::Bool(left.equals(right)?)),
        Unequal => Ok(Value::Bool(!left.equals(right)?)),
        Less => order(Ordering::is_lt),
        LessOrEqual => order(Ordering::is_le),
        Greater => order(Ordering::is_gt),
        GreaterOrEqual => order(Ordering::is_ge),
        In => Ok(Value::Bool(contains(right, left)?)),
        NotIn => Ok(Value::Bool(!contains(right, left)?)),
        _ => arithmetic(left, operator, right),
    }
}

fn arithmetic(left: &Value, operator: Operator, right: &Value) -> Result<Value> {
    if let (Some(a), Some(b)) = (left.int(), right.int()) {
        return whole(a, operator, b);
    }
    match (left, operator, right) {
        (Value::Str(a), Operator::Add, Value::Str(b)) => {
            fits(a.len() + b.len())?;
            Ok(Value::str(&format!("{a}{b}")))
        }
        (Value::List(a), Operator::Add, Value::List(b)) => {
            fits(a.borrow().len() + b.borrow().len())?;
            Ok(Value::list([a.borrow().as_slice(), b.borrow().as_slice()].concat()))
        }
        (Value::Str(text), Operator::Multiply, n) | (n, Operator::Multiply, Value::Str(text)) => {
            Ok(Value::str(&text.repeat(times(n, text.len())?)))
        }
        (Value::List(items), Operator::Multiply, n) => {
            let items = items.borrow();
            let n = times(n, items.len())?;
            Ok(Value::list((0..n).flat_map(|_| items.iter().cloned()).collect()))
        }
        _ => {
            let (a, b) = (left.type_name(), right.type_name());
            type_error(format!("{a} and {b} do not go together with this operator"))
        }
    }
}

fn whole(a: i64, operator: Operator, b: i64) -> Result<Value> {
    let divides = matches!(operator, Operator::FloorDivide | Operator::Remainder);
    if divides && b == 0 {
        return value_error("division by zero");
    }
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        // Python rounds down, and a remainder has the divisor's sign.
        Operator::FloorDivide => {
            a.checked_div(b).map(|q| q - i64::from(a.wrapping_rem(b) != 0 && (a < 0) != (b < 0)))
        }
        Operator::Remainder => {
            let r = a.wrapping_rem(b);
            Some(if r != 0 && (r < 0) != (b < 0) { r + b } else { r })
        }
        _ => return type_error("numbers do not go together with this operator"),
    };
    result.map(Value::Int).ok_or(Error::TooMuch)
}

fn fits(size: usize) -> Result<()> {
    if size > LARGEST { Err(Error::TooMuch) } else { Ok(()) }
}

fn times(n: &Value, size: usize) -> Result<usize> {
    let n = usize::try_from(n.expect_int()?).unwrap_or(0);
    fits(n.saturating_mul(size.max(1)))?;
    Ok(n)
}

fn contains(holder: &Value, item: &Value) -> Result<bool> {
    if let Value::Str(text) = holder {
        return Ok(text.contains(item.expect_str()?));
    }
    if let Value::Dict(pairs) = holder {
        return Ok(find(&pairs.borrow(), item)?.is_some());
    }
    for other in holder.items()? {
        if other.equals(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `holder[key]`.
pub(super) fn item(holder: &Value, key: &Value) -> Result<Value> {
    if let Value::Dict(pairs) = holder {
        let pairs = pairs.borrow();
        return match find(&pairs, key)? {
            Some(at) => Ok(pairs[at].1.clone()),
            None => value_error(format!("there is no key {}", key.repr()?)),
        };
    }
    if let Value::List(items) | Value::Tuple(items) = holder {
        let items = items.borrow();
        return Ok(items[place(key, items.len())?].clone());
    }
    if let Value::Stream(_) = holder {
        return type_error("make a list() of it before it is indexed");
    }
    let items = holder.items()?;
    Ok(items[place(key, items.len())?].clone())
}

/// `holder[key] = value`.
pub(super) fn set_item(holder: &Value, key: Value, value: Value) -> Result<()> {
    match holder {
        Value::Dict(pairs) => {
            let at = find(&pairs.borrow(), &key)?;
            match at {
                Some(at) => pairs.borrow_mut()[at].1 = value,
                None => {
                    fits(pairs.borrow().len())?;
                    pairs.borrow_mut().push((key, value));
                }
            }
        }
        Value::List(items) => {
            let at = place(&key, items.borrow().len())?;
            items.borrow_mut()[at] = value;
        }
        _ => return type_error(format!("items of {} cannot be set", holder.type_name())),
    }
    Ok(())
}

/// An index counted from the end if it is negative.
fn place(key: &Value, len: usize) -> Result<usize> {
    let index = key.expect_int()?;
    let from_start = if index < 0 { index + len as i64 } else { index };
    match usize::try_from(from_start) {
        Ok(at) if at < len => Ok(at),
        _ => value_error(format!("index {index} is out of range for {len} items")),
    }
}

/// `holder[from:to:step]`.
pub(super) fn slice(holder: &Value, [from, to, step]: [Option<i64>; 3]) -> Result<Value> {
    let items = match holder {
        Value::Str(_) | Value::List(_) | Value::Tuple(_) => holder.items()?,
        _ => return type_error(format!("{} cannot be sliced", holder.type_name())),
    };
    let len = items.len() as i64;
    let step = step.unwrap_or(1);
    if step == 0 {
        return value_error("a slice's step cannot be zero");
    }
    let (lowest, highest) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |bound: i64| {
        let bound = if bound < 0 { bound.saturating_add(len) } else { bound };
        bound.clamp(lowest, highest)
    };
    let (first, last) = if step > 0 { (0, len) } else { (len - 1, -1) };
    let (mut at, end) = (from.map_or(first, clamp), to.map_or(last, clamp));
    let mut out = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        out.push(items[at as usize].clone());
        at = at.saturating_add(step);
    }
    Ok(match holder {
        Value::Str(_) => Value::str(&strings(&out)?.concat()),
        Value::Tuple(_) => Value::tuple(out),
        _ => Value::list(out),
    })
}

fn strings(items: &[Value]) -> Result<Vec<String>> {
    items.iter().map(|item| Ok(item.expect_str()?.to_string())).collect()
}

/// A built-in function.
pub(super) fn call(
    interpreter: &mut Interpreter,
    name: &str,
    arguments: &[Value],
    reverse: bool,
) -> Result<Value> {
    for argument in arguments {
        interpreter.burn(argument.len().unwrap_or(1))?;
    }
    match (name, arguments) {
        ("print", _) => {
            interpreter.print(arguments)?;
            Ok(Value::None)
        }
        ("range", _) => range(interpreter, arguments),
        ("max" | "min", [items]) => extreme(name, items.items()?),
        ("max" | "min", [_, _, ..]) => extreme(name, arguments.to_vec()),
        ("zip", [a, b]) => {
            let pairs = a.items()?.into_iter().zip(b.items()?);
            Ok(Value::stream(pairs.map(|(x, y)| Value::tuple(vec![x, y])).collect()))
        }
        ("list", []) => Ok(Value::list(Vec::new())),
        (_, [value]) => call_one(name, value, reverse),
        _ => type_error(format!("there is no {name} with {} arguments here", arguments.len())),
    }
}

fn call_one(name: &str, value: &Value, reverse: bool) -> Result<Value> {
    Ok(match name {
        "len" if !matches!(value, Value::Stream(_)) => Value::length(value.len()?),
        "sum" => {
            let add = |total: Value, item| arithmetic(&total, Operator::Add, item);
            value.items()?.iter().try_fold(Value::Int(0), add)?
        }
        "sorted" => Value::list(sort(value.items()?, reverse)?),
        "abs" => Value::Int(value.expect_int()?.checked_abs().ok_or(Error::TooMuch)?),
        "str" => Value::str(&value.print()?),
        "int" => match value {
            Value::Str(text) => match text.trim().parse() {
                Ok(n) => Value::Int(n),
                Err(_) => return value_error(format!("{text:?} is not a whole number")),
            },
            _ => Value::Int(value.expect_int()?),
        },
        "bool" => Value::Bool(value.is_true()),
        "list" => Value::list(value.items()?),
        "any" => Value::Bool(value.items()?.iter().any(Value::is_true)),
        "all" => Value::Bool(value.items()?.iter().all(Value::is_true)),
        "reversed" => Value::stream(value.items()?.into_iter().rev().collect()),
        "enumerate" => {
            let numbered = value.items()?.into_iter().enumerate();
            let pair = |(n, item)| Value::tuple(vec![Value::length(n), item]);
            Value::stream(numbered.map(pair).collect())
        }
        _ => return Err(Error::Name(name.to_string())),
    })
}

fn range(interpreter: &mut Interpreter, arguments: &[Value]) -> Result<Value> {
    let numbers: Result<Vec<i64>> = arguments.iter().map(Value::expect_int).collect();
    let (mut at, end, step) = match numbers?[..] {
        [end] => (0, end, 1),
        [start, end] => (start, end, 1),
        [_, _, 0] => return value_error("a range's step cannot be zero"),
        [start, end, step] => (start, end, step),
        _ => return type_error("range takes one to three arguments"),
    };
    let mut out = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        interpreter.burn(1)?;
        out.push(Value::Int(at));
        at = at.saturating_add(step);
    }
    Ok(Value::stream(out))
}

/// The first of the largest or the smallest.
fn extreme(name: &str, items: Vec<Value>) -> Result<Value> {
    let mut items = items.into_iter();
    let Some(mut best) = items.next() else {
        return value_error(format!("{name} of nothing"));
    };
    for item in items {
        let order = item.compare(&best)?;
        if if name == "max" { order.is_gt() } else { order.is_lt() } {
            best = item;
        }
    }
    Ok(best)
}

/// `holder.name(arguments)`.
pub(super) fn method(holder: &Value, name: &str, arguments: &[Value]) -> Result<Value> {
    let found = match holder {
        Value::List(_) => list_method(holder, name, arguments)?,
        Value::Dict(_) => dict_method(holder, name, arguments)?,
        Value::Str(text) => str_method(text, name, arguments)?,
        _ => None,
    };
    let n = arguments.len();
    match found {
        Some(value) => Ok(value),
        None => {
            let kind = holder.type_name();
            type_error(format!("{kind} has no method {name} with {n} arguments here"))
        }
    }
}

fn list_method(holder: &Value, name: &str, arguments: &[Value]) -> Result<Option<Value>> {
    let Value::List(list) = holder else { return Ok(None) };
    let where_is = |item: &Value| -> Result<Option<usize>> {
        for (at, other) in holder.items()?.iter().enumerate() {
            if other.equals(item)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    };
    Ok(Some(match (name, arguments) {
        ("append", [item]) => {
            list.borrow_mut().push(item.clone());
            Value::None
        }
        ("extend", [items]) => {
            let more = items.items()?;
            fits(list.borrow().len() + more.len())?;
            list.borrow_mut().extend(more);
            Value::None
        }
        ("insert", [at, item]) => {
            let len = list.borrow().len() as i64;
            let at = at.expect_int()?;
            let at = if at < 0 { at.saturating_add(len) } else { at }.clamp(0, len);
            list.borrow_mut().insert(at as usize, item.clone());
            Value::None
        }
        ("pop", []) => match list.borrow_mut().pop() {
            Some(item) => item,
            None => return value_error("pop from an empty list"),
        },
        ("pop", [at]) => {
            let at = place(at, list.borrow().len())?;
            list.borrow_mut().remove(at)
        }
        ("remove" | "index", [item]) => {
            let Some(at) = where_is(item)? else {
                return value_error(format!("{} is not in the list", item.repr()?));
            };
            if name == "index" {
                return Ok(Some(Value::length(at)));
            }
            list.borrow_mut().remove(at);
            Value::None
        }
        ("count", [item]) => {
            let mut n = 0;
            for other in holder.items()? {
                n += usize::from(other.equals(item)?);
            }
            Value::length(n)
        }
        ("sort", []) => {
            let sorted = sort(holder.items()?, false)?;
            *list.borrow_mut() = sorted;
            Value::None
        }
        ("reverse", []) => {
            list.borrow_mut().reverse();
            Value::None
        }
        _ => return Ok(None),
    }))
}

fn dict_method(holder: &Value, name: &str, arguments: &[Value]) -> Result<Option<Value>> {
    let Value::Dict(dict) = holder else { return Ok(None) };
    let pairs = dict.borrow();
    Ok(Some(match (name, arguments) {
        ("keys", []) => Value::stream(pairs.iter().map(|(k, _)| k.clone()).collect()),
        ("values", []) => Value::stream(pairs.iter().map(|(_, v)| v.clone()).collect()),
        ("items", []) => {
            let pair = |(k, v): &(Value, Value)| Value::tuple(vec![k.clone(), v.clone()]);
            Value::stream(pairs.iter().map(pair).collect())
        }
        ("get", [key]) => find(&pairs, key)?.map_or(Value::None, |at| pairs[at].1.clone()),
        ("get", [key, other]) => {
            find(&pairs, key)?.map_or_else(|| other.clone(), |at| pairs[at].1.clone())
        }
        _ => return Ok(None),
    }))
}

fn str_method(text: &str, name: &str, arguments: &[Value]) -> Result<Option<Value>> {
    let arguments = match (name, arguments) {
        ("join", [items]) => {
            return Ok(Some(Value::str(&strings(&items.items()?)?.join(text))));
        }
        _ => strings(arguments)?,
    };
    let list = |parts: Vec<&str>| Value::list(parts.into_iter().map(Value::str).collect());
    Ok(Some(match (name, &arguments[..]) {
        ("upper", []) => Value::str(&text.to_uppercase()),
        ("lower", []) => Value::str(&text.to_lowercase()),
        ("strip", []) => Value::str(text.trim()),
        ("split", []) => list(text.split_whitespace().collect()),
        ("split", [by]) if !by.is_empty() => list(text.split(by.as_str()).collect()),
        ("startswith", [start]) => Value::Bool(text.starts_with(start.as_str())),
        ("endswith", [end]) => Value::Bool(text.ends_with(end.as_str())),
        ("replace", [from, to]) if !from.is_empty() => {
            let n = text.matches(from.as_str()).count();
            fits(text.len() + n.saturating_mul(to.len()))?;
            Value::str(&text.replace(from.as_str(), to))
        }
        ("count", [part]) if !part.is_empty() => Value::length(text.matches(part.as_str()).count()),
        _ => return Ok(None),
    }))
}
