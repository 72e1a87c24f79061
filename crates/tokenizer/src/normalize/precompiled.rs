//! A SentencePiece map as Hugging Face applies it: grapheme cluster by grapheme cluster.
//!
//! A cluster of less than six bytes that *begins* with a rule becomes the replacement of the
//! *shortest* such rule, whole; in other clusters each character does on its own. SentencePiece
//! takes the longest rule at each place instead ([`super::spaces`]). So the two differ:
//!
//! - where a ligature or sign with a rule carries a mark: `ﬁ` and U+0301 give `fi` here (the mark
//!   is lost), and there `fi` and the mark;
//! - where a letter carries two marks and both rules exist: `e`, U+0302, U+0301 give `ê` here
//!   (five bytes, the shorter rule), and `ế` there;
//! - in clusters of six bytes or more: there, marks are composed; here, no rule of two characters
//!   is seen. Conjoining jamo (nine bytes a syllable) stay apart here;
//! - a carriage return and a line feed are one cluster: one space here, two there;
//! - a rule that crosses the border of clusters is only seen there.
//!
//! Of the spans, one thing is not as with Hugging Face: where rules remove the first characters of
//! a text, it forgets them and all later spans begin too early. Here they are right.

use unicode_segmentation::UnicodeSegmentation;

use super::Charsmap;
use super::draft::Draft;

/// Clusters of this many bytes are taken character by character.
const LONG_CLUSTER: usize = 6;

/// A SentencePiece map, applied by clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct Precompiled {
    /// The rules.
    pub charsmap: Charsmap,
}

impl Precompiled {
    pub(super) fn run(&self, draft: &mut Draft<'_>) {
        loop {
            draft.keep(self.charsmap.plain_run(draft.rest(), |_| true));
            if draft.rest().is_empty() {
                return;
            }
            self.cluster(first_cluster(draft.rest()), draft);
        }
    }

    /// The bytes of the longest replacement, at least one.
    pub(crate) fn longest_replacement(&self) -> usize {
        self.charsmap.longest_replacement()
    }

    fn cluster(&self, cluster: &str, draft: &mut Draft<'_>) {
        if cluster.len() < LONG_CLUSTER
            && let Some(new) = self.charsmap.shortest(cluster)
        {
            return replace(cluster, new, draft);
        }
        for (i, c) in cluster.char_indices() {
            let old = &cluster[i..i + c.len_utf8()];
            match self.charsmap.shortest(old) {
                Some(new) => replace(old, new, draft),
                None => draft.keep(old.len()),
            }
        }
    }
}

/// Characters stand for each other in order. More of them than before have the last one's span;
/// where there are fewer, the last ones are gone.
fn replace(old: &str, new: &str, draft: &mut Draft<'_>) {
    if new.is_empty() {
        return draft.absorb(old.len());
    }
    let mut old = old.chars();
    for c in new.chars() {
        match old.next() {
            Some(old) => draft.put_char(c, old.len_utf8()),
            None => draft.add_char(c),
        }
    }
    draft.skip(old.as_str().len());
}

/// The first grapheme cluster of a text that is not empty.
fn first_cluster(text: &str) -> &str {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), next) if stands_alone(first) && next.is_none_or(stands_alone) => {
            &text[..first.len_utf8()]
        }
        _ => text.graphemes(true).next().unwrap_or_default(),
    }
}

/// Whether there is a border between `c` and any other such character. Only the common ones; the
/// others take the long way and come out the same.
fn stands_alone(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x0C'
            | '\x0E'..='\u{2FF}'
            | '\u{391}'..='\u{3A9}'
            | '\u{3B1}'..='\u{3C9}'
            | '\u{400}'..='\u{482}'
            | '\u{48A}'..='\u{52F}'
            | '\u{2010}'..='\u{2027}'
            | '\u{3001}'..='\u{3029}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30A1}'..='\u{30FA}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{FF01}'..='\u{FF9D}'
    )
}

#[cfg(test)]
mod tests {
    //! The short way to a cluster against the long one.

    use super::*;

    #[test]
    fn characters_that_stand_alone_are_clusters() {
        let alone: Vec<char> =
            (0..=0x10_FFFF).filter_map(char::from_u32).filter(|&c| stands_alone(c)).collect();
        assert!(alone.len() > 30_000);
        // Two syllables of Hangul, letters, controls: enough of each kind to stand beside.
        let neighbours = ['a', '\n', '\u{AD}', '©', '가', '각', 'が', '字', 'ж', '\u{FF9D}'];
        for &c in &alone {
            for neighbour in neighbours {
                for pair in [[c, neighbour], [neighbour, c]] {
                    let text = String::from_iter(pair);
                    let long = text.graphemes(true).next().unwrap();
                    assert_eq!(first_cluster(&text), long, "{text:?}");
                    assert_eq!(text.graphemes(true).count(), 2, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn other_clusters_are_found() {
        for cluster in
            ["\r\n", "e\u{301}", "🇩🇪", "👩\u{200d}👧", "\u{600}a", "각\u{11a8}", "a\u{200d}"]
        {
            assert_eq!(first_cluster(&format!("{cluster}x")), cluster);
        }
    }
}
