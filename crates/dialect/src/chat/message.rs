//! Messages, both ways.

use serde_json::{Value, json};

use super::{content, details};
use crate::{
    fields::{DecodeError, Fields, arguments, arguments_text},
    loss::Loss,
    neutral::{Content, FREEFORM_ARGUMENT, Message, Role},
};

/// Reads one message and adds it to the conversation. Instructions before everything else are the system prompt;
/// results of tools that follow one another are one turn.
pub(super) fn decode(
    message: Value,
    path: String,
    system: &mut Vec<Content>,
    messages: &mut Vec<Message>,
    losses: &mut Vec<Loss>,
) -> Result<(), DecodeError> {
    let mut message = Fields::of(message, path)?;
    let role = message.needed_string("role")?;
    let before = losses.len();
    let mut content = content::decode_all(message.take("content"), &message.path("content"), losses)?;
    let path = message.path("content");
    match role.as_str() {
        "system" | "developer" if messages.is_empty() => system.append(&mut content),
        "system" | "developer" => messages.push(Message { role: Role::System, content }),
        "tool" | "function" => {
            let name = message.string("name")?.unwrap_or_default();
            let id = match message.string("tool_call_id")? {
                Some(id) => id,
                // The older form of a result names the tool, and answers its last call.
                None => last_call(&name, messages)
                    .ok_or_else(|| DecodeError::new(message.path("tool_call_id"), "is required"))?,
            };
            crate::content::tell(&mut content, "result", &path, &losses[before..]);
            let result = Content::ToolResult { id, content, is_error: false };
            match messages.last_mut() {
                Some(last) if is_results(last) => last.content.push(result),
                _ => messages.push(Message { role: Role::User, content: vec![result] }),
            }
        }
        "assistant" => {
            let mut blocks = Vec::new();
            blocks.extend(reasoning(&mut message)?);
            blocks.append(&mut content);
            blocks.extend(message.string("refusal")?.map(|text| Content::Text { text, cache: false }));
            blocks.extend(tool_calls(&mut message, losses)?);
            blocks.extend(older_call(&mut message, messages.len(), losses)?);
            messages.push(Message { role: Role::Assistant, content: blocks });
        }
        other => {
            if other != "user" {
                losses.push(Loss::change(message.path("role"), format!("`{other}` is taken for the user")));
            }
            crate::content::tell(&mut content, "message", &path, &losses[before..]);
            messages.push(Message { role: Role::User, content });
        }
    }
    message.end(losses);
    Ok(())
}

/// Whether a turn is results of tools and nothing else.
fn is_results(turn: &Message) -> bool {
    let is_result = |block: &Content| matches!(block, Content::ToolResult { .. });
    turn.role == Role::User && !turn.content.is_empty() && turn.content.iter().all(is_result)
}

/// The id of the last call of a tool.
fn last_call(tool: &str, messages: &[Message]) -> Option<String> {
    let mut calls = messages.iter().rev().flat_map(|message| message.content.iter().rev());
    calls.find_map(|block| match block {
        Content::ToolCall { id, name, .. } if name == tool => Some(id.clone()),
        _ => None,
    })
}

/// The one call of a message in the form that came before `tool_calls`. It has no id, so it gets one by its turn.
fn older_call(
    message: &mut Fields,
    turn: usize,
    losses: &mut Vec<Loss>,
) -> Result<Option<Content>, DecodeError> {
    let Some(mut call) = message.object("function_call")? else { return Ok(None) };
    let name = call.needed_string("name")?;
    let arguments = written(call.take("arguments"));
    call.end(losses);
    Ok(Some(Content::ToolCall { id: format!("unnamed_call_{turn}"), name, arguments }))
}

/// Arguments as they were written: as text, or as an object.
fn written(given: Option<Value>) -> Value {
    match given {
        Some(Value::String(text)) => arguments(&text),
        Some(other) => other,
        None => json!({}),
    }
}

/// Reasoning has no place in OpenAI's own API; clients that send it back call it one of these.
fn reasoning(message: &mut Fields) -> Result<Option<Content>, DecodeError> {
    let details = message.items("reasoning_details")?.into_iter().map(|(_, detail)| detail);
    let signature = details::signature(&details.collect::<Vec<_>>());
    let text = match message.string("reasoning_content")? {
        Some(text) => {
            message.take("reasoning");
            Some(text)
        }
        None => message.string("reasoning")?,
    };
    let text = text.unwrap_or_default();
    Ok((!text.is_empty() || signature.is_some()).then_some(Content::Reasoning { text, signature }))
}

fn tool_calls(message: &mut Fields, losses: &mut Vec<Loss>) -> Result<Vec<Content>, DecodeError> {
    let mut calls = Vec::new();
    for (path, call) in message.items("tool_calls")? {
        let mut call = Fields::of(call, path)?;
        call.take("type");
        call.take("index");
        let id = call.string("id")?.unwrap_or_default();
        if let Some(extra) = call.take("extra_content") {
            let signature = details::of_call(&extra);
            calls.extend(
                signature
                    .map(|signature| Content::Reasoning { text: String::new(), signature: Some(signature) }),
            );
        }
        if let Some(mut custom) = call.object("custom")? {
            let name = custom.needed_string("name")?;
            let input = custom.string("input")?.unwrap_or_default();
            custom.end(losses);
            call.end(losses);
            calls.push(Content::ToolCall { id, name, arguments: json!({FREEFORM_ARGUMENT: input}) });
            continue;
        }
        let Some(mut function) = call.object("function")? else {
            losses.push(Loss::change(call.path("type"), "only calls of functions can be carried"));
            continue;
        };
        let name = function.needed_string("name")?;
        let arguments = written(function.take("arguments"));
        function.end(losses);
        call.end(losses);
        calls.push(Content::ToolCall { id, name, arguments });
    }
    Ok(calls)
}

/// Writes one message: results of tools become messages of their own, before the rest of the turn.
pub(super) fn encode(message: &Message, path: &str, out: &mut Vec<Value>, losses: &mut Vec<Loss>) {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => return out.push(encode_assistant(&message.content, path, losses)),
    };
    let (mut rest, mut pictures) = (Vec::new(), Vec::new());
    for block in &message.content {
        match block {
            Content::ToolResult { id, content, is_error } => {
                if *is_error {
                    losses.push(Loss::change(path, "a tool's failure cannot be marked"));
                }
                let (text, images) = content::result(content);
                if !images.is_empty() {
                    let text = format!("What the tool returned for the call {id}:");
                    pictures.push(Content::Text { text, cache: false });
                    pictures.extend(images);
                    losses.push(Loss::note(
                        path,
                        "pictures of a tool's result are sent behind it, as the user's",
                    ));
                }
                out.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
            }
            other => rest.push(other.clone()),
        }
    }
    // Results stand together, so what belongs to them comes behind all of them.
    rest.splice(0..0, pictures);
    if !rest.is_empty() {
        out.push(json!({"role": role, "content": content::encode_all(&rest, path, losses)}));
    }
}

/// The assistant's part of a conversation, or of an answer. Signatures of other dialects have no place in it.
pub(super) fn encode_assistant(content: &[Content], path: &str, losses: &mut Vec<Loss>) -> Value {
    let text = content::encode_all(content, path, losses);
    let has_text = text.as_str() != Some("");
    let mut message = json!({"role": "assistant", "content": if has_text { text } else { Value::Null }});
    let mut calls = Vec::new();
    let mut reasoning = String::new();
    let mut extra = None;
    for block in content {
        match block {
            Content::ToolCall { id, name, arguments } => {
                let function = json!({"name": name, "arguments": arguments_text(arguments)});
                let mut call = json!({"id": id, "type": "function", "function": function});
                if let Some(extra) = extra.take() {
                    call["extra_content"] = extra;
                }
                calls.push(call);
            }
            Content::Reasoning { text, signature } => {
                reasoning.push_str(text);
                match signature
                    .as_deref()
                    .map(|signed| (details::of_signature(signed), details::extra_of(signed)))
                {
                    Some((Some(details), _)) => message["reasoning_details"] = details,
                    Some((_, Some(of_call))) => extra = Some(of_call),
                    Some(_) => losses.push(Loss::change(path, SIGNATURE)),
                    None => {}
                }
            }
            _ => {}
        }
    }
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    } else if !has_text {
        message["content"] = Value::String(String::new());
    }
    if !reasoning.is_empty() {
        message[REASONING] = Value::String(reasoning);
    }
    message
}

/// Puts the reasoning of a request's messages into this field, or takes it out where the server has none: servers refuse
/// names that they do not know.
pub(crate) fn put_reasoning_into(body: &mut Value, field: Option<&str>) {
    let messages = body.get_mut("messages").and_then(Value::as_array_mut);
    for message in messages.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let (Some(reasoning), Some(field)) = (message.shift_remove(REASONING), field) {
            message.insert(field.to_owned(), reasoning);
        }
    }
}

/// The most usual name of the field that reasoning stands in.
const REASONING: &str = "reasoning_content";

/// Why a signature is a loss.
pub(super) const SIGNATURE: &str = "the signature of reasoning cannot be carried";
