//! What comes in: tokens, paths, bad requests.

use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use scripted::{Answer, ScriptedUpstream, Step};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use spec::{Dialect, sweep::Helpers};
use tokio::io::AsyncWriteExt as _;

use vocabulary::{Flag, FlagName};

use crate::support::{MODEL, Rig, UPSTREAM_MODEL, ask, body, model, rig, session_spec};

/// Sends one request over a connection that the gateway serves.
async fn over(rig: &Rig, request: http::Request<String>) -> (u16, Value) {
    let (client, server) = tokio::io::duplex(1 << 16);
    let (gateway, session) = (rig.gateway.clone(), rig.session.clone());
    tokio::spawn(async move { gateway.serve(server, Some(&session)).await });
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(client)).await.unwrap();
    tokio::spawn(connection);
    let request = request.map(|body| Full::new(bytes::Bytes::from(body)));
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn request(path: &str, header: (&str, &str), body: &Value) -> http::Request<String> {
    let request = http::Request::post(path).header("host", "gateway").header(header.0, header.1);
    request.body(body.to_string()).unwrap()
}

async fn scripted() -> (ScriptedUpstream, Rig) {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
    let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
    (upstream, rig)
}

#[tokio::test]
async fn only_the_sessions_own_token_opens() {
    let (upstream, rig) = scripted().await;
    let other = rig.gateway.open(session_spec()).unwrap();
    let own = rig.session.token().expose_secret().to_owned();
    let foreign = other.token().expose_secret().to_owned();
    assert_ne!(own, foreign);
    let body = body(Dialect::AnthropicMessages, false);
    let wrong = ["", "x", &own[..own.len() - 1], &format!("{own}x"), &foreign];
    for token in wrong {
        let (status, error) = over(&rig, request("/v1/messages", ("x-api-key", token), &body)).await;
        assert_eq!((status, error["error"]["type"].as_str()), (401, Some("authentication_error")), "{token}");
    }
    let bearer = format!("Bearer {foreign}");
    let (status, error) =
        over(&rig, request("/v1/chat/completions", ("authorization", &bearer), &body)).await;
    assert_eq!((status, error["error"]["type"].as_str()), (401, Some("authentication_error")));
    assert!(upstream.seen().is_empty() && rig.memory.calls().is_empty());
    let told = [
        "POST /v1/chat/completions: the token is missing or not this trial's (1 times)",
        "POST /v1/messages: the token is missing or not this trial's (5 times)",
    ]
    .map(|reason| Flag::new(FlagName::TurnedAway, reason));
    assert_eq!(rig.session.summary().flags, told);
    for header in
        [("x-api-key", own.clone()), ("authorization", format!("Bearer {own}")), ("x-goog-api-key", own)]
    {
        let (status, answer) =
            over(&rig, request("/v1/messages?beta=true", (header.0, &header.1), &body)).await;
        assert_eq!((status, answer["content"][0]["text"].as_str()), (200, Some("hi")));
    }
    assert_eq!(upstream.seen()[0].path, "/v1/messages?beta=true");
}

#[tokio::test]
async fn a_connection_that_closes_cancels_its_call() {
    for stream in [false, true] {
        let upstream = ScriptedUpstream::start(vec![Step::Hang]).await.unwrap();
        let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let (gateway, session) = (rig.gateway.clone(), rig.session.clone());
        tokio::spawn(async move { gateway.serve(server, Some(&session)).await });
        let body = body(Dialect::AnthropicMessages, stream).to_string();
        let token = rig.session.token().expose_secret();
        let length = body.len();
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: g\r\nx-api-key: {token}\r\ncontent-length: {length}\r\n\r\n"
        );
        client.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        while upstream.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        drop(client);
        upstream.hung_up(1).await;
        rig.session.close().await;
        assert_eq!(rig.memory.call().ending.as_str(), "cancelled");
    }
}

#[tokio::test]
async fn probes_need_no_token_and_lists_do() {
    let (_upstream, rig) = scripted().await;
    for (method, path) in [("HEAD", "/api/hello"), ("GET", "/health"), ("HEAD", "/")] {
        let probe = http::Request::builder().method(method).uri(path).header("host", "g");
        assert_eq!(over(&rig, probe.body(String::new()).unwrap()).await.0, 200, "{method} {path}");
    }
    let list = |token: &str| {
        http::Request::get("/v1/models")
            .header("host", "g")
            .header("x-api-key", token)
            .body(String::new())
            .unwrap()
    };
    assert_eq!(over(&rig, list("x")).await.0, 401);
    let (status, models) = over(&rig, list(rig.session.token().expose_secret())).await;
    assert_eq!((status, models["data"][0]["id"].as_str()), (200, Some(MODEL)));
}

#[tokio::test]
async fn bad_requests_get_the_dialects_error_and_go_nowhere() {
    let (upstream, rig) = scripted().await;
    let send = |path: &str, body: &str| {
        let request = http::Request::post(path).body(bytes::Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let session = rig.session.clone();
        async move { crate::support::read(gateway::request(&session, request).await).await }
    };
    let deep = format!("{{\"model\":{}", "[".repeat(100_000));
    for (path, body, status) in [
        ("/v1/messages", "", 400),
        ("/v1/messages", "{", 400),
        ("/v1/messages", "[]", 400),
        ("/v1/messages", r#"{"model": 3}"#, 400),
        ("/v1/messages", r#"{"model":"m","messages":[{"role":"tool"}]}"#, 400),
        ("/v1/messages", &deep, 400),
        ("/v1/chat/completions", r#"{"model":"m","n":2}"#, 400),
        ("/v1/nothing", "{}", 404),
        ("/v1/models", "{}", 405),
        ("/v1beta/models/a/../b:generateContent", "{}", 404),
    ] {
        let got = send(path, body).await;
        assert_eq!(got.status, status, "{path} {}", got.text());
        let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
        for told in ["/src/", "crates", "panicked", "127.0.0.1", "RUST", "stack"] {
            assert!(!message.contains(told), "nothing about the host: {message}");
        }
    }
    assert!(upstream.seen().is_empty());
    assert_eq!(rig.session.summary().refused, 10, "each is counted");
}

#[tokio::test]
async fn tokens_are_counted_without_a_call() {
    let (upstream, rig) = scripted().await;
    let request = http::Request::post("/v1/messages/count_tokens");
    let body = body(Dialect::AnthropicMessages, false).to_string();
    let got =
        crate::support::read(gateway::request(&rig.session, request.body(body.into()).unwrap()).await).await;
    assert!(got.json()["input_tokens"].as_u64().unwrap() > 0);
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn helpers_are_mapped_allowed_or_refused() {
    for (helpers, status, sent) in [
        (Helpers::Map, 200, Some(UPSTREAM_MODEL)),
        (Helpers::Allow, 200, Some("small-model")),
        (Helpers::Refuse, 404, None),
    ] {
        let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
        let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| spec.helpers = helpers);
        let mut body = body(Dialect::OpenaiChat, false);
        body["model"] = json!("small-model");
        assert_eq!(ask(&rig.session, Dialect::OpenaiChat, &body).await.status, status);
        assert_eq!(
            upstream.seen().first().map(|seen| seen.json["model"].as_str().unwrap().to_owned()).as_deref(),
            sent
        );
        let record = rig.memory.call();
        assert_eq!((record.other_model, record.model_asked.as_str()), (true, "small-model"));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_unread() {
    let (upstream, rig) = scripted().await;
    let (mut client, server) = tokio::io::duplex(1 << 16);
    let (gateway, session) = (rig.gateway.clone(), rig.session.clone());
    tokio::spawn(async move { gateway.serve(server, Some(&session)).await });
    let token = rig.session.token().expose_secret();
    let length = (16 << 20) + 1;
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: g\r\nx-api-key: {token}\r\ncontent-length: {length}\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::io::AsyncReadExt::read(&mut client, &mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("request_too_large"), "{answer}");
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn a_model_that_cannot_stand_in_a_path_goes_nowhere() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
    let rig = rig(model(Dialect::Gemini, &upstream.url()), |_, spec| spec.helpers = Helpers::Allow);
    for name in ["../../secret", "a/b", "a%2fb", "a?key=x", "..", "a b", "\u{0}"] {
        let mut body = body(Dialect::OpenaiChat, false);
        body["model"] = json!(name);
        let got = ask(&rig.session, Dialect::OpenaiChat, &body).await;
        assert_eq!((got.status, got.json()["error"]["type"].as_str()), (400, Some("invalid_request_error")));
    }
    assert!(upstream.seen().is_empty());
    assert!(rig.memory.calls().iter().all(|call| call.ending.as_str() == "refused" && call.charged == 0.0));
}
