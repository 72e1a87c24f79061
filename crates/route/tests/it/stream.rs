//! Answers on their way: at once, whole or plainly not, and given up by either side.

use std::time::{Duration, Instant};

use route::{Ending, Event};
use tokio::io::AsyncReadExt;

use crate::client::{self, Answer};
use crate::fake::Fake;
use crate::{CHAT, Routed, config, conversation, eventually, unchecked};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_pass_as_they_come() {
    let a = Fake::start("a").await;
    let routed = Routed::start(config(&[&a])).await;
    let start = Instant::now();
    let body = conversation("x", "stream 3 400");
    let mut stream = client::connect(routed.address, &client::request(CHAT, &body)).await;
    for n in 0..3 {
        client::until(&mut stream, &format!("\"n\": {n}")).await;
        let at = start.elapsed();
        let (from, to) = (Duration::from_millis(400) * n, Duration::from_millis(400) * (n + 1));
        assert!(at >= from && at < to, "event {n} came after {at:?}");
    }
    let rest = client::rest(&mut stream).await;
    assert!(String::from_utf8_lossy(&rest).contains("[DONE]"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_breaks_off_ends_with_an_error_event_and_the_connection() {
    let [a, b] = [Fake::start("a").await, Fake::start("b").await];
    let routed = Routed::start(unchecked(&[&a, &b])).await;
    // A client that would keep the connection.
    let request = client::request(CHAT, &conversation("x", "part"));
    let request = String::from_utf8(request).unwrap().replace("connection: close\r\n", "");
    let answer = client::send(routed.address, request.as_bytes()).await;
    assert!(answer.is_whole, "the framing is sound: {answer:?}");
    let events: Vec<&str> = answer.body.split_terminator("\n\n").collect();
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events[0], "data: {\"n\": 0}");
    let error: serde_json::Value = serde_json::from_str(&events[1]["data: ".len()..]).unwrap();
    assert_eq!(error["error"]["code"], "replica_failed");
    assert_eq!(a.seen() + b.seen(), 1, "what has begun is not begun again");
    let is_broken =
        |event: &Event| matches!(event, Event::Answered(a) if a.ending == Ending::Broken);
    assert_eq!(routed.heard(is_broken), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_keeps_breaking_off_is_left_alone() {
    let a = Fake::start("a").await;
    let mut config = unchecked(&[&a]);
    config.breaker.failures = 3;
    let routed = Routed::start(config).await;
    for act in ["part", "part", "", "part", "half", "part"] {
        assert_eq!(routed.chat("x", act).await.status, 200);
    }
    assert_eq!(routed.heard(|event| matches!(event, Event::Opened { .. })), 1);
    assert_eq!(routed.chat("x", "").await.status, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_it_says_so_too() {
    let mut a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    let body = conversation("x", "stream 1000 10");
    let mut stream = client::connect(routed.address, &client::request(CHAT, &body)).await;
    client::until(&mut stream, "\"n\": 3").await;
    a.kill().await;
    let rest = client::rest(&mut stream).await;
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("data: {\"error\":") && !rest.contains("[DONE]"), "{rest}");
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_other_answer_that_breaks_off_is_plainly_not_whole() {
    let a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    let answer = routed.chat("x", "half").await;
    assert_eq!(answer.status, 200);
    assert!(!answer.is_whole, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_within_an_answer_ends_it() {
    let a = Fake::start("a").await;
    let mut config = unchecked(&[&a]);
    config.timeouts.idle = Duration::from_millis(200);
    let routed = Routed::start(config).await;
    let answer = routed.chat("x", "fall-silent").await;
    assert!(answer.body.contains("fell silent"), "{answer:?}");
    eventually("the replica to be freed", || async { a.dropped() == 1 }, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_takes_for_ever() {
    let a = Fake::start("a").await;
    let mut config = unchecked(&[&a]);
    config.timeouts.total = Duration::from_millis(300);
    let routed = Routed::start(config).await;
    let answer = routed.chat("x", "stream 1000 20").await;
    assert!(answer.body.contains("took too long"), "{answer:?}");
    assert_eq!(routed.chat("x", "hang").await.status, 504);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_frees_the_replica_at_once() {
    let a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    for (act, begins) in [("stream 100000 20", true), ("slow 600000", false)] {
        let before = a.dropped();
        let bytes = client::request(CHAT, &conversation("x", act));
        let mut stream = client::connect(routed.address, &bytes).await;
        match begins {
            true => drop(client::until(&mut stream, "\"n\": 2").await),
            false => eventually("the request to come", || async { a.open() == 1 }, true).await,
        }
        drop(stream);
        let start = Instant::now();
        eventually("the replica to hear of it", || async { a.dropped() > before }, true).await;
        assert!(start.elapsed() < Duration::from_secs(1), "{act}: {:?}", start.elapsed());
    }
    eventually(
        "both to be told",
        || async { routed.metric("lyceum_route_clients_left_total").await == 2.0 },
        true,
    )
    .await;
    assert_eq!(routed.metric("lyceum_route_in_flight{replica=\"a\"}").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_takes_nothing_frees_the_replica() {
    let a = Fake::start("a").await;
    let mut config = unchecked(&[&a]);
    config.timeouts.stalled = Duration::from_millis(300);
    let routed = Routed::start(config).await;
    let bytes = client::request(CHAT, &conversation("x", "flood"));
    let mut stream = client::connect(routed.address, &bytes).await;
    let mut some = [0; 1000];
    stream.read_exact(&mut some).await.unwrap();
    eventually("the replica to be freed", || async { a.dropped() == 1 }, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_streams_at_once_are_whole() {
    let [a, b, c] = [Fake::start("a").await, Fake::start("b").await, Fake::start("c").await];
    let routed = Routed::start(config(&[&a, &b, &c])).await;
    let answers = routed.chats(100, "stream 20 5").await;
    for answer in &answers {
        assert!(answer.is_whole);
        assert_eq!(answer.body.matches("data: ").count(), 21, "{answer:?}");
    }
    assert!([&a, &b, &c].iter().all(|fake| (20..=47).contains(&fake.seen())));
    for name in ["a", "b", "c"] {
        let in_flight = format!("lyceum_route_in_flight{{replica=\"{name}\"}}");
        assert_eq!(routed.metric(&in_flight).await, 0.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_to_replicas_are_kept_for_the_next_request() {
    let a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    for act in ["", "brief", "stream 2 1", "", "refuse 404", "brief", ""] {
        assert!(routed.chat("x", act).await.is_whole, "{act}");
    }
    assert_eq!(routed.metric("lyceum_route_replica_connections_total{replica=\"a\"}").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_answer_is_passed_on_as_it_is() {
    let a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    let answer: Answer = routed.chat("x", "brief").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "brief"));
    assert_eq!(answer.field("content-length"), "5");
    assert_eq!(answer.field("x-hop"), "", "what Connection names is not for the client");
    assert_eq!(answer.field("x-request-id").len(), 32);
    let head = client::ask(routed.address, "HEAD /v1/models", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}
