//! One replica as it stands: what is known of it, what it is doing, what it did.
//!
//! All that decides about its next request lies behind one lock, which is held for a few
//! instructions and never over a wait.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::breaker::{Breaker, Phase, Ticket};
use crate::discover::Member;
use crate::health::{Health, Tally};
use crate::metrics::Counts;
use crate::policy::Candidate;
use crate::upstream::Pool;
use crate::{Address, breaker, config};

/// A replica that says "not now" with a longer time than this is asked again all the same.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// One replica.
pub(crate) struct Replica {
    member: Member,
    state: Mutex<State>,
    /// Whether it is down, for those who wait for its answer.
    is_down: watch::Sender<bool>,
    pub(crate) pool: Pool,
    pub(crate) counts: Counts,
}

struct State {
    weight: u32,
    breaker: Breaker,
    tally: Tally,
    is_draining: bool,
    rests_until: Option<Instant>,
    in_flight: u32,
    given: u64,
}

/// Why it may not have a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It is down, or taken out.
    Away,
    /// It failed or said "not now"; it may be asked again in so long.
    For(Duration),
    /// It has as many requests as it may have.
    Full,
}

/// How it stands, for metrics and lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) weight: u32,
    pub(crate) health: Health,
    pub(crate) phase: Phase,
    pub(crate) is_draining: bool,
    pub(crate) in_flight: u32,
    pub(crate) given: u64,
}

impl Replica {
    pub(crate) fn new(member: Member, settings: breaker::Settings) -> Self {
        let state = State {
            weight: member.weight,
            breaker: Breaker::new(settings),
            tally: Tally::default(),
            is_draining: false,
            rests_until: None,
            in_flight: 0,
            given: 0,
        };
        let (is_down, _) = watch::channel(false);
        let (pool, counts) = (Pool::default(), Counts::default());
        Self { member, state: Mutex::new(state), is_down, pool, counts }
    }

    pub(crate) fn name(&self) -> &str {
        &self.member.name
    }

    pub(crate) fn address(&self) -> &Address {
        &self.member.address
    }

    /// Whether it is who is meant; what it can do may have changed.
    pub(crate) fn is(&self, member: &Member) -> bool {
        let Member { name, address, weight: _, source } = &self.member;
        (name, address, source) == (&member.name, &member.address, &member.source)
    }

    /// Takes over what a new configuration says.
    pub(crate) fn set(&self, weight: u32, settings: breaker::Settings) {
        let mut state = self.lock();
        state.weight = weight;
        state.breaker.set(settings);
    }

    pub(crate) fn drain(&self, is_draining: bool) {
        self.lock().is_draining = is_draining;
    }

    /// As a candidate, or why it is none.
    pub(crate) fn candidate(
        &self,
        index: usize,
        limit: u32,
        now: Instant,
    ) -> Result<Candidate, Closed> {
        let state = self.lock();
        if state.is_draining || state.tally.health() == Health::Down {
            return Err(Closed::Away);
        }
        let rest = state.rests_until.and_then(|until| until.checked_duration_since(now));
        if let Some(rest) = rest.filter(|rest| !rest.is_zero()) {
            return Err(Closed::For(rest));
        }
        if !state.breaker.admits(now) {
            return Err(Closed::For(state.breaker.remaining(now).unwrap_or_default()));
        }
        if state.in_flight >= limit.saturating_mul(state.weight) {
            return Err(Closed::Full);
        }
        let (in_flight, weight, given) = (state.in_flight, state.weight, state.given);
        Ok(Candidate { index, in_flight, weight, given })
    }

    /// Begins a request, unless its breaker has just closed the way.
    pub(crate) fn begin(&self, now: Instant) -> Option<Ticket> {
        let mut state = self.lock();
        let ticket = state.breaker.begin(now)?;
        state.in_flight += 1;
        state.given += 1;
        Some(ticket)
    }

    /// Ends a request, whatever came of it.
    pub(crate) fn end(&self, ticket: Ticket) {
        let mut state = self.lock();
        state.in_flight -= 1;
        state.breaker.abandoned(ticket);
    }

    /// It began to answer.
    pub(crate) fn began(&self, ticket: Ticket) -> Ticket {
        self.lock().breaker.answered(ticket)
    }

    pub(crate) fn succeeded(&self, ticket: Ticket) {
        self.lock().breaker.succeeded(ticket);
    }

    /// Returns whether that opened its breaker.
    pub(crate) fn failed(&self, ticket: Ticket, now: Instant, chance: f64) -> bool {
        self.lock().breaker.failed(ticket, now, chance)
    }

    /// It asked to be left alone for a while.
    pub(crate) fn rest(&self, now: Instant, pause: Duration) {
        self.lock().rests_until = Some(now + pause.min(LONGEST_REST));
    }

    /// An answer to the question whether it is well; returns whether the mind changed.
    pub(crate) fn answered(&self, is_good: bool, health: &config::Health) -> bool {
        let mut state = self.lock();
        if !state.tally.count(is_good, health.up, health.down) {
            return false;
        }
        if is_good {
            // Its failures were those of before.
            state.breaker.reset();
            state.rests_until = None;
        }
        drop(state);
        self.is_down.send_replace(!is_good);
        true
    }

    /// Done once it is down.
    pub(crate) async fn is_lost(&self) {
        let mut is_down = self.is_down.subscribe();
        if is_down.wait_for(|is_down| *is_down).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub(crate) fn standing(&self, now: Instant) -> Standing {
        let state = self.lock();
        Standing {
            weight: state.weight,
            health: state.tally.health(),
            phase: state.breaker.phase(now),
            is_draining: state.is_draining,
            in_flight: state.in_flight,
            given: state.given,
        }
    }

    /// A panic elsewhere left no half-made change here: every change is one assignment or a few.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
