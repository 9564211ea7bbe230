//! Streamed answers, both ways.

use serde_json::{Value, json};

use super::{
    parts::{self, Calls},
    response::{chunk, decode_stop, decode_usage, encode_usage, prefix},
};
use crate::{
    error,
    fields::{arguments, numbered},
    neutral::{Content, StopReason, Usage},
    sse,
    stream::{Block, Delta, StreamDecoder, StreamEncoder, StreamError},
};

/// Chunks to deltas. The dialect has neither block ends nor an end mark: an answer has ended when its reason to stop
/// and its usage are known.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    calls: Option<Calls>,
    called: bool,
    blocks: u32,
    /// The text or reasoning block that is open.
    open: Option<(u32, Block)>,
    stopped: bool,
    usage: Option<Value>,
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &sse::Event, deltas: &mut Vec<Delta>) -> Result<(), StreamError> {
        let malformed = |error: &dyn std::fmt::Display| StreamError::Malformed(error.to_string());
        let data: Value = serde_json::from_str(&event.data).map_err(|error| malformed(&error))?;
        if let Some(error) = error::decode(&data) {
            return Err(StreamError::Upstream(error));
        }
        let id = data["responseId"].as_str().unwrap_or_default();
        let mut calls = match self.calls.take() {
            Some(calls) => calls,
            None => {
                let model = data["modelVersion"].as_str().unwrap_or_default().to_owned();
                deltas.push(Delta::Start { id: id.to_owned(), model, usage: None });
                Calls::new(&prefix(id))
            }
        };
        let candidate = &data["candidates"][0];
        let parts = candidate["content"]["parts"].as_array().cloned().unwrap_or_default();
        let parts = parts::decode_all(numbered("parts", parts), &mut calls, &mut Vec::new());
        self.calls = Some(calls);
        for block in parts.map_err(|error| malformed(&error))? {
            self.said(block, deltas);
        }
        let blocked = data["promptFeedback"]["blockReason"].as_str().map(|_| "SAFETY");
        if let Some(reason) = candidate["finishReason"].as_str().or(blocked) {
            self.close(deltas);
            self.stopped = true;
            deltas.push(Delta::Stop(decode_stop(reason, self.called)));
        }
        if let Some(usage) = decode_usage(&data["usageMetadata"]) {
            self.usage = Some(data["usageMetadata"].clone());
            deltas.push(Delta::Usage(usage));
        }
        if self.stopped && self.usage.is_some() {
            deltas.push(Delta::End);
        }
        Ok(())
    }

    fn raw_usage(&self) -> Option<Value> {
        self.usage.clone()
    }
}

impl Decoder {
    fn said(&mut self, content: Content, deltas: &mut Vec<Delta>) {
        match content {
            Content::Text { text, .. } => {
                let index = self.block(Block::Text, deltas);
                deltas.push(Delta::Text { index, text });
            }
            Content::Reasoning { text, signature } => {
                // A signature without text is a block of its own: it belongs to the part that follows.
                if text.is_empty() {
                    self.close(deltas);
                }
                let index = self.block(Block::Reasoning, deltas);
                deltas.push(Delta::Text { index, text });
                if let Some(signature) = signature {
                    deltas.push(Delta::Signature { index, signature });
                    self.close(deltas);
                }
            }
            Content::ToolCall { id, name, arguments } => {
                self.called = true;
                let index = self.block(Block::ToolCall { id, name }, deltas);
                deltas.push(Delta::Arguments { index, json: arguments.to_string() });
                self.close(deltas);
            }
            Content::Image { .. } | Content::ToolResult { .. } => {}
        }
    }

    fn block(&mut self, block: Block, deltas: &mut Vec<Delta>) -> u32 {
        match &self.open {
            Some((index, open)) if *open == block => *index,
            _ => {
                self.close(deltas);
                let index = self.blocks;
                self.blocks += 1;
                self.open = Some((index, block.clone()));
                deltas.push(Delta::Block { index, block });
                index
            }
        }
    }

    fn close(&mut self, deltas: &mut Vec<Delta>) {
        deltas.extend(self.open.take().map(|(index, _)| Delta::BlockEnd { index }));
    }
}

/// Deltas to chunks. Calls of tools are sent whole: the dialect has no pieces of them.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    id: String,
    model: String,
    open: Option<(u32, Block)>,
    arguments: String,
    /// To be put on the next part, or on one of its own.
    signature: String,
    stop: Option<StopReason>,
    usage: Usage,
}

impl Encoder {
    fn send(&mut self, mut part: Value, out: &mut Vec<u8>) {
        let is_thought = part["thought"] == true;
        if !self.signature.is_empty() && !is_thought {
            part["thoughtSignature"] = json!(std::mem::take(&mut self.signature));
        }
        let chunk = chunk(&self.id, &self.model, vec![part], None);
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
            }
            Delta::Block { index, block } => {
                self.open = Some((*index, block.clone()));
                self.arguments.clear();
            }
            Delta::Text { text, .. } if text.is_empty() => {}
            Delta::Text { text, .. } => {
                let thought = matches!(&self.open, Some((_, Block::Reasoning)));
                let part =
                    if thought { json!({"text": text, "thought": true}) } else { json!({"text": text}) };
                self.send(part, out);
            }
            Delta::Signature { signature, .. } => self.signature.push_str(signature),
            Delta::Arguments { json, .. } => self.arguments.push_str(json),
            Delta::BlockEnd { .. } => {
                if let Some((_, Block::ToolCall { name, .. })) = self.open.take() {
                    let args = match arguments(&self.arguments) {
                        Value::String(text) => json!({"arguments": text}),
                        object => object,
                    };
                    self.send(json!({"functionCall": {"name": name, "args": args}}), out);
                }
            }
            Delta::Stop(stop) => self.stop = Some(stop.clone()),
            Delta::Usage(usage) => self.usage = *usage,
            Delta::End => {
                let mut parts = Vec::new();
                if !self.signature.is_empty() {
                    parts.push(json!({"text": "", "thoughtSignature": std::mem::take(&mut self.signature)}));
                }
                let stop = self.stop.take().unwrap_or(StopReason::End);
                let mut last = chunk(&self.id, &self.model, parts, Some(&stop));
                last["usageMetadata"] = encode_usage(&self.usage);
                sse::write("", &last.to_string(), out);
            }
        }
    }
}
