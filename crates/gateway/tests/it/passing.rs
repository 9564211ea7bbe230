//! The same dialect on both sides: bytes pass through.

use std::time::Duration;

use http_body_util::BodyExt as _;
use scripted::{Answer, ScriptedUpstream, Step, Usage, render};
use serde_json::{Value, json};
use spec::{Dialect, sweep::Settings};

use vocabulary::StopReason;

use crate::support::{KEY, MODEL, UPSTREAM_MODEL, ask, body, model, post, read, rig};

const BOTH: [Dialect; 2] = [Dialect::AnthropicMessages, Dialect::OpenaiChat];

fn answer() -> Answer {
    let usage = Usage { input: 120, cache_read: 100, output: 30 };
    Answer::text("Hëllo there").calling("bash", json!({"command": "ls -l"})).using(Some(usage))
}

#[tokio::test]
async fn bytes_are_the_providers_and_the_copy_is_metered() {
    for dialect in BOTH {
        for stream in [false, true] {
            let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
            let rig = rig(model(dialect, &upstream.url()), |_, _| {});
            let got = ask(&rig.session, dialect, &body(dialect, stream)).await;
            let seen = upstream.seen();
            assert_eq!((got.status, seen.len()), (200, 1), "{dialect} {stream}");
            assert_eq!(got.body, render(&answer(), &seen[0]).1.concat(), "{dialect} {stream}");
            assert_eq!(seen[0].json["model"], UPSTREAM_MODEL);
            let record = rig.memory.call();
            assert_eq!(record.ending.as_str(), "ok");
            assert_eq!(record.edits, [format!("model: \"{MODEL}\" → \"{UPSTREAM_MODEL}\"")]);
            let usage = record.usage.unwrap();
            assert_eq!((usage.input_uncached, usage.cache_read, usage.output), (20, 100, 30));
            assert_eq!((record.charged, record.estimated), (150.0, false));
            assert_eq!(record.usd, Some((20.0 + 10.0 + 150.0) / 1e6));
            assert_eq!(record.tool_calls, ["bash"]);
            assert_eq!(record.stop, Some(StopReason::ToolCalls));
            assert_eq!(record.model_served.as_deref(), Some("scripted-1"));
            assert_eq!(rig.memory.body(&record.response), got.body);
            assert!(record.raw_usage.is_some());
            let summary = rig.session.summary();
            assert_eq!((summary.used, summary.held, summary.calls), (150.0, 0.0, 1));
        }
    }
}

#[tokio::test]
async fn a_body_without_edits_is_sent_as_it_came() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
    let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
    let sent = format!(
        "{{ \"max_tokens\": 7,\n\"model\":\"{UPSTREAM_MODEL}\", \"temperature\": 1.0, \"context_management\": {{}}, \
         \"messages\": [{{\"role\":\"system\",\"content\":\"mid\"}},{{\"role\":\"user\",\"content\":\"x\"}}] }}"
    );
    let got =
        read(gateway::request(&rig.session, post(Dialect::AnthropicMessages, sent.as_bytes())).await).await;
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(String::from_utf8(upstream.seen()[0].body.clone()).unwrap(), sent);
    assert_eq!(upstream.seen()[0].header("x-api-key"), Some(KEY));
    assert!(rig.memory.call().edits.is_empty());
}

#[tokio::test]
async fn pinned_settings_replace_the_harnesss_and_are_listed() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
    let mut model = model(Dialect::OpenaiChat, &upstream.url());
    model.sampling.top_p = Some(0.95);
    let rig = rig(model, |_, spec| spec.settings = Settings::Pinned);
    let mut body = body(Dialect::OpenaiChat, false);
    body["temperature"] = json!(0.0);
    ask(&rig.session, Dialect::OpenaiChat, &body).await;
    let sent = &upstream.seen()[0].json;
    assert_eq!((sent.get("temperature"), sent["top_p"].as_f64()), (None, Some(0.95)));
    let edits = rig.memory.call().edits;
    assert!(edits.iter().any(|edit| edit == "temperature: 0.0 → absent"), "{edits:?}");
}

#[tokio::test]
async fn a_client_that_did_not_ask_for_usage_does_not_see_it() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    let mut body = body(Dialect::OpenaiChat, true);
    body["stream_options"].take();
    let got = ask(&rig.session, Dialect::OpenaiChat, &body).await.text();
    assert!(!got.contains("prompt_tokens") && got.ends_with("data: [DONE]\n\n"), "{got}");
    assert_eq!(rig.memory.call().usage.unwrap().output, 30);
}

#[tokio::test]
async fn the_first_token_goes_on_before_the_second_is_there() {
    let slow = answer().pausing(Duration::ZERO, Duration::from_secs(3600));
    let upstream = ScriptedUpstream::start(vec![Step::Answer(slow)]).await.unwrap();
    let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
    let request = body(Dialect::AnthropicMessages, true).to_string();
    let mut response =
        gateway::request(&rig.session, post(Dialect::AnthropicMessages, request.as_bytes())).await;
    let first = response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"event: message_start"));
}

#[tokio::test]
async fn a_client_that_hangs_up_cancels_the_provider_and_pays_for_what_may_have_been_made() {
    for dialect in BOTH {
        let slow = Answer::text(&"x".repeat(4000)).pausing(Duration::ZERO, Duration::from_millis(200));
        let upstream = ScriptedUpstream::start(vec![Step::Answer(slow)]).await.unwrap();
        let rig = rig(model(dialect, &upstream.url()), |_, _| {});
        let request = body(dialect, true).to_string();
        let mut response = gateway::request(&rig.session, post(dialect, request.as_bytes())).await;
        let mut got = Vec::new();
        while !String::from_utf8_lossy(&got).contains("xxx") {
            got.extend_from_slice(&response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap());
        }
        drop(response);
        upstream.hung_up(1).await;
        rig.session.close().await;
        let record = rig.memory.call();
        assert_eq!((record.ending.as_str(), record.estimated), ("cancelled", true));
        assert_eq!(record.usage.unwrap().output, 100, "all that it was let say");
        assert!(rig.session.summary().held.abs() < 1e-9);
    }
}

#[tokio::test]
async fn closing_a_session_settles_what_is_under_way() {
    let upstream = ScriptedUpstream::start(vec![Step::Hang]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    let session = rig.session.clone();
    let call = tokio::spawn(async move {
        ask(&session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await.status
    });
    while upstream.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    rig.session.close().await;
    assert_eq!(call.await.unwrap(), 500);
    let record = rig.memory.call();
    assert_eq!((record.ending.as_str(), record.estimated), ("cancelled", true));
    assert!(record.charged > 0.0, "the provider has the request");
    let late = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await;
    assert_eq!(late.status, 403);
}

#[tokio::test]
async fn keep_alives_come_between_events_only() {
    let slow = answer().pausing(Duration::from_millis(80), Duration::from_millis(50));
    let upstream = ScriptedUpstream::start(vec![Step::Answer(slow)]).await.unwrap();
    let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |config, _| {
        config.keep_alive = Duration::from_millis(10);
    });
    let got =
        ask(&rig.session, Dialect::AnthropicMessages, &body(Dialect::AnthropicMessages, true)).await.text();
    assert!(got.starts_with("event: ping\ndata: {\"type\": \"ping\"}\n\n"), "{got}");
    let expected = render(&answer(), &upstream.seen()[0]).1.concat();
    let without = got.replace("event: ping\ndata: {\"type\": \"ping\"}\n\n", "");
    assert_eq!(without, String::from_utf8(expected).unwrap());
    assert_eq!(rig.memory.call().ending.as_str(), "ok");
}

#[tokio::test]
async fn an_odd_event_of_a_chat_answer_is_put_right_and_the_others_keep_their_bytes() {
    let chunk = |choice: Value| {
        format!(
            "data:  {{\"id\":\"r1\", \"model\":\"scripted-1\", \"choices\":[{choice}], \"odd\":1.0}}\r\n\r\n"
        )
    };
    let call = |id: &str, name: &str| {
        let function = json!({"name": name, "arguments": "{}"});
        json!({"index": 0, "delta": {"tool_calls": [{"index": 0, "id": id, "type": "function", "function": function}]}})
    };
    let begin = format!(": waits\n\n{}", chunk(json!({"index": 0, "delta": {"content": "Looking."}})));
    let first = chunk(call("call_a", "read"));
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":30}}\n\n";
    let stream = [&begin, &first, &chunk(call("call_b", "bash")), usage, "data: [DONE]\n\n"].concat();
    for size in [1, 7, stream.len()] {
        let pieces = stream.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
        let step = Step::Pieces("text/event-stream", pieces, Duration::ZERO);
        let upstream = ScriptedUpstream::start(vec![step]).await.unwrap();
        let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
        let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, true)).await.text();
        let rest = got.strip_prefix(&format!("{begin}{first}")).unwrap_or_else(|| panic!("{size}: {got}"));
        let (second, rest) = rest.split_once("\n\n").unwrap();
        let second: Value = serde_json::from_str(second.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(second["choices"][0]["delta"]["tool_calls"][0]["index"], 1, "{size}");
        assert_eq!(second["odd"], json!(1.0), "{size}: what nobody asked about is gone");
        let (told, reason) = rest.split_at(usage.len());
        assert_eq!(told, usage, "{size}");
        assert!(reason.contains("\"finish_reason\":\"tool_calls\""), "{size}: {reason}");
        assert!(reason.ends_with("data: [DONE]\n\n"), "{size}: {reason}");
        let record = rig.memory.call();
        assert_eq!(record.tool_calls, ["read", "bash"]);
        assert!(
            record.edits.contains(&"the answer was put right for the client".to_owned()),
            "{:?}",
            record.edits
        );
    }
}
