//! Folders that a life can begin with, and those that it cannot.

use std::path::Path;

use chat::{Conversation, DEFAULT_TEMPLATE, Message, PLAIN_TEMPLATE, Role, Template, special};
use tokenizer::TrainOptions;

use super::*;
use crate::Source;

const CHATML: &str = "{% for m in messages %}\
    {{ '<|im_start|>' + m.role + '\\n' + m.content | trim + '<|im_end|>\\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const CHATML_TOKENS: [&str; 3] = [special::END_OF_TEXT, "<|im_start|>", "<|im_end|>"];
/// An answer ends with a line, and no token says so.
const LINES: &str = "{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";

/// Writes a GPT-2 of two blocks with random weights, and a tokenizer with these special tokens.
pub(crate) fn checkpoint(folder: &Path, specials: &[&str]) -> Tokenizer {
    let specials: Vec<String> = specials.iter().map(ToString::to_string).collect();
    let options = TrainOptions { vocab_size: 290, specials, ..TrainOptions::default() };
    let text = "Where is Ada? Ada is at the mill. Tom went home by the old road.";
    let tokenizer = Tokenizer::train([text; 40], &options).unwrap();
    tokenizer.save(&folder.join("tokenizer.json")).unwrap();
    config(folder, "{}");
    let spec = model::folder::spec(folder).unwrap();
    let model = model::init::random(&spec, 7, &Device::flex()).unwrap();
    model::folder::save(&model, folder).unwrap();
    tokenizer
}

/// Writes its `config.json` with some more keys.
fn config(folder: &Path, more: &str) {
    let mut config = serde_json::json!({
        "model_type": "gpt2", "vocab_size": 304, "n_embd": 16, "n_layer": 2, "n_head": 2,
        "n_positions": 128, "activation_function": "gelu_new",
    });
    let more: serde_json::Value = serde_json::from_str(more).unwrap();
    more.as_object().unwrap().iter().for_each(|(key, value)| config[key] = value.clone());
    put(folder, "config.json", &config.to_string());
}

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// A recipe that is taught with a file, or by the village.
fn recipe(has_instructions: bool) -> Recipe {
    let instructions = has_instructions.then(|| "talks.jsonl".parse().unwrap());
    let instructions = Vec::from_iter(instructions);
    Recipe { from: Some("m".into()), life: true, instructions, ..Recipe::default() }
}

/// The form of a folder with these special tokens, after some change to it.
fn form(specials: &[&str], recipe: &Recipe, change: impl Fn(&Path)) -> Result<form::Form, Error> {
    let folder = tempfile::tempdir().unwrap();
    checkpoint(folder.path(), specials);
    change(folder.path());
    look(recipe, folder.path()).map(|candidate| candidate.form)
}

fn template(source: &str) -> impl Fn(&Path) {
    let config = serde_json::json!({"chat_template": source, "eos_token": special::END_OF_TEXT});
    move |folder| put(folder, "tokenizer_config.json", &config.to_string())
}

#[test]
fn what_is_missing_is_named_with_what_would_do() {
    let check = |change: &dyn Fn(&Path), word: &str| {
        let folder = tempfile::tempdir().unwrap();
        checkpoint(folder.path(), &[special::END_OF_TEXT]);
        look(&recipe(true), folder.path()).unwrap();
        change(folder.path());
        let message = look(&recipe(true), folder.path()).unwrap_err().to_string();
        assert!(message.contains(word), "{word} in {message}");
        message
    };
    let gone =
        |name: &'static str| move |folder: &Path| std::fs::remove_file(folder.join(name)).unwrap();
    check(&gone("config.json"), "there is no config.json; give the folder of");
    check(&gone("tokenizer.json"), "AutoTokenizer");
    check(&gone("model.safetensors"), "lyceum resume");
    let sharded = |folder: &Path| {
        gone("model.safetensors")(folder);
        put(folder, "model.safetensors.index.json", "{}");
    };
    check(&sharded, "weight_map");
    let pickled = |folder: &Path| {
        gone("model.safetensors")(folder);
        put(folder, "pytorch_model.bin", "");
    };
    check(&pickled, "pytorch_model.bin");
    let of_family = |name: &'static str| {
        move |folder: &Path| config(folder, &format!("{{\"model_type\": \"{name}\"}}"))
    };
    check(&of_family("t5"), "llama");
    check(&|folder| config(folder, r#"{"n_layer": 3}"#), "h.2.");
    check(&|folder| config(folder, r#"{"n_embd": 32}"#), "shape");
    check(&|folder| config(folder, r#"{"vocab_size": 100}"#), "290 ids, its embedding 100 rows");
    check(
        &|folder| put(folder, "tokenizer.json", r#"{"model": {"type": "WordPiece"}}"#),
        "unk_token",
    );
    check(&|folder| put(folder, "tokenizer_config.json", "{"), "tokenizer_config.json");
    check(&|folder| put(folder, "model.safetensors", "weights"), "safetensors");
    let nowhere = look(&recipe(true), Path::new("no/where")).unwrap_err().to_string();
    assert!(nowhere.contains("no/where") && nowhere.contains("a run's name"), "{nowhere}");
}

#[test]
fn dials_that_do_not_go_with_the_model_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    checkpoint(folder.path(), &[special::END_OF_TEXT]);
    let mut recipe = recipe(true);
    recipe.train.context = Some(256);
    let message = look(&recipe, folder.path()).unwrap_err().to_string();
    assert!(message.contains("at most the model's 128"), "{message}");
}

#[test]
fn its_own_template_is_taken_where_it_will_do() {
    let own = form(&CHATML_TOKENS, &recipe(true), template(CHATML)).unwrap();
    assert_eq!(own.config.chat_template.as_deref(), Some(CHATML));
    // The text's end, then the turn's, which no config names.
    assert_eq!(
        (own.endings.as_slice(), own.note.as_str()),
        (&[287, 289][..], "chat template: its own")
    );
    let beside = |folder: &Path| put(folder, "chat_template.jinja", CHATML);
    let beside = form(&CHATML_TOKENS, &recipe(true), beside).unwrap();
    assert_eq!(beside.config.chat_template.as_deref(), Some(CHATML));
    let known = |folder: &Path| {
        template(CHATML)(folder);
        put(folder, "generation_config.json", r#"{"eos_token_id": [5, 289]}"#);
    };
    assert_eq!(form(&CHATML_TOKENS, &recipe(true), known).unwrap().endings, [287, 289, 5]);
}

#[test]
fn a_template_that_will_not_do_is_passed_over_with_a_reason() {
    let check = |source: &str, recipe: &Recipe, why: &str| {
        let form = form(&CHATML_TOKENS, recipe, template(source)).unwrap();
        assert_eq!(form.config.chat_template.as_deref(), Some(PLAIN_TEMPLATE));
        assert!(form.note.contains("plain words (not its own: "), "{}", form.note);
        assert!(form.note.contains(why), "{}", form.note);
        assert_eq!(form.endings, [287]);
    };
    check(LINES, &recipe(true), "no special token");
    check("{% if %}", &recipe(true), "cannot be read");
    check("{{ messages[-1].content }}", &recipe(true), "which of its text");
    // What only rules or tools upset is in the way of the village's lessons alone.
    let strict = format!(
        "{{% if messages[0].role == 'system' %}}{{{{ raise_exception('no rules') }}}}{{% endif %}}{CHATML}"
    );
    check(&strict, &recipe(false), "no rules");
    let own = form(&CHATML_TOKENS, &recipe(true), template(&strict)).unwrap();
    assert_eq!(own.config.chat_template.as_deref(), Some(strict.as_str()));
}

#[test]
fn ours_needs_our_tokens_and_plain_words_the_end_of_a_text() {
    let nothing = |_: &Path| {};
    let ours = form(&special::ALL, &recipe(false), nothing).unwrap();
    assert_eq!(ours.config.chat_template.as_deref(), Some(DEFAULT_TEMPLATE));
    assert_eq!(ours.endings, [285, 289]);
    // A completion template, as of our own models that only read, says nothing of answers.
    let completes = form(&special::ALL, &recipe(false), template(chat::COMPLETION_TEMPLATE));
    assert_eq!(completes.unwrap(), ours.clone());
    let by_id = |folder: &Path| config(folder, r#"{"eos_token_id": 289, "bos_token_id": 289}"#);
    let plain = form(&["<end>"], &recipe(false), by_id).unwrap();
    assert_eq!(plain.config.eos_token.as_deref(), Some("<end>"));
    assert_eq!(plain.config.bos_token.as_deref(), Some("<end>"));
    assert_eq!(plain.endings, [289]);
    let message = form(&["<end>"], &recipe(true), nothing).unwrap_err().to_string();
    assert!(message.contains("eos_token") && message.contains("no answer would end"), "{message}");
}

#[test]
fn a_model_that_only_reads_keeps_what_it_has() {
    let reads =
        Recipe { life: false, corpus: Source::Files { path: "a.txt".into() }, ..recipe(false) };
    let bare = form(&["<end>"], &reads, |_: &Path| {}).unwrap();
    assert_eq!(bare.config.chat_template.as_deref(), Some(chat::COMPLETION_TEMPLATE));
    let own = form(&CHATML_TOKENS, &reads, template(CHATML)).unwrap();
    assert_eq!(own.config.chat_template.as_deref(), Some(CHATML));
}

#[test]
fn plain_words_end_with_the_tokens_of_the_folder() {
    let form = form(&[special::END_OF_TEXT], &recipe(true), |_: &Path| {}).unwrap();
    let template =
        Template::new(form.config.chat_template.as_deref().unwrap()).unwrap().beside(&form.config);
    let talk = [Message::new(Role::User, "Who?"), Message::new(Role::Assistant, "Ada.")];
    let text = template.render(&Conversation::whole(&talk)).unwrap();
    assert_eq!(text, "User: Who?\n\nAssistant:\nAda.<|endoftext|>\n\n");
}

#[test]
fn a_run_s_model_has_the_run_s_name() {
    let check = |path: &str, name: &str| assert_eq!(name_of(Path::new(path)), name);
    check("/lyceum/runs/bard/model", "bard");
    check("/checkpoints/gpt2", "gpt2");
    check("model", "model");
}
