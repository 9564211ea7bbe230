//! Streamed answers, written.

use serde_json::{Value, json};

use super::response::{encode_stop, encode_usage};
use crate::{
    fields::arguments,
    neutral::{StopReason, Usage},
    sse,
    stream::{Block, Delta, StreamEncoder},
};

/// Deltas to events.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    /// The block that is open, and whether it is reasoning.
    open: Option<(u32, bool)>,
    /// Of the call that is open, sent when they are whole: clients take nothing but an object.
    arguments: String,
    stop: Option<StopReason>,
    usage: Usage,
}

impl StreamEncoder for Encoder {
    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        match delta {
            Delta::Start { id, model, usage } => {
                self.usage = usage.unwrap_or_default();
                let message = json!({
                    "id": id, "type": "message", "role": "assistant", "model": model, "content": [],
                    "stop_reason": null, "stop_sequence": null, "usage": encode_usage(&self.usage),
                });
                send("message_start", json!({"type": "message_start", "message": message}), out);
            }
            Delta::Block { index, block } => {
                self.close(out);
                self.open = Some((*index, *block == Block::Reasoning));
                let block = match block {
                    Block::Text => json!({"type": "text", "text": ""}),
                    Block::Reasoning => json!({"type": "thinking", "thinking": "", "signature": ""}),
                    Block::ToolCall { id, name } => {
                        json!({"type": "tool_use", "id": id, "name": name, "input": {}})
                    }
                };
                let event = json!({"type": "content_block_start", "index": index, "content_block": block});
                send("content_block_start", event, out);
            }
            Delta::Text { index, text } if self.open == Some((*index, true)) => {
                send_delta(*index, json!({"type": "thinking_delta", "thinking": text}), out);
            }
            Delta::Text { index, text } => {
                send_delta(*index, json!({"type": "text_delta", "text": text}), out);
            }
            Delta::Signature { index, signature } => {
                send_delta(*index, json!({"type": "signature_delta", "signature": signature}), out);
            }
            Delta::Arguments { json, .. } => self.arguments.push_str(json),
            Delta::BlockEnd { index } => {
                if self.open.is_some_and(|(open, _)| open == *index) {
                    self.close(out);
                }
            }
            // Sent at the end, when the usage is known.
            Delta::Stop(stop) => self.stop = Some(stop.clone()),
            Delta::Usage(usage) => self.usage = *usage,
            Delta::End => {
                self.close(out);
                let stop = self.stop.take().unwrap_or(StopReason::End);
                let event = json!({
                    "type": "message_delta",
                    "delta": {"stop_reason": encode_stop(&stop), "stop_sequence": null},
                    "usage": encode_usage(&self.usage),
                });
                send("message_delta", event, out);
                send("message_stop", json!({"type": "message_stop"}), out);
            }
        }
    }
}

impl Encoder {
    fn close(&mut self, out: &mut Vec<u8>) {
        if let Some((index, _)) = self.open.take() {
            if !self.arguments.is_empty() {
                let json = match arguments(&std::mem::take(&mut self.arguments)) {
                    Value::String(text) => json!({"arguments": text}).to_string(),
                    object => object.to_string(),
                };
                send_delta(index, json!({"type": "input_json_delta", "partial_json": json}), out);
            }
            send("content_block_stop", json!({"type": "content_block_stop", "index": index}), out);
        }
    }
}

fn send_delta(index: u32, delta: Value, out: &mut Vec<u8>) {
    send("content_block_delta", json!({"type": "content_block_delta", "index": index, "delta": delta}), out);
}

fn send(event: &str, data: Value, out: &mut Vec<u8>) {
    sse::write(event, &data.to_string(), out);
}
