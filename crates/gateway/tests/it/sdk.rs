//! The official Python clients through the gateway to each of four providers: `tests/sdk`, in the virtual
//! environments that `scripts/venv` makes.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use gateway::{Allowance, GatewayConfig, Listener, Meter, Server, Unrecorded};
use scripted::{Answer, ScriptedUpstream, Seen, Step, Usage};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use spec::Dialect;
use tokio::{io::AsyncWriteExt as _, net::TcpListener, process::Command};

use crate::support::{keys, model};

const PROVIDERS: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];

#[tokio::test]
async fn openai_chat() {
    play("openai-chat", "sdk").await;
}

#[tokio::test]
async fn openai_responses() {
    play("openai-responses", "sdk").await;
}

#[tokio::test]
async fn anthropic() {
    play("anthropic", "sdk").await;
}

#[tokio::test]
async fn google_genai() {
    play("google-genai", "sdk").await;
}

#[tokio::test]
async fn litellm() {
    play("litellm", "litellm").await;
}

/// Plays all scenes with one client; what does not hold is told by pair and assertion.
async fn play(client: &str, environment: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = here.join("../../scripts/venv");
    let python = Command::new(python).arg(environment).stderr(Stdio::inherit()).output().await.unwrap();
    assert!(python.status.success(), "scripts/venv {environment}: {}", python.status);
    let python = String::from_utf8(python.stdout).unwrap();

    let mut upstreams = Vec::new();
    let mut models = Vec::new();
    for dialect in PROVIDERS {
        let upstream = ScriptedUpstream::start_with(move |_, seen| scene(dialect, seen)).await.unwrap();
        let mut profile = model(dialect, &upstream.url());
        profile.id = format!("behind-{dialect}");
        models.push(profile);
        upstreams.push(upstream);
    }
    let mut config = GatewayConfig::new(models.clone(), keys(&models), Arc::new(Unrecorded));
    config.upstream.pause = Duration::from_millis(1);
    let allowance = Allowance { budget: None, meter: Meter::parse("total").unwrap(), tokens: Vec::new() };
    let server = Server::new(config, &allowance).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let providers = PROVIDERS.iter().zip(&models).zip(server.sessions()).map(|((dialect, model), session)| {
        json!({"dialect": dialect, "model": model.id, "token": session.token().expose_secret()})
    });
    let manifest = json!({"url": url, "providers": providers.collect::<Vec<Value>>()}).to_string();
    let serving = tokio::spawn({
        let server = server.clone();
        async move { server.serve(Listener::Tcp(listener), std::future::pending()).await }
    });

    let mut child = Command::new(python.trim())
        .arg(here.join("tests/sdk/main.py"))
        .arg(client)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(manifest.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    serving.abort();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let (wrong, played) = said.trim_end().rsplit_once('\n').unwrap_or(("", said.trim_end()));
    assert_eq!(wrong, "", "{wrong}");
    let played: usize = played.parse().unwrap();
    assert!(played >= PROVIDERS.len() * 14, "only {played} scenes were played");
}

/// What the provider does: as the last scene named in the request says.
fn scene(dialect: Dialect, seen: &Seen) -> Step {
    let body = String::from_utf8_lossy(&seen.body);
    let name = body.rsplit("scene:").next().unwrap();
    let name = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap();
    let arrived = |all: &[&str], yes: &str, no: &str| {
        Answer::text(if all.iter().all(|part| body.contains(part)) { yes } else { no })
    };
    let call = |command: &str| json!({"command": command, "timeout": 5});
    let usage = Some(Usage { input: 120, cache_read: 100, output: 30 });
    Step::Answer(match name {
        "text" => arrived(&["You are terse."], "Hëllo €", "no system prompt arrived").using(usage),
        "tools" => {
            arrived(&["Runs a command.", "\"timeout\"", "\"integer\""], "Hëllo €", "the tool did not arrive")
                .calling("bash", call("ls"))
                .calling("bash", call("pwd"))
        }
        "results" => {
            arrived(&["two files", "permission denied"], "both results arrived", "a result did not arrive")
        }
        "image" => {
            arrived(&["iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAA"], "the image arrived", "no image")
        }
        "reasoning" => Answer::text("42").thinking("Let me think.", "c2lnbmVkLWJ5LW1l"),
        "reasoned" => arrived(&["c2lnbmVkLWJ5LW1l"], "the signature arrived", "no signature arrived"),
        "schema" if has_schema(dialect, &seen.json) => Answer::text(r#"{"capital": "Paris"}"#),
        "schema" => Answer::text(r#"{"capital": "no schema arrived"}"#),
        "limit" => Answer::text("Hëll").cut(),
        other => match other.strip_prefix("status-").and_then(|status| status.parse().ok()) {
            Some(status) => return Step::Status(status, Vec::new(), refusal(dialect, status)),
            None => panic!("no scene is named in {body}"),
        },
    })
}

fn has_schema(dialect: Dialect, body: &Value) -> bool {
    let schema = match dialect {
        Dialect::AnthropicMessages => &body["output_config"]["format"]["schema"],
        Dialect::OpenaiChat => &body["response_format"]["json_schema"]["schema"],
        Dialect::OpenaiResponses => &body["text"]["format"]["schema"],
        Dialect::Gemini => &body["generationConfig"]["responseJsonSchema"],
    };
    schema["properties"]["capital"]["type"] == "string"
}

/// The dialect's error object for a status.
fn refusal(dialect: Dialect, status: u16) -> String {
    let (anthropic, openai, gemini) = match status {
        400 => ("invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
        401 => ("authentication_error", "invalid_request_error", "UNAUTHENTICATED"),
        429 => ("rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
        _ => ("api_error", "server_error", "INTERNAL"),
    };
    // Clients read more than the status: these are the provider's own words for a wrong key.
    let (code, message) = match status {
        401 => (json!("invalid_api_key"), "Incorrect API key provided".to_owned()),
        _ => (Value::Null, format!("scripted {status}")),
    };
    let body = match dialect {
        Dialect::AnthropicMessages => {
            json!({"type": "error", "error": {"type": anthropic, "message": message}, "request_id": "req_1"})
        }
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            json!({"error": {"message": message, "type": openai, "param": null, "code": code}})
        }
        Dialect::Gemini => json!({"error": {"code": status, "message": message, "status": gemini}}),
    };
    body.to_string()
}
