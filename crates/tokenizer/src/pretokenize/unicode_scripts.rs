//! `UnicodeScripts`: a new piece where the script changes. Kana count as Han; the space and
//! characters without a script go with what stands before them.
//!
//! As with Hugging Face, what stands before the first character that has a script is left out,
//! and so is a text in which none has one.

use super::script_table::SCRIPTS;
use crate::Error;

pub(super) fn cut<'t>(
    text: &'t str,
    mut each: impl FnMut(&'t str) -> Result<(), Error>,
) -> Result<(), Error> {
    let (mut start, mut last) = (None, None);
    for (at, c) in text.char_indices() {
        let Some(script) = script(c) else { continue };
        if last != Some(script) {
            if let Some(start) = start.replace(at) {
                each(&text[start..at])?;
            }
            last = Some(script);
        }
    }
    start.map_or(Ok(()), |start| each(&text[start..]))
}

/// A number for the script of `c`.
fn script(c: char) -> Option<u8> {
    let c = u32::from(c);
    let at = SCRIPTS.partition_point(|&(_, last, _)| last < c);
    SCRIPTS.get(at).filter(|&&(first, ..)| first <= c).map(|&(.., script)| script)
}
