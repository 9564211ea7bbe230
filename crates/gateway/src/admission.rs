//! Who is let through, and what it turns out to have cost.

use std::collections::{BTreeMap, HashMap};

use dialect::neutral;
use vocabulary::{Digest, Flag, FlagName, Outcome, Usage};

use crate::{
    budget::{Estimator, Need, Pool, Room},
    kind::{Conversation, Conversations},
    now_ms,
    session::{Inner, Stopped, Summary},
};

/// What changes in a session.
#[derive(Debug)]
pub(crate) struct State {
    pool: Pool,
    /// What the last settled call taught.
    estimator: Estimator,
    /// The same by conversation: a sub-agent's first call finds nothing in the cache, whatever its parent's does.
    estimators: HashMap<u64, Estimator>,
    /// Calls seen, free ones included: the last call's number.
    seen: u32,
    summary: Summary,
    /// The longest answer so far, in tokens.
    longest: u64,
    by_model: BTreeMap<String, Usage>,
    /// Tells the kinds of calls.
    pub(crate) conversations: Conversations,
    /// Calls answered as exhausted, by conversation.
    told: HashMap<u64, u32>,
    /// Requests whose clients hung up on the provider's answer: by body, the last call with it.
    hung_up: HashMap<Digest, u32>,
    /// The budget is as good as gone: an answer was cut short by the last of it.
    cut_short: bool,
    /// The request stored last.
    pub(crate) last_request: Option<Digest>,
    /// Requests that never became calls, by why, with how often.
    turned_away: BTreeMap<String, u32>,
}

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
}

/// Share of the budget beyond which an answer cut short means that it is gone. Below it the estimate was too high or
/// siblings held the rest, and the next call gets what they left.
const AS_GOOD_AS_GONE: f64 = 0.95;
/// Most kinds of requests that were turned away and are told apart: what they hold is the client's to choose.
const TURNED_AWAY: usize = 16;

impl State {
    pub(crate) fn new(budget: f64) -> Self {
        Self {
            pool: Pool::new(budget, 0.0),
            estimator: Estimator::new(),
            estimators: HashMap::new(),
            seen: 0,
            longest: 0,
            summary: Summary { budget, ..Summary::default() },
            by_model: BTreeMap::new(),
            conversations: Conversations::default(),
            told: HashMap::new(),
            hung_up: HashMap::new(),
            cut_short: false,
            last_request: None,
            turned_away: BTreeMap::new(),
        }
    }

    /// What was seen so far. A session whose last answer was cut to what was left has spent its budget, whether or
    /// not the client asked again.
    pub(crate) fn summary(&self) -> Summary {
        let cut_short =
            || self.cut_short.then(|| (Stopped::Budget, self.summary.last_call_ms.unwrap_or_else(now_ms)));
        Summary {
            stopped: self.summary.stopped.or_else(cut_short),
            used: self.pool.used,
            held: self.pool.held,
            unspent: (self.pool.budget - self.pool.used).max(0.0),
            by_model: self.by_model.clone(),
            flags: self.summary.flags.iter().cloned().chain(self.turned_away_flags()).collect(),
            ..self.summary.clone()
        }
    }

    /// A request was turned away before it became a call.
    pub(crate) fn turn_away(&mut self, why: String) {
        if self.turned_away.len() < TURNED_AWAY || self.turned_away.contains_key(&why) {
            *self.turned_away.entry(why).or_default() += 1;
        }
    }

    fn turned_away_flags(&self) -> impl Iterator<Item = Flag> {
        let told =
            |(why, times): (&String, &u32)| Flag::new(FlagName::TurnedAway, format!("{why} ({times} times)"));
        self.turned_away.iter().map(told)
    }

    /// Numbers a call that arrived.
    pub(crate) fn arrive(&mut self) -> u32 {
        self.seen += 1;
        self.summary.first_call_ms.get_or_insert_with(now_ms);
        self.seen
    }

    /// Whether new calls are answered as exhausted, and why.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        let cut_short = self.cut_short.then_some(Stopped::Budget);
        self.summary.stopped.map(|(why, _)| why).or(cut_short)
    }

    /// A call was answered as exhausted. Returns how many of its conversation were, with this one: sub-agents that
    /// end side by side are each told for the first time.
    pub(crate) fn answer_exhausted(&mut self, why: Stopped, conversation: Conversation) -> u32 {
        self.summary.stopped.get_or_insert_with(|| (why, now_ms()));
        let answered = self.told.entry(conversation.root).or_default();
        *answered += 1;
        self.summary.after_exhaustion = self.summary.after_exhaustion.max(*answered);
        *answered
    }

    /// The input that a call will take, in tokens by kind.
    pub(crate) fn input(&self, estimate: u64, conversation: Conversation) -> neutral::Usage {
        self.estimator(conversation).input(estimate)
    }

    fn estimator(&self, conversation: Conversation) -> Estimator {
        match self.estimators.get(&conversation.root) {
            Some(known) => *known,
            None if conversation.begins => self.estimator.begin(),
            // Its beginning was rewritten: as good as the last one.
            None => self.estimator,
        }
    }

    /// Which call this one repeats after its client hung up, if any; and remembers this one if its client did too.
    pub(crate) fn replay(&mut self, body: &Digest, call: u32, hung_up: bool) -> Option<u32> {
        let earlier = self.hung_up.remove(body).filter(|earlier| *earlier < call);
        if hung_up {
            self.hung_up.insert(body.clone(), call);
        }
        earlier
    }

    /// A request that is no call was refused.
    pub(crate) fn refuse(&mut self) {
        self.summary.refused += 1;
    }

    /// Whether the model has answered in this session.
    pub(crate) fn has_answered(&self) -> bool {
        self.summary.answered > 0
    }

    pub(crate) fn raise(&mut self, flag: Flag) {
        if !self.summary.flags.contains(&flag) {
            self.summary.flags.push(flag);
        }
    }

    pub(crate) fn call_ended(&mut self) {
        self.summary.last_call_ms = Some(now_ms());
    }

    pub(crate) fn upstream(&mut self, failure: Option<(Outcome, String)>) {
        (self.summary.failure, self.summary.failure_detail) = failure.unzip();
    }
}

/// Applies the budget, the cap on calls, and the spend cap above all sessions.
pub(crate) fn decide(session: &Inner, ask: &Ask) -> Decision {
    let mut state = session.state();
    if state.summary.calls >= session.spec.max_calls {
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
    if let (Some(cap), Some(price)) = (&session.shared.cap, &session.price) {
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
    state.summary.calls += 1;
    Decision::Admitted(admission)
}

/// Settles what was held with what was really used, and lets waiting calls look again.
pub(crate) fn settle(session: &Inner, admission: &Admission, settled: &Settled<'_>) -> Cost {
    let mut state = session.state();
    let charged = settled.usage.map_or(0.0, |usage| session.meter.charge(usage));
    let usd = session.price.as_ref().map(|price| settled.usage.map_or(0.0, |usage| price.charge(usage)));
    state.pool.settle(admission.held, charged);
    if let (Some(cap), Some(usd)) = (&session.shared.cap, usd) {
        cap.pool().settle(admission.held_usd, usd);
        cap.settled.notify_waiters();
    }
    if let Some(usage) = settled.usage {
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
    let Pool { budget, used, .. } = state.pool;
    if settled.at_limit && admission.clamped_to.is_some() && used >= AS_GOOD_AS_GONE * budget {
        state.cut_short = true;
    }
    drop(state);
    session.settled.notify_waiters();
    Cost { charged, usd }
}
