//! What must hold for every dialect and every input.

use dialect::{
    Dialect, Reader,
    neutral::{
        Content, Message, Origins, Request, Response, Role, Sampling, StopReason, Tool, ToolChoice, Usage,
    },
    sse,
    stream::{Accumulator, Delta},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub(crate) const ALL: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];

fn text() -> impl Strategy<Value = Content> {
    "[a-zé€ \n\"\\\\]{1,600}".prop_map(|text| Content::Text { text, cache: false })
}

fn arguments() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-z]{1,5}", "[a-zé\n]{0,300}"), 0..3)
        .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(key, text)| (key, json!(text))).collect()))
}

/// Answers that all four dialects can carry: reasoning, then text, then calls.
pub(crate) fn response() -> impl Strategy<Value = Response> {
    let calls = prop::collection::vec(("[a-z]{1,8}", arguments()), 0..3);
    let usage =
        prop::array::uniform4(0u64..1_000_000).prop_map(|[input_uncached, cache_read, output, reasoning]| {
            Usage { input_uncached, cache_read, cache_write: 0, output, reasoning }
        });
    (prop::option::of(text()), calls, usage, any::<bool>()).prop_map(|(text, calls, usage, cut)| {
        let calls: Vec<Content> = (0..)
            .zip(calls)
            .map(|(n, (name, arguments))| Content::ToolCall { id: format!("call_r1_{n}"), name, arguments })
            .collect();
        let stop = match (cut, calls.is_empty()) {
            (true, _) => StopReason::Length,
            (false, false) => StopReason::ToolCalls,
            (false, true) => StopReason::End,
        };
        let content = text.into_iter().chain(calls).collect();
        Response { id: "r1".into(), model: "m".into(), content, stop, usage: Some(usage) }
    })
}

/// Anthropic's usage has reasoning within the output.
fn as_told(dialect: Dialect, response: &Response) -> Response {
    let mut told = response.clone();
    if let (Dialect::AnthropicMessages, Some(usage)) = (dialect, &mut told.usage) {
        usage.output += std::mem::take(&mut usage.reasoning);
    }
    told
}

pub(crate) fn encoded(dialect: Dialect, response: &Response) -> Vec<u8> {
    let mut encoder = dialect::stream_encoder(dialect, 1, true, &Origins::new()).unwrap();
    let mut out = Vec::new();
    for delta in dialect::stream::deltas(response) {
        encoder.delta(&delta, &mut out);
    }
    out
}

fn decoded<'a>(dialect: Dialect, chunks: impl Iterator<Item = &'a [u8]>) -> Response {
    let (mut parser, mut reader) = (sse::Parser::new(1 << 20), Reader::new(dialect, ""));
    let (mut events, mut deltas, mut sum) = (Vec::new(), Vec::new(), Accumulator::default());
    for chunk in chunks {
        parser.push(chunk, &mut events).unwrap();
    }
    for event in &events {
        reader.event(event, &mut deltas).unwrap();
    }
    reader.end(reader.response().usage, &mut deltas);
    deltas.iter().for_each(|delta| sum.add(delta));
    assert!(sum.ended() && deltas.last() == Some(&Delta::End));
    assert_eq!(sum.response(), reader.response(), "{dialect}: what is passed on is what is recorded");
    reader.response()
}

fn block(role: Role) -> BoxedStrategy<Content> {
    match role {
        Role::Assistant => text().boxed(),
        _ => prop_oneof![
            3 => text(),
            1 => Just(Content::Image { media_type: "image/png".into(), data: "AAAA".into() }),
        ]
        .boxed(),
    }
}

/// Conversations that all four dialects can carry whole.
pub(crate) fn request() -> impl Strategy<Value = Request> {
    let turn =
        (block(Role::User), block(Role::Assistant), prop::option::of(("[a-z]{1,8}", arguments(), text())));
    (prop::option::of(text()), prop::collection::vec(turn, 1..4), 0usize..3, 1u64..9000).prop_map(
        |(system, turns, tools, max_output)| {
            let mut messages = Vec::new();
            for (n, (asked, answered, call)) in turns.into_iter().enumerate() {
                messages.push(Message { role: Role::User, content: vec![asked] });
                let mut content = vec![answered];
                let id = format!("call_{n}");
                let result = call.map(|(name, arguments, output)| {
                    content.push(Content::ToolCall { id: id.clone(), name, arguments });
                    Content::ToolResult { id, content: vec![output], is_error: false }
                });
                messages.push(Message { role: Role::Assistant, content });
                if let Some(result) = result {
                    messages.push(Message { role: Role::User, content: vec![result] });
                    messages.push(Message {
                        role: Role::Assistant,
                        content: vec![Content::Text { text: "so".into(), cache: false }],
                    });
                }
            }
            let tools: Vec<Tool> = (0..tools)
                .map(|n| Tool {
                    name: format!("tool{n}"),
                    description: "does".into(),
                    parameters: json!({"type": "object", "properties": {"b": {"type": "string"}, "a": {}}}),
                    hosted: None,
                })
                .collect();
            Request {
                model: "m".into(),
                system: system.into_iter().collect(),
                messages,
                tool_choice: if tools.is_empty() {
                    ToolChoice::Auto
                } else {
                    ToolChoice::Named("tool0".into())
                },
                tools,
                max_output: Some(max_output),
                stream: false,
                sampling: Sampling {
                    temperature: Some(0.5),
                    effort: Some("low".into()),
                    ..Sampling::default()
                },
                output_schema: Some(json!({"type": "object", "properties": {"x": {"type": "integer"}}})),
                origins: Origins::new(),
            }
        },
    )
}

/// Ids of calls count where the dialect names none.
pub(crate) fn renumbered(mut request: Request) -> Request {
    let mut ids: Vec<String> = Vec::new();
    for block in request.messages.iter_mut().flat_map(|message| &mut message.content) {
        if let Content::ToolCall { id, .. } | Content::ToolResult { id, .. } = block {
            let known = ids.iter().position(|known| known == id);
            let place = known.unwrap_or_else(|| {
                ids.push(id.clone());
                ids.len() - 1
            });
            *id = place.to_string();
        }
    }
    request
}

fn json_value() -> impl Strategy<Value = Value> {
    let words = [
        "user",
        "assistant",
        "text",
        "tool_use",
        "function_call",
        "message",
        "reasoning",
        "model",
        "STOP",
        "stop",
        "message_start",
        "content_block_delta",
        "response.completed",
        "response.output_item.added",
        "error",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let keys = [
        "model",
        "messages",
        "role",
        "content",
        "type",
        "text",
        "tools",
        "tool_calls",
        "function",
        "arguments",
        "input",
        "output",
        "candidates",
        "parts",
        "contents",
        "usage",
        "usageMetadata",
        "choices",
        "message",
        "delta",
        "index",
        "output_index",
        "item",
        "response",
        "error",
        "name",
        "id",
        "call_id",
        "max_tokens",
        "stream",
        "system",
        "input_tokens",
        "prompt_tokens",
        "completion_tokens",
        "finishReason",
        "finish_reason",
        "content_block",
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((prop::sample::select(keys.to_vec()), inner), 0..6).prop_map(|pairs| {
                Value::Object(
                    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn an_answer_survives_its_dialect_whole_and_streamed_in_any_chunks(response in response(), size in 1usize..200) {
        for dialect in ALL {
            let told = as_told(dialect, &response);
            let body = dialect::encode_response(dialect, &response, 1, &Origins::new()).unwrap();
            prop_assert!(body.losses.is_empty());
            prop_assert_eq!(&dialect::decode_response(dialect, body.body).unwrap().value, &told, "{} whole", dialect);
            let bytes = encoded(dialect, &response);
            prop_assert_eq!(&decoded(dialect, bytes.chunks(size)), &told, "{} streamed", dialect);
        }
    }

    #[test]
    fn a_request_survives_its_dialect(request in request()) {
        for dialect in ALL {
            let encoded = dialect::encode_request(dialect, &request).unwrap();
            prop_assert_eq!(&encoded.losses, &vec![], "{}", dialect);
            let mut body = encoded.body;
            if dialect == Dialect::Gemini {
                body["model"] = json!("m");
            }
            let decoded = dialect::decode_request(dialect, body).unwrap();
            // `store` says where the conversation is kept: nothing of the neutral form.
            let lost: Vec<_> = decoded.losses.iter().filter(|loss| loss.path != "store").collect();
            prop_assert!(lost.is_empty(), "{}: {:?}", dialect, lost);
            prop_assert_eq!(renumbered(decoded.value), renumbered(request.clone()), "{}", dialect);
        }
    }

    #[test]
    fn any_json_is_read_or_refused(value in json_value()) {
        for dialect in ALL {
            drop(dialect::decode_request(dialect, value.clone()));
            drop(dialect::decode_response(dialect, value.clone()));
            drop(dialect::error::decode(&value));
            let mut reader = Reader::new(dialect, "");
            let (mut deltas, mut sum) = (Vec::new(), Accumulator::default());
            let event = sse::Event { event: String::new(), data: value.to_string() };
            for _ in 0..2 {
                drop(reader.event(&event, &mut deltas));
            }
            reader.end(None, &mut deltas);
            let mut encoders = ALL.map(|dialect| dialect::stream_encoder(dialect, 1, true, &Origins::new()).unwrap());
            for delta in &deltas {
                sum.add(delta);
                encoders.iter_mut().for_each(|encoder| encoder.delta(delta, &mut Vec::new()));
            }
            let response = sum.response();
            for other in ALL {
                drop(dialect::encode_response(other, &response, 1, &Origins::new()));
            }
        }
    }
}
