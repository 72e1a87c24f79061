//! Requests that mean harm, or nothing at all, each answered with a 4xx or a clean close: never with a 5xx, never
//! by hanging, and the server goes on.
//!
//! Reading order: this file (a client of plain bytes, and what may come back), `bodies` (good bodies, and what can
//! become of one), `framing` (what HTTP is made of), `outward` (what might reach beyond the server: files, addresses,
//! packed bytes), `slow` (those who take their time), `access` (those without a key), `memory` (all of it again and
//! again).

mod access;
mod bodies;
mod framing;
mod memory;
mod outward;
mod slow;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use chat::{BatchedOptions, Limits};
use serde_json::{Value, json};
use serve::Settings;
use serve::patience::Patience;

use super::{Server, real};

/// Whoever hears nothing for so long was left hanging.
const PATIENCE: Duration = Duration::from_secs(20);
/// Of a body.
const MOST: usize = 2 << 20;

/// A server of the small real model that gives short answers.
fn start() -> Server {
    let options = BatchedOptions { max_tokens: Some(6), ..BatchedOptions::default() };
    real::with(options, Settings { max_body_bytes: MOST, ..Settings::default() })
}

/// The same, which waits for nobody, and keeps so many bytes of what was read.
fn hasty(kept_bytes: usize) -> Server {
    let [head, body, reader] = [400; 3].map(Duration::from_millis);
    let patience = Patience { head, body, reader };
    let limits = Limits { kept_bytes, ..Limits::default() };
    let options = BatchedOptions { limits, ..BatchedOptions::default() };
    real::with(options, Settings { patience, ..Settings::default() })
}

/// What came back.
#[derive(Debug)]
enum Came {
    /// Nothing: the connection was closed.
    Closed,
    Answer {
        status: u16,
        head: String,
        body: String,
    },
}

impl Came {
    /// The status; 0 where the connection was closed.
    fn status(&self) -> u16 {
        match self {
            Self::Closed => 0,
            Self::Answer { status, .. } => *status,
        }
    }

    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return Self::Closed };
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self::Answer { status, head: head.to_lowercase(), body: body.to_string() }
    }

    /// Whether it is what whoever asks wrongly may get.
    fn judge(&self, what: &str) {
        let Self::Answer { status, head, body } = self else { return };
        assert!((200..500).contains(status), "{what}: {status} {body}");
        // Also within a stream.
        assert!(!body.contains("\"server_error\"") && !body.contains("\"api_error\""), "{body}");
        assert!(!head.contains("x-evil"), "{what}: {head}");
        if *status >= 400 && !body.is_empty() {
            let refusal: Value = serde_json::from_str(body).expect(body);
            assert!(refusal["error"]["message"].is_string(), "{what}: {body}");
            assert!(body.len() < 10_000, "{what}: {} bytes", body.len());
        }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends these bytes, however far they get, and reads until the end.
fn send(address: SocketAddr, bytes: &[u8]) -> Came {
    let mut stream = connect(address);
    drop(stream.write_all(bytes));
    read(&mut stream)
}

/// Reads until the end.
fn read(stream: &mut TcpStream) -> Came {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            panic!("it hangs behind {:?}", String::from_utf8_lossy(&bytes))
        }
        // One that was reset has said before what it had to say.
        _ => Came::of(&bytes),
    }
}

/// A request with this body.
fn post(path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let json = "content-type: application/json";
    let is_declared = headers.iter().any(|header| header.starts_with("content-type"));
    let headers = headers.iter().copied().chain((!is_declared).then_some(json));
    let headers: String = headers.map(|header| format!("{header}\r\n")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Whether a good request is answered.
fn lives(server: &Server) {
    let body = json!({"prompt": "one", "max_tokens": 2}).to_string();
    let came = send(server.address, &post("/v1/completions", &[], body.as_bytes()));
    assert_eq!(came.status(), 200, "{came:?}");
}
