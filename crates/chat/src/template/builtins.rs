//! Filters and tests of Jinja2 that the engine has otherwise or not at all: what Python takes for
//! white space, for iterable and for a sequence, and numbers out of texts.
//!
//! Left out: `varargs` and `kwargs` of macros, `%` behind a text (`format` does the same), that filters
//! refuse none as a list (they take it for an empty one), and what no published template uses.

use minijinja::value::{Rest, ValueKind, from_args};
use minijinja::{Environment, Error, Value};

use super::{loops, python, tojson};

/// Puts them in their places.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter(loops::FILTER, loops::looped_over);
    environment.add_filter("tojson", tojson::tojson);
    environment.add_filter("trim", trim);
    environment.add_filter("int", int);
    environment.add_filter("float", float);
    environment.add_filter("wordcount", |text: &str| python::words(text).count());
    environment.add_test("iterable", is_iterable);
    environment.add_test("sequence", is_sequence);
    environment.add_test("callable", |value: &Value| {
        value.is_undefined() || value.kind() == ValueKind::Plain
    });
}

/// Of anything, as Jinja2 has it: what is no text becomes one.
fn trim(value: &Value, characters: Option<&str>) -> String {
    let text = value.to_string();
    text.trim_matches(python::stripped(characters)).to_string()
}

fn is_iterable(value: &Value) -> bool {
    match value.kind() {
        ValueKind::None => false,
        ValueKind::Undefined => true,
        _ => value.try_iter().is_ok(),
    }
}

fn is_sequence(value: &Value) -> bool {
    use ValueKind as Kind;
    matches!(value.kind(), Kind::Undefined | Kind::String | Kind::Seq | Kind::Map | Kind::Iterable)
}

/// `value | int(default, base)`.
fn int(value: &Value, args: Rest<Value>) -> Result<Value, Error> {
    let (default, base) = from_args::<(Option<Value>, Option<u32>)>(&args)?;
    let whole = match value.as_str().map(|text| text.trim_matches(python::stripped(None))) {
        Some(text) => {
            let digits =
                i64::from_str_radix(text, base.filter(|n| (2..=36).contains(n)).unwrap_or(10));
            digits.ok().or_else(|| text.parse().ok().and_then(toward_zero))
        }
        None if value.is_integer() => return Ok(value.clone()),
        None if value.kind() == ValueKind::Bool => Some(i64::from(value.is_true())),
        None => f64::try_from(value.clone()).ok().and_then(toward_zero),
    };
    Ok(whole.map_or(default.unwrap_or(Value::from(0)), Value::from))
}

fn toward_zero(number: f64) -> Option<i64> {
    (number.abs() < 9e18).then_some(number as i64)
}

/// `value | float(default)`.
fn float(value: &Value, default: Option<f64>) -> f64 {
    let number = match value.as_str() {
        Some(text) => text.trim_matches(python::stripped(None)).parse().ok(),
        None if value.kind() == ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        None => f64::try_from(value.clone()).ok(),
    };
    number.or(default).unwrap_or(0.0)
}
