//! Trying again: before the first byte only, within bounds.

use std::time::Duration;

use ledger::Outcome;
use scripted::{Answer, ScriptedUpstream, Step};
use spec::{Dialect, sweep::Helpers};

use crate::support::{ask, body, model, rig};

const OVERLOADED: &str = r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#;

fn status(status: u16) -> Step {
    Step::Status(status, vec![], OVERLOADED.into())
}

fn fine() -> Step {
    Step::Answer(Answer::text("hi"))
}

fn first_event_error() -> Step {
    let event = format!("event: error\ndata: {OVERLOADED}\n\n").into_bytes();
    Step::Pieces("text/event-stream", vec![event], Duration::ZERO)
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_paid_once() {
    for stream in [false, true] {
        let mut steps = vec![status(429), status(500), status(529), Step::Close, fine()];
        if stream {
            steps[0] = first_event_error();
        }
        let upstream = ScriptedUpstream::start(steps).await.unwrap();
        let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
        let got =
            ask(&rig.session, Dialect::AnthropicMessages, &body(Dialect::AnthropicMessages, stream)).await;
        assert_eq!((got.status, upstream.seen().len()), (200, 5), "{}", got.text());
        assert!(!got.text().contains("overloaded"));
        let record = rig.memory.call();
        assert_eq!((record.ending.as_str(), record.charged), ("ok", 15.0));
        assert!(record.edits.contains(&"tries: 5".to_owned()));
        assert_eq!(rig.session.summary().failure, None);
    }
}

#[tokio::test]
async fn the_class_of_a_lasting_failure_is_told() {
    for (step, outcome, tries) in [
        (status(429), Outcome::Provider429, 5),
        (status(503), Outcome::Provider5xx, 5),
        (Step::Close, Outcome::Provider5xx, 5),
        (Step::Status(401, vec![], "{}".into()), Outcome::ProviderAuth, 1),
        (Step::Status(403, vec![], "not json".into()), Outcome::ProviderAuth, 1),
    ] {
        let upstream = ScriptedUpstream::start(vec![step.clone()]).await.unwrap();
        let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
        let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, true)).await;
        assert!(got.status >= 400, "{step:?}");
        assert_eq!(upstream.seen().len(), tries, "{step:?}");
        assert_eq!(rig.session.failed().await, outcome);
        assert_eq!(rig.session.summary().failure, Some(outcome));
        let record = rig.memory.call();
        assert_eq!((record.ending.as_str(), record.charged, record.usage), ("error", 0.0, None));
        assert!(rig.session.summary().held.abs() < 1e-9);
    }
}

#[tokio::test]
async fn nobody_listening_is_a_provider_failure() {
    let rig = rig(model(Dialect::OpenaiChat, "http://127.0.0.1:9"), |_, _| {});
    let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await;
    assert_eq!(got.status, 502);
    assert_eq!(rig.session.failed().await, Outcome::Provider5xx);
}

#[tokio::test]
async fn a_wait_beyond_the_envelope_is_not_begun() {
    let later = Step::Status(429, vec![("retry-after", "3600".into())], OVERLOADED.into());
    let upstream = ScriptedUpstream::start(vec![later]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await;
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_wrong_is_not_sent_twice() {
    let wrong = Step::Status(400, vec![], r#"{"error":{"message":"no","code":"x"}}"#.into());
    let upstream = ScriptedUpstream::start(vec![wrong]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await;
    assert_eq!((got.status, got.text().as_str()), (400, r#"{"error":{"message":"no","code":"x"}}"#));
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_helpers_unknown_model_is_no_failure_of_the_model_under_test() {
    let unknown = Step::Status(404, vec![], r#"{"error":{"message":"no such model"}}"#.into());
    let upstream = ScriptedUpstream::start(vec![unknown]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| spec.helpers = Helpers::Allow);
    let mut body = body(Dialect::OpenaiChat, false);
    body["model"] = "small-model".into();
    assert_eq!(ask(&rig.session, Dialect::OpenaiChat, &body).await.status, 404);
    assert_eq!(rig.session.summary().failure, None);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let later = Step::Status(429, vec![("retry-after", "0.05".into())], OVERLOADED.into());
    let upstream = ScriptedUpstream::start(vec![later, fine()]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |config, _| {
        // Without the header's word it would not be tried again.
        config.upstream.pause = Duration::from_secs(3600);
    });
    let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await;
    assert_eq!((got.status, upstream.seen().len()), (200, 2));
}

#[tokio::test]
async fn a_request_sent_again_after_a_hang_up_is_known_and_both_are_charged() {
    let upstream = ScriptedUpstream::start(vec![Step::Hang, fine()]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    let request = body(Dialect::OpenaiChat, false);
    tokio::select! {
        got = ask(&rig.session, Dialect::OpenaiChat, &request) => panic!("{got:?}"),
        () = async { while upstream.seen().is_empty() { tokio::task::yield_now().await } } => {}
    }
    while rig.memory.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    for _ in 0..2 {
        ask(&rig.session, Dialect::OpenaiChat, &request).await;
    }
    let calls = rig.memory.calls();
    assert_eq!(calls.iter().map(|call| call.replay_of).collect::<Vec<_>>(), [None, Some(1), None]);
    assert_eq!(calls[0].ending.as_str(), "cancelled");
    assert!(calls[0].estimated && calls.iter().all(|call| call.charged > 0.0));
}
