//! Streamed answers, both ways.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::response::{decode_stop, decode_usage, encode_stop, encode_usage};
use crate::{
    error,
    neutral::Usage,
    sse,
    stream::{Block, Delta, StreamDecoder, StreamEncoder, StreamError},
};

/// Chunks to deltas. The dialect has no block ends: a block ends where another begins.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    started: bool,
    blocks: u32,
    /// The text or reasoning block that is open.
    open: Option<(u32, Block)>,
    /// Tool calls by the provider's index; the one that is open.
    calls: BTreeMap<u64, u32>,
    open_call: Option<u32>,
    usage: Option<Value>,
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &sse::Event, deltas: &mut Vec<Delta>) -> Result<(), StreamError> {
        if event.data.trim() == "[DONE]" {
            self.close(deltas);
            deltas.push(Delta::End);
            return Ok(());
        }
        let data: Value =
            serde_json::from_str(&event.data).map_err(|error| StreamError::Malformed(error.to_string()))?;
        if let Some(error) = error::decode(&data) {
            return Err(StreamError::Upstream(error));
        }
        if !self.started {
            self.started = true;
            let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
            deltas.push(Delta::Start { id: text("id"), model: text("model"), usage: None });
        }
        let choice = &data["choices"][0];
        self.said(&choice["delta"], deltas);
        if let Some(calls) = choice["delta"]["tool_calls"].as_array() {
            for (position, call) in (0..).zip(calls) {
                self.called(position, call, deltas)?;
            }
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.close(deltas);
            deltas.push(Delta::Stop(decode_stop(reason, !self.calls.is_empty())));
        }
        // Some servers put it beside the choices, some into the choice.
        for usage in [&data["usage"], &choice["usage"]] {
            if let Some(decoded) = decode_usage(usage) {
                self.usage = Some(usage.clone());
                deltas.push(Delta::Usage(decoded));
            }
        }
        Ok(())
    }

    fn raw_usage(&self) -> Option<Value> {
        self.usage.clone()
    }
}

impl Decoder {
    fn said(&mut self, delta: &Value, deltas: &mut Vec<Delta>) {
        let texts = [
            (Block::Reasoning, delta["reasoning_content"].as_str().or(delta["reasoning"].as_str())),
            (Block::Text, delta["content"].as_str()),
            (Block::Text, delta["refusal"].as_str()),
        ];
        for (block, text) in texts {
            let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
            let index = match &self.open {
                Some((index, open)) if *open == block => *index,
                _ => {
                    self.close(deltas);
                    let index = self.next();
                    self.open = Some((index, block.clone()));
                    deltas.push(Delta::Block { index, block });
                    index
                }
            };
            deltas.push(Delta::Text { index, text: text.to_owned() });
        }
    }

    fn called(&mut self, position: u64, call: &Value, deltas: &mut Vec<Delta>) -> Result<(), StreamError> {
        let position = call["index"].as_u64().unwrap_or(position);
        let function = &call["function"];
        let index = match self.calls.get(&position) {
            Some(index) if self.open_call == Some(*index) => *index,
            // The other dialects end one call before the next begins.
            Some(_) => return Err(StreamError::Malformed("the pieces of two tool calls are mixed".into())),
            None => {
                self.close(deltas);
                let index = self.next();
                self.calls.insert(position, index);
                self.open_call = Some(index);
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let block = Block::ToolCall { id: text(&call["id"]), name: text(&function["name"]) };
                deltas.push(Delta::Block { index, block });
                index
            }
        };
        let json = match &function["arguments"] {
            Value::String(json) if json.is_empty() => return Ok(()),
            Value::String(json) => json.clone(),
            Value::Null => return Ok(()),
            other => other.to_string(),
        };
        deltas.push(Delta::Arguments { index, json });
        Ok(())
    }

    fn next(&mut self) -> u32 {
        self.blocks += 1;
        self.blocks - 1
    }

    fn close(&mut self, deltas: &mut Vec<Delta>) {
        let said = self.open.take().map(|(index, _)| index);
        deltas.extend(said.or(self.open_call.take()).map(|index| Delta::BlockEnd { index }));
    }
}

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
