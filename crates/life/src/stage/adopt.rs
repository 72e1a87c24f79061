//! A folder's model to a run of its own: `adopted/` with the weights, and in `model/` the tokenizer and
//! the files that say how it is talked to. Afterwards the run no longer needs the folder.

use std::path::PathBuf;

use ::tokenizer::Tokenizer;
use journal::Run;
use serde_json::json;

use super::tokenizer::path;
use crate::candidate::{self, Candidate};
use crate::frozen::{Frozen, write_json};
use crate::{Error, Session};

/// Where the model lies that was begun with.
pub fn folder(run: &Run) -> PathBuf {
    run.folder().join("adopted")
}

/// Takes over the model of the recipe's folder; gives its tokenizer, and in `frozen` where it came from.
///
/// # Errors
/// As [`candidate::look`]; [`Error::Io`], [`Error::Interrupted`].
pub fn adopt(
    run: &Run,
    frozen: &mut Frozen,
    from: &std::path::Path,
    session: &Session,
) -> Result<(Tokenizer, String), Error> {
    session.go_on("adopt")?;
    let Candidate { origin, model, tokenizer, form } = candidate::look(&frozen.recipe, from)?;
    model::folder::save(&model, &folder(run))?;
    let put = |name: &str, bytes: &[u8]| {
        let path = run.model_folder().join(name);
        stdx::atomic_file::write(&path, bytes).map_err(Error::io(&path))
    };
    put("tokenizer_config.json", form.config.to_json().as_bytes())?;
    let mut ids = json!({ "eos_token_id": form.endings });
    if let Some(id) = form.config.bos_token.as_deref().and_then(|name| tokenizer.special(name)) {
        ids["bos_token_id"] = json!(id);
    }
    write_json(&run.model_folder().join("generation_config.json"), &ids)?;
    let said = format!(
        "from {}: {} of {} parameters; {}",
        origin.name,
        origin.family,
        super::report::count(origin.parameters),
        form.note
    );
    frozen.adopted = Some(origin);
    frozen.write(run)?;
    let theirs = from.join("tokenizer.json");
    let bytes = std::fs::read(&theirs).map_err(Error::io(&theirs))?;
    // Last: its presence says that the stage is done.
    put("tokenizer.json", &bytes)?;
    Ok((tokenizer, said))
}

/// Whether a run has made its model its own.
pub fn is_done(run: &Run) -> bool {
    path(run).exists()
}

#[cfg(test)]
mod tests {
    use chat::{Conversation, Message, Role, Template};

    use super::super::lessons::write_one;
    use super::*;
    use crate::Recipe;
    use crate::candidate::tests::checkpoint;

    #[test]
    fn the_run_has_all_that_it_needs_of_the_folder() {
        let (home, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let run = journal::Store::open(home.path()).unwrap().create_run("a").unwrap();
        checkpoint(theirs.path(), &["<|endoftext|>"]);
        let before = model::folder::load(theirs.path(), &burn::tensor::Device::flex()).unwrap();
        let tokenizer = std::fs::read(theirs.path().join("tokenizer.json")).unwrap();
        let from = Some(theirs.path().to_path_buf());
        let mut frozen = Frozen::new(Recipe { from, life: true, ..Recipe::default() });
        assert!(!is_done(&run));
        let (_, said) = adopt(&run, &mut frozen, theirs.path(), &Session::silent()).unwrap();
        assert!(said.contains("gpt2 of 14k parameters") && said.contains("plain words"), "{said}");
        drop(theirs);
        assert!(is_done(&run));
        assert_eq!(Frozen::read(&run).unwrap().adopted, frozen.adopted);
        let after = model::folder::load(&folder(&run), &burn::tensor::Device::flex()).unwrap();
        let values = |model: &model::Transformer| -> Vec<f32> {
            model.slots().into_iter().flat_map(|(_, tensor)| tensor.values).collect()
        };
        assert_eq!(values(&after), values(&before));
        let ours = |name: &str| std::fs::read(run.model_folder().join(name)).unwrap();
        assert_eq!(ours("tokenizer.json"), tokenizer, "to the byte");
        let ids: serde_json::Value =
            serde_json::from_slice(&ours("generation_config.json")).unwrap();
        assert_eq!(ids, json!({"eos_token_id": [289]}));
        let template = crate::load::template(&run).unwrap();
        assert_eq!(template.source(), chat::PLAIN_TEMPLATE);
    }

    #[test]
    fn it_is_taught_as_it_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let tokenizer = checkpoint(folder.path(), &["<|endoftext|>"]);
        let recipe = Recipe { life: true, ..Recipe::default() };
        let form = candidate::look(&recipe, folder.path()).unwrap().form;
        let template = Template::new(form.config.chat_template.as_deref().unwrap()).unwrap();
        let template = template.beside(&form.config);
        let talk = [Message::new(Role::User, "Who?"), Message::new(Role::Assistant, "Ada.")];
        let path = folder.path().join("x.tokens");
        let mut shard = data::ShardWriter::create(&path, tokenizer.vocab_size(), 1).unwrap();
        write_one(&mut shard, &tokenizer, &template, &talk).unwrap();
        shard.finish().unwrap();
        let shard = data::Shard::open(&path).unwrap();
        let taught: Vec<u32> = shard.tokens(0..shard.n_tokens()).collect();
        let asked = template.render(&Conversation::ask(&talk[..1])).unwrap();
        let asked = tokenizer.encode_with_special(&asked).unwrap();
        assert_eq!(taught[..asked.len()], asked);
    }
}
