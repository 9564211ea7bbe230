//! Streamed answers, both ways.

use serde_json::{Value, json};

use super::response::{decode_stop, decode_usage, encode_stop, encode_usage};
use crate::{
    error,
    neutral::{StopReason, Usage},
    sse,
    stream::{Block, Delta, StreamDecoder, StreamEncoder, StreamError},
};

/// Events to deltas.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    usage: Option<Value>,
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &sse::Event, deltas: &mut Vec<Delta>) -> Result<(), StreamError> {
        let data: Value = match serde_json::from_str(&event.data) {
            Ok(data) => data,
            // What is no JSON matters only where it should be: other servers end with a mark of their own.
            Err(_) if event.data.trim() == "[DONE]" => return Ok(()),
            Err(error) => return Err(StreamError::Malformed(error.to_string())),
        };
        if let Some(error) = error::decode(&data) {
            return Err(StreamError::Upstream(error));
        }
        match data["type"].as_str().unwrap_or(&event.event) {
            "message_start" => {
                let message = &data["message"];
                self.merge_usage(&message["usage"]);
                deltas.push(Delta::Start {
                    id: text(&message["id"]),
                    model: text(&message["model"]),
                    usage: self.usage(),
                });
            }
            "content_block_start" => self.block_start(&data, deltas)?,
            "content_block_delta" => block_delta(index(&data)?, &data["delta"], deltas),
            "content_block_stop" => deltas.push(Delta::BlockEnd { index: index(&data)? }),
            "message_delta" => {
                if let Some(reason) = data["delta"]["stop_reason"].as_str() {
                    deltas.push(Delta::Stop(decode_stop(reason)));
                }
                self.merge_usage(&data["usage"]);
                deltas.extend(self.usage().map(Delta::Usage));
            }
            "message_stop" => deltas.push(Delta::End),
            // `ping`, and what is yet to be invented.
            _ => {}
        }
        Ok(())
    }

    fn raw_usage(&self) -> Option<Value> {
        self.usage.clone()
    }
}

impl Decoder {
    /// Counts in later events replace those before; they are running totals.
    fn merge_usage(&mut self, newer: &Value) {
        let Value::Object(newer) = newer else { return };
        let usage = self.usage.get_or_insert_with(|| json!({}));
        for (key, value) in newer {
            if !value.is_null() {
                usage[key] = value.clone();
            }
        }
    }

    fn usage(&self) -> Option<Usage> {
        self.usage.as_ref().and_then(decode_usage)
    }

    fn block_start(&self, data: &Value, deltas: &mut Vec<Delta>) -> Result<(), StreamError> {
        let index = index(data)?;
        let content = &data["content_block"];
        let block = match content["type"].as_str() {
            Some("text") => Block::Text,
            Some("thinking" | "redacted_thinking") => Block::Reasoning,
            Some("tool_use") => Block::ToolCall { id: text(&content["id"]), name: text(&content["name"]) },
            // Blocks of server tools: passed on as bytes, of no use elsewhere.
            _ => return Ok(()),
        };
        deltas.push(Delta::Block { index, block });
        for key in ["text", "thinking"] {
            push_text(index, &content[key], deltas);
        }
        let signature = content["data"].as_str().or(content["signature"].as_str()).unwrap_or_default();
        if !signature.is_empty() {
            deltas.push(Delta::Signature { index, signature: signature.to_owned() });
        }
        if let Value::Object(input) = &content["input"]
            && !input.is_empty()
        {
            deltas.push(Delta::Arguments { index, json: content["input"].to_string() });
        }
        Ok(())
    }
}

fn block_delta(index: u32, delta: &Value, deltas: &mut Vec<Delta>) {
    match delta["type"].as_str() {
        Some("text_delta") => push_text(index, &delta["text"], deltas),
        Some("thinking_delta") => push_text(index, &delta["thinking"], deltas),
        Some("signature_delta") => {
            deltas.push(Delta::Signature { index, signature: text(&delta["signature"]) });
        }
        Some("input_json_delta") => {
            deltas.push(Delta::Arguments { index, json: text(&delta["partial_json"]) });
        }
        _ => {}
    }
}

fn push_text(index: u32, value: &Value, deltas: &mut Vec<Delta>) {
    let text = text(value);
    if !text.is_empty() {
        deltas.push(Delta::Text { index, text });
    }
}

fn index(data: &Value) -> Result<u32, StreamError> {
    let index = data["index"].as_u64().and_then(|index| u32::try_from(index).ok());
    index.ok_or_else(|| StreamError::Malformed("a block event without `index`".into()))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Deltas to events.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    /// The block that is open, and whether it is reasoning.
    open: Option<(u32, bool)>,
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
            Delta::Arguments { index, json } => {
                send_delta(*index, json!({"type": "input_json_delta", "partial_json": json}), out);
            }
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
