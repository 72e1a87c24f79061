//! A circuit breaker: a replica that keeps failing is left alone for a while, then tried with one
//! request (Nygard, "Release It!", 2007). Time and chance are arguments; nothing here waits.
//!
//! Closed: all may go; so many failures in a row open it. Open: none may go until a time that
//! doubles with each opening, less a random part, so that routers don't come back in step.
//! Half open: one request is let through; its success closes, its failure opens again.
//!
//! What began in an earlier state says nothing about the present one: each request has a
//! [`Ticket`], and a stale one is not counted.

use std::time::{Duration, Instant};

/// When it opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open at first.
    pub shortest: Duration,
    /// How long at most.
    pub longest: Duration,
}

/// What it lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Everything.
    Closed,
    /// Nothing.
    Open,
    /// One request.
    HalfOpen,
}

impl Phase {
    /// All phases, in the order of their metrics.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// Its name in metrics and lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// That a request was let through, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    generation: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    HalfOpen { is_tried: bool },
}

/// One replica's breaker.
#[derive(Clone, Debug)]
pub struct Breaker {
    settings: Settings,
    state: State,
    /// Openings since it was last closed.
    openings: u32,
    generation: u64,
}

impl Breaker {
    /// A closed one.
    pub fn new(settings: Settings) -> Self {
        Self { settings, state: State::Closed { failures: 0 }, openings: 0, generation: 0 }
    }

    /// Other settings from here on.
    pub fn set(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// What it lets through at `now`.
    pub fn phase(&self, now: Instant) -> Phase {
        match self.state {
            State::Closed { .. } => Phase::Closed,
            State::Open { until } if now < until => Phase::Open,
            State::Open { .. } | State::HalfOpen { .. } => Phase::HalfOpen,
        }
    }

    /// Whether a request would be let through at `now`.
    pub fn admits(&self, now: Instant) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { until } => now >= until,
            State::HalfOpen { is_tried } => !is_tried,
        }
    }

    /// How long from `now` it stays open; nothing where it is not.
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        match self.state {
            State::Open { until } if now < until => Some(until - now),
            _ => None,
        }
    }

    /// Lets a request through, or not.
    pub fn begin(&mut self, now: Instant) -> Option<Ticket> {
        if !self.admits(now) {
            return None;
        }
        if !matches!(self.state, State::Closed { .. }) {
            self.turn(State::HalfOpen { is_tried: true });
        }
        Some(self.ticket())
    }

    /// The head of an answer came, which is enough for the one request that was let through. What
    /// comes of the same request later goes by the ticket returned.
    pub fn answered(&mut self, ticket: Ticket) -> Ticket {
        let is_probe = ticket == self.ticket() && matches!(self.state, State::HalfOpen { .. });
        if !is_probe {
            return ticket;
        }
        self.reset();
        self.ticket()
    }

    /// An answer is whole: failures before it are forgotten.
    pub fn succeeded(&mut self, ticket: Ticket) {
        let ticket = self.answered(ticket);
        if let State::Closed { failures } = &mut self.state
            && ticket.generation == self.generation
        {
            *failures = 0;
        }
    }

    /// It failed at `now`; `chance` in 0..1 says how much earlier than at the latest it is tried
    /// again. Returns whether that opened the breaker.
    pub fn failed(&mut self, ticket: Ticket, now: Instant, chance: f64) -> bool {
        if ticket != self.ticket() {
            return false;
        }
        if let State::Closed { failures } = &mut self.state {
            *failures += 1;
            if *failures < self.settings.failures {
                return false;
            }
        }
        let pause = self.pause(chance);
        self.openings = self.openings.saturating_add(1);
        self.turn(State::Open { until: now + pause });
        true
    }

    /// The request ended without saying anything about the replica: its client left.
    pub fn abandoned(&mut self, ticket: Ticket) {
        if let State::HalfOpen { is_tried } = &mut self.state
            && ticket.generation == self.generation
        {
            *is_tried = false;
        }
    }

    /// Closes it: something else knows that the replica is well.
    pub fn reset(&mut self) {
        self.openings = 0;
        self.turn(State::Closed { failures: 0 });
    }

    /// Between a half and the whole of what the number of openings gives.
    fn pause(&self, chance: f64) -> Duration {
        let doubled = self.settings.shortest.saturating_mul(1 << self.openings.min(20));
        doubled.min(self.settings.longest).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }

    fn ticket(&self) -> Ticket {
        Ticket { generation: self.generation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn breaker() -> (Breaker, Instant) {
        let settings = Settings { failures: 3, shortest: SECOND, longest: 5 * SECOND };
        (Breaker::new(settings), Instant::now())
    }

    /// Opened at `now` by three failures.
    fn opened() -> (Breaker, Instant) {
        let (mut breaker, now) = breaker();
        for expected in [false, false, true] {
            let ticket = breaker.begin(now).unwrap();
            assert_eq!(breaker.failed(ticket, now, 1.0), expected);
        }
        (breaker, now)
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_forgets_them() {
        let (mut breaker, now) = breaker();
        for _ in 0..4 {
            for _ in 0..2 {
                let ticket = breaker.begin(now).unwrap();
                assert!(!breaker.failed(ticket, now, 0.0));
            }
            let ticket = breaker.begin(now).unwrap();
            breaker.succeeded(ticket);
        }
        assert_eq!(breaker.phase(now), Phase::Closed);
        let (breaker, now) = opened();
        assert_eq!(breaker.phase(now), Phase::Open);
        assert_eq!(breaker.remaining(now), Some(SECOND));
    }

    #[test]
    fn when_half_open_one_request_decides() {
        let (mut breaker, now) = opened();
        assert!(breaker.begin(now + SECOND / 2).is_none());
        let later = now + SECOND;
        assert_eq!(breaker.phase(later), Phase::HalfOpen);
        let probe = breaker.begin(later).unwrap();
        assert!(breaker.begin(later).is_none(), "one at a time");
        breaker.abandoned(probe);
        let probe = breaker.begin(later).expect("the one that left decided nothing");
        let ticket = breaker.answered(probe);
        assert_eq!(breaker.phase(later), Phase::Closed);
        assert!(!breaker.failed(ticket, later, 0.0), "one failure of three");
    }

    #[test]
    fn the_beginning_of_an_answer_forgets_no_failures() {
        let (mut breaker, now) = breaker();
        for expected in [false, false, true] {
            let ticket = breaker.begin(now).unwrap();
            let ticket = breaker.answered(ticket);
            assert_eq!(breaker.failed(ticket, now, 0.0), expected);
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_chance_shortens_them() {
        let (mut breaker, mut now) = opened();
        let mut pauses = Vec::new();
        for chance in [1.0, 1.0, 1.0, 0.0] {
            now += breaker.remaining(now).unwrap();
            let probe = breaker.begin(now).unwrap();
            assert!(breaker.failed(probe, now, chance));
            pauses.push(breaker.remaining(now).unwrap().as_secs_f64());
        }
        assert_eq!(pauses, [2.0, 4.0, 5.0, 2.5]);
        breaker.reset();
        assert!(breaker.admits(now));
    }

    #[test]
    fn what_began_before_says_nothing_now() {
        let (mut breaker, now) = breaker();
        let old = breaker.begin(now).unwrap();
        for _ in 0..3 {
            let ticket = breaker.begin(now).unwrap();
            breaker.failed(ticket, now, 1.0);
        }
        breaker.succeeded(old);
        assert_eq!(breaker.phase(now), Phase::Open);
        let probe = breaker.begin(now + SECOND).unwrap();
        assert!(!breaker.failed(old, now + SECOND, 1.0));
        breaker.abandoned(old);
        assert!(breaker.begin(now + SECOND).is_none(), "the probe is still out");
        breaker.succeeded(probe);
        assert_eq!(breaker.phase(now), Phase::Closed);
    }
}
