//! How a call ends: answered, refused, cancelled, or failed, and what that means for its trial.

use dialect::{ErrorKind, Refusal, error};
use spec::{Dialect, sweep::Helpers};
use vocabulary::{CallEnding, Outcome};

use super::progress::Call;
use crate::{
    provider::Failure,
    reply::{Head, JSON, Last, Reply},
};

/// How a call ended.
pub(crate) struct Ending {
    /// In a word.
    pub(crate) name: CallEnding,
    pub(crate) detail: Option<String>,
    pub(crate) last: Last,
    /// What the trial ends of, and why, if its conversation does not go on after this call.
    pub(crate) failure: Option<(Outcome, String)>,
    /// Whether something may have been used.
    pub(crate) billed: bool,
}

impl Ending {
    pub(crate) fn ok(last: Last) -> Self {
        Self { name: CallEnding::Ok, detail: None, last, failure: None, billed: false }
    }

    pub(crate) fn cancelled(why: &str) -> Self {
        Self { name: CallEnding::Cancelled, detail: Some(why.into()), ..Self::ok(Last::Broken(why.into())) }
    }

    pub(crate) fn refused(call: &Call, kind: ErrorKind, why: &str) -> Self {
        let last = error_answer(call.dialect, kind, why);
        Self { name: CallEnding::Refused, detail: Some(why.into()), ..Self::ok(last) }
    }
}

/// The last try failed: the provider's own error goes on where the client can read it.
pub(crate) fn failed(call: &Call, outbound: Dialect, failure: Failure, reply: &Reply) -> Ending {
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
        failure: cause(call, &failure).map(|outcome| (outcome, failure.detail)),
        billed: failure.billed,
        last,
    }
}

/// What a trial ends of that does not go on after this failure; `None` where the client's own request was wrong.
///
/// A request that is too long, or that a policy forbids, is part of the agent's life. One whose form the provider does
/// not take is the client's own affair, unless no agent has had a part in it yet, or the form is ours.
pub(crate) fn cause(call: &Call, failure: &Failure) -> Option<Outcome> {
    if call.other_model && call.session.spec.helpers == Helpers::Allow {
        return failure.outcome();
    }
    let body = failure.answer.as_ref().map(|(_, body)| String::from_utf8_lossy(body));
    let words = format!("{}\n{}", failure.detail, body.unwrap_or_default());
    match dialect::refusal(failure.kind, &words) {
        Some(Refusal::TooLong) => return Some(Outcome::ContextOverflow),
        Some(Refusal::Policy) => return Some(Outcome::Refusal),
        None => {}
    }
    let is_ours = || call.has_our_form() || !call.session.state().has_answered();
    match failure.kind {
        ErrorKind::NotFound => Some(Outcome::ProviderAuth),
        ErrorKind::InvalidRequest | ErrorKind::Method => is_ours().then_some(Outcome::Provider400),
        _ => failure.outcome(),
    }
}

pub(crate) fn error_answer(dialect: Dialect, kind: ErrorKind, why: &str) -> Last {
    let head = Head { status: kind.status(dialect), content_type: JSON.into(), exhausted: false };
    Last::Whole(head, error::body(dialect, kind, why).to_string().into())
}
