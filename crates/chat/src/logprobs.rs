//! Log probabilities of an answer's tokens, with the tokens' texts.

use generate::TokenLogprobs;
use tokenizer::Tokenizer;

/// A token and how likely the model held it, before temperature, penalties, filters and constraints.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Likely {
    /// The token.
    pub id: u32,
    /// What it says in the middle of a text; U+FFFD where it is no whole characters.
    pub text: String,
    /// The same as bytes.
    pub bytes: Vec<u8>,
    /// The natural logarithm of its probability.
    pub logprob: f64,
}

/// A token of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplyToken {
    /// The one that was chosen.
    pub chosen: Likely,
    /// Those that the model held for likeliest, the best first.
    pub top: Vec<Likely>,
}

impl ReplyToken {
    /// With the texts that this tokenizer has for it. Ids that it does not know are left out.
    pub fn new(tokenizer: &Tokenizer, token: &TokenLogprobs) -> Self {
        let likely = |(id, logprob)| {
            let bytes = tokenizer.token_bytes(id)?.to_vec();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Some(Likely { id, text, bytes, logprob })
        };
        Self {
            chosen: likely((token.token, token.logprob)).unwrap_or_default(),
            top: token.top.iter().copied().filter_map(likely).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokenizer::{Kind, LearnOptions};

    use super::*;

    #[test]
    fn texts_of_tokens_together_are_the_text() {
        let options = LearnOptions {
            kind: Kind::SentencePieceBpe,
            vocab_size: 270,
            specials: vec![],
            ..Default::default()
        };
        let learnt = Tokenizer::learn(["low lower lowest "; 9], &options, &mut |_| true).unwrap();
        let told = |id| {
            let token =
                TokenLogprobs { token: id, logprob: -0.5, top: vec![(id, -0.5), (9999, -1.0)] };
            ReplyToken::new(&learnt, &token)
        };
        let tokens: Vec<ReplyToken> =
            learnt.encode("lower é low").unwrap().into_iter().map(told).collect();
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.chosen.bytes.clone()).collect();
        assert_eq!(String::from_utf8(bytes).unwrap(), " lower é low");
        assert!(tokens.iter().any(|token| token.chosen.text.contains(" low")), "spaces are kept");
        assert!(tokens.iter().any(|token| token.chosen.text == "\u{fffd}"), "a part of é");
        assert!(tokens.iter().all(|token| token.top == [token.chosen.clone()]), "no unknown id");
    }
}
