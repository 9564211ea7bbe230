//! Usage that cannot be true is not believed, and the client is told what is on record.

use std::time::Duration;

use dialect::neutral::Usage;
use scripted::{ScriptedUpstream, Step};
use serde_json::{Value, json};
use spec::Dialect;

use crate::support::{ask, body, model, rig};

const ALL: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];

/// An answer of 40 letters with this usage, whole and in events.
fn answer(dialect: Dialect, input: u64, output: u64) -> (Value, Vec<Value>) {
    let text = "x".repeat(40);
    match dialect {
        Dialect::AnthropicMessages => {
            let usage = json!({"input_tokens": input, "output_tokens": output});
            let message = |content: Value, stop: Value| {
                json!({"id": "r1", "type": "message", "role": "assistant", "model": "served", "content": content,
                    "stop_reason": stop, "stop_sequence": null, "usage": usage})
            };
            let block = json!({"type": "text", "text": text});
            let events = vec![
                json!({"type": "message_start", "message": message(json!([]), Value::Null)}),
                json!({"type": "content_block_start", "index": 0, "content_block": block}),
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}),
                json!({"type": "message_stop"}),
            ];
            (message(json!([block]), json!("end_turn")), events)
        }
        Dialect::OpenaiChat => {
            let usage = json!({"prompt_tokens": input, "completion_tokens": output});
            let with = |key: &str| {
                json!({"id": "r1", "object": "x", "model": "served", "usage": usage, "choices": [
                    {"index": 0, "finish_reason": "stop", key: {"role": "assistant", "content": text}}]})
            };
            (with("message"), vec![with("delta"), json!("[DONE]")])
        }
        Dialect::OpenaiResponses => {
            let usage = json!({"input_tokens": input, "output_tokens": output});
            let response = json!({"id": "r1", "object": "response", "status": "completed", "model": "served",
                "output": [{"type": "message", "id": "m", "role": "assistant",
                    "content": [{"type": "output_text", "text": text}]}], "usage": usage});
            let events = vec![json!({"type": "response.completed", "response": response})];
            (response, events)
        }
        Dialect::Gemini => {
            let chunk = json!({"responseId": "r1", "modelVersion": "served", "candidates": [
                {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": input, "candidatesTokenCount": output}});
            (chunk.clone(), vec![chunk])
        }
    }
}

async fn told(inbound: Dialect, outbound: Dialect, stream: bool, counts: (u64, u64)) -> (Usage, Usage, bool) {
    let (whole, events) = answer(outbound, counts.0, counts.1);
    let step = if stream {
        let text = |event: &Value| event.as_str().map_or_else(|| event.to_string(), str::to_owned);
        let pieces = events.iter().map(|event| format!("data: {}\n\n", text(event)).into_bytes());
        Step::Pieces("text/event-stream", pieces.collect(), Duration::from_millis(1))
    } else {
        Step::Status(200, vec![], whole.to_string())
    };
    let upstream = ScriptedUpstream::start(vec![step]).await.unwrap();
    let rig = rig(model(outbound, &upstream.url()), |_, _| {});
    let got = ask(&rig.session, inbound, &body(inbound, stream)).await;
    let read = dialect::read_answer(inbound, &got.body);
    let read = read.unwrap_or_else(|error| panic!("{inbound} from {outbound}: {error}: {}", got.text()));
    let record = rig.memory.call();
    (read.usage.unwrap(), record.usage.unwrap(), record.estimated)
}

#[tokio::test]
async fn a_client_is_told_what_is_on_record() {
    for outbound in ALL {
        for inbound in ALL {
            for stream in [false, true] {
                for counts in [(100, 30), (0, 30), (100, 0), (0, 0)] {
                    let case = format!("{inbound} from {outbound}, stream {stream}, {counts:?}");
                    let (client, record, estimated) = told(inbound, outbound, stream, counts).await;
                    assert_eq!(estimated, counts.0 == 0 || counts.1 == 0, "{case}");
                    assert_eq!(client, record, "{case}");
                    assert!(record.input() > 0 && record.output > 0, "{case}: {record:?}");
                    assert!(counts.0 == 0 || record.input() == 100, "{case}: {record:?}");
                    assert!(counts.1 == 0 || record.output == 30, "{case}: {record:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_count_that_is_taken_back_at_the_end_stands() {
    let (_, mut events) = answer(Dialect::AnthropicMessages, 12_345, 30);
    events[3]["usage"] = json!({"input_tokens": 0, "output_tokens": 30});
    for inbound in ALL {
        let pieces = events.iter().map(|event| format!("data: {event}\n\n").into_bytes()).collect();
        let step = Step::Pieces("text/event-stream", pieces, Duration::from_millis(1));
        let upstream = ScriptedUpstream::start(vec![step]).await.unwrap();
        let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, _| {});
        let got = ask(&rig.session, inbound, &body(inbound, true)).await;
        assert_eq!(got.status, 200, "{inbound}: {}", got.text());
        let record = rig.memory.call();
        assert_eq!((record.usage.unwrap().input(), record.estimated), (12_345, false), "{inbound}");
        if inbound == Dialect::AnthropicMessages {
            let delta = got.text().split("message_delta").last().unwrap().to_owned();
            assert!(delta.contains("12345"), "{delta}");
        }
    }
}

#[tokio::test]
async fn counts_that_no_model_can_have_are_not_believed() {
    for outbound in ALL {
        for stream in [false, true] {
            for counts in [(u64::MAX, 30), (100, u64::MAX), (u64::MAX, u64::MAX), (90_000_000, 30)] {
                let case = format!("{outbound}, stream {stream}, {counts:?}");
                let (client, record, estimated) = told(outbound, outbound, stream, counts).await;
                assert!(estimated, "{case}");
                // The one that tells the input before there is anything to judge it by.
                if (outbound, stream) != (Dialect::AnthropicMessages, true) {
                    assert_eq!(client, record, "{case}");
                }
                assert!(record.total() < 2_000_000, "{case}: {record:?}");
            }
        }
    }
}
