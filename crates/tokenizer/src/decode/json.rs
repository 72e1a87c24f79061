//! The "decoder" of a `tokenizer.json`, in and out. What is read is not trusted.

use serde_json::{Value, json};

use super::{Ctc, Decoder, Replace, Strip, WordPiece};
use crate::Error;
use crate::hf::fields::{Fields, MAX_TEXT_BYTES, Nesting};
use crate::pretokenize::{ByteLevel, Metaspace, Pattern};

impl Decoder {
    /// Reads what a `tokenizer.json` has under "decoder". Where that is null there is none.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        read(value, &mut Nesting::new("a decoder (in stages)"))
    }

    /// The same as it was read, in the form that Hugging Face writes.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Sequence(stages) => {
                let stages: Vec<Value> = stages.iter().map(Self::to_json).collect();
                json!({"type": "Sequence", "decoders": stages})
            }
            Self::ByteLevel(stage) => stage.to_json(),
            Self::WordPiece(WordPiece { prefix, cleanup }) => {
                json!({"type": "WordPiece", "prefix": prefix, "cleanup": cleanup})
            }
            Self::Metaspace(stage) => stage.to_json(),
            Self::BpeDecoder { suffix } => json!({"type": "BPEDecoder", "suffix": suffix}),
            Self::ByteFallback => json!({"type": "ByteFallback"}),
            Self::Fuse => json!({"type": "Fuse"}),
            Self::Strip(Strip { content, start, stop }) => {
                json!({"type": "Strip", "content": content, "start": start, "stop": stop})
            }
            Self::Replace(stage) => json!({
                "type": "Replace", "pattern": stage.pattern().to_json(), "content": stage.content(),
            }),
            Self::Ctc(stage) => json!({
                "type": "CTC", "pad_token": stage.pad_token,
                "word_delimiter_token": stage.word_delimiter_token, "cleanup": stage.cleanup,
            }),
        }
    }
}

fn read(value: &Value, nesting: &mut Nesting) -> Result<Decoder, Error> {
    nesting.count()?;
    let fields = Fields(value);
    let text = |path| fields.text(path, MAX_TEXT_BYTES).map(str::to_owned);
    Ok(match fields.text("decoder.type", MAX_TEXT_BYTES)? {
        "Sequence" => Decoder::Sequence(nesting.sequence(fields.list("decoder.decoders")?, read)?),
        "ByteLevel" => Decoder::ByteLevel(ByteLevel::from_json(fields)?),
        "WordPiece" => Decoder::WordPiece(WordPiece {
            prefix: text("decoder.prefix")?,
            cleanup: fields.switch("decoder.cleanup")?,
        }),
        "Metaspace" => Decoder::Metaspace(Metaspace::from_json(fields)?),
        "BPEDecoder" => Decoder::BpeDecoder { suffix: text("decoder.suffix")? },
        "ByteFallback" => Decoder::ByteFallback,
        "Fuse" => Decoder::Fuse,
        "Strip" => Decoder::Strip(Strip {
            content: fields.character("decoder.content")?,
            start: fields.number("decoder.start")?,
            stop: fields.number("decoder.stop")?,
        }),
        "Replace" => {
            let pattern = Pattern::from_json(fields, "decoder.pattern")?;
            let names = ["decoder.pattern.Regex", "decoder.content"];
            Decoder::Replace(Replace::of_file(pattern, text("decoder.content")?, names)?)
        }
        "CTC" => Decoder::Ctc(Ctc {
            pad_token: text("decoder.pad_token")?,
            word_delimiter_token: text("decoder.word_delimiter_token")?,
            cleanup: fields.switch("decoder.cleanup")?,
        }),
        _ => return Err(fields.refuse("decoder.type", "which is no kind that is known here")),
    })
}
