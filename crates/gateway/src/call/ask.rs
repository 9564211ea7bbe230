//! A call that the provider answers, asked again where that may help.

use dialect::{ErrorKind, Severity};
use spec::sweep::Losses;
use vocabulary::{CallEnding, Flag, FlagName, Outcome};

use super::{
    answer::Answer,
    ending::{Ending, cause, failed},
    outgoing,
    progress::{Call, Progress},
    relay::{self, Relayed},
    way::Way,
};
use crate::{
    admission::Admission,
    intake::off_thread,
    provider::{self, Retry, Tries},
    reply::Reply,
};

/// Asks the provider, again where that may help.
pub(super) async fn ask(
    call: &Call,
    admission: &Admission,
    reply: &mut Reply,
    progress: &mut Progress,
) -> Ending {
    let providers = &call.session.providers;
    let model = &call.session.model;
    let Some((endpoint, reached)) = model.endpoint.as_ref().zip(providers.reached(model)) else {
        return Ending::refused(call, ErrorKind::Internal, "the model has no endpoint");
    };
    let provider = reached.provider.as_ref();
    let prepare = || outgoing::prepare(call, endpoint, provider, admission);
    let prepared = match off_thread(call.body.len(), prepare) {
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
        call,
        admission,
        outbound: endpoint.dialect,
        drop_usage: prepared.drop_usage,
        silence: providers.limits.silence,
    };
    let (limits, secrets) = (&providers.limits, providers.keys.secrets());
    let mut tries = Tries::new(limits.clone());
    loop {
        progress.tries = tries.made();
        progress.answer = Answer::default();
        let place = reply.while_waiting(true, reached.throttle.enter()).await;
        let request = provider.request(endpoint, &prepared.outgoing, secrets);
        let relayed = match reply.while_waiting(true, request).await {
            Ok(request) => {
                progress.upstream = true;
                let sent = provider::send(&providers.client, request, limits, secrets);
                match reply.while_waiting(true, sent).await {
                    Ok(upstream) if call.request.stream => {
                        let framing = provider.framing();
                        relay::stream(upstream, framing, way, reply, &mut progress.answer).await
                    }
                    Ok(upstream) => {
                        let framing = provider.framing();
                        relay::whole(upstream, framing, way, reply, &mut progress.answer).await
                    }
                    Err(failure) => Err(failure),
                }
            }
            // Nothing went out, and the next try would be like this one.
            Err(failure) if failure.retry == Retry::Never && failure.outcome().is_none() => {
                return Ending::refused(call, failure.kind, &failure.detail);
            }
            Err(failure) => Err(failure),
        };
        let failure = match relayed {
            Ok(relayed) => {
                if let Relayed::Complete(_) = &relayed {
                    place.clean();
                }
                return relayed_ending(call, relayed);
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

fn relayed_ending(call: &Call, relayed: Relayed) -> Ending {
    let ending = match relayed {
        Relayed::Complete(last) => Ending::ok(last),
        Relayed::Truncated(last, why) => Ending {
            name: CallEnding::Truncated,
            failure: Some((Outcome::Provider5xx, why.clone())),
            detail: Some(why),
            ..Ending::ok(last)
        },
        Relayed::Failed(last, failure) => Ending {
            name: CallEnding::Error,
            failure: cause(call, &failure).map(|outcome| (outcome, failure.detail.clone())),
            detail: Some(failure.detail),
            ..Ending::ok(last)
        },
        Relayed::HungUp => Ending::cancelled("the client hung up"),
    };
    Ending { billed: true, ..ending }
}
