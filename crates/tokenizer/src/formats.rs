//! The file formats of the field, each in and out.
//!
//! Each has a parser into plain data of its own that trusts nothing, a writer beside it, and a
//! `tokenizer.rs` that makes a [`Tokenizer`](crate::Tokenizer) of the data, and data of a
//! tokenizer, or says why not.
//! One more format is one more file and one row of the registry.
//!
//! Reading order: this file; `source` (bytes with a name); [`sentencepiece`], [`tiktoken`],
//! [`gpt2`], [`vocab_txt`], [`gguf`], [`clip`], [`llama2c`]; `byte_words` and `template` (stages
//! that several of them share), `hugging_face` (stages that others do not have).
//!
//! ```
//! use tokenizer::formats::Format;
//! use tokenizer::{Tokenizer, TrainOptions};
//!
//! let folder = std::env::temp_dir().join(format!("formats-{}", std::process::id()));
//! let options = TrainOptions { vocab_size: 260, ..TrainOptions::default() };
//! let tokenizer = Tokenizer::train(["low lower lowest"], &options)?;
//! let path = folder.join("low.gguf");
//! tokenizer.save_as(&path, Format::Gguf)?;
//! assert_eq!(Tokenizer::open(&path)?.encode("lower")?, tokenizer.encode("lower")?);
//! # std::fs::remove_dir_all(folder).unwrap();
//! # Ok::<(), tokenizer::Error>(())
//! ```

mod byte_words;
pub(crate) mod clip;
pub(crate) mod gguf;
pub(crate) mod gpt2;
mod hugging_face;
pub(crate) mod llama2c;
pub(crate) mod open;
pub(crate) mod sentencepiece;
pub(crate) mod source;
pub(crate) mod template;
pub(crate) mod tiktoken;
pub(crate) mod vocab_txt;

pub use open::Choice;
pub use source::Source;
pub use tiktoken::encodings::{ENCODINGS, Encoding};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Hugging Face's `tokenizer.json`.
    HuggingFace,
    /// SentencePiece's `.model`.
    SentencePiece,
    /// tiktoken's rank files.
    Tiktoken,
    /// GPT-2's `vocab.json` with `merges.txt`.
    Gpt2,
    /// WordPiece's `vocab.txt`.
    VocabTxt,
    /// The tokenizer inside a GGUF.
    Gguf,
    /// CLIP's `bpe_simple_vocab_16e6.txt`, plain or `.gz`.
    Clip,
    /// llama2.c's `tokenizer.bin`.
    Llama2c,
}

/// A row of the registry.
struct Row {
    format: Format,
    /// What a person calls it.
    name: &'static str,
    /// Whether a file could be of this format, by its name in small letters and its first bytes.
    is_likely: fn(&str, &[u8]) -> bool,
}

/// All formats; the first that is likely is taken.
const ROWS: [Row; 8] = [
    Row { format: Format::Gguf, name: "gguf", is_likely: is_gguf },
    Row { format: Format::Clip, name: "clip", is_likely: is_clip },
    Row { format: Format::Gpt2, name: "gpt2", is_likely: is_gpt2 },
    Row { format: Format::HuggingFace, name: "huggingface", is_likely: is_json },
    Row { format: Format::Tiktoken, name: "tiktoken", is_likely: is_tiktoken },
    Row { format: Format::Llama2c, name: "llama2c", is_likely: is_llama2c },
    Row { format: Format::SentencePiece, name: "sentencepiece", is_likely: is_sentencepiece },
    Row { format: Format::VocabTxt, name: "vocab.txt", is_likely: is_vocab_txt },
];

impl Format {
    /// All of them, by their names.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        ROWS.iter().map(|row| (row.format, row.name))
    }

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        ROWS.iter().find(|row| row.format == self).map_or("", |row| row.name)
    }

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.format)
    }

    /// The most likely format of a file by its name and its first bytes.
    pub fn guess(name: &str, head: &[u8]) -> Option<Self> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase();
        ROWS.iter().find(|row| (row.is_likely)(&name, head)).map(|row| row.format)
    }
}

/// The first line, as far as it is text.
fn first_line(head: &[u8]) -> &str {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    std::str::from_utf8(line).unwrap_or_default()
}

fn is_gguf(name: &str, head: &[u8]) -> bool {
    head.starts_with(b"GGUF") || name.ends_with(".gguf")
}

fn is_clip(name: &str, head: &[u8]) -> bool {
    (head.starts_with(&clip::GZIP) && !name.ends_with(".json.gz"))
        || first_line(head).contains("bpe_simple_vocab")
        || name.starts_with("bpe_simple_vocab")
        || name.ends_with(".txt.gz")
}

/// Both files of the pair; a `tokenizer.json` has its model below the first level.
fn is_gpt2(name: &str, head: &[u8]) -> bool {
    let is_map = || {
        let text = String::from_utf8_lossy(&head[..head.len().min(512)]).into_owned();
        let value = text.trim_start().strip_prefix('{').and_then(behind_key);
        value.is_some_and(|value| value.starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_pair = matches!(name, "merges.txt" | "vocab.bpe" | "vocab.json" | "encoder.json");
    is_pair || first_line(head).starts_with("#version") || is_map()
}

/// What stands behind the first key of an object and its colon.
fn behind_key(object: &str) -> Option<&str> {
    let key = object.trim_start().strip_prefix('"')?;
    let mut escaped = false;
    let end = key.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some(key[end + 1..].trim_start().strip_prefix(':')?.trim_start())
}

fn is_json(name: &str, head: &[u8]) -> bool {
    name.ends_with(".json") || head.trim_ascii_start().starts_with(b"{")
}

fn is_tiktoken(name: &str, head: &[u8]) -> bool {
    name.ends_with(".tiktoken") || tiktoken::is_line(first_line(head))
}

fn is_llama2c(name: &str, head: &[u8]) -> bool {
    // The length of the longest token, score and length of the first, and the first.
    let first = head.get(8..12).map(|len| u32::from_le_bytes([len[0], len[1], len[2], len[3]]));
    let is_control = head.get(12..).is_some_and(|rest| rest.starts_with(b"<"));
    name.ends_with(".bin") || (is_control && first.is_some_and(|len| len < 64))
}

fn is_sentencepiece(name: &str, head: &[u8]) -> bool {
    // The first piece: field 1 of some length, in it field 1, its text.
    name.ends_with(".model") || (head.first() == Some(&0x0A) && head.get(2) == Some(&0x0A))
}

fn is_vocab_txt(name: &str, head: &[u8]) -> bool {
    let lines = || head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    name.ends_with(".txt") || lines().any(|line| line == vocab_txt::UNKNOWN.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sentencepiece::proto::ModelKind;

    fn check(names: &[&str], bytes: &[u8], expected: Option<Format>) {
        for name in names {
            assert_eq!(Format::guess(name, bytes), expected, "{name}");
        }
    }

    #[test]
    fn formats_are_told_by_content_and_name() {
        let model = sentencepiece::write(&sentencepiece::tests::small(ModelKind::Bpe));
        check(&["spiece.model", "x"], &model, Some(Format::SentencePiece));
        let ranks = tiktoken::write(&tiktoken::tests::small());
        check(&["a/b.tiktoken", "x"], &ranks, Some(Format::Tiktoken));
        let pair = gpt2::tests::small();
        check(&["vocab.json", "x"], &gpt2::write_vocab(&pair), Some(Format::Gpt2));
        check(&["merges.txt", "x"], &gpt2::write_merges(&pair), Some(Format::Gpt2));
        let lines = vocab_txt::write(&vocab_txt::tests::small());
        check(&["vocab.txt", "x"], &lines, Some(Format::VocabTxt));
        let file = gguf::write(&gguf::tests::small(gguf::GgufKind::Bert));
        check(&["m.gguf", "x", "x.bin"], &file, Some(Format::Gguf));
        let merges = clip::tests::small();
        check(&["bpe_simple_vocab_16e6.txt", "x"], &clip::write(&merges), Some(Format::Clip));
        check(&["bpe.txt.gz", "x"], &clip::write_gz(&merges), Some(Format::Clip));
        let tok = llama2c::write(&llama2c::tests::small());
        check(&["tok512.bin", "x"], &tok, Some(Format::Llama2c));
        check(&["tokenizer.json", "x"], b"{\"version\": \"1.0\"}", Some(Format::HuggingFace));
        let key = br#"{"<|a:1\\\"|>": 0, "b": 1}"#;
        check(&["x"], key, Some(Format::Gpt2));
        check(&["x", "x.png"], b"\x89PNG", None);
        check(&["x"], b"", None);
    }

    #[test]
    fn names_are_distinct() {
        for (format, name) in Format::all() {
            assert_eq!((Format::named(name), format.name()), (Some(format), name));
        }
        assert_eq!(Format::all().count(), 8);
    }
}
