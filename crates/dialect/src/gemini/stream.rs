//! Streamed answers, written.

use serde_json::{Value, json};

use super::{
    response::{chunk, encode_usage},
    signature,
};
use crate::{
    fields::arguments,
    neutral::{StopReason, Usage},
    sse,
    stream::{Block, Delta, StreamEncoder},
};

/// Deltas to chunks. Calls of tools are sent whole: the dialect has no pieces of them.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    id: String,
    model: String,
    open: Option<(u32, Block)>,
    arguments: String,
    /// To be put on the next part, or on one of its own.
    signature: String,
    /// Whether the open block is a thought of which some was sent.
    thought: bool,
    stop: Option<StopReason>,
    usage: Usage,
}

impl Encoder {
    /// The signature so far, as clients get it.
    fn signed(&mut self) -> String {
        signature::for_client(&std::mem::take(&mut self.signature))
    }

    fn send(&mut self, mut part: Value, out: &mut Vec<u8>) {
        let is_thought = part["thought"] == true;
        if !self.signature.is_empty() && !is_thought {
            part["thoughtSignature"] = json!(self.signed());
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
                self.thought = false;
            }
            Delta::Text { text, .. } if text.is_empty() => {}
            Delta::Text { text, .. } => {
                let thought = matches!(&self.open, Some((_, Block::Reasoning)));
                self.thought = thought;
                let part =
                    if thought { json!({"text": text, "thought": true}) } else { json!({"text": text}) };
                self.send(part, out);
            }
            Delta::Signature { signature, .. } => self.signature.push_str(signature),
            Delta::Arguments { json, .. } => self.arguments.push_str(json),
            Delta::BlockEnd { .. } => match self.open.take() {
                // A thought's signature goes on the thought; one without a thought on the part that follows.
                Some((_, Block::Reasoning)) if self.thought && !self.signature.is_empty() => {
                    let signature = self.signed();
                    let part = json!({"text": "", "thought": true, "thoughtSignature": signature});
                    self.send(part, out);
                }
                Some((_, Block::ToolCall { id, name })) => {
                    let args = match arguments(&self.arguments) {
                        Value::String(text) => json!({"arguments": text}),
                        object => object,
                    };
                    self.send(json!({"functionCall": {"id": id, "name": name, "args": args}}), out);
                }
                _ => {}
            },
            Delta::Stop(stop) => self.stop = Some(stop.clone()),
            Delta::Usage(usage) => self.usage = *usage,
            Delta::End => {
                let mut parts = Vec::new();
                if !self.signature.is_empty() {
                    parts.push(json!({"text": "", "thoughtSignature": self.signed()}));
                }
                let stop = self.stop.take().unwrap_or(StopReason::End);
                let mut last = chunk(&self.id, &self.model, parts, Some(&stop));
                last["usageMetadata"] = encode_usage(&self.usage);
                sse::write("", &last.to_string(), out);
            }
        }
    }
}
