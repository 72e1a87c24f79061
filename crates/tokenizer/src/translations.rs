//! What a language pays: how many tokens the same text takes in it and in another (the premium of
//! Petrov et al., "Language Model Tokenizers Introduce Unfairness Between Languages", 2023,
//! arXiv:2305.15425).
//!
//! Translations are compared section by section, so that prefaces that only one has and files that
//! were cut after so many bytes do no harm. A section is what stands between two headings; a heading is
//! a short line that begins with the word that short lines most often begin with ("Article 1",
//! "Статья 2"). The last section may be cut and is left out.
//!
//! Left out on purpose: aligning sentences. Where sections do not match, there is no answer.

use std::collections::HashMap;

use crate::{Error, Tokenizer};

/// Longer lines are no headings.
const HEADING_CHARS: usize = 40;
/// Lines of more words are no headings.
const HEADING_WORDS: usize = 5;
/// With fewer headings than this a text has no sections.
const FEWEST: usize = 5;
/// How much longer or shorter, against the median, a section may be than the one beside it.
const FARTHEST: f64 = 4.0;

/// A text in sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    sections: Vec<String>,
}

impl Translation {
    /// The sections of `text`; `None` where there are fewer than five.
    ///
    /// ```
    /// use tokenizer::translations::Translation;
    /// let text = |word: &str| (0..7).map(|i| format!("{word} {i}\nText of {i}.\n")).collect::<String>();
    /// assert_eq!(Translation::new(&text("Article")).unwrap().len(), 6);
    /// assert!(Translation::new("No headings here.").is_none());
    /// ```
    pub fn new(text: &str) -> Option<Self> {
        let lines = text.lines().map(|line| line.trim_matches(['\u{feff}', ' ', '\t', '\u{200c}']));
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        // How often, and where first, counted down so that of equals the earlier is the larger.
        let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            if let Some(word) = heading(line) {
                counts.entry(word).or_insert((0, lines.len() - at)).0 += 1;
            }
        }
        let (word, (n, _)) = counts.into_iter().max_by_key(|(_, found)| *found)?;
        if n <= FEWEST {
            return None;
        }
        let mut sections: Vec<String> = Vec::new();
        for line in lines {
            if heading(line).is_some_and(|found| found == word) {
                sections.push(String::new());
            } else if let Some(section) = sections.last_mut() {
                section.push_str(line);
                section.push('\n');
            }
        }
        sections.pop();
        Some(Self { sections })
    }

    /// How many sections there are.
    #[expect(clippy::len_without_is_empty, reason = "there are five at least")]
    pub fn len(&self) -> usize {
        self.sections.len()
    }

    /// The text of the first `n` sections.
    fn first(&self, n: usize) -> String {
        self.sections[..n].concat()
    }
}

/// The word that a line begins with, if it can be a heading.
fn heading(line: &str) -> Option<String> {
    let short =
        line.chars().count() <= HEADING_CHARS && line.split_whitespace().count() <= HEADING_WORDS;
    let word = line.split_whitespace().next().filter(|_| short)?;
    let word = word.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    (!word.is_empty()).then_some(word)
}

/// How many sections, from the first, can be compared; `None` where they do not look like
/// translations of each other.
pub fn shared(a: &Translation, b: &Translation) -> Option<usize> {
    let n = a.len().min(b.len());
    let length = |section: &String| section.chars().count().max(1) as f64;
    let pairs = a.sections.iter().zip(&b.sections);
    let ratios: Vec<f64> = pairs.map(|(a, b)| length(b) / length(a)).collect();
    let mut sorted = ratios.clone();
    sorted.sort_by(f64::total_cmp);
    let median = *sorted.get(n / 2)?;
    let alike = |ratio: &f64| (1.0 / FARTHEST..=FARTHEST).contains(&(ratio / median));
    (n >= FEWEST && ratios.iter().all(alike)).then_some(n)
}

/// How many times the tokens of `reference` the same sections take in `other`: 1 is fair, 3 makes a
/// language three times as dear. `None` where they cannot be compared.
///
/// # Errors
/// Those of [`Tokenizer::encode`].
pub fn premium(
    tokenizer: &Tokenizer,
    reference: &Translation,
    other: &Translation,
) -> Result<Option<f64>, Error> {
    let Some(n) = shared(reference, other) else { return Ok(None) };
    let tokens = |text: &Translation| Ok(tokenizer.encode(&text.first(n))?.len() as f64);
    let (theirs, ours): (f64, f64) = (tokens(other)?, tokens(reference)?);
    Ok((ours > 0.0).then(|| theirs / ours))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainOptions;

    fn text(word: &str, sections: usize, sentence: &str) -> String {
        let section = |i: usize| format!("{word} {i}\n{sentence}\nEvery one of {i}.\n\n");
        format!(
            "\u{feff}A preface.\nAnother line\n\n{}",
            (0..sections).map(section).collect::<String>()
        )
    }

    #[test]
    fn sections_stand_between_headings_and_the_last_is_left_out() {
        let found = Translation::new(&text("Article", 8, "All are free.")).unwrap();
        assert_eq!(found.len(), 7);
        assert_eq!(found.sections[2], "All are free.\nEvery one of 2.\n");
        assert_eq!(Translation::new(&text("Article", 5, "All are free.")), None);
        assert_eq!(Translation::new(""), None);
    }

    #[test]
    fn sections_that_do_not_match_are_not_compared() {
        let english = Translation::new(&text("Article", 8, "All are free.")).unwrap();
        let german = Translation::new(&text("Artikel", 12, "Alle sind frei.")).unwrap();
        assert_eq!(shared(&english, &german), Some(7));
        let mut odd = german.clone();
        odd.sections[3] = "word ".repeat(100);
        assert_eq!(shared(&english, &odd), None);
    }

    #[test]
    fn a_text_of_twice_the_tokens_has_a_premium_of_two() {
        let options = TrainOptions { vocab_size: 257, ..TrainOptions::default() };
        let bytes = Tokenizer::train(["a"], &options).unwrap();
        let sections = |sentence: &str| Translation { sections: vec![sentence.to_string(); 6] };
        let found = premium(&bytes, &sections("abcd\n"), &sections("éééé é\n"));
        assert_eq!(found.unwrap(), Some(12.0 / 5.0));
    }
}
