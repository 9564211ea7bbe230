//! Answers, both ways.

use serde_json::{Value, json};

use super::{content, message};
use crate::{
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::{Content, Response, StopReason, Usage},
};

pub(crate) fn decode_response(body: Value, losses: &mut Vec<Loss>) -> Result<Response, DecodeError> {
    let mut body = Fields::of(body, "")?;
    let usage = body.take("usage").as_ref().and_then(decode_usage);
    let (id, model) = (body.string("id")?.unwrap_or_default(), body.string("model")?.unwrap_or_default());
    body.take("object");
    body.take("created");
    let Some((path, choice)) = body.items("choices")?.into_iter().next() else {
        return Err(DecodeError::new("choices", "is empty"));
    };
    let mut choice = Fields::of(choice, path)?;
    let reason = choice.string("finish_reason")?;
    let Some(mut said) = choice.object("message")? else {
        return Err(DecodeError::new(choice.path("message"), "is required"));
    };
    said.take("role");
    let mut blocks = Vec::new();
    blocks.extend(message::reasoning(&mut said)?);
    blocks.extend(content::decode_all(said.take("content"), &said.path("content"), losses)?);
    let refusal = said.string("refusal")?;
    let refused = refusal.is_some();
    blocks.extend(refusal.map(|text| Content::Text { text, cache: false }));
    blocks.extend(message::tool_calls(&mut said, losses)?);
    let calls = blocks.iter().any(|block| matches!(block, Content::ToolCall { .. }));
    said.end(losses);
    choice.take("index");
    choice.end(losses);
    body.end(losses);
    let stop = match reason.as_deref() {
        None => StopReason::Other("none given".into()),
        Some(_) if refused => StopReason::Refusal,
        Some(reason) => decode_stop(reason, calls),
    };
    Ok(Response { id, model, content: blocks, stop, usage })
}

pub(crate) fn raw_usage(body: &Value) -> Option<Value> {
    body.get("usage").filter(|usage| usage.is_object()).cloned()
}

/// Some servers say `stop` though tools are called.
pub(super) fn decode_stop(reason: &str, calls: bool) -> StopReason {
    match reason {
        "stop" | "tool_calls" | "function_call" if calls => StopReason::ToolCalls,
        "stop" => StopReason::End,
        "tool_calls" | "function_call" => StopReason::ToolCalls,
        "length" => StopReason::Length,
        "content_filter" => StopReason::Refusal,
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
/// reasoning is believed (xAI). DeepSeek has names of its own for cached input.
pub(super) fn decode_usage(usage: &Value) -> Option<Usage> {
    let count = |value: &Value| value.as_u64();
    let prompt = count(&usage["prompt_tokens"]);
    let completion = count(&usage["completion_tokens"]);
    if prompt.is_none() && completion.is_none() {
        return None;
    }
    let (prompt, completion) = (prompt.unwrap_or(0), completion.unwrap_or(0));
    let details = &usage["prompt_tokens_details"];
    let cached = count(&details["cached_tokens"]).or(count(&usage["prompt_cache_hit_tokens"]));
    let cache_read = cached.unwrap_or(0).min(prompt);
    let cache_write = count(&details["cache_write_tokens"]).unwrap_or(0).min(prompt - cache_read);
    let reasoning = count(&usage["completion_tokens_details"]["reasoning_tokens"]).unwrap_or(0);
    let apart = count(&usage["total_tokens"])
        .is_some_and(|total| total > prompt.saturating_add(completion) && reasoning > 0);
    Some(Usage {
        input_uncached: prompt - cache_read - cache_write,
        cache_read,
        cache_write,
        output: if apart { completion } else { completion.saturating_sub(reasoning) },
        reasoning: if apart { reasoning } else { reasoning.min(completion) },
    })
}

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
