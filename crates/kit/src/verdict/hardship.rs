//! What the trials show in which something is taken away: budget, time, a provider that answers, room to write.

use std::collections::BTreeSet;

use ledger::Outcome;
use spec::harness::Reaction;

use vocabulary::{CallEnding, FlagName};

use super::Verdicts;
use crate::{
    scenario::{Play, SPENDING},
    script::is_sub_agent,
    trial::{Call, Failed, Record},
};

/// The check of a budget that ends inside a sub-agent.
const SUB_AGENT: &str = "budget gone inside a sub-agent";

impl Verdicts<'_> {
    /// What one of the other trials shows.
    pub(crate) fn further(&mut self, record: &Record) {
        self.note(record);
        match record.scenario.play {
            Play::Solve if record.scenario.read_only => self.read_only(record),
            Play::Fail | Play::Take => {}
            Play::Talk => self.talk(record),
            Play::Untidy => self.untidy(record),
            Play::Delegate => self.sub_agent(record),
            Play::Solve => self.stops("budget gone at the first call", record),
            Play::Spend => self.stops("budget gone in mid stream", record),
            Play::Linger => self.time_limit(record),
            Play::Stumble => self.stumble(record),
            Play::BreakOff => self.broken_stream(record),
            Play::Refuse => self.refused(record),
        }
    }

    fn stops(&mut self, name: &str, record: &Record) {
        let end = &record.end;
        if self.subject.harness.tools.edit_only()
            && record.scenario.play == Play::Spend
            && end.outcome != Outcome::Budget
            && record.calls.len() == 1
        {
            return self
                .skip(name, format!("it asks once, and an answer that is cut off ends it: {}", end.detail));
        }
        let kept: Vec<&str> =
            [record.flags(FlagName::KilledAfterStop), record.flags(FlagName::KeptAsking)].concat();
        let wrong = match (end.outcome, kept.is_empty()) {
            (Outcome::Budget, true) => None,
            (Outcome::Budget, false) => Some(kept.join("; ")),
            (other, _) => Some(format!("the outcome is {}, not BUDGET: {}", other.code(), end.detail)),
        };
        let last = record.calls.iter().filter(|call| call.record.ending == CallEnding::Exhausted).count();
        let right = format!("ended by itself; {last} calls were told that it is gone");
        let key = vec!["end".to_owned(), "exhausted".to_owned()];
        let help = "try the other answer (`final-message` or `status`), set the harness's own retry limit, or a longer `grace_sec`";
        self.judge(name, wrong, &right, &key, help);
    }

    fn read_only(&mut self, record: &Record) {
        let wrong = (!record.solved()).then(|| {
            let end = &record.end;
            format!("the two-step task was not solved: {}, {}", end.outcome.code(), end.detail)
        });
        let right = "solved with nothing to write to but the work tree, a home elsewhere, /tmp and /logs";
        let help = "point what it writes elsewhere below `{{ home }}`, by its own variables or settings";
        self.judge("read-only root file system", wrong, right, &["run".into()], help);
    }

    pub(crate) fn no_sub_agent(&mut self) {
        self.skip(SUB_AGENT, "no `tools.sub_agent` is declared");
    }

    fn sub_agent(&mut self, record: &Record) {
        let of_sub_agent = |call: &&Call| call.request.as_ref().is_some_and(is_sub_agent);
        let calls: Vec<&Call> = record.calls.iter().filter(of_sub_agent).collect();
        if calls.is_empty() {
            let reason =
                format!("no call of a sub-agent came; the tools offered are {}", offered(&record.calls));
            let key = ["tools", "sub_agent", "name"].map(str::to_owned);
            let help = "declare the tool and its arguments as the model sees them";
            return self.fail(SUB_AGENT, &key, reason, help);
        }
        // The last answer of a sub-agent is cut off by the budget; whether it asks once more is its own affair.
        let spent = calls.iter().map(|call| call.record.charged).sum::<f64>();
        if spent < 0.95 * f64::from(SPENDING) {
            let reason = format!(
                "the budget did not end inside the sub-agent: {} calls spent {spent:.0} of {SPENDING} units; \
                 the tools it was offered are {}",
                calls.len(),
                offered(calls)
            );
            let key = ["tools", "sub_agent", "with"].map(str::to_owned);
            return self.fail(SUB_AGENT, &key, reason, "name a kind of sub-agent that has the shell tool");
        }
        self.stops(SUB_AGENT, record);
    }

    fn time_limit(&mut self, record: &Record) {
        if self.subject.harness.tools.edit_only() {
            return self.skip("time limit", "it runs no commands that could go on");
        }
        let end = &record.end;
        let wrong = (end.outcome != Outcome::Wall)
            .then(|| format!("the outcome is {}, not WALL: {}", end.outcome.code(), end.detail));
        let right = "killed, and no process was left, one in a session of its own included";
        let help = "its shell tool must wait for a command at least as long as the time limit of this check";
        self.judge("time limit", wrong, right, &["run".into(), "command".into()], help);
    }

    fn stumble(&mut self, record: &Record) {
        let wrong = (!record.solved()).then(|| format!("the task was not solved: {}", record.end.detail));
        let right = "429 with Retry-After, 500 and 529: made good by the gateway, the task solved";
        let help = "the harness gives up while the gateway tries again: raise its own timeout";
        self.judge("provider stumbles", wrong, right, &["run".into()], help);
    }

    fn broken_stream(&mut self, record: &Record) {
        let declared = self.subject.harness.end.broken_stream;
        // One that ends is begun again, since it was the provider's failure.
        let went_on = record.solved() && record.end.try_number == 1;
        let seen = if went_on { Reaction::Retries } else { Reaction::Ends };
        self.reaction("answer breaks off", "broken_stream", declared, seen, &record.end.detail);
    }

    fn refused(&mut self, record: &Record) {
        const NAME: &str = "provider refuses (400)";
        let asked = record.calls.iter().filter(|call| call.record.status == 400).count();
        // A machine that is busy enough lets a harness start too late for its time.
        if asked == 0 {
            return self.skip(NAME, format!("no call reached the provider: {}", record.end.detail));
        }
        let declared = self.subject.harness.end.refused;
        let seen = if record.end.outcome == Outcome::Wall { Reaction::Retries } else { Reaction::Ends };
        let detail = format!("{asked} calls were refused; {}", record.end.detail);
        self.reaction(NAME, "refused", declared, seen, &detail);
    }

    /// A model that only talks has one code in every arm, and its workspace is graded.
    pub(crate) fn talk(&mut self, record: &Record) {
        let name = if record.scenario.bare { "model only talks, bare loop" } else { "model only talks" };
        if self.subject.harness.tools.from_text() && !record.scenario.bare {
            return self.skip(name, "it offers the model no tools");
        }
        let end = &record.end;
        let wrong = (end.outcome != Outcome::NoToolCall || end.score.is_none()).then(|| {
            format!("the outcome is {}, not NO_TOOL_CALL with a score: {}", end.outcome.code(), end.detail)
        });
        let right = format!("NO_TOOL_CALL, after {} answers in words", end.spent.calls);
        let help = "a harness must offer its tools, and end when its model has no more to say";
        self.judge(name, wrong, &right, &["tools".into()], help);
    }

    /// Files are as the model wrote them: nothing formats, commits or adds.
    fn untidy(&mut self, record: &Record) {
        let wrong = (!record.left.is_empty()).then(|| {
            format!(
                "changed by no tool call of the model's: {}; {}",
                record.left.join(", "),
                record.end.detail
            )
        });
        let right = "as the model wrote them, in a repository, with formatters at hand";
        let help =
            "turn off what formats, commits or writes by itself: by a flag, a variable or its settings";
        self.judge("files as written", wrong, right, &["run".into()], help);
    }

    pub(crate) fn unavailable(&mut self, failed: &Failed) {
        const NAME: &str = "provider fails for good (500)";
        let Some(seconds) = failed.went_on_sec else {
            return self.skip(NAME, "no call reached the provider after its first answer");
        };
        // It is killed a grace after the gateway knew, which is a little before the call's record ends. How often it asks
        // again before that is by chance: the gateway's own tries take time.
        let is_there = seconds >= self.subject.harness.end.grace_sec as f64 * 0.9;
        let seen = if failed.calls > 1 || is_there { Reaction::Retries } else { Reaction::Ends };
        let detail = format!("{} calls failed, and it went on for {seconds:.1} s", failed.calls);
        match self.subject.harness.end.unavailable {
            Some(declared) => self.reaction(NAME, "unavailable", declared, seen, &detail),
            None => self.skip(NAME, format!("no `end.unavailable` is declared; it {}: {detail}", word(seen))),
        }
    }

    fn reaction(&mut self, name: &str, key: &str, declared: Reaction, seen: Reaction, detail: &str) {
        let wrong = (declared != seen).then(|| {
            format!("declared is that it {}, seen that it {}: {detail}", word(declared), word(seen))
        });
        let right = format!("it {}, as declared", word(declared));
        let key = vec!["end".to_owned(), key.to_owned()];
        self.judge(name, wrong, &right, &key, &format!("declare `{} = \"{}\"`", key[1], word(seen)));
    }
}

fn word(reaction: Reaction) -> &'static str {
    if reaction == Reaction::Retries { "retries" } else { "ends" }
}

/// The names of all tools that some calls offer.
fn offered<'c>(calls: impl IntoIterator<Item = &'c Call>) -> String {
    let requests = calls.into_iter().filter_map(|call| call.request.as_ref());
    let names: BTreeSet<&str> =
        requests.flat_map(|request| &request.tools).map(|tool| tool.name.as_str()).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
