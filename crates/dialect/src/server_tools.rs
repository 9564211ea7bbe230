//! Tools that a provider runs itself, with a network of its own.

use crate::{loss::Loss, neutral::Request};

/// Fields beside `tools` that ask for such tools.
pub(crate) const FIELDS: &[&str] = &["mcp_servers", "web_search_options"];

/// The names that `gemini` has for them.
pub(crate) const GEMINI: &[&str] =
    &["googleSearch", "googleSearchRetrieval", "urlContext", "codeExecution", "googleMaps", "fileSearch"];

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
    GEMINI.contains(&kind) || SERVER.iter().any(|server| kind.starts_with(server))
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
