//! Who is let through, and what it turns out to have cost.

use dialect::neutral;

use crate::{
    budget::{Need, Pool, Room},
    kind::Conversation,
    session::Inner,
    state::Stopped,
};

/// A call that was let through, and what is held for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Admission {
    /// Budget units held.
    pub(crate) held: f64,
    /// US dollars held under the spend cap.
    pub(crate) held_usd: f64,
    /// The output limit, when the budget lowered it below what was asked for.
    pub(crate) clamped_to: Option<u64>,
    /// The output limit to send.
    pub(crate) output: u64,
    /// The input as estimated, before scaling, in tokens.
    pub(crate) estimate: u64,
    /// The conversation it belongs to.
    pub(crate) conversation: Conversation,
}

/// What a call is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    Admitted(Admission),
    Wait,
    Stopped(Stopped),
    CapReached,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ask {
    /// Input tokens as estimated, before scaling.
    pub(crate) estimate: u64,
    /// The conversation it belongs to.
    pub(crate) conversation: Conversation,
    /// The smallest useful output.
    pub(crate) smallest: u64,
    /// The longest output wanted.
    pub(crate) wanted: u64,
    /// Whether it offers the model a tool.
    pub(crate) offers_tools: bool,
}

/// What a call cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cost {
    pub(crate) charged: f64,
    pub(crate) usd: Option<f64>,
}

/// How a call ended, for the settling of it.
pub(crate) struct Settled<'a> {
    /// Its tokens; `None` when nothing was used.
    pub(crate) usage: Option<&'a neutral::Usage>,
    /// Whether they are our estimate.
    pub(crate) estimated: bool,
    /// Whether the output limit ended the answer.
    pub(crate) at_limit: bool,
    /// Whether there is a whole answer.
    pub(crate) answered: bool,
    /// The model that answered.
    pub(crate) served: &'a str,
    /// Whether the answer called tools.
    pub(crate) called_tools: bool,
    /// Whether it called one that was offered, with arguments that can be read.
    pub(crate) usable_call: bool,
}

/// Share of the budget beyond which an answer cut short means that it is gone. Below it the estimate was too high or
/// siblings held the rest, and the next call gets what they left.
const AS_GOOD_AS_GONE: f64 = 0.95;
/// Applies the budget, the cap on calls, and the spend cap above all sessions.
pub(crate) fn decide(session: &Inner, ask: &Ask) -> Decision {
    let mut state = session.state();
    if state.summary.admitted >= session.spec.max_calls {
        return Decision::Stopped(Stopped::Calls);
    }
    let input = state.input(ask.estimate, ask.conversation);
    let need = Need { input, smallest: ask.smallest, usual: state.longest, wanted: ask.wanted };
    let (output, held) = match state.pool.room(&need, &session.meter) {
        Room::Exhausted => return Decision::Stopped(Stopped::Budget),
        Room::Wait => return Decision::Wait,
        Room::Fits { output, held } => (output, held),
    };
    let mut admission = Admission {
        held,
        held_usd: 0.0,
        clamped_to: None,
        output,
        estimate: ask.estimate,
        conversation: ask.conversation,
    };
    if let (Some(cap), Some(price)) = (&session.providers.cap, &session.price) {
        let mut cap = cap.pool();
        match cap.room(&Need { wanted: output, ..need }, price) {
            Room::Exhausted => return Decision::CapReached,
            Room::Wait => return Decision::Wait,
            Room::Fits { output, held } => {
                admission.output = output;
                admission.held_usd = held;
                cap.hold(held);
            }
        }
    }
    admission.clamped_to = (admission.output < ask.wanted).then_some(admission.output);
    state.pool.hold(held);
    state.summary.admitted += 1;
    state.summary.offered_tools |= ask.offers_tools;
    Decision::Admitted(admission)
}

/// Settles what was held with what was really used, and lets waiting calls look again.
pub(crate) fn settle(session: &Inner, admission: &Admission, settled: &Settled<'_>) -> Cost {
    let mut state = session.state();
    let charged = settled.usage.map_or(0.0, |usage| session.meter.charge(usage));
    let usd = session.price.as_ref().map(|price| settled.usage.map_or(0.0, |usage| price.charge(usage)));
    state.pool.settle(admission.held, charged);
    if let (Some(cap), Some(usd)) = (&session.providers.cap, usd) {
        cap.pool().settle(admission.held_usd, usd);
        cap.settled.notify_waiters();
    }
    if let Some(usage) = settled.usage {
        state.summary.calls += 1;
        if settled.estimated {
            state.summary.estimated += 1;
        } else {
            let mut estimator = state.estimator(admission.conversation);
            estimator.learn(admission.estimate, usage);
            state.estimator = estimator;
            state.estimators.insert(admission.conversation.root, estimator);
        }
        state.longest = state.longest.max(usage.output + usage.reasoning);
        state.summary.usage += *usage;
        *state.by_model.entry(settled.served.to_owned()).or_default() += *usage;
    }
    state.summary.usd += usd.unwrap_or(0.0);
    state.summary.answered += u32::from(settled.answered);
    state.summary.answers_with_tool_calls += u32::from(settled.called_tools);
    state.summary.answers_with_usable_calls += u32::from(settled.usable_call);
    let Pool { budget, used, .. } = state.pool;
    if settled.at_limit && admission.clamped_to.is_some() && used >= AS_GOOD_AS_GONE * budget {
        state.cut_short = true;
    }
    drop(state);
    session.settled.notify_waiters();
    Cost { charged, usd }
}
