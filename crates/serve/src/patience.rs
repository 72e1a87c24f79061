//! How long the server waits for whoever is slow, since a connection takes one of its places: for a head, for a
//! body, and for somebody who asks and does not read.
//!
//! The last is about progress, not speed: a reader that takes a byte now and then keeps its connection.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How long for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the head of a request; the next one on a connection that is kept may be as long in coming.
    pub head: Duration,
    /// For a whole body.
    pub body: Duration,
    /// For a reader that takes nothing of its answer.
    pub reader: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let [head, body, reader] = [30, 60, 60].map(Duration::from_secs);
        Self { head, body, reader }
    }
}

/// A stream whose writes fail once nobody has taken anything for so long.
pub(crate) struct Patient<S> {
    stream: S,
    reader: Duration,
    /// Runs while there is no room to write.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(crate) fn new(stream: S, reader: Duration) -> Self {
        Self { stream, reader, stuck: None }
    }

    /// What came of a write, or that it has waited too long.
    fn watched<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let reader = self.reader;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(reader)));
        stuck.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watched(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.watched(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watched(cx, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watched(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Takes what is written while it is open.
    struct Door {
        is_open: bool,
    }

    impl AsyncWrite for Door {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            if self.is_open { Poll::Ready(Ok(bytes.len())) } else { Poll::Pending }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    async fn write(to: &mut Patient<Door>) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut *to).poll_write(cx, b"a")).await
    }

    #[tokio::test]
    async fn a_reader_may_be_slow_but_not_still() {
        let mut to = Patient::new(Door { is_open: false }, Duration::from_millis(400));
        // Longer than the patience in all.
        for _ in 0..4 {
            let waited = tokio::time::timeout(Duration::from_millis(150), write(&mut to)).await;
            assert!(waited.is_err());
            to.stream.is_open = true;
            assert_eq!(write(&mut to).await.unwrap(), 1);
            to.stream.is_open = false;
        }
        assert_eq!(write(&mut to).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
