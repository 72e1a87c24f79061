//! The "post_processor" of a `tokenizer.json`, in and out. What is read is not trusted.

use serde_json::{Map, Value, json};

use super::TemplateProcessing;
use super::template::MAX_PIECES;
use super::{BertProcessing, Piece, PostProcessor, RobertaProcessing, SpecialToken};
use crate::Error;
use crate::hf::fields::{Fields, MAX_TEXT_BYTES, Nesting, too_large};
use crate::pretokenize::ByteLevel;

impl PostProcessor {
    /// Reads what a `tokenizer.json` has under "post_processor". Where that is null there is none.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        read(value, &mut Nesting::new("a post_processor (in stages)"))
    }

    /// The same as it was read, in the form that Hugging Face writes.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Sequence(stages) => {
                let stages: Vec<Value> = stages.iter().map(Self::to_json).collect();
                json!({"type": "Sequence", "processors": stages})
            }
            Self::TemplateProcessing(stage) => stage.to_json(),
            Self::BertProcessing(stage) => {
                json!({"type": "BertProcessing", "sep": stage.sep, "cls": stage.cls})
            }
            Self::RobertaProcessing(stage) => json!({
                "type": "RobertaProcessing", "sep": stage.sep, "cls": stage.cls,
                "trim_offsets": stage.trim_offsets, "add_prefix_space": stage.add_prefix_space,
            }),
            Self::ByteLevel(stage) => stage.to_json(),
        }
    }
}

fn read(value: &Value, nesting: &mut Nesting) -> Result<PostProcessor, Error> {
    nesting.count()?;
    let fields = Fields(value);
    Ok(match fields.text("post_processor.type", MAX_TEXT_BYTES)? {
        "Sequence" => {
            let stages = fields.list("post_processor.processors")?;
            PostProcessor::Sequence(nesting.sequence(stages, read)?)
        }
        "TemplateProcessing" => PostProcessor::TemplateProcessing(template(fields)?),
        "BertProcessing" => PostProcessor::BertProcessing(BertProcessing {
            sep: special(fields, "post_processor.sep")?,
            cls: special(fields, "post_processor.cls")?,
        }),
        "RobertaProcessing" => PostProcessor::RobertaProcessing(RobertaProcessing {
            sep: special(fields, "post_processor.sep")?,
            cls: special(fields, "post_processor.cls")?,
            trim_offsets: fields.switch_or("post_processor.trim_offsets", true)?,
            add_prefix_space: fields.switch_or("post_processor.add_prefix_space", true)?,
        }),
        "ByteLevel" => PostProcessor::ByteLevel(ByteLevel::from_json(fields)?),
        _ => {
            let expected = "which is no kind that is known here";
            return Err(fields.refuse("post_processor.type", expected));
        }
    })
}

fn special(fields: Fields<'_>, path: &'static str) -> Result<(String, u32), Error> {
    let refuse = || fields.refuse(path, "expected a token and its id");
    let [Value::String(token), id] = fields.list(path)? else { return Err(refuse()) };
    let id = id.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(refuse)?;
    Ok((token.clone(), id))
}

fn template(fields: Fields<'_>) -> Result<TemplateProcessing, Error> {
    let pieces = |path| fields.list(path)?.iter().map(piece).collect::<Result<Vec<_>, _>>();
    let path = "post_processor.special_tokens";
    let named = fields.get(path)?.as_object();
    let named = named.ok_or_else(|| fields.refuse(path, "expected special tokens by name"))?;
    TemplateProcessing::new(
        pieces("post_processor.single")?,
        pieces("post_processor.pair")?,
        named.iter().map(special_token).collect::<Result<_, _>>()?,
    )
}

fn piece(value: &Value) -> Result<Piece, Error> {
    let refuse = || {
        let expected = "expected {\"Sequence\": …} or {\"SpecialToken\": …}";
        let mut got = value.to_string();
        got.truncate(got.floor_char_boundary(80));
        Error::Unsupported { field: "post_processor.single or pair", got, expected }
    };
    let type_id = |fields: Fields<'_>| fields.id("post_processor.type_id");
    if let Some(sequence) = value.get("Sequence") {
        let fields = Fields(sequence);
        let second = match fields.text("post_processor.id", MAX_TEXT_BYTES)? {
            "A" => false,
            "B" => true,
            _ => return Err(refuse()),
        };
        return Ok(Piece::Sequence { second, type_id: type_id(fields)? });
    }
    let fields = Fields(value.get("SpecialToken").ok_or_else(refuse)?);
    let id = fields.text("post_processor.id", MAX_TEXT_BYTES)?.to_owned();
    Ok(Piece::SpecialToken { id, type_id: type_id(fields)? })
}

fn special_token((name, value): (&String, &Value)) -> Result<SpecialToken, Error> {
    let fields = Fields(value);
    let (ids, tokens) = ("post_processor.ids", "post_processor.tokens");
    let len = fields.list(ids)?.len().max(fields.list(tokens)?.len());
    if len > MAX_PIECES {
        return Err(too_large("a special token (in tokens)", len, MAX_PIECES));
    }
    let id = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
    let token = |token: &Value| token.as_str().map(str::to_owned);
    Ok(SpecialToken {
        id: name.clone(),
        ids: (fields.list(ids)?.iter().map(id).collect::<Option<_>>())
            .ok_or_else(|| fields.refuse(ids, "expected ids"))?,
        tokens: (fields.list(tokens)?.iter().map(token).collect::<Option<_>>())
            .ok_or_else(|| fields.refuse(tokens, "expected texts"))?,
    })
}

impl TemplateProcessing {
    fn to_json(&self) -> Value {
        let piece = |piece: &Piece| match piece {
            Piece::Sequence { second, type_id } => {
                json!({"Sequence": {"id": if *second { "B" } else { "A" }, "type_id": type_id}})
            }
            Piece::SpecialToken { id, type_id } => {
                json!({"SpecialToken": {"id": id, "type_id": type_id}})
            }
        };
        let tokens: Map<String, Value> = self
            .special_tokens()
            .map(|t| (t.id.clone(), json!({"id": t.id, "ids": t.ids, "tokens": t.tokens})))
            .collect();
        json!({
            "type": "TemplateProcessing",
            "single": self.single().iter().map(piece).collect::<Vec<_>>(),
            "pair": self.pair().iter().map(piece).collect::<Vec<_>>(),
            "special_tokens": tokens,
        })
    }
}
