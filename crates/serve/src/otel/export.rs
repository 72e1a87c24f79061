//! Traces of requests, sent to a collector (OpenTelemetry Protocol over HTTP, protobuf).
//!
//! They go in batches, from a thread of their own; what a collector does not take is lost, and answers do not wait.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::{Filtered, Targets};
use tracing_subscriber::layer::Layered;
use tracing_subscriber::{Layer as _, Registry};

/// For one batch.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Under which name a collector shows this program.
const SERVICE: &str = "lyceum";

/// What sends traces; the last are sent when it is dropped.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// A subscriber of which every request becomes a trace.
pub type Sending =
    Layered<Filtered<OpenTelemetryLayer<Registry, Tracer>, Targets, Registry>, Registry>;

/// A registry whose requests go to the collector at this address, as `http://localhost:4318/v1/traces`, and what
/// sends them.
///
/// # Errors
/// What is wrong with the address.
pub fn registry(url: &str) -> Result<(Sending, Traces), String> {
    let agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT));
    let client = Client(agent.http_status_as_error(false).build().into());
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .with_timeout(TIMEOUT);
    let exporter = exporter.build().map_err(|error| format!("{url}: {error}"))?;
    let resource = Resource::builder().with_service_name(SERVICE).build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter);
    let provider = provider.with_resource(resource).build();
    let targets = Targets::new().with_target("serve", LevelFilter::INFO);
    let layer = OpenTelemetryLayer::new(provider.tracer(SERVICE)).with_filter(targets);
    Ok((layer.with_subscriber(Registry::default()), Traces(provider)))
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
