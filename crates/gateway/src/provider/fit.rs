//! The body as a place takes it: what its dialect says otherwise there than at its maker's, and what the profile adds.

use dialect::{ErrorKind, Passing};
use http::HeaderMap;
use serde_json::{Value, json};
use spec::{
    Dialect,
    model::{Endpoint, MaxTokensField},
};

use super::{Failure, Provider};

/// How a place that serves Anthropic's models wants their bodies: the model is in the path, and the version here.
pub(crate) struct Hosted {
    pub(super) version: &'static str,
    /// Whether the path says that a stream is wanted.
    pub(super) stream_in_path: bool,
    /// Whether what `anthropic-beta` says goes into the body.
    pub(super) beta_in_body: bool,
}

/// Whether the output limit goes out as `max_completion_tokens`, where the client has no name of its own for it.
pub(crate) fn completion_limit(endpoint: &Endpoint, provider: &dyn Provider) -> bool {
    limit_name(endpoint, provider) == Some(MaxTokensField::MaxCompletionTokens)
}

/// The name by which the output limit must go out; `None` where either will do.
fn limit_name(endpoint: &Endpoint, provider: &dyn Provider) -> Option<MaxTokensField> {
    let chat = endpoint.dialect == Dialect::OpenaiChat;
    let usual = provider.refuses_max_tokens().then_some(MaxTokensField::MaxCompletionTokens);
    endpoint.max_tokens_field.or(usual).filter(|_| chat)
}

/// Fits a body to where it goes; each change is added to `edits`, in words.
///
/// # Errors
/// When the body is no JSON object.
pub(crate) fn fit(
    endpoint: &Endpoint,
    provider: &dyn Provider,
    headers: &mut HeaderMap,
    body: Vec<u8>,
    edits: &mut Vec<String>,
) -> Result<Vec<u8>, Failure> {
    let body = edited(endpoint, provider, headers, body, edits)?;
    if !provider.rewrites() {
        return Ok(body);
    }
    let value: Value = serde_json::from_slice(&body)
        .map_err(|error| Failure::new(ErrorKind::InvalidRequest, error.to_string()))?;
    let (value, left_out) = provider.rewrite(value);
    edits.push("written as the provider has it".into());
    edits.extend(
        left_out.into_iter().map(|what| format!("{what}: left out, the provider has no place for it")),
    );
    Ok(value.to_string().into_bytes())
}

fn edited(
    endpoint: &Endpoint,
    provider: &dyn Provider,
    headers: &mut HeaderMap,
    body: Vec<u8>,
    edits: &mut Vec<String>,
) -> Result<Vec<u8>, Failure> {
    let (limit, hosted) = (limit_name(endpoint, provider), provider.hosted(endpoint));
    if endpoint.extra_body.is_empty() && limit.is_none() && hosted.is_none() {
        return Ok(body);
    }
    let wrong = |error: dialect::DecodeError| Failure::new(ErrorKind::InvalidRequest, error.to_string());
    let mut passing = Passing::parse(endpoint.dialect, &body).map_err(wrong)?;
    if let Some(name) = limit {
        rename_limit(name, &mut passing);
    }
    if let Some(hosted) = hosted {
        host(&hosted, headers, &mut passing);
    }
    for (key, value) in &endpoint.extra_body {
        passing.set(key, Some(over(passing.get(key), value)));
    }
    let (body, made) = passing.finish(&body);
    edits.extend(made);
    Ok(body)
}

fn rename_limit(name: MaxTokensField, passing: &mut Passing) {
    let other = match name {
        MaxTokensField::MaxTokens => MaxTokensField::MaxCompletionTokens,
        MaxTokensField::MaxCompletionTokens => MaxTokensField::MaxTokens,
    };
    if let Some(limit) = passing.get(other.name()) {
        let limit = passing.get(name.name()).unwrap_or(limit);
        passing.set(other.name(), None);
        passing.set(name.name(), Some(limit));
    }
}

fn host(hosted: &Hosted, headers: &mut HeaderMap, passing: &mut Passing) {
    passing.set("anthropic_version", Some(json!(hosted.version)));
    passing.set("model", None);
    if hosted.stream_in_path {
        passing.set("stream", None);
    }
    // The version is the body's here.
    headers.remove("anthropic-version");
    if hosted.beta_in_body
        && let Some(betas) = headers.remove("anthropic-beta")
    {
        let betas = betas.to_str().unwrap_or_default().split(',').map(str::trim);
        let betas: Vec<&str> = betas.filter(|beta| !beta.is_empty()).collect();
        passing.set("anthropic_beta", (!betas.is_empty()).then(|| json!(betas)));
    }
}

/// A field of the profile over the client's: tables are put together, all else is replaced.
fn over(client: Option<Value>, profile: &Value) -> Value {
    match (client, profile) {
        (Some(Value::Object(mut client)), Value::Object(profile)) => {
            for (key, value) in profile {
                let had = client.get(key).cloned();
                client.insert(key.clone(), over(had, value));
            }
            Value::Object(client)
        }
        _ => profile.clone(),
    }
}
