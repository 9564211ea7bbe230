//! What a provider hands out and demands back reaches it again, through clients that have no field for it.

use std::time::Duration;

use dialect::neutral::Content;
use scripted::{ScriptedUpstream, Step};
use serde_json::{Value, json};
use spec::Dialect;

use crate::support::{MODEL, ask, model, rig};

/// A provider's first answer, which calls a tool, in its dialect.
fn first(outbound: Dialect) -> Value {
    match outbound {
        Dialect::Gemini => json!({
            "candidates": [{"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": [
                {"functionCall": {"name": "bash", "args": {"command": "ls"}}, "thoughtSignature": "SIGNED"}]}}],
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110},
            "modelVersion": "served", "responseId": "r1",
        }),
        Dialect::AnthropicMessages => json!({
            "id": "r1", "type": "message", "role": "assistant", "model": "served", "stop_reason": "tool_use",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "SIGNED"},
                {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}}],
            "usage": {"input_tokens": 100, "output_tokens": 10},
        }),
        Dialect::OpenaiResponses => json!({
            "id": "r1", "object": "response", "status": "completed", "model": "served", "output": [
                {"id": "rs", "type": "reasoning", "summary": [], "encrypted_content": "SIGNED"},
                {"id": "fc", "type": "function_call", "call_id": "t1", "name": "bash", "arguments": "{\"command\":\"ls\"}"}],
            "usage": {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110},
        }),
        // The kinds of the dialect: Kimi's and DeepSeek's reasoning, which is not signed, and Google's signature.
        Dialect::OpenaiChat => json!({
            "id": "r1", "object": "chat.completion", "model": "served", "choices": [{"index": 0,
                "finish_reason": "tool_calls", "message": {"role": "assistant", "content": null,
                    "reasoning_content": "THOUGHT", "tool_calls": [{"id": "t1", "type": "function",
                        "extra_content": {"google": {"thought_signature": "SIGNED"}},
                        "function": {"name": "bash", "arguments": "{\"command\":\"ls\"}"}}]}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }),
    }
}

/// The first answer as it is streamed, all in one piece.
fn streamed(outbound: Dialect) -> Step {
    let whole = first(outbound);
    let events = match outbound {
        Dialect::Gemini => vec![whole],
        Dialect::AnthropicMessages => {
            vec![json!({"type": "message_start", "message": whole}), json!({"type": "message_stop"})]
        }
        Dialect::OpenaiResponses => vec![json!({"type": "response.completed", "response": whole})],
        Dialect::OpenaiChat => {
            let mut chunk = whole;
            let message = chunk["choices"][0]["message"].take();
            chunk["choices"][0]["delta"] = message;
            vec![chunk]
        }
    };
    let pieces = events.iter().map(|event| format!("data: {event}\n\n").into_bytes()).collect();
    Step::Pieces("text/event-stream", pieces, Duration::ZERO)
}

/// A client's second request, with nothing in it but what its dialect has a field for and every client sends.
fn second(inbound: Dialect, id: &str) -> Value {
    match inbound {
        Dialect::OpenaiChat => json!({"model": MODEL, "max_tokens": 50, "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": null, "tool_calls": [{"id": id, "type": "function",
                "function": {"name": "bash", "arguments": "{\"command\":\"ls\"}"}}]},
            {"role": "tool", "tool_call_id": id, "content": "a"}]}),
        Dialect::AnthropicMessages => json!({"model": MODEL, "max_tokens": 50, "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": id, "name": "bash", "input": {"command": "ls"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "a"}]}]}),
        Dialect::OpenaiResponses => {
            json!({"model": MODEL, "max_output_tokens": 50, "store": false, "input": [
            {"type": "message", "role": "user", "content": "go"},
            {"type": "function_call", "call_id": id, "name": "bash", "arguments": "{\"command\":\"ls\"}"},
            {"type": "function_call_output", "call_id": id, "output": "a"}]})
        }
        Dialect::Gemini => json!({"contents": [
            {"role": "user", "parts": [{"text": "go"}]},
            {"role": "model", "parts": [{"functionCall": {"id": id, "name": "bash", "args": {"command": "ls"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"id": id, "name": "bash", "response": {"output": "a"}}}]}]}),
    }
}

#[tokio::test]
async fn it_is_put_back_before_the_call_that_it_came_with() {
    let all = [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];
    for outbound in all {
        for inbound in all.into_iter().filter(|inbound| *inbound != outbound) {
            for stream in [false, true] {
                let pair = format!("{inbound} from {outbound}, stream {stream}");
                let body = first(outbound).to_string();
                let answer = if stream { streamed(outbound) } else { Step::Status(200, vec![], body) };
                let last = Step::Status(400, vec![], "{\"error\":{\"message\":\"enough\"}}".into());
                let upstream = ScriptedUpstream::start(vec![answer, last]).await.unwrap();
                let rig = rig(model(outbound, &upstream.url()), |_, _| {});
                let mut asked = second(inbound, "none");
                if inbound == Dialect::Gemini {
                    asked["stream"] = json!(stream);
                } else if stream {
                    asked["stream"] = json!(true);
                }
                let got = ask(&rig.session, inbound, &asked).await;
                let read = dialect::read_answer(inbound, &got.body);
                let read = read.unwrap_or_else(|error| panic!("{pair}: {error}: {}", got.text()));
                let call = read.content.iter().find_map(|block| match block {
                    Content::ToolCall { id, .. } => Some(id.clone()),
                    _ => None,
                });
                let id = call.unwrap_or_else(|| panic!("{pair}: no call: {}", got.text()));
                ask(&rig.session, inbound, &second(inbound, &id)).await;
                let sent = upstream.seen()[1].json.to_string();
                assert!(sent.contains("SIGNED"), "{pair}: {sent}");
                assert!(outbound != Dialect::OpenaiChat || sent.contains("THOUGHT"), "{pair}: {sent}");
                let record = rig.memory.calls().remove(0);
                assert!(record.losses.iter().all(|loss| !loss.changes), "{pair}: {:?}", record.losses);
            }
        }
    }
}

#[tokio::test]
async fn a_conversation_that_is_kept_elsewhere_is_refused_not_cut() {
    let upstream = ScriptedUpstream::start(vec![Step::Hang]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    let mut by_id = second(Dialect::OpenaiResponses, "t1");
    by_id["previous_response_id"] = json!("r0");
    let with = |item: Value| {
        let mut asked = second(Dialect::OpenaiResponses, "t1");
        asked["input"].as_array_mut().unwrap().insert(0, item);
        asked
    };
    let reference = with(json!({"type": "item_reference", "id": "rs_1"}));
    let compaction = with(json!({"type": "compaction", "encrypted_content": "E"}));
    for asked in [by_id, reference, compaction] {
        let got = ask(&rig.session, Dialect::OpenaiResponses, &asked).await;
        assert_eq!((got.status, upstream.seen().len()), (400, 0), "{}", got.text());
        assert!(got.text().contains("the whole conversation must be sent"), "{}", got.text());
    }
}

#[tokio::test]
async fn reasoning_goes_back_under_the_name_that_its_server_has_for_it() {
    for (field, put_back) in
        [("reasoning", Some("reasoning")), ("thinking", Some("thinking")), ("content", None)]
    {
        let mut answer = first(Dialect::OpenaiChat);
        let message = answer["choices"][0]["message"].as_object_mut().unwrap();
        message.shift_remove("reasoning_content");
        message.insert(field.into(), json!("THOUGHT"));
        let enough = Step::Status(400, vec![], "{\"error\":{\"message\":\"enough\"}}".into());
        let upstream = ScriptedUpstream::start(vec![Step::Status(200, vec![], answer.to_string()), enough])
            .await
            .unwrap();
        let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
        ask(&rig.session, Dialect::AnthropicMessages, &second(Dialect::AnthropicMessages, "none")).await;
        // A client that sends the thought back itself.
        let mut asked = second(Dialect::AnthropicMessages, "t1");
        let thought = json!({"type": "thinking", "thinking": "THOUGHT", "signature": ""});
        asked["messages"][1]["content"].as_array_mut().unwrap().insert(0, thought);
        ask(&rig.session, Dialect::AnthropicMessages, &asked).await;
        let sent = &upstream.seen()[1].json["messages"][1];
        for name in ["reasoning_content", "reasoning", "thinking"] {
            let there = sent.get(name).is_some_and(|said| said == "THOUGHT");
            assert_eq!(there, put_back == Some(name), "{field}: {sent}");
        }
    }
}

#[tokio::test]
async fn a_thought_that_is_signed_and_not_shown_is_no_withheld_one() {
    for (block, kind) in [
        (json!({"type": "thinking", "thinking": "", "signature": "SIGNED"}), "thinking"),
        (json!({"type": "redacted_thinking", "data": "SIGNED"}), "redacted_thinking"),
    ] {
        for inbound in [Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini] {
            let mut answer = first(Dialect::AnthropicMessages);
            answer["content"][0] = block.clone();
            let enough = Step::Status(400, vec![], "{\"error\":{\"message\":\"enough\"}}".into());
            let steps = vec![Step::Status(200, vec![], answer.to_string()), enough];
            let upstream = ScriptedUpstream::start(steps).await.unwrap();
            let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
            ask(&rig.session, inbound, &second(inbound, "none")).await;
            ask(&rig.session, inbound, &second(inbound, "t1")).await;
            let sent = &upstream.seen()[1].json["messages"][1]["content"][0];
            assert_eq!(sent, &block, "{inbound}: {kind}");
        }
    }
}

#[tokio::test]
async fn a_call_that_gemini_never_made_is_signed_as_its_documentation_says() {
    let enough = Step::Status(400, vec![], "{\"error\":{\"message\":\"enough\"}}".into());
    let answer = Step::Status(200, vec![], first(Dialect::Gemini).to_string());
    let upstream = ScriptedUpstream::start(vec![answer, enough]).await.unwrap();
    let rig = rig(model(Dialect::Gemini, &upstream.url()), |_, _| {});
    ask(&rig.session, Dialect::OpenaiChat, &second(Dialect::OpenaiChat, "none")).await;
    let mut asked = second(Dialect::OpenaiChat, "made-up");
    asked["messages"][1]["tool_calls"][0]["function"]["arguments"] = json!("{\"command\":\"pwd\"}");
    ask(&rig.session, Dialect::OpenaiChat, &asked).await;
    // Before the provider has shown that it signs, nothing is put in.
    let seen = upstream.seen();
    let signature = |at: usize| seen[at].json["contents"][1]["parts"][0].get("thoughtSignature").cloned();
    assert_eq!((signature(0), signature(1)), (None, Some(json!("skip_thought_signature_validator"))));
}
