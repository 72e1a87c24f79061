//! A replica that does what a request's `act` says: it answers at once, streams events, hangs,
//! breaks off or refuses; it can be killed as a process is, with all its connections, and come
//! back on the same port.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

#[derive(Default)]
pub(crate) struct State {
    pub(crate) name: String,
    /// Requests for words that came, whatever was said to them.
    pub(crate) seen: AtomicUsize,
    /// Answers that were dropped before their end.
    pub(crate) dropped: AtomicUsize,
    pub(crate) open: AtomicUsize,
    pub(crate) connections: AtomicUsize,
    /// What it does where the request does not say.
    pub(crate) usual: Mutex<String>,
    pub(crate) is_sick: AtomicBool,
}

pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    pub(crate) state: Arc<State>,
    task: Option<JoinHandle<()>>,
}

impl Fake {
    pub(crate) async fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { name: name.to_string(), ..State::default() });
        let task = Some(tokio::spawn(serve(listener, state.clone())));
        Self { address, state, task }
    }

    pub(crate) fn name(&self) -> &str {
        &self.state.name
    }

    pub(crate) fn seen(&self) -> usize {
        self.state.seen.load(Ordering::SeqCst)
    }

    pub(crate) fn dropped(&self) -> usize {
        self.state.dropped.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }

    pub(crate) fn usually(&self, act: &str) {
        *self.state.usual.lock().unwrap() = act.to_string();
    }

    pub(crate) fn be_sick(&self, is_sick: bool) {
        self.state.is_sick.store(is_sick, Ordering::SeqCst);
    }

    /// Ends it and all its connections at once.
    pub(crate) async fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            drop(task.await);
        }
    }

    /// Begins again on the same port.
    pub(crate) async fn revive(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.task = Some(tokio::spawn(serve(listener, self.state.clone())));
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new(); // Aborted with this task.
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        state.connections.fetch_add(1, Ordering::SeqCst);
        let state = state.clone();
        connections.spawn(async move {
            let service = service_fn(|request| answer(state.clone(), request));
            let builder = hyper::server::conn::http1::Builder::new();
            drop(builder.serve_connection(TokioIo::new(socket), service).await);
        });
    }
}

/// Counts an answer while it is open, and whether it ended by being dropped.
struct Open {
    state: Arc<State>,
    is_done: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.state.open.fetch_sub(1, Ordering::SeqCst);
        self.state.dropped.fetch_add(usize::from(!self.is_done), Ordering::SeqCst);
    }
}

/// Pieces of a body, and breaking off.
pub(crate) struct Pieces {
    pieces: mpsc::Receiver<Option<Bytes>>,
    open: Open,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match std::task::ready!(self.pieces.poll_recv(cx)) {
            Some(Some(piece)) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            Some(None) => Poll::Ready(Some(Err(std::io::Error::other("as asked")))),
            None => {
                self.open.is_done = true;
                Poll::Ready(None)
            }
        }
    }
}

async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Pieces>, Infallible> {
    let (parts, body) = request.into_parts();
    let is_health = parts.uri.path() == "/health";
    if !is_health {
        state.seen.fetch_add(1, Ordering::SeqCst);
    }
    state.open.fetch_add(1, Ordering::SeqCst);
    let mut open = Open { state: state.clone(), is_done: false };
    let body = body.collect().await.map(|whole| whole.to_bytes()).unwrap_or_default();
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let act = said["act"].as_str().unwrap_or("").to_string();
    let act = if act.is_empty() { state.usual.lock().unwrap().clone() } else { act };
    let act = if is_health { String::new() } else { act };
    let (sender, pieces) = mpsc::channel(1);
    let mut response = Response::builder();
    let words: Vec<&str> = act.split(' ').collect();
    match words[..] {
        _ if is_health && state.is_sick.load(Ordering::SeqCst) => response = response.status(500),
        ["hang"] => std::future::pending().await,
        ["die"] => panic_quietly(&mut open),
        ["refuse", status] => response = response.status(status.parse::<u16>().unwrap()),
        ["refuse", status, wait] => {
            response = response.status(status.parse::<u16>().unwrap()).header("retry-after", wait);
        }
        ["slow", millis] => tokio::time::sleep(millis_of(millis)).await,
        ["redirect"] => response = response.status(307).header("location", "http://192.0.2.1/x"),
        _ => {}
    }
    if matches!(words[0], "stream" | "part" | "fall-silent") {
        response = response.header("content-type", "text/event-stream");
    }
    response = response.header("x-hop", "1").header("connection", "x-hop");
    if words[0] == "brief" {
        open.is_done = true; // As it announces its length, nobody asks for its end.
        response = response.header("content-length", 5);
    }
    let said = json!({
        "replica": state.name, "method": parts.method.as_str(), "path": parts.uri.to_string(),
        "bytes": body.len(), "headers": shown(&parts.headers),
    });
    tokio::spawn(perform(act, said.to_string(), sender));
    Ok(response.body(Pieces { pieces, open }).unwrap())
}

/// Ends the connection before an answer.
fn panic_quietly(open: &mut Open) {
    open.is_done = true;
    std::panic::resume_unwind(Box::new("as asked"));
}

fn shown(headers: &hyper::HeaderMap) -> Value {
    let mut shown = serde_json::Map::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let before = shown.get(name.as_str()).and_then(Value::as_str).map(|v| format!("{v} | "));
        shown.insert(name.to_string(), json!(before.unwrap_or_default() + &value));
    }
    Value::Object(shown)
}

fn millis_of(text: &str) -> Duration {
    Duration::from_millis(text.parse().unwrap())
}

/// Says what it is to say; whoever listens no more ends it.
async fn perform(act: String, said: String, to: mpsc::Sender<Option<Bytes>>) -> Option<()> {
    let words: Vec<&str> = act.split(' ').collect();
    let event = |n: usize| Some(Bytes::from(format!("data: {{\"n\": {n}}}\n\n")));
    match words[..] {
        ["stream", events, millis] => {
            for n in 0..events.parse().unwrap() {
                to.send(event(n)).await.ok()?;
                tokio::select! {
                    () = tokio::time::sleep(millis_of(millis)) => {}
                    () = to.closed() => return None,
                }
            }
            to.send(Some(Bytes::from("data: [DONE]\n\n"))).await.ok()
        }
        ["part"] => {
            to.send(event(0)).await.ok()?;
            to.send(Some(Bytes::from("data: {\"n\": "))).await.ok()?;
            tokio::time::sleep(Duration::from_millis(30)).await;
            to.send(None).await.ok()
        }
        ["half"] => {
            to.send(Some(Bytes::from("{\"replica\": "))).await.ok()?;
            tokio::time::sleep(Duration::from_millis(30)).await;
            to.send(None).await.ok()
        }
        ["fall-silent"] => {
            to.send(event(0)).await.ok()?;
            to.closed().await;
            None
        }
        ["flood"] => loop {
            to.send(Some(Bytes::from(vec![b'x'; 1 << 16]))).await.ok()?;
        },
        ["brief"] => to.send(Some(Bytes::from("brief"))).await.ok(),
        _ => to.send(Some(Bytes::from(said))).await.ok(),
    }
}
