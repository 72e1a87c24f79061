//! SentencePiece's `.model`: a protocol buffer of pieces, and of how they were trained and how text
//! is normalized for them ([`proto`]; google/sentencepiece, `sentencepiece_model.proto`).
//!
//! The outer message is walked by hand, so that an error can say which piece is broken and at which
//! byte, and no more pieces are made than a vocabulary may have. Everything the message defines is
//! kept and written back; fields that it does not define are not.

pub(crate) mod proto;
pub(crate) mod tokenizer;

use prost::Message;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::source::{MAX_TOKEN_BYTES, Source, shown};
use crate::hash::KeyedMap;
use crate::vocab::MAX_VOCAB;
use crate::{Error, byte_piece};
use proto::{Kind, ModelKind, ModelProto, Piece};

/// What stands for a space in pieces: U+2581, lower one eighth block.
pub(crate) const SPACE_MARK: char = '\u{2581}';

/// Fields of the outer message.
const PIECES: u32 = 1;
const TRAINER: u32 = 2;
const NORMALIZER: u32 = 3;
const SELF_TEST: u32 = 4;
const DENORMALIZER: u32 = 5;

/// Reads a file. Nothing about it is trusted.
pub(crate) fn read(source: Source<'_>) -> Result<ModelProto, Error> {
    let mut model = ModelProto::default();
    let mut rest = source.bytes;
    while rest.has_remaining() {
        let at = source.bytes.len() - rest.len();
        let place = |what: &str| format!("{what}byte {at}");
        let broken = |e: prost::DecodeError| {
            source.bad(place(""), format!("no field of a SentencePiece model can be read ({e})"))
        };
        let (tag, wire) = decode_key(&mut rest).map_err(broken)?;
        if wire != WireType::LengthDelimited || !(PIECES..=DENORMALIZER).contains(&tag) {
            skip_field(wire, tag, &mut rest, DecodeContext::default()).map_err(broken)?;
            continue;
        }
        let len = decode_varint(&mut rest).map_err(broken)?;
        let Some(field) = usize::try_from(len).ok().and_then(|len| rest.get(..len)) else {
            let cause = format!("a field should have {len} bytes, {} are left", rest.len());
            return Err(source.bad(place(""), cause));
        };
        rest = &rest[field.len()..];
        if tag == PIECES && model.pieces.len() == MAX_VOCAB {
            return Err(source.too_many(MAX_VOCAB + 1));
        }
        let what = match tag {
            PIECES => format!("piece {} at ", model.pieces.len()),
            _ => format!("field {tag} at "),
        };
        add_field(&mut model, tag, field)
            .map_err(|e| source.bad(place(&what), format!("it cannot be read ({e})")))?;
    }
    check(source, &model)?;
    Ok(model)
}

fn add_field(model: &mut ModelProto, tag: u32, field: &[u8]) -> Result<(), prost::DecodeError> {
    match tag {
        PIECES => model.pieces.push(Piece::decode(field)?),
        TRAINER => model.trainer_spec.get_or_insert_default().merge(field)?,
        NORMALIZER => model.normalizer_spec.get_or_insert_default().merge(field)?,
        SELF_TEST => model.self_test_data.get_or_insert_default().merge(field)?,
        _ => model.denormalizer_spec.get_or_insert_default().merge(field)?,
    }
    Ok(())
}

/// What SentencePiece itself refuses, and what would not be a number.
fn check(source: Source<'_>, model: &ModelProto) -> Result<(), Error> {
    source.check_count(model.pieces.len())?;
    // Control, unknown and byte pieces have a name space of their own.
    let mut seen: KeyedMap<(&str, bool), usize> = KeyedMap::default();
    let (mut unknown, mut bytes) = (None, [false; 256]);
    let byte_fallback = model.trainer().byte_fallback();
    for (id, piece) in model.pieces.iter().enumerate() {
        let refuse = |cause: String| Err(source.bad(format!("piece {id}"), cause));
        let (text, shown) = (piece.piece(), shown(piece.piece().as_bytes()));
        if text.is_empty() || text.len() > MAX_TOKEN_BYTES {
            return refuse(format!("{} bytes, expected 1 to {MAX_TOKEN_BYTES}", text.len()));
        }
        if !piece.score().is_finite() {
            return refuse(format!("the score of {shown} is {}, not a number", piece.score()));
        }
        if let Some(first) = seen.insert((text, piece.kind().is_spelled()), id) {
            return refuse(format!("{shown} is piece {first} too"));
        }
        match piece.kind() {
            Kind::Unknown => match unknown.replace(id) {
                Some(first) => return refuse(format!("piece {first} is unknown too, one may be")),
                None => continue,
            },
            Kind::Byte if !byte_fallback => {
                return refuse(format!("{shown} is a byte in a model without byte_fallback"));
            }
            Kind::Byte => match byte_piece::byte(text) {
                Some(byte) => bytes[usize::from(byte)] = true,
                None => return refuse(format!("{shown} is no byte, expected <0x00> to <0xFF>")),
            },
            _ => {}
        }
    }
    let whole = |cause: String| Err(source.bad("the whole file", cause));
    if unknown.is_none() {
        return whole("no piece is the unknown one".to_owned());
    }
    match bytes.iter().position(|&found| !found).filter(|_| byte_fallback) {
        Some(byte) => {
            whole(format!("byte_fallback without the piece {}", byte_piece::of(byte as u8)))
        }
        None => Ok(()),
    }
}

/// The file.
pub(crate) fn write(model: &ModelProto) -> Vec<u8> {
    model.encode_to_vec()
}

impl ModelProto {
    /// The id of the unknown piece.
    pub(crate) fn unknown_id(&self) -> Option<u32> {
        let found = self.pieces.iter().position(|piece| piece.kind() == Kind::Unknown);
        found.map(|id| id as u32)
    }

    /// Whether text is cut by scores of merges, by likelihood, or not below words or characters.
    pub(crate) fn model_kind(&self) -> ModelKind {
        self.trainer().model_type()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! A small file: whole, and broken in each place.

    use super::*;
    use proto::{NormalizerSpec, TrainerSpec};

    pub(crate) fn small(kind: ModelKind) -> ModelProto {
        let piece = |piece: &str, score, kind| Piece::new(piece, score, kind);
        let mut pieces = vec![
            piece("<unk>", 0.0, Kind::Unknown),
            piece("<s>", 0.0, Kind::Control),
            piece("</s>", 0.0, Kind::Control),
        ];
        pieces.extend((0..=u8::MAX).map(|b| piece(&format!("<0x{b:02X}>"), 0.0, Kind::Byte)));
        pieces.push(piece("<sep>", 0.0, Kind::UserDefined));
        let normal =
            [("▁a", -1.5), ("ab", -2.0), ("▁ab", -2.5), ("▁", -3.0), ("a", -3.5), ("b", -4.0)];
        pieces.extend(normal.map(|(text, score)| piece(text, score, Kind::Normal)));
        let mut trainer = TrainerSpec {
            byte_fallback: Some(true),
            pad_id: Some(-1),
            unk_surface: Some(" ? ".to_owned()),
            ..TrainerSpec::default()
        };
        trainer.set_model_type(kind);
        let normalizer = NormalizerSpec {
            name: Some("identity".to_owned()),
            precompiled_charsmap: Some(vec![]),
            add_dummy_prefix: Some(true),
            remove_extra_whitespaces: Some(false),
            ..NormalizerSpec::default()
        };
        ModelProto {
            pieces,
            trainer_spec: Some(trainer),
            normalizer_spec: Some(normalizer),
            ..ModelProto::default()
        }
    }

    fn check_refused(bytes: &[u8], expected: &str) {
        let message = read(Source { name: "x.model", bytes }).unwrap_err().to_string();
        assert!(message.starts_with("x.model, ") && message.contains(expected), "{message}");
    }

    #[test]
    fn what_was_written_is_read() {
        for kind in [ModelKind::Unigram, ModelKind::Bpe] {
            let bytes = write(&small(kind));
            let model = read(Source { name: "x.model", bytes: &bytes }).unwrap();
            assert_eq!(model, small(kind));
            assert_eq!((model.model_kind(), model.unknown_id()), (kind, Some(0)));
            assert_eq!(model.trainer().pad_id(), -1);
        }
    }

    #[test]
    fn fields_that_are_not_known_are_skipped() {
        let mut bytes = write(&small(ModelKind::Bpe));
        bytes.extend([200 << 3 & 0x7F | 0x80, 12, 7]); // field 200, a number
        let model = read(Source { name: "x.model", bytes: &bytes }).unwrap();
        assert_eq!(model, small(ModelKind::Bpe));
    }

    #[test]
    fn what_is_broken_is_named() {
        let whole = small(ModelKind::Unigram);
        let bytes = write(&whole);
        check_refused(&[], "it holds no tokens");
        check_refused(&bytes[..bytes.len() - 1], "a field should have 16 bytes, 15 are left");
        check_refused(&[0x0A], "byte 0: no field of a SentencePiece model");
        check_refused(&[0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], "a field should have 4294967295");
        check_refused(&[0x0A, 2, 0x0A, 9], "piece 0 at byte 0: it cannot be read");
        check_refused(&[0x0A, 3, 0x0A, 1, 0xFF], "piece 0 at byte 0: it cannot be read");
        check_refused(&[0x0A, 0], "piece 0: 0 bytes");
        let broken = |change: &dyn Fn(&mut ModelProto)| {
            let mut model = whole.clone();
            change(&mut model);
            write(&model)
        };
        let piece = |text: &str, kind| Piece::new(text, -9.0, kind);
        let with = |new: Piece| broken(&move |m| m.pieces.push(new.clone()));
        check_refused(&with(piece("ab", Kind::Normal)), "piece 266: \"ab\" is piece 261 too");
        check_refused(&with(piece("<u>", Kind::Unknown)), "piece 266: piece 0 is unknown too");
        check_refused(&with(piece("<0xgg>", Kind::Byte)), "\"<0xgg>\" is no byte");
        let unsure = Piece { score: Some(f32::INFINITY), ..piece("x", Kind::Normal) };
        check_refused(&with(unsure), "piece 266: the score of \"x\" is inf");
        check_refused(&broken(&|m| m.pieces[0].set_type(Kind::Normal)), "no piece is the unknown");
        check_refused(&broken(&|m| drop(m.pieces.remove(3))), "without the piece <0x00>");
        check_refused(
            &broken(&|m| m.trainer_spec = None),
            "piece 3: \"<0x00>\" is a byte in a model",
        );
    }
}
