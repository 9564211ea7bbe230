//! Error objects: each dialect's own, both ways.

use serde_json::{Value, json};
use vocabulary::Dialect;

use crate::sse;

/// What is wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is not of the dialect.
    InvalidRequest,
    /// The token is missing or wrong.
    Authentication,
    /// The budget is gone.
    Billing,
    /// This may not be done.
    Permission,
    /// No such path or model.
    NotFound,
    /// The wrong method for the path.
    Method,
    /// The body is too large.
    TooLarge,
    /// The provider limits the rate.
    RateLimit,
    /// The provider is overloaded or unavailable.
    Overloaded,
    /// The provider, or the way to it, failed.
    Upstream,
    /// Our own fault.
    Internal,
}

/// An error object that a provider sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UpstreamError {
    /// What kind.
    pub kind: ErrorKind,
    /// The provider's words, shortened.
    pub message: String,
}

impl ErrorKind {
    /// The HTTP status, by dialect. A budget that is gone is never 429 or 5xx: harnesses retry those, some for ever.
    pub fn status(self, dialect: Dialect) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Authentication => 401,
            Self::Billing if dialect == Dialect::AnthropicMessages => 402,
            Self::Billing => 400,
            Self::Permission => 403,
            Self::NotFound => 404,
            Self::Method => 405,
            Self::TooLarge => 413,
            Self::RateLimit => 429,
            Self::Overloaded if dialect == Dialect::AnthropicMessages => 529,
            Self::Overloaded => 503,
            Self::Upstream => 502,
            Self::Internal => 500,
        }
    }

    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Authentication => "authentication",
            Self::Billing => "billing",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::Method => "method",
            Self::TooLarge => "too_large",
            Self::RateLimit => "rate_limit",
            Self::Overloaded => "overloaded",
            Self::Upstream => "upstream",
            Self::Internal => "internal",
        }
    }

    fn anthropic(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::Method => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Billing => "billing_error",
            Self::Permission => "permission_error",
            Self::NotFound => "not_found_error",
            Self::TooLarge => "request_too_large",
            Self::RateLimit => "rate_limit_error",
            Self::Overloaded => "overloaded_error",
            Self::Upstream | Self::Internal => "api_error",
        }
    }

    fn openai(self) -> &'static str {
        match self {
            Self::Billing => "budget_exhausted",
            Self::RateLimit => "rate_limit_error",
            Self::Authentication => "authentication_error",
            Self::Permission => "permission_error",
            Self::Overloaded | Self::Upstream | Self::Internal => "server_error",
            Self::InvalidRequest | Self::NotFound | Self::Method | Self::TooLarge => "invalid_request_error",
        }
    }

    fn gemini(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::Billing | Self::Method | Self::TooLarge => "INVALID_ARGUMENT",
            Self::Authentication => "UNAUTHENTICATED",
            Self::Permission => "PERMISSION_DENIED",
            Self::NotFound => "NOT_FOUND",
            Self::RateLimit => "RESOURCE_EXHAUSTED",
            Self::Overloaded | Self::Upstream => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    fn of_name(name: &str) -> Self {
        match name {
            "invalid_request_error" | "INVALID_ARGUMENT" | "FAILED_PRECONDITION" => Self::InvalidRequest,
            "authentication_error" | "invalid_api_key" | "UNAUTHENTICATED" => Self::Authentication,
            "billing_error" | "insufficient_quota" => Self::Billing,
            "permission_error" | "PERMISSION_DENIED" => Self::Permission,
            "not_found_error" | "model_not_found" | "NOT_FOUND" => Self::NotFound,
            "request_too_large" => Self::TooLarge,
            "rate_limit_error" | "rate_limit_exceeded" | "RESOURCE_EXHAUSTED" => Self::RateLimit,
            "overloaded_error" | "UNAVAILABLE" => Self::Overloaded,
            _ => Self::Upstream,
        }
    }
}

/// The error object of a dialect.
pub fn body(dialect: Dialect, kind: ErrorKind, message: &str) -> Value {
    match dialect {
        Dialect::AnthropicMessages => {
            json!({"type": "error", "error": {"type": kind.anthropic(), "message": message}})
        }
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            json!({"error": {"message": message, "type": kind.openai(), "param": null, "code": null}})
        }
        Dialect::Gemini => {
            json!({"error": {"code": kind.status(dialect), "message": message, "status": kind.gemini()}})
        }
    }
}

/// The event by which a dialect reports an error in a stream whose status has been sent.
pub fn event(dialect: Dialect, kind: ErrorKind, message: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let body = body(dialect, kind, message);
    match dialect {
        Dialect::AnthropicMessages => sse::write("error", &body.to_string(), &mut out),
        Dialect::OpenaiResponses => {
            let event = json!({"type": "error", "code": kind.openai(), "message": message, "param": null});
            sse::write("error", &event.to_string(), &mut out);
        }
        Dialect::OpenaiChat | Dialect::Gemini => sse::write("", &body.to_string(), &mut out),
    }
    out
}

/// Longest message kept of a provider's error, in bytes.
const MESSAGE: usize = 2000;

/// The error in a body, when it is an error object of any dialect or of the servers that imitate them.
pub fn decode(body: &Value) -> Option<UpstreamError> {
    if let Value::Array(items) = body {
        // Google's servers answer an array where a stream was asked for.
        return items.first().and_then(decode);
    }
    let error = match body.get("error") {
        Some(error) if !says_nothing(error) => error,
        // Older servers of vLLM's kind.
        _ if body.get("object").is_some_and(|object| object == "error") => body,
        // An answer that failed, and does not say why.
        _ if body.get("status").is_some_and(|status| status == "failed") && body.get("output").is_some() => {
            let message = "the provider says that its answer failed, and not why".to_owned();
            return Some(UpstreamError { kind: ErrorKind::Upstream, message });
        }
        // Responses reports errors in a stream without an `error` object.
        _ if body.get("type").is_some_and(|kind| kind == "error") && body.get("message").is_some() => body,
        _ => return outside_any_dialect(body),
    };
    let name = ["type", "code", "status"].into_iter().filter_map(|key| error.get(key)?.as_str());
    let kind = name.map(ErrorKind::of_name).find(|kind| *kind != ErrorKind::Upstream);
    let code = error.get("code").and_then(Value::as_u64).map(of_status);
    let kind = kind.or(code).unwrap_or(ErrorKind::Upstream);
    let message = error.get("message").and_then(Value::as_str).or(error.as_str());
    let message = message.map_or_else(|| error.to_string(), str::to_owned);
    Some(UpstreamError { kind, message: shorten(message) })
}

/// The errors of servers that keep to no dialect in them, where nothing else is said: MiniMax's `base_resp`, DashScope's
/// bare `code` and `message`, lists of `errors`, and a web framework's `detail`.
fn outside_any_dialect(body: &Value) -> Option<UpstreamError> {
    const SAID: [&str; 8] =
        ["choices", "candidates", "content", "output", "delta", "response", "message_start", "type"];
    if !body.is_object() || SAID.iter().any(|key| body.get(*key).is_some_and(|said| !said.is_null())) {
        return None;
    }
    let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let failed = |kind, message: String| Some(UpstreamError { kind, message: shorten(message) });
    let base = &body["base_resp"];
    match (base["status_code"].as_i64(), base.get("status_msg")) {
        (Some(code), message) if code != 0 => {
            let kind = match code {
                1002 | 1039 | 1041 => ErrorKind::RateLimit,
                1004 | 2049 => ErrorKind::Authentication,
                1008 => ErrorKind::Billing,
                2013 => ErrorKind::InvalidRequest,
                _ => ErrorKind::Upstream,
            };
            return failed(kind, message.map_or_else(|| base.to_string(), words));
        }
        _ => {}
    }
    if let Some(first) = body["errors"].as_array().and_then(|errors| errors.first()) {
        return decode(&json!({"error": first}));
    }
    match (body.get("code"), body.get("message"), body.get("detail")) {
        (Some(code), Some(message), _) if !says_nothing(code) && message.is_string() => {
            decode(&json!({"error": {"code": code, "message": message}}))
        }
        (_, _, Some(detail)) if !says_nothing(detail) => failed(ErrorKind::Upstream, words(detail)),
        _ => None,
    }
}

/// The error that a whole body is: an error object, or an answer that was not made.
pub fn in_body(body: &Value) -> Option<UpstreamError> {
    let unmade = body["object"] == "response"
        && matches!(body["status"].as_str(), Some("queued" | "in_progress" | "cancelled"));
    let message = || format!("the provider's answer is {}", body["status"].as_str().unwrap_or_default());
    let unmade = unmade.then(|| UpstreamError { kind: ErrorKind::Upstream, message: message() });
    in_answer(body).or(unmade)
}

fn says_nothing(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The error in an answer or an event of one: beside what was said, or within its only choice.
pub(crate) fn in_answer(data: &Value) -> Option<UpstreamError> {
    let within = || data.pointer("/choices/0").and_then(decode);
    decode(data)
        .or_else(within)
        .or_else(|| data.get("response").and_then(decode))
        .or_else(|| broken_off(data))
}

/// The reasons to stop by which servers say that they broke the answer off: OpenRouter, DeepSeek, SGLang.
fn broken_off(data: &Value) -> Option<UpstreamError> {
    let reason = data.pointer("/choices/0/finish_reason")?.as_str()?;
    ["error", "insufficient_system_resource", "abort"].contains(&reason).then(|| UpstreamError {
        kind: ErrorKind::Upstream,
        message: format!("the provider broke its answer off: {reason}"),
    })
}

/// What an HTTP status says is wrong.
pub fn of_status(status: u64) -> ErrorKind {
    match status {
        401 => ErrorKind::Authentication,
        402 => ErrorKind::Billing,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::RateLimit,
        503 | 529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Upstream,
    }
}

fn shorten(mut message: String) -> String {
    if message.len() > MESSAGE {
        message.truncate(message.floor_char_boundary(MESSAGE));
        message.push('…');
    }
    message
}
