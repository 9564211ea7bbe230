//! Calls of a session that came to nothing, and whether its conversation went on after them. One that went on is over:
//! what stands in the end is what the session ended of.

use ledger::{Outcome, event::CallKind};
use vocabulary::OutcomeGroup;

/// Which call it is, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Its number.
    pub(crate) call: u32,
    /// What kind of call it is.
    pub(crate) kind: CallKind,
    /// The conversation it belongs to: the hash of its first message.
    pub(crate) root: u64,
}

impl Turn {
    /// Whether its conversation goes on with the answer to this one.
    fn goes_on(&self, from: &Self) -> bool {
        self.call > from.call && (self.root == from.root || self.kind == CallKind::Main)
    }

    /// Without a title a trial can go on.
    fn is_beside(&self) -> bool {
        matches!(self.kind, CallKind::Title | CallKind::Side)
    }
}

/// A call that came to nothing, and what the trial ends of if it does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setback {
    turn: Turn,
    outcome: Outcome,
    detail: String,
}

/// What stands of them.
#[derive(Debug, Default)]
pub(crate) struct Setbacks {
    standing: Vec<Setback>,
    /// Nothing goes on after this one.
    last: Option<(Outcome, String)>,
}

impl Setbacks {
    /// A call came to nothing.
    pub(crate) fn add(&mut self, turn: Turn, outcome: Outcome, detail: String) {
        if !turn.is_beside() {
            self.standing.push(Setback { turn, outcome, detail });
        }
    }

    /// A call was answered.
    pub(crate) fn answered(&mut self, turn: Turn) {
        self.standing.retain(|setback| !turn.goes_on(&setback.turn));
    }

    /// The session can be counted no more, whatever comes.
    pub(crate) fn end(&mut self, outcome: Outcome, detail: String) {
        self.last.get_or_insert((outcome, detail));
    }

    /// The failure of ours or of the provider's that the session ended of.
    pub(crate) fn failure(&self) -> Option<(Outcome, String)> {
        self.last.clone().or_else(|| self.latest(OutcomeGroup::Infra))
    }

    /// The refusal of the agent's own conversation that the session ended of.
    pub(crate) fn refusal(&self) -> Option<(Outcome, String)> {
        self.latest(OutcomeGroup::Agent)
    }

    fn latest(&self, group: OutcomeGroup) -> Option<(Outcome, String)> {
        let latest = self.standing.iter().rev().find(|setback| setback.outcome.group() == group);
        latest.map(|setback| (setback.outcome, setback.detail.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(call: u32, kind: CallKind, root: u64) -> Turn {
        Turn { call, kind, root }
    }

    fn failure(setbacks: &Setbacks) -> Option<Outcome> {
        setbacks.failure().map(|(outcome, _)| outcome)
    }

    #[test]
    fn what_a_conversation_went_on_after_is_over() {
        let mut setbacks = Setbacks::default();
        setbacks.add(turn(4, CallKind::Main, 1), Outcome::Provider400, "no".into());
        // An answer to an earlier request, or in another conversation, is no going on.
        setbacks.answered(turn(3, CallKind::Main, 1));
        setbacks.answered(turn(5, CallKind::SubAgent, 2));
        setbacks.answered(turn(6, CallKind::Title, 3));
        assert_eq!(setbacks.failure(), Some((Outcome::Provider400, "no".into())));
        setbacks.answered(turn(7, CallKind::Main, 1));
        assert_eq!(setbacks.failure(), None);
    }

    #[test]
    fn the_main_conversation_goes_on_for_all() {
        let mut setbacks = Setbacks::default();
        setbacks.add(turn(4, CallKind::SubAgent, 2), Outcome::Provider400, String::new());
        setbacks.add(turn(5, CallKind::Compaction, 3), Outcome::ContextOverflow, String::new());
        setbacks.answered(turn(6, CallKind::Main, 1));
        assert_eq!((setbacks.failure(), setbacks.refusal()), (None, None));
    }

    #[test]
    fn calls_beside_the_conversation_end_nothing() {
        let mut setbacks = Setbacks::default();
        setbacks.add(turn(1, CallKind::Title, 1), Outcome::Provider5xx, String::new());
        assert_eq!(setbacks.failure(), None);
    }

    #[test]
    fn the_agents_own_and_ours_are_told_apart_and_what_ends_a_session_stays() {
        let mut setbacks = Setbacks::default();
        setbacks.add(turn(1, CallKind::Main, 1), Outcome::Refusal, "policy".into());
        setbacks.add(turn(2, CallKind::Main, 1), Outcome::Provider429, "slow down".into());
        assert_eq!(setbacks.refusal(), Some((Outcome::Refusal, "policy".into())));
        assert_eq!(failure(&setbacks), Some(Outcome::Provider429));
        setbacks.end(Outcome::OrchBug, "disk full".into());
        setbacks.answered(turn(3, CallKind::Main, 1));
        assert_eq!((failure(&setbacks), setbacks.refusal()), (Some(Outcome::OrchBug), None));
    }
}
