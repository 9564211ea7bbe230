//! Parts, both ways.
//!
//! The dialect signs parts, not blocks of reasoning: a signature on another part becomes a block of reasoning
//! without text before it, and goes back onto the part that follows such a block.

use serde_json::{Map, Value, json};

use super::signature;
use crate::{
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::Content,
};

/// Names calls that the dialect leaves unnamed, in their order.
#[derive(Debug, Default)]
pub(super) struct Calls {
    made: usize,
    /// Calls without a result yet: id and tool.
    open: Vec<(String, String)>,
}

impl Calls {
    fn call(&mut self, id: Option<String>, name: &str) -> String {
        // No server makes ids like these: what is kept for a server's call is not found by them.
        let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("unnamed_call_{}", self.made));
        self.made += 1;
        self.open.push((id.clone(), name.to_owned()));
        id
    }

    /// The call that a result answers: by id, else the first open one of that tool. Gemini's own client gives results ids
    /// that it does not give the calls.
    fn result(&mut self, id: Option<String>, name: &str) -> String {
        let of_id = id.as_ref().and_then(|id| self.open.iter().position(|(open, _)| open == id));
        let found = of_id.or_else(|| self.open.iter().position(|(_, tool)| tool == name));
        let found = found.map(|position| self.open.remove(position).0);
        found.or(id).unwrap_or_else(|| format!("unnamed_call_of_{name}"))
    }
}

pub(super) fn decode_all(
    parts: Vec<(String, Value)>,
    calls: &mut Calls,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Content>, DecodeError> {
    let mut content = Vec::with_capacity(parts.len());
    for (path, part) in parts {
        let mut part = Fields::of(part, path.clone())?;
        let signature = part.string("thoughtSignature")?.map(signature::from_client);
        let thought = part.flag("thought")?.unwrap_or(false);
        if let Some(text) = part.string("text")? {
            if thought {
                content.push(Content::Reasoning { text, signature });
            } else {
                content.extend(signed(signature));
                content.push(Content::Text { text, cache: false });
            }
        } else if let Some(mut call) = part.object("functionCall")? {
            content.extend(signed(signature));
            let name = call.needed_string("name")?;
            let id = calls.call(call.string("id")?, &name);
            let arguments = call.take("args").unwrap_or_else(|| Value::Object(Map::new()));
            call.end(losses);
            content.push(Content::ToolCall { id, name, arguments });
        } else if let Some(mut result) = part.object("functionResponse")? {
            let name = result.needed_string("name")?;
            let id = calls.result(result.string("id")?, &name);
            let (text, is_error) = result_text(result.take("response"));
            let before = losses.len();
            let mut inner = vec![Content::Text { text, cache: false }];
            inner.extend(decode_all(result.items("parts")?, calls, losses)?);
            let within = result.path("parts");
            crate::content::tell(&mut inner, "result", &within, &losses[before..]);
            result.end(losses);
            content.push(Content::ToolResult { id, content: inner, is_error });
        } else if let Some(mut data) = part.object("inlineData")? {
            let media_type = data.needed_string("mimeType")?;
            if media_type.starts_with("image/") {
                content.push(Content::Image { media_type, data: data.needed_string("data")? });
            } else {
                losses.push(Loss::change(path, format!("data of type `{media_type}` cannot be carried")));
            }
        } else if let Some(mut file) = part.object("fileData")? {
            let data = file.needed_string("fileUri")?;
            match file.string("mimeType")?.filter(|kind| !kind.starts_with("image/")) {
                Some(kind) => {
                    losses.push(Loss::change(path, format!("data of type `{kind}` cannot be carried")));
                }
                None => content.push(Content::Image { media_type: String::new(), data }),
            }
        } else {
            content.extend(signed(signature));
        }
        part.end(losses);
    }
    Ok(content)
}

fn signed(signature: Option<String>) -> Option<Content> {
    signature.map(|signature| Content::Reasoning { text: String::new(), signature: Some(signature) })
}

/// A tool's result is an object; by custom its text is under `output`, or under `error` when it failed.
fn result_text(response: Option<Value>) -> (String, bool) {
    let Some(response) = response else { return (String::new(), false) };
    for (key, is_error) in [("output", false), ("result", false), ("error", true)] {
        if let (Some(text), Some(1)) = (response[key].as_str(), response.as_object().map(Map::len)) {
            return (text.to_owned(), is_error);
        }
    }
    (response.to_string(), response.get("error").is_some())
}

/// Whom parts are written for.
pub(super) enum Reader<'a> {
    /// A client: calls have ids, by which it tells results apart.
    Client,
    /// A server, which results are sent to under the tool of their call. Not all that speak the dialect know ids.
    Server(&'a dyn Fn(&str) -> String),
}

/// Writes blocks as parts.
pub(super) fn encode_all(
    content: &[Content],
    path: &str,
    reader: &Reader<'_>,
    losses: &mut Vec<Loss>,
) -> Vec<Value> {
    let mut parts: Vec<Value> = Vec::new();
    let signature_of = |signed: &String| match reader {
        Reader::Client => signature::for_client(signed),
        Reader::Server(_) => signed.clone(),
    };
    let mut signature: Option<&String> = None;
    for block in content {
        let mut part = match block {
            Content::Text { text, cache } => {
                if *cache {
                    losses.push(Loss::note(path, "cache markers cannot be carried"));
                }
                json!({"text": text})
            }
            Content::Reasoning { text, signature: own } if text.is_empty() => {
                signature = own.as_ref().or(signature);
                continue;
            }
            Content::Reasoning { text, signature: own } => {
                let mut part = json!({"text": text, "thought": true});
                if let Some(own) = own {
                    part["thoughtSignature"] = json!(signature_of(own));
                }
                parts.push(part);
                continue;
            }
            Content::Image { media_type, data } if media_type.is_empty() => {
                json!({"fileData": {"fileUri": data}})
            }
            Content::Image { media_type, data } => {
                json!({"inlineData": {"mimeType": media_type, "data": data}})
            }
            Content::ToolCall { id, name, arguments } => {
                let args = match arguments {
                    Value::Object(_) => arguments.clone(),
                    other => {
                        let why = format!("the arguments of `{name}` are no object and were wrapped in one");
                        losses.push(Loss::change(path, why));
                        json!({"arguments": other})
                    }
                };
                match reader {
                    Reader::Client => json!({"functionCall": {"id": id, "name": name, "args": args}}),
                    Reader::Server(_) => json!({"functionCall": {"name": name, "args": args}}),
                }
            }
            Content::ToolResult { id, content, is_error } => {
                let (text, images) = crate::chat::result(content);
                let key = if *is_error { "error" } else { "output" };
                let mut result = match reader {
                    Reader::Client => json!({"id": id, "response": {key: text}}),
                    Reader::Server(tool_of) => json!({"name": tool_of(id), "response": {key: text}}),
                };
                if !images.is_empty() {
                    result["parts"] = Value::Array(encode_all(&images, path, reader, losses));
                }
                json!({"functionResponse": result})
            }
        };
        if let Some(signature) = signature.take() {
            part["thoughtSignature"] = json!(signature_of(signature));
        }
        parts.push(part);
    }
    if let Some(signature) = signature {
        parts.push(json!({"text": "", "thoughtSignature": signature_of(signature)}));
    }
    parts
}
