//! Answers passed on in their own dialect: what a server writes otherwise than the dialect has it is put right, so that
//! the client reads what was read here. All else stays as it came.

use serde_json::{Map, Value, json};

use super::{parts, response::encode_stop};
use crate::{fields::arguments_text, neutral::StopReason};

/// What a piece of a call was taken for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// The call's number in the answer.
    pub(super) number: usize,
    /// Whether it is the first piece of that call.
    pub(super) begins: bool,
    /// Whether it says more of the call's name.
    pub(super) names: bool,
}

/// Whether a choice is written otherwise than the dialect has it; its calls are looked at elsewhere.
pub(super) fn is_odd(choice: &Value) -> bool {
    let said = choice.get("delta").or(choice.get("message"));
    let in_it = said.is_some_and(|said| {
        said.is_null() || said["role"] == "" || said["content"].is_array() || said["content"].is_object()
    });
    let is_whole = choice["message"].is_object() && choice.get("delta").is_none();
    in_it || choice["finish_reason"] == "" || (is_whole && choice["finish_reason"].is_null())
}

/// The reason to tell where tools are called, or none are.
pub(super) fn reason(told: &str, calls: bool) -> &str {
    match (told, calls) {
        ("stop", true) => "tool_calls",
        ("tool_calls", false) => "stop",
        _ => told,
    }
}

/// Puts a chunk right. `id` gives the id of a call.
pub(super) fn chunk(data: &mut Value, taken: &[Taken], calls: bool, id: &mut dyn FnMut(usize) -> String) {
    let Some(choice) = data["choices"].get_mut(0).and_then(Value::as_object_mut) else { return };
    if let Some(told) = choice.get("finish_reason").and_then(Value::as_str) {
        let wanted = if told.is_empty() { Value::Null } else { json!(reason(told, calls)) };
        choice.insert("finish_reason".into(), wanted);
    }
    match choice.get_mut("delta") {
        Some(Value::Object(delta)) => message(delta, taken, false, id),
        Some(delta) => *delta = json!({}),
        None => {}
    }
}

/// Puts a whole answer right. `stop`: why it stopped.
pub(super) fn whole(
    body: &mut Value,
    taken: &[Taken],
    stop: &StopReason,
    id: &mut dyn FnMut(usize) -> String,
) {
    let Some(choice) = body["choices"].get_mut(0).and_then(Value::as_object_mut) else { return };
    let calls = *stop == StopReason::ToolCalls;
    let wanted = match choice.get("finish_reason").and_then(Value::as_str) {
        Some(told) if !told.is_empty() => reason(told, calls).to_owned(),
        _ => encode_stop(stop).to_owned(),
    };
    choice.insert("finish_reason".into(), json!(wanted));
    if let Some(said) = choice.get_mut("message").and_then(Value::as_object_mut) {
        message(said, taken, true, id);
    }
}

fn message(
    said: &mut Map<String, Value>,
    taken: &[Taken],
    is_whole: bool,
    id: &mut dyn FnMut(usize) -> String,
) {
    if said.get("role").is_some_and(|role| role == "") {
        said.remove("role");
    }
    if said.get("content").is_some_and(|content| content.is_array() || content.is_object()) {
        let (mut text, mut thought) = (String::new(), String::new());
        parts::content(said.remove("content"), "", &mut text, &mut thought, &mut Vec::new());
        if !text.is_empty() || is_whole {
            said.insert("content".into(), if text.is_empty() { Value::Null } else { json!(text) });
        }
        if !thought.is_empty() {
            said.entry("reasoning_content").or_insert(json!(thought));
        }
    }
    if let Some(call) = said.get_mut("tool_calls").filter(|calls| calls.is_object()) {
        *call = json!([call.take()]);
    }
    let calls = said.get_mut("tool_calls").and_then(Value::as_array_mut);
    let calls = calls.into_iter().flatten().filter_map(Value::as_object_mut);
    let known = calls.filter(|call| call.contains_key("function") || call.contains_key("custom"));
    for (call, taken) in known.zip(taken) {
        let begins = taken.begins || is_whole;
        if begins {
            call.insert("id".into(), json!(id(taken.number)));
            call.entry("type").or_insert(json!("function"));
        } else {
            call.remove("id");
        }
        if !is_whole {
            call.insert("index".into(), json!(taken.number));
        }
        let Some(function) = call.get_mut("function").and_then(Value::as_object_mut) else { continue };
        if !begins && !taken.names {
            function.remove("name");
        }
        match function.get_mut("arguments") {
            Some(Value::String(_)) => {}
            Some(Value::Null) => {
                drop(function.insert("arguments".into(), json!(if is_whole { "{}" } else { "" })))
            }
            Some(object) => *object = json!(arguments_text(object)),
            None if is_whole => drop(function.insert("arguments".into(), json!("{}"))),
            None => {}
        }
    }
}

/// The chunk with the reason, which is missing before the end mark.
pub(super) fn closing(id: &str, model: &str, stop: &StopReason) -> Value {
    let choice = json!({"index": 0, "delta": {}, "finish_reason": encode_stop(stop)});
    json!({"id": id, "object": "chat.completion.chunk", "created": 0, "model": model, "choices": [choice]})
}
