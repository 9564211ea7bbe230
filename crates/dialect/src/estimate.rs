//! Estimates of token counts, for reservations and for answers that came without usage.
//!
//! Four bytes to a token, which is near the truth for English and code with the tokenizers of all vendors, and too
//! low for dense text; a session scales it by what its own settled calls really took.

use serde_json::Value;

use crate::neutral::{Content, Request, Tool};

const BYTES_PER_TOKEN: u64 = 4;
/// What surrounds a message or a tool, in bytes.
const FRAME: u64 = 16;
/// An image, in bytes: about 1,500 tokens, what vendors charge for one of a million pixels.
const IMAGE: u64 = 6_000;

/// Input tokens of a request.
pub fn input(request: &Request) -> u64 {
    let system = blocks(&request.system);
    let messages: u64 = request.messages.iter().map(|message| FRAME + blocks(&message.content)).sum();
    let tools: u64 = request.tools.iter().map(tool).sum();
    let schema = request.output_schema.as_ref().map_or(0, json);
    tokens(system + messages + tools + schema)
}

/// Output tokens of an answer's content.
pub fn output(content: &[Content]) -> u64 {
    tokens(blocks(content))
}

/// Tokens of so many bytes, rounded up.
pub fn tokens(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

fn blocks(content: &[Content]) -> u64 {
    content.iter().map(block).sum()
}

fn block(content: &Content) -> u64 {
    match content {
        Content::Text { text, .. } => text.len() as u64,
        Content::Image { .. } => IMAGE,
        Content::Reasoning { text, signature } => {
            (text.len() + signature.as_ref().map_or(0, String::len)) as u64
        }
        Content::ToolCall { name, arguments, .. } => FRAME + name.len() as u64 + json(arguments),
        Content::ToolResult { content, .. } => FRAME + blocks(content),
    }
}

fn tool(tool: &Tool) -> u64 {
    let hosted = tool.hosted.as_ref().map_or(0, |(kind, rest)| {
        kind.len() as u64 + rest.iter().map(|(key, value)| key.len() as u64 + json(value)).sum::<u64>()
    });
    FRAME + (tool.name.len() + tool.description.len()) as u64 + json(&tool.parameters) + hosted
}

/// The length of a value written out, without writing it.
fn json(value: &Value) -> u64 {
    match value {
        Value::Null => 4,
        Value::Bool(_) => 5,
        Value::Number(number) => number.to_string().len() as u64,
        Value::String(text) => text.len() as u64 + 2,
        Value::Array(items) => 2 + items.iter().map(|item| json(item) + 1).sum::<u64>(),
        Value::Object(map) => {
            2 + map.iter().map(|(key, item)| key.len() as u64 + 4 + json(item)).sum::<u64>()
        }
    }
}
