//! Replicas that die, refuse and are slow: who notices, who is asked instead, and what is not lost.

use std::time::{Duration, Instant};

use route::Event;

use crate::fake::Fake;
use crate::{Routed, client, config, eventually, unchecked};

async fn two() -> [Fake; 2] {
    [Fake::start("a").await, Fake::start("b").await]
}

/// Retries are reported so.
fn is_retry(event: &Event) -> bool {
    matches!(event, Event::Retried { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_replica_loses_no_request_that_had_not_begun() {
    let [mut a, b] = two().await;
    let mut config = unchecked(&[&a, &b]);
    config.policy = "round-robin".to_string();
    let routed = Routed::start(config).await;
    a.usually("slow 20000");
    b.usually("slow 300");
    let asked = routed.chats(80, "");
    let kill = async {
        eventually("both to be busy", || async { a.open() == 40 }, true).await;
        a.kill().await;
    };
    let (answers, ()) = tokio::join!(asked, kill);
    for answer in &answers {
        assert_eq!((answer.status, answer.replica().as_str()), (200, "b"), "{answer:?}");
    }
    assert_eq!(routed.heard(is_retry), 40);
    assert_eq!(routed.metric("lyceum_route_retries_total{replica=\"a\"}").await, 40.0);
    // And whoever comes now is not even sent there for long: the breaker has opened.
    assert_eq!(routed.heard(|event| matches!(event, Event::Opened { .. })), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_replica_is_found_out_and_comes_back() {
    let [mut a, b] = two().await;
    let mut config = config(&[&a, &b]);
    config.policy = "round-robin".to_string();
    let routed = Routed::start(config).await;
    a.kill().await;
    for n in 0..10 {
        assert_eq!(routed.chat(&n.to_string(), "").await.replica(), "b");
    }
    eventually(
        "a to be found down",
        || async { routed.get("/replicas").await.body.contains("\"down\"") },
        true,
    )
    .await;
    assert_eq!(routed.metric("lyceum_route_replica_up{replica=\"a\"}").await, 0.0);
    let retries = routed.heard(is_retry);
    for n in 0..10 {
        assert_eq!(routed.chat(&n.to_string(), "").await.replica(), "b");
    }
    assert_eq!(routed.heard(is_retry), retries, "nobody is sent to a any more");
    a.revive().await;
    eventually("a to be back", || async { routed.chat("x", "").await.replica() == "a" }, true)
        .await;
    assert!(routed.heard(|event| matches!(event, Event::Up { replica } if replica == "a")) == 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sick_replica_is_taken_out_though_it_answers() {
    let [a, b] = two().await;
    let routed = Routed::start(config(&[&a, &b])).await;
    a.be_sick(true);
    eventually(
        "a to be found down",
        || async { routed.metric("lyceum_route_replica_up{replica=\"a\"}").await == 0.0 },
        true,
    )
    .await;
    for n in 0..10 {
        assert_eq!(routed.chat(&n.to_string(), "").await.replica(), "b");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_breaker_opens_probes_and_closes() {
    let mut a = Fake::start("a").await;
    let mut config = unchecked(&[&a]);
    config.breaker.failures = 3;
    config.breaker.shortest = Duration::from_millis(300);
    config.breaker.longest = Duration::from_millis(300);
    let routed = Routed::start(config).await;
    a.usually("refuse 502");
    let state =
        |phase: &str| format!("lyceum_route_breaker_state{{replica=\"a\",state=\"{phase}\"}}");
    for _ in 0..3 {
        assert_eq!(routed.chat("x", "").await.status, 502, "with nobody else it is passed on");
    }
    let seen = a.seen();
    let refused = routed.chat("x", "").await;
    assert_eq!((refused.status, refused.field("retry-after")), (503, "1"));
    assert_eq!(refused.json()["error"]["code"], "no_replica");
    assert_eq!(a.seen(), seen, "an open breaker lets nobody through");
    assert_eq!(routed.metric(&state("open")).await, 1.0);
    tokio::time::sleep(Duration::from_millis(320)).await;
    assert_eq!(routed.metric(&state("half_open")).await, 1.0);
    a.usually("slow 300");
    let (one, other) = tokio::join!(routed.chat("x", ""), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        routed.chat("y", "").await
    });
    assert_eq!((one.status, other.status), (200, 503), "one probe at a time");
    assert_eq!(routed.metric(&state("closed")).await, 1.0);
    assert_eq!(routed.chat("x", "").await.status, 200);
    a.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_refuses_is_not_asked_twice_and_others_are() {
    for status in [429, 502, 503, 504] {
        let [a, b] = two().await;
        let mut config = unchecked(&[&a, &b]);
        config.policy = "round-robin".to_string();
        let routed = Routed::start(config).await;
        a.usually(&format!("refuse {status}"));
        for n in 0..4 {
            let answer = routed.chat(&n.to_string(), "").await;
            assert_eq!((answer.status, answer.replica().as_str()), (200, "b"), "{status}");
        }
        b.usually(&format!("refuse {status} 7"));
        let both = routed.chat("x", "").await;
        assert_eq!(both.status, status, "nobody is left to ask");
        assert!(!both.field("retry-after").is_empty() || both.body.contains("replica"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_500_and_a_redirect_are_answers() {
    let [a, b] = two().await;
    let routed = Routed::start(unchecked(&[&a, &b])).await;
    assert_eq!(routed.chat("x", "refuse 500").await.status, 500);
    let redirect = routed.chat("x", "redirect").await;
    assert_eq!((redirect.status, redirect.field("location")), (307, "http://192.0.2.1/x"));
    assert_eq!(routed.heard(is_retry), 0);
    assert_eq!(a.seen() + b.seen(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retry_after_is_honoured() {
    let [a, b] = two().await;
    let mut config = unchecked(&[&a, &b]);
    config.policy = "round-robin".to_string();
    let routed = Routed::start(config).await;
    a.usually("refuse 503 2");
    for n in 0..6 {
        assert_eq!(routed.chat(&n.to_string(), "").await.replica(), "b");
    }
    assert_eq!(a.seen(), 1, "it asked for two seconds");
    a.usually("");
    b.usually("refuse 503 2");
    let refused = routed.chat("x", "").await;
    assert_eq!(refused.status, 503);
    let refused = routed.chat("x", "").await;
    assert!(["1", "2"].contains(&refused.field("retry-after")), "{refused:?}");
    eventually("a to have rested", || async { routed.chat("x", "").await.status == 200 }, true)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overload_is_not_multiplied() {
    let [a, b] = two().await;
    let mut config = unchecked(&[&a, &b]);
    config.retry.at_once = 5;
    config.retry.share = 0.1;
    config.breaker.failures = 1000;
    let routed = Routed::start(config).await;
    a.usually("refuse 429");
    b.usually("refuse 429");
    for n in 0..100 {
        assert_eq!(routed.chat(&n.to_string(), "").await.status, 429);
    }
    let sent = a.seen() + b.seen();
    assert!((110..=116).contains(&sent), "{sent} for 100 requests");
    assert!(routed.metric("lyceum_route_retries_denied_total").await > 80.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_kills_replicas_does_not_kill_them_all() {
    let fakes = [
        Fake::start("a").await,
        Fake::start("b").await,
        Fake::start("c").await,
        Fake::start("d").await,
    ];
    let mut config = unchecked(&fakes.iter().collect::<Vec<_>>());
    config.retry.at_once = 0;
    config.retry.share = 0.0;
    let routed = Routed::start(config).await;
    let answer = routed.chat("x", "die").await;
    assert_eq!(
        (answer.status, answer.json()["error"]["code"].as_str()),
        (502, Some("replica_failed"))
    );
    assert_eq!(fakes.iter().map(Fake::seen).sum::<usize>(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_do_harm_twice_is_sent_once() {
    let [a, b] = two().await;
    let routed = Routed::start(unchecked(&[&a, &b])).await;
    a.usually("die");
    b.usually("die");
    let answer = client::ask(routed.address, "POST /v1/models/load", "{}").await;
    assert_eq!(answer.status, 502);
    assert_eq!(a.seen() + b.seen(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_too_slow_is_not_helped_by_another() {
    let [a, b] = two().await;
    let mut config = unchecked(&[&a, &b]);
    config.timeouts.first_byte = Duration::from_millis(200);
    let routed = Routed::start(config).await;
    let start = Instant::now();
    let answer = routed.chat("x", "hang").await;
    assert_eq!((answer.status, a.seen() + b.seen()), (504, 1));
    assert!(start.elapsed() < Duration::from_secs(5));
    eventually("its connection to be given up", || async { a.open() + b.open() == 0 }, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_a_replica_that_goes_down_is_sent_to_another() {
    let [a, b] = two().await;
    let mut config = config(&[&a, &b]);
    config.policy = "round-robin".to_string();
    let routed = Routed::start(config).await;
    a.usually("hang");
    let asked = routed.chats(4, "");
    let sicken = async {
        eventually("a to be asked", || async { a.open() > 0 }, true).await;
        a.be_sick(true); // It hangs as a machine does that was switched off.
    };
    let (answers, ()) = tokio::join!(asked, sicken);
    assert!(answers.iter().all(|answer| answer.replica() == "b"), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_connection_that_has_ended_costs_nothing() {
    let mut a = Fake::start("a").await;
    let routed = Routed::start(unchecked(&[&a])).await;
    for _ in 0..3 {
        assert_eq!(routed.chat("x", "").await.status, 200);
        a.kill().await;
        a.revive().await;
    }
    assert_eq!(routed.metric("lyceum_route_failures_total{replica=\"a\"}").await, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_replicas_there_is_a_503_with_a_time() {
    let [mut a, mut b] = two().await;
    let routed = Routed::start(unchecked(&[&a, &b])).await;
    a.kill().await;
    b.kill().await;
    let answer = routed.chat("x", "").await;
    assert_eq!((answer.status, answer.field("retry-after")), (503, "1"));
    let error = &answer.json()["error"];
    assert_eq!((error["type"].as_str(), error["param"].is_null()), (Some("server_error"), true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_are_full_there_is_a_429_with_a_time() {
    let [a, b] = two().await;
    let mut config = unchecked(&[&a, &b]);
    config.limits.in_flight = 2;
    let routed = Routed::start(config).await;
    let busy = routed.chats(4, "slow 500");
    let more = async {
        eventually("all to be busy", || async { a.open() + b.open() == 4 }, true).await;
        routed.chat("x", "").await
    };
    let (busy, refused) = tokio::join!(busy, more);
    assert!(busy.iter().all(|answer| answer.status == 200));
    assert_eq!((refused.status, refused.field("retry-after")), (429, "1"));
    assert_eq!(refused.json()["error"]["code"], "rate_limit_exceeded");
}
