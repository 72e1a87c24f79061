//! Each post-processor on small encodings, one text and two.

use serde_json::{Value, json};

use super::*;

fn text(ids: &[u32], type_id: u32) -> Encoding {
    let tokens: Vec<_> = ids.iter().map(|&id| (id, format!("Ġ{id}"))).collect();
    let mut text = Encoding::of_special(&tokens, type_id);
    text.special_tokens_mask.fill(0);
    text.offsets = (0..ids.len()).map(|at| (2 * at, 2 * at + 2)).collect();
    text.char_offsets = text.offsets.clone();
    text
}

fn processor(json: &Value) -> PostProcessor {
    let processor = PostProcessor::from_json(json).unwrap();
    assert_eq!(processor.to_json(), *json);
    processor
}

/// Ids, types, masks and the text that each token is of, of one text and of two.
fn check(json: Value, single: &str, pair: &str) {
    let processor = processor(&json);
    for (texts, expected) in
        [(vec![text(&[1, 2], 0)], single), (vec![text(&[1, 2], 0), text(&[3], 1)], pair)]
    {
        let is_pair = texts.len() == 2;
        let len: usize = texts.iter().map(Encoding::len).sum();
        let plain = processor.run(texts.clone(), false).unwrap();
        assert_eq!(plain.len(), len, "{json}");
        let whole = processor.run(texts, true).unwrap();
        assert_eq!(whole.len(), len + processor.added_tokens(is_pair), "{json}");
        let shown: Vec<String> = (0..whole.len())
            .map(|at| {
                let of = whole.sequence_ids()[at].map_or("-".to_owned(), |of| of.to_string());
                format!("{}:{}{of}", whole.ids[at], whole.type_ids[at])
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "{json}");
    }
}

#[test]
fn each_processor() {
    check(
        json!({"type": "BertProcessing", "sep": ["[SEP]", 8], "cls": ["[CLS]", 7]}),
        "7:0- 1:00 2:00 8:0-",
        "7:0- 1:00 2:00 8:0- 3:11 8:1-",
    );
    check(
        json!({"type": "RobertaProcessing", "sep": ["</s>", 8], "cls": ["<s>", 7],
            "trim_offsets": true, "add_prefix_space": false}),
        "7:0- 1:00 2:00 8:0-",
        "7:0- 1:00 2:00 8:0- 8:0- 3:01 8:0-",
    );
    check(
        json!({"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "x", "type_id": 3}},
                {"Sequence": {"id": "A", "type_id": 2}}],
            "pair": [{"Sequence": {"id": "B", "type_id": 5}}, {"Sequence": {"id": "A", "type_id": 4}}],
            "special_tokens": {"x": {"id": "x", "ids": [7, 9], "tokens": ["<a>", "<b>"]}}}),
        "7:3- 9:3- 1:20 2:20",
        "3:51 1:40 2:40",
    );
    check(
        json!({"type": "Sequence", "processors": [
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
            {"type": "BertProcessing", "sep": ["[SEP]", 8], "cls": ["[CLS]", 7]}]}),
        "7:0- 1:00 2:00 8:0-",
        "7:0- 1:00 2:00 8:0- 3:11 8:1-",
    );
}

#[test]
fn spaces_are_trimmed_off_offsets() {
    let offsets = |add_prefix_space: bool| {
        let mut text = text(&[1, 2], 0);
        trim::run(&mut text, add_prefix_space);
        assert_eq!(text.offsets, text.char_offsets);
        text.offsets
    };
    assert_eq!(offsets(false), [(1, 2), (3, 4)]);
    assert_eq!(offsets(true), [(0, 2), (3, 4)]);
}

#[test]
fn what_overflowed_of_two_texts_is_joined() {
    let mut first = text(&[1], 0);
    first.overflowing = vec![text(&[2], 0)];
    let mut second = text(&[3], 1);
    second.overflowing = vec![text(&[4], 1)];
    let json = json!({"type": "BertProcessing", "sep": ["[SEP]", 8], "cls": ["[CLS]", 7]});
    let whole = processor(&json).run(vec![first, second], true).unwrap();
    let ids = |part: &Encoding| part.ids.clone();
    assert_eq!(whole.ids, [7, 1, 8, 3, 8]);
    let overflowing: Vec<_> = whole.overflowing.iter().map(ids).collect();
    assert_eq!(overflowing, [[7, 2, 8, 3, 8], [7, 2, 8, 4, 8], [7, 1, 8, 4, 8]]);
}

#[test]
fn a_template_that_makes_too_much_is_refused() {
    let many = vec![json!({"Sequence": {"id": "A", "type_id": 0}}); 40];
    let json =
        json!({"type": "TemplateProcessing", "single": many, "pair": [], "special_tokens": {}});
    let mut text = text(&[1; 100], 0);
    text.overflowing = vec![text.clone(); 50];
    let error = processor(&json).run(vec![text], true).unwrap_err().to_string();
    assert!(error.contains("too large"), "{error}");
}

#[test]
fn what_is_no_processor_is_refused() {
    let template = |single: Value, special: Value| json!({"type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": special});
    let special = |id: &str| json!([{"SpecialToken": {"id": id, "type_id": 0}}]);
    let second = json!([{"Sequence": {"id": "B", "type_id": 0}}]);
    let uneven = json!({"x": {"id": "x", "ids": [7, 9], "tokens": ["<a>"]}});
    for (json, expected) in [
        (json!({"type": "Magic"}), "post_processor.type"),
        (json!({"type": "BertProcessing", "sep": ["x"], "cls": ["y", 1]}), "post_processor.sep"),
        (template(special("y"), json!({})), "names \"y\""),
        (template(second, json!({})), "a second one"),
        (template(json!([]), uneven), "2 ids and 1 tokens"),
        (template(json!([{}]), json!({})), "SpecialToken"),
    ] {
        let error = PostProcessor::from_json(&json).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
