//! What might reach beyond the server: paths to files, addresses that it should fetch, bodies that unpack themselves.

use std::io::{ErrorKind, Write};
use std::net::TcpListener;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{Came, lives, post, send, start};

/// A few kilobytes that stand for 64 MB.
pub(super) fn bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    (0..64).for_each(|_| packed.write_all(&zeros).unwrap());
    packed.finish().unwrap()
}

#[test]
fn nothing_is_unpacked() {
    let (server, bomb) = (start(), bomb());
    for how in
        ["gzip", "x-gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "gzip, identity", "x"]
    {
        let how = format!("content-encoding: {how}");
        let came = send(server.address, &post("/v1/completions", &[&how], &bomb));
        came.judge(&how);
        assert_eq!(came.status(), 415, "{how}: {came:?}");
    }
    let twice = ["content-encoding: identity", "content-encoding: gzip"];
    assert_eq!(send(server.address, &post("/tokenize", &twice, &bomb)).status(), 415);
    // Not declared, it is no JSON.
    assert_eq!(send(server.address, &post("/tokenize", &[], &bomb)).status(), 400);
    let plain = ["content-encoding: identity"];
    assert_eq!(
        send(server.address, &post("/tokenize", &plain, br#"{"content": "a"}"#)).status(),
        200
    );
    let head = "POST /tokenize HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
        transfer-encoding: gzip, chunked\r\n\r\n";
    let size = format!("{:x}\r\n", bomb.len());
    let chunked = [head.as_bytes(), size.as_bytes(), &bomb, b"\r\n0\r\n\r\n"].concat();
    send(server.address, &chunked).judge("packed chunks");
    lives(&server);
}

/// What is asked here beside the path is nothing that anybody knows.
const HARMLESS: [&str; 2] = ["/v1/models?%", "/tokenizer_info?model[]=1"];

#[test]
fn no_path_leads_to_a_file() {
    let server = start();
    let targets = [
        "/v1/models/../../etc/passwd",
        "/v1/models/..%2f..%2f..%2fetc%2fpasswd",
        "/../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/v1/models//etc/passwd",
        "/..;/etc/passwd",
        "/v1/models/%00",
        "/v1/models/%ff",
        "/v1/models/%c0%ae%c0%ae%c0%afetc",
        "/\\..\\..\\etc\\passwd",
        "/v1/models/%252e%252e%252fetc",
        "/v1/models/",
        "/v1/models/%",
        "/v1/models/%zz",
        "/v1/models/.",
        "/etc/passwd",
        "/v1/models/file:%2f%2f%2fetc%2fpasswd",
        "/v1/models/tiny/one/../../x",
        "/%00",
        "http://other.example/etc/passwd",
        "*",
        "/v1/models/tiny%2fone%00",
        "/openapi.json/..",
        "/tokenizer_info?model=../../etc/passwd",
        "/tokenizer_info?model=%ff",
        "/tokenizer_info?model[]=1",
        "/tokenizer_info?model=a&model=b",
        "/tokenizer_info?model=%00",
        "/v1/models?%",
    ];
    for target in targets {
        for method in
            ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE", "CONNECT", "PROPFIND"]
        {
            let head =
                format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
            let came = send(server.address, head.as_bytes());
            came.judge(&head);
            if let Came::Answer { status, body, .. } = &came {
                let is_harmless = HARMLESS.contains(&target) && ["GET", "HEAD"].contains(&method);
                assert!(is_harmless || *status >= 400, "{head} {came:?}");
                assert!(!body.contains("root:"), "{body}");
            }
        }
    }
    let named = |name: &str| json!({"prompt": "a", "model": name}).to_string();
    for name in
        ["../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "tiny/../tiny/one", "tiny/one\0"]
    {
        let came = send(server.address, &post("/v1/completions", &[], named(name).as_bytes()));
        assert_eq!(came.status(), 404, "{name}");
    }
}

/// Bodies with an address wherever one might be fetched, and what is answered.
fn with_address(url: &str) -> Vec<(&'static str, Value, u16)> {
    let chat = |content: Value| json!({"messages": [{"role": "user", "content": content}], "max_tokens": 2});
    let picture = json!([{"type": "image_url", "image_url": {"url": url}}]);
    let sound = json!([{"type": "input_audio", "input_audio": {"data": url, "format": "wav"}}]);
    let file = json!([{"type": "file", "file": {"file_id": url, "file_data": url}}]);
    let film = json!([{"type": "video_url", "video_url": {"url": url}}]);
    let source = json!({"type": "url", "url": url});
    let seen = json!([{"type": "image", "source": source}]);
    let read = json!([{"type": "document", "source": source}]);
    let result = json!([{"type": "tool_result", "tool_use_id": "a", "content": seen}]);
    let input = |part: Value| json!({"input": [{"role": "user", "content": [part]}], "max_output_tokens": 2});
    let with = |mut body: Value, name: &str, value: Value| {
        body[name] = value;
        body
    };
    let plain = || chat(json!("one"));
    let held = |schema: Value| {
        let schema = json!({"name": "x", "schema": schema});
        with(plain(), "response_format", json!({"type": "json_schema", "json_schema": schema}))
    };
    let lark = format!("%import {url}\nstart: \"a\"");
    let tool = json!({"type": "mcp", "server_label": "a", "server_url": url});
    let path = "/v1/chat/completions";
    vec![
        (path, chat(picture), 400),
        (path, chat(sound), 400),
        (path, chat(file), 400),
        (path, chat(film), 400),
        (path, chat(json!(url)), 200),
        (path, held(json!({"$ref": url})), 400),
        (path, held(json!({"properties": {"a": {"$ref": format!("{url}#/a")}}})), 400),
        (path, held(json!({"$schema": url, "type": "object"})), 200),
        (path, held(json!({"$id": url, "$ref": "other.json"})), 400),
        (path, with(plain(), "structured_outputs", json!({"grammar": lark})), 400),
        (path, with(plain(), "tools", json!([tool])), 400),
        (path, with(plain(), "chat_template_kwargs", json!({"url": url})), 200),
        (path, with(plain(), "model", json!(url)), 404),
        ("/v1/messages", chat(seen), 400),
        ("/v1/messages", chat(read), 400),
        ("/v1/messages", chat(result), 400),
        ("/v1/messages", with(plain(), "mcp_servers", json!([{"type": "url", "url": url}])), 400),
        ("/v1/messages/count_tokens", chat(json!([{"type": "image", "source": source}])), 400),
        ("/v1/responses", input(json!({"type": "input_image", "image_url": url})), 400),
        ("/v1/responses", input(json!({"type": "input_file", "file_url": url})), 400),
        ("/v1/responses", json!({"input": "a", "tools": [tool], "max_output_tokens": 2}), 400),
        ("/v1/embeddings", json!({"input": url}), 200),
        (
            "/v1/embeddings",
            json!({"input": [{"type": "image_url", "image_url": {"url": url}}]}),
            400,
        ),
        ("/v1/rerank", json!({"query": url, "documents": [{"text": url, "url": url}]}), 200),
        (
            "/tokenize",
            json!({"messages": [{"role": "user", "content": [{"type": "image_url",
            "image_url": {"url": url}}]}]}),
            400,
        ),
        (
            "/apply-template",
            json!({"messages": [{"role": "user", "content": [{"type": "image_url",
            "image_url": {"url": url}}]}]}),
            400,
        ),
    ]
}

#[test]
fn no_address_is_ever_fetched() {
    let server = start();
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let port = trap.local_addr().unwrap().port();
    for scheme in ["http", "https", "ftp", "gopher"] {
        let url = format!("{scheme}://127.0.0.1:{port}/a.json");
        for (path, body, expected) in with_address(&url) {
            let came = send(server.address, &post(path, &[], body.to_string().as_bytes()));
            came.judge(&body.to_string());
            assert_eq!(came.status(), expected, "{path} {body}: {came:?}");
        }
        let header = format!("x-forwarded-host: 127.0.0.1:{port}");
        let came = send(server.address, &post("/tokenize", &[&header], br#"{"content": "a"}"#));
        assert_eq!(came.status(), 200);
    }
    let refused = trap.accept().map(|(_, peer)| peer).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::WouldBlock);
    // The trap does catch.
    let _caught = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    trap.set_nonblocking(false).unwrap();
    trap.accept().unwrap();
    lives(&server);
}
