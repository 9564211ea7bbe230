//! A streamed answer: small changes, and the answer they add up to.

use std::collections::BTreeMap;

use crate::{
    error::UpstreamError,
    fields,
    neutral::{Content, Response, StopReason, Usage},
};

/// One change of an answer under way.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// It began.
    Start {
        /// The provider's id for it.
        id: String,
        /// The model that answers, as the provider names it.
        model: String,
        /// What is known of its usage: the input.
        usage: Option<Usage>,
    },
    /// A block began.
    Block {
        /// Names the block within the answer.
        index: u32,
        /// What it is.
        block: Block,
    },
    /// More text, of a text or a reasoning block.
    Text {
        /// The block.
        index: u32,
        /// What is added.
        text: String,
    },
    /// More of a reasoning block's signature.
    Signature {
        /// The block.
        index: u32,
        /// What is added.
        signature: String,
    },
    /// More of a tool call's arguments.
    Arguments {
        /// The block.
        index: u32,
        /// What is added: a piece of JSON text.
        json: String,
    },
    /// A block ended.
    BlockEnd {
        /// The block.
        index: u32,
    },
    /// Why the answer stopped.
    Stop(StopReason),
    /// All that was used so far; replaces what was told before.
    Usage(Usage),
    /// The answer is complete.
    End,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Text.
    Text,
    /// Reasoning.
    Reasoning,
    /// A call of a tool.
    ToolCall {
        /// Links the call to its result.
        id: String,
        /// The tool.
        name: String,
    },
}

/// Why a streamed answer broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The provider reported an error in the stream.
    #[error("the provider reported an error in the stream: {0}")]
    Upstream(UpstreamError),
    /// An event is not of the dialect.
    #[error("an event of the stream cannot be read: {0}")]
    Malformed(String),
}

/// Deltas to the bytes of one dialect.
pub trait StreamEncoder: Send {
    /// Writes what a delta becomes; nothing for some.
    fn delta(&mut self, delta: &Delta, out: &mut Vec<u8>);
}

/// Adds deltas up.
#[derive(Clone, Debug, Default)]
pub struct Accumulator {
    id: String,
    model: String,
    blocks: BTreeMap<u32, Partial>,
    stop: Option<StopReason>,
    usage: Option<Usage>,
    ended: bool,
}

#[derive(Clone, Debug)]
struct Partial {
    block: Block,
    text: String,
    signature: String,
}

impl Accumulator {
    /// Adds one delta. Those of unknown blocks are passed over: decoders make none.
    pub fn add(&mut self, delta: &Delta) {
        match delta {
            Delta::Start { id, model, usage } => {
                self.id.clone_from(id);
                self.model.clone_from(model);
                self.usage = usage.or(self.usage);
            }
            Delta::Block { index, block } => {
                let partial = Partial { block: block.clone(), text: String::new(), signature: String::new() };
                self.blocks.entry(*index).or_insert(partial);
            }
            Delta::Text { index, text } | Delta::Arguments { index, json: text } => {
                if let Some(partial) = self.blocks.get_mut(index) {
                    partial.text.push_str(text);
                }
            }
            Delta::Signature { index, signature } => {
                if let Some(partial) = self.blocks.get_mut(index) {
                    partial.signature.push_str(signature);
                }
            }
            Delta::BlockEnd { .. } => {}
            Delta::Stop(stop) => self.stop = Some(stop.clone()),
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::End => self.ended = true,
        }
    }

    /// Whether the answer is complete.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Whether the provider said why it stopped.
    pub fn stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// The answer so far. Where no reason to stop came, it says so.
    pub fn response(self) -> Response {
        let content = self.blocks.into_values().filter_map(|partial| {
            let Partial { block, text, signature } = partial;
            match block {
                Block::Text if text.is_empty() => None,
                Block::Text => Some(Content::Text { text, cache: false }),
                Block::Reasoning => {
                    let signature = (!signature.is_empty()).then_some(signature);
                    Some(Content::Reasoning { text, signature })
                }
                Block::ToolCall { id, name } => {
                    Some(Content::ToolCall { id, name, arguments: fields::arguments(&text) })
                }
            }
        });
        Response {
            content: content.collect(),
            id: self.id,
            model: self.model,
            stop: self.stop.unwrap_or_else(|| StopReason::Other("broken off".into())),
            usage: self.usage,
        }
    }
}

/// Bytes of text in a piece of a streamed answer.
const PIECE: usize = 256;

/// A whole answer as the deltas of a streamed one.
pub fn deltas(response: &Response) -> Vec<Delta> {
    let input = response.usage.map(|usage| Usage { output: 0, reasoning: 0, ..usage });
    let mut deltas =
        vec![Delta::Start { id: response.id.clone(), model: response.model.clone(), usage: input }];
    for (index, content) in (0..).zip(&response.content) {
        match content {
            Content::Text { text, .. } => {
                deltas.push(Delta::Block { index, block: Block::Text });
                deltas.extend(pieces(text).map(|text| Delta::Text { index, text }));
            }
            Content::Reasoning { text, signature } => {
                deltas.push(Delta::Block { index, block: Block::Reasoning });
                deltas.extend(pieces(text).map(|text| Delta::Text { index, text }));
                let signature = signature.clone();
                deltas.extend(signature.map(|signature| Delta::Signature { index, signature }));
            }
            Content::ToolCall { id, name, arguments } => {
                let block = Block::ToolCall { id: id.clone(), name: name.clone() };
                deltas.push(Delta::Block { index, block });
                let text = fields::arguments_text(arguments);
                deltas.extend(pieces(&text).map(|json| Delta::Arguments { index, json }));
            }
            Content::Image { .. } | Content::ToolResult { .. } => continue,
        }
        deltas.push(Delta::BlockEnd { index });
    }
    deltas.push(Delta::Stop(response.stop.clone()));
    deltas.extend(response.usage.map(Delta::Usage));
    deltas.push(Delta::End);
    deltas
}

fn pieces(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = if rest.len() <= PIECE { rest.len() } else { rest.floor_char_boundary(PIECE) };
        let (piece, left) = rest.split_at(end);
        rest = left;
        (!piece.is_empty()).then(|| piece.to_owned())
    })
}
