//! A model that can answer: of a run that is finished or still on its way, or any model folder.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use chat::{LocalOptions, Template, TokenizerConfig};
use journal::Run;
use model::Decoding;
use tokenizer::Tokenizer;

use crate::Error;
use crate::frozen::Frozen;
use crate::stage::pretrain::taught_checkpoints;
use crate::stage::samples::examples;

/// The parts of a model that answers.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub decoding: Decoding,
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
    let examples = examples(&frozen.recipe.corpus);
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
    let found = train::checkpoint::latest(&checkpoints, &config, &Device::flex())?;
    let state = found.state.ok_or_else(|| missing("it has no checkpoint yet"))?;
    let note = format!("after {} of {} steps{of}", state.place.step, config.steps());
    let (tokenizer, options) = words(&folder, &run.name())?;
    let decoding = Decoding::new(state.model);
    Ok(Loaded { decoding, tokenizer, options, note: Some(note), examples })
}

/// The form of a run's conversations.
///
/// # Errors
/// [`Error::Chat`] for a template that cannot be read, [`Error::NoModel`] for one that knows no turns.
pub fn template(run: &Run) -> Result<Template, Error> {
    let (_, options) = words(&run.model_folder(), &run.name())?;
    match options.config.chat_template.as_deref() {
        Some(source) if source != chat::COMPLETION_TEMPLATE => Ok(Template::new(source)?),
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
    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        if !folder.join(file).is_file() {
            let reason = format!("there is no {file}; name a run, or a folder with a model");
            return Err(Error::NoModel { path: folder.to_path_buf(), reason });
        }
    }
    let model = model::folder::load(folder, &Device::flex())?;
    let (tokenizer, options) = words(folder, name)?;
    let decoding = Decoding::new(model);
    Ok(Loaded { decoding, tokenizer, options, note: None, examples: Vec::new() })
}

/// Whether the model was trained on conversations, as far as its template tells.
pub fn knows_conversations(loaded: &Loaded) -> bool {
    let template = loaded.options.config.chat_template.as_deref();
    template.is_some_and(|template| template != chat::COMPLETION_TEMPLATE)
}

/// What stands before a text from nothing: the mark that begins documents, where there is one, else
/// a line break, else any token.
pub fn opening(tokenizer: &Tokenizer) -> Vec<u32> {
    let mark = tokenizer.special(chat::special::END_OF_TEXT);
    let line_break = || tokenizer.encode("\n").ok().filter(|ids| !ids.is_empty());
    mark.map(|mark| vec![mark]).or_else(line_break).unwrap_or_else(|| vec![0])
}

/// The tokens that end a text or a turn.
pub fn endings(tokenizer: &Tokenizer) -> Vec<u32> {
    let names = [chat::special::END_OF_TEXT, chat::special::END];
    names.into_iter().filter_map(|name| tokenizer.special(name)).collect()
}

fn words(folder: &Path, name: &str) -> Result<(Tokenizer, LocalOptions), Error> {
    let tokenizer = Tokenizer::load(&folder.join("tokenizer.json"))?;
    let path: PathBuf = folder.join("tokenizer_config.json");
    let config = match std::fs::read_to_string(&path) {
        Ok(text) => TokenizerConfig::from_json(&text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => TokenizerConfig::default(),
        Err(source) => return Err(Error::Io { path, source }),
    };
    Ok((tokenizer, LocalOptions { name: name.to_string(), config, ..LocalOptions::default() }))
}
