//! Is a replica well? Asked in rounds; it takes several answers in a row to change the mind, so
//! that one slow answer of a busy replica takes nothing out, and one good one brings nothing back
//! that flaps.
//!
//! [`Tally`] counts, by answers alone. [`watch`] asks, and looks names up before each round.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HOST, USER_AGENT};
use hyper::{Method, Request};
use tokio::task::JoinSet;

use crate::replica::Replica;
use crate::router::Router;
use crate::{config, discover, upstream};

/// What is known of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It was not asked yet; it may have requests.
    Unknown,
    /// Its last answers were good.
    Up,
    /// They were not.
    Down,
}

impl Health {
    /// Its name in lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// Answers in a row.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    health: Health,
    /// Answers in a row that speak against `health`.
    against: u32,
}

impl Default for Tally {
    fn default() -> Self {
        Self { health: Health::Unknown, against: 0 }
    }
}

impl Tally {
    /// What the answers so far say.
    pub fn health(&self) -> Health {
        self.health
    }

    /// One more answer; `up` good ones bring it back, `down` bad ones take it out. The first good
    /// one of all is believed. Returns whether the mind changed.
    pub fn count(&mut self, is_good: bool, up: u32, down: u32) -> bool {
        let speaks_for = if is_good { Health::Up } else { Health::Down };
        if self.health == speaks_for {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let needed = match (self.health, is_good) {
            (Health::Unknown, true) => 1,
            (_, true) => up,
            (_, false) => down,
        };
        if self.against < needed {
            return false;
        }
        *self = Self { health: speaks_for, against: 0 };
        true
    }
}

/// Asks every replica in rounds, for ever.
pub(crate) async fn watch(router: Router) {
    loop {
        let config = router.config();
        discover::refresh(&router, &config).await;
        let mut round = JoinSet::new();
        for replica in router.fleet().replicas() {
            let (router, config) = (router.clone(), config.clone());
            round.spawn(async move {
                let is_good = is_well(&replica, &config).await;
                router.fleet().answered(&replica, is_good, &config.health);
            });
        }
        while round.join_next().await.is_some() {}
        tokio::time::sleep(config.health.interval).await;
    }
}

/// Whether it answers 2xx in time, on a connection of its own: one that is kept says nothing of
/// whether a new one can be had.
async fn is_well(replica: &Replica, config: &config::Config) -> bool {
    let Some(request) = question(replica, &config.health.path) else { return false };
    let ask = async {
        let mut connection = upstream::connect(replica.address(), config).await.ok()?;
        let answer = connection.send(request).await.ok()?;
        Some(answer.status().is_success())
    };
    let limit: Duration = config.health.timeout;
    tokio::time::timeout(limit, ask).await.ok().flatten().unwrap_or(false)
}

fn question(replica: &Replica, path: &str) -> Option<Request<Full<Bytes>>> {
    let request = Request::builder()
        .method(Method::GET)
        .uri(path)
        .header(HOST, replica.address().to_string())
        .header(USER_AGENT, "lyceum-route");
    request.body(Full::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answers: &str, expected: Health) {
        let mut tally = Tally::default();
        for answer in answers.chars() {
            tally.count(answer == '+', 2, 3);
        }
        assert_eq!(tally.health(), expected, "{answers}");
    }

    #[test]
    fn it_takes_several_answers_to_change_the_mind() {
        check("", Health::Unknown);
        check("+", Health::Up);
        check("--", Health::Unknown);
        check("---", Health::Down);
        check("+--", Health::Up);
        check("+--+--", Health::Up);
        check("+---", Health::Down);
        check("+---+", Health::Down);
        check("+---+-+", Health::Down);
        check("+---++", Health::Up);
    }
}
