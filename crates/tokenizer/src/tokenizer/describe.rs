//! What a tokenizer is made of, for people: each stage by the name that `tokenizer.json` gives it.

use serde_json::Value;

use super::Tokenizer;
use crate::model::Model;

impl Tokenizer {
    /// Its stages in the order in which a text passes them, and the decoder: what each is for, and
    /// the names of its parts. A stage that it does not have has none.
    ///
    /// ```
    /// use tokenizer::{Kind, LearnOptions, Tokenizer};
    ///
    /// let options = LearnOptions { vocab_size: 260, specials: vec![], ..Default::default() };
    /// let learnt = Tokenizer::learn(["low lower lowest"; 9], &options, &mut |_| true)?;
    /// assert_eq!(learnt.stages()[1], ("pre-tokenizer", vec!["Split".into(), "ByteLevel".into()]));
    /// # Ok::<(), tokenizer::Error>(())
    /// ```
    pub fn stages(&self) -> [(&'static str, Vec<String>); 5] {
        let normalizer = self.normalizer.as_ref().map(|stage| stage.to_json());
        let pre_tokenizer = self.pre_tokenizer.as_ref().map(|stage| stage.to_json());
        let post_processor = self.post_processor.as_ref().map(|stage| stage.to_json());
        let decoder = self.decoder.as_ref().map(|stage| stage.to_json());
        [
            ("normalizer", names(normalizer)),
            ("pre-tokenizer", names(pre_tokenizer)),
            ("model", vec![self.model_name()]),
            ("post-processor", names(post_processor)),
            ("decoder", names(decoder)),
        ]
    }

    fn model_name(&self) -> String {
        match &self.model {
            Model::Bpe(model) => {
                let on = if self.model.is_on_bytes() { "bytes" } else { "characters" };
                match model.options().dropout {
                    // Hugging Face would drop merges by chance in every call.
                    Some(share) => format!("BPE on {on} (dropout {share}, only where asked for)"),
                    None => format!("BPE on {on}"),
                }
            }
            Model::Unigram(_) => "Unigram".to_owned(),
            Model::WordPiece(_) => "WordPiece".to_owned(),
            Model::WordLevel(_) => "WordLevel".to_owned(),
        }
    }
}

/// The types of a stage's parts, one behind the other; a sequence is its parts.
fn names(stage: Option<Value>) -> Vec<String> {
    let Some(stage) = stage else { return vec![] };
    let parts = ["normalizers", "pretokenizers", "processors", "decoders"];
    match parts.iter().find_map(|key| stage.get(key)?.as_array()) {
        Some(parts) => parts.iter().flat_map(|part| names(Some(part.clone()))).collect(),
        None => stage["type"].as_str().map(str::to_owned).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, LearnOptions};

    #[test]
    fn stages_are_named_as_in_the_file() {
        let stages = |kind, vocab_size| {
            let specials = vec![];
            let options = LearnOptions { kind, vocab_size, specials, ..LearnOptions::default() };
            let learnt = Tokenizer::learn(["low lower lowest "; 9], &options, &mut |_| true);
            learnt.unwrap().stages().map(|(_, names)| names.join(" "))
        };
        let bert = stages(Kind::WordPiece, 24);
        assert_eq!(bert[..3], ["BertNormalizer", "BertPreTokenizer", "WordPiece"]);
        assert_eq!(bert[3..], ["BertProcessing", "WordPiece"]);
        assert_eq!(stages(Kind::SentencePieceBpe, 270)[2], "BPE on characters");
        assert_eq!(stages(Kind::Bpe, 260)[2..], ["BPE on bytes", "", "ByteLevel"]);
    }
}
