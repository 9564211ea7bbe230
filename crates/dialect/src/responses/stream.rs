//! Streamed answers, written.

use serde_json::{Value, json};

use super::{
    items,
    response::{encode_response, frame, item_id},
    tools,
};
use crate::{
    neutral::{Content, Origin, Origins},
    sse,
    stream::{Accumulator, Block, Delta, StreamEncoder},
};

/// Deltas to events.
#[derive(Debug)]
pub(crate) struct Encoder {
    created: u64,
    origins: Origins,
    sequence: u64,
    id: String,
    model: String,
    /// The answer so far, and its items as they were sent: the last event repeats them.
    sum: Accumulator,
    output: Vec<Value>,
    /// The item that is open: its position in the output, its block, and its text so far.
    open: Option<Open>,
    items: usize,
}

#[derive(Debug)]
struct Open {
    index: u32,
    position: usize,
    block: Block,
    text: String,
    signature: Option<String>,
}

impl Encoder {
    /// `created`: seconds since the Unix epoch.
    pub(crate) fn new(created: u64, origins: Origins) -> Self {
        Self {
            created,
            origins,
            sequence: 0,
            id: String::new(),
            model: String::new(),
            sum: Accumulator::default(),
            output: Vec::new(),
            open: None,
            items: 0,
        }
    }

    fn is_freeform(&self, tool: &str) -> bool {
        self.origins.get(tool).is_some_and(Origin::is_freeform)
    }

    fn send(&mut self, kind: &str, mut data: Value, out: &mut Vec<u8>) {
        data["type"] = json!(kind);
        data["sequence_number"] = json!(self.sequence);
        self.sequence += 1;
        sse::write(kind, &data.to_string(), out);
    }

    fn begin(&mut self, index: u32, block: Block, out: &mut Vec<u8>) {
        self.close(out);
        let position = self.items;
        self.items += 1;
        let id = item_id(&self.id, position);
        let item = match &block {
            Block::Text => {
                json!({"id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": []})
            }
            Block::Reasoning => json!({"id": id, "type": "reasoning", "summary": []}),
            Block::ToolCall { id: call, name } => {
                let mut item = Value::Object(tools::call_item(call, name, &self.origins));
                (item["id"], item["status"]) = (json!(id), json!("in_progress"));
                match self.origins.get(name) {
                    Some(origin) if origin.is_freeform() => item["input"] = json!(""),
                    Some(Origin::Search) => item["arguments"] = json!({}),
                    _ => item["arguments"] = json!(""),
                }
                item
            }
        };
        self.send("response.output_item.added", json!({"output_index": position, "item": item}), out);
        let part = match &block {
            Block::Text => Some((
                "response.content_part.added",
                json!({
                    "content_index": 0,
                    "part": {"type": "output_text", "text": "", "annotations": [], "logprobs": []},
                }),
            )),
            Block::Reasoning => Some((
                "response.reasoning_summary_part.added",
                json!({"summary_index": 0, "part": {"type": "summary_text", "text": ""}}),
            )),
            Block::ToolCall { .. } => None,
        };
        self.open = Some(Open { index, position, block, text: String::new(), signature: None });
        if let Some((kind, data)) = part {
            self.within(kind, data, out);
        }
    }

    /// Sends an event of the open item.
    fn within(&mut self, kind: &str, mut data: Value, out: &mut Vec<u8>) {
        if let Some(open) = &self.open {
            data["item_id"] = json!(item_id(&self.id, open.position));
            data["output_index"] = json!(open.position);
            self.send(kind, data, out);
        }
    }

    fn add(&mut self, index: u32, text: &str, out: &mut Vec<u8>) {
        let Some(open) = self.open.as_mut().filter(|open| open.index == index) else { return };
        open.text.push_str(text);
        let (kind, mut data) = match &open.block {
            // What it stands for is known when it is complete.
            Block::ToolCall { name, .. }
                if self
                    .origins
                    .get(name)
                    .is_some_and(|origin| origin.is_freeform() || *origin == Origin::Search) =>
            {
                return;
            }
            Block::Text => ("response.output_text.delta", json!({"content_index": 0, "logprobs": []})),
            Block::Reasoning => ("response.reasoning_summary_text.delta", json!({"summary_index": 0})),
            Block::ToolCall { .. } => ("response.function_call_arguments.delta", json!({})),
        };
        data["delta"] = json!(text);
        self.within(kind, data, out);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(Open { block, text, .. }) = &self.open else { return };
        let text = text.clone();
        let part = json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
        let ends = match block {
            Block::Text => vec![
                ("response.output_text.done", json!({"content_index": 0, "text": text, "logprobs": []})),
                ("response.content_part.done", json!({"content_index": 0, "part": part})),
            ],
            Block::Reasoning => vec![
                ("response.reasoning_summary_text.done", json!({"summary_index": 0, "text": text})),
                (
                    "response.reasoning_summary_part.done",
                    json!({"summary_index": 0, "part": {"type": "summary_text", "text": text}}),
                ),
            ],
            Block::ToolCall { name, .. } if matches!(self.origins.get(name), Some(Origin::Search)) => vec![],
            Block::ToolCall { name, .. } if self.is_freeform(name) => {
                let input = tools::free_text(&Value::String(text.clone()));
                vec![
                    ("response.custom_tool_call_input.delta", json!({"delta": input})),
                    ("response.custom_tool_call_input.done", json!({"input": input})),
                ]
            }
            Block::ToolCall { name, .. } => {
                vec![("response.function_call_arguments.done", json!({"arguments": text, "name": name}))]
            }
        };
        for (kind, data) in ends {
            self.within(kind, data, out);
        }
        let Some(open) = self.open.take() else { return };
        let content = match open.block {
            Block::Text => Content::Text { text, cache: false },
            Block::Reasoning => Content::Reasoning { text, signature: open.signature },
            Block::ToolCall { id, name } => Content::ToolCall { id, name, arguments: Value::String(text) },
        };
        if let Some(item) = items::encode_answer(&content, &item_id(&self.id, open.position), &self.origins) {
            self.output.push(item.clone());
            let data = json!({"output_index": open.position, "item": item});
            self.send("response.output_item.done", data, out);
        }
    }
}

impl StreamEncoder for Encoder {
    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        self.sum.add(delta);
        match delta {
            Delta::Start { id, model, .. } => {
                self.id.clone_from(id);
                self.model.clone_from(model);
                for kind in ["response.created", "response.in_progress"] {
                    let response = frame(id, model, self.created);
                    self.send(kind, json!({"response": response}), out);
                }
            }
            Delta::Block { index, block } => self.begin(*index, block.clone(), out),
            Delta::Text { index, text } | Delta::Arguments { index, json: text } => {
                self.add(*index, text, out)
            }
            Delta::Signature { index, signature } => {
                if let Some(open) = self.open.as_mut().filter(|open| open.index == *index) {
                    open.signature.get_or_insert_default().push_str(signature);
                }
            }
            Delta::BlockEnd { index } => {
                if self.open.as_ref().is_some_and(|open| open.index == *index) {
                    self.close(out);
                }
            }
            Delta::Stop(_) | Delta::Usage(_) => {}
            Delta::End => {
                self.close(out);
                let mut response =
                    encode_response(&std::mem::take(&mut self.sum).response(), self.created, &self.origins);
                response["output"] = Value::Array(std::mem::take(&mut self.output));
                let completed = response["status"] == "completed";
                let kind = if completed { "response.completed" } else { "response.incomplete" };
                self.send(kind, json!({"response": response}), out);
            }
        }
    }
}
