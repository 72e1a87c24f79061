//! What is for those who run it: its own addresses, draining, another configuration, the end.

use std::time::Duration;

use route::Config;

use crate::fake::Fake;
use crate::{CHAT, Routed, client, config, conversation, eventually, unchecked};

const KEY: &str = "a key that is long enough";

async fn admin(routed: &Routed, head: &str, key: &str) -> client::Answer {
    let bytes = format!(
        "{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n"
    );
    client::send(routed.address, bytes.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_ready_while_a_replica_is_up() {
    let mut a = Fake::start("a").await;
    let routed = Routed::start(config(&[&a])).await;
    assert_eq!(routed.get("/health").await.status, 200);
    assert_eq!(routed.get("/ready").await.status, 200);
    a.kill().await;
    eventually("it to be not ready", || async { routed.get("/ready").await.status == 503 }, true)
        .await;
    assert_eq!(routed.get("/health").await.status, 200, "the router itself is well");
    assert_eq!(a.seen(), 0, "its own addresses are not passed on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drained_replica_finishes_and_gets_nothing_new() {
    let [a, b] = [Fake::start("a").await, Fake::start("b").await];
    let mut config = unchecked(&[&a, &b]);
    config.admin_key = Some(KEY.to_string());
    config.policy = "round-robin".to_string();
    let routed = Routed::start(config).await;
    let streaming = routed.chat("x", "stream 30 20");
    let rest = async {
        eventually("the stream to begin", || async { a.open() == 1 }, true).await;
        let drained = admin(&routed, "POST /replicas/a/drain", KEY).await;
        assert_eq!(drained.json()["replicas"][0]["draining"], true);
        for n in 0..6 {
            assert_eq!(routed.chat(&n.to_string(), "").await.replica(), "b");
        }
    };
    let (stream, ()) = tokio::join!(streaming, rest);
    assert!(stream.body.ends_with("[DONE]\n\n"), "{stream:?}");
    let back = admin(&routed, "POST /replicas/a/undrain", KEY).await;
    assert_eq!(back.json()["replicas"][0]["draining"], false);
    let seen = a.seen();
    for n in 0..4 {
        routed.chat(&n.to_string(), "").await;
    }
    assert_eq!(a.seen(), seen + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_admins_needs_their_key() {
    let a = Fake::start("a").await;
    let open = Routed::start(unchecked(&[&a])).await;
    assert_eq!(open.get("/replicas").await.status, 200);
    assert_eq!(admin(&open, "POST /replicas/a/drain", KEY).await.status, 403);
    let mut config = unchecked(&[&a]);
    config.admin_key = Some(KEY.to_string());
    let routed = Routed::start(config).await;
    for path in ["/replicas", "/metrics", "/replicas/a/drain"] {
        assert_eq!(routed.get(path).await.status, 401, "{path}");
        assert_eq!(admin(&routed, &format!("GET {path}"), "another").await.status, 401, "{path}");
    }
    assert_eq!(routed.get("/health").await.status, 200);
    assert_eq!(admin(&routed, "GET /metrics", KEY).await.status, 200);
    assert_eq!(admin(&routed, "POST /replicas/b/drain", KEY).await.status, 404);
    assert_eq!(admin(&routed, "POST /replicas/a/explode", KEY).await.status, 404);
    assert_eq!(admin(&routed, "GET /replicas/a/drain", KEY).await.status, 404);
    assert_eq!(a.seen(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_prometheus_text() {
    let a = Fake::start("a").await;
    let routed = Routed::start(config(&[&a])).await;
    routed.chat("x", "").await;
    routed.chat("x", "refuse 404").await;
    let page = routed.get("/metrics").await;
    assert!(page.field("content-type").starts_with("text/plain; version=0.0.4"));
    let mut family = String::new();
    for line in page.body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split(' ').next().unwrap().to_string();
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&family) && family.starts_with("lyceum_route_"), "{line}");
            value.parse::<f64>().unwrap();
        }
    }
    let requests =
        |status: u16| format!("lyceum_route_requests_total{{replica=\"a\",status=\"{status}\"}}");
    assert_eq!(routed.metric(&requests(200)).await, 1.0);
    assert_eq!(routed.metric(&requests(404)).await, 1.0);
    assert_eq!(routed.metric("lyceum_route_first_byte_seconds_count{replica=\"a\"}").await, 2.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_configuration_takes_over_while_streams_go_on() {
    let [a, b] = [Fake::start("a").await, Fake::start("b").await];
    let routed = Routed::start(config(&[&a])).await;
    let streaming = routed.chat("x", "stream 30 20");
    let rest = async {
        eventually("the stream to begin", || async { a.open() == 1 }, true).await;
        routed.router.reload(config(&[&b])).unwrap();
        assert_eq!(routed.chat("x", "").await.replica(), "b");
        let wrong = routed.router.reload(Config::default()).unwrap_err();
        assert!(wrong.to_string().contains("--replica"), "{wrong}");
        assert_eq!(routed.chat("x", "").await.replica(), "b", "all stays as it was");
    };
    let (stream, ()) = tokio::join!(streaming, rest);
    assert!(stream.body.ends_with("[DONE]\n\n"), "{stream:?}");
}

#[test]
fn the_files_of_deploy_say_what_is_so() {
    let deploy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let config = Config::read(&deploy.join("route.toml")).unwrap();
    config.check().unwrap();
    assert_eq!(config.replicas.len(), 2);
    let replicas = config.replicas.clone();
    assert_eq!(config, Config { replicas, ..Config::default() }, "it shows the usual values");
    let manifest = std::fs::read_to_string(deploy.join("kubernetes/route.yaml")).unwrap();
    let inner = manifest.split("route.toml: |\n").nth(1).unwrap().split("\n---").next().unwrap();
    let inner = inner.lines().map(|line| line.trim()).collect::<Vec<_>>().join("\n");
    let config = Config::parse(&inner).unwrap();
    config.check().unwrap();
    assert!(config.replicas[0].discover);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_address_of_a_name_is_a_replica() {
    let a = Fake::start("a").await;
    let mut config = config(&[&a]);
    config.replicas[0].url = route::Address::new("localhost", a.address.port());
    config.replicas[0].discover = true;
    let routed = Routed::start(config).await;
    let name = format!("127.0.0.1:{}", a.address.port());
    eventually(
        "the name to be looked up",
        || async { routed.get("/replicas").await.body.contains(&name) },
        true,
    )
    .await;
    assert_eq!(routed.chat("x", "").await.replica(), "a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_end_answers_are_finished_and_nobody_new_is_let_in() {
    let a = Fake::start("a").await;
    let routed = Routed::start(config(&[&a])).await;
    let address = routed.address;
    let bytes = client::request(CHAT, &conversation("x", "stream 20 20"));
    let bytes = String::from_utf8(bytes).unwrap().replace("connection: close\r\n", "");
    let mut stream = client::connect(address, bytes.as_bytes()).await;
    client::until(&mut stream, "\"n\": 1").await;
    let mut unused = client::connect(address, b"").await;
    let ending = routed.end();
    let rest = async {
        let rest = client::rest(&mut stream).await;
        assert!(String::from_utf8_lossy(&rest).contains("[DONE]"), "it is finished, then closed");
        assert!(client::rest(&mut unused).await.is_empty());
    };
    tokio::join!(ending, rest);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_is_cut_off_in_the_end() {
    let a = Fake::start("a").await;
    let mut config = config(&[&a]);
    config.timeouts.drain = Duration::from_millis(300);
    let routed = Routed::start(config).await;
    let bytes = client::request(CHAT, &conversation("x", "stream 100000 20"));
    let mut stream = client::connect(routed.address, &bytes).await;
    client::until(&mut stream, "\"n\": 1").await;
    tokio::time::timeout(Duration::from_secs(5), routed.end()).await.expect("it ends");
    eventually("the replica to be freed", || async { a.dropped() == 1 }, true).await;
}
