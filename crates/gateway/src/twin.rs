//! The twin of a conversation: what it becomes for a client of another dialect. Recorded requests and answers go the way
//! that the gateway would send them, there and back, and what arrives is compared. Nothing is asked of anybody.

use dialect::{
    AnswerError, Dialect, Reader,
    neutral::{Content, Message, Origins, Request, Response, StopReason},
    sse::Parser,
    stream::{Delta, StreamError},
};
use serde_json::{Value, json};

use crate::handed_out::HandedOut;

/// A call of the recorded conversation, whose client spoke the provider's own dialect.
#[derive(Clone, Debug)]
pub struct Exchange<'a> {
    /// Its number.
    pub call: u32,
    /// What was asked.
    pub request: Request,
    /// The answer as it was recorded; `None` where there is none.
    pub answer: Option<&'a [u8]>,
}

/// Something that is not the same in the other dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The call.
    pub call: u32,
    /// Where, as `messages[2].content[0].arguments`; below `answer` in the answer.
    pub path: String,
    /// What it is, and what became of it.
    pub detail: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "call {}: {}: {}", self.call, self.path, self.detail)
    }
}

/// Where a conversation would be another one, had its client spoken `client` and not the provider's own dialect: in what
/// reaches the provider, or in the answers that reach the client, whole and streamed. At most one difference a body.
pub fn differences(client: Dialect, provider: Dialect, exchanges: &[Exchange<'_>]) -> Vec<Difference> {
    let mut handed = HandedOut::default();
    let mut found = Vec::new();
    for Exchange { call, request, answer } in exchanges {
        let mut note = |path: String, detail: String| found.push(Difference { call: *call, path, detail });
        match translated(client, provider, request, &handed) {
            Ok((plain, twin)) => {
                if let Some((path, detail)) = first_difference(&plain, &twin) {
                    note(path, detail);
                }
            }
            Err(why) => note("request".into(), why),
        }
        let Some(Ok(read)) = answer.map(|answer| Answer::read(provider, answer)) else { continue };
        handed.keep(&read.response, 0);
        let plain = heard(&read.response);
        for (way, body) in [("whole", read.whole(client)), ("streamed", read.streamed(client))] {
            let twin =
                body.and_then(|body| dialect::read_answer(client, &body).map_err(|error| error.to_string()));
            match twin.map(|twin| first_difference(&plain, &heard(&twin))) {
                Ok(None) => {}
                Ok(Some((path, detail))) => note(format!("answer.{path} ({way})"), detail),
                Err(why) => note(format!("answer ({way})"), why),
            }
        }
    }
    found
}

/// What reaches the provider of a request, from a client of its own dialect and from one of another.
fn translated(
    client: Dialect,
    provider: Dialect,
    request: &Request,
    handed: &HandedOut,
) -> Result<(Value, Value), String> {
    let wrong = |error: dialect::DecodeError| error.to_string();
    let sent = |request: &Request| -> Result<Request, String> {
        let body = dialect::encode_request(provider, request).map_err(wrong)?.body;
        Ok(dialect::decode_request(provider, named(provider, body)).map_err(wrong)?.value)
    };
    let body = dialect::encode_request(client, request).map_err(wrong)?.body;
    let mut twin = dialect::decode_request(client, named(client, body)).map_err(wrong)?.value;
    handed.put_back(&mut twin, 0);
    Ok((said(&sent(request)?), said(&sent(&twin)?)))
}

/// Gemini's bodies name neither model nor stream: the path does.
fn named(dialect: Dialect, mut body: Value) -> Value {
    if let (Dialect::Gemini, Some(body)) = (dialect, body.as_object_mut()) {
        body.insert("model".into(), "m".into());
        body.insert("stream".into(), true.into());
    }
    body
}

/// What of a request is the conversation: settings, limits and cache markers are the client's own. Calls are named by
/// their order, since not every client sends ids.
fn said(request: &Request) -> Value {
    let mut calls: Vec<String> = Vec::new();
    let mut messages = Vec::new();
    for Message { role, content } in &request.messages {
        for block in content {
            if let Content::ToolCall { id, .. } = block {
                calls.push(id.clone());
            }
        }
        let blocks: Vec<Content> = content.iter().map(|block| plain(block, &calls)).collect();
        messages.push(json!({"role": role, "content": blocks}));
    }
    let system = dialect::neutral::text(&request.system);
    json!({"system": system, "messages": messages, "tools": request.tools})
}

/// A block without its marker, and with its call's place among `calls` for an id.
fn plain(block: &Content, calls: &[String]) -> Content {
    let named = |id: &String| match calls.iter().rposition(|call| call == id) {
        Some(place) => format!("call {place}"),
        None => "no call".to_owned(),
    };
    match block {
        Content::Text { text, .. } => Content::Text { text: text.clone(), cache: false },
        Content::ToolCall { id, name, arguments } => {
            Content::ToolCall { id: named(id), name: name.clone(), arguments: arguments.clone() }
        }
        Content::ToolResult { id, content, is_error } => Content::ToolResult {
            id: named(id),
            content: content.iter().map(|block| plain(block, calls)).collect(),
            is_error: *is_error,
        },
        other => other.clone(),
    }
}

/// What a client hears of an answer: its text, its calls, why it stopped, and how much it took. Reasoning is shown by each
/// dialect in its own way; what must come back of it is looked for in the next request.
fn heard(response: &Response) -> Value {
    let calls = response.content.iter().filter_map(|block| match block {
        Content::ToolCall { name, arguments, .. } => Some(json!({"name": name, "arguments": arguments})),
        _ => None,
    });
    let texts = response.content.iter().filter_map(|block| match block {
        Content::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    // Not every dialect tells a stop sequence from an end.
    let stop = match &response.stop {
        StopReason::StopSequence => StopReason::End.to_string(),
        stop => stop.to_string(),
    };
    // Nor reasoning from output, and what was read from a cache from what was written to it.
    let usage =
        response.usage.map(|usage| json!({"input": usage.input(), "output": usage.output + usage.reasoning}));
    json!({"text": texts.collect::<String>(), "calls": calls.collect::<Vec<_>>(), "stop": stop, "usage": usage})
}

/// A recorded answer, as it was read piece by piece.
struct Answer {
    deltas: Vec<Delta>,
    response: Response,
}

impl Answer {
    fn read(provider: Dialect, body: &[u8]) -> Result<Self, AnswerError> {
        let mut reader = Reader::new(provider, "");
        let mut deltas = Vec::new();
        if let Ok(value) = serde_json::from_slice(body) {
            reader.whole(value)?;
            let response = reader.response();
            return Ok(Self { deltas: dialect::stream::deltas(&response), response });
        }
        let mut events = Vec::new();
        let read = Parser::new(body.len() + 1).push(body, &mut events);
        read.map_err(|error| StreamError::Malformed(error.to_string()))?;
        for event in &events {
            reader.event(event, &mut deltas)?;
        }
        if reader.is_marked() || reader.has_stopped() {
            reader.end(reader.response().usage, &mut deltas);
        }
        Ok(Self { deltas, response: reader.response() })
    }

    fn whole(&self, client: Dialect) -> Result<Vec<u8>, String> {
        let encoded = dialect::encode_response(client, &self.response, 0, &Origins::default());
        encoded.map(|encoded| encoded.body.to_string().into_bytes()).map_err(|error| error.to_string())
    }

    fn streamed(&self, client: Dialect) -> Result<Vec<u8>, String> {
        let encoder = dialect::stream_encoder(client, 0, true, &Origins::default());
        let mut encoder = encoder.map_err(|error| error.to_string())?;
        let mut body = Vec::new();
        self.deltas.iter().for_each(|delta| encoder.delta(delta, &mut body));
        Ok(body)
    }
}

/// The first place where two values are not the same, and what they have there.
fn first_difference(plain: &Value, twin: &Value) -> Option<(String, String)> {
    fn at(path: String, plain: &Value, twin: &Value) -> Option<(String, String)> {
        match (plain, twin) {
            (Value::Object(one), Value::Object(other)) => {
                let below =
                    |name: &String| if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
                names.into_iter().find_map(|name| at(below(name), &plain[name], &twin[name]))
            }
            (Value::Array(one), Value::Array(other)) => (0..one.len().max(other.len())).find_map(|place| {
                let of = |list: &[Value]| list.get(place).cloned().unwrap_or_default();
                at(format!("{path}[{place}]"), &of(one), &of(other))
            }),
            _ if plain == twin => None,
            _ => Some((path, format!("{} became {}", shown(plain), shown(twin)))),
        }
    }
    at(String::new(), plain, twin)
}

/// A value, shortened.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use dialect::neutral::{Role, Tool, Usage};

    use super::*;

    const DIALECTS: [Dialect; 4] =
        [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];

    fn text(text: &str) -> Content {
        Content::Text { text: text.into(), cache: false }
    }

    fn call(id: &str, command: &str) -> Content {
        Content::ToolCall { id: id.into(), name: "bash".into(), arguments: json!({ "command": command }) }
    }

    fn result(id: &str, said: &str) -> Content {
        Content::ToolResult { id: id.into(), content: vec![text(said)], is_error: false }
    }

    /// What the bare loop asks.
    fn request(messages: Vec<(Role, Vec<Content>)>) -> Request {
        let tool = Tool {
            name: "bash".into(),
            description: "Runs a command.".into(),
            parameters: json!({"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}),
            hosted: None,
        };
        Request {
            model: "m".into(),
            system: vec![Content::Text { text: "You are careful.".into(), cache: true }],
            messages: messages.into_iter().map(|(role, content)| Message { role, content }).collect(),
            tools: vec![tool],
            stream: true,
            ..Request::default()
        }
    }

    fn answer(provider: Dialect, content: Vec<Content>, stop: StopReason) -> Vec<u8> {
        let usage = Some(Usage { input_uncached: 100, output: 10, ..Usage::default() });
        let response = Response { id: "r".into(), model: "m".into(), content, stop, usage };
        let mut encoder = dialect::stream_encoder(provider, 0, true, &Origins::default()).unwrap();
        let mut body = Vec::new();
        dialect::stream::deltas(&response).iter().for_each(|delta| encoder.delta(delta, &mut body));
        body
    }

    fn conversation(provider: Dialect, thought: &[Content]) -> (Vec<Request>, Vec<Vec<u8>>) {
        let turn = [thought, &[text("Two."), call("a", "ls"), call("b", "cat x")]].concat();
        let answers = [
            answer(provider, turn, StopReason::ToolCalls),
            answer(provider, vec![text("Done.")], StopReason::End),
        ];
        let turn = dialect::read_answer(provider, &answers[0]).unwrap().content;
        let called = turn.iter().filter_map(|block| match block {
            Content::ToolCall { id, .. } => Some(result(id, "<returncode>0</returncode>")),
            _ => None,
        });
        let results = called.collect();
        let first = vec![(Role::User, vec![text("Mend \"it\".")])];
        let second = [first.clone(), vec![(Role::Assistant, turn.clone()), (Role::User, results)]].concat();
        (vec![request(first), request(second)], answers.to_vec())
    }

    fn found(
        client: Dialect,
        provider: Dialect,
        requests: &[Request],
        answers: &[Vec<u8>],
    ) -> Vec<Difference> {
        let exchange = |(call, (request, answer)): (u32, (&Request, &'_ Vec<u8>))| {
            let (request, answer) = (request.clone(), answer.clone());
            (call, request, answer)
        };
        let all: Vec<_> = (1..).zip(requests.iter().zip(answers)).map(exchange).collect();
        let exchanges: Vec<Exchange<'_>> = all
            .iter()
            .map(|(call, request, answer)| Exchange {
                call: *call,
                request: request.clone(),
                answer: Some(answer),
            })
            .collect();
        differences(client, provider, &exchanges)
    }

    #[test]
    fn a_plain_conversation_is_the_same_in_every_dialect() {
        for provider in DIALECTS {
            let (requests, answers) = conversation(provider, &[]);
            for client in DIALECTS.into_iter().filter(|client| *client != provider) {
                assert_eq!(found(client, provider, &requests, &answers), [], "{client} to {provider}");
            }
        }
    }

    #[test]
    fn a_signature_that_a_client_cannot_hold_is_put_back() {
        let thought = Content::Reasoning { text: String::new(), signature: Some("c2lnbmVk".into()) };
        let (requests, answers) = conversation(Dialect::Gemini, &[thought]);
        for client in DIALECTS.into_iter().filter(|client| *client != Dialect::Gemini) {
            assert_eq!(found(client, Dialect::Gemini, &requests, &answers), [], "{client}");
        }
    }

    #[test]
    fn what_a_dialect_cannot_carry_is_a_difference_with_its_place() {
        let picture = Content::Image { media_type: "image/png".into(), data: "iVBORw0KGgo=".into() };
        let provider = Dialect::AnthropicMessages;
        let (mut requests, answers) = conversation(provider, &[]);
        let Some(Content::ToolResult { content, .. }) = requests[1].messages[2].content.first_mut() else {
            panic!("{requests:?}")
        };
        content.push(picture);
        let found = found(Dialect::OpenaiChat, provider, &requests, &answers);
        assert!(found.iter().all(|one| one.call == 2 && one.path.starts_with("messages[2]")), "{found:?}");
        assert!(!found.is_empty());
    }
}
