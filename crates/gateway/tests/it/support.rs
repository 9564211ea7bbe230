//! A gateway in front of a scripted provider, and a recorder in memory.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use gateway::{BodyStream, Gateway, GatewayConfig, Keys, Meter, Recorder, Session, SessionSpec, Stored};
use http_body_util::BodyExt as _;
use ledger::{CallRecord, Digest, TrialId};
use serde_json::{Value, json};
use spec::{
    Dialect, Model,
    harness::Exhausted,
    model::{Endpoint, Prices, Sampling, TokenLimits},
    sweep::{Helpers, Losses, ServerTools, Settings},
};
use vocabulary::Weights;

/// The provider's key: must be seen nowhere but in the upstream request's header.
pub(crate) const KEY: &str = "canary-7f3a9c51-key";
/// The environment variable that the profile names.
pub(crate) const VARIABLE: &str = "SCRIPTED_API_KEY";
/// The model's id, and the provider's name for it.
pub(crate) const MODEL: &str = "model-under-test";
pub(crate) const UPSTREAM_MODEL: &str = "scripted-1";

/// A recorder in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) started: Mutex<Vec<(u32, f64)>>,
    pub(crate) calls: Mutex<Vec<CallRecord>>,
    pub(crate) bodies: Mutex<BTreeMap<String, Vec<u8>>>,
    pub(crate) fails: Mutex<Option<&'static str>>,
}

impl Memory {
    pub(crate) fn calls(&self) -> Vec<CallRecord> {
        self.calls.lock().unwrap().clone()
    }

    /// The only call there is.
    pub(crate) fn call(&self) -> CallRecord {
        let calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:#?}");
        calls[0].clone()
    }

    pub(crate) fn body(&self, digest: &Option<Digest>) -> Vec<u8> {
        self.bodies.lock().unwrap()[&digest.as_ref().unwrap().0].clone()
    }

    fn check(&self, what: &str) -> io::Result<()> {
        match *self.fails.lock().unwrap() {
            Some(fails) if fails == what => Err(io::Error::other("disk full")),
            _ => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl Recorder for Memory {
    async fn started(&self, _: &TrialId, _: u32, call: u32, held: f64) -> io::Result<()> {
        self.check("started")?;
        self.started.lock().unwrap().push((call, held));
        Ok(())
    }

    async fn call(&self, record: CallRecord) -> io::Result<()> {
        self.check("call")?;
        self.calls.lock().unwrap().push(record);
        Ok(())
    }

    fn body(&self, bytes: &[u8]) -> io::Result<Stored> {
        self.check("body")?;
        let digest = ledger::chain::sha256_hex(bytes);
        self.bodies.lock().unwrap().insert(digest.clone(), bytes.to_vec());
        Ok(Stored { digest: Digest(digest), bytes: bytes.len() as u64 })
    }
}

pub(crate) fn model(dialect: Dialect, base_url: &str) -> Model {
    Model {
        id: MODEL.into(),
        vendor: "test".into(),
        weights: Weights::Closed,
        licence: None,
        released: None,
        cutoff: None,
        endpoint: Some(Endpoint {
            key_env: Some(VARIABLE.into()),
            ..Endpoint::new(dialect, base_url, UPSTREAM_MODEL)
        }),
        sim: None,
        sampling: Sampling::default(),
        prices: Some(Prices {
            input: 1.0,
            output: 5.0,
            cache_read: Some(0.1),
            cache_write: Some(1.25),
            source: None,
            date: None,
        }),
        limits: TokenLimits { context: 200_000, output: 32_000 },
        preferred: None,
        prompts: spec::model::Prompts::default(),
        facts: spec::model::Facts::default(),
    }
}

/// A session as most tests want it: a large budget of tokens, the harness's own settings.
pub(crate) fn session_spec() -> SessionSpec {
    SessionSpec {
        trial: TrialId("m:bare/generic:fix/a:1".into()),
        try_number: 1,
        model: MODEL.into(),
        budget: 1e6,
        meter: Meter::parse("total").unwrap(),
        settings: Settings::Native,
        helpers: Helpers::Map,
        losses: Losses::Record,
        server_tools: ServerTools::Strip,
        ours: false,
        exhausted: Exhausted::FinalMessage,
        max_calls: 1000,
        disk: u64::MAX,
        sim: None,
        cassette: None,
    }
}

pub(crate) struct Rig {
    pub(crate) gateway: Gateway,
    pub(crate) session: Session,
    pub(crate) memory: Arc<Memory>,
}

pub(crate) fn keys(models: &[Model]) -> Keys {
    Keys::from_lookup(models, |_| Some(KEY.into())).unwrap()
}

/// A gateway in front of `model` with one session; `adjust` may change what they are made with.
pub(crate) fn rig(model: Model, adjust: impl FnOnce(&mut GatewayConfig, &mut SessionSpec)) -> Rig {
    let memory = Arc::new(Memory::default());
    let models = vec![model];
    let keys = keys(&models);
    let mut config = GatewayConfig::new(models, keys, Arc::clone(&memory) as Arc<dyn Recorder>);
    config.upstream.pause = Duration::from_millis(1);
    let mut spec = session_spec();
    adjust(&mut config, &mut spec);
    let gateway = Gateway::new(config).unwrap();
    let session = gateway.open(spec).unwrap();
    Rig { gateway, session, memory }
}

pub(crate) fn path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::AnthropicMessages => "/v1/messages",
        Dialect::OpenaiChat => "/v1/chat/completions",
        Dialect::OpenaiResponses => "/v1/responses",
        Dialect::Gemini => "/v1beta/models/model-under-test:generateContent",
    }
}

/// A request as small as the dialect allows.
pub(crate) fn body(dialect: Dialect, stream: bool) -> Value {
    let messages = json!([{"role": "user", "content": "Say something."}]);
    match dialect {
        Dialect::AnthropicMessages => {
            json!({"model": MODEL, "max_tokens": 100, "stream": stream, "messages": messages})
        }
        Dialect::OpenaiChat => json!({
            "model": MODEL, "max_tokens": 100, "stream": stream, "messages": messages,
            "stream_options": if stream { json!({"include_usage": true}) } else { Value::Null },
        }),
        Dialect::OpenaiResponses => {
            json!({"model": MODEL, "max_output_tokens": 100, "stream": stream, "input": messages})
        }
        Dialect::Gemini => json!({
            "contents": [{"role": "user", "parts": [{"text": "Say something."}]}],
            "generationConfig": {"maxOutputTokens": 100},
        }),
    }
}

pub(crate) fn post(dialect: Dialect, body: &[u8]) -> http::Request<Bytes> {
    let request = http::Request::post(path(dialect)).header("content-type", "application/json");
    request.body(Bytes::copy_from_slice(body)).unwrap()
}

/// A request for a small answer, as its dialect asks for it: Gemini asks for a stream in the path.
pub(crate) fn small(dialect: Dialect, stream: bool) -> http::Request<Bytes> {
    let mut request = post(dialect, body(dialect, stream).to_string().as_bytes());
    if dialect == Dialect::Gemini && stream {
        *request.uri_mut() = format!("/v1beta/models/{MODEL}:streamGenerateContent?alt=sse").parse().unwrap();
    }
    request
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) exhausted: bool,
    pub(crate) body: Vec<u8>,
    /// Whether the body broke off.
    pub(crate) broken: bool,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

pub(crate) async fn read(response: http::Response<BodyStream>) -> Got {
    let status = response.status().as_u16();
    let exhausted = response.headers().contains_key(gateway::EXHAUSTED_HEADER);
    let mut stream = response.into_body();
    let (mut body, mut broken) = (Vec::new(), false);
    while let Some(frame) = stream.frame().await {
        match frame {
            Ok(frame) => body.extend_from_slice(&frame.into_data().unwrap()),
            Err(_) => broken = true,
        }
    }
    Got { status, exhausted, body, broken }
}

/// Sends a request in process and reads all of the answer.
pub(crate) async fn ask(session: &Session, dialect: Dialect, body: &Value) -> Got {
    read(gateway::request(session, post(dialect, body.to_string().as_bytes())).await).await
}
