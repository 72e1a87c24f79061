//! The vocabularies that the page of tokens shows: those named on the command line, then those of the
//! runs, the newest first.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ::tokenizer::Tokenizer;
use anyhow::Result;
use journal::Store;
use web::tokens::{Token, Vocabularies};

use crate::cmd::tokenizer;

/// Those that stay loaded.
const LOADED: usize = 8;

/// Where vocabularies are, and the ones that were asked for last.
pub(super) struct Shelf {
    store: Store,
    /// By their names, from the command line.
    named: Vec<(String, PathBuf)>,
    /// The latest last.
    loaded: Mutex<Vec<(String, Arc<Tokenizer>)>>,
}

impl Shelf {
    /// Fails for a file that is no tokenizer: whoever named it wants to know now.
    pub(super) fn new(store: Store, paths: &[PathBuf]) -> Result<Self> {
        let mut named = Vec::new();
        for path in paths {
            tokenizer::load(path)?;
            // A run's name is no file's: the two never meet.
            let name = format!("{} ({})", tokenizer::name_of(path), path.display());
            named.push((name, path.clone()));
        }
        Ok(Self { store, named, loaded: Mutex::default() })
    }

    fn get(&self, name: &str) -> Result<Arc<Tokenizer>> {
        // A poisoned lock holds whole entries all the same.
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = loaded.iter().position(|(other, _)| other == name) {
            let entry = loaded.remove(at);
            loaded.push(entry);
        } else {
            let path = match self.named.iter().find(|(other, _)| other == name) {
                Some((_, path)) => path.clone(),
                None => self.store.run(name)?.model_folder(),
            };
            let loading = Arc::new(tokenizer::load(&path)?);
            if loaded.len() == LOADED {
                loaded.remove(0);
            }
            loaded.push((name.to_string(), loading));
        }
        Ok(loaded[loaded.len() - 1].1.clone())
    }
}

impl Vocabularies for Shelf {
    fn names(&self) -> Vec<String> {
        let runs = self.store.runs().unwrap_or_default();
        let runs = runs.iter().filter(|run| run.model_folder().join("tokenizer.json").is_file());
        let named = self.named.iter().map(|(name, _)| name.clone());
        named.chain(runs.map(journal::Run::name)).collect()
    }

    fn cut(&self, name: &str, text: &str) -> Result<Vec<Token>, String> {
        let tokens = || {
            let vocabulary = self.get(name)?;
            let ids = vocabulary.encode_with_special(text)?;
            let token = |id| {
                let bytes = vocabulary.token_bytes(id).unwrap_or_default().to_vec();
                Token { id, bytes }
            };
            Ok::<_, anyhow::Error>(ids.into_iter().map(token).collect())
        };
        tokens().map_err(|error| format!("{error:#}"))
    }
}
