//! All replicas, and whose turn it is.
//!
//! Choosing and beginning are one step behind one lock, so that each choice sees the one before
//! it. Whoever is chosen is held by a [`Claim`], which counts the request until it is dropped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use stdx::Rng;

use crate::breaker::Ticket;
use crate::config::{self, Config};
use crate::discover::Member;
use crate::event::{Event, Watch};
use crate::policy::{self, Candidate, Members, Policy};
use crate::replica::{Closed, Replica};
use crate::{Error, health::Health};

/// Whoever is told "not now" is told to come back after at least this long.
const SHORTEST_RETRY: Duration = Duration::from_secs(1);

/// All replicas.
pub(crate) struct Fleet {
    inner: Mutex<Inner>,
    watch: Watch,
}

struct Inner {
    /// As they were told, in the order of `replicas`.
    members: Vec<Member>,
    replicas: Vec<Arc<Replica>>,
    policy: Box<dyn Policy>,
    rng: Rng,
    limit: u32,
}

/// Why nobody can have a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nobody {
    /// All are down or failing; ask again in so long.
    Down(Duration),
    /// Those who are well have as much as they may have.
    Full(Duration),
    /// Everybody was asked.
    Left,
}

impl Fleet {
    pub(crate) fn new(
        config: &Config,
        members: Vec<Member>,
        seed: u64,
        watch: Watch,
    ) -> Result<Self, Error> {
        let rng = Rng::stream(seed, "fleet");
        let policy = policy_of(config, &members)?;
        let make = |member| Arc::new(Replica::new(member, config.breaker.into()));
        let replicas = members.iter().cloned().map(make).collect();
        let inner = Inner { members, replicas, policy, rng, limit: config.limits.in_flight };
        Ok(Self { inner: Mutex::new(inner), watch })
    }

    /// Other members, or another configuration. Who stays keeps what is known of it; who goes
    /// finishes what it has.
    pub(crate) fn renew(&self, config: &Config, members: Vec<Member>) -> Result<(), Error> {
        let policy = policy_of(config, &members)?;
        let mut inner = self.lock();
        let settings = config.breaker.into();
        let old = std::mem::take(&mut inner.replicas);
        let keep = |member: &Member| match old.iter().find(|old| old.is(member)) {
            Some(old) => {
                old.set(member.weight, settings);
                old.clone()
            }
            None => Arc::new(Replica::new(member.clone(), settings)),
        };
        inner.replicas = members.iter().map(keep).collect();
        inner.members = members;
        inner.policy = policy;
        inner.limit = config.limits.in_flight;
        Ok(())
    }

    /// Everybody, whether well or not.
    pub(crate) fn replicas(&self) -> Vec<Arc<Replica>> {
        self.lock().replicas.clone()
    }

    /// Who they are.
    pub(crate) fn members(&self) -> Vec<Member> {
        self.lock().members.clone()
    }

    /// The replica of that name.
    pub(crate) fn named(&self, name: &str) -> Option<Arc<Replica>> {
        self.lock().replicas.iter().find(|replica| replica.name() == name).cloned()
    }

    /// Whether somebody is known to be well and may have requests.
    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        let standings = self.replicas();
        let mut standings = standings.iter().map(|replica| replica.standing(now));
        standings.any(|standing| standing.health == Health::Up && !standing.is_draining)
    }

    /// Somebody for a request with this key, but for those who were `tried`.
    pub(crate) fn claim(
        &self,
        key: u64,
        tried: &[Arc<Replica>],
        now: Instant,
    ) -> Result<Claim, Nobody> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        let (mut candidates, nobody) = inner.candidates(tried, now);
        while let Some(index) = inner.policy.choose(&candidates, key, &mut inner.rng) {
            let replica = inner.replicas[index].clone();
            if let Some(ticket) = replica.begin(now) {
                let (chance, watch) = (inner.rng.unit(), self.watch.clone());
                return Ok(Claim { replica, ticket, has_failed: false, chance, watch });
            }
            candidates.retain(|candidate| candidate.index != index);
        }
        Err(nobody)
    }

    /// Whether somebody who was not `tried` could have a request.
    pub(crate) fn has_other(&self, tried: &[Arc<Replica>], now: Instant) -> bool {
        !self.lock().candidates(tried, now).0.is_empty()
    }

    /// An answer to the question whether a replica is well.
    pub(crate) fn answered(&self, replica: &Replica, is_good: bool, health: &config::Health) {
        if replica.answered(is_good, health) {
            let replica = replica.name().to_string();
            let event = if is_good { Event::Up { replica } } else { Event::Down { replica } };
            (self.watch)(&event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Who may have a request, and what to say if nobody may.
    fn candidates(&self, tried: &[Arc<Replica>], now: Instant) -> (Vec<Candidate>, Nobody) {
        let (mut candidates, mut is_full, mut wait) = (Vec::new(), false, None::<Duration>);
        for (index, replica) in self.replicas.iter().enumerate() {
            if tried.iter().any(|tried| Arc::ptr_eq(tried, replica)) {
                continue;
            }
            match replica.candidate(index, self.limit, now) {
                Ok(candidate) => candidates.push(candidate),
                Err(Closed::Away) => {}
                Err(Closed::Full) => is_full = true,
                Err(Closed::For(pause)) => wait = Some(wait.map_or(pause, |wait| wait.min(pause))),
            }
        }
        let wait = wait.unwrap_or_default().max(SHORTEST_RETRY);
        let nobody = if is_full {
            Nobody::Full(SHORTEST_RETRY)
        } else if !tried.is_empty() {
            Nobody::Left
        } else {
            Nobody::Down(wait)
        };
        (candidates, nobody)
    }
}

fn policy_of(config: &Config, members: &[Member]) -> Result<Box<dyn Policy>, Error> {
    let weights = members.iter().map(|member| (member.address.to_string(), member.weight));
    policy::named(&config.policy, &Members { weights: weights.collect(), prefix: config.prefix })
}

/// A request that a replica has; dropped, it has one less.
pub(crate) struct Claim {
    pub(crate) replica: Arc<Replica>,
    ticket: Ticket,
    has_failed: bool,
    chance: f64,
    watch: Watch,
}

impl Claim {
    /// The replica began to answer, and not that it can't.
    pub(crate) fn began(&mut self) {
        self.ticket = self.replica.began(self.ticket);
    }

    /// Its answer is whole, whatever it says.
    pub(crate) fn ended(&mut self) {
        if !self.has_failed {
            self.replica.succeeded(self.ticket);
        }
    }

    /// It failed.
    pub(crate) fn failed(&mut self, now: Instant) {
        self.has_failed = true;
        if self.replica.failed(self.ticket, now, self.chance) {
            (self.watch)(&Event::Opened { replica: self.replica.name().to_string() });
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.replica.end(self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    fn fleet(n: usize, more: impl FnOnce(&mut Config)) -> Fleet {
        let mut config = Config { policy: "least-loaded".to_string(), ..Config::default() };
        config.breaker.failures = 2;
        more(&mut config);
        Fleet::new(&config, members(n), 1, Arc::new(|_: &Event| {})).unwrap()
    }

    fn members(n: usize) -> Vec<Member> {
        let address = |i| Address::new(format!("r{i}"), 80);
        let member = |i| Member {
            name: format!("r{i}"),
            address: address(i),
            weight: 1,
            source: address(i),
        };
        (0..n).map(member).collect()
    }

    fn claim(fleet: &Fleet, tried: &[Arc<Replica>], now: Instant) -> Result<String, Nobody> {
        fleet.claim(0, tried, now).map(|claim| claim.replica.name().to_string())
    }

    #[test]
    fn claims_are_counted_until_they_are_dropped() {
        let (fleet, now) = (fleet(2, |config| config.limits.in_flight = 2), Instant::now());
        let claims: Vec<Claim> = (0..4).map(|_| fleet.claim(0, &[], now).ok().unwrap()).collect();
        let loads =
            || fleet.replicas().iter().map(|r| r.standing(now).in_flight).collect::<Vec<_>>();
        assert_eq!(loads(), [2, 2]);
        assert_eq!(claim(&fleet, &[], now), Err(Nobody::Full(SHORTEST_RETRY)));
        drop(claims);
        assert_eq!(loads(), [0, 0]);
    }

    #[test]
    fn who_is_down_drained_open_or_resting_gets_nothing() {
        let (fleet, now) = (fleet(4, |_| {}), Instant::now());
        let replicas = fleet.replicas();
        let health = config::Health::default();
        (0..3).for_each(|_| fleet.answered(&replicas[0], false, &health));
        replicas[1].drain(true);
        for _ in 0..2 {
            let ticket = replicas[2].begin(now).unwrap();
            replicas[2].failed(ticket, now, 1.0);
            replicas[2].end(ticket);
        }
        for _ in 0..20 {
            assert_eq!(claim(&fleet, &[], now).unwrap(), "r3");
        }
        replicas[3].rest(now, Duration::from_secs(600));
        let wait = Duration::from_secs(1);
        assert_eq!(claim(&fleet, &[], now), Err(Nobody::Down(wait)), "the breaker's pause");
        assert_eq!(claim(&fleet, &[], now + wait).unwrap(), "r2", "one probe");
        let long = Duration::from_secs(31);
        let other = claim(&fleet, &replicas[2..3], now + long);
        assert_eq!(other.unwrap(), "r3", "no rest is that long");
    }

    #[test]
    fn a_replica_that_is_back_is_asked_at_once() {
        let (fleet, now) = (fleet(1, |_| {}), Instant::now());
        let (replica, health) = (&fleet.replicas()[0], config::Health::default());
        for _ in 0..2 {
            let ticket = replica.begin(now).unwrap();
            replica.failed(ticket, now, 1.0);
            replica.end(ticket);
        }
        (0..3).for_each(|_| fleet.answered(replica, false, &health));
        assert!(!fleet.is_ready(now));
        (0..2).for_each(|_| fleet.answered(replica, true, &health));
        assert!(fleet.is_ready(now));
        assert_eq!(claim(&fleet, &[], now).unwrap(), "r0");
    }

    #[test]
    fn who_was_tried_is_not_tried_again() {
        let (fleet, now) = (fleet(2, |_| {}), Instant::now());
        let first = fleet.claim(0, &[], now).ok().unwrap().replica.clone();
        let tried = [first.clone()];
        assert!(fleet.has_other(&tried, now));
        assert_ne!(claim(&fleet, &tried, now).unwrap(), first.name());
        assert_eq!(claim(&fleet, &fleet.replicas(), now), Err(Nobody::Left));
    }

    #[test]
    fn a_new_configuration_keeps_what_is_known() {
        let (fleet, now) = (fleet(2, |_| {}), Instant::now());
        fleet.named("r1").unwrap().drain(true);
        let held = fleet.claim(0, &[], now).ok().unwrap();
        assert_eq!(held.replica.name(), "r0");
        let mut members = members(3);
        members.remove(0);
        fleet.renew(&Config::default(), members).unwrap();
        assert!(fleet.named("r0").is_none());
        assert!(fleet.named("r1").unwrap().standing(now).is_draining);
        assert_eq!(claim(&fleet, &[], now).unwrap(), "r2");
    }
}
