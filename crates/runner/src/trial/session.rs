//! A try's way to its model: the gateway's session.

use std::{io, sync::Arc};

use gateway::{Session, SessionSpec, sim::Brief};
use spec::harness::Exhausted;

use crate::{attempt::Try, context::Context, no_verdict::NoVerdict, trial::brief};

/// Opens the session of a try, with its budget.
pub(crate) fn open(context: &Context, this: &Try<'_>) -> Result<Session, NoVerdict> {
    let sweep = this.sweep;
    let sim = brief(this).map_err(NoVerdict::bug)?;
    let normalisers = this.harness.map_or(&[][..], |harness| &harness.normalisers);
    let cassette = context.recording.as_ref().map(|recording| {
        // Reads every recorded request of the trial: not on a thread that other trials' answers pass through.
        tokio::task::block_in_place(|| recording.cassette(&this.planned.id, normalisers))
    });
    let cassette = cassette.transpose().map_err(NoVerdict::bug)?;
    let spec = SessionSpec {
        trial: this.planned.id.clone(),
        try_number: this.try_number,
        model: this.model.id.clone(),
        budget: sweep.budget.tokens,
        meter: context.meter.clone(),
        settings: sweep.settings,
        helpers: sweep.helpers,
        losses: sweep.losses,
        server_tools: sweep.server_tools,
        ours: this.harness.is_none(),
        exhausted: this.harness.map_or(Exhausted::FinalMessage, |harness| harness.end.exhausted),
        max_calls: this.site.limits.turns,
        disk: this.site.limits.disk_mb << 20,
        sim,
        cassette: cassette.map(Arc::new),
    };
    this.gateway.open(spec).map_err(NoVerdict::bug)
}

/// What a simulated model knows of the try's task, or of the step that it is at.
pub(crate) fn brief(this: &Try<'_>) -> io::Result<Option<Brief>> {
    let (task, workdir) = (this.site.task, &this.site.workdir);
    brief::of(this.model, task, this.planned, this.harness, workdir, this.sweep.seed)
}
