//! Tools in a request that is passed on: those of the provider's own are taken out, or listed.

use serde_json::{Map, Value};
use vocabulary::Dialect;

use super::Passing;
use crate::server_tools::{self, Taken};

impl Passing {
    /// Takes out tools that the provider would run itself, with a network of its own, and the choice of one.
    pub fn strip_server_tools(&mut self) {
        let mut taken = Vec::new();
        let mut are_left = false;
        if let Some(mut tools) = self.tools() {
            taken = self.taken_out(&mut tools);
            are_left = !tools.is_empty();
            if !taken.is_empty() {
                self.put("tools", are_left.then_some(Value::Array(tools)));
            }
        }
        if let Some(mut items) = self.items_with_tools() {
            let mut listed = Vec::new();
            for tools in items.iter_mut().filter_map(|item| item.get_mut("tools")?.as_array_mut()) {
                listed.extend(server_tools::taken_out(tools));
                are_left |= !tools.is_empty();
            }
            let before = items.len();
            items.retain(|item| item["type"] != REFERENCE);
            if items.len() != before {
                self.edits.push(format!("input: `{REFERENCE}` taken out"));
            }
            if !listed.is_empty() || items.len() != before {
                self.put("input", Some(Value::Array(items)));
            }
            taken.extend(listed);
        }
        self.edits.extend(taken.iter().map(|tool| format!("tools: `{}` taken out", tool.kind)));
        if taken.is_empty() {
            return;
        }
        let key = if self.dialect == Dialect::Gemini { "toolConfig" } else { "tool_choice" };
        let choice = self.get(key).filter(|_| are_left);
        self.set(key, choice.and_then(|choice| server_tools::choice_left(choice, &taken)));
    }

    /// The tools of the request: some APIs take one in place of a list.
    fn tools(&self) -> Option<Vec<Value>> {
        match self.get("tools")? {
            Value::Array(tools) => Some(tools),
            only @ Value::Object(_) => Some(vec![only]),
            _ => None,
        }
    }

    fn taken_out(&self, tools: &mut Vec<Value>) -> Vec<Taken> {
        if self.dialect != Dialect::Gemini {
            return server_tools::taken_out(tools);
        }
        let mut taken = Vec::new();
        tools.retain_mut(|tool| {
            let Some(tool) = tool.as_object_mut() else { return true };
            let none = Map::new();
            let is_own = |(key, settings): &(&String, &Value)| {
                !server_tools::is_clients(key, settings.as_object().unwrap_or(&none))
            };
            let own: Vec<String> = tool.iter().filter(is_own).map(|(key, _)| key.clone()).collect();
            own.iter().for_each(|key| drop(tool.shift_remove(key)));
            let is_left = own.is_empty() || !tool.is_empty();
            taken.extend(own.into_iter().map(|kind| Taken { kind, name: None }));
            is_left
        });
        taken
    }

    /// The conversation of `openai-responses`, where tools are announced in it, or items stand for others.
    fn items_with_tools(&self) -> Option<Vec<Value>> {
        let (_, raw) = self.fields.get(self.position("input")?)?;
        // The letters of a kind may also be written by their numbers.
        let lists = |kind: &&str| raw.get().contains(*kind) || raw.get().contains("\\u00");
        if self.dialect != Dialect::OpenaiResponses || !LISTING.iter().any(lists) {
            return None;
        }
        match serde_json::from_str(raw.get()) {
            Ok(Value::Array(items)) => Some(items),
            _ => None,
        }
    }

    /// Lists the tools that the provider may run itself, and leaves them in.
    pub fn note_server_tools(&mut self) {
        let mut taken = Vec::new();
        if let Some(mut tools) = self.tools() {
            taken.extend(self.taken_out(&mut tools));
        }
        for mut item in self.items_with_tools().into_iter().flatten() {
            if let Some(tools) = item.get_mut("tools").and_then(Value::as_array_mut) {
                taken.extend(server_tools::taken_out(tools));
            }
        }
        self.edits.extend(taken.iter().map(|tool| format!("tools: `{}` allowed", tool.kind)));
    }
}

/// An item that stands for one that the provider has stored.
const REFERENCE: &str = "item_reference";

/// The kinds of items that list tools, or stand for others.
const LISTING: [&str; 3] = ["additional_tools", "tool_search_output", REFERENCE];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stripped(dialect: Dialect, body: Value) -> (Value, Vec<String>) {
        let body = body.to_string();
        let mut passing = Passing::parse(dialect, body.as_bytes()).unwrap();
        passing.strip_server_tools();
        let (body, edits) = passing.finish(body.as_bytes());
        (serde_json::from_slice(&body).unwrap(), edits)
    }

    #[test]
    fn what_no_client_carries_out_goes_whatever_it_is_called() {
        use Dialect::{
            AnthropicMessages as Anthropic, Gemini, OpenaiChat as Chat, OpenaiResponses as Responses,
        };
        for (dialect, tool) in [
            (Anthropic, json!({"type": "web_search_20250305", "name": "web_search"})),
            (Anthropic, json!({"type": "advisor_20260301", "name": "advisor"})),
            (Anthropic, json!({"type": "mcp_toolset", "mcp_server_name": "s"})),
            (Chat, json!({"type": "live_search"})),
            (Chat, json!({"type": "builtin_function", "function": {"name": "$web_search"}})),
            (Chat, json!({"google_search": {}})),
            (Chat, json!({"type": "function", "function": {"name": "g"}, "TYPE": "web_search"})),
            (Chat, json!({"type": "a tool of next year"})),
            (Responses, json!({"type": "x_search"})),
            (Responses, json!({"type": "shell", "environment": {"type": "container_auto"}})),
            (Responses, json!({"type": "shell", "environment": "container_auto"})),
            (Responses, json!({"type": "shell", "environment": {"id": "c", "type": ["local"]}})),
            (Responses, json!({"type": "local_shell", "container": {"type": "auto"}})),
            (Anthropic, json!({"type": "bash_code_execution_20250825", "name": "bash"})),
            (Anthropic, json!({"type": "memory_search_of_tomorrow", "name": "m"})),
            (Gemini, json!({"enterpriseWebSearch": {}})),
            (Gemini, json!({"google_search": {}})),
            (Gemini, json!({"mcpServers": [{"name": "s"}]})),
        ] {
            let own = match dialect {
                Anthropic => json!({"name": "f", "input_schema": {}}),
                Chat => json!({"type": "function", "function": {"name": "f"}}),
                Responses => json!({"type": "function", "name": "f"}),
                Gemini => json!({"functionDeclarations": [{"name": "f"}]}),
            };
            let (sent, edits) = stripped(dialect, json!({"tools": [tool, own]}));
            assert_eq!((sent, edits.len()), (json!({"tools": [own]}), 1), "{tool}");
        }
    }

    #[test]
    fn what_a_client_carries_out_stays() {
        for (dialect, tools) in [
            (
                Dialect::AnthropicMessages,
                json!([
                    {"type": "custom", "name": "a"}, {"type": "bash_20250124", "name": "bash"},
                    {"type": "text_editor_20250728", "name": "e"}, {"type": "memory_20250818", "name": "memory"},
                    {"type": "computer_20251124", "name": "computer"},
                ]),
            ),
            (
                Dialect::OpenaiChat,
                json!([{"type": "custom", "custom": {"name": "a"}}, {"function": {"name": "b"}}]),
            ),
            (
                Dialect::OpenaiResponses,
                json!([
                    {"type": "local_shell"}, {"type": "apply_patch"}, {"type": "computer_use_preview"},
                    {"type": "computer_use_preview_2025_03_11"}, {"type": "tool_search_tool_regex_20251119"},
                    {"type": "shell"}, {"type": "shell", "environment": {"type": "local"}},
                    {"type": "tool_search", "execution": "client"},
                    {"type": "namespace", "name": "n", "tools": [{"type": "custom", "name": "c"}]},
                ]),
            ),
            (Dialect::Gemini, json!([{"function_declarations": []}, {"computerUse": {}}])),
        ] {
            let body = json!({"tools": tools, "tool_choice": "required"});
            assert_eq!(stripped(dialect, body.clone()), (body, vec![]));
        }
    }

    #[test]
    fn a_list_of_tools_is_found_however_its_kind_is_written() {
        let listing = r#"{"input":[{"type":"additional_t\u006fols","tools":[{"type":"web_search"}]}]}"#;
        let mut passing = Passing::parse(Dialect::OpenaiResponses, listing.as_bytes()).unwrap();
        passing.strip_server_tools();
        let (body, edits) = passing.finish(listing.as_bytes());
        let sent: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&sent["input"][0]["tools"], edits.len()), (&json!([]), 1));
    }

    #[test]
    fn an_item_that_is_stored_elsewhere_goes() {
        let items =
            json!({"input": [{"type": "item_reference", "id": "msg_1"}, {"role": "user", "content": "hi"}]});
        let (sent, edits) = stripped(Dialect::OpenaiResponses, items);
        assert_eq!(sent, json!({"input": [{"role": "user", "content": "hi"}]}));
        assert_eq!(edits, ["input: `item_reference` taken out"]);
    }

    #[test]
    fn the_choice_of_a_tool_goes_with_it() {
        let search = json!({"type": "web_search_20250305", "name": "web_search"});
        let named = |name: &str| json!({"type": "tool", "name": name});
        let body = |choice: Value| json!({"tools": [search, {"name": "f"}], "tool_choice": choice});
        let (sent, edits) = stripped(Dialect::AnthropicMessages, body(named("web_search")));
        assert_eq!((sent.get("tool_choice"), edits.len()), (None, 2));
        let (sent, edits) = stripped(Dialect::AnthropicMessages, body(named("f")));
        assert_eq!((&sent["tool_choice"], edits.len()), (&named("f"), 1));
        let allowed = json!({"type": "allowed_tools", "mode": "auto", "tools": [
            {"type": "x_search"}, {"type": "function", "name": "f"},
        ]});
        let tools = json!([{"type": "x_search"}, {"type": "function", "name": "f"}]);
        let (sent, _) = stripped(Dialect::OpenaiResponses, json!({"tools": tools, "tool_choice": allowed}));
        assert_eq!(sent["tool_choice"]["tools"], json!([{"type": "function", "name": "f"}]));
        let alone = json!({"tools": [{"google_search": {}}], "tool_config": {"functionCallingConfig": {"mode": "ANY"}}});
        assert_eq!(stripped(Dialect::Gemini, alone).0, json!({}));
    }
}
