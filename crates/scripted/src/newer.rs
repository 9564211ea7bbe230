//! Answers in `openai-responses` and `gemini`, written by hand.

use serde_json::{Value, json};

use super::Seen;
use super::answer::{Answer, MODEL, Usage, halves};

fn responses_usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input, "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input + usage.output,
    })
}

/// The namespace that a tool was offered in, and its name there. A script names such a tool `NAMESPACE__NAME`.
fn in_namespace<'a>(name: &'a str, seen: &'a Seen) -> Option<(&'a str, &'a str)> {
    let offered = seen.json["tools"].as_array()?.iter().filter(|tool| tool["type"] == "namespace");
    offered
        .filter_map(|tool| tool["name"].as_str())
        .find_map(|namespace| Some((namespace, name.strip_prefix(namespace)?.strip_prefix("__")?)))
}

fn responses_items(answer: &Answer, seen: &Seen) -> Vec<Value> {
    let turn = seen.turns();
    let part = json!({"type": "output_text", "text": answer.text, "annotations": []});
    let message = json!({"id": format!("msg_{turn}"), "type": "message", "status": "completed", "role": "assistant", "content": [part]});
    let calls = answer.tool_calls.iter().enumerate().map(|(index, (name, arguments))| {
        let mut call = json!({
            "id": format!("fc_{turn}_{index}"), "type": "function_call", "status": "completed",
            "call_id": format!("call_{turn}_{index}"), "name": name, "arguments": arguments.to_string(),
        });
        if let Some((namespace, name)) = in_namespace(name, seen) {
            (call["namespace"], call["name"]) = (namespace.into(), name.into());
        }
        call
    });
    let thought = answer.reasoning.iter().map(|(text, signature)| {
        let summary = json!([{"type": "summary_text", "text": text}]);
        json!({"id": format!("rs_{turn}"), "type": "reasoning", "summary": summary, "encrypted_content": signature})
    });
    thought.chain(std::iter::once(message)).chain(calls).collect()
}

pub(super) fn responses(answer: &Answer, seen: &Seen) -> Value {
    let mut body = json!({
        "id": format!("resp_{}", seen.turns()), "object": "response", "created_at": 1, "model": MODEL, "status": "completed",
        "error": null, "incomplete_details": null, "output": responses_items(answer, seen),
    });
    if answer.cut {
        body["status"] = "incomplete".into();
        body["incomplete_details"] = json!({"reason": "max_output_tokens"});
    }
    if let Some(usage) = answer.usage {
        body["usage"] = responses_usage(usage);
    }
    body
}

pub(super) fn responses_events(answer: &Answer, seen: &Seen) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    let mut send = |kind: &str, mut data: Value| {
        data["type"] = kind.into();
        data["sequence_number"] = events.len().into();
        events.push(format!("event: {kind}\ndata: {data}\n\n").into_bytes());
    };
    let whole = responses(answer, seen);
    let mut begun = whole.clone();
    (begun["status"], begun["output"], begun["usage"]) = ("in_progress".into(), json!([]), Value::Null);
    send("response.created", json!({"response": begun}));
    for (index, item) in responses_items(answer, seen).into_iter().enumerate() {
        let mut empty = item.clone();
        // The event's names, where its place is told, what grows, and the part that it grows in.
        let (kind, part_kind, place, key, part) = match item["type"].as_str() {
            Some("message") => {
                empty["content"] = json!([]);
                let part = item["content"][0].clone();
                ("response.output_text", "response.content_part", "content_index", "text", part)
            }
            Some("reasoning") => {
                empty["summary"] = json!([]);
                let kinds = ("response.reasoning_summary_text", "response.reasoning_summary_part");
                (kinds.0, kinds.1, "summary_index", "text", item["summary"][0].clone())
            }
            _ => {
                empty["arguments"] = "".into();
                ("response.function_call_arguments", "", "", "arguments", item.clone())
            }
        };
        let at = |mut data: Value| {
            (data["item_id"], data["output_index"]) = (item["id"].clone(), index.into());
            if !place.is_empty() {
                data[place] = 0.into();
            }
            data
        };
        send("response.output_item.added", json!({"output_index": index, "item": empty}));
        if !part_kind.is_empty() {
            let mut begun = part.clone();
            begun[key] = "".into();
            send(&format!("{part_kind}.added"), at(json!({"part": begun})));
        }
        for half in halves(part[key].as_str().unwrap_or_default()) {
            send(&format!("{kind}.delta"), at(json!({"delta": half})));
        }
        send(&format!("{kind}.done"), at(json!({key: part[key]})));
        if !part_kind.is_empty() {
            send(&format!("{part_kind}.done"), at(json!({"part": part})));
        }
        send("response.output_item.done", json!({"output_index": index, "item": item}));
    }
    let end = if answer.cut { "response.incomplete" } else { "response.completed" };
    send(end, json!({"response": whole}));
    events
}

fn gemini_usage(usage: Usage) -> Value {
    json!({
        "promptTokenCount": usage.input, "cachedContentTokenCount": usage.cache_read,
        "candidatesTokenCount": usage.output, "totalTokenCount": usage.input + usage.output,
    })
}

fn gemini_chunk(parts: Value, end: Option<&Answer>) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
    let mut body = json!({"modelVersion": MODEL, "responseId": "r1"});
    if let Some(answer) = end {
        candidate["finishReason"] = if answer.cut { "MAX_TOKENS".into() } else { "STOP".into() };
        if let Some(usage) = answer.usage {
            body["usageMetadata"] = gemini_usage(usage);
        }
    }
    body["candidates"] = json!([candidate]);
    body
}

fn gemini_calls(answer: &Answer) -> impl Iterator<Item = Value> {
    answer.tool_calls.iter().map(|(name, args)| json!({"functionCall": {"name": name, "args": args}}))
}

/// The thought is a part of its own; what signs it stands on the part that follows.
fn gemini_text(answer: &Answer) -> Vec<Value> {
    let mut said = json!({"text": answer.text});
    let Some((text, signature)) = &answer.reasoning else { return vec![said] };
    said["thoughtSignature"] = signature.as_str().into();
    vec![json!({"text": text, "thought": true}), said]
}

pub(super) fn gemini(answer: &Answer) -> Value {
    let parts: Vec<Value> = gemini_text(answer).into_iter().chain(gemini_calls(answer)).collect();
    gemini_chunk(Value::Array(parts), Some(answer))
}

pub(super) fn gemini_events(answer: &Answer) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    for part in gemini_text(answer) {
        for half in halves(part["text"].as_str().unwrap_or_default()) {
            let mut piece = part.clone();
            piece["text"] = half.into();
            chunks.push(gemini_chunk(json!([piece]), None));
        }
    }
    chunks.extend(gemini_calls(answer).map(|call| gemini_chunk(json!([call]), None)));
    chunks.push(gemini_chunk(json!([{"text": ""}]), Some(answer)));
    chunks.into_iter().map(|chunk| format!("data: {chunk}\r\n\r\n").into_bytes()).collect()
}
