//! AWS's binary event stream, as Bedrock streams the answers of `InvokeModel`.

use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::event_stream::{HeaderValue, Message};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use dialect::{ErrorKind, error};
use serde_json::Value;
use spec::Dialect;

use super::framing::{Event, Framing, LARGEST_EVENT};

/// What reads the messages of one operation.
pub(super) trait Read: Send {
    /// A message that is no exception, as events of Anthropic's.
    fn event(&mut self, name: &str, payload: Value) -> Result<Vec<Event>, String>;
}

/// Each message has a length, headers, a payload, and sums that are checked.
pub(crate) struct EventStream {
    unread: BytesMut,
    read: Box<dyn Read>,
}

impl EventStream {
    /// A stream whose messages `read` reads.
    pub(super) fn of(read: Box<dyn Read>) -> Self {
        Self { unread: BytesMut::new(), read }
    }
}

impl Default for EventStream {
    fn default() -> Self {
        Self::of(Box::new(Chunks))
    }
}

/// The messages of `InvokeModelWithResponseStream`: each chunk holds an event as it would have been streamed.
struct Chunks;

impl Read for Chunks {
    fn event(&mut self, _: &str, payload: Value) -> Result<Vec<Event>, String> {
        let unread = |error: &dyn std::fmt::Display| format!("a message of the event stream: {error}");
        let bytes = payload["bytes"].as_str().ok_or("a message of the event stream holds no bytes")?;
        let bytes = STANDARD.decode(bytes).map_err(|error| unread(&error))?;
        let data = String::from_utf8(bytes).map_err(|error| unread(&error))?;
        let name: Value = serde_json::from_str(&data).unwrap_or_default();
        Ok(vec![Event { event: name["type"].as_str().unwrap_or_default().to_owned(), data }])
    }
}

impl Framing for EventStream {
    fn read(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), String> {
        self.unread.extend_from_slice(bytes);
        while let Some(length) = self.unread.first_chunk().map(|bytes| u32::from_be_bytes(*bytes)) {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length > LARGEST_EVENT {
                return Err("a message of the event stream is too large".into());
            }
            if self.unread.len() < length {
                break;
            }
            let message = read_message_from(&mut self.unread.split_to(length));
            let message = message.map_err(|error| format!("a message of the event stream: {error}"))?;
            match exception_of(&message) {
                Some(exception) => events.push(exception),
                None => {
                    let payload: Value = serde_json::from_slice(message.payload())
                        .map_err(|error| format!("a message of the event stream: {error}"))?;
                    let name = header(&message, ":event-type").unwrap_or_default();
                    events.extend(self.read.event(name, payload)?);
                }
            }
        }
        Ok(())
    }

    fn at_boundary(&self) -> bool {
        self.unread.is_empty()
    }

    fn is_the_clients(&self) -> bool {
        false
    }
}

/// An exception, as an error of Anthropic's; `None` for a message that is none.
fn exception_of(message: &Message) -> Option<Event> {
    let kind = header(message, ":message-type").filter(|kind| *kind != "event")?;
    let payload: Value = serde_json::from_slice(message.payload()).unwrap_or_default();
    let name = header(message, ":exception-type").or(header(message, ":error-code")).unwrap_or(kind);
    let words = ["message", "Message", "originalMessage"].into_iter().find_map(|key| payload[key].as_str());
    let words = words.or(header(message, ":error-message")).unwrap_or_default();
    let body = error::body(Dialect::AnthropicMessages, exception(name), &format!("{name}: {words}"));
    Some(Event { event: "error".into(), data: body.to_string() })
}

fn header<'m>(message: &'m Message, name: &str) -> Option<&'m str> {
    let header = message.headers().iter().find(|header| header.name().as_str() == name)?;
    match header.value() {
        HeaderValue::String(text) => Some(text.as_str()),
        _ => None,
    }
}

fn exception(name: &str) -> ErrorKind {
    match name.to_ascii_lowercase().as_str() {
        "throttlingexception" | "modelnotreadyexception" => ErrorKind::RateLimit,
        "serviceunavailableexception" => ErrorKind::Overloaded,
        "validationexception" => ErrorKind::InvalidRequest,
        "accessdeniedexception" => ErrorKind::Permission,
        "resourcenotfoundexception" => ErrorKind::NotFound,
        _ => ErrorKind::Upstream,
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::Header;
    use serde_json::json;

    use super::*;

    fn framed(headers: &[(&'static str, &'static str)], payload: &Value) -> Vec<u8> {
        let headers =
            headers.iter().map(|(name, value)| Header::new(*name, HeaderValue::String((*value).into())));
        let message = Message::new_from_parts(headers.collect(), payload.to_string().into_bytes());
        let mut out = Vec::new();
        write_message_to(&message, &mut out).unwrap();
        out
    }

    fn chunk(data: &str) -> Vec<u8> {
        let headers = [(":event-type", "chunk"), (":message-type", "event")];
        framed(&headers, &json!({"bytes": STANDARD.encode(data), "p": "abcd"}))
    }

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let said = [r#"{"type":"message_start","message":{}}"#, r#"{"type":"ping"}"#, r#"{"x":"ä"}"#];
        let bytes: Vec<u8> = said.iter().flat_map(|data| chunk(data)).collect();
        for size in 1..=bytes.len() {
            let (mut framing, mut events) = (EventStream::default(), Vec::new());
            for piece in bytes.chunks(size) {
                framing.read(piece, &mut events).unwrap();
            }
            assert!(framing.at_boundary());
            let read: Vec<&str> = events.iter().map(|event| event.data.as_str()).collect();
            assert_eq!(read, said, "in pieces of {size}");
            assert_eq!(events[0].event, "message_start");
        }
    }

    #[test]
    fn an_exception_is_an_error_of_its_kind() {
        let headers = [(":exception-type", "throttlingException"), (":message-type", "exception")];
        let mut events = Vec::new();
        let bytes = framed(&headers, &json!({"message": "Too many tokens"}));
        EventStream::default().read(&bytes, &mut events).unwrap();
        let body: Value = serde_json::from_str(&events[0].data).unwrap();
        assert_eq!(events[0].event, "error");
        assert_eq!(body["error"]["type"], "rate_limit_error");
        assert_eq!(body["error"]["message"], "throttlingException: Too many tokens");
    }

    #[test]
    fn what_is_no_event_stream_is_refused() {
        let read = |bytes: &[u8]| EventStream::default().read(bytes, &mut Vec::new());
        let mut broken = chunk("{}");
        let last = broken.len() - 1;
        broken[last] ^= 1;
        assert!(read(&broken).unwrap_err().contains("event stream"), "the sum is wrong");
        assert!(read(b"data: {}\n\n").unwrap_err().contains("too large"));
        assert!(read(&framed(&[(":event-type", "chunk")], &json!({}))).is_err());
    }
}
