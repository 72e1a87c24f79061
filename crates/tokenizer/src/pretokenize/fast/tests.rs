//! The splitters against the patterns that they are.

use fancy_regex::Regex;
use proptest::prelude::*;

use super::*;
use crate::dialect;

/// All patterns that are cut by hand.
fn patterns() -> Vec<&'static str> {
    let gpt4 = gpt4::PATTERNS.map(|(pattern, _)| pattern);
    let gpt4o = gpt4o::PATTERNS.map(|(pattern, _)| pattern);
    gpt2::PATTERNS.into_iter().chain(gpt4).chain(gpt4o).collect()
}

fn by_hand<'t>(pattern: &str, text: &'t str) -> Vec<&'t str> {
    let mut words = vec![];
    let split = Fast::for_pattern(pattern).unwrap();
    split
        .for_each_word(text, |word| {
            words.push(word);
            Ok(())
        })
        .unwrap();
    words
}

fn by_pattern<'t>(regex: &Regex, text: &'t str) -> Vec<&'t str> {
    let words: Vec<_> = regex.find_iter(text).map(|found| found.unwrap().as_str()).collect();
    assert_eq!(words.concat(), text, "a pattern leaves something out");
    words
}

/// `expected` are the words by GPT-4o's pattern; the others are compared only.
fn check(text: &str, expected: &[&str]) {
    for pattern in patterns() {
        let regex = dialect::compile("test", pattern).unwrap();
        assert_eq!(by_hand(pattern, text), by_pattern(&regex, text), "{pattern} on {text:?}");
    }
    assert_eq!(by_hand(gpt4o::PATTERNS[0].0, text), expected, "{text:?}");
}

#[test]
fn each_branch_of_the_patterns() {
    check("", &[]);
    check("Hello world", &["Hello", " world"]);
    check("I'll don't 'SAM HE'LL", &["I'll", " don't", " '", "SAM", " HE'LL"]);
    check("it'ſ", &["it'ſ"]);
    check("camelCase HTTPServer XMLs", &["camel", "Case", " HTTPServer", " XMLs"]);
    check("日本語ABC語DEF g", &["日本語ABC語", "DEF", " g"]);
    check("日本語ABCdef", &["日本語ABCdef"]);
    check("\u{301}ABC", &["\u{301}", "ABC"]);
    check("!\u{301}\u{301}ABC", &["!\u{301}\u{301}", "ABC"]);
    check("a/b//\n/c", &["a", "/b", "//\n/", "c"]);
    check("12345 67", &["123", "45", " ", "67"]);
    check("if  x:\n    y\t\n", &["if", " ", " x", ":\n", "   ", " y", "\t\n"]);
    check("a \n \n  ", &["a", " \n \n", "  "]);
    check("a\u{a0}\u{3000}b", &["a", "\u{a0}", "\u{3000}b"]);
    check("ǅx ʰa", &["ǅx", " ʰa"]);
    check("👍🏽 ok", &["👍🏽", " ok"]);
}

#[test]
fn the_tail_is_whole_where_tiktoken_takes_it_whole() {
    assert_eq!(by_hand(gpt4::PATTERNS[4].0, "a \n \n  "), ["a", " \n \n  "]);
    assert_eq!(by_hand(gpt4::PATTERNS[0].0, "a \n \n  "), ["a", " \n \n", "  "]);
}

#[test]
fn other_patterns_are_not_cut_by_hand() {
    assert_eq!(Fast::for_pattern(r"\p{N}"), None);
}

fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = vec![];
    let each = |chunk| {
        chunks.push(chunk);
        Ok(())
    };
    Fast::Chunks(Chunks).for_each_word(text, each).unwrap();
    chunks
}

#[test]
fn chunks_begin_with_a_single_space_between_visible_ascii() {
    assert_eq!(chunks(""), [""; 0]);
    assert_eq!(chunks("a bc d"), ["a", " bc", " d"]);
    assert_eq!(chunks("\u{600}b c éd e"), ["\u{600}b c éd e"]);
    assert_eq!(chunks(" a  b\n c\u{301} d é f, \0g h "), [" a  b\n c\u{301} d é f, \0g", " h "]);
    assert_eq!(
        chunks("longer than sixteen_bytes_in_a_row, and on"),
        ["longer", " than", " sixteen_bytes_in_a_row,", " and", " on"]
    );
}

/// Characters on which the patterns' branches meet.
const TRICKY: &str = "[ \\x00'\\n\\r\\t/sStTrReEvVlLmMdDſ0-9٣Ⅷ½.,!\u{a0}\u{85}\u{2028}\u{3000}\
                      \u{301}éÉǅʰ日ไ👍\u{200d}]{0,40}";
/// Words long enough for eight letters at a time.
const WORDS: &str = "([ a-z]{0,3}[A-Z]{0,10}[a-zé]{0,20}[A-Zß]{0,9}['日. \\n][a-z]{0,9}){0,6}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(700))]
    #[test]
    fn the_splitters_are_the_patterns(tricky in TRICKY, long in WORDS, any in any::<String>()) {
        for pattern in patterns() {
            let regex = dialect::compile("test", pattern).unwrap();
            for text in [&tricky, &long, &any] {
                prop_assert_eq!(by_hand(pattern, text), by_pattern(&regex, text), "{}", pattern);
            }
        }
    }

    #[test]
    fn chunks_are_the_text(tricky in TRICKY, long in WORDS) {
        for text in [&tricky, &long] {
            prop_assert_eq!(chunks(text).concat(), text.as_str());
            let visible = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
            let bytes = text.as_bytes();
            let is_cut = |&at: &usize| {
                at > 0
                    && (at == 1 || bytes[at - 2].is_ascii())
                    && bytes[at] == b' '
                    && visible(bytes.get(at - 1))
                    && visible(bytes.get(at + 1))
            };
            let cuts = (0..bytes.len()).filter(is_cut).count();
            prop_assert_eq!(chunks(text).len(), cuts + usize::from(!text.is_empty()));
            let parts = Chunks::parts(text, 5);
            prop_assert_eq!(parts.into_iter().flat_map(chunks).collect::<Vec<_>>(), chunks(text));
        }
    }

    #[test]
    fn a_cut_changes_no_word(tricky in TRICKY, long in WORDS, at in 0usize..40) {
        for text in [&tricky, &long] {
            let Some(cut) = safe_cut(text, at.min(text.len())) else { continue };
            for pattern in patterns() {
                let mut parts = by_hand(pattern, &text[..cut]);
                parts.extend(by_hand(pattern, &text[cut..]));
                prop_assert_eq!(parts, by_hand(pattern, text), "{} cut at {}", pattern, cut);
            }
        }
    }
}
