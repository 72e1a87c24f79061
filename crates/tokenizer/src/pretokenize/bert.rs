//! `BertPreTokenizer`: white space is left out, each punctuation character is a word (Devlin et
//! al. 2019).

use super::sets;
use crate::Error;

pub(super) fn cut<'t>(
    text: &'t str,
    mut each: impl FnMut(&'t str) -> Result<(), Error>,
) -> Result<(), Error> {
    for run in text.split_whitespace() {
        let mut done = 0;
        for (at, sign) in run.match_indices(sets::is_punctuation) {
            if done < at {
                each(&run[done..at])?;
            }
            done = at + sign.len();
            each(sign)?;
        }
        if done < run.len() {
            each(&run[done..])?;
        }
    }
    Ok(())
}
