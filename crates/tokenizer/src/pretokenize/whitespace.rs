//! `Whitespace` and `WhitespaceSplit`: white space is left out.

use super::sets;
use crate::Error;

/// The pieces between white space.
pub(super) fn cut_split<'t>(
    text: &'t str,
    each: impl FnMut(&'t str) -> Result<(), Error>,
) -> Result<(), Error> {
    text.split_whitespace().try_for_each(each)
}

/// `\w+|[^\w\s]+`: runs of word characters, and of what is neither that nor white space.
pub(super) fn cut<'t>(
    text: &'t str,
    mut each: impl FnMut(&'t str) -> Result<(), Error>,
) -> Result<(), Error> {
    for run in text.split_whitespace() {
        let (mut start, mut in_word) = (0, None);
        for (at, c) in run.char_indices() {
            let is_word = sets::is_word(c);
            if in_word.is_some_and(|in_word| in_word != is_word) {
                each(&run[start..at])?;
                start = at;
            }
            in_word = Some(is_word);
        }
        each(&run[start..])?;
    }
    Ok(())
}
