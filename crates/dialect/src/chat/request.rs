//! Requests, both ways.

use serde_json::{Map, Value, json};

use super::{content::joined_text, message};
use crate::{
    choice, content,
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::{Request, Sampling, Tool, ToolChoice},
};

pub(crate) fn decode_request(body: Value, losses: &mut Vec<Loss>) -> Result<Request, DecodeError> {
    let mut body = Fields::of(body, "")?;
    let mut request = Request { model: body.needed_string("model")?, ..Request::default() };
    for (path, item) in body.items("messages")? {
        message::decode(item, path, &mut request.system, &mut request.messages, losses)?;
    }
    for (path, tool) in body.items("tools")? {
        request.tools.push(decode_tool(tool, path, losses)?);
    }
    request.tool_choice = choice::decode(body.take("tool_choice"), losses, named);
    // A server may read either name.
    let older = body.count("max_tokens")?;
    request.max_output = body.count("max_completion_tokens")?.max(older);
    request.stream = body.flag("stream")?.unwrap_or(false);
    body.take("stream_options");
    request.sampling = Sampling {
        temperature: body.number("temperature")?,
        top_p: body.number("top_p")?,
        top_k: body.count("top_k")?,
        stop: decode_stop(body.take("stop"))?,
        effort: body.string("reasoning_effort")?,
        thinking_budget: None,
    };
    if let Some(mut format) = body.object("response_format")? {
        match format.needed_string("type")?.as_str() {
            "json_schema" => {
                if let Some(mut schema) = format.object("json_schema")? {
                    schema.take("name");
                    schema.take("strict");
                    request.output_schema = schema.take("schema");
                    schema.end(losses);
                }
            }
            "json_object" => request.output_schema = Some(json!({"type": "object"})),
            _ => {}
        }
        format.end(losses);
    }
    body.expect_flag("parallel_tool_calls", true, losses)?;
    if body.count("n")?.is_some_and(|n| n > 1) {
        return Err(DecodeError::new("n", "one answer per call: more cannot be metered"));
    }
    body.end(losses);
    Ok(request)
}

fn decode_tool(tool: Value, path: String, losses: &mut Vec<Loss>) -> Result<Tool, DecodeError> {
    let mut tool = Fields::of(tool, path)?;
    let kind = tool.string("type")?.unwrap_or_else(|| tool.untyped_kind("function"));
    if kind != "function" {
        let parameters = Value::Object(Map::new());
        let (name, description) = (String::new(), String::new());
        return Ok(Tool { name, description, parameters, hosted: Some((kind, tool.rest())) });
    }
    // Some clients write it flat, as the newer API has it.
    let mut function = match tool.object("function")? {
        Some(function) => {
            tool.end(losses);
            function
        }
        None => tool,
    };
    function.expect_flag("strict", false, losses)?;
    let decoded = Tool {
        name: function.needed_string("name")?,
        description: function.string("description")?.unwrap_or_default(),
        parameters: function.take("parameters").unwrap_or_else(|| json!({"type": "object"})),
        hosted: None,
    };
    function.end(losses);
    Ok(decoded)
}

/// The tool that a choice names.
fn named(choice: &Value) -> Option<String> {
    let places = ["/function/name", "/custom/name", "/name"];
    let name = places.iter().find_map(|place| choice.pointer(place)?.as_str());
    name.map(str::to_owned)
}

fn decode_stop(stop: Option<Value>) -> Result<Vec<String>, DecodeError> {
    let wrong = || DecodeError::new("stop", "expected a string or an array of strings");
    match stop {
        None => Ok(Vec::new()),
        Some(Value::String(stop)) => Ok(vec![stop]),
        Some(Value::Array(stops)) => {
            stops.into_iter().map(|stop| stop.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

pub(crate) fn encode_request(request: &Request, losses: &mut Vec<Loss>) -> Value {
    let mut messages = Vec::new();
    if !request.system.is_empty() {
        let system = joined_text(&request.system, "system", losses);
        messages.push(json!({"role": "system", "content": system}));
    }
    for (index, item) in request.messages.iter().enumerate() {
        message::encode(item, &format!("messages[{index}]"), &mut messages, losses);
    }
    let mut body = Map::new();
    body.insert("model".into(), json!(request.model));
    body.insert("messages".into(), Value::Array(messages));
    let tools = request.tools.iter().enumerate();
    let tools: Vec<Value> = tools.filter_map(|(index, tool)| encode_tool(tool, index, losses)).collect();
    let mut set = |key: &str, value: Option<Value>| value.map(|value| body.insert(key.into(), value));
    set(
        "tool_choice",
        match &request.tool_choice {
            _ if tools.is_empty() => None,
            ToolChoice::Auto => None,
            ToolChoice::Any => Some(json!("required")),
            ToolChoice::None => Some(json!("none")),
            ToolChoice::Named(name) => Some(json!({"type": "function", "function": {"name": name}})),
        },
    );
    set("tools", (!tools.is_empty()).then(|| Value::Array(tools)));
    set("max_tokens", request.max_output.map(|limit| json!(limit)));
    set("stream", request.stream.then(|| json!(true)));
    set("stream_options", request.stream.then(|| json!({"include_usage": true})));
    let sampling = &request.sampling;
    set("temperature", sampling.temperature.map(|number| json!(number)));
    set("top_p", sampling.top_p.map(|number| json!(number)));
    set("stop", (!sampling.stop.is_empty()).then(|| json!(sampling.stop)));
    set("reasoning_effort", sampling.effort.as_ref().map(|effort| json!(effort)));
    set(
        "response_format",
        request.output_schema.as_ref().map(
            |schema| json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}),
        ),
    );
    if sampling.top_k.is_some() {
        losses.push(Loss::change("top_k", "the dialect has no such setting"));
    }
    if sampling.thinking_budget.is_some_and(|budget| budget > 0) {
        losses.push(Loss::change("thinking", "the dialect has no thinking budget"));
    }
    Value::Object(body)
}

fn encode_tool(tool: &Tool, index: usize, losses: &mut Vec<Loss>) -> Option<Value> {
    if let Some((kind, _)) = &tool.hosted {
        losses.push(Loss::change(format!("tools[{index}]"), format!("a `{kind}` tool cannot be carried")));
        return None;
    }
    Some(json!({
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": content::schema(&tool.parameters)},
    }))
}
