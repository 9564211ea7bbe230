//! The events of `ConverseStream` as Anthropic's.

use serde_json::{Value, json};

use super::super::eventstream::Read;
use crate::provider::Event;

/// Which blocks are open, and why the answer stopped.
#[derive(Default)]
pub(super) struct Events {
    open: Vec<u64>,
    stop: Option<String>,
}

impl Read for Events {
    fn event(&mut self, name: &str, payload: Value) -> Result<Vec<Event>, String> {
        let index = payload["contentBlockIndex"].as_u64().unwrap_or(0);
        Ok(match name {
            "messageStart" => vec![event(json!({"type": "message_start", "message": {
                "id": "", "type": "message", "role": "assistant", "model": "", "content": [],
                "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 0, "output_tokens": 0},
            }}))],
            "contentBlockStart" => {
                let tool = &payload["start"]["toolUse"];
                let block =
                    json!({"type": "tool_use", "id": tool["toolUseId"], "name": tool["name"], "input": {}});
                self.start(index, tool.is_object().then_some(block))
            }
            "contentBlockDelta" => self.delta(index, &payload["delta"]),
            "contentBlockStop" => {
                self.open.retain(|open| *open != index);
                vec![event(json!({"type": "content_block_stop", "index": index}))]
            }
            "messageStop" => {
                self.stop = payload["stopReason"].as_str().map(stop_reason);
                Vec::new()
            }
            // It comes last, and has the usage.
            "metadata" => vec![
                event(json!({
                    "type": "message_delta",
                    "delta": {"stop_reason": self.stop, "stop_sequence": null},
                    "usage": usage(&payload["usage"]),
                })),
                event(json!({"type": "message_stop"})),
            ],
            _ => Vec::new(),
        })
    }
}

impl Events {
    /// Begins a block, unless it is open.
    fn start(&mut self, index: u64, block: Option<Value>) -> Vec<Event> {
        match block.filter(|_| !self.open.contains(&index)) {
            Some(block) => {
                self.open.push(index);
                vec![event(json!({"type": "content_block_start", "index": index, "content_block": block}))]
            }
            None => Vec::new(),
        }
    }

    /// Only calls of tools have a beginning of their own: other blocks begin with their first piece.
    fn delta(&mut self, index: u64, delta: &Value) -> Vec<Event> {
        let reasoning = &delta["reasoningContent"];
        let (block, piece) = if delta["toolUse"].is_object() {
            (None, json!({"type": "input_json_delta", "partial_json": delta["toolUse"]["input"]}))
        } else if let Some(data) = reasoning["redactedContent"].as_str() {
            return self.start(index, Some(json!({"type": "redacted_thinking", "data": data})));
        } else if reasoning.is_object() {
            let block = json!({"type": "thinking", "thinking": "", "signature": ""});
            let piece = match reasoning["signature"].as_str() {
                Some(signature) => json!({"type": "signature_delta", "signature": signature}),
                None => json!({"type": "thinking_delta", "thinking": reasoning["text"]}),
            };
            (Some(block), piece)
        } else {
            let block = json!({"type": "text", "text": ""});
            (Some(block), json!({"type": "text_delta", "text": delta["text"]}))
        };
        let mut events = self.start(index, block);
        events.push(event(json!({"type": "content_block_delta", "index": index, "delta": piece})));
        events
    }
}

fn event(data: Value) -> Event {
    Event { event: data["type"].as_str().unwrap_or_default().to_owned(), data: data.to_string() }
}

fn stop_reason(reason: &str) -> String {
    match reason {
        "guardrail_intervened" | "content_filtered" => "refusal",
        other => other,
    }
    .to_owned()
}

/// Input without what the cache gave or took, as Anthropic counts it.
fn usage(usage: &Value) -> Value {
    let count = |names: [&str; 2]| names.into_iter().find_map(|name| usage[name].as_u64()).unwrap_or(0);
    json!({
        "input_tokens": usage["inputTokens"],
        "output_tokens": usage["outputTokens"],
        "cache_read_input_tokens": count(["cacheReadInputTokens", "cacheReadInputTokenCount"]),
        "cache_creation_input_tokens": count(["cacheWriteInputTokens", "cacheWriteInputTokenCount"]),
    })
}
