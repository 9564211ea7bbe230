//! A provider's answer on its way to the client: passed on as it comes, a decoded copy metered; or translated.

use std::time::Duration;

use bytes::Bytes;
use dialect::{
    ErrorKind, Loss, error,
    neutral::{Origins, Response},
    stream::{Accumulator, Delta, StreamDecoder, StreamEncoder, StreamError},
};
use serde_json::Value;
use spec::Dialect;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    framing, now_ms,
    provider::{Event, Failure, Framing},
    reply::{Head, JSON, Last, Reply},
};

/// Largest whole answer, in bytes.
const LARGEST: usize = 64 << 20;

/// Longest wait for a provider to close an answer that is complete.
const CLOSING: Duration = Duration::from_secs(5);

/// How an answer is to be read and passed on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    /// The client's dialect.
    pub(crate) inbound: Dialect,
    /// The provider's dialect.
    pub(crate) outbound: Dialect,
    /// Whether chunks that hold usage only are kept from the client.
    pub(crate) drop_usage: bool,
    /// Whether the client of `openai-chat` asked for usage.
    pub(crate) include_usage: bool,
    /// Tools that the client knows otherwise than they were offered.
    pub(crate) origins: &'a Origins,
    /// Longest silence of the provider.
    pub(crate) silence: Duration,
    /// The session's tasks.
    pub(crate) tasks: &'a TaskTracker,
    /// Cancelled when the session closes.
    pub(crate) closing: &'a CancellationToken,
}

/// What came of a provider's answer, kept while it comes: a call may be cut off at any point.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// A streamed answer so far.
    pub(crate) stream: Accumulator,
    /// A whole answer.
    pub(crate) whole: Option<Response>,
    /// The usage object as it came.
    pub(crate) raw_usage: Option<Value>,
    /// Bytes that came.
    pub(crate) bytes: u64,
    /// What was odd, in words.
    pub(crate) notes: Vec<String>,
    /// What the client's dialect has no place for.
    pub(crate) losses: Vec<Loss>,
}

/// How the provider's part ended.
pub(crate) enum Relayed {
    /// It is complete.
    Complete(Last),
    /// It broke off, for this reason.
    Truncated(Last, String),
    /// The provider reported an error after the first byte was passed on, or the answer cannot be read.
    Failed(Last, Failure),
    /// The client is gone.
    HungUp,
}

/// Passes a whole answer on.
///
/// # Errors
/// When there is no answer in it: nothing was passed on then.
pub(crate) async fn whole(
    mut upstream: reqwest::Response,
    way: Way<'_>,
    reply: &mut Reply,
    answer: &mut Answer,
) -> Result<Relayed, Failure> {
    let content_type = content_type(&upstream);
    refuse_encoding(&upstream)?;
    let mut body = Vec::new();
    loop {
        match next(&mut upstream, way, true, reply, answer).await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST => body.extend_from_slice(&chunk),
            Ok(Some(_)) => {
                let why = "the provider's answer is too large";
                return Err(Failure::new(ErrorKind::Upstream, why).after_work());
            }
            Ok(None) => break,
            Err(why) => return Err(Failure::new(ErrorKind::Upstream, why).after_work()),
        }
    }
    let unread = |why: String| {
        Failure::new(ErrorKind::Upstream, format!("the provider's answer cannot be read: {why}")).after_work()
    };
    let value: Value = serde_json::from_slice(&body).map_err(|error| unread(error.to_string()))?;
    if let Some(error) = error::decode(&value) {
        return Err(Failure::new(error.kind, format!("the provider reported an error: {}", error.message)));
    }
    let decoded = dialect::decode_response(way.outbound, value).map_err(|error| unread(error.to_string()))?;
    answer.raw_usage = decoded.raw_usage;
    let body = if way.inbound == way.outbound {
        Bytes::from(body)
    } else {
        let encoded = dialect::encode_response(way.inbound, &decoded.value, now_ms() / 1000, way.origins);
        let encoded = encoded.map_err(|error| unread(error.to_string()))?;
        answer.losses.extend(decoded.losses.into_iter().chain(encoded.losses));
        Bytes::from(encoded.body.to_string())
    };
    answer.whole = Some(decoded.value);
    let content_type = if way.inbound == way.outbound { content_type } else { JSON.into() };
    let head = Head { status: 200, content_type, exhausted: false };
    Ok(Relayed::Complete(Last::Whole(head, body)))
}

/// Passes a streamed answer on.
///
/// # Errors
/// When it fails before anything was passed on.
pub(crate) async fn stream(
    mut upstream: reqwest::Response,
    framing: Box<dyn Framing>,
    way: Way<'_>,
    reply: &mut Reply,
    answer: &mut Answer,
) -> Result<Relayed, Failure> {
    refuse_encoding(&upstream)?;
    if content_type(&upstream).contains("json") {
        // Not a stream after all: an error object, or a server that knows no streams.
        return unstreamed(upstream, way, reply, answer).await;
    }
    let mut stream = Stream::new(framing, way)?;
    loop {
        let chunk = match next(&mut upstream, way, stream.framing.at_boundary(), reply, answer).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return stream.end(answer, reply),
            Err(why) if !reply.has_sent() && !stream.read_events => {
                return Err(Failure::new(ErrorKind::Upstream, why).worth_a_retry());
            }
            Err(why) => return Ok(Relayed::Truncated(Last::Broken(why.clone()), why)),
        };
        let pass = match stream.read(&chunk, answer) {
            Ok(pass) => pass,
            Err(failure) if !reply.has_sent() => return Err(failure),
            Err(failure) => {
                let last = error::event(way.inbound, failure.kind, &failure.detail);
                return Ok(Relayed::Failed(Last::Bytes(last.into()), failure));
            }
        };
        answer.raw_usage = stream.decoder.raw_usage();
        if answer.stream.ended() && stream.hold_back(&pass) {
            continue;
        }
        if answer.stream.ended() {
            // The connection is of use again once the provider has closed its answer.
            let rest = async move { while let Ok(Some(_)) = upstream.chunk().await {} };
            let closing = way.closing.clone();
            way.tasks.spawn(async move {
                closing.run_until_cancelled(tokio::time::timeout(CLOSING, rest)).await;
            });
            return Ok(Relayed::Complete(Last::Bytes(pass)));
        }
        if !pass.is_empty() && reply.send(pass).await.is_err() {
            return Ok(Relayed::HungUp);
        }
    }
}

/// A client that asked for a stream, and a provider that gave a whole answer: an error object, or the whole of it.
async fn unstreamed(
    upstream: reqwest::Response,
    way: Way<'_>,
    reply: &mut Reply,
    answer: &mut Answer,
) -> Result<Relayed, Failure> {
    let relayed = whole(upstream, way, reply, answer).await?;
    let (Relayed::Complete(_), Some(response)) = (&relayed, &answer.whole) else { return Ok(relayed) };
    let encoder = dialect::stream_encoder(way.inbound, now_ms() / 1000, way.include_usage, way.origins);
    let mut encoder = encoder.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    let mut out = Vec::new();
    for delta in dialect::stream::deltas(response) {
        encoder.delta(&delta, &mut out);
    }
    answer.notes.push("the provider did not stream".into());
    Ok(Relayed::Complete(Last::Bytes(out.into())))
}

struct Stream {
    framing: Box<dyn Framing>,
    decoder: Box<dyn StreamDecoder>,
    carried: Carried,
    read_events: bool,
}

/// How what is read reaches the client.
enum Carried {
    /// In the provider's own bytes. Those that came before the first event was complete are held back: nothing is
    /// passed on until it is known not to be an error.
    AsItCame { held_back: Vec<u8> },
    /// In the provider's events, framed anew.
    Reframed { drop_usage: bool },
    /// In another dialect.
    Translated(Box<dyn StreamEncoder>),
}

impl Stream {
    fn new(framing: Box<dyn Framing>, way: Way<'_>) -> Result<Self, Failure> {
        let wrong = |error: dialect::DecodeError| Failure::new(ErrorKind::Internal, error.to_string());
        let decoder = dialect::stream_decoder(way.outbound).map_err(wrong)?;
        let carried = if way.inbound != way.outbound {
            let (created, usage) = (now_ms() / 1000, way.include_usage);
            let encoder = dialect::stream_encoder(way.inbound, created, usage, way.origins);
            Carried::Translated(encoder.map_err(wrong)?)
        } else if way.drop_usage || !framing.is_the_clients() {
            Carried::Reframed { drop_usage: way.drop_usage }
        } else {
            Carried::AsItCame { held_back: Vec::new() }
        };
        Ok(Self { framing, decoder, carried, read_events: false })
    }

    /// Reads a chunk; what is to be passed on for it.
    fn read(&mut self, chunk: &Bytes, answer: &mut Answer) -> Result<Bytes, Failure> {
        let mut events = Vec::new();
        let framed = self.framing.read(chunk, &mut events);
        let mut pass = Vec::new();
        for event in &events {
            let deltas = self.decode(event, answer)?;
            self.read_events = true;
            deltas.iter().for_each(|delta| answer.stream.add(delta));
            match &mut self.carried {
                Carried::AsItCame { .. } => {}
                Carried::Reframed { drop_usage } if *drop_usage && usage_only(event) => {}
                Carried::Reframed { .. } => framing::write(event, &mut pass),
                Carried::Translated(encoder) => {
                    deltas.iter().for_each(|delta| encoder.delta(delta, &mut pass))
                }
            }
        }
        framed.map_err(|why| Failure::new(ErrorKind::Upstream, why).after_work())?;
        let Carried::AsItCame { held_back } = &mut self.carried else { return Ok(pass.into()) };
        if self.read_events && held_back.is_empty() {
            return Ok(chunk.clone());
        }
        held_back.extend_from_slice(chunk);
        Ok(if self.read_events { std::mem::take(held_back).into() } else { Bytes::new() })
    }

    fn decode(&mut self, event: &Event, answer: &mut Answer) -> Result<Vec<Delta>, Failure> {
        let mut deltas = Vec::new();
        match self.decoder.event(event, &mut deltas) {
            Ok(()) => {}
            Err(StreamError::Upstream(error)) => {
                let failure = Failure::new(error.kind, error.message);
                let may_pass = matches!(
                    failure.kind,
                    ErrorKind::RateLimit | ErrorKind::Overloaded | ErrorKind::Upstream
                );
                return Err(if may_pass && !self.read_events { failure.worth_a_retry() } else { failure });
            }
            Err(StreamError::Malformed(why)) if matches!(self.carried, Carried::Translated(_)) => {
                let why = format!("an event of the provider's cannot be read: {why}");
                return Err(Failure::new(ErrorKind::Upstream, why).after_work());
            }
            Err(StreamError::Malformed(why)) => answer.notes.push(format!("unreadable event: {why}")),
        }
        Ok(deltas)
    }

    /// Keeps what would be passed on, where the byte that ends it is still to come.
    fn hold_back(&mut self, pass: &Bytes) -> bool {
        match &mut self.carried {
            Carried::AsItCame { held_back } if self.framing.awaits_a_byte() => {
                held_back.extend_from_slice(pass);
                true
            }
            _ => false,
        }
    }

    /// The provider closed its answer without the dialect's end mark.
    fn end(mut self, answer: &mut Answer, reply: &Reply) -> Result<Relayed, Failure> {
        if answer.stream.stopped() {
            // All was said: some servers leave the mark out.
            answer.stream.add(&Delta::End);
            let mut last = Vec::new();
            match &mut self.carried {
                Carried::AsItCame { held_back } => last.append(held_back),
                Carried::Reframed { .. } => {}
                Carried::Translated(encoder) => encoder.delta(&Delta::End, &mut last),
            }
            return Ok(Relayed::Complete(Last::Bytes(last.into())));
        }
        let why = "the provider's answer ended too early".to_owned();
        if !reply.has_sent() && !self.read_events {
            return Err(Failure::new(ErrorKind::Upstream, why).worth_a_retry());
        }
        Ok(Relayed::Truncated(Last::Broken(why.clone()), why))
    }
}

/// A chunk of `openai-chat` that holds usage and nothing else.
fn usage_only(event: &Event) -> bool {
    let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
    data["usage"].is_object() && data["choices"].as_array().is_none_or(Vec::is_empty)
}

async fn next(
    upstream: &mut reqwest::Response,
    way: Way<'_>,
    between_events: bool,
    reply: &mut Reply,
    answer: &mut Answer,
) -> Result<Option<Bytes>, String> {
    let chunk = tokio::time::timeout(way.silence, upstream.chunk());
    match reply.while_waiting(between_events, chunk).await {
        Ok(Ok(chunk)) => {
            answer.bytes += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
            Ok(chunk)
        }
        Ok(Err(_)) => Err("the connection to the provider broke".into()),
        Err(_) => Err("the provider fell silent".into()),
    }
}

fn content_type(upstream: &reqwest::Response) -> String {
    let value = upstream.headers().get(http::header::CONTENT_TYPE);
    value.and_then(|value| value.to_str().ok()).unwrap_or(JSON).to_owned()
}

/// Encodings were asked not to be used; what is compressed cannot be metered.
fn refuse_encoding(upstream: &reqwest::Response) -> Result<(), Failure> {
    let encoding = upstream.headers().get(http::header::CONTENT_ENCODING);
    match encoding.and_then(|value| value.to_str().ok()) {
        None | Some("identity" | "") => Ok(()),
        Some(encoding) => {
            let why = format!("the provider sent content-encoding `{encoding}` though none was asked for");
            Err(Failure::new(ErrorKind::Upstream, why).after_work())
        }
    }
}
