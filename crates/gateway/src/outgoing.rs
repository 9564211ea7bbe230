//! The request as it goes upstream: passed on with listed edits, or translated.

use bytes::Bytes;
use dialect::{ErrorKind, Loss, Passing, neutral};
use http::HeaderMap;
use spec::{
    Dialect,
    model::Endpoint,
    sweep::{Helpers, ServerTools, Settings},
};

use crate::{
    admission::Admission,
    call::Call,
    upstream::{self, Failure, Outgoing},
};

/// A request ready to be sent, and how its answer is to be read.
pub(crate) struct Prepared {
    pub(crate) outgoing: Outgoing,
    /// Whether chunks that hold usage only are kept from a client that did not ask for them.
    pub(crate) drop_usage: bool,
    /// Edits, in words.
    pub(crate) edits: Vec<String>,
    /// What a translation cannot carry.
    pub(crate) losses: Vec<Loss>,
}

/// Headers that change what a provider of the same dialect does.
const PASSED_ON: &[&str] = &["anthropic-version", "anthropic-beta", "openai-beta"];

/// Prepares a call that was let through.
pub(crate) fn prepare(call: &Call, endpoint: &Endpoint, admission: &Admission) -> Result<Prepared, Failure> {
    let spec = &call.session.spec;
    let model = match (call.other_model, spec.helpers) {
        (true, Helpers::Allow) => &call.request.model,
        _ => &endpoint.model,
    };
    let same = call.dialect == endpoint.dialect;
    let write = if same { passed_on } else { translated };
    let Written { body, drop_usage, edits, losses } = write(call, endpoint, model, admission)?;
    let mut headers = HeaderMap::new();
    for name in PASSED_ON.iter().filter(|_| same) {
        if let Some(value) = call.headers.get(*name) {
            headers.insert(*name, value.clone());
        }
    }
    let headers = upstream::headers(endpoint, &call.session.shared.config.keys, &headers)?;
    let url = url(endpoint, model, call.request.stream, call.query.as_deref().filter(|_| same))?;
    let outgoing = Outgoing { url, headers, body: Bytes::from(body) };
    Ok(Prepared { outgoing, drop_usage, edits, losses })
}

/// A body ready to be sent, and what became of the request on the way to it.
struct Written {
    body: Vec<u8>,
    drop_usage: bool,
    edits: Vec<String>,
    losses: Vec<Loss>,
}

fn passed_on(
    call: &Call,
    endpoint: &Endpoint,
    model: &str,
    admission: &Admission,
) -> Result<Written, Failure> {
    let wrong = |error: dialect::DecodeError| Failure::new(ErrorKind::InvalidRequest, error.to_string());
    let mut passing = Passing::parse(call.dialect, &call.body).map_err(wrong)?;
    passing.set_model(model);
    if call.session.spec.settings == Settings::Pinned {
        passing.pin(&pinned(call));
    }
    match call.session.spec.server_tools {
        ServerTools::Strip => passing.strip_server_tools(),
        ServerTools::Allow => passing.note_server_tools(),
    }
    if limit_changes(call, admission) {
        passing.set_max_output(admission.output, is_openai(endpoint));
    }
    let drop_usage = call.request.stream && passing.include_usage();
    let (body, edits) = passing.finish(&call.body);
    Ok(Written { body, drop_usage, edits, losses: Vec::new() })
}

fn translated(
    call: &Call,
    endpoint: &Endpoint,
    model: &str,
    admission: &Admission,
) -> Result<Written, Failure> {
    let mut request = call.request.clone();
    let mut losses = call.losses.clone();
    let edits = match call.session.spec.server_tools {
        ServerTools::Strip => dialect::strip_server_tools(&mut request, &mut losses),
        // They have no place in another dialect, and are lost.
        ServerTools::Allow => Vec::new(),
    };
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
    losses.extend(encoded.losses);
    Ok(Written { body: body.to_string().into_bytes(), drop_usage: false, edits, losses })
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
