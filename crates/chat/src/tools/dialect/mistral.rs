//! Mistral's form: `[TOOL_CALLS][{"name": "f", "arguments": {…}}, …]`. Its mark is a special token of
//! its tokenizers. Its templates take no id of a call but nine letters and digits.
//!
//! Later templates write a name and `[ARGS]` instead of the list, which is another dialect.

use super::{Dialect, Frame, Id};

/// Mistral, up to the tokenizers of 2024.
pub const MISTRAL: Dialect = Dialect {
    name: "Mistral",
    is_of: |source| source.contains("[TOOL_CALLS]") && !source.contains("[ARGS]"),
    frame: Frame::List { mark: "[TOOL_CALLS]" },
    arguments: "arguments",
    is_parallel: true,
    id: Id { prefix: "", len: 9 },
};
