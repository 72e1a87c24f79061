//! What languages pay, over a folder with one text in many of them.
//!
//! A file that is no UTF-8 is read as Latin-1 if its name says so, and passed over otherwise, as is one
//! whose sections do not match the reference's. A file cut within a character loses that character.

use std::path::Path;

use anyhow::{Context, Result, bail};
use figure::{Column, Table};
use serde_json::{Value, json};
use tokenizer::translations::{Translation, premium};

use super::Named;
use crate::host::Host;

/// The largest translation that is read.
const LARGEST: u64 = 64 << 20;

/// Premiums by language, the cheapest of the first tokenizer first.
pub(super) struct Languages {
    /// The name of the language that counts as 1.
    pub(super) reference: String,
    /// A language and its premium with each tokenizer.
    pub(super) rows: Vec<(String, Vec<f64>)>,
    /// Files that could not be compared.
    skipped: usize,
}

/// Reads the folder and asks every tokenizer.
pub(super) fn read(
    folder: &Path,
    reference: &str,
    tokenizers: &[Named],
    host: &Host,
) -> Result<Languages> {
    let all = files(folder)?;
    let Some((reference, english)) = all.iter().find(|(name, _)| name.starts_with(reference))
    else {
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).take(12).collect();
        let folder = folder.display();
        bail!(
            "no file in {folder} begins with {reference:?}; choose another with --reference, such as {}",
            names.join(", ")
        );
    };
    let english = english.as_ref().with_context(|| {
        format!("{reference} has no sections that could be told apart; choose another --reference")
    })?;
    let mut progress = host.progress("languages", all.len() as u64);
    let (mut rows, mut skipped) = (Vec::new(), 0);
    for (done, (name, text)) in all.iter().enumerate() {
        host.go_on("nothing was written")?;
        progress.set(done as u64, name.clone());
        let mut premiums = Vec::new();
        if let Some(text) = text {
            for Named { tokenizer, .. } in tokenizers {
                premiums.extend(premium(tokenizer, english, text)?);
            }
        }
        if premiums.len() == tokenizers.len() {
            rows.push((name.clone(), premiums));
        } else {
            skipped += 1;
        }
    }
    progress.finish(format!("{} languages", rows.len()));
    rows.sort_by(|(_, a), (_, b)| a[0].total_cmp(&b[0]));
    Ok(Languages { reference: reference.clone(), rows, skipped })
}

/// Every file by its name, in order, with its sections if it has some.
fn files(folder: &Path) -> Result<Vec<(String, Option<Translation>)>> {
    let failed = || format!("cannot read {}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        let small = path.metadata().is_ok_and(|data| data.is_file() && data.len() <= LARGEST);
        if !small {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path);
        let bytes = bytes.with_context(|| format!("cannot read {}", path.display()))?;
        let text = decoded(&name, &bytes);
        found.push((name, text.and_then(|text| Translation::new(&text))));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

fn decoded(name: &str, bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_string()),
        // Cut within its last character.
        Err(error) if error.error_len().is_none() => {
            Some(String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned())
        }
        // Its bytes are the first 256 characters of Unicode.
        Err(_) if name.contains("Latin1") => Some(bytes.iter().copied().map(char::from).collect()),
        Err(_) => None,
    }
}

impl Languages {
    /// A row a language.
    pub(super) fn table(&self, tokenizers: &[Named]) -> Table {
        let names = tokenizers.iter().map(|named| Column::right(&named.name));
        let row = |(name, premiums): &(String, Vec<f64>)| {
            let premiums = premiums.iter().map(|premium| format!("{premium:.2}"));
            std::iter::once(name.clone()).chain(premiums).collect()
        };
        Table {
            columns: std::iter::once(Column::left("language")).chain(names).collect(),
            rows: self.rows.iter().map(row).collect(),
        }
    }

    /// What the numbers are.
    pub(super) fn summary(&self) -> String {
        let skipped = match self.skipped {
            0 => String::new(),
            n => format!("; {n} files whose sections do not match it were passed over"),
        };
        format!("tokens of the same sections, {} = 1{skipped}", self.reference)
    }

    /// One object for each language with each tokenizer.
    pub(super) fn objects(&self, tokenizers: &[Named]) -> Vec<Value> {
        let of = |(language, premiums): &(String, Vec<f64>)| {
            let pairs = tokenizers.iter().zip(premiums);
            let object = |(named, premium): (&Named, &f64)| {
                json!({
                    "language": language, "reference": self.reference, "tokenizer": named.name,
                    "premium": premium,
                })
            };
            pairs.map(object).collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn encodings_are_told_by_bytes_and_names() {
        let text = |name, bytes: &[u8]| decoded(name, bytes);
        assert_eq!(text("a", "é".as_bytes()).as_deref(), Some("é"));
        assert_eq!(text("a", b"ab\xc3").as_deref(), Some("ab"));
        assert_eq!(text("German-Latin1", b"\xe4b").as_deref(), Some("äb"));
        assert_eq!(text("Thai-TIS620", b"\xe4b"), None);
    }
}
