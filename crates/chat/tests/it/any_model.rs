//! A model that says anything: whatever its seed, a finished answer has the form. Over byte-level
//! and SentencePiece tokenizers, through the same loop and the same decoding as real answers.

use std::path::Path;

use arch::{Cache, Decoder, Input, Logits, Spec};
use chat::{Grammar, Vocabulary};
use generate::{Constraint, Finish, Flow, Memory, Options, Sampling, Steer, generate_with};
use serde_json::{Value, json};
use tokenizer::{Kind, LearnOptions, Tokenizer};

use super::valid::valid;

/// Its logits are noise, with a liking for what ends things.
struct Babbler {
    spec: Spec,
    seed: u64,
    liked: Vec<u32>,
}

#[derive(Clone)]
struct Length(usize);

impl Cache for Length {
    fn len(&self) -> usize {
        self.0
    }

    fn fork(&self) -> Self {
        self.clone()
    }

    fn truncate(&mut self, len: usize) -> usize {
        self.0 = len;
        len
    }
}

impl Decoder for Babbler {
    type Cache = Length;

    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn new_cache(&self) -> Length {
        Length(0)
    }

    fn forward(
        &self,
        input: Input<'_>,
        cache: &mut Length,
        _: Logits,
    ) -> Result<Vec<f32>, arch::Error> {
        let Input::Ids(ids) = input else { return Err(arch::Error::Unsupported("embeddings")) };
        cache.0 += ids.len();
        let mut rng = stdx::Rng::stream(self.seed, &format!("position {}", cache.0));
        let mut logits: Vec<f32> =
            (0..self.spec.vocab_size).map(|_| rng.below(1000) as f32 / 250.0).collect();
        self.liked.iter().for_each(|&id| logits[id as usize] += 3.0);
        Ok(logits)
    }
}

pub(crate) struct Case {
    pub(crate) tokenizer: Tokenizer,
    pub(crate) stop: Option<u32>,
    vocabulary: Vocabulary,
}

impl Case {
    pub(crate) fn new(tokenizer: Tokenizer, stop: Option<u32>) -> Self {
        let vocabulary = Vocabulary::new(&tokenizer, &Vec::from_iter(stop)).unwrap();
        Self { tokenizer, stop, vocabulary }
    }

    /// The answer's text if it was finished; no special token may be in it.
    fn answer(&self, grammar: &Grammar, seed: u64) -> Option<String> {
        self.answer_with(&[], grammar, seed)
    }

    /// The same for an answer in which these tokens may be, and are liked.
    pub(crate) fn answer_with(
        &self,
        marks: &[u32],
        grammar: &Grammar,
        seed: u64,
    ) -> Option<String> {
        let ends = ["\"", "}", "]", ",", "a", "1"].iter();
        let ends = ends.filter_map(|text| self.tokenizer.encode(text).unwrap().pop());
        let liked = ends.chain(self.stop).chain(marks.iter().copied()).collect();
        // The model has a row more than there are tokens.
        let vocab_size = self.tokenizer.vocab_size() + 1;
        let spec = Spec { context: 300, ..Spec::llama(vocab_size, 8, 1, 1) };
        let model = Babbler { spec, seed, liked };
        let options = Options {
            sampling: Sampling { seed, ..Sampling::default() },
            max_tokens: 250,
            stop_tokens: Vec::from_iter(self.stop),
            overflow: generate::Overflow::End,
            logprobs: None,
        };
        let (mut stream, mut text) = (self.tokenizer.decoder(), String::new());
        let mut on_token = |token| {
            text.push_str(&stream.push(token).unwrap());
            Flow::Continue
        };
        let mut constraint = grammar.constraint(&self.vocabulary).unwrap();
        let constraint: Option<&mut dyn Constraint> = Some(&mut constraint);
        let steer = Steer { on_token: &mut on_token, constraint };
        let mut memory = Memory::new(&model);
        let generated = generate_with(&model, &mut memory, &[0], &options, steer).unwrap();
        text.push_str(&stream.finish());
        let is_text = |id: &u32| !self.tokenizer.is_special(*id) || marks.contains(id);
        assert!(generated.tokens.iter().all(is_text), "{text:?}");
        assert_eq!(text, self.tokenizer.decode(&generated.tokens).unwrap());
        (generated.finish == Finish::Stop).then_some(text)
    }
}

fn texts() -> Vec<String> {
    let words = "{\"name\": \"Ada\", \"née\": [1, 2.5, true, null]}, yes no the 日本 <|x|> \n\t";
    (0..40).map(|i| format!("{words} {} a{i} \"é\": {{}} [-{i}e5]", i * 7919)).collect()
}

pub(crate) fn cases() -> Vec<(&'static str, Case)> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tokenizer/tokenizer.json");
    let golden = Tokenizer::load(&path).unwrap();
    let stop = golden.specials().next().map(|(_, id)| id);
    let learn = |kind, vocab_size| {
        let specials = vec!["<s>".to_string(), "</s>".to_string()];
        let options = LearnOptions { kind, vocab_size, specials, ..LearnOptions::default() };
        Tokenizer::learn(texts(), &options, &mut |_| true).unwrap()
    };
    let pieces = learn(Kind::SentencePieceBpe, 420);
    let end = pieces.special("</s>");
    assert!(stop.is_some() && end.is_some());
    vec![
        ("byte-level BPE", Case::new(golden, stop)),
        ("SentencePiece BPE", Case::new(pieces.clone(), end)),
        ("SentencePiece BPE without a stop token", Case::new(pieces, None)),
        ("Unigram", Case::new(learn(Kind::Unigram, 380), None)),
    ]
}

fn schemas() -> Vec<Value> {
    vec![
        json!({"type": "object", "properties": {
            "name": {"type": "string", "maxLength": 12}, "née": {"type": ["integer", "null"]},
            "tags": {"type": "array", "items": {"enum": ["é", "日本", "a\"b", 3]}, "maxItems": 3}},
            "required": ["name", "tags"], "additionalProperties": false}),
        json!({"type": "array", "minItems": 2, "maxItems": 4,
            "items": {"type": "integer", "minimum": -20, "maximum": 300, "multipleOf": 5}}),
        json!({"type": "string", "pattern": "^[a-cé]{2,6}( [0-9]+)?$", "minLength": 3}),
        json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {
            "value": {"type": "boolean"}, "next": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]}},
            "required": ["value", "next"], "additionalProperties": false}}}),
        json!({"type": "object", "additionalProperties": {"type": "boolean"}, "required": ["a"],
            "properties": {"a": {"const": {"b": [null, "\n\u{8}"]}}}}),
        json!({"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 8},
            {"type": "number", "minimum": 0.5, "maximum": 2}]}),
    ]
}

#[test]
fn json_is_valid_whatever_the_model_says() {
    for (name, case) in cases() {
        for schema in schemas() {
            let grammar = Grammar::json_schema(&schema);
            let answers: Vec<String> =
                (0..40).filter_map(|seed| case.answer(&grammar, seed)).collect();
            assert!(answers.len() > 10, "{name}, {schema}: {} answers", answers.len());
            let first = &answers[0];
            assert!(answers.iter().any(|answer| answer != first), "{name}, {schema}: all {first}");
            for answer in answers {
                let value: Value = serde_json::from_str(&answer).expect(&answer);
                assert!(valid(&schema, &schema, &value), "{name}, {schema}: {answer}");
            }
        }
    }
}

#[test]
fn any_object_is_json() {
    for (name, case) in cases() {
        let answers = (0..60).filter_map(|seed| case.answer(&Grammar::json_object(), seed));
        let answers: Vec<String> = answers.collect();
        assert!(answers.len() > 20, "{name}: {} answers", answers.len());
        for answer in answers {
            match serde_json::from_str::<Value>(&answer) {
                Ok(value) => assert!(value.is_object(), "{name}: {answer}"),
                // JSON has them, f64 has not.
                Err(error) => {
                    assert!(error.to_string().contains("out of range"), "{name}: {answer}")
                }
            }
        }
    }
}

#[test]
fn patterns_match_from_end_to_end() {
    let patterns = [" ?(yes|no)( .{1,3})?", "(?s).{0,9}", "[é日本]{1,4}|\\d{2}-\\w{1,2}x", "a*b*"];
    for (name, case) in cases() {
        for pattern in patterns {
            let whole = fancy_regex::Regex::new(&format!("^(?:{pattern})$(?-m)")).unwrap();
            let grammar = Grammar::regex(pattern);
            let answers: Vec<String> =
                (0..60).filter_map(|seed| case.answer(&grammar, seed)).collect();
            assert!(case.stop.is_none() || answers.len() > 10, "{name}, {pattern}: {answers:?}");
            for answer in answers {
                assert!(whole.is_match(&answer).unwrap(), "{name}, {pattern}: {answer:?}");
            }
        }
    }
}

#[test]
fn every_choice_comes_and_no_other() {
    let choices = ["yes", " no", "日本", "<s>"];
    for (name, case) in cases() {
        let grammar = Grammar::choices(choices);
        let mut came: Vec<String> =
            (0..200).filter_map(|seed| case.answer(&grammar, seed)).collect();
        came.sort();
        came.dedup();
        assert!(came.iter().all(|text| choices.contains(&text.as_str())), "{name}: {came:?}");
        assert!(came.len() == 4, "{name}: only {came:?}");
    }
}
