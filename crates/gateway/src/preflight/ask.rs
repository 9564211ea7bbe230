//! One small request and what its answer shows.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dialect::{
    ErrorKind, Reader, error,
    neutral::{Content, Message, Request, Role, Sampling, Tool, ToolChoice},
    stream::StreamError,
};
use http::{HeaderMap, header::CONTENT_TYPE};
use ledger::Preflight;
use serde_json::{Value, json};
use spec::{
    Dialect, Model,
    model::{Endpoint, ToolCalls},
};
use vocabulary::Usage;

use super::counts;
use crate::{
    keys::Keys,
    meter::Meter,
    provider::{self, Event, Failure, Framing, Outgoing, UpstreamLimits},
};

/// Longest answer that is asked for, in tokens: a call of a tool, and some thought before it.
const OUTPUT: u64 = 1024;
/// Largest answer that is read, in bytes.
const LARGEST: usize = 4 << 20;
const TOOL: &str = "report_ready";

/// Asks once.
pub(super) async fn once(model: &Model, endpoint: &Endpoint, keys: &Keys) -> Result<Preflight, Failure> {
    let provider = provider::of(endpoint);
    let wrong = |error: dialect::DecodeError| Failure::new(ErrorKind::Internal, error.to_string());
    let request = request(model, endpoint);
    let mut body = dialect::encode_request(endpoint.dialect, &request).map_err(wrong)?.body;
    if provider::completion_limit(endpoint, &*provider)
        && let Some(body) = body.as_object_mut()
        && let Some(limit) = body.shift_remove("max_tokens")
    {
        body.insert("max_completion_tokens".into(), limit);
    }
    let limit_field = counts::limit_field(&body);
    let mut headers = HeaderMap::new();
    let body = body.to_string().into_bytes();
    let body = provider::fit(endpoint, &*provider, &mut headers, body, &mut Vec::new())?;
    let outgoing = Outgoing {
        model: endpoint.model.clone(),
        stream: true,
        query: None,
        headers,
        body: Bytes::from(body),
    };
    let limits = UpstreamLimits { silence: Duration::from_secs(120), ..UpstreamLimits::default() };
    let client = provider::client(&limits, endpoint.base_url.starts_with("https:"));
    let client = client.map_err(|why| Failure::new(ErrorKind::Internal, why))?;
    let began = Instant::now();
    let outgoing = provider.request(endpoint, &outgoing, keys.secrets()).await?;
    let upstream = provider::send(&client, outgoing, &limits, keys.secrets()).await?;
    let read = read(upstream, endpoint.dialect, provider.framing(), limits.silence).await?;
    Ok(shown(model, endpoint, &read, limit_field, began))
}

/// The request: in the profile's own settings, as every arm's are.
fn request(model: &Model, endpoint: &Endpoint) -> Request {
    let tools = endpoint.tool_calls == ToolCalls::Native;
    let text = if tools { "Call the tool once." } else { "Say: ready." };
    let tool = Tool {
        name: TOOL.into(),
        description: "Tells that you are ready.".into(),
        parameters: json!({"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}),
        hosted: None,
    };
    let sampling = &model.sampling;
    Request {
        model: endpoint.model.clone(),
        system: Vec::new(),
        messages: vec![Message {
            role: Role::User,
            content: vec![Content::Text { text: text.into(), cache: false }],
        }],
        tools: if tools { vec![tool] } else { Vec::new() },
        tool_choice: ToolChoice::Auto,
        max_output: Some(model.limits.output.min(OUTPUT)),
        stream: true,
        sampling: Sampling {
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            top_k: sampling.top_k.map(u64::from),
            effort: sampling.effort.clone(),
            ..Sampling::default()
        },
        output_schema: None,
        origins: Default::default(),
    }
}

/// What came.
struct Read {
    reader: Reader,
    streamed: bool,
    first_byte: Instant,
}

async fn read(
    mut upstream: reqwest::Response,
    dialect: Dialect,
    mut framing: Box<dyn Framing>,
    silence: Duration,
) -> Result<Read, Failure> {
    let unread = |why: String| {
        Failure::new(ErrorKind::Upstream, format!("the provider's answer cannot be read: {why}")).after_work()
    };
    let content_type = upstream.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let streamed = !content_type.is_some_and(|value| value.contains("json"));
    let mut reader = Reader::new(dialect, "preflight");
    let (mut whole, mut events, mut first_byte) = (Vec::new(), Vec::new(), None);
    loop {
        let chunk = match tokio::time::timeout(silence, upstream.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => break,
            Ok(Err(_)) if reader.is_marked() => break,
            Ok(Err(_)) | Err(_) => {
                let why = "the connection to the provider broke, or fell silent";
                return Err(Failure::new(ErrorKind::Upstream, why).worth_a_retry());
            }
        };
        first_byte.get_or_insert_with(Instant::now);
        whole.extend_from_slice(&chunk);
        if whole.len() > LARGEST {
            return Err(unread("it is too large".into()));
        }
        if streamed {
            framing.read(&chunk, &mut events).map_err(unread)?;
            read_events(&mut reader, &mut events)?;
        }
    }
    let first_byte = first_byte.ok_or_else(|| unread("it is empty".into()))?;
    if !streamed {
        let value: Value = serde_json::from_slice(&whole).map_err(|error| unread(error.to_string()))?;
        if let Some(error) = error::decode(&value) {
            return Err(Failure::new(error.kind, error.message));
        }
        reader.whole(value).map_err(|error| unread(error.to_string()))?;
    } else {
        if !reader.is_marked() && !reader.has_stopped() && reader.response().content.is_empty() {
            return Err(unread("it holds no event of the dialect".into()));
        }
        reader.end(None, &mut Vec::new());
    }
    Ok(Read { reader, streamed, first_byte })
}

fn read_events(reader: &mut Reader, events: &mut Vec<Event>) -> Result<(), Failure> {
    for event in events.drain(..) {
        match reader.event(&event, &mut Vec::new()) {
            Ok(()) => {}
            Err(StreamError::Upstream(error)) => {
                let failure = Failure::new(error.kind, error.message);
                let passes = matches!(error.kind, ErrorKind::RateLimit | ErrorKind::Overloaded);
                return Err(if passes { failure.worth_a_retry() } else { failure });
            }
            Err(StreamError::Malformed(why)) => {
                let why = format!("an event of the provider's cannot be read: {why}");
                return Err(Failure::new(ErrorKind::Upstream, why).after_work());
            }
        }
    }
    Ok(())
}

fn shown(model: &Model, endpoint: &Endpoint, read: &Read, limit_field: String, began: Instant) -> Preflight {
    let Read { reader, streamed, first_byte } = read;
    let response = reader.response();
    let called = response.content.iter().any(|block| matches!(block, Content::ToolCall { .. }));
    let called_tool = (endpoint.tool_calls == ToolCalls::Native).then_some(called);
    let told = reader.raw_usage();
    let usage = response.usage.filter(|usage| usage.input() > 0);
    let mut warnings = Vec::new();
    if !streamed {
        warnings.push("it does not stream: every harness asks for streams".to_owned());
    }
    if called_tool == Some(false) {
        warnings.push(format!("it did not call the tool, and stopped with `{:?}`", response.stop));
    }
    match usage {
        None => warnings.push("it tells no usage: every call will be estimated".to_owned()),
        Some(_) => {
            warnings.extend(reader.doubts().iter().map(|doubt| format!("its usage cannot be true: {doubt}")))
        }
    }
    Preflight {
        model: model.id.clone(),
        dialect: endpoint.dialect,
        model_served: Some(response.model).filter(|name| !name.is_empty()),
        first_byte_seconds: first_byte.duration_since(began).as_secs_f64(),
        seconds: began.elapsed().as_secs_f64(),
        streamed: *streamed,
        called_tool,
        usage_fields: told.map(counts::fields).unwrap_or_default(),
        cache_fields: told.map(counts::of_cache).unwrap_or_default(),
        limit_field,
        effort: model.sampling.effort.clone(),
        usage,
        usd: usage.and_then(|usage| cost(model, &usage)),
        warnings,
    }
}

/// What a usage costs, in US dollars.
fn cost(model: &Model, usage: &Usage) -> Option<f64> {
    let prices = model.prices.as_ref()?;
    let price = Meter::parse("price").ok()?.bind(Some(prices)).ok()?;
    Some(price.charge(usage))
}
