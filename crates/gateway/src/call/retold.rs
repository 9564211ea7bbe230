//! A usage that cannot be true, told anew to a client that reads the provider's own dialect: harnesses decide by it when
//! to compact, and it must be the one that is on record. All else goes on as it came.

use bytes::Bytes;
use dialect::sse::{Event, Parser};
use serde_json::Value;
use spec::Dialect;

use super::{answer::Answer, usage, way::Way};
use crate::{framing, now_ms};

/// The body of a whole answer.
pub(super) fn whole(body: Vec<u8>, way: Way<'_>, answer: &Answer) -> Bytes {
    let used = usage::of(way.admission, answer, true);
    let Some(mut told) = used.to_be_retold.then(|| serde_json::from_slice::<Value>(&body).ok()).flatten()
    else {
        return body.into();
    };
    match dialect::tell_usage(way.outbound, &mut told, &used.usage, true) {
        true => told.to_string().into(),
        false => body.into(),
    }
}

/// The last events of a stream, which tell the usage.
pub(super) fn streamed(last: Vec<u8>, way: Way<'_>, answer: &Answer) -> Vec<u8> {
    let used = usage::of(way.admission, answer, true);
    if !used.to_be_retold {
        return last;
    }
    let mut events = Vec::new();
    if Parser::new(last.len() + 1).push(&last, &mut events).is_err() {
        return last;
    }
    let (mut out, mut is_told) = (Vec::new(), false);
    for event in &mut events {
        let Ok(mut data) = serde_json::from_str::<Value>(&event.data) else {
            // The end mark: the last place where it can still be told.
            let asked = way.outbound == Dialect::OpenaiChat && way.call.include_usage;
            if asked && event.data.trim() == "[DONE]" && !std::mem::replace(&mut is_told, true) {
                let chunk = dialect::usage_chunk(&answer.response(), &used.usage, now_ms() / 1000);
                framing::write(&Event { event: String::new(), data: chunk.to_string() }, &mut out);
            }
            framing::write(event, &mut out);
            continue;
        };
        if dialect::tell_usage(way.outbound, &mut data, &used.usage, true) {
            is_told = true;
            event.data = data.to_string();
        }
        framing::write(event, &mut out);
    }
    out
}
