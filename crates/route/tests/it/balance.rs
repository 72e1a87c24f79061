//! Who gets what.

use std::collections::{BTreeMap, HashSet};

use crate::fake::Fake;
use crate::{Routed, config, unchecked};

async fn three() -> [Fake; 3] {
    [Fake::start("a").await, Fake::start("b").await, Fake::start("c").await]
}

fn all(fakes: &[Fake]) -> Vec<&Fake> {
    fakes.iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_policy_uses_every_replica() {
    for policy in &route::policy::POLICIES {
        let fakes = three().await;
        let mut config = config(&all(&fakes));
        config.policy = policy.name.to_string();
        let routed = Routed::start(config).await;
        for n in 0..60 {
            assert_eq!(routed.chat(&format!("story {n}"), "").await.status, 200);
        }
        let seen: Vec<usize> = fakes.iter().map(Fake::seen).collect();
        assert_eq!(seen.iter().sum::<usize>(), 60);
        let fewest = if policy.name == "prefix" { 8 } else { 17 };
        assert!(seen.iter().all(|n| *n >= fewest), "{}: {seen:?}", policy.name);
        routed.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_are_shares() {
    let fakes = three().await;
    let mut config = config(&all(&fakes));
    config.policy = "round-robin".to_string();
    config.replicas[0].weight = 4;
    let routed = Routed::start(config).await;
    for n in 0..60 {
        routed.chat(&format!("story {n}"), "").await;
    }
    assert_eq!(fakes.each_ref().map(Fake::seen), [40, 10, 10]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_stays_with_its_replica_and_is_moved_when_that_dies() {
    let mut fakes = three().await;
    let routed = Routed::start(unchecked(&all(&fakes))).await;
    let mut homes = BTreeMap::new();
    for round in 0..3 {
        for n in 0..20 {
            let words = format!("conversation {n}");
            let replica = routed.chat(&words, "").await.replica();
            let home = homes.entry(words).or_insert_with(|| replica.clone()).clone();
            assert_eq!(replica, home, "round {round}");
        }
    }
    assert_eq!(homes.values().collect::<HashSet<_>>().len(), 3);
    fakes[1].kill().await;
    for (words, home) in &homes {
        let replica = routed.chat(words, "").await.replica();
        assert_eq!(replica == *home, home != "b", "only those of b move");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_conversation_of_many_at_once_overflows_to_others() {
    let fakes = three().await;
    let routed = Routed::start(config(&all(&fakes))).await;
    let asked = (0..30).map(|_| routed.chat("the same", "slow 300"));
    let answers = join(asked).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let most = fakes.iter().map(Fake::seen).max().unwrap();
    // 30 in flight, 10 a replica, times 1.25.
    assert!((10..=13).contains(&most), "{most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_least_loaded_is_chosen() {
    let fakes = three().await;
    let mut config = config(&all(&fakes));
    config.policy = "least-loaded".to_string();
    let routed = Routed::start(config).await;
    fakes[0].usually("slow 600");
    let answers = routed.chats(3, "").await;
    assert_eq!(answers.len(), 3);
    // Those of b and c are over at once; a has one all the time, so it gets no other.
    let long = routed.chat("long", "");
    let others = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        for n in 0..20 {
            routed.chat(&n.to_string(), "slow 5").await;
        }
    };
    fakes.iter().for_each(|fake| fake.usually("slow 2000"));
    let before = fakes.each_ref().map(Fake::seen);
    let (long, ()) = tokio::join!(long, others);
    let busy = long.replica();
    for (fake, before) in fakes.iter().zip(before) {
        let more = fake.seen() - before;
        assert_eq!(more == 1, fake.name() == busy, "{} had {more}", fake.name());
    }
}

/// All of them at once.
pub(crate) async fn join<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(cx) {
                *done = Some(value);
            }
        }
        match done.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
