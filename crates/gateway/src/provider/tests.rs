use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use http_body_util::BodyExt as _;
use scripted::{Answer, ScriptedUpstream, Seen, Step, render};
use serde_json::json;
use spec::{Dialect, Model};

use super::*;
use crate::{Gateway, GatewayConfig, Keys, Meter, SessionSpec, Unrecorded};

fn model(dialect: &str, base_url: &str, more: &str) -> Model {
    let text = format!(
        "id = \"m\"\nvendor = \"v\"\nweights = \"open\"\n[endpoint]\ndialect = \"{dialect}\"\n\
         base_url = \"{base_url}\"\nkey_env = \"KEY\"\nmodel = \"served-1\"\n{more}\n\
         [limits]\ncontext = 200000\noutput = 32000\n"
    );
    toml::from_str(&text).unwrap()
}

fn keys(model: &Model) -> Keys {
    Keys::from_lookup(std::slice::from_ref(model), |variable| Some(format!("{variable}-secret"))).unwrap()
}

fn outgoing(stream: bool) -> Outgoing {
    Outgoing {
        model: "served-1".into(),
        stream,
        query: Some("beta=true&key=token".into()),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
    }
}

/// The URL that a model is reached at, and the headers that are not the same for all.
async fn reached(model: &Model, outgoing: &Outgoing) -> (String, Vec<String>) {
    let endpoint = model.endpoint.as_ref().unwrap();
    let keys = keys(model);
    let request = of(endpoint).request(endpoint, outgoing, keys.secrets()).await.unwrap();
    assert_eq!(request.body(), &outgoing.body);
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.headers()["accept-encoding"], "identity");
    let own = request
        .headers()
        .iter()
        .filter(|(name, _)| !["content-type", "accept-encoding"].contains(&name.as_str()));
    let own = own.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    (request.uri().to_string(), own)
}

#[tokio::test]
async fn every_kind_has_its_url_and_its_headers() {
    for (dialect, base, more, url, headers) in [
        (
            "anthropic-messages",
            "https://api.maker.example",
            "",
            "https://api.maker.example/v1/messages?beta=true",
            ["anthropic-version: 2023-06-01", "x-api-key: KEY-secret"].as_slice(),
        ),
        (
            "openai-chat",
            "https://api.openai.com",
            "",
            "https://api.openai.com/v1/chat/completions?beta=true",
            &["authorization: Bearer KEY-secret"],
        ),
        (
            "openai-responses",
            "https://proxy.example/openai/v2/",
            "kind = \"openai\"",
            "https://proxy.example/openai/v2/responses?beta=true",
            &["authorization: Bearer KEY-secret"],
        ),
        (
            "openai-chat",
            "http://127.0.0.1:8080",
            "headers = { x-tier = \"batch\" }",
            "http://127.0.0.1:8080/v1/chat/completions?beta=true",
            &["x-tier: batch", "authorization: Bearer KEY-secret"],
        ),
        (
            "gemini",
            "https://api.maker.example",
            "",
            "https://api.maker.example/v1beta/models/served-1:streamGenerateContent?alt=sse",
            &["x-goog-api-key: KEY-secret"],
        ),
        (
            "openai-chat",
            "https://r.openai.azure.com",
            "kind = \"azure-openai\"\napi_version = \"2025-04-01-preview\"",
            "https://r.openai.azure.com/openai/deployments/served-1/chat/completions?api-version=2025-04-01-preview",
            &["api-key: KEY-secret"],
        ),
        (
            "openai-responses",
            "https://r.openai.azure.com",
            "kind = \"azure-openai\"\nauth = \"bearer\"",
            "https://r.openai.azure.com/openai/v1/responses",
            &["authorization: Bearer KEY-secret"],
        ),
        (
            "anthropic-messages",
            "https://eu-aiplatform.example",
            "kind = \"vertex\"\nproject = \"p\"\nlocation = \"eu\"",
            "https://eu-aiplatform.example/v1/projects/p/locations/eu/publishers/anthropic/models/served-1:streamRawPredict",
            &["authorization: Bearer KEY-secret"],
        ),
        (
            "anthropic-messages",
            "https://bedrock-runtime.eu-west-1.amazonaws.com",
            "kind = \"bedrock\"\nauth = \"bearer\"",
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/served-1/invoke-with-response-stream",
            &["accept: application/vnd.amazon.eventstream", "authorization: Bearer KEY-secret"],
        ),
        (
            "openai-chat",
            "http://127.0.0.1:8080/odd",
            "path = \"/{model}/run?mode=chat\"\nauth = \"x-api-key\"",
            "http://127.0.0.1:8080/odd/served-1/run?mode=chat&beta=true",
            &["x-api-key: KEY-secret"],
        ),
    ] {
        let model = model(dialect, base, more);
        assert_eq!(
            reached(&model, &outgoing(true)).await,
            (url.into(), headers.iter().map(ToString::to_string).collect())
        );
    }
    let gemini = model("gemini", "https://api.maker.example", "");
    let (url, _) = reached(&gemini, &outgoing(false)).await;
    assert_eq!(url, "https://api.maker.example/v1beta/models/served-1:generateContent");
}

#[tokio::test]
async fn a_clients_version_goes_before_the_usual_one_and_the_profiles_before_both() {
    let mut outgoing = outgoing(false);
    outgoing.headers.insert("anthropic-version", http::HeaderValue::from_static("2027-01-01"));
    let (_, headers) = reached(&model("anthropic-messages", "http://m.example", ""), &outgoing).await;
    assert!(headers.contains(&"anthropic-version: 2027-01-01".to_owned()), "{headers:?}");
    let more = "headers = { anthropic-version = \"2028-01-01\" }";
    let (_, headers) = reached(&model("anthropic-messages", "http://m.example", more), &outgoing).await;
    assert!(headers.contains(&"anthropic-version: 2028-01-01".to_owned()), "{headers:?}");
}

#[tokio::test]
async fn a_model_whose_name_is_no_segment_of_a_path_is_not_asked() {
    let model = model("gemini", "http://m.example", "");
    let endpoint = model.endpoint.as_ref().unwrap();
    for name in ["", "../x", "a/b", "a?b", "a b"] {
        let outgoing = Outgoing { model: name.into(), ..outgoing(false) };
        let failure = of(endpoint).request(endpoint, &outgoing, &Secrets::default()).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.retry),
            (dialect::ErrorKind::InvalidRequest, Retry::Never),
            "{name}"
        );
    }
}

#[test]
fn openais_own_limit_is_a_fact_of_who_serves() {
    let refuses = |base: &str, more: &str| {
        of(model("openai-chat", base, more).endpoint.as_ref().unwrap()).refuses_max_tokens()
    };
    assert!(refuses("https://api.openai.com", ""));
    assert!(!refuses("https://openai.com.example", ""));
    assert!(refuses("https://proxy.example", "kind = \"openai\""));
    assert!(!refuses("https://eu.api.openai.com/v1", "kind = \"openai-compatible\""));
}

#[test]
fn a_key_is_needed_where_the_profile_names_its_variable() {
    let mut model = model("openai-chat", "http://m.example", "");
    assert_eq!(Keys::needed(&model), ["KEY"]);
    model.endpoint.as_mut().unwrap().key_env = None;
    assert!(Keys::needed(&model).is_empty());
}

/// A provider that signs each request, names what it signed, and frames its streams by length.
struct Signing;

#[async_trait]
impl Provider for Signing {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        let url = request::url(endpoint, outgoing, "v1", "signed");
        let mut request = request::post(&url, endpoint, outgoing)?;
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).unwrap();
        let nonce = u64::from_le_bytes(nonce).to_string();
        request.headers_mut().insert("x-nonce", nonce.parse().unwrap());
        let key = secrecy::ExposeSecret::expose_secret(secrets.get("KEY").unwrap());
        let signature = signature(key, &nonce, request.uri().path(), request.body());
        request.headers_mut().insert("x-signature", signature.parse().unwrap());
        Ok(request)
    }

    fn framing(&self) -> Box<dyn Framing> {
        Box::new(Lengths::default())
    }
}

fn signature(key: &str, nonce: &str, path: &str, body: &[u8]) -> String {
    ledger::chain::sha256_hex(&[key.as_bytes(), nonce.as_bytes(), path.as_bytes(), body].join(&b'\n'))
}

/// Each event as its length in one line, and so many bytes of JSON.
#[derive(Default)]
struct Lengths(Vec<u8>);

impl Framing for Lengths {
    fn read(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), String> {
        self.0.extend_from_slice(bytes);
        while let Some(line) = self.0.iter().position(|byte| *byte == b'\n') {
            let length: usize =
                std::str::from_utf8(&self.0[..line]).unwrap().parse().map_err(|_| "no length")?;
            let Some(data) = self.0.get(line + 1..line + 1 + length) else { break };
            let data = String::from_utf8_lossy(data).into_owned();
            self.0.drain(..line + 1 + length);
            events.push(Event { event: String::new(), data });
        }
        Ok(())
    }

    fn at_boundary(&self) -> bool {
        self.0.is_empty()
    }

    fn is_the_clients(&self) -> bool {
        false
    }
}

/// A provider whose token cannot be had, this often.
struct Tokenless(AtomicU32, Retry);

#[async_trait]
impl Provider for Tokenless {
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure> {
        if self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            let failure = Failure::new(dialect::ErrorKind::Authentication, "no token");
            return Err(Failure { retry: self.1, ..failure });
        }
        Signing.request(endpoint, outgoing, secrets).await
    }
}

/// What a client of `openai-chat` or of `anthropic-messages` gets from a provider that signs.
async fn through(upstream: &ScriptedUpstream, inbound: Dialect, stream: bool) -> (u16, String) {
    through_provider(upstream, inbound, stream, || Box::new(Signing)).await
}

async fn through_provider(
    upstream: &ScriptedUpstream,
    inbound: Dialect,
    stream: bool,
    of: fn() -> Box<dyn Provider>,
) -> (u16, String) {
    let model = model("openai-chat", &upstream.url(), "");
    let mut config = GatewayConfig::new(vec![model.clone()], keys(&model), Arc::new(Unrecorded));
    config.upstream.pause = Duration::from_millis(1);
    let gateway = Gateway::reaching(config, |_| of()).unwrap();
    let session = gateway.open(spec()).unwrap();
    let path = if inbound == Dialect::OpenaiChat { "/v1/chat/completions" } else { "/v1/messages" };
    let messages = json!([{"role": "user", "content": "Say something."}]);
    let body = json!({"model": "m", "max_tokens": 9, "stream": stream, "messages": messages,
        "stream_options": {"include_usage": true}});
    let request = http::Request::post(path).body(Bytes::from(body.to_string())).unwrap();
    let answer = crate::request(&session, request).await;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    session.close().await;
    (status, String::from_utf8(body.to_vec()).unwrap())
}

pub(crate) fn spec() -> SessionSpec {
    SessionSpec {
        trial: ledger::TrialId("t".into()),
        try_number: 1,
        model: "m".into(),
        budget: 1e6,
        meter: Meter::parse("total").unwrap(),
        settings: spec::sweep::Settings::Native,
        helpers: spec::sweep::Helpers::Map,
        losses: spec::sweep::Losses::Record,
        server_tools: spec::sweep::ServerTools::Strip,
        ours: false,
        exhausted: spec::harness::Exhausted::FinalMessage,
        max_calls: 10,
        disk: u64::MAX,
        sim: None,
        cassette: None,
    }
}

#[tokio::test]
async fn each_try_is_signed_anew_over_what_goes_out() {
    let busy = Step::Status(503, vec![], "{}".into());
    let steps = vec![busy.clone(), busy, Step::Answer(Answer::text("hi"))];
    let upstream = ScriptedUpstream::start(steps).await.unwrap();
    assert_eq!(through(&upstream, Dialect::OpenaiChat, false).await.0, 200);
    let seen = upstream.seen();
    assert_eq!(seen.len(), 3);
    for request in &seen {
        let nonce = request.header("x-nonce").unwrap();
        let expected = signature("KEY-secret", nonce, &request.path, &request.body);
        assert_eq!(request.header("x-signature"), Some(expected.as_str()));
    }
    let mut signatures: Vec<_> = seen.iter().filter_map(|request| request.header("x-signature")).collect();
    signatures.sort_unstable();
    signatures.dedup();
    assert_eq!(signatures.len(), 3, "a signature was sent twice");
}

#[tokio::test]
async fn without_a_token_nothing_goes_out() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
    let twice = || -> Box<dyn Provider> { Box::new(Tokenless(AtomicU32::new(2), Retry::Paused)) };
    assert_eq!(through_provider(&upstream, Dialect::OpenaiChat, false, twice).await.0, 200);
    assert_eq!(upstream.seen().len(), 1);
    let never = || -> Box<dyn Provider> { Box::new(Tokenless(AtomicU32::new(1), Retry::Never)) };
    let (status, body) = through_provider(&upstream, Dialect::OpenaiChat, false, never).await;
    assert_eq!((status, upstream.seen().len()), (401, 1), "{body}");
}

#[tokio::test]
async fn a_stream_in_another_framing_reaches_clients_as_theirs() {
    let seen = Seen {
        path: "/v1/signed".into(),
        headers: vec![],
        body: vec![],
        json: json!({"stream": true, "stream_options": {"include_usage": true}}),
    };
    let plain = String::from_utf8(render(&Answer::text("Hëllo"), &seen).1.concat()).unwrap();
    let events = plain.split("\n\n").filter_map(|event| event.strip_prefix("data: "));
    let framed: String = events.map(|event| format!("{}\n{event}", event.len())).collect();
    for size in [1, 7, framed.len()] {
        let pieces = framed.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
        let step = Step::Pieces("application/vnd.framed", pieces, Duration::ZERO);
        let upstream = ScriptedUpstream::start(vec![step]).await.unwrap();
        assert_eq!(through(&upstream, Dialect::OpenaiChat, true).await, (200, plain.clone()), "{size}");
        let (status, translated) = through(&upstream, Dialect::AnthropicMessages, true).await;
        assert_eq!(status, 200);
        assert!(
            translated.starts_with("event: message_start") && translated.contains("message_stop"),
            "{translated}"
        );
    }
}
