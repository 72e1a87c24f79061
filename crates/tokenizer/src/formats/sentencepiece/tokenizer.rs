//! SentencePiece models to tokenizers and back, with the ids of SentencePiece 0.2.
//!
//! Control pieces stand outside the text, as there. Nothing is put around a text, as there: that is
//! said by whoever uses the model (`add_bos_token` in a `tokenizer_config.json`).

use super::proto::{Kind, ModelKind, ModelProto, NormalizerSpec, Piece, TrainerSpec};
use crate::bpe::{self, Bpe, Unknown};
use crate::formats::source::Source;
use crate::formats::{Format, template};
use crate::model::Model;
use crate::normalize::{Charsmap, Normalizer, SentencePiece, Symbols};
use crate::unigram::{self, Arithmetic, Unigram};
use crate::vocab::Vocab;
use crate::{AddedToken, Error, Parts, Tokenizer, byte_piece};

/// What SentencePiece calls pieces with a part to play, unless told otherwise.
const ROLES: [&str; 3] = ["<s>", "</s>", "<pad>"];

/// The tokenizer of a model.
pub(crate) fn to_tokenizer(source: Source<'_>, file: &ModelProto) -> Result<Tokenizer, Error> {
    let refuse = |what: &str, expected| {
        let (file, what) = (source.name.to_owned(), what.to_owned());
        Err(Error::NotDone { file, what, expected })
    };
    let has_map = |spec: &NormalizerSpec| !spec.precompiled_charsmap().is_empty();
    if file.denormalizer_spec.as_ref().is_some_and(has_map) {
        return refuse("a denormalizer_spec", "only models without one can be used");
    }
    let model = match file.model_kind() {
        ModelKind::Unigram => Model::Unigram(unigram(file)?),
        ModelKind::Bpe | ModelKind::Char => Model::Bpe(by_scores(file)?),
        ModelKind::Word => {
            return refuse("model_type WORD", "only UNIGRAM, BPE and CHAR can be used");
        }
    };
    let control = file.pieces.iter().zip(0..).filter(|(piece, _)| piece.kind() == Kind::Control);
    let trainer = file.trainer();
    let unknown = file.unknown_id().map(|id| file.pieces[id as usize].piece());
    // Where spaces go behind words too: SentencePiece asks for these two alone.
    let normalizes = file.normalizer();
    let strips = normalizes.add_dummy_prefix() || normalizes.remove_extra_whitespaces();
    let decoder = match trainer.byte_fallback() {
        true => template::decoder,
        false => template::decoder_without_bytes,
    };
    Tokenizer::from_parts(Parts {
        normalizer: Some(Normalizer::SentencePiece(normalizer(file)?)),
        decoder: Some(decoder(unknown.map(|piece| (piece, trainer.unk_surface())), strips)?),
        added_tokens: control.map(|(p, id)| AddedToken::special(p.piece(), id)).collect(),
        ..Parts::of(model)
    })
}

fn normalizer(file: &ModelProto) -> Result<SentencePiece, Error> {
    let spec = file.normalizer();
    let blob = spec.precompiled_charsmap();
    let symbols = file.pieces.iter().filter(|piece| piece.kind() == Kind::UserDefined);
    Ok(SentencePiece {
        charsmap: if blob.is_empty() { None } else { Some(Charsmap::from_bytes(blob)?) },
        add_dummy_prefix: spec.add_dummy_prefix(),
        remove_extra_whitespaces: spec.remove_extra_whitespaces(),
        escape_whitespaces: spec.escape_whitespaces(),
        treat_whitespace_as_suffix: file.trainer().treat_whitespace_as_suffix(),
        symbols: Symbols::new(symbols.map(|piece| piece.piece().to_owned()).collect()),
    })
}

fn unigram(file: &ModelProto) -> Result<Unigram, Error> {
    let pieces = file.pieces.iter();
    let pieces = pieces.map(|piece| (piece.piece().to_owned(), f64::from(piece.score())));
    let kind = |piece: &Piece| match piece.kind() {
        Kind::Normal => unigram::Kind::Normal,
        Kind::UserDefined => unigram::Kind::UserDefined,
        Kind::Unknown | Kind::Control | Kind::Unused | Kind::Byte => unigram::Kind::Apart,
    };
    let options = unigram::Options {
        unk_id: file.unknown_id(),
        byte_fallback: file.trainer().byte_fallback(),
        fuse_unk: true,
        arithmetic: Arithmetic::SentencePiece,
        kinds: file.pieces.iter().map(kind).collect(),
    };
    Unigram::new(pieces.collect(), options)
}

fn by_scores(file: &ModelProto) -> Result<Bpe, Error> {
    let is_char_model = file.model_kind() == ModelKind::Char;
    let kind = |piece: &Piece| match piece.kind() {
        // Characters are not merged in such a model, whatever pieces there are.
        Kind::Normal if is_char_model && piece.piece().chars().nth(1).is_some() => bpe::Kind::Apart,
        Kind::Normal => bpe::Kind::Normal,
        Kind::UserDefined => bpe::Kind::UserDefined,
        Kind::Unused => bpe::Kind::Unused,
        Kind::Unknown | Kind::Control | Kind::Byte => bpe::Kind::Apart,
    };
    let vocab = Vocab::in_order(file.pieces.iter().map(Piece::piece))?;
    let scores: Vec<f32> = file.pieces.iter().map(Piece::score).collect();
    let options = bpe::Options {
        unknown: file.unknown_id().map_or(Unknown::Refuse, Unknown::Piece),
        byte_fallback: file.trainer().byte_fallback(),
        fuse_unk: true,
        ..bpe::Options::default()
    };
    Bpe::from_scores(vocab, &scores, file.pieces.iter().map(kind).collect(), options)
}

/// The model of a tokenizer.
pub(crate) fn from_tokenizer(tokenizer: &Tokenizer) -> Result<ModelProto, Error> {
    let refuse =
        |why: &str| Error::CannotWrite { format: Format::SentencePiece.name(), why: why.into() };
    let Some(Normalizer::SentencePiece(normalizer)) = tokenizer.normalizer() else {
        return Err(refuse("it does not normalize text as SentencePiece does"));
    };
    if tokenizer.pre_tokenizer().is_some() {
        return Err(refuse("it cuts text into words before its model does"));
    }
    let (kind, unk_id, byte_fallback, mut pieces) = match tokenizer.model() {
        Model::Unigram(model) => unigram_pieces(model),
        Model::Bpe(model) => bpe_pieces(model).ok_or_else(|| {
            refuse("its merges are listed and not ordered by scores, or its ids have holes")
        })?,
        Model::WordPiece(_) | Model::WordLevel(_) => {
            return Err(refuse("its model is neither unigram nor BPE"));
        }
    };
    let unk_id = unk_id.ok_or_else(|| refuse("it has no unknown token"))?;
    mark_apart(tokenizer, &mut pieces, unk_id, byte_fallback);
    let trainer_spec = trainer(&pieces, kind, unk_id, byte_fallback, normalizer);
    Ok(ModelProto {
        trainer_spec: Some(trainer_spec),
        normalizer_spec: Some(NormalizerSpec {
            name: Some(
                if normalizer.charsmap.is_some() { "user_defined" } else { "identity" }.into(),
            ),
            precompiled_charsmap: normalizer.charsmap.as_ref().map(|map| map.as_bytes().to_vec()),
            add_dummy_prefix: Some(normalizer.add_dummy_prefix),
            remove_extra_whitespaces: Some(normalizer.remove_extra_whitespaces),
            escape_whitespaces: Some(normalizer.escape_whitespaces),
            normalization_rule_tsv: None,
        }),
        pieces,
        ..ModelProto::default()
    })
}

/// Kind of model, unknown id, whether bytes stand for what is unknown, and the pieces.
type Found = (ModelKind, Option<u32>, bool, Vec<Piece>);

fn unigram_pieces(model: &Unigram) -> Found {
    let options = model.options();
    let piece = |((text, score), id): (&(String, f64), usize)| {
        let kind = match options.kinds.get(id) {
            None | Some(unigram::Kind::Normal) => Kind::Normal,
            Some(unigram::Kind::UserDefined) => Kind::UserDefined,
            Some(unigram::Kind::Apart) => Kind::Unused,
        };
        Piece::new(text, *score as f32, kind)
    };
    let pieces = model.pieces().iter().zip(0..).map(piece).collect();
    (ModelKind::Unigram, options.unk_id, options.byte_fallback, pieces)
}

fn bpe_pieces(model: &Bpe) -> Option<Found> {
    let (scores, kinds) = (model.scores()?, model.kinds()?);
    let mut pieces = vec![];
    for (id, (&score, kind)) in (0..).zip(scores.iter().zip(kinds)) {
        let kind = match kind {
            bpe::Kind::Normal => Kind::Normal,
            bpe::Kind::UserDefined => Kind::UserDefined,
            bpe::Kind::Unused | bpe::Kind::Apart => Kind::Unused,
        };
        pieces.push(Piece::new(&model.piece(id)?, score, kind));
    }
    let unk_id = match model.options().unknown {
        Unknown::Piece(id) => Some(id),
        Unknown::Refuse | Unknown::Drop => None,
    };
    Some((ModelKind::Bpe, unk_id, model.options().byte_fallback, pieces))
}

/// Tells unknown, byte and control pieces from those that are only unused.
fn mark_apart(tokenizer: &Tokenizer, pieces: &mut [Piece], unk_id: u32, byte_fallback: bool) {
    for (id, piece) in (0..).zip(pieces) {
        if piece.kind() != Kind::Unused && id != unk_id {
            continue;
        }
        let is_byte = byte_fallback && byte_piece::byte(piece.piece()).is_some();
        match () {
            () if id == unk_id => piece.set_type(Kind::Unknown),
            () if is_byte => piece.set_type(Kind::Byte),
            () if tokenizer.is_special(id) => piece.set_type(Kind::Control),
            () => {}
        }
    }
}

fn trainer(
    pieces: &[Piece],
    kind: ModelKind,
    unk_id: u32,
    byte_fallback: bool,
    normalizer: &SentencePiece,
) -> TrainerSpec {
    let role = |name: &str| {
        let found = pieces.iter().position(|p| p.kind() == Kind::Control && p.piece() == name);
        Some(found.map_or(-1, |id| id as i32))
    };
    let [bos_id, eos_id, pad_id] = ROLES.map(role);
    let unk_piece = pieces.get(unk_id as usize).map(|piece| piece.piece().to_owned());
    let mut spec = TrainerSpec {
        vocab_size: Some(pieces.len() as i32),
        byte_fallback: Some(byte_fallback),
        treat_whitespace_as_suffix: Some(normalizer.treat_whitespace_as_suffix),
        unk_id: Some(unk_id as i32),
        unk_piece,
        bos_id,
        eos_id,
        pad_id,
        ..TrainerSpec::default()
    };
    spec.set_model_type(kind);
    spec
}

#[cfg(test)]
mod tests {
    use super::super::tests::small;
    use super::*;

    fn tokenizer(kind: ModelKind) -> Tokenizer {
        to_tokenizer(Source { name: "x.model", bytes: &[] }, &small(kind)).unwrap()
    }

    #[test]
    fn ids_are_those_of_the_kind() {
        // ▁ab a b, by likelihood and by merges; a defined piece is whole wherever it stands.
        for kind in [ModelKind::Unigram, ModelKind::Bpe] {
            let tokenizer = tokenizer(kind);
            assert_eq!(tokenizer.encode("ab a<sep>b").unwrap(), [262, 260, 259, 265]);
            assert_eq!(tokenizer.encode("é").unwrap(), [263, 3 + 0xC3, 3 + 0xA9]);
            assert_eq!(tokenizer.encode("<s>").unwrap().len(), 4, "▁ and three bytes, no control");
            assert_eq!(tokenizer.decode(&[262, 260, 259, 265]).unwrap(), "ab a<sep>b");
            assert_eq!(tokenizer.decode(&[263, 0]).unwrap(), " ? ");
        }
        assert_eq!(tokenizer(ModelKind::Char).encode("ab").unwrap(), [263, 264, 265]);
    }

    #[test]
    fn an_unknown_piece_in_front_keeps_its_space() {
        let mut file = small(ModelKind::Bpe);
        file.pieces.retain(|piece| piece.kind() != Kind::Byte);
        file.trainer_spec.as_mut().unwrap().byte_fallback = None;
        let tokenizer = to_tokenizer(Source { name: "x.model", bytes: &[] }, &file).unwrap();
        let decoded = |pieces: &[&str]| {
            let ids = pieces.iter().map(|piece| tokenizer.id(piece).unwrap());
            tokenizer.decode(&ids.collect::<Vec<_>>()).unwrap()
        };
        assert_eq!(decoded(&["<unk>", "▁a"]), " ?  a");
        assert_eq!(decoded(&["▁a", "<unk>"]), "a ? ");
    }

    #[test]
    fn models_come_back() {
        for kind in [ModelKind::Unigram, ModelKind::Bpe] {
            let again = from_tokenizer(&tokenizer(kind)).unwrap();
            assert_eq!(again.pieces, small(kind).pieces);
            assert_eq!(again.model_kind(), kind);
            let read = to_tokenizer(Source { name: "x.model", bytes: &[] }, &again).unwrap();
            assert_eq!(read.encode("ab a<sep>bé").unwrap(), [262, 260, 259, 265, 198, 172]);
        }
    }

    #[test]
    fn what_is_not_done_is_named() {
        let source = Source { name: "x.model", bytes: &[] };
        let error = to_tokenizer(source, &small(ModelKind::Word)).unwrap_err().to_string();
        assert_eq!(error, "x.model wants model_type WORD; only UNIGRAM, BPE and CHAR can be used");
    }
}
