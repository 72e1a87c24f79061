//! OpenAI's published encodings: what a rank file does not say. Patterns and special tokens are
//! those of tiktoken's `openai_public`.

use crate::pretokenize::fast::{CL100K_PATTERN, O200K_PATTERN, R50K_PATTERN};

/// What belongs to a rank file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The published name, which is also the stem of the file.
    pub name: &'static str,
    /// Cuts text into words.
    pub pattern: &'static str,
    /// Tokens that stand outside the text.
    pub specials: &'static [(&'static str, u32)],
}

const END_OF_TEXT: &str = "<|endoftext|>";

/// All of them.
pub const ENCODINGS: [Encoding; 5] = [
    Encoding { name: "r50k_base", pattern: R50K_PATTERN, specials: &[(END_OF_TEXT, 50256)] },
    Encoding { name: "p50k_base", pattern: R50K_PATTERN, specials: &[(END_OF_TEXT, 50256)] },
    Encoding {
        name: "p50k_edit",
        pattern: R50K_PATTERN,
        specials: &[
            (END_OF_TEXT, 50256),
            ("<|fim_prefix|>", 50281),
            ("<|fim_middle|>", 50282),
            ("<|fim_suffix|>", 50283),
        ],
    },
    Encoding {
        name: "cl100k_base",
        pattern: CL100K_PATTERN,
        specials: &[
            (END_OF_TEXT, 100_257),
            ("<|fim_prefix|>", 100_258),
            ("<|fim_middle|>", 100_259),
            ("<|fim_suffix|>", 100_260),
            ("<|endofprompt|>", 100_276),
        ],
    },
    Encoding {
        name: "o200k_base",
        pattern: O200K_PATTERN,
        specials: &[(END_OF_TEXT, 199_999), ("<|endofprompt|>", 200_018)],
    },
];

impl Encoding {
    /// The encoding of this name, or of the file of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = stem.strip_suffix(".tiktoken").unwrap_or(stem);
        ENCODINGS.iter().find(|encoding| encoding.name == stem)
    }

    /// The encoding that ranks without a name are most likely of, by how many there are.
    pub fn of_size(ranks: usize) -> Option<&'static Self> {
        let name = match ranks {
            50_256 => "r50k_base",
            50_280 => "p50k_base",
            100_256 => "cl100k_base",
            199_998 => "o200k_base",
            _ => return None,
        };
        Self::named(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_found() {
        assert_eq!(Encoding::named("cl100k_base").unwrap().specials.len(), 5);
        assert_eq!(Encoding::named("a/b\\p50k_edit.tiktoken").unwrap().name, "p50k_edit");
        assert_eq!(Encoding::named("qwen.tiktoken"), None);
        assert_eq!(Encoding::of_size(199_998).unwrap().name, "o200k_base");
    }
}
