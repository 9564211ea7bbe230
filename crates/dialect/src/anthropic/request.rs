//! Requests, both ways.

use serde_json::{Map, Value, json};

use super::content;
use crate::{
    choice,
    content::tell,
    fields::{DecodeError, Fields},
    limit,
    loss::Loss,
    neutral::{Message, Request, Role, Sampling, Tool, ToolChoice},
};

/// Sent when a client names no limit: the API asks for one.
const MAX_OUTPUT: u64 = 8_192;

pub(crate) fn decode_request(body: Value, losses: &mut Vec<Loss>) -> Result<Request, DecodeError> {
    let mut body = Fields::of(body, "")?;
    let mut request = Request {
        model: body.needed_string("model")?,
        system: content::decode_all(body.take("system"), "system", losses)?,
        max_output: body.count("max_tokens")?,
        stream: body.flag("stream")?.unwrap_or(false),
        sampling: Sampling {
            temperature: body.number("temperature")?,
            top_p: body.number("top_p")?,
            top_k: body.count("top_k")?,
            ..Sampling::default()
        },
        ..Request::default()
    };
    for (path, stop) in body.items("stop_sequences")? {
        match stop {
            Value::String(stop) => request.sampling.stop.push(stop),
            _ => return Err(DecodeError::new(path, "expected a string")),
        }
    }
    for (path, message) in body.items("messages")? {
        request.messages.push(decode_message(message, path, losses)?);
    }
    for (path, tool) in body.items("tools")? {
        request.tools.push(decode_tool(tool, path, losses)?);
    }
    let named = |choice: &Value| choice["name"].as_str().map(str::to_owned);
    request.tool_choice = choice::decode(body.take("tool_choice"), losses, named);
    if let Some(mut thinking) = body.object("thinking")? {
        match thinking.needed_string("type")?.as_str() {
            "disabled" => request.sampling.thinking_budget = Some(0),
            "enabled" => request.sampling.thinking_budget = thinking.count("budget_tokens")?,
            other => losses.push(Loss::change("thinking", format!("`{other}` thinking cannot be carried"))),
        }
        thinking.end(losses);
    }
    if let Some(mut config) = body.object("output_config")? {
        request.sampling.effort = config.string("effort")?;
        request.output_schema = decode_format(config.object("format")?, losses)?;
        config.end(losses);
    }
    if let Some(format) = body.object("output_format")? {
        request.output_schema = decode_format(Some(format), losses)?;
    }
    body.end(losses);
    Ok(request)
}

fn decode_message(message: Value, path: String, losses: &mut Vec<Loss>) -> Result<Message, DecodeError> {
    let mut message = Fields::of(message, path)?;
    let role = match message.needed_string("role")?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        // Claude Code sends instructions in mid-conversation.
        "system" => Role::System,
        other => return Err(DecodeError::new(message.path("role"), format!("unknown role `{other}`"))),
    };
    let (before, path) = (losses.len(), message.path("content"));
    let mut content = content::decode_all(message.take("content"), &path, losses)?;
    if role == Role::User {
        tell(&mut content, "message", &path, &losses[before..]);
    }
    message.end(losses);
    Ok(Message { role, content })
}

fn decode_tool(tool: Value, path: String, losses: &mut Vec<Loss>) -> Result<Tool, DecodeError> {
    let mut tool = Fields::of(tool, path)?;
    let name = tool.string("name")?.unwrap_or_default();
    let description = tool.string("description")?.unwrap_or_default();
    match tool.string("type")?.filter(|kind| kind != "custom") {
        Some(kind) => {
            let parameters = Value::Object(Map::new());
            Ok(Tool { name, description, parameters, hosted: Some((kind, tool.rest())) })
        }
        None => {
            let parameters = tool.take("input_schema").unwrap_or_else(|| json!({"type": "object"}));
            tool.end(losses);
            Ok(Tool { name, description, parameters, hosted: None })
        }
    }
}

fn decode_format(format: Option<Fields>, losses: &mut Vec<Loss>) -> Result<Option<Value>, DecodeError> {
    let Some(mut format) = format else { return Ok(None) };
    format.string("type")?;
    let schema = format.take("schema");
    format.end(losses);
    Ok(schema)
}

pub(crate) fn encode_request(request: &Request, losses: &mut Vec<Loss>) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    body.insert("max_tokens".into(), json!(request.max_output.unwrap_or(MAX_OUTPUT)));
    if request.stream {
        body.insert("stream".into(), json!(true));
    }
    if !request.system.is_empty() {
        let system = content::encode_all(&request.system, "system", losses);
        body.insert("system".into(), Value::Array(system));
    }
    body.insert("messages".into(), Value::Array(encode_messages(&request.messages, losses)));
    let tools = request.tools.iter().enumerate();
    let tools: Vec<Value> = tools.filter_map(|(index, tool)| encode_tool(tool, index, losses)).collect();
    if !tools.is_empty() {
        body.insert("tools".into(), Value::Array(tools));
        match &request.tool_choice {
            ToolChoice::Auto => None,
            ToolChoice::Any => Some(json!({"type": "any"})),
            ToolChoice::None => Some(json!({"type": "none"})),
            ToolChoice::Named(name) => Some(json!({"type": "tool", "name": name})),
        }
        .map(|choice| body.insert("tool_choice".into(), choice));
    }
    encode_sampling(&request.sampling, request.max_output.unwrap_or(MAX_OUTPUT), &mut body, losses);
    if let Some(schema) = &request.output_schema {
        let config = body.entry("output_config").or_insert_with(|| json!({}));
        config["format"] = json!({"type": "json_schema", "schema": schema});
    }
    Value::Object(body)
}

fn encode_sampling(
    sampling: &Sampling,
    max_output: u64,
    body: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) {
    let mut set = |key: &str, value: Option<Value>| value.map(|value| body.insert(key.into(), value));
    set("temperature", sampling.temperature.map(|number| json!(number)));
    set("top_p", sampling.top_p.map(|number| json!(number)));
    set("top_k", sampling.top_k.map(|number| json!(number)));
    set("stop_sequences", (!sampling.stop.is_empty()).then(|| json!(sampling.stop)));
    set(
        "thinking",
        sampling.thinking_budget.map(|budget| match limit::thinking(budget, max_output) {
            Some(fits) if budget > 0 => {
                if fits != budget {
                    let why = format!("a budget of {budget} does not go with this dialect: {fits} was sent");
                    losses.push(Loss::change("thinking", why));
                }
                json!({"type": "enabled", "budget_tokens": fits})
            }
            _ => {
                if budget > 0 {
                    losses.push(Loss::change("thinking", "no thinking budget fits under the output limit"));
                }
                json!({"type": "disabled"})
            }
        }),
    );
    set("output_config", sampling.effort.as_ref().map(|effort| json!({"effort": effort})));
}

/// Turns alternate: neighbours of one role are joined. Instructions in mid-conversation become the user's.
fn encode_messages(messages: &[Message], losses: &mut Vec<Loss>) -> Vec<Value> {
    let mut joined: Vec<(&str, Vec<Value>)> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let path = format!("messages[{index}]");
        let role = match message.role {
            Role::Assistant => "assistant",
            Role::User => "user",
            Role::System => {
                losses.push(Loss::change(&path, "instructions in mid-conversation were sent as the user's"));
                "user"
            }
        };
        let blocks = content::encode_all(&message.content, &path, losses);
        match joined.last_mut() {
            Some((last, content)) if *last == role => content.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => joined.push((role, blocks)),
        }
    }
    joined
        .into_iter()
        .map(|(role, content)| json!({"role": role, "content": results_first(content)}))
        .collect()
}

/// Results of tools must come before anything else in a turn.
fn results_first(content: Vec<Value>) -> Vec<Value> {
    let (mut results, rest): (Vec<_>, Vec<_>) =
        content.into_iter().partition(|block| block["type"] == "tool_result");
    results.extend(rest);
    results
}

fn encode_tool(tool: &Tool, index: usize, losses: &mut Vec<Loss>) -> Option<Value> {
    if let Some((kind, _)) = &tool.hosted {
        losses.push(Loss::change(format!("tools[{index}]"), format!("a `{kind}` tool cannot be carried")));
        return None;
    }
    Some(json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters}))
}
