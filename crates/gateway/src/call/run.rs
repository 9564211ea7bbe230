//! A call's way: let through, answered by whoever is to answer it, settled.

use std::sync::Arc;

use dialect::{ErrorKind, neutral};
use ledger::Outcome;
use spec::{Dialect, sweep::Helpers};

use super::{
    ask,
    ending::Ending,
    exhausted, play,
    progress::{Call, Progress},
    settling, simulate,
};
use crate::{
    admission::{self, Admission, Ask, Decision},
    reply::Reply,
    session::Inner,
    state::Stopped,
    weighing::Weighed,
};

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
        Ok(admission) => *admission,
        Err(Refusal::Stopped(why)) => return exhausted::answer(call, why, reply),
        Err(Refusal::CapReached) => {
            if let Some(cap) = &call.session.providers.cap {
                cap.reached.send_replace(true);
            }
            return Ending::refused(call, ErrorKind::Billing, "the spend cap of this run is reached");
        }
    };
    let admission = progress.admission.insert(admission).clone();
    let spec = &call.session.spec;
    let recorder = &call.session.recorder;
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
        (None, Some(sim), Some(brief)) => {
            simulate::simulate(call, sim, &brief, &admission, reply, progress).await
        }
        _ => ask::ask(call, &admission, reply, progress).await,
    }
}

enum Refusal {
    Stopped(Stopped),
    CapReached,
}

/// What a request asks of the budget.
pub(crate) fn ask_of(session: &Inner, request: &neutral::Request, weighed: &Arc<Weighed>) -> Ask {
    let provider = session.model.endpoint.as_ref().map(|endpoint| endpoint.dialect);
    Ask {
        call: Arc::clone(weighed),
        smallest: smallest_useful(request, provider),
        wanted: request.max_output.unwrap_or(u64::MAX).min(session.model.limits.output),
        offers_tools: !request.tools.is_empty(),
    }
}

/// Waits until the call is let through, or never will be.
async fn admit(call: &Call, reply: &mut Reply) -> Result<Box<Admission>, Refusal> {
    let session = &call.session;
    let ask = ask_of(session, &call.request, &call.weighed);
    loop {
        let settled = session.settled.notified();
        tokio::pin!(settled);
        // Listening begins before the decision: a call that settles in between is not missed.
        settled.as_mut().enable();
        let cap = session.providers.cap.as_ref();
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
