//! Every dialect to every dialect: content, stop and usage arrive, whole and streamed.

use dialect::{
    neutral::{Content, Response, StopReason},
    sse,
};
use scripted::{Answer, ScriptedUpstream, Step, Usage};
use serde_json::json;
use spec::Dialect;

use crate::support::{model, read, rig, small};

const ALL: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];

fn answer() -> Answer {
    let usage = Usage { input: 120, cache_read: 100, output: 30 };
    let call = |command: &str| json!({"command": command, "timeout": 5});
    Answer::text("Hëllo €").calling("bash", call("ls")).calling("bash", call("pwd")).using(Some(usage))
}

fn whole(dialect: Dialect, body: &[u8]) -> Response {
    dialect::decode_response(dialect, serde_json::from_slice(body).unwrap()).unwrap().value
}

fn streamed(dialect: Dialect, body: &[u8]) -> Response {
    let (mut events, mut deltas) = (Vec::new(), Vec::new());
    sse::Parser::new(1 << 20).push(body, &mut events).unwrap();
    let mut reader = dialect::Reader::new(dialect, "");
    for event in &events {
        reader.event(event, &mut deltas).unwrap();
    }
    assert!(reader.is_marked() || reader.has_stopped(), "{dialect}: {}", String::from_utf8_lossy(body));
    reader.end(None, &mut deltas);
    reader.response()
}

#[tokio::test]
async fn sixteen_pairs() {
    for outbound in ALL {
        for inbound in ALL {
            for stream in [false, true] {
                let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
                let rig = rig(model(outbound, &upstream.url()), |_, _| {});
                let got = read(gateway::request(&rig.session, small(inbound, stream)).await).await;
                let pair = format!("{inbound} from {outbound}, stream {stream}");
                assert_eq!((got.status, got.broken), (200, false), "{pair}: {}", got.text());
                let response = if stream { streamed(inbound, &got.body) } else { whole(inbound, &got.body) };
                assert_eq!(response.stop, StopReason::ToolCalls, "{pair}");
                assert!(
                    matches!(&response.content[0], Content::Text { text, .. } if text == "Hëllo €"),
                    "{pair}"
                );
                let commands: Vec<_> = response.content[1..]
                    .iter()
                    .map(|block| match block {
                        Content::ToolCall { id, name, arguments } => {
                            (id.clone(), name.as_str(), arguments["command"].as_str().unwrap().to_owned())
                        }
                        other => panic!("{pair}: {other:?}"),
                    })
                    .collect();
                assert_eq!(commands.len(), 2, "{pair}");
                assert!(
                    commands[0].0 != commands[1].0 && commands[0].2 == "ls" && commands[1].2 == "pwd",
                    "{pair}"
                );
                let usage = response.usage.unwrap();
                assert_eq!((usage.input_uncached, usage.cache_read, usage.output), (20, 100, 30), "{pair}");
                let record = rig.memory.call();
                assert_eq!(
                    (record.ending.as_str(), record.charged, record.estimated),
                    ("ok", 150.0, false),
                    "{pair}"
                );
                let seen = &upstream.seen()[0];
                assert_eq!(
                    (seen.max_output(), seen.wants_stream()),
                    (Some(100), stream),
                    "{pair}: {}",
                    seen.json
                );
            }
        }
    }
}

#[tokio::test]
async fn the_end_of_the_budget_is_told_in_every_dialect() {
    for dialect in ALL {
        for stream in [false, true] {
            let rig = rig(model(dialect, "http://127.0.0.1:9"), |_, spec| spec.budget = 1.0);
            let got = read(gateway::request(&rig.session, small(dialect, stream)).await).await;
            assert_eq!((got.status, got.exhausted), (200, true), "{dialect}");
            let response = if stream { streamed(dialect, &got.body) } else { whole(dialect, &got.body) };
            assert_eq!((response.stop, response.content.len()), (StopReason::End, 1), "{dialect}");
        }
    }
}
