//! One call as a span and as measurements.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ledger::CallRecord;
use opentelemetry::{
    Array, KeyValue, StringValue, Value, global,
    trace::{Span as _, SpanKind, Status, Tracer as _},
};
use spec::{Model, model::ProviderKind};
use vocabulary::{CallEnding, StopReason};

use super::names;

/// Who measures.
const SCOPE: &str = "overhang";
/// The conventions' boundaries, in tokens and in seconds.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const SECONDS: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/// Tells of a call to whoever listens; to nobody where nothing was set up.
pub(super) fn tell(record: &CallRecord, model: &Model) {
    let common = common(record, model);
    span(record, &common);
    measure(record, &common);
}

/// What tells calls apart, in spans and metrics.
fn common(record: &CallRecord, model: &Model) -> Vec<KeyValue> {
    let endpoint = model.endpoint.as_ref();
    let asked = endpoint.map_or(&record.model_asked, |endpoint| &endpoint.model);
    let mut common = vec![
        KeyValue::new(names::OPERATION_NAME, "chat"),
        KeyValue::new(names::PROVIDER_NAME, endpoint.map_or("overhang.sim", |to| provider(to.kind()))),
        KeyValue::new(names::REQUEST_MODEL, asked.clone()),
    ];
    if let Some(served) = &record.model_served {
        common.push(KeyValue::new(names::RESPONSE_MODEL, served.clone()));
    }
    let url = endpoint.and_then(|endpoint| reqwest::Url::parse(&endpoint.base_url).ok());
    if let Some(url) = url {
        common.extend(url.host_str().map(|host| KeyValue::new(names::SERVER_ADDRESS, host.to_owned())));
        let port = url.port_or_known_default();
        common.extend(port.map(|port| KeyValue::new(names::SERVER_PORT, i64::from(port))));
    }
    if let Some(error) = error(record) {
        common.push(KeyValue::new(names::ERROR_TYPE, error));
    }
    common
}

/// What an ending is called that is no success: its status, or the word for how it broke.
fn error(record: &CallRecord) -> Option<String> {
    match record.ending {
        CallEnding::Ok | CallEnding::Exhausted => None,
        _ if record.status >= 400 => Some(record.status.to_string()),
        ending => Some(ending.as_str().to_owned()),
    }
}

fn provider(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Anthropic => "anthropic",
        ProviderKind::Openai => "openai",
        // The conventions have no word for who imitates OpenAI; a value of one's own is allowed.
        ProviderKind::OpenaiCompatible => "openai-compatible",
        ProviderKind::Gemini => "gcp.gemini",
        ProviderKind::AzureOpenai => "azure.ai.openai",
        ProviderKind::Bedrock | ProviderKind::BedrockConverse => "aws.bedrock",
        ProviderKind::Vertex => "gcp.vertex_ai",
    }
}

fn span(record: &CallRecord, common: &[KeyValue]) {
    let asked = common.iter().find(|pair| pair.key.as_str() == names::REQUEST_MODEL);
    let asked = asked.map_or_else(String::new, |pair| pair.value.as_str().into_owned());
    let mut attributes = common.to_vec();
    attributes.extend([
        KeyValue::new("overhang.trial", record.trial.0.clone()),
        KeyValue::new("overhang.try", i64::from(record.try_number)),
        KeyValue::new("overhang.call", i64::from(record.call)),
        KeyValue::new("overhang.call.kind", record.kind.as_str()),
        KeyValue::new("overhang.charged", record.charged),
        KeyValue::new("overhang.estimated", record.estimated),
        KeyValue::new("overhang.simulated", record.simulated),
    ]);
    if let Some(stop) = &record.stop {
        let reasons = Array::String(vec![StringValue::from(finish(stop))]);
        attributes.push(KeyValue::new(names::FINISH_REASONS, Value::Array(reasons)));
    }
    if let Some(first) = record.first_byte_ms {
        let seconds = first as f64 / 1000.0;
        attributes.push(KeyValue::new(names::TIME_TO_FIRST_CHUNK, seconds));
    }
    if let Some(usage) = &record.usage {
        let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        attributes.extend([
            KeyValue::new(names::INPUT_TOKENS, count(usage.input())),
            KeyValue::new(names::OUTPUT_TOKENS, count(usage.output + usage.reasoning)),
            KeyValue::new(names::CACHE_READ_TOKENS, count(usage.cache_read)),
            KeyValue::new(names::REASONING_TOKENS, count(usage.reasoning)),
        ]);
    }
    let began = UNIX_EPOCH + Duration::from_millis(record.at_ms);
    let ended: SystemTime = began + Duration::from_millis(record.total_ms);
    let tracer = global::tracer(SCOPE);
    let span = tracer.span_builder(format!("chat {asked}")).with_kind(SpanKind::Client);
    let mut span = span.with_start_time(began).with_attributes(attributes).start(&tracer);
    if let Some(error) = error(record) {
        span.set_status(Status::error(error));
    }
    span.end_with_timestamp(ended);
}

/// The conventions' words for why an answer ended.
fn finish(stop: &StopReason) -> String {
    match stop {
        StopReason::End | StopReason::StopSequence => "stop".to_owned(),
        StopReason::ToolCalls => "tool_call".to_owned(),
        StopReason::Length => "length".to_owned(),
        StopReason::Refusal => "content_filter".to_owned(),
        StopReason::Other(words) => words.clone(),
    }
}

fn measure(record: &CallRecord, common: &[KeyValue]) {
    let meter = global::meter(SCOPE);
    let duration = meter
        .f64_histogram(names::OPERATION_DURATION)
        .with_unit("s")
        .with_description("Time of a model call, from the client's request to its last byte")
        .with_boundaries(SECONDS.to_vec())
        .build();
    duration.record(record.total_ms as f64 / 1000.0, common);
    let Some(usage) = &record.usage else { return };
    let tokens = meter
        .u64_histogram(names::TOKEN_USAGE)
        .with_unit("{token}")
        .with_description("Tokens of a model call")
        .with_boundaries(TOKENS.to_vec())
        .build();
    for (kind, count) in [("input", usage.input()), ("output", usage.output + usage.reasoning)] {
        let mut attributes = common.to_vec();
        attributes.push(KeyValue::new(names::TOKEN_TYPE, kind));
        tokens.record(count, &attributes);
    }
}
