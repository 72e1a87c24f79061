//! A well-behaved hub of one model on 127.0.0.1: all its files as large ones, at one commit, with
//! ranges; one answer of it may stall. How it goes when hubs misbehave is tested where pulling lives.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use ring::digest::{SHA256, digest};
use serde_json::json;

/// The only commit.
pub(super) const COMMIT: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

/// A hub; its thread ends with the process.
pub(super) struct LocalHub {
    address: SocketAddr,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    files: BTreeMap<String, Vec<u8>>,
    tokens: Vec<String>,
    /// A file of which once only so many bytes come.
    stall: Option<(String, usize)>,
}

impl LocalHub {
    pub(super) fn of(files: &[(&str, &[u8])]) -> Self {
        let files = files.iter().map(|(path, bytes)| (path.to_string(), bytes.to_vec())).collect();
        let held = Arc::new(Mutex::new(Held { files, ..Held::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hub = Self { address: listener.local_addr().unwrap(), held: held.clone() };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let held = held.clone();
                // A client that has gone is no fault of the hub.
                thread::spawn(move || drop(serve(stream, &held)));
            }
        });
        hub
    }

    /// With the files of a folder.
    pub(super) fn of_folder(folder: &Path) -> Self {
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let files: Vec<(String, Vec<u8>)> = entries
            .map(|entry| {
                (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
            })
            .collect();
        let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
        Self::of(&files)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What every request said of who asks.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.held.lock().unwrap().tokens.clone()
    }

    pub(super) fn stall_once(&self, path: &str, n_bytes: usize) {
        self.held.lock().unwrap().stall = Some((path.to_string(), n_bytes));
    }
}

fn serve(mut stream: TcpStream, held: &Mutex<Held>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_string());
    }
    let mut held = held.lock().unwrap();
    held.tokens.extend(headers.get("authorization").cloned());
    let model = path.strip_prefix("/api/models/owner/").unwrap_or_default();
    if model.ends_with("/revision/main?blobs=true") && !model.starts_with("none") {
        let listing = listing(&held.files);
        return write!(stream, "{}{listing}", head(200, "", listing.len()));
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some(content) = held.files.get(name).cloned() else {
        let code = if model.starts_with("none") { "RepoNotFound" } else { "RevisionNotFound" };
        let status = if model.starts_with("none") { 401 } else { 404 };
        let error = format!("x-error-code: {code}\r\n");
        return stream.write_all(head(status, &error, 0).as_bytes());
    };
    let stall = held.stall.take_if(|(stalled, _)| stalled == name);
    drop(held);
    let range = headers.get("range").and_then(|range| range.strip_prefix("bytes="));
    let from = range.map_or(0, |range| range.trim_end_matches('-').parse().unwrap());
    let (rest, size) = (&content[from..], content.len());
    let of = format!("content-range: bytes {from}-{}/{size}\r\n", size - 1);
    let head = if from > 0 { head(206, &of, rest.len()) } else { head(200, "", size) };
    stream.write_all(head.as_bytes())?;
    match stall {
        None => stream.write_all(rest),
        Some((_, n_bytes)) => {
            stream.write_all(&rest[..n_bytes])?;
            // Nothing more until the client goes.
            stream.peek(&mut [0]).map(|_| ())
        }
    }
}

fn head(status: u16, more: &str, n_bytes: usize) -> String {
    let fixed = "connection: close\r\netag: \"v1\"\r\n";
    format!("HTTP/1.1 {status} So\r\n{fixed}{more}content-length: {n_bytes}\r\n\r\n")
}

fn listing(files: &BTreeMap<String, Vec<u8>>) -> String {
    let siblings = files.iter().map(|(path, bytes)| {
        let sum = digest(&SHA256, bytes);
        let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"rfilename": path, "size": 134, "lfs": {"sha256": sum, "size": bytes.len()}})
    });
    json!({"sha": COMMIT, "siblings": siblings.collect::<Vec<_>>()}).to_string()
}
