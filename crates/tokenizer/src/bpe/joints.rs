//! Where a text can be cut without changing what is merged: between two characters that no merge
//! ever joins.
//!
//! SentencePiece's BPE and its descendants take a whole text as one word; of its pieces hardly one
//! has a space behind a letter, so that the text falls into words all the same, which are short
//! and come again. Pairs of characters are marks in a table of bits by their hash: a pair that
//! shares its mark with another is not cut, which costs speed, never a merge.

const BITS: u32 = 18;

/// The pairs of characters that a merge may join.
#[derive(Clone, Debug)]
pub(super) struct Joints {
    marks: Vec<u64>,
}

impl Joints {
    pub(super) fn new(pairs: impl IntoIterator<Item = (char, char)>) -> Self {
        let mut marks = vec![0; 1 << (BITS - 6)];
        for (left, right) in pairs {
            let at = place(left, right);
            marks[at / 64] |= 1_u64 << (at % 64);
        }
        Self { marks }
    }

    /// Whether a merge may join the two.
    #[inline]
    pub(super) fn may_join(&self, left: char, right: char) -> bool {
        let at = place(left, right);
        self.marks[at / 64] >> (at % 64) & 1 == 1
    }

    /// The parts of `text` that are merged each for itself, with their starts. It is cut only
    /// where both characters are ones that `knows` holds for: unknown ones are joined by others.
    pub(super) fn cut<'t>(
        &self,
        text: &'t str,
        knows: impl Fn(char) -> bool,
    ) -> impl Iterator<Item = (usize, &'t str)> {
        let mut start = 0;
        std::iter::from_fn(move || {
            let mut characters = text[start..].char_indices();
            let (_, mut before) = characters.next()?;
            let end = characters.find_map(|(at, character)| {
                let left = std::mem::replace(&mut before, character);
                let is_cut = !self.may_join(left, character) && knows(left) && knows(character);
                is_cut.then_some(start + at)
            });
            let part = (start, &text[start..end.unwrap_or(text.len())]);
            start += part.1.len();
            Some(part)
        })
    }
}

#[inline]
fn place(left: char, right: char) -> usize {
    let key = u64::from(u32::from(left)) << 32 | u64::from(u32::from(right));
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_nothing_joins() {
        let joints = Joints::new([('▁', 'a'), ('a', 'b'), ('b', 'b')]);
        let cut = |text: &'static str| joints.cut(text, |c| c != 'x').collect::<Vec<_>>();
        assert_eq!(cut("▁abb▁a▁"), [(0, "▁abb"), (6, "▁a"), (10, "▁")]);
        assert_eq!(cut("axxb"), [(0, "axxb")]);
        assert_eq!(cut("ba"), [(0, "b"), (1, "a")]);
        assert_eq!(cut(""), []);
    }
}
