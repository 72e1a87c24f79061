//! One request's way: read, checked, answered on a thread of its own, sent whole or in chunks.
//!
//! A client that goes away is noticed at the next piece of text: the channel to it is closed, and
//! the model is told to stop.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use chat::{Flow, Reply, Request};
use futures_core::Stream;
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver};

use crate::answer::Heading;
use crate::request::ChatCompletion;
use crate::{Refusal, Shared};

/// Pieces that may wait for a slow reader before the model waits too.
const PIECES_AHEAD: usize = 64;

/// What the answering thread sends.
enum Sent {
    Piece(String),
    Done(Result<Reply, Refusal>),
}

/// `POST /v1/chat/completions`.
pub(crate) async fn chat_completions(
    State(shared): State<Shared>,
    body: Result<Json<ChatCompletion>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(body) = body?;
    let is_streamed = body.stream.unwrap_or(false);
    let with_usage = body.stream_options.is_some_and(|options| options.include_usage);
    let name = shared.respond.model_name();
    let heading = heading(name);
    let request = body.into_request(name, fresh_number())?;
    let mut pieces = answer(&shared, request)?;
    if !is_streamed {
        return Ok(Json(heading.whole(&whole(&mut pieces).await?)).into_response());
    }
    // A refusal before the first piece is still a plain one, with its status.
    let first = match pieces.recv().await {
        Some(Sent::Done(Err(refusal))) => return Err(refusal),
        Some(first) => first,
        None => return Err(Refusal::lost()),
    };
    let opening = vec![heading.opening()];
    let mut chunks = Chunks { pieces, heading, with_usage, ready: opening.into(), ended: false };
    chunks.take(first);
    Ok(Sse::new(chunks).into_response())
}

/// Starts the answer on a thread that may block.
fn answer(shared: &Shared, request: Request) -> Result<Receiver<Sent>, Refusal> {
    let place = shared.places.clone().try_acquire_owned().map_err(|_| Refusal::busy())?;
    let respond = shared.respond.clone();
    let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
    tokio::task::spawn_blocking(move || {
        let _place = place;
        if sender.is_closed() {
            return; // The client left while this request waited.
        }
        let reply = respond.respond(&request, &mut |piece| match sender
            .blocking_send(Sent::Piece(piece.to_string()))
        {
            Ok(()) => Flow::Continue,
            Err(_) => Flow::Stop,
        });
        // An error here means that nobody listens any more.
        drop(sender.blocking_send(Sent::Done(reply.map_err(Refusal::from))));
    });
    Ok(receiver)
}

/// Waits for the end.
async fn whole(pieces: &mut Receiver<Sent>) -> Result<Reply, Refusal> {
    while let Some(sent) = pieces.recv().await {
        if let Sent::Done(reply) = sent {
            return reply;
        }
    }
    Err(Refusal::lost())
}

/// The events of a streamed answer.
struct Chunks {
    pieces: Receiver<Sent>,
    heading: Heading,
    with_usage: bool,
    ready: std::collections::VecDeque<Value>,
    ended: bool,
}

impl Chunks {
    fn take(&mut self, sent: Sent) {
        match sent {
            Sent::Piece(piece) => self.ready.push_back(self.heading.piece(&piece)),
            Sent::Done(Ok(reply)) => {
                self.ended = true;
                self.ready.push_back(self.heading.closing(reply.finish));
                if self.with_usage {
                    self.ready.push_back(self.heading.usage(&reply));
                }
                self.ready.push_back(Value::from("[DONE]"));
            }
            Sent::Done(Err(refusal)) => {
                self.ended = true;
                self.ready.push_back(refusal.json());
            }
        }
    }
}

impl Stream for Chunks {
    type Item = Result<Event, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(value) = self.ready.pop_front() {
                // JSON as it stands; the bare word that ends a stream without its quotes.
                let data = value.as_str().map_or_else(|| value.to_string(), str::to_string);
                return Poll::Ready(Some(Ok(Event::default().data(data))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let sent = std::task::ready!(self.pieces.poll_recv(cx));
            self.take(sent.unwrap_or(Sent::Done(Err(Refusal::lost()))));
        }
    }
}

fn heading(model: &str) -> Heading {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let id = format!("chatcmpl-{:016x}", fresh_number());
    Heading { id, created: since_1970.as_secs(), model: model.to_string() }
}

/// Another number each time: the clock, and a count where the clock stands still.
fn fresh_number() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    (since_1970.as_nanos() as u64).wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
