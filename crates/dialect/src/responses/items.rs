//! Items: the pieces of a conversation and of an answer, both ways.

use serde_json::{Map, Value, json};

use super::tools;
use crate::{
    chat::{image_of, url_of},
    fields::{DecodeError, Fields, arguments, arguments_text, numbered},
    loss::Loss,
    neutral::{Content, FREEFORM_ARGUMENT, Message, Origin, Origins, Role},
};

/// What an item is in the neutral form.
pub(super) struct Item {
    pub(super) role: Role,
    pub(super) content: Vec<Content>,
}

pub(super) fn decode(item: Value, path: String, losses: &mut Vec<Loss>) -> Result<Option<Item>, DecodeError> {
    let mut item = Fields::of(item, path.clone())?;
    let kind = item.string("type")?.unwrap_or_else(|| "message".into());
    item.take("id");
    item.take("status");
    let decoded = match kind.as_str() {
        "message" => {
            let role = match item.needed_string("role")?.as_str() {
                "user" => Role::User,
                "assistant" => Role::Assistant,
                "system" | "developer" => Role::System,
                other => {
                    losses.push(Loss::change(item.path("role"), format!("`{other}` is taken for the user")));
                    Role::User
                }
            };
            // Which part of its work an assistant's message belongs to.
            item.take("phase");
            let (before, path) = (losses.len(), item.path("content"));
            let mut content = decode_parts(item.take("content"), &path, losses)?;
            if role == Role::User {
                crate::content::tell(&mut content, "message", &path, &losses[before..]);
            }
            Item { role, content }
        }
        "function_call" | "custom_tool_call" => {
            let id = item.needed_string("call_id")?;
            let name = item.needed_string("name")?;
            let name = match item.string("namespace")? {
                Some(namespace) => tools::flat_name(&namespace, &name),
                None => name,
            };
            let arguments = if kind == "function_call" {
                arguments(&item.string("arguments")?.unwrap_or_default())
            } else {
                json!({FREEFORM_ARGUMENT: item.string("input")?.unwrap_or_default()})
            };
            Item { role: Role::Assistant, content: vec![Content::ToolCall { id, name, arguments }] }
        }
        "function_call_output" | "custom_tool_call_output" => {
            let id = item.needed_string("call_id")?;
            // Some clients repeat the tool's name.
            item.take("name");
            let before = losses.len();
            let path = item.path("output");
            let mut content = decode_parts(item.take("output"), &path, losses)?;
            crate::content::tell(&mut content, "result", &path, &losses[before..]);
            let result = Content::ToolResult { id, content, is_error: false };
            Item { role: Role::User, content: vec![result] }
        }
        "tool_search_call" => {
            let id = item.string("call_id")?.unwrap_or_default();
            item.take("execution");
            let arguments = item.take("arguments").unwrap_or_else(|| json!({}));
            let name = tools::SEARCH.to_owned();
            Item { role: Role::Assistant, content: vec![Content::ToolCall { id, name, arguments }] }
        }
        "tool_search_output" => {
            let id = item.string("call_id")?.unwrap_or_default();
            item.take("execution");
            let found = tools::names(&item.take("tools").unwrap_or_default());
            let text =
                if found.is_empty() { "No tool was found.".into() } else { format!("Found: {found}.") };
            let content = vec![Content::Text { text, cache: false }];
            let result = Content::ToolResult { id, content, is_error: false };
            Item { role: Role::User, content: vec![result] }
        }
        "reasoning" => {
            let mut text = String::new();
            for (_, part) in item.items("summary")?.into_iter().chain(item.items("content")?) {
                text.push_str(part["text"].as_str().unwrap_or_default());
            }
            let signature = item.string("encrypted_content")?;
            Item { role: Role::Assistant, content: vec![Content::Reasoning { text, signature }] }
        }
        // They stand for turns that are not sent.
        kept @ ("item_reference" | "compaction" | "compaction_summary" | "context_compaction") => {
            losses.push(Loss::elsewhere(path, kept));
            return Ok(None);
        }
        other => {
            losses.push(Loss::change(path, format!("a `{other}` item cannot be carried")));
            return Ok(None);
        }
    };
    item.end(losses);
    Ok(Some(decoded))
}

fn decode_parts(
    value: Option<Value>,
    path: &str,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Content>, DecodeError> {
    let items = match value {
        None => return Ok(Vec::new()),
        Some(Value::String(text)) if text.is_empty() => return Ok(Vec::new()),
        Some(Value::String(text)) => return Ok(vec![Content::Text { text, cache: false }]),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(DecodeError::new(path, "expected a string or an array of parts")),
    };
    let mut content = Vec::with_capacity(items.len());
    for (path, part) in numbered(path, items) {
        let mut part = Fields::of(part, path.clone())?;
        let kind = part.needed_string("type")?;
        match kind.as_str() {
            "input_text" | "output_text" | "text" => {
                part.take("annotations");
                content.push(Content::Text { text: part.needed_string("text")?, cache: false });
            }
            "refusal" => content.push(Content::Text { text: part.needed_string("refusal")?, cache: false }),
            "input_image" => match part.string("image_url")? {
                Some(url) => content.push(image_of(url)),
                None => {
                    losses.push(Loss::change(path, "a picture without its data cannot be carried"));
                    continue;
                }
            },
            other => {
                losses.push(Loss::change(path, format!("a `{other}` part cannot be carried")));
                continue;
            }
        }
        part.end(losses);
    }
    Ok(content)
}

/// Adds an item to the conversation: neighbours of one speaker are one turn.
pub(super) fn add(item: Item, messages: &mut Vec<Message>) {
    let is_result = |content: &[Content]| matches!(content, [Content::ToolResult { .. }, ..]);
    match messages.last_mut() {
        Some(last) if last.role == item.role && item.role == Role::Assistant => {
            last.content.extend(item.content);
        }
        Some(last) if is_result(&last.content) && is_result(&item.content) => {
            last.content.extend(item.content);
        }
        _ => messages.push(Message { role: item.role, content: item.content }),
    }
}

/// Writes one message as items.
pub(super) fn encode(message: &Message, path: &str, out: &mut Vec<Value>, losses: &mut Vec<Loss>) {
    let (role, text_kind) = match message.role {
        Role::User => ("user", "input_text"),
        Role::System => ("developer", "input_text"),
        Role::Assistant => ("assistant", "output_text"),
    };
    let mut parts = Vec::new();
    for block in &message.content {
        match block {
            Content::Text { text, cache } => {
                if *cache {
                    losses.push(Loss::note(path, "cache markers cannot be carried"));
                }
                parts.push(json!({"type": text_kind, "text": text}));
                continue;
            }
            Content::Image { media_type, data } => {
                parts.push(json!({"type": "input_image", "image_url": url_of(media_type, data)}));
                continue;
            }
            _ => {}
        }
        // Other blocks are items of their own, in their place between the parts.
        flush(role, &mut parts, out);
        match block {
            Content::ToolCall { id, name, arguments } => out.push(json!({
                "type": "function_call", "call_id": id, "name": name, "arguments": arguments_text(arguments),
            })),
            Content::ToolResult { id, content, is_error } => {
                if *is_error {
                    losses.push(Loss::change(path, "a tool's failure cannot be marked"));
                }
                let output = encode_output(content);
                out.push(json!({"type": "function_call_output", "call_id": id, "output": output}));
            }
            Content::Reasoning { text, signature } => {
                out.extend(encode_reasoning(text, signature, path, losses))
            }
            Content::Text { .. } | Content::Image { .. } => {}
        }
    }
    flush(role, &mut parts, out);
}

/// Reasoning that nobody encrypted cannot be sent back: the API would refuse an item it did not make.
fn encode_reasoning(
    text: &str,
    signature: &Option<String>,
    path: &str,
    losses: &mut Vec<Loss>,
) -> Option<Value> {
    let Some(encrypted) = signature else {
        losses.push(Loss::change(path, "reasoning without encrypted content cannot be sent back"));
        return None;
    };
    Some(json!({"type": "reasoning", "summary": summary(text), "encrypted_content": encrypted}))
}

pub(super) fn summary(text: &str) -> Value {
    if text.is_empty() { json!([]) } else { json!([{"type": "summary_text", "text": text}]) }
}

fn encode_output(content: &[Content]) -> Value {
    let parts = content.iter().filter_map(|block| match block {
        Content::Text { text, .. } => Some(json!({"type": "input_text", "text": text})),
        Content::Image { media_type, data } => {
            Some(json!({"type": "input_image", "image_url": url_of(media_type, data)}))
        }
        _ => None,
    });
    let mut parts: Vec<Value> = parts.collect();
    match parts.as_mut_slice() {
        [] => Value::String(String::new()),
        [part] if part["type"] == "input_text" => part["text"].take(),
        _ => Value::Array(parts),
    }
}

fn flush(role: &str, parts: &mut Vec<Value>, out: &mut Vec<Value>) {
    if !parts.is_empty() {
        out.push(json!({"type": "message", "role": role, "content": std::mem::take(parts)}));
    }
}

/// Writes one block of an answer as an output item; nothing for what no answer holds.
pub(super) fn encode_answer(block: &Content, id: &str, origins: &Origins) -> Option<Value> {
    let mut item = Map::new();
    item.insert("id".into(), json!(id));
    match block {
        Content::Text { text, .. } => {
            item.insert("type".into(), json!("message"));
            item.insert("status".into(), json!("completed"));
            item.insert("role".into(), json!("assistant"));
            let part = json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
            item.insert("content".into(), json!([part]));
        }
        Content::Reasoning { text, signature } => {
            item.insert("type".into(), json!("reasoning"));
            item.insert("summary".into(), summary(text));
            if let Some(encrypted) = signature {
                item.insert("encrypted_content".into(), json!(encrypted));
            }
        }
        Content::ToolCall { id: call, name, arguments } => {
            item.extend(tools::call_item(call, name, origins));
            item.insert("status".into(), json!("completed"));
            match origins.get(name) {
                Some(origin) if origin.is_freeform() => {
                    item.insert("input".into(), json!(tools::free_text(arguments)))
                }
                // The only one whose arguments are an object.
                Some(Origin::Search) => item.insert("arguments".into(), tools::object(arguments)),
                _ => item.insert("arguments".into(), json!(arguments_text(arguments))),
            };
        }
        Content::Image { .. } | Content::ToolResult { .. } => return None,
    }
    Some(Value::Object(item))
}
