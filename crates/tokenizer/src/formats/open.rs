//! Tokenizers of files of any format, and files of any format of tokenizers.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::source::{self, Source};
use super::tiktoken::encodings::Encoding;
use super::{Format, clip, gguf, gpt2, hugging_face, llama2c, sentencepiece, tiktoken, vocab_txt};
use crate::hf::most_ids;
use crate::{Error, Tokenizer};

/// How much of a file is looked at to tell its format.
const HEAD_BYTES: u64 = 1 << 14;

/// Names of GPT-2's pair of files: tokens, merges.
const PAIRS: [(&str, &str); 2] = [("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")];

/// What a file does not say itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// The format, where name and content mislead.
    pub format: Option<Format>,
    /// What belongs to a rank file; else its name and its size decide.
    pub encoding: Option<&'a Encoding>,
}

impl Tokenizer {
    /// The tokenizer in a file of any format, or in a folder that holds one.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_as(path, Choice::default())
    }

    /// [`open`](Self::open), told what the file does not say.
    pub fn open_as(path: &Path, choice: Choice<'_>) -> Result<Self, Error> {
        let path = &inside(path);
        let name = path.display().to_string();
        let guess = || Ok::<_, Error>(Format::guess(&name, &head(path)?));
        let format = match choice.format {
            Some(format) => Some(format),
            None => guess()?,
        };
        match format {
            None => Err(unknown(&name)),
            Some(Format::HuggingFace) => Self::load(path),
            Some(Format::Gguf) => open_gguf(path, &name),
            Some(Format::Gpt2) => open_pair(path),
            Some(format) => {
                let bytes = source::read(path)?;
                Self::from_source(
                    Source { name: &name, bytes: &bytes },
                    Choice { format: Some(format), ..choice },
                )
            }
        }
    }

    /// The tokenizer in the bytes of a file. GPT-2's pair of files cannot come so.
    pub fn from_source(source: Source<'_>, choice: Choice<'_>) -> Result<Self, Error> {
        let Some(format) = choice.format.or_else(|| Format::guess(source.name, source.bytes))
        else {
            return Err(unknown(source.name));
        };
        read(source, format, choice).map_err(|error| source.name(error))
    }

    /// The tokenizer in the bytes of GPT-2's pair of files.
    pub fn from_pair(vocab: Source<'_>, merges: Source<'_>) -> Result<Self, Error> {
        let file = gpt2::read(vocab, merges)?;
        gpt2::tokenizer::to_tokenizer(&file).map_err(|error| vocab.name(error))
    }

    /// Writes a file of this format in one step: the old file or the new one. GPT-2's are two, the
    /// merges beside `path`: between their two steps the new merges lie beside the old vocabulary,
    /// and a merge of a token that it does not have is refused when they are read.
    pub fn save_as(&self, path: &Path, format: Format) -> Result<(), Error> {
        let write = |path: &Path, bytes: &[u8]| {
            stdx::atomic_file::write(path, bytes)
                .map_err(|source| Error::Io { path: path.to_owned(), source })
        };
        if format == Format::Gpt2 {
            let file = gpt2::tokenizer::from_tokenizer(self)?;
            let (vocab, merges) = pair(path);
            write(&merges, &gpt2::write_merges(&file))?;
            return write(&vocab, &gpt2::write_vocab(&file));
        }
        let is_packed = path.extension().is_some_and(|extension| extension == "gz");
        write(path, &bytes(self, format, is_packed)?)
    }
}

/// The content of the one file that a format has.
fn bytes(tokenizer: &Tokenizer, format: Format, is_packed: bool) -> Result<Vec<u8>, Error> {
    Ok(match format {
        Format::HuggingFace => match hugging_face::of(tokenizer)? {
            Some(theirs) => theirs.to_json().into_bytes(),
            None => tokenizer.to_json().into_bytes(),
        },
        Format::SentencePiece => {
            sentencepiece::write(&sentencepiece::tokenizer::from_tokenizer(tokenizer)?)
        }
        Format::Tiktoken => tiktoken::write(&tiktoken::tokenizer::from_tokenizer(tokenizer)?),
        Format::Gpt2 => gpt2::write_vocab(&gpt2::tokenizer::from_tokenizer(tokenizer)?),
        Format::VocabTxt => vocab_txt::write(&vocab_txt::tokenizer::from_tokenizer(tokenizer)?),
        Format::Gguf => gguf::write(&gguf::tokenizer::from_tokenizer(tokenizer)?),
        Format::Clip if is_packed => clip::write_gz(&clip::tokenizer::from_tokenizer(tokenizer)?),
        Format::Clip => clip::write(&clip::tokenizer::from_tokenizer(tokenizer)?),
        Format::Llama2c => llama2c::write(&llama2c::tokenizer::from_tokenizer(tokenizer)?),
    })
}

fn read(source: Source<'_>, format: Format, choice: Choice<'_>) -> Result<Tokenizer, Error> {
    match format {
        Format::HuggingFace => Tokenizer::from_json(source.text()?),
        Format::SentencePiece => {
            sentencepiece::tokenizer::to_tokenizer(source, &sentencepiece::read(source)?)
        }
        Format::Tiktoken => read_ranks(source, choice.encoding),
        Format::Gpt2 => Err(source.bad("the whole file", "it is one of two, open the pair")),
        Format::VocabTxt => vocab_txt::tokenizer::to_tokenizer(&vocab_txt::read(source)?),
        Format::Gguf => {
            let file = gguf::read(source.name, source.bytes, source.bytes.len() as u64)?;
            gguf::tokenizer::to_tokenizer(source.name, &file)
        }
        Format::Clip => clip::tokenizer::to_tokenizer(&clip::read(source)?),
        Format::Llama2c => llama2c::tokenizer::to_tokenizer(&llama2c::read(source)?),
    }
}

fn read_ranks(source: Source<'_>, encoding: Option<&Encoding>) -> Result<Tokenizer, Error> {
    let ranks = tiktoken::read(source)?;
    let known = || Encoding::named(source.name).or_else(|| Encoding::of_size(ranks.tokens.len()));
    let Some(encoding) = encoding.or_else(known) else {
        return Err(Error::NotDone {
            file: source.name.to_owned(),
            what: "the pattern and special tokens of an encoding".to_owned(),
            expected: "which its name and size do not tell; say which encoding it is of",
        });
    };
    // Special tokens have no ranks; a file of some other size may use theirs, or be far from them.
    let most = most_ids(ranks.tokens.len());
    let is_free = |&&(_, id): &&(&str, u32)| {
        let is_rank = ranks.tokens.binary_search_by_key(&id, |t| t.1).is_ok();
        !is_rank && (id as usize) < most
    };
    let specials: Vec<_> = encoding.specials.iter().filter(is_free).copied().collect();
    tiktoken::tokenizer::to_tokenizer(&ranks, encoding.pattern, &specials)
}

fn open_gguf(path: &Path, name: &str) -> Result<Tokenizer, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    let file = gguf::read(name, BufReader::with_capacity(1 << 16, file), len)?;
    let source = Source { name, bytes: &[] };
    gguf::tokenizer::to_tokenizer(name, &file).map_err(|error| source.name(error))
}

fn open_pair(path: &Path) -> Result<Tokenizer, Error> {
    let (vocab, merges) = pair(path);
    let [vocab_bytes, merges_bytes] = [source::read(&vocab)?, source::read(&merges)?];
    let names = [vocab.display().to_string(), merges.display().to_string()];
    let vocab = Source { name: &names[0], bytes: &vocab_bytes };
    Tokenizer::from_pair(vocab, Source { name: &names[1], bytes: &merges_bytes })
}

/// Both files of GPT-2's pair, by either.
fn pair(path: &Path) -> (PathBuf, PathBuf) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let named = PAIRS.iter().find(|&&(vocab, merges)| name == vocab || name == merges);
    if let Some((vocab, merges)) = named {
        return (path.with_file_name(vocab), path.with_file_name(merges));
    }
    // Names like gpt2_vocab.json and gpt2_merges.txt.
    match (name.strip_suffix("vocab.json"), name.strip_suffix("merges.txt")) {
        (Some(stem), _) => (path.to_owned(), path.with_file_name(format!("{stem}merges.txt"))),
        (_, Some(stem)) => (path.with_file_name(format!("{stem}vocab.json")), path.to_owned()),
        _ => (path.to_owned(), path.with_file_name("merges.txt")),
    }
}

/// The file in a folder that is its tokenizer; a file itself.
fn inside(path: &Path) -> PathBuf {
    let names = [
        "tokenizer.json",
        "tokenizer.model",
        "spiece.model",
        "vocab.json",
        "encoder.json",
        "vocab.txt",
    ];
    let found = names.iter().map(|name| path.join(name)).find(|file| file.is_file());
    found.filter(|_| path.is_dir()).unwrap_or_else(|| path.to_owned())
}

fn head(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let (file, mut head) = (File::open(path).map_err(failed)?, vec![]);
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(failed)?;
    Ok(head)
}

fn unknown(name: &str) -> Error {
    let known: Vec<&str> = Format::all().map(|(_, name)| name).collect();
    Error::UnknownFormat { file: name.to_owned(), known: known.join(", ") }
}

#[cfg(test)]
mod tests;
