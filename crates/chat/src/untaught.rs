//! A small model that nobody taught: it says nothing of sense, and everything for certain. For tests and
//! measurements of whatever stands in front of models.

use arch::{Spec, Untaught};
use generate::Runtime;
use tokenizer::{Tokenizer, TrainOptions};

use crate::{BatchedModel, BatchedOptions, Clock, Error, LocalOptions};

/// Words that its tokenizer has tokens for, beside single bytes.
const WORDS: &str = "one two three four five six seven";
/// Ids of its tokenizer: all bytes, some merges, the mark that ends texts.
const VOCAB_SIZE: usize = 275;
const WIDTH: usize = 32;

/// A model of two blocks, 32 numbers wide, under this name.
///
/// # Errors
/// [`Error::Thread`] if the system gives none.
pub fn untaught(
    name: &str,
    context: usize,
    options: BatchedOptions,
    clock: Clock,
) -> Result<BatchedModel, Error> {
    let words = TrainOptions { vocab_size: VOCAB_SIZE, ..TrainOptions::default() };
    let tokenizer = Tokenizer::train([WORDS; 20], &words)?;
    let spec = Spec { context, ..Spec::llama(tokenizer.vocab_size(), WIDTH, 2, 2) };
    let runtime = Runtime::new(&spec, &Untaught { seed: 1 }).map_err(generate::Error::from)?;
    let names = LocalOptions { name: name.to_string(), ..LocalOptions::default() };
    BatchedModel::new(runtime, tokenizer, names, options, clock, None)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Flow, Message, Prompt, Request, Respond, Role, Service};

    #[test]
    fn it_is_always_the_same() {
        let model = || untaught("a", 100, BatchedOptions::default(), Arc::new(|| 0.0)).unwrap();
        let (one, other) = (model(), model());
        let ids = one.encode(&Prompt::Text("one two é".into())).unwrap();
        assert!(ids.len() < 9, "{ids:?}");
        let messages = vec![Message::new(Role::User, "one two")];
        let request = Request { messages, max_tokens: Some(9), ..Request::default() };
        let said = |model: &BatchedModel| {
            let reply = model.respond(&request, &mut |_| Flow::Continue).unwrap();
            (reply.completion_tokens, reply.text)
        };
        assert_eq!((said(&one).0, said(&one)), (9, said(&other)));
        assert_eq!((one.card().context, one.card().width), (100, WIDTH));
    }
}
