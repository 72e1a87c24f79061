//! How fast an answer came: what `--stats` prints.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Takes the time of an answer.
pub(crate) struct Watch {
    began: Instant,
    first: Option<Duration>,
}

impl Watch {
    /// Begins now.
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), first: None }
    }

    /// Something of the answer is there.
    pub(crate) fn heard(&mut self) {
        self.first.get_or_insert_with(|| self.began.elapsed());
    }

    /// The answer is whole: so many tokens, and of the prompt so many, of which so many were known.
    pub(crate) fn stop(self, prompt: usize, cached: usize, answer: usize) -> Stats {
        let all = self.began.elapsed();
        Stats { prompt, cached, answer, first: self.first.unwrap_or(all), all }
    }
}

/// What an answer took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stats {
    prompt: usize,
    /// Tokens of the prompt that did not have to be read.
    cached: usize,
    answer: usize,
    /// Until the first token was there.
    first: Duration,
    all: Duration,
}

impl Stats {
    /// Tokens of the prompt a second, until the first token of the answer was there.
    fn prompt_rate(&self) -> Option<f64> {
        rate(self.prompt - self.cached, self.first)
    }

    /// Tokens of the answer a second, from the first on.
    fn answer_rate(&self) -> Option<f64> {
        rate(self.answer.saturating_sub(1), self.all - self.first)
    }

    /// For programs. Rates are `null` where there was nothing to measure.
    pub(crate) fn json(&self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "prompt_tokens_cached": self.cached,
            "prompt_tokens_per_second": self.prompt_rate(),
            "answer_tokens": self.answer,
            "answer_tokens_per_second": self.answer_rate(),
            "seconds_to_first_token": self.first.as_secs_f64(),
            "seconds": self.all.as_secs_f64(),
        })
    }
}

impl std::fmt::Display for Stats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { prompt, cached, answer, first, all } = self;
        let rate = |rate: Option<f64>| match rate {
            Some(rate) if rate >= 100.0 => format!(" ({rate:.0} tokens/s)"),
            Some(rate) => format!(" ({rate:.1} tokens/s)"),
            None => String::new(),
        };
        let known = if *cached > 0 { format!(", {cached} of them known") } else { String::new() };
        let (read, made) = (rate(self.prompt_rate()), rate(self.answer_rate()));
        write!(f, "prompt: {prompt} tokens{known}{read}; answer: {answer} tokens{made}; ")?;
        let (first, all) = (first.as_secs_f64(), all.as_secs_f64());
        write!(f, "first token after {first:.3} s, all after {all:.3} s")
    }
}

fn rate(tokens: usize, time: Duration) -> Option<f64> {
    let seconds = time.as_secs_f64();
    (tokens > 0 && seconds > 0.0).then(|| tokens as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_leave_out_what_was_known_and_the_first_token() {
        let (first, all) = (Duration::from_millis(500), Duration::from_millis(2500));
        let stats = Stats { prompt: 120, cached: 20, answer: 21, first, all };
        let told = "prompt: 120 tokens, 20 of them known (200 tokens/s); answer: 21 tokens \
                    (10.0 tokens/s); first token after 0.500 s, all after 2.500 s";
        assert_eq!(stats.to_string(), told);
        assert_eq!(stats.json()["answer_tokens_per_second"], 10.0);
        let nothing = Stats { prompt: 3, cached: 3, answer: 0, first: all, all };
        assert!(
            nothing
                .to_string()
                .starts_with("prompt: 3 tokens, 3 of them known; answer: 0 tokens; ")
        );
        assert!(nothing.json()["prompt_tokens_per_second"].is_null());
    }
}
