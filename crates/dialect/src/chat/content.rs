//! Content parts, both ways.

use serde_json::{Value, json};

use crate::{
    content,
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::Content,
};

/// A string, or an array of parts.
pub(super) fn decode_all(
    value: Option<Value>,
    path: &str,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Content>, DecodeError> {
    content::decode_all(value, path, "parts", losses, decode)
}

fn decode(item: Value, path: String, losses: &mut Vec<Loss>) -> Result<Option<Content>, DecodeError> {
    let mut part = Fields::of(item, path.clone())?;
    let kind = part.needed_string("type")?;
    let content = match kind.as_str() {
        "text" => {
            let text = part.needed_string("text")?;
            Content::Text { text, cache: part.take("cache_control").is_some() }
        }
        "refusal" => Content::Text { text: part.needed_string("refusal")?, cache: false },
        "image_url" => {
            let url = match part.take("image_url") {
                Some(Value::String(url)) => url,
                Some(image) => {
                    let mut image = Fields::of(image, part.path("image_url"))?;
                    let url = image.needed_string("url")?;
                    image.end(losses);
                    url
                }
                None => return Err(DecodeError::new(part.path("image_url"), "is required")),
            };
            image_of(url)
        }
        other => {
            losses.push(Loss::change(path, format!("a `{other}` part cannot be carried")));
            return Ok(None);
        }
    };
    part.end(losses);
    Ok(Some(content))
}

/// An image by its URL: data URLs are taken apart.
pub(crate) fn image_of(url: String) -> Content {
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((media_type, data)) => {
            Content::Image { media_type: media_type.to_owned(), data: data.to_owned() }
        }
        None => Content::Image { media_type: String::new(), data: url },
    }
}

/// The URL of an image.
pub(crate) fn url_of(media_type: &str, data: &str) -> String {
    if media_type.is_empty() { data.to_owned() } else { format!("data:{media_type};base64,{data}") }
}

/// Content as one string where it is all text, else as parts. What has no part is skipped: messages carry it.
pub(super) fn encode_all(content: &[Content], path: &str, losses: &mut Vec<Loss>) -> Value {
    let mut parts = Vec::new();
    for block in content {
        match block {
            Content::Text { text, cache } => {
                if *cache {
                    losses.push(Loss::note(path, "cache markers cannot be carried"));
                }
                parts.push(json!({"type": "text", "text": text}));
            }
            Content::Image { media_type, data } => {
                parts.push(json!({"type": "image_url", "image_url": {"url": url_of(media_type, data)}}));
            }
            Content::Reasoning { .. } | Content::ToolCall { .. } | Content::ToolResult { .. } => {}
        }
    }
    match parts.as_mut_slice() {
        [] => Value::String(String::new()),
        [part] if part["type"] == "text" => part["text"].take(),
        _ => Value::Array(parts),
    }
}

/// A tool's result: its text, and its pictures, which dialects carry elsewhere. It always says something where there
/// are pictures.
pub(crate) fn result(content: &[Content]) -> (String, Vec<Content>) {
    let mut text = String::new();
    let mut images = Vec::new();
    for block in content {
        match block {
            Content::Text { text: part, .. } => {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(part);
            }
            Content::Image { .. } => images.push(block.clone()),
            Content::Reasoning { .. } | Content::ToolCall { .. } | Content::ToolResult { .. } => {}
        }
    }
    if text.is_empty() && !images.is_empty() {
        content::SEE_PICTURE.clone_into(&mut text);
    }
    (text, images)
}

/// The text of system blocks, for dialects that take one string.
pub(crate) fn joined_text(content: &[Content], path: &str, losses: &mut Vec<Loss>) -> String {
    let mut text = String::new();
    for (index, block) in content.iter().enumerate() {
        match block {
            Content::Text { text: part, cache } => {
                if !text.is_empty() {
                    text.push_str("\n\n");
                }
                text.push_str(part);
                if *cache {
                    losses.push(Loss::note(format!("{path}[{index}]"), "cache markers cannot be carried"));
                }
            }
            _ => losses.push(Loss::change(format!("{path}[{index}]"), "only text can be carried here")),
        }
    }
    text
}
