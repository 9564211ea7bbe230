//! Answers: whole ones, and events of streamed ones. A whole body is the `message_start` that has everything in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    content::redacted,
    response::{decode_stop, decode_usage},
};
use crate::{
    assembly::{self, Assembly, Call, Place, Said},
    fields::{DecodeError, Fields, numbered},
    loss::Loss,
    usage::count,
};

#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Blocks that are not carried: what comes of them is lost with them.
    lost: BTreeSet<u32>,
    /// The numbers of blocks, from 0, by the indices that the server gives them: some give one to all.
    numbers: BTreeMap<u64, u32>,
    begun: u32,
}

impl assembly::Read for Reader {
    fn event(&mut self, name: &str, data: Value, answer: &mut Assembly) -> Result<(), DecodeError> {
        let mut losses = Vec::new();
        let mut event = Fields::of(data, "")?;
        let kind = event.text("type").unwrap_or_else(|| name.to_owned());
        let read = match kind.as_str() {
            "message_start" => match event.object("message")? {
                Some(message) => self.message(message.moved(""), answer, &mut losses),
                None => Ok(()),
            },
            "content_block_start" => {
                let index = event.take("index").as_ref().and_then(count);
                // Some servers do not say where a block ends: where the next one begins.
                answer.complete_before(Place(self.begun, 0));
                self.numbers.insert(index.unwrap_or(u64::from(self.begun)), self.begun);
                match event.object("content_block")? {
                    Some(block) => self.block(self.begun, block, answer, &mut losses),
                    None => Ok(()),
                }
            }
            "content_block_delta" => {
                let number = self.number(&mut event);
                match event.object("delta")? {
                    Some(delta) => self.delta(number, delta, answer, &mut losses),
                    None => Ok(()),
                }
            }
            "content_block_stop" => {
                answer.complete(Place(self.number(&mut event), 0));
                Ok(())
            }
            "message_delta" => {
                answer.tally.add(&event.take("usage").unwrap_or_default(), decode_usage);
                let delta = event.object("delta")?;
                // What stands beside the change is of the message too.
                event.end(&mut losses);
                delta.map_or(Ok(()), |delta| self.message(delta.moved(""), answer, &mut losses))
            }
            "message_stop" => {
                answer.marked = true;
                Ok(())
            }
            // A server that answers with the whole message as its only event.
            "message" => self.message(event, answer, &mut losses),
            "ping" => Ok(()),
            other => {
                losses.push(Loss::change(other, "an event that is not known"));
                Ok(())
            }
        };
        answer.lost(losses);
        read
    }

    fn whole(&mut self, body: Value, answer: &mut Assembly) -> Result<(), DecodeError> {
        let mut losses = Vec::new();
        let body = Fields::of(body, "")?;
        if !body.has("content") && !body.has("stop_reason") {
            return Err(DecodeError::new("content", "is required"));
        }
        self.message(body, answer, &mut losses)?;
        answer.lost(losses);
        Ok(())
    }
}

impl Reader {
    /// The number of the block that an event adds to: one that was not begun begins.
    fn number(&mut self, event: &mut Fields) -> u32 {
        let index = event.take("index").as_ref().and_then(count);
        let last = self.begun.saturating_sub(1);
        match index {
            None => last,
            Some(index) => *self.numbers.entry(index).or_insert_with(|| {
                self.begun += 1;
                self.begun - 1
            }),
        }
    }

    fn message(
        &mut self,
        mut message: Fields,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        answer.named(message.text("id"), message.text("model"));
        for known in ["type", "role", "stop_sequence"] {
            message.take(known);
        }
        if let Some(reason) = message.text("stop_reason") {
            answer.stopped(decode_stop(&reason));
        }
        answer.tally.add(&message.take("usage").unwrap_or_default(), decode_usage);
        let blocks = match message.take("content") {
            Some(Value::String(text)) => vec![serde_json::json!({"type": "text", "text": text})],
            Some(Value::Array(blocks)) => blocks,
            _ => Vec::new(),
        };
        for (position, (path, block)) in (0..).zip(numbered("content", blocks)) {
            self.block(position, Fields::of(block, path)?, answer, losses)?;
            answer.complete(Place(position, 0));
        }
        message.end(losses);
        Ok(())
    }

    /// A block's beginning, or all of it.
    fn block(
        &mut self,
        index: u32,
        block: Fields,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        self.begun = self.begun.max(index + 1);
        let path = format!("content[{index}]");
        let mut block = block.moved(&path);
        let place = Place(index, 0);
        let kind = block.text("type").unwrap_or_else(|| "text".into());
        match kind.as_str() {
            "text" => answer.finally(place, Said::Text, 0, &block.text("text").unwrap_or_default()),
            "thinking" | "redacted_thinking" => {
                answer.finally(place, Said::Reasoning, 0, &block.text("thinking").unwrap_or_default());
                let data = block.text("data").map(|data| redacted(&data));
                let signature = data.or_else(|| block.text("signature"));
                answer.signed(place, &signature.unwrap_or_default(), false);
            }
            "tool_use" => {
                let (id, name) =
                    (block.text("id").unwrap_or_default(), block.text("name").unwrap_or_default());
                let input = block.take("input").unwrap_or_default();
                answer.call(place, |call| {
                    if call.name.is_empty() {
                        *call = Call::new(id, name);
                    }
                    // An empty one is filled by what follows.
                    if input.as_object().is_none_or(|input| !input.is_empty()) {
                        call.finally(input);
                    }
                });
            }
            other => {
                losses.push(Loss::change(path, format!("a `{other}` block cannot be carried")));
                self.lost.insert(index);
                return Ok(());
            }
        }
        block.end(losses);
        Ok(())
    }

    fn delta(
        &mut self,
        index: u32,
        delta: Fields,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        if self.lost.contains(&index) {
            return Ok(());
        }
        let mut delta = delta.moved(&format!("content[{index}]"));
        let place = Place(index, 0);
        let kind = delta.text("type").unwrap_or_default();
        match kind.strip_suffix("_delta").unwrap_or(&kind) {
            "text" => answer.said(place, Said::Text, &delta.text("text").unwrap_or_default()),
            "thinking" => answer.said(place, Said::Reasoning, &delta.text("thinking").unwrap_or_default()),
            "signature" => answer.signed(place, &delta.text("signature").unwrap_or_default(), true),
            "input_json" => match delta.take("partial_json") {
                Some(Value::String(json)) => answer.call(place, |call| call.piece(&json)),
                Some(whole) => answer.call(place, |call| call.finally(whole)),
                None => {}
            },
            // What a whole block has under this name.
            "citations" => {
                losses.push(Loss::unknown(delta.path("citations"), "citations"));
                return Ok(());
            }
            _ => {
                losses.push(Loss::change(delta.path(""), format!("a `{kind}` cannot be carried")));
                return Ok(());
            }
        }
        delta.end(losses);
        Ok(())
    }
}
