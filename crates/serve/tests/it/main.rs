//! The server over a real socket, with a scripted model and a client of plain bytes.
#![expect(clippy::unwrap_used, reason = "a test's panic is its message")]

mod clients;
mod document;
mod hostile;
mod operations;
mod real;
#[cfg(feature = "otel")]
mod traces;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use chat::{Error, Finish, Flow, Reply, Request, Respond, Turns};
use serde_json::{Value, json};
use serve::{Models, Settings};

/// Answers by what it is told: `words` are said, `forever` never ends, `fail` fails at once,
/// `break` after a word, `panic` panics.
#[derive(Default)]
struct Script {
    said: AtomicUsize,
    cancelled: AtomicBool,
}

impl Respond for Script {
    fn model_name(&self) -> &str {
        "script"
    }

    fn respond(
        &self,
        request: &Request,
        on_text: &mut dyn FnMut(&str) -> Flow,
    ) -> Result<Reply, Error> {
        let task = request.messages.last().unwrap().text()?;
        let mut text = String::new();
        let mut say = |piece: &str| {
            text.push_str(piece);
            self.said.fetch_add(1, Ordering::SeqCst);
            on_text(piece)
        };
        let mut finish = Finish::Stop;
        match task.as_str() {
            "fail" => return Err(Error::Request("cannot answer that".into())),
            "break" => {
                say("well");
                return Err(Error::TemplateSource { reason: "broken".into() });
            }
            "panic" => panic!("as asked"),
            "forever" => {
                while say("on ") == Flow::Continue {
                    thread::sleep(Duration::from_millis(2));
                }
                self.cancelled.store(true, Ordering::SeqCst);
                finish = Finish::Cancelled;
            }
            words => {
                words.split_inclusive(' ').map(say).filter(|flow| *flow == Flow::Stop).count();
            }
        }
        if request.max_tokens == Some(1) {
            finish = Finish::Length;
        }
        Ok(Reply { text, finish, prompt_tokens: 3, completion_tokens: 2, ..Reply::default() })
    }
}

/// A server for one test; ends with it.
struct Server {
    address: SocketAddr,
    script: Arc<Script>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    fn start() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let script = Arc::new(Script::default());
        let models = Models::one(Arc::new(Turns::new(script.clone(), 1000, 4)));
        let server = serve::Server::new(models, settings);
        let router = serve::router(&server);
        Self::of(script, server, router)
    }

    fn of(script: Arc<Script>, server: serve::Server, router: axum::Router) -> Self {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (tell, address) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let shutdown = async { drop(stopped.await) };
                serve::serve(&server, router, listener, shutdown).await.unwrap();
            });
        });
        let address = address.recv().unwrap();
        Self { address, script, stop: Some(stop), thread: Some(thread) }
    }

    fn connect(&self, head: &str, body: &str) -> TcpStream {
        self.connect_with(head, &[], body)
    }

    fn connect_with(&self, head: &str, headers: &[&str], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = body.len();
        let more: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        write!(
            stream,
            "{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        stream
    }

    /// The status and the body.
    fn send(&self, head: &str, body: &str) -> (u16, String) {
        self.send_with(head, &[], body)
    }

    fn send_with(&self, head: &str, headers: &[&str], body: &str) -> (u16, String) {
        let (status, _, body) = self.whole(head, headers, body);
        (status, body)
    }

    /// The status, the head and the body.
    fn whole(&self, head: &str, headers: &[&str], body: &str) -> (u16, String, String) {
        let mut answer = String::new();
        self.connect_with(head, headers, body).read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if head.contains("chunked") { unchunk(body) } else { body.to_string() };
        (status, head.to_string(), body)
    }

    fn ask(&self, task: &str, more: Value) -> (u16, String) {
        self.send("POST /v1/chat/completions", &body(task, more))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking());
    }
}

fn body(task: &str, more: Value) -> String {
    let mut body = json!({"messages": [{"role": "user", "content": task}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string()
}

/// HTTP's chunked encoding taken off.
fn unchunk(mut rest: &str) -> String {
    let mut out = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        out.push_str(&after[..size]);
        rest = &after[size + 2..];
    }
    out
}

fn events(body: &str) -> Vec<&str> {
    body.split_terminator("\n\n").map(|e| e.strip_prefix("data: ").unwrap()).collect()
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_whole_answer() {
    let server = Server::start();
    let (status, body) = server.ask("a few words", json!({"model": "script"}));
    let value = parse(&body);
    assert_eq!((status, &value["object"]), (200, &json!("chat.completion")));
    assert_eq!(value["choices"][0]["message"]["content"], "a few words");
    assert_eq!(value["choices"][0]["finish_reason"], "stop");
    assert_eq!(value["usage"]["total_tokens"], 5);
    assert!(value["id"].as_str().unwrap().starts_with("chatcmpl-"));
    let (_, body) = server.ask("a", json!({"max_completion_tokens": 1}));
    assert_eq!(parse(&body)["choices"][0]["finish_reason"], "length");
}

#[test]
fn a_streamed_answer() {
    let server = Server::start();
    let more = json!({"stream": true, "stream_options": {"include_usage": true}});
    let (status, body) = server.ask("a few words", more);
    let events = events(&body);
    assert_eq!((status, events.last()), (200, Some(&"[DONE]")));
    let values: Vec<Value> = events[..events.len() - 1].iter().map(|e| parse(e)).collect();
    assert_eq!(values[0]["choices"][0]["delta"]["role"], "assistant");
    let text: String =
        values.iter().filter_map(|v| v["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, "a few words");
    let [.., closing, usage] = values.as_slice() else { panic!("{values:?}") };
    assert_eq!(closing["choices"][0]["finish_reason"], "stop");
    assert_eq!((&usage["choices"], &usage["usage"]["prompt_tokens"]), (&json!([]), &json!(3)));
    assert!(values.iter().all(|v| v["id"] == values[0]["id"]));
    assert_eq!(values.len(), 1 + 3 + 1 + 1);
    let (_, body) = server.ask("a", json!({"stream": true}));
    assert!(!body.contains("usage"));
}

#[test]
fn the_first_words_come_before_the_last_are_made_and_leaving_cancels() {
    let server = Server::start();
    for more in [json!({"stream": true}), json!({"stream": false})] {
        server.script.cancelled.store(false, Ordering::SeqCst);
        let said = server.script.said.load(Ordering::SeqCst);
        let mut stream =
            server.connect("POST /v1/chat/completions", &body("forever", more.clone()));
        if more["stream"] == true {
            let mut seen = String::new();
            while !seen.contains("on ") {
                let mut bytes = [0; 512];
                let n = stream.read(&mut bytes).unwrap();
                assert!(n > 0, "{seen}");
                seen.push_str(&String::from_utf8_lossy(&bytes[..n]));
            }
        } else {
            wait(|| server.script.said.load(Ordering::SeqCst) > said);
        }
        drop(stream);
        wait(|| server.script.cancelled.load(Ordering::SeqCst));
    }
}

fn wait(until: impl Fn() -> bool) {
    let start = Instant::now();
    while !until() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn refusals_are_json_in_openais_form() {
    let server = Server::start();
    let check = |(status, body): (u16, String), expected: u16, word: &str| {
        let value = parse(&body);
        let message = value["error"]["message"].as_str().unwrap();
        assert!(status == expected && message.contains(word), "{status} {body}");
        let server_side = value["error"]["type"] == "server_error";
        assert_eq!(server_side, status >= 500, "{body}");
    };
    let post = "POST /v1/chat/completions";
    check(server.ask("fail", json!({})), 400, "cannot answer that");
    check(server.ask("fail", json!({"stream": true})), 400, "cannot answer that");
    check(server.ask("break", json!({})), 500, "broken");
    check(server.ask("panic", json!({})), 500, "failed");
    check(server.ask("a", json!({"n": 0})), 400, "n must be from 1");
    check(server.ask("a", json!({"tools": [{}]})), 400, "tools");
    check(server.ask("a", json!({"temperature": "hot"})), 400, "temperature");
    check(server.ask("a", json!({"model": "gpt-9"})), 404, "script");
    check(server.send(post, "{"), 400, "JSON");
    check(server.send(post, r#"{"messages": []}"#), 400, "empty");
    check(server.send(post, "{}"), 400, "messages");
    check(server.send("GET /v1/chat/completions", ""), 405, "another method");
    check(server.send("GET /v2", ""), 404, "/openapi.json");
    // The server still answers.
    assert_eq!(server.ask("a", json!({})).0, 200);
}

#[test]
fn a_failure_after_the_first_word_is_an_event() {
    let server = Server::start();
    let (status, body) = server.ask("break", json!({"stream": true}));
    let events = events(&body);
    assert_eq!(status, 200);
    assert!(parse(events.last().unwrap())["error"]["message"].as_str().unwrap().contains("broken"));
    assert!(!body.contains("[DONE]"));
}

#[test]
fn a_body_too_large_or_not_declared_json_is_refused() {
    let server = Server::start();
    let too_long = " ".repeat(Settings::default().max_body_bytes + 1);
    let (status, answer) = server.send("POST /v1/chat/completions", &too_long);
    assert!(status == 413 && answer.contains("\"error\""), "{status} {answer}");

    let mut stream = TcpStream::connect(server.address).unwrap();
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-type: text/plain\r\ncontent-length: 2\r\n\r\n{{}}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 415 ") && answer.contains("\"error\""), "{answer}");
}

#[test]
fn models_and_health() {
    let server = Server::start();
    let (status, body) = server.send("GET /v1/models", "");
    assert_eq!((status, &parse(&body)["data"][0]["id"]), (200, &json!("script")));
    assert_eq!(server.send("GET /health", "").0, 200);
}

#[test]
fn without_a_model_a_request_is_told_why() {
    let router = serve::router_without_model("no model yet; make one");
    let of_none = serve::Server::new(Models::default(), Settings::default());
    let server = Server::of(Arc::default(), of_none, router);
    let (status, body) = server.ask("a", json!({}));
    let error = &parse(&body)["error"];
    assert_eq!((status, &error["code"]), (503, &json!("no_model")));
    assert_eq!(
        (&error["message"], &error["type"]),
        (&json!("no model yet; make one"), &json!("server_error"))
    );
    let (status, body) = server.send("GET /v1/models", "");
    assert_eq!((status, &parse(&body)["data"]), (200, &json!([])));
    assert_eq!(server.send("GET /health", "").0, 200);
    assert_eq!(server.send("GET /v2", "").0, 404);
}
