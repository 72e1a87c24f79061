//! A server as an operator runs it: several models, options from a file and the environment, its log, its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::serve::ask;
use crate::{Lyceum, signal};

/// Two small models.
fn with_models() -> Lyceum {
    let lyceum = Lyceum::new();
    let tiny = ["--layers", "1", "--width", "32", "--vocab", "270", "--steps", "3", "-q"];
    for name in ["one", "two"] {
        lyceum.good(&[&["pretrain", "--name", name], &tiny[..]].concat());
    }
    lyceum
}

/// A server on a free port, and its address.
fn served(lyceum: &Lyceum, options: &[&str], variables: &[(&str, &str)]) -> (Child, String) {
    let mut command = lyceum.command(&[&["serve", "--port", "0"], options].concat());
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).unwrap().split_whitespace().next().unwrap();
    (child, address.to_string())
}

/// Ends it in peace; what it has logged.
fn ended(mut child: Child) -> String {
    signal(&child, "-TERM");
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(child.wait().unwrap().success(), "{log}");
    log
}

fn chat(model: &str) -> String {
    format!(
        r#"{{"model": "{model}", "messages": [{{"role": "user", "content": "swordfish"}}], "max_tokens": 4}}"#
    )
}

#[test]
fn several_models_take_turns_in_memory_as_a_file_says() {
    let lyceum = with_models();
    let file = lyceum.file(
        "serve.toml",
        b"model = [\"one\", \"two\"]\nalias = [\"gpt-4o=two\"]\nloaded = 1\nforget = true\nlog-format = \"json\"\n",
    );
    let (child, address) = served(&lyceum, &[], &[("LYCEUM_SERVE_CONFIG", &file)]);
    let status = |name: &str| {
        let answer = ask(&address, &format!("GET /v1/models/{name}"), "");
        let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        body["status"]["value"].as_str().unwrap().to_string()
    };
    assert_eq!((status("one").as_str(), status("two").as_str()), ("loaded", "unloaded"));
    let answer = ask(&address, "POST /v1/chat/completions", &chat("gpt-4o"));
    assert!(answer.contains("\"chat.completion\"") && answer.contains("\"two\""), "{answer}");
    assert_eq!((status("one").as_str(), status("two").as_str()), ("unloaded", "loaded"));
    let answer = ask(&address, "POST /v1/chat/completions", &chat("one"));
    assert!(answer.contains("\"model\":\"one\""), "{answer}");
    let log = ended(child);
    assert!(!log.contains("swordfish"), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of =
        |word: &str| lines.iter().filter(|l| l["fields"]["message"] == word).collect::<Vec<_>>();
    let written = of("written");
    assert_eq!((written.len(), &written[0]["fields"]["model"]), (2, &"two".into()), "{log}");
    assert_eq!(written[0]["span"]["path"], "/v1/chat/completions");
    let answered = of("answered");
    let same = answered.iter().find(|line| line["span"]["id"] == written[0]["span"]["id"]);
    assert_eq!(same.unwrap()["fields"]["status"], 200);
    assert_eq!(of("unloaded, to make room").len(), 2);
}

#[test]
fn prompts_are_logged_where_that_is_asked_for_alone() {
    let lyceum = with_models();
    let options = ["--model", "one", "--forget", "--log-prompts", "--log", "error"];
    let (child, address) = served(&lyceum, &options, &[]);
    ask(&address, "POST /v1/chat/completions", &chat("one"));
    let log = ended(child);
    assert!(log.contains("swordfish") && !log.contains("answered"), "{log}");
}

#[test]
fn what_is_under_way_is_finished_before_the_server_ends() {
    let lyceum = with_models();
    let (child, address) = served(&lyceum, &["--model", "one", "--forget", "--log", "off"], &[]);
    let body = r#"{"prompt": "a", "max_tokens": 200, "n": 16, "ignore_eos": true, "stream": true}"#;
    let mut stream = TcpStream::connect(&address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut first = [0; 200];
    stream.read_exact(&mut first).unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200"));
    assert_eq!(ended(child), "");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("[DONE]"), "{rest}");
    assert_eq!(rest.matches("\"finish_reason\":\"length\"").count(), 16);
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn what_cannot_be_is_told_before_it_begins() {
    let lyceum = with_models();
    let check = |options: &[&str], words: &str| {
        let error = lyceum.bad(&[&["serve", "--port", "0", "--model", "one"], options].concat());
        assert!(error.contains(words), "{error}");
    };
    check(&["--model", "three"], "three");
    check(&["--alias", "x"], "NAME=MODEL");
    check(&["--alias", "x=three"], "there is no model \"three\"");
    check(&["--pin", "three"], "three");
    check(&["--model", "one"], "two models are called one");
    check(&["--loaded", "0"], "--loaded must be at least 1");
    check(&["--config", "/no/such"], "cannot read /no/such");
}
