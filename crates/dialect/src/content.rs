//! What a message says, in the two dialects that write it alike: a string, or an array.

use serde_json::Value;

use crate::{
    fields::{DecodeError, numbered},
    loss::{Loss, NOT_CARRIED},
    neutral::Content,
};

/// Reads one element of an array at a path; nothing where it is only a loss.
type Element = fn(Value, String, &mut Vec<Loss>) -> Result<Option<Content>, DecodeError>;

/// Reads a string, or each element of an array with `decode`; `what` names the elements in errors.
pub(crate) fn decode_all(
    value: Option<Value>,
    path: &str,
    what: &str,
    losses: &mut Vec<Loss>,
    decode: Element,
) -> Result<Vec<Content>, DecodeError> {
    match value {
        None => Ok(Vec::new()),
        Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Content::Text { text, cache: false }]),
        Some(Value::Array(items)) => {
            let mut content = Vec::with_capacity(items.len());
            for (path, item) in numbered(path, items) {
                content.extend(decode(item, path, losses)?);
            }
            Ok(content)
        }
        Some(_) => Err(DecodeError::new(path, format!("expected a string or an array of {what}"))),
    }
}

/// Says in a tool's result, or in a message of the user's, what of it cannot be carried: the model must not take what is
/// left for all of it. `path`: where the content stands; `lost`: the losses of reading it. What is lost of a part within
/// a part is told there.
pub(crate) fn tell(content: &mut Vec<Content>, of: &str, path: &str, lost: &[Loss]) {
    let is_own = |loss: &&Loss| {
        let within = loss.path.strip_prefix(path);
        within.is_some_and(|rest| !rest.contains('.')) && loss.reason.ends_with(NOT_CARRIED)
    };
    for loss in lost.iter().filter(is_own) {
        let text = format!("[Left out of this {of}: {}.]", loss.reason);
        content.push(Content::Text { text, cache: false });
    }
}

/// What a result says that has pictures and no text, in a dialect that carries them elsewhere.
pub(crate) const SEE_PICTURE: &str = "The result is a picture.";

/// A tool's schema as OpenAI's servers take it: an object says what it has, be it nothing.
pub(crate) fn schema(parameters: &Value) -> Value {
    let mut parameters = parameters.clone();
    if let Value::Object(map) = &mut parameters
        && map.get("type").is_none_or(|kind| kind == "object")
        && !["properties", "$ref", "anyOf", "oneOf", "allOf"].iter().any(|key| map.contains_key(*key))
    {
        map.entry("type").or_insert_with(|| "object".into());
        map.insert("properties".into(), Value::Object(serde_json::Map::new()));
    }
    parameters
}
