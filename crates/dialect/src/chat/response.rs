//! Answers, both ways.

use serde_json::{Value, json};

use super::message;
use crate::{
    loss::{Loss, Severity},
    neutral::{Response, StopReason, Usage},
    usage::{Told, first, split},
};

pub(super) fn decode_stop(reason: &str) -> StopReason {
    match reason {
        "stop" | "eos" | "end_turn" => StopReason::End,
        "tool_calls" | "tool_call" | "tool_use" | "function_call" => StopReason::ToolCalls,
        "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" => StopReason::Length,
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
    // What a total has beyond both: cached input that stands beside the prompt, or reasoning that nobody counted.
    let beyond = total.map_or(0, |total| total.saturating_sub(prompt.saturating_add(completion)));
    if beyond > 0 && beyond == read.saturating_add(write) {
        let usage = Usage {
            input_uncached: prompt,
            cache_read: read,
            cache_write: write,
            output: completion.saturating_sub(reasoning),
            reasoning: reasoning.min(completion),
        };
        return Some(Told { usage, doubt: None });
    }
    let (output, reasoning) = match (beyond, reasoning) {
        (0, _) => (completion.saturating_sub(reasoning), reasoning.min(completion)),
        (_, 0) => (completion, beyond),
        _ => (completion, reasoning),
    };
    let Told { usage: input, doubt } = split(prompt, read, write, output.saturating_add(reasoning), total);
    Some(Told { usage: Usage { output, reasoning, ..input }, doubt })
}

/// Where servers tell of input read from a cache: OpenAI and most, DeepSeek, Kimi, Anthropic's names behind LiteLLM.
const CACHE_READ: &[&str] = &[
    "/prompt_tokens_details/cached_tokens",
    "/prompt_token_details/cached_tokens",
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

pub(crate) fn encode_usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.input(),
        "completion_tokens": usage.output + usage.reasoning,
        "total_tokens": usage.total(),
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    })
}

/// The signatures of an answer have no place in it. They stay with whoever writes it, to be put back into the request
/// that repeats it.
pub(crate) fn encode_response(response: &Response, created: u64, losses: &mut Vec<Loss>) -> Value {
    let mut own = Vec::new();
    let message = message::encode_assistant(&response.content, "choices[0].message", &mut own);
    losses.extend(own.into_iter().map(|loss| match loss.reason.as_str() {
        message::SIGNATURE => Loss { severity: Severity::Note, ..loss },
        _ => loss,
    }));
    json!({
        "id": response.id,
        "object": "chat.completion",
        "created": created,
        "model": response.model,
        "choices": [{
            "index": 0, "message": message, "logprobs": null, "finish_reason": encode_stop(&response.stop),
        }],
        "usage": encode_usage(&response.usage.unwrap_or_default()),
    })
}
