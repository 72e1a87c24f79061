//! Heads and lengths that are wrong, ambiguous, or endless (RFC 9112, §2 to §7 and §11.2).

use stdx::rng::Rng;

use super::{Came, hasty, lives, send, start};

const BODY: &str = r#"{"prompt": "one", "max_tokens": 1}"#;

/// A request whose head has these lines, and what stands behind it.
fn request(lines: &str, rest: &str) -> Vec<u8> {
    let head = "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    format!("{head}{lines}connection: close\r\n\r\n{rest}").into_bytes()
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes()
}

/// Lengths that cannot be, or that contradict each other.
fn lengths() -> Vec<Vec<u8>> {
    let lines = [
        "content-length: -1\r\n",
        "content-length: -34\r\n",
        "content-length: +34\r\n",
        "content-length: 0x22\r\n",
        "content-length: 34, 35\r\n",
        "content-length: 3 4\r\n",
        "content-length: 34\r\ncontent-length: 35\r\n",
        "content-length: 34;\r\n",
        "content-length: 99999999999999999999\r\n",
        "content-length: 18446744073709551615\r\n",
        "content-length: \r\n",
        "content-length: a\r\n",
        "content-length: 34.0\r\n",
        "content-length: 9223372036854775807\r\n",
        "content-length: \u{0663}\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: gzip\r\n",
        "transfer-encoding:\u{b}chunked\r\n",
        "transfer-encoding : chunked\r\n",
        "content-length: 2147483648\r\n",
        "content-length : 34\r\n",
    ];
    lines.iter().map(|lines| request(lines, BODY)).collect()
}

/// Chunks that are none.
fn chunks() -> Vec<Vec<u8>> {
    let body = format!("{:x}\r\n{BODY}\r\n", BODY.len());
    let rest = [
        "zz\r\n{}\r\n0\r\n\r\n".to_string(),
        "-1\r\n{}\r\n0\r\n\r\n".to_string(),
        "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n".to_string(),
        "ffffffffffffffff\r\n{}\r\n".to_string(),
        format!("22{BODY}\r\n0\r\n\r\n"),
        format!("1\r\n{BODY}\r\n0\r\n\r\n"),
        format!("22\n{BODY}\n0\n\n"),
        format!("0x22\r\n{BODY}\r\n0\r\n\r\n"),
        format!("{}\r\n{BODY}\r\n0\r\n\r\n", "0".repeat(1 << 20)),
        format!("22;{}\r\n{BODY}\r\n0\r\n\r\n", "a".repeat(1 << 20)),
        format!("{body}0\r\na: {}\r\n\r\n", "b".repeat(1 << 20)),
        format!("{body}0\r\n{}\r\n", "a: b\r\n".repeat(10_000)),
        "\r\n".to_string(),
        " \r\n".to_string(),
        "\0\r\n".to_string(),
    ];
    rest.iter().map(|rest| request("transfer-encoding: chunked\r\n", rest)).collect()
}

/// Heads that are none, or more than one.
fn heads() -> Vec<Vec<u8>> {
    let length = format!("content-length: {}\r\n", BODY.len());
    let lines = [
        format!("a: {}\r\n", "b".repeat(1 << 20)),
        format!("{}: b\r\n", "a".repeat(1 << 20)),
        (0..10_000).map(|i| format!("a{i}: b\r\n")).collect(),
        "a: b\r\n".repeat(10_000),
        "a b: c\r\n".to_string(),
        "a: b\r\n c\r\n".to_string(),
        ": b\r\n".to_string(),
        "a: \0\r\n".to_string(),
        "a: b\rx-evil: 1\r\n".to_string(),
        "ab\r\n".to_string(),
        "a\u{e9}: b\r\n".to_string(),
        "a: \u{7f}\r\n".to_string(),
    ];
    let whole = [
        &b"GET\r\n\r\n"[..],
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET /health HTTP/1.1 x\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET \xff HTTP/1.1\r\n\r\n",
        b"G\xc3\xa9T / HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"POST /v1/completions HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"EHLO x\r\nMAIL FROM: x\r\n\r\n",
        b"GET /health HTTP/1.1\n\n\n",
        b"get /health http/1.1\r\n\r\n",
    ];
    let lines = lines.iter().map(|lines| request(&format!("{lines}{length}"), BODY));
    let long = get(&format!("/{}", "a".repeat(1 << 20)));
    lines.chain(whole.iter().map(|bytes| bytes.to_vec())).chain([long]).collect()
}

/// Bytes by chance, some of them behind the beginning of a request.
fn noise(rng: &mut Rng) -> Vec<Vec<u8>> {
    let starts: [&[u8]; 4] =
        [b"", b"GET /health HTTP/1.1\r\n", b"POST /tokenize HTTP/1.1\r\nhost: ", b"GET /"];
    let one = |_| {
        let mut bytes = rng.choose(&starts).to_vec();
        bytes.extend((0..rng.below(400)).map(|_| rng.below(256) as u8));
        bytes.extend(b"\r\n\r\n");
        bytes
    };
    (0..200).map(one).collect()
}

/// All of them.
pub(super) fn wrong(rng: &mut Rng) -> Vec<Vec<u8>> {
    [lengths(), chunks(), heads(), noise(rng)].concat()
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned()
}

#[test]
fn what_is_no_request_is_refused() {
    // What comes may be no request yet, and is not waited for.
    let (server, mut rng) = (hasty(1 << 20), Rng::new(3));
    for bytes in [lengths(), chunks()].concat() {
        let came = send(server.address, &bytes);
        came.judge(&shown(&bytes));
        assert_ne!(came.status(), 200, "{}", shown(&bytes));
    }
    lives(&server);
    for bytes in [heads(), noise(&mut rng)].concat() {
        send(server.address, &bytes).judge(&shown(&bytes));
    }
    lives(&server);
}

#[test]
fn heads_are_bounded() {
    let server = start();
    for lines in [format!("a: {}\r\n", "b".repeat(1 << 20)), "a: b\r\n".repeat(10_000)] {
        let status = send(server.address, &request(&lines, "")).status();
        assert!([0, 431].contains(&status), "{status}");
    }
    let status = send(server.address, &get(&format!("/{}", "a".repeat(60_000)))).status();
    assert_eq!(status, 404);
    let status = send(server.address, &get(&format!("/{}", "a".repeat(70_000)))).status();
    assert!([0, 414, 431].contains(&status), "{status}");
}

#[test]
fn no_request_hides_in_another() {
    let server = start();
    let hidden = "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
    let chunked = format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len());
    let [length, chunks] = [
        format!("content-length: {}\r\n", chunked.len()),
        "transfer-encoding: chunked\r\n".to_string(),
    ];
    for lines in [format!("{length}{chunks}"), format!("{chunks}{length}")] {
        let head = "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
        let came = send(server.address, format!("{head}{lines}\r\n{chunked}{hidden}").as_bytes());
        // A body may have two ends only on a connection that ends with it.
        let Came::Answer { status, body, .. } = came else { panic!("{lines}") };
        assert!(status == 200 && !body.contains("HTTP/1.1 "), "{body}");
    }
    lives(&server);
}

#[test]
fn nothing_that_is_sent_becomes_a_header() {
    let server = start();
    let named = |name: &str| format!(r#"{{"prompt": "a", "model": "{name}", "user": "{name}"}}"#);
    for evil in ["a\\r\\nx-evil: 1", "a\\nx-evil: 1", "a\\u000d\\u000ax-evil: 1"] {
        let body = named(evil);
        let lines = format!("content-length: {}\r\n", body.len());
        let came = send(server.address, &request(&lines, &body));
        came.judge(evil);
        assert_eq!(came.status(), 404, "{came:?}");
    }
    for id in [
        "a\rx-evil: 1",
        "a%0d%0ax-evil: 1",
        "a\\r\\nx-evil: 1",
        "a\u{e9}\u{8a}x-evil: 1",
        "x-evil\t1",
    ] {
        let lines = format!("x-request-id: {id}\r\ncontent-length: {}\r\n", BODY.len());
        send(server.address, &request(&lines, BODY)).judge(id);
    }
    for target in [
        "/v1/models/a%0d%0ax-evil:%201",
        "/a%0d%0ax-evil:%201",
        "/tokenizer_info?model=%0d%0ax-evil:1",
    ] {
        let came = send(server.address, &get(target));
        came.judge(target);
        assert!([400, 404].contains(&came.status()), "{came:?}");
    }
}
