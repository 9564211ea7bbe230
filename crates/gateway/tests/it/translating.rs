//! Different dialects on the two sides.

use scripted::{Answer, ScriptedUpstream, Step, Usage};
use serde_json::{Value, json};
use spec::Dialect;

use crate::support::{MODEL, ask, model, rig};

fn answer() -> Answer {
    let usage = Usage { input: 120, cache_read: 100, output: 30 };
    let call = json!({"command": "ls -l", "timeout": 5});
    Answer::text("Hëllo there").calling("bash", call.clone()).calling("bash", call).using(Some(usage))
}

/// A conversation with all that both dialects have.
fn anthropic() -> Value {
    json!({
        "model": MODEL, "max_tokens": 500, "temperature": 0.5, "stop_sequences": ["END"],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"name": "bash", "description": "Runs.", "input_schema": {"type": "object", "properties": {"z": {}, "a": {}}}}],
        "tool_choice": {"type": "any"},
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "Look."},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "t1", "name": "bash", "input": {"z": 1}},
                {"type": "tool_use", "id": "t2", "name": "bash", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "one", "is_error": true},
                {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text", "text": "two"}]},
                {"type": "text", "text": "Go on."}]},
        ],
    })
}

fn chat() -> Value {
    json!({
        "model": MODEL, "max_completion_tokens": 500, "temperature": 0.5, "stop": "END",
        "tools": [{"type": "function", "function": {"name": "bash", "description": "Runs.",
            "parameters": {"type": "object", "properties": {"z": {}, "a": {}}}}}],
        "tool_choice": "required",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "Look."},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
            {"role": "assistant", "content": "I look.", "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "bash", "arguments": "{\"z\":1}"}},
                {"id": "t2", "type": "function", "function": {"name": "bash", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "t1", "content": "one"},
            {"role": "tool", "tool_call_id": "t2", "content": "two"},
            {"role": "user", "content": "Go on."},
        ],
    })
}

#[tokio::test]
async fn anthropic_to_chat() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    let got = ask(&rig.session, Dialect::AnthropicMessages, &anthropic()).await;
    assert_eq!(got.status, 200);
    insta::assert_json_snapshot!("anthropic_to_chat_request", upstream.seen()[0].json);
    insta::assert_json_snapshot!("anthropic_to_chat_answer", got.json());
    insta::assert_json_snapshot!("anthropic_to_chat_losses", rig.memory.call().losses);
}

#[tokio::test]
async fn chat_to_anthropic() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
    let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
    let got = ask(&rig.session, Dialect::OpenaiChat, &chat()).await;
    assert_eq!(got.status, 200);
    insta::assert_json_snapshot!("chat_to_anthropic_request", upstream.seen()[0].json);
    let mut answer = got.json();
    assert!(answer["created"].take().is_u64());
    insta::assert_json_snapshot!("chat_to_anthropic_answer", answer);
}

#[tokio::test]
async fn a_stream_says_what_the_whole_answer_says() {
    for (inbound, outbound, request) in [
        (Dialect::AnthropicMessages, Dialect::OpenaiChat, anthropic()),
        (Dialect::OpenaiChat, Dialect::AnthropicMessages, chat()),
    ] {
        let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
        let rig = rig(model(outbound, &upstream.url()), |_, _| {});
        let whole = ask(&rig.session, inbound, &request).await.json();
        let whole = dialect::decode_response(inbound, whole).unwrap().value;
        let mut request = request;
        request["stream"] = json!(true);
        if inbound == Dialect::OpenaiChat {
            request["stream_options"] = json!({"include_usage": true});
        }
        let streamed = ask(&rig.session, inbound, &request).await;
        let streamed = dialect::read_answer(inbound, &streamed.body).unwrap();
        assert_eq!(streamed, whole, "{inbound} from {outbound}");
        let calls = rig.memory.calls();
        assert_eq!(calls[0].usage, calls[1].usage);
    }
}

#[tokio::test]
async fn errors_are_told_in_the_clients_dialect() {
    let body = r#"{"error":{"message":"context too long","type":"invalid_request_error"}}"#;
    let upstream = ScriptedUpstream::start(vec![Step::Status(400, vec![], body.into())]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    let got = ask(&rig.session, Dialect::AnthropicMessages, &anthropic()).await;
    assert_eq!(got.status, 400);
    assert_eq!(got.json()["error"]["type"], "invalid_request_error");
    assert!(got.text().contains("context too long"));
    let record = rig.memory.call();
    assert_eq!((record.ending.as_str(), record.charged), ("error", 0.0));
    assert_eq!(rig.session.summary().failure, None, "the request was wrong, not the provider");
}
