//! Everything that can go wrong, in the words of the person who has to mend it.

use std::path::PathBuf;

/// What went wrong: what was expected, what was found, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Training was given no text at all.
    #[error(
        "there is no text to train on: expected at least one character, got none; \
         name a file or folder with text in it"
    )]
    EmptyCorpus,
    /// The vocabulary cannot even hold the alphabet and the special tokens.
    #[error(
        "a vocabulary of {asked} is too small: {alphabet} bytes and {specials} special tokens \
         need at least {least}; use --vocab {least} or more"
    )]
    VocabTooSmall {
        /// The size that was asked for.
        asked: usize,
        /// How many single bytes the alphabet has.
        alphabet: usize,
        /// How many special tokens were named.
        specials: usize,
        /// The smallest size that works.
        least: usize,
    },
    /// The text ran out of pairs before the vocabulary was full.
    #[error(
        "the text allows {possible} merges, {wanted} are needed for a vocabulary of {asked}; \
         use --vocab {most}, or more text"
    )]
    TooFewMerges {
        /// The size that was asked for.
        asked: usize,
        /// How many new tokens that size needs.
        wanted: usize,
        /// How many new tokens the text gives.
        possible: usize,
        /// The largest size that works on this text.
        most: usize,
    },
    /// More ids than this crate is willing to hold.
    #[error(
        "a vocabulary of {asked} is too large: at most {most} ids are supported; \
         use --vocab {most} or less"
    )]
    VocabTooLarge {
        /// The size that was asked for or found.
        asked: usize,
        /// The limit.
        most: usize,
    },
    /// A special token that cannot be told apart from something else.
    #[error("the special token {name:?} {why}; choose another name for it")]
    BadSpecial {
        /// The token as given.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The text holds a character for which the tokenizer has no bytes.
    #[error(
        "the character {character:?} is outside this tokenizer's alphabet (byte 0x{byte:02x}); \
         remove it, or train with the alphabet of all bytes"
    )]
    UnknownCharacter {
        /// The first such character.
        character: char,
        /// Its first byte that the alphabet lacks.
        byte: u8,
    },
    /// An id that no token has.
    #[error(
        "id {id} is not in the vocabulary of {vocab_size} ids: are these ids from another tokenizer?"
    )]
    UnknownId {
        /// The id.
        id: u32,
        /// How many ids there are.
        vocab_size: usize,
    },
    /// A pre-tokenization pattern gave up on the text.
    #[error(
        "the pre-tokenization pattern failed on this text ({detail}); shorten runs of repeated characters"
    )]
    Split {
        /// What the regex engine said.
        detail: String,
    },
    /// A piece that stands at two places of a vocabulary.
    #[error(
        "the piece {piece:?} has the ids {first} and {second}: expected one id for each piece; \
         take a fresh copy of the file it came from"
    )]
    TwoIds {
        /// The piece.
        piece: String,
        /// Its one id.
        first: u32,
        /// Its other id.
        second: u32,
    },
    /// An id that two pieces claim.
    #[error(
        "id {id} belongs to {first:?} and to {second:?}: expected one piece for each id; take a \
         fresh copy of the file it came from"
    )]
    TwoPieces {
        /// The id.
        id: u32,
        /// The one piece.
        first: String,
        /// The other.
        second: String,
    },
    /// A merge of what is not there.
    #[error(
        "merge {at} (from 0 on) needs the piece {piece:?}, which is not in the vocabulary; expected \
         both parts of a merge and what they make to be pieces, take a fresh copy of the file"
    )]
    BadMerge {
        /// The place of the merge in its list.
        at: usize,
        /// What is missing.
        piece: String,
    },
    /// A word that is no token, in a model that has nothing to put in its place.
    #[error(
        "the word {word:?} is not in the vocabulary, and neither is the unknown token {unk_token:?}; \
         remove it, or add that token to the vocabulary"
    )]
    NoUnknownWord {
        /// The beginning of the word.
        word: String,
        /// What should stand for it.
        unk_token: String,
    },
    /// A unigram model without pieces.
    #[error("a unigram model needs at least one piece, got none; take a fresh copy of its file")]
    NoPieces,
    /// A piece that a unigram model cannot have.
    #[error("the piece {piece:?} of id {id} {why}; take a fresh copy of the file it came from")]
    BadPiece {
        /// Its id.
        id: usize,
        /// Its text.
        piece: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An unknown token that is not among the pieces.
    #[error(
        "the unknown token has id {unk_id}, but there are {pieces} pieces; expected an id below that"
    )]
    BadUnknownId {
        /// The id that was given.
        unk_id: u32,
        /// How many pieces there are.
        pieces: usize,
    },
    /// A character that is no piece, in a model that has nothing to put in its place.
    #[error(
        "the character {character:?} is not a piece, and this model has neither an unknown token \
         nor pieces for its bytes; remove it, or give the model an unknown token"
    )]
    NoUnknownToken {
        /// The first such character.
        character: char,
    },
    /// An option outside of what makes sense.
    #[error("{name} is {got}, expected {expected}; change it")]
    BadOption {
        /// The option.
        name: &'static str,
        /// Its value.
        got: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A unigram vocabulary that cannot even hold the characters of the text.
    #[error(
        "a vocabulary of {asked} is too small: {characters} characters and {specials} other tokens \
         (special ones and bytes) need at least {least}; use --vocab {least} or more"
    )]
    TooFewIds {
        /// The size that was asked for.
        asked: usize,
        /// How many different characters the text has.
        characters: usize,
        /// How many ids go to special tokens and bytes.
        specials: usize,
        /// The smallest size that works.
        least: usize,
    },
    /// The text has too few repeated pieces to fill a unigram vocabulary.
    #[error(
        "the text gives {most} tokens, {asked} were asked for; use --vocab {most} or less, or more text"
    )]
    TooFewPieces {
        /// The size that was asked for.
        asked: usize,
        /// The largest size that works on this text.
        most: usize,
    },
    /// More different words than can be held.
    #[error(
        "the different words have {bytes} bytes, at most {most} are supported; train on a part of the text"
    )]
    TooManyWords {
        /// The bytes of all different words.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// Decoders make far too much of tokens.
    #[error(
        "the tokenizer's decoder makes more than {most} times as much text as the tokens have; \
         such a file is broken or meant to do harm"
    )]
    OutgrownTokens {
        /// How many times the tokens a text may be.
        most: usize,
    },
    /// Training was asked to stop.
    #[error("training was interrupted after {rounds} rounds; nothing was kept, start it again")]
    Interrupted {
        /// How many rounds were done.
        rounds: usize,
    },
    /// The file is not JSON, or a field has another shape than expected.
    #[error(
        "tokenizer.json cannot be read: {detail}; expected the JSON that Hugging Face tokenizers \
         saves, take a fresh copy of the file"
    )]
    Json {
        /// What the JSON reader said, with line and column.
        detail: String,
    },
    /// A field that must be there is not.
    #[error(
        "tokenizer.json has no {field:?}: expected a tokenizer as Hugging Face tokenizers 0.20 or later saves it"
    )]
    MissingField {
        /// The path of the field.
        field: &'static str,
    },
    /// A valid file that asks for something this crate does not do yet.
    #[error("tokenizer.json wants {field} = {got}, {expected}")]
    Unsupported {
        /// The path of the field.
        field: &'static str,
        /// What the file says.
        got: String,
        /// What can be read.
        expected: &'static str,
    },
    /// A file whose parts contradict each other.
    #[error("the tokenizer contradicts itself: {detail}; take a fresh copy of the file")]
    Inconsistent {
        /// The two parts.
        detail: String,
    },
    /// A file or field beyond the size limits.
    #[error("the tokenizer is too large: {what} of {got}, at most {most} is accepted")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size.
        got: u64,
        /// The limit.
        most: u64,
    },
    /// A `tokenizer_config.json` that is not what it should be.
    #[error("tokenizer_config.json: {detail}; take a fresh copy of the file")]
    Config {
        /// The key, what was found, and what was expected.
        detail: String,
    },
    /// A map of characters (SentencePiece's `precompiled_charsmap`) that cannot be used.
    #[error(
        "the normalizer's precompiled_charsmap is broken: {detail}; take a fresh copy of the file \
         it came from"
    )]
    BadCharsmap {
        /// What is wrong, and where.
        detail: String,
    },
    /// A normalizer's pattern gave up on the text.
    #[error(
        "the normalizer's pattern failed on this text ({detail}); shorten runs of repeated characters"
    )]
    Pattern {
        /// What the regex engine said.
        detail: String,
    },
    /// A text longer than places in it can be counted.
    #[error(
        "a text of {got} bytes is too long: at most {most} can be normalized at once; split it"
    )]
    TextTooLong {
        /// Its length.
        got: usize,
        /// The limit.
        most: usize,
    },
    /// A normalizer that makes much out of little.
    #[error(
        "the normalizer makes more than {most} bytes of a text of {from}: its replacements are too \
         long to be meant; use another tokenizer"
    )]
    Outgrown {
        /// The length of the text.
        from: usize,
        /// The limit.
        most: usize,
    },
    /// A file of another format than `tokenizer.json` that cannot be used.
    #[error("{file}, {place}: {cause}; take a fresh copy of the file")]
    BadFile {
        /// The file as its reader named it.
        file: String,
        /// Where in it: a line, a byte, a field, a token.
        place: String,
        /// What is wrong there.
        cause: String,
    },
    /// A valid file of another format that asks for something this crate does not do.
    #[error("{file} wants {what}; {expected}")]
    NotDone {
        /// The file as its reader named it.
        file: String,
        /// What it asks for.
        what: String,
        /// What can be read.
        expected: &'static str,
    },
    /// A file that can be read, of which no tokenizer can be made.
    #[error("{file}: {source}")]
    InFile {
        /// The file as its reader named it.
        file: String,
        /// What is wrong.
        source: Box<Error>,
    },
    /// A file whose format is not known.
    #[error(
        "{file} is no tokenizer that can be told by its name and content; expected one of: {known}; \
         say which it is"
    )]
    UnknownFormat {
        /// The file as its reader named it.
        file: String,
        /// The formats there are.
        known: String,
    },
    /// A tokenizer that a format has no room for.
    #[error("this tokenizer cannot be written as {format}: {why}; write it as tokenizer.json")]
    CannotWrite {
        /// The name of the format.
        format: &'static str,
        /// What the format lacks.
        why: String,
    },
    /// The file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
