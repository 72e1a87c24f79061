//! The router between real sockets of this machine: scripted replicas behind it, clients of plain
//! bytes in front.
#![expect(clippy::unwrap_used, reason = "a test's panic is its message")]

mod balance;
mod client;
mod failure;
mod fake;
mod hostile;
mod operation;
mod stream;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use route::{Address, Config, Event, Router};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::Answer;
use crate::fake::Fake;

/// A router over some replicas, for one test.
struct Routed {
    address: SocketAddr,
    router: Router,
    events: Arc<Mutex<Vec<Event>>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// Times that a test can wait for.
fn config(fakes: &[&Fake]) -> Config {
    let replica = |fake: &&Fake| {
        let address = Address::new("127.0.0.1", fake.address.port());
        let name = Some(fake.name().to_string());
        route::config::Replica { name, ..route::config::Replica::new(address) }
    };
    let mut config = Config { replicas: fakes.iter().map(replica).collect(), ..Config::default() };
    config.health.interval = Duration::from_millis(50);
    config.health.timeout = Duration::from_millis(500);
    config.timeouts.drain = Duration::from_secs(5);
    config
}

/// Health checks that come too late to matter, so that only what requests meet counts.
fn unchecked(fakes: &[&Fake]) -> Config {
    let mut config = config(fakes);
    config.health.interval = Duration::from_secs(600);
    config
}

impl Routed {
    /// Once it has asked every replica whether it is well.
    async fn start(config: Config) -> Self {
        let routed = Self::begin(config).await;
        let is_asking = || async { routed.get("/replicas").await.body.contains("unknown") };
        eventually("a first round of health checks", is_asking, false).await;
        routed
    }

    async fn begin(config: Config) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = events.clone();
        let watch = Arc::new(move |event: &Event| heard.lock().unwrap().push(event.clone()));
        let router = Router::new(config, 7, watch).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = router.clone().serve(listener, async { drop(stopped.await) });
        let task = tokio::spawn(async move { serving.await.unwrap() });
        Self { address, router, events, stop: Some(stop), task }
    }

    async fn get(&self, path: &str) -> Answer {
        client::ask(self.address, &format!("GET {path}"), "").await
    }

    /// A conversation that begins with `words`, and what the replica is to do.
    async fn chat(&self, words: &str, act: &str) -> Answer {
        client::ask(self.address, CHAT, &conversation(words, act)).await
    }

    /// So many conversations at once.
    async fn chats(&self, n: usize, act: &str) -> Vec<Answer> {
        let one = async |n: usize| self.chat(&n.to_string(), act).await;
        balance::join((0..n).map(one)).await
    }

    /// The value of a line of the metrics.
    async fn metric(&self, line: &str) -> f64 {
        let page = self.get("/metrics").await.body;
        let found = page.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
        found.map_or(0.0, |value| value.parse().unwrap())
    }

    fn heard(&self, is_it: impl Fn(&Event) -> bool) -> usize {
        self.events.lock().unwrap().iter().filter(|event| is_it(event)).count()
    }

    async fn end(mut self) {
        drop(self.stop.take());
        self.task.await.unwrap();
    }
}

const CHAT: &str = "POST /v1/chat/completions";

fn conversation(words: &str, act: &str) -> String {
    let message = serde_json::json!({"role": "user", "content": words});
    serde_json::json!({"model": "m", "messages": [message], "act": act}).to_string()
}

/// Waits until a condition has the value `wanted`.
async fn eventually<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F, wanted: bool) {
    for _ in 0..500 {
        if is_so().await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited five seconds for {what}");
}
