//! Those who take their time: heads and bodies that trickle, ends that are half closed, readers that do not read.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Came, Server, connect, hasty, lives, post, read, start};

/// Longer than [`hasty`] waits for anything, shorter than whoever is patient.
const SOON: Duration = Duration::from_secs(8);
const HEAD: &str = "POST /tokenize HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

/// Sends a byte now and then until the server has had enough.
fn trickle(stream: &mut TcpStream, bytes: &[u8]) -> Came {
    let mut own = stream.try_clone().unwrap();
    let reader = thread::spawn(move || read(&mut own));
    for byte in bytes {
        if reader.is_finished() || stream.write_all(&[*byte]).is_err() {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    reader.join().unwrap()
}

/// What came, within the time that it may take.
fn soon(come: impl FnOnce() -> Came) -> Came {
    let began = Instant::now();
    let came = come();
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    came.judge("slow");
    came
}

#[test]
fn what_trickles_is_not_waited_for() {
    let server = hasty(1 << 20);
    let head = format!("{HEAD}a: {}", "b".repeat(2_000));
    let came = soon(|| trickle(&mut connect(server.address), head.as_bytes()));
    assert!([0, 408].contains(&came.status()), "{came:?}");
    // A head that never begins.
    let came = soon(|| read(&mut connect(server.address)));
    assert!([0, 408].contains(&came.status()), "{came:?}");
    for lines in ["content-length: 5000", "transfer-encoding: chunked"] {
        let mut stream = connect(server.address);
        write!(stream, "{HEAD}{lines}\r\n\r\n").unwrap();
        let body = match lines.contains("chunked") {
            true => "1\r\n \r\n".repeat(1_000),
            false => " ".repeat(5_000),
        };
        let came = soon(|| trickle(&mut stream, body.as_bytes()));
        assert_eq!(came.status(), 408, "{came:?}");
        // One that stops altogether.
        let mut stream = connect(server.address);
        write!(stream, "{HEAD}{lines}\r\n\r\n").unwrap();
        let came = soon(|| read(&mut stream));
        assert_eq!(came.status(), 408, "{came:?}");
    }
    lives(&server);
}

#[test]
fn hundreds_of_slow_ones_are_in_nobodys_way() {
    let server = start();
    let body = format!("{HEAD}content-length: 100\r\n\r\n{{");
    let slow: Vec<TcpStream> = (0..300)
        .map(|i| {
            let mut stream = connect(server.address);
            let sent = if i % 2 == 0 { &body.as_bytes()[..40] } else { body.as_bytes() };
            stream.write_all(sent).unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    (0..10).for_each(|_| lives(&server));
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    drop(slow);
}

#[test]
fn half_closed_ends_are_closed() {
    let server = start();
    let whole = post("/v1/completions", &[], br#"{"prompt": "one", "max_tokens": 3}"#);
    for n in [0, 1, 20, whole.len() - 10, whole.len() - 1, whole.len()] {
        let mut stream = connect(server.address);
        stream.write_all(&whole[..n]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let came = soon(|| read(&mut stream));
        assert!(n == whole.len() || [0, 400].contains(&came.status()), "{n}: {came:?}");
    }
    // The other half: whoever does not want to hear.
    for _ in 0..20 {
        let mut stream = connect(server.address);
        stream.shutdown(Shutdown::Read).unwrap();
        stream.write_all(&whole).unwrap();
    }
    // Gone without a word, and gone in the middle.
    for n in [0, 30, whole.len()] {
        connect(server.address).write_all(&whole[..n]).unwrap();
    }
    lives(&server);
}

#[test]
fn a_reader_that_does_not_read_is_left() {
    let server = hasty(1 << 20);
    // Each byte of it becomes a token, and each token some twenty bytes.
    let body = json!({"content": "é".repeat(600_000), "with_pieces": true}).to_string();
    let mut stream = connect(server.address);
    stream.write_all(&post("/tokenize", &[], body.as_bytes())).unwrap();
    // Until the answer has begun, and some time more.
    stream.peek(&mut [0]).unwrap();
    thread::sleep(Duration::from_millis(1_500));
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(500)]).to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let length: usize = length.parse().unwrap();
    assert!(bytes.len() < length, "all {length} bytes came");
    lives(&server);
}

#[test]
fn many_requests_at_once_on_one_connection_are_answered_in_order() {
    let server = start();
    let one = |i: usize| {
        let body = json!({"content": "a".repeat(i)}).to_string();
        format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len())
    };
    let mut all: String = (1..60).map(one).collect();
    all.push_str("GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let mut stream = connect(server.address);
    stream.write_all(all.as_bytes()).unwrap();
    let Came::Answer { body, .. } = read(&mut stream) else { panic!("closed") };
    assert_eq!(body.matches("HTTP/1.1 200").count(), 59);
    let counts: Vec<&str> = body.split("\"count\":").skip(1).collect();
    assert_eq!(counts.len(), 59);
    lives(&server);
}

#[test]
fn patience_belongs_to_each_connection() {
    let server: Server = hasty(1 << 20);
    let mut stream = connect(server.address);
    let mut answer = [0; 16];
    // A connection that is kept is given time anew for each request.
    for _ in 0..4 {
        thread::sleep(Duration::from_millis(200));
        write!(stream, "GET /health HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        stream.read_exact(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        let mut rest = [0; 4096];
        let n = stream.read(&mut rest).unwrap();
        assert!(String::from_utf8_lossy(&rest[..n]).ends_with('}'));
    }
    let came = soon(|| read(&mut stream));
    assert!(matches!(came, Came::Closed), "{came:?}");
}
