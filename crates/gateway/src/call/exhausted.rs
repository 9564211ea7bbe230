//! What is answered once the budget is gone.

use dialect::{
    ErrorKind, error,
    neutral::{Content, Response, StopReason, ToolChoice, Usage},
    stream,
};
use spec::harness::Exhausted;

use vocabulary::CallEnding;

use super::{ending::Ending, progress::Call};
use crate::{
    now_ms,
    reply::{Head, JSON, Last, Reply},
    state::Stopped,
};

/// Final messages to one conversation; after so many, the status form. A harness that goes on after them does not read them.
const FINAL_MESSAGES: u32 = 3;

/// The answer to a call that came too late: a final message without tool calls, or the dialect's refusal where the
/// harness declares it or a message would be of no use. Neither costs anything.
pub(crate) fn answer(call: &Call, why: Stopped, reply: &Reply) -> Ending {
    let answered = call.session.state().answer_exhausted(why, call.weighed.conversation);
    call.session.exhausted.send_replace(Some(why));
    let request = &call.request;
    let forced = matches!(request.tool_choice, ToolChoice::Any | ToolChoice::Named(_));
    let status = call.session.spec.exhausted == Exhausted::Status
        || forced
        || request.output_schema.is_some()
        || answered > FINAL_MESSAGES;
    let detail = match why {
        Stopped::Budget => "the budget is used up",
        Stopped::Calls => "the calls of this trial are used up",
    };
    let ending = Ending {
        name: CallEnding::Exhausted,
        detail: Some(detail.into()),
        ..Ending::ok(Last::Broken(detail.into()))
    };
    // A status cannot follow a head that keep-alives sent.
    let last = if status && !reply.is_begun() { refusal(call, detail) } else { message(call, detail) };
    match last {
        Ok(last) => Ending { last, ..ending },
        Err(error) => Ending { detail: Some(error.to_string()), ..ending },
    }
}

fn refusal(call: &Call, detail: &str) -> Result<Last, dialect::DecodeError> {
    // Nothing here may read like a context overflow: harnesses compact and try again on those.
    let text = format!("{detail}: no further calls are possible. Do not retry.");
    let body = error::body(call.dialect, ErrorKind::Billing, &text).to_string();
    let status = ErrorKind::Billing.status(call.dialect);
    Ok(Last::Whole(Head { status, content_type: JSON.into(), exhausted: true }, body.into()))
}

fn message(call: &Call, detail: &str) -> Result<Last, dialect::DecodeError> {
    let text = format!("I have to stop here: {detail}.");
    let response = Response {
        id: format!("exhausted_{}", call.number),
        model: call.request.model.clone(),
        content: vec![Content::Text { text, cache: false }],
        stop: StopReason::End,
        usage: Some(Usage::default()),
    };
    let created = now_ms() / 1000;
    if !call.request.stream {
        let body = dialect::encode_response(call.dialect, &response, created, &call.request.origins)?
            .body
            .to_string();
        let head = Head { status: 200, content_type: JSON.into(), exhausted: true };
        return Ok(Last::Whole(head, body.into()));
    }
    let origins = &call.request.origins;
    let mut encoder = dialect::stream_encoder(call.dialect, created, call.include_usage, origins)?;
    let mut out = Vec::new();
    for delta in stream::deltas(&response) {
        encoder.delta(&delta, &mut out);
    }
    Ok(Last::Bytes(out.into()))
}
