//! The end of a call: its usage settled, its bodies stored, its record written; then the client gets the last byte.

use std::sync::Arc;

use bytes::Bytes;
use dialect::{
    ErrorKind,
    neutral::{Content, Response, StopReason, Tool, Usage},
};
use ledger::{
    CallRecord, Digest, Outcome,
    chain::sha256_hex,
    event::{Loss, Replayed},
};
use serde::Serialize;
use serde_json::Value;
use vocabulary::{CallEnding, Flag, FlagName};

use super::{
    bounded,
    ending::{Ending, error_answer},
    progress::{Call, Played, Progress},
    usage,
};
use crate::{
    admission::{self, Cost, Settled},
    intake::off_thread,
    recorder::Recorder,
    reply::{Last, Reply},
    session::Inner,
};

/// Settles and records a call, then lets the client see its end.
pub(crate) async fn end(call: Call, mut reply: Reply, progress: Progress, mut ending: Ending) {
    ending.last = reply.framed(ending.last);
    let session = Arc::clone(&call.session);
    let admission = progress.admission.clone();
    let billed = ending.billed || (ending.name == CallEnding::Cancelled && progress.upstream);
    let recorded = progress.played.as_ref().and_then(|played| played.record.as_deref());
    let metered = match recorded {
        Some(record) => Metered::recorded(record, &call, progress.played.as_ref()),
        None => Metered::read(&call, &progress, billed, ending.name == CallEnding::Ok),
    };
    let cost = match &admission {
        Some(admission) => {
            let settled = Settled {
                usage: metered.usage.as_ref(),
                estimated: metered.estimated,
                answered: ending.name == CallEnding::Ok,
                at_limit: metered.stop == Some(StopReason::Length),
                served: metered.served.as_deref().unwrap_or(&session.model.id),
                called_tools: !metered.tool_calls.is_empty(),
                usable_call: metered.usable_call,
            };
            admission::settle(&session, admission, &settled)
        }
        None => Cost::default(),
    };
    note_end(&call, &ending, metered.stop.as_ref());
    if ending.name == CallEnding::Ok {
        let handed_out = &mut session.state().handed_out;
        handed_out.keep(&progress.answer.response(), call.weighed.conversation.root);
        let field = progress.answer.reader.as_ref().and_then(dialect::Reader::reasoning_field);
        handed_out.reasoning_field = field.or(handed_out.reasoning_field);
    }
    let head = reply.head(&ending.last);
    let diff = progress.played.as_ref().and_then(|played| played.diff.clone());
    let answer: Bytes = reply.recorded(&ending.last).into();
    let is_kept = admission.is_some() || session.state().keeps_free(call.body.len() + answer.len());
    let (kept, unstored) = match is_kept {
        true => store(&session, call.body.clone(), answer, diff)
            .await
            .map_or_else(|error| (Kept::default(), Some(error)), |kept| (kept, None)),
        false => (Kept::default(), None),
    };
    let Kept { request, answer, diff } = kept;
    let replay_of = request.as_ref().filter(|_| progress.upstream).and_then(|request| {
        session.state().replay(request, call.number, ending.name == CallEnding::Cancelled)
    });
    let recorded_losses = recorded.map(|record| record.losses.clone());
    let replayed = progress.played.as_ref().map(|played| Replayed {
        call: played.record.as_ref().map(|record| record.call),
        diverged: played.diverged,
        diff,
    });
    let mut edits = progress.edits;
    edits.extend(progress.answer.notes);
    let lost_from_answer = progress
        .answer
        .losses
        .into_iter()
        .map(|loss| Loss { path: format!("answer.{}", loss.path), ..written(loss) });
    let losses = recorded_losses
        .unwrap_or_else(|| progress.losses.into_iter().map(written).chain(lost_from_answer).collect());
    if !is_kept {
        edits.push("the bodies are not kept: those of calls that cost nothing take too much room".into());
    }
    if progress.tries > 1 {
        edits.push(format!("tries: {}", progress.tries));
    }
    let (system_digest, tools_digest) =
        off_thread(call.body.len(), || (digest(&call.request.system), digest(&call.request.tools)));
    let record = CallRecord {
        trial: session.spec.trial.clone(),
        try_number: session.spec.try_number,
        call: call.number,
        at_ms: call.arrived_ms,
        first_byte_ms: reply.first_byte(&ending.last).map(millis),
        total_ms: millis(reply.elapsed()),
        dialect: call.dialect,
        model_asked: bounded::word(call.request.model.clone()),
        model_served: metered.served,
        kind: call.kind.kind,
        evidence: call.kind.evidence.clone(),
        other_model: call.other_model,
        replay_of,
        replayed,
        // Never seen by a client: nginx's word for one that is gone.
        status: head.as_ref().map_or(499, |head| head.status),
        content_type: head.map(|head| head.content_type),
        ending: ending.name,
        detail: ending
            .detail
            .map(|detail| bounded::sentence(session.providers.keys.secrets().redact(&detail))),
        usage: metered.usage,
        estimated: metered.estimated,
        doubts: metered.doubts,
        charged: cost.charged,
        usd: cost.usd,
        clamped_to: admission.and_then(|admission| admission.clamped_to),
        stop: metered.stop,
        tool_calls: metered.tool_calls,
        system_digest,
        tools_digest,
        edits: bounded::words(edits),
        losses: bounded::losses(losses),
        request,
        response: answer,
        raw_usage: metered.raw_usage,
        simulated: session.model.sim.is_some(),
    };
    let written = session.recorder.call(record).await;
    session.state().call_ended();
    let exhausted = ending.name == CallEnding::Exhausted;
    let last = match unstored.map_or(written, Err) {
        Ok(()) => ending.last,
        Err(error) => unrecorded(&call, &reply, &error),
    };
    reply.finish(last, exhausted).await;
}

/// A call that is not on record is not answered: the trial cannot be counted.
fn unrecorded(call: &Call, reply: &Reply, error: &std::io::Error) -> Last {
    tracing::error!(trial = %call.session.spec.trial, %error, "a call cannot be recorded");
    let why = format!("a call cannot be recorded: {error}");
    call.session.state().setbacks.end(Outcome::OrchBug, why);
    call.session.failed.send_replace(Some(Outcome::OrchBug));
    if reply.is_begun() {
        return Last::Broken("the call cannot be recorded".into());
    }
    error_answer(call.dialect, ErrorKind::Internal, "the call cannot be recorded")
}

/// The ledger's form of a loss.
fn written(loss: dialect::Loss) -> Loss {
    let changes = loss.severity == dialect::Severity::Change;
    Loss { path: loss.path, reason: loss.reason, changes }
}

/// Keeps what the trial ends of if it does not go on after this call, or that it went on with it.
fn note_end(call: &Call, ending: &Ending, stop: Option<&StopReason>) {
    let (session, turn) = (&call.session, call.turn());
    let mut state = session.state();
    if ending.name == CallEnding::Ok {
        state.setbacks.answered(turn);
        if stop == Some(&StopReason::Refusal) {
            state.setbacks.add(turn, Outcome::Refusal, "the model refused to go on".into());
        }
    }
    if let Some((outcome, detail)) = &ending.failure {
        if *outcome == Outcome::Provider400 {
            state.raise(Flag::new(FlagName::ProviderRefused, format!("{}: {detail}", call.form())));
        }
        state.setbacks.add(turn, *outcome, detail.clone());
    }
    let failure = state.setbacks.failure().map(|(outcome, _)| outcome);
    drop(state);
    session.failed.send_if_modified(|failed| std::mem::replace(failed, failure) != failure);
}

/// What a call came to.
#[derive(Default)]
struct Metered {
    usage: Option<Usage>,
    /// Whether some of the usage is our estimate, and why.
    estimated: bool,
    doubts: Vec<String>,
    served: Option<String>,
    stop: Option<StopReason>,
    tool_calls: Vec<String>,
    /// Whether a tool was called that was offered, with arguments that can be read.
    usable_call: bool,
    raw_usage: Option<Value>,
}

impl Metered {
    /// As the answer tells it; with an estimate where it does not, or what it tells cannot be true.
    fn read(call: &Call, progress: &Progress, billed: bool, complete: bool) -> Self {
        let answer = &progress.answer;
        let raw_usage = answer.reader.as_ref().and_then(|reader| reader.raw_usage().cloned());
        let (true, Some(admission)) = (billed, &progress.admission) else {
            return Self { raw_usage, ..Self::default() };
        };
        let used = usage::of(admission, answer, complete);
        let response = answer.response();
        Self {
            usage: Some(used.usage),
            estimated: used.is_estimated(),
            doubts: used.doubts,
            tool_calls: called(&response),
            usable_call: has_usable_call(&response, &call.request.tools),
            stop: Some(response.stop),
            served: Some(response.model).filter(|model| !model.is_empty()),
            raw_usage,
        }
    }

    /// As it was recorded.
    fn recorded(record: &CallRecord, call: &Call, played: Option<&Played>) -> Self {
        let answer = played.and_then(|played| played.answer.as_ref());
        Self {
            usable_call: answer.is_some_and(|answer| has_usable_call(answer, &call.request.tools)),
            usage: record.usage,
            estimated: record.estimated,
            doubts: record.doubts.clone(),
            served: record.model_served.clone(),
            stop: record.stop.clone(),
            tool_calls: record.tool_calls.clone(),
            raw_usage: record.raw_usage.clone(),
        }
    }
}

fn called(response: &Response) -> Vec<String> {
    let names = response.content.iter().filter_map(|block| match block {
        Content::ToolCall { name, .. } => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

/// Whether an answer calls a tool that was offered, with arguments that can be read. Clients know better than we what a
/// tool of a dialect's own kind takes.
fn has_usable_call(response: &Response, tools: &[Tool]) -> bool {
    let offered = |wanted: &str| tools.iter().find(|tool| tool.name.eq_ignore_ascii_case(wanted));
    response.content.iter().any(|block| match block {
        Content::ToolCall { name, arguments, .. } => match offered(name) {
            Some(tool) => tool.hosted.is_some() || arguments.is_object(),
            None => tools.iter().any(|tool| tool.hosted.is_some()),
        },
        _ => false,
    })
}

/// The bodies of a call that are kept.
#[derive(Default)]
struct Kept {
    request: Option<Digest>,
    answer: Option<Digest>,
    diff: Option<Digest>,
}

/// Storing may block: off the async threads.
async fn store(
    session: &Inner,
    request: Bytes,
    answer: Bytes,
    diff: Option<String>,
) -> std::io::Result<Kept> {
    let recorder: Arc<dyn Recorder> = Arc::clone(&session.recorder);
    // A request mostly repeats the one before it.
    let last = session.state().last_request.clone();
    let stored = tokio::task::spawn_blocking(move || {
        let diff = diff.map(|diff| recorder.body(diff.as_bytes())).transpose()?;
        let request = match &last {
            Some(last) => recorder.body_like(&request, last)?,
            None => recorder.body(&request)?,
        };
        Ok::<_, std::io::Error>((request, recorder.body(&answer)?, diff))
    });
    let (request, answer, diff) = stored.await.map_err(std::io::Error::other)??;
    let bytes = request.bytes + answer.bytes + diff.as_ref().map_or(0, |diff| diff.bytes);
    session.stored.send_modify(|stored| *stored = stored.saturating_add(bytes));
    session.state().last_request = Some(request.digest.clone());
    let (request, answer) = (Some(request.digest), Some(answer.digest));
    Ok(Kept { request, answer, diff: diff.map(|diff| diff.digest) })
}

/// SHA-256 of a value's JSON, in hex.
fn digest(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap_or_default();
    sha256_hex(&json)
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
