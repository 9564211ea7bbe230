//! The record of a try: its terminal event.

use std::collections::BTreeMap;

use ledger::{Outcome, PlannedTrial, event::TrialEnd};

use vocabulary::{Resource, Spent};

use crate::{
    agents::self_report,
    attempt::Try,
    container::workspace,
    context::Context,
    grading::{grade::Left, rewards::Rewards},
    no_verdict::NoVerdict,
    trial::{shared::GradedWork, step::Done, steps::Work},
};

/// The record of a try that came to a score, with the bodies it names stored.
pub(crate) async fn of_work(
    context: &Context,
    this: &Try<'_>,
    work: Work,
    (rewards, score): (Rewards, f64),
) -> Result<TrialEnd, NoVerdict> {
    let Some(Done { stop, graded, .. }) = work.last else {
        return Err(NoVerdict::bug("the task has no step"));
    };
    let journal = &context.journal;
    let (workspace, outside) = match graded {
        Some(GradedWork { left: Left { workspace, outside }, .. }) => {
            (Some(workspace::store(journal, workspace).await?), outside.text())
        }
        None => (None, String::new()),
    };
    let outcome = stop.outcome.unwrap_or(if score >= 1.0 { Outcome::Pass } else { Outcome::Fail });
    let mut resources = stop.resources;
    // Of the whole trial: what is left of it for a step differs from arm to arm.
    resources.insert(Resource::LimitWallSec, this.site.wall().as_secs_f64());
    let store = |body: &[u8]| journal.store(body).ok();
    Ok(TrialEnd {
        score: Some(score),
        rewards,
        agent_seconds: work.agent_seconds,
        grading_seconds: work.grading_seconds,
        workspace,
        changed_outside: if outside.is_empty() { None } else { store(outside.as_bytes()) },
        verifier_output: store(&work.output),
        harness_output: stop.output.and_then(|output| store(&output)),
        self_report: this.harness.and_then(|harness| self_report::of_steps(harness, &work.told)),
        resources,
        regraded: work.regraded,
        flags: work.flags.into_iter().collect(),
        ..blank(this.planned, this.try_number, outcome, stop.detail)
    })
}

/// The record of a try that has nothing to show.
pub(crate) fn of_no_verdict(planned: &PlannedTrial, try_number: u32, why: NoVerdict) -> TrialEnd {
    blank(planned, try_number, why.outcome, why.detail)
}

fn blank(planned: &PlannedTrial, try_number: u32, outcome: Outcome, detail: String) -> TrialEnd {
    TrialEnd {
        trial: planned.id.clone(),
        try_number,
        outcome,
        detail,
        score: None,
        rewards: BTreeMap::new(),
        spent: Spent::default(),
        unspent: 0.0,
        agent_seconds: 0.0,
        grading_seconds: 0.0,
        total_seconds: 0.0,
        workspace: None,
        changed_outside: None,
        commands: None,
        verifier_output: None,
        harness_output: None,
        self_report: None,
        dns_names: Vec::new(),
        contacts: Vec::new(),
        resources: BTreeMap::new(),
        regraded: Vec::new(),
        audited: None,
        flags: Vec::new(),
    }
}
