//! Tokens to a model: checkpoints on the way, the model's folder at the end.

use journal::{Journal, Run};
use train::probe::bar::Bar;
use train::probe::record::Recorder;
use train::{Config, Ending, Outcome, Task, train};

use super::tokens::Tokens;
use crate::{Error, Session};

/// Trains, or goes on training, and writes the finished model.
///
/// # Errors
/// [`Error::Train`], [`Error::Folder`], [`Error::Interrupted`] with a checkpoint kept.
pub fn pretrain(
    run: &Run,
    config: &Config,
    tokens: &Tokens,
    journal: &mut Journal,
    session: &Session,
) -> Result<Outcome, Error> {
    let task = Task {
        config,
        train: &tokens.train,
        held_out: &tokens.held_out,
        from: None,
        checkpoints: &run.checkpoints_folder(),
        interrupt: &session.interrupt,
    };
    let mut bar = Bar::new(session.progress("pretrain", config.steps()), session.peak);
    let mut recorder = Recorder::new(journal, run.records()?);
    let outcome = train(task, &mut [&mut recorder, &mut bar])?;
    if outcome.ending == Ending::Interrupted {
        return Err(Error::Interrupted { stage: "pretrain" });
    }
    model::folder::save(&outcome.model, &run.model_folder())?;
    Ok(outcome)
}
