//! A tokenizer's tokens as bytes, in the trie that grammars are walked over. Made once a model
//! and shared by its answers.
//!
//! A token is what it adds to a text. Where decoding takes the space off the first token of an
//! answer (SentencePiece's `▁`), that token is looked up without it: `opening`. A tokenizer whose
//! tokens mean this or that by what follows them (`</w>` of the first GPT, CTC) is refused.

use std::collections::HashMap;
use std::sync::Arc;

use llguidance::toktrie::{
    InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv,
};
use llguidance::{ParserFactory, earley::SlicedBiasComputer};
use tokenizer::Tokenizer;
use tokenizer::decode::Decoder;

use super::{limits, told};
use crate::Error;

/// Longer tokens are left out: the trie counts steps up in ten bits.
const LONGEST_TOKEN: usize = 1000;
/// The trie numbers its nodes, of which there is one a byte at most, in 22 bits.
const MOST_BYTES: usize = (1 << 22) - 2;

/// What a token is as the first of an answer, where that is not what it is in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// What this token is in the middle.
    As(u32),
    /// The space that is taken off, and no more.
    Nothing,
    /// A text that is no token in the middle.
    Other,
}

/// All that a grammar must know of a tokenizer. Cloning it copies a reference.
#[derive(Clone)]
pub struct Vocabulary(Arc<Tokens>);

struct Tokens {
    factory: ParserFactory,
    len: u32,
    /// In their order.
    stop_tokens: Vec<u32>,
    opening: Vec<(u32, First)>,
    /// Names of special tokens that end nothing.
    specials: HashMap<String, u32>,
}

impl Vocabulary {
    /// The tokens of `tokenizer`, of which `stop_tokens` end an answer. Without any, an answer ends
    /// where its grammar leaves nothing more to say.
    ///
    /// # Errors
    /// [`Error::NoVocabulary`].
    pub fn new(tokenizer: &Tokenizer, stop_tokens: &[u32]) -> Result<Self, Error> {
        let refused = |reason: String| Error::NoVocabulary { reason };
        let len = tokenizer.vocab_size();
        if len == 0 {
            return Err(refused("it has no tokens".to_string()));
        }
        if let Some(stage) = tokenizer.decoder_stage().and_then(looks_ahead) {
            return Err(refused(format!("by its decoder {stage} tokens depend on what follows")));
        }
        let len = len as u32;
        let mut stop_tokens: Vec<u32> =
            stop_tokens.iter().copied().filter(|&id| id < len).collect();
        stop_tokens.sort_unstable();
        stop_tokens.dedup();
        let is_text = |id| !tokenizer.is_special(id) && stop_tokens.binary_search(&id).is_err();
        let texts: Vec<Vec<u8>> = (0..len)
            .map(|id| tokenizer.token_bytes(id).filter(|bytes| is_text(id) && fits(bytes)))
            .map(|bytes| bytes.map(<[u8]>::to_vec).unwrap_or_default())
            .collect();
        let bytes: usize = texts.iter().map(Vec::len).sum();
        if bytes.max(texts.len()) > MOST_BYTES {
            return Err(refused(format!(
                "its tokens have {bytes} bytes, at most {MOST_BYTES} fit"
            )));
        }
        let opening = opening(tokenizer, &texts);
        let factory = factory(len, texts).map_err(refused)?;
        let specials =
            tokenizer.specials().filter(|(_, id)| !stop_tokens.contains(id) && *id < len);
        let specials = specials.map(|(name, id)| (name.to_string(), id)).collect();
        Ok(Self(Arc::new(Tokens { factory, len, stop_tokens, opening, specials })))
    }

    /// The special token of this name, if there is one and it ends no answer.
    pub(super) fn special(&self, name: &str) -> Option<u32> {
        self.0.specials.get(name).copied()
    }

    pub(super) fn factory(&self) -> &ParserFactory {
        &self.0.factory
    }

    /// The id that stands for the end of an answer: ids from here on are no tokens.
    pub(super) fn end(&self) -> u32 {
        self.0.len
    }

    /// In their order.
    pub(super) fn stop_tokens(&self) -> &[u32] {
        &self.0.stop_tokens
    }

    /// The tokens that are something else when they come first, in their order.
    pub(super) fn opening(&self) -> &[(u32, First)] {
        &self.0.opening
    }

    /// What `id` is when it comes first.
    pub(super) fn first(&self, id: u32) -> First {
        match self.0.opening.binary_search_by_key(&id, |&(id, _)| id) {
            Ok(at) => self.0.opening[at].1,
            Err(_) => First::As(id),
        }
    }
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vocabulary")
            .field("len", &self.0.len)
            .field("stop_tokens", &self.0.stop_tokens)
            .finish_non_exhaustive()
    }
}

/// No text holds the byte FF, by which llguidance marks what is not text.
fn fits(bytes: &[u8]) -> bool {
    bytes.len() <= LONGEST_TOKEN && !bytes.contains(&TokTrie::SPECIAL_TOKEN_MARKER)
}

/// The stage of a decoder to which a token is not the same whatever follows it.
fn looks_ahead(decoder: &Decoder) -> Option<&'static str> {
    match decoder {
        Decoder::Sequence(stages) => stages.iter().find_map(looks_ahead),
        Decoder::BpeDecoder { .. } => Some("BPEDecoder"),
        Decoder::Ctc(_) => Some("CTC"),
        Decoder::Strip(strip) if strip.stop > 0 => Some("Strip"),
        _ => None,
    }
}

/// See [`Vocabulary::opening`].
fn opening(tokenizer: &Tokenizer, texts: &[Vec<u8>]) -> Vec<(u32, First)> {
    let by_text: HashMap<&[u8], u32> =
        texts.iter().zip(0..).map(|(text, id)| (text.as_slice(), id)).collect();
    let mut opening = Vec::new();
    for (text, id) in texts.iter().zip(0..) {
        // Part of a character decodes to nothing that could be compared.
        let Ok(text) = std::str::from_utf8(text) else { continue };
        let first = tokenizer.decode(&[id]).unwrap_or_default();
        if text.is_empty() || first == text {
            continue;
        }
        let same = by_text.get(first.as_bytes());
        let is = match first.is_empty() {
            true if text == " " => First::Nothing,
            true => First::Other,
            false => same.map_or(First::Other, |&same| First::As(same)),
        };
        opening.push((id, is));
    }
    opening
}

fn factory(len: u32, mut texts: Vec<Vec<u8>>) -> Result<ParserFactory, String> {
    texts.push(Vec::new()); // The end of the answer.
    let trie = TokTrie::from(&TokRxInfo::new(len + 1, len), &texts);
    let tokens: TokEnv = Arc::new(Trie(trie));
    let slices = SlicedBiasComputer::general_slices();
    let factory = ParserFactory::new(&tokens, InferenceCapabilities::default(), &slices);
    let mut factory = factory.map_err(told)?;
    factory.quiet();
    *factory.limits_mut() = limits::of_parser();
    Ok(factory)
}

/// llguidance's view of a tokenizer, which never cuts a text: tokens are the model's to choose.
struct Trie(TokTrie);

impl TokenizerEnv for Trie {
    fn tok_trie(&self) -> &TokTrie {
        &self.0
    }

    fn tokenize_bytes(&self, text: &[u8]) -> Vec<TokenId> {
        self.0.greedy_tokenize(text)
    }

    fn tokenize_is_canonical(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokenizer::{Kind, LearnOptions};

    use super::*;

    fn learnt(kind: Kind, vocab_size: usize) -> Tokenizer {
        let options = LearnOptions { kind, vocab_size, specials: vec![], ..Default::default() };
        Tokenizer::learn(["low lower lowest "; 9], &options, &mut |_| true).unwrap()
    }

    #[test]
    fn the_first_token_loses_its_space() {
        let tokenizer = learnt(Kind::SentencePieceBpe, 270);
        let vocabulary = Vocabulary::new(&tokenizer, &[]).unwrap();
        let text = |id| tokenizer.token_bytes(id).unwrap();
        let spaced: Vec<u32> = (0..270).filter(|&id| text(id).starts_with(b" ")).collect();
        let opening: Vec<u32> = vocabulary.opening().iter().map(|&(id, _)| id).collect();
        assert_eq!(opening, spaced);
        let mut n_known = 0;
        for &(id, is) in vocabulary.opening() {
            match is {
                First::As(same) => assert_eq!(text(id)[1..], *text(same)),
                First::Nothing => assert_eq!(text(id), b" "),
                First::Other => continue,
            }
            n_known += 1;
            assert_eq!(vocabulary.first(id), is);
        }
        assert!(n_known > 1, "{:?}", vocabulary.opening());
        let byte_level = Vocabulary::new(&learnt(Kind::Bpe, 260), &[]).unwrap();
        assert_eq!(byte_level.opening(), []);
    }

    #[test]
    fn tokens_that_depend_on_what_follows_are_refused() {
        let tokenizer = learnt(Kind::SentencePieceBpe, 270);
        let with = |decoder: Value| {
            let mut file: Value = serde_json::from_str(&tokenizer.to_json()).unwrap();
            file["decoder"] = decoder;
            Vocabulary::new(&Tokenizer::from_json(&file.to_string()).unwrap(), &[])
        };
        assert!(with(json!({"type": "ByteFallback"})).is_ok());
        let strip = json!({"type": "Strip", "content": " ", "start": 0, "stop": 1});
        for decoder in [
            json!({"type": "BPEDecoder", "suffix": "</w>"}),
            json!({"type": "Sequence", "decoders": [{"type": "Fuse"}, strip]}),
        ] {
            let error = with(decoder).unwrap_err().to_string();
            assert!(error.contains("depend on what follows"), "{error}");
        }
    }

    #[test]
    fn tokens_that_no_trie_holds_are_left_out() {
        let long = "x".repeat(3000);
        let mut file: Value =
            serde_json::from_str(&learnt(Kind::SentencePieceBpe, 270).to_json()).unwrap();
        file["model"]["vocab"][&long] = json!(270);
        let tokenizer = Tokenizer::from_json(&file.to_string()).unwrap();
        assert_eq!(tokenizer.id(&long), Some(270));
        let vocabulary = Vocabulary::new(&tokenizer, &[]).unwrap();
        let mut constraint = crate::Grammar::regex("x*").constraint(&vocabulary).unwrap();
        let mut allowed = vec![true; 271];
        generate::Constraint::mask(&mut constraint, &mut allowed);
        let x = tokenizer.token_bytes(270).map(<[u8]>::len);
        assert_eq!((x, allowed[270]), (Some(3000), false));
        assert!(allowed.contains(&true));
    }
}
