//! One step in the trial's container; of most tasks the only one.

use std::{sync::Arc, time::Instant};

use gateway::{
    Session,
    sim::{Brief, FOLDER},
};
use ledger::Event;
use sandbox::Sandbox;
use tracing::{Instrument, info_span};
use wire::{Entry, PutMode};

use crate::{
    agents::{capture::Capture, end::AgentEnd, part},
    attempt::Try,
    container::{readiness, workspace::put},
    context::Context,
    grading::grade,
    no_verdict::NoVerdict,
    trial::{
        blame::blame,
        conclusion::{self, Conclusion},
        session,
        shared::{self, GradedWork},
        try_error::TryError,
    },
};

/// A step that was carried out.
pub(crate) struct Done {
    pub(crate) stop: Conclusion,
    /// The work tree and its verdict; `None` where the agent left one that cannot be collected.
    pub(crate) graded: Option<GradedWork>,
    pub(crate) agent_seconds: f64,
}

/// Where a step stands among those of its task.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) number: u32,
    pub(crate) is_first: bool,
    pub(crate) is_last: bool,
}

/// Carries a step out: the container is made ready for it, the agent works, and what it left is graded.
pub(crate) async fn carry_out(
    context: &Context,
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
    place: Place,
) -> Result<Done, TryError> {
    let is_last = place.is_last;
    let services = match readiness::begin(&this.site, sandbox.guest(), place.is_first).await {
        Ok(services) => services,
        Err(why) if place.is_first => return Err(why.into()),
        // An agent has worked in this container before.
        Err(why) => {
            let (outcome, detail) = blame(context, this, sandbox, why).await?;
            let stop = conclusion::without_a_word(this, outcome, detail);
            return Ok(Done { stop, graded: None, agent_seconds: 0.0 });
        }
    };
    let brief = session::brief(this).map_err(NoVerdict::bug)?;
    if brief.as_ref().is_some_and(Brief::wants_folder) {
        let owner = this.site.owner(sandbox.guest()).await.map_err(NoVerdict::from)?;
        let folder = Entry { uid: owner.uid, gid: owner.gid, ..Entry::directory("") };
        let put = sandbox.guest().put(put(FOLDER, PutMode::Merge), [(folder, Vec::new())]).await;
        put.map_err(NoVerdict::from)?;
    }
    session.play(brief);
    let began = Instant::now();
    let agent = agent(context, this, session, sandbox).instrument(info_span!("agent")).await;
    let agent_seconds = began.elapsed().as_secs_f64();
    if is_last {
        session.close().await;
    }
    let stop = conclude(context, this, session, sandbox, agent).await;
    let (reason, detail) = match &stop {
        Ok(stop) => (stop.outcome, stop.detail.clone()),
        Err(why) => (Some(why.outcome), why.detail.clone()),
    };
    let stopped = Event::Stopped {
        trial: this.planned.id.clone(),
        try_number: this.try_number,
        reason,
        detail,
        seconds: agent_seconds,
    };
    context.journal.write(stopped).await?;
    let mut stop = stop?;
    let mut graded = grade(context, this, sandbox, place.number, &mut stop).await?;
    if !is_last && let Err(why) = grade::clear_tests(&this.site, sandbox.guest()).await {
        let (outcome, detail) = blame(context, this, sandbox, why).await?;
        (stop.outcome, stop.detail, graded) = (Some(outcome), detail, None);
    }
    drop(services);
    Ok(Done { stop, graded, agent_seconds })
}

/// The agent's part, with its work tree captured where the plan asks for that.
async fn agent(
    context: &Context,
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
) -> Result<AgentEnd, NoVerdict> {
    let capture = Capture::of(this, sandbox.guest(), &sandbox.volumes().await).map(Arc::new);
    let _listening = capture.clone().map(|capture| context.journal.listen(&this.planned.id, capture));
    part::run(this, session, sandbox, capture).await
}

/// Why the agent's part ended, also where its container can no longer be asked.
async fn conclude(
    context: &Context,
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
    agent: Result<AgentEnd, NoVerdict>,
) -> Result<Conclusion, NoVerdict> {
    let stop = match agent {
        Ok(agent) => conclusion::conclude(this, sandbox, agent, &session.summary()).await,
        Err(why) => Err(why),
    };
    match stop {
        Ok(stop) => Ok(stop),
        Err(why) => {
            let (outcome, detail) = blame(context, this, sandbox, why).await?;
            Ok(conclusion::without_a_word(this, outcome, detail))
        }
    }
}

/// Collects and grades what the agent left. Where it left something in the way of that, `stop` says so.
async fn grade(
    context: &Context,
    this: &Try<'_>,
    sandbox: &dyn Sandbox,
    step: u32,
    stop: &mut Conclusion,
) -> Result<Option<GradedWork>, NoVerdict> {
    let grading = shared::grade(context, this, sandbox, step);
    match grading.instrument(info_span!("grading")).await {
        Ok(graded) => Ok(Some(graded)),
        Err(why) => {
            let (outcome, detail) = blame(context, this, sandbox, why).await?;
            (stop.outcome, stop.detail) = (Some(outcome), detail);
            Ok(None)
        }
    }
}
