//! Search over all messages and titles: every word must be there, in any order.
//!
//! Words of three characters and more are looked up in the index of three-character runs, which finds
//! them within longer words and in scripts without spaces; shorter ones are looked for in what is left,
//! or everywhere where there are no longer ones. Left out on purpose: operators, ranking; the newest
//! comes first.

use rusqlite::params_from_iter;
use serde::Serialize;

use crate::{History, Result};

/// Words of a question at most; the rest is not minded.
const MAX_WORDS: usize = 8;
/// Characters of a word at most.
const MAX_WORD_CHARS: usize = 64;
/// Characters around what was found.
const AROUND_CHARS: usize = 60;

/// A conversation in which the words were found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// Its number.
    pub conversation: i64,
    /// Its title.
    pub title: String,
    /// When something was last said.
    pub updated_ms: i64,
    /// The newest message with all words; `None` where the title has them.
    pub message: Option<i64>,
    /// The text around the first word.
    pub excerpt: String,
}

impl History {
    /// At most `count` conversations with all `words`, each once, the newest first.
    ///
    /// # Errors
    /// What the disk says.
    pub fn search(&self, words: &str, count: u32) -> Result<Vec<Hit>> {
        let words = split(words);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let mut hits = self.titled(&words, count)?;
        hits.extend(self.said(&words, count)?);
        // A message says more than a title.
        hits.sort_by_key(|hit| (-hit.updated_ms, -hit.conversation, hit.message.is_none()));
        hits.dedup_by_key(|hit| hit.conversation);
        hits.truncate(count as usize);
        Ok(hits)
    }

    fn titled(&self, words: &[String], count: u32) -> Result<Vec<Hit>> {
        let sql = format!(
            "SELECT id, title, updated_ms, NULL, '' FROM conversation WHERE {}
             ORDER BY updated_ms DESC, id DESC LIMIT {count}",
            vec!["title LIKE ? ESCAPE '\\'"; words.len()].join(" AND ")
        );
        self.hits(&sql, words.iter().map(|word| like(word)).collect(), words)
    }

    fn said(&self, words: &[String], count: u32) -> Result<Vec<Hit>> {
        let (long, short): (Vec<_>, Vec<_>) =
            words.iter().partition(|word| word.chars().count() >= 3);
        let mut conditions = vec!["message.text LIKE ? ESCAPE '\\'"; short.len()];
        let mut values: Vec<String> = short.iter().map(|word| like(word)).collect();
        if !long.is_empty() {
            conditions
                .push("message.id IN (SELECT rowid FROM message_text WHERE message_text MATCH ?)");
            let quoted = long.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\"")));
            values.push(quoted.collect::<Vec<_>>().join(" AND "));
        }
        let sql = format!(
            "SELECT conversation.id, title, updated_ms, found.id, message.text
             FROM (SELECT max(message.id) AS id FROM message WHERE {} GROUP BY conversation) found
             JOIN message ON message.id = found.id
             JOIN conversation ON conversation.id = message.conversation
             ORDER BY updated_ms DESC, conversation.id DESC LIMIT {count}",
            conditions.join(" AND ")
        );
        self.hits(&sql, values, words)
    }

    fn hits(&self, sql: &str, values: Vec<String>, words: &[String]) -> Result<Vec<Hit>> {
        self.read(|file| {
            let mut ask = file.prepare(sql)?;
            let rows = ask.query_map(params_from_iter(values), |row| {
                let text: String = row.get(4)?;
                Ok(Hit {
                    conversation: row.get(0)?,
                    title: row.get(1)?,
                    updated_ms: row.get(2)?,
                    message: row.get(3)?,
                    excerpt: excerpt(&text, &words[0]),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// The words of a question, within bounds.
fn split(words: &str) -> Vec<String> {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let words: String = words.chars().map(plain).collect();
    let cut = |word: &str| word.chars().take(MAX_WORD_CHARS).collect();
    words.split_whitespace().take(MAX_WORDS).map(cut).collect()
}

/// A pattern for what contains `word`.
fn like(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// What stands around the first `word`, in one line; the beginning where it is written otherwise.
fn excerpt(text: &str, word: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let word: Vec<char> = word.chars().collect();
    let is_same = |(a, b): (&char, &char)| a == b || a.to_lowercase().eq(b.to_lowercase());
    let found = chars.windows(word.len().max(1)).position(|at| at.iter().zip(&word).all(is_same));
    let middle = found.unwrap_or(0);
    let from = middle.saturating_sub(AROUND_CHARS / 2);
    // At a word's beginning, where there is one.
    let gap = chars[from..middle].iter().position(|c| c.is_whitespace());
    let from = if from == 0 { 0 } else { from + gap.unwrap_or(0) };
    let to = (middle + word.len() + AROUND_CHARS).min(chars.len());
    let inside: String = chars[from..to].iter().collect();
    let words: Vec<&str> = inside.split_whitespace().collect();
    let (before, after) =
        (if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" });
    format!("{before}{}{after}", words.join(" "))
}
