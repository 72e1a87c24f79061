//! The tokenizer inside a GGUF file: the keys `tokenizer.ggml.*`, as llama.cpp's `llama-vocab.cpp`
//! reads them. [`metadata`] is the container, [`pre`] the patterns behind `tokenizer.ggml.pre`.
//!
//! Four kinds: `gpt2` (byte-level BPE with merges), `llama` (SentencePiece's BPE by scores), `bert`
//! (WordPiece, where a word's first piece begins with U+2581 and the others with nothing), `t5`
//! (unigram). What a file leaves out has llama.cpp's default for its kind.
//!
//! Left out on purpose: `rwkv`, `plamo2` and kinds without a vocabulary.

pub(crate) mod metadata;
pub(crate) mod pre;
pub(crate) mod tokenizer;

use std::collections::BTreeMap;
use std::io::Read;

use super::gpt2;
use super::sentencepiece::proto::Kind;
use super::source::{MAX_TOKEN_BYTES, Source, shown};
use crate::Error;
use crate::hash::{KeyedMap, KeyedSet};
use metadata::Value;

/// The start of all keys here.
const PREFIX: &str = "tokenizer.ggml.";

/// How the pieces are chosen for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GgufKind {
    /// Byte-level BPE.
    Gpt2,
    /// Merges by scores.
    Llama,
    /// WordPiece.
    Bert,
    /// The likeliest pieces.
    T5,
}

/// Their names in a file, and an architecture that has such a vocabulary.
const KINDS: [(GgufKind, &str, &str); 4] = [
    (GgufKind::Gpt2, "gpt2", "gpt2"),
    (GgufKind::Llama, "llama", "llama"),
    (GgufKind::Bert, "bert", "bert"),
    (GgufKind::T5, "t5", "t5"),
];

/// Tokens with a part to play, by the names of their keys.
const ROLES: [&str; 16] = [
    "bos",
    "eos",
    "eot",
    "eom",
    "unknown",
    "seperator",
    "padding",
    "cls",
    "mask",
    "fim_pre",
    "fim_suf",
    "fim_mid",
    "fim_pad",
    "fim_rep",
    "fim_sep",
    "prefix",
];

/// A vocabulary and its settings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gguf {
    pub(crate) kind: GgufKind,
    /// `general.architecture`.
    pub(crate) architecture: Option<String>,
    /// `general.name`, by which llama.cpp knows that spaces behind special tokens go.
    pub(crate) name: Option<String>,
    /// Which patterns cut text into words.
    pub(crate) pre: Option<String>,
    /// By id.
    pub(crate) tokens: Vec<String>,
    /// By id, or none at all.
    pub(crate) scores: Vec<f32>,
    /// By id.
    pub(crate) kinds: Vec<Kind>,
    /// By rank: left, right, product.
    pub(crate) merges: Vec<(u32, u32, u32)>,
    /// Ids by role: "bos", "eos", "unknown".
    pub(crate) roles: BTreeMap<String, u32>,
    pub(crate) add_bos: Option<bool>,
    pub(crate) add_eos: Option<bool>,
    pub(crate) add_space_prefix: Option<bool>,
    pub(crate) remove_extra_whitespaces: Option<bool>,
    /// SentencePiece's map of characters.
    pub(crate) charsmap: Vec<u8>,
    pub(crate) chat_template: Option<String>,
}

impl Gguf {
    /// These tokens and nothing else.
    pub(crate) fn of(kind: GgufKind, tokens: Vec<String>, kinds: Vec<Kind>) -> Self {
        Self {
            kind,
            architecture: None,
            name: None,
            pre: None,
            tokens,
            scores: vec![],
            kinds,
            merges: vec![],
            roles: BTreeMap::new(),
            add_bos: None,
            add_eos: None,
            add_space_prefix: None,
            remove_extra_whitespaces: None,
            charsmap: vec![],
            chat_template: None,
        }
    }
}

/// Reads the metadata of a file of `len` bytes. Nothing about it is trusted.
pub(crate) fn read(name: &str, reader: impl Read, len: u64) -> Result<Gguf, Error> {
    let general = ["general.architecture", "general.name", "tokenizer.chat_template"];
    let wanted = |key: &str| key.starts_with(PREFIX) || general.contains(&key);
    let values = metadata::read(name, reader, len, wanted)?;
    let mut fields = Fields { source: Source { name, bytes: &[] }, values };
    let source = fields.source;
    let kind = kind(&mut fields)?;
    let tokens = fields.texts("tokens")?;
    let Some(tokens) = tokens else {
        return Err(source.bad("tokenizer.ggml.tokens", "the key is missing"));
    };
    source.check_count(tokens.len())?;
    let merges = fields.texts("merges")?;
    let file = Gguf {
        kind,
        architecture: fields.whole_text("general.architecture")?,
        name: fields.whole_text("general.name")?,
        pre: fields.text("pre")?,
        scores: fields.scores(tokens.len())?,
        kinds: fields.kinds(tokens.len())?,
        roles: fields.roles(tokens.len())?,
        add_bos: fields.flag("add_bos_token")?,
        add_eos: fields.flag("add_eos_token")?,
        add_space_prefix: fields.flag("add_space_prefix")?,
        remove_extra_whitespaces: fields.flag("remove_extra_whitespaces")?,
        charsmap: fields.bytes("precompiled_charsmap")?,
        chat_template: fields.whole_text("tokenizer.chat_template")?,
        merges: vec![],
        tokens,
    };
    with_merges(source, file, merges)
}

fn kind(fields: &mut Fields<'_>) -> Result<GgufKind, Error> {
    let Some(name) = fields.text("model")? else {
        return Err(fields.source.bad("tokenizer.ggml.model", "the key is missing"));
    };
    match KINDS.iter().find(|kind| kind.1 == name) {
        Some(&(kind, ..)) => Ok(kind),
        None => Err(Error::NotDone {
            file: fields.source.name.to_owned(),
            what: format!("tokenizer.ggml.model = {name:?}"),
            expected: "only gpt2, llama, bert and t5 can be read",
        }),
    }
}

/// Checks the tokens, and turns merges into ids.
fn with_merges(
    source: Source<'_>,
    mut file: Gguf,
    merges: Option<Vec<String>>,
) -> Result<Gguf, Error> {
    let mut ids: KeyedMap<String, u32> = KeyedMap::default();
    for (id, token) in (0..).zip(&mut file.tokens) {
        let refuse = |cause| Err(source.bad(format!("tokenizer.ggml.tokens, token {id}"), cause));
        if token.is_empty() {
            *token = format!("[EMPTY_{id}]"); // As llama.cpp calls it.
        }
        if token.len() > MAX_TOKEN_BYTES {
            return refuse(format!("{} bytes, expected at most {MAX_TOKEN_BYTES}", token.len()));
        }
        if let Some(first) = ids.insert(token.clone(), id) {
            return refuse(format!("{} is token {first} too", shown(token.as_bytes())));
        }
    }
    let Some(lines) = merges.filter(|_| file.kind == GgufKind::Gpt2) else {
        return match file.kind {
            GgufKind::Gpt2 => Err(source.bad("tokenizer.ggml.merges", "the key is missing")),
            _ => Ok(file),
        };
    };
    let mut seen = KeyedSet::default();
    for (rank, line) in lines.iter().enumerate() {
        let place = || format!("tokenizer.ggml.merges, merge {rank}");
        let merge = gpt2::merge(line, &ids).map_err(|cause| source.bad(place(), cause))?;
        // Of a merge that is there twice the first counts, as in llama.cpp.
        if seen.insert((merge.0, merge.1)) {
            file.merges.push(merge);
        }
    }
    Ok(file)
}

/// Values that are taken one by one.
struct Fields<'a> {
    source: Source<'a>,
    values: BTreeMap<String, Value>,
}

impl Fields<'_> {
    fn take(&mut self, key: &str) -> Option<Value> {
        self.values.remove(&format!("{PREFIX}{key}"))
    }

    fn other_kind<T>(&self, key: &str, expected: &str) -> Result<T, Error> {
        let key = if key.contains('.') { key.to_owned() } else { format!("{PREFIX}{key}") };
        Err(self.source.bad(key, format!("the value is of another type, expected {expected}")))
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, Error> {
        self.whole_text(&format!("{PREFIX}{key}"))
    }

    fn whole_text(&mut self, key: &str) -> Result<Option<String>, Error> {
        match self.values.remove(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => self.other_kind(key, "a text"),
        }
    }

    fn texts(&mut self, key: &str) -> Result<Option<Vec<String>>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Texts(texts)) => Ok(Some(texts)),
            Some(_) => self.other_kind(key, "texts"),
        }
    }

    fn flag(&mut self, key: &str) -> Result<Option<bool>, Error> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => self.other_kind(key, "true or false"),
        }
    }

    fn bytes(&mut self, key: &str) -> Result<Vec<u8>, Error> {
        match self.take(key) {
            None => Ok(vec![]),
            Some(Value::Bytes(bytes)) => Ok(bytes),
            Some(_) => self.other_kind(key, "bytes"),
        }
    }

    fn check_len(&self, key: &str, found: usize, n_tokens: usize) -> Result<(), Error> {
        let cause = || format!("{found} values for {n_tokens} tokens, expected one each");
        match found == n_tokens {
            true => Ok(()),
            false => Err(self.source.bad(format!("{PREFIX}{key}"), cause())),
        }
    }

    fn scores(&mut self, n_tokens: usize) -> Result<Vec<f32>, Error> {
        let scores = match self.take("scores") {
            None => return Ok(vec![]),
            Some(Value::Floats(scores)) => scores,
            Some(_) => return self.other_kind("scores", "numbers of 32 bits"),
        };
        self.check_len("scores", scores.len(), n_tokens)?;
        match scores.iter().position(|score| !score.is_finite()) {
            None => Ok(scores),
            Some(id) => {
                let place = format!("tokenizer.ggml.scores, token {id}");
                Err(self.source.bad(place, format!("the score {} is not a number", scores[id])))
            }
        }
    }

    fn kinds(&mut self, n_tokens: usize) -> Result<Vec<Kind>, Error> {
        let kinds = match self.take("token_type") {
            None => return Ok(vec![Kind::Normal; n_tokens]),
            Some(Value::Ints(kinds)) => kinds,
            Some(_) => return self.other_kind("token_type", "integers of 32 bits"),
        };
        self.check_len("token_type", kinds.len(), n_tokens)?;
        // llama.cpp takes an unknown type for an undefined one, which text may spell.
        Ok(kinds.into_iter().map(|kind| Kind::try_from(kind).unwrap_or(Kind::Normal)).collect())
    }

    fn roles(&mut self, n_tokens: usize) -> Result<BTreeMap<String, u32>, Error> {
        let mut roles = BTreeMap::new();
        for role in ROLES {
            let key = format!("{role}_token_id");
            match self.take(&key) {
                None => {}
                Some(Value::U64(id)) if id < n_tokens as u64 => {
                    roles.insert(role.to_owned(), id as u32);
                }
                // What converters write for "none", and what llama.cpp passes over.
                Some(Value::U64(id)) if id == u64::from(u32::MAX) => {}
                Some(Value::U64(id)) => {
                    let cause = format!("the id {id} is not among the {n_tokens} tokens");
                    return Err(self.source.bad(format!("{PREFIX}{key}"), cause));
                }
                Some(_) => return self.other_kind(&key, "an id"),
            }
        }
        Ok(roles)
    }
}

/// A GGUF file with this vocabulary and no tensors.
pub(crate) fn write(file: &Gguf) -> Vec<u8> {
    let &(_, model, architecture) =
        KINDS.iter().find(|kind| kind.0 == file.kind).expect("every kind is listed");
    let text = |text: &str| Value::Text(text.to_owned());
    let architecture = file.architecture.as_deref().unwrap_or(architecture);
    let mut values = vec![("general.architecture".to_owned(), text(architecture))];
    values.extend(file.name.as_deref().map(|name| ("general.name".to_owned(), text(name))));
    let mut put = |key: &str, value: Value| values.push((format!("{PREFIX}{key}"), value));
    put("model", text(model));
    file.pre.iter().for_each(|pre| put("pre", text(pre)));
    put("tokens", Value::Texts(file.tokens.clone()));
    if !file.scores.is_empty() {
        put("scores", Value::Floats(file.scores.clone()));
    }
    put("token_type", Value::Ints(file.kinds.iter().map(|&kind| kind as i32).collect()));
    if file.kind == GgufKind::Gpt2 {
        let token = |id: u32| file.tokens.get(id as usize).map_or("", String::as_str);
        let line = |&(left, right, _): &(u32, u32, u32)| [token(left), token(right)].join(" ");
        put("merges", Value::Texts(file.merges.iter().map(line).collect()));
    }
    for (role, &id) in &file.roles {
        put(&format!("{role}_token_id"), Value::U64(id.into()));
    }
    let flags = [
        ("add_bos_token", file.add_bos),
        ("add_eos_token", file.add_eos),
        ("add_space_prefix", file.add_space_prefix),
        ("remove_extra_whitespaces", file.remove_extra_whitespaces),
    ];
    flags.iter().for_each(|&(key, flag)| flag.into_iter().for_each(|f| put(key, Value::Bool(f))));
    if !file.charsmap.is_empty() {
        put("precompiled_charsmap", Value::Bytes(file.charsmap.clone()));
    }
    let template = file.chat_template.as_deref();
    values.extend(template.map(|t| ("tokenizer.chat_template".to_owned(), text(t))));
    let values: Vec<_> = values.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    metadata::write(&values)
}

#[cfg(test)]
pub(crate) mod tests {
    //! Small files of each kind: whole, and broken in each place.

    use super::*;

    fn with_tokens(kind: GgufKind, tokens: &[&str]) -> Gguf {
        let tokens: Vec<String> = tokens.iter().map(|&token| token.to_owned()).collect();
        let kinds = vec![Kind::Normal; tokens.len()];
        Gguf { architecture: Some("test".to_owned()), ..Gguf::of(kind, tokens, kinds) }
    }

    pub(crate) fn small(kind: GgufKind) -> Gguf {
        match kind {
            GgufKind::Gpt2 => {
                let mut file = with_tokens(kind, &["Ġ", "a", "b", "Ġa", "ab", "<|end|>"]);
                file.pre = Some("gpt-2".to_owned());
                file.merges = vec![(0, 1, 3), (1, 2, 4)];
                file.kinds[5] = Kind::Control;
                file.roles = [("bos".to_owned(), 5), ("eos".to_owned(), 5)].into();
                file.chat_template = Some("{{ x }}".to_owned());
                file
            }
            GgufKind::Bert => {
                let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁un", "able", "▁a"];
                let mut file = with_tokens(kind, &tokens);
                file.kinds[..4].fill(Kind::Control);
                let roles = [("unknown", 1), ("cls", 2), ("seperator", 3), ("padding", 0)];
                file.roles = roles.map(|(role, id)| (role.to_owned(), id)).into();
                file
            }
            GgufKind::Llama | GgufKind::T5 => {
                let tokens = ["<pad>", "</s>", "<unk>", "▁a", "ab", "▁ab", "▁", "a", "b", "<x>"];
                let mut file = with_tokens(kind, &tokens);
                file.kinds[..2].fill(Kind::Control);
                file.kinds[2] = Kind::Unknown;
                file.kinds[9] = Kind::UserDefined;
                file.scores = (0..10).map(|id| -(id as f32)).collect();
                file.roles = [("unknown".to_owned(), 2), ("eos".to_owned(), 1)].into();
                file.add_bos = Some(false);
                file.add_space_prefix = Some(true);
                file
            }
        }
    }

    pub(crate) fn read_bytes(bytes: &[u8]) -> Result<Gguf, Error> {
        read("x.gguf", bytes, bytes.len() as u64)
    }

    fn check_refused(file: &Gguf, expected: &str) {
        let message = read_bytes(&write(file)).unwrap_err().to_string();
        assert!(message.starts_with("x.gguf, ") && message.contains(expected), "{message}");
    }

    #[test]
    fn what_was_written_is_read() {
        for kind in [GgufKind::Gpt2, GgufKind::Llama, GgufKind::Bert, GgufKind::T5] {
            assert_eq!(read_bytes(&write(&small(kind))).unwrap(), small(kind));
        }
    }

    #[test]
    fn what_is_broken_is_named() {
        let check = |kind, change: &dyn Fn(&mut Gguf), expected| {
            let mut file = small(kind);
            change(&mut file);
            check_refused(&file, expected);
        };
        let (bpe, t5) = (GgufKind::Gpt2, GgufKind::T5);
        check(bpe, &|f| f.tokens[1] = "Ġ".to_owned(), "token 1: \"Ġ\" is token 0 too");
        check(bpe, &|f| f.tokens.clear(), "it holds no tokens");
        check(bpe, &|f| f.tokens[3] = "x".to_owned(), "merge 0: the merge \"Ġ a\" needs the token");
        check(bpe, &|f| f.merges[0].0 = 99, "merge 0: ");
        check(t5, &|f| f.scores.truncate(3), "scores: 3 values for 10 tokens");
        check(t5, &|f| f.scores[4] = f32::NAN, "scores, token 4: the score NaN");
        check(t5, &|f| f.kinds.truncate(3), "token_type: 3 values for 10 tokens");
        check(t5, &|f| f.roles.extend([("eos".to_owned(), 10)]), "the id 10 is not among");
        let wrong = metadata::write(&[("tokenizer.ggml.model", Value::Bool(true))]);
        let message = read_bytes(&wrong).unwrap_err().to_string();
        assert!(
            message.contains("tokenizer.ggml.model: the value is of another type"),
            "{message}"
        );
        let other = metadata::write(&[("tokenizer.ggml.model", Value::Text("rwkv".to_owned()))]);
        let message = read_bytes(&other).unwrap_err().to_string();
        assert!(message.contains("model = \"rwkv\"; only gpt2, llama, bert and t5"), "{message}");
        let none = metadata::write(&[]);
        assert!(read_bytes(&none).unwrap_err().to_string().contains("the key is missing"));
    }
}
