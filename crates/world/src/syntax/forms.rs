//! The inflected forms of all words of [`super::words`], made once by the rules of
//! [`super::inflect`] and looked up from then on; other words go by the rules each time.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::{inflect, words};

/// A word in one of its forms, mostly out of a table.
pub(crate) type Text = Cow<'static, str>;

/// The forms of a verb.
struct Verb {
    third_person: String,
    past: String,
    participle: String,
    progressive: String,
}

impl Verb {
    fn new(lemma: &str) -> Self {
        Self {
            third_person: inflect::third_person(lemma),
            past: inflect::past(lemma),
            participle: inflect::participle(lemma),
            progressive: inflect::progressive(lemma),
        }
    }
}

/// The words that help other verbs.
const HELPERS: [&str; 3] = ["be", "have", "do"];

static PLURALS: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
    words::nouns().into_iter().map(|noun| (noun.word, inflect::plural(noun.word))).collect()
});

static VERBS: LazyLock<HashMap<&str, Verb>> = LazyLock::new(|| {
    let lemmas = words::verbs().into_iter().map(words::Verb::lemma).chain(HELPERS);
    lemmas.map(|lemma| (lemma, Verb::new(lemma))).collect()
});

/// Comparative and superlative.
static DEGREES: LazyLock<HashMap<&str, [Option<String>; 2]>> = LazyLock::new(|| {
    let both = |word| [inflect::comparative(word), inflect::superlative(word)];
    words::adjectives().into_iter().map(|word| (word, both(word))).collect()
});

/// [`inflect::plural`].
pub(super) fn plural(noun: &str) -> Text {
    PLURALS.get(noun).map_or_else(|| inflect::plural(noun).into(), |form| form.as_str().into())
}

/// [`inflect::third_person`].
pub(super) fn third_person(verb: &str) -> Text {
    of(verb, |forms| &forms.third_person, inflect::third_person)
}

/// [`inflect::past`].
pub(super) fn past(verb: &str) -> Text {
    of(verb, |forms| &forms.past, inflect::past)
}

/// [`inflect::participle`].
pub(super) fn participle(verb: &str) -> Text {
    of(verb, |forms| &forms.participle, inflect::participle)
}

/// [`inflect::progressive`].
pub(super) fn progressive(verb: &str) -> Text {
    of(verb, |forms| &forms.progressive, inflect::progressive)
}

/// [`inflect::comparative`].
pub(super) fn comparative(adjective: &str) -> Option<Text> {
    match DEGREES.get(adjective) {
        Some([form, _]) => form.as_deref().map(Text::Borrowed),
        None => inflect::comparative(adjective).map(Text::Owned),
    }
}

/// [`inflect::superlative`].
pub(super) fn superlative(adjective: &str) -> Option<Text> {
    match DEGREES.get(adjective) {
        Some([_, form]) => form.as_deref().map(Text::Borrowed),
        None => inflect::superlative(adjective).map(Text::Owned),
    }
}

fn of(verb: &str, form: fn(&Verb) -> &String, rule: fn(&str) -> String) -> Text {
    match VERBS.get(verb) {
        Some(forms) => form(forms).as_str().into(),
        None => rule(verb).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_of_the_rules() {
        for noun in words::nouns() {
            assert_eq!(plural(noun.word), inflect::plural(noun.word));
        }
        for verb in words::verbs().into_iter().map(words::Verb::lemma).chain(["be", "stand"]) {
            assert_eq!(third_person(verb), inflect::third_person(verb));
            assert_eq!(past(verb), inflect::past(verb));
            assert_eq!(participle(verb), inflect::participle(verb));
            assert_eq!(progressive(verb), inflect::progressive(verb));
        }
        for adjective in words::adjectives().into_iter().chain(["good"]) {
            assert_eq!(
                comparative(adjective).as_deref(),
                inflect::comparative(adjective).as_deref()
            );
            assert_eq!(
                superlative(adjective).as_deref(),
                inflect::superlative(adjective).as_deref()
            );
        }
    }
}
