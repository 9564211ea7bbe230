//! One entrance for all dialects.

use serde_json::{Value, json};
use vocabulary::Dialect;

use crate::{
    anthropic, chat, choice,
    fields::DecodeError,
    gemini,
    loss::Loss,
    neutral::{Origins, Request, Response, Usage},
    reader::Reader,
    responses,
    stream::StreamEncoder,
};

/// What was read, and what was not understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// What was read.
    pub value: T,
    /// What has no place in the neutral form.
    pub losses: Vec<Loss>,
    /// The usage object as it came; answers only.
    pub raw_usage: Option<Value>,
}

/// What is to be sent, and what could not be put in.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// The body.
    pub body: Value,
    /// What the dialect has no place for.
    pub losses: Vec<Loss>,
}

/// Reads a request.
///
/// # Errors
/// When the body is not of the dialect.
pub fn decode_request(dialect: Dialect, body: Value) -> Result<Decoded<Request>, DecodeError> {
    let mut losses = Vec::new();
    let value = match dialect {
        Dialect::AnthropicMessages => anthropic::decode_request(body, &mut losses),
        Dialect::OpenaiChat => chat::decode_request(body, &mut losses),
        Dialect::OpenaiResponses => responses::decode_request(body, &mut losses),
        Dialect::Gemini => gemini::decode_request(body, &mut losses),
    }?;
    Ok(Decoded { value, losses, raw_usage: None })
}

/// Writes a request.
///
/// # Errors
/// When the dialect cannot be written; all four can.
pub fn encode_request(dialect: Dialect, request: &Request) -> Result<Encoded, DecodeError> {
    let mut losses = Vec::new();
    let fitted = choice::without_unoffered(request, &mut losses);
    let request = fitted.as_ref().unwrap_or(request);
    let body = match dialect {
        Dialect::AnthropicMessages => anthropic::encode_request(request, &mut losses),
        Dialect::OpenaiChat => chat::encode_request(request, &mut losses),
        Dialect::OpenaiResponses => responses::encode_request(request, &mut losses),
        Dialect::Gemini => gemini::encode_request(request, &mut losses),
    };
    Ok(Encoded { body, losses })
}

/// Reads a whole answer.
///
/// # Errors
/// When the body is not of the dialect.
pub fn decode_response(dialect: Dialect, body: Value) -> Result<Decoded<Response>, DecodeError> {
    let mut reader = Reader::new(dialect, "");
    reader.whole(body)?;
    Ok(Decoded {
        value: reader.response(),
        losses: reader.losses().to_vec(),
        raw_usage: reader.raw_usage().cloned(),
    })
}

/// Writes a whole answer. `created`: seconds since the Unix epoch, where the dialect tells it. `origins`: the
/// request's; only `openai-responses` has any.
///
/// # Errors
/// When the dialect cannot be written; all four can.
pub fn encode_response(
    dialect: Dialect,
    response: &Response,
    created: u64,
    origins: &Origins,
) -> Result<Encoded, DecodeError> {
    let mut losses = Vec::new();
    let body = match dialect {
        Dialect::AnthropicMessages => anthropic::encode_response(response, &mut losses),
        Dialect::OpenaiChat => chat::encode_response(response, created, &mut losses),
        Dialect::OpenaiResponses => responses::encode_response(response, created, origins),
        Dialect::Gemini => gemini::encode_response(response, &mut losses),
    };
    Ok(Encoded { body, losses })
}

/// An encoder of streamed answers. `created`: seconds since the Unix epoch. `include_usage`: whether the client of
/// `openai-chat` asked for usage; the others always tell it. `origins`: the request's.
///
/// # Errors
/// When the dialect cannot be written; all four can.
pub fn stream_encoder(
    dialect: Dialect,
    created: u64,
    include_usage: bool,
    origins: &Origins,
) -> Result<Box<dyn StreamEncoder>, DecodeError> {
    let encoder: Box<dyn StreamEncoder> = match dialect {
        Dialect::AnthropicMessages => Box::new(anthropic::Encoder::default()),
        Dialect::OpenaiChat => Box::new(chat::Encoder::new(created, include_usage)),
        Dialect::OpenaiResponses => Box::new(responses::Encoder::new(created, origins.clone())),
        Dialect::Gemini => Box::new(gemini::Encoder::default()),
    };
    Ok(encoder)
}

/// Puts the reasoning of a request of `openai-chat` into the field that its server has for it (`Reader::reasoning_field`),
/// or takes it out where the server has none.
pub fn put_reasoning_into(body: &mut Value, field: Option<&str>) {
    chat::put_reasoning_into(body, field);
}

/// Puts a usage into a whole answer, or into an event of a stream, in the place where it tells one. Returns whether it
/// has such a place: of a stream not all events do. `anew`: whether it is told where nothing was.
pub fn tell_usage(dialect: Dialect, told: &mut Value, usage: &Usage, anew: bool) -> bool {
    let kind = told["type"].as_str().unwrap_or_default().to_owned();
    let (pointers, encoded): (&[&str], _) = match dialect {
        Dialect::AnthropicMessages => (&["/usage"], anthropic::encode_usage(usage)),
        Dialect::OpenaiChat => (&["/usage", "/choices/0/usage"], chat::encode_usage(usage)),
        Dialect::OpenaiResponses => (&["/usage", "/response/usage"], responses::encode_usage(usage)),
        Dialect::Gemini => (&["/usageMetadata"], gemini::encode_usage(usage)),
    };
    let place = pointers.iter().find(|at| told.pointer(at).is_some_and(Value::is_object));
    if let Some(place) = place.and_then(|at| told.pointer_mut(at)) {
        *place = encoded;
        return true;
    }
    let end = match dialect {
        Dialect::AnthropicMessages if anew && matches!(kind.as_str(), "message_delta" | "message") => told,
        Dialect::OpenaiChat if anew && told.pointer("/choices/0/message").is_some() => told,
        Dialect::OpenaiResponses if anew && told.pointer("/response/output").is_some() => {
            &mut told["response"]
        }
        Dialect::OpenaiResponses if anew && told["output"].is_array() => told,
        Dialect::Gemini if anew && told.pointer("/candidates/0/finishReason").is_some() => told,
        _ => return false,
    };
    let name = if dialect == Dialect::Gemini { "usageMetadata" } else { "usage" };
    end[name] = encoded;
    true
}

/// The chunk by which `openai-chat` tells a usage and nothing else. `created`: seconds since the Unix epoch.
pub fn usage_chunk(response: &Response, usage: &Usage, created: u64) -> Value {
    json!({
        "id": response.id, "object": "chat.completion.chunk", "created": created, "model": response.model,
        "choices": [], "usage": chat::encode_usage(usage),
    })
}

/// The list of models, with one in it.
pub fn models(dialect: Dialect, model: &str, context: u64, output: u64) -> Value {
    match dialect {
        Dialect::AnthropicMessages => json!({
            "data": [{"type": "model", "id": model, "display_name": model, "created_at": "1970-01-01T00:00:00Z"}],
            "has_more": false, "first_id": model, "last_id": model,
        }),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => json!({
            "object": "list",
            "data": [{"id": model, "object": "model", "created": 0, "owned_by": "overhang"}],
        }),
        Dialect::Gemini => json!({"models": [{
            "name": format!("models/{model}"), "displayName": model,
            "inputTokenLimit": context, "outputTokenLimit": output,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        }]}),
    }
}

/// The answer to a request to count tokens.
pub fn count_tokens(dialect: Dialect, tokens: u64) -> Value {
    match dialect {
        Dialect::Gemini => json!({"totalTokens": tokens}),
        _ => json!({"input_tokens": tokens}),
    }
}
