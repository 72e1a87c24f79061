//! Any model that answers one at a time, as something that many may ask: they take turns.
//!
//! A thread waits for each of them, so few may. Left out: whatever needs the model's tokens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use generate::Flow;

use crate::ask::{Ask, Card, Chat, Heard, Listener, Load, Opening, Prompt, Service};
use crate::{Error, Request, Respond};

/// A model whose askers take turns.
pub struct Turns {
    respond: Arc<dyn Respond>,
    card: Card,
    most: usize,
    taken: Arc<AtomicUsize>,
}

impl Turns {
    /// So many askers at once, of a model with so many positions.
    pub fn new(respond: Arc<dyn Respond>, context: usize, most: usize) -> Self {
        let card = Card {
            name: respond.model_name().to_string(),
            context,
            vocab_size: 0,
            width: 0,
            template: String::new(),
            begin: None,
            ends: Vec::new(),
            weight_bytes: 0,
        };
        Self { respond, card, most, taken: Arc::default() }
    }
}

/// A request of what one at a time can be asked.
fn request(ask: Ask) -> Result<Request, Error> {
    let Prompt::Chat(chat) = ask.prompt else { return Err(no_tokens()) };
    let Chat { messages, tools, opening, .. } = *chat;
    let plain = tools.is_none() && opening == Opening::Turn && ask.prompt_logprobs.is_none();
    if !plain || ask.ignore_end || ask.embeds {
        return Err(no_tokens());
    }
    let Ask { sampling, max_tokens, stop, logprobs, grammar, .. } = ask;
    Ok(Request { messages, sampling, max_tokens, stop, logprobs, grammar })
}

fn no_tokens() -> Error {
    Error::Request("this model is asked by plain conversations only; it has no tools, and its tokens are not known".into())
}

impl Service for Turns {
    fn card(&self) -> &Card {
        &self.card
    }

    fn load(&self) -> Load {
        Load { taken: self.taken.load(Ordering::Acquire), ..Load::default() }
    }

    fn ask(&self, ask: Ask, mut listener: Box<dyn Listener>) -> Result<(), Error> {
        let request = request(ask)?;
        let take = |taken: usize| (taken < self.most).then_some(taken + 1);
        let taken = self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, take);
        taken.map_err(|waiting| Error::Busy { waiting })?;
        let (respond, taken) = (self.respond.clone(), self.taken.clone());
        let answer = move || {
            let place = Place(taken);
            let reply = respond.respond(&request, &mut |piece| {
                listener.hear(Heard::Piece { text: piece.to_string(), tokens: Vec::new() });
                if listener.is_listening() { Flow::Continue } else { Flow::Stop }
            });
            drop(place);
            listener.hear(Heard::Done(reply));
        };
        let thread = std::thread::Builder::new().name("answer".to_string()).spawn(answer);
        thread.map(drop).map_err(|error| Error::Thread { reason: error.to_string() })
    }

    fn encode(&self, _: &Prompt) -> Result<Vec<u32>, Error> {
        Err(no_tokens())
    }

    fn render(&self, _: &Chat) -> Result<String, Error> {
        Err(no_tokens())
    }

    fn decode(&self, _: &[u32]) -> Result<String, Error> {
        Err(no_tokens())
    }

    fn token(&self, _: u32) -> Option<Vec<u8>> {
        None
    }
}

/// A place among the askers, given back even by a model that panics.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
