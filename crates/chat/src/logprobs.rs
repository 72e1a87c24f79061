//! Log probabilities of an answer's tokens, with the tokens' texts.

use generate::TokenLogprobs;
use tokenizer::Tokenizer;

/// A token and how likely the model held it, before temperature, penalties, filters and constraints.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Likely {
    /// The token.
    pub id: u32,
    /// What it says by itself; U+FFFD where it is no whole characters.
    pub text: String,
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
            let text = tokenizer.decode(&[id]).ok()?;
            Some(Likely { id, text, logprob })
        };
        Self {
            chosen: likely((token.token, token.logprob)).unwrap_or_default(),
            top: token.top.iter().copied().filter_map(likely).collect(),
        }
    }
}
