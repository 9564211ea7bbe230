//! Recorded calls, played back: what the client gets, what it costs, and what becomes of other requests.

use std::sync::Arc;

use gateway::Cassette;
use ledger::{BlobStore, CallRecord, Digest, Outcome};
use scripted::{Answer, ScriptedUpstream, Step, Usage};
use serde_json::{Value, json};
use spec::{Dialect, Model};
use tempfile::TempDir;

use vocabulary::{Flag, FlagName};

use crate::support::{Got, KEY, Memory, Rig, body, model, post, read, rig, small};

const DIALECTS: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];

/// What was recorded, on disk as a run's directory has it.
struct Tape {
    dir: TempDir,
    calls: Vec<CallRecord>,
}

impl Tape {
    fn of(memory: &Memory) -> Self {
        let dir = TempDir::new().unwrap();
        let blobs = BlobStore::new(dir.path());
        for body in memory.bodies.lock().unwrap().values() {
            blobs.put(body).unwrap();
        }
        Self { dir, calls: memory.calls() }
    }

    fn cassette(&self, require_hit: bool) -> Arc<Cassette> {
        let blobs = BlobStore::new(self.dir.path());
        Arc::new(Cassette::load(blobs, &self.calls, &[], require_hit).unwrap())
    }

    /// A gateway whose model has an endpoint where nobody is.
    fn rig(&self, dialect: Dialect, require_hit: bool) -> Rig {
        rig(nowhere(dialect), |_, spec| spec.cassette = Some(self.cassette(require_hit)))
    }
}

fn nowhere(dialect: Dialect) -> Model {
    model(dialect, "http://127.0.0.1:9")
}

/// What is the same when a call is replayed.
fn facts(call: &CallRecord) -> (u16, &str, &Option<Digest>, String, f64, Vec<&Value>) {
    let usage = format!("{:?} {} {:?} {:?}", call.usage, call.estimated, call.stop, call.tool_calls);
    (call.status, call.ending.as_str(), &call.response, usage, call.charged, call.raw_usage.iter().collect())
}

fn said(text: &str) -> Value {
    let mut body = body(Dialect::OpenaiChat, false);
    body["messages"][0]["content"] = text.into();
    body
}

async fn ask(rig: &Rig, body: &Value) -> Got {
    read(gateway::request(&rig.session, post(Dialect::OpenaiChat, body.to_string().as_bytes())).await).await
}

/// A record of these texts' answers.
async fn recorded(texts: &[&str]) -> Tape {
    let steps = texts.iter().map(|text| Step::Answer(Answer::text(&format!("to {text}")))).collect();
    let upstream = ScriptedUpstream::start(steps).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    for text in texts {
        ask(&rig, &said(text)).await;
    }
    Tape::of(&rig.memory)
}

#[tokio::test]
async fn every_dialect_comes_back_byte_for_byte_at_the_recorded_cost() {
    for inbound in DIALECTS {
        for outbound in DIALECTS {
            let usage = Usage { input: 40, cache_read: 0, output: 7 };
            let answer =
                Answer { usage: Some(usage), ..Answer::text("hi").calling("bash", json!({"command": "ls"})) };
            let upstream = ScriptedUpstream::start(vec![Step::Answer(answer)]).await.unwrap();
            let live = rig(model(outbound, &upstream.url()), |_, _| {});
            let mut answers = Vec::new();
            for stream in [true, false] {
                answers.push(read(gateway::request(&live.session, small(inbound, stream)).await).await.body);
            }
            let tape = Tape::of(&live.memory);
            drop(upstream);

            let replay = tape.rig(outbound, true);
            for (stream, answer) in [true, false].into_iter().zip(&answers) {
                let got = read(gateway::request(&replay.session, small(inbound, stream)).await).await;
                assert_eq!(&got.body, answer, "{inbound:?} {outbound:?} {stream}");
            }
            let replayed = replay.memory.calls();
            for (number, (then, now)) in (1..).zip(tape.calls.iter().zip(&replayed)) {
                assert_eq!(facts(then), facts(now), "{inbound:?} {outbound:?}");
                let from = now.replayed.as_ref().unwrap();
                assert_eq!((from.call, from.diverged, &from.diff), (Some(number), false, &None));
                assert_eq!((&then.content_type, &then.losses), (&now.content_type, &now.losses));
                assert!(then.usage.is_some_and(|usage| usage.input_uncached == 40 && usage.output == 7));
            }
            assert_eq!(replay.session.summary().flags, []);
            for memory in [&live.memory, &replay.memory] {
                assert!(!format!("{:?}", memory.calls()).contains(KEY));
                let bodies = memory.bodies.lock().unwrap();
                assert!(bodies.values().all(|body| !String::from_utf8_lossy(body).contains(KEY)));
            }
        }
    }
}

#[tokio::test]
async fn what_means_nothing_is_no_divergence_and_order_does_not_matter() {
    let tape = recorded(&["one, on 2026-01-31, in 0.4s", "two"]).await;
    let replay = tape.rig(Dialect::OpenaiChat, true);
    assert!(ask(&replay, &said("two")).await.text().contains("to two"));
    assert!(ask(&replay, &said("one, on 2027-12-01, in 1.73s")).await.text().contains("to one"));
    assert_eq!(replay.session.summary().flags, []);
}

#[tokio::test]
async fn another_request_gets_what_was_recorded_at_its_place_and_is_flagged() {
    let tape = recorded(&["one\nand more"]).await;
    let replay = tape.rig(Dialect::OpenaiChat, false);
    assert!(ask(&replay, &said("uno\nand more")).await.text().contains("to one"));
    let call = replay.memory.call();
    let from = call.replayed.as_ref().unwrap();
    assert_eq!((from.call, from.diverged), (Some(1), true));
    let diff = String::from_utf8(replay.memory.body(&from.diff)).unwrap();
    assert!(diff.contains("-messages[0].content: one\n+messages[0].content: uno\n"), "{diff}");
    let flags = replay.session.summary().flags;
    let told =
        Flag::new(FlagName::CassetteDiverged, "call 1: the request is not what was recorded as call 1");
    assert_eq!(flags, [told]);
    assert_eq!(facts(&tape.calls[0]), facts(&call));

    // The record has no more: a conversation cannot go on without its answer.
    assert_eq!(ask(&replay, &said("uno\nand more")).await.status, 400);
    assert_eq!(replay.session.failed().await, Outcome::CassetteDiverged);
}

#[tokio::test]
async fn where_hits_are_required_nothing_follows_a_miss() {
    let tape = recorded(&["one", "two"]).await;
    let replay = tape.rig(Dialect::OpenaiChat, true);
    assert_eq!(ask(&replay, &said("three")).await.status, 400);
    assert_eq!(replay.session.failed().await, Outcome::CassetteDiverged);
    assert_eq!(ask(&replay, &said("two")).await.status, 400);
    let summary = replay.session.summary();
    assert_eq!((summary.failure, summary.used), (Some(Outcome::CassetteDiverged), 0.0));
    let calls = replay.memory.calls();
    let froms: Vec<_> = calls.iter().map(|call| call.replayed.clone().unwrap()).collect();
    assert_eq!((froms[0].call, froms[0].diverged, froms[0].diff.is_some()), (None, true, true));
    assert_eq!((froms[1].call, froms[1].diverged, froms[1].diff.is_some()), (None, false, false));
}

#[tokio::test]
async fn failures_fail_again_as_they_did() {
    let part = b"data: {\"id\":\"a\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n";
    let cases = [
        (
            Step::Status(429, vec![], "{\"error\":{\"message\":\"slow down\"}}".into()),
            Some(Outcome::Provider429),
        ),
        (Step::Status(400, vec![], "{\"error\":{\"message\":\"context length\"}}".into()), None),
        (Step::Broken("text/event-stream", vec![part.to_vec()]), Some(Outcome::Provider5xx)),
    ];
    let mut asked = said("one");
    asked["stream"] = true.into();
    for (step, failure) in cases {
        let upstream = ScriptedUpstream::start(vec![step]).await.unwrap();
        let live = rig(model(Dialect::OpenaiChat, &upstream.url()), |config, _| config.upstream.tries = 1);
        let then = ask(&live, &asked).await;
        let tape = Tape::of(&live.memory);
        drop(upstream);
        let replay = tape.rig(Dialect::OpenaiChat, true);
        let now = ask(&replay, &asked).await;
        assert_eq!((then.status, &then.body, then.broken), (now.status, &now.body, now.broken));
        assert_eq!(facts(&tape.calls[0]), facts(&replay.memory.call()));
        assert_eq!(live.session.summary().failure, failure);
        assert_eq!(replay.session.summary().failure, failure);
    }
}
