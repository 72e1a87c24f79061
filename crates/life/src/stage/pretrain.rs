//! Tokens to a model: checkpoints on the way, the model's folder at the end, and where a running mean
//! of the weights is kept, a folder of that.
//!
//! Training on text and teaching are the same loop over other tokens, in folders of their own.

use std::path::{Path, PathBuf};

use journal::{Journal, Run};
use model::Transformer;
use train::probe::bar::Bar;
use train::probe::record::{Before, Recorder};
use train::{Config, Ending, Outcome, Task, train};

use super::tokens::Tokens;
use crate::{Error, Session};

/// A stage that trains.
#[derive(Clone, Debug)]
pub struct Training {
    /// Its name.
    pub stage: &'static str,
    /// The model to begin with, if not a random one.
    pub from: Option<PathBuf>,
    /// Where its checkpoints lie.
    pub checkpoints: PathBuf,
    /// Where its model goes.
    pub model: PathBuf,
    /// What the training before it came to.
    pub before: Before,
}

impl Training {
    /// The stage that reads text: its model is the run's, or what teaching begins with.
    pub fn on_text(run: &Run, from: Option<PathBuf>, is_taught: bool) -> Self {
        let model = if is_taught { read_folder(run) } else { run.model_folder() };
        let checkpoints = run.checkpoints_folder();
        Self { stage: "pretrain", from, checkpoints, model, before: Before::default() }
    }

    /// The stage that is taught to answer, after reading came to this.
    pub fn on_lessons(run: &Run, before: Before) -> Self {
        let (from, checkpoints) = (Some(read_folder(run)), taught_checkpoints(run));
        Self { stage: "teach", from, checkpoints, model: run.model_folder(), before }
    }

    /// The stage that is taught to answer where nothing is read: all the training that there is.
    pub fn on_lessons_alone(run: &Run, from: PathBuf) -> Self {
        let checkpoints = run.checkpoints_folder();
        let (from, model, before) = (Some(from), run.model_folder(), Before::default());
        Self { stage: "teach", from, checkpoints, model, before }
    }
}

/// Where the model lies that has read and was not taught yet.
pub fn read_folder(run: &Run) -> PathBuf {
    run.folder().join("read")
}

/// Where the checkpoints of teaching lie.
pub fn taught_checkpoints(run: &Run) -> PathBuf {
    run.folder().join("checkpoints-teach")
}

/// Trains, or goes on training, and writes the finished model.
///
/// # Errors
/// [`Error::Train`], [`Error::Folder`], [`Error::Interrupted`] with a checkpoint kept.
pub fn pretrain(
    run: &Run,
    training: &Training,
    config: &Config,
    tokens: &Tokens,
    (journal, session): (&mut Journal, &Session),
) -> Result<Outcome, Error> {
    let task = Task {
        config,
        train: &tokens.train,
        held_out: &tokens.held_out,
        from: training.from.as_deref(),
        checkpoints: &training.checkpoints,
        device: &session.device,
        interrupt: &session.interrupt,
    };
    let mut bar = Bar::new(session.progress(training.stage, config.steps()), session.peak);
    let mut recorder = Recorder::new(journal, run.records()?).after(training.before);
    if training.stage == "teach" {
        recorder = recorder.measuring(journal::ANSWERS);
    }
    let outcome = train(task, &mut [&mut recorder, &mut bar])?;
    if outcome.ending == Ending::Interrupted {
        return Err(Error::Interrupted { stage: training.stage });
    }
    model::folder::save(&outcome.model, &training.model)?;
    if let Some(average) = &outcome.average {
        save_averaged(run, average, &averaged_folder(&training.model))?;
    }
    Ok(outcome)
}

/// Where the running mean of a model's weights lies: `model-ema` beside `model`.
pub fn averaged_folder(model: &Path) -> PathBuf {
    let name = model.file_name().unwrap_or_default().to_string_lossy();
    model.with_file_name(format!("{name}-ema"))
}

/// A folder as whole as the run's model is: with what words and talks are read by.
fn save_averaged(run: &Run, average: &Transformer, folder: &Path) -> Result<(), Error> {
    model::folder::save(average, folder)?;
    for name in ["tokenizer.json", "tokenizer_config.json", "generation_config.json"] {
        let theirs = run.model_folder().join(name);
        if theirs.is_file() {
            let bytes = std::fs::read(&theirs).map_err(Error::io(&theirs))?;
            let ours = folder.join(name);
            stdx::atomic_file::write(&ours, &bytes).map_err(Error::io(&ours))?;
        }
    }
    Ok(())
}
