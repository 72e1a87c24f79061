//! Traces of requests, sent to a collector (OpenTelemetry Protocol over HTTP, protobuf), with the feature `otel`.
//!
//! They go in batches, from a thread of their own; what a collector does not take is lost, and answers do not wait.

use std::time::Duration;

use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::{Layer as _, Registry};

/// For one batch.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Under which name a collector shows this program.
const SERVICE: &str = "lyceum";

/// What sends them.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends what is left.
    pub(super) fn end(self) {
        if let Err(error) = self.0.shutdown() {
            eprintln!("note: the last traces were not sent: {error}");
        }
    }
}

type Sending = Filtered<OpenTelemetryLayer<Registry, Tracer>, Targets, Registry>;

/// The layer that makes traces of spans, and what sends them; neither without a collector.
pub(super) fn begin(collector: Option<&str>) -> Result<(Option<Sending>, Option<Traces>)> {
    let Some(url) = collector else { return Ok((None, None)) };
    let agent =
        ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false);
    let client = Client(agent.build().into());
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .with_timeout(TIMEOUT);
    let exporter = exporter.build().with_context(|| format!("--otel {url}"))?;
    let resource = Resource::builder().with_service_name(SERVICE).build();
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource);
    let provider = provider.build();
    let targets = Targets::new().with_target("serve", LevelFilter::INFO);
    let layer = OpenTelemetryLayer::new(provider.tracer(SERVICE)).with_filter(targets);
    Ok((Some(layer), Some(Traces(provider))))
}

/// Sends bytes from the thread of the batches, which may wait.
#[derive(Debug)]
struct Client(ureq::Agent);

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, bytes) = request.into_parts();
        let answer = self.0.run(Request::from_parts(parts, bytes.to_vec()))?;
        let (parts, mut body) = answer.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
    }
}
