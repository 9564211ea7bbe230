//! A call answered from a record: the recorded bytes, and what they had cost.

use std::sync::Arc;

use bytes::Bytes;
use dialect::{ErrorKind, error};
use ledger::{CallRecord, Outcome, event::CallKind};
use vocabulary::{CallEnding, Flag, FlagName};

use super::{
    ending::{Ending, cause, failed},
    progress::{Call, Played, Progress},
};
use crate::{
    cassette::{Asked, Cassette, Found},
    provider::Failure,
    reply::{Head, Last, Reply},
};

/// Answers a call from the record, or refuses it.
pub(crate) async fn play(
    call: &Call,
    cassette: &Arc<Cassette>,
    reply: &mut Reply,
    progress: &mut Progress,
) -> Ending {
    let asked = Asked { kind: call.kind.kind, events: reply.sends_events(), body: call.body.clone() };
    let cassette = Arc::clone(cassette);
    let found = tokio::task::spawn_blocking(move || cassette.find(&asked)).await;
    let Found { answer, diverged, diff, detail } = match found.map_err(std::io::Error::other).flatten() {
        Ok(found) => found,
        Err(error) => {
            let why = format!("the record cannot be read: {error}");
            let failure = Some((Outcome::OrchBug, why.clone()));
            return Ending { failure, ..Ending::refused(call, ErrorKind::Internal, &why) };
        }
    };
    if diverged {
        call.session
            .state()
            .raise(Flag::new(FlagName::CassetteDiverged, format!("call {}: {detail}", call.number)));
    }
    let (record, bytes) = answer.unzip();
    let answer = bytes.as_ref().and_then(|bytes| dialect::read_answer(call.dialect, bytes).ok());
    progress.played = Some(Played { record: record.clone(), diverged, diff, answer });
    match (record, bytes) {
        (Some(record), Some(bytes)) => give(call, &record, bytes.into(), reply, progress).await,
        _ => refuse(call, &detail),
    }
}

/// Without its conversation a trial cannot go on; without a title it can.
fn refuse(call: &Call, detail: &str) -> Ending {
    let ends = !matches!(call.kind.kind, CallKind::Title | CallKind::Side)
        || call.session.spec.cassette.as_ref().is_some_and(|cassette| cassette.require_hit());
    let why = format!("call {}: {detail}", call.number);
    let ending = Ending::refused(call, ErrorKind::InvalidRequest, &why);
    Ending { failure: ends.then_some((Outcome::CassetteDiverged, why)), ..ending }
}

/// Gives the recorded answer, ended as it was recorded to end.
async fn give(
    call: &Call,
    record: &CallRecord,
    bytes: Bytes,
    reply: &mut Reply,
    progress: &mut Progress,
) -> Ending {
    progress.upstream = record.usage.is_some();
    progress.edits.clone_from(&record.edits);
    let detail = record.detail.clone();
    let content_type = record.content_type.clone().unwrap_or_else(|| reply.ok_head(false).content_type);
    let head = Head { status: record.status, content_type, exhausted: false };
    match record.ending {
        CallEnding::Truncated => {
            let why = detail.clone().unwrap_or_default();
            drop(reply.send_framed(bytes).await);
            let failure = Some((Outcome::Provider5xx, why.clone()));
            Ending { name: CallEnding::Truncated, detail, failure, ..Ending::ok(Last::Broken(why)) }
        }
        CallEnding::Cancelled => {
            if !bytes.is_empty() {
                drop(reply.send_framed(bytes).await);
            }
            // The provider had no more to say when the client hung up, or the trial ended: it will again.
            std::future::pending().await
        }
        CallEnding::Error | CallEnding::Refused if record.status >= 400 => {
            let mut failure =
                Failure::new(error::of_status(u64::from(record.status)), detail.unwrap_or_default());
            failure.answer = Some((record.status, bytes));
            failed(call, call.dialect, failure, reply)
        }
        CallEnding::Error | CallEnding::Refused => {
            // It was told in the stream, with no status of its own.
            let failure = Failure::new(ErrorKind::Upstream, detail.clone().unwrap_or_default());
            let failure = cause(call, &failure).map(|outcome| (outcome, failure.detail));
            Ending { name: record.ending, detail, failure, ..Ending::ok(Last::Whole(head, bytes)) }
        }
        CallEnding::Ok => Ending::ok(Last::Whole(head, bytes)),
        CallEnding::Exhausted | CallEnding::Unknown => {
            refuse(call, &format!("call {} of the record ended in a way that cannot be played", record.call))
        }
    }
}
