//! How a call ends: answered, refused, cancelled, or failed, and what that means for its trial.

use dialect::{ErrorKind, error};
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
    /// What the upstream's failure means for the trial.
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
