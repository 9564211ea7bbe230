//! Answers, both ways.

use serde_json::{Value, json};

use super::items;
use crate::{
    neutral::{Origins, Response, StopReason, Usage},
    usage::{Told, first, split},
};

/// The stop of a response object; calls of tools are not looked at.
pub(super) fn decode_stop(response: &Value) -> StopReason {
    match (response["status"].as_str(), response["incomplete_details"]["reason"].as_str()) {
        (Some("completed") | None, _) => StopReason::End,
        (Some("incomplete"), Some("max_output_tokens")) => StopReason::Length,
        (Some("incomplete"), Some("content_filter")) => StopReason::Refusal,
        (Some(status), reason) => StopReason::Other(reason.unwrap_or(status).to_owned()),
    }
}

/// `input_tokens` has cached input in it, `output_tokens` has reasoning in it.
pub(super) fn decode_usage(usage: &Value) -> Option<Told> {
    let input = first(usage, &["/input_tokens", "/prompt_tokens"]);
    let output = first(usage, &["/output_tokens", "/completion_tokens"]);
    if input.is_none() && output.is_none() {
        return None;
    }
    let (input, output) = (input.unwrap_or(0), output.unwrap_or(0));
    let read = first(usage, &["/input_tokens_details/cached_tokens", "/prompt_tokens_details/cached_tokens"]);
    let write = first(usage, &["/input_tokens_details/cache_write_tokens"]);
    let reasoning = first(usage, &["/output_tokens_details/reasoning_tokens"]).unwrap_or(0).min(output);
    let total = first(usage, &["/total_tokens"]);
    let Told { usage: split, doubt } = split(input, read.unwrap_or(0), write.unwrap_or(0), output, total);
    Some(Told { usage: Usage { output: output - reasoning, reasoning, ..split }, doubt })
}

pub(crate) fn encode_usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input(),
        "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output + usage.reasoning,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total(),
    })
}

/// Writes an answer as a response object. `created`: seconds since the Unix epoch.
pub(crate) fn encode_response(response: &Response, created: u64, origins: &Origins) -> Value {
    let blocks = response.content.iter().enumerate();
    let output: Vec<Value> = blocks
        .filter_map(|(index, block)| items::encode_answer(block, &item_id(&response.id, index), origins))
        .collect();
    let mut body = frame(&response.id, &response.model, created);
    let (status, reason) = encode_stop(&response.stop);
    body["status"] = json!(status);
    body["incomplete_details"] = reason.map_or(Value::Null, |reason| json!({"reason": reason}));
    body["output"] = Value::Array(output);
    body["usage"] = encode_usage(&response.usage.unwrap_or_default());
    body
}

pub(super) fn item_id(response: &str, index: usize) -> String {
    format!("{response}_item_{index}")
}

fn encode_stop(stop: &StopReason) -> (&'static str, Option<&'static str>) {
    match stop {
        StopReason::Length => ("incomplete", Some("max_output_tokens")),
        StopReason::Refusal => ("incomplete", Some("content_filter")),
        StopReason::End | StopReason::ToolCalls | StopReason::StopSequence | StopReason::Other(_) => {
            ("completed", None)
        }
    }
}

/// A response object without what is yet to come. Clients check that these fields are there.
pub(super) fn frame(id: &str, model: &str, created: u64) -> Value {
    json!({
        "id": id, "object": "response", "created_at": created, "status": "in_progress", "error": null,
        "incomplete_details": null, "instructions": null, "metadata": {}, "model": model, "output": [],
        "parallel_tool_calls": true, "temperature": null, "tool_choice": "auto", "tools": [], "top_p": null,
        "usage": null,
    })
}
