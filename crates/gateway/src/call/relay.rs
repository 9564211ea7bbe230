//! A provider's answer on its way to the client: passed on as it comes, a decoded copy metered; or translated.

use std::time::Duration;

use bytes::Bytes;
use dialect::{
    ErrorKind, Reader, error,
    neutral::Response,
    stream::{Delta, StreamError},
};
use spec::Dialect;

use super::{
    answer::Answer,
    mending::{self, Carried, Mending},
    retold,
    upstream::{content_type, is_json, next, refuse_encoding},
    usage,
    way::Way,
};
use crate::{
    framing, now_ms,
    provider::{Event, Failure, Framing},
    reply::{Head, JSON, Last, Reply},
};

/// Largest whole answer, in bytes.
const LARGEST: usize = 64 << 20;

/// Longest silence after the dialect's end mark: a body that does not end then is taken to have ended.
const AFTER_THE_MARK: Duration = Duration::from_secs(1);

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
    framing: Box<dyn Framing>,
    way: Way<'_>,
    reply: &mut Reply,
    answer: &mut Answer,
) -> Result<Relayed, Failure> {
    refuse_encoding(&upstream)?;
    rest(Vec::new(), &mut upstream, framing, way, reply, answer).await
}

/// The same, where some of it came.
async fn rest(
    mut body: Vec<u8>,
    upstream: &mut reqwest::Response,
    framing: Box<dyn Framing>,
    way: Way<'_>,
    reply: &mut Reply,
    answer: &mut Answer,
) -> Result<Relayed, Failure> {
    let content_type = content_type(upstream);
    loop {
        match next(upstream, way, true, reply, answer).await {
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
    if !is_json(&body) && !body.trim_ascii().is_empty() {
        return streamed(&body, framing, way, answer);
    }
    let text = String::from_utf8_lossy(&body);
    let value = dialect::lenient(&text).map_err(|error| unread(error.to_string()))?;
    if let Some(error) = error::in_body(&value) {
        return Err(Failure::new(error.kind, format!("the provider reported an error: {}", error.message)));
    }
    let reader = answer.reader.insert(way.reader());
    reader.whole(value).map_err(|error| unread(error.to_string()))?;
    if way.translates() {
        return encoded(way, answer);
    }
    if let Some(right) = reader.mended_whole(&body) {
        body = right.to_string().into_bytes();
        answer.notes.push(mending::NOTE.into());
    }
    let head = Head { status: 200, content_type, exhausted: false };
    Ok(Relayed::Complete(Last::Whole(head, retold::whole(body, way, answer))))
}

/// What was read, as a whole answer in the client's dialect.
fn encoded(way: Way<'_>, answer: &mut Answer) -> Result<Relayed, Failure> {
    let told = usage::of(way.admission, answer, true);
    let response = Response { usage: Some(told.usage), ..answer.response() };
    let (created, origins) = (now_ms() / 1000, &way.call.request.origins);
    let encoded = dialect::encode_response(way.call.dialect, &response, created, origins);
    let encoded = encoded.map_err(|error| Failure::new(ErrorKind::Internal, error.to_string()))?;
    answer.losses.extend(answer.reader.iter().flat_map(|reader| reader.losses().to_vec()));
    answer.losses.extend(encoded.losses);
    let head = Head { status: 200, content_type: JSON.into(), exhausted: false };
    Ok(Relayed::Complete(Last::Whole(head, encoded.body.to_string().into())))
}

/// A client that asked for a whole answer, and a provider that streamed one.
fn streamed(
    body: &[u8],
    mut framing: Box<dyn Framing>,
    way: Way<'_>,
    answer: &mut Answer,
) -> Result<Relayed, Failure> {
    let unread = |why: String| {
        Failure::new(ErrorKind::Upstream, format!("the provider's answer cannot be read: {why}")).after_work()
    };
    let mut events = Vec::new();
    framing.read(body, &mut events).map_err(unread)?;
    let reader = answer.reader.insert(way.reader());
    let mut deltas = Vec::new();
    for event in &events {
        match reader.event(event, &mut deltas) {
            Ok(()) => {}
            Err(StreamError::Upstream(error)) => return Err(Failure::new(error.kind, error.message)),
            Err(StreamError::Malformed(why)) => return Err(unread(why)),
        }
    }
    if !reader.is_marked() && !reader.has_stopped() {
        return Err(unread("it ended too early".into()));
    }
    reader.end(None, &mut deltas);
    if framing.is_the_clients() {
        answer.notes.push("the provider streamed though a whole answer was asked for".into());
    }
    encoded(way, answer)
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
    let mut stream = Stream::new(framing, way)?;
    answer.reader = Some(way.reader());
    loop {
        // The client is always between events: it gets whole ones.
        let chunk = match next(&mut upstream, stream.way_on(answer), true, reply, answer).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return stream.end(answer, reply),
            // All of it was there: what is missing is the end of the connection.
            Err(_) if answer.is_all_there(way.outbound) => return stream.end(answer, reply),
            Err(why) if !reply.has_sent() && !stream.read_events => {
                return Err(Failure::new(ErrorKind::Upstream, why).worth_a_retry());
            }
            Err(why) => return Ok(Relayed::Truncated(Last::Broken(why.clone()), why)),
        };
        if !stream.read_events && stream.framing.at_boundary() && is_json(&chunk) {
            // Not a stream after all: an error object, or a server that knows no streams.
            return unstreamed(chunk, upstream, stream.framing, way, reply, answer).await;
        }
        let pass = match stream.read(&chunk, answer) {
            Ok(pass) => pass,
            // What had been made before the error will be billed.
            Err(failure) if !reply.has_sent() && stream.read_events => return Err(failure.after_work()),
            Err(failure) if !reply.has_sent() => return Err(failure),
            Err(failure) => {
                let last = error::event(way.call.dialect, failure.kind, &failure.detail);
                return Ok(Relayed::Failed(Last::Bytes(last.into()), failure));
            }
        };
        match stream.hold_back(pass, answer) {
            pass if pass.is_empty() => reply.stay_in_touch(true),
            pass => {
                if reply.send(pass).await.is_err() {
                    return Ok(Relayed::HungUp);
                }
            }
        }
    }
}

/// A client that asked for a stream, and a provider that gave a whole answer: an error object, or the whole of it.
async fn unstreamed(
    begin: Bytes,
    mut upstream: reqwest::Response,
    framing: Box<dyn Framing>,
    way: Way<'_>,
    reply: &mut Reply,
    answer: &mut Answer,
) -> Result<Relayed, Failure> {
    let relayed = rest(begin.to_vec(), &mut upstream, framing, way, reply, answer).await?;
    let Relayed::Complete(_) = &relayed else { return Ok(relayed) };
    let told = usage::of(way.admission, answer, true);
    let response = Response { usage: Some(told.usage), ..answer.response() };
    let mut encoder = way.encoder()?;
    let mut out = Vec::new();
    for delta in dialect::stream::deltas(&response) {
        encoder.delta(&delta, &mut out);
    }
    answer.notes.push("the provider did not stream".into());
    Ok(Relayed::Complete(Last::Bytes(out.into())))
}

struct Stream<'a> {
    way: Way<'a>,
    framing: Box<dyn Framing>,
    carried: Carried,
    read_events: bool,
    /// What came last, once there may be nothing more: the client gets it when the call is on record.
    held_back: Vec<u8>,
}

impl<'a> Stream<'a> {
    fn new(framing: Box<dyn Framing>, way: Way<'a>) -> Result<Self, Failure> {
        let carried = if way.translates() {
            Carried::Translated(way.encoder()?)
        } else if !framing.is_the_clients() {
            Carried::Reframed
        } else if way.outbound == Dialect::OpenaiChat {
            Carried::Mended(Mending::new(way.drop_usage))
        } else {
            Carried::AsItCame { begun: Vec::new() }
        };
        Ok(Self { way, framing, carried, read_events: false, held_back: Vec::new() })
    }

    /// The way with the silence that is borne now.
    fn way_on(&self, answer: &Answer) -> Way<'a> {
        let silence =
            if answer.is_marked() { AFTER_THE_MARK.min(self.way.silence) } else { self.way.silence };
        Way { silence, ..self.way }
    }

    /// Reads a chunk; what is to be passed on for it.
    fn read(&mut self, chunk: &Bytes, answer: &mut Answer) -> Result<Bytes, Failure> {
        if matches!(self.carried, Carried::Mended(_)) {
            return self.mend(chunk, answer);
        }
        let mut events = Vec::new();
        let framed = self.framing.read(chunk, &mut events);
        let mut pass = Vec::new();
        for event in &events {
            let deltas = self.decode(event, answer)?;
            self.read_events = true;
            match &mut self.carried {
                Carried::AsItCame { .. } | Carried::Mended(_) => {}
                Carried::Reframed => framing::write(event, &mut pass),
                Carried::Translated(encoder) => {
                    deltas.iter().for_each(|delta| encoder.delta(delta, &mut pass))
                }
            }
        }
        framed.map_err(|why| Failure::new(ErrorKind::Upstream, why).after_work())?;
        let Carried::AsItCame { begun } = &mut self.carried else { return Ok(pass.into()) };
        let at_boundary = self.framing.at_boundary();
        if begun.is_empty() && at_boundary && self.read_events {
            return Ok(chunk.clone());
        }
        begun.extend_from_slice(chunk);
        // Nothing is passed on until it is known not to be an error, and no part of an event.
        let end = match (self.read_events, at_boundary) {
            (false, _) => 0,
            (true, true) => begun.len(),
            (true, false) => framing::last_boundary(begun),
        };
        let rest = begun.split_off(end);
        Ok(std::mem::replace(begun, rest).into())
    }

    /// The same, event by event. An event ends with a line.
    fn mend(&mut self, chunk: &Bytes, answer: &mut Answer) -> Result<Bytes, Failure> {
        let mut pass = Vec::new();
        for line in chunk.split_inclusive(|byte| *byte == b'\n') {
            let mut events = Vec::new();
            let framed = self.framing.read(line, &mut events);
            if let Carried::Mended(mending) = &mut self.carried {
                mending.begin(line);
            }
            for event in &events {
                self.decode(event, answer)?;
                self.read_events = true;
                if let (Carried::Mended(mending), Some(reader)) = (&mut self.carried, &mut answer.reader) {
                    mending.event(event, reader);
                }
            }
            framed.map_err(|why| Failure::new(ErrorKind::Upstream, why).after_work())?;
            if let Carried::Mended(mending) = &mut self.carried
                && self.read_events
                && self.framing.at_boundary()
            {
                mending.end_event(answer.is_marked(), &mut pass);
            }
        }
        Ok(pass.into())
    }

    fn decode(&mut self, event: &Event, answer: &mut Answer) -> Result<Vec<Delta>, Failure> {
        let mut deltas = Vec::new();
        let reader = answer.reader.get_or_insert_with(|| self.way.reader());
        match reader.event(event, &mut deltas) {
            Ok(()) => {}
            // What comes after the end mark is of no account.
            Err(_) if reader.is_marked() => {}
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

    /// Keeps what may be the last of it, and gives what is known not to be: all that came once the end mark did, or
    /// the last piece that came since a reason to stop.
    fn hold_back(&mut self, pass: Bytes, answer: &Answer) -> Bytes {
        let reader = answer.reader.as_ref();
        if reader.is_some_and(Reader::is_marked) {
            self.held_back.extend_from_slice(&pass);
            return Bytes::new();
        }
        if pass.is_empty() {
            return pass;
        }
        let mut before = std::mem::take(&mut self.held_back);
        if reader.is_some_and(Reader::has_stopped) {
            self.held_back.extend_from_slice(&pass);
            return before.into();
        }
        before.extend_from_slice(&pass);
        before.into()
    }

    /// The provider's body ended.
    fn end(mut self, answer: &mut Answer, reply: &Reply) -> Result<Relayed, Failure> {
        let reader = answer.reader.get_or_insert_with(|| self.way.reader());
        let is_empty =
            !reader.has_stopped() && reader.raw_usage().is_none() && reader.response().content.is_empty();
        if is_empty || (!reader.is_marked() && !reader.has_stopped()) {
            let why = "the provider's answer ended too early".to_owned();
            if !reply.has_sent() && (is_empty || !self.read_events) {
                return Err(Failure::new(ErrorKind::Upstream, why).worth_a_retry());
            }
            return Ok(Relayed::Truncated(Last::Broken(why.clone()), why));
        }
        let mut last = std::mem::take(&mut self.held_back);
        let told = usage::of(self.way.admission, answer, true);
        let reader = answer.reader.get_or_insert_with(|| self.way.reader());
        // The client has got it all, but nobody has read it.
        let unread = reader.losses().iter().filter(|loss| loss.path == "data");
        answer.notes.extend(unread.map(|loss| format!("unreadable event: {}", loss.reason)));
        let mut deltas = Vec::new();
        reader.end(Some(told.usage), &mut deltas);
        match &mut self.carried {
            Carried::AsItCame { begun } => last.append(begun),
            Carried::Mended(mending) => {
                mending.end(reader, &mut last);
                answer.notes.extend(mending.mended.then(|| mending::NOTE.into()));
            }
            Carried::Reframed => {}
            Carried::Translated(encoder) => {
                deltas.iter().for_each(|delta| encoder.delta(delta, &mut last));
                // As many as of a whole answer: what the client's dialect cannot carry among them.
                let (request, response) = (&self.way.call.request, reader.response());
                let encoded = dialect::encode_response(self.way.call.dialect, &response, 0, &request.origins);
                let encoded = encoded.map(|encoded| encoded.losses).unwrap_or_default();
                answer.losses.extend(reader.losses().iter().cloned().chain(reader.replaced()).chain(encoded));
            }
        }
        if !self.way.translates() {
            last = retold::streamed(last, self.way, answer);
        }
        Ok(Relayed::Complete(Last::Bytes(last.into())))
    }
}
