//! Requests as a collector of traces hears of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use tracing_subscriber::util::SubscriberInitExt as _;

use super::{Server, json, wait};

/// Takes every batch that comes.
fn collect(collector: &TcpListener, collected: &Mutex<Vec<u8>>) {
    for stream in collector.incoming() {
        let mut reader = BufReader::new(stream.unwrap());
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
            if head.is_empty() {
                break;
            }
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            let mut collected = collected.lock().unwrap();
            collected.extend(head.into_bytes());
            collected.extend(body);
        }
    }
}

#[test]
fn they_belong_to_the_trace_of_who_asks_and_hold_no_words() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", collector.local_addr().unwrap());
    let collected = Arc::new(Mutex::new(Vec::new()));
    let own = collected.clone();
    thread::spawn(move || collect(&collector, &own));
    let (registry, traces) = serve::otel::registry(&url).unwrap();
    registry.try_init().unwrap();

    let server = Server::start();
    let trace = ["traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"];
    assert_eq!(server.send_with("GET /v1/models", &trace, "").0, 200);
    assert_eq!(server.ask("swordfish", json!({"max_tokens": 2})).0, 200);
    drop((server, traces));
    let has =
        |bytes: &[u8]| collected.lock().unwrap().windows(bytes.len()).any(|window| window == bytes);
    let of_trace = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
    wait(|| has(&of_trace));
    let parts = ["POST /v1/traces", "x-protobuf", "service.name", "lyceum", "GET /v1/models"];
    for part in parts.into_iter().chain(["POST /v1/chat/completions", "gen_ai.usage.input_tokens"])
    {
        assert!(has(part.as_bytes()), "{part}");
    }
    assert!(!has(b"swordfish"));
}
