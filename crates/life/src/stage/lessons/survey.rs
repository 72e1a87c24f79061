//! A look through conversations of files before anything is made of them: whether each can be read, and
//! whether some are left to measure with.

use std::collections::HashSet;

use chat::{Dataset, Message};
use data::split::by_content;
use data::{Part, Records};
use stdx::Sum;

use super::options;
use crate::{Error, Recipe};

/// The part that the first conversation has to go to, for the other part has all of them; none if both have
/// some.
///
/// # Errors
/// [`Error::Data`], [`Error::Chat`] for what cannot be read; [`Error::Recipe`] for fewer than two
/// different conversations.
pub fn survey(recipe: &Recipe) -> Result<Option<Part>, Error> {
    let (mut dataset, mut seen) = (Dataset::default(), HashSet::new());
    let mut n_validation = 0;
    for talks in &recipe.instructions {
        for record in Records::open(&talks.path)? {
            let record = record?;
            let Some(messages) = dataset.read(&record.fields, &record.origin)? else { continue };
            let said = said(&messages)?;
            let mut sum = Sum::default();
            sum.add_bytes(said.as_bytes());
            if seen.insert(sum.finish()) && by_content(&said, &options(recipe)) == Part::Validation
            {
                n_validation += 1;
            }
        }
    }
    match (seen.len(), n_validation) {
        (n @ 0..2, _) => {
            let found = if n == 0 { "no conversation" } else { "one conversation" };
            Err(Error::Recipe(format!(
                "the instructions hold {found}; give two at least, for one is kept to measure with"
            )))
        }
        (_, 0) => Ok(Some(Part::Validation)),
        (n, n_validation) if n == n_validation => Ok(Some(Part::Train)),
        _ => Ok(None),
    }
}

/// What a conversation says, by which its part is chosen.
pub(super) fn said(messages: &[Message]) -> Result<String, Error> {
    let said: Vec<String> = messages.iter().map(Message::text).collect::<Result<_, _>>()?;
    Ok(said.join("\n"))
}
