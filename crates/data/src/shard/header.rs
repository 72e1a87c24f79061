//! The first 80 bytes of a shard.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | the mark `lyctoken` |
//! | 8..12 | version |
//! | 12..16 | bytes of an id, 2 or 4 |
//! | 16..24 | tokens |
//! | 24..32 | documents |
//! | 32..40 | bytes of text that the tokens stand for |
//! | 40..48 | size of the vocabulary |
//! | 48..56 | hash of the tokenizer |
//! | 56..64 | sum over tokens, document ends and weights |
//! | 64..72 | 1 if a byte of weight for each token follows the documents, else 0 |
//! | 72..80 | sum over the 72 bytes before |

use std::path::Path;

use crate::Error;
use stdx::Sum;

pub(super) const LENGTH: usize = 80;

const MARK: &[u8; 8] = b"lyctoken";
const VERSION: u32 = 1;

/// What a shard says about itself, the file's length checked against it.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) n_tokens: usize,
    pub(super) n_documents: usize,
    pub(super) n_bytes: u64,
    pub(super) vocab_size: u32,
    pub(super) tokenizer_hash: u64,
    pub(super) content: u64,
    pub(super) weighted: bool,
}

impl Header {
    pub(super) fn to_bytes(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, MARK);
        put(8, &VERSION.to_le_bytes());
        put(12, &(self.width as u32).to_le_bytes());
        put(16, &(self.n_tokens as u64).to_le_bytes());
        put(24, &(self.n_documents as u64).to_le_bytes());
        put(32, &self.n_bytes.to_le_bytes());
        put(40, &u64::from(self.vocab_size).to_le_bytes());
        put(48, &self.tokenizer_hash.to_le_bytes());
        put(56, &self.content.to_le_bytes());
        put(64, &u64::from(self.weighted).to_le_bytes());
        let sum = sum_of(&bytes[..72]);
        bytes[72..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    pub(super) fn read(path: &Path, file: &[u8]) -> Result<Self, Error> {
        let got = file.len() as u64;
        let cut = |expected| Error::CutShort { path: path.to_path_buf(), expected, got };
        let damaged = |reason: &str| {
            let (path, reason) = (path.to_path_buf(), reason.to_string());
            Error::Damaged { path, reason }
        };
        let marked = file.len().min(MARK.len());
        if marked == 0 || file[..marked] != MARK[..marked] {
            return Err(Error::Foreign { path: path.to_path_buf() });
        }
        let head = file.get(..LENGTH).ok_or_else(|| cut(LENGTH as u64))?;
        let number =
            |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("a range of eight"));
        let (version, width) = (number(8) as u32, (number(8) >> 32) as usize);
        if version != VERSION {
            let (path, expected) = (path.to_path_buf(), VERSION);
            return Err(Error::Version { path, got: version, expected });
        }
        if number(72) != sum_of(&head[..72]) {
            return Err(damaged("its header is not the one that was written"));
        }
        let vocab_size =
            u32::try_from(number(40)).map_err(|_| damaged("its vocabulary is huge"))?;
        if width != width_for(vocab_size) {
            return Err(damaged("its ids are not as wide as its vocabulary asks"));
        }
        let weighted = match number(64) {
            0 => false,
            1 => true,
            _ => return Err(damaged("it does not say whether its tokens have weights")),
        };
        let bytes_a_token = width + usize::from(weighted);
        let length =
            length(bytes_a_token, number(16), number(24)).ok_or_else(|| damaged("it is huge"))?;
        match length.cmp(&got) {
            std::cmp::Ordering::Greater => return Err(cut(length)),
            std::cmp::Ordering::Less => return Err(damaged("bytes follow its end")),
            std::cmp::Ordering::Equal => {}
        }
        // Both counts are below the length of a slice, so they fit.
        let (n_tokens, n_documents) = (number(16) as usize, number(24) as usize);
        let (n_bytes, tokenizer_hash, content) = (number(32), number(48), number(56));
        Ok(Self {
            width,
            n_tokens,
            n_documents,
            n_bytes,
            vocab_size,
            tokenizer_hash,
            content,
            weighted,
        })
    }
}

/// Two bytes hold an id of a vocabulary of up to 65,536.
pub(super) fn width_for(vocab_size: u32) -> usize {
    if vocab_size <= 1 << 16 { 2 } else { 4 }
}

fn length(bytes_a_token: usize, n_tokens: u64, n_documents: u64) -> Option<u64> {
    let tokens = n_tokens.checked_mul(bytes_a_token as u64)?;
    n_documents.checked_mul(8)?.checked_add(tokens)?.checked_add(LENGTH as u64)
}

fn sum_of(bytes: &[u8]) -> u64 {
    let mut sum = Sum::default();
    bytes.iter().for_each(|&b| sum.add(u64::from(b)));
    sum.finish()
}
