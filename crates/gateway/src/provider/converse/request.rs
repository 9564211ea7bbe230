//! A request of Anthropic's as one of `Converse`.

use serde_json::{Map, Value, json};

/// The body, and what has no place in it, in words.
pub(super) fn of(body: Value) -> (Value, Vec<String>) {
    let mut left_out = Vec::new();
    let Value::Object(mut body) = body else { return (body, left_out) };
    let mut take = |key: &str| body.shift_remove(key).filter(|value| !value.is_null());
    // The model is in the path, and a stream is always asked for.
    drop((take("model"), take("stream")));
    let mut out = Map::new();
    let messages: Vec<Value> =
        list(take("messages")).into_iter().map(|message| of_message(message, &mut left_out)).collect();
    out.insert("messages".into(), json!(messages));
    if let Some(system) = take("system") {
        out.insert("system".into(), json!(blocks(system, &mut left_out)));
    }
    let choice = take("tool_choice");
    let tools = list(take("tools"));
    if let Some(tools) = tool_config(tools, choice, &mut left_out) {
        out.insert("toolConfig".into(), tools);
    }
    let mut inference = Map::new();
    for (from, to) in [
        ("max_tokens", "maxTokens"),
        ("temperature", "temperature"),
        ("top_p", "topP"),
        ("stop_sequences", "stopSequences"),
    ] {
        inference.extend(take(from).map(|value| (to.to_owned(), value)));
    }
    if !inference.is_empty() {
        out.insert("inferenceConfig".into(), Value::Object(inference));
    }
    if take("metadata").is_some() {
        left_out.push("metadata".into());
    }
    // Whatever else there is, the model may know: its own settings, and those of the profile.
    if !body.is_empty() {
        out.insert("additionalModelRequestFields".into(), Value::Object(body));
    }
    (Value::Object(out), left_out)
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn of_message(mut message: Value, left_out: &mut Vec<String>) -> Value {
    let content = blocks(message["content"].take(), left_out);
    json!({"role": message["role"], "content": content})
}

/// Blocks of content, or a text that stands for one.
fn blocks(content: Value, left_out: &mut Vec<String>) -> Vec<Value> {
    let content = match content {
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        Value::Array(blocks) => blocks,
        _ => Vec::new(),
    };
    let mut out = Vec::new();
    for mut block in content {
        let marked = block.get("cache_control").is_some_and(|mark| !mark.is_null());
        match of_block(&mut block, left_out) {
            Some(block) => out.push(block),
            None => continue,
        }
        if marked {
            out.push(json!({"cachePoint": {"type": "default"}}));
        }
    }
    out
}

fn of_block(block: &mut Value, left_out: &mut Vec<String>) -> Option<Value> {
    let kind = block["type"].as_str().unwrap_or_default().to_owned();
    Some(match kind.as_str() {
        // An empty text is refused.
        "text" if block["text"] == "" => return None,
        "text" => json!({"text": block["text"].take()}),
        "image" if block["source"]["type"] == "base64" => {
            let media = block["source"]["media_type"].as_str().unwrap_or_default();
            let format = media.rsplit('/').next().unwrap_or_default();
            json!({"image": {"format": format, "source": {"bytes": block["source"]["data"]}}})
        }
        "tool_use" => json!({"toolUse": {
            "toolUseId": block["id"].take(), "name": block["name"].take(), "input": block["input"].take(),
        }}),
        "tool_result" => {
            let content = blocks(block["content"].take(), left_out);
            let status = if block["is_error"] == true { "error" } else { "success" };
            json!({"toolResult": {"toolUseId": block["tool_use_id"].take(), "content": content, "status": status}})
        }
        "thinking" => json!({"reasoningContent": {"reasoningText": {
            "text": block["thinking"].take(), "signature": block["signature"].take(),
        }}}),
        "redacted_thinking" => json!({"reasoningContent": {"redactedContent": block["data"].take()}}),
        other => {
            left_out.push(format!("a block of the kind `{other}`"));
            // The model is told that something was there.
            json!({"text": format!("[{other} left out]")})
        }
    })
}

fn tool_config(tools: Vec<Value>, choice: Option<Value>, left_out: &mut Vec<String>) -> Option<Value> {
    let mut specs = Vec::new();
    for mut tool in tools {
        if let Some(kind) = tool["type"].as_str().filter(|kind| *kind != "custom") {
            left_out.push(format!("a tool of the kind `{kind}`"));
            continue;
        }
        let marked = tool.get("cache_control").is_some_and(|mark| !mark.is_null());
        let mut spec =
            json!({"name": tool["name"].take(), "inputSchema": {"json": tool["input_schema"].take()}});
        if let Some(description) = tool["description"].as_str().filter(|text| !text.is_empty()) {
            spec["description"] = json!(description);
        }
        specs.push(json!({"toolSpec": spec}));
        if marked {
            specs.push(json!({"cachePoint": {"type": "default"}}));
        }
    }
    if specs.is_empty() {
        return None;
    }
    let mut config = json!({"tools": specs});
    let choice = choice.unwrap_or_default();
    match choice["type"].as_str() {
        Some("any") => config["toolChoice"] = json!({"any": {}}),
        Some("tool") => config["toolChoice"] = json!({"tool": {"name": choice["name"]}}),
        Some("none") => left_out.push("tool_choice: none".into()),
        // What holds where nothing is said.
        _ => {}
    }
    Some(config)
}
