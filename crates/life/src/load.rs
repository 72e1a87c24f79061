//! A model that can answer: of a run that is finished or still on its way, or any model folder.

use std::path::Path;

use arch::{SlotSource, Spec};
use burn::tensor::Device;
use chat::{LocalOptions, Template, TokenizerConfig};
use data::Marks;
use generate::Runtime;
use journal::Run;
use model::Opened;
use model::live::Live;
use tokenizer::Tokenizer;

use crate::Error;
use crate::frozen::Frozen;
use crate::stage::pretrain::taught_checkpoints;
use crate::stage::samples::examples;

/// The parts of a model that answers.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub decoding: Runtime,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// Its name, template and special tokens.
    pub options: LocalOptions,
    /// What a person should know, such as that training is not done.
    pub note: Option<String>,
    /// What may be said to it, to begin with.
    pub examples: Vec<String>,
}

/// Loads a run's model: the finished one, else that of the newest checkpoint.
///
/// # Errors
/// [`Error::NoModel`] if there is none yet; what its files say.
pub fn load(run: &Run) -> Result<Loaded, Error> {
    let folder = run.model_folder();
    let frozen = Frozen::read(run)?;
    let examples = examples(frozen.recipe.known_village());
    if folder.join("model.safetensors").exists() {
        return Ok(Loaded { examples, ..load_folder(&folder, &run.name())? });
    }
    let missing = |reason: &str| Error::NoModel {
        path: run.folder().to_path_buf(),
        reason: format!("{reason}; train it with `lyceum resume {}`", run.name()),
    };
    let config = frozen.config.ok_or_else(|| missing("its training has not begun"))?;
    let mut stage = (config, run.checkpoints_folder(), "");
    // What was taught last speaks, if teaching has begun.
    if let Some(teaching) = frozen.teaching {
        let taught = taught_checkpoints(run);
        if !train::checkpoint::list(&taught)?.is_empty() {
            stage = (teaching, taught, " of teaching");
        }
    }
    let (config, checkpoints, of) = stage;
    let found = train::checkpoint::latest(&checkpoints, &config, &Device::flex(), None)?;
    let state = found.state.ok_or_else(|| missing("it has no checkpoint yet"))?;
    let note = format!("after {} of {} steps{of}", state.place.step, config.steps());
    let (tokenizer, options) = words(&folder, &run.name())?;
    let decoding = runtime(state.model.spec(), &Live::new(&state.model))?;
    Ok(Loaded { decoding, tokenizer, options, note: Some(note), examples })
}

fn runtime(spec: &Spec, source: &dyn SlotSource) -> Result<Runtime, Error> {
    Ok(Runtime::new(spec, source).map_err(model::folder::Error::from)?)
}

/// The form of a run's conversations.
///
/// # Errors
/// [`Error::Chat`] for a template that cannot be read, [`Error::NoModel`] for one that knows no turns.
pub fn template(run: &Run) -> Result<Template, Error> {
    let (_, options) = words(&run.model_folder(), &run.name())?;
    match options.config.chat_template.as_deref() {
        Some(source) if source != chat::COMPLETION_TEMPLATE => {
            Ok(Template::new(source)?.beside(&options.config))
        }
        _ => Err(Error::NoModel {
            path: run.model_folder(),
            reason: "its tokenizer has no chat template, so that nobody can say how a question \
                     and an answer are written"
                .into(),
        }),
    }
}

/// Whether there is something to load.
pub fn has_model(run: &Run) -> bool {
    let checkpoints = train::checkpoint::list(&run.checkpoints_folder());
    run.model_folder().join("model.safetensors").is_file()
        || checkpoints.is_ok_and(|paths| !paths.is_empty())
}

/// Loads a Hugging Face folder.
///
/// # Errors
/// [`Error::NoModel`], [`Error::Folder`], [`Error::Tokenizer`].
pub fn load_folder(folder: &Path, name: &str) -> Result<Loaded, Error> {
    let has = |file: &str| folder.join(file).is_file();
    let parts = [
        ("config.json", has("config.json")),
        ("model.safetensors or the like", model::folder::has_weights(folder)),
        ("tokenizer.json", has("tokenizer.json")),
    ];
    if let Some((file, _)) = parts.iter().find(|(_, there)| !there) {
        let reason = format!("there is no {file}; name a run, or a folder with a model");
        return Err(Error::NoModel { path: folder.to_path_buf(), reason });
    }
    let opened = Opened::open(folder)?;
    let (tokenizer, options) = words(folder, name)?;
    let decoding = runtime(opened.spec(), &opened)?;
    Ok(Loaded { decoding, tokenizer, options, note: None, examples: Vec::new() })
}

/// Loads a file that holds a model: a GGUF file with its tokenizer and template, or a `.bin` of llama2.c
/// with its `tokenizer.bin` beside it.
///
/// # Errors
/// [`Error::NoModel`], [`Error::Folder`], [`Error::Tokenizer`].
pub fn load_file(path: &Path, name: &str) -> Result<Loaded, Error> {
    let opened = Opened::open(path)?;
    let beside = path.with_file_name("tokenizer.bin");
    let is_gguf = opened.metadata("general.architecture").is_some();
    if !is_gguf && !beside.is_file() {
        let reason = format!(
            "there is no {} with its vocabulary; `lyceum model convert --tokenizer` makes one of both",
            beside.display()
        );
        return Err(Error::NoModel { path: path.to_path_buf(), reason });
    }
    let tokenizer = Tokenizer::open(if is_gguf { path } else { &beside })?;
    let id = |key: &str| {
        let id = opened.metadata(&format!("tokenizer.ggml.{key}_token_id"))?.as_u64()?;
        u32::try_from(id).ok()
    };
    let token = |key| Some(tokenizer.token(id(key)?)?.into_owned());
    let template = opened.metadata("tokenizer.chat_template").and_then(serde_json::Value::as_str);
    // llama2.c's tokens that begin and end a text are the first two behind the unknown one.
    let mark = |key, id| if is_gguf { token(key) } else { tokenizer.token(id).map(Into::into) };
    let config = TokenizerConfig {
        chat_template: template.map(str::to_string),
        bos_token: mark("bos", 1),
        eos_token: mark("eos", 2),
        ..TokenizerConfig::default()
    };
    let ends = if is_gguf { [id("eos"), id("eot")] } else { [Some(1), Some(2)] };
    let stop_tokens = ends.into_iter().flatten().collect();
    let adds = opened.metadata("tokenizer.ggml.add_bos_token").and_then(serde_json::Value::as_bool);
    // Without a word of it, vocabularies of SentencePiece begin texts with the token, others do not.
    let of_pieces = opened.metadata("tokenizer.ggml.model").is_none_or(|kind| kind == "llama");
    let begin = id("bos").filter(|_| adds.unwrap_or(of_pieces)).into_iter().collect();
    let name = name.to_string();
    let options = LocalOptions { name, config, begin, stop_tokens, ..LocalOptions::default() };
    let decoding = runtime(opened.spec(), &opened)?;
    Ok(Loaded { decoding, tokenizer, options, note: None, examples: Vec::new() })
}

/// Whether the model was trained on conversations, as far as its template tells.
pub fn knows_conversations(loaded: &Loaded) -> bool {
    let template = loaded.options.config.chat_template.as_deref();
    template.is_some_and(|template| template != chat::COMPLETION_TEMPLATE)
}

/// The marks between which a document stands, as far as the tokenizer has such: those that its config
/// names, and `<|endoftext|>`, which means the same everywhere.
pub fn marks(tokenizer: &Tokenizer, config: &TokenizerConfig) -> Marks {
    let named = |name: &Option<String>| name.as_deref().and_then(|name| tokenizer.special(name));
    let end = tokenizer.special(chat::special::END_OF_TEXT).or_else(|| named(&config.eos_token));
    Marks { begin: named(&config.bos_token).or(end), end }
}

/// What stands before a text from nothing: the mark that begins documents, where there is one, else
/// a line break, else any token.
pub fn opening(tokenizer: &Tokenizer, options: &LocalOptions) -> Vec<u32> {
    let mark = marks(tokenizer, &options.config).begin;
    let line_break = || tokenizer.encode("\n").ok().filter(|ids| !ids.is_empty());
    mark.map(|mark| vec![mark]).or_else(line_break).unwrap_or_else(|| vec![0])
}

/// The tokens that end a text or a turn.
pub fn endings(tokenizer: &Tokenizer, options: &LocalOptions) -> Vec<u32> {
    let eos = options.config.eos_token.as_deref();
    let names = [Some(chat::special::END_OF_TEXT), Some(chat::special::END), eos];
    let named = names.into_iter().flatten().filter_map(|name| tokenizer.special(name));
    named.chain(options.stop_tokens.iter().copied()).collect()
}

/// The tokenizer of a folder and how its model is talked to, as far as its files say.
pub(crate) fn words(folder: &Path, name: &str) -> Result<(Tokenizer, LocalOptions), Error> {
    let tokenizer = Tokenizer::load(&folder.join("tokenizer.json"))?;
    let config = read(&folder.join("tokenizer_config.json"))?;
    let mut config =
        config.map_or(Ok(TokenizerConfig::default()), |text| TokenizerConfig::from_json(&text))?;
    // Where it is there, it is what counts.
    if let Some(template) = read(&folder.join("chat_template.jinja"))? {
        config = TokenizerConfig { chat_template: Some(template), tool_template: None, ..config };
    }
    let stop_tokens = ids_at(folder, "generation_config.json", "eos_token_id")?;
    let (begin, name) = (begin(&tokenizer, &config), name.to_string());
    let options = LocalOptions { name, config, begin, stop_tokens, ..LocalOptions::default() };
    Ok((tokenizer, options))
}

/// What stands before a text that is no conversation: what the tokenizer puts there itself; our own models
/// have seen the mark that begins documents.
fn begin(tokenizer: &Tokenizer, config: &TokenizerConfig) -> Vec<u32> {
    let ids = |special| tokenizer.encoding("a", None, special).map(|encoding| encoding.ids);
    if let (Ok(plain), Ok(whole)) = (ids(false), ids(true))
        && let Some(at) = whole.windows(plain.len().max(1)).position(|ids| ids == plain)
        && at > 0
    {
        return whole[..at].to_vec();
    }
    let is_ours = tokenizer.special(chat::special::USER).is_some();
    marks(tokenizer, config).begin.filter(|_| is_ours).into_iter().collect()
}

/// The ids that a JSON file of a model's folder has at a key: a number or a list of them; none if there
/// is no such file or key.
pub(crate) fn ids_at(folder: &Path, file: &str, key: &str) -> Result<Vec<u32>, Error> {
    let path = folder.join(file);
    let Some(text) = read(&path)? else { return Ok(Vec::new()) };
    let json: serde_json::Value = serde_json::from_str(&text)
        .map_err(|e| Error::File { path, reason: format!("{e}; mend it, or remove the file") })?;
    let id = |value: &serde_json::Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    let list = json[key].as_array().map(|ids| ids.iter().filter_map(id).collect());
    Ok(list.unwrap_or_else(|| id(&json[key]).into_iter().collect()))
}

/// The text of a file that need not be there.
fn read(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path: path.to_path_buf(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::tests::checkpoint;

    fn config(bos: Option<&str>, eos: Option<&str>) -> TokenizerConfig {
        let [bos_token, eos_token] = [bos, eos].map(|token| token.map(str::to_string));
        TokenizerConfig { bos_token, eos_token, ..TokenizerConfig::default() }
    }

    #[test]
    fn what_ends_an_answer_is_read_from_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let tokenizer = checkpoint(folder.path(), &["<|endoftext|>", "<turn>", "<eos>"]);
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let options = || words(folder.path(), "a").unwrap().1;
        assert_eq!(endings(&tokenizer, &options()), [287]);
        put("generation_config.json", r#"{"eos_token_id": [288, 7]}"#);
        assert_eq!(options().stop_tokens, [288, 7]);
        put("generation_config.json", r#"{"eos_token_id": 288}"#);
        put("tokenizer_config.json", r#"{"eos_token": "<eos>", "chat_template": "old"}"#);
        assert_eq!(endings(&tokenizer, &options()), [287, 289, 288]);
        assert_eq!(options().config.chat_template.as_deref(), Some("old"));
        put("chat_template.jinja", "new");
        assert_eq!(options().config.chat_template.as_deref(), Some("new"));
        put("generation_config.json", "{");
        let message = words(folder.path(), "a").unwrap_err().to_string();
        assert!(message.contains("generation_config.json"), "{message}");
    }

    #[test]
    fn documents_stand_between_the_marks_that_the_tokenizer_has() {
        let folder = tempfile::tempdir().unwrap();
        let check = |specials: &[&str], config: TokenizerConfig, expected: [Option<u32>; 2]| {
            let tokenizer = checkpoint(folder.path(), specials);
            let Marks { begin, end } = marks(&tokenizer, &config);
            assert_eq!([begin, end], expected, "{specials:?}");
        };
        check(&["<s>", "</s>"], config(Some("<s>"), Some("</s>")), [Some(288), Some(289)]);
        check(&["</s>"], config(None, Some("</s>")), [Some(289), Some(289)]);
        check(&["<|endoftext|>", "<turn>"], config(None, Some("<turn>")), [Some(288), Some(288)]);
        check(&[], config(Some("<s>"), None), [None, None]);
    }
}
