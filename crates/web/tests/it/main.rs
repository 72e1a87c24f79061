//! The pages of runs over real sockets of this machine: what they show, and what they keep to
//! themselves.

#![expect(clippy::unwrap_used, reason = "the panic of a test is its message")]

mod conversations;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use journal::{Record, Run, StageStatus, Store};

const EVIL: &str = "<script>alert(1)</script><img src=x onerror=y>";

/// A store with the pages in front of it; ends with the test.
struct Site {
    _home: tempfile::TempDir,
    store: Store,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

/// One answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Site {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let routes = web::router("m", &[]).merge(web::runs::router(store.clone()));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Self { _home: home, store, address, _runtime: runtime }
    }

    fn get(&self, path: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_string(), body: body.to_string() }
    }

    /// The page at `path`, which must be there.
    fn page(&self, path: &str) -> String {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// A run of a few steps.
    fn run(&self, name: &str, lr: f64) -> Run {
        let run = self.store.create_run(name).unwrap();
        let config = format!(
            r#"{{"recipe": {{"train": {{"lr": {lr}}}}}, "config": {{"schedule": {{"steps": 10}}}}}}"#
        );
        std::fs::write(run.config_path(), config).unwrap();
        let mut journal = run.open_journal().unwrap();
        let stage =
            |status| Record::Stage { name: "pretrain".into(), status, seconds: None, memory: None };
        journal.append(&stage(StageStatus::Started)).unwrap();
        (1..=5).for_each(|i| journal.append(&step(i)).unwrap());
        let (step, split) = (5, "val".to_string());
        journal.append(&Record::Eval { step, split, loss: 2.0, bits_per_byte: 1.234 }).unwrap();
        run
    }
}

fn step(step: u64) -> Record {
    let (loss, seconds) = (5.0 - step as f64 / 10.0, step as f64);
    let (lr, grad_norm, tokens_per_second) = (0.001, 1.0, 100.0);
    Record::Step { step, tokens: step * 100, loss, lr, grad_norm, tokens_per_second, seconds }
}

fn has_all(page: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(page.contains(part), "{part} in {page}"));
}

#[test]
fn the_list_shows_every_run_with_its_curve() {
    let site = Site::new();
    has_all(&site.page("/runs"), &["no runs yet", "lyceum speedrun"]);
    site.run("books", 0.1);
    site.run("bard", 0.1);
    let page = site.page("/runs");
    let rows =
        ["href=\"/runs/books\"", "href=\"/runs/bard\"", "5 of 10", "1.234", "class=\"spark\""];
    has_all(&page, &rows);
    assert!(page.contains("data-live=\"no\"") && !page.contains("http-equiv"), "{page}");
    let bad = site.store.create_run("bad").unwrap();
    std::fs::write(bad.journal_path(), "nonsense\n").unwrap();
    has_all(&site.page("/runs"), &["href=\"/runs/bard\"", "badge damaged"]);
}

#[test]
fn a_run_is_live_while_somebody_writes_it() {
    let site = Site::new();
    let run = site.run("books", 0.1);
    let still = site.page("/runs/books");
    let parts = ["badge stopped", "Learning rate", "Held-out text", "pretrain", "lr 0.1"];
    has_all(&still, &parts);
    assert!(!still.contains("<progress") && !still.contains("http-equiv"), "{still}");
    let lock = run.lock().unwrap();
    let live =
        ["data-live=\"yes\"", "http-equiv=\"refresh\"", "<progress", "50 %", "badge running"];
    has_all(&site.page("/runs/books"), &live);
    has_all(&site.page("/runs"), &["data-live=\"yes\""]);
    let sample = Record::Sample { step: 6, prompt: "Who?".into(), text: "Anna went home.".into() };
    run.open_journal().unwrap().append(&sample).unwrap();
    has_all(&site.page("/runs/books"), &["Who?", "Anna went home."]);
    drop(lock);
    has_all(&site.page("/runs/books"), &["data-live=\"no\""]);
}

#[test]
fn runs_are_compared_in_one_picture() {
    let site = Site::new();
    site.run("a", 0.1);
    site.run("b", 0.2);
    let page = site.page("/runs/compare?run=a&run=b&run=a&other=c");
    has_all(&page, &["a beside b", "recipe.train.lr", "0.1</td>", "0.2</td>", "bits a byte"]);
    site.run("c", 0.2);
    has_all(&site.page("/runs/compare?run=a&run=b&run=c"), &["a, b beside c"]);
    assert!(!page.contains("schedule.steps"), "what is the same is left out");
    let chart = page.split("<svg").nth(1).unwrap();
    assert_eq!(chart.matches("data-legend").count(), 2, "one line a run: {chart}");
    for (question, status) in [
        ("", 400),
        ("?run=a", 400),
        ("?run=a&run=none", 404),
        ("?run=a&run=..%2f..%2fetc", 404),
        ("?run=1&run=2&run=3&run=4&run=5&run=6&run=7", 400),
    ] {
        assert_eq!(site.get(&format!("/runs/compare{question}")).status, status, "{question}");
    }
    site.run("compare", 0.3);
    has_all(&site.page("/runs/compare"), &["lr 0.3"]);
}

#[test]
fn nothing_but_runs_of_the_store_is_shown() {
    let site = Site::new();
    let run = site.run("books", 0.1);
    std::fs::write(site.store.home().join("report.html"), "secret").unwrap();
    for name in ["none", "..", "%2e%2e", "..%2f..", "books%2f..", "%00", ".hidden", "books%20"] {
        for path in [format!("/runs/{name}"), format!("/runs/{name}/report")] {
            let answer = site.get(&path);
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.body.contains("secret"), "{path}");
            let home = site.store.home().to_string_lossy().into_owned();
            assert!(!answer.body.contains(&home), "{path} tells where the store lies");
        }
    }
    assert_eq!(site.get("/runs/books/report").status, 404, "it has none yet");
    #[cfg(unix)]
    {
        let secret = site.store.home().join("report.html");
        std::os::unix::fs::symlink(secret, run.report_html_path()).unwrap();
        assert_eq!(site.get("/runs/books/report").status, 404, "a link is not followed");
        std::fs::remove_file(run.report_html_path()).unwrap();
    }
    std::fs::write(run.report_html_path(), "<p>the report</p>").unwrap();
    has_all(&site.page("/runs/books"), &["href=\"/runs/books/report\""]);
    let report = site.get("/runs/books/report");
    assert_eq!((report.status, report.body.as_str()), (200, "<p>the report</p>"));
    has_all(&report.head, &["default-src 'none'", "sandbox", "nosniff"]);
    assert!(!report.head.contains("script-src"), "{}", report.head);
}

#[test]
fn what_a_run_says_is_never_markup() {
    let site = Site::new();
    let run = site.run("books", 0.1);
    let config = config_with(EVIL);
    std::fs::write(run.config_path(), config).unwrap();
    let text = || EVIL.to_string();
    let records = [
        Record::Sample { step: 5, prompt: text(), text: text() },
        Record::Note { text: text() },
        Record::Error { step: 5, message: text() },
        Record::Stage { name: text(), status: StageStatus::Done, seconds: Some(1.0), memory: None },
    ];
    let mut journal = run.open_journal().unwrap();
    records.iter().for_each(|record| journal.append(record).unwrap());
    let metrics = format!(r#"{{"metrics": {{"{EVIL}": {{"value": 1}}}}}}"#);
    std::fs::write(run.report_json_path(), metrics).unwrap();
    site.run("other", 0.1);
    for path in ["/runs", "/runs/books", "/runs/compare?run=books&run=other"] {
        let page = site.page(path);
        assert!(!page.contains("<script>") && !page.contains("<img src=x"), "{path}: {page}");
    }
    assert!(site.page("/runs/books").matches("&lt;script&gt;").count() >= 5);
}

/// A config with `text` as the name and the value of a setting.
fn config_with(text: &str) -> String {
    format!(r#"{{"recipe": {{"{text}": "{text}"}}}}"#)
}

#[test]
fn pages_keep_to_their_policy() {
    let site = Site::new();
    site.run("a", 0.1);
    site.run("b", 0.1);
    for path in ["/runs", "/runs/a", "/runs/compare?run=a&run=b", "/runs/none"] {
        let answer = site.get(path);
        let headers = ["default-src 'none'", "frame-ancestors 'none'", "nosniff", "no-referrer"];
        has_all(&answer.head, &headers);
        let page = answer.body.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for forbidden in ["style=", "<style", "onclick", "http://", "https://", "javascript:"] {
            assert!(!page.contains(forbidden), "{forbidden} in {path}: {page}");
        }
        has_all(
            &page,
            &["<script src=\"/runs.js\" defer>", "lang=\"en\"", "aria-current=\"page\""],
        );
        assert_eq!(page.matches("<script").count(), 1);
        for file in page.split("href=\"").chain(page.split("src=\"")).skip(1) {
            let file = file.split('"').next().unwrap();
            let is_ours = file.ends_with(".css") || file.ends_with(".js") || file.ends_with(".svg");
            assert!(!is_ours || site.get(file).status == 200, "{file}");
        }
    }
    let script = site.page("/runs.js");
    for forbidden in ["innerHTML", "insertAdjacentHTML", "eval(", "document.write", "://"] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    let style = site.page("/runs.css");
    assert!(!style.contains("url(") && !style.contains("@import"));
    has_all(&site.page("/palette.css"), &["--c1", "prefers-color-scheme"]);
}
