//! Server-sent events (WHATWG HTML Living Standard, §9.2), made of what answers say.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use chat::Heard;
use futures_core::Stream;
use serde::Serialize;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::Refusal;
use crate::hearing::{Answers, Line};

/// Events that may wait for a slow reader before the teller waits too.
const EVENTS_AHEAD: usize = 64;
/// Between two signs of life.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long a stream's head waits for the first word, so that a refusal can be a plain one.
const FIRST_WORD: Duration = Duration::from_secs(5);

/// Who makes events of lines.
pub(crate) trait Tell: Send + 'static {
    /// What stands before everything else.
    fn opening(&mut self) -> Vec<Event>;
    /// What a line becomes.
    fn tell(&mut self, choice: usize, heard: Heard) -> Vec<Event>;
    /// What stands behind the last line.
    fn closing(&mut self) -> Vec<Event>;
    /// What stands behind everything else if it fails.
    fn failed(&mut self, refusal: &Refusal) -> Vec<Event>;
}

/// An event of JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Event {
    // Our own types have only strings as keys; they are always JSON.
    Event::default().data(serde_json::to_string(value).unwrap_or_default())
}

/// The response, told as it comes. What is refused before the first word is refused plainly.
pub(crate) async fn respond(mut answers: Answers, teller: impl Tell) -> Result<Response, Refusal> {
    let first = tokio::time::timeout(FIRST_WORD, answers.next()).await.ok().flatten();
    if let Some(Line { heard: Heard::Done(Err(error)), .. }) = first {
        return Err(error.into());
    }
    let (sender, events) = mpsc::channel(EVENTS_AHEAD);
    tokio::spawn(send(answers, first, teller, sender));
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(Events(events)).keep_alive(keep_alive).into_response())
}

/// Sends until the end, or until nobody reads.
async fn send(
    mut answers: Answers,
    mut first: Option<Line>,
    mut teller: impl Tell,
    to: Sender<Event>,
) {
    if !send_all(teller.opening(), &to).await {
        return;
    }
    loop {
        let line = match first.take() {
            Some(line) => Some(line),
            None => tokio::select! {
                line = answers.next() => line,
                () = to.closed() => return,
            },
        };
        let events = match line {
            None => teller.closing(),
            Some(Line { heard: Heard::Done(Err(error)), .. }) => teller.failed(&error.into()),
            Some(Line { choice, heard }) => {
                if send_all(teller.tell(choice, heard), &to).await {
                    continue;
                }
                return;
            }
        };
        send_all(events, &to).await;
        return;
    }
}

/// Whether somebody reads still.
async fn send_all(events: Vec<Event>, to: &Sender<Event>) -> bool {
    for event in events {
        if to.send(event).await.is_err() {
            return false;
        }
    }
    true
}

struct Events(Receiver<Event>);

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}
