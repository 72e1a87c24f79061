//! CLIP's `bpe_simple_vocab_16e6.txt` (openai/CLIP), plain or compressed by gzip: merges alone.
//!
//! The first line is a remark; of the others the first 48,894 count. Ids are not written but follow:
//! the 256 bytes as visible characters, those that stand for themselves first; the same with `</w>`,
//! the mark of a word's end; what each merge makes; and two special tokens.

pub(crate) mod tokenizer;

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::gpt2;
use super::source::{MAX_FILE_BYTES, Source};
use crate::Error;
use crate::byte_level;
use crate::hash::KeyedMap;

/// What the last token of a word ends with.
pub(crate) const WORD_END: &str = "</w>";

/// Behind all others, in this order.
pub(crate) const SPECIALS: [&str; 2] = ["<|startoftext|>", "<|endoftext|>"];

/// How many of the file's merges CLIP uses: the ids are 49,152 in all, less bytes and specials.
const MOST_MERGES: usize = 49_152 - 256 - 2;

/// The first line of the published file.
const REMARK: &str = "\"bpe_simple_vocab_16e6.txt#version: 0.2";

/// The first two bytes of any gzip file.
pub(crate) const GZIP: [u8; 2] = [0x1F, 0x8B];

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clip {
    /// All tokens by id, the special ones too.
    pub(crate) tokens: Vec<String>,
    /// By rank: left, right, product.
    pub(crate) merges: Vec<(u32, u32, u32)>,
}

/// Reads a file. Nothing about it is trusted.
pub(crate) fn read(source: Source<'_>) -> Result<Clip, Error> {
    let unpacked;
    let source = match source.bytes.starts_with(&GZIP) {
        true => {
            unpacked = unpack(source)?;
            Source { name: source.name, bytes: &unpacked }
        }
        false => source,
    };
    let (mut tokens, mut merges) = (bytes(), vec![]);
    let mut ids: KeyedMap<String, u32> = tokens.iter().cloned().zip(0..).collect();
    for (number, line) in (1..).zip(source.text()?.lines()).skip(1).take(MOST_MERGES) {
        let refuse = |cause| source.bad(format!("line {number}"), cause);
        let product: String = line.split_whitespace().collect();
        let next = tokens.len() as u32;
        if ids.contains_key(&product) {
            return Err(refuse(format!(
                "{product:?} is a token already, each merge makes a new one"
            )));
        }
        ids.insert(product.clone(), next);
        merges.push(gpt2::merge(line, &ids).map_err(refuse)?);
        tokens.push(product);
    }
    if merges.is_empty() {
        return Err(source.bad("the whole file", "it has no merges behind its first line"));
    }
    if let Some(special) = SPECIALS.iter().find(|&&special| ids.contains_key(special)) {
        return Err(source.bad("the whole file", format!("a merge makes {special:?}")));
    }
    tokens.extend(SPECIALS.map(str::to_owned));
    Ok(Clip { tokens, merges })
}

fn unpack(source: Source<'_>) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![];
    let mut reader = GzDecoder::new(source.bytes).take(MAX_FILE_BYTES + 1);
    reader.read_to_end(&mut bytes).map_err(|e| {
        source.bad(format!("byte {} when unpacked", bytes.len()), format!("broken gzip ({e})"))
    })?;
    match bytes.len() as u64 > MAX_FILE_BYTES {
        true => {
            Err(source.bad("the whole file", format!("more than {MAX_FILE_BYTES} bytes unpacked")))
        }
        false => Ok(bytes),
    }
}

/// The tokens of bytes: in the order of GPT-2's map, first as they are and then at a word's end.
fn bytes() -> Vec<String> {
    let (visible, hidden): (Vec<u8>, Vec<u8>) =
        (0..=u8::MAX).partition(|&byte| u32::from(byte_level::to_char(byte)) == u32::from(byte));
    let bytes = visible.into_iter().chain(hidden);
    let characters: Vec<String> = bytes.map(|byte| byte_level::to_char(byte).to_string()).collect();
    let at_end = characters.iter().map(|character| format!("{character}{WORD_END}"));
    characters.iter().cloned().chain(at_end).collect()
}

/// Whether `tokens` and `merges` are numbered as the file implies.
pub(crate) fn is_numbered(file: &Clip) -> bool {
    let first = bytes();
    let behind = first.len() + file.merges.len();
    let specials = file.tokens.get(behind..);
    file.tokens.starts_with(&first)
        && file.merges.len() <= MOST_MERGES
        && specials.is_some_and(|found| found == SPECIALS)
        && file.merges.iter().zip(first.len() as u32..).all(|(merge, id)| merge.2 == id)
}

/// The plain file; its tokens must be [numbered](is_numbered) as they follow from it.
pub(crate) fn write(file: &Clip) -> Vec<u8> {
    let token = |id: u32| file.tokens.get(id as usize).map_or("", String::as_str);
    let lines = file.merges.iter().map(|&(left, right, _)| [token(left), token(right)].join(" "));
    [REMARK.to_owned()].into_iter().chain(lines).collect::<Vec<_>>().join("\n").into_bytes()
}

/// [`write`], compressed, as the original reads it.
pub(crate) fn write_gz(file: &Clip) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    let written = encoder.write_all(&write(file)).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}

#[cfg(test)]
pub(crate) mod tests {
    //! A small file: whole, and broken in each place.

    use super::*;

    pub(crate) fn small() -> Clip {
        let text = format!("{REMARK}\nt h\nth e</w>\nl o\nlo w</w>");
        read(Source { name: "bpe.txt", bytes: text.as_bytes() }).unwrap()
    }

    fn check_refused(bytes: &[u8], expected: &str) {
        let message = read(Source { name: "bpe.txt", bytes }).unwrap_err().to_string();
        assert!(message.starts_with("bpe.txt, ") && message.contains(expected), "{message}");
    }

    #[test]
    fn ids_follow_from_the_merges() {
        let file = small();
        assert_eq!(file.tokens[..2], ["!", "\""]);
        assert_eq!(file.tokens[256..258], ["!</w>", "\"</w>"]);
        assert_eq!(
            file.tokens[512..],
            ["th", "the</w>", "lo", "low</w>", SPECIALS[0], SPECIALS[1]]
        );
        assert!(is_numbered(&file));
        let mut moved = file;
        moved.tokens.swap(512, 514);
        moved.merges.swap(0, 2);
        assert!(!is_numbered(&moved));
    }

    #[test]
    fn what_was_written_is_read() {
        for bytes in [write(&small()), write_gz(&small())] {
            assert_eq!(read(Source { name: "bpe.txt", bytes: &bytes }).unwrap(), small());
        }
    }

    #[test]
    fn what_is_broken_is_named() {
        check_refused(b"", "it has no merges");
        check_refused(b"a b\n", "it has no merges");
        check_refused(b"remark\nt h\nth\n", "line 3: \"th\" is a token already");
        check_refused(b"remark\nthe\n", "line 2: \"the\" is not two tokens");
        check_refused(b"remark\nt he\n", "line 2: the merge \"t he\" needs the token \"he\"");
        check_refused(b"remark\nt h\nt h\n", "line 3: \"th\" is a token already");
        let packed = write_gz(&small());
        check_refused(&packed[..packed.len() / 2], "broken gzip");
        check_refused(&GZIP, "broken gzip");
        let bomb = vec![b'\n'; MAX_FILE_BYTES as usize + 2];
        let mut encoder = GzEncoder::new(vec![], Compression::fast());
        encoder.write_all(&bomb).unwrap();
        check_refused(&encoder.finish().unwrap(), "more than 67108864 bytes unpacked");
    }
}
