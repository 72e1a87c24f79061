//! How a program comes about: a draft of its parts, which is run to find what it prints.
//!
//! Reading order: [`table`] (questions to a list or dict of people and things), [`day`] (what
//! happens step by step), [`function`] (one function, with tests). One family more is one file and
//! one line in [`draft`].

mod day;
mod function;
mod table;

use stdx::Rng;

use super::interpret::interpret;
use super::parse::parse;
use super::{Error, Program, run};
use crate::village::Village;

/// A program that has not run yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// What is to be done.
    pub(super) task: String,
    /// The `def` line and its docstring, if the task is a function: see [`function_head`].
    pub(super) head: Option<Head>,
    /// The rest of the function, or the whole program.
    pub(super) body: String,
    /// What follows the function.
    pub(super) main: String,
    /// Calls whose values the tests check.
    pub(super) calls: Vec<String>,
}

/// The beginning of a function.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// `total_price(prices)`.
    pub(super) signature: String,
    /// What it does, in a sentence.
    pub(super) doc: String,
    /// Whether the docstring shows the first call and its value.
    pub(super) example: bool,
}

/// One draft of any family.
pub(super) fn draft(village: &Village, rng: &mut Rng) -> Draft {
    match rng.weighted(&[4, 3, 3]) {
        0 => table::draft(village, rng),
        1 => day::draft(village, rng),
        _ => function::draft(village, rng),
    }
}

/// Runs a draft for its output and its tests.
pub(super) fn finish(draft: Draft) -> Result<Program, Error> {
    let Draft { task, head, body, main, calls } = draft;
    let (head, values) = match &head {
        Some(head) => {
            let values = values(&format!("def {}:\n{body}", head.signature), &calls)?;
            (function_head(head, calls.first().zip(values.first())), values)
        }
        None => (String::new(), Vec::new()),
    };
    if !values.is_empty() && values.iter().all(|v| *v == values[0]) {
        return Err(Error::Value("a body that always says the same would pass".to_string()));
    }
    let tests: Vec<String> = calls
        .iter()
        .zip(&values)
        .map(|(call, value)| format!("assert {call} == {value}"))
        .collect();
    let gap = if main.is_empty() || head.is_empty() { "" } else { "\n\n" };
    let source = format!("{head}{body}{gap}{main}");
    let output = run(&source)?;
    if output.trim().is_empty() || tests.iter().any(|test| test.ends_with(" == ''")) {
        return Err(Error::Value("nobody is left whose name could be said".to_string()));
    }
    Ok(Program { task, head, source, output, tests })
}

/// The values of calls of a function, as the program would write them inside of a list, where a
/// string is quoted.
fn values(function: &str, calls: &[String]) -> Result<Vec<String>, Error> {
    let prints =
        calls.iter().fold(String::new(), |prints, call| prints + "print([" + call + "])\n");
    let (function, prints) = (parse(function)?, parse(&prints)?);
    let value = |print| {
        let printed = interpret(&[&function, print])?;
        let list = printed.trim_end();
        Ok(list[1..list.len() - 1].to_string())
    };
    prints.chunks(1).map(value).collect()
}

/// The `def` line and the docstring, which may show a call and its value.
fn function_head(head: &Head, shown: Option<(&String, &String)>) -> String {
    let Head { signature, doc, example } = head;
    let shown = match shown.filter(|_| *example) {
        Some((call, value)) => format!("\n\n    >>> {call}\n    {value}\n    "),
        None => String::new(),
    };
    format!("def {signature}:\n    \"\"\"{doc}{shown}\"\"\"\n")
}

/// Lines, each moved right by `depth` blocks and ended.
pub(super) fn indented(lines: &[String], depth: usize) -> String {
    lines.iter().map(|line| format!("{}{line}\n", "    ".repeat(depth))).collect()
}

/// A string as it stands in a program.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// `n` different items, in any order.
pub(super) fn some<T: Clone>(items: &[T], n: usize, rng: &mut Rng) -> Vec<T> {
    let mut items = items.to_vec();
    rng.shuffle(&mut items);
    items.truncate(n);
    items
}

/// `n` different names of people of the village.
pub(super) fn names(village: &Village, n: usize, rng: &mut Rng) -> Vec<String> {
    let names: Vec<&str> = village.people.iter().map(|p| p.name.as_str()).collect();
    some(&names, n, rng).into_iter().map(str::to_string).collect()
}
