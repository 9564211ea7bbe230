//! The end of a call: its usage settled, its bodies stored, its record written; then the client gets the last byte.

use std::sync::Arc;

use bytes::Bytes;
use dialect::{
    ErrorKind, estimate,
    neutral::{Content, Response, Stop, Usage},
};
use ledger::{CallRecord, Digest, Outcome, event::Loss};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    admission::{self, Admission, Cost, Settled},
    call::{Call, Ending, Progress, error_answer},
    recorder::Recorder,
    reply::{Last, Reply},
    session::{Inner, recorded},
};

/// Settles and records a call, then lets the client see its end.
pub(crate) async fn end(call: Call, mut reply: Reply, progress: Progress, mut ending: Ending) {
    ending.last = reply.framed(ending.last);
    let session = Arc::clone(&call.session);
    let admission = progress.admission;
    let billed = ending.billed || (ending.name == "cancelled" && progress.upstream);
    let tokens = Tokens::of(&call, &progress, billed, ending.name == "ok");
    let response = tokens.response.as_ref();
    let served = response.map(|response| response.model.clone()).filter(|model| !model.is_empty());
    let tool_calls = response.map(called).unwrap_or_default();
    let cost = match &admission {
        Some(admission) => {
            let settled = Settled {
                usage: tokens.usage.as_ref(),
                estimated: tokens.estimated,
                answered: ending.name == "ok",
                at_limit: response.is_some_and(|response| response.stop == Stop::Length),
                served: served.as_deref().unwrap_or(&session.model.id),
                called_tools: !tool_calls.is_empty(),
            };
            admission::settle(&session, admission, &settled)
        }
        None => Cost::default(),
    };
    note_upstream(&session, &ending);
    let status = reply.status().unwrap_or(match &ending.last {
        Last::Bytes(_) => 200,
        Last::Whole(head, _) => head.status,
        // Never seen by a client: nginx's word for one that is gone.
        Last::Broken(_) => 499,
    });
    let stored = store(&session, call.body.clone(), reply.recorded(&ending.last).into()).await;
    let (request, answer, unstored) = match stored {
        Ok((request, answer)) => (Some(request), Some(answer), None),
        Err(error) => (None, None, Some(error)),
    };
    let replay_of = request
        .as_ref()
        .filter(|_| progress.upstream)
        .and_then(|request| session.state().replay(request, call.number, ending.name == "cancelled"));
    let mut edits = progress.edits;
    edits.extend(progress.answer.notes);
    let lost_from_answer = progress
        .answer
        .losses
        .into_iter()
        .map(|loss| Loss { path: format!("answer.{}", loss.path), ..written(loss) });
    let losses = progress.losses.into_iter().map(written).chain(lost_from_answer).collect();
    if progress.tries > 1 {
        edits.push(format!("tries: {}", progress.tries));
    }
    let record = CallRecord {
        trial: session.spec.trial.clone(),
        try_number: session.spec.try_number,
        call: call.number,
        at_ms: call.arrived_ms,
        first_byte_ms: reply.first_byte(&ending.last).map(millis),
        total_ms: millis(reply.elapsed()),
        dialect: call.dialect.as_str().into(),
        model_asked: call.request.model.clone(),
        model_served: served,
        kind: call.kind.kind,
        evidence: call.kind.evidence.clone(),
        other_model: call.other_model,
        replay_of,
        status,
        ending: ending.name.into(),
        detail: ending.detail.map(|detail| session.shared.config.keys.redact(&detail)),
        usage: tokens.usage.as_ref().map(recorded),
        estimated: tokens.estimated,
        charged: cost.charged,
        usd: cost.usd,
        clamped_to: admission.and_then(|admission| admission.clamped_to),
        stop: response.map(|response| stop_name(&response.stop)),
        tool_calls,
        system_digest: digest(&call.request.system),
        tools_digest: digest(&call.request.tools),
        edits,
        losses,
        request,
        response: answer,
        raw_usage: progress.answer.raw_usage,
        simulated: session.model.sim.is_some(),
    };
    let written = session.shared.config.recorder.call(record).await;
    session.state().call_ended();
    let exhausted = ending.name == "exhausted";
    let last = match unstored.map_or(written, Err) {
        Ok(()) => ending.last,
        Err(error) => unrecorded(&call, &reply, &error),
    };
    reply.finish(last, exhausted).await;
}

/// A call that is not on record is not answered: the trial cannot be counted.
fn unrecorded(call: &Call, reply: &Reply, error: &std::io::Error) -> Last {
    tracing::error!(trial = %call.session.spec.trial, %error, "a call cannot be recorded");
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

fn note_upstream(session: &Inner, ending: &Ending) {
    match &ending.failure {
        Some((outcome, detail)) => {
            session.state().upstream(Some((*outcome, detail.clone())));
            session.failed.send_replace(Some(*outcome));
        }
        None if ending.name == "ok" => session.state().upstream(None),
        None => {}
    }
}

/// A call's tokens, as told or as estimated.
struct Tokens {
    usage: Option<Usage>,
    estimated: bool,
    response: Option<Response>,
}

impl Tokens {
    fn of(call: &Call, progress: &Progress, billed: bool, complete: bool) -> Self {
        let streamed = || progress.answer.stream.clone().response();
        let response = billed.then(|| progress.answer.whole.clone().unwrap_or_else(streamed));
        let (Some(response), Some(admission)) = (response, &progress.admission) else {
            return Self { usage: None, estimated: false, response: None };
        };
        let (usage, estimated) = match response.usage {
            Some(usage) if complete => (usage, false),
            told => (estimated(call, admission, progress, &response, told), true),
        };
        Self { usage: Some(usage), estimated, response: Some(response) }
    }
}

/// Tokens of an answer that broke off or came without usage: the input as told or estimated, the output by its
/// length, and at least what was told.
fn estimated(
    call: &Call,
    admission: &Admission,
    progress: &Progress,
    response: &Response,
    told: Option<Usage>,
) -> Usage {
    let produced = match response.content.as_slice() {
        // Nothing that could be read: by its bytes.
        [] => estimate::tokens(progress.answer.bytes),
        content => estimate::output(content),
    };
    let input = told.filter(|told| told.input() > 0);
    let input =
        input.unwrap_or_else(|| call.session.state().input(admission.estimate, admission.conversation));
    let told = told.map_or(0, |told| told.output + told.reasoning);
    Usage { output: produced.max(told), reasoning: 0, ..input }
}

fn called(response: &Response) -> Vec<String> {
    let names = response.content.iter().filter_map(|block| match block {
        Content::ToolCall { name, .. } => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

fn stop_name(stop: &Stop) -> String {
    match stop {
        Stop::End => "end".into(),
        Stop::ToolCalls => "tool_calls".into(),
        Stop::Length => "length".into(),
        Stop::StopSequence => "stop_sequence".into(),
        Stop::Refusal => "refusal".into(),
        Stop::Other(words) => words.clone(),
    }
}

/// Storing may block: off the async threads.
async fn store(session: &Inner, request: Bytes, answer: Bytes) -> std::io::Result<(Digest, Digest)> {
    let recorder: Arc<dyn Recorder> = Arc::clone(&session.shared.config.recorder);
    let stored = tokio::task::spawn_blocking(move || Ok((recorder.body(&request)?, recorder.body(&answer)?)));
    stored.await.map_err(std::io::Error::other)?
}

/// SHA-256 of a value's JSON, in hex.
fn digest(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap_or_default();
    Sha256::digest(&json).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
