//! Requests, both ways.

use serde_json::{Map, Value, json};

use super::{items, tools};
use crate::{
    chat::joined_text,
    choice, content,
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::{Content, Request, Role, Tool, ToolChoice},
};

pub(crate) fn decode_request(body: Value, losses: &mut Vec<Loss>) -> Result<Request, DecodeError> {
    let mut body = Fields::of(body, "")?;
    let mut request = Request { model: body.needed_string("model")?, ..Request::default() };
    let instructions = body.string("instructions")?.filter(|text| !text.is_empty());
    request.system.extend(instructions.map(|text| Content::Text { text, cache: false }));
    let input = match body.take("input") {
        Some(Value::String(text)) => vec![json!({"role": "user", "content": text})],
        Some(Value::Array(items)) => items,
        None => Vec::new(),
        Some(_) => return Err(DecodeError::new("input", "expected a string or an array of items")),
    };
    let mut listed = Vec::new();
    for (path, mut item) in crate::fields::numbered("input", input) {
        // Tools are tools wherever a request lists them.
        if let Some("additional_tools" | "tool_search_output") = item["type"].as_str() {
            let announces = item["type"] == "additional_tools";
            let tools = if announces { item["tools"].take() } else { item["tools"].clone() };
            let tools = tools.as_array().cloned().unwrap_or_default();
            listed.extend(crate::fields::numbered(&format!("{path}.tools"), tools));
            if announces {
                continue;
            }
        }
        let Some(item) = items::decode(item, path, losses)? else { continue };
        if item.role == Role::System && request.messages.is_empty() {
            request.system.extend(item.content);
        } else {
            items::add(item, &mut request.messages);
        }
    }
    listed.splice(0..0, body.items("tools")?);
    for (path, tool) in listed {
        tools::decode(tool, path, &mut request, losses)?;
    }
    tools::once_each(&mut request.tools);
    request.tool_choice = choice::decode(body.take("tool_choice"), losses, tools::named);
    request.max_output = body.count("max_output_tokens")?;
    request.stream = body.flag("stream")?.unwrap_or(false);
    request.sampling.temperature = body.number("temperature")?;
    request.sampling.top_p = body.number("top_p")?;
    if let Some(mut reasoning) = body.object("reasoning")? {
        request.sampling.effort = reasoning.string("effort")?;
        reasoning.end(losses);
    }
    if let Some(mut text) = body.object("text")? {
        if let Some(mut format) = text.object("format")? {
            match format.needed_string("type")?.as_str() {
                "json_schema" => {
                    format.take("name");
                    format.take("strict");
                    request.output_schema = format.take("schema");
                }
                "json_object" => request.output_schema = Some(json!({"type": "object"})),
                _ => {}
            }
            format.end(losses);
        }
        text.end(losses);
    }
    // Asks for reasoning in a form that can be sent back: every codec does so where it can.
    body.take("include");
    for kept in ["previous_response_id", "conversation"] {
        if body.take(kept).is_some() {
            losses.push(Loss::elsewhere(kept, kept));
        }
    }
    body.expect_flag("parallel_tool_calls", true, losses)?;
    body.end(losses);
    Ok(request)
}

pub(crate) fn encode_request(request: &Request, losses: &mut Vec<Loss>) -> Value {
    let mut input = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        items::encode(message, &format!("messages[{index}]"), &mut input, losses);
    }
    let tools = request.tools.iter().enumerate();
    let tools: Vec<Value> = tools.filter_map(|(index, tool)| encode_tool(tool, index, losses)).collect();
    let mut body = Map::new();
    let mut set = |key: &str, value: Option<Value>| value.map(|value| body.insert(key.into(), value));
    set("model", Some(json!(request.model)));
    let instructions = (!request.system.is_empty()).then(|| joined_text(&request.system, "system", losses));
    set("instructions", instructions.map(Value::String));
    set("input", Some(Value::Array(input)));
    set(
        "tool_choice",
        match &request.tool_choice {
            _ if tools.is_empty() => None,
            ToolChoice::Auto => None,
            ToolChoice::Any => Some(json!("required")),
            ToolChoice::None => Some(json!("none")),
            ToolChoice::Named(name) => Some(json!({"type": "function", "name": name})),
        },
    );
    set("tools", (!tools.is_empty()).then(|| Value::Array(tools)));
    set("max_output_tokens", request.max_output.map(|limit| json!(limit)));
    set("stream", request.stream.then(|| json!(true)));
    // The conversation is the client's, and reasoning must come back in it.
    set("store", Some(json!(false)));
    set("include", Some(json!(["reasoning.encrypted_content"])));
    let sampling = &request.sampling;
    set("temperature", sampling.temperature.map(|number| json!(number)));
    set("top_p", sampling.top_p.map(|number| json!(number)));
    set("reasoning", sampling.effort.as_ref().map(|effort| json!({"effort": effort})));
    set(
        "text",
        request
            .output_schema
            .as_ref()
            .map(|schema| json!({"format": {"type": "json_schema", "name": "answer", "schema": schema}})),
    );
    for (key, lost) in [
        ("top_k", sampling.top_k.is_some()),
        ("stop", !sampling.stop.is_empty()),
        ("thinking", sampling.thinking_budget.is_some_and(|budget| budget > 0)),
    ] {
        if lost {
            losses.push(Loss::change(key, "the dialect has no such setting"));
        }
    }
    Value::Object(body)
}

fn encode_tool(tool: &Tool, index: usize, losses: &mut Vec<Loss>) -> Option<Value> {
    if let Some((kind, _)) = &tool.hosted {
        losses.push(Loss::change(format!("tools[{index}]"), format!("a `{kind}` tool cannot be carried")));
        return None;
    }
    Some(json!({
        "type": "function", "name": tool.name, "description": tool.description,
        "parameters": content::schema(&tool.parameters), "strict": false,
    }))
}
