//! The places where models live. None can be reached from a test: what each of them would get is held against its own
//! official client (`tests/places`), and what it would answer comes from a scripted server that checks.

use std::{path::Path, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gateway::Keys;
use scripted::{ScriptedUpstream, Seen, Step};
use serde_json::{Value, json};
use spec::{
    Dialect, Model,
    model::{Endpoint, KeyCommand, ProviderKind},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

use crate::support::{Rig, body, read, rig, small};

pub(crate) const BEDROCK_MODEL: &str = "eu.anthropic.claude-1-v1:0";

async fn python(environment: &str, script: &str) -> Command {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let venv = here.join("../../scripts/venv");
    let made = Command::new(venv).arg(environment).stderr(Stdio::inherit()).output().await.unwrap();
    assert!(made.status.success(), "scripts/venv {environment}: {}", made.status);
    let mut command = Command::new(String::from_utf8(made.stdout).unwrap().trim());
    command
        .arg(here.join("tests/places").join(script))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .kill_on_drop(true);
    command
}

/// What botocore makes of a task.
pub(crate) async fn botocore(task: &str, input: Value) -> Value {
    let mut command = python("aws", "aws.py").await;
    let mut child = command.arg(task).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "aws.py {task}: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A model in a place, and what its profile says of it.
pub(crate) fn model(
    dialect: Dialect,
    url: &str,
    kind: ProviderKind,
    more: impl FnOnce(&mut Endpoint),
) -> Model {
    let mut model = crate::support::model(dialect, url);
    let endpoint = model.endpoint.as_mut().unwrap();
    *endpoint = Endpoint { kind: Some(kind), ..Endpoint::new(dialect, url, "served-1") };
    more(endpoint);
    model
}

pub(crate) fn reached(model: Model, lookup: impl Fn(&str) -> Option<String>) -> Rig {
    let keys = Keys::from_lookup(std::slice::from_ref(&model), lookup).unwrap();
    rig(model, |config, _| config.keys = keys)
}

/// Asks a model in its own dialect.
async fn ask(rig: &Rig, dialect: Dialect, stream: bool) -> crate::support::Got {
    read(gateway::request(&rig.session, small(dialect, stream)).await).await
}

fn refusing() -> Step {
    Step::Status(400, vec![], "{\"error\": {\"message\": \"scripted\"}}".into())
}

fn printed_key(endpoint: &mut Endpoint) {
    endpoint.key_command = Some(KeyCommand::Line("echo k".into()));
}

#[tokio::test]
async fn azure_and_vertex_are_asked_as_their_official_clients_ask() {
    let upstream = ScriptedUpstream::start(vec![refusing()]).await.unwrap();
    let status = python("sdk", "clients.py").await.arg(upstream.url()).status().await.unwrap();
    assert!(status.success());
    let theirs = upstream.seen();
    let azure = |endpoint: &mut Endpoint| {
        printed_key(endpoint);
        endpoint.api_version = Some("2025-04-01-preview".into());
    };
    let vertex = |endpoint: &mut Endpoint| {
        printed_key(endpoint);
        (endpoint.project, endpoint.location) = (Some("p".into()), Some("eu".into()));
    };
    for (dialect, kind, stream) in [
        (Dialect::OpenaiChat, ProviderKind::AzureOpenai, false),
        (Dialect::OpenaiResponses, ProviderKind::AzureOpenai, false),
        (Dialect::Gemini, ProviderKind::Vertex, false),
        (Dialect::Gemini, ProviderKind::Vertex, true),
        (Dialect::AnthropicMessages, ProviderKind::Vertex, false),
        (Dialect::AnthropicMessages, ProviderKind::Vertex, true),
    ] {
        let model = match kind {
            ProviderKind::AzureOpenai => model(dialect, &upstream.url(), kind, azure),
            _ => model(dialect, &upstream.url(), kind, vertex),
        };
        ask(&reached(model, |_| None), dialect, stream).await;
    }
    let ours = upstream.seen().split_off(theirs.len());
    assert_eq!(ours.len(), theirs.len(), "{theirs:#?}");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        // Google's client asks for version v1beta1, which has the same methods.
        assert_eq!(ours.path, theirs.path.replacen("/v1beta1/", "/v1/", 1));
        for name in ["authorization", "api-key", "content-type"] {
            assert_eq!(ours.header(name), theirs.header(name), "{name} of {}", ours.path);
        }
        if ours.path.contains("/publishers/") {
            for key in ["model", "stream"] {
                let said = |seen: &Seen| seen.json.get(key).filter(|value| **value != json!(false)).cloned();
                assert_eq!(said(ours), said(theirs), "{key} of {}", ours.path);
            }
            // Which version is the newest is theirs to know; that the body has one is not.
            let versioned = |seen: &Seen| seen.json["anthropic_version"].is_string();
            assert_eq!(versioned(ours), versioned(theirs), "{}", ours.path);
        }
    }
}

fn claude(url: &str) -> Model {
    model(Dialect::AnthropicMessages, url, ProviderKind::Bedrock, |endpoint| {
        endpoint.model = BEDROCK_MODEL.into();
        endpoint.region = Some("eu-west-1".into());
    })
}

pub(crate) fn aws_keys(name: &str) -> Option<String> {
    Some(match name {
        "AWS_ACCESS_KEY_ID" => "AKIDSCRIPTED".into(),
        "AWS_SECRET_ACCESS_KEY" => "scripted-secret".into(),
        _ => "scripted-session".into(),
    })
}

/// Each request as botocore signs it.
pub(crate) async fn signatures(url: &str, seen: &[Seen]) -> Vec<Value> {
    let requests = seen.iter().map(|seen| {
        let headers: serde_json::Map<String, Value> =
            seen.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({"url": format!("{url}{}", seen.path), "headers": headers, "body": STANDARD.encode(&seen.body)})
    });
    let input = json!({"requests": requests.collect::<Vec<_>>()});
    serde_json::from_value(botocore("sign", input).await).unwrap()
}

#[tokio::test]
async fn bedrock_is_asked_as_botocore_asks_and_each_try_is_signed_as_it_signs() {
    let busy = Step::Status(503, vec![], "{\"message\": \"scripted-secret is busy\"}".into());
    let upstream = ScriptedUpstream::start(vec![refusing(), refusing(), busy, refusing()]).await.unwrap();
    botocore("ask", json!({"url": upstream.url(), "model": BEDROCK_MODEL})).await;
    let rig = reached(claude(&upstream.url()), aws_keys);
    let got = ask(&rig, Dialect::AnthropicMessages, false).await;
    assert!(!got.text().contains("scripted-secret"), "{}", got.text());
    ask(&rig, Dialect::AnthropicMessages, true).await;
    let seen = upstream.seen();
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    let [whole, stream] = [paths[0], paths[1]];
    assert_eq!(paths[2..], [whole, whole, stream]);
    for seen in &seen[2..] {
        assert_eq!(seen.json["anthropic_version"], "bedrock-2023-05-31");
        assert!(seen.json.get("model").is_none() && seen.json.get("stream").is_none(), "{}", seen.json);
    }
    assert_eq!(seen[4].header("accept"), Some("application/vnd.amazon.eventstream"));
    // botocore's own two requests too: else the test would hold nothing against nothing.
    for (seen, expected) in seen.iter().zip(signatures(&upstream.url(), &seen).await) {
        assert_eq!(seen.header("x-amz-security-token"), Some("scripted-session"));
        let signature = |text: &str| text.rsplit("Signature=").next().unwrap().to_owned();
        let ours = signature(seen.header("authorization").unwrap());
        if seen.header("user-agent").is_some_and(|agent| agent.contains("otocore")) {
            continue;
        }
        assert_eq!(ours, signature(expected.as_str().unwrap()), "{}", seen.path);
    }
}

#[tokio::test]
async fn bedrocks_binary_stream_reaches_clients_as_server_sent_events() {
    let usage = json!({"input_tokens": 120, "output_tokens": 1, "cache_read_input_tokens": 7});
    let events = json!([
        {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-1", "content": [], "stop_reason": null, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hëllo"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 30}},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 120}},
    ]);
    let framed = async |input: Value| {
        let coded = botocore("frames", input).await;
        STANDARD.decode(coded.as_str().unwrap()).unwrap()
    };
    let whole = framed(json!({"events": events})).await;
    let some: Vec<&Value> = events.as_array().unwrap()[..3].iter().collect();
    let broken = framed(json!({"events": some, "exception": "modelStreamErrorException"})).await;
    let throttled = framed(json!({"events": [], "exception": "throttlingException"})).await;
    let step = |bytes: &[u8], size: usize| {
        let pieces = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        Step::Pieces("application/vnd.amazon.eventstream", pieces, Duration::ZERO)
    };
    let steps =
        vec![step(&whole, 11), step(&whole, 4096), step(&throttled, 9), step(&whole, 64), step(&broken, 64)];
    let upstream = ScriptedUpstream::start(steps).await.unwrap();

    let rig = reached(claude(&upstream.url()), aws_keys);
    let same = ask(&rig, Dialect::AnthropicMessages, true).await.text();
    for event in events.as_array().unwrap() {
        let line = format!("event: {}\ndata: ", event["type"].as_str().unwrap());
        assert!(same.contains(&line), "{same}");
    }
    let translated = ask(&rig, Dialect::OpenaiChat, true).await.text();
    assert!(translated.contains("Hëllo") && translated.ends_with("data: [DONE]\n\n"), "{translated}");
    let after_a_pause = ask(&rig, Dialect::AnthropicMessages, true).await.text();
    assert_eq!(after_a_pause, same, "what was too much is asked again");
    let cut = ask(&rig, Dialect::AnthropicMessages, true).await.text();
    assert!(cut.contains("event: error") && cut.contains("modelStreamErrorException: scripted"), "{cut}");
    let calls = rig.memory.calls();
    assert_eq!(upstream.seen().len(), 5);
    let usage = calls[0].usage.as_ref().unwrap();
    assert_eq!((usage.input_uncached, usage.cache_read, usage.output), (120, 7, 30));
    let edits = calls[0].edits.join("; ");
    assert!(edits.contains("anthropic_version: absent → \"bedrock-2023-05-31\""), "{edits}");
}

#[tokio::test]
async fn a_service_accounts_assertion_is_verified_and_its_token_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = python("sdk", "token_server.py").await;
    let mut server = command.arg(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    let ready = BufReader::new(server.stdout.take().unwrap()).lines().next_line().await.unwrap();
    assert_eq!(ready.as_deref(), Some("ready"));
    let upstream = ScriptedUpstream::start(vec![refusing()]).await.unwrap();
    let account = |name: &str| {
        let file = folder.path().join(name).to_string_lossy().into_owned();
        model(Dialect::Gemini, &upstream.url(), ProviderKind::Vertex, |endpoint| {
            endpoint.key_file = Some(file);
            (endpoint.project, endpoint.location) = (Some("p".into()), Some("eu".into()));
        })
    };
    let rig = reached(account("account.json"), |_| None);
    ask(&rig, Dialect::Gemini, false).await;
    ask(&rig, Dialect::Gemini, false).await;
    tokio::time::sleep(Duration::from_millis(1600)).await;
    ask(&rig, Dialect::Gemini, true).await;
    let tokens: Vec<_> =
        upstream.seen().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);

    // Another key than the account's: the token server refuses, and the call is not the harness's fault.
    let mut forged: Value =
        serde_json::from_slice(&fs_err::read(folder.path().join("account.json")).unwrap()).unwrap();
    forged["client_email"] = json!("somebody@scripted.iam.gserviceaccount.com");
    fs_err::write(folder.path().join("forged.json"), forged.to_string()).unwrap();
    let rig = self::reached(account("forged.json"), |_| None);
    let got = ask(&rig, Dialect::Gemini, false).await;
    assert_eq!((got.status, upstream.seen().len()), (401, 3), "{}", got.text());
    assert!(got.text().contains("the token server answered 400"), "{}", got.text());
    assert_eq!(rig.session.summary().failure, Some(ledger::Outcome::ProviderAuth));
    server.kill().await.unwrap();
}

#[tokio::test]
async fn a_machine_on_google_cloud_has_its_token_from_the_metadata_server() {
    let token = json!({"access_token": "of-the-machine", "expires_in": 3599, "token_type": "Bearer"});
    let pieces = vec![token.to_string().into_bytes()];
    let metadata = ScriptedUpstream::start(vec![Step::Pieces("application/json", pieces, Duration::ZERO)])
        .await
        .unwrap();
    let upstream = ScriptedUpstream::start(vec![refusing()]).await.unwrap();
    let model = model(Dialect::AnthropicMessages, &upstream.url(), ProviderKind::Vertex, |endpoint| {
        (endpoint.project, endpoint.location) = (Some("p".into()), Some("global".into()));
    });
    let host = metadata.url().replace("http://", "");
    let rig = reached(model, |name| (name == "GCE_METADATA_HOST").then(|| host.clone()));
    for _ in 0..3 {
        ask(&rig, Dialect::AnthropicMessages, false).await;
    }
    assert!(upstream.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer of-the-machine")));
    let asked = metadata.seen();
    assert_eq!(asked.len(), 1, "one token is enough for three calls");
    assert_eq!(asked[0].path, "/computeMetadata/v1/instance/service-accounts/default/token");
    assert_eq!(asked[0].header("metadata-flavor"), Some("Google"));
}

#[tokio::test]
async fn what_the_profile_adds_goes_over_what_the_client_says_and_is_recorded() {
    let upstream = ScriptedUpstream::start(vec![refusing()]).await.unwrap();
    let model = model(Dialect::OpenaiChat, &upstream.url(), ProviderKind::OpenaiCompatible, |endpoint| {
        endpoint.max_tokens_field = Some(spec::model::MaxTokensField::MaxCompletionTokens);
        endpoint.extra_body = [
            ("provider".to_owned(), json!({"order": ["one"], "allow_fallbacks": false})),
            ("stream_options".to_owned(), json!({"include_obfuscation": false})),
        ]
        .into();
    });
    let rig = reached(model, |_| None);
    ask(&rig, Dialect::OpenaiChat, true).await;
    ask(&rig, Dialect::AnthropicMessages, false).await;
    let seen = upstream.seen();
    for seen in &seen {
        assert_eq!(seen.json["provider"], json!({"order": ["one"], "allow_fallbacks": false}));
        assert_eq!((&seen.json["max_completion_tokens"], seen.json.get("max_tokens")), (&json!(100), None));
    }
    let options = json!({"include_usage": true, "include_obfuscation": false});
    assert_eq!(seen[0].json["stream_options"], options, "tables are put together");
    let edits = rig.memory.calls()[0].edits.join("; ");
    assert!(edits.contains("provider: absent → {\"order\":[\"one\"]"), "{edits}");
    assert!(edits.contains("max_tokens: 100 → absent"), "{edits}");
    let sent = body(Dialect::OpenaiChat, true);
    assert_eq!(seen[0].json["messages"], sent["messages"]);
}
