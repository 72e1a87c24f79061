//! What a router is told: replicas, policy, times, limits; as values, or as a file of TOML.
//!
//! A key that is not known is an error, as is a value that cannot be; whatever is left out has the
//! value of [`Config::default`]. Times are seconds.
//!
//! ```
//! let config = route::Config::parse(r#"
//!     policy = "least-loaded"
//!     [[replica]]
//!     url = "http://10.0.0.1:8000"
//!     weight = 2
//!     [timeouts]
//!     connect = 0.5
//! "#)?;
//! assert_eq!(config.replicas[0].weight, 2);
//! # Ok::<(), route::Error>(())
//! ```

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::{Address, Error, breaker, policy};

/// All that a router is told.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who answers.
    #[serde(rename = "replica")]
    pub replicas: Vec<Replica>,
    /// Which of them: a name of [`policy::POLICIES`].
    pub policy: String,
    /// The prefix policy's dials.
    pub prefix: Prefix,
    /// How long anything may take.
    pub timeouts: Timeouts,
    /// How large anything may be.
    pub limits: Limits,
    /// How replicas are asked whether they are well.
    pub health: Health,
    /// When a replica that fails is left alone.
    pub breaker: Breaker,
    /// When a request is sent again.
    pub retry: Retry,
    /// Whether a proxy of ours stands in front, whose `X-Forwarded-*` are believed.
    pub behind_proxy: bool,
    /// Opens `/replicas` to who has it, and closes `/metrics` to who has not.
    pub admin_key: Option<String>,
}

/// One who answers, or with `discover` all who stand behind a name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replica {
    /// `http://host:port`.
    #[serde(deserialize_with = "address")]
    pub url: Address,
    /// What it is called in metrics and lists; else its host and port.
    #[serde(default)]
    pub name: Option<String>,
    /// How much it can do beside the others, 1 to 16.
    #[serde(default = "one")]
    pub weight: u32,
    /// Whether each address that the host's name has is a replica of its own, looked up again
    /// before each round of health checks: a headless service of Kubernetes, say.
    #[serde(default)]
    pub discover: bool,
}

impl Replica {
    /// One of weight 1.
    pub fn new(url: Address) -> Self {
        Self { url, name: None, weight: 1, discover: false }
    }
}

/// Dials of consistent hashing with bounded loads.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prefix {
    /// No replica has more than this many times its share of the load, 1 to 10.
    pub load_factor: f64,
    /// A replica with fewer requests in flight is not overloaded, whatever the others have.
    pub always: u32,
    /// So many bytes of a text without turns are its beginning.
    pub bytes: usize,
}

/// How long anything may take.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// A client's headers, and the pause before its next request.
    #[serde(deserialize_with = "seconds")]
    pub headers: Duration,
    /// A client's body.
    #[serde(deserialize_with = "seconds")]
    pub body: Duration,
    /// A client that takes none of what is sent to it.
    #[serde(deserialize_with = "seconds")]
    pub stalled: Duration,
    /// A connection to a replica.
    #[serde(deserialize_with = "seconds")]
    pub connect: Duration,
    /// The head of a replica's answer: of one that is not streamed, nearly all of its time.
    #[serde(deserialize_with = "seconds")]
    pub first_byte: Duration,
    /// A pause within an answer.
    #[serde(deserialize_with = "seconds")]
    pub idle: Duration,
    /// A request from its head to the end of its answer.
    #[serde(deserialize_with = "seconds")]
    pub total: Duration,
    /// How long an unused connection to a replica is kept; less than the replica keeps it.
    #[serde(deserialize_with = "seconds")]
    pub keep: Duration,
    /// How long answers under way may go on once the router is to end.
    #[serde(deserialize_with = "seconds")]
    pub drain: Duration,
}

/// How large anything may be.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// A request's body, which is kept to be sent again.
    pub body_bytes: usize,
    /// All bodies that are kept at once.
    pub all_bodies_bytes: usize,
    /// A head, of a request or of an answer; 8192 or more.
    pub head_bytes: usize,
    /// Header fields of a head.
    pub headers: usize,
    /// Clients' connections at once.
    pub connections: usize,
    /// Requests in flight at one replica for each unit of its weight.
    pub in_flight: u32,
}

/// How replicas are asked whether they are well.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Health {
    /// What is asked for; any 2xx is well.
    pub path: String,
    /// From one round to the next.
    #[serde(deserialize_with = "seconds")]
    pub interval: Duration,
    /// What takes longer is not well.
    #[serde(deserialize_with = "seconds")]
    pub timeout: Duration,
    /// Good answers in a row that bring a replica back.
    pub up: u32,
    /// Bad ones in a row that take it out.
    pub down: u32,
}

/// When a replica that fails is left alone; see [`breaker`].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// Failures in a row that open it.
    pub failures: u32,
    /// The first pause.
    #[serde(deserialize_with = "seconds")]
    pub shortest: Duration,
    /// The longest pause.
    #[serde(deserialize_with = "seconds")]
    pub longest: Duration,
}

/// When a request is sent again; see [`crate::budget`].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Replicas that one request is sent to at most.
    pub attempts: u32,
    /// Retries as a share of requests.
    pub share: f64,
    /// Retries at once beyond that share.
    pub at_once: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            replicas: Vec::new(),
            policy: policy::POLICIES[0].name.to_string(),
            prefix: Prefix::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            health: Health::default(),
            breaker: Breaker::default(),
            retry: Retry::default(),
            behind_proxy: false,
            admin_key: None,
        }
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self { load_factor: 1.25, always: 4, bytes: 1024 }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            headers: seconds(30),
            body: seconds(60),
            stalled: seconds(60),
            connect: seconds(2),
            first_byte: seconds(600),
            idle: seconds(120),
            total: seconds(3600),
            keep: seconds(15),
            drain: seconds(60),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            all_bodies_bytes: 256 << 20,
            head_bytes: 32 << 10,
            headers: 100,
            connections: 4096,
            in_flight: 256,
        }
    }
}

impl Default for Health {
    fn default() -> Self {
        let (interval, timeout) = (Duration::from_secs(5), Duration::from_secs(2));
        Self { path: "/health".to_string(), interval, timeout, up: 2, down: 3 }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: 5, shortest: Duration::from_secs(1), longest: Duration::from_secs(60) }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 3, share: 0.2, at_once: 10 }
    }
}

impl From<Breaker> for breaker::Settings {
    fn from(Breaker { failures, shortest, longest }: Breaker) -> Self {
        Self { failures, shortest, longest }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or [`Config::parse`] refuses it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Read { path: path.display().to_string(), source })?;
        Self::parse(&text)
    }

    /// Reads TOML. Whether there are replicas is asked by [`Config::check`].
    ///
    /// # Errors
    /// It is no TOML, or has a key or a value that cannot be.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(toml::from_str(text)?)
    }

    /// Whether a router can be made of it.
    ///
    /// # Errors
    /// A value that cannot be, replicas that cannot be told apart, or none.
    pub fn check(&self) -> Result<(), Error> {
        if self.replicas.is_empty() {
            return Err(Error::NoReplica);
        }
        let mut names: Vec<String> = self.replicas.iter().map(Replica::called).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Error::Twice(pair[0].clone()));
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        if let Some(odd) = names.iter().find(|name| name.is_empty() || !name.chars().all(is_plain))
        {
            return Err(wrong("a replica's name", odd, "letters, digits and any of -._:[]"));
        }
        for replica in &self.replicas {
            within("weight", replica.weight, 1, 16)?;
        }
        within("prefix.load_factor", self.prefix.load_factor, 1.0, 10.0)?;
        within("retry.share", self.retry.share, 0.0, 1.0)?;
        within("retry.attempts", self.retry.attempts, 1, 16)?;
        within("breaker.failures", self.breaker.failures, 1, 1000)?;
        within("health.up", self.health.up, 1, 1000)?;
        within("health.down", self.health.down, 1, 1000)?;
        within("limits.in_flight", self.limits.in_flight, 1, 1 << 20)?;
        within("limits.head_bytes", self.limits.head_bytes, 8192, 1 << 20)?;
        within("limits.headers", self.limits.headers, 8, 1000)?;
        within("limits.connections", self.limits.connections, 1, 1 << 20)?;
        within("limits.body_bytes", self.limits.body_bytes, 1, u32::MAX as usize)?;
        if self.limits.all_bodies_bytes < self.limits.body_bytes {
            let found = self.limits.all_bodies_bytes;
            return Err(wrong("limits.all_bodies_bytes", found, "limits.body_bytes or more"));
        }
        if !self.health.path.starts_with('/') || self.health.path.parse::<hyper::Uri>().is_err() {
            return Err(wrong("health.path", &self.health.path, "a path, as /health"));
        }
        if self.admin_key.as_deref().is_some_and(|key| key.len() < 16) {
            return Err(wrong("admin_key", "too short to be secret", "16 characters or more"));
        }
        policy::named(&self.policy, &policy::Members { weights: vec![], prefix: self.prefix })?;
        Ok(())
    }
}

impl Replica {
    /// Its name, or its host and port.
    pub fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.url.to_string())
    }
}

fn wrong(field: &'static str, found: impl ToString, expected: &'static str) -> Error {
    Error::Value { field, found: found.to_string(), expected }
}

fn within<T: PartialOrd + ToString>(
    field: &'static str,
    value: T,
    least: T,
    most: T,
) -> Result<(), Error> {
    if value >= least && value <= most {
        return Ok(());
    }
    let found = format!("{}, not {} to {}", value.to_string(), least.to_string(), most.to_string());
    Err(Error::Value { field, found, expected: "a value in that range" })
}

fn one() -> u32 {
    1
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// A millisecond to a week.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    if (0.001..=604_800.0).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    let message = format!("{seconds} is no time; give seconds, 0.001 to 604800");
    Err(serde::de::Error::custom(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, part: &str) {
        let text = format!("{text}\n[[replica]]\nurl = \"http://a:1\"\n");
        let error = Config::parse(&text).and_then(|config| config.check());
        let error = error.expect_err(&text).to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn what_cannot_be_is_said() {
        check("polcy = \"prefix\"", "unknown field");
        check("policy = \"best\"", "there are prefix");
        check("admin_key = \"short\"", "16 characters");
        check("[timeouts]\nconnect = -1", "no time");
        check("[timeouts]\nconnect = nan", "no time");
        check("[timeouts]\nconnect = 1e300", "no time");
        check("[prefix]\nload_factor = 0.5", "1 to 10");
        check("[limits]\nhead_bytes = 100", "8192");
        check("[limits]\nall_bodies_bytes = 5", "limits.body_bytes or more");
        check("[health]\npath = \"health\"", "a path");
        check("[[replica]]\nurl = \"https://a\"", "TLS");
        check("[[replica]]\nurl = \"http://a:1\"", "two replicas");
        check("[[replica]]\nurl = \"http://b\"\nname = \"a b\"", "letters");
        check("[[replica]]\nurl = \"http://b\"\nweight = 0", "1 to 16");
        assert!(matches!(Config::default().check(), Err(Error::NoReplica)));
    }

    #[test]
    fn what_is_left_out_is_usual() {
        let text = "[[replica]]\nurl = \"http://a:1\"\n[timeouts]\nconnect = 1";
        let config = Config::parse(text).unwrap();
        config.check().unwrap();
        assert_eq!(config.timeouts.connect, Duration::from_secs(1));
        assert_eq!(config.timeouts.idle, Timeouts::default().idle);
        assert_eq!(config.replicas, [Replica::new(Address::new("a", 1))]);
        assert_eq!(config.replicas[0].called(), "a:1");
    }
}
