//! Answers in `openai-responses` and `gemini`, written by hand.

use serde_json::{Value, json};

use super::answer::{Answer, MODEL, Usage, halves};

fn responses_usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input, "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input + usage.output,
    })
}

fn responses_items(answer: &Answer, turn: usize) -> Vec<Value> {
    let part = json!({"type": "output_text", "text": answer.text, "annotations": []});
    let message = json!({"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]});
    let calls = answer.tool_calls.iter().enumerate().map(|(index, (name, arguments))| {
        json!({
            "id": format!("fc_{turn}_{index}"), "type": "function_call", "status": "completed",
            "call_id": format!("call_{turn}_{index}"), "name": name, "arguments": arguments.to_string(),
        })
    });
    std::iter::once(message).chain(calls).collect()
}

pub(super) fn responses(answer: &Answer, turn: usize) -> Value {
    let mut body = json!({
        "id": "resp_1", "object": "response", "created_at": 1, "model": MODEL, "status": "completed",
        "error": null, "incomplete_details": null, "output": responses_items(answer, turn),
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

pub(super) fn responses_events(answer: &Answer, turn: usize) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    let mut send = |kind: &str, mut data: Value| {
        data["type"] = kind.into();
        data["sequence_number"] = events.len().into();
        events.push(format!("event: {kind}\ndata: {data}\n\n").into_bytes());
    };
    let whole = responses(answer, turn);
    let mut begun = whole.clone();
    (begun["status"], begun["output"], begun["usage"]) = ("in_progress".into(), json!([]), Value::Null);
    send("response.created", json!({"response": begun}));
    for (index, item) in responses_items(answer, turn).into_iter().enumerate() {
        let mut empty = item.clone();
        let (kind, key, text) = match item["type"].as_str() {
            Some("message") => {
                empty["content"] = json!([]);
                ("response.output_text", "text", item["content"][0]["text"].clone())
            }
            _ => {
                empty["arguments"] = "".into();
                ("response.function_call_arguments", "arguments", item["arguments"].clone())
            }
        };
        send("response.output_item.added", json!({"output_index": index, "item": empty}));
        for half in halves(text.as_str().unwrap_or_default()) {
            send(
                &format!("{kind}.delta"),
                json!({"item_id": item["id"], "output_index": index, "delta": half}),
            );
        }
        send(&format!("{kind}.done"), json!({"item_id": item["id"], "output_index": index, key: text}));
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

pub(super) fn gemini(answer: &Answer) -> Value {
    let parts: Vec<Value> =
        std::iter::once(json!({"text": answer.text})).chain(gemini_calls(answer)).collect();
    gemini_chunk(Value::Array(parts), Some(answer))
}

pub(super) fn gemini_events(answer: &Answer) -> Vec<Vec<u8>> {
    let mut chunks: Vec<Value> =
        halves(&answer.text).iter().map(|half| gemini_chunk(json!([{"text": half}]), None)).collect();
    chunks.extend(gemini_calls(answer).map(|call| gemini_chunk(json!([call]), None)));
    chunks.push(gemini_chunk(json!([{"text": ""}]), Some(answer)));
    chunks.into_iter().map(|chunk| format!("data: {chunk}\r\n\r\n").into_bytes()).collect()
}
