//! What all requests share: the configuration, the fleet, the budget, the counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use stdx::Rng;
use tokio::sync::Semaphore;

use crate::budget::Budget;
use crate::config::Config;
use crate::discover::Member;
use crate::event::{Event, Watch};
use crate::fleet::Fleet;
use crate::metrics::Metrics;
use crate::{Error, discover, headers};

/// A router; cloning shares it.
#[derive(Clone)]
pub struct Router(Arc<Shared>);

struct Shared {
    config: RwLock<Arc<Config>>,
    fleet: Fleet,
    metrics: Metrics,
    budget: Mutex<Budget>,
    rng: Mutex<Rng>,
    room: Arc<Semaphore>,
    watch: Watch,
    is_ending: AtomicBool,
}

impl Router {
    /// A router by a configuration. Chance follows `seed`; `watch` is told what happens.
    ///
    /// # Errors
    /// [`Config::check`] refuses the configuration.
    pub fn new(config: Config, seed: u64, watch: Watch) -> Result<Self, Error> {
        config.check()?;
        let fleet = Fleet::new(&config, discover::fixed(&config), seed, watch.clone())?;
        Ok(Self(Arc::new(Shared {
            fleet,
            metrics: Metrics::default(),
            budget: Mutex::new(Budget::new(config.retry.share, config.retry.at_once)),
            rng: Mutex::new(Rng::stream(seed, "request ids")),
            room: Arc::new(Semaphore::new(config.limits.all_bodies_bytes)),
            watch,
            is_ending: AtomicBool::new(false),
            config: RwLock::new(Arc::new(config)),
        })))
    }

    /// Another configuration from here on. Replicas that stay keep what is known of them, those
    /// that go finish what they have. The room for bodies, and what
    /// [`serve`](Self::serve) reads once (limits of heads and connections), stay as they were.
    ///
    /// # Errors
    /// [`Config::check`] refuses it; all stays as it was.
    pub fn reload(&self, config: Config) -> Result<(), Error> {
        config.check()?;
        let mut current = self.0.config.write().unwrap_or_else(PoisonError::into_inner);
        let members = discover::at_hand(&config, &self.0.fleet);
        self.0.fleet.renew(&config, members)?;
        let budget = Budget::new(config.retry.share, config.retry.at_once);
        *self.0.budget.lock().unwrap_or_else(PoisonError::into_inner) = budget;
        *current = Arc::new(config);
        drop(current);
        self.tell_size();
        Ok(())
    }

    /// Members that were looked up for `config`, unless it is another by now.
    pub(crate) fn renew(&self, config: &Arc<Config>, members: Vec<Member>) {
        let current = self.0.config.read().unwrap_or_else(PoisonError::into_inner);
        if self.0.fleet.members() == members || !Arc::ptr_eq(&current, config) {
            return;
        }
        // Its policy was made of this configuration before.
        if self.0.fleet.renew(config, members).is_ok() {
            drop(current);
            self.tell_size();
        }
    }

    pub(crate) fn config(&self) -> Arc<Config> {
        self.0.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        &self.0.fleet
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn room(&self) -> &Arc<Semaphore> {
        &self.0.room
    }

    pub(crate) fn tell(&self, event: &Event) {
        (self.0.watch)(event);
    }

    pub(crate) fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let mut rng = self.0.rng.lock().unwrap_or_else(PoisonError::into_inner);
        headers::request_id(headers, &mut rng)
    }

    /// A request came, which may pay for a part of a retry.
    pub(crate) fn deposit(&self) {
        self.0.budget.lock().unwrap_or_else(PoisonError::into_inner).deposit();
    }

    /// Whether there is a retry to be had.
    pub(crate) fn pay(&self) -> bool {
        let paid = self.0.budget.lock().unwrap_or_else(PoisonError::into_inner).withdraw();
        if !paid {
            self.0.metrics.denied.add();
        }
        paid
    }

    /// From here on it is not ready.
    pub(crate) fn end(&self) {
        self.0.is_ending.store(true, Ordering::Relaxed);
    }

    /// Whether a request would find somebody.
    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        !self.0.is_ending.load(Ordering::Relaxed) && self.0.fleet.is_ready(now)
    }

    fn tell_size(&self) {
        self.tell(&Event::Renewed { replicas: self.0.fleet.replicas().len() });
    }
}
