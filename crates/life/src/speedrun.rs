//! The stages in order.
//!
//! A corpus of files is tokenized before the plan is made, since its length bounds the training;
//! the village is as long as the plan wants it.

use std::time::Instant;

use data::Sampling;
use journal::{Journal, Record, Run, StageStatus, Store};
use serde::Serialize;
use stdx::Progress;
use stdx::interrupt::Interrupt;
use tokenizer::Tokenizer;
use train::plan::plan;
use train::speed::measure;
use train::{Config, Outcome};

use crate::frozen::Frozen;
use crate::stage::exam::{self, Exam};
use crate::stage::lessons::Amount;
use crate::stage::pretrain::{self, Training};
use crate::stage::report::{self, Facts};
use crate::stage::tokens::Tokens;
use crate::stage::{lessons, samples, teaching, tokenizer as vocabulary, tokens};
use crate::{Error, Recipe, Source, corpus, load};

/// Rows of text below which a person is warned.
const MANY_ROWS: u64 = 10;
/// Passes over the text above which a person is warned.
const MANY_PASSES: f64 = 25.0;

/// A stage, the seconds that it took over all sessions, and the memory that these had at most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Its time.
    pub seconds: f64,
    /// Bytes, this stage and those before it in the same session, where the system tells.
    pub memory: Option<u64>,
}

/// The stages in the journal, in the order in which they first came.
fn stages(records: &[Record]) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for record in records {
        let Record::Stage { name, seconds, memory, .. } = record else { continue };
        let at = stages.iter().position(|stage| stage.name == *name).unwrap_or_else(|| {
            stages.push(Stage { name: name.clone(), seconds: 0.0, memory: None });
            stages.len() - 1
        });
        stages[at].seconds += seconds.unwrap_or(0.0);
        stages[at].memory = stages[at].memory.max(*memory);
    }
    stages
}

/// What a session has from outside.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Asked between steps and documents.
    pub interrupt: Interrupt,
    /// Whether progress is shown.
    pub shown: bool,
    /// Operations a second of this machine at best; 0 if not known.
    pub peak: f64,
}

impl Session {
    /// Shows nothing, runs to the end.
    pub fn silent() -> Self {
        Self::default()
    }

    pub(crate) fn progress(&self, name: &str, total: u64) -> Progress {
        if self.shown { Progress::new(name, total) } else { Progress::silent() }
    }

    /// Says a sentence, where anything is shown.
    pub(crate) fn note(&self, text: &str) {
        if self.shown {
            Progress::new("note", 0).note(text);
        }
    }

    /// An error if somebody asked to stop.
    pub(crate) fn go_on(&self, stage: &'static str) -> Result<(), Error> {
        match self.interrupt.requested() {
            true => Err(Error::Interrupted { stage }),
            false => Ok(()),
        }
    }
}

/// The run of this name: a new one, or the one that was begun with the same recipe.
///
/// # Errors
/// [`Error::OtherRecipe`], [`Error::Recipe`], [`Error::Journal`].
pub fn open(store: &Store, name: &str, recipe: &Recipe) -> Result<Run, Error> {
    recipe.check()?;
    // Files that cannot be read are told of before a run is made for them.
    if let Source::Files { path } = &recipe.corpus {
        data::Documents::open(path, &data::SourceOptions::default())?;
    }
    let run = match store.create_run(name) {
        Ok(run) => {
            Frozen::new(recipe.clone()).write(&run)?;
            return Ok(run);
        }
        Err(journal::Error::RunExists { .. }) => store.run(name)?,
        Err(error) => return Err(error.into()),
    };
    if !run.config_path().exists() {
        // Killed between making the folder and writing the file.
        Frozen::new(recipe.clone()).write(&run)?;
        return Ok(run);
    }
    match recipe.difference(&Frozen::read(&run)?.recipe) {
        None => Ok(run),
        Some(_) if !has_trained(&run)? => {
            begin_anew(&run, recipe)?;
            Ok(run)
        }
        Some(difference) => Err(Error::OtherRecipe { name: name.to_string(), difference }),
    }
}

/// Whether there is anything that took time to make.
fn has_trained(run: &Run) -> Result<bool, Error> {
    let checkpoints = train::checkpoint::list(&run.checkpoints_folder())?;
    Ok(!checkpoints.is_empty() || run.report_json_path().exists())
}

/// A run whose first recipe led nowhere takes another one.
fn begin_anew(run: &Run, recipe: &Recipe) -> Result<(), Error> {
    let _lock = run.lock()?;
    for folder in [run.model_folder(), run.folder().join("data")] {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
        }
    }
    Frozen::new(recipe.clone()).write(run)
}

/// Goes through all stages that are not done yet.
///
/// # Errors
/// All of [`Error`]. What is done is kept.
pub fn speedrun(run: &Run, session: &Session) -> Result<figure::Report, Error> {
    let _lock = run.lock()?;
    let mut frozen = Frozen::read(run)?;
    let mut journal = run.open_journal()?;
    if let Some(note) = frozen.note_on_isa() {
        tell(&mut journal, session, note)?;
    }
    let words = staged(&mut journal, "tokenizer", vocabulary::path(run).exists(), |journal| {
        if vocabulary::path(run).exists() {
            return Ok(Tokenizer::load(&vocabulary::path(run))?);
        }
        if let Some(note) = corpus::passed_over(&frozen.recipe)? {
            tell(journal, session, note)?;
        }
        vocabulary::learn(run, &frozen.recipe, session)
    })?;
    let tokens = prepared(run, &mut frozen, &words, &mut journal, session)?;
    let config = frozen.config.clone().expect("the plan was made with the tokens");
    let reading = Training::on_text(run, frozen.recipe.life);
    let read = staged(&mut journal, "pretrain", false, |journal| {
        pretrain::pretrain(run, &reading, &config, &tokens, (journal, session))
    })?;
    let taught = match frozen.recipe.life {
        true => Some(teach(run, &mut frozen, &words, &mut journal, session)?),
        false => None,
    };
    let exam = match (frozen.recipe.is_examined(), &frozen.teaching, frozen.recipe.village()) {
        (true, Some(teaching), Some(seed)) => {
            let n = frozen.recipe.exam.unwrap_or(exam::N_EXERCISES);
            Some(examined(run, (seed, n), amount(&config, teaching), &mut journal, session)?)
        }
        _ => None,
    };
    let (outcome, config) = (taught.as_ref().unwrap_or(&read), &config);
    let spoken = staged(&mut journal, "samples", false, |_| {
        samples::samples(load(run)?, &frozen.recipe, session)
    })?;
    let told = run.records()?;
    for sample in &spoken {
        let (step, prompt, text) = (outcome.step, sample.prompt.clone(), sample.text.clone());
        let record = Record::Sample { step, prompt, text };
        if !told.contains(&record) {
            journal.append(&record)?;
        }
    }
    let stages = stages(&run.records()?);
    staged(&mut journal, "report", false, |_| {
        let facts = Facts {
            run,
            recipe: &frozen.recipe,
            config,
            tokens: &tokens,
            read: &read,
            taught: taught.as_ref(),
            exam: exam.as_ref(),
            stages: &stages,
            samples: &spoken,
        };
        report::write(&facts)
    })
}

/// The tokens and, in `frozen`, the plan.
fn prepared(
    run: &Run,
    frozen: &mut Frozen,
    words: &Tokenizer,
    journal: &mut Journal,
    session: &Session,
) -> Result<Tokens, Error> {
    let is_village = matches!(frozen.recipe.corpus, Source::World { .. });
    if is_village {
        freeze(run, frozen, words, None, (journal, session))?;
    }
    // Damaged ones are made again from the text.
    let there = tokens::open(run, words).unwrap_or_else(|error| {
        session.note(&format!("{error}; this is being done"));
        None
    });
    let tokens = staged(journal, "tokens", there.is_some(), |_| {
        if let Some(there) = there {
            return Ok(there);
        }
        let wanted = frozen.config.as_ref().map_or(u64::MAX, wanted_tokens);
        tokens::encode(run, &frozen.recipe, words, wanted, session)?;
        let made = tokens::open(run, words)?;
        let path = run.folder().to_path_buf();
        made.ok_or(Error::File { path, reason: "the tokens vanished; resume the run".into() })
    })?;
    if !is_village {
        let n_tokens = tokens.train.n_tokens() as u64;
        freeze(run, frozen, words, Some(n_tokens), (journal, session))?;
    }
    Ok(tokens)
}

/// Teaches the model that has read, and gives what came of it.
fn teach(
    run: &Run,
    frozen: &mut Frozen,
    words: &Tokenizer,
    journal: &mut Journal,
    session: &Session,
) -> Result<Outcome, Error> {
    let base = frozen.config.clone().expect("reading comes first");
    staged(journal, "plan of teaching", frozen.teaching.is_some(), |journal| {
        if frozen.teaching.is_some() {
            return Ok(());
        }
        let config = teaching::plan(&frozen.recipe, &base, &mut measure)?;
        let (steps, positions) = (config.steps(), config.tokens_per_step());
        tell(journal, session, format!("plan: lessons in {steps} steps of {positions} positions"))?;
        frozen.teaching = Some(config);
        frozen.write(run)?;
        *frozen = Frozen::read(run)?;
        Ok(())
    })?;
    let config = frozen.teaching.clone().expect("it was just made");
    let there = lessons::open(run, words).unwrap_or_else(|error| {
        session.note(&format!("{error}; this is being done"));
        None
    });
    let template = load::template(run)?;
    let tokens = staged(journal, "lessons", there.is_some(), |journal| {
        if let Some(there) = there {
            return Ok(there);
        }
        let amount = amount(&base, &config);
        let note = lessons::encode(run, &frozen.recipe, (words, &template), amount, session)?;
        note.map_or(Ok(()), |note| tell(journal, session, note))?;
        let path = run.folder().to_path_buf();
        let vanished = || Error::File { path, reason: "the lessons vanished; resume".into() };
        lessons::open(run, words)?.ok_or_else(vanished)
    })?;
    let training = Training::on_lessons(run, pretrain::read_folder(run), base.steps());
    staged(journal, "teach", false, |journal| {
        pretrain::pretrain(run, &training, &config, &tokens, (journal, session))
    })
}

/// The exam, sat now or before.
fn examined(
    run: &Run,
    (seed, n): (u64, usize),
    amount: Amount,
    journal: &mut Journal,
    session: &Session,
) -> Result<Exam, Error> {
    let there = exam::open(run)?;
    staged(journal, "exam", there.is_some(), |_| {
        if let Some(there) = there {
            return Ok(there);
        }
        let course = lessons::course(seed, amount);
        let n_lessons = lessons::n_lessons(run, &course)?;
        exam::exam(run, load(run)?, (&course, n_lessons), n, session)
    })
}

/// Tokens of the village that a life takes.
fn amount(reading: &Config, teaching: &Config) -> Amount {
    Amount { reading: wanted_tokens(reading), teaching: wanted_tokens(teaching) }
}

/// Tokens that a run over the village sees once, with some to spare for what packing leaves empty.
fn wanted_tokens(config: &Config) -> u64 {
    let positions = config.steps() * config.tokens_per_step() as u64;
    positions + positions / 50 + config.tokens_per_step() as u64
}

/// Makes the plan, unless it was made, and writes it down.
fn freeze(
    run: &Run,
    frozen: &mut Frozen,
    words: &Tokenizer,
    corpus_tokens: Option<u64>,
    (journal, session): (&mut Journal, &Session),
) -> Result<(), Error> {
    staged(journal, "plan", frozen.config.is_some(), |journal| {
        if frozen.config.is_some() {
            return Ok(());
        }
        let dials = teaching::reading(&frozen.recipe);
        let mut config = plan(&dials, words.vocab_size(), corpus_tokens, &mut measure)?;
        if frozen.recipe.life && corpus_tokens.is_none() {
            config.sampling = Sampling::Ordered; // Practice first.
        }
        for note in notes_on(&config, corpus_tokens) {
            tell(journal, session, note)?;
        }
        frozen.freeze(config);
        frozen.write(run)?;
        // What a resumed session will read: a number may lose its last bit on the way.
        *frozen = Frozen::read(run)?;
        Ok(())
    })
}

/// The plan in a sentence, and what is doubtful about it.
fn notes_on(config: &Config, corpus_tokens: Option<u64>) -> Vec<String> {
    let spec = &config.spec;
    let positions = config.steps() * config.tokens_per_step() as u64;
    let mut notes = vec![format!(
        "plan: {} of {} blocks of {}, {} parameters; {} steps of {} positions",
        spec.family,
        spec.n_layers,
        spec.d_model,
        report::count(spec.n_params() as u64),
        config.steps(),
        config.tokens_per_step(),
    )];
    let Some(n_tokens) = corpus_tokens else { return notes };
    if n_tokens < MANY_ROWS * config.context as u64 {
        let context = config.context;
        notes.push(format!(
            "note: the text has {n_tokens} tokens, a row {context}: too little to learn much from"
        ));
    }
    let passes = positions as f64 / n_tokens.max(1) as f64;
    if passes > MANY_PASSES {
        notes.push(format!(
            "note: the text will be read {passes:.0} times and learnt by heart; give more text or fewer steps"
        ));
    }
    notes
}

/// Says a sentence and writes it down.
fn tell(journal: &mut Journal, session: &Session, note: String) -> Result<(), Error> {
    session.note(&note);
    Ok(journal.append(&Record::Note { text: note })?)
}

/// Does a stage between two records of the journal, the second of which says how long it took.
fn staged<T>(
    journal: &mut Journal,
    name: &str,
    is_done: bool,
    work: impl FnOnce(&mut Journal) -> Result<T, Error>,
) -> Result<T, Error> {
    let stage = |status, seconds: Option<f64>| {
        let memory = seconds.and_then(|_| stdx::memory::peak());
        Record::Stage { name: name.to_string(), status, seconds, memory }
    };
    if is_done {
        journal.append(&stage(StageStatus::Skipped, None))?;
        return work(journal);
    }
    journal.append(&stage(StageStatus::Started, None))?;
    let start = Instant::now();
    let outcome = work(journal);
    let status = match &outcome {
        Ok(_) => StageStatus::Done,
        Err(Error::Interrupted { .. }) => StageStatus::Interrupted,
        Err(_) => StageStatus::Failed,
    };
    let written = journal.append(&stage(status, Some(start.elapsed().as_secs_f64())));
    let value = outcome?; // The stage's own error is the one to tell.
    written?;
    Ok(value)
}
