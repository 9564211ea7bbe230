//! Streamed answers, written.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::response::{encode_stop, encode_usage};
use crate::{
    neutral::Usage,
    sse,
    stream::{Block, Delta, StreamEncoder},
};

/// Deltas to chunks.
#[derive(Debug)]
pub(crate) struct Encoder {
    created: u64,
    include_usage: bool,
    id: String,
    model: String,
    /// Block index to the index of the tool call.
    calls: BTreeMap<u32, usize>,
    reasoning: Option<u32>,
    stop: &'static str,
    usage: Usage,
}

impl Encoder {
    /// `created`: seconds since the Unix epoch.
    pub(crate) fn new(created: u64, include_usage: bool) -> Self {
        Self {
            created,
            include_usage,
            id: String::new(),
            model: String::new(),
            calls: BTreeMap::new(),
            reasoning: None,
            stop: "stop",
            usage: Usage::default(),
        }
    }

    fn chunk(&self, delta: Value, finish_reason: Option<&str>, out: &mut Vec<u8>) {
        let choices = json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason}]);
        self.send(choices, None, out);
    }

    fn send(&self, choices: Value, usage: Option<Value>, out: &mut Vec<u8>) {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": choices,
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage;
        }
        sse::write("", &chunk.to_string(), out);
    }
}

impl StreamEncoder for Encoder {
    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Start { id, model, usage } => {
                self.id.clone_from(id);
                self.model.clone_from(model);
                self.usage = usage.unwrap_or_default();
                self.chunk(json!({"role": "assistant", "content": ""}), None, out);
            }
            Delta::Block { index, block: Block::ToolCall { id, name } } => {
                let position = self.calls.len();
                self.calls.insert(*index, position);
                let function = json!({"name": name, "arguments": ""});
                let call = json!({"index": position, "id": id, "type": "function", "function": function});
                self.chunk(json!({"tool_calls": [call]}), None, out);
            }
            Delta::Block { index, block: Block::Reasoning } => self.reasoning = Some(*index),
            Delta::Text { index, text } => {
                let key = if self.reasoning == Some(*index) { "reasoning_content" } else { "content" };
                self.chunk(json!({key: text}), None, out);
            }
            Delta::Arguments { index, json } => {
                let position = self.calls.get(index).copied().unwrap_or(0);
                let call = json!({"index": position, "function": {"arguments": json}});
                self.chunk(json!({"tool_calls": [call]}), None, out);
            }
            Delta::Stop(stop) => self.stop = encode_stop(stop),
            Delta::Usage(usage) => self.usage = *usage,
            Delta::End => {
                self.chunk(json!({}), Some(self.stop), out);
                if self.include_usage {
                    self.send(json!([]), Some(encode_usage(&self.usage)), out);
                }
                sse::write("", "[DONE]", out);
            }
            Delta::Block { block: Block::Text, .. } | Delta::Signature { .. } | Delta::BlockEnd { .. } => {}
        }
    }
}
