//! Messages: a tree, each but the first below the one that it answers or follows.
//!
//! An answer is put down as soon as it begins and written on while it comes; `finish` is `None` until
//! it has ended, so that whoever finds such a message later knows that it was cut off.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::conversation::within;
use crate::{Error, History, Result, Token, token};

/// Bytes of one text at most.
pub const MAX_TEXT_BYTES: usize = 2 << 20;
/// Messages of one conversation at most.
pub const MAX_MESSAGES: i64 = 20_000;
/// Bytes of why an answer ended.
const MAX_FINISH_BYTES: usize = 32;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A person.
    User,
    /// The model.
    Assistant,
}

/// What a message says; what is `None` is not known, or stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What the model thought before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// Why it ended, in the words of OpenAI's interface, or `stopped` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
    /// Tokens that the model read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u32>,
    /// Tokens that it wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u32>,
    /// From its first token to its last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// How likely each token was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Vec<Token>>,
}

/// A message to be.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct NewMessage {
    /// What it follows; nothing if it is the first.
    pub parent: Option<i64>,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    #[serde(flatten)]
    pub said: Said,
}

impl NewMessage {
    /// One of text only.
    pub fn new(parent: Option<i64>, role: Role, text: impl Into<String>) -> Self {
        Self { parent, role, said: Said { text: Some(text.into()), ..Said::default() } }
    }
}

/// A message that is kept. Its tokens are asked for apart, as they are many.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Its number, which no other ever has; a parent's is smaller.
    pub id: i64,
    /// What it follows.
    pub parent: Option<i64>,
    /// Who speaks.
    pub role: Role,
    /// Its text.
    pub text: String,
    /// What the model thought before.
    pub reasoning: String,
    /// When it was begun.
    pub created_ms: i64,
    /// Why it ended; `None` if it was cut off.
    pub finish: Option<String>,
    /// Tokens that the model read.
    pub prompt_tokens: Option<u32>,
    /// Tokens that it wrote.
    pub completion_tokens: Option<u32>,
    /// From its first token to its last.
    pub seconds: Option<f64>,
    /// Whether it is known how likely its tokens were.
    pub has_tokens: bool,
}

impl History {
    /// Adds a message to a conversation, which then shows it last; gives its number.
    ///
    /// # Errors
    /// [`Error::NoConversation`], [`Error::NoMessage`] for its parent, a value beyond its limit, or what
    /// the disk says.
    pub fn say(&self, conversation: i64, message: &NewMessage, now_ms: i64) -> Result<i64> {
        check(&message.said)?;
        self.write(|file| {
            must_have_room(file, conversation)?;
            let leaf = insert(file, conversation, message, now_ms)?;
            file.execute(
                "UPDATE conversation SET leaf = ?2, updated_ms = max(updated_ms, ?3) WHERE id = ?1",
                params![conversation, leaf, now_ms],
            )?;
            Ok(leaf)
        })
    }

    /// Writes on at an answer; a person's words are not changed.
    ///
    /// # Errors
    /// [`Error::NoMessage`], a value beyond its limit, or what the disk says.
    pub fn amend(&self, conversation: i64, id: i64, said: &Said, now_ms: i64) -> Result<()> {
        check(said)?;
        let tokens = said.tokens.as_ref().map(|tokens| json(tokens)).transpose()?;
        self.write(|file| {
            let changed = file.execute(
                "UPDATE message SET text = coalesce(?3, text), reasoning = coalesce(?4, reasoning),
                    finish = coalesce(?5, finish), prompt_tokens = coalesce(?6, prompt_tokens),
                    completion_tokens = coalesce(?7, completion_tokens),
                    seconds = coalesce(?8, seconds), tokens = coalesce(?9, tokens)
                 WHERE conversation = ?1 AND id = ?2 AND role = 'assistant'",
                params![
                    conversation,
                    id,
                    said.text,
                    said.reasoning,
                    said.finish,
                    said.prompt_tokens,
                    said.completion_tokens,
                    said.seconds,
                    tokens
                ],
            )?;
            if changed == 0 {
                return Err(Error::NoMessage { conversation, id });
            }
            file.execute(
                "UPDATE conversation SET updated_ms = max(updated_ms, ?2) WHERE id = ?1",
                params![conversation, now_ms],
            )?;
            Ok(())
        })
    }

    /// How likely the tokens of a message were; nothing where that is not known.
    ///
    /// # Errors
    /// [`Error::NoMessage`], or what the disk says.
    pub fn tokens(&self, conversation: i64, id: i64) -> Result<Vec<Token>> {
        self.read(|file| tokens(file, conversation, id))
    }
}

/// A new row below a parent of the same conversation.
pub(crate) fn insert(
    file: &Transaction<'_>,
    conversation: i64,
    message: &NewMessage,
    created_ms: i64,
) -> Result<i64> {
    if let Some(parent) = message.parent {
        must_be_of(file, conversation, parent)?;
    }
    let (said, role) = (&message.said, role_word(message.role));
    let tokens = said.tokens.as_ref().map(|tokens| json(tokens)).transpose()?;
    file.execute(
        "INSERT INTO message (conversation, parent, role, text, reasoning, created_ms, finish,
            prompt_tokens, completion_tokens, seconds, tokens)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            conversation,
            message.parent,
            role,
            said.text.as_deref().unwrap_or(""),
            said.reasoning.as_deref().unwrap_or(""),
            created_ms,
            said.finish,
            said.prompt_tokens,
            said.completion_tokens,
            said.seconds,
            tokens
        ],
    )?;
    Ok(file.last_insert_rowid())
}

/// Refuses to go on in a conversation that is not there, or full.
fn must_have_room(file: &Transaction<'_>, conversation: i64) -> Result<()> {
    let count: Option<i64> = file
        .query_row(
            "SELECT (SELECT count(*) FROM message WHERE conversation = ?1)
             FROM conversation WHERE id = ?1",
            [conversation],
            |row| row.get(0),
        )
        .optional()?;
    if count.ok_or(Error::NoConversation { id: conversation })? >= MAX_MESSAGES {
        let fault = format!("has {MAX_MESSAGES} messages, which is the most; begin a new one");
        return Err(Error::invalid("conversation", fault));
    }
    Ok(())
}

/// All messages of a conversation by number, so that parents come first.
pub(crate) fn of(file: &Transaction<'_>, conversation: i64) -> Result<Vec<Message>> {
    let mut ask = file.prepare(
        "SELECT id, parent, role, text, reasoning, created_ms, finish, prompt_tokens,
            completion_tokens, seconds, tokens IS NOT NULL
         FROM message WHERE conversation = ?1 ORDER BY id",
    )?;
    let rows = ask.query_map([conversation], message)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The tokens of one message.
pub(crate) fn tokens(file: &Transaction<'_>, conversation: i64, id: i64) -> Result<Vec<Token>> {
    let found: Option<Option<String>> = file
        .query_row(
            "SELECT tokens FROM message WHERE conversation = ?1 AND id = ?2",
            [conversation, id],
            |row| row.get(0),
        )
        .optional()?;
    let json = found.ok_or(Error::NoMessage { conversation, id })?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

/// Refuses a message of another conversation, or of none.
pub(crate) fn must_be_of(file: &Transaction<'_>, conversation: i64, id: i64) -> Result<()> {
    let is_there: bool = file.query_row(
        "SELECT EXISTS (SELECT 1 FROM message WHERE conversation = ?1 AND id = ?2)",
        [conversation, id],
        |row| row.get(0),
    )?;
    if is_there { Ok(()) } else { Err(Error::NoMessage { conversation, id }) }
}

/// Sees that all that is said is within bounds.
pub(crate) fn check(said: &Said) -> Result<()> {
    within("text", said.text.as_deref().map_or(0, str::len), MAX_TEXT_BYTES)?;
    within("reasoning", said.reasoning.as_deref().map_or(0, str::len), MAX_TEXT_BYTES)?;
    within("finish", said.finish.as_deref().map_or(0, str::len), MAX_FINISH_BYTES)?;
    if said.seconds.is_some_and(|seconds| !seconds.is_finite() || seconds < 0.0) {
        return Err(Error::invalid("seconds", "must be zero or more"));
    }
    said.tokens.as_deref().map_or(Ok(()), token::check)
}

fn json(tokens: &[Token]) -> Result<String> {
    serde_json::to_string(tokens)
        .map_err(|e| Error::invalid("tokens", format!("cannot be written as JSON: {e}")))
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let role: String = row.get(2)?;
    Ok(Message {
        id: row.get(0)?,
        parent: row.get(1)?,
        role: if role == "user" { Role::User } else { Role::Assistant },
        text: row.get(3)?,
        reasoning: row.get(4)?,
        created_ms: row.get(5)?,
        finish: row.get(6)?,
        prompt_tokens: row.get(7)?,
        completion_tokens: row.get(8)?,
        seconds: row.get(9)?,
        has_tokens: row.get(10)?,
    })
}
