//! Answers, both ways.

use serde_json::{Value, json};

use super::content;
use crate::{
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::{Response, StopReason, Usage},
};

pub(crate) fn decode_response(body: Value, losses: &mut Vec<Loss>) -> Result<Response, DecodeError> {
    let mut body = Fields::of(body, "")?;
    body.take("type");
    body.take("role");
    body.take("stop_sequence");
    let stop = body.string("stop_reason")?;
    let response = Response {
        id: body.string("id")?.unwrap_or_default(),
        model: body.string("model")?.unwrap_or_default(),
        content: content::decode_all(body.take("content"), "content", losses)?,
        stop: stop.as_deref().map_or(StopReason::Other("none given".into()), decode_stop),
        usage: body.take("usage").as_ref().and_then(decode_usage),
    };
    body.end(losses);
    Ok(response)
}

pub(crate) fn raw_usage(body: &Value) -> Option<Value> {
    body.get("usage").filter(|usage| usage.is_object()).cloned()
}

pub(super) fn decode_stop(reason: &str) -> StopReason {
    match reason {
        "end_turn" => StopReason::End,
        "tool_use" => StopReason::ToolCalls,
        "max_tokens" => StopReason::Length,
        "stop_sequence" => StopReason::StopSequence,
        "refusal" => StopReason::Refusal,
        other => StopReason::Other(other.to_owned()),
    }
}

pub(super) fn encode_stop(stop: &StopReason) -> &str {
    match stop {
        StopReason::End => "end_turn",
        StopReason::ToolCalls => "tool_use",
        StopReason::Length => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::Refusal => "refusal",
        // A reason of another dialect would be refused by the clients of this one.
        StopReason::Other(_) => "end_turn",
    }
}

/// `input_tokens` leaves cached input out; `output_tokens` has reasoning in it.
pub(super) fn decode_usage(usage: &Value) -> Option<Usage> {
    let count = |key: &str| usage.get(key).and_then(Value::as_u64);
    let known = count("input_tokens").is_some() || count("output_tokens").is_some();
    known.then(|| Usage {
        input_uncached: count("input_tokens").unwrap_or(0),
        cache_read: count("cache_read_input_tokens").unwrap_or(0),
        cache_write: count("cache_creation_input_tokens").unwrap_or(0),
        output: count("output_tokens").unwrap_or(0),
        reasoning: 0,
    })
}

pub(super) fn encode_usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_uncached,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output + usage.reasoning,
    })
}

pub(crate) fn encode_response(response: &Response, losses: &mut Vec<Loss>) -> Value {
    json!({
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": response.model,
        "content": content::encode_all(&response.content, "content", losses),
        "stop_reason": encode_stop(&response.stop),
        "stop_sequence": null,
        "usage": encode_usage(&response.usage.unwrap_or_default()),
    })
}
