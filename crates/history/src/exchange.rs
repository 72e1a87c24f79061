//! Conversations on their way out, as JSON or Markdown, and in, as JSON.
//!
//! In an archive a message is known by its place, and its parent is the place of an earlier one: so a
//! reader needs no second pass, and no archive can hold a circle. What comes in is counted and measured
//! as if it had been said here, gets new numbers, and is all there or not at all.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::conversation::{self, Conversation, Draft};
use crate::message::{self, MAX_MESSAGES, NewMessage, Role, Said};
use crate::{Error, History, Result};

/// What an archive calls itself.
pub const FORMAT: &str = "lyceum-conversations";
/// The newest version that is known.
pub const VERSION: u32 = 1;
/// Conversations of one archive at most.
pub const MAX_CONVERSATIONS: usize = 10_000;

/// Conversations as they are written to a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Archive {
    /// [`FORMAT`].
    pub format: String,
    /// At most [`VERSION`].
    pub version: u32,
    /// The conversations.
    pub conversations: Vec<Archived>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Archived {
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// When it was begun.
    pub created_ms: i64,
    /// When something was last said.
    pub updated_ms: i64,
    /// The model's name.
    #[serde(default)]
    pub model: Option<String>,
    /// The system prompt.
    #[serde(default)]
    pub system: String,
    /// Temperature and the like.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The place of the last message that is shown.
    #[serde(default)]
    pub leaf: Option<usize>,
    /// All messages, each behind its parent.
    pub messages: Vec<ArchivedMessage>,
}

/// A message of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchivedMessage {
    /// The place of what it follows, from 0.
    #[serde(default)]
    pub parent: Option<usize>,
    /// Who speaks.
    pub role: Role,
    /// When it was begun.
    #[serde(default)]
    pub created_ms: i64,
    /// What is said.
    #[serde(flatten)]
    pub said: Said,
}

impl History {
    /// Conversation `id` as an archive of one.
    ///
    /// # Errors
    /// [`Error::NoConversation`], or what the disk says.
    pub fn export(&self, id: i64) -> Result<Archive> {
        self.read(|file| Ok(archive(vec![archived(file, id)?])))
    }

    /// All conversations.
    ///
    /// # Errors
    /// What the disk says.
    pub fn export_all(&self) -> Result<Archive> {
        self.read(|file| {
            let mut ask = file.prepare("SELECT id FROM conversation ORDER BY id")?;
            let ids =
                ask.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            Ok(archive(ids.into_iter().map(|id| archived(file, id)).collect::<Result<_>>()?))
        })
    }

    /// Takes in all conversations of an archive; gives their numbers.
    ///
    /// # Errors
    /// [`Error::Import`] or [`Error::Invalid`], and then nothing was taken in; or what the disk says.
    pub fn import(&self, archive: &Archive) -> Result<Vec<i64>> {
        check(archive)?;
        self.write(|file| archive.conversations.iter().map(|one| insert(file, one)).collect())
    }
}

fn archive(conversations: Vec<Archived>) -> Archive {
    Archive { format: FORMAT.to_string(), version: VERSION, conversations }
}

fn archived(file: &rusqlite::Transaction<'_>, id: i64) -> Result<Archived> {
    let Conversation { summary, system, parameters, leaf, messages } =
        conversation::read(file, id)?;
    let place = |id: i64| messages.binary_search_by_key(&id, |message| message.id).ok();
    let archived = messages.iter().map(|message| {
        let tokens = match message.has_tokens {
            true => Some(message::tokens(file, id, message.id)?),
            false => None,
        };
        let said = Said {
            text: Some(message.text.clone()),
            reasoning: Some(message.reasoning.clone()).filter(|text| !text.is_empty()),
            finish: message.finish.clone(),
            prompt_tokens: message.prompt_tokens,
            completion_tokens: message.completion_tokens,
            seconds: message.seconds,
            tokens,
        };
        let parent = message.parent.and_then(place);
        Ok(ArchivedMessage { parent, role: message.role, created_ms: message.created_ms, said })
    });
    Ok(Archived {
        messages: archived.collect::<Result<_>>()?,
        title: summary.title,
        created_ms: summary.created_ms,
        updated_ms: summary.updated_ms,
        model: summary.model,
        leaf: leaf.and_then(place),
        system,
        parameters,
    })
}

fn check(archive: &Archive) -> Result<()> {
    let refuse = |fault: String| Err(Error::Import { fault });
    if archive.format != FORMAT {
        let named: String = archive.format.chars().take(40).collect();
        return refuse(format!("but the format is {named:?} and not {FORMAT:?}"));
    }
    if archive.version > VERSION {
        let version = archive.version;
        return refuse(format!(
            "but version {version} is newer than {VERSION}; use a newer program"
        ));
    }
    if archive.conversations.len() > MAX_CONVERSATIONS {
        let count = archive.conversations.len();
        return refuse(format!("at most {MAX_CONVERSATIONS} at once, and these are {count}"));
    }
    for (i, one) in archive.conversations.iter().enumerate() {
        let count = one.messages.len();
        if count as i64 > MAX_MESSAGES {
            return refuse(format!(
                "but number {i} has {count} messages, more than {MAX_MESSAGES}"
            ));
        }
        let strays =
            |(at, message): (usize, &ArchivedMessage)| message.parent.is_some_and(|p| p >= at);
        if let Some(at) = one.messages.iter().enumerate().position(strays) {
            return refuse(format!("but message {at} of number {i} stands before its parent"));
        }
        if one.leaf.is_some_and(|leaf| leaf >= count) {
            return refuse(format!("but number {i} shows a message that it does not have"));
        }
    }
    Ok(())
}

fn insert(file: &rusqlite::Transaction<'_>, one: &Archived) -> Result<i64> {
    let draft = Draft {
        title: one.title.clone(),
        model: one.model.clone(),
        system: one.system.clone(),
        parameters: one.parameters.clone(),
    };
    let id = conversation::insert(file, &draft, one.created_ms, one.updated_ms)?.id;
    let mut ids: Vec<i64> = Vec::with_capacity(one.messages.len());
    for message in &one.messages {
        message::check(&message.said)?;
        let parent = message.parent.and_then(|place| ids.get(place).copied());
        let new = NewMessage { parent, role: message.role, said: message.said.clone() };
        ids.push(message::insert(file, id, &new, message.created_ms)?);
    }
    let leaf = one.leaf.and_then(|place| ids.get(place)).or(ids.last());
    file.execute("UPDATE conversation SET leaf = ?2 WHERE id = ?1", (id, leaf))?;
    Ok(id)
}

/// The branch that is shown, for a person to read.
pub fn markdown(conversation: &Conversation) -> String {
    let mut text = format!("# {}\n", conversation.summary.title);
    let model = conversation.summary.model.as_deref().unwrap_or("Model");
    if !conversation.system.is_empty() {
        text += &format!("\n## System\n\n{}\n", conversation.system.trim_end());
    }
    for message in conversation.shown() {
        let who = match message.role {
            Role::User => "You",
            Role::Assistant => model,
        };
        text += &format!("\n## {who}\n\n{}\n", message.text.trim_end());
    }
    text
}
