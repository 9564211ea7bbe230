//! Tools that a provider runs itself, with a network of its own: all that a client is not known to carry out.

use serde_json::{Map, Value};

use crate::{
    known,
    loss::Loss,
    neutral::{Request, ToolChoice},
};

/// Whether the client carries out tools of this kind. `settings`: the rest of the tool.
pub(crate) fn is_clients(kind: &str, settings: &Map<String, Value>) -> bool {
    // A search for tools is one in the request's own list.
    const CLIENT: &[&str] = &[
        "function",
        "custom",
        "namespace",
        "local_shell",
        "apply_patch",
        "functiondeclarations",
        "function_declarations",
        "bash",
        "text_editor",
        "memory",
        "computer",
        "computeruse",
        "computer_use",
        "computer_use_preview",
        "tool_search",
        "tool_search_tool_bm25",
        "tool_search_tool_regex",
    ];
    let plain = kind.to_ascii_lowercase();
    // Some names tell a date behind the kind.
    let dated = plain.trim_end_matches(|letter: char| letter.is_ascii_digit() || "_-".contains(letter));
    // The same tool is the client's on its own machine, and the provider's in a container.
    let is_hosted = settings.get("container").is_some_and(|place| !place.is_null())
        || settings.get("environment").is_some_and(|place| !place.is_null() && place["type"] != "local");
    match plain.as_str() {
        "shell" | "local_shell" => !is_hosted,
        plain => CLIENT.contains(&plain) || CLIENT.contains(&dated),
    }
}

/// A tool that was taken out.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) kind: String,
    /// What a choice would call it.
    pub(crate) name: Option<String>,
}

/// Takes the provider's own tools out of a list, out of the namespaces in it, and out of the lists of found ones.
pub(crate) fn taken_out(tools: &mut Vec<Value>) -> Vec<Taken> {
    let mut taken = Vec::new();
    tools.retain_mut(|tool| {
        if let Some(inner) = tool.get_mut("tools").and_then(Value::as_array_mut) {
            taken.extend(taken_out(inner));
        }
        let Some(fields) = tool.as_object() else { return true };
        let is_named = fields.contains_key("name") || fields.contains_key("function");
        let kind = match fields.get("type").and_then(Value::as_str) {
            Some(kind) => kind,
            None if is_named => return true,
            None => match fields.keys().next() {
                Some(first) => first,
                None => return true,
            },
        };
        // A reader that takes no notice of case may take another field for the kind.
        let kinds = fields.iter().filter(|(key, kind)| known::fold(key) == "type" && !kind.is_null());
        let mut kinds = kinds.map(|(_, kind)| kind.as_str().unwrap_or_default());
        let kind = kinds.find(|kind| !is_clients(kind, fields)).unwrap_or(kind);
        if is_clients(kind, fields) {
            return true;
        }
        let name = tool["name"].as_str().or(tool["function"]["name"].as_str());
        taken.push(Taken { kind: kind.to_owned(), name: name.map(str::to_owned) });
        false
    });
    taken
}

/// The choice that is left of one, when these tools were taken out: none where it was for one of them.
pub(crate) fn choice_left(mut choice: Value, taken: &[Taken]) -> Option<Value> {
    let is_taken = |chosen: &Value| {
        let name = ["/name", "/function/name", "/custom/name"]
            .iter()
            .find_map(|place| chosen.pointer(place)?.as_str());
        let is_named = |tool: &Taken| name.is_some() && tool.name.as_deref() == name;
        let is_kind = |tool: &Taken| chosen["type"].as_str() == Some(&tool.kind);
        taken.iter().any(|tool| is_named(tool) || is_kind(tool))
    };
    if is_taken(&choice) {
        return None;
    }
    for place in ["/tools", "/allowed_tools/tools"] {
        if let Some(allowed) = choice.pointer_mut(place).and_then(Value::as_array_mut) {
            allowed.retain(|tool| !is_taken(tool));
            if allowed.is_empty() {
                return None;
            }
        }
    }
    Some(choice)
}

/// Takes them out of a request that is to be translated, and out of what is lost with it: they are not lost by the
/// translation. Returns what was done, in words.
pub fn strip_server_tools(request: &mut Request, losses: &mut Vec<Loss>) -> Vec<String> {
    let (mut edits, mut names) = (Vec::new(), Vec::new());
    request.tools.retain(|tool| match &tool.hosted {
        Some((kind, settings)) if !is_clients(kind, settings) => {
            names.extend([tool.name.clone(), kind.clone()]);
            edits.push(format!("tools: `{kind}` taken out"));
            false
        }
        _ => true,
    });
    if let ToolChoice::Named(name) = &request.tool_choice
        && names.contains(name)
    {
        edits.push(format!("tool_choice: `{name}` taken out"));
        request.tool_choice = ToolChoice::Auto;
    }
    losses.retain(|loss| {
        let is_asking = known::ASKING.contains(&loss.path.as_str());
        edits.extend(is_asking.then(|| format!("{}: taken out", loss.path)));
        !is_asking
    });
    edits
}
