//! What changes in a session, and what may be seen of it.

use std::{
    collections::{BTreeMap, HashMap},
    hash::RandomState,
};

use dialect::neutral;
use vocabulary::{Digest, Flag, FlagName, Outcome, Usage};

use crate::{
    budget::{Estimator, Pool},
    handed_out::HandedOut,
    kind::{Conversation, Conversations},
    now_ms,
    setback::Setbacks,
    weighing::{Known, Weighed},
};

/// Why a session lets no more calls through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The budget is gone.
    Budget,
    /// The calls are used up.
    Calls,
}

/// What a session has seen so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The budget.
    pub budget: f64,
    /// Settled budget units.
    pub used: f64,
    /// Held budget units.
    pub held: f64,
    /// `budget - used`, at least 0.
    pub unspent: f64,
    /// US dollars, when the model has prices.
    pub usd: f64,
    /// Calls: those that used tokens. What a call is, [`Spent`](vocabulary::Spent) says.
    pub calls: u32,
    /// Requests that were let through, whatever came of them.
    pub admitted: u32,
    /// Calls whose usage is our estimate.
    pub estimated: u32,
    /// Tokens.
    pub usage: Usage,
    /// Tokens by model served.
    pub by_model: BTreeMap<String, Usage>,
    /// Why it lets no more calls through, and since when, in milliseconds since the Unix epoch.
    pub stopped: Option<(Stopped, u64)>,
    /// Calls answered as exhausted, in the conversation that had most of them.
    pub after_exhaustion: u32,
    /// Whether a request that was let through offered the model a tool.
    pub offered_tools: bool,
    /// Answers that called a tool.
    pub answers_with_tool_calls: u32,
    /// Answers that called a tool that was offered, with arguments that can be read.
    pub answers_with_usable_calls: u32,
    /// When the first call came, milliseconds since the Unix epoch.
    pub first_call_ms: Option<u64>,
    /// When the last call ended, milliseconds since the Unix epoch.
    pub last_call_ms: Option<u64>,
    /// How we or the provider failed a call after which its conversation did not go on.
    pub failure: Option<Outcome>,
    /// The same in words.
    pub failure_detail: Option<String>,
    /// How model or provider refused what the agent asked for, where its conversation did not go on after that: as
    /// [`Outcome::Refusal`] or [`Outcome::ContextOverflow`], with the words.
    pub refusal: Option<(Outcome, String)>,
    /// Requests refused as bad ones before they were calls.
    pub refused: u32,
    /// Calls that were answered by the model, final messages of ours left out.
    pub answered: u32,
    /// Flags raised.
    pub flags: Vec<Flag>,
}

/// What changes in a session.
#[derive(Debug)]
pub(crate) struct SessionState {
    pub(crate) pool: Pool,
    /// What the last settled call taught.
    pub(crate) estimator: Estimator,
    /// The same by conversation: a sub-agent's first call finds nothing in the cache, whatever its parent's does.
    pub(crate) estimators: HashMap<u64, Estimator>,
    /// How far the provider has counted, by conversation.
    pub(crate) known: HashMap<u64, Known>,
    /// Keys of the digests in it.
    pub(crate) keys: RandomState,
    /// Calls seen, free ones included: the last call's number.
    seen: u32,
    pub(crate) summary: Summary,
    /// The longest answer so far, in tokens.
    pub(crate) longest: u64,
    pub(crate) by_model: BTreeMap<String, Usage>,
    /// Tells the kinds of calls.
    pub(crate) conversations: Conversations,
    /// Calls answered as exhausted, by conversation.
    told: HashMap<u64, u32>,
    /// Requests whose clients hung up on the provider's answer: by body, the last call with it.
    hung_up: HashMap<Digest, u32>,
    /// The budget is as good as gone: an answer was cut short by the last of it.
    pub(crate) cut_short: bool,
    /// What the provider handed out and demands back.
    pub(crate) handed_out: HandedOut,
    /// The request stored last.
    pub(crate) last_request: Option<Digest>,
    /// Requests that never became calls, by why, with how often.
    turned_away: BTreeMap<String, u32>,
    /// Calls that came to nothing.
    pub(crate) setbacks: Setbacks,
    /// Bytes of the bodies that were kept of calls which cost nothing.
    free: usize,
}

/// Most bytes of the bodies that are kept of calls which cost nothing: no budget and no cap on calls bounds these.
const FREE: usize = 8 << 20;

/// Most requests turned away for different reasons that are kept. A client chooses their words.
const TURNED_AWAY: usize = 16;

impl SessionState {
    pub(crate) fn new(budget: f64) -> Self {
        Self {
            pool: Pool::new(budget, 0.0),
            estimator: Estimator::new(),
            estimators: HashMap::new(),
            known: HashMap::new(),
            keys: RandomState::new(),
            seen: 0,
            longest: 0,
            summary: Summary { budget, ..Summary::default() },
            by_model: BTreeMap::new(),
            conversations: Conversations::default(),
            told: HashMap::new(),
            hung_up: HashMap::new(),
            cut_short: false,
            handed_out: HandedOut::default(),
            last_request: None,
            turned_away: BTreeMap::new(),
            setbacks: Setbacks::default(),
            free: 0,
        }
    }

    /// What was seen so far. A session whose last answer was cut to what was left, or that used more than there was, has
    /// spent its budget, whether or not the client asked again.
    pub(crate) fn summary(&self) -> Summary {
        let (failure, failure_detail) = self.setbacks.failure().unzip();
        let spent =
            || self.is_spent().then(|| (Stopped::Budget, self.summary.last_call_ms.unwrap_or_else(now_ms)));
        Summary {
            stopped: self.summary.stopped.or_else(spent),
            used: self.pool.used,
            held: self.pool.held,
            unspent: (self.pool.budget - self.pool.used).max(0.0),
            by_model: self.by_model.clone(),
            failure,
            failure_detail,
            refusal: self.setbacks.refusal(),
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

    /// Whether the bodies of a call that cost nothing are kept, which are so many bytes.
    pub(crate) fn keeps_free(&mut self, bytes: usize) -> bool {
        let keeps = bytes <= FREE - self.free;
        self.free += if keeps { bytes } else { 0 };
        keeps
    }

    /// Numbers a call that arrived.
    pub(crate) fn arrive(&mut self) -> u32 {
        self.seen += 1;
        self.summary.first_call_ms.get_or_insert_with(now_ms);
        self.seen
    }

    /// Whether new calls are answered as exhausted, and why.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        let spent = self.is_spent().then_some(Stopped::Budget);
        self.summary.stopped.map(|(why, _)| why).or(spent)
    }

    fn is_spent(&self) -> bool {
        self.cut_short || self.pool.used > self.pool.budget
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

    /// The input that a call is likely to take, in tokens by kind, and the most that it can; and whether the latter
    /// relies on what the provider has counted.
    pub(crate) fn input(&self, call: &Weighed) -> (neutral::Usage, u64, bool) {
        let estimator = self.estimator(call.conversation);
        let (likely, most) = (call.weight.likely, call.weight.most);
        match self.known.get(&call.conversation.root).filter(|known| call.goes_on_from(known)) {
            Some(known) => {
                let input = estimator.input(known.input.input(), likely.saturating_sub(known.likely));
                let most = if known.lent { most } else { call.most_from(known) };
                (input, most, !known.lent)
            }
            None => (estimator.input(0, likely), most, false),
        }
    }

    pub(crate) fn estimator(&self, conversation: Conversation) -> Estimator {
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
}
