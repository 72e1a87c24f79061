//! The methods of Python's strings and dicts that published chat templates call. A method that is
//! not here is an error that names it, never a silent nothing.

use minijinja::value::{ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};

/// `value.method(args)`.
pub(super) fn call(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match (value.kind(), value.as_str()) {
        (_, Some(text)) => of_text(state, text, method, args),
        (ValueKind::Map, _) => of_map(value, method, args),
        _ => Err(unknown(value, method)),
    }
    .map_err(|e| if e.kind() == ErrorKind::UnknownMethod { unknown(value, method) } else { e })
}

fn of_text(
    state: &State<'_, '_>,
    text: &str,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    Ok(match method {
        "strip" => text.trim_matches(trimmed(args)?).into(),
        "lstrip" => text.trim_start_matches(trimmed(args)?).into(),
        "rstrip" => text.trim_end_matches(trimmed(args)?).into(),
        "startswith" => text.starts_with(from_args::<(&str,)>(args)?.0).into(),
        "endswith" => text.ends_with(from_args::<(&str,)>(args)?.0).into(),
        "upper" => none(args).map(|()| text.to_uppercase().into())?,
        "lower" => none(args).map(|()| text.to_lowercase().into())?,
        "title" => none(args).map(|()| title(text).into())?,
        "capitalize" => none(args).map(|()| capitalize(text).into())?,
        "find" => {
            let (needle,) = from_args::<(&str,)>(args)?;
            text.find(needle).map_or(-1, |i| text[..i].chars().count() as i64).into()
        }
        "split" => split(text, args)?,
        "replace" => {
            let (from, to) = from_args::<(&str, &str)>(args)?;
            // It can make much of little, so it pays before it works.
            let bytes = text.matches(from).count().saturating_mul(to.len());
            state.consume_fuel(bytes as u64)?;
            text.replace(from, to).into()
        }
        _ => return Err(ErrorKind::UnknownMethod.into()),
    })
}

fn of_map(map: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "get" => {
            let (key, default) = from_args::<(Value, Option<Value>)>(args)?;
            let found = map.get_item(&key)?;
            let default = default.unwrap_or(Value::from(()));
            Ok(if found.is_undefined() { default } else { found })
        }
        "keys" | "values" | "items" => {
            none(args)?;
            let mut list = Vec::new();
            for key in map.try_iter()? {
                let value = map.get_item(&key)?;
                list.push(match method {
                    "keys" => key,
                    "values" => value,
                    _ => Value::from(vec![key, value]),
                });
            }
            Ok(list.into())
        }
        _ => Err(ErrorKind::UnknownMethod.into()),
    }
}

/// The characters that `strip` takes away: those given, or white space.
fn trimmed(args: &[Value]) -> Result<impl Fn(char) -> bool + Copy, Error> {
    let (set,) = from_args::<(Option<&str>,)>(args)?;
    Ok(move |c: char| set.map_or(c.is_whitespace(), |set| set.contains(c)))
}

fn split(text: &str, args: &[Value]) -> Result<Value, Error> {
    let (separator, limit) = from_args::<(Option<&str>, Option<i64>)>(args)?;
    let limit = limit.and_then(|n| usize::try_from(n).ok()).map_or(usize::MAX, |n| n + 1);
    let pieces: Vec<&str> = match separator {
        Some("") => return Err(Error::new(ErrorKind::InvalidOperation, "split at nothing")),
        Some(separator) => text.splitn(limit, separator).collect(),
        None => text.split_whitespace().collect(),
    };
    Ok(pieces.into_iter().map(Value::from).collect())
}

fn none(args: &[Value]) -> Result<(), Error> {
    from_args::<()>(args)
}

/// A number as Python writes it.
pub(super) fn float(number: f64) -> String {
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..16).contains(&exponent) && number.is_finite() => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => {
            let plain = number.to_string();
            if plain.contains('.') || !number.is_finite() { plain } else { plain + ".0" }
        }
    }
}

fn capitalize(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + &chars.as_str().to_lowercase()
}

fn title(text: &str) -> String {
    text.split_inclusive(|c: char| !c.is_alphabetic()).map(capitalize).collect()
}

fn unknown(value: &Value, method: &str) -> Error {
    let detail = format!("the method {method} of a {} is not known here", value.kind());
    Error::new(ErrorKind::UnknownMethod, detail)
}
