//! A model that a life may begin with, looked through before anything is made for it: a folder in
//! Hugging Face's form, of a family and a tokenizer that are read here.
//!
//! Its tokenizer is taken as it is: no id is added, so that no row of the embedding is without meaning.
//! How a conversation is written with it, [`form`] says.

pub mod form;

use std::path::Path;

use burn::tensor::Device;
use model::Transformer;
use tokenizer::Tokenizer;
use train::plan::plan_of_model;

use crate::frozen::Adopted;
use crate::{Error, Recipe, load};

/// A model to begin with.
#[derive(Debug)]
pub struct Candidate {
    /// Where it comes from.
    pub origin: Adopted,
    /// The model.
    pub model: Transformer,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// How conversations are written with it.
    pub form: form::Form,
}

/// Looks through the folder that a recipe begins with.
///
/// # Errors
/// [`Error::Adopt`] with what is missing or not supported, and what would do; [`Error::Train`] for dials
/// that do not go with the model.
pub fn look(recipe: &Recipe, folder: &Path) -> Result<Candidate, Error> {
    let refused = |reason: String| Error::Adopt { folder: folder.to_path_buf(), reason };
    if let Some(reason) = missing(folder) {
        return Err(refused(reason));
    }
    let spec = model::folder::spec(folder).map_err(|e| refused(e.to_string()))?;
    plan_of_model(&recipe.train, &spec, None, &mut |_| Ok(1.0))?;
    let name = name_of(folder);
    let (tokenizer, options) =
        load::words(folder, &name).map_err(|e| refused(format!("its tokenizer: {e}")))?;
    let (ids, rows) = (tokenizer.vocab_size(), spec.vocab_size);
    if ids > rows {
        return Err(refused(format!(
            "its tokenizer has {ids} ids, its embedding {rows} rows; they do not belong together, \
             so take both from one checkpoint"
        )));
    }
    let form = form::choose(recipe, folder, &tokenizer, &options)?;
    let model = model::folder::load(folder, &Device::flex()).map_err(|e| refused(e.to_string()))?;
    let parameters = spec.n_params() as u64;
    let origin = Adopted { name, family: spec.family, parameters };
    Ok(Candidate { origin, model, tokenizer, form })
}

/// The first file that is missing, and how to come by it.
fn missing(folder: &Path) -> Option<String> {
    if !folder.is_dir() {
        let what = "it is no folder; give the folder of a Hugging Face checkpoint, or a run's name \
                    (`lyceum model convert` makes a folder of a file)";
        return Some(what.to_string());
    }
    let is_there = |name: &str| folder.join(name).is_file();
    let absent = |name: &str, rather: &str| format!("there is no {name}; {rather}");
    if !is_there("config.json") {
        let rather = "give the folder of a Hugging Face checkpoint, or a run's name";
        return Some(absent("config.json", rather));
    }
    if !model::folder::has_weights(folder) {
        let rather = "copy the weights into the folder; of a run that is not finished, \
                      `lyceum resume` makes them";
        return Some(absent("model.safetensors", rather));
    }
    let rather = "save it in transformers by \
                  AutoTokenizer.from_pretrained(folder).save_pretrained(folder)";
    (!is_there("tokenizer.json")).then(|| absent("tokenizer.json", rather))
}

/// The folder's name, or that of the run whose model it holds.
fn name_of(folder: &Path) -> String {
    let inner = folder.file_name().is_some_and(|name| name == "model");
    let parent = folder.parent().filter(|parent| inner && parent.file_name().is_some());
    let named = parent.unwrap_or(folder);
    named.file_name().unwrap_or(named.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
pub(crate) mod tests;
