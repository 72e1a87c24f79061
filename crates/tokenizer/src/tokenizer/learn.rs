//! Learning whole tokenizers: a model of each kind, with the stages that published ones of that
//! kind have around it.
//!
//! Words are counted as [`Tokenizer::encode`] will cut them, with one exception: a model of
//! SentencePiece's kinds sees a text whole when it encodes, and learns from words that begin at
//! spaces and end at line ends. So no piece goes over either.
//!
//! A `tokenizer.json` does not say which pieces stand for bytes alone: from such a file a text that
//! has `<0x41>` in it, letter for letter, gets the byte's piece, as with Hugging Face.
//!
//! Left out on purpose: stages of one's own around a model. [`crate::words`] counts what any
//! pre-tokenizer cuts, the models' `train` learn from it, and [`Parts`] puts the stages together.

use super::{Parts, Tokenizer, check_names};
use crate::bpe::train::{CharacterOptions, characters, train_bytes};
use crate::bpe::{self, Bpe, Unknown};
use crate::decode::{self, Decoder};
use crate::formats::template;
use crate::model::Model;
use crate::normalize::{self, Bert, Normalizer};
use crate::postprocess::{BertProcessing, PostProcessor};
use crate::pretokenize::{
    Behavior, ByteLevel, Cut, Metaspace, Pattern, PreTokenizer, Split, Step, Word, run,
};
use crate::unigram;
use crate::wordlevel;
use crate::wordpiece;
use crate::words::{self, Progress, Words};
use crate::{AddedToken, Error, TrainOptions, byte_piece};

/// The share of a text that the characters make which become pieces; rarer ones become bytes.
const COVERAGE: f64 = 0.9995;

/// What stands for the unknown in SentencePiece's kinds and among whole words.
const UNKNOWN: &str = "<unk>";

/// A row of the registry.
struct Row {
    kind: Kind,
    name: &'static str,
    learn: fn(Words, &LearnOptions, &mut GoOn<'_>) -> Result<Parts, Error>,
    stages: fn(&LearnOptions) -> Result<Stages, Error>,
}

type GoOn<'g> = dyn FnMut(Progress) -> bool + 'g;

/// What is done to a text before words are counted.
struct Stages {
    normalizer: Option<Normalizer>,
    steps: Vec<Step>,
}

/// All kinds; the first is the default.
const ROWS: [Row; 5] = [
    Row { kind: Kind::Bpe, name: "bpe", learn: bpe, stages: bpe_stages },
    Row {
        kind: Kind::SentencePieceBpe,
        name: "sentencepiece-bpe",
        learn: sentencepiece_bpe,
        stages: sentencepiece_stages,
    },
    Row { kind: Kind::Unigram, name: "unigram", learn: unigram, stages: sentencepiece_stages },
    Row { kind: Kind::WordPiece, name: "wordpiece", learn: wordpiece, stages: wordpiece_stages },
    Row { kind: Kind::WordLevel, name: "wordlevel", learn: wordlevel, stages: wordlevel_stages },
];

/// Which tokenizer to learn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// BPE on bytes, with GPT-4's words: any text comes back as it was. GPT's and Llama 3's kind.
    #[default]
    Bpe,
    /// BPE on characters, rare ones as bytes, with a mark for each space. Llama 2's kind.
    SentencePieceBpe,
    /// The likeliest pieces, rare characters as bytes, with a mark for each space. T5's kind.
    Unigram,
    /// The longest piece first, in words without case or accents if wanted. BERT's kind.
    WordPiece,
    /// Whole words and signs.
    WordLevel,
}

impl Kind {
    /// All of them, by their names.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        ROWS.iter().map(|row| (row.kind, row.name))
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.kind)
    }

    /// Whether [`LearnOptions::lowercase`] means something for it.
    pub fn can_lower(self) -> bool {
        matches!(self, Self::WordPiece | Self::WordLevel)
    }
}

/// What to learn.
#[derive(Clone, Debug)]
pub struct LearnOptions {
    /// Which tokenizer.
    pub kind: Kind,
    /// The number of ids, special tokens included. Whole words may be fewer.
    pub vocab_size: usize,
    /// Special tokens beside those that the kind itself needs.
    pub specials: Vec<String>,
    /// Pairs and words rarer than this make no piece. A unigram model has no such bound, and more
    /// than 1 is refused with it.
    pub min_frequency: u64,
    /// All text in small letters; BERT's kind then drops accents too. Only where
    /// [`Kind::can_lower`] says so.
    pub lowercase: bool,
}

impl Default for LearnOptions {
    fn default() -> Self {
        let TrainOptions { vocab_size, specials, .. } = TrainOptions::default();
        Self { kind: Kind::Bpe, vocab_size, specials, min_frequency: 0, lowercase: false }
    }
}

impl Tokenizer {
    /// Learns a tokenizer of some kind from `texts`. Deterministic; memory grows with the number of
    /// distinct words. Now and then `go_on` is told how far it is; where it says no, the end is
    /// [`Error::Interrupted`].
    ///
    /// ```
    /// use tokenizer::{Kind, LearnOptions, Tokenizer};
    ///
    /// let options = LearnOptions { kind: Kind::WordPiece, vocab_size: 24, ..Default::default() };
    /// let learnt = Tokenizer::learn(["low lower lowest"; 9], &options, &mut |_| true)?;
    /// let encoding = learnt.encoding("lowest", None, true)?;
    /// assert_eq!(encoding.tokens, ["[CLS]", "lowe", "##st", "[SEP]"]);
    /// # Ok::<(), tokenizer::Error>(())
    /// ```
    pub fn learn(
        texts: impl IntoIterator<Item = impl AsRef<str> + Sync>,
        options: &LearnOptions,
        go_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Self, Error> {
        let row = ROWS.iter().find(|row| row.kind == options.kind).expect("each kind has a row");
        if options.lowercase && !options.kind.can_lower() {
            let (name, got) = ("lowercase", row.name.to_owned());
            return Err(Error::BadOption { name, got, expected: "wordpiece or wordlevel" });
        }
        if options.min_frequency > 1 && options.kind == Kind::Unigram {
            let (name, got) = ("min_frequency", options.min_frequency.to_string());
            let expected = "0 or 1 with unigram, whose pieces have no counts";
            return Err(Error::BadOption { name, got, expected });
        }
        bpe::train::check_size(options.vocab_size)?;
        let stages = (row.stages)(options)?;
        let split = |text: &str, each: &mut dyn FnMut(&str)| stages.for_each_word(text, each);
        let words = Words::count(texts, &split, go_on)?;
        Self::from_parts((row.learn)(words, options, go_on)?)
    }
}

impl Stages {
    fn for_each_word(&self, text: &str, each: &mut dyn FnMut(&str)) -> Result<(), Error> {
        let text = match (&self.normalizer, &self.steps[..]) {
            (Some(normalizer), _) => normalizer.normalize(text)?,
            (None, [Step::Cut(cut)]) => {
                return cut.run(text, |word| {
                    each(word);
                    Ok(())
                });
            }
            (None, _) => text.into(),
        };
        run(&self.steps, Word::unplaced(&text, true), &mut vec![], &mut |word| {
            each(word.text);
            Ok(())
        })
    }
}

/// Special tokens by their names, with the ids from `first` on.
fn added(names: &[String], first: u32) -> Vec<AddedToken> {
    names.iter().zip(first..).map(|(name, id)| AddedToken::special(name, id)).collect()
}

/// `first`, and then those of `more` that are not among them.
fn with(first: &[&str], more: &[String]) -> Vec<String> {
    let mut all: Vec<String> = first.iter().map(|name| (*name).to_owned()).collect();
    all.extend(more.iter().filter(|name| !first.contains(&name.as_str())).cloned());
    all
}

fn bpe_stages(_: &LearnOptions) -> Result<Stages, Error> {
    Ok(Stages { normalizer: None, steps: vec![Step::Cut(Cut::Split(Split::gpt4()))] })
}

fn bpe(words: Words, options: &LearnOptions, go_on: &mut GoOn<'_>) -> Result<Parts, Error> {
    let LearnOptions { vocab_size, specials, min_frequency, .. } = options.clone();
    let options = TrainOptions { vocab_size, specials, min_frequency, ..TrainOptions::default() };
    on_bytes(train_bytes(words, &options, go_on)?, Split::gpt4(), &options.specials)
}

/// The stages of a byte-level tokenizer; special tokens have the last ids.
pub(super) fn on_bytes(bpe: Bpe, split: Split, specials: &[String]) -> Result<Parts, Error> {
    let added_tokens = added(specials, bpe.len() as u32);
    check_names(&bpe, &added_tokens)?;
    let bytes = |use_regex| ByteLevel { add_prefix_space: false, trim_offsets: true, use_regex };
    Ok(Parts {
        pre_tokenizer: Some(PreTokenizer::Sequence(vec![
            PreTokenizer::Split(split),
            PreTokenizer::ByteLevel(bytes(false)),
        ])),
        decoder: Some(Decoder::ByteLevel(bytes(true))),
        added_tokens,
        ..Parts::of(Model::Bpe(bpe))
    })
}

/// No character is changed and no space lost; one is put in front.
fn sentencepiece() -> Normalizer {
    let remove_extra_whitespaces = false;
    let stage = normalize::SentencePiece { remove_extra_whitespaces, ..Default::default() };
    Normalizer::SentencePiece(stage)
}

fn sentencepiece_stages(_: &LearnOptions) -> Result<Stages, Error> {
    let line_ends = Split::new(Pattern::Text("\n".to_owned()), Behavior::Isolated, false)?;
    let mark = Metaspace::default().replacement;
    let steps = vec![Step::Cut(Cut::Mark(mark)), Step::Cut(Cut::Split(line_ends))];
    Ok(Stages { normalizer: Some(sentencepiece()), steps })
}

fn sentencepiece_bpe(
    words: Words,
    options: &LearnOptions,
    go_on: &mut GoOn<'_>,
) -> Result<Parts, Error> {
    let specials = with(&[UNKNOWN], &options.specials);
    let characters = words::characters(words.iter());
    let first: Vec<String> = specials.iter().cloned().chain(byte_piece::all()).collect();
    let learnt = CharacterOptions {
        vocab_size: options.vocab_size,
        specials: first.clone(),
        min_frequency: options.min_frequency,
        limit_alphabet: Some(words::n_covering(&characters, COVERAGE)),
        ..CharacterOptions::default()
    };
    let (vocab, _) = characters::learn(words, &learnt, go_on)?;
    let n_first = first.len();
    let is_first = |id: usize| id < n_first;
    // Earlier pieces merge before later ones, as they were learnt.
    let score = |id: usize| if is_first(id) { 0.0 } else { n_first as f32 - id as f32 };
    let kind = |id| if is_first(id) { bpe::Kind::Apart } else { bpe::Kind::Normal };
    let (scores, kinds): (Vec<_>, _) = (0..vocab.len()).map(|id| (score(id), kind(id))).unzip();
    let model = bpe::Options {
        unknown: Unknown::Piece(0),
        byte_fallback: true,
        fuse_unk: true,
        ..bpe::Options::default()
    };
    marked(Model::Bpe(Bpe::from_scores(vocab, &scores, kinds, model)?), &specials)
}

fn unigram(words: Words, options: &LearnOptions, go_on: &mut GoOn<'_>) -> Result<Parts, Error> {
    let specials = with(&[UNKNOWN], &options.specials);
    let learnt = unigram::TrainOptions {
        vocab_size: options.vocab_size,
        specials: specials.clone(),
        unk_token: Some(UNKNOWN.to_owned()),
        byte_fallback: true,
        character_coverage: COVERAGE,
        ..unigram::TrainOptions::default()
    };
    let mut told =
        |step: unigram::Step| go_on(Progress::Fitted { pieces: step.pieces, target: step.target });
    marked(Model::Unigram(unigram::train(words.iter(), &learnt, &mut told)?), &specials)
}

/// The stages of SentencePiece; the unknown piece is the first, other special tokens follow.
fn marked(model: Model, specials: &[String]) -> Result<Parts, Error> {
    Ok(Parts {
        normalizer: Some(sentencepiece()),
        decoder: Some(template::without_first_space(Some((UNKNOWN, " \u{2047} ")))?),
        added_tokens: added(&specials[1..], 1),
        ..Parts::of(model)
    })
}

fn wordpiece_normalizer(options: &LearnOptions) -> Normalizer {
    Normalizer::Bert(Bert { lowercase: options.lowercase, ..Bert::default() })
}

fn wordpiece_stages(options: &LearnOptions) -> Result<Stages, Error> {
    let steps = PreTokenizer::BertPreTokenizer.steps()?;
    Ok(Stages { normalizer: Some(wordpiece_normalizer(options)), steps })
}

fn wordpiece(words: Words, options: &LearnOptions, go_on: &mut GoOn<'_>) -> Result<Parts, Error> {
    let of_bert = wordpiece::train::options_of_bert(options.vocab_size);
    let first: Vec<&str> = of_bert.specials.iter().map(String::as_str).collect();
    let specials = with(&first, &options.specials);
    let learnt = CharacterOptions {
        specials: specials.clone(),
        min_frequency: options.min_frequency,
        ..of_bert.clone()
    };
    let model = wordpiece::train::train(words, &learnt, wordpiece::Options::default(), go_on)?;
    let around = |name: &str| (name.to_owned(), model.id(name).unwrap_or_default());
    let (cls, sep) = (around("[CLS]"), around("[SEP]"));
    let prefix = model.options().continuing_subword_prefix.clone();
    Ok(Parts {
        normalizer: Some(wordpiece_normalizer(options)),
        pre_tokenizer: Some(PreTokenizer::BertPreTokenizer),
        post_processor: Some(PostProcessor::BertProcessing(BertProcessing { sep, cls })),
        decoder: Some(Decoder::WordPiece(decode::WordPiece { prefix, cleanup: true })),
        added_tokens: added(&specials, 0),
        ..Parts::of(Model::WordPiece(model))
    })
}

fn wordlevel_stages(options: &LearnOptions) -> Result<Stages, Error> {
    let normalizer = options.lowercase.then_some(Normalizer::Lowercase);
    Ok(Stages { normalizer, steps: PreTokenizer::Whitespace.steps()? })
}

fn wordlevel(words: Words, options: &LearnOptions, _: &mut GoOn<'_>) -> Result<Parts, Error> {
    let specials = with(&[UNKNOWN], &options.specials);
    let learnt = wordlevel::train::TrainOptions {
        vocab_size: options.vocab_size,
        specials: specials.clone(),
        unk_token: UNKNOWN.to_owned(),
        min_frequency: options.min_frequency,
    };
    let model = wordlevel::train::train(&words, &learnt)?;
    Ok(Parts {
        normalizer: options.lowercase.then_some(Normalizer::Lowercase),
        pre_tokenizer: Some(PreTokenizer::Whitespace),
        added_tokens: added(&specials, 0),
        ..Parts::of(Model::WordLevel(model))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The mill stood by the lake.\nAda, the miller, and Bruno met at the mill; \
                        the lake was still. Éva  said: \"Low water, lower mill!\"\n";

    fn learnt(kind: Kind, vocab_size: usize, lowercase: bool) -> Tokenizer {
        let specials = vec!["<|end|>".to_owned()];
        let options =
            LearnOptions { kind, vocab_size, specials, lowercase, ..LearnOptions::default() };
        Tokenizer::learn([TEXT; 4], &options, &mut |_| true).unwrap()
    }

    #[test]
    fn kinds_have_distinct_names_and_the_default_is_first() {
        for (kind, name) in Kind::all() {
            assert_eq!(Kind::named(name), Some(kind));
        }
        assert_eq!(Kind::all().next().map(|(kind, _)| kind), Some(Kind::default()));
    }

    #[test]
    fn all_kinds_read_back_what_they_wrote_and_obey_their_special_tokens() {
        for (kind, size) in [
            (Kind::Bpe, 300),
            (Kind::SentencePieceBpe, 330),
            (Kind::Unigram, 305),
            (Kind::WordPiece, 80),
            (Kind::WordLevel, 30),
        ] {
            let tokenizer = learnt(kind, size, false);
            assert!(tokenizer.vocab_size() <= size, "{kind:?}");
            let end = tokenizer.special("<|end|>").unwrap();
            let ids = tokenizer.encode_with_special("the mill<|end|>").unwrap();
            assert_eq!(ids.last(), Some(&end), "{kind:?}");
            assert!(!tokenizer.encode("the mill<|end|>").unwrap().contains(&end), "{kind:?}");
            let again = Tokenizer::from_json(&tokenizer.to_json()).unwrap();
            assert_eq!(again.encode(TEXT).unwrap(), tokenizer.encode(TEXT).unwrap(), "{kind:?}");
            let strange = again.encode("the mill<|end|>").unwrap();
            assert!(!strange.contains(&end), "{kind:?}, read again");
        }
    }

    #[test]
    fn kinds_with_bytes_lose_nothing() {
        for (kind, size) in [(Kind::Bpe, 300), (Kind::SentencePieceBpe, 330), (Kind::Unigram, 305)]
        {
            let tokenizer = learnt(kind, size, false);
            let again = Tokenizer::from_json(&tokenizer.to_json()).unwrap();
            for text in [TEXT, "never seen: 漢字 \u{1F600}\t  x", "", " ", "\n\n a"] {
                for tokenizer in [&tokenizer, &again] {
                    let ids = tokenizer.encode(text).unwrap();
                    assert_eq!(tokenizer.decode(&ids).unwrap(), text, "{kind:?}");
                }
            }
        }
    }

    #[test]
    fn small_letters_are_for_words() {
        let tokenizer = learnt(Kind::WordPiece, 70, true);
        assert_eq!(tokenizer.encode("MILL éva").unwrap(), tokenizer.encode("mill eva").unwrap());
        let options = LearnOptions { lowercase: true, ..LearnOptions::default() };
        let refused = Tokenizer::learn([TEXT], &options, &mut |_| true).unwrap_err().to_string();
        assert!(refused.contains("lowercase") && refused.contains("wordpiece"), "{refused}");
    }

    #[test]
    fn whoever_is_told_the_progress_can_end_it() {
        for (kind, _) in Kind::all() {
            let options = LearnOptions { kind, vocab_size: 330, ..LearnOptions::default() };
            let stopped = Tokenizer::learn([TEXT; 9], &options, &mut |_| false);
            assert!(matches!(stopped, Err(Error::Interrupted { .. })), "{kind:?}: {stopped:?}");
        }
    }

    #[test]
    fn what_a_kind_cannot_do_is_refused() {
        let refused = |options: LearnOptions| {
            let learnt = Tokenizer::learn(["low lower"], &options, &mut |_| true);
            learnt.unwrap_err().to_string()
        };
        let rare = LearnOptions { kind: Kind::Unigram, min_frequency: 2, ..Default::default() };
        assert!(refused(rare).contains("min_frequency is 2"));
        let low = LearnOptions { kind: Kind::Bpe, lowercase: true, ..Default::default() };
        assert!(refused(low).contains("lowercase is bpe"));
    }
}
