//! Which replica a request goes to, among those that may have it. One policy is one file below
//! `policy/` and one line in [`POLICIES`].
//!
//! A policy is told how things stand and decides alone by that, by the request's key and by a
//! seeded generator: the same state, the same choice.

mod least_loaded;
mod prefix;
mod round_robin;

pub mod ring;

use stdx::Rng;

use crate::Error;

/// A replica that may have the request, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the list of all members.
    pub index: usize,
    /// Requests that it is answering for this router.
    pub in_flight: u32,
    /// How much it can do beside the others; 1 or more.
    pub weight: u32,
    /// Requests that it was given so far.
    pub given: u64,
}

/// What a policy is made of.
#[derive(Clone, Debug)]
pub struct Members {
    /// Address and weight of every replica, whether it may have requests or not.
    pub weights: Vec<(String, u32)>,
    /// See [`crate::config::Prefix`].
    pub prefix: crate::config::Prefix,
}

/// A way to choose.
pub trait Policy: Send {
    /// The index of one of `candidates`, which stand in the order of their indices; none if there
    /// is none.
    fn choose(&mut self, candidates: &[Candidate], key: u64, rng: &mut Rng) -> Option<usize>;
}

/// Name, what it does, and how it is made.
pub struct Entry {
    /// What `--policy` takes.
    pub name: &'static str,
    /// A line of help.
    pub about: &'static str,
    make: fn(&Members) -> Box<dyn Policy>,
}

/// All policies; the first is the usual one.
pub const POLICIES: [Entry; 3] = [prefix::ENTRY, least_loaded::ENTRY, round_robin::ENTRY];

/// The policy called `name` over `members`.
///
/// # Errors
/// No policy has that name.
pub fn named(name: &str, members: &Members) -> Result<Box<dyn Policy>, Error> {
    let entry = POLICIES.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let known: Vec<&str> = POLICIES.iter().map(|entry| entry.name).collect();
        Error::Policy { name: name.to_string(), known: known.join(", ") }
    })?;
    Ok((entry.make)(members))
}

/// Whether `a` has less to do than `b` for what each can do.
fn is_less_loaded(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    let cross = |x: &Candidate, y: &Candidate| u64::from(x.in_flight) * u64::from(y.weight);
    cross(a, b).cmp(&cross(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_made_by_its_name_and_chooses_a_candidate() {
        let weights = (0..4).map(|n| (format!("http://r{n}"), 1)).collect();
        let members = Members { weights, prefix: Default::default() };
        let mut rng = Rng::new(1);
        for entry in &POLICIES {
            let mut policy = named(entry.name, &members).unwrap();
            assert_eq!(policy.choose(&[], 5, &mut rng), None, "{}", entry.name);
            for key in 0..100 {
                let candidates =
                    [1, 3].map(|index| Candidate { index, in_flight: 2, weight: 1, given: 0 });
                let chosen = policy.choose(&candidates, key, &mut rng).unwrap();
                assert!([1, 3].contains(&chosen), "{}", entry.name);
            }
        }
        let error = named("fastest", &members).err().unwrap().to_string();
        assert!(error.contains("prefix, least-loaded, round-robin"), "{error}");
    }
}
