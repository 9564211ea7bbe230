//! The steps of a task, one after the other in the trial's container: agent, collection and grading of each.

use std::{collections::BTreeSet, time::Instant};

use gateway::Session;
use ledger::{Outcome, Regraded};
use sandbox::Sandbox;
use spec::{Task, harness::Told};

use vocabulary::{Flag, FlagName};

use crate::{
    attempt::Try,
    context::Context,
    grading::rewards::{self, Rewards, Tally},
    no_verdict::NoVerdict,
    trial::{
        step::{self, Done, Place},
        try_error::TryError,
    },
};

/// What the steps that were carried out came to.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) tally: Tally,
    pub(crate) agent_seconds: f64,
    pub(crate) grading_seconds: f64,
    /// What the verifiers wrote.
    pub(crate) output: Vec<u8>,
    pub(crate) flags: BTreeSet<Flag>,
    /// Steps' work that was graded once more.
    pub(crate) regraded: Vec<Regraded>,
    /// What the harness said it used, step by step.
    pub(crate) told: Vec<Option<Told>>,
    pub(crate) last: Option<Done>,
}

/// Carries out one step after the other, as long as each is good enough and the agent's limits last.
pub(crate) async fn carry_out(
    context: &Context,
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
) -> Result<Work, TryError> {
    let began = Instant::now();
    let mut work = Work::default();
    let mut steps = this.site.task.parts();
    let mut number = 1;
    while let Some((step, later)) = steps.split_first() {
        let this = this.at(step, began.elapsed());
        let is_first = work.last.is_none();
        if !is_first && (this.site.limits.wall_time_sec == 0 || session.summary().stopped.is_some()) {
            // The agent's own limits kept it from this step, and from those after it.
            work.add_nothing(steps);
            break;
        }
        let place = Place { number, is_first, is_last: later.is_empty() };
        number += 1;
        let done = step::carry_out(context, &this, session, sandbox, place).await?;
        if !work.add(steps, done) {
            break;
        }
        steps = later;
    }
    Ok(work)
}

impl Work {
    /// The rewards of the whole task, and the score.
    ///
    /// # Errors
    /// If the tests gave a number that is no score.
    pub(crate) fn verdict(&mut self, task: &Task) -> Result<(Rewards, f64), NoVerdict> {
        let rewards = std::mem::take(&mut self.tally).total(task.step_reward);
        let score = rewards::score(&rewards, task)?;
        Ok((rewards, score))
    }

    /// Makes the agent's failure of it.
    pub(crate) fn fail(&mut self, outcome: Outcome, detail: String) {
        if let Some(done) = &mut self.last {
            (done.stop.outcome, done.stop.detail) = (Some(outcome), detail);
        }
    }

    /// Takes the first of the `steps` that were left into account, and says whether the next is to begin.
    fn add(&mut self, steps: &[Task], done: Done) -> bool {
        self.agent_seconds += done.agent_seconds;
        self.flags.extend(done.stop.flags.iter().cloned());
        self.told.push(done.stop.told);
        let going_on = match (&done.graded, steps) {
            (Some(graded), [step, ..]) => {
                let grade = &graded.grade;
                self.flags.extend(graded.flags.iter().cloned());
                self.regraded.extend(graded.regraded.clone());
                self.grading_seconds += grade.seconds;
                self.output.extend_from_slice(&grade.output);
                self.flags
                    .extend(grade.failures.iter().map(|failure| Flag::new(FlagName::GradedAgain, failure)));
                self.tally.add(step, grade.rewards.clone())
            }
            _ => {
                self.add_nothing(steps);
                false
            }
        };
        self.last = Some(done);
        going_on
    }

    /// Counts steps as ones without any reward.
    fn add_nothing(&mut self, steps: &[Task]) {
        steps.iter().for_each(|_| self.tally.add_nothing());
    }
}
