//! A client of plain bytes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and fields, lower-case.
    pub(crate) head: String,
    pub(crate) body: String,
    /// Whether HTTP's framing says that the body is whole.
    pub(crate) is_whole: bool,
}

impl Answer {
    /// Of the bytes until the end of the connection.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let (body, is_whole) = if field("transfer-encoding: chunked").is_some() {
            unchunk(body)
        } else {
            let length = field("content-length: ").map_or(0, |n| n.parse().unwrap());
            (body.to_string(), body.len() == length)
        };
        Self { status, head, body, is_whole }
    }

    /// What the replica says of itself.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn replica(&self) -> String {
        self.json()["replica"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_string()
    }

    pub(crate) fn field(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or("")
    }
}

/// The body, and whether the last chunk came.
fn unchunk(mut body: &str) -> (String, bool) {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size, 16) else { break };
        if size == 0 {
            return (whole, rest == "\r\n");
        }
        whole.push_str(&rest[..size.min(rest.len())]);
        body = rest.get(size + 2..).unwrap_or("");
    }
    (whole, false)
}

/// A connection on which bytes were sent.
pub(crate) async fn connect(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// A request as bytes, after which the connection is to close.
pub(crate) fn request(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// All that comes until the connection ends, well or not.
pub(crate) async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = timeout(PATIENCE, stream.read(&mut buffer)).await;
        match read.expect("the connection should have ended by now") {
            Ok(0) | Err(_) => return bytes,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
    }
}

/// What comes until `end` has come.
pub(crate) async fn until(stream: &mut TcpStream, end: &str) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !text.contains(end) {
        let read = timeout(PATIENCE, stream.read(&mut buffer)).await;
        let n = read.unwrap_or_else(|_| panic!("{end:?} did not come: {text}")).unwrap();
        assert!(n > 0, "the connection ended before {end:?}: {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
    text
}

/// Sends bytes and takes the answer.
pub(crate) async fn send(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = connect(address, bytes).await;
    Answer::of(&rest(&mut stream).await)
}

/// One request, one answer.
pub(crate) async fn ask(address: SocketAddr, head: &str, body: &str) -> Answer {
    send(address, &request(head, body)).await
}
