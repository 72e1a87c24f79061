//! The "normalizer" of a `tokenizer.json`, in and out. What is read is not trusted: kinds and
//! fields are checked by name, stages counted, sizes capped.
//!
//! `SentencePiece` is a kind of our own: Hugging Face has no normalizer that does what
//! SentencePiece does, and refuses a file with it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::charsmap::MAX_BLOB;
use super::{Bert, Charsmap, Form, Normalizer, Pattern, Precompiled, Prepend};
use super::{Replace, SentencePiece, Strip, Symbols};
use crate::Error;
use crate::hf::fields::{Fields, MAX_TEXT_BYTES, Nesting};

impl Normalizer {
    /// Reads what a `tokenizer.json` has under "normalizer". Where that is null there is none.
    ///
    /// ```
    /// use tokenizer::normalize::Normalizer;
    /// let value = serde_json::json!({"type": "Prepend", "prepend": "▁"});
    /// assert_eq!(Normalizer::from_json(&value)?.normalize("hello")?, "▁hello");
    /// # Ok::<(), tokenizer::Error>(())
    /// ```
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        read(value, &mut Nesting::new("a normalizer (in stages)"))
    }

    /// The same as it was read, in the form that Hugging Face writes.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Sequence(stages) => {
                let stages: Vec<Value> = stages.iter().map(Self::to_json).collect();
                json!({"type": "Sequence", "normalizers": stages})
            }
            Self::Form(Form::Nfc) => json!({"type": "NFC"}),
            Self::Form(Form::Nfd) => json!({"type": "NFD"}),
            Self::Form(Form::Nfkc) => json!({"type": "NFKC"}),
            Self::Form(Form::Nfkd) => json!({"type": "NFKD"}),
            Self::Lowercase => json!({"type": "Lowercase"}),
            Self::Strip(Strip { left, right }) => {
                json!({"type": "Strip", "strip_left": left, "strip_right": right})
            }
            Self::StripAccents => json!({"type": "StripAccents"}),
            Self::Bert(bert) => json!({
                "type": "BertNormalizer",
                "clean_text": bert.clean_text,
                "handle_chinese_chars": bert.handle_chinese_chars,
                "strip_accents": bert.strip_accents,
                "lowercase": bert.lowercase,
            }),
            Self::Nmt => json!({"type": "Nmt"}),
            Self::Precompiled(Precompiled { charsmap }) => {
                json!({"type": "Precompiled", "precompiled_charsmap": encode(charsmap)})
            }
            Self::Replace(replace) => {
                let pattern = replace.pattern().to_json();
                json!({"type": "Replace", "pattern": pattern, "content": replace.content()})
            }
            Self::Prepend(Prepend { prepend }) => json!({"type": "Prepend", "prepend": prepend}),
            Self::ByteLevel => json!({"type": "ByteLevel"}),
            Self::SentencePiece(pieces) => sentence_piece(pieces),
        }
    }
}

fn sentence_piece(pieces: &SentencePiece) -> Value {
    let mut value = json!({
        "type": "SentencePiece",
        "precompiled_charsmap": pieces.charsmap.as_ref().map(encode),
        "add_dummy_prefix": pieces.add_dummy_prefix,
        "remove_extra_whitespaces": pieces.remove_extra_whitespaces,
        "escape_whitespaces": pieces.escape_whitespaces,
        "treat_whitespace_as_suffix": pieces.treat_whitespace_as_suffix,
    });
    if !pieces.symbols.is_empty() {
        value["symbols"] = pieces.symbols.iter().collect();
    }
    value
}

fn encode(map: &Charsmap) -> String {
    STANDARD.encode(map.as_bytes())
}

fn read(value: &Value, nesting: &mut Nesting) -> Result<Normalizer, Error> {
    nesting.count()?;
    let fields = Fields(value);
    Ok(match fields.text("normalizer.type", MAX_TEXT_BYTES)? {
        "Sequence" => {
            Normalizer::Sequence(nesting.sequence(fields.list("normalizer.normalizers")?, read)?)
        }
        "NFC" => Normalizer::Form(Form::Nfc),
        "NFD" => Normalizer::Form(Form::Nfd),
        "NFKC" => Normalizer::Form(Form::Nfkc),
        "NFKD" => Normalizer::Form(Form::Nfkd),
        "Lowercase" => Normalizer::Lowercase,
        "Strip" => Normalizer::Strip(Strip {
            left: fields.switch("normalizer.strip_left")?,
            right: fields.switch("normalizer.strip_right")?,
        }),
        "StripAccents" => Normalizer::StripAccents,
        "BertNormalizer" => Normalizer::Bert(Bert {
            clean_text: fields.switch("normalizer.clean_text")?,
            handle_chinese_chars: fields.switch("normalizer.handle_chinese_chars")?,
            strip_accents: fields.optional("normalizer.strip_accents", Fields::switch)?,
            lowercase: fields.switch("normalizer.lowercase")?,
        }),
        "Nmt" => Normalizer::Nmt,
        "Precompiled" => {
            Normalizer::Precompiled(Precompiled { charsmap: charsmap(fields, CHARSMAP)? })
        }
        "Replace" => Normalizer::Replace(replace(fields)?),
        "Prepend" => Normalizer::Prepend(Prepend {
            prepend: fields.text("normalizer.prepend", MAX_TEXT_BYTES)?.to_owned(),
        }),
        "ByteLevel" => Normalizer::ByteLevel,
        "SentencePiece" => Normalizer::SentencePiece(SentencePiece {
            charsmap: fields.optional(CHARSMAP, charsmap)?,
            add_dummy_prefix: fields.switch("normalizer.add_dummy_prefix")?,
            remove_extra_whitespaces: fields.switch("normalizer.remove_extra_whitespaces")?,
            escape_whitespaces: fields.switch("normalizer.escape_whitespaces")?,
            treat_whitespace_as_suffix: fields.switch("normalizer.treat_whitespace_as_suffix")?,
            symbols: fields.optional("normalizer.symbols", symbols)?.unwrap_or_default(),
        }),
        _ => return Err(fields.refuse("normalizer.type", "which is no kind that is known here")),
    })
}

const CHARSMAP: &str = "normalizer.precompiled_charsmap";

fn symbols(fields: Fields<'_>, path: &'static str) -> Result<Symbols, Error> {
    let texts = fields.list(path)?.iter();
    let text = |value: &Value| {
        let text = value.as_str().filter(|text| text.len() <= MAX_TEXT_BYTES);
        text.map(str::to_owned).ok_or_else(|| Fields(value).refuse(path, "expected short texts"))
    };
    Ok(Symbols::new(texts.map(text).collect::<Result<_, _>>()?))
}

fn replace(fields: Fields<'_>) -> Result<Replace, Error> {
    let pattern = Pattern::from_json(fields, "normalizer.pattern")?;
    let names = ["normalizer.pattern.Regex", "normalizer.content"];
    let content = fields.text("normalizer.content", MAX_TEXT_BYTES)?.to_owned();
    Replace::of_file(pattern, content, names)
}

fn charsmap(fields: Fields<'_>, path: &'static str) -> Result<Charsmap, Error> {
    // Base64 has four characters for three bytes.
    let text = fields.text(path, MAX_BLOB / 3 * 4 + 4)?;
    let blob = STANDARD
        .decode(text)
        .map_err(|e| Error::BadCharsmap { detail: format!("it is not base64 ({e})") })?;
    Charsmap::from_bytes(&blob)
}
