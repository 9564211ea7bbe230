//! Providers that break their word: recorded, typed, no panic, no hang, nothing unmetered.

use std::time::Duration;

use scripted::{Answer, ScriptedUpstream, Seen, Step, Usage, render};
use serde_json::json;
use spec::Dialect;

use crate::support::{Rig, ask, body, model, read, rig, small};

const BOTH: [Dialect; 2] = [Dialect::AnthropicMessages, Dialect::OpenaiChat];
const SSE: &str = "text/event-stream";

fn answer() -> Answer {
    let usage = Usage { input: 120, cache_read: 100, output: 30 };
    Answer::text("Hëllo €").calling("bash", json!({"command": "ls"})).using(Some(usage))
}

async fn against(dialect: Dialect, step: Step) -> (ScriptedUpstream, Rig) {
    let upstream = ScriptedUpstream::start(vec![step]).await.unwrap();
    let rig = rig(model(dialect, &upstream.url()), |config, _| {
        config.upstream.silence = Duration::from_millis(500);
        config.upstream.tries = 1;
    });
    (upstream, rig)
}

/// The stream that a request in `dialect` would get.
fn stream(dialect: Dialect) -> Vec<u8> {
    let json = body(dialect, true);
    let path = crate::support::path(dialect).to_owned();
    render(&answer(), &Seen { path, headers: vec![], body: vec![], json }).1.concat()
}

#[tokio::test]
async fn every_split_gives_the_same_bytes_and_the_same_usage() {
    for (inbound, outbound) in
        [(BOTH[0], BOTH[0]), (BOTH[1], BOTH[1]), (BOTH[0], BOTH[1]), (BOTH[1], BOTH[0])]
    {
        let whole = stream(outbound);
        let crlf = String::from_utf8(whole.clone()).unwrap().replace('\n', "\r\n").into_bytes();
        let mut odd =
            b"\xef\xbb\xbf: hello\nid: 1\nretry: 5\n\nevent: unknown\ndata: {\"type\":\"unknown\"}\n\n"
                .to_vec();
        odd.extend_from_slice(&whole);
        let mut first: Option<Vec<u8>> = None;
        for (bytes, size) in
            [(&whole, 1), (&whole, 7), (&whole, usize::MAX), (&crlf, 1), (&crlf, 3), (&odd, 5)]
        {
            let pieces = bytes.chunks(size.min(bytes.len())).map(<[u8]>::to_vec).collect();
            let (_upstream, rig) = against(outbound, Step::Pieces(SSE, pieces, Duration::ZERO)).await;
            let got = ask(&rig.session, inbound, &body(inbound, true)).await;
            let record = rig.memory.call();
            assert_eq!(
                (record.ending.as_str(), record.charged),
                ("ok", 150.0),
                "{inbound} {outbound} {size}"
            );
            assert_eq!(record.tool_calls, ["bash"]);
            if inbound == outbound {
                assert_eq!(&got.body, bytes);
            } else if bytes.len() == whole.len() {
                let text = got.text();
                let text = text.split("\"created\"").next().unwrap().as_bytes().to_vec();
                assert_eq!(first.get_or_insert_with(|| text.clone()), &text);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_ends_too_early_is_truncated_and_metered_by_estimate() {
    for dialect in BOTH {
        let whole = stream(dialect);
        let half = whole[..whole.len() / 2].to_vec();
        for step in [
            Step::Pieces(SSE, vec![half.clone()], Duration::ZERO),
            Step::Broken(SSE, vec![half.clone()]),
            Step::Pieces(SSE, vec![half.clone(), whole[whole.len() / 2..].to_vec()], Duration::from_secs(60)),
        ] {
            let (_upstream, rig) = against(dialect, step).await;
            let got = ask(&rig.session, dialect, &body(dialect, true)).await;
            assert!(got.broken, "the client must see that it broke off");
            let record = rig.memory.call();
            assert_eq!((record.ending.as_str(), record.estimated), ("truncated", true));
            assert!(record.usage.unwrap().input_uncached > 0 && record.charged > 0.0);
        }
    }
}

#[tokio::test]
async fn a_stream_without_usage_is_estimated_and_says_so() {
    for dialect in BOTH {
        for stream in [false, true] {
            let (_upstream, rig) = against(dialect, Step::Answer(answer().using(None))).await;
            assert_eq!(ask(&rig.session, dialect, &body(dialect, stream)).await.status, 200);
            let record = rig.memory.call();
            assert_eq!((record.ending.as_str(), record.estimated), ("ok", true));
            assert!(record.usage.unwrap().output > 0);
            assert_eq!(rig.session.summary().estimated, 1);
        }
    }
}

#[tokio::test]
async fn an_error_in_mid_stream_goes_on_and_is_recorded() {
    for (inbound, outbound) in [(BOTH[0], BOTH[0]), (BOTH[0], BOTH[1]), (BOTH[1], BOTH[0])] {
        let mut bytes = stream(outbound);
        bytes.truncate(bytes.len() / 2);
        let end = bytes.windows(2).rposition(|window| window == b"\n\n").unwrap() + 2;
        bytes.truncate(end);
        let error = b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n";
        let pieces = vec![bytes, error.to_vec()];
        let (_upstream, rig) = against(outbound, Step::Pieces(SSE, pieces, Duration::from_millis(5))).await;
        let got = ask(&rig.session, inbound, &body(inbound, true)).await;
        assert!(got.text().contains("busy"), "{}", got.text());
        let record = rig.memory.call();
        assert_eq!((record.ending.as_str(), record.detail.as_deref()), ("error", Some("busy")));
        assert!(record.estimated && record.charged > 0.0);
    }
}

#[tokio::test]
async fn a_success_that_is_none_is_an_error() {
    let json = "application/json";
    let error = r#"{"error":{"type":"overloaded_error","message":"busy"}}"#;
    let large = vec![b'x'; 1 << 20];
    for (content_type, bytes, billed) in [
        (json, error.as_bytes().to_vec(), false),
        (json, b"{\"choices\": [".to_vec(), true),
        (json, b"{}".to_vec(), true),
        (json, b"[[[[".to_vec(), true),
        (json, b"\xff\xfe\x00".to_vec(), true),
        ("text/html", b"<html>".to_vec(), true),
        (json, large, true),
    ] {
        for stream in [false, true] {
            let (_upstream, rig) =
                against(Dialect::OpenaiChat, Step::Pieces(content_type, vec![bytes.clone()], Duration::ZERO))
                    .await;
            let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, stream)).await;
            let record = rig.memory.call();
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
            assert_ne!(record.ending.as_str(), "ok", "{shown}");
            assert!(got.status >= 500 || got.broken, "{shown} {got:?}");
            if !stream {
                assert_eq!(record.charged > 0.0, billed, "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_and_encodings_nobody_asked_for() {
    let gzip = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00";
    for raw in [&b"garbage\r\n\r\n"[..], b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", gzip] {
        let (_upstream, rig) = against(Dialect::AnthropicMessages, Step::Raw(raw.to_vec())).await;
        let got =
            ask(&rig.session, Dialect::AnthropicMessages, &body(Dialect::AnthropicMessages, false)).await;
        assert_eq!(got.status, 502, "{}", got.text());
        assert_eq!(rig.memory.call().ending.as_str(), "error");
    }
}

#[tokio::test]
async fn an_event_beyond_all_bounds_ends_the_call() {
    let flood: Vec<Vec<u8>> =
        std::iter::once(b"data: ".to_vec()).chain((0..20).map(|_| vec![b'x'; 1 << 20])).collect();
    let (_upstream, rig) = against(Dialect::OpenaiChat, Step::Pieces(SSE, flood, Duration::ZERO)).await;
    let got = ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, true)).await;
    assert_eq!(got.status, 502);
    let record = rig.memory.call();
    assert_eq!(record.ending.as_str(), "error");
    assert!(record.charged > 0.0, "what came is metered by its size");
}

#[tokio::test]
async fn a_large_event_within_bounds_goes_through_and_a_count_that_is_too_small_for_it_does_not() {
    let usage = Usage { input: 10, cache_read: 0, output: 9 };
    let (_upstream, rig) = against(
        Dialect::AnthropicMessages,
        Step::Answer(Answer::text(&"y".repeat(10 << 20)).using(Some(usage))),
    )
    .await;
    let got = ask(&rig.session, Dialect::AnthropicMessages, &body(Dialect::AnthropicMessages, true)).await;
    assert!(got.body.len() > 10 << 20);
    let record = rig.memory.call();
    assert_eq!((record.charged, record.estimated), (110.0, true), "all that it was let say");
}

/// Dialects whose streams are not of one shape with those above.
const NEWER: [Dialect; 2] = [Dialect::OpenaiResponses, Dialect::Gemini];

/// The stream that a request in a newer dialect would get.
fn newer_stream(dialect: Dialect) -> Vec<u8> {
    let path = small(dialect, true).uri().to_string();
    render(&answer(), &Seen { path, headers: vec![], body: vec![], json: body(dialect, true) }).1.concat()
}

#[tokio::test]
async fn the_newer_dialects_may_be_split_anywhere_too() {
    for dialect in NEWER {
        let whole = newer_stream(dialect);
        let crlf = String::from_utf8(whole.clone()).unwrap().replace('\n', "\r\n").into_bytes();
        for (bytes, size) in [(&whole, 1), (&whole, 7), (&crlf, 3)] {
            let pieces = bytes.chunks(size).map(<[u8]>::to_vec).collect();
            let (_upstream, rig) = against(dialect, Step::Pieces(SSE, pieces, Duration::ZERO)).await;
            let got = read(gateway::request(&rig.session, small(dialect, true)).await).await;
            let record = rig.memory.call();
            assert_eq!((record.ending.as_str(), record.charged), ("ok", 150.0), "{dialect} {size}");
            assert_eq!((&got.body, record.tool_calls.len()), (bytes, 1));
        }
    }
}

#[tokio::test]
async fn the_newer_dialects_cut_short_are_metered_by_estimate() {
    for dialect in NEWER {
        let half = newer_stream(dialect);
        let half = half[..half.len() / 3].to_vec();
        let (_upstream, rig) = against(dialect, Step::Broken(SSE, vec![half])).await;
        let got = read(gateway::request(&rig.session, small(dialect, true)).await).await;
        assert!(got.broken, "{dialect}");
        let record = rig.memory.call();
        assert_eq!((record.ending.as_str(), record.estimated), ("truncated", true), "{dialect}");
        assert!(record.charged > 0.0);
    }
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_passed_on_and_what_can_be_read_is_metered() {
    let mut bytes = stream(Dialect::AnthropicMessages);
    let first = bytes.windows(2).position(|window| window == b"\n\n").unwrap() + 2;
    let noise = b": \xff\xfe\n\nevent: noise\ndata: \xc3\x28\n\n";
    bytes.splice(first..first, noise.iter().copied());
    let step = Step::Pieces(SSE, bytes.chunks(5).map(<[u8]>::to_vec).collect(), Duration::ZERO);
    let (_upstream, rig) = against(Dialect::AnthropicMessages, step).await;
    let got = ask(&rig.session, Dialect::AnthropicMessages, &body(Dialect::AnthropicMessages, true)).await;
    assert_eq!(got.body, bytes);
    let record = rig.memory.call();
    assert_eq!((record.ending.as_str(), record.charged), ("ok", 150.0));
    assert!(record.edits.iter().any(|note| note.contains("unreadable event")), "{:?}", record.edits);
}
