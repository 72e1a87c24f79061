//! What a text goes on from: typed, or read from standard input.

use std::io::{IsTerminal, Read};

use anyhow::{Context, Result, bail};
use generate::Overflow;
use life::Loaded;
use life::load::{marks, opening};

/// The words that were given. A line break that ends a file or a pipe is not one of them: one would
/// hardly go on from it.
pub(super) fn words(given: Option<&str>) -> Result<String> {
    let stdin = std::io::stdin();
    match given {
        Some("-") => {}
        None if !stdin.is_terminal() => {}
        given => return Ok(given.unwrap_or_default().to_string()),
    }
    let mut words = String::new();
    let read = stdin.lock().read_to_string(&mut words);
    read.context("cannot read the prompt from standard input; it must be UTF-8")?;
    let end = words.strip_suffix('\n').map(|rest| rest.strip_suffix('\r').unwrap_or(rest));
    Ok(end.unwrap_or(&words).to_string())
}

/// The words as ids, behind the mark that begins a document; never none.
pub(super) fn ids(words: &str, loaded: &Loaded) -> Result<Vec<u32>> {
    let Loaded { tokenizer, options, .. } = loaded;
    let mark = marks(tokenizer, &options.config).begin;
    let ids: Vec<u32> = mark.into_iter().chain(tokenizer.encode(words)?).collect();
    Ok(if ids.is_empty() { opening(tokenizer, options) } else { ids })
}

/// Says so if only the end of a prompt is read.
pub(super) fn note_if_cut(ids: &[u32], context: usize, overflow: Overflow) {
    let n = ids.len();
    if n > context {
        let read = match overflow {
            Overflow::Shift { keep: 1.. } => "only its beginning and its end are",
            _ => "only its end is",
        };
        eprintln!("note: the prompt has {n} tokens, the model sees {context}: {read} read");
    }
}

/// Refuses a prompt that a search could not read whole.
pub(super) fn must_fit(ids: &[u32], context: usize) -> Result<()> {
    let n = ids.len();
    if n > context {
        bail!("the prompt has {n} tokens, the model sees {context}: give a shorter one");
    }
    Ok(())
}

/// `\n`, `\r`, `\t` and `\\` as what they stand for.
pub(super) fn unescaped(text: &str) -> Result<String, String> {
    let (mut plain, mut rest) = (String::new(), text.chars());
    while let Some(c) = rest.next() {
        plain.push(match c {
            '\\' => match rest.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('\\') => '\\',
                _ => return Err(r"after \ comes n, r, t or \".to_string()),
            },
            c => c,
        });
    }
    match plain.is_empty() {
        true => Err("an empty text would end the answer at once".to_string()),
        false => Ok(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_what_they_stand_for() {
        assert_eq!(unescaped(r"a\n\tb\\n").unwrap(), "a\n\tb\\n");
        assert!(unescaped("").is_err());
        assert!(unescaped(r"a\").is_err());
        assert!(unescaped(r"\x").is_err());
    }
}
