//! What comes into memory when, and who goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chat::{Error, Flow, Reply, Request, Respond, Turns};

use super::{Loader, Models, Presence};

/// Says nothing at once.
struct Silent(String);

impl Respond for Silent {
    fn model_name(&self) -> &str {
        &self.0
    }

    fn respond(&self, _: &Request, _: &mut dyn FnMut(&str) -> Flow) -> Result<Reply, Error> {
        Ok(Reply::default())
    }
}

fn silent(name: &str) -> Arc<Turns> {
    Arc::new(Turns::new(Arc::new(Silent(name.to_string())), 77, 4))
}

/// Loads such a model, and counts how often.
fn loader(name: &'static str, count: &Arc<AtomicUsize>) -> Loader {
    let count = count.clone();
    Box::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        Ok(silent(name))
    })
}

fn models(most: Option<usize>, rest: Option<Duration>) -> (Models, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let mut models = Models::new(most, rest);
    for name in ["a", "b", "c"] {
        models.add_loaded_on_demand(name, loader(name, &count));
    }
    (models, count)
}

fn presence(models: &Models) -> Vec<Presence> {
    models.list().iter().map(|listed| listed.presence).collect()
}

const L: Presence = Presence::Loaded;
const U: Presence = Presence::Unloaded;

#[tokio::test]
async fn many_who_ask_at_once_load_a_model_once() {
    let (models, count) = models(None, None);
    let models = Arc::new(models);
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let models = models.clone();
            tokio::spawn(async move { models.named(Some("b")).await.map(|m| m.card().context) })
        })
        .collect();
    for one in asked {
        assert_eq!(one.await.unwrap(), Ok(77));
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(presence(&models), [U, L, U]);
    assert_eq!(models.listed("b").unwrap().context, Some(77));
}

#[tokio::test]
async fn who_leaves_while_a_model_is_loaded_does_not_stop_that() {
    let (models, count) = models(None, None);
    let soon = Duration::from_millis(2);
    assert!(tokio::time::timeout(soon, models.named(None)).await.is_err());
    assert!(models.named(Some("a")).await.is_ok());
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn whoever_rested_longest_makes_room_but_nobody_at_work_or_pinned() {
    let (models, _) = models(Some(2), None);
    drop(models.named(Some("a")).await.unwrap());
    let b = models.named(Some("b")).await.unwrap();
    drop(models.named(Some("c")).await.unwrap());
    assert_eq!(presence(&models), [U, L, L]);
    let c = models.pin("c").await.unwrap();
    let refusal = models.named(Some("a")).await.err().unwrap();
    assert_eq!((refusal.code, refusal.retry_after.is_some()), (Some("no_room"), true));
    drop((b, c));
    assert!(models.named(Some("a")).await.is_ok());
    assert_eq!(presence(&models), [L, U, L]);
}

#[tokio::test]
async fn models_that_rested_too_long_go_and_come_back() {
    let (models, count) = models(None, Some(Duration::from_secs(60)));
    let a = models.named(Some("a")).await.unwrap();
    drop(models.named(Some("b")).await.unwrap());
    drop(models.pin("c").await.unwrap());
    models.rest(Instant::now() + Duration::from_secs(59));
    assert_eq!(presence(&models), [L, L, L]);
    let late = Instant::now() + Duration::from_secs(61);
    models.rest(late);
    assert_eq!(presence(&models), [L, U, L]);
    // Its rest begins when its work ends.
    drop(a);
    models.rest(late + Duration::from_secs(59));
    assert_eq!(presence(&models)[0], L);
    models.rest(late + Duration::from_secs(60));
    assert_eq!(presence(&models)[0], U);
    drop(models.named(None).await.unwrap());
    assert_eq!((presence(&models)[0], count.load(Ordering::SeqCst)), (L, 4));
    assert_eq!(models.listed("a").unwrap().loads, 2);
}

#[tokio::test]
async fn what_cannot_be_loaded_says_why_and_is_tried_again() {
    let tries = Arc::new(AtomicUsize::new(0));
    let own = tries.clone();
    let mut models = Models::default();
    let loader: Loader = Box::new(move || match own.fetch_add(1, Ordering::SeqCst) {
        0 => Err("the file is gone".to_string()),
        1 => panic!("as asked"),
        _ => Ok(silent("late")),
    });
    models.add_loaded_on_demand("late", loader);
    let refusal = models.named(None).await.err().unwrap();
    assert_eq!((refusal.status.as_u16(), refusal.code), (503, Some("model_load_failed")));
    assert!(refusal.message.contains("the file is gone"));
    assert_eq!(models.named(None).await.err().unwrap().status.as_u16(), 500);
    assert_eq!(presence(&models), [Presence::Failed]);
    assert!(models.named(None).await.is_ok());
}

#[tokio::test]
async fn other_names_mean_the_same_model() {
    let (mut models, _) = models(None, None);
    models.alias("gpt", "b").unwrap();
    assert_eq!(models.named(Some("gpt")).await.unwrap().card().name, "b");
    assert_eq!(models.listed("gpt").unwrap().aliases, ["gpt"]);
    assert!(models.alias("x", "none").unwrap_err().contains("a, b, c"));
    assert!(models.alias("a", "b").is_err() && models.alias("", "b").is_err());
    let refusal = models.named(Some("none")).await.err().unwrap();
    assert!(refusal.message.contains("a, b, c") && refusal.status.as_u16() == 404);
}
