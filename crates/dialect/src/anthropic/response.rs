//! Answers, both ways.

use serde_json::{Value, json};

use super::content;
use crate::{
    loss::Loss,
    neutral::{Response, StopReason, Usage},
    usage::{Told, first},
};

pub(super) fn decode_stop(reason: &str) -> StopReason {
    match reason {
        "end_turn" | "stop" => StopReason::End,
        "tool_use" | "tool_calls" => StopReason::ToolCalls,
        "max_tokens" | "length" | "model_context_window_exceeded" => StopReason::Length,
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
pub(super) fn decode_usage(usage: &Value) -> Option<Told> {
    let input = first(usage, &["/input_tokens", "/prompt_tokens"]);
    let output = first(usage, &["/output_tokens", "/completion_tokens"]);
    let read = first(usage, &["/cache_read_input_tokens"]);
    let write = first(usage, &["/cache_creation_input_tokens"]);
    [input, output, read, write].iter().any(Option::is_some).then(|| Told {
        usage: Usage {
            input_uncached: input.unwrap_or(0),
            cache_read: read.unwrap_or(0),
            cache_write: write.unwrap_or(0),
            output: output.unwrap_or(0),
            reasoning: 0,
        },
        doubt: None,
    })
}

pub(crate) fn encode_usage(usage: &Usage) -> Value {
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
