//! The request as it goes upstream: passed on with listed edits, or translated.

use bytes::Bytes;
use dialect::{ErrorKind, Passing, neutral};
use http::HeaderMap;
use spec::{
    Dialect,
    model::Endpoint,
    sweep::{Helpers, Settings},
};

use crate::{
    admission::Admission,
    call::{Call, Kind},
    upstream::{self, Failure, Outgoing},
};

/// A request ready to be sent, and how its answer is to be read.
pub(crate) struct Prepared {
    pub(crate) outgoing: Outgoing,
    /// Whether chunks that hold usage only are kept from a client that did not ask for them.
    pub(crate) drop_usage: bool,
    /// Edits and losses, in words.
    pub(crate) edits: Vec<String>,
}

/// Headers that change what a provider of the same dialect does.
const PASSED_ON: &[&str] = &["anthropic-version", "anthropic-beta", "openai-beta"];

/// Prepares a call that was let through.
pub(crate) fn prepare(call: &Call, endpoint: &Endpoint, admission: &Admission) -> Result<Prepared, Failure> {
    let spec = &call.session.spec;
    let model = match (call.kind, spec.helpers) {
        (Kind::Helper, Helpers::Allow) => &call.request.model,
        _ => &endpoint.model,
    };
    let same = call.dialect == endpoint.dialect;
    let (body, edits, drop_usage) = if same {
        passed_on(call, endpoint, model, admission)?
    } else {
        let (body, losses) = translated(call, endpoint, model, admission)?;
        (body, losses, false)
    };
    let mut headers = HeaderMap::new();
    for name in PASSED_ON.iter().filter(|_| same) {
        if let Some(value) = call.headers.get(*name) {
            headers.insert(*name, value.clone());
        }
    }
    let headers = upstream::headers(endpoint, &call.session.shared.config.keys, &headers)?;
    let url = url(endpoint, model, call.request.stream, call.query.as_deref().filter(|_| same))?;
    let outgoing = Outgoing { url, headers, body: Bytes::from(body) };
    Ok(Prepared { outgoing, drop_usage, edits })
}

fn passed_on(
    call: &Call,
    endpoint: &Endpoint,
    model: &str,
    admission: &Admission,
) -> Result<(Vec<u8>, Vec<String>, bool), Failure> {
    let wrong = |error: dialect::DecodeError| Failure::new(ErrorKind::InvalidRequest, error.to_string());
    let mut passing = Passing::parse(call.dialect, &call.body).map_err(wrong)?;
    passing.set_model(model);
    if call.session.spec.settings == Settings::Pinned {
        passing.pin(&pinned(call));
    }
    passing.strip_server_tools();
    if limit_changes(call, admission) {
        passing.set_max_output(admission.output, is_openai(endpoint));
    }
    let drop_usage = call.request.stream && passing.include_usage();
    let (body, edits) = passing.finish(&call.body);
    Ok((body, edits, drop_usage))
}

fn translated(
    call: &Call,
    endpoint: &Endpoint,
    model: &str,
    admission: &Admission,
) -> Result<(Vec<u8>, Vec<String>), Failure> {
    let mut request = call.request.clone();
    request.model = model.to_owned();
    request.max_output = Some(admission.output);
    if call.session.spec.settings == Settings::Pinned {
        let stop = std::mem::take(&mut request.sampling.stop);
        let thinking_budget = request.sampling.thinking_budget;
        request.sampling = neutral::Sampling { stop, thinking_budget, ..pinned(call) };
    }
    let wrong = |error: dialect::DecodeError| Failure::new(ErrorKind::InvalidRequest, error.to_string());
    let encoded = dialect::encode_request(endpoint.dialect, &request).map_err(wrong)?;
    let mut body = encoded.body;
    if endpoint.dialect == Dialect::OpenaiChat
        && is_openai(endpoint)
        && let Some(body) = body.as_object_mut()
        && let Some(limit) = body.shift_remove("max_tokens")
    {
        body.insert("max_completion_tokens".into(), limit);
    }
    let losses = call.losses.iter().chain(&encoded.losses).map(|loss| format!("lost: {loss}")).collect();
    Ok((body.to_string().into_bytes(), losses))
}

/// The profile's settings, in the neutral form.
fn pinned(call: &Call) -> neutral::Sampling {
    let sampling = &call.session.model.sampling;
    neutral::Sampling {
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k.map(u64::from),
        effort: sampling.effort.clone(),
        ..neutral::Sampling::default()
    }
}

/// Whether the client's own limit, or its silence about one, would let more through than is held.
fn limit_changes(call: &Call, admission: &Admission) -> bool {
    match call.request.max_output {
        Some(asked) => asked > admission.output,
        None => admission.clamped_to.is_some(),
    }
}

/// OpenAI's own reasoning models refuse `max_tokens`; servers that imitate the API know no other name.
fn is_openai(endpoint: &Endpoint) -> bool {
    let host = endpoint.base_url.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
    host.is_some_and(|host| host == "openai.com" || host.ends_with(".openai.com"))
}

fn url(endpoint: &Endpoint, model: &str, stream: bool, query: Option<&str>) -> Result<String, Failure> {
    let base = endpoint.base_url.trim_end_matches('/');
    let last = base.rsplit('/').next().unwrap_or_default();
    let versioned = last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let at = |version: &str, path: String| {
        if versioned { format!("{base}/{path}") } else { format!("{base}/{version}/{path}") }
    };
    let mut url = match endpoint.dialect {
        Dialect::AnthropicMessages => at("v1", "messages".into()),
        Dialect::OpenaiChat => at("v1", "chat/completions".into()),
        Dialect::OpenaiResponses => at("v1", "responses".into()),
        Dialect::Gemini => {
            let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if model.is_empty() || model.starts_with('.') || !model.chars().all(safe) {
                let detail = "the model's name cannot stand in a path";
                return Err(Failure::new(ErrorKind::InvalidRequest, detail));
            }
            let method = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            return Ok(at("v1beta", format!("models/{model}:{method}")));
        }
    };
    // What a client asks for by query (`beta=true`) is the provider's business; a token is not.
    let kept: Vec<&str> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.starts_with("key="))
        .collect();
    if !kept.is_empty() {
        url.push('?');
        url.push_str(&kept.join("&"));
    }
    Ok(url)
}
