//! The patterns behind `tokenizer.ggml.pre`: how each name of llama.cpp cuts text into words.
//!
//! Several patterns cut one after the other, each what those before left. They are the published
//! ones of the models, which llama.cpp rewrites for a regex engine that knows less; white space is
//! Unicode's here and ASCII's there in some of them.
//!
//! Left out on purpose: names whose rules llama.cpp has in code and not in patterns (`kimi-k2`,
//! `afmoe`, `superbpe`), and those that are no byte-level BPE (`gemma4`, `sarvam-moe`).

use crate::formats::tiktoken::encodings::Encoding;
use crate::pretokenize::fast::TEKKEN_PATTERN;
use crate::pretokenize::{GPT2_PATTERN, GPT4_PATTERN, SINGLE_DIGITS_PATTERN};

/// What belongs to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pre {
    /// One after the other.
    pub(crate) patterns: Vec<&'static str>,
    /// A word that is a token is taken whole.
    pub(crate) whole_words: bool,
    /// The begin token is put in front where the file does not say.
    pub(crate) add_bos: bool,
}

const DIGIT: &str = r"\p{N}";

const UP_TO_THREE_DIGITS: &str = r"\p{N}{1,3}";

const LINE_END: &str = r"[\r\n]";

const PUNCTUATION: &str = r"[\p{P}\$\+<=>\^~\|]+";

const FALCON_PUNCTUATION: &str = r"[\p{P}\$\+<=>\^~\|`]+";

const THREE_ASCII_DIGITS: &str = "[0-9][0-9][0-9]";

const EAST_ASIAN: &str = r"[\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+";

const IDEOGRAPHS_AND_KANA: &str = r"[\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+";

/// Letters with case, as deepseek-llm lists them.
const DEEPSEEK_LETTERS: &str = concat!(
    r"\s?[",
    r"A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}",
    r"\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}",
    r"\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}",
    r"\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}",
    r"\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}",
    r"\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}",
    r"\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}",
    r"\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}",
    r"\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}",
    r"\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}",
    r"\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}",
    r"\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}",
    r"\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}",
    r"\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}",
    r"\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}",
    r"\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}",
    r"]+",
);

const DEEPSEEK_SIGNS: &str =
    r"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+";

const DEEPSEEK_3: &str = concat!(
    r"[!\x22#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+",
    r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);

const BLOOM: &str = r" ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C})]+";

const SEED_CODER: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+",
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
);

const QWEN_35: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}",
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);

/// Names that are tried for writing; a few more can be read.
pub(crate) const NAMES: [&str; 51] = [
    "default",
    "gpt-2",
    "phi-2",
    "jina-es",
    "jina-de",
    "jina-v1-en",
    "jina-v2-es",
    "jina-v2-de",
    "jina-v2-code",
    "roberta-bpe",
    "gigachat",
    "a.x-4.0",
    "mellum",
    "modern-bert",
    "mpt",
    "olmo",
    "jais",
    "trillion",
    "granite-docling",
    "llama3",
    "llama-v3",
    "llama-bpe",
    "falcon3",
    "falcon-h1",
    "pixtral",
    "midm-2.0",
    "lfm2",
    "dbrx",
    "smaug-bpe",
    "chatglm-bpe",
    "glm4",
    "qwen2",
    "deepseek-r1-qwen",
    "stablelm2",
    "megrez",
    "hunyuan",
    "grok-2",
    "starcoder",
    "refact",
    "command-r",
    "smollm",
    "codeshell",
    "exaone",
    "minerva-7b",
    "deepseek-llm",
    "deepseek-coder",
    "deepseek-v3",
    "falcon",
    "tekken",
    "gpt-4o",
    "llama4",
];

/// What belongs to `name`; llama.cpp takes a missing one for "default".
pub(crate) fn named(name: &str) -> Option<Pre> {
    let o200k = || Encoding::named("o200k_base").map_or("", |encoding| encoding.pattern);
    let patterns = match name {
        "default" => vec![PUNCTUATION, GPT2_PATTERN, r"\p{N}+", THREE_ASCII_DIGITS],
        "gpt-2" | "phi-2" | "jina-es" | "jina-de" | "jina-v1-en" | "jina-v2-es" | "jina-v2-de"
        | "jina-v2-code" | "roberta-bpe" | "gigachat" | "a.x-4.0" | "mellum" | "modern-bert"
        | "mpt" | "olmo" | "jais" | "trillion" | "granite-docling" => vec![GPT2_PATTERN],
        "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "falcon-h1" | "pixtral" | "midm-2.0"
        | "lfm2" | "dbrx" | "smaug-bpe" | "chatglm-bpe" | "glm4" => vec![GPT4_PATTERN],
        "qwen2" | "deepseek-r1-qwen" | "stablelm2" | "megrez" | "hunyuan" | "grok-2" => {
            vec![SINGLE_DIGITS_PATTERN]
        }
        "qwen35" => vec![QWEN_35],
        "starcoder" | "refact" | "command-r" | "smollm" | "codeshell" | "exaone" | "minerva-7b" => {
            vec![DIGIT, GPT2_PATTERN]
        }
        "deepseek-llm" => {
            vec![LINE_END, DEEPSEEK_LETTERS, DEEPSEEK_SIGNS, r"\s+$", EAST_ASIAN, r"\p{N}+"]
        }
        "deepseek-coder" => vec![LINE_END, r"\s?\p{L}+", r"\s?\p{P}+", EAST_ASIAN, DIGIT],
        "deepseek-v3" | "hunyuan-dense" => {
            vec![UP_TO_THREE_DIGITS, IDEOGRAPHS_AND_KANA, DEEPSEEK_3]
        }
        "falcon" => vec![FALCON_PUNCTUATION, GPT2_PATTERN, THREE_ASCII_DIGITS],
        "bloom" | "gpt3-finnish" | "poro-chat" => vec![BLOOM],
        "viking" => vec![BLOOM, DIGIT],
        "tekken" => vec![TEKKEN_PATTERN],
        "gpt-4o" | "llama4" => vec![o200k()],
        "seed-coder" => vec![SEED_CODER],
        _ => return None,
    };
    let is_llama_3 = matches!(
        name,
        "llama3"
            | "llama-v3"
            | "llama-bpe"
            | "falcon3"
            | "falcon-h1"
            | "pixtral"
            | "midm-2.0"
            | "lfm2"
    );
    let whole_words = is_llama_3 || name == "tekken";
    Some(Pre { patterns, whole_words, add_bos: whole_words })
}

/// The name of a single pattern, for writing.
pub(crate) fn name_of(patterns: &[&str], whole_words: bool) -> Option<&'static str> {
    let is_it = |name: &&&str| {
        named(name).is_some_and(|pre| pre.patterns == patterns && pre.whole_words == whole_words)
    };
    NAMES.iter().find(is_it).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fancy_regex::Regex;

    #[test]
    fn every_pattern_can_be_read() {
        for name in NAMES.iter().chain(&["qwen35", "bloom", "viking", "seed-coder"]) {
            for pattern in named(name).unwrap().patterns {
                assert!(Regex::new(pattern).is_ok(), "{name}: {pattern}");
            }
        }
        assert_eq!(named("kimi-k2"), None);
    }

    #[test]
    fn names_are_found_by_their_patterns() {
        assert_eq!(name_of(&[GPT2_PATTERN], false), Some("gpt-2"));
        assert_eq!(name_of(&[GPT4_PATTERN], true), Some("llama3"));
        assert_eq!(name_of(&[GPT4_PATTERN], false), Some("dbrx"));
        assert_eq!(name_of(&["x"], false), None);
    }

    #[test]
    fn letters_are_those_with_case() {
        let letters = Regex::new(DEEPSEEK_LETTERS).unwrap();
        for text in ["a", " Z", "\u{3000}ß", "Ж", "Ω", "\u{1FBE}", "\u{212A}", "\u{1E943}"] {
            assert_eq!(letters.find(text).unwrap().unwrap().as_str(), text);
        }
        for text in ["日", "1", "ա", "ª"] {
            assert!(letters.find(text).unwrap().is_none(), "{text}");
        }
    }
}
