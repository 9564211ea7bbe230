//! Tools, both ways: functions as they are; those in namespaces under one flat name; those that take free text as
//! functions of one argument.

use serde_json::{Map, Value, json};

use crate::{
    fields::{DecodeError, Fields, arguments, arguments_text},
    loss::Loss,
    neutral::{FREEFORM_ARGUMENT, Origin, Origins, Request, Tool},
};

/// Longest name of a function that every dialect takes.
const LONGEST_NAME: usize = 64;

/// Reads a tool into the request: none, one, or all of a namespace.
pub(super) fn decode(
    tool: Value,
    path: String,
    request: &mut Request,
    losses: &mut Vec<Loss>,
) -> Result<(), DecodeError> {
    let mut tool = Fields::of(tool, path.clone())?;
    match tool.needed_string("type")?.as_str() {
        "function" => {
            let function = function(tool, losses)?;
            request.tools.push(function);
        }
        "custom" => {
            let decoded = freeform(tool, &path, losses)?;
            request.origins.insert(decoded.name.clone(), Origin::Freeform);
            request.tools.push(decoded);
        }
        "namespace" => namespace(tool, request, losses)?,
        // One that the client carries out; the provider's own is hosted.
        "tool_search" if tool.peek("execution").is_some_and(|by| by == "client") => {
            tool.take("execution");
            let decoded = Tool {
                name: SEARCH.to_owned(),
                description: tool.string("description")?.unwrap_or_default(),
                parameters: tool.take("parameters").unwrap_or_else(|| json!({"type": "object"})),
                hosted: None,
            };
            tool.end(losses);
            request.origins.insert(SEARCH.to_owned(), Origin::Search);
            request.tools.push(decoded);
        }
        kind => {
            let name = tool.string("name")?.unwrap_or_default();
            let description = tool.string("description")?.unwrap_or_default();
            let parameters = Value::Object(Map::new());
            let hosted = Some((kind.to_owned(), tool.rest()));
            request.tools.push(Tool { name, description, parameters, hosted });
        }
    }
    Ok(())
}

/// The name that a client's search for tools is offered under.
pub(super) const SEARCH: &str = "tool_search";

/// Each tool once: of those that are listed in two places, the last.
pub(super) fn once_each(tools: &mut Vec<Tool>) {
    let mut kept: Vec<Tool> = Vec::with_capacity(tools.len());
    for tool in tools.drain(..) {
        let same =
            |known: &&mut Tool| known.name == tool.name && known.hosted.is_some() == tool.hosted.is_some();
        let hosted_alike = |known: &Tool| {
            known.hosted.as_ref().map(|(kind, _)| kind) == tool.hosted.as_ref().map(|(kind, _)| kind)
        };
        match kept.iter_mut().find(same).filter(|known| hosted_alike(known)) {
            Some(known) => *known = tool,
            None => kept.push(tool),
        }
    }
    *tools = kept;
}

/// The names of tools in a list, those in namespaces under their flat ones, in words.
pub(super) fn names(tools: &Value) -> String {
    let mut names = Vec::new();
    for tool in tools.as_array().into_iter().flatten() {
        let name = tool["name"].as_str().unwrap_or_default();
        match tool["tools"].as_array() {
            Some(inner) => {
                let inner = inner.iter().filter_map(|tool| tool["name"].as_str());
                names.extend(inner.map(|inner| flat_name(name, inner)));
            }
            None => names.push(name.to_owned()),
        }
    }
    names.join(", ")
}

fn function(mut tool: Fields, losses: &mut Vec<Loss>) -> Result<Tool, DecodeError> {
    tool.expect_flag("strict", false, losses)?;
    let decoded = Tool {
        name: tool.needed_string("name")?,
        description: tool.string("description")?.unwrap_or_default(),
        parameters: tool.take("parameters").unwrap_or_else(|| json!({"type": "object"})),
        hosted: None,
    };
    tool.end(losses);
    Ok(decoded)
}

/// A function of one string; what its text must be like is told in its description.
fn freeform(mut tool: Fields, path: &str, losses: &mut Vec<Loss>) -> Result<Tool, DecodeError> {
    let name = tool.needed_string("name")?;
    let mut description = tool.string("description")?.unwrap_or_default();
    if let Some(mut format) = tool.object("format")? {
        let kind = format.string("type")?.unwrap_or_default();
        let syntax = format.string("syntax")?.unwrap_or_default();
        if let Some(grammar) = format.string("definition")?.filter(|_| kind == "grammar") {
            let told = format!("`{FREEFORM_ARGUMENT}` must follow this {syntax} grammar:\n{grammar}");
            description = format!("{description}\n\n{told}").trim_start().to_owned();
            losses.push(Loss::change(format!("{path}.format"), "the grammar is told and not enforced"));
        }
        format.end(losses);
    }
    tool.end(losses);
    let parameters = json!({
        "type": "object", "properties": {FREEFORM_ARGUMENT: {"type": "string"}}, "required": [FREEFORM_ARGUMENT],
    });
    Ok(Tool { name, description, parameters, hosted: None })
}

fn namespace(mut tool: Fields, request: &mut Request, losses: &mut Vec<Loss>) -> Result<(), DecodeError> {
    let namespace = tool.needed_string("name")?;
    let about = tool.string("description")?.filter(|about| !about.is_empty());
    for (path, inner) in tool.items("tools")? {
        let mut inner = Fields::of(inner, path.clone())?;
        match inner.needed_string("type")?.as_str() {
            kind @ ("function" | "custom") => {
                let is_freeform = kind == "custom";
                let decoded =
                    if is_freeform { freeform(inner, &path, losses) } else { function(inner, losses) }?;
                let flat = flat_name(&namespace, &decoded.name);
                losses.push(Loss::note(&path, format!("offered as `{flat}`")));
                let description = match &about {
                    Some(about) => format!("{about}\n\n{}", decoded.description),
                    None => decoded.description,
                };
                let origin = Origin::Namespaced {
                    namespace: namespace.clone(),
                    name: decoded.name,
                    freeform: is_freeform,
                };
                request.origins.insert(flat.clone(), origin);
                request.tools.push(Tool { name: flat, description, ..decoded });
            }
            other => {
                losses.push(Loss::change(path, format!("a `{other}` tool in a namespace cannot be carried")))
            }
        }
    }
    tool.end(losses);
    Ok(())
}

/// One name for a tool in a namespace, of characters and a length that every dialect takes. The same in each request,
/// so that calls in the history keep theirs.
pub(super) fn flat_name(namespace: &str, name: &str) -> String {
    let joined =
        if namespace.ends_with("__") { format!("{namespace}{name}") } else { format!("{namespace}__{name}") };
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let flat: String = joined.chars().map(safe).collect();
    // The tool's own name, at the end, tells more than its namespace's.
    flat[flat.len().saturating_sub(LONGEST_NAME)..].to_owned()
}

/// The name under which the tool of a choice is offered.
pub(super) fn named(choice: &Value) -> Option<String> {
    // The name beside a server of tools is not a function's.
    let name = choice["name"].as_str().filter(|_| choice.get("server_label").is_none())?;
    Some(match choice["namespace"].as_str() {
        Some(namespace) => flat_name(namespace, name),
        None => name.to_owned(),
    })
}

/// The kind, id and names of a call, as its client knows the tool.
pub(super) fn call_item(call: &str, name: &str, origins: &Origins) -> Map<String, Value> {
    let item = match origins.get(name) {
        None => json!({"type": "function_call", "call_id": call, "name": name}),
        Some(Origin::Freeform) => json!({"type": "custom_tool_call", "call_id": call, "name": name}),
        Some(Origin::Namespaced { namespace, name, freeform }) => {
            let kind = if *freeform { "custom_tool_call" } else { "function_call" };
            json!({"type": kind, "call_id": call, "namespace": namespace, "name": name})
        }
        Some(Origin::Search) => json!({"type": "tool_search_call", "call_id": call, "execution": "client"}),
    };
    match item {
        Value::Object(item) => item,
        _ => Map::new(),
    }
}

/// Arguments as an object, where they are one.
pub(super) fn object(written: &Value) -> Value {
    match written {
        Value::String(text) => arguments(text),
        other => other.clone(),
    }
}

/// The free text that arguments stand for; where a model did not keep to the form, all that it wrote.
pub(super) fn free_text(written: &Value) -> String {
    match object(written).get(FREEFORM_ARGUMENT).and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => arguments_text(written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_names_are_short_and_safe() {
        assert_eq!(flat_name("agents", "spawn"), "agents__spawn");
        assert_eq!(flat_name("mcp__files__", "read.file"), "mcp__files__read_file");
        let long = flat_name(&"n".repeat(80), "écrire");
        assert_eq!((long.len(), long.ends_with("___crire")), (64, true));
    }

    #[test]
    fn free_text_is_found_wherever_the_model_put_it() {
        assert_eq!(free_text(&json!({"input": "a"})), "a");
        assert_eq!(free_text(&json!("{\"input\": \"a\"}")), "a");
        assert_eq!(free_text(&json!("*** Begin Patch")), "*** Begin Patch");
        assert_eq!(free_text(&json!({"patch": "a"})), r#"{"patch":"a"}"#);
    }
}
