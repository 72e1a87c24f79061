//! Files of every format: out and in again, broken in thousands of ways, and named in errors.

use std::time::{Duration, Instant};

use stdx::Rng;

use super::super::{gguf::GgufKind, sentencepiece::proto::ModelKind};
use super::*;

const TEXTS: [&str; 6] = ["ab a<sep>b", " lower low", "the low", "unaffable", "<|end|>é", ""];

/// A small file of each kind, with the format and a name that belongs to it.
fn small_files() -> Vec<(Format, &'static str, Vec<u8>)> {
    let model = |kind| sentencepiece::write(&sentencepiece::tests::small(kind));
    let file = |kind| gguf::write(&gguf::tests::small(kind));
    vec![
        (Format::SentencePiece, "unigram.model", model(ModelKind::Unigram)),
        (Format::SentencePiece, "bpe.model", model(ModelKind::Bpe)),
        (Format::SentencePiece, "char.model", model(ModelKind::Char)),
        (Format::Tiktoken, "cl100k_base.tiktoken", tiktoken::write(&tiktoken::tests::small())),
        (Format::VocabTxt, "vocab.txt", vocab_txt::write(&vocab_txt::tests::small())),
        (Format::Gguf, "gpt2.gguf", file(GgufKind::Gpt2)),
        (Format::Gguf, "llama.gguf", file(GgufKind::Llama)),
        (Format::Gguf, "bert.gguf", file(GgufKind::Bert)),
        (Format::Gguf, "t5.gguf", file(GgufKind::T5)),
        (Format::Clip, "bpe.txt", clip::write(&clip::tests::small())),
        (Format::Clip, "bpe.txt.gz", clip::write_gz(&clip::tests::small())),
        (Format::Llama2c, "tok.bin", llama2c::write(&llama2c::tests::small())),
    ]
}

fn of_bytes(format: Format, name: &str, bytes: &[u8]) -> Result<Tokenizer, Error> {
    let choice = Choice { format: Some(format), ..Choice::default() };
    Tokenizer::from_source(Source { name, bytes }, choice)
}

/// The ids of some texts, where they can be encoded.
fn ids(tokenizer: &Tokenizer) -> Vec<Option<Vec<u32>>> {
    TEXTS.iter().map(|text| tokenizer.encode_with_special(text).ok()).collect()
}

#[test]
fn what_was_saved_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    for (format, name, bytes) in small_files() {
        if name == "char.model" {
            continue; // Written as BPE without merges, which is the same.
        }
        let first = of_bytes(format, name, &bytes).unwrap();
        let path = folder.path().join(name);
        first.save_as(&path, format).unwrap();
        let second = Tokenizer::open(&path).unwrap();
        assert_eq!(ids(&first), ids(&second), "{name}");
        second.save_as(&path, format).unwrap();
        assert_eq!(ids(&Tokenizer::open(&path).unwrap()), ids(&first), "{name}, written twice");
    }
}

#[test]
fn the_pair_is_opened_by_either_name_or_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = gpt2::tokenizer::to_tokenizer(&gpt2::tests::small()).unwrap();
    first.save_as(&folder.path().join("vocab.json"), Format::Gpt2).unwrap();
    for name in ["vocab.json", "merges.txt", "."] {
        let second = Tokenizer::open(&folder.path().join(name)).unwrap();
        assert_eq!(ids(&second), ids(&first), "{name}");
    }
    std::fs::rename(folder.path().join("vocab.json"), folder.path().join("a_vocab.json")).unwrap();
    std::fs::rename(folder.path().join("merges.txt"), folder.path().join("a_merges.txt")).unwrap();
    for name in ["a_vocab.json", "a_merges.txt"] {
        assert_eq!(
            ids(&Tokenizer::open(&folder.path().join(name)).unwrap()),
            ids(&first),
            "{name}"
        );
    }
    std::fs::remove_file(folder.path().join("a_merges.txt")).unwrap();
    let error = Tokenizer::open(&folder.path().join("a_vocab.json")).unwrap_err().to_string();
    assert!(error.contains("a_merges.txt"), "{error}");
}

#[test]
fn what_a_format_has_no_room_for_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let bert = vocab_txt::tokenizer::to_tokenizer(&vocab_txt::tests::small()).unwrap();
    let check = |tokenizer: &Tokenizer, format: Format, expected: &str| {
        let error = tokenizer.save_as(&path, format).unwrap_err().to_string();
        let whole = format!("cannot be written as {}: {expected}", format.name());
        assert!(error.contains(&whole), "{error}");
        assert!(!path.exists());
    };
    for format in [Format::Tiktoken, Format::Gpt2] {
        check(&bert, format, "its model is WordPiece, not BPE");
    }
    check(&bert, Format::SentencePiece, "it does not normalize text as SentencePiece does");
    check(&bert, Format::Llama2c, "its model is not BPE");
    check(&bert, Format::Clip, "its model is not BPE");
    let ranks =
        of_bytes(Format::Tiktoken, "cl100k_base", &tiktoken::write(&tiktoken::tests::small()));
    let ranks = ranks.unwrap();
    check(&ranks, Format::Gpt2, "its words are cut by another pattern than GPT-2's");
    check(&ranks, Format::VocabTxt, "its model is BPE, not WordPiece");
}

#[test]
fn files_that_are_none_say_what_to_do() {
    let source = |name| Source { name, bytes: b"\x89PNG" };
    let error = Tokenizer::from_source(source("x.png"), Choice::default()).unwrap_err().to_string();
    assert!(error.starts_with("x.png is no tokenizer that can be told") && error.contains("gguf"));
    let ranks = tiktoken::write(&tiktoken::tests::small());
    let source = Source { name: "x.tiktoken", bytes: &ranks };
    let error = Tokenizer::from_source(source, Choice::default()).unwrap_err().to_string();
    assert!(error.contains("say which encoding it is of"), "{error}");
    let encoding = Encoding::named("o200k_base");
    let choice = Choice { encoding, ..Choice::default() };
    assert!(Tokenizer::from_source(source, choice).is_ok());
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Tokenizer::open(&folder.path().join("nowhere")), Err(Error::Io { .. })));
    assert!(matches!(Tokenizer::open(folder.path()), Err(Error::Io { .. })));
}

#[test]
fn what_a_model_refuses_names_the_file() {
    let mut model = sentencepiece::tests::small(ModelKind::Bpe);
    model.pieces.push(sentencepiece::proto::Piece::new(
        "<s>",
        0.0,
        sentencepiece::proto::Kind::Normal,
    ));
    let bytes = sentencepiece::write(&model);
    let error = of_bytes(Format::SentencePiece, "x.model", &bytes).unwrap_err().to_string();
    assert!(error.starts_with("x.model: ") && error.contains("<s>"), "{error}");
}

/// Reads broken bytes: an error or a tokenizer that encodes, and soon.
fn survive(format: Format, name: &str, bytes: &[u8]) -> bool {
    let start = Instant::now();
    let read = of_bytes(format, name, bytes);
    if let Ok(tokenizer) = &read {
        ids(tokenizer);
        let _ = tokenizer.decode(&[0, 1, 2]);
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{name} took {:?}", start.elapsed());
    read.is_err()
}

#[test]
fn truncated_files_are_errors() {
    for (format, name, bytes) in small_files() {
        let mut refused = 0;
        for part in 0..64 {
            refused += usize::from(survive(format, name, &bytes[..bytes.len() * part / 64]));
        }
        // Lines that are whole make a shorter file of text that is one too.
        let least = if matches!(format, Format::VocabTxt | Format::Clip) { 1 } else { 60 };
        assert!(refused >= least, "{name}: {refused} of 64 refused");
    }
}

#[test]
fn flipped_bytes_do_no_harm() {
    let mut rng = Rng::new(5);
    for (format, name, bytes) in small_files() {
        let mut refused = 0;
        for _ in 0..400 {
            let mut broken = bytes.clone();
            for _ in 0..=rng.below(4) {
                let at = rng.below(broken.len() as u64) as usize;
                broken[at] = match rng.below(3) {
                    0 => 0xFF,
                    1 => broken[at] ^ (1 << rng.below(8)),
                    _ => rng.below(256) as u8,
                };
            }
            refused += usize::from(survive(format, name, &broken));
        }
        assert!(refused > 0, "{name}: nothing was refused");
    }
}

#[test]
fn junk_is_refused_in_every_format() {
    let mut rng = Rng::new(6);
    for (format, ..) in small_files() {
        for len in [0, 1, 7, 64, 4096] {
            let junk: Vec<u8> = (0..len).map(|_| rng.below(256) as u8).collect();
            assert!(survive(format, "junk", &junk), "{} of {len} bytes", format.name());
        }
    }
}
