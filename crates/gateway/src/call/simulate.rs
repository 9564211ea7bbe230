//! A call that the simulated model answers.

use std::time::Duration;

use bytes::Bytes;
use dialect::{ErrorKind, neutral, stream};
use spec::model::{Character, Sim};

use super::{
    ending::Ending,
    progress::{Call, Progress},
};
use crate::{
    admission::Admission,
    now_ms,
    reply::{Head, JSON, Last, Reply},
    sim,
};

/// Pause between the pieces of the slow character's answers.
const SLOW: Duration = Duration::from_millis(150);

/// Lets the simulated model answer.
pub(super) async fn simulate(
    call: &Call,
    sim: &Sim,
    brief: &sim::Brief,
    admission: &Admission,
    reply: &mut Reply,
    progress: &mut Progress,
) -> Ending {
    let request = neutral::Request { max_output: Some(admission.output), ..call.request.clone() };
    let response = sim::answer(brief, &request, call.number - 1);
    progress.simulated = true;
    if sim.delay_ms > 0 {
        reply.while_waiting(true, tokio::time::sleep(Duration::from_millis(sim.delay_ms))).await;
    }
    let created = now_ms() / 1000;
    let wrong = |error: dialect::DecodeError| Ending::refused(call, ErrorKind::Internal, &error.to_string());
    if !call.request.stream {
        let body = match dialect::encode_response(call.dialect, &response, created, &call.request.origins) {
            Ok(encoded) => Bytes::from(encoded.body.to_string()),
            Err(error) => return wrong(error),
        };
        stream::deltas(&response).iter().for_each(|delta| progress.answer.simulated.add(delta));
        let head = Head { status: 200, content_type: JSON.into(), exhausted: false };
        return Ending { billed: true, ..Ending::ok(Last::Whole(head, body)) };
    }
    let origins = &call.request.origins;
    let mut encoder = match dialect::stream_encoder(call.dialect, created, call.include_usage, origins) {
        Ok(encoder) => encoder,
        Err(error) => return wrong(error),
    };
    progress.upstream = true;
    let slow = sim.character == Character::Slow;
    for delta in stream::deltas(&response) {
        let mut piece = Vec::new();
        encoder.delta(&delta, &mut piece);
        progress.answer.simulated.add(&delta);
        if delta == stream::Delta::End {
            return Ending { billed: true, ..Ending::ok(Last::Bytes(piece.into())) };
        }
        if reply.send(piece.into()).await.is_err() {
            return Ending { billed: true, ..Ending::cancelled("the client hung up") };
        }
        if slow {
            tokio::time::sleep(SLOW).await;
        }
    }
    Ending { billed: true, ..Ending::ok(Last::Bytes(Bytes::new())) }
}
