//! What a message says, in the two dialects that write it alike: a string, or an array.

use serde_json::Value;

use crate::{
    fields::{DecodeError, numbered},
    loss::Loss,
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

/// Says in a tool's result what of it cannot be carried: the model must not take what is left for all of it. `lost`: the
/// losses of reading the result.
pub(crate) fn tell(content: &mut Vec<Content>, lost: &[Loss]) {
    for loss in lost.iter().filter(|loss| loss.reason.ends_with(NOT_CARRIED)) {
        let text = format!("[Left out of this result: {}.]", loss.reason);
        content.push(Content::Text { text, cache: false });
    }
}

/// How the losses of whole blocks end.
const NOT_CARRIED: &str = "cannot be carried";

/// What a result says that has pictures and no text, in a dialect that carries them elsewhere.
pub(crate) const SEE_PICTURE: &str = "The result is a picture.";
