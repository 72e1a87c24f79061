//! One streamed request, and when each piece of its answer came.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Host and port.
    pub address: String,
    /// What stands before `/v1/completions`.
    pub path: String,
    /// The name of a model, if one is to be named.
    pub model: Option<String>,
    /// The key that is brought.
    pub key: Option<String>,
}

/// An address that nobody can be asked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} is no address to ask at: expected http://HOST:PORT, without TLS")]
pub struct BadUrl {
    /// What was given.
    pub url: String,
}

impl Target {
    /// The server at a URL such as `http://127.0.0.1:8000`; a `/v1` behind it may be left out.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn at(url: &str) -> Result<Self, BadUrl> {
        let bad = || BadUrl { url: url.to_string() };
        let rest = url.strip_prefix("http://").ok_or_else(bad)?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.is_empty() || host.contains('@') {
            return Err(bad());
        }
        let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
        let address = if has_port { host.to_string() } else { format!("{host}:80") };
        let path = path.trim_end_matches('/').trim_end_matches("/v1").to_string();
        Ok(Self { address, path, model: None, key: None })
    }
}

/// What came of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// When it was sent.
    pub sent: Option<Instant>,
    /// Seconds from there to each piece of text.
    pub pieces: Vec<f64>,
    /// Seconds to the end.
    pub seconds: f64,
    /// Tokens of the answer, as the server counts them, else pieces.
    pub tokens: usize,
    /// The status; 0 where there was none.
    pub status: u16,
    /// Why it is not whole.
    pub failure: Option<String>,
}

impl Answer {
    /// Whether all of it came.
    pub fn is_whole(&self) -> bool {
        self.failure.is_none()
    }

    /// Seconds to the first piece.
    pub fn first(&self) -> Option<f64> {
        self.pieces.first().copied()
    }

    /// Seconds between pieces.
    pub fn gaps(&self) -> impl Iterator<Item = f64> + '_ {
        self.pieces.windows(2).map(|pair| pair[1] - pair[0])
    }
}

/// Asks, and waits for the end, or for as long as patience lasts.
pub async fn ask(target: &Target, body: &Value, patience: Duration) -> Answer {
    let began = Instant::now();
    let mut answer = Answer { sent: Some(began), ..Answer::default() };
    let asked = tokio::time::timeout(patience, read(target, body, &mut answer, began)).await;
    answer.failure = match asked {
        Ok(Ok(())) => None,
        Ok(Err(reason)) => Some(reason),
        Err(_) => Some(format!("no end within {} s", patience.as_secs_f64())),
    };
    answer.seconds = began.elapsed().as_secs_f64();
    answer
}

async fn read(
    target: &Target,
    body: &Value,
    answer: &mut Answer,
    began: Instant,
) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let stream = TcpStream::connect(&target.address).await.map_err(|e| told(&e))?;
    stream.set_nodelay(true).map_err(|e| told(&e))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|e| told(&e))?;
    let connection = tokio::spawn(connection);
    let mut request = Request::post(format!("{}/v1/completions", target.path))
        .header("host", &target.address)
        .header("content-type", "application/json");
    if let Some(key) = &target.key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Full::new(Bytes::from(body.to_string()))).map_err(|e| told(&e))?;
    let mut response = sender.send_request(request).await.map_err(|e| told(&e))?;
    answer.status = response.status().as_u16();
    let (mut held, mut is_done) = (Vec::new(), false);
    while let Some(frame) = response.frame().await {
        let frame = frame.map_err(|e| told(&e))?;
        let Some(data) = frame.data_ref() else { continue };
        held.extend_from_slice(data);
        let at = began.elapsed().as_secs_f64();
        while let Some(end) = held.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = held.drain(..end + 2).collect();
            is_done |= event.starts_with(b"data: [DONE]");
            answer.take(&event, at)?;
        }
    }
    connection.abort();
    match (answer.status, is_done) {
        (200, true) => Ok(()),
        (200, false) => Err("the stream ended before its end".to_string()),
        (status, _) => Err(format!("status {status}: {}", String::from_utf8_lossy(&held))),
    }
}

impl Answer {
    fn take(&mut self, event: &[u8], at: f64) -> Result<(), String> {
        let Some(data) = event.strip_prefix(b"data: ") else { return Ok(()) };
        let Ok(value) = serde_json::from_slice::<Value>(data) else { return Ok(()) };
        if !value["error"].is_null() {
            return Err(value["error"].to_string());
        }
        if let Some(tokens) = value["usage"]["completion_tokens"].as_u64() {
            self.tokens = tokens as usize;
        }
        // A piece may be a token whose text is not sure yet; an end brings none.
        let is_piece =
            |choice: &Value| choice["text"].is_string() && choice["finish_reason"].is_null();
        if value["choices"].as_array().is_some_and(|choices| choices.iter().any(is_piece)) {
            self.pieces.push(at);
            self.tokens = self.tokens.max(self.pieces.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |url: &str, expected: Option<(&str, &str)>| {
            let target = Target::at(url).ok();
            let got = target.as_ref().map(|t| (t.address.as_str(), t.path.as_str()));
            assert_eq!(got, expected, "{url}");
        };
        check("http://127.0.0.1:8000", Some(("127.0.0.1:8000", "")));
        check("http://127.0.0.1:8000/v1/", Some(("127.0.0.1:8000", "")));
        check("http://box/a/v1", Some(("box:80", "/a")));
        check("http://[::1]:9", Some(("[::1]:9", "")));
        check("http://[::1]/", Some(("[::1]:80", "")));
        check("https://box", None);
        check("http://", None);
        check("http://a@b", None);
    }

    #[test]
    fn events_are_counted() {
        let mut answer = Answer::default();
        let mut take = |event: &str, at| answer.take(event.as_bytes(), at);
        take("data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":null}]}\n\n", 1.0).unwrap();
        take(": alive\n\n", 1.5).unwrap();
        take("data: {\"choices\":[{\"text\":\"\",\"finish_reason\":null}]}\n\n", 2.0).unwrap();
        take("data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}\n\n", 3.0)
            .unwrap();
        take("data: {\"choices\":[],\"usage\":{\"completion_tokens\":7}}\n\n", 3.0).unwrap();
        assert!(take("data: {\"error\":{\"message\":\"no\"}}\n\n", 4.0).is_err());
        assert_eq!((answer.pieces, answer.tokens), (vec![1.0, 2.0], 7));
    }
}
