//! One call, from arrival to record: let through, sent, relayed, settled, recorded, and only then ended.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use dialect::{ErrorKind, Loss, Severity, error, neutral, stream};
use http::HeaderMap;
use ledger::Outcome;
use spec::{
    Dialect,
    model::{Character, Sim},
    sweep::{Helpers, Losses},
};

use vocabulary::{CallEnding, Flag, FlagName};

use crate::{
    admission::{self, Admission, Ask, Decision},
    cassette::play::{self, Played},
    exhausted,
    kind::{Classified, Conversation},
    now_ms, outgoing,
    provider::{self, Failure, Retry, Tries},
    relay::{self, Answer, Relayed, Way},
    reply::{Head, JSON, Last, Reply},
    session::{Inner, Stopped},
    settling, sim,
};

/// One call.
pub(crate) struct Call {
    pub(crate) session: Arc<Inner>,
    /// Which call of this try, from 1.
    pub(crate) number: u32,
    pub(crate) arrived_ms: u64,
    /// The client's dialect.
    pub(crate) dialect: Dialect,
    pub(crate) kind: Classified,
    /// Whether it asks for another model than the one under test.
    pub(crate) other_model: bool,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Option<String>,
    pub(crate) body: Bytes,
    pub(crate) request: neutral::Request,
    /// What the neutral form has no place for.
    pub(crate) losses: Vec<Loss>,
    /// Whether a client of `openai-chat` asked for usage in its stream.
    pub(crate) include_usage: bool,
}

/// How a call ended.
pub(crate) struct Ending {
    /// In a word.
    pub(crate) name: CallEnding,
    pub(crate) detail: Option<String>,
    pub(crate) last: Last,
    /// What the upstream's failure means for the trial.
    pub(crate) failure: Option<(Outcome, String)>,
    /// Whether something may have been used.
    pub(crate) billed: bool,
}

impl Ending {
    pub(crate) fn ok(last: Last) -> Self {
        Self { name: CallEnding::Ok, detail: None, last, failure: None, billed: false }
    }

    fn cancelled(why: &str) -> Self {
        Self { name: CallEnding::Cancelled, detail: Some(why.into()), ..Self::ok(Last::Broken(why.into())) }
    }

    pub(crate) fn refused(call: &Call, kind: ErrorKind, why: &str) -> Self {
        let last = error_answer(call.dialect, kind, why);
        Self { name: CallEnding::Refused, detail: Some(why.into()), ..Self::ok(last) }
    }
}

/// What is known of a call while it is under way: it may be cut off at any point.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) admission: Option<Admission>,
    pub(crate) answer: Answer,
    pub(crate) edits: Vec<String>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) tries: u32,
    /// Something is upstream that may be billed.
    pub(crate) upstream: bool,
    pub(crate) simulated: bool,
    /// Where the answer came from, when that is a record.
    pub(crate) played: Option<Played>,
}

/// Carries a call out. Whatever happens, it is settled and recorded before the client sees its end.
pub(crate) async fn run(call: Call, mut reply: Reply) {
    let mut progress = Progress::default();
    let client = reply.watcher();
    let ending = tokio::select! {
        biased;
        ending = work(&call, &mut reply, &mut progress) => ending,
        () = client.closed() => Ending::cancelled("the client hung up"),
        () = call.session.closing.cancelled() => Ending::cancelled("the trial ended"),
    };
    drop(client);
    settling::end(call, reply, progress, ending).await;
}

async fn work(call: &Call, reply: &mut Reply, progress: &mut Progress) -> Ending {
    if call.other_model && call.session.spec.helpers == Helpers::Refuse {
        let why = format!("model `{}` is not available here", call.request.model);
        return Ending::refused(call, ErrorKind::NotFound, &why);
    }
    let stopped = call.session.state().stopped();
    if let Some(why) = stopped {
        return exhausted::answer(call, why, reply);
    }
    let admission = match admit(call, reply).await {
        Ok(admission) => admission,
        Err(Refusal::Stopped(why)) => return exhausted::answer(call, why, reply),
        Err(Refusal::CapReached) => {
            if let Some(cap) = &call.session.shared.cap {
                cap.reached.send_replace(true);
            }
            return Ending::refused(call, ErrorKind::Billing, "the spend cap of this run is reached");
        }
    };
    progress.admission = Some(admission);
    let spec = &call.session.spec;
    let recorder = &call.session.shared.config.recorder;
    if let Err(error) = recorder.started(&spec.trial, spec.try_number, call.number, admission.held).await {
        tracing::error!(trial = %spec.trial, %error, "a call cannot be recorded");
        let why = "the call cannot be recorded";
        return Ending {
            failure: Some((Outcome::OrchBug, format!("{why}: {error}"))),
            ..Ending::refused(call, ErrorKind::Internal, why)
        };
    }
    match (&spec.cassette, &call.session.model.sim, call.session.brief()) {
        (Some(cassette), ..) => play::play(call, cassette, reply, progress).await,
        (None, Some(sim), Some(brief)) => simulate(call, sim, &brief, &admission, reply, progress).await,
        _ => ask(call, &admission, reply, progress).await,
    }
}

enum Refusal {
    Stopped(Stopped),
    CapReached,
}

/// Waits until the call is let through, or never will be.
async fn admit(call: &Call, reply: &mut Reply) -> Result<Admission, Refusal> {
    let session = &call.session;
    let wanted = call.request.max_output.unwrap_or(u64::MAX).min(session.model.limits.output);
    let ask = Ask {
        estimate: dialect::estimate::input(&call.request),
        conversation: Conversation::of(&call.request),
        smallest: smallest_useful(&call.request, session.model.endpoint.as_ref().map(|to| to.dialect)),
        wanted,
    };
    loop {
        let settled = session.settled.notified();
        tokio::pin!(settled);
        // Listening begins before the decision: a call that settles in between is not missed.
        settled.as_mut().enable();
        let cap = session.shared.cap.as_ref();
        let cap_settled = async {
            match cap {
                Some(cap) => cap.settled.notified().await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(cap_settled);
        match admission::decide(session, &ask) {
            Decision::Admitted(mut admission) => {
                let asked = call.request.max_output;
                if asked.is_some_and(|asked| admission.output < asked) {
                    admission.clamped_to = Some(admission.output);
                }
                return Ok(admission);
            }
            Decision::Stopped(why) => return Err(Refusal::Stopped(why)),
            Decision::CapReached => return Err(Refusal::CapReached),
            Decision::Wait => {}
        }
        reply
            .while_waiting(true, async {
                tokio::select! { () = settled => {}, () = cap_settled => {} }
            })
            .await;
    }
}

/// The smallest output that is of use, in tokens: something to say, and room to think first where a thinking budget
/// is asked for. With less, Anthropic's API refuses the request.
fn smallest_useful(request: &neutral::Request, provider: Option<Dialect>) -> u64 {
    let thinking = match (request.sampling.thinking_budget, provider) {
        (None | Some(0), _) => 0,
        (Some(_), Some(Dialect::AnthropicMessages)) => dialect::LEAST_THINKING,
        (Some(budget), _) => budget.min(dialect::LEAST_THINKING),
    };
    dialect::LEAST_ANSWER + thinking
}

/// Asks the provider, again where that may help.
async fn ask(call: &Call, admission: &Admission, reply: &mut Reply, progress: &mut Progress) -> Ending {
    let shared = &call.session.shared;
    let model = &call.session.model;
    let Some((endpoint, reached)) = model.endpoint.as_ref().zip(shared.reached(model)) else {
        return Ending::refused(call, ErrorKind::Internal, "the model has no endpoint");
    };
    let provider = reached.provider.as_ref();
    let prepared = match outgoing::prepare(call, endpoint, provider, admission) {
        Ok(prepared) => prepared,
        Err(failure) => return Ending::refused(call, failure.kind, &failure.detail),
    };
    progress.edits = prepared.edits;
    progress.losses = prepared.losses;
    if call.session.spec.losses == Losses::Strict
        && let Some(loss) = progress.losses.iter().find(|loss| loss.severity == Severity::Change)
    {
        let why = format!("losses = \"strict\": {loss}");
        call.session.state().raise(Flag::new(FlagName::LossRefused, ""));
        return Ending {
            failure: Some((Outcome::OrchBug, why.clone())),
            ..Ending::refused(call, ErrorKind::InvalidRequest, &why)
        };
    }
    let way = Way {
        inbound: call.dialect,
        outbound: endpoint.dialect,
        drop_usage: prepared.drop_usage,
        include_usage: call.include_usage,
        origins: &call.request.origins,
        silence: shared.config.upstream.silence,
        tasks: &call.session.tasks,
        closing: &call.session.closing,
    };
    let (limits, secrets) = (&shared.config.upstream, shared.config.keys.secrets());
    let mut tries = Tries::new(limits.clone());
    loop {
        progress.tries = tries.made();
        progress.answer = Answer::default();
        let place = reply.while_waiting(true, reached.throttle.enter()).await;
        let request = provider.request(endpoint, &prepared.outgoing, secrets);
        let relayed = match reply.while_waiting(true, request).await {
            Ok(request) => {
                progress.upstream = true;
                let sent = provider::send(&shared.client, request, limits, secrets);
                match reply.while_waiting(true, sent).await {
                    Ok(upstream) if call.request.stream => {
                        let framing = provider.framing();
                        relay::stream(upstream, framing, way, reply, &mut progress.answer).await
                    }
                    Ok(upstream) => relay::whole(upstream, way, reply, &mut progress.answer).await,
                    Err(failure) => Err(failure),
                }
            }
            // Nothing went out, and the next try would be like this one.
            Err(failure) if failure.retry == Retry::Never => {
                return Ending::refused(call, failure.kind, &failure.detail);
            }
            Err(failure) => Err(failure),
        };
        let failure = match relayed {
            Ok(relayed) => {
                if let Relayed::Complete(_) = &relayed {
                    place.clean();
                }
                return relayed_ending(relayed);
            }
            Err(failure) => failure,
        };
        if let ErrorKind::RateLimit | ErrorKind::Overloaded = failure.kind {
            place.too_many(failure.retry.asked());
        }
        drop(place);
        progress.upstream = failure.billed;
        match tries.next(&failure) {
            Some(pause) => {
                tracing::debug!(trial = %call.session.spec.trial, detail = failure.detail, "trying again");
                reply.while_waiting(true, tokio::time::sleep(pause)).await;
            }
            None => return failed(call, endpoint.dialect, failure, reply),
        }
    }
}

fn relayed_ending(relayed: Relayed) -> Ending {
    let ending = match relayed {
        Relayed::Complete(last) => Ending::ok(last),
        Relayed::Truncated(last, why) => {
            Ending { name: CallEnding::Truncated, detail: Some(why), ..Ending::ok(last) }
        }
        Relayed::Failed(last, failure) => {
            Ending { name: CallEnding::Error, detail: Some(failure.detail), ..Ending::ok(last) }
        }
        Relayed::HungUp => Ending::cancelled("the client hung up"),
    };
    Ending { billed: true, ..ending }
}

/// The last try failed: the provider's own error goes on where the client can read it.
pub(crate) fn failed(call: &Call, outbound: Dialect, failure: Failure, reply: &Reply) -> Ending {
    let outcome = failure.outcome().or_else(|| set_up_fault(call, &failure));
    let last = match &failure.answer {
        Some((status, body)) if outbound == call.dialect && !reply.is_begun() => {
            let head = Head { status: *status, content_type: JSON.into(), exhausted: false };
            Last::Whole(head, body.clone())
        }
        _ if reply.is_begun() && call.request.stream => {
            Last::Bytes(error::event(call.dialect, failure.kind, &failure.detail).into())
        }
        _ => error_answer(call.dialect, failure.kind, &failure.detail),
    };
    Ending {
        name: CallEnding::Error,
        detail: Some(failure.detail.clone()),
        failure: outcome.map(|outcome| (outcome, failure.detail)),
        billed: failure.billed,
        last,
    }
}

/// A request that the provider refuses though no agent has had a part in it yet: a model it does not know, or a form
/// of request that it does not take. Neither is the harness's doing, and its trial is missing, not failed.
fn set_up_fault(call: &Call, failure: &Failure) -> Option<Outcome> {
    let passed_on = call.other_model && call.session.spec.helpers == Helpers::Allow;
    /// How providers name what only a conversation can have caused.
    const AGENTS: &[&str] = &[
        "content filter",
        "content_filter",
        "content management",
        "content policy",
        "context length",
        "context window",
        "context_length",
        "invalid_prompt",
        "maximum number of tokens",
        "safety",
        "too long",
    ];
    let words = failure.detail.to_lowercase();
    match failure.kind {
        _ if failure.answer.is_none() || passed_on => None,
        ErrorKind::NotFound => Some(Outcome::ProviderAuth),
        ErrorKind::InvalidRequest | ErrorKind::Method
            if !call.session.state().has_answered() && !AGENTS.iter().any(|word| words.contains(word)) =>
        {
            Some(Outcome::OrchBug)
        }
        _ => None,
    }
}

pub(crate) fn error_answer(dialect: Dialect, kind: ErrorKind, why: &str) -> Last {
    let head = Head { status: kind.status(dialect), content_type: JSON.into(), exhausted: false };
    Last::Whole(head, error::body(dialect, kind, why).to_string().into())
}

/// Pause between the pieces of the slow character's answers.
const SLOW: Duration = Duration::from_millis(150);

/// Lets the simulated model answer.
async fn simulate(
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
        progress.answer.whole = Some(response);
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
        progress.answer.stream.add(&delta);
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
