//! How large requests and answers are, in tokens: estimates, but the same ones the budget is reserved by.

use dialect::{
    estimate,
    neutral::{Content, Request, Role},
};
use serde_json::Value;

const BYTES_PER_TOKEN: u64 = 4;

/// Tokens of the part of a request that was sent before: all up to the model's last turn; 0 in a first request.
pub(super) fn prefix_tokens(request: &Request) -> u64 {
    match request.messages.iter().rposition(|message| message.role == Role::Assistant) {
        Some(last) => {
            estimate::input(&Request { messages: request.messages[..last].to_vec(), ..request.clone() })
        }
        None => 0,
    }
}

/// Cuts an answer to `limit` tokens, and says whether anything was lost. Arguments that were cut are left as the
/// text that fitted.
pub(super) fn cut(content: Vec<Content>, limit: u64) -> (Vec<Content>, bool) {
    if estimate::output(&content) <= limit {
        return (content, false);
    }
    let mut room = limit;
    let mut kept = Vec::new();
    for block in content {
        let size = estimate::output(std::slice::from_ref(&block));
        if size <= room {
            room -= size;
            kept.push(block);
            continue;
        }
        kept.extend(shorten(block, room));
        break;
    }
    (kept, true)
}

/// The start of a block, in at most `room` tokens; none when that is nothing.
fn shorten(block: Content, room: u64) -> Option<Content> {
    let bytes = |tokens: u64| usize::try_from(tokens.saturating_mul(BYTES_PER_TOKEN)).unwrap_or(usize::MAX);
    match block {
        Content::Text { mut text, cache } if room > 0 => {
            text.truncate(text.floor_char_boundary(bytes(room)));
            Some(Content::Text { text, cache })
        }
        Content::ToolCall { id, name, arguments } => {
            let around = Content::ToolCall { id: id.clone(), name: name.clone(), arguments: "".into() };
            let room = room.checked_sub(estimate::output(&[around]))?;
            let mut text = arguments.to_string();
            text.truncate(text.floor_char_boundary(bytes(room)));
            Some(Content::ToolCall { id, name, arguments: Value::String(text) })
        }
        _ => None,
    }
}
