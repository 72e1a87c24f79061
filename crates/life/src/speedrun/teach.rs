//! Teaching: the plan of it, lessons to tokens, and the training itself.
//!
//! After reading, teaching is a second training with a plan of its own. A model that was there already and
//! reads nothing has this training alone: its plan, checkpoints and steps are then the run's.

use journal::{Journal, Run};
use tokenizer::Tokenizer;
use train::probe::record::Before;
use train::{Config, Outcome};

use super::{Session, Trained, amount, staged, stages, tell};
use crate::frozen::Frozen;
use crate::stage::pretrain::{self, Training};
use crate::stage::tokens::Tokens;
use crate::stage::{adopt, lessons, teaching};
use crate::{Error, load};

/// Teaches the model, and gives what came of it.
pub(super) fn teach(
    run: &Run,
    frozen: &mut Frozen,
    words: &Tokenizer,
    read: Option<&Outcome>,
    (journal, session): (&mut Journal, &Session),
) -> Result<Trained, Error> {
    // What is taught from files bounds the plan, as a corpus does.
    let is_bounded = !frozen.recipe.instructions.is_empty();
    let (config, tokens) = if is_bounded {
        let tokens = encoded(run, frozen, words, journal, session)?;
        let most = tokens.train.n_tokens() as f64 * teaching::most_passes(&frozen.recipe);
        (planned(run, frozen, Some(most), journal, session)?, tokens)
    } else {
        let config = planned(run, frozen, None, journal, session)?;
        (config, encoded(run, frozen, words, journal, session)?)
    };
    let training = match read {
        Some(read) => Training::on_lessons(run, Before::of(read)),
        None => Training::on_lessons_alone(run, adopt::folder(run)),
    };
    let outcome = staged(journal, "teach", false, |journal| {
        pretrain::pretrain(run, &training, &config, &tokens, (journal, session))
    })?;
    Ok(Trained { config, tokens, outcome })
}

/// The plan of teaching, made now or before.
fn planned(
    run: &Run,
    frozen: &mut Frozen,
    most_tokens: Option<f64>,
    journal: &mut Journal,
    session: &Session,
) -> Result<Config, Error> {
    let of = |frozen: &Frozen| match frozen.recipe.is_read() {
        true => frozen.teaching.clone(),
        false => frozen.config.clone(),
    };
    staged(journal, "plan of teaching", of(frozen).is_some(), |journal| {
        if let Some(config) = of(frozen) {
            return Ok(config);
        }
        let recipe = &frozen.recipe;
        let measure = &mut |config: &Config| session.measure(config);
        let config = match (recipe.is_read(), &frozen.config) {
            (true, Some(reading)) => {
                let spent = stages(&run.records()?).iter().map(|stage| stage.seconds).sum();
                teaching::plan(recipe, reading, spent, most_tokens, measure)?
            }
            _ => teaching::plan_alone(recipe, &adopt::folder(run), most_tokens, measure)?,
        };
        let (steps, positions) = (config.steps(), config.tokens_per_step());
        tell(journal, session, format!("plan: lessons in {steps} steps of {positions} positions"))?;
        match recipe.is_read() {
            true => frozen.teaching = Some(config),
            false => frozen.freeze(config),
        }
        frozen.write(run)?;
        // What a resumed session will read: a number may lose its last bit on the way.
        *frozen = Frozen::read(run)?;
        Ok(of(frozen).expect("it was just made"))
    })
}

/// The tokens of the lessons, made now or before.
fn encoded(
    run: &Run,
    frozen: &Frozen,
    words: &Tokenizer,
    journal: &mut Journal,
    session: &Session,
) -> Result<Tokens, Error> {
    let there = lessons::open(run, words).unwrap_or_else(|error| {
        session.note(&format!("{error}; this is being done"));
        None
    });
    let template = load::template(run)?;
    staged(journal, "lessons", there.is_some(), |journal| {
        if let Some(there) = there {
            return Ok(there);
        }
        let amount = amount(frozen);
        let note = lessons::encode(run, &frozen.recipe, (words, &template), amount, session)?;
        note.map_or(Ok(()), |note| tell(journal, session, note))?;
        let path = run.folder().to_path_buf();
        let vanished = || Error::File { path, reason: "the lessons vanished; resume".into() };
        lessons::open(run, words)?.ok_or_else(vanished)
    })
}
