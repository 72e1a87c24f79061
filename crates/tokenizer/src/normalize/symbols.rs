//! Words that a user defined: SentencePiece takes them out before its map and leaves them as they
//! are, the longest at each place.

use std::sync::Arc;

use crate::unigram::trie::Trie;

/// Words that no rule changes. A clone shares them.
#[derive(Clone, Default)]
pub struct Symbols(Option<Arc<Found>>);

struct Found {
    words: Vec<String>,
    trie: Trie,
    /// Whether a word begins with this byte.
    starts: [bool; 256],
}

impl Symbols {
    /// Of these words; empty ones do nothing.
    pub fn new(words: Vec<String>) -> Self {
        let mut sorted: Vec<&str> = words.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        sorted.retain(|word| !word.is_empty());
        if sorted.is_empty() {
            return Self::default();
        }
        let mut starts = [false; 256];
        sorted.iter().for_each(|word| starts[usize::from(word.as_bytes()[0])] = true);
        // Which word it is does not matter.
        let keys: Vec<(&[u8], u32)> = sorted.iter().map(|word| (word.as_bytes(), 0)).collect();
        let trie = Trie::new(&keys);
        Self(Some(Arc::new(Found { words, trie, starts })))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The words as they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|found| found.words.iter().map(String::as_str))
    }

    /// Whether a word may begin with `byte`.
    pub(super) fn may_start(&self, byte: u8) -> bool {
        self.0.as_ref().is_some_and(|found| found.starts[usize::from(byte)])
    }

    /// The bytes of the longest word that `text` begins with.
    pub(super) fn longest(&self, text: &str) -> Option<usize> {
        let found = self.0.as_ref()?;
        found.trie.longest(found.trie.root(), text.as_bytes()).map(|(_, len)| len)
    }
}

impl PartialEq for Symbols {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl std::fmt::Debug for Symbols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_is_found() {
        let symbols = Symbols::new(["<a>", "<a><b>", "é", ""].map(str::to_owned).to_vec());
        assert_eq!(symbols.longest("<a><b>"), Some(6));
        assert_eq!(symbols.longest("<a><c>"), Some(3));
        assert_eq!(symbols.longest("<b>"), None);
        assert!(symbols.may_start(b'<') && !symbols.may_start(b'a'));
        assert!(Symbols::new(vec![String::new()]).is_empty());
        assert_eq!(Symbols::default().longest("<a>"), None);
    }
}
