//! What a hub has: a model with a history, and the answers that a well-behaved hub gives about it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ring::digest;
use serde_json::{Value, json};

use crate::server::{Reply, Request, Server};

/// The model's name.
pub(crate) const MODEL: &str = "owner/name";

type Files = BTreeMap<String, Vec<u8>>;

/// A model's commits, the newest last. Clones share them.
#[derive(Clone)]
pub(crate) struct Repository(Arc<Mutex<Vec<Files>>>);

impl Repository {
    /// A model of 150 kB with the usual files and some others.
    pub(crate) fn new() -> Self {
        let mut rng = stdx::Rng::new(7);
        let weights: Vec<u8> = (0..150_000).map(|_| rng.index(256) as u8).collect();
        let files: [(&str, &[u8]); 7] = [
            (".gitattributes", b"*.safetensors filter=lfs"),
            ("README.md", b"# A model\n"),
            ("config.json", br#"{"model_type": "llama"}"#),
            ("model.safetensors", &weights),
            ("onnx/model.onnx", b"in another form"),
            ("pytorch_model.bin", b"in yet another"),
            ("tokenizer.json", b"{}"),
        ];
        let files = files.map(|(path, bytes)| (path.to_string(), bytes.to_vec()));
        Self(Arc::new(Mutex::new(vec![Files::from(files)])))
    }

    /// A hub that behaves.
    pub(crate) fn start(self) -> Server {
        Server::start(move |request| self.answer(request))
    }

    /// The newest commit.
    pub(crate) fn commit(&self) -> String {
        commit(self.0.lock().unwrap().len() - 1)
    }

    /// A file at the newest commit.
    pub(crate) fn content(&self, path: &str) -> Vec<u8> {
        self.0.lock().unwrap().last().unwrap()[path].clone()
    }

    /// A new commit in which a file is another, or new.
    pub(crate) fn change(&self, path: &str, content: &[u8]) {
        let mut commits = self.0.lock().unwrap();
        let mut files = commits.last().unwrap().clone();
        files.insert(path.to_string(), content.to_vec());
        commits.push(files);
    }

    /// A new commit without a file.
    pub(crate) fn remove(&self, path: &str) {
        let mut commits = self.0.lock().unwrap();
        let mut files = commits.last().unwrap().clone();
        files.remove(path);
        commits.push(files);
    }

    /// What a well-behaved hub answers.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let newest = self.0.lock().unwrap().len() - 1;
        if let Some(revision) = request.path.strip_prefix("/api/models/owner/name/revision/") {
            let revision = revision.trim_end_matches("?blobs=true");
            let found = (0..=newest).find(|&n| revision == commit(n));
            return match found.or((revision == "main").then_some(newest)) {
                Some(n) => Reply::new(200, self.listing(n).to_string()),
                None => Reply::new(404, "").with("x-error-code", "RevisionNotFound"),
            };
        }
        let file = request.path.strip_prefix("/owner/name/resolve/");
        let Some((of, path)) = file.and_then(|rest| rest.split_once('/')) else {
            return Reply::new(401, "").with("x-error-code", "RepoNotFound");
        };
        let files =
            (0..=newest).find(|&n| of == commit(n)).map(|n| self.0.lock().unwrap()[n].clone());
        match files.and_then(|files| files.get(path).cloned()) {
            Some(content) => ranged(&content, request)
                .with("x-repo-commit", of)
                .with("etag", format!("\"{}\"", sum(path, &content))),
            None => Reply::new(404, "").with("x-error-code", "EntryNotFound"),
        }
    }

    /// What `GET /api/models/…?blobs=true` says.
    pub(crate) fn listing(&self, n: usize) -> Value {
        let files = self.0.lock().unwrap()[n].clone();
        let siblings = files.iter().map(|(path, content)| match is_large(path) {
            true => json!({"rfilename": path, "size": content.len(), "blobId": commit(99), "lfs":
                {"sha256": sum(path, content), "size": content.len(), "pointerSize": 134}}),
            false => {
                json!({"rfilename": path, "size": content.len(), "blobId": sum(path, content)})
            }
        });
        json!({"id": MODEL, "sha": commit(n), "gated": false, "siblings": siblings.collect::<Vec<_>>()})
    }

    /// What the hub says of a file that lies elsewhere.
    pub(crate) fn told(&self, path: &str, status: u16) -> Reply {
        let content = self.content(path);
        Reply::new(status, "")
            .with("x-repo-commit", self.commit())
            .with("x-linked-size", content.len())
            .with("x-linked-etag", format!("\"{}\"", sum(path, &content)))
            .with("etag", "\"of the redirect\"")
    }

    /// The bytes alone, as where they lie, with an `ETag` of that place.
    pub(crate) fn bytes_of(&self, path: &str, request: &Request) -> Reply {
        ranged(&self.content(path), request).with("etag", "\"cdn-1\"")
    }
}

/// A file, or what is lacking of it.
pub(crate) fn ranged(content: &[u8], request: &Request) -> Reply {
    let range = request.header("range").and_then(|range| range.strip_prefix("bytes="));
    let first = range.and_then(|range| range.trim_end_matches('-').parse::<usize>().ok());
    match first {
        None => Reply::new(200, content),
        Some(first) if first >= content.len() => Reply::new(416, ""),
        Some(first) => Reply::new(206, &content[first..]).with(
            "content-range",
            format!("bytes {first}-{}/{}", content.len() - 1, content.len()),
        ),
    }
}

/// Made up for the commit of this number.
fn commit(n: usize) -> String {
    format!("{:040x}", 0xc0ffee + n)
}

fn is_large(path: &str) -> bool {
    path.ends_with(".safetensors") || path.ends_with(".bin") || path.ends_with(".onnx")
}

/// The sum that a hub gives of a file: SHA-256 where it is large, else git's.
fn sum(path: &str, content: &[u8]) -> String {
    let digest = match is_large(path) {
        true => digest::digest(&digest::SHA256, content),
        false => {
            let blob = [format!("blob {}\0", content.len()).as_bytes(), content].concat();
            digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &blob)
        }
    };
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
