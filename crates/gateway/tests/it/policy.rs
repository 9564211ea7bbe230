//! What a sweep may decide: whether losses are let pass, whether providers may run tools; and what is told of a call.

use gateway::Summary;
use ledger::{Outcome, event::CallKind};
use scripted::{Answer, ScriptedUpstream, Step};
use serde_json::{Value, json};
use spec::{
    Dialect,
    sweep::{Losses, ServerTools},
};

use vocabulary::{Flag, FlagName};

use crate::support::{Rig, ask, body, model, post, read, rig};

/// A request as Codex sends it, small.
fn codex(stream: bool) -> Value {
    json!({
        "model": crate::support::MODEL, "stream": stream, "store": false, "instructions": "You are an agent.",
        "include": ["reasoning.encrypted_content"], "max_output_tokens": 100,
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it."}]},
            {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** Begin Patch"},
            {"type": "custom_tool_call_output", "call_id": "c1", "output": "done"},
            {"type": "function_call", "call_id": "c2", "namespace": "agents", "name": "spawn", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c2", "output": "done"}],
        "tools": [
            {"type": "custom", "name": "apply_patch", "description": "Patches.",
             "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
            {"type": "namespace", "name": "agents", "description": "Helpers.", "tools": [
                {"type": "function", "name": "spawn", "description": "Starts one.", "parameters": {"type": "object"}}]},
            {"type": "web_search"}],
    })
}

async fn translated(
    answer: Answer,
    adjust: impl FnOnce(&mut gateway::SessionSpec),
) -> (ScriptedUpstream, Rig) {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(answer)]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| adjust(spec));
    (upstream, rig)
}

/// The items that came back, whole or streamed.
fn items(got: &crate::support::Got, stream: bool) -> Vec<Value> {
    if !stream {
        return got.json()["output"].as_array().unwrap().clone();
    }
    let text = got.text();
    let events = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = events.map(|data| serde_json::from_str::<Value>(data).unwrap());
    events
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| event["item"].clone())
        .collect()
}

#[tokio::test]
async fn codexs_tools_reach_another_dialect_and_their_calls_come_back_as_they_are_known() {
    for stream in [false, true] {
        let answer = Answer::text("ok")
            .calling("apply_patch", json!({"input": "*** Begin Patch\n*** End Patch"}))
            .calling("agents__spawn", json!({"task": "look"}));
        let (upstream, rig) = translated(answer, |_| {}).await;
        let got = ask(&rig.session, Dialect::OpenaiResponses, &codex(stream)).await;
        assert_eq!(got.status, 200, "{}", got.text());
        let sent = &upstream.seen()[0].json;
        let names: Vec<&str> = sent["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["function"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["apply_patch", "agents__spawn"]);
        let called: Vec<(&str, &str)> = sent["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|message| Some(&message["tool_calls"].as_array()?[0]["function"]))
            .map(|call| (call["name"].as_str().unwrap(), call["arguments"].as_str().unwrap()))
            .collect();
        assert_eq!(called, [("apply_patch", r#"{"input":"*** Begin Patch"}"#), ("agents__spawn", "{}")]);
        let calls: Vec<Value> =
            items(&got, stream).into_iter().filter(|item| item["call_id"].is_string()).collect();
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert_eq!(calls[0]["type"], "custom_tool_call");
        assert_eq!(calls[0]["input"], "*** Begin Patch\n*** End Patch");
        assert_eq!(calls[1]["type"], "function_call");
        assert_eq!((&calls[1]["namespace"], &calls[1]["name"]), (&json!("agents"), &json!("spawn")));
        let record = rig.memory.call();
        assert_eq!(record.edits, ["tools: `web_search` taken out"]);
        let losses: Vec<(&str, bool)> =
            record.losses.iter().map(|loss| (loss.path.as_str(), loss.changes)).collect();
        assert_eq!(
            losses,
            [("tools[0].format", true), ("tools[1].tools[0]", false), ("store", false)],
            "{:?}",
            record.losses
        );
    }
}

#[tokio::test]
async fn strict_refuses_what_a_loss_may_change_and_the_trial_is_not_the_agents_failure() {
    let (upstream, rig) = translated(Answer::text("ok"), |spec| spec.losses = Losses::Strict).await;
    let got = ask(&rig.session, Dialect::OpenaiResponses, &codex(false)).await;
    assert_eq!(got.status, 400);
    let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("tools[0].format") && message.contains("not enforced"), "{message}");
    assert!(upstream.seen().is_empty());
    let record = rig.memory.call();
    assert_eq!((record.ending.as_str(), record.charged, record.usage), ("refused", 0.0, None));
    let Summary { failure, flags, held, .. } = rig.session.summary();
    assert_eq!(
        (failure, flags, held),
        (Some(Outcome::OrchBug), vec![Flag::new(FlagName::LossRefused, "")], 0.0)
    );
    // Notes alone change nothing.
    let mut body = body(Dialect::OpenaiResponses, false);
    body["store"] = json!(false);
    assert_eq!(ask(&rig.session, Dialect::OpenaiResponses, &body).await.status, 200);
}

#[tokio::test]
async fn server_tools_are_taken_out_or_allowed_and_either_is_on_record() {
    for (server_tools, tools, said) in [
        (ServerTools::Strip, 1, "tools: `web_search_20250305` taken out"),
        (ServerTools::Allow, 2, "tools: `web_search_20250305` allowed"),
    ] {
        let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("ok"))]).await.unwrap();
        let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, spec| {
            spec.server_tools = server_tools
        });
        let mut body = body(Dialect::AnthropicMessages, false);
        body["tools"] = json!([
            {"type": "web_search_20250305", "name": "web_search"},
            {"name": "Bash", "input_schema": {"type": "object"}}]);
        ask(&rig.session, Dialect::AnthropicMessages, &body).await;
        assert_eq!(upstream.seen()[0].json["tools"].as_array().unwrap().len(), tools);
        let edits = rig.memory.call().edits;
        assert!(edits.iter().any(|edit| edit.starts_with(said)), "{edits:?}");
    }
}

#[tokio::test]
async fn what_the_gateway_does_not_know_is_passed_on_in_its_own_dialect() {
    for (dialect, key, value) in [
        (
            Dialect::OpenaiChat,
            "tool_choice",
            json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto"}}),
        ),
        (Dialect::OpenaiChat, "messages", json!([{"role": "critic", "content": "no"}])),
        (Dialect::OpenaiChat, "top_k", json!(-1)),
        (Dialect::OpenaiResponses, "tool_choice", json!({"type": "mcp", "server_label": "s", "name": "f"})),
        (Dialect::AnthropicMessages, "tool_choice", json!({"type": "some day"})),
        (Dialect::Gemini, "contents", json!({"parts": {"text": "hi"}})),
        (Dialect::Gemini, "system_instruction", json!({"parts": {"text": "hi"}})),
    ] {
        let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("ok"))]).await.unwrap();
        let rig = rig(model(dialect, &upstream.url()), |_, _| {});
        let mut body = body(dialect, false);
        body[key] = value.clone();
        let got = ask(&rig.session, dialect, &body).await;
        assert_eq!(got.status, 200, "{key}: {}", got.text());
        assert_eq!(upstream.seen()[0].json[key], value);
    }
}

#[tokio::test]
async fn the_kind_of_each_call_is_on_record_with_its_evidence() {
    let (_upstream, rig) = translated(Answer::text("ok"), |_| {}).await;
    let call = async |system: &str, tools: Value, text: &str| {
        let messages = json!([{"role": "system", "content": system}, {"role": "user", "content": text}]);
        let mut body = body(Dialect::OpenaiChat, false);
        (body["messages"], body["tools"]) = (messages, tools);
        ask(&rig.session, Dialect::OpenaiChat, &body).await;
    };
    let tool = |name: &str| json!([{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}]);
    call("You are a title generator.", json!([]), "Fix it.").await;
    call("You are an agent.", tool("bash"), "Fix it.").await;
    call("You are a searcher.", tool("grep"), "Look for it.").await;
    let calls = rig.memory.calls();
    let kinds: Vec<CallKind> = calls.iter().map(|call| call.kind).collect();
    assert_eq!(kinds, [CallKind::Title, CallKind::Main, CallKind::SubAgent]);
    assert_eq!(calls[0].evidence, ["says \"title generator\""]);
    assert!(calls.iter().all(|call| !call.evidence.is_empty()));
}

#[tokio::test]
async fn a_stream_of_gemini_without_events_is_one_array() {
    for outbound in [Dialect::Gemini, Dialect::OpenaiChat] {
        let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("Hëllo €"))]).await.unwrap();
        let rig = rig(model(outbound, &upstream.url()), |_, _| {});
        let mut request = post(Dialect::Gemini, body(Dialect::Gemini, true).to_string().as_bytes());
        *request.uri_mut() = "/v1beta/models/model-under-test:streamGenerateContent".parse().unwrap();
        let response = gateway::request(&rig.session, request).await;
        assert_eq!(response.headers()["content-type"], "application/json");
        let got = read(response).await;
        let parts = got.json();
        let text: String = parts
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|part| part["candidates"][0]["content"]["parts"][0]["text"].as_str())
            .collect();
        assert_eq!(text, "Hëllo €");
        let record = rig.memory.call();
        assert_eq!((record.ending.as_str(), record.charged), ("ok", 15.0));
        assert_eq!(rig.memory.body(&record.response), got.body, "recorded as it left");
    }
}
