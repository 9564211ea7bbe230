//! What is told of model calls to an OTLP endpoint, decoded with OpenTelemetry's own messages.

use std::{path::Path, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gateway::Telemetry;
use scripted::{Answer, ScriptedUpstream, Seen, Step, Usage};
use serde_json::{Value, json};
use spec::Dialect;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::support::{KEY, ask, body, model, rig};

async fn decoded(seen: &[Seen]) -> Value {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let venv = here.join("../../scripts/venv");
    let python = Command::new(venv).arg("otlp").stderr(Stdio::inherit()).output().await.unwrap();
    assert!(python.status.success(), "scripts/venv otlp: {}", python.status);
    let mut child = Command::new(String::from_utf8(python.stdout).unwrap().trim());
    child.arg(here.join("tests/otlp/decode.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.kill_on_drop(true).spawn().unwrap();
    let posted: Vec<Value> =
        seen.iter().map(|seen| json!({"path": seen.path, "body": STANDARD.encode(&seen.body)})).collect();
    child.stdin.take().unwrap().write_all(json!(posted).to_string().as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_spans_and_measurements_under_the_conventions_names() {
    let taken = Step::Pieces("application/x-protobuf", vec![], Duration::ZERO);
    let collector = ScriptedUpstream::start(vec![taken]).await.unwrap();
    let telemetry = Telemetry::to(&collector.url()).unwrap();
    let usage = Usage { input: 120, cache_read: 100, output: 30 };
    let answer = Answer::text("A secret of the model's.").using(Some(usage));
    let refusal = Step::Status(400, vec![], "{\"error\": {\"message\": \"no\"}}".into());
    let upstream = ScriptedUpstream::start(vec![Step::Answer(answer), refusal]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    for stream in [true, false] {
        ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, stream)).await;
    }
    tokio::task::spawn_blocking(|| telemetry.end()).await.unwrap().unwrap();

    let seen = collector.seen();
    let told: Vec<u8> = seen.iter().flat_map(|seen| seen.body.clone()).collect();
    let told = String::from_utf8_lossy(&told);
    for secret in [KEY, "A secret of the model's", "Say something"] {
        assert!(!told.contains(secret), "{secret} was told");
    }
    let found = decoded(&seen).await;
    assert_eq!(found["resources"][0]["service.name"], "overhang");
    let spans = found["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 2, "{found:#}");
    let records = rig.memory.calls();
    let (answered, refused) = (&spans[0], &spans[1]);
    let attributes = &answered["attributes"];
    for (name, value) in [
        ("gen_ai.operation.name", json!("chat")),
        ("gen_ai.provider.name", json!("openai-compatible")),
        ("gen_ai.request.model", json!("scripted-1")),
        ("gen_ai.response.model", json!("scripted-1")),
        ("gen_ai.response.finish_reasons", json!(["stop"])),
        ("gen_ai.usage.input_tokens", json!(120)),
        ("gen_ai.usage.output_tokens", json!(30)),
        ("gen_ai.usage.cache_read.input_tokens", json!(100)),
        ("server.address", json!("127.0.0.1")),
        ("overhang.trial", json!("m:bare/generic:fix/a:1")),
    ] {
        assert_eq!(attributes[name], value, "{name}: {attributes:#}");
    }
    // 3: a client's span; 2: an error.
    assert_eq!((&answered["name"], &answered["kind"]), (&json!("chat scripted-1"), &json!(3)));
    assert_eq!(answered["milliseconds"], json!(records[0].total_ms as f64));
    assert_eq!((&refused["status"], &refused["attributes"]["error.type"]), (&json!(2), &json!("400")));

    let metrics = found["metrics"].as_array().unwrap();
    let point = |name: &str, key: &str, value: &str| {
        let mut fitting = metrics.iter().filter(|point| point["name"] == name);
        fitting.find(|point| point["attributes"][key] == value).unwrap_or_else(|| panic!("{name}: {found:#}"))
    };
    let (tokens, duration) = ("gen_ai.client.token.usage", "gen_ai.client.operation.duration");
    for (kind, sum) in [("input", 120.0), ("output", 30.0)] {
        let point = point(tokens, "gen_ai.token.type", kind);
        assert_eq!(
            (&point["count"], &point["sum"], &point["unit"]),
            (&json!(1), &json!(sum), &json!("{token}"))
        );
    }
    assert_eq!(point(duration, "gen_ai.response.model", "scripted-1")["unit"], "s");
    assert_eq!(point(duration, "error.type", "400")["count"], 1);
}
