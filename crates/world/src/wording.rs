//! Phrases with choices and slots: `[at last|in the end]` says one of them, `{name}` a value.
//!
//! Choices may nest and may be empty; slots stand inside of them too. Left out on purpose: people
//! and pronouns, which [`crate::render::prose`] adds on top of [`choice`].

use stdx::Rng;

/// Draws one alternative from `a|b|c]rest`, and gives it with the rest.
pub(crate) fn choice<'t>(text: &'t str, rng: &mut Rng) -> (&'t str, &'t str) {
    let mut bounds = [0_usize; 24];
    let (mut n, mut depth) = (1, 0);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' if depth > 0 => depth -= 1,
            b'|' | b']' if depth == 0 => {
                bounds[n] = i + 1;
                if byte == b']' {
                    let pick = rng.index(n);
                    return (&text[bounds[pick]..bounds[pick + 1] - 1], &text[i + 1..]);
                }
                n += 1;
            }
            _ => {}
        }
    }
    (text, "")
}

/// Says a phrase: choices are drawn, `{name}` becomes the slot's value, sentences begin with a
/// capital. A slot that has no value stays as it is, which the tests of every caller look for.
pub(crate) fn say(phrase: &str, slots: &[(&str, &str)], rng: &mut Rng) -> String {
    let mut out = String::with_capacity(2 * phrase.len());
    expand(phrase, slots, rng, &mut out);
    capitals(out.trim())
}

/// One of `phrases`, said.
pub(crate) fn say_one(phrases: &[&str], slots: &[(&str, &str)], rng: &mut Rng) -> String {
    let phrase = *rng.choose(phrases);
    say(phrase, slots, rng)
}

fn expand(phrase: &str, slots: &[(&str, &str)], rng: &mut Rng, out: &mut String) {
    let mut rest = phrase;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'[' | b'{')) {
        out.push_str(&rest[..at]);
        if rest.as_bytes()[at] == b'[' {
            let (chosen, after) = choice(&rest[at + 1..], rng);
            expand(chosen, slots, rng, out);
            rest = after;
            continue;
        }
        let end = rest[at..].find('}').map_or(rest.len() - 1, |e| at + e);
        let name = &rest[at + 1..end];
        match slots.iter().find(|(slot, _)| *slot == name) {
            Some((_, value)) => out.push_str(value),
            None => out.push_str(&rest[at..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
}

/// The text with a capital at the start of each sentence and line, quoted or not.
pub(crate) fn capitals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut done, mut start) = (0, 0);
    while let Some((at, letter)) = text[start..].char_indices().find(|(_, c)| c.is_alphanumeric()) {
        let at = start + at;
        out.push_str(&text[done..at]);
        out.extend(letter.to_uppercase());
        done = at + letter.len_utf8();
        match next_start(&text.as_bytes()[done..]) {
            Some(next) => start = done + next,
            None => break,
        }
    }
    out.push_str(&text[done..]);
    out
}

/// Where the next sentence or line starts: behind a mark and a space, or behind a line's end.
fn next_start(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let ends = |&byte: &u8| matches!(byte, b'.' | b'!' | b'?' | b'\n');
        let at = from + text[from..].iter().position(ends)?;
        match (text[at], text.get(at + 1)) {
            (b'\n', _) => return Some(at + 1),
            (_, Some(b' ')) => return Some(at + 2),
            _ => from = at + 1,
        }
    }
}

/// "a" or "an", as the word's first letter asks for, and the word.
pub(crate) fn with_article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an " } else { "a " };
    [article, word].concat()
}

/// "one", "two", ...; digits above ten.
pub(crate) fn number_word(n: usize) -> String {
    const WORDS: [&str; 11] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(n).map_or_else(|| n.to_string(), |word| (*word).to_string())
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_expanded_and_begin_with_capitals() {
        let mut rng = Rng::new(1);
        let said: std::collections::BTreeSet<String> =
            (0..50).map(|_| say("[a|b [c|]]{x}. \"yes,\" {y}", &[("x", "!")], &mut rng)).collect();
        let want = ["A!. \"Yes,\" {y}", "B !. \"Yes,\" {y}", "B c!. \"Yes,\" {y}"];
        assert_eq!(said.into_iter().collect::<Vec<_>>(), want);
        assert_eq!(capitals("hm. \"well,\" he said\nno! so"), "Hm. \"Well,\" he said\nNo! So");
    }

    #[test]
    fn lists_and_articles() {
        let items = ["a", "b", "c"].map(str::to_string);
        assert_eq!(list(&items), "a, b and c");
        assert_eq!(list(&items[..1]), "a");
        assert_eq!(with_article("orange cat"), "an orange cat");
        assert_eq!(number_word(2), "two");
        assert_eq!(number_word(12), "12");
    }
}
