//! The router of the binary: its command line, its signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::{Lyceum, signal};

/// A server that answers everything with its name.
fn replica(name: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).is_ok_and(|n| n > 0) {
                    let length = name.len();
                    let answer =
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{name}");
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
        }
    });
    format!("http://{address}")
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The router, and the address in its first line.
fn routed(lyceum: &Lyceum, arguments: &[&str]) -> (Child, String) {
    let arguments =
        [&["route", "--port", "0", "--log", "json", "--log-requests"], arguments].concat();
    let mut command = lyceum.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).unwrap().split_whitespace().next().unwrap();
    (child, address.to_string())
}

#[test]
fn a_router_reads_its_file_again_on_sighup_and_ends_on_sigterm() {
    let lyceum = Lyceum::new();
    let (one, two) = (replica("one"), replica("two"));
    let file = lyceum.file("route.toml", format!("[[replica]]\nurl = \"{one}\"\n").as_bytes());
    let (mut child, address) = routed(&lyceum, &["--config", &file, "--policy", "round-robin"]);
    assert!(get(&address, "/v1/models").ends_with("one"));
    assert!(get(&address, "/replicas").contains("\"round-robin\""));
    let errors = BufReader::new(child.stderr.take().unwrap());
    let mut events = errors.lines().map(Result::unwrap);
    lyceum.file("route.toml", b"policy = 5");
    signal(&child, "-HUP");
    assert!(events.any(|line| line.contains("all stays as it was")), "a mistake is told");
    assert!(get(&address, "/v1/models").ends_with("one"), "and changes nothing");
    lyceum.file("route.toml", format!("[[replica]]\nurl = \"{two}\"\n").as_bytes());
    signal(&child, "-HUP");
    assert!(events.any(|line| line.contains("\"renewed\"") && line.contains("\"time\"")));
    assert!(get(&address, "/v1/models?secret=1").ends_with("two"));
    let told = events.find(|line| line.contains("\"answered\"")).unwrap();
    assert!(told.contains("\"/v1/models\"") && !told.contains("secret"), "{told}");
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
    assert!(!lyceum.path("home").exists(), "it needs no store");
}

#[test]
fn ctrl_c_ends_a_router_and_a_second_one_does_not_wait() {
    let lyceum = Lyceum::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let (mut child, address) = routed(&lyceum, &["--replica", &url]);
    let mut waiting = TcpStream::connect(&address).unwrap();
    write!(waiting, "GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let _held: Vec<TcpStream> = (0..2).map(|_| silent.accept().unwrap().0).collect(); // And a check.
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "an answer is under way");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn what_cannot_be_routed_is_said() {
    let lyceum = Lyceum::new();
    assert!(lyceum.bad(&["route"]).contains("give --replica"));
    assert!(lyceum.bad(&["route", "--replica", "https://a"]).contains("TLS"));
    let ours = ["route", "--replica", "http://127.0.0.1:9"];
    assert!(lyceum.bad(&[&ours[..], &["--policy", "best"]].concat()).contains("least-loaded"));
    assert!(
        lyceum.bad(&[&ours[..], &["--config", "nothing.toml"]].concat()).contains("nothing.toml")
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert!(
        lyceum.bad(&[&ours[..], &["--port", &port]].concat()).contains("choose another --port")
    );
}
