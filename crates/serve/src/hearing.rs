//! Answers on their way from the thread that computes to the one that sends: one channel for all choices of a
//! request. When its end is dropped, as the client leaves, every one of them ends.

use std::sync::Arc;

use chat::{Ask, Heard, Listener, Reply, ReplyToken, Service};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::metrics::Watch;
use crate::{Refusal, log};

/// Texts of one request that are read at once, where a request has many of them.
const AT_ONCE: usize = 8;

/// What one of the choices heard.
pub(crate) struct Line {
    pub(crate) choice: usize,
    pub(crate) heard: Heard,
}

/// The answers to one request. They are bounded by their tokens, so that a slow reader makes nobody wait.
pub(crate) struct Answers {
    lines: UnboundedReceiver<Line>,
    /// Choices that are not done.
    left: usize,
    watches: Vec<Watch>,
}

struct Ear {
    choice: usize,
    lines: UnboundedSender<Line>,
}

impl Listener for Ear {
    fn hear(&mut self, heard: Heard) {
        // Nobody listens any more: the next step will see it.
        drop(self.lines.send(Line { choice: self.choice, heard }));
    }

    fn is_listening(&self) -> bool {
        !self.lines.is_closed()
    }
}

impl Answers {
    /// Asks all at once. Prompts are encoded on a thread that may block.
    pub(crate) async fn to(
        service: Arc<dyn Service>,
        asks: Vec<Ask>,
        watch: &Watch,
    ) -> Result<Self, Refusal> {
        match Self::begun(service, asks, watch).await? {
            (answers, None) => Ok(answers),
            (_, Some(error)) => Err(error.into()),
        }
    }

    /// Asks one after the other until one is refused, and why that is.
    async fn begun(
        service: Arc<dyn Service>,
        asks: Vec<Ask>,
        watch: &Watch,
    ) -> Result<(Self, Option<chat::Error>), Refusal> {
        asks.iter().take(1).for_each(log::asked);
        let (sender, lines) = mpsc::unbounded_channel();
        let asked = tokio::task::spawn_blocking(move || {
            let mut left = 0;
            for ask in asks {
                let ear = Ear { choice: left, lines: sender.clone() };
                if let Err(error) = service.ask(ask, Box::new(ear)) {
                    return (left, Some(error));
                }
                left += 1;
            }
            (left, None)
        });
        let (left, refused) = asked.await.map_err(|_| Refusal::lost())?;
        let watches = vec![watch.clone(); left];
        Ok((Self { lines, left, watches }, refused))
    }

    /// What comes next; none behind the last end.
    pub(crate) async fn next(&mut self) -> Option<Line> {
        if self.left == 0 {
            return None;
        }
        let lost = || Line { choice: 0, heard: Heard::Done(Err(chat::Error::Lost)) };
        let line = self.lines.recv().await.unwrap_or_else(lost);
        self.watches[line.choice].hear(&line.heard);
        match &line.heard {
            Heard::Done(Ok(_)) => self.left -= 1,
            // One choice that fails ends the request.
            Heard::Done(Err(_)) => self.left = 0,
            _ => {}
        }
        Some(line)
    }

    /// All of them, whole.
    pub(crate) async fn whole(mut self) -> Result<Vec<Whole>, Refusal> {
        let mut whole: Vec<Whole> = (0..self.left).map(|_| Whole::default()).collect();
        while let Some(Line { choice, heard }) = self.next().await {
            match heard {
                Heard::Prompt(tokens) => whole[choice].prompt.extend(tokens),
                Heard::Embedding(embedding) => whole[choice].embedding = Some(embedding),
                Heard::Done(reply) => whole[choice].reply = reply?,
                _ => {}
            }
        }
        Ok(whole)
    }

    /// Of many asks each one, whole. A few are asked at a time: so a request of a thousand texts takes no more
    /// places than some people would, and others get their turns meanwhile. It is refused only where there is no
    /// place at all.
    pub(crate) async fn each_whole(
        service: Arc<dyn Service>,
        asks: Vec<Ask>,
        watch: &Watch,
    ) -> Result<Vec<Whole>, Refusal> {
        let mut whole = Vec::with_capacity(asks.len());
        while whole.len() < asks.len() {
            let some = asks[whole.len()..].iter().take(AT_ONCE).cloned().collect();
            match Self::begun(service.clone(), some, &watch.anew()).await? {
                (answers, None) => whole.extend(answers.whole().await?),
                // The others are asked again when these are done.
                (answers, Some(chat::Error::Busy { .. })) if answers.left > 0 => {
                    whole.extend(answers.whole().await?);
                }
                (_, Some(error)) => return Err(error.into()),
            }
        }
        Ok(whole)
    }
}

/// An answer, and what was told of its prompt.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    pub(crate) prompt: Vec<ReplyToken>,
    pub(crate) embedding: Option<Vec<f32>>,
    pub(crate) reply: Reply,
}
