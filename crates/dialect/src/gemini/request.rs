//! Requests, both ways.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value, json};

use super::parts::{self, Calls};
use crate::{
    fields::{DecodeError, Fields},
    loss::Loss,
    neutral::{Content, Message, Request, Role, Tool, ToolChoice},
};

pub(crate) fn decode_request(body: Value, losses: &mut Vec<Loss>) -> Result<Request, DecodeError> {
    let mut body = Fields::of(camel_case(body), "")?;
    let mut request = Request {
        model: body.string("model")?.unwrap_or_default(),
        stream: body.flag("stream")?.unwrap_or(false),
        ..Request::default()
    };
    let mut calls = Calls::default();
    if let Some(system) = body.take("systemInstruction") {
        let mut system = Fields::of(system, "systemInstruction")?;
        system.take("role");
        request.system = parts::decode_all(system.items("parts")?, &mut calls, losses)?;
        system.end(losses);
    }
    for (path, turn) in body.items("contents")? {
        let mut turn = Fields::of(turn, path)?;
        let role = match turn.string("role")?.as_deref() {
            Some("model") => Role::Assistant,
            None | Some("user" | "function") => Role::User,
            Some(other) => {
                return Err(DecodeError::new(turn.path("role"), format!("unknown role `{other}`")));
            }
        };
        let (before, path) = (losses.len(), turn.path("parts"));
        let mut content = parts::decode_all(turn.items("parts")?, &mut calls, losses)?;
        if role == Role::User {
            crate::content::tell(&mut content, "message", &path, &losses[before..]);
        }
        turn.end(losses);
        request.messages.push(Message { role, content });
    }
    for (path, tool) in body.items("tools")? {
        decode_tools(tool, path, &mut request.tools, losses)?;
    }
    if let Some(mut config) = body.object("toolConfig")? {
        if let Some(mut calling) = config.object("functionCallingConfig")? {
            let allowed = calling.items("allowedFunctionNames")?;
            let mut names = allowed.iter().filter_map(|(_, name)| name.as_str());
            request.tool_choice = match (calling.string("mode")?.as_deref(), names.next(), names.next()) {
                (Some("ANY"), Some(name), None) => ToolChoice::Named(name.to_owned()),
                (Some("ANY"), ..) => ToolChoice::Any,
                (Some("NONE"), ..) => ToolChoice::None,
                _ => ToolChoice::Auto,
            };
            calling.end(losses);
        }
        config.end(losses);
    }
    if let Some(config) = body.object("generationConfig")? {
        decode_config(config, &mut request, losses)?;
    }
    body.end(losses);
    Ok(request)
}

/// What is the user's own JSON, not the dialect's.
const VERBATIM: [&str; 6] =
    ["args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema"];

/// The API takes its names in either case, and its own client mixes both in one request.
pub(super) fn camel_case(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let named = map.into_iter().map(|(key, value)| {
                let key = camel(&key);
                let value = if VERBATIM.contains(&key.as_str()) { value } else { camel_case(value) };
                (key, value)
            });
            Value::Object(named.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(camel_case).collect()),
        other => other,
    }
}

/// A key in camel case, as the reader takes it.
pub(crate) fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn decode_config(
    mut config: Fields,
    request: &mut Request,
    losses: &mut Vec<Loss>,
) -> Result<(), DecodeError> {
    request.max_output = config.count("maxOutputTokens")?;
    request.sampling.temperature = config.number("temperature")?;
    request.sampling.top_p = config.number("topP")?;
    request.sampling.top_k = config.count("topK")?;
    for (path, stop) in config.items("stopSequences")? {
        match stop {
            Value::String(stop) => request.sampling.stop.push(stop),
            _ => return Err(DecodeError::new(path, "expected a string")),
        }
    }
    if let Some(mut thinking) = config.object("thinkingConfig")? {
        thinking.take("includeThoughts");
        request.sampling.effort = thinking.string("thinkingLevel")?.map(|level| level.to_lowercase());
        // -1 leaves it to the model.
        request.sampling.thinking_budget = thinking.take("thinkingBudget").and_then(|budget| budget.as_u64());
        thinking.end(losses);
    }
    let schema = config.take("responseSchema").map(plain_schema);
    request.output_schema = config.take("responseJsonSchema").or(schema);
    if config.string("responseMimeType")?.as_deref() == Some("application/json") {
        request.output_schema.get_or_insert_with(|| json!({"type": "object"}));
    }
    if config.count("candidateCount")?.is_some_and(|count| count > 1) {
        return Err(DecodeError::new(
            config.path("candidateCount"),
            "one answer per call: more cannot be metered",
        ));
    }
    config.end(losses);
    Ok(())
}

fn decode_tools(
    tool: Value,
    path: String,
    tools: &mut Vec<Tool>,
    losses: &mut Vec<Loss>,
) -> Result<(), DecodeError> {
    let mut tool = Fields::of(tool, path)?;
    for (path, declaration) in tool.items("functionDeclarations")? {
        let mut declaration = Fields::of(declaration, path)?;
        let own = declaration.take("parameters").map(plain_schema);
        let parameters = declaration.take("parametersJsonSchema").or(own);
        tools.push(Tool {
            name: declaration.needed_string("name")?,
            description: declaration.string("description")?.unwrap_or_default(),
            parameters: parameters.unwrap_or_else(|| json!({"type": "object"})),
            hosted: None,
        });
        declaration.end(losses);
    }
    // What is left are the provider's own tools, each under its name.
    for (name, settings) in tool.rest() {
        let settings = settings.as_object().cloned().unwrap_or_default();
        let parameters = Value::Object(Map::new());
        let (kind, description) = (name.clone(), String::new());
        tools.push(Tool { name, description, parameters, hosted: Some((kind, settings)) });
    }
    Ok(())
}

/// The dialect writes the types of its schemas in capitals.
fn plain_schema(schema: Value) -> Value {
    match schema {
        Value::Object(map) => {
            let plain = |(key, value): (String, Value)| match value {
                Value::String(kind) if key == "type" => (key, Value::String(kind.to_lowercase())),
                value => (key, plain_schema(value)),
            };
            Value::Object(map.into_iter().map(plain).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(plain_schema).collect()),
        other => other,
    }
}

pub(crate) fn encode_request(request: &Request, losses: &mut Vec<Loss>) -> Value {
    let tools_of: BTreeMap<&str, &str> = request
        .messages
        .iter()
        .flat_map(|message| &message.content)
        .filter_map(|block| match block {
            Content::ToolCall { id, name, .. } => Some((id.as_str(), name.as_str())),
            _ => None,
        })
        .collect();
    let tool_of = |id: &str| tools_of.get(id).copied().unwrap_or("unknown").to_owned();
    let calls: Vec<&str> = request
        .messages
        .iter()
        .flat_map(|message| &message.content)
        .filter_map(|block| match block {
            Content::ToolCall { id, .. } => Some(id.as_str()),
            _ => None,
        })
        .collect();
    let reader = parts::Reader::Server(&tool_of);
    let mut contents: Vec<(&str, Vec<Value>)> = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        let path = format!("messages[{index}]");
        let role = match message.role {
            Role::Assistant => "model",
            Role::User => "user",
            Role::System => {
                losses.push(Loss::change(&path, "instructions in mid-conversation were sent as the user's"));
                "user"
            }
        };
        let parts = parts::encode_all(&in_order(&message.content, &calls), &path, &reader, losses);
        match contents.last_mut() {
            Some((last, before)) if *last == role => before.extend(parts),
            _ if parts.is_empty() => {}
            _ => contents.push((role, parts)),
        }
    }
    let contents = contents.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect();
    let mut body = Map::new();
    body.insert("contents".into(), Value::Array(contents));
    if !request.system.is_empty() {
        let parts = parts::encode_all(&request.system, "system", &reader, losses);
        body.insert("systemInstruction".into(), json!({"parts": parts}));
    }
    let tools = request.tools.iter().enumerate();
    let tools: Vec<Value> = tools.filter_map(|(index, tool)| encode_tool(tool, index, losses)).collect();
    if !tools.is_empty() {
        body.insert("tools".into(), json!([{"functionDeclarations": tools}]));
        let calling = match &request.tool_choice {
            ToolChoice::Auto => None,
            ToolChoice::Any => Some(json!({"mode": "ANY"})),
            ToolChoice::None => Some(json!({"mode": "NONE"})),
            ToolChoice::Named(name) => Some(json!({"mode": "ANY", "allowedFunctionNames": [name]})),
        };
        calling.map(|calling| body.insert("toolConfig".into(), json!({"functionCallingConfig": calling})));
    }
    let config = encode_config(request);
    if !config.is_empty() {
        body.insert("generationConfig".into(), Value::Object(config));
    }
    Value::Object(body)
}

/// Results in the order of their calls: without ids a server can tell those of one tool apart by nothing else.
fn in_order<'a>(content: &'a [Content], calls: &[&str]) -> Cow<'a, [Content]> {
    let place = |block: &Content| match block {
        Content::ToolResult { id, .. } => calls.iter().position(|call| call == id),
        _ => None,
    };
    let mut results: Vec<&Content> =
        content.iter().filter(|block| matches!(block, Content::ToolResult { .. })).collect();
    if results.len() < 2 {
        return Cow::Borrowed(content);
    }
    // Those that answer no call come last.
    results.sort_by_key(|block| place(block).unwrap_or(usize::MAX));
    let mut results = results.into_iter();
    let mut next = |block: &Content| match block {
        Content::ToolResult { .. } => results.next().unwrap_or(block).clone(),
        other => other.clone(),
    };
    content.iter().map(&mut next).collect()
}

fn encode_config(request: &Request) -> Map<String, Value> {
    let sampling = &request.sampling;
    let mut config = Map::new();
    let mut set = |key: &str, value: Option<Value>| value.map(|value| config.insert(key.into(), value));
    set("maxOutputTokens", request.max_output.map(|limit| json!(limit)));
    set("temperature", sampling.temperature.map(|number| json!(number)));
    set("topP", sampling.top_p.map(|number| json!(number)));
    set("topK", sampling.top_k.map(|number| json!(number)));
    set("stopSequences", (!sampling.stop.is_empty()).then(|| json!(sampling.stop)));
    let thinking = match (&sampling.effort, sampling.thinking_budget) {
        (Some(effort), _) => Some(json!({"thinkingLevel": effort})),
        (None, Some(budget)) => Some(json!({"thinkingBudget": budget})),
        (None, None) => None,
    };
    set("thinkingConfig", thinking);
    set("responseMimeType", request.output_schema.as_ref().map(|_| json!("application/json")));
    set("responseJsonSchema", request.output_schema.clone());
    config
}

fn encode_tool(tool: &Tool, index: usize, losses: &mut Vec<Loss>) -> Option<Value> {
    if let Some((kind, _)) = &tool.hosted {
        losses.push(Loss::change(format!("tools[{index}]"), format!("a `{kind}` tool cannot be carried")));
        return None;
    }
    Some(json!({
        "name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_either_case_and_json_as_it_is() {
        let body = json!({
            "system_instruction": {"parts": [{"text": "s"}]},
            "contents": [{"role": "user", "parts": [{"inlineData": {"mime_type": "image/png", "data": "AA=="}}]}],
            "tools": [{"function_declarations": [{
                "name": "t", "parameters_json_schema": {"properties": {"old_text": {"type": "string"}}},
            }]}],
        });
        let mut losses = Vec::new();
        let request = decode_request(body, &mut losses).unwrap();
        assert_eq!(losses, []);
        assert_eq!(request.system.len(), 1);
        assert!(
            matches!(&request.messages[0].content[0], Content::Image { media_type, .. } if media_type == "image/png")
        );
        assert!(request.tools[0].parameters["properties"].get("old_text").is_some());
    }

    #[test]
    fn results_are_sent_in_the_order_of_their_calls() {
        let call =
            |id: &str| Content::ToolCall { id: id.into(), name: "run".into(), arguments: json!({"c": id}) };
        let result = |id: &str| Content::ToolResult {
            id: id.into(),
            content: vec![Content::Text { text: format!("of {id}"), cache: false }],
            is_error: false,
        };
        let request = Request {
            messages: vec![
                Message { role: Role::Assistant, content: vec![call("a"), call("b")] },
                Message { role: Role::User, content: vec![result("b"), result("a")] },
            ],
            ..Request::default()
        };
        let body = encode_request(&request, &mut Vec::new());
        let told = |at: usize| &body["contents"][1]["parts"][at]["functionResponse"]["response"]["output"];
        assert_eq!((told(0), told(1)), (&json!("of a"), &json!("of b")));
    }
}
