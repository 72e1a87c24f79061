//! Where one event of a stream of server-sent events ends and the next begins (WHATWG HTML,
//! "Server-sent events": a blank line ends an event; lines end in CR, LF or both).
//!
//! A replica may break off within an event. What is sent on is whole events, so that an error can
//! stand behind them as an event of its own; the beginning of one waits for its end, which tells
//! nobody anything that they could have used before. What is not told apart in 64 KiB is passed on
//! as it comes.

use hyper::body::Bytes;

/// A beginning of an event that is longer than this is passed on.
const MOST_HELD: usize = 64 << 10;

/// Cuts a stream behind its last blank line.
#[derive(Debug, Default)]
pub(crate) struct Events {
    held: Vec<u8>,
    /// What the bytes so far end in.
    place: Place,
    /// Whether bytes of an event that has not ended were passed on.
    is_torn: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Place {
    /// Before the first byte of a line.
    #[default]
    LineStart,
    /// Within a line.
    Line,
    /// Behind a CR that ended a line with something in it; an LF may belong to it.
    AfterReturn,
    /// Behind a CR that ended a blank line.
    AfterBlankReturn,
}

impl Events {
    /// What of the stream can be sent on now that `chunk` came.
    pub(crate) fn take(&mut self, chunk: &Bytes) -> Bytes {
        let Some(end) = self.last_end(chunk) else {
            self.held.extend_from_slice(chunk);
            if self.held.len() <= MOST_HELD {
                return Bytes::new();
            }
            self.is_torn = true;
            return Bytes::from(std::mem::take(&mut self.held));
        };
        self.is_torn = false;
        let whole = match self.held.is_empty() {
            true => chunk.slice(..end),
            false => {
                let mut held = std::mem::take(&mut self.held);
                held.extend_from_slice(&chunk[..end]);
                Bytes::from(held)
            }
        };
        self.held.extend_from_slice(&chunk[end..]);
        whole
    }

    /// What is left at a good end.
    pub(crate) fn rest(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.held))
    }

    /// An event behind those that were sent on, in place of what is held.
    pub(crate) fn last(&mut self, data: &str) -> Bytes {
        self.held.clear();
        let before = if self.is_torn { "\n\n" } else { "" };
        Bytes::from(format!("{before}data: {data}\n\n"))
    }

    /// Just behind the last blank line of a chunk.
    fn last_end(&mut self, chunk: &[u8]) -> Option<usize> {
        let mut last = None;
        for (at, byte) in chunk.iter().enumerate() {
            let (place, is_end) = match (self.place, byte) {
                (Place::LineStart, b'\n') => (Place::LineStart, true),
                (Place::LineStart, b'\r') => (Place::AfterBlankReturn, true),
                // The other half of a line's end.
                (Place::AfterBlankReturn, b'\n') => (Place::LineStart, true),
                (Place::AfterReturn, b'\n') => (Place::LineStart, false),
                (Place::AfterReturn | Place::AfterBlankReturn, b'\r') => {
                    (Place::AfterBlankReturn, true)
                }
                (Place::Line, b'\n') => (Place::LineStart, false),
                (Place::Line, b'\r') => (Place::AfterReturn, false),
                (_, _) => (Place::Line, false),
            };
            self.place = place;
            last = if is_end { Some(at + 1) } else { last };
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stream: &str, whole: &str) {
        for size in 1..=stream.len() {
            let mut events = Events::default();
            let chunks = stream.as_bytes().chunks(size);
            let sent: Vec<u8> =
                chunks.flat_map(|chunk| events.take(&Bytes::copy_from_slice(chunk))).collect();
            assert_eq!(String::from_utf8_lossy(&sent), whole, "in pieces of {size}");
            let rest = events.rest();
            assert_eq!([&sent[..], &rest[..]].concat(), stream.as_bytes());
        }
    }

    #[test]
    fn only_whole_events_go_on() {
        check("data: a\n\ndata: b\n\n", "data: a\n\ndata: b\n\n");
        check("data: a\n\ndata: {\"b\"", "data: a\n\n");
        check("data: a\n\ndata: b\n", "data: a\n\n");
        check("data: a\r\n\r\ndata: b\r\n", "data: a\r\n\r\n");
        check("data: a\r\rdata: b\r", "data: a\r\r");
        check(": ping\n\nid: 4\ndata: x", ": ping\n\n");
        check("", "");
    }

    #[test]
    fn an_error_is_an_event_of_its_own() {
        let mut events = Events::default();
        assert_eq!(&events.take(&Bytes::from("data: a\n\ndata: {\"b")), "data: a\n\n");
        assert_eq!(&events.last("{}"), "data: {}\n\n");
        let long = Bytes::from(vec![b'x'; MOST_HELD + 1]);
        assert_eq!(events.take(&long), long, "no memory without a bound");
        assert_eq!(&events.last("{}"), "\n\ndata: {}\n\n");
    }

    #[test]
    fn whole_events_are_not_copied() {
        let chunk = Bytes::from("data: a\n\n");
        assert_eq!(Events::default().take(&chunk).as_ptr(), chunk.as_ptr());
    }
}
