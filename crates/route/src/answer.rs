//! What a client gets: something that the router says whole, or a replica's answer as it comes.
//!
//! A relayed answer is never cut off in silence. If its replica breaks off, an event stream ends
//! with an error as its last event and a closed connection; any other answer ends with a broken
//! connection, which HTTP's framing lets the client see. If the client leaves, the answer is
//! dropped, and with it the connection to the replica.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::body::{Body as HttpBody, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep_until};

use crate::call::Call;
use crate::event::Ending;
use crate::fleet::Claim;
use crate::refusal;
use crate::sse::Events;
use crate::upstream::Connection;

/// The body of an answer.
pub(crate) enum Body {
    Whole(Option<Bytes>),
    Relay(Box<Relay>),
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Whole(Some(text.into()).filter(|bytes: &Bytes| !bytes.is_empty()))
    }
}

/// The replica broke off, and this ends the client's connection.
#[derive(Debug, thiserror::Error)]
#[error("the replica broke off: {0}")]
pub(crate) struct BrokenOff(&'static str);

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Relay(relay) => relay.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Relay(relay) => relay.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Relay(relay) => relay.size_hint(),
        }
    }
}

/// A replica's answer on its way.
pub(crate) struct Relay {
    incoming: Incoming,
    /// None once the answer is over.
    upstream: Option<Upstream>,
    events: Option<Events>,
    idle: Duration,
    /// When the pause is too long, or the request.
    alarm: Pin<Box<Sleep>>,
    deadline: Instant,
    /// The last frame of a stream that broke off.
    last: Option<Bytes>,
    call: Call,
    /// Ends the client's connection behind this answer.
    closing: Arc<Notify>,
}

/// What is held for an answer until it is over.
pub(crate) struct Upstream {
    pub(crate) connection: Connection,
    pub(crate) claim: Claim,
}

/// How long the parts of an answer may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) idle: Duration,
    pub(crate) deadline: Instant,
}

impl Relay {
    pub(crate) fn new(
        incoming: Incoming,
        upstream: Upstream,
        call: Call,
        patience: Patience,
        closing: Arc<Notify>,
    ) -> Self {
        let Patience { idle, deadline } = patience;
        let alarm = Box::pin(sleep_until(deadline.min(Instant::now() + idle).into()));
        let (upstream, events, last) = (Some(upstream), None, None);
        Self { incoming, upstream, events, idle, alarm, deadline, last, call, closing }
    }

    /// The answer is a stream of events.
    pub(crate) fn with_events(mut self) -> Self {
        self.events = Some(Events::default());
        self
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        loop {
            if self.upstream.is_none() {
                return Poll::Ready(self.last.take().map(|last| Ok(Frame::data(last))));
            }
            let polled = Pin::new(&mut self.incoming).poll_frame(cx);
            let Poll::Ready(next) = polled else {
                ready!(self.alarm.as_mut().poll(cx));
                let is_late = Instant::now() >= self.deadline;
                let why = if is_late { "the request took too long" } else { "it fell silent" };
                return Poll::Ready(self.break_off(why));
            };
            self.alarm.as_mut().reset(self.deadline.min(Instant::now() + self.idle).into());
            let data = match next {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(), // No trailers.
                Some(Err(_)) => return Poll::Ready(self.break_off("its connection ended")),
                None => {
                    self.complete();
                    self.last = self.events.as_mut().map(Events::rest).filter(|b| !b.is_empty());
                    continue;
                }
            };
            let data = self.events.as_mut().map_or(data.clone(), |events| events.take(&data));
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
    }

    /// The answer is whole: its connection may have the next request.
    fn complete(&mut self) {
        if let Some(Upstream { connection, mut claim }) = self.upstream.take() {
            claim.ended();
            claim.replica.pool.put(connection);
            self.call.end(Ending::Whole);
        }
    }

    fn break_off(&mut self, why: &'static str) -> Option<Result<Frame<Bytes>, BrokenOff>> {
        if let Some(mut upstream) = self.upstream.take() {
            upstream.claim.failed(Instant::now());
            upstream.claim.replica.counts.broken.add();
        }
        self.call.end(Ending::Broken);
        let Some(events) = &mut self.events else { return Some(Err(BrokenOff(why))) };
        self.closing.notify_one();
        let message = format!("the answer is not whole: the replica broke off ({why}); ask again");
        let error = refusal::error(StatusCode::BAD_GATEWAY, &message, "replica_failed");
        Some(Ok(Frame::data(events.last(&error.to_string()))))
    }

    fn is_over(&self) -> bool {
        self.last.is_none() && (self.upstream.is_none() || self.is_read())
    }

    /// Whether the replica has said all that it announced.
    fn is_read(&self) -> bool {
        self.events.is_none() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.events {
            Some(_) => SizeHint::default(),
            None => self.incoming.size_hint(),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Of an answer of known length nobody asks whether anything comes behind it.
        if self.is_read() {
            self.complete();
        }
    }
}
