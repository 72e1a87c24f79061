//! A text with a hole, for models that were taught to fill in (Bavarian et al., "Efficient Training of Language
//! Models to Fill in the Middle", 2022): prefix and suffix behind their marks, then the mark of the middle.

use chat::{Prompt, Service};

use crate::Refusal;

/// Marks of prefix, suffix and middle, as published models call them.
const MARKS: [[&str; 3]; 5] = [
    ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"],
    ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"],
    ["<fim-prefix>", "<fim-suffix>", "<fim-middle>"],
    ["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"],
    ["▁<PRE>", "▁<SUF>", "▁<MID>"],
];

/// The ids of a prompt whose answer stands before `suffix`.
pub(crate) fn prompt(
    service: &dyn Service,
    prompt: Prompt,
    suffix: &str,
) -> Result<Prompt, Refusal> {
    let begin = service.card().begin.as_ref().map(|(id, _)| *id);
    let mark = |name: &str| {
        let ids = service.encode(&Prompt::Text(name.to_string())).ok()?;
        let ids = ids.strip_prefix(begin.as_slice()).unwrap_or(&ids);
        <[u32; 1]>::try_from(ids).ok().map(|[id]| id)
    };
    let marks = MARKS
        .iter()
        .find_map(|[prefix, after, middle]| Some([mark(prefix)?, mark(after)?, mark(middle)?]));
    let Some([of_prefix, of_suffix, of_middle]) = marks else {
        return Err(Refusal::field("suffix", "this model was not taught to fill in; leave it out"));
    };
    let without_begin = |ids: Vec<u32>| match ids.strip_prefix(begin.as_slice()) {
        Some(rest) => rest.to_vec(),
        None => ids,
    };
    let prefix = without_begin(service.encode(&prompt)?);
    let suffix = without_begin(service.encode(&Prompt::Text(suffix.to_string()))?);
    let ids = begin.into_iter().chain([of_prefix]).chain(prefix).chain([of_suffix]).chain(suffix);
    Ok(Prompt::Ids(ids.chain([of_middle]).collect()))
}
