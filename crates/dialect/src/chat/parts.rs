//! The content of an answer's message, in the forms that servers give it.

use serde_json::Value;

use crate::loss::Loss;

/// Content is a string or a list of parts, of text or of thinking.
pub(super) fn content(
    value: Option<Value>,
    path: &str,
    text: &mut String,
    thought: &mut String,
    losses: &mut Vec<Loss>,
) {
    let parts = match value {
        None => return,
        Some(Value::String(said)) => return text.push_str(&said),
        Some(Value::Array(parts)) => parts,
        Some(part @ Value::Object(_)) => vec![part],
        Some(_) => return losses.push(Loss::change(path, "expected a string or an array of parts")),
    };
    for (position, part) in parts.into_iter().enumerate() {
        let kind = part["type"].as_str().unwrap_or("text");
        match (kind, part.get("text").or(part.get(kind))) {
            (_, None) if part.is_string() => text.push_str(part.as_str().unwrap_or_default()),
            ("text" | "output_text" | "refusal", Some(Value::String(said))) => text.push_str(said),
            ("thinking" | "reasoning", Some(Value::String(said))) => thought.push_str(said),
            // Mistral's thinking is a list of parts itself.
            ("thinking" | "reasoning", Some(inner @ Value::Array(_))) => {
                content(Some(inner.clone()), path, thought, &mut String::new(), losses);
            }
            (kind, _) => {
                let why = format!("a `{kind}` part cannot be carried");
                losses.push(Loss::change(format!("{path}[{position}]"), why));
            }
        }
    }
}
