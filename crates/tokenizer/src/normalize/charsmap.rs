//! SentencePiece's `precompiled_charsmap`: rules "these bytes become this text", as one blob.
//!
//! The blob is the size of a trie (u32, little endian), the trie, and all replacements, each ended
//! by a zero byte. The trie is a double array in the manner of darts-clone, of u32 units: bits 0 to
//! 7 are the label, bit 8 says that a rule ends here, bits 10 to 30 are the offset to the children,
//! times 256 if bit 9 is set. A child lies at the node's place XOR the offset XOR the label; the
//! unit with bit 31 set at label 0 holds the place of the replacement.
//!
//! The blob is not trusted: every rule is walked once on reading, so that no lookup can leave the
//! arrays, loop, or walk further than [`MAX_RULE`] bytes.

use std::sync::Arc;

use crate::Error;

/// The largest blob that is read: several times the largest published one.
pub(super) const MAX_BLOB: usize = 4 << 20;

/// The longest left side of a rule, in bytes.
const MAX_RULE: u8 = 128;

/// The longest right side of a rule, in bytes.
const MAX_REPLACEMENT: usize = 1024;

/// The rules of a SentencePiece model. A clone shares them.
#[derive(Clone)]
pub struct Charsmap(Arc<Rules>);

struct Rules {
    blob: Vec<u8>,
    units: Vec<u32>,
    replacements: String,
    /// For each ASCII character: no rule is it alone, or begins with it and another of them.
    plain: [bool; 128],
}

impl Charsmap {
    /// Reads the blob of a model's `normalizer_spec` or, out of base64, of a `tokenizer.json`.
    pub fn from_bytes(blob: &[u8]) -> Result<Self, Error> {
        if blob.len() > MAX_BLOB {
            let (got, most) = (blob.len() as u64, MAX_BLOB as u64);
            return Err(Error::TooLarge { what: "a precompiled_charsmap (in bytes)", got, most });
        }
        let (units, replacements) = parts(blob)?;
        let mut rules = Rules { blob: blob.to_vec(), units, replacements, plain: [false; 128] };
        let root = rules.children_of(0);
        let mut heights = vec![0; rules.units.len()];
        rules.check(root, MAX_RULE, &mut heights)?;
        rules.plain = std::array::from_fn(|c| rules.is_plain(root, c));
        Ok(Self(Arc::new(rules)))
    }

    /// The blob.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.blob
    }

    /// How many bytes at the start of `text` no rule can touch, whatever comes behind them. All of
    /// them are ASCII, and `also`.
    pub(super) fn plain_run(&self, text: &str, also: impl Fn(u8) -> bool) -> usize {
        let bytes = text.as_bytes();
        let is_plain = |b: u8| self.0.plain.get(usize::from(b)) == Some(&true) && also(b);
        let run = bytes.iter().position(|&b| !is_plain(b)).unwrap_or(bytes.len());
        match bytes.get(run) {
            // A rule may join the last one with what follows.
            Some(next) if !next.is_ascii() => run.saturating_sub(1),
            _ => run,
        }
    }

    /// The bytes of the longest replacement, at least one.
    pub(super) fn longest_replacement(&self) -> usize {
        self.0.replacements.split('\0').map(str::len).max().unwrap_or(0).max(1)
    }

    /// The replacement by the shortest rule that `text` begins with.
    pub(super) fn shortest(&self, text: &str) -> Option<&str> {
        let (_, place) = self.0.matches(text.as_bytes()).next()?;
        Some(self.0.replacement(place))
    }

    /// The longest rule that `text` begins with: its bytes and its replacement.
    pub(super) fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let whole = |&(len, _): &(usize, usize)| text.is_char_boundary(len);
        let (len, place) = self.0.matches(text.as_bytes()).filter(whole).last()?;
        Some((len, self.0.replacement(place)))
    }
}

impl PartialEq for Charsmap {
    fn eq(&self, other: &Self) -> bool {
        self.0.blob == other.0.blob
    }
}

impl std::fmt::Debug for Charsmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Charsmap({} units, {} bytes)", self.0.units.len(), self.0.replacements.len())
    }
}

fn broken(detail: String) -> Error {
    Error::BadCharsmap { detail }
}

/// The trie and the replacements.
fn parts(blob: &[u8]) -> Result<(Vec<u32>, String), Error> {
    let Some((size, rest)) = blob.split_first_chunk() else {
        return Err(broken(format!(
            "it has {} bytes, not even the 4 of the trie's size",
            blob.len()
        )));
    };
    let size = u32::from_le_bytes(*size) as usize;
    if size > rest.len() {
        let left = rest.len();
        return Err(broken(format!("the trie should have {size} bytes, {left} are there")));
    }
    if size == 0 || !size.is_multiple_of(4) {
        return Err(broken(format!("the trie has {size} bytes, expected one or more units of 4")));
    }
    let (trie, replacements) = rest.split_at(size);
    let units = trie.as_chunks().0.iter().map(|&unit| u32::from_le_bytes(unit)).collect();
    match std::str::from_utf8(replacements) {
        Ok(text) => Ok((units, text.to_owned())),
        Err(e) => {
            let at = 4 + size + e.valid_up_to();
            Err(broken(format!("the replacements are not UTF-8 at byte {at}")))
        }
    }
}

impl Rules {
    /// Where the children of the node at `at` lie, before their labels are applied.
    fn children_of(&self, at: usize) -> usize {
        let unit = self.units[at];
        let offset = (unit >> 10) << ((unit & (1 << 9)) >> 6);
        at ^ offset as usize
    }

    /// The child by `label` of the node whose children lie at `base`.
    fn child(&self, base: usize, label: u8) -> Option<usize> {
        let at = base ^ usize::from(label);
        let unit = self.units.get(at)?;
        (label != 0 && unit & (1 << 31 | 0xFF) == u32::from(label)).then_some(at)
    }

    fn ends_rule(&self, at: usize) -> bool {
        self.units[at] & (1 << 8) != 0
    }

    /// The rules that `key` begins with, the shortest first: their lengths and the places of their
    /// replacements.
    fn matches(&self, key: &[u8]) -> impl Iterator<Item = (usize, usize)> {
        let mut base = self.children_of(0);
        let nodes = key.iter().map_while(move |&label| {
            let at = self.child(base, label)?;
            base = self.children_of(at);
            Some(self.ends_rule(at).then(|| self.place(base)))
        });
        nodes.enumerate().filter_map(|(i, place)| Some((i + 1, place?)))
    }

    /// What a rule's last unit says, found valid by `check`.
    fn place(&self, base: usize) -> usize {
        (self.units[base] & !(1 << 31)) as usize
    }

    fn replacement(&self, place: usize) -> &str {
        let text = &self.replacements[place..];
        text.split_once('\0').map_or(text, |(text, _)| text)
    }

    /// Walks everything below the node whose children lie at `base`, with at most `left` bytes to
    /// go. Gives the longest way down, and notes it (plus one) in `heights` to go each way once.
    fn check(&self, base: usize, left: u8, heights: &mut [u8]) -> Result<u8, Error> {
        const ON_THE_WAY: u8 = u8::MAX;
        let Some(&known) = heights.get(base) else {
            let units = self.units.len();
            return Err(broken(format!("an offset leads to unit {base}, the trie has {units}")));
        };
        if known == ON_THE_WAY {
            return Err(broken(format!("unit {base} leads back to itself")));
        }
        match known.checked_sub(1) {
            Some(height) if height <= left => return Ok(height),
            Some(_) => return Err(broken(format!("a rule has more than {MAX_RULE} bytes"))),
            None => heights[base] = ON_THE_WAY,
        }
        let mut height = 0;
        for at in (1..=u8::MAX).filter_map(|label| self.child(base, label)) {
            let Some(left) = left.checked_sub(1) else {
                return Err(broken(format!("a rule has more than {MAX_RULE} bytes")));
            };
            let below = self.children_of(at);
            height = height.max(1 + self.check(below, left, heights)?);
            if self.ends_rule(at) {
                self.check_replacement(self.place(below))?;
            }
        }
        heights[base] = height + 1;
        Ok(height)
    }

    fn check_replacement(&self, place: usize) -> Result<(), Error> {
        let len = self.replacements.len();
        if place > len || !self.replacements.is_char_boundary(place) {
            let why = if place > len { "beyond the end" } else { "inside a character" };
            return Err(broken(format!("a rule's text is at {place} of {len} bytes, {why}")));
        }
        let text = &self.replacements.as_bytes()[place..];
        match text.iter().take(MAX_REPLACEMENT + 1).position(|&byte| byte == 0) {
            None if text.len() > MAX_REPLACEMENT => {
                Err(broken(format!("the text at {place} has more than {MAX_REPLACEMENT} bytes")))
            }
            _ => Ok(()),
        }
    }

    fn is_plain(&self, root: usize, c: usize) -> bool {
        let Some(at) = self.child(root, c as u8) else { return true };
        let below = self.children_of(at);
        !self.ends_rule(at) && (1..128).all(|next| self.child(below, next).is_none())
    }
}

#[cfg(test)]
pub(super) mod tests {
    //! Tries made by hand, whole and broken in every place.

    use super::*;

    /// A blob with these rules, by the plainest double array: every node has a block of 256.
    pub(in super::super) fn blob(rules: &[(&str, &str)]) -> Vec<u8> {
        let mut replacements = String::from("\0");
        // For each node, its children by label, and the place of its replacement.
        let mut nodes = vec![(std::collections::BTreeMap::new(), None)];
        for (from, to) in rules {
            let mut node = 0;
            for &byte in from.as_bytes() {
                let next = nodes.len();
                node = *nodes[node].0.entry(byte).or_insert(next);
                if node == next {
                    nodes.push((std::collections::BTreeMap::new(), None));
                }
            }
            nodes[node].1 = Some(replacements.len() as u32);
            replacements.push_str(to);
            replacements.push('\0');
        }
        // The root is at 0; node n has its children in block n + 1.
        let mut units = vec![0u32; 256 * (nodes.len() + 1)];
        let mut places = vec![0u32; nodes.len()];
        for (n, (children, _)) in nodes.iter().enumerate() {
            for (&label, &child) in children {
                places[child] = 256 * (n as u32 + 1) + u32::from(label);
            }
        }
        for (n, (_, replacement)) in nodes.iter().enumerate() {
            let (at, base) = (places[n], 256 * (n as u32 + 1));
            // Small enough to do without bit 9.
            units[at as usize] = (at ^ base) << 10 | at & 0xFF;
            if let Some(place) = replacement {
                units[at as usize] |= 1 << 8;
                units[base as usize] = 1 << 31 | place;
            }
        }
        let mut blob = (units.len() as u32 * 4).to_le_bytes().to_vec();
        blob.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        blob.extend(replacements.as_bytes());
        blob
    }

    fn check_refused(blob: &[u8], expected: &str) {
        let error = Charsmap::from_bytes(blob).unwrap_err().to_string();
        assert!(error.contains("precompiled_charsmap") && error.contains(expected), "{error}");
    }

    #[test]
    fn rules_are_found() {
        let map =
            Charsmap::from_bytes(&blob(&[("a", "1"), ("ab", "2"), ("é", ""), ("é\u{301}", "x")]))
                .unwrap();
        assert_eq!(map.shortest("abc"), Some("1"));
        assert_eq!(map.longest("abc"), Some((2, "2")));
        assert_eq!(map.longest("éa"), Some((2, "")));
        assert_eq!(map.longest("é\u{301}"), Some((4, "x")));
        assert_eq!(map.longest("b"), None);
        assert_eq!(map.longest("\0"), None);
        assert_eq!(map.longest(""), None);
        assert_eq!(map.plain_run("bcd", |_| true), 3);
        assert_eq!(map.plain_run("bcda", |_| true), 3);
        assert_eq!(map.plain_run("bcdé", |_| true), 2);
        assert_eq!(map.plain_run("bcd", |b| b != b'd'), 2);
    }

    #[test]
    fn what_is_broken_is_named() {
        let whole = blob(&[("ab", "x")]);
        check_refused(&[], "it has 0 bytes");
        check_refused(&whole[..3], "it has 3 bytes");
        check_refused(&whole[..100], "the trie should have 4096 bytes, 96 are there");
        check_refused(&[2, 0, 0, 0, 1, 1], "expected one or more units");
        check_refused(&[&whole[..], &[0xFF]].concat(), "not UTF-8 at byte 4103");
        check_refused(&vec![0; MAX_BLOB + 1], "too large");
        let unit = |at: usize, unit: u32| {
            let mut broken = whole.clone();
            broken[4 + 4 * at..][..4].copy_from_slice(&unit.to_le_bytes());
            broken
        };
        let a = 256 + usize::from(b'a');
        check_refused(&unit(a, 0x1F_FFFF << 10 | u32::from(b'a')), "an offset leads to unit");
        check_refused(&unit(a, u32::from(b'a') << 10 | u32::from(b'a')), "leads back to itself");
        check_refused(&unit(768, 1 << 31 | 1000), "beyond the end");
        check_refused(&blob(&[(&"a".repeat(129), "")]), "more than 128 bytes");
        check_refused(&blob(&[("a", &"x".repeat(1025))]), "more than 1024 bytes");
        assert!(Charsmap::from_bytes(&blob(&[(&"a".repeat(128), &"x".repeat(1024))])).is_ok());
    }

    #[test]
    fn a_replacement_begins_at_a_character() {
        let mut broken = blob(&[("a", "é")]);
        let at = 4 + 4 * 512;
        assert_eq!(broken[at..at + 4], (1u32 << 31 | 1).to_le_bytes());
        broken[at] = 2;
        check_refused(&broken, "inside a character");
    }
}
