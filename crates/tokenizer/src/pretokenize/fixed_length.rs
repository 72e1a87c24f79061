//! `FixedLength`: pieces of so many characters; the last one may be shorter.

use crate::Error;

pub(super) fn cut<'t>(
    mut text: &'t str,
    length: usize,
    mut each: impl FnMut(&'t str) -> Result<(), Error>,
) -> Result<(), Error> {
    while !text.is_empty() {
        let end = text.char_indices().nth(length.max(1)).map_or(text.len(), |(at, _)| at);
        let (piece, rest) = text.split_at(end);
        each(piece)?;
        text = rest;
    }
    Ok(())
}
