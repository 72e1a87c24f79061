//! Chunks against the way through the whole text, and what may not be chunked.

use proptest::prelude::*;

use super::*;
use crate::model::Scratch;
use crate::normalize::{Bert, Form, Replace};
use crate::pretokenize::{Behavior, Metaspace, PreTokenizer};
use crate::unigram::{self, Unigram};
use crate::vocab::Vocab;
use crate::wordlevel::WordLevel;
use crate::wordpiece::{Options, WordPiece};
use crate::{Model, Parts};

const LETTERS: &str = "abcdehx.,'\u{2581}éñ漢ﬁﷺ\u{301}";

/// All letters are pieces, so that whatever becomes another word has other ids.
fn wordpiece(unk: &str) -> Model {
    let letters = LETTERS.chars().map(String::from);
    let inside = letters.clone().map(|letter| format!("##{letter}"));
    let pieces = std::iter::once("[UNK]".to_owned()).chain(letters).chain(inside);
    let options = Options { unk_token: unk.to_owned(), ..Options::default() };
    Model::WordPiece(WordPiece::new(Vocab::in_order(pieces).unwrap(), options).unwrap())
}

fn unigram() -> Model {
    let pieces = LETTERS.chars().map(String::from).chain(["ab", "\u{2581}a", "ed"].map(Into::into));
    let unk = ("<unk>".to_owned(), 0.0);
    let pieces = pieces.zip(1..).map(|(piece, n)| (piece, f64::from(-n)));
    let pieces = std::iter::once(unk).chain(pieces).collect();
    let options = unigram::Options { unk_id: Some(0), ..unigram::Options::default() };
    Model::Unigram(Unigram::new(pieces, options).unwrap())
}

fn wordlevel() -> Model {
    let words = ["<unk>", "a", "b", "ab", ".", "é", "x"];
    Model::WordLevel(WordLevel::new(Vocab::in_order(words).unwrap(), "<unk>"))
}

fn tokenizer(model: Model, normalizer: Normalizer, pre_tokenizer: PreTokenizer) -> Tokenizer {
    Tokenizer::from_parts(Parts {
        normalizer: Some(normalizer),
        pre_tokenizer: Some(pre_tokenizer),
        ..Parts::of(model)
    })
    .unwrap()
}

fn replace(pattern: Pattern, content: &str) -> Normalizer {
    Normalizer::Replace(Replace::new(pattern, content.to_owned()).unwrap())
}

fn text(what: &str) -> Pattern {
    Pattern::Text(what.to_owned())
}

fn spaces(content: &str) -> Normalizer {
    replace(Pattern::Regex(SPACES.to_owned()), content)
}

fn metaspace() -> PreTokenizer {
    PreTokenizer::Metaspace(Metaspace::default())
}

/// What T5 does, with a form in the place of its map.
fn of_t5() -> Normalizer {
    let strip = Normalizer::Strip(Strip { left: false, right: true });
    Normalizer::Sequence(vec![Normalizer::Form(Form::Nfkc), strip, spaces("\u{2581}")])
}

fn local() -> Vec<Tokenizer> {
    let accents = vec![Normalizer::Form(Form::Nfd), Normalizer::StripAccents];
    let others = vec![Normalizer::Nmt, Normalizer::Lowercase, replace(text("é"), "ab c")];
    let punctuation = PreTokenizer::Punctuation(Behavior::MergedWithNext);
    let words = PreTokenizer::Sequence(vec![PreTokenizer::WhitespaceSplit, punctuation]);
    let bert = || Normalizer::Bert(Bert::default());
    vec![
        tokenizer(wordpiece("[UNK]"), bert(), PreTokenizer::BertPreTokenizer),
        tokenizer(wordpiece("none"), bert(), PreTokenizer::BertPreTokenizer),
        tokenizer(unigram(), of_t5(), metaspace()),
        tokenizer(wordpiece("[UNK]"), Normalizer::Sequence(accents), words),
        tokenizer(wordlevel(), Normalizer::Sequence(others), PreTokenizer::Whitespace),
    ]
}

/// By way of the whole text.
fn whole(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>, String> {
    let (mut ids, scratch) = (vec![], &mut Scratch::default());
    let visit = &mut Ids { model: &tokenizer.model, scratch, ids: &mut ids };
    let walked = tokenizer.walk(text, Mode::ids(tokenizer), visit);
    walked.map(|()| ids).map_err(|error| error.to_string())
}

fn chunked(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>, String> {
    tokenizer.encode(text).map_err(|error| error.to_string())
}

#[test]
fn what_looks_further_is_not_chunked() {
    assert!(local().iter().all(|tokenizer| tokenizer.is_chunked));
    let bert = || Normalizer::Bert(Bert::default());
    let left = Normalizer::Strip(Strip { left: true, right: false });
    let first = Metaspace { prepend_scheme: PrependScheme::First, ..Metaspace::default() };
    let whole = Metaspace { split: false, ..Metaspace::default() };
    let punctuation = PreTokenizer::Punctuation(Behavior::MergedWithNext);
    let back = vec![replace(text("x"), " "), spaces("y"), replace(text(" "), "x")];
    for (normalizer, pre_tokenizer) in [
        (left, PreTokenizer::Whitespace),
        (replace(text("b a"), "x"), PreTokenizer::Whitespace),
        (replace(text("."), " "), PreTokenizer::Whitespace),
        (replace(text(" "), ""), PreTokenizer::WhitespaceSplit),
        (replace(text(" "), "\u{2581}"), metaspace()),
        (replace(text("é"), &"!".repeat(4096)), PreTokenizer::Whitespace),
        (Normalizer::Sequence(back), PreTokenizer::Whitespace),
        (bert(), PreTokenizer::Metaspace(first)),
        (bert(), PreTokenizer::Metaspace(whole)),
        (bert(), PreTokenizer::Sequence(vec![punctuation, PreTokenizer::Whitespace])),
    ] {
        let tokenizer = tokenizer(wordpiece("[UNK]"), normalizer, pre_tokenizer);
        assert!(!tokenizer.is_chunked, "{tokenizer:?}");
    }
}

#[test]
fn threads_share_a_long_text() {
    let sentence = "abed  ab. a x\n ed, ab é ac\u{301} 漢 ab ab ab ";
    let text = sentence.repeat(3 * PART / sentence.len());
    for tokenizer in local() {
        assert_eq!(chunked(&tokenizer, &text), whole(&tokenizer, &text), "{tokenizer:?}");
    }
}

proptest! {
    #[test]
    fn chunks_give_the_ids_of_the_whole(
        text in "[abcdehx.,' \u{301}éñ漢ﬁﷺAZ\n\t\u{2003}\u{600}\u{2581}]{0,80}",
    ) {
        for tokenizer in local() {
            for _ in 0..2 {
                prop_assert_eq!(chunked(&tokenizer, &text), whole(&tokenizer, &text), "{:?}", tokenizer);
            }
        }
    }
}
