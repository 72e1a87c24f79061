//! The server of the binary over real sockets of this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::{Lyceum, signal};

/// One request, one whole answer.
pub(crate) fn ask(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A server on a free port, which it names in its first line.
fn served(lyceum: &Lyceum) -> Child {
    let mut command = lyceum.command(&["serve", "--port", "0"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_model_is_served_and_ctrl_c_ends_it() {
    let lyceum = Lyceum::new();
    let tiny = ["--layers", "1", "--width", "32", "--vocab", "270", "--steps", "3", "-q"];
    lyceum.good(&[&["pretrain", "--name", "speedrun"], &tiny[..]].concat());
    let mut child = served(&lyceum);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{line}");
    assert!(ask(address, "GET /health", "").contains("ok"));
    assert!(ask(address, "GET /v1/models", "").contains("\"speedrun\""));
    assert!(ask(address, "GET /", "").contains("<!DOCTYPE html>"));
    assert!(ask(address, "GET /runs", "").contains("href=\"/runs/speedrun\""));
    assert!(ask(address, "GET /runs/speedrun/report", "").contains("What it says"));
    assert!(ask(address, "GET /tokens", "").contains("<option value=\"speedrun\" selected>"));
    let cut = |name: &str| {
        let text = format!(r#"{{"tokenizer": "{name}", "text": "the mill<|endoftext|>"}}"#);
        ask(address, "POST /tokens/cut", &text)
    };
    let tokens = cut("speedrun");
    assert!(tokens.starts_with("HTTP/1.1 200") && tokens.contains("<|endoftext|>\""), "{tokens}");
    assert!(cut("../speedrun").contains("\"error\""));
    let body = r#"{"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 6}"#;
    let whole = ask(address, "POST /v1/chat/completions", body);
    assert!(
        whole.contains("\"chat.completion\"") && whole.contains("completion_tokens"),
        "{whole}"
    );
    let stream = body.replacen('{', "{\"stream\": true, ", 1);
    let streamed = ask(address, "POST /v1/chat/completions", &stream);
    assert!(streamed.contains("chat.completion.chunk") && streamed.contains("data: [DONE]"));
    let port = address.rsplit(':').next().unwrap();
    let taken = lyceum.bad(&["serve", "--port", port]);
    assert!(taken.contains("choose another --port"), "{taken}");
    signal(&child, "-INT");
    assert!(child.wait().unwrap().success());
}

#[test]
fn without_a_model_the_runs_are_served_and_the_first_finished_one_answers() {
    let lyceum = Lyceum::new();
    let mut child = served(&lyceum);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.starts_with("no model yet; runs on http://127.0.0.1:"), "{first}");
    let address = first.split("http://").nth(1).unwrap().split('/').next().unwrap();
    assert!(ask(address, "GET /", "").contains("no model to talk with yet"));
    assert!(ask(address, "GET /runs", "").contains("no runs yet"));
    let body = r#"{"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 6}"#;
    let refused = ask(address, "POST /v1/chat/completions", body);
    assert!(refused.contains(" 503 ") && refused.contains("lyceum speedrun"), "{refused}");
    let tiny = ["--layers", "1", "--width", "32", "--vocab", "270", "--steps", "3", "-q"];
    lyceum.good(&[&["speedrun", "--name", "tiny"], &tiny[..]].concat());
    let second = lines.next().unwrap().unwrap();
    assert!(second.starts_with(&format!("tiny on http://{address}")), "{second}");
    assert!(ask(address, "POST /v1/chat/completions", body).contains("\"chat.completion\""));
    assert!(ask(address, "GET /runs/tiny", "").contains("badge finished"));
    signal(&child, "-INT");
    assert!(child.wait().unwrap().success());
}

#[test]
fn waiting_for_a_model_ends_by_ctrl_c() {
    let lyceum = Lyceum::new();
    let mut child =
        lyceum.command(&["serve", "--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    signal(&child, "-INT");
    assert!(child.wait().unwrap().success());
}
