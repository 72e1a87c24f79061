//! How often one key may ask: a bucket of tokens each, which fills at a steady rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Keys that are remembered; a bucket that is full again is the same as none.
const MANY: usize = 10_000;

/// The rate of all keys alike.
#[derive(Debug)]
pub struct Rate {
    per_second: f64,
    /// Requests that may come at once.
    burst: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: f64,
}

impl Rate {
    /// So many requests a minute, a sixth of them at once, but always one.
    pub fn per_minute(requests: f64) -> Self {
        let (per_second, burst) = (requests / 60.0, (requests / 6.0).max(1.0));
        Self { per_second, burst, buckets: Mutex::default() }
    }

    /// Takes a request of a key at a moment, in seconds; else gives the seconds until the next may come.
    ///
    /// # Errors
    /// Those seconds.
    pub fn take(&self, key: &str, now: f64) -> Result<(), f64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |bucket: &Bucket| {
            let passed = (now - bucket.at).max(0.0);
            (bucket.tokens + passed * self.per_second).min(self.burst)
        };
        if buckets.len() >= MANY {
            buckets.retain(|_, bucket| filled(bucket) < self.burst);
        }
        let full = Bucket { tokens: self.burst, at: now };
        let tokens = filled(buckets.get(key).unwrap_or(&full));
        if tokens < 1.0 {
            return Err((1.0 - tokens) / self.per_second);
        }
        buckets.insert(key.to_string(), Bucket { tokens: tokens - 1.0, at: now });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let rate = Rate::per_minute(12.0);
        assert!(rate.take("a", 0.0).is_ok() && rate.take("a", 0.0).is_ok());
        let wait = rate.take("a", 0.0).unwrap_err();
        assert!((wait - 5.0).abs() < 1e-9, "{wait}");
        assert!(rate.take("b", 0.0).is_ok(), "another's is another");
        assert!(rate.take("a", 4.9).is_err());
        assert!(rate.take("a", 5.1).is_ok() && rate.take("a", 5.1).is_err());
        // Full again, and no fuller; a clock that goes back fills nothing.
        assert!(rate.take("a", 1e6).is_ok() && rate.take("a", 1e6).is_ok());
        assert!(rate.take("a", 1e6).is_err() && rate.take("a", 0.0).is_err());
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let rate = Rate::per_minute(60.0);
        (0..2 * MANY).for_each(|i| assert!(rate.take(&i.to_string(), i as f64).is_ok()));
        assert!(rate.buckets.lock().unwrap().len() <= MANY);
    }
}
