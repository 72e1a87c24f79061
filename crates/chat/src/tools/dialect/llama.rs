//! Llama 3's form: the answer is `{"name": "f", "parameters": {…}}` and nothing else.
//!
//! No mark tells a call from an answer in JSON: with tools at hand, an answer that begins as a call
//! does is one. Its templates refuse several calls in one turn. `<|python_tag|>` before a call is a
//! special token, which no grammar makes; small ones of these models write `"type": "function"` first.

use super::{Dialect, Frame, LONG};

/// Llama 3.1 to 3.3.
pub const LLAMA: Dialect = Dialect {
    name: "Llama 3",
    is_of: |source| {
        source.contains("\"parameters\"")
            && ["ipython", "python_tag"].iter().any(|word| source.contains(word))
    },
    frame: Frame::Bare,
    arguments: "parameters",
    is_parallel: false,
    id: LONG,
};
