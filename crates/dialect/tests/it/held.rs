//! What must hold of any bytes whatever. The fuzzer (`fuzz/`) looks for bytes that break it; the tests hold every seed
//! and every find of the fuzzer against it.

use dialect::{
    Dialect, Passing, Reader,
    neutral::{Content, Origins, Request, Response, Sampling},
    sse,
    stream::{Accumulator, Delta, StreamError},
};
use serde_json::{Map, Value, json};

const ALL: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];

/// Largest event of a stream, in bytes.
const LIMIT: usize = 1 << 16;

/// A named property, for bytes of one target of the fuzzer.
pub type Property = (&'static str, fn(&[u8]));

/// All of them, by the names of the fuzzer's targets.
pub const PROPERTIES: [Property; 8] = [
    ("stream-openai-chat", |data| stream(Dialect::OpenaiChat, data)),
    ("stream-openai-responses", |data| stream(Dialect::OpenaiResponses, data)),
    ("stream-anthropic-messages", |data| stream(Dialect::AnthropicMessages, data)),
    ("stream-gemini", |data| stream(Dialect::Gemini, data)),
    ("whole", whole),
    ("request", request),
    ("passing", passing),
    ("sse", events),
];

/// The first byte says how the rest is cut.
fn chunks(data: &[u8]) -> (usize, &[u8]) {
    match data {
        [size, rest @ ..] => (usize::from(*size).max(1), rest),
        [] => (1, &[]),
    }
}

/// Events are the same however the bytes are cut.
pub fn events(data: &[u8]) {
    let (size, data) = chunks(data);
    let read = |chunks: std::slice::Chunks<'_, u8>| {
        let (mut parser, mut events) = (sse::Parser::new(LIMIT), Vec::new());
        for chunk in chunks {
            if parser.push(chunk, &mut events).is_err() {
                return (events, false);
            }
        }
        (events, parser.at_boundary())
    };
    assert_eq!(read(data.chunks(size)), read(data.chunks(data.len().max(1))));
}

/// What was passed on; what was read, whether it ended, and whether some of it turned out to be otherwise.
type Streamed = (Vec<Delta>, Result<(Response, bool, bool), StreamError>);

fn read<'a>(dialect: Dialect, chunks: impl Iterator<Item = &'a [u8]>) -> Streamed {
    let (mut parser, mut reader) = (sse::Parser::new(LIMIT), Reader::new(dialect, "c1"));
    let (mut events, mut deltas) = (Vec::new(), Vec::new());
    for chunk in chunks {
        if let Err(large) = parser.push(chunk, &mut events) {
            return (Vec::new(), Err(StreamError::Malformed(large.to_string())));
        }
        for event in events.drain(..) {
            if let Err(error) = reader.event(&event, &mut deltas) {
                return (Vec::new(), Err(error));
            }
        }
    }
    let ended = reader.is_marked() || reader.has_stopped();
    if ended {
        reader.end(reader.response().usage, &mut deltas);
    }
    (deltas, Ok((reader.response(), ended, !reader.replaced().is_empty())))
}

/// An answer is the same however its bytes are cut, and its encoders write streams that can be read.
pub fn stream(dialect: Dialect, data: &[u8]) {
    let (size, data) = chunks(data);
    let at_once = read(dialect, std::iter::once(data));
    assert_eq!(read(dialect, data.chunks(size)), at_once);
    let (deltas, Ok((response, ended, replaced))) = at_once else { return };
    put_right(dialect, data, &response);
    if ended && !replaced {
        let mut sum = Accumulator::default();
        deltas.iter().for_each(|delta| sum.add(delta));
        assert_eq!(said(&sum.response()), said(&response), "what is passed on is not what is recorded");
    }
    for client in ALL {
        let Ok(mut encoder) = dialect::stream_encoder(client, 1, true, &Origins::new()) else { continue };
        let mut bytes = Vec::new();
        deltas.iter().for_each(|delta| encoder.delta(delta, &mut bytes));
        let (_, got) = read(client, std::iter::once(&*bytes));
        let (got, got_end, _) = got.unwrap_or_else(|error| panic!("{client}: {error}"));
        if ended {
            assert!(got_end, "{client}: the answer ended, its translation does not");
        }
        if ended && !replaced {
            assert_eq!(said(&got), said(&response), "{client}");
        }
    }
}

/// What is put right for a client of the same dialect says the same, and there is nothing to be put right in it.
fn put_right(dialect: Dialect, data: &[u8], response: &Response) {
    let (mut parser, mut reader) = (sse::Parser::new(LIMIT), Reader::new(dialect, "c1"));
    let (mut events, mut bytes) = (Vec::new(), Vec::new());
    if parser.push(data, &mut events).is_err() {
        return;
    }
    for event in &events {
        drop(reader.event(event, &mut Vec::new()));
        let right = reader.mended(event);
        let right = right.as_ref().unwrap_or(event);
        sse::write(&right.event, &right.data.replace('\n', "\ndata: "), &mut bytes);
    }
    let (_, again) = read(dialect, std::iter::once(&*bytes));
    let (again, ..) = again.unwrap_or_else(|error| panic!("what was put right cannot be read: {error}"));
    assert_eq!(said(&again), said(response), "what was put right");
}

/// What an answer says and calls: what no translation may lose. In no order: what comes for a block after another has
/// begun is passed on behind that one, and recorded where it belongs.
fn said(response: &Response) -> (String, Vec<String>) {
    let calls = response.content.iter().filter_map(|block| match block {
        // Pieces of a call that nobody named call nothing.
        Content::ToolCall { name, .. } => Some(name.clone()).filter(|name| !name.is_empty()),
        _ => None,
    });
    let text = response.content.iter().filter_map(|block| match block {
        Content::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let mut letters: Vec<char> = text.flat_map(str::chars).collect();
    letters.sort_unstable();
    let mut calls: Vec<String> = calls.collect();
    calls.sort_unstable();
    (letters.into_iter().collect(), calls)
}

/// A whole answer that was read is read again, from every dialect.
pub fn whole(data: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(data) else { return };
    for dialect in ALL {
        let Ok(read) = dialect::decode_response(dialect, body.clone()) else { continue };
        for client in ALL {
            let sent = dialect::encode_response(client, &read.value, 1, &Origins::new()).unwrap();
            let again = dialect::decode_response(client, sent.body);
            let again = again.unwrap_or_else(|error| panic!("{dialect} to {client}: {error}")).value;
            assert_eq!(said(&again), said(&read.value), "{dialect} to {client}");
        }
    }
}

/// A request that was read is read again, from every dialect.
pub fn request(data: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(data) else { return };
    for dialect in ALL {
        let Ok(read) = dialect::decode_request(dialect, body.clone()) else { continue };
        for server in ALL {
            let Ok(mut sent) = dialect::encode_request(server, &read.value) else { continue };
            if server == Dialect::Gemini {
                // The dialect names it in the path.
                sent.body["model"] = json!("m");
            }
            let again = dialect::decode_request(server, sent.body);
            drop(again.unwrap_or_else(|error| panic!("{dialect} to {server}: {error}")));
        }
    }
}

/// What is edited in a request is what a reader of the request sees.
pub fn passing(data: &[u8]) {
    for dialect in ALL {
        let Ok(mut passing) = Passing::parse(dialect, data) else { continue };
        let Some(before) = reading(dialect, data) else { continue };
        passing.set_max_output(123, false);
        passing.pin(&Sampling { temperature: Some(0.25), ..Sampling::default() });
        passing.strip_server_tools();
        let (sent, _) = passing.finish(data);
        let after =
            reading(dialect, &sent).unwrap_or_else(|| panic!("{dialect}: the edited request cannot be read"));
        assert_eq!(after.max_output, Some(123), "{dialect}");
        assert_eq!((after.sampling.temperature, after.sampling.top_p), (Some(0.25), None), "{dialect}");
        assert_eq!(after.messages, before.messages, "{dialect}");
        // Gemini's API reads two spellings of a key; the others read one.
        let may_have = dialect != Dialect::Gemini || twins(data);
        assert!(may_have || !twins(&sent), "{dialect}: a key in two spellings");
        let mut stripped = after.clone();
        drop(dialect::strip_server_tools(&mut stripped, &mut Vec::new()));
        assert_eq!(stripped.tools, after.tools, "{dialect}: tools that the provider runs are left");
    }
}

/// Whether an object has a key twice, in camel and in snake case: a server may take either.
fn twins(body: &[u8]) -> bool {
    let plain = |key: &str| {
        let mut words = key.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| match word.split_at_checked(1) {
            Some((letter, rest)) => name + &letter.to_ascii_uppercase() + rest,
            None => name + word,
        })
    };
    let has = |map: &Map<String, Value>| {
        let mut keys: Vec<String> = map.keys().map(|key| plain(key)).collect();
        keys.sort();
        keys.windows(2).any(|pair| pair[0] == pair[1])
    };
    let Ok(Value::Object(map)) = serde_json::from_slice(body) else { return false };
    has(&map) || map.values().filter_map(Value::as_object).any(has)
}

fn reading(dialect: Dialect, data: &[u8]) -> Option<Request> {
    let mut body: Value = serde_json::from_slice(data).ok()?;
    if dialect == Dialect::Gemini {
        body.as_object_mut()?.insert("model".into(), json!("m"));
    }
    dialect::decode_request(dialect, body).ok().map(|read| read.value)
}
