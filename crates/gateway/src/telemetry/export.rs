//! To an OTLP endpoint, as protobuf over HTTP, by the same client that reaches providers.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::global;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use tokio::runtime::Handle;

use crate::provider::{UpstreamLimits, client};

/// The variables that name an endpoint, as OpenTelemetry has them.
const ENDPOINTS: [&str; 3] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
];

/// What is told of model calls, on its way to an endpoint.
pub struct Telemetry {
    tracers: SdkTracerProvider,
    meters: SdkMeterProvider,
}

impl Telemetry {
    /// To where the environment says (`OTEL_EXPORTER_OTLP_ENDPOINT` and its like, `OTEL_SERVICE_NAME`, …); `None` where
    /// it names no endpoint, or switches it off. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When the exporters cannot be made, in words.
    pub fn from_environment() -> Result<Option<Self>, String> {
        let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.trim().is_empty());
        let off = std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
        if off || !ENDPOINTS.into_iter().any(set) {
            return Ok(None);
        }
        Self::begin(None).map(Some)
    }

    /// To this endpoint, as in `http://127.0.0.1:4318`. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When the exporters cannot be made, in words.
    pub fn to(endpoint: &str) -> Result<Self, String> {
        Self::begin(Some(endpoint.trim_end_matches('/')))
    }

    fn begin(endpoint: Option<&str>) -> Result<Self, String> {
        let client = Client { client: client(&UpstreamLimits::default(), true)?, runtime: Handle::current() };
        let (mut spans, mut metrics) = (
            SpanExporter::builder().with_http().with_http_client(client.clone()),
            MetricExporter::builder().with_http().with_http_client(client),
        );
        if let Some(endpoint) = endpoint {
            spans = spans.with_endpoint(format!("{endpoint}/v1/traces"));
            metrics = metrics.with_endpoint(format!("{endpoint}/v1/metrics"));
        }
        let spans = spans.build().map_err(|error| error.to_string())?;
        let metrics = metrics.build().map_err(|error| error.to_string())?;
        let named = std::env::var("OTEL_SERVICE_NAME").is_ok();
        let resource = Resource::builder();
        let resource = if named { resource } else { resource.with_service_name("overhang") }.build();
        let tracers =
            SdkTracerProvider::builder().with_batch_exporter(spans).with_resource(resource.clone()).build();
        let meters =
            SdkMeterProvider::builder().with_periodic_exporter(metrics).with_resource(resource).build();
        global::set_tracer_provider(tracers.clone());
        global::set_meter_provider(meters.clone());
        Ok(Self { tracers, meters })
    }

    /// Sends what is left, and waits for it. Not from within the runtime's own tasks.
    ///
    /// # Errors
    /// When the endpoint does not take it, in words.
    pub fn end(self) -> Result<(), String> {
        let (spans, metrics) = (self.tracers.shutdown(), self.meters.shutdown());
        spans.and(metrics).map_err(|error| error.to_string())
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telemetry").finish_non_exhaustive()
    }
}

/// The client of providers, for exporters that send from threads of their own.
#[derive(Clone, Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let answer = client.execute(reqwest::Request::try_from(request)?).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
        });
        let (status, headers, body) = sent.await??;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}
