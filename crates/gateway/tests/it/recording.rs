//! What is written down, in which order, and what never is.

use scripted::{Answer, ScriptedUpstream, Step};
use serde_json::json;
use spec::Dialect;

use crate::support::{KEY, VARIABLE, ask, body, keys, model, rig};

#[tokio::test]
async fn a_call_is_on_record_before_it_goes_upstream_and_before_it_ends() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
    let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
    let body = body(Dialect::AnthropicMessages, true);
    ask(&rig.session, Dialect::AnthropicMessages, &body).await;
    // No waiting here: the end of the answer means that the record is there.
    let record = rig.memory.call();
    assert_eq!(rig.memory.started.lock().unwrap()[0].0, 1);
    assert_eq!(rig.memory.body(&record.request), body.to_string().into_bytes());
    assert!(record.first_byte_ms.is_some() && !record.simulated);
    assert_eq!((record.system_digest.len(), record.tools_digest.len()), (64, 64));
}

#[tokio::test]
async fn what_cannot_be_recorded_is_refused() {
    for (fails, upstream_calls) in [("started", 0), ("call", 1), ("body", 1)] {
        for stream in [false, true] {
            let upstream =
                ScriptedUpstream::start(vec![Step::Answer(Answer::text("the answer"))]).await.unwrap();
            let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
            *rig.memory.fails.lock().unwrap() = Some(fails);
            let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, stream)).await;
            assert!(got.status == 500 || got.broken, "{fails} {got:?}");
            assert!(!got.text().contains("[DONE]"));
            assert_eq!(upstream.seen().len(), upstream_calls, "{fails}");
            assert_eq!(rig.session.failed().await, ledger::Outcome::OrchBug);
        }
    }
}

#[tokio::test]
async fn the_key_is_nowhere_but_in_the_upstream_header() {
    // A provider that quotes the key it refuses.
    let error =
        json!({"error": {"message": format!("bad key {KEY}"), "type": "authentication_error"}}).to_string();
    for dialect in [Dialect::OpenaiChat, Dialect::AnthropicMessages] {
        let upstream = ScriptedUpstream::start(vec![Step::Status(401, vec![], error.clone())]).await.unwrap();
        let rig = rig(model(dialect, &upstream.url()), |_, _| {});
        let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await;
        let seen = &upstream.seen()[0];
        let sent = seen.header("x-api-key").or(seen.header("authorization")).unwrap();
        assert!(sent.ends_with(KEY));
        assert!(!String::from_utf8_lossy(&seen.body).contains(KEY));
        let bodies = rig.memory.bodies.lock().unwrap().clone();
        let everything = [
            got.text(),
            serde_json::to_string(&rig.memory.call()).unwrap(),
            bodies.values().map(|body| String::from_utf8_lossy(body).into_owned()).collect(),
            format!("{:?} {:?} {:?}", rig.gateway, rig.session, rig.session.summary()),
        ];
        for text in everything {
            assert!(!text.contains(KEY), "{text}");
        }
    }
}

#[test]
fn keys_show_their_names_only_and_a_missing_one_is_named() {
    let models = [model(Dialect::OpenaiChat, "http://127.0.0.1:9")];
    assert_eq!(format!("{:?}", keys(&models)), format!("{{\"{VARIABLE}\"}}"));
    for value in [None, Some("  ".to_owned())] {
        let error = gateway::Keys::from_lookup(&models, |_| value.clone()).unwrap_err();
        insta::assert_snapshot!("missing_key", error);
    }
}
