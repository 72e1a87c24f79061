//! How likely each token of an answer was, and what else could have stood there.
//!
//! Kept as JSON arrays without names, `["fox", -0.21, [["dog", -2.3]]]`: an answer has hundreds.
//! A piece of a character has no text of its own; whoever writes it decides how to show it.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// More tokens of one answer are refused.
pub const MAX_TOKENS: usize = 100_000;
/// More alternatives to one token are refused; OpenAI's interface has 20 at most.
pub const MAX_OTHERS: usize = 20;

/// A token, the logarithm of its probability, and the likeliest there with theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token(pub String, pub f32, pub Vec<(String, f32)>);

/// Sees that a list is within bounds.
pub(crate) fn check(tokens: &[Token]) -> Result<()> {
    if tokens.len() > MAX_TOKENS {
        let fault = format!("has {} entries; at most {MAX_TOKENS} are kept", tokens.len());
        return Err(Error::invalid("tokens", fault));
    }
    match tokens.iter().map(|token| token.2.len()).max() {
        Some(most) if most > MAX_OTHERS => {
            let fault = format!("names {most} alternatives; at most {MAX_OTHERS} are kept");
            Err(Error::invalid("tokens", fault))
        }
        _ => Ok(()),
    }
}
