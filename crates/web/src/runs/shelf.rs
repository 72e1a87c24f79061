//! Runs as they were last read. A journal of a long training has many thousand lines and a page
//! asks for it every few seconds, so a run is read again only where it has changed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use journal::{Record, Result, Run, Store};

use super::curves::Curves;
use crate::facts::Facts;

/// Samples of a run that are kept, the newest.
const MAX_SAMPLES: usize = 12;

/// A run, read.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    pub(crate) facts: Facts,
    pub(crate) curves: Curves,
    /// The newest step's first; those of one step as they were said.
    pub(crate) samples: Vec<Said>,
    /// Whether there is a report for a browser.
    pub(crate) has_report: bool,
}

/// What the model said once.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) step: u64,
    pub(crate) prompt: String,
    pub(crate) text: String,
}

/// What tells whether a run has changed: size and time of its files, and whether it is written.
type Stamp = (Vec<Option<(u64, SystemTime)>>, bool);

/// All runs of a store.
pub(crate) struct Shelf {
    store: Store,
    read: Mutex<HashMap<String, (Stamp, Arc<Book>)>>,
}

impl Shelf {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, read: Mutex::default() }
    }

    /// The run of this name, if the store has it.
    pub(crate) fn run(&self, name: &str) -> Result<Run> {
        self.store.run(name)
    }

    /// Names of all runs, the most recently written first.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        Ok(self.store.runs()?.iter().map(Run::name).collect())
    }

    /// The run of this name as it is now.
    pub(crate) fn one(&self, name: &str) -> Result<Arc<Book>> {
        self.book(&self.store.run(name)?)
    }

    /// All runs, the most recently written first; a damaged one by its name only.
    pub(crate) fn all(&self) -> Result<Vec<(String, Option<Arc<Book>>)>> {
        let runs = self.store.runs()?;
        let books: Vec<_> = runs.iter().map(|run| (run.name(), self.book(run).ok())).collect();
        self.kept().retain(|name, _| books.iter().any(|(there, _)| there == name));
        Ok(books)
    }

    fn book(&self, run: &Run) -> Result<Arc<Book>> {
        let stamp = stamp(run);
        if let Some((kept, book)) = self.kept().get(&run.name())
            && *kept == stamp
        {
            return Ok(book.clone());
        }
        let book = Arc::new(Book::of(run)?);
        self.kept().insert(run.name(), (stamp, book.clone()));
        Ok(book)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, (Stamp, Arc<Book>)>> {
        // What is kept is whole at any time, also where another thread gave up.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn of(run: &Run) -> Result<Self> {
        let records = run.records()?;
        let samples = records.iter().filter_map(|record| match record {
            Record::Sample { step, prompt, text } => {
                Some(Said { step: *step, prompt: prompt.clone(), text: text.clone() })
            }
            _ => None,
        });
        let mut samples: Vec<Said> = samples.collect();
        samples.drain(..samples.len().saturating_sub(MAX_SAMPLES));
        samples.sort_by_key(|said| std::cmp::Reverse(said.step));
        Ok(Self {
            facts: Facts::with(run, &records)?,
            curves: Curves::of(&records),
            samples,
            has_report: run.report_html_path().is_file(),
        })
    }
}

fn stamp(run: &Run) -> Stamp {
    let of = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    let paths =
        [run.journal_path(), run.config_path(), run.report_html_path(), run.report_json_path()];
    (paths.iter().map(|path| of(path)).collect(), run.is_locked())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tests::{CONFIG, run, step};

    #[test]
    fn a_run_is_read_again_only_where_it_changed() {
        let (home, run) = run(CONFIG, &[step(1, 5.0)], None);
        let shelf = Shelf::new(Store::open(home.path()).unwrap());
        let first = shelf.one("a").unwrap();
        assert!(Arc::ptr_eq(&first, &shelf.one("a").unwrap()));
        run.open_journal().unwrap().append(&step(2, 4.0)).unwrap();
        assert_eq!(shelf.one("a").unwrap().facts.standing.step, Some(2));
        let _lock = run.lock().unwrap();
        assert!(shelf.one("a").unwrap().facts.is_running());
    }

    #[test]
    fn the_newest_samples_come_first_and_keep_their_order() {
        let sample = |step, text: &str| Record::Sample {
            step,
            prompt: String::new(),
            text: text.to_string(),
        };
        let mut records = vec![sample(1, "old"); MAX_SAMPLES - 1];
        records.extend([sample(9, "a"), sample(9, "b")]);
        let (_home, run) = run(CONFIG, &records, None);
        let samples = Book::of(&run).unwrap().samples;
        let texts: Vec<&str> = samples.iter().map(|said| said.text.as_str()).collect();
        assert_eq!((texts.len(), &texts[..3]), (MAX_SAMPLES, &["a", "b", "old"][..]));
    }

    #[test]
    fn a_damaged_run_hides_no_other_and_a_removed_one_is_forgotten() {
        let (home, _run) = run(CONFIG, &[step(1, 5.0)], None);
        let store = Store::open(home.path()).unwrap();
        let bad = store.create_run("bad").unwrap();
        std::fs::write(bad.journal_path(), "nonsense\n").unwrap();
        let shelf = Shelf::new(store.clone());
        let mut all = shelf.all().unwrap();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        assert!(all[0].1.is_some() && all[1].1.is_none(), "{all:?}");
        assert!(shelf.one("bad").is_err());
        store.remove("a").unwrap();
        assert_eq!(shelf.all().unwrap().len(), 1);
        assert!(shelf.kept().is_empty());
    }
}
