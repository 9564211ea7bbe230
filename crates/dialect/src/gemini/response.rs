//! Answers, both ways.

use serde_json::{Value, json};

use super::parts;
use crate::{
    loss::Loss,
    neutral::{Response, StopReason, Usage},
    usage::{Told, first, split},
};

pub(super) fn decode_stop(reason: &str) -> StopReason {
    match reason {
        "STOP" => StopReason::End,
        "MAX_TOKENS" => StopReason::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => StopReason::Refusal,
        other => StopReason::Other(other.to_owned()),
    }
}

pub(super) fn encode_stop(stop: &StopReason) -> &'static str {
    match stop {
        StopReason::Length => "MAX_TOKENS",
        StopReason::Refusal => "SAFETY",
        StopReason::End | StopReason::ToolCalls | StopReason::StopSequence | StopReason::Other(_) => "STOP",
    }
}

/// `promptTokenCount` has cached input in it; `candidatesTokenCount` has no thoughts in it.
pub(super) fn decode_usage(usage: &Value) -> Option<Told> {
    let prompt = first(usage, &["/promptTokenCount", "/prompt_token_count"]);
    let candidates =
        first(usage, &["/candidatesTokenCount", "/candidates_token_count", "/responseTokenCount"]);
    let thoughts = first(usage, &["/thoughtsTokenCount", "/thoughts_token_count"]);
    let total = first(usage, &["/totalTokenCount", "/total_token_count"]);
    if prompt.is_none() && candidates.is_none() && thoughts.is_none() {
        return None;
    }
    let prompt = prompt.unwrap_or(0);
    let tools = first(usage, &["/toolUsePromptTokenCount", "/tool_use_prompt_token_count"]).unwrap_or(0);
    let input = prompt.saturating_add(tools);
    let read = first(usage, &["/cachedContentTokenCount", "/cached_content_token_count"]).unwrap_or(0);
    let reasoning = thoughts.unwrap_or(0);
    let rest = || total.map_or(0, |total| total.saturating_sub(input).saturating_sub(reasoning));
    let output = candidates.unwrap_or_else(rest);
    let Told { usage: split, doubt } = split(input, read, 0, output.saturating_add(reasoning), total);
    Some(Told { usage: Usage { output, reasoning, ..split }, doubt })
}

pub(crate) fn encode_usage(usage: &Usage) -> Value {
    json!({
        "promptTokenCount": usage.input(),
        "cachedContentTokenCount": usage.cache_read,
        "candidatesTokenCount": usage.output,
        "thoughtsTokenCount": usage.reasoning,
        "totalTokenCount": usage.total(),
    })
}

pub(crate) fn encode_response(response: &Response, losses: &mut Vec<Loss>) -> Value {
    let parts = parts::encode_all(&response.content, "content", &parts::Reader::Client, losses);
    let mut body = chunk(&response.id, &response.model, parts, Some(&response.stop));
    body["usageMetadata"] = encode_usage(&response.usage.unwrap_or_default());
    body
}

/// An answer, or a piece of one.
pub(super) fn chunk(id: &str, model: &str, parts: Vec<Value>, stop: Option<&StopReason>) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
    if let Some(stop) = stop {
        candidate["finishReason"] = json!(encode_stop(stop));
    }
    json!({"candidates": [candidate], "modelVersion": model, "responseId": id})
}
