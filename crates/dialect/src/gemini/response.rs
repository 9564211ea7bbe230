//! Answers, both ways.

use serde_json::{Value, json};

use super::parts::{self, Calls};
use crate::{
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::{Content, Response, StopReason, Usage},
};

pub(crate) fn decode_response(body: Value, losses: &mut Vec<Loss>) -> Result<Response, DecodeError> {
    let mut body = Fields::of(body, "")?;
    let usage = body.take("usageMetadata").as_ref().and_then(decode_usage);
    let id = body.string("responseId")?.unwrap_or_default();
    let model = body.string("modelVersion")?.unwrap_or_default();
    let feedback = body.take("promptFeedback");
    let Some((path, candidate)) = body.items("candidates")?.into_iter().next() else {
        if feedback.is_some_and(|feedback| feedback["blockReason"].is_string()) {
            return Ok(Response { id, model, content: Vec::new(), stop: StopReason::Refusal, usage });
        }
        return Err(DecodeError::new("candidates", "is empty"));
    };
    let mut candidate = Fields::of(candidate, path)?;
    let mut content = Vec::new();
    if let Some(mut turn) = candidate.object("content")? {
        turn.take("role");
        content = parts::decode_all(turn.items("parts")?, &mut Calls::new(&prefix(&id)), losses)?;
        turn.end(losses);
    }
    let calls = content.iter().any(|block| matches!(block, Content::ToolCall { .. }));
    let reason = candidate.string("finishReason")?;
    let stop = reason.map_or(StopReason::Other("none given".into()), |reason| decode_stop(&reason, calls));
    candidate.take("index");
    candidate.end(losses);
    body.end(losses);
    Ok(Response { id, model, content, stop, usage })
}

/// What tells the calls of one answer from those of others.
pub(super) fn prefix(response: &str) -> String {
    if response.is_empty() { String::new() } else { format!("{response}_") }
}

pub(crate) fn raw_usage(body: &Value) -> Option<Value> {
    body.get("usageMetadata").filter(|usage| usage.is_object()).cloned()
}

pub(super) fn decode_stop(reason: &str, calls: bool) -> StopReason {
    match reason {
        "STOP" if calls => StopReason::ToolCalls,
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
pub(super) fn decode_usage(usage: &Value) -> Option<Usage> {
    let count = |key: &str| usage[key].as_u64();
    let prompt = count("promptTokenCount")?.saturating_add(count("toolUsePromptTokenCount").unwrap_or(0));
    let cache_read = count("cachedContentTokenCount").unwrap_or(0).min(prompt);
    Some(Usage {
        input_uncached: prompt - cache_read,
        cache_read,
        cache_write: 0,
        output: count("candidatesTokenCount").unwrap_or(0),
        reasoning: count("thoughtsTokenCount").unwrap_or(0),
    })
}

pub(super) fn encode_usage(usage: &Usage) -> Value {
    json!({
        "promptTokenCount": usage.input(),
        "cachedContentTokenCount": usage.cache_read,
        "candidatesTokenCount": usage.output,
        "thoughtsTokenCount": usage.reasoning,
        "totalTokenCount": usage.total(),
    })
}

pub(crate) fn encode_response(response: &Response, losses: &mut Vec<Loss>) -> Value {
    let parts = parts::encode_all(&response.content, "content", &|_| String::new(), losses);
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
