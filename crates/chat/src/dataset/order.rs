//! What order the turns of a conversation have.
//!
//! Turns of one speaker that follow each other become one, an empty line between them (what tools
//! said stays apart); an empty system turn is none. After that a conversation is
//! `system? (user (assistant tool+)* assistant)+`, and what follows its last answer is dropped.

use super::Skip;
use crate::{Content, Message, Role};

/// Joins turns of one speaker, and says how many were joined.
pub(super) fn merge(turns: Vec<Message>) -> (Vec<Message>, u64) {
    let (mut merged, mut n) = (Vec::<Message>::with_capacity(turns.len()), 0);
    for turn in turns {
        match merged.last_mut() {
            Some(last) if last.role == turn.role && turn.role != Role::Tool => {
                join(last, turn);
                n += 1;
            }
            _ if turn.role == Role::System && is_blank(&turn) => {}
            _ => merged.push(turn),
        }
    }
    (merged, n)
}

fn join(last: &mut Message, next: Message) {
    if is_blank(&next) {
        return;
    }
    match (&mut last.content, next.content) {
        (Content::Text(text), Content::Text(next)) if !text.trim().is_empty() => {
            text.push_str("\n\n");
            text.push_str(&next);
        }
        (content, next) => *content = next,
    }
}

/// The conversation up to its last answer, and how many turns stood after it; or why it is left out.
pub(super) fn check(mut turns: Vec<Message>) -> Result<(Vec<Message>, u64), Skip> {
    let last = turns.iter().rposition(|turn| turn.role == Role::Assistant);
    let kept = last.ok_or(Skip::NoAnswer)? + 1;
    let unanswered = turns.drain(kept..).count() as u64;
    let mut before = None;
    for turn in &turns {
        let fits = match turn.role {
            Role::System => before.is_none(),
            Role::User => matches!(before, None | Some(Role::System | Role::Assistant)),
            Role::Assistant => matches!(before, Some(Role::User | Role::Tool)),
            Role::Tool => matches!(before, Some(Role::Assistant | Role::Tool)),
        };
        match turn.role {
            _ if !fits => return Err(Skip::Order),
            Role::User if is_blank(turn) => return Err(Skip::EmptyQuestion),
            Role::Assistant if is_blank(turn) => return Err(Skip::EmptyAnswer),
            role => before = Some(role),
        }
    }
    Ok((turns, unanswered))
}

fn is_blank(turn: &Message) -> bool {
    matches!(&turn.content, Content::Text(text) if text.trim().is_empty())
}
