//! The conversations' addresses over real sockets: what they keep, whom they refuse, how much they take.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use history::History;
use serde_json::{Value, json};

/// A server of conversations; ends with the test.
struct Site {
    _home: tempfile::TempDir,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

const JSON: &str = "content-type: application/json\r\n";
const ALL: &str = "/api/conversations";

impl Site {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let history = History::open(&home.path().join("a.sqlite")).unwrap();
        let routes = web::conversations::router(Arc::new(history), &[]);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Self { _home: home, address, _runtime: runtime }
    }

    /// Status, headers and body of an answer.
    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses may close before it has read all.
        drop(stream.write_all(body.as_bytes()));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_string(), body.to_string())
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, body) = self.send(method, path, JSON, &body);
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    /// The answer's JSON, where `status` came.
    fn expect(&self, status: u16, method: &str, path: &str, body: &Value) -> Value {
        let (got, value) = self.ask(method, path, body);
        assert_eq!(got, status, "{method} {path} {body}: {value}");
        value
    }
}

#[test]
fn a_talk_is_kept_and_found() {
    let site = Site::new();
    let draft =
        json!({"title": "A fox", "system": "Be brief.", "parameters": {"temperature": 0.3}});
    let id = site.expect(201, "POST", ALL, &draft)["id"].clone();
    let chat = format!("{ALL}/{id}");
    let say = |message: &Value| {
        site.expect(201, "POST", &format!("{chat}/messages"), message)["id"].clone()
    };
    let question = say(&json!({"parent": null, "role": "user", "text": "Who is it?"}));
    let answer = say(&json!({"parent": question, "role": "assistant", "text": "A"}));
    let tokens = json!([["A fox.", -0.5, [["A fox.", -0.5]]]]);
    let said =
        json!({"text": "A fox.", "finish": "stop", "completion_tokens": 2, "tokens": tokens});
    site.expect(200, "PATCH", &format!("{chat}/messages/{answer}"), &said);
    let whole = site.expect(200, "GET", &chat, &Value::Null);
    assert_eq!(
        (&whole["leaf"], &whole["system"], &whole["parameters"]["temperature"]),
        (&answer, &json!("Be brief."), &json!(0.3))
    );
    assert_eq!(
        (&whole["messages"][1]["text"], &whole["messages"][1]["has_tokens"]),
        (&json!("A fox."), &json!(true))
    );
    let kept = site.expect(200, "GET", &format!("{chat}/messages/{answer}/tokens"), &Value::Null);
    assert_eq!(kept["tokens"], tokens);
    let hits = site.expect(200, "GET", &format!("{ALL}/search?q=who%20is"), &Value::Null);
    assert_eq!(hits["hits"][0]["conversation"], id);
    site.expect(200, "PATCH", &chat, &json!({"title": "The fox"}));
    let list = site.expect(200, "GET", ALL, &Value::Null);
    assert_eq!(
        (&list["conversations"][0]["title"], &list["more"]),
        (&json!("The fox"), &json!(false))
    );
    let (_, _, text) = site.send("GET", &format!("{chat}/export?as=markdown"), "", "");
    assert!(text.starts_with("# The fox\n") && text.contains("A fox."), "{text}");
    let archive = site.expect(200, "GET", &format!("{ALL}/export"), &Value::Null);
    site.expect(201, "POST", &format!("{ALL}/import"), &archive);
    site.expect(200, "DELETE", &chat, &Value::Null);
    site.expect(404, "GET", &chat, &Value::Null);
    site.expect(409, "DELETE", ALL, &json!({"count": 5}));
    site.expect(200, "DELETE", ALL, &json!({"count": 1}));
    assert_eq!(site.expect(200, "GET", ALL, &Value::Null)["conversations"], json!([]));
}

#[test]
fn pages_of_others_learn_and_do_nothing() {
    let site = Site::new();
    site.expect(201, "POST", ALL, &json!({"title": "secret"}));
    for headers in [
        "origin: http://evil.example\r\n",
        "origin: null\r\n",
        "sec-fetch-site: cross-site\r\n",
        "sec-fetch-site: same-site\r\n",
    ] {
        for (method, body) in [("GET", ""), ("POST", "{}"), ("DELETE", "{\"count\": 1}")] {
            let (status, head, body) = site.send(method, ALL, &format!("{JSON}{headers}"), body);
            assert_eq!(status, 403, "{method} {headers}");
            assert!(!body.contains("secret") && !head.contains("access-control"), "{head}{body}");
        }
    }
    for kind in ["", "content-type: text/plain\r\n"] {
        assert_eq!(site.send("POST", ALL, kind, "{}").0, 415, "{kind}");
        assert_eq!(site.send("DELETE", ALL, kind, "{\"count\": 1}").0, 415, "{kind}");
    }
    // A page of another origin asks first whether it may.
    let may = "origin: http://evil.example\r\naccess-control-request-method: DELETE\r\n";
    let (status, head, _) = site.send("OPTIONS", ALL, may, "");
    assert!(status >= 400 && !head.contains("access-control-allow"), "{head}");
    let (status, head, body) = site.send("GET", ALL, "sec-fetch-site: same-origin\r\n", "");
    assert!(status == 200 && body.contains("secret"), "nothing was deleted: {body}");
    for part in ["no-store", "nosniff", "cross-origin-resource-policy: same-origin"] {
        assert!(head.contains(part), "{part} in {head}");
    }
}

#[test]
fn bad_questions_are_refused_in_words() {
    let site = Site::new();
    site.expect(201, "POST", ALL, &json!({}));
    for path in [
        "/x",
        "/-1",
        "/1x",
        "/99999999999999999999",
        "/1%2f..",
        "/%00",
        "/2",
        "/1/messages/1/tokens",
    ] {
        let (status, answer) = site.ask("GET", &format!("{ALL}{path}"), &Value::Null);
        assert_eq!(status, 404, "{path}: {answer}");
        assert!(answer["error"]["message"].is_string(), "{path}: {answer}");
    }
    let check = |status, path: &str, body: &str| {
        let (got, _, answer) = site.send("POST", &format!("{ALL}{path}"), JSON, body);
        assert_eq!(got, status, "{path} {}: {answer}", &body[..body.len().min(80)]);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["error"]["message"].is_string(), "{answer}");
    };
    check(400, "", "{");
    check(400, "", r#"{"title": 7}"#);
    check(400, "", r#"{"unheard of": 7}"#);
    check(400, "/1/messages", r#"{"parent": null, "role": "system", "text": "x"}"#);
    check(404, "/1/messages", r#"{"parent": 9, "role": "user", "text": "x"}"#);
    check(400, "/import", r#"{"format": "x", "version": 1, "conversations": []}"#);
    check(400, "", &"[".repeat(100_000));
    let long = "x".repeat(3 << 20);
    check(400, "/1/messages", &format!(r#"{{"parent": null, "role": "user", "text": "{long}"}}"#));
}

#[test]
fn what_is_too_large_is_not_read() {
    let site = Site::new();
    let head = format!("{JSON}x-pad: 1\r\n");
    let (status, _, _) = site.send("POST", ALL, &head, &" ".repeat((16 << 20) + 1));
    assert_eq!(status, 413);
}

#[test]
fn many_write_at_once() {
    let site = Site::new();
    site.expect(201, "POST", ALL, &json!({}));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let message = json!({"parent": null, "role": "user", "text": "x"});
                    site.expect(201, "POST", &format!("{ALL}/1/messages"), &message);
                }
            });
        }
    });
    let whole = site.expect(200, "GET", &format!("{ALL}/1"), &Value::Null);
    assert_eq!(whole["messages"].as_array().unwrap().len(), 40);
}
