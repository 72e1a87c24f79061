//! The messages of `sentencepiece_model.proto` (proto2), field by field, with their defaults.
//! Written out, so that no compiler for protocols is needed to build.

/// A whole file.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ModelProto {
    /// By id.
    #[prost(message, repeated, tag = "1")]
    pub(crate) pieces: Vec<Piece>,
    #[prost(message, optional, tag = "2")]
    pub(crate) trainer_spec: Option<TrainerSpec>,
    #[prost(message, optional, tag = "3")]
    pub(crate) normalizer_spec: Option<NormalizerSpec>,
    #[prost(message, optional, tag = "4")]
    pub(crate) self_test_data: Option<SelfTestData>,
    /// How decoded text is normalized.
    #[prost(message, optional, tag = "5")]
    pub(crate) denormalizer_spec: Option<NormalizerSpec>,
}

impl ModelProto {
    /// How it was trained, or the defaults.
    pub(crate) fn trainer(&self) -> TrainerSpec {
        self.trainer_spec.clone().unwrap_or_default()
    }

    /// How text is normalized, or the defaults.
    pub(crate) fn normalizer(&self) -> NormalizerSpec {
        self.normalizer_spec.clone().unwrap_or_default()
    }
}

/// One piece.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Piece {
    #[prost(string, optional, tag = "1")]
    pub(crate) piece: Option<String>,
    /// A log probability, or what orders merges.
    #[prost(float, optional, tag = "2")]
    pub(crate) score: Option<f32>,
    #[prost(enumeration = "Kind", optional, tag = "3", default = "Normal")]
    pub(crate) r#type: Option<i32>,
}

impl Piece {
    pub(crate) fn new(piece: &str, score: f32, kind: Kind) -> Self {
        let kind = (kind != Kind::Normal).then_some(kind as i32);
        Self { piece: Some(piece.to_owned()), score: Some(score), r#type: kind }
    }

    /// What text has to do with it; a kind that is not known is a normal one, as in proto2.
    pub(crate) fn kind(&self) -> Kind {
        self.r#type()
    }
}

/// What text has to do with a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Kind {
    /// Text may spell it.
    Normal = 1,
    /// Stands for what is unknown; there is one.
    Unknown = 2,
    /// Begin, end and their like: text never spells them.
    Control = 3,
    /// Taken whole wherever it stands.
    UserDefined = 4,
    /// Merged through but not given out: a vocabulary was restricted.
    Unused = 5,
    /// One of 256 that spell what is unknown.
    Byte = 6,
}

impl Kind {
    /// Whether text may spell it, be it given out or not.
    pub(crate) fn is_spelled(self) -> bool {
        matches!(self, Self::Normal | Self::UserDefined | Self::Unused)
    }
}

/// How the pieces are chosen for a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum ModelKind {
    /// The likeliest ones.
    Unigram = 1,
    /// Merges, the best score first.
    Bpe = 2,
    /// Words between spaces.
    Word = 3,
    /// Characters.
    Char = 4,
}

/// How a model was trained.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TrainerSpec {
    #[prost(string, repeated, tag = "1")]
    pub(crate) input: Vec<String>,
    #[prost(string, optional, tag = "7")]
    pub(crate) input_format: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) model_prefix: Option<String>,
    #[prost(enumeration = "ModelKind", optional, tag = "3", default = "Unigram")]
    pub(crate) model_type: Option<i32>,
    #[prost(int32, optional, tag = "4", default = "8000")]
    pub(crate) vocab_size: Option<i32>,
    #[prost(string, repeated, tag = "5")]
    pub(crate) accept_language: Vec<String>,
    #[prost(int32, optional, tag = "6", default = "0")]
    pub(crate) self_test_sample_size: Option<i32>,
    #[prost(bool, optional, tag = "50", default = "false")]
    pub(crate) enable_differential_privacy: Option<bool>,
    #[prost(float, optional, tag = "51", default = "0.0")]
    pub(crate) differential_privacy_noise_level: Option<f32>,
    #[prost(uint64, optional, tag = "52", default = "0")]
    pub(crate) differential_privacy_clipping_threshold: Option<u64>,
    #[prost(float, optional, tag = "10", default = "0.9995")]
    pub(crate) character_coverage: Option<f32>,
    #[prost(uint64, optional, tag = "11", default = "0")]
    pub(crate) input_sentence_size: Option<u64>,
    #[prost(bool, optional, tag = "19", default = "true")]
    pub(crate) shuffle_input_sentence: Option<bool>,
    #[prost(int32, optional, tag = "12")]
    pub(crate) mining_sentence_size: Option<i32>,
    #[prost(int32, optional, tag = "13")]
    pub(crate) training_sentence_size: Option<i32>,
    #[prost(int32, optional, tag = "14", default = "1000000")]
    pub(crate) seed_sentencepiece_size: Option<i32>,
    #[prost(float, optional, tag = "15", default = "0.75")]
    pub(crate) shrinking_factor: Option<f32>,
    #[prost(int32, optional, tag = "18", default = "4192")]
    pub(crate) max_sentence_length: Option<i32>,
    #[prost(int32, optional, tag = "16", default = "16")]
    pub(crate) num_threads: Option<i32>,
    #[prost(int32, optional, tag = "17", default = "2")]
    pub(crate) num_sub_iterations: Option<i32>,
    #[prost(int32, optional, tag = "20", default = "16")]
    pub(crate) max_sentencepiece_length: Option<i32>,
    #[prost(bool, optional, tag = "21", default = "true")]
    pub(crate) split_by_unicode_script: Option<bool>,
    #[prost(bool, optional, tag = "23", default = "true")]
    pub(crate) split_by_number: Option<bool>,
    #[prost(bool, optional, tag = "22", default = "true")]
    pub(crate) split_by_whitespace: Option<bool>,
    #[prost(bool, optional, tag = "24", default = "false")]
    pub(crate) treat_whitespace_as_suffix: Option<bool>,
    #[prost(bool, optional, tag = "26", default = "false")]
    pub(crate) allow_whitespace_only_pieces: Option<bool>,
    #[prost(bool, optional, tag = "25", default = "false")]
    pub(crate) split_digits: Option<bool>,
    #[prost(string, optional, tag = "53", default = "")]
    pub(crate) pretokenization_delimiter: Option<String>,
    #[prost(string, repeated, tag = "30")]
    pub(crate) control_symbols: Vec<String>,
    #[prost(string, repeated, tag = "31")]
    pub(crate) user_defined_symbols: Vec<String>,
    #[prost(string, optional, tag = "36")]
    pub(crate) required_chars: Option<String>,
    #[prost(bool, optional, tag = "35", default = "false")]
    pub(crate) byte_fallback: Option<bool>,
    #[prost(bool, optional, tag = "32", default = "true")]
    pub(crate) vocabulary_output_piece_score: Option<bool>,
    #[prost(bool, optional, tag = "33", default = "true")]
    pub(crate) hard_vocab_limit: Option<bool>,
    #[prost(bool, optional, tag = "34", default = "false")]
    pub(crate) use_all_vocab: Option<bool>,
    #[prost(int32, optional, tag = "40", default = "0")]
    pub(crate) unk_id: Option<i32>,
    #[prost(int32, optional, tag = "41", default = "1")]
    pub(crate) bos_id: Option<i32>,
    #[prost(int32, optional, tag = "42", default = "2")]
    pub(crate) eos_id: Option<i32>,
    #[prost(int32, optional, tag = "43", default = "-1")]
    pub(crate) pad_id: Option<i32>,
    #[prost(string, optional, tag = "45", default = "<unk>")]
    pub(crate) unk_piece: Option<String>,
    #[prost(string, optional, tag = "46", default = "<s>")]
    pub(crate) bos_piece: Option<String>,
    #[prost(string, optional, tag = "47", default = "</s>")]
    pub(crate) eos_piece: Option<String>,
    #[prost(string, optional, tag = "48", default = "<pad>")]
    pub(crate) pad_piece: Option<String>,
    /// What decoding shows for the unknown piece.
    #[prost(string, optional, tag = "44", default = " \u{2047} ")]
    pub(crate) unk_surface: Option<String>,
    #[prost(bool, optional, tag = "49", default = "false")]
    pub(crate) train_extremely_large_corpus: Option<bool>,
    #[prost(string, optional, tag = "54", default = "")]
    pub(crate) seed_sentencepieces_file: Option<String>,
}

/// How text is normalized.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NormalizerSpec {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) precompiled_charsmap: Option<Vec<u8>>,
    #[prost(bool, optional, tag = "3", default = "true")]
    pub(crate) add_dummy_prefix: Option<bool>,
    #[prost(bool, optional, tag = "4", default = "true")]
    pub(crate) remove_extra_whitespaces: Option<bool>,
    #[prost(bool, optional, tag = "5", default = "true")]
    pub(crate) escape_whitespaces: Option<bool>,
    #[prost(string, optional, tag = "6")]
    pub(crate) normalization_rule_tsv: Option<String>,
}

/// Texts and what they should be cut into.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SelfTestData {
    #[prost(message, repeated, tag = "1")]
    pub(crate) samples: Vec<Sample>,
}

/// One text.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Sample {
    #[prost(string, optional, tag = "1")]
    pub(crate) input: Option<String>,
    /// Its pieces, with spaces between.
    #[prost(string, optional, tag = "2")]
    pub(crate) expected: Option<String>,
}
