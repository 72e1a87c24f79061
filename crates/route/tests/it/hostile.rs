//! Clients and replicas that mean no good.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fake::Fake;
use crate::{CHAT, Routed, client, conversation, eventually, unchecked};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_beyond_the_cap_is_a_413() {
    let a = Fake::start("a").await;
    let mut config = unchecked(&[&a]);
    config.limits.body_bytes = 10_000;
    let routed = Routed::start(config).await;
    let fits = client::ask(routed.address, CHAT, &"x".repeat(10_000)).await;
    assert_eq!((fits.status, fits.json()["bytes"].as_u64()), (200, Some(10_000)));
    let announced = client::ask(routed.address, CHAT, &"x".repeat(10_001)).await;
    assert_eq!(announced.status, 413, "{announced:?}");
    assert_eq!(announced.json()["error"]["code"], "body_too_large");
    let head = "POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = format!("{head}{}", "1000\r\n".to_string() + &"x".repeat(0x1000) + "\r\n");
    let chunked = chunked + &("1000\r\n".to_string() + &"x".repeat(0x1000) + "\r\n").repeat(2);
    assert_eq!(client::send(routed.address, chunked.as_bytes()).await.status, 413);
    let huge = format!("{CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999999\r\n\r\n");
    assert_eq!(client::send(routed.address, huge.as_bytes()).await.status, 413);
    assert_eq!(a.seen(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_for_bodies_is_bounded() {
    let a = Fake::start("a").await;
    let mut config = unchecked(&[&a]);
    (config.limits.body_bytes, config.limits.all_bodies_bytes) = (60_000, 100_000);
    let routed = Routed::start(config).await;
    let head = format!("{CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n");
    let mut slow = client::connect(routed.address, head.as_bytes()).await;
    slow.write_all(&[b'x'; 59_000]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let refused = client::ask(routed.address, CHAT, &"x".repeat(50_000)).await;
    assert_eq!((refused.status, refused.field("retry-after")), (503, "1"));
    assert_eq!(client::ask(routed.address, CHAT, &"x".repeat(30_000)).await.status, 200);
    drop(slow);
    eventually(
        "the room to be free",
        || async { client::ask(routed.address, CHAT, &"x".repeat(50_000)).await.status == 200 },
        true,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_are_bounded() {
    let a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    let check = async |fields: String, expected: u16| {
        let bytes =
            format!("GET /v1/models HTTP/1.1\r\nhost: x\r\n{fields}connection: close\r\n\r\n");
        let answer = client::send(routed.address, bytes.as_bytes()).await;
        assert_eq!(answer.status, expected, "{}", answer.head);
        let is_refused = answer.field("x-request-id").is_empty(); // By the router, at the door.
        assert_eq!(is_refused, expected == 431, "{}", answer.head);
    };
    check("x-a: b\r\n".repeat(90), 200).await;
    check("x-a: b\r\n".repeat(120), 431).await;
    check(format!("x-a: {}\r\n", "b".repeat(20_000)), 200).await;
    check(format!("x-a: {}\r\n", "b".repeat(200_000)), 431).await;
    assert_eq!(a.seen(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_shown_out() {
    let a = Fake::start("a").await;
    let mut config = unchecked(&[&a]);
    config.timeouts.headers = Duration::from_millis(300);
    config.timeouts.body = Duration::from_millis(300);
    let routed = Routed::start(config).await;
    let mut loris = client::connect(routed.address, b"GET / HTTP/1.1\r\nhost: x\r\nx-a: ").await;
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if loris.write_all(b"b").await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), drip).await.expect("a slow head ends");
    let head = format!("{CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc");
    let answer = client::send(routed.address, head.as_bytes()).await;
    assert_eq!(
        (answer.status, answer.json()["error"]["code"].as_str()),
        (408, Some("body_too_slow"))
    );
    let mut idle = client::connect(routed.address, b"").await;
    assert!(client::rest(&mut idle).await.is_empty(), "an idle connection ends without a word");
    assert_eq!(a.seen(), 0);
}

/// What comes of bytes in which one server may see one request and another two.
async fn smuggle(bytes: &str, expected: u16, seen: usize) {
    let a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    let mut stream = client::connect(routed.address, bytes.as_bytes()).await;
    let _ = stream.shutdown().await;
    let text = client::rest(&mut stream).await;
    let text = String::from_utf8_lossy(&text);
    let status = text.split(' ').nth(1).and_then(|s| s.parse::<u16>().ok()).unwrap_or(0);
    assert_eq!(status, expected, "{bytes:?}: {text}");
    let answers = text.lines().filter(|line| line.starts_with("HTTP/1.1 "));
    assert_eq!(answers.count(), 1, "{bytes:?}: {text}");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(a.seen(), seen, "{bytes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_smuggled() {
    let inner = "GET /inner HTTP/1.1\r\nhost: x\r\n\r\n";
    let post = "POST /v1/completions HTTP/1.1\r\nhost: x\r\n";
    let n = inner.len();
    // Two lengths.
    smuggle(&format!("{post}content-length: 0\r\ncontent-length: {n}\r\n\r\n{inner}"), 400, 0)
        .await;
    smuggle(&format!("{post}content-length: 0, {n}\r\n\r\n{inner}"), 400, 0).await;
    smuggle(&format!("{post}content-length: +{n}\r\n\r\n{inner}"), 400, 0).await;
    smuggle(&format!("{post}content-length : {n}\r\n\r\n{inner}"), 400, 0).await;
    // Chunks that another server may not see.
    smuggle(&format!("{post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"), 400, 0).await;
    smuggle(&format!("{post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n"), 400, 0).await;
    smuggle(&format!("{post}transfer-encoding\x0b: chunked\r\n\r\n0\r\n\r\n"), 400, 0).await;
    smuggle(&format!("{post}transfer-encoding: chunked\r\n\r\nxyz\r\n\r\n"), 400, 0).await;
    smuggle("POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400, 0).await;
    // A field within a field.
    smuggle(&format!("{post}x: a\r\n b\r\ncontent-length: 0\r\n\r\n"), 400, 0).await;
    smuggle(&format!("{post}x: a\0b\r\ncontent-length: 0\r\n\r\n"), 400, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_length_beside_chunks_counts_for_nothing_and_nothing_follows() {
    let a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    let inner = "GET /inner HTTP/1.1\r\nhost: x\r\n\r\n";
    for fields in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    ] {
        let before = a.seen();
        let head = format!("POST /v1/completions HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
        let bytes = format!("{head}3\r\nabc\r\n0\r\n\r\n{inner}");
        let answer = client::send(routed.address, bytes.as_bytes()).await;
        let said = answer.json();
        assert_eq!((answer.status, said["bytes"].as_u64()), (200, Some(3)));
        assert_eq!(said["headers"]["content-length"], "3");
        assert!(said["headers"]["transfer-encoding"].is_null());
        assert_eq!(answer.field("connection"), "close");
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(a.seen(), before + 1, "what follows is not read");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_replica_is_asked_whatever_a_request_says() {
    let (a, other) = (Fake::start("a").await, Fake::start("other").await);
    let routed = Routed::start(unchecked(&[&a])).await;
    let elsewhere = other.address;
    for line in [
        format!("GET http://{elsewhere}/v1/models?x=1 HTTP/1.1\r\nhost: {elsewhere}"),
        format!("GET /v1/models?x=1 HTTP/1.1\r\nhost: {elsewhere}"),
        format!("GET /v1/models?x=1 HTTP/1.1\r\nhost: a\r\nx-forwarded-host: {elsewhere}"),
    ] {
        let bytes = format!("{line}\r\nconnection: close\r\n\r\n");
        let said = client::send(routed.address, bytes.as_bytes()).await.json();
        assert_eq!(
            (said["replica"].as_str(), said["path"].as_str()),
            (Some("a"), Some("/v1/models?x=1"))
        );
        assert_eq!(said["headers"]["host"], a.address.to_string());
        assert!(said["headers"]["x-forwarded-host"].is_null());
    }
    let tunnel = format!("CONNECT {elsewhere} HTTP/1.1\r\nhost: {elsewhere}\r\n\r\n");
    assert_eq!(client::send(routed.address, tunnel.as_bytes()).await.status, 405);
    let _ = routed.chat("x", "redirect").await;
    assert_eq!(other.seen(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_says_of_itself_is_not_passed_on() {
    let a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    let fields = "x-forwarded-for: 1.2.3.4\r\nx-forwarded-proto: https\r\nx-real-ip: 1.2.3.4\r\n\
                  connection: close, x-secret\r\nx-secret: 1\r\nupgrade: websocket\r\n\
                  authorization: Bearer k\r\nx-request-id: mine-1\r\n";
    let bytes = format!("GET /v1/models HTTP/1.1\r\nhost: x\r\n{fields}\r\n");
    let answer = client::send(routed.address, bytes.as_bytes()).await;
    let headers = answer.json()["headers"].clone();
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["authorization"], "Bearer k");
    assert_eq!(headers["x-request-id"], "mine-1");
    assert_eq!(answer.field("x-request-id"), "mine-1");
    for name in ["x-real-ip", "x-secret", "upgrade", "connection"] {
        assert!(headers[name].is_null(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_speaks_nonsense_is_a_502() {
    for nonsense in [
        "SSH-2.0-x\r\n".to_string(),
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_string(),
        format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)),
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".to_string(),
    ] {
        let a = Fake::start("a").await;
        let mut config = unchecked(&[&a]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        config.replicas[0].url =
            route::Address::new("127.0.0.1", listener.local_addr().unwrap().port());
        let said = nonsense.clone();
        let task = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let said = said.clone();
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    let _ = socket.read(&mut buffer).await;
                    let _ = socket.write_all(said.as_bytes()).await;
                    let _ = socket.read(&mut buffer).await;
                });
            }
        });
        let routed = Routed::begin(config).await;
        let bytes = client::request(CHAT, &conversation("x", ""));
        let answer = client::send(routed.address, &bytes).await;
        assert_eq!(answer.status, 502, "{}: {answer:?}", &nonsense[..20.min(nonsense.len())]);
        task.abort();
    }
}
