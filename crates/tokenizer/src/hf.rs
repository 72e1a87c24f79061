//! Hugging Face's `tokenizer.json`, for byte-level BPE: what is written loads in `tokenizers`, and
//! what `tokenizers` writes of this kind loads here.
//!
//! The file is hostile until read: its size is capped and every part is checked. Leaves out other
//! models (WordPiece, Unigram), normalizers and post-processors: a file that has them is refused
//! by name rather than read half.

use std::path::Path;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};

use crate::byte_level::{spell, unspell};
use crate::pretokenize::Pattern;
use crate::{Error, Tokenizer};

/// Larger files are refused.
const LARGEST_FILE: u64 = 256 << 20;

impl Tokenizer {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_path_buf(), source };
        let bytes = std::fs::metadata(path).map_err(io)?.len();
        if bytes > LARGEST_FILE {
            return Err(Error::Format(format!("{bytes} bytes are more than {LARGEST_FILE}")));
        }
        Self::from_json(&std::fs::read_to_string(path).map_err(io)?)
    }

    /// Writes a file in one step.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let written = stdx::atomic_file::write(path, self.to_json().as_bytes());
        written.map_err(|source| Error::Io { path: path.to_path_buf(), source })
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`Error::Format`] with what is missing, wrong, or not read here.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let file: Value =
            serde_json::from_str(text).map_err(|e| format(format!("no JSON: {e}")))?;
        let model = &file["model"];
        if model["type"].as_str().is_some_and(|kind| kind != "BPE") {
            return Err(format(format!("model {} (only BPE is read so far)", model["type"])));
        }
        if !file["normalizer"].is_null() {
            return Err(format("a normalizer (none is read so far)"));
        }
        let pattern = pattern(&file["pre_tokenizer"])?;
        let specials = specials(&file["added_tokens"])?;
        let vocab = model["vocab"].as_object().ok_or_else(|| format("model.vocab is missing"))?;
        let tokens = tokens(vocab, &specials)?;
        let merges = merges(&model["merges"], vocab)?;
        Self::assemble(tokens, merges, specials, pattern)
    }

    /// The text of a file.
    pub fn to_json(&self) -> String {
        let vocab: Map<String, Value> = (0_u32..)
            .zip(&self.tokens)
            .filter(|(id, _)| !self.is_special(*id))
            .map(|(id, bytes)| (spell(bytes), id.into()))
            .collect();
        let word = |id: u32| spell(&self.tokens[id as usize]);
        let merges: Vec<Value> =
            self.merges.iter().map(|&(a, b)| json!([word(a), word(b)])).collect();
        let added = |(name, id): &(String, u32)| {
            json!({"id": id, "content": name, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true})
        };
        let added: Vec<Value> = self.specials.iter().map(added).collect();
        let byte_level = |use_regex: bool| {
            json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
                "use_regex": use_regex})
        };
        let pre_tokenizer = match self.pattern {
            Pattern::Gpt2 => byte_level(true),
            Pattern::Gpt4 => json!({"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": self.pattern.regex()},
                    "behavior": "Isolated", "invert": false},
                byte_level(false),
            ]}),
        };
        let file = json!({"version": "1.0", "truncation": null, "padding": null,
            "added_tokens": added, "normalizer": null, "pre_tokenizer": pre_tokenizer,
            "post_processor": null, "decoder": byte_level(true),
            "model": {"type": "BPE", "dropout": null, "unk_token": null,
                "continuing_subword_prefix": null, "end_of_word_suffix": null,
                "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": vocab, "merges": merges}});
        std::format!("{file:#}\n")
    }
}

fn format(what: impl Into<String>) -> Error {
    Error::Format(what.into())
}

fn pattern(pre_tokenizer: &Value) -> Result<Pattern, Error> {
    let byte_level = |v: &Value| v["type"] == "ByteLevel" && v["add_prefix_space"] != true;
    if byte_level(pre_tokenizer) && pre_tokenizer["use_regex"] != false {
        return Ok(Pattern::Gpt2);
    }
    let steps = pre_tokenizer["pretokenizers"].as_array().map(Vec::as_slice);
    if let Some([split, last]) = steps
        && split["type"] == "Split"
        && split["behavior"] == "Isolated"
        && split["invert"] != true
        && byte_level(last)
        && last["use_regex"] == false
    {
        let known = [Pattern::Gpt2, Pattern::Gpt4];
        let regex = split["pattern"]["Regex"].as_str();
        let found = known.into_iter().find(|p| Some(p.regex()) == regex);
        return found.ok_or_else(|| format("a pattern to split by that is not known here"));
    }
    Err(format("a pre_tokenizer that is not known here (byte-level ones are)"))
}

fn specials(added: &Value) -> Result<Vec<(String, u32)>, Error> {
    let one = |token: &Value| {
        let id = token["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let name = token["content"].as_str().filter(|name| !name.is_empty());
        match (name, id) {
            (Some(name), Some(id)) => Ok((name.to_string(), id)),
            _ => Err(format(std::format!("added token {token} has no content or no id"))),
        }
    };
    added.as_array().into_iter().flatten().map(one).collect()
}

fn tokens(vocab: &Map<String, Value>, specials: &[(String, u32)]) -> Result<Vec<Vec<u8>>, Error> {
    let named: FxHashMap<u32, &str> = specials.iter().map(|(n, id)| (*id, n.as_str())).collect();
    let mut by_id: FxHashMap<u32, Vec<u8>> = FxHashMap::default();
    for (word, id) in vocab {
        let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
        let id = id.ok_or_else(|| format(std::format!("token {word:?} has no id")))?;
        if named.get(&id) == Some(&word.as_str()) {
            continue;
        }
        let bytes = unspell(word);
        let bytes =
            bytes.ok_or_else(|| format(std::format!("token {word:?} is not byte-level")))?;
        if by_id.insert(id, bytes).is_some() {
            return Err(format(std::format!("id {id} is given twice")));
        }
    }
    for (name, id) in specials {
        if by_id.insert(*id, name.clone().into_bytes()).is_some() {
            return Err(format(std::format!("id {id} is given twice")));
        }
    }
    let n = by_id.len() as u32;
    let mut take = |id: u32| {
        by_id
            .remove(&id)
            .ok_or_else(|| format(std::format!("no token has id {id}; ids have a gap")))
    };
    (0..n).map(&mut take).collect()
}

fn merges(merges: &Value, vocab: &Map<String, Value>) -> Result<Vec<(u32, u32)>, Error> {
    let list = merges.as_array().ok_or_else(|| format("model.merges is missing"))?;
    let one = |merge: &Value| {
        // Two words in a list, or in older files one text with a space between.
        let (a, b) = match (merge.as_str(), merge.as_array().map(Vec::as_slice)) {
            (Some(text), _) => text.split_once(' ')?,
            (_, Some([a, b])) => (a.as_str()?, b.as_str()?),
            _ => return None,
        };
        let id = |word: &str| vocab.get(word)?.as_u64().and_then(|id| u32::try_from(id).ok());
        Some((id(a)?, id(b)?))
    };
    let checked = |merge: &Value| {
        one(merge).ok_or_else(|| format(std::format!("merge {merge} is not of two known tokens")))
    };
    list.iter().map(checked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainOptions;

    fn trained() -> Tokenizer {
        let specials = vec!["<|endoftext|>".to_string()];
        let options = TrainOptions { vocab_size: 265, specials, ..TrainOptions::default() };
        Tokenizer::train(["low lower lowest slow slower", "the low, the slow"], &options).unwrap()
    }

    #[test]
    fn a_file_comes_back_with_the_same_ids() {
        let t = trained();
        let back = Tokenizer::from_json(&t.to_json()).unwrap();
        let text = "the slowest\n\n tower é 1234<|endoftext|>";
        assert_eq!(back.encode_with_special(text).unwrap(), t.encode_with_special(text).unwrap());
        assert_eq!(back.to_json(), t.to_json());
    }

    #[test]
    fn wrong_files_say_what_is_wrong() {
        let check = |change: fn(&mut Value), word: &str| {
            let mut file: Value = serde_json::from_str(&trained().to_json()).unwrap();
            change(&mut file);
            let error = Tokenizer::from_json(&file.to_string()).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        check(|f| f["model"]["type"] = json!("WordPiece"), "WordPiece");
        check(|f| f["normalizer"] = json!({"type": "NFC"}), "normalizer");
        check(|f| f["pre_tokenizer"] = Value::Null, "pre_tokenizer");
        check(|f| f["model"]["vocab"] = Value::Null, "vocab");
        check(|f| f["model"]["vocab"]["!"] = json!(1), "twice");
        check(|f| f["model"]["vocab"]["!"] = json!(9000), "gap");
        check(|f| f["model"]["vocab"]["a b"] = json!(265), "byte-level");
        check(|f| f["model"]["merges"][0] = json!("l"), "merge");
        check(|f| f["model"]["merges"][0] = json!(["!", "z"]), "no token");
        check(|f| f["added_tokens"][0]["id"] = json!(-1), "added token");
        assert!(Tokenizer::from_json("{").is_err());
    }
}
