//! Amazon Bedrock's `Converse`: what it is asked is held against botocore's model of the service, and what it answers is
//! written apart from the code under test and read by botocore first.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use scripted::{ScriptedUpstream, Step};
use serde_json::{Value, json};
use spec::{Dialect, Model, model::ProviderKind};

use crate::{
    places::{BEDROCK_MODEL, aws_keys, botocore, model, reached, signatures},
    support::{ask, read},
};

fn converse(url: &str) -> Model {
    model(Dialect::AnthropicMessages, url, ProviderKind::BedrockConverse, |endpoint| {
        endpoint.model = BEDROCK_MODEL.into();
        endpoint.region = Some("eu-west-1".into());
        endpoint.extra_body = [("top_k".to_owned(), json!(5))].into();
    })
}

fn turns() -> Value {
    json!([
        {"role": "user", "content": [
            {"type": "text", "text": "Look.", "cache_control": {"type": "ephemeral"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
            {"type": "text", "text": ""},
        ]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
            {"type": "redacted_thinking", "data": "aGk="},
            {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t1", "is_error": true, "content": "no such file"},
        ]},
    ])
}

fn request(stream: bool) -> Value {
    let schema = json!({"type": "object", "properties": {"command": {"type": "string"}}});
    json!({
        "model": "m", "max_tokens": 100, "temperature": 0.5, "stop_sequences": ["END"], "stream": stream,
        "system": "You are terse.", "metadata": {"user_id": "u"}, "messages": turns(),
        "tools": [{"name": "bash", "description": "Runs.", "input_schema": schema,
            "cache_control": {"type": "ephemeral"}}],
        "tool_choice": {"type": "any"},
    })
}

#[tokio::test]
async fn requests_are_what_botocore_takes_for_one_and_signed() {
    let refusing = Step::Status(400, vec![], "{\"message\": \"scripted\"}".into());
    let upstream = ScriptedUpstream::start(vec![refusing]).await.unwrap();
    let rig = reached(converse(&upstream.url()), aws_keys);
    let got = ask(&rig.session, Dialect::AnthropicMessages, &request(true)).await;
    assert!(got.text().contains("scripted"), "{}", got.text());
    let ours = upstream.seen().remove(0);
    let input = json!({"url": upstream.url(), "model": BEDROCK_MODEL, "bodies": [ours.json]});
    assert_eq!(botocore("converse", input).await, json!([""]), "{:#}", ours.json);
    assert_eq!(ours.path, upstream.seen()[1].path, "as botocore has it");
    let expected = signatures(&upstream.url(), std::slice::from_ref(&ours)).await;
    let signature = |text: &str| text.rsplit("Signature=").next().unwrap().to_owned();
    assert_eq!(signature(ours.header("authorization").unwrap()), signature(expected[0].as_str().unwrap()));

    let body = &ours.json;
    assert_eq!(body["system"], json!([{"text": "You are terse."}]));
    assert_eq!(body["messages"][0]["content"][1], json!({"cachePoint": {"type": "default"}}));
    assert_eq!(body["messages"][0]["content"].as_array().unwrap().len(), 3, "an empty text is refused there");
    let result = &body["messages"][2]["content"][0]["toolResult"];
    assert_eq!(
        (&result["status"], &result["content"]),
        (&json!("error"), &json!([{"text": "no such file"}]))
    );
    assert_eq!(body["toolConfig"]["toolChoice"], json!({"any": {}}));
    let inference = json!({"maxTokens": 100, "temperature": 0.5, "stopSequences": ["END"]});
    assert_eq!(body["inferenceConfig"], inference);
    assert_eq!(body["additionalModelRequestFields"], json!({"top_k": 5}));
    let edits = rig.memory.call().edits.join("; ");
    assert!(edits.contains("metadata: left out"), "{edits}");
}

#[tokio::test]
async fn answers_reach_clients_whole_and_streamed() {
    let messages = json!([
        ["messageStart", {"role": "assistant"}],
        ["contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm."}}}],
        ["contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "sig"}}}],
        ["contentBlockStop", {"contentBlockIndex": 0}],
        ["contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "Hë"}}],
        ["contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "llo"}}],
        ["contentBlockStop", {"contentBlockIndex": 1}],
        ["contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t1", "name": "bash"}}}],
        ["contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "{\"command\": "}}}],
        ["contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "\"ls\"}"}}}],
        ["contentBlockStop", {"contentBlockIndex": 2}],
        ["messageStop", {"stopReason": "tool_use"}],
        ["metadata", {"usage": {"inputTokens": 20, "outputTokens": 30, "totalTokens": 150,
            "cacheReadInputTokens": 100}, "metrics": {"latencyMs": 9}}],
    ]);
    let coded = botocore("converse_frames", json!({"messages": messages})).await;
    let bytes = STANDARD.decode(coded.as_str().unwrap()).unwrap();
    let step = |size: usize| {
        let pieces = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        Step::Pieces("application/vnd.amazon.eventstream", pieces, Duration::ZERO)
    };
    let upstream = ScriptedUpstream::start(vec![step(4096), step(7), step(64)]).await.unwrap();
    let rig = reached(converse(&upstream.url()), aws_keys);
    let whole = ask(&rig.session, Dialect::AnthropicMessages, &request(false)).await.json();
    assert_eq!(whole["stop_reason"], "tool_use");
    let content = json!([
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
        {"type": "text", "text": "Hëllo"},
        {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls"}},
    ]);
    assert_eq!(whole["content"], content);
    let streamed = ask(&rig.session, Dialect::AnthropicMessages, &request(true)).await.text();
    assert!(streamed.contains("\"text\":\"llo\"") && streamed.contains("message_stop"), "{streamed}");
    let chat = crate::support::small(Dialect::OpenaiChat, true);
    let chat = read(gateway::request(&rig.session, chat).await).await.text();
    assert!(chat.contains("\"bash\"") && chat.ends_with("data: [DONE]\n\n"), "{chat}");
    for record in rig.memory.calls() {
        let usage = record.usage.unwrap();
        assert_eq!((usage.input_uncached, usage.cache_read, usage.output), (20, 100, 30));
        assert!(!record.estimated);
    }
}
