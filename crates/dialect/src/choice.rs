//! Which tool must be called, as the dialects say it.

use serde_json::Value;

use crate::{
    loss::Loss,
    neutral::{Request, ToolChoice},
};

/// Reads a choice. One that is not understood leaves the choice to the model, and is a loss: a provider of the same
/// dialect may know it. `named`: the name under which a choice's tool is offered.
pub(crate) fn decode(
    choice: Option<Value>,
    losses: &mut Vec<Loss>,
    named: impl Fn(&Value) -> Option<String>,
) -> ToolChoice {
    let Some(choice) = choice else { return ToolChoice::Auto };
    let word = choice.as_str().or(choice["type"].as_str()).unwrap_or_default();
    if choice["disable_parallel_tool_use"] == true {
        losses
            .push(Loss::change("tool_choice.disable_parallel_tool_use", "has no place in the neutral form"));
    }
    match word {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "required" | "any" => ToolChoice::Any,
        "allowed_tools" => {
            let allowed = choice.get("allowed_tools").unwrap_or(&choice);
            let is_needed = allowed["mode"] == "required";
            match (allowed["tools"].as_array().map(Vec::as_slice), is_needed) {
                (Some([only]), true) if named(only).is_some() => {
                    named(only).map(ToolChoice::Named).unwrap_or_default()
                }
                (_, is_needed) => {
                    losses.push(Loss::change("tool_choice", "the list of allowed tools is not carried"));
                    if is_needed { ToolChoice::Any } else { ToolChoice::Auto }
                }
            }
        }
        _ => match named(&choice) {
            Some(name) => ToolChoice::Named(name),
            None => {
                losses.push(Loss::change("tool_choice", "the choice has no place in the neutral form"));
                ToolChoice::Auto
            }
        },
    }
}

/// The request where its choice names a tool that is not offered as a function, with the choice left to the model:
/// servers refuse to be held to a tool that they do not see.
pub(crate) fn without_unoffered(request: &Request, losses: &mut Vec<Loss>) -> Option<Request> {
    let ToolChoice::Named(name) = &request.tool_choice else { return None };
    if request.tools.iter().any(|tool| tool.hosted.is_none() && tool.name == *name) {
        return None;
    }
    losses.push(Loss::change("tool_choice", format!("`{name}` is not offered")));
    Some(Request { tool_choice: ToolChoice::Auto, ..request.clone() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(choice: Value) -> (ToolChoice, usize) {
        let mut losses = Vec::new();
        let choice = decode(Some(choice), &mut losses, |choice| choice["name"].as_str().map(str::to_owned));
        (choice, losses.len())
    }

    #[test]
    fn what_is_known_is_carried_and_what_is_not_is_a_loss() {
        assert_eq!(read(json!("required")), (ToolChoice::Any, 0));
        assert_eq!(read(json!({"type": "none"})), (ToolChoice::None, 0));
        assert_eq!(read(json!({"type": "tool", "name": "f"})), (ToolChoice::Named("f".into()), 0));
        for unknown in [json!("sometimes"), json!({"type": "web_search"}), json!(7), json!([])] {
            assert_eq!(read(unknown), (ToolChoice::Auto, 1));
        }
    }

    #[test]
    fn of_a_list_of_allowed_tools_the_only_one_is_named() {
        let allowed =
            |mode: &str, tools: Value| json!({"type": "allowed_tools", "mode": mode, "tools": tools});
        let (one, two) = (json!([{"name": "f"}]), json!([{"name": "f"}, {"name": "g"}]));
        assert_eq!(read(allowed("required", one.clone())), (ToolChoice::Named("f".into()), 0));
        assert_eq!(read(allowed("auto", one)), (ToolChoice::Auto, 1));
        assert_eq!(read(allowed("required", two.clone())), (ToolChoice::Any, 1));
        let nested = json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": two}});
        assert_eq!(read(nested), (ToolChoice::Any, 1));
    }
}
