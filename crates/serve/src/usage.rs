//! What an answer's heading and its count of tokens look like, in all of OpenAI's answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chat::Reply;
use serde::Serialize;
use utoipa::ToSchema;

/// Who made an answer, as clients compare it.
pub(crate) const FINGERPRINT: &str = concat!("b-lyceum-", env!("CARGO_PKG_VERSION"));

/// Tokens of a request.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Usage {
    /// Of its prompts.
    pub prompt_tokens: usize,
    /// Of its answers.
    pub completion_tokens: usize,
    /// Of both.
    pub total_tokens: usize,
    /// More of the prompts'.
    pub prompt_tokens_details: PromptTokens,
}

/// Tokens of prompts.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct PromptTokens {
    /// Those that had been read before.
    pub cached_tokens: usize,
}

impl Usage {
    /// Of all replies to a request, whose first `prompts` are to different prompts, so many to each.
    pub(crate) fn of<'a>(replies: impl IntoIterator<Item = &'a Reply>, each: usize) -> Self {
        let mut usage = Self::default();
        for (i, reply) in replies.into_iter().enumerate() {
            // The answers to one prompt count it once.
            if i % each.max(1) == 0 {
                usage.prompt_tokens += reply.prompt_tokens;
                usage.prompt_tokens_details.cached_tokens += reply.cached_tokens;
            }
            usage.completion_tokens += reply.completion_tokens;
        }
        usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
        usage
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Another number each time: the clock, and a count where the clock stands still.
pub(crate) fn fresh_number() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    (since_1970.as_nanos() as u64).wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// A new id behind a prefix.
pub(crate) fn fresh_id(prefix: &str) -> String {
    format!("{prefix}-{:016x}", fresh_number())
}

/// The same in the form of the newer interfaces, by which clients tell such ids from others.
pub(crate) fn fresh_item(prefix: &str) -> String {
    format!("{prefix}_{:016x}", fresh_number())
}
