//! What the gateway adds to a call: the same request sent straight to a null provider and through the gateway.
//!
//! Compare `direct` with `through` in one run: `cargo bench -p gateway`.
#![expect(clippy::unwrap_used, reason = "a bench that cannot set up must fail")]

use std::sync::Arc;

use bytes::Bytes;
use dialect::Dialect;
use divan::Bencher;
use gateway::{Gateway, GatewayConfig, Keys, Meter, Session, SessionSpec, Unrecorded};
use http_body_util::BodyExt as _;
use ledger::TrialId;
use scripted::{Answer, ScriptedUpstream, Step};
use serde_json::{Value, json};
use spec::{
    Model,
    harness::Exhausted,
    model::{Endpoint, Prompts, Sampling, TokenLimits},
    sweep::{Helpers, Losses, ServerTools, Settings},
};
use tokio::runtime::Runtime;
use vocabulary::Weights;

fn main() {
    divan::main();
}

fn session(url: &str) -> Session {
    let model = Model {
        id: "m".into(),
        vendor: "bench".into(),
        weights: Weights::Open,
        licence: None,
        released: None,
        cutoff: None,
        endpoint: Some(Endpoint::new(Dialect::AnthropicMessages, url, "m")),
        sim: None,
        sampling: Sampling::default(),
        prices: None,
        limits: TokenLimits { context: 200_000, output: 32_000 },
        preferred: None,
        prompts: Prompts::default(),
        facts: spec::model::Facts::default(),
    };
    let spec = SessionSpec {
        trial: TrialId("t".into()),
        try_number: 1,
        model: "m".into(),
        budget: 1e15,
        meter: Meter::parse("total").unwrap(),
        settings: Settings::Native,
        helpers: Helpers::Map,
        losses: Losses::Record,
        server_tools: ServerTools::Strip,
        ours: false,
        exhausted: Exhausted::FinalMessage,
        max_calls: u32::MAX,
        disk: u64::MAX,
        sim: None,
        cassette: None,
    };
    // The disk is not what is measured.
    let config = GatewayConfig::new(vec![model], Keys::default(), Arc::new(Unrecorded));
    Gateway::new(config).unwrap().open(spec).unwrap()
}

/// A request of about 2 kB.
fn request(stream: bool) -> Bytes {
    let text = "a line of a conversation\n".repeat(75);
    let messages = json!([{"role": "user", "content": text}]);
    let body = json!({"model": "m", "max_tokens": 1000, "stream": stream, "messages": messages});
    Bytes::from(body.to_string())
}

/// A request of about 200 kB, shaped as an agent's.
fn large() -> Value {
    let output = "src/main.rs:10: a line of a tool's output\n".repeat(40);
    let turns = (0..100).flat_map(|turn| {
        let id = format!("t{turn}");
        let call = json!({"type": "tool_use", "id": id, "name": "Bash", "input": {"command": "ls -l"}});
        let result = json!({"type": "tool_result", "tool_use_id": id, "content": output});
        [json!({"role": "assistant", "content": [call]}), json!({"role": "user", "content": [result]})]
    });
    let first = json!({"role": "user", "content": "Fix it."});
    let messages: Vec<Value> = std::iter::once(first).chain(turns).collect();
    let tools: Vec<Value> = (0..12)
        .map(|n| json!({"name": format!("tool{n}"), "description": "d".repeat(1500), "input_schema": {"type": "object"}}))
        .collect();
    json!({"model": "m", "max_tokens": 32000, "messages": messages, "tools": tools})
}

/// A runtime, a null provider, and a session in front of it.
fn setting() -> (Runtime, ScriptedUpstream, Session) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let upstream = runtime.block_on(ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))])).unwrap();
    let session = session(&upstream.url());
    (runtime, upstream, session)
}

async fn direct(client: &reqwest::Client, url: &str, stream: bool) {
    let mut answer = client.post(format!("{url}/v1/messages")).body(request(stream)).send().await.unwrap();
    answer.chunk().await.unwrap();
    while !stream && answer.chunk().await.unwrap().is_some() {}
}

async fn through(session: &Session, stream: bool) {
    let request = http::Request::post("/v1/messages").body(request(stream)).unwrap();
    let mut answer = gateway::request(session, request).await.into_body();
    answer.frame().await.unwrap().unwrap();
    while !stream && answer.frame().await.is_some() {}
}

/// A whole answer (`false`), and the first piece of a streamed one (`true`).
#[divan::bench(args = [false, true])]
fn direct_call(bencher: Bencher<'_, '_>, stream: bool) {
    let (runtime, upstream, _session) = setting();
    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    bencher.bench_local(|| runtime.block_on(direct(&client, &upstream.url(), stream)));
}

/// The same through the gateway.
#[divan::bench(args = [false, true])]
fn through_call(bencher: Bencher<'_, '_>, stream: bool) {
    let (runtime, _upstream, session) = setting();
    bencher.bench_local(|| runtime.block_on(through(&session, stream)));
}

/// A thousand calls, 40 at a time, through the gateway.
#[divan::bench(sample_count = 5)]
fn through_thousand(bencher: Bencher<'_, '_>) {
    let (runtime, _upstream, session) = setting();
    bencher.counter(divan::counter::ItemsCount::new(1000u32)).bench_local(|| {
        runtime.block_on(async {
            let mut callers = tokio::task::JoinSet::new();
            for _ in 0..40 {
                let session = session.clone();
                callers.spawn(async move {
                    for _ in 0..25 {
                        through(&session, false).await;
                    }
                });
            }
            callers.join_all().await;
        });
    });
}

/// 200 kB of `anthropic-messages` to each of the other dialects.
#[divan::bench(args = [Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini])]
fn translate(bencher: Bencher<'_, '_>, to: Dialect) {
    let body = large().to_string();
    bencher.bench_local(|| {
        let value = serde_json::from_str(&body).unwrap();
        let request = dialect::decode_request(Dialect::AnthropicMessages, value).unwrap().value;
        dialect::encode_request(to, &request).unwrap().body.to_string()
    });
}
