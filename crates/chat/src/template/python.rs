//! The methods of Python's strings, lists and dicts that published chat templates call, and some that
//! others may. A method that is not here is an error that names it, never a silent nothing; those that
//! change a value are refused, as `transformers` refuses them.

use minijinja::formatting::{FormatStyle, format};
use minijinja::value::{Tuple, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};

/// No template pads a text further.
const MOST_PADDING: usize = 1 << 16;

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
        (ValueKind::Seq, _) => of_list(value, method, args),
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
        "strip" => text.trim_matches(stripped(one(args)?)).into(),
        "lstrip" => text.trim_start_matches(stripped(one(args)?)).into(),
        "rstrip" => text.trim_end_matches(stripped(one(args)?)).into(),
        "startswith" => any_of(args, |part| text.starts_with(part))?.into(),
        "endswith" => any_of(args, |part| text.ends_with(part))?.into(),
        "removeprefix" => text.strip_prefix(from_args::<(&str,)>(args)?.0).unwrap_or(text).into(),
        "removesuffix" => text.strip_suffix(from_args::<(&str,)>(args)?.0).unwrap_or(text).into(),
        "find" | "index" | "rfind" | "rindex" => find(text, method, args)?,
        "count" => text.matches(from_args::<(&str,)>(args)?.0).count().into(),
        "split" | "rsplit" => split(text, method == "rsplit", args)?,
        "splitlines" => none(args).map(|()| text.lines().map(Value::from).collect())?,
        "partition" | "rpartition" => partition(text, method == "rpartition", args)?,
        "join" => join(state, text, args)?.into(),
        "format" => format(FormatStyle::StrFormat, text, args)?.into(),
        "zfill" | "ljust" | "rjust" | "center" => padded(text, method, args)?.into(),
        "replace" => {
            let (from, to, limit) = from_args::<(&str, &str, Option<i64>)>(args)?;
            // It can make much of little, so it pays before it works.
            let bytes = text.matches(from).count().saturating_mul(to.len());
            state.consume_fuel(bytes as u64)?;
            match limit.and_then(|n| usize::try_from(n).ok()) {
                Some(limit) => text.replacen(from, to, limit).into(),
                None => text.replace(from, to).into(),
            }
        }
        _ => return of_case(text, method, args),
    })
}

/// Methods about capitals, and what kind of text it is.
fn of_case(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let all = |is: fn(char) -> bool| !text.is_empty() && text.chars().all(is);
    let cased = |is: fn(char) -> bool, other: fn(char) -> bool| {
        text.chars().any(is) && !text.chars().any(other)
    };
    let value: Value = match method {
        "upper" => text.to_uppercase().into(),
        "lower" => text.to_lowercase().into(),
        "title" => title(text).into(),
        "capitalize" => capitalize(text).into(),
        "swapcase" => text.chars().map(swapped).collect::<String>().into(),
        "isspace" => all(is_space).into(),
        "isalpha" => all(char::is_alphabetic).into(),
        "isalnum" => all(char::is_alphanumeric).into(),
        "isdigit" | "isdecimal" | "isnumeric" => all(char::is_numeric).into(),
        "isupper" => cased(char::is_uppercase, char::is_lowercase).into(),
        "islower" => cased(char::is_lowercase, char::is_uppercase).into(),
        _ => return Err(ErrorKind::UnknownMethod.into()),
    };
    none(args).map(|()| value)
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
                    _ => Value::from(Tuple::from(vec![key, value])),
                });
            }
            Ok(list.into())
        }
        "copy" => none(args).map(|()| map.clone()),
        _ => Err(ErrorKind::UnknownMethod.into()),
    }
}

fn of_list(list: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "index" => {
            let (wanted,) = from_args::<(Value,)>(args)?;
            let at = list.try_iter()?.position(|item| item == wanted);
            at.map(Value::from).ok_or_else(|| invalid("what is looked for is not in the list"))
        }
        "count" => {
            let (wanted,) = from_args::<(Value,)>(args)?;
            Ok(list.try_iter()?.filter(|item| *item == wanted).count().into())
        }
        "copy" => none(args).map(|()| list.clone()),
        _ => Err(ErrorKind::UnknownMethod.into()),
    }
}

/// What Python takes for white space.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The characters that `strip` takes away: those given, or white space.
pub(super) fn stripped(set: Option<&str>) -> impl Fn(char) -> bool + Copy {
    move |c: char| set.map_or(is_space(c), |set| set.contains(c))
}

/// The words between white space.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

fn one(args: &[Value]) -> Result<Option<&str>, Error> {
    Ok(from_args::<(Option<&str>,)>(args)?.0)
}

fn none(args: &[Value]) -> Result<(), Error> {
    from_args::<()>(args)
}

/// Of one text, or of any in a tuple of them.
fn any_of(args: &[Value], is: impl Fn(&str) -> bool) -> Result<bool, Error> {
    let (parts,) = from_args::<(Value,)>(args)?;
    if let Some(part) = parts.as_str() {
        return Ok(is(part));
    }
    let mut parts = parts.try_iter()?;
    Ok(parts.any(|part| part.as_str().is_some_and(&is)))
}

/// Where a text stands, in characters.
fn find(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let (needle,) = from_args::<(&str,)>(args)?;
    let at = if method.starts_with('r') { text.rfind(needle) } else { text.find(needle) };
    match at {
        Some(at) => Ok(text[..at].chars().count().into()),
        None if method.ends_with("find") => Ok((-1).into()),
        None => Err(invalid("what is looked for is not in the text")),
    }
}

fn split(text: &str, from_right: bool, args: &[Value]) -> Result<Value, Error> {
    let (separator, limit) = from_args::<(Option<&str>, Option<i64>)>(args)?;
    let limit = limit.and_then(|n| usize::try_from(n).ok());
    let parts: Vec<&str> = match (separator, limit.map(|n| n.saturating_add(1))) {
        (Some(""), _) => return Err(invalid("split at nothing")),
        (Some(separator), Some(n)) if from_right => {
            let mut parts: Vec<&str> = text.rsplitn(n, separator).collect();
            parts.reverse();
            parts
        }
        (Some(separator), Some(n)) => text.splitn(n, separator).collect(),
        (Some(separator), None) => text.split(separator).collect(),
        (None, None) => words(text).collect(),
        (None, Some(_)) => return Err(invalid("split at white space a number of times")),
    };
    Ok(parts.into_iter().map(Value::from).collect())
}

fn partition(text: &str, from_right: bool, args: &[Value]) -> Result<Value, Error> {
    let (separator,) = from_args::<(&str,)>(args)?;
    if separator.is_empty() {
        return Err(invalid("split at nothing"));
    }
    let cut = if from_right { text.rsplit_once(separator) } else { text.split_once(separator) };
    let parts = match cut {
        Some((before, after)) => [before, separator, after],
        None if from_right => ["", "", text],
        None => [text, "", ""],
    };
    Ok(Tuple::from(parts.map(Value::from).to_vec()).into())
}

fn join(state: &State<'_, '_>, text: &str, args: &[Value]) -> Result<String, Error> {
    let (list,) = from_args::<(Value,)>(args)?;
    let mut joined = String::new();
    for (i, item) in list.try_iter()?.enumerate() {
        let item = item.as_str().ok_or_else(|| invalid("only texts are joined"))?.to_string();
        state.consume_fuel(item.len() as u64 / 16)?;
        joined.push_str(if i > 0 { text } else { "" });
        joined.push_str(&item);
    }
    Ok(joined)
}

fn padded(text: &str, method: &str, args: &[Value]) -> Result<String, Error> {
    let (width, fill) = from_args::<(i64, Option<&str>)>(args)?;
    let width = usize::try_from(width).unwrap_or(0);
    if width > MOST_PADDING {
        return Err(invalid("padded too far"));
    }
    let missing = width.saturating_sub(text.chars().count());
    let fill = |n: usize| fill.unwrap_or(if method == "zfill" { "0" } else { " " }).repeat(n);
    let left = match method {
        "ljust" => 0,
        // An odd one goes to the left where the width is odd.
        "center" => missing / 2 + (missing & width & 1),
        _ => missing,
    };
    Ok(match text.strip_prefix(['-', '+']) {
        Some(digits) if method == "zfill" => format!("{}{}{digits}", &text[..1], fill(missing)),
        _ => format!("{}{text}{}", fill(left), fill(missing - left)),
    })
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

fn swapped(c: char) -> String {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

fn invalid(reason: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason)
}

fn unknown(value: &Value, method: &str) -> Error {
    let detail = format!("the method {method} of a {} is not known here", value.kind());
    Error::new(ErrorKind::UnknownMethod, detail)
}
