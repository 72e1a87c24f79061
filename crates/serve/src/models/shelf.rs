//! What is in memory. A model is loaded once for all who wait for it, one at a time; where there is no room for one
//! more, the one that rested longest goes. Nobody goes who is at work, is pinned, or could not come back.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use chat::Service;

use crate::Refusal;
use crate::log::millis;

/// Loads a model, or says why it cannot be. It blocks.
pub type Loader = Box<dyn Fn() -> Result<Arc<dyn Service>, String> + Send + Sync>;

/// Seconds after which there may be room.
const RETRY: u64 = 5;

/// Whether a model is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is not; the next request loads it.
    Unloaded,
    /// It is on its way.
    Loading,
    /// It is.
    Loaded,
    /// It could not be loaded; the next request tries again.
    Failed,
}

impl Presence {
    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unloaded => "unloaded",
            Self::Loading => "loading",
            Self::Loaded => "loaded",
            Self::Failed => "failed",
        }
    }
}

/// A model's place on the shelf.
pub(super) struct Place {
    name: String,
    loader: Option<Loader>,
    holds: Mutex<Holds>,
    pinned: AtomicBool,
    /// Of the model, once it was in memory; 0 before.
    context: AtomicUsize,
    loads: AtomicU64,
}

struct Holds {
    service: Option<Arc<dyn Service>>,
    presence: Presence,
    /// When it was at work last.
    used: Instant,
}

impl Place {
    /// Of a model that is there already or that can be loaded; one that cannot be loaded stays.
    pub(super) fn new(
        name: String,
        loader: Option<Loader>,
        service: Option<Arc<dyn Service>>,
    ) -> Self {
        let presence = if service.is_some() { Presence::Loaded } else { Presence::Unloaded };
        let context = service.as_ref().map_or(0, |service| service.card().context).into();
        let holds = Mutex::new(Holds { service, presence, used: Instant::now() });
        let (pinned, loads) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { name, loader, holds, pinned, context, loads }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn pin(&self) {
        self.pinned.store(true, Ordering::Release);
    }

    pub(super) fn service(&self) -> Option<Arc<dyn Service>> {
        self.holds().service.clone()
    }

    pub(super) fn presence(&self) -> Presence {
        self.holds().presence
    }

    pub(super) fn context(&self) -> Option<usize> {
        Some(self.context.load(Ordering::Acquire)).filter(|&context| context > 0)
    }

    pub(super) fn loads(&self) -> u64 {
        self.loads.load(Ordering::Acquire)
    }

    fn holds(&self) -> MutexGuard<'_, Holds> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model, if it is here; it counts as asked for now.
    fn used(&self) -> Option<Arc<dyn Service>> {
        let mut holds = self.holds();
        holds.used = Instant::now();
        holds.service.clone()
    }

    /// Since when the model rests; none if it is at work, or stays whatever happens.
    fn rests_since(&self, now: Instant) -> Option<Instant> {
        let stays = self.loader.is_none() || self.pinned.load(Ordering::Acquire);
        let mut holds = self.holds();
        let service = holds.service.as_ref().filter(|_| !stays)?;
        // Whoever is about to ask holds it too.
        if Arc::strong_count(service) > 1 || service.load().taken > 0 {
            holds.used = now;
            return None;
        }
        Some(holds.used)
    }

    /// Takes the model off, if nobody has asked for it meanwhile.
    fn clear(&self) -> Option<Arc<dyn Service>> {
        let mut holds = self.holds();
        let rests = |service: &Arc<dyn Service>| Arc::strong_count(service) == 1;
        let service = holds.service.take_if(|service| rests(service))?;
        holds.presence = Presence::Unloaded;
        Some(service)
    }

    /// Loads the model. It blocks.
    fn fill(&self) -> Result<Arc<dyn Service>, Refusal> {
        let Some(loader) = &self.loader else { return Err(Refusal::lost()) };
        self.holds().presence = Presence::Loading;
        let began = Instant::now();
        let loaded = loader();
        let mut holds = self.holds();
        holds.used = Instant::now();
        match loaded {
            Ok(service) => {
                tracing::info!(model = self.name, ms = millis(began.elapsed()), "loaded");
                self.context.store(service.card().context, Ordering::Release);
                self.loads.fetch_add(1, Ordering::AcqRel);
                holds.presence = Presence::Loaded;
                holds.service = Some(service.clone());
                Ok(service)
            }
            Err(reason) => {
                tracing::error!(model = self.name, reason, "cannot be loaded");
                holds.presence = Presence::Failed;
                let message = format!("the model {:?} cannot be loaded: {reason}", self.name);
                let new = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message);
                Err(Refusal { code: Some("model_load_failed"), ..new })
            }
        }
    }
}

/// How much may be in memory, and what is.
#[derive(Default)]
pub(super) struct Shelf {
    most: Option<usize>,
    rest: Option<Duration>,
    /// Those that came on demand. Held locked by whoever loads.
    filled: tokio::sync::Mutex<()>,
    came: Mutex<Vec<Arc<Place>>>,
}

impl Shelf {
    pub(super) fn new(most: Option<usize>, rest: Option<Duration>) -> Self {
        Self { most, rest, ..Self::default() }
    }

    /// The model of a place, which is loaded if it is not there. Whoever leaves meanwhile stops no load.
    pub(super) async fn take(
        self: &Arc<Self>,
        place: &Arc<Place>,
    ) -> Result<Arc<dyn Service>, Refusal> {
        if let Some(service) = place.used() {
            return Ok(service);
        }
        let (shelf, place) = (self.clone(), place.clone());
        let load = tokio::spawn(async move {
            let _one_at_a_time = shelf.filled.lock().await;
            // Somebody else may have loaded it while this one waited.
            if let Some(service) = place.used() {
                return Ok(service);
            }
            let (own, of) = (place.clone(), shelf.clone());
            let filled = tokio::task::spawn_blocking(move || {
                of.make_room()?;
                let service = own.fill()?;
                of.came().push(own);
                Ok(service)
            });
            filled.await.unwrap_or_else(|_| {
                place.holds().presence = Presence::Failed;
                Err(Refusal::lost())
            })
        });
        load.await.map_err(|_| Refusal::lost())?
    }

    /// Counts a model that is in memory already.
    pub(super) fn has(&self, place: Arc<Place>) {
        self.came().push(place);
    }

    fn came(&self) -> MutexGuard<'_, Vec<Arc<Place>>> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets models go until one more has room. It blocks.
    fn make_room(&self) -> Result<(), Refusal> {
        let Some(most) = self.most else { return Ok(()) };
        let now = Instant::now();
        while self.came().len() >= most.max(1) {
            let gone = {
                let mut came = self.came();
                let resting = came.iter().enumerate();
                let resting = resting.filter_map(|(i, p)| Some((p.rests_since(now)?, i)));
                let Some((_, i)) = resting.min() else { return Err(all_at_work()) };
                came[i].clear().map(|service| (came.remove(i), service))
            };
            if let Some((place, service)) = gone {
                tracing::info!(model = place.name, "unloaded, to make room");
                drop(service);
            }
        }
        Ok(())
    }

    /// Lets the models go that rested too long.
    pub(super) fn rest(&self, now: Instant) {
        let Some(rest) = self.rest else { return };
        let is_over = |place: &Place| {
            place.rests_since(now).is_some_and(|since| now.duration_since(since) >= rest)
        };
        let mut gone = Vec::new();
        self.came().retain(|place| {
            let service = if is_over(place) { place.clear() } else { None };
            let stays = service.is_none();
            gone.extend(service.map(|service| (place.clone(), service)));
            stays
        });
        for (place, service) in gone {
            tracing::info!(model = place.name, "unloaded, as nobody asked for it");
            drop(service);
        }
    }
}

fn all_at_work() -> Refusal {
    let message = "all models that are in memory are at work, and there is no room for another; try again in a while";
    Refusal {
        code: Some("no_room"),
        retry_after: Some(RETRY),
        ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }
}
