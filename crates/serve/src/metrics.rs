//! What is counted, for Prometheus: names and units as vLLM has them behind its own prefix, so that a board
//! made for it needs one word replaced.
//!
//! Left out: counts by user, and anything that is said.

use std::fmt::Error;
use std::sync::Arc;
use std::time::Instant;

use chat::{Heard, Load};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tracing::Span;

use crate::log;
use crate::models::Models;

/// Seconds between tokens.
const BETWEEN_TOKENS: [f64; 14] =
    [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0];
/// Seconds until something.
const UNTIL: [f64; 16] =
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0];

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    model_name: String,
    finished_reason: &'static str,
}

/// Which model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    model_name: String,
}

/// What was answered over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    path: String,
    status: u16,
}

type OfSeconds = Family<Of, Histogram, fn() -> Histogram>;

/// The counts of a server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    numbers: Numbers,
}

#[derive(Clone, Debug)]
struct Numbers {
    http: Family<Answered, Counter>,
    in_flight: Gauge,
    success: Family<Ended, Counter>,
    prompt_tokens: Family<Of, Counter>,
    generation_tokens: Family<Of, Counter>,
    time_to_first_token: OfSeconds,
    inter_token_latency: OfSeconds,
    queue_time: OfSeconds,
    prefill_time: OfSeconds,
    decode_time: OfSeconds,
    e2e_latency: OfSeconds,
}

fn until() -> Histogram {
    Histogram::new(UNTIL)
}

fn between() -> Histogram {
    Histogram::new(BETWEEN_TOKENS)
}

impl Metrics {
    /// Nothing counted yet; gauges are of these models.
    pub(crate) fn new(models: Arc<Models>) -> Self {
        let seconds = |new: fn() -> Histogram| OfSeconds::new_with_constructor(new);
        let numbers = Numbers {
            http: Family::default(),
            in_flight: Gauge::default(),
            success: Family::default(),
            prompt_tokens: Family::default(),
            generation_tokens: Family::default(),
            time_to_first_token: seconds(until),
            inter_token_latency: seconds(between),
            queue_time: seconds(until),
            prefill_time: seconds(until),
            decode_time: seconds(until),
            e2e_latency: seconds(until),
        };
        let mut registry = Registry::default();
        numbers.register(&mut registry);
        registry.register_collector(Box::new(Loads(models)));
        Self { registry, numbers }
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => format!("# {error}\n"),
        }
    }

    /// One more answer over HTTP.
    pub(crate) fn answered(&self, path: &str, status: u16) {
        let path = path.to_string();
        self.numbers.http.get_or_create(&Answered { path, status }).inc();
    }

    /// One more request under way, until what is given is dropped.
    pub(crate) fn enter(&self) -> InFlight {
        self.numbers.in_flight.inc();
        InFlight(self.numbers.in_flight.clone())
    }

    /// Watches an answer from now on.
    pub(crate) fn watch(&self, model: &str) -> Watch {
        let of = Of { model_name: model.to_string() };
        let (numbers, asked) = (self.numbers.clone(), Instant::now());
        Watch { numbers, of, asked, began: None, last: None, span: Span::current() }
    }
}

/// A request under way.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Numbers {
    fn register(&self, to: &mut Registry) {
        to.register("lyceum:http_requests", "Requests answered", self.http.clone());
        let help = "Requests whose answer is under way";
        to.register("lyceum:http_requests_in_flight", help, self.in_flight.clone());
        let help = "Answers that ended, by why";
        to.register("lyceum:request_success", help, self.success.clone());
        to.register("lyceum:prompt_tokens", "Tokens of prompts", self.prompt_tokens.clone());
        let help = "Tokens of answers";
        to.register("lyceum:generation_tokens", help, self.generation_tokens.clone());
        let seconds = [
            ("lyceum:time_to_first_token", "Until the first token", &self.time_to_first_token),
            ("lyceum:inter_token_latency", "Between two tokens", &self.inter_token_latency),
            ("lyceum:request_queue_time", "Until its turn came", &self.queue_time),
            ("lyceum:request_prefill_time", "From there to the first token", &self.prefill_time),
            ("lyceum:request_decode_time", "From the first token to the last", &self.decode_time),
            ("lyceum:e2e_request_latency", "From request to end", &self.e2e_latency),
        ];
        for (name, help, metric) in seconds {
            to.register_with_unit(name, help, Unit::Seconds, metric.clone());
        }
    }
}

/// One answer's times.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    numbers: Numbers,
    of: Of,
    asked: Instant,
    began: Option<Instant>,
    last: Option<(Instant, Instant)>,
    /// Of the request, which ends before its stream does.
    span: Span,
}

impl Watch {
    /// Another answer's, from now on.
    pub(crate) fn anew(&self) -> Self {
        Self { asked: Instant::now(), began: None, last: None, ..self.clone() }
    }

    /// Counts what was heard.
    pub(crate) fn hear(&mut self, heard: &Heard) {
        let (numbers, of, now) = (&self.numbers, &self.of, Instant::now());
        let seconds = |since: Instant| (now - since).as_secs_f64();
        match heard {
            Heard::Began { prompt_tokens, .. } => {
                self.began = Some(now);
                numbers.queue_time.get_or_create(of).observe(seconds(self.asked));
                numbers.prompt_tokens.get_or_create(of).inc_by(*prompt_tokens as u64);
            }
            Heard::Prompt(_) | Heard::Embedding(_) => {}
            Heard::Piece { .. }
            | Heard::Token
            | Heard::Thought(_)
            | Heard::Call { .. }
            | Heard::Arguments { .. } => match &mut self.last {
                Some((_, last)) => {
                    numbers.inter_token_latency.get_or_create(of).observe(seconds(*last));
                    *last = now;
                }
                None => {
                    self.last = Some((now, now));
                    numbers.time_to_first_token.get_or_create(of).observe(seconds(self.asked));
                    if let Some(began) = self.began {
                        numbers.prefill_time.get_or_create(of).observe(seconds(began));
                    }
                }
            },
            Heard::Done(Ok(reply)) => {
                numbers.e2e_latency.get_or_create(of).observe(seconds(self.asked));
                if let Some((first, _)) = self.last {
                    numbers.decode_time.get_or_create(of).observe(seconds(first));
                }
                let tokens = reply.completion_tokens as u64;
                numbers.generation_tokens.get_or_create(of).inc_by(tokens);
                let (model_name, finished_reason) = (of.model_name.clone(), reply.finish.name());
                numbers.success.get_or_create(&Ended { model_name, finished_reason }).inc();
                log::written(&self.span, &of.model_name, reply, now - self.asked);
            }
            Heard::Done(Err(error)) => log::failed(&self.span, &of.model_name, error),
        }
    }
}

/// How far the models are, asked when somebody looks.
#[derive(Debug)]
struct Loads(Arc<Models>);

impl Collector for Loads {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> Result<(), Error> {
        let models = self.0.list();
        for (name, help, of) in GAUGES {
            let unit = ConstGauge::<f64>::new(0.0);
            let mut metric = to.encode_descriptor(name, help, None, unit.metric_type())?;
            for (model, load) in models.iter().filter_map(|m| Some((m, m.load.as_ref()?))) {
                let labels = [("model_name", model.name.as_str())];
                ConstGauge::new(of(load)).encode(metric.encode_family(&labels)?)?;
            }
        }
        for (name, help, of) in COUNTERS {
            let unit = ConstCounter::<u64>::new(0);
            let mut metric = to.encode_descriptor(name, help, None, unit.metric_type())?;
            for (model, load) in models.iter().filter_map(|m| Some((m, m.load.as_ref()?))) {
                let labels = [("model_name", model.name.as_str())];
                ConstCounter::new(of(load)).encode(metric.encode_family(&labels)?)?;
            }
        }
        let (name, help) = ("lyceum:model_loads", "How often a model was loaded on demand");
        let unit = ConstCounter::<u64>::new(0);
        let mut metric = to.encode_descriptor(name, help, None, unit.metric_type())?;
        for model in &models {
            let labels = [("model_name", model.name.as_str())];
            ConstCounter::new(model.loads).encode(metric.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

type Gauges = [(&'static str, &'static str, fn(&Load) -> f64); 5];
type Counters = [(&'static str, &'static str, fn(&Load) -> u64); 7];

const GAUGES: Gauges = [
    ("lyceum:num_requests_running", "Answers under way", |load| load.batch.running as f64),
    ("lyceum:num_requests_waiting", "Answers that wait for their turn", |load| {
        load.batch.waiting as f64
    }),
    ("lyceum:num_requests_taken", "Answers that were taken on", |load| load.taken as f64),
    ("lyceum:kv_cache_bytes", "Keys and values of answers under way", |load| {
        load.batch.cache_bytes as f64
    }),
    ("lyceum:prefix_cache_bytes", "Keys and values kept for others", |load| {
        load.batch.kept_bytes as f64
    }),
];

const COUNTERS: Counters = [
    ("lyceum:prefix_cache_queries", "Tokens looked up", |load| load.batch.prefixes.asked),
    ("lyceum:prefix_cache_hits", "Those that were there", |load| load.batch.prefixes.found),
    ("lyceum:prefix_cache_evictions", "Pages let go", |load| load.batch.prefixes.evicted),
    ("lyceum:num_preemptions", "Answers that stepped back", |load| load.batch.preempted),
    ("lyceum:model_passes", "Passes of the model", |load| load.passes),
    ("lyceum:prompt_rows", "Rows that read prompts", |load| load.prompt_rows),
    ("lyceum:answer_rows", "Rows that wrote answers", |load| load.answer_rows),
];
