//! Who is let through, and what it turns out to have cost.

use std::sync::Arc;

use dialect::neutral;

use crate::{
    budget::{Need, Pool, Room},
    session::Inner,
    state::Stopped,
    weighing::{Known, Weighed},
};

/// Bytes of text to a token, over a whole request, beyond which no later call relies on a count.
const THIN: u64 = 32;

/// A call that was let through, and what is held for it.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    /// Budget units held.
    pub(crate) held: f64,
    /// US dollars held under the spend cap.
    pub(crate) held_usd: f64,
    /// The output limit, when the budget lowered it below what was asked for.
    pub(crate) clamped_to: Option<u64>,
    /// The output limit to send.
    pub(crate) output: u64,
    /// The likely input.
    pub(crate) input: neutral::Usage,
    /// The most input that it can take, in tokens.
    pub(crate) most: u64,
    /// Whether that relies on what the provider has counted of its conversation.
    pub(crate) relies: bool,
    /// The call as it was weighed.
    pub(crate) call: Arc<Weighed>,
}

/// What a call is told.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    Admitted(Box<Admission>),
    Wait,
    Stopped(Stopped),
    CapReached,
}

/// What a call asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// What it may take to read.
    pub(crate) call: Arc<Weighed>,
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
    let (input, most, relies) = state.input(&ask.call);
    let need = Need { likely: input, most, smallest: ask.smallest, usual: state.longest, wanted: ask.wanted };
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
        input,
        most,
        relies,
        call: Arc::clone(&ask.call),
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
    if let Some(known) = state.known.get_mut(&ask.call.conversation.root).filter(|_| relies) {
        known.lent = true;
    }
    Decision::Admitted(Box::new(admission))
}

/// Settles what was held with what was really used, and lets waiting calls look again.
pub(crate) fn settle(session: &Inner, admission: &Admission, settled: &Settled<'_>) -> Cost {
    let mut state = session.state();
    let charged = settled.usage.map_or(0.0, |usage| session.meter.charge(usage));
    let usd = session.price.as_ref().map(|price| settled.usage.map_or(0.0, |usage| price.charge(usage)));
    state.pool.settle(admission.held, charged);
    let root = admission.call.conversation.root;
    if let Some(known) = state.known.get_mut(&root).filter(|_| admission.relies) {
        known.lent = false;
    }
    if let (Some(cap), Some(usd)) = (&session.providers.cap, usd) {
        cap.pool().settle(admission.held_usd, usd);
        cap.settled.notify_waiters();
    }
    if let Some(usage) = settled.usage {
        state.summary.calls += 1;
        if settled.estimated {
            state.summary.estimated += 1;
        } else {
            let likely = admission.call.weight.likely;
            let mut estimator = state.estimator(admission.call.conversation);
            estimator.learn(likely, usage);
            state.estimator = estimator;
            state.estimators.insert(root, estimator);
            let lent = state.known.get(&root).is_some_and(|known| known.lent);
            // A count that is hardly to be believed is charged, and nothing is built on it.
            let relied_on = usage.input() >= admission.call.text / THIN;
            let counted = admission.call.whole().filter(|_| relied_on);
            let counted = counted.map(|beginning| Known { beginning, likely, input: *usage, lent });
            counted.map(|known| state.known.insert(root, known));
            state.longest = state.longest.max(usage.output.saturating_add(usage.reasoning));
        }
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
