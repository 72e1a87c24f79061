//! A hub of a few files on 127.0.0.1, in plain bytes, that can misbehave in every way.
//!
//! Each connection carries one request. What a test wants otherwise it says with [`Server::start`]'s
//! closure, which sees every request and how many there were before of the same path.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// How often the same was asked before.
    pub(crate) nth: usize,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// With the length that was announced.
    Whole,
    /// After so many bytes of it the connection is closed.
    Broken(usize),
    /// After so many bytes of it nothing comes any more.
    Stalled(usize),
    /// In chunks, without a length.
    Chunked,
    /// When the connection is closed, without a length.
    Closed,
}

/// A server for one test; ends with it.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

type Answer = dyn Fn(&Request) -> Reply + Send + Sync;

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), end: End::Whole }
    }

    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }

    pub(crate) fn ending(self, end: End) -> Self {
        Self { end, ..self }
    }
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (requests, ended, answer) = (seen.clone(), stop.clone(), Arc::new(answer));
        let thread = thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let (requests, answer, ended) = (requests.clone(), answer.clone(), ended.clone());
                // A client that has gone is no fault of the server.
                open.push(thread::spawn(move || {
                    let _ = serve(stream.unwrap(), &requests, &*answer, &ended);
                }));
            }
            open.into_iter().for_each(|thread| thread.join().unwrap());
        });
        Self { address, seen, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that was asked, in order.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// What was asked of paths that end so.
    pub(crate) fn asked(&self, end: &str) -> Vec<Request> {
        self.seen().into_iter().filter(|request| request.path.ends_with(end)).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<Request>>,
    answer: &Answer,
    ended: &AtomicBool,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let Some(first) = lines.next() else { return Ok(()) };
    let path = first?.split(' ').nth(1).unwrap_or_default().to_string();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_string());
    }
    let request = {
        let mut seen = seen.lock().unwrap();
        let nth = seen.iter().filter(|request: &&Request| request.path == path).count();
        seen.push(Request { path, headers, nth });
        seen[seen.len() - 1].clone()
    };
    send(stream, answer(&request), ended)
}

fn send(mut stream: TcpStream, reply: Reply, ended: &AtomicBool) -> std::io::Result<()> {
    let Reply { status, headers, body, end } = reply;
    let mut head = format!("HTTP/1.1 {status} So\r\nconnection: close\r\n");
    match end {
        End::Chunked => head += "transfer-encoding: chunked\r\n",
        End::Closed => {}
        _ if headers.iter().any(|(name, _)| name == "content-length") => {}
        _ => head += &format!("content-length: {}\r\n", body.len()),
    }
    headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    match end {
        End::Whole | End::Closed => stream.write_all(&body),
        End::Broken(n) => stream.write_all(&body[..n]),
        End::Stalled(n) => {
            stream.write_all(&body[..n])?;
            while !ended.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        }
        End::Chunked => {
            for piece in body.chunks(1000) {
                write!(stream, "{:x}\r\n", piece.len())?;
                stream.write_all(piece)?;
                stream.write_all(b"\r\n")?;
            }
            stream.write_all(b"0\r\n\r\n")
        }
    }
}
