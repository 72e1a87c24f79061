//! A conversation: what it is called, what it was held with, and its messages.
//!
//! A title is one line. Parameters are an object whose meaning is its writer's; only its size is minded.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, History, Message, Result};

/// Characters of a title at most; longer ones are cut.
pub const MAX_TITLE_CHARS: usize = 120;
/// Bytes of a system prompt at most.
pub const MAX_SYSTEM_BYTES: usize = 256 << 10;
/// Bytes of parameters, as JSON, at most.
pub const MAX_PARAMETERS_BYTES: usize = 16 << 10;
/// Bytes of a model's name at most.
pub const MAX_MODEL_BYTES: usize = 512;
/// What a conversation without a title is called.
pub const UNTITLED: &str = "New chat";

/// What a conversation begins with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Draft {
    /// Its title; [`UNTITLED`] if empty.
    pub title: String,
    /// The model's name.
    pub model: Option<String>,
    /// The system prompt; none if empty.
    pub system: String,
    /// Temperature and the like.
    pub parameters: Map<String, Value>,
}

/// What is to be another; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// The title.
    pub title: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// The system prompt.
    pub system: Option<String>,
    /// Temperature and the like.
    pub parameters: Option<Map<String, Value>>,
    /// The last message of the branch that is shown.
    pub leaf: Option<i64>,
}

/// A conversation in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Its number, which no other ever has.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// When it was begun.
    pub created_ms: i64,
    /// When something was last said.
    pub updated_ms: i64,
    /// The model's name.
    pub model: Option<String>,
}

/// A whole conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conversation {
    /// What a list says of it.
    #[serde(flatten)]
    pub summary: Summary,
    /// The system prompt.
    pub system: String,
    /// Temperature and the like.
    pub parameters: Map<String, Value>,
    /// The last message of the branch that is shown.
    pub leaf: Option<i64>,
    /// All messages of all branches, each behind its parent.
    pub messages: Vec<Message>,
}

impl Conversation {
    /// The messages of the branch that is shown, from the first on.
    pub fn shown(&self) -> Vec<&Message> {
        let find = |id: i64| self.messages.binary_search_by_key(&id, |m| m.id).ok();
        let mut at = self.leaf.and_then(find);
        let mut shown = Vec::new();
        while let Some(i) = at {
            let message = &self.messages[i];
            shown.push(message);
            // A parent is older than its child, so that this ends whatever the file says.
            at = message.parent.filter(|&parent| parent < message.id).and_then(find);
        }
        shown.reverse();
        shown
    }
}

impl History {
    /// Begins a conversation.
    ///
    /// # Errors
    /// A value beyond its limit, or what the disk says.
    pub fn create(&self, draft: &Draft, now_ms: i64) -> Result<Summary> {
        self.write(|file| insert(file, draft, now_ms, now_ms))
    }

    /// `count` conversations, the newest first, after the `skip` before them.
    ///
    /// # Errors
    /// What the disk says.
    pub fn list(&self, skip: u32, count: u32) -> Result<Vec<Summary>> {
        self.read(|file| {
            let mut ask = file.prepare(
                "SELECT id, title, created_ms, updated_ms, model FROM conversation
                 ORDER BY updated_ms DESC, id DESC LIMIT ?1 OFFSET ?2",
            )?;
            let rows = ask.query_map(params![count, skip], summary)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The whole conversation `id`.
    ///
    /// # Errors
    /// [`Error::NoConversation`], or what the disk says.
    pub fn whole(&self, id: i64) -> Result<Conversation> {
        self.read(|file| read(file, id))
    }

    /// Changes what is said about conversation `id`. Its place in the list stays.
    ///
    /// # Errors
    /// [`Error::NoConversation`], [`Error::NoMessage`], a value beyond its limit, or what the disk says.
    pub fn change(&self, id: i64, change: &Change) -> Result<()> {
        let title = change.title.as_deref().map(title);
        let parameters = change.parameters.as_ref().map(parameters).transpose()?;
        check(change.model.as_deref(), change.system.as_deref().unwrap_or(""))?;
        self.write(|file| {
            if let Some(leaf) = change.leaf {
                crate::message::must_be_of(file, id, leaf)?;
            }
            let changed = file.execute(
                "UPDATE conversation SET title = coalesce(?2, title), model = coalesce(?3, model),
                    system = coalesce(?4, system), parameters = coalesce(?5, parameters),
                    leaf = coalesce(?6, leaf)
                 WHERE id = ?1",
                params![id, title, change.model, change.system, parameters, change.leaf],
            )?;
            if changed == 0 { Err(Error::NoConversation { id }) } else { Ok(()) }
        })
    }

    /// Deletes conversation `id` and all that was said in it.
    ///
    /// # Errors
    /// [`Error::NoConversation`], or what the disk says.
    pub fn remove(&self, id: i64) -> Result<()> {
        self.write(|file| {
            file.execute("DELETE FROM message WHERE conversation = ?1", [id])?;
            match file.execute("DELETE FROM conversation WHERE id = ?1", [id])? {
                0 => Err(Error::NoConversation { id }),
                _ => Ok(()),
            }
        })?;
        self.forget()
    }

    /// Deletes all conversations, and says how many there were.
    ///
    /// # Errors
    /// What the disk says.
    pub fn remove_all(&self) -> Result<usize> {
        let removed = self.write(|file| {
            file.execute("DELETE FROM message", [])?;
            Ok(file.execute("DELETE FROM conversation", [])?)
        })?;
        self.forget()?;
        Ok(removed)
    }
}

/// A new row.
pub(crate) fn insert(
    file: &Transaction<'_>,
    draft: &Draft,
    created_ms: i64,
    updated_ms: i64,
) -> Result<Summary> {
    check(draft.model.as_deref(), &draft.system)?;
    let (title, parameters) = (title(&draft.title), parameters(&draft.parameters)?);
    file.execute(
        "INSERT INTO conversation (title, created_ms, updated_ms, model, system, parameters)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![title, created_ms, updated_ms, draft.model, draft.system, parameters],
    )?;
    let id = file.last_insert_rowid();
    Ok(Summary { id, title, created_ms, updated_ms, model: draft.model.clone() })
}

/// The whole of one.
pub(crate) fn read(file: &Transaction<'_>, id: i64) -> Result<Conversation> {
    let row = file
        .query_row(
            "SELECT id, title, created_ms, updated_ms, model, system, parameters, leaf
             FROM conversation WHERE id = ?1",
            [id],
            |row| Ok((summary(row)?, row.get(5)?, row.get::<_, String>(6)?, row.get(7)?)),
        )
        .optional()?;
    let (summary, system, parameters, leaf) = row.ok_or(Error::NoConversation { id })?;
    // What another program spoilt there loses the parameters, not the conversation.
    let parameters = serde_json::from_str(&parameters).unwrap_or_default();
    let messages = crate::message::of(file, id)?;
    Ok(Conversation { summary, system, parameters, leaf, messages })
}

/// One line, of bounded length, without what a terminal or a page would take for a command.
fn title(words: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = words.chars().map(plain).collect();
    let words: Vec<&str> = line.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(MAX_TITLE_CHARS).collect();
    if cut.is_empty() { UNTITLED.to_string() } else { cut }
}

fn parameters(parameters: &Map<String, Value>) -> Result<String> {
    let json = serde_json::to_string(parameters)
        .map_err(|e| Error::invalid("parameters", format!("cannot be written as JSON: {e}")))?;
    within("parameters", json.len(), MAX_PARAMETERS_BYTES)?;
    Ok(json)
}

fn check(model: Option<&str>, system: &str) -> Result<()> {
    within("model", model.map_or(0, str::len), MAX_MODEL_BYTES)?;
    within("system", system.len(), MAX_SYSTEM_BYTES)
}

/// Refuses what is longer than `most`.
pub(crate) fn within(field: &'static str, bytes: usize, most: usize) -> Result<()> {
    match bytes <= most {
        true => Ok(()),
        false => Err(Error::invalid(field, format!("has {bytes} bytes; at most {most} are kept"))),
    }
}

/// The first five columns.
pub(crate) fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    Ok(Summary {
        id: row.get(0)?,
        title: row.get(1)?,
        created_ms: row.get(2)?,
        updated_ms: row.get(3)?,
        model: row.get(4)?,
    })
}
