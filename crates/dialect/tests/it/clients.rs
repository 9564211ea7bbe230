//! What real clients send, read whole: what has no place is listed, never dropped in silence.

use dialect::{Dialect, neutral::Content};
use serde_json::{Value, json};

/// The shape of what Claude Code sends.
fn claude_code() -> Value {
    json!({
        "model": "m", "max_tokens": 32000, "stream": true,
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.330;"},
            {"type": "text", "text": "You are an agent.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Fix it.", "cache_control": {"type": "ephemeral"}}]},
            {"role": "system", "content": "A reminder."},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "b3BhcXVl"},
                {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}},
                {"type": "tool_use", "id": "toolu_2", "name": "Read", "input": {"path": "a"}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "no", "is_error": true},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": [
                    {"type": "text", "text": "see"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}],
                 "cache_control": {"type": "ephemeral"}}]}],
        "tools": [
            {"name": "Bash", "description": "Runs.", "input_schema": {"type": "object"}},
            {"name": "DeferredToolPlaceholder", "description": "", "input_schema": {"type": "object"}, "defer_loading": true},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": "u"},
    })
}

/// The shape of what Codex sends.
fn codex() -> Value {
    json!({
        "model": "m", "instructions": "You are an agent.", "stream": true, "store": false,
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Rules."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it."}]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "b3BhcXVl"},
            {"type": "function_call", "call_id": "c1", "name": "exec_command", "arguments": "{\"cmd\":\"ls\"}"},
            {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "*** Begin Patch"},
            {"type": "function_call_output", "call_id": "c1", "output": "a"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": "done"}],
        "tools": [
            {"type": "function", "name": "exec_command", "description": "Runs.", "strict": false, "parameters": {"type": "object"}},
            {"type": "custom", "name": "apply_patch", "description": "Patches.", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
            {"type": "namespace", "name": "agents", "tools": [{"type": "function", "name": "spawn"}]},
            {"type": "web_search"}],
        "tool_choice": "auto", "parallel_tool_calls": true,
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "text": {"verbosity": "low"},
        "prompt_cache_key": "k",
    })
}

/// The shape of what Gemini CLI sends, with what the path says put in.
fn gemini_cli() -> Value {
    json!({
        "model": "m", "stream": true,
        "systemInstruction": {"role": "user", "parts": [{"text": "You are an agent."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Fix it."}]},
            {"role": "model", "parts": [
                {"text": "Hm.", "thought": true},
                {"functionCall": {"name": "run", "args": {"command": "ls"}}, "thoughtSignature": "c2ln"},
                {"functionCall": {"name": "run", "args": {"command": "pwd"}}}]},
            {"role": "user", "parts": [
                {"functionResponse": {"name": "run", "response": {"output": "a"}}},
                {"functionResponse": {"name": "run", "response": {"error": "no"}}}]}],
        "tools": [{"functionDeclarations": [
            {"name": "run", "description": "Runs.", "parameters": {"type": "OBJECT", "properties": {"command": {"type": "STRING"}}}}]},
            {"googleSearch": {}}],
        "generationConfig": {"temperature": 1, "topP": 0.95, "topK": 64, "thinkingConfig": {"includeThoughts": true, "thinkingBudget": 8192}},
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    })
}

fn lost(dialect: Dialect, body: Value) -> Vec<String> {
    dialect::decode_request(dialect, body).unwrap().losses.iter().map(ToString::to_string).collect()
}

#[test]
fn what_has_no_place_is_listed() {
    insta::assert_json_snapshot!(json!({
        "claude_code": lost(Dialect::AnthropicMessages, claude_code()),
        "codex": lost(Dialect::OpenaiResponses, codex()),
        "gemini_cli": lost(Dialect::Gemini, gemini_cli()),
    }));
}

#[test]
fn each_client_reaches_each_other_dialect() {
    let clients = [
        (Dialect::AnthropicMessages, claude_code()),
        (Dialect::OpenaiResponses, codex()),
        (Dialect::Gemini, gemini_cli()),
    ];
    for (from, body) in clients {
        let request = dialect::decode_request(from, body).unwrap().value;
        for to in [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini]
        {
            if to != from {
                let encoded = dialect::encode_request(to, &request).unwrap();
                let losses: Vec<String> = encoded.losses.iter().map(ToString::to_string).collect();
                insta::assert_json_snapshot!(
                    format!("{from}_to_{to}"),
                    json!({"body": encoded.body, "losses": losses})
                );
            }
        }
    }
}

#[test]
fn results_without_ids_find_their_calls_in_order() {
    let request = dialect::decode_request(Dialect::Gemini, gemini_cli()).unwrap().value;
    let ids = |call: bool| -> Vec<String> {
        let blocks = request.messages.iter().flat_map(|message| &message.content);
        blocks
            .filter_map(|block| match block {
                Content::ToolCall { id, .. } if call => Some(id.clone()),
                Content::ToolResult { id, .. } if !call => Some(id.clone()),
                _ => None,
            })
            .collect()
    };
    assert_eq!(ids(true), ["unnamed_call_0", "unnamed_call_1"]);
    assert_eq!(ids(true), ids(false));
}
