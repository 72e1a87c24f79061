//! The vocabulary of a GGUF file to a tokenizer and back, with the ids of llama.cpp.
//!
//! Tokens that a user defined are found in every text there; here, as all tokens outside the
//! model, where the caller asks for added tokens. Control tokens are never spelled by text, where
//! llama.cpp's `llama` kind could be brought to do so.

use super::pre::{self, Pre};
use super::{Gguf, GgufKind};
use crate::bpe::{self, Bpe, Unknown};
use crate::formats::sentencepiece::SPACE_MARK;
use crate::formats::sentencepiece::proto::Kind;
use crate::formats::vocab_txt::{self, VocabTxt};
use crate::formats::{Format, byte_words, template};
use crate::model::Model;
use crate::normalize::{Charsmap, Normalizer, SentencePiece};
use crate::postprocess::{BertProcessing, PostProcessor};
use crate::unigram::{self, Arithmetic, Unigram};
use crate::vocab::Vocab;
use crate::wordpiece;
use crate::{AddedToken, Error, Parts, Tokenizer, byte_level};

/// Special tokens of Phi-3 that leave the spaces behind them alone; all others take them.
const PHI_3_WITHOUT_RSTRIP: [&str; 3] = ["<unk>", "<s>", "<|endoftext|>"];

/// The tokenizer of a file.
pub(crate) fn to_tokenizer(name: &str, file: &Gguf) -> Result<Tokenizer, Error> {
    let parts = match file.kind {
        GgufKind::Gpt2 => bytes(name, file)?,
        GgufKind::Llama => by_scores(file)?,
        GgufKind::Bert => pieces_of_words(file)?,
        GgufKind::T5 => likeliest(file)?,
    };
    Tokenizer::from_parts(parts)
}

/// The id of a role, or llama.cpp's for files that do not say.
fn role(file: &Gguf, role: &str, other: Option<u32>) -> Option<u32> {
    let id = file.roles.get(role).copied().or(other);
    id.filter(|&id| (id as usize) < file.tokens.len())
}

fn around(file: &Gguf, bos: Option<u32>, eos: Option<u32>) -> Result<Option<PostProcessor>, Error> {
    let named = |id: u32| (file.tokens[id as usize].as_str(), id);
    template::around(bos.map(named), eos.map(named))
}

/// Tokens outside the model: control and unknown ones, and those that a user defined.
fn added(file: &Gguf) -> impl Iterator<Item = AddedToken> {
    let tokens = file.tokens.iter().zip(&file.kinds).zip(0..);
    tokens.filter_map(|((token, kind), id)| {
        let special = AddedToken::special(token, id);
        match kind {
            Kind::Control | Kind::Unknown => Some(special),
            Kind::UserDefined => Some(AddedToken { special: false, ..special }),
            Kind::Normal | Kind::Unused | Kind::Byte => None,
        }
    })
}

fn bytes(name: &str, file: &Gguf) -> Result<Parts, Error> {
    let pre_name = file.pre.as_deref().unwrap_or("default");
    let Some(Pre { patterns, whole_words, add_bos }) = pre::named(pre_name) else {
        return Err(Error::NotDone {
            file: name.to_owned(),
            what: format!("tokenizer.ggml.pre = {pre_name:?}"),
            expected: "which is no name that is known here",
        });
    };
    let mut outside: Vec<AddedToken> = added(file).collect();
    let mut pieces = vec![];
    for ((token, kind), id) in file.tokens.iter().zip(&file.kinds).zip(0..) {
        if matches!(kind, Kind::Normal | Kind::Unused | Kind::Byte) {
            match byte_level::to_bytes(token) {
                Some(bytes) => pieces.push((bytes, id)),
                // No text becomes such a token, but it has a name.
                None => {
                    outside.push(AddedToken { special: false, ..AddedToken::special(token, id) })
                }
            }
        }
    }
    let options = bpe::Options { ignore_merges: whole_words, ..bpe::Options::default() };
    let merges = byte_words::merges(&file.merges);
    let bpe = Bpe::from_bytes(Vocab::new(pieces)?, merges, options)?;
    let bos = role(file, "bos", None).filter(|_| file.add_bos.unwrap_or(add_bos));
    let eos = role(file, "eos", None).filter(|_| file.add_eos.unwrap_or(false));
    let parts = byte_words::parts(&patterns, bpe, outside)?;
    Ok(Parts { post_processor: around(file, bos, eos)?, ..parts })
}

fn scores(file: &Gguf) -> Vec<f32> {
    match file.scores.is_empty() {
        true => vec![0.0; file.tokens.len()],
        false => file.scores.clone(),
    }
}

fn by_scores(file: &Gguf) -> Result<Parts, Error> {
    let kind = |kind: &Kind| match kind {
        Kind::Normal | Kind::Unused => bpe::Kind::Normal,
        Kind::Unknown | Kind::Control | Kind::UserDefined | Kind::Byte => bpe::Kind::Apart,
    };
    let options = bpe::Options {
        unknown: role(file, "unknown", Some(0)).map_or(Unknown::Refuse, Unknown::Piece),
        byte_fallback: file.kinds.contains(&Kind::Byte),
        fuse_unk: true,
        ..bpe::Options::default()
    };
    let kinds = file.kinds.iter().map(kind).collect();
    let bpe = Bpe::from_scores(Vocab::in_order(&file.tokens)?, &scores(file), kinds, options)?;
    let in_front = file.add_space_prefix.unwrap_or(true);
    let bos = role(file, "bos", Some(1)).filter(|_| file.add_bos.unwrap_or(true));
    let eos = role(file, "eos", Some(2)).filter(|_| file.add_eos.unwrap_or(false));
    let is_phi_3 = file.name.as_deref().is_some_and(|name| {
        let name = name.to_lowercase();
        name.contains("phi-3") || name.contains("phi3")
    });
    let strips = |token: AddedToken| {
        let rstrip = is_phi_3 && !PHI_3_WITHOUT_RSTRIP.contains(&token.content.as_str());
        AddedToken { rstrip, ..token }
    };
    Ok(Parts {
        normalizer: Some(template::marks(in_front)?),
        post_processor: around(file, bos, eos)?,
        decoder: Some(template::decoder(None, in_front)?),
        added_tokens: added(file).map(strips).collect(),
        ..Parts::of(Model::Bpe(bpe))
    })
}

/// A token as `vocab.txt` has it.
fn as_line(token: &str) -> String {
    match token.strip_prefix(SPACE_MARK) {
        Some(start) => start.to_owned(),
        None if token.starts_with('[') && token.ends_with(']') => token.to_owned(),
        None => format!("##{token}"),
    }
}

/// The other way.
fn as_token(line: &str) -> String {
    match line.strip_prefix("##") {
        Some(inside) => inside.to_owned(),
        None if line.starts_with('[') && line.ends_with(']') => line.to_owned(),
        None => format!("{SPACE_MARK}{line}"),
    }
}

fn pieces_of_words(file: &Gguf) -> Result<Parts, Error> {
    // Tokens that are no part of a text have their names, and no place in a word.
    let line = |(token, kind): (&String, &Kind)| match kind {
        Kind::Normal | Kind::Unused | Kind::Byte => as_line(token),
        _ => token.strip_prefix(SPACE_MARK).unwrap_or(token).to_owned(),
    };
    let tokens = file.tokens.iter().zip(&file.kinds).map(line).collect();
    let unknown = role(file, "unknown", Some(100));
    let Some(unknown) = unknown else {
        let detail = "the file has no unknown token".to_owned();
        return Err(Error::Inconsistent { detail });
    };
    let vocab = VocabTxt { tokens };
    let options = wordpiece::Options {
        unk_token: vocab.tokens[unknown as usize].clone(),
        max_input_chars_per_word: u32::MAX as usize,
        ..wordpiece::Options::default()
    };
    let named = |id: Option<u32>| id.map(|id| (vocab.tokens[id as usize].clone(), id));
    let cls = named(role(file, "cls", role(file, "bos", Some(101))));
    let sep = named(role(file, "seperator", Some(102)));
    let processing = cls.zip(sep).map(|(cls, sep)| BertProcessing { sep, cls });
    let parts = vocab_txt::tokenizer::parts(&vocab, options, true)?;
    let as_in_vocab = |token: AddedToken| AddedToken {
        content: vocab.tokens[token.id as usize].clone(),
        ..token
    };
    Ok(Parts {
        post_processor: processing.map(PostProcessor::BertProcessing),
        added_tokens: added(file).map(as_in_vocab).collect(),
        ..parts
    })
}

fn likeliest(file: &Gguf) -> Result<Parts, Error> {
    let kind = |kind: &Kind| match kind {
        Kind::Normal | Kind::Unused => unigram::Kind::Normal,
        Kind::Unknown | Kind::Control | Kind::UserDefined | Kind::Byte => unigram::Kind::Apart,
    };
    let options = unigram::Options {
        unk_id: role(file, "unknown", Some(2)),
        byte_fallback: false,
        fuse_unk: true,
        arithmetic: Arithmetic::SentencePiece,
        kinds: file.kinds.iter().map(kind).collect(),
    };
    let pieces = file.tokens.iter().cloned().zip(scores(file).into_iter().map(f64::from));
    let model = Unigram::new(pieces.collect(), options)?;
    let merges_spaces = file.remove_extra_whitespaces.unwrap_or(false);
    let in_front = file.add_space_prefix.unwrap_or(false) || merges_spaces;
    let charsmap = match file.charsmap.is_empty() {
        true => None,
        false => Some(Charsmap::from_bytes(&file.charsmap)?),
    };
    let bos = role(file, "bos", None).filter(|_| file.add_bos.unwrap_or(false));
    let eos = role(file, "eos", Some(1)).filter(|_| file.add_eos.unwrap_or(true));
    Ok(Parts {
        normalizer: Some(Normalizer::SentencePiece(SentencePiece {
            charsmap,
            add_dummy_prefix: in_front,
            remove_extra_whitespaces: merges_spaces,
            ..SentencePiece::default()
        })),
        post_processor: around(file, bos, eos)?,
        decoder: Some(template::decoder(None, in_front)?),
        added_tokens: added(file).collect(),
        ..Parts::of(Model::Unigram(model))
    })
}

/// The file of a tokenizer.
pub(crate) fn from_tokenizer(tokenizer: &Tokenizer) -> Result<Gguf, Error> {
    let refuse = |why: String| Error::CannotWrite { format: Format::Gguf.name(), why };
    let file = match tokenizer.model() {
        Model::Bpe(bpe) if bpe.is_on_bytes() => of_bytes(tokenizer),
        Model::Bpe(bpe) => of_scores(tokenizer, bpe),
        Model::WordPiece(_) => of_words(tokenizer),
        Model::Unigram(model) => of_likeliest(tokenizer, model),
        Model::WordLevel(_) => Err("its model is WordLevel".to_owned()),
    };
    let mut file = file.map_err(refuse)?;
    for (role, names) in [("bos", ["<s>", "<bos>"]), ("eos", ["</s>", "<|endoftext|>"])] {
        let special = |name: &&str| tokenizer.special(name);
        file.roles.extend(names.iter().find_map(special).map(|id| (role.to_owned(), id)));
    }
    if file.kind != GgufKind::Bert {
        let ids = |special| tokenizer.encoding(PROBE, None, special).map(|encoding| encoding.ids);
        mark_ends(&mut file, &ids(true)?, &ids(false)?).map_err(refuse)?;
    }
    Ok(file)
}

/// What a text with a beginning and an end is known by.
const PROBE: &str = "a";

/// Says which of begin and end are put around a text: `ids` with them and `bare` without.
fn mark_ends(file: &mut Gguf, ids: &[u32], bare: &[u32]) -> Result<(), String> {
    let parts = |before: usize| {
        let after = ids.get(before..)?.strip_prefix(bare)?;
        (after.len() <= 1).then_some((ids[..before].first().copied(), after.first().copied()))
    };
    let (bos, eos) = parts(0).or_else(|| parts(1)).ok_or(
        "it puts more around a text than one token in front and one behind, which is all that a file can say",
    )?;
    (file.add_bos, file.add_eos) = (Some(bos.is_some()), Some(eos.is_some()));
    for (role, id) in [("bos", bos), ("eos", eos)] {
        file.roles.extend(id.map(|id| (role.to_owned(), id)));
    }
    Ok(())
}

/// A file of this kind with the tokens of a tokenizer.
fn with_tokens(tokenizer: &Tokenizer, kind: GgufKind) -> Result<Gguf, String> {
    let tokens = byte_words::tokens(tokenizer);
    // llama.cpp knows no holes.
    let fill = |(id, token): (usize, Option<String>)| token.unwrap_or_else(|| format!("[PAD{id}]"));
    let mut kinds: Vec<Kind> =
        tokens.iter().map(|t| if t.is_some() { Kind::Normal } else { Kind::Unused }).collect();
    let mut strips = tokenizer.added_tokens().filter(|t| t.single_word || t.lstrip || t.rstrip);
    if let Some(token) = strips.next() {
        return Err(format!("the token {:?} takes spaces or stands alone", token.content));
    }
    for token in tokenizer.added_tokens() {
        let kind = if token.special { Kind::Control } else { Kind::UserDefined };
        kinds[token.id as usize] = kind;
    }
    Ok(Gguf::of(kind, tokens.into_iter().enumerate().map(fill).collect(), kinds))
}

fn of_bytes(tokenizer: &Tokenizer) -> Result<Gguf, String> {
    let (bpe, patterns) = byte_words::of(tokenizer)?;
    let pre = pre::name_of(&patterns, bpe.options().ignore_merges);
    let pre = pre.ok_or("llama.cpp has no name for how it cuts words")?;
    Ok(Gguf {
        pre: Some(pre.to_owned()),
        merges: byte_words::triples(bpe),
        ..with_tokens(tokenizer, GgufKind::Gpt2)?
    })
}

fn of_scores(tokenizer: &Tokenizer, bpe: &Bpe) -> Result<Gguf, String> {
    let scores = bpe.scores().ok_or("its merges are listed and not ordered by scores")?;
    let in_front = match template::leading(tokenizer.normalizer()) {
        Some("\u{2581}") => true,
        _ if tokenizer.normalizer() == template::marks(false).ok().as_ref() => false,
        _ => return Err("it prepares text otherwise than with marks for spaces".to_owned()),
    };
    let mut file = with_tokens(tokenizer, GgufKind::Llama)?;
    file.scores = scores.to_vec();
    file.scores.resize(file.tokens.len(), 0.0);
    file.add_space_prefix = Some(in_front);
    for id in 0..file.tokens.len() as u32 {
        if tokenizer.model().byte(id).is_some() {
            file.kinds[id as usize] = Kind::Byte;
        }
    }
    if let Unknown::Piece(id) = bpe.options().unknown {
        file.kinds[id as usize] = Kind::Unknown;
        file.roles.insert("unknown".to_owned(), id);
    }
    Ok(file)
}

fn of_words(tokenizer: &Tokenizer) -> Result<Gguf, String> {
    let (model, vocab) = vocab_txt::tokenizer::of(tokenizer)?;
    if !vocab_txt::tokenizer::bert(tokenizer).is_some_and(|bert| bert.lowercase) {
        return Err("it keeps capitals, and llama.cpp lowers every text of this kind".to_owned());
    }
    let mut file = with_tokens(tokenizer, GgufKind::Bert)?;
    file.tokens = vocab.tokens.iter().map(|line| as_token(line)).collect();
    let unknown = vocab.id(&model.options().unk_token).ok_or("it has no unknown token")?;
    file.roles.insert("unknown".to_owned(), unknown);
    let roles =
        [("cls", "[CLS]"), ("seperator", "[SEP]"), ("padding", "[PAD]"), ("mask", "[MASK]")];
    for (role, name) in roles {
        file.roles.extend(vocab.id(name).map(|id| (role.to_owned(), id)));
    }
    Ok(file)
}

fn of_likeliest(tokenizer: &Tokenizer, model: &Unigram) -> Result<Gguf, String> {
    let other = "it does not normalize text as SentencePiece does";
    let Some(Normalizer::SentencePiece(normalizer)) = tokenizer.normalizer() else {
        return Err(other.to_owned());
    };
    if !normalizer.escape_whitespaces
        || normalizer.treat_whitespace_as_suffix
        || tokenizer.pre_tokenizer().is_some()
    {
        return Err(other.to_owned());
    }
    if model.options().byte_fallback {
        let why = "it falls back on bytes, and llama.cpp's unigram models do not";
        return Err(why.to_owned());
    }
    let mut file = with_tokens(tokenizer, GgufKind::T5)?;
    let kinds = &model.options().kinds;
    let apart = kinds.iter().enumerate().filter(|&(_, kind)| *kind == unigram::Kind::Apart);
    for (id, _) in apart {
        if file.kinds[id] == Kind::Normal {
            file.kinds[id] = Kind::Control;
        }
    }
    for symbol in normalizer.symbols.iter() {
        if let Some(id) = model.id(symbol) {
            file.kinds[id as usize] = Kind::UserDefined;
        }
    }
    let unknown = model.options().unk_id.ok_or("it has no unknown token")?;
    file.kinds[unknown as usize] = Kind::Unknown;
    file.roles.insert("unknown".to_owned(), unknown);
    file.scores = model.pieces().iter().map(|&(_, score)| score as f32).collect();
    file.scores.resize(file.tokens.len(), 0.0);
    file.add_space_prefix = Some(normalizer.add_dummy_prefix);
    file.remove_extra_whitespaces = Some(normalizer.remove_extra_whitespaces);
    file.charsmap = normalizer.charsmap.as_ref().map_or(vec![], |map| map.as_bytes().to_vec());
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::super::tests::small;
    use super::*;

    fn tokenizer(kind: GgufKind) -> Tokenizer {
        to_tokenizer("x.gguf", &small(kind)).unwrap()
    }

    #[test]
    fn a_word_that_is_no_text_has_one_name() {
        for name in ["▁able", "<mask>", "[MASK]"] {
            let mut file = small(GgufKind::Bert);
            file.tokens[6] = name.to_owned();
            file.kinds[6] = Kind::Control;
            let read = to_tokenizer("x.gguf", &file).unwrap();
            let own = read.token(6).unwrap().into_owned();
            assert_eq!(own, name.trim_start_matches('▁'));
            assert_eq!(read.encode_with_special(&format!("un {own}")).unwrap(), [4, 6]);
            assert!(Tokenizer::from_json(&read.to_json()).is_ok(), "{name}");
        }
    }

    #[test]
    fn ids_are_those_of_the_kind() {
        assert_eq!(tokenizer(GgufKind::Gpt2).encode(" aab").unwrap(), [3, 4]);
        assert_eq!(tokenizer(GgufKind::Bert).encode("Unable a").unwrap(), [4, 5, 6]);
        let t5 = tokenizer(GgufKind::T5);
        assert_eq!(t5.encode("ab x").unwrap(), [5, 6, 2]);
        assert_eq!(t5.encoding("ab", None, true).unwrap().ids, [5, 1]);
        let llama = tokenizer(GgufKind::Llama);
        assert_eq!(llama.encode("ab x").unwrap(), [5, 6, 2]);
        assert_eq!(llama.encode_with_special("ab<x>b").unwrap(), [5, 9, 6, 8]);
        assert_eq!(llama.decode(&[5, 6, 8]).unwrap(), "ab b");
    }

    #[test]
    fn files_come_back() {
        for kind in [GgufKind::Gpt2, GgufKind::Llama, GgufKind::Bert, GgufKind::T5] {
            let (file, first) = (small(kind), tokenizer(kind));
            let again = from_tokenizer(&first).unwrap();
            assert_eq!((&again.tokens, &again.merges), (&file.tokens, &file.merges), "{kind:?}");
            assert_eq!((&again.scores, &again.pre), (&file.scores, &file.pre), "{kind:?}");
            let second = to_tokenizer("x.gguf", &again).unwrap();
            for text in ["ab a<x>b", " unable", "<|end|>a"] {
                let ids = |t: &Tokenizer| t.encode_with_special(text).ok();
                assert_eq!(ids(&first), ids(&second), "{kind:?} on {text:?}");
                let around = |t: &Tokenizer| t.encoding(text, None, true).ok().map(|e| e.ids);
                assert_eq!(around(&first), around(&second), "{kind:?} on {text:?}, ends");
            }
        }
    }

    #[test]
    fn lines_and_tokens_are_each_others() {
        for (token, line) in [("▁un", "un"), ("able", "##able"), ("[PAD]", "[PAD]"), ("▁[", "[")]
        {
            assert_eq!((as_line(token), as_token(line)), (line.to_owned(), token.to_owned()));
        }
    }
}
