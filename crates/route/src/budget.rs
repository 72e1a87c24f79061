//! How many requests may be sent again: a share of all requests, and a few at once. So retries
//! multiply an overload by little, however many replicas refuse (Beyer et al., "Site Reliability
//! Engineering", 2016, "Handling Overload").
//!
//! A request that a dead replica never answered is not counted: the work that it had there is gone.

/// Requests pay in, retries take out; counted in thousandths of a retry.
#[derive(Clone, Debug)]
pub struct Budget {
    share: u64,
    cap: u64,
    balance: u64,
}

const RETRY: u64 = 1000;

impl Budget {
    /// `share` retries a request, `at_once` of them saved at most, which is what there is at first.
    pub fn new(share: f64, at_once: u32) -> Self {
        let cap = u64::from(at_once) * RETRY;
        Self { share: (share.clamp(0.0, 1.0) * RETRY as f64) as u64, cap, balance: cap }
    }

    /// A request came.
    pub fn deposit(&mut self) {
        self.balance = (self.balance + self.share).min(self.cap);
    }

    /// Whether one may be sent again; counts it.
    pub fn withdraw(&mut self) -> bool {
        let rest = self.balance.checked_sub(RETRY);
        self.balance = rest.unwrap_or(self.balance);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_a_share_of_requests_beyond_the_first_few() {
        let mut budget = Budget::new(0.2, 10);
        let retried = (0..1000).filter(|_| {
            budget.deposit();
            budget.withdraw()
        });
        assert_eq!(retried.count(), 209, "a fifth, and ten at once, one of them full");
    }

    #[test]
    fn nothing_is_saved_beyond_the_cap() {
        let mut budget = Budget::new(1.0, 3);
        (0..100).for_each(|_| budget.deposit());
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 3);
        assert!(!Budget::new(0.0, 0).withdraw());
    }
}
