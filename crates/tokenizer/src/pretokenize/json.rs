//! The "pre_tokenizer" of a `tokenizer.json`, in and out. What is read is not trusted: kinds and
//! fields are checked by name, stages counted, patterns capped.

use serde_json::{Value, json};

use super::{Behavior, ByteLevel, Metaspace, Pattern, PreTokenizer, PrependScheme, Split};
use crate::Error;
use crate::hf::fields::{Fields, MAX_TEXT_BYTES, Nesting};

/// The schemes of [`Metaspace`] by the names that files have.
const SCHEMES: [(&str, PrependScheme); 3] = [
    ("always", PrependScheme::Always),
    ("first", PrependScheme::First),
    ("never", PrependScheme::Never),
];

impl PreTokenizer {
    /// Reads what a `tokenizer.json` has under "pre_tokenizer". Where that is null there is none.
    ///
    /// ```
    /// use tokenizer::pretokenize::PreTokenizer;
    /// let value = serde_json::json!({"type": "Digits", "individual_digits": true});
    /// assert_eq!(PreTokenizer::from_json(&value)?.to_json(), value);
    /// # Ok::<(), tokenizer::Error>(())
    /// ```
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        read(value, &mut Nesting::new("a pre_tokenizer (in stages)"))
    }

    /// The same as it was read, in the form that Hugging Face writes.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Sequence(stages) => {
                let stages: Vec<Value> = stages.iter().map(Self::to_json).collect();
                json!({"type": "Sequence", "pretokenizers": stages})
            }
            Self::ByteLevel(stage) => stage.to_json(),
            Self::Split(split) => {
                let pattern = split.pattern().to_json();
                let (behavior, invert) = (name_of(split.behavior()), split.inverts());
                json!({"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert})
            }
            Self::Whitespace => json!({"type": "Whitespace"}),
            Self::WhitespaceSplit => json!({"type": "WhitespaceSplit"}),
            Self::BertPreTokenizer => json!({"type": "BertPreTokenizer"}),
            Self::Metaspace(stage) => stage.to_json(),
            Self::Digits { individual_digits } => {
                json!({"type": "Digits", "individual_digits": individual_digits})
            }
            Self::Punctuation(behavior) => {
                json!({"type": "Punctuation", "behavior": name_of(*behavior)})
            }
            Self::CharDelimiterSplit(delimiter) => {
                json!({"type": "CharDelimiterSplit", "delimiter": delimiter})
            }
            Self::UnicodeScripts => json!({"type": "UnicodeScripts"}),
            Self::FixedLength(length) => json!({"type": "FixedLength", "length": length}),
        }
    }
}

fn name_of(behavior: Behavior) -> &'static str {
    let found = Behavior::ALL.iter().find(|&&(_, other)| other == behavior);
    found.map_or("Isolated", |&(name, _)| name)
}

fn read(value: &Value, nesting: &mut Nesting) -> Result<PreTokenizer, Error> {
    nesting.count()?;
    let fields = Fields(value);
    Ok(match fields.text("pre_tokenizer.type", MAX_TEXT_BYTES)? {
        "Sequence" => {
            let stages = fields.list("pre_tokenizer.pretokenizers")?;
            PreTokenizer::Sequence(nesting.sequence(stages, read)?)
        }
        "ByteLevel" => PreTokenizer::ByteLevel(ByteLevel::from_json(fields)?),
        "Split" => PreTokenizer::Split(split(fields)?),
        "Whitespace" => PreTokenizer::Whitespace,
        "WhitespaceSplit" => PreTokenizer::WhitespaceSplit,
        "BertPreTokenizer" => PreTokenizer::BertPreTokenizer,
        "Metaspace" => PreTokenizer::Metaspace(Metaspace::from_json(fields)?),
        "Digits" => PreTokenizer::Digits {
            individual_digits: fields.switch("pre_tokenizer.individual_digits")?,
        },
        "Punctuation" => {
            let behavior = fields.optional("pre_tokenizer.behavior", behavior)?;
            PreTokenizer::Punctuation(behavior.unwrap_or(Behavior::Isolated))
        }
        "CharDelimiterSplit" => {
            PreTokenizer::CharDelimiterSplit(fields.character("pre_tokenizer.delimiter")?)
        }
        "UnicodeScripts" => PreTokenizer::UnicodeScripts,
        "FixedLength" => PreTokenizer::FixedLength(fixed_length(fields)?),
        _ => {
            let expected = "which is no kind that is known here";
            return Err(fields.refuse("pre_tokenizer.type", expected));
        }
    })
}

fn behavior(fields: Fields<'_>, path: &'static str) -> Result<Behavior, Error> {
    let name = fields.text(path, MAX_TEXT_BYTES)?;
    let found = Behavior::ALL.iter().find(|&&(other, _)| other == name);
    found.map(|&(_, behavior)| behavior).ok_or_else(|| {
        let expected =
            "expected Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous";
        fields.refuse(path, expected)
    })
}

fn split(fields: Fields<'_>) -> Result<Split, Error> {
    let field = "pre_tokenizer.pattern";
    let pattern = Pattern::from_json(fields, field)?;
    let behavior = behavior(fields, "pre_tokenizer.behavior")?;
    Split::new(pattern, behavior, fields.switch_or("pre_tokenizer.invert", false)?)
}

fn fixed_length(fields: Fields<'_>) -> Result<usize, Error> {
    let field = "pre_tokenizer.length";
    let length = fields.optional(field, Fields::number)?.unwrap_or(5);
    if length == 0 {
        return Err(fields.refuse(field, "expected 1 or more"));
    }
    Ok(length)
}

impl Pattern {
    /// Reads `{"String": …}` or `{"Regex": …}`.
    pub(crate) fn from_json(fields: Fields<'_>, path: &'static str) -> Result<Self, Error> {
        let pattern = fields.get(path)?;
        match (pattern.get("String"), pattern.get("Regex")) {
            (Some(Value::String(text)), None) => Ok(Self::Text(text.clone())),
            (None, Some(Value::String(regex))) => Ok(Self::Regex(regex.clone())),
            _ => Err(fields.refuse(path, r#"expected {"String": …} or {"Regex": …}"#)),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!({"String": text}),
            Self::Regex(regex) => json!({"Regex": regex}),
        }
    }
}

impl ByteLevel {
    /// The same fields for a pre-tokenizer, a decoder and a post-processor.
    pub(crate) fn from_json(fields: Fields<'_>) -> Result<Self, Error> {
        Ok(Self {
            add_prefix_space: fields.switch_or("ByteLevel.add_prefix_space", true)?,
            trim_offsets: fields.switch_or("ByteLevel.trim_offsets", true)?,
            use_regex: fields.switch_or("ByteLevel.use_regex", true)?,
        })
    }

    pub(crate) fn to_json(self) -> Value {
        json!({
            "type": "ByteLevel", "add_prefix_space": self.add_prefix_space,
            "trim_offsets": self.trim_offsets, "use_regex": self.use_regex,
        })
    }
}

impl Metaspace {
    /// The same fields for a pre-tokenizer and a decoder. Older files have `add_prefix_space`
    /// instead of a scheme.
    pub(crate) fn from_json(fields: Fields<'_>) -> Result<Self, Error> {
        let field = "Metaspace.prepend_scheme";
        let scheme = fields.optional(field, |fields, path| {
            let name = fields.text(path, MAX_TEXT_BYTES)?;
            let found = SCHEMES.iter().find(|&&(other, _)| other == name);
            let refuse = || fields.refuse(path, "expected always, first or never");
            found.map(|&(_, scheme)| scheme).ok_or_else(refuse)
        })?;
        let prepends = fields.switch_or("Metaspace.add_prefix_space", true)?;
        let prepend_scheme = match (prepends, scheme) {
            (false, None | Some(PrependScheme::Never)) => PrependScheme::Never,
            (true, scheme) => scheme.unwrap_or(PrependScheme::Always),
            (false, Some(_)) => {
                return Err(fields.refuse(field, "which add_prefix_space = false contradicts"));
            }
        };
        let split = fields.switch_or("Metaspace.split", true)?;
        let replacement = fields.character("Metaspace.replacement")?;
        Ok(Self { replacement, prepend_scheme, split })
    }

    pub(crate) fn to_json(self) -> Value {
        let found = SCHEMES.iter().find(|&&(_, scheme)| scheme == self.prepend_scheme);
        json!({
            "type": "Metaspace", "replacement": self.replacement,
            "prepend_scheme": found.map_or("always", |&(name, _)| name), "split": self.split,
        })
    }
}
