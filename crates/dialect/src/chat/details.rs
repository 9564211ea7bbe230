//! What servers of this dialect hand out beside a message and demand back with it: OpenRouter's `reasoning_details`,
//! and the signature that Google's servers put into a call's `extra_content`.

use serde_json::{Value, json};

/// Tells details from the signatures of other dialects.
const DETAILS: &str = "reasoning_details:";
/// Tells a call's signature likewise.
const EXTRA: &str = "extra_content:";

/// What stands for details in the neutral form: themselves, pieces of one text joined.
pub(super) fn signature(pieces: &[Value]) -> Option<String> {
    let mut whole: Vec<Value> = Vec::new();
    for piece in pieces {
        match whole.last_mut() {
            Some(last) if goes_on(last, piece) => add(last, piece),
            _ => whole.push(piece.clone()),
        }
    }
    // Plain text is carried as text: there is nothing to send back but that.
    let is_state = |detail: &Value| ["signature", "data"].iter().any(|key| detail[key].is_string());
    whole.iter().any(is_state).then(|| format!("{DETAILS}{}", Value::Array(whole)))
}

fn goes_on(last: &Value, piece: &Value) -> bool {
    let same = |key: &str| last[key] == piece[key];
    piece["type"] == "reasoning.text" && same("type") && same("index") && last["signature"].is_null()
}

fn add(last: &mut Value, piece: &Value) {
    for key in ["text", "signature"] {
        if let Some(more) = piece[key].as_str() {
            let text = last[key].as_str().unwrap_or_default().to_owned() + more;
            last[key] = json!(text);
        }
    }
}

/// What a detail tells in words.
pub(super) fn text(detail: &Value) -> Option<&str> {
    detail["text"].as_str().or(detail["summary"].as_str())
}

/// The details that a signature stands for.
pub(super) fn of_signature(signature: &str) -> Option<Value> {
    serde_json::from_str(signature.strip_prefix(DETAILS)?).ok()
}

/// What stands for a call's `extra_content`.
pub(super) fn of_call(extra: &Value) -> Option<String> {
    extra.is_object().then(|| format!("{EXTRA}{extra}"))
}

/// The `extra_content` that a signature stands for.
pub(super) fn extra_of(signature: &str) -> Option<Value> {
    serde_json::from_str(signature.strip_prefix(EXTRA)?).ok()
}
