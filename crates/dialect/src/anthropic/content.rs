//! Content blocks, both ways.

use serde_json::{Map, Value, json};

use crate::{
    content,
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::Content,
};

/// Tells the data of a thought that is withheld from the signature of one that is not shown.
const REDACTED: &str = "redacted_thinking:";

/// What stands for the data of a withheld thought in the neutral form.
pub(super) fn redacted(data: &str) -> String {
    format!("{REDACTED}{data}")
}

/// A string, or an array of blocks.
pub(super) fn decode_all(
    value: Option<Value>,
    path: &str,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Content>, DecodeError> {
    content::decode_all(value, path, "blocks", losses, decode)
}

fn decode(item: Value, path: String, losses: &mut Vec<Loss>) -> Result<Option<Content>, DecodeError> {
    let mut block = Fields::of(item, path.clone())?;
    let kind = block.needed_string("type")?;
    let content = match kind.as_str() {
        "text" => {
            let text = block.needed_string("text")?;
            Content::Text { text, cache: block.take("cache_control").is_some() }
        }
        "image" => {
            let Some(mut source) = block.object("source")? else {
                return Err(DecodeError::new(path, "an image needs a `source`"));
            };
            let image = match source.needed_string("type")?.as_str() {
                "base64" => Content::Image {
                    media_type: source.needed_string("media_type")?,
                    data: source.needed_string("data")?,
                },
                "url" => Content::Image { media_type: String::new(), data: source.needed_string("url")? },
                other => {
                    losses.push(Loss::change(path, format!("an image by `{other}` cannot be carried")));
                    return Ok(None);
                }
            };
            source.end(losses);
            image
        }
        "thinking" => Content::Reasoning {
            text: block.string("thinking")?.unwrap_or_default(),
            signature: block.string("signature")?.filter(|signature| !signature.is_empty()),
        },
        "redacted_thinking" => {
            let signature = Some(redacted(&block.needed_string("data")?));
            Content::Reasoning { text: String::new(), signature }
        }
        // A document of plain text is text.
        "document" if block.peek("source").is_some_and(|source| source["type"] == "text") => {
            let source = block.take("source").unwrap_or_default();
            let text = source["data"].as_str().unwrap_or_default().to_owned();
            Content::Text { text, cache: block.take("cache_control").is_some() }
        }
        "tool_use" => Content::ToolCall {
            id: block.needed_string("id")?,
            name: block.needed_string("name")?,
            arguments: block.take("input").unwrap_or_else(|| Value::Object(Map::new())),
        },
        "tool_result" => {
            let id = block.needed_string("tool_use_id")?;
            let is_error = block.flag("is_error")?.unwrap_or(false);
            let before = losses.len();
            let mut content = decode_all(block.take("content"), &block.path("content"), losses)?;
            content::tell(&mut content, "result", &block.path("content"), &losses[before..]);
            Content::ToolResult { id, content, is_error }
        }
        other => {
            losses.push(Loss::change(path, format!("a `{other}` block cannot be carried")));
            return Ok(None);
        }
    };
    block.end(losses);
    Ok(Some(content))
}

/// Blocks as they are sent. Empty text is left out: the API refuses it.
pub(super) fn encode_all(content: &[Content], path: &str, losses: &mut Vec<Loss>) -> Vec<Value> {
    content.iter().filter_map(|block| encode(block, path, losses)).collect()
}

fn encode(block: &Content, path: &str, losses: &mut Vec<Loss>) -> Option<Value> {
    Some(match block {
        Content::Text { text, .. } if text.is_empty() => return None,
        Content::Text { text, cache: false } => json!({"type": "text", "text": text}),
        Content::Text { text, cache: true } => {
            json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}})
        }
        Content::Image { media_type, data } if media_type.is_empty() => {
            json!({"type": "image", "source": {"type": "url", "url": data}})
        }
        Content::Image { media_type, data } => {
            json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}})
        }
        Content::Reasoning { text, signature } => {
            let signature = signature.as_deref().unwrap_or("");
            match signature.strip_prefix(REDACTED) {
                Some(data) => json!({"type": "redacted_thinking", "data": data}),
                // A thought may be signed and not shown.
                None => json!({"type": "thinking", "thinking": text, "signature": signature}),
            }
        }
        Content::ToolCall { id, name, arguments } => {
            let input = match arguments {
                Value::Object(_) => arguments.clone(),
                other => {
                    losses.push(Loss::change(
                        path,
                        format!("the arguments of `{name}` are no object and were wrapped in one"),
                    ));
                    json!({"arguments": other})
                }
            };
            json!({"type": "tool_use", "id": id, "name": name, "input": input})
        }
        Content::ToolResult { id, content, is_error } => {
            let content = encode_all(content, path, losses);
            let mut result = json!({"type": "tool_result", "tool_use_id": id, "content": content});
            if *is_error {
                result["is_error"] = Value::Bool(true);
            }
            result
        }
    })
}
