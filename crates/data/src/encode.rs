//! From documents to token shards, through whatever turns text into ids.

use crate::{Document, Error, Part, ShardWriter};

/// What this crate needs of a tokenizer.
pub trait Encode {
    /// The ids of a text; or why there are none.
    ///
    /// # Errors
    /// Whatever the tokenizer has to say, for the user to read.
    fn encode(&self, text: &str) -> Result<Vec<u32>, String>;

    /// All ids are below this.
    fn vocab_size(&self) -> usize;
}

/// Ids that stand around each document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Before the first token. With it, every token of the text has something to be predicted from.
    pub begin: Option<u32>,
    /// After the last token, so that a model learns to stop.
    pub end: Option<u32>,
}

/// Both parts of a corpus on their way to the disk.
pub struct Shards {
    /// What is trained on.
    pub train: ShardWriter,
    /// What is measured with.
    pub validation: ShardWriter,
}

impl Shards {
    /// Encodes one document into the shard of its part.
    ///
    /// # Errors
    /// [`Error::Encode`] with the document's origin; [`Error::Token`]; [`Error::Io`].
    pub fn push(
        &mut self,
        encoder: &dyn Encode,
        marks: Marks,
        part: Part,
        document: &Document,
    ) -> Result<(), Error> {
        let refused = |reason| Error::Encode { origin: document.origin.clone(), reason };
        let ids = encoder.encode(&document.text).map_err(refused)?;
        let tokens: Vec<u32> = marks.begin.into_iter().chain(ids).chain(marks.end).collect();
        self.part(part).push(&tokens, document.text.len() as u64)
    }

    /// The shard of a part, for documents that are ids already.
    pub fn part(&mut self, part: Part) -> &mut ShardWriter {
        match part {
            Part::Train => &mut self.train,
            Part::Validation => &mut self.validation,
        }
    }

    /// Puts both shards in their places.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(self) -> Result<(), Error> {
        self.train.finish()?;
        self.validation.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Shard;

    struct Letters;

    impl Encode for Letters {
        fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
            text.chars().map(|c| c.to_digit(10).ok_or(format!("{c:?} is no digit"))).collect()
        }

        fn vocab_size(&self) -> usize {
            12
        }
    }

    #[test]
    fn documents_go_to_the_shard_of_their_part_with_their_marks() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        let create = |name| ShardWriter::create(&path(name), Letters.vocab_size(), 1).unwrap();
        let mut shards = Shards { train: create("train"), validation: create("validation") };
        let document = |text: &str| Document { text: text.into(), origin: "a.txt:3".into() };
        let marks = Marks { begin: Some(10), end: Some(11) };
        shards.push(&Letters, marks, Part::Train, &document("012")).unwrap();
        shards.push(&Letters, Marks::default(), Part::Validation, &document("34")).unwrap();
        let refused = shards.push(&Letters, marks, Part::Train, &document("0x"));
        assert!(refused.unwrap_err().to_string().contains("a.txt:3"));
        shards.finish().unwrap();
        let train = Shard::open(&path("train")).unwrap();
        assert_eq!(train.tokens(0..train.n_tokens()).collect::<Vec<_>>(), [10, 0, 1, 2, 11]);
        assert_eq!(train.n_bytes(), 3);
        let validation = Shard::open(&path("validation")).unwrap();
        assert_eq!(validation.tokens(0..2).collect::<Vec<_>>(), [3, 4]);
    }
}
