//! Answers, both ways.

use serde_json::{Value, json};

use super::message;
use crate::{
    loss::Loss,
    neutral::{Response, StopReason, Usage},
    usage::{Told, first, split},
};

pub(super) fn decode_stop(reason: &str) -> StopReason {
    match reason {
        "stop" | "eos" | "end_turn" => StopReason::End,
        "tool_calls" | "tool_call" | "tool_use" | "function_call" => StopReason::ToolCalls,
        "length" | "max_tokens" | "model_length" => StopReason::Length,
        "content_filter" | "refusal" => StopReason::Refusal,
        other => StopReason::Other(other.to_owned()),
    }
}

pub(super) fn encode_stop(stop: &StopReason) -> &'static str {
    match stop {
        StopReason::ToolCalls => "tool_calls",
        StopReason::Length => "length",
        StopReason::Refusal => "content_filter",
        StopReason::End | StopReason::StopSequence | StopReason::Other(_) => "stop",
    }
}

/// `prompt_tokens` has cached input in it, `completion_tokens` has reasoning in it; a total that says otherwise of
/// either is believed (xAI's of reasoning). Each server has names of its own for cached input.
pub(super) fn decode_usage(usage: &Value) -> Option<Told> {
    let prompt = first(usage, &["/prompt_tokens", "/input_tokens"]);
    let completion = first(usage, &["/completion_tokens", "/output_tokens"]);
    let total = first(usage, &["/total_tokens"]);
    if prompt.is_none() && completion.is_none() {
        return None;
    }
    let completion = completion.unwrap_or_else(|| {
        let rest = total.zip(prompt).map(|(total, prompt)| total.saturating_sub(prompt));
        rest.unwrap_or(0)
    });
    let reasoning =
        first(usage, &["/completion_tokens_details/reasoning_tokens", "/reasoning_tokens"]).unwrap_or(0);
    let prompt = prompt.unwrap_or(0);
    let read = first(usage, CACHE_READ).unwrap_or(0);
    let write = first(usage, CACHE_WRITE).unwrap_or(0);
    let apart = total.is_some_and(|total| total > prompt.saturating_add(completion) && reasoning > 0);
    let (output, reasoning) = match apart {
        true => (completion, reasoning),
        false => (completion.saturating_sub(reasoning), reasoning.min(completion)),
    };
    let Told { usage: input, doubt } = split(prompt, read, write, output.saturating_add(reasoning), total);
    Some(Told { usage: Usage { output, reasoning, ..input }, doubt })
}

/// Where servers tell of input read from a cache: OpenAI and most, DeepSeek, Kimi, Anthropic's names behind LiteLLM.
const CACHE_READ: &[&str] = &[
    "/prompt_tokens_details/cached_tokens",
    "/prompt_cache_hit_tokens",
    "/cached_tokens",
    "/num_cached_tokens",
    "/input_tokens_details/cached_tokens",
    "/cache_read_input_tokens",
];

/// Where they tell of input written to one: OpenRouter, Qwen, LiteLLM.
const CACHE_WRITE: &[&str] = &[
    "/prompt_tokens_details/cache_write_tokens",
    "/prompt_tokens_details/cache_creation_input_tokens",
    "/prompt_tokens_details/cache_creation_tokens",
    "/cache_creation_input_tokens",
];

pub(super) fn encode_usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.input(),
        "completion_tokens": usage.output + usage.reasoning,
        "total_tokens": usage.total(),
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    })
}

pub(crate) fn encode_response(response: &Response, created: u64, losses: &mut Vec<Loss>) -> Value {
    json!({
        "id": response.id,
        "object": "chat.completion",
        "created": created,
        "model": response.model,
        "choices": [{
            "index": 0,
            "message": message::encode_assistant(&response.content, "choices[0].message", losses),
            "logprobs": null,
            "finish_reason": encode_stop(&response.stop),
        }],
        "usage": encode_usage(&response.usage.unwrap_or_default()),
    })
}
