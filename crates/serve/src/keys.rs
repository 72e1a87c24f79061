//! API keys: only their SHA-256 sums are held, and compared without telling by time how much was right.

use std::fmt;

use ring::digest::{SHA256, digest};

/// Bytes of a sum.
const SUM: usize = 32;

/// The keys that may ask; none means that whoever reaches the server may.
#[derive(Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    name: String,
    sum: [u8; SUM],
}

/// A line of a file of keys that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected NAME SHA256, the sum as 64 hexadecimal digits; {found}")]
pub struct BadKey {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub found: String,
}

impl Keys {
    /// Whether anybody may ask.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// One more key, under a name for logs and limits.
    pub fn add(&mut self, name: &str, key: &str) {
        self.0.push(Key { name: name.to_string(), sum: sum(key) });
    }

    /// The keys of a file: a name and a sum a line; empty lines and those behind `#` are nothing.
    ///
    /// # Errors
    /// [`BadKey`] for the first line that is not so.
    pub fn read(&mut self, text: &str) -> Result<(), BadKey> {
        for (i, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = |found: &str| BadKey { line: i + 1, found: found.to_string() };
            let mut words = line.split_whitespace();
            let (Some(name), Some(hex), None) = (words.next(), words.next(), words.next()) else {
                return Err(wrong("there are not two words"));
            };
            let sum = from_hex(hex).ok_or_else(|| wrong("the second word is no such sum"))?;
            self.0.push(Key { name: name.to_string(), sum });
        }
        Ok(())
    }

    /// The name of the key that was given, if it is one. All are looked at, each whole.
    pub fn name_of(&self, given: &str) -> Option<&str> {
        let given = sum(given);
        let mut found = None;
        for key in &self.0 {
            let differs = key.sum.iter().zip(&given).fold(0, |differs, (a, b)| differs | (a ^ b));
            if std::hint::black_box(differs) == 0 {
                found = Some(key.name.as_str());
            }
        }
        found
    }
}

/// The line of a file for a key.
pub fn line(name: &str, key: &str) -> String {
    let hex: String = sum(key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name} {hex}")
}

fn sum(key: &str) -> [u8; SUM] {
    let mut sum = [0; SUM];
    sum.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
    sum
}

fn from_hex(hex: &str) -> Option<[u8; SUM]> {
    if hex.len() != 2 * SUM || !hex.is_ascii() {
        return None;
    }
    let mut sum = [0; SUM];
    for (i, byte) in sum.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(sum)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_key_is_one() {
        let mut keys = Keys::default();
        assert!(keys.is_open());
        keys.add("a", "secret");
        keys.read(&format!("# ours\n\n{} # of Tom\n", line("tom", "other"))).unwrap();
        assert!(!keys.is_open());
        let check = |key: &str, name: Option<&str>| assert_eq!(keys.name_of(key), name, "{key}");
        check("secret", Some("a"));
        check("other", Some("tom"));
        check("Secret", None);
        check("secre", None);
        check("secrett", None);
        check("", None);
        assert_eq!(format!("{keys:?}"), r#"["a", "tom"]"#);
    }

    #[test]
    fn a_file_that_is_none_is_refused_by_line() {
        let check = |text: &str, line: usize| {
            assert_eq!(Keys::default().read(text).unwrap_err().line, line, "{text}");
        };
        check("tom", 1);
        check("\ntom abc", 2);
        check(&format!("tom {}", "g".repeat(64)), 1);
        check(&format!("{} more", line("tom", "x")), 1);
        check(&format!("tom {}", "é".repeat(32)), 1);
    }
}
