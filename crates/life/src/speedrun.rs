//! The stages in order; those of teaching are in `speedrun/teach.rs`.
//!
//! A corpus of files is tokenized before the plan is made, since its length bounds the training;
//! the village is as long as the plan wants it.

mod teach;

use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;
use data::Sampling;
use journal::{Journal, Record, Run, StageStatus, Standing, Store};
use serde::Serialize;
use stdx::Progress;
use stdx::interrupt::Interrupt;
use tokenizer::Tokenizer;
use train::plan::{Dials, MOST_EPOCHS, plan, plan_of_model};
use train::{Config, Outcome};

use crate::frozen::Frozen;
use crate::stage::exam::{self, Exam};
use crate::stage::lessons::Amount;
use crate::stage::pretrain::{self, Training};
use crate::stage::report::{self, Facts};
use crate::stage::samples::Sample;
use crate::stage::tokens::Tokens;
use crate::stage::{adopt, lessons, samples, teaching, tokenizer as vocabulary, tokens};
use crate::{Error, Recipe, Source, candidate, corpus, load};

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
    let most = |of: &str| {
        let memory = records.iter().filter_map(|record| match record {
            Record::Stage { name, memory, .. } if name == of => *memory,
            _ => None,
        });
        memory.max()
    };
    let stages = Standing::from_records(records, true, false).stages.into_iter();
    let told = |stage: journal::Stage| {
        let (seconds, memory) = (stage.seconds.unwrap_or(0.0), most(&stage.name));
        Stage { name: stage.name, seconds, memory }
    };
    stages.map(told).collect()
}

/// What a session has from outside.
#[derive(Clone, Debug)]
pub struct Session {
    /// Asked between steps and documents.
    pub interrupt: Interrupt,
    /// Whether progress is shown.
    pub shown: bool,
    /// Operations a second of this machine at best; 0 if not known.
    pub peak: f64,
    /// What training computes on.
    pub device: Device,
}

impl Session {
    /// Shows nothing, runs to the end.
    pub fn silent() -> Self {
        let (interrupt, device) = (Interrupt::default(), Device::flex());
        Self { interrupt, shown: false, peak: 0.0, device }
    }

    /// Seconds that a step takes on its device.
    ///
    /// # Errors
    /// As [`train::speed::measure`].
    pub(crate) fn measure(&self, config: &Config) -> Result<f64, train::Error> {
        train::speed::measure(config, &self.device)
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
    if !recipe.instructions.is_empty() && !store.run(name).is_ok_and(|run| lessons::are_made(&run))
    {
        lessons::survey(recipe)?;
    }
    if let Some(from) = recipe.from.as_deref().filter(|_| !has_adopted(store, name, recipe)) {
        look_through(recipe, from)?;
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

/// Whether the run of this name has made this model its own, and needs no folder.
fn has_adopted(store: &Store, name: &str, recipe: &Recipe) -> bool {
    let Ok(run) = store.run(name) else { return false };
    let began_with = Frozen::read(&run).map(|frozen| frozen.recipe.from);
    adopt::is_done(&run) && began_with.is_ok_and(|from| from == recipe.from)
}

/// Refuses a model that no life can begin with.
fn look_through(recipe: &Recipe, from: &Path) -> Result<(), Error> {
    if !recipe.is_read() && !recipe.life {
        let why = "a model that is only to read needs something to read; give a --corpus";
        return Err(Error::Recipe(why.into()));
    }
    candidate::look(recipe, from).map(|_| ())
}

/// Whether there is anything that took time to make.
fn has_trained(run: &Run) -> Result<bool, Error> {
    let checkpoints = train::checkpoint::list(&run.checkpoints_folder())?;
    Ok(!checkpoints.is_empty() || run.report_json_path().exists())
}

/// A run whose first recipe led nowhere takes another one.
fn begin_anew(run: &Run, recipe: &Recipe) -> Result<(), Error> {
    let _lock = run.lock()?;
    for folder in [run.model_folder(), adopt::folder(run), run.folder().join("data")] {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
        }
    }
    let journal = run.journal_path();
    if journal.exists() {
        std::fs::remove_file(&journal).map_err(Error::io(&journal))?;
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
    let words = words(run, &mut frozen, &mut journal, session)?;
    let read = match frozen.recipe.is_read() {
        true => Some(read(run, &mut frozen, &words, &mut journal, session)?),
        false => None,
    };
    let taught = match frozen.recipe.life {
        true => {
            let read = read.as_ref().map(|read| &read.outcome);
            Some(teach::teach(run, &mut frozen, &words, read, (&mut journal, session))?)
        }
        false => None,
    };
    let exam = match frozen.recipe.lessons_of().filter(|_| frozen.recipe.is_examined()) {
        Some(seed) => {
            let n = frozen.recipe.exam.unwrap_or(exam::N_EXERCISES);
            Some(examined(run, (seed, n), amount(&frozen), &mut journal, session)?)
        }
        None => None,
    };
    let (first, taught) = match (read, taught) {
        (Some(read), taught) => (read, taught),
        (None, Some(taught)) => (taught, None),
        (None, None) => unreachable!("a model that reads nothing is taught, or was refused"),
    };
    let steps = first.outcome.step + taught.as_ref().map_or(0, |taught| taught.outcome.step);
    let spoken = staged(&mut journal, "samples", false, |_| {
        samples::samples(load(run)?, &frozen.recipe, session)
    })?;
    tell_samples(run, &spoken, steps, &mut journal)?;
    let stages = stages(&run.records()?);
    staged(&mut journal, "report", false, |_| {
        let facts = Facts {
            run,
            recipe: &frozen.recipe,
            adopted: frozen.adopted.as_ref(),
            config: &first.config,
            tokens: &first.tokens,
            read: &first.outcome,
            taught: taught.as_ref().map(|taught| &taught.outcome),
            exam: exam.as_ref(),
            stages: &stages,
            samples: &spoken,
        };
        report::write(&facts)
    })
}

/// Writes down what the model says, unless it was.
fn tell_samples(
    run: &Run,
    spoken: &[Sample],
    step: u64,
    journal: &mut Journal,
) -> Result<(), Error> {
    let told = run.records()?;
    for sample in spoken {
        let (prompt, text) = (sample.prompt.clone(), sample.text.clone());
        let record = Record::Sample { step, prompt, text };
        if !told.contains(&record) {
            journal.append(&record)?;
        }
    }
    Ok(())
}

/// What a training was, and what came of it.
struct Trained {
    config: Config,
    tokens: Tokens,
    outcome: Outcome,
}

/// The tokenizer: learnt from the text, or that of the model that is begun with.
fn words(
    run: &Run,
    frozen: &mut Frozen,
    journal: &mut Journal,
    session: &Session,
) -> Result<Tokenizer, Error> {
    let path = vocabulary::path(run);
    let from = frozen.recipe.from.clone();
    let name = if from.is_some() { "adopt" } else { "tokenizer" };
    staged(journal, name, path.exists(), |journal| {
        if path.exists() {
            return Ok(Tokenizer::load(&path)?);
        }
        if let Some(note) = corpus::passed_over(&frozen.recipe)? {
            tell(journal, session, note)?;
        }
        let Some(from) = from else { return vocabulary::learn(run, &frozen.recipe, session) };
        let (tokenizer, note) = adopt::adopt(run, frozen, &from, session)?;
        tell(journal, session, note)?;
        Ok(tokenizer)
    })
}

/// Lets the model read.
fn read(
    run: &Run,
    frozen: &mut Frozen,
    words: &Tokenizer,
    journal: &mut Journal,
    session: &Session,
) -> Result<Trained, Error> {
    let tokens = prepared(run, frozen, words, journal, session)?;
    let config = frozen.config.clone().expect("the plan was made with the tokens");
    let from = frozen.recipe.from.as_ref().map(|_| adopt::folder(run));
    let reading = Training::on_text(run, from, frozen.recipe.life);
    let outcome = staged(journal, "pretrain", false, |journal| {
        pretrain::pretrain(run, &reading, &config, &tokens, (journal, session))
    })?;
    Ok(Trained { config, tokens, outcome })
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
fn amount(frozen: &Frozen) -> Amount {
    let wanted = |config: &Option<Config>| config.as_ref().map_or(0, wanted_tokens);
    match (frozen.recipe.is_read(), frozen.recipe.village()) {
        (true, Some(_)) => {
            Amount { reading: wanted(&frozen.config), teaching: wanted(&frozen.teaching) }
        }
        (true, None) => Amount { reading: 0, teaching: wanted(&frozen.teaching) },
        (false, _) => Amount { reading: 0, teaching: wanted(&frozen.config) },
    }
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
        let mut dials = teaching::reading(&frozen.recipe);
        let wanted = dials.precision.unwrap_or_default();
        let precision = train::device::precision(&session.device, wanted);
        if precision != wanted {
            let note = "note: this device has no bf16 numbers; the run computes in f32";
            tell(journal, session, note.to_string())?;
        }
        dials.precision = Some(precision);
        let mut config = match frozen.adopted {
            Some(_) => {
                let spec = model::folder::spec(&adopt::folder(run))?;
                let most = corpus_tokens.map(|n| n as f64 * MOST_EPOCHS);
                plan_of_model(&dials, &spec, most, &mut |config| session.measure(config))?
            }
            None => {
                let measure = &mut |config: &Config| session.measure(config);
                let config = plan(&dials, words.vocab_size(), corpus_tokens, measure)?;
                match teaching::reading_less(&frozen.recipe, &config) {
                    None => config,
                    Some(less) => {
                        let less = Dials { precision: dials.precision, ..less };
                        plan(&less, words.vocab_size(), corpus_tokens, measure)?
                    }
                }
            }
        };
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
