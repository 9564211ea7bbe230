//! Tools that a provider runs itself, with a network of its own.

use serde_json::Value;

use crate::{loss::Loss, neutral::Request};

/// Fields beside `tools` that ask for such tools.
pub(crate) const FIELDS: &[&str] = &["mcp_servers", "web_search_options"];

/// The names that `gemini` has for them.
pub(crate) const GEMINI: &[&str] =
    &["googleSearch", "googleSearchRetrieval", "urlContext", "codeExecution", "googleMaps", "fileSearch"];

/// Whether `gemini` runs the tool of this name, in either of the cases that it takes its names in.
fn is_geminis(name: &str) -> bool {
    GEMINI.iter().any(|known| plainly(known) == plainly(name))
}

/// A name without its case and its underscores.
fn plainly(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// Takes the provider's own tools out of a list, out of the namespaces in it, and out of the lists of found ones.
/// Returns their kinds.
pub(crate) fn taken_out(tools: &mut Vec<Value>) -> Vec<String> {
    let mut kinds = Vec::new();
    tools.retain_mut(|tool| {
        if let Some(inner) = tool.get_mut("tools").and_then(Value::as_array_mut) {
            kinds.extend(taken_out(inner));
        }
        let kind = tool["type"].as_str().filter(|kind| is_server_tool(kind));
        kinds.extend(kind.map(str::to_owned));
        kind.is_none()
    });
    kinds
}

/// Whether the provider runs tools of this kind: web search, code execution, remote MCP, file search, pictures.
pub(crate) fn is_server_tool(kind: &str) -> bool {
    const SERVER: &[&str] = &[
        "web_search",
        "web_fetch",
        "code_execution",
        "code_interpreter",
        "file_search",
        "image_generation",
        "mcp",
    ];
    is_geminis(kind) || SERVER.iter().any(|server| kind.starts_with(server))
}

/// Takes them out of a request that is to be translated, and out of what is lost with it: they are not lost by the
/// translation. Returns what was done, in words.
pub fn strip_server_tools(request: &mut Request, losses: &mut Vec<Loss>) -> Vec<String> {
    let mut edits = Vec::new();
    request.tools.retain(|tool| match &tool.hosted {
        Some((kind, _)) if is_server_tool(kind) => {
            edits.push(format!("tools: `{kind}` taken out"));
            false
        }
        _ => true,
    });
    losses.retain(|loss| {
        let field = FIELDS.iter().find(|field| loss.path == **field);
        edits.extend(field.map(|field| format!("{field}: taken out")));
        field.is_none()
    });
    edits
}
