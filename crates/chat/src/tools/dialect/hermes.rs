//! Hermes' form, which Qwen 2.5 and 3 and many others have taken over:
//! `<tool_call>\n{"name": "f", "arguments": {…}}\n</tool_call>`, one after the other.
//!
//! Templates that put XML between the marks (`<function=…>`, `<arg_key>`) speak another dialect.

use super::{Dialect, Frame, LONG};

/// Hermes and Qwen.
pub const HERMES: Dialect = Dialect {
    name: "Hermes",
    is_of: |source| {
        source.contains("<tool_call>")
            && !["<function=", "<arg_key>"].iter().any(|xml| source.contains(xml))
    },
    frame: Frame::Marked { open: "<tool_call>", close: "</tool_call>" },
    arguments: "arguments",
    is_parallel: true,
    id: LONG,
};
