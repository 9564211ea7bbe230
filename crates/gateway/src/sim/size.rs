//! Sizes in tokens: four bytes each, rounded up. An estimate, but the same one for asking and for cutting.

use dialect::neutral::{Content, Message, Request, Role, Tool};
use serde_json::Value;

const BYTES_PER_TOKEN: u64 = 4;
/// What one image counts for, in bytes.
const IMAGE: u64 = 4_000;
/// What a turn's role and separators count for, in bytes.
const TURN: u64 = 12;

/// Estimated input tokens of a request: what `sim` reports as its input.
pub fn input_tokens(request: &Request) -> u64 {
    tokens(head(request) + messages(&request.messages))
}

/// Tokens of the part of a request that was sent before: all up to the model's last turn; 0 in a first request.
pub(super) fn prefix_tokens(request: &Request) -> u64 {
    match request.messages.iter().rposition(|message| message.role == Role::Assistant) {
        Some(last) => tokens(head(request) + messages(&request.messages[..last])),
        None => 0,
    }
}

/// Tokens of an answer.
pub(super) fn output_tokens(content: &[Content]) -> u64 {
    tokens(blocks(content))
}

/// Cuts an answer to `limit` tokens, and says whether anything was lost. Arguments that were cut are left as the
/// text that fitted.
pub(super) fn cut(content: Vec<Content>, limit: u64) -> (Vec<Content>, bool) {
    let mut room = limit.saturating_mul(BYTES_PER_TOKEN);
    if blocks(&content) <= room {
        return (content, false);
    }
    let mut kept = Vec::new();
    for block in content {
        let size = bytes(&block);
        if size <= room {
            room -= size;
            kept.push(block);
            continue;
        }
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        match block {
            Content::Text { mut text, cache } if room > 0 => {
                text.truncate(text.floor_char_boundary(room));
                kept.push(Content::Text { text, cache });
            }
            Content::ToolCall { id, name, arguments } if room > name.len() => {
                let mut text = arguments.to_string();
                text.truncate(text.floor_char_boundary(room - name.len()));
                kept.push(Content::ToolCall { id, name, arguments: Value::String(text) });
            }
            _ => {}
        }
        break;
    }
    (kept, true)
}

fn tokens(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_PER_TOKEN)
}

fn head(request: &Request) -> u64 {
    blocks(&request.system) + request.tools.iter().map(tool).sum::<u64>()
}

fn messages(messages: &[Message]) -> u64 {
    messages.iter().map(|message| TURN + blocks(&message.content)).sum()
}

fn tool(tool: &Tool) -> u64 {
    let hosted = tool.hosted.as_ref().map_or(0, |(kind, rest)| {
        kind.len() as u64 + rest.iter().map(|(key, value)| key.len() as u64 + json(value)).sum::<u64>()
    });
    (tool.name.len() + tool.description.len()) as u64 + json(&tool.parameters) + hosted
}

fn blocks(content: &[Content]) -> u64 {
    content.iter().map(bytes).sum()
}

fn bytes(block: &Content) -> u64 {
    match block {
        Content::Text { text, .. } => text.len() as u64,
        Content::Image { .. } => IMAGE,
        Content::Reasoning { text, signature } => {
            (text.len() + signature.as_ref().map_or(0, String::len)) as u64
        }
        Content::ToolCall { name, arguments, .. } => name.len() as u64 + json(arguments),
        Content::ToolResult { content, .. } => blocks(content),
    }
}

/// Length as sent: a string is arguments that were no JSON object, and counts as it stands.
fn json(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        other => other.to_string().len() as u64,
    }
}
