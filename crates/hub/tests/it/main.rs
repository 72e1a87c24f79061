//! Pulling from a hub on 127.0.0.1: as it should be, and with everything that a network, a server and
//! somebody at the keyboard can do to it.
#![expect(clippy::unwrap_used, reason = "a test's panic is its message")]

mod disturbed;
mod hostile;
mod repository;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use hub::{Choice, Error, Event, Hub, Options, Patience, Plan, Pull, Result, Store};
use repository::{MODEL, Repository};
use server::{Reply, Server};
use stdx::interrupt::Interrupt;

/// A store, and a hub to pull from into it.
struct Pulling {
    home: tempfile::TempDir,
    store: Store,
    options: Options,
    events: Vec<Event>,
}

impl Pulling {
    fn from(server: &Server) -> Self {
        let home = tempfile::tempdir().unwrap();
        let patience = Patience {
            tries: 3,
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_secs(2),
            stall: Duration::from_secs(10),
        };
        let options = Options { endpoint: server.url(), patience, ..Options::default() };
        Self { store: Store::at(home.path()), home, options, events: Vec::new() }
    }

    fn plan(&mut self, name: &str, choice: &Choice) -> Result<Plan> {
        let hub = Hub::new(&self.options)?;
        hub.plan(&name.parse()?, choice, &mut |event| self.events.push(event))
    }

    fn pull(&mut self, name: &str) -> Result<Pull> {
        self.pull_chosen(name, &Choice::default())
    }

    fn pull_chosen(&mut self, name: &str, choice: &Choice) -> Result<Pull> {
        let plan = self.plan(name, choice)?;
        let hub = Hub::new(&self.options)?;
        hub.pull(&self.store, &plan, &mut |event| self.events.push(event))
    }

    /// Pulls until somebody who saw the event wishes to stop, a moment later.
    fn pull_until(&mut self, when: impl Fn(&Event) -> bool) -> Error {
        let interrupt = Interrupt::default();
        let options = Options { interrupt: interrupt.clone(), ..self.options.clone() };
        let hub = Hub::new(&options).unwrap();
        let plan = hub.plan(&MODEL.parse().unwrap(), &Choice::default(), &mut |_| {}).unwrap();
        let mut watch = |event| {
            if when(&event) {
                let interrupt = interrupt.clone();
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(100));
                    interrupt.request();
                });
            }
        };
        hub.pull(&self.store, &plan, &mut watch).unwrap_err()
    }

    fn model(&self) -> PathBuf {
        self.home.path().join("models").join(MODEL)
    }

    fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.model().join(path)).unwrap()
    }

    /// Nothing can be seen in the store, whatever lies hidden in it.
    fn check_empty(&self) {
        assert!(self.store.models().unwrap().is_empty());
        assert!(!self.model().exists());
    }
}

fn include(pattern: &str) -> Choice {
    Choice { include: vec![pattern.to_string()], ..Choice::default() }
}

/// Names of all files below a folder, sorted.
fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => {
                names.extend(files(&entry.path()).iter().map(|below| format!("{name}/{below}")))
            }
            false => names.push(name),
        }
    }
    names.sort();
    names
}

#[test]
fn a_model_comes_as_it_is_published() {
    let repository = Repository::new();
    let server = repository.clone().start();
    let mut pulling = Pulling::from(&server);
    let pull = pulling.pull(MODEL).unwrap();
    assert_eq!(pull.folder, pulling.model());
    let expected =
        ["README.md", "config.json", "model.safetensors", "pulled.json", "tokenizer.json"];
    assert_eq!(files(&pull.folder), expected);
    for path in ["README.md", "config.json", "model.safetensors", "tokenizer.json"] {
        assert_eq!(pulling.read(path), repository.content(path), "{path}");
    }
    assert_eq!(files(&pulling.home.path().join("models")).len(), 5, "nothing is left beside it");
    let total: u64 = expected[..3]
        .iter()
        .chain(&expected[4..])
        .map(|p| repository.content(p).len() as u64)
        .sum();
    assert_eq!(pull.received_bytes, total);
    assert_eq!(pulling.events.first(), Some(&Event::There(0)));
    assert_eq!(pulling.events.last(), Some(&Event::There(total)));
    assert!(pulling.events.contains(&Event::File("model.safetensors".into())));
    the_record(&pulling, &repository, &server);
}

fn the_record(pulling: &Pulling, repository: &Repository, server: &Server) {
    let model = pulling.store.model(&MODEL.parse().unwrap()).unwrap();
    let pulled = model.pulled.unwrap();
    let asked = (pulled.endpoint, pulled.revision.as_str(), pulled.commit.as_str());
    assert_eq!(asked, (server.url(), "main", repository.commit().as_str()));
    let weights = pulled.files.iter().find(|file| file.path == "model.safetensors").unwrap();
    assert!(weights.checksum.to_string().starts_with("sha256:"));
    assert_eq!(weights.size_bytes, repository.content("model.safetensors").len() as u64);
    assert!(pulled.files.iter().all(|file| file.path != "pulled.json"));
    assert_eq!(pulling.store.resolve(MODEL).unwrap(), pulling.model());
}

#[test]
fn a_second_pull_asks_for_the_list_alone_and_a_wish_for_more_only_for_that() {
    let server = Repository::new().start();
    let mut pulling = Pulling::from(&server);
    pulling.pull(MODEL).unwrap();
    let n_before = server.seen().len();
    assert_eq!(pulling.pull(MODEL).unwrap().received_bytes, 0);
    assert_eq!(server.seen().len(), n_before + 1);
    pulling.pull_chosen(MODEL, &include("onnx/")).unwrap();
    assert_eq!(server.seen().len(), n_before + 3, "the list and one file");
    assert!(files(&pulling.model()).contains(&"onnx/model.onnx".to_string()));
    assert!(files(&pulling.model()).contains(&"model.safetensors".to_string()), "it stays");
}

#[test]
fn a_plan_brings_nothing() {
    let repository = Repository::new();
    let server = repository.clone().start();
    let mut pulling = Pulling::from(&server);
    let plan = pulling.plan(MODEL, &include("config.json")).unwrap();
    assert_eq!((plan.files().len(), plan.commit()), (1, repository.commit().as_str()));
    assert_eq!(plan.size_bytes(), repository.content("config.json").len() as u64);
    assert_eq!(server.seen().len(), 1);
    assert!(!pulling.home.path().join("models").exists());
}

#[test]
fn a_newer_commit_brings_what_changed_and_drops_what_went() {
    let repository = Repository::new();
    let server = repository.clone().start();
    let mut pulling = Pulling::from(&server);
    pulling.pull(MODEL).unwrap();
    let old = repository.commit();
    repository.change("config.json", b"{\"changed\": true}");
    repository.remove("README.md");
    let pull = pulling.pull(MODEL).unwrap();
    assert_eq!(pull.received_bytes, 17);
    assert_eq!(server.asked("/model.safetensors").len(), 1, "it is the same");
    assert_eq!(pulling.read("config.json"), b"{\"changed\": true}");
    assert!(!pulling.model().join("README.md").exists());
    let back = pulling.pull(&format!("{MODEL}@{old}")).unwrap();
    assert!(back.received_bytes > 17 && pulling.model().join("README.md").exists());
}

#[test]
fn a_branch_that_moves_during_the_pull_changes_nothing() {
    let repository = Repository::new();
    let moving = repository.clone();
    let server = Server::start(move |request| {
        let reply = moving.answer(request);
        if request.path.starts_with("/api/") {
            moving.change("model.safetensors", b"another model");
            moving.change("tokenizer.json", b"another tokenizer");
        }
        reply
    });
    let (commit, weights) = (repository.commit(), repository.content("model.safetensors"));
    let mut pulling = Pulling::from(&server);
    pulling.pull(MODEL).unwrap();
    assert_ne!(repository.commit(), commit);
    assert_eq!(pulling.read("model.safetensors"), weights);
    let asked = server.asked("/model.safetensors");
    assert!(asked[0].path.contains(&format!("/resolve/{commit}/")), "{}", asked[0].path);
}

#[test]
fn the_token_goes_to_the_hub_and_not_where_it_sends_one() {
    let repository = Repository::new();
    let elsewhere = repository.clone();
    let cdn = Server::start(move |request| elsewhere.bytes_of("model.safetensors", request));
    let (place, asked) = (cdn.url(), repository.clone());
    let hub = Server::start(move |request| match request.path.ends_with("/model.safetensors") {
        true => {
            asked.told("model.safetensors", 302).with("location", format!("{place}/x?signed=1"))
        }
        false => asked.answer(request),
    });
    let mut pulling = Pulling::from(&hub);
    pulling.options.token = Some("hf_secret".into());
    pulling.pull(MODEL).unwrap();
    assert_eq!(pulling.read("model.safetensors"), repository.content("model.safetensors"));
    assert!(
        hub.seen()
            .iter()
            .all(|request| request.header("authorization") == Some("Bearer hf_secret"))
    );
    assert_eq!(cdn.seen().len(), 1);
    assert!(cdn.seen().iter().all(|request| request.header("authorization").is_none()));
    assert_eq!(cdn.seen()[0].path, "/x?signed=1");
}

#[test]
fn the_token_goes_along_within_the_hub() {
    let repository = Repository::new();
    let server = Server::start(move |request| match request.path.strip_prefix("/cache") {
        Some(path) => repository.answer(&server::Request { path: path.into(), ..request.clone() }),
        None => Reply::new(307, "").with("location", format!("/cache{}", request.path)),
    });
    let mut pulling = Pulling::from(&server);
    pulling.options.token = Some("hf_secret".into());
    pulling.pull(MODEL).unwrap();
    assert!(server.seen().iter().all(|request| request.header("authorization").is_some()));
    assert_eq!(server.asked("/config.json").len(), 2);
}

#[test]
fn a_proxy_is_asked_instead() {
    let proxy = Server::start(|_| Reply::new(403, ""));
    let mut pulling = Pulling::from(&proxy);
    pulling.options.endpoint = "http://hub.invalid".into();
    pulling.options.proxy = Some(proxy.url());
    pulling.pull(MODEL).unwrap_err();
    assert!(proxy.seen()[0].path.contains("hub.invalid"), "{:?}", proxy.seen());
}

#[test]
fn two_do_not_pull_the_same_at_once() {
    let server = Repository::new().start();
    let mut pulling = Pulling::from(&server);
    let folder = pulling.home.path().join("models/owner/.name.pull");
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(pulling.pull(MODEL), Err(Error::Locked { .. })));
    drop(lock);
    pulling.pull(MODEL).unwrap();
}
