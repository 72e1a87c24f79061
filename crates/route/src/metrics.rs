//! What happened, counted, in Prometheus' text format 0.0.4: names with a unit, histograms whose
//! buckets add up.
//!
//! Counts of a replica go with it when it leaves the configuration.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::breaker::Phase;
use crate::fleet::Fleet;
use crate::health::Health;

/// Upper bounds of the histograms' buckets, in seconds: from a refusal to a long answer.
const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0];

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long things took.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_micros: AtomicU64,
}

impl Histogram {
    pub(crate) fn observe(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn write(&self, page: &mut Page, name: &str, labels: &str) {
        let mut total = 0;
        for (n, bucket) in self.buckets.iter().enumerate() {
            total += bucket.load(Ordering::Relaxed);
            let bound = BOUNDS.get(n).map_or("+Inf".to_string(), f64::to_string);
            page.sample(&format!("{name}_bucket"), &format!("{labels},le=\"{bound}\""), total);
        }
        let sum = self.sum_micros.load(Ordering::Relaxed) as f64 / 1e6;
        page.sample(&format!("{name}_sum"), labels, sum);
        page.sample(&format!("{name}_count"), labels, total);
    }
}

/// Numbers by status.
#[derive(Debug, Default)]
pub(crate) struct ByStatus(Mutex<BTreeMap<u16, u64>>);

impl ByStatus {
    pub(crate) fn add(&self, status: u16) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_default() += 1;
    }

    fn write(&self, page: &mut Page, name: &str, labels: &str) {
        for (status, n) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            page.sample(name, &format!("{labels},status=\"{status}\""), n);
        }
    }
}

/// What is counted of one replica.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: ByStatus,
    pub(crate) retries: Counter,
    pub(crate) failures: Counter,
    pub(crate) broken: Counter,
    pub(crate) connections: Counter,
    pub(crate) first_byte: Histogram,
    pub(crate) response: Histogram,
}

/// What is counted of the router itself.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Requests that the router answered by itself.
    pub(crate) refused: ByStatus,
    /// Retries that the budget did not allow.
    pub(crate) denied: Counter,
    /// Clients that left before their answer was whole.
    pub(crate) left: Counter,
    pub(crate) opened: Counter,
    pub(crate) closed: Counter,
}

/// The whole page.
pub(crate) fn page(metrics: &Metrics, fleet: &Fleet, now: Instant) -> String {
    let mut page = Page(String::new());
    write_router(&mut page, metrics);
    write_states(&mut page, fleet, now);
    write_counts(&mut page, metrics, fleet);
    page.0
}

fn write_router(page: &mut Page, metrics: &Metrics) {
    page.family("connections", "gauge", "Clients' connections that are open.");
    let (opened, closed) = (metrics.opened.get(), metrics.closed.get());
    page.sample("connections", "", opened.saturating_sub(closed));
    page.family("connections_total", "counter", "Clients' connections so far.");
    page.sample("connections_total", "", opened);
    page.family("retries_denied_total", "counter", "Retries that the budget did not allow.");
    page.sample("retries_denied_total", "", metrics.denied.get());
    page.family("clients_left_total", "counter", "Clients that left before their answer's end.");
    page.sample("clients_left_total", "", metrics.left.get());
}

fn write_states(page: &mut Page, fleet: &Fleet, now: Instant) {
    let replicas = fleet.replicas();
    let standings: Vec<_> = replicas.iter().map(|r| (label(r.name()), r.standing(now))).collect();
    page.family("in_flight", "gauge", "Requests that a replica is answering.");
    for (label, standing) in &standings {
        page.sample("in_flight", label, standing.in_flight);
    }
    page.family("replica_up", "gauge", "Whether health checks find a replica well.");
    for (label, standing) in &standings {
        page.sample("replica_up", label, u8::from(standing.health == Health::Up));
    }
    page.family("replica_draining", "gauge", "Whether a replica gets no new requests.");
    for (label, standing) in &standings {
        page.sample("replica_draining", label, u8::from(standing.is_draining));
    }
    page.family("breaker_state", "gauge", "1 for the state that a replica's breaker is in.");
    for (label, standing) in &standings {
        for phase in Phase::ALL {
            let labels = format!("{label},state=\"{}\"", phase.name());
            page.sample("breaker_state", &labels, u8::from(standing.phase == phase));
        }
    }
}

/// Name, help, and where it stands.
type Family<T> = (&'static str, &'static str, fn(&Counts) -> &T);

fn write_counts(page: &mut Page, metrics: &Metrics, fleet: &Fleet) {
    let replicas = fleet.replicas();
    let labelled = || replicas.iter().map(|replica| (label(replica.name()), &replica.counts));
    page.family("requests_total", "counter", "Requests by who answered, and how.");
    metrics.refused.write(page, "requests_total", &label("none"));
    labelled().for_each(|(label, counts)| counts.requests.write(page, "requests_total", &label));
    let counters: [Family<Counter>; 4] = [
        ("retries_total", "Requests sent to another after this one.", |c| &c.retries),
        ("failures_total", "Requests that a replica failed.", |c| &c.failures),
        ("streams_broken_total", "Answers that a replica broke off.", |c| &c.broken),
        ("replica_connections_total", "Connections made to a replica.", |c| &c.connections),
    ];
    for (name, help, counter) in counters {
        page.family(name, "counter", help);
        labelled().for_each(|(label, counts)| page.sample(name, &label, counter(counts).get()));
    }
    let histograms: [Family<Histogram>; 2] = [
        ("first_byte_seconds", "From a request to the head of its answer.", |c| &c.first_byte),
        ("response_seconds", "From a request to the end of its answer.", |c| &c.response),
    ];
    for (name, help, histogram) in histograms {
        page.family(name, "histogram", help);
        labelled().for_each(|(label, counts)| histogram(counts).write(page, name, &label));
    }
}

/// Names of replicas are checked to need no escapes.
fn label(replica: &str) -> String {
    format!("replica=\"{replica}\"")
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP lyceum_route_{name} {help}");
        let _ = writeln!(self.0, "# TYPE lyceum_route_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = match labels {
            "" => writeln!(self.0, "lyceum_route_{name} {value}"),
            labels => writeln!(self.0, "lyceum_route_{name}{{{labels}}} {value}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up() {
        let histogram = Histogram::default();
        for seconds in [0.001, 0.2, 0.25, 3.0, 9999.0] {
            histogram.observe(Duration::from_secs_f64(seconds));
        }
        let mut page = Page(String::new());
        histogram.write(&mut page, "x_seconds", &label("a"));
        for line in [
            "lyceum_route_x_seconds_bucket{replica=\"a\",le=\"0.005\"} 1",
            "lyceum_route_x_seconds_bucket{replica=\"a\",le=\"0.1\"} 1",
            "lyceum_route_x_seconds_bucket{replica=\"a\",le=\"0.25\"} 3",
            "lyceum_route_x_seconds_bucket{replica=\"a\",le=\"600\"} 4",
            "lyceum_route_x_seconds_bucket{replica=\"a\",le=\"+Inf\"} 5",
            "lyceum_route_x_seconds_sum{replica=\"a\"} 10002.451",
            "lyceum_route_x_seconds_count{replica=\"a\"} 5",
        ] {
            assert!(page.0.lines().any(|found| found == line), "{line} is not in\n{}", page.0);
        }
    }
}
