//! What all trials of a run share.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use audit::Inputs;
use gateway::{Gateway, Meter};
use ledger::{Outcome, Plan, PlannedTrial};
use sandbox::{Engine, pack::Pack};
use spec::{
    Harness, HarnessName, Limits, Model, Prompt, Task,
    project::{Project, PromptTexts},
};
use tokio_util::sync::CancellationToken;
use vocabulary::Program;

use crate::{
    attempt::Try,
    container::{
        images::Images,
        site::{Site, Terms},
    },
    grading::regrade::Known,
    journal::Journal,
    no_verdict::NoVerdict,
    progress::Observer,
    replay::Recording,
    solutions::{Solutions, SolutionsAgain},
    watch::{adapter::Adapters, memory::Memory, outage::Outages},
};

/// What all trials of a run share.
pub(crate) struct Context {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) gateway: Gateway,
    pub(crate) meter: Meter,
    pub(crate) journal: Journal,
    pub(crate) recording: Option<Recording>,
    pub(crate) program: Program,
    pub(crate) run_id: String,
    pub(crate) project: Project,
    pub(crate) plan: Plan,
    pub(crate) models: BTreeMap<String, Model>,
    pub(crate) harnesses: BTreeMap<String, Harness>,
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) images: BTreeMap<String, Images>,
    pub(crate) packs: BTreeMap<String, Pack>,
    pub(crate) prompts: PromptTexts,
    /// What its agents are given, as the ledger names it.
    pub(crate) inputs: Inputs,
    /// A folder of this machine for what only the running program needs.
    pub(crate) scratch: PathBuf,
    pub(crate) observer: Observer,
    pub(crate) kill: CancellationToken,
    pub(crate) memory: Memory,
    pub(crate) outages: Outages,
    pub(crate) adapters: Adapters,
    pub(crate) solutions: Solutions,
    pub(crate) solutions_again: SolutionsAgain,
    /// The test and runner files of the tasks' images.
    pub(crate) pristine: Known,
}

impl Context {
    /// A try of a trial, of what the run holds of it.
    ///
    /// # Errors
    /// When its task is void, or the run lacks something of it.
    pub(crate) fn attempt<'a>(
        &'a self,
        planned: &'a PlannedTrial,
        try_number: u32,
    ) -> Result<Try<'a>, NoVerdict> {
        let missing = |what: &str| NoVerdict::bug(format!("{what} of {} is not in the run", planned.id));
        let task = self.tasks.get(&planned.task).ok_or_else(|| missing("the task"))?;
        if let Some(why) = &task.void {
            return Err(NoVerdict::new(Outcome::TaskInvalid, why));
        }
        let model = self.models.get(&planned.model).ok_or_else(|| missing("the model"))?;
        let images = self.images.get(&planned.task).ok_or_else(|| missing("the image"))?;
        let harness = self.plan.harness_of(planned).ok_or_else(|| missing("the preferred harness"))?;
        let harness = self.harness(&harness)?;
        let prompt = match planned.arm.prompt {
            Prompt::Generic => &self.prompts.generic,
            Prompt::Specific => self.prompts.specific.get(&model.id).ok_or_else(|| missing("the prompt"))?,
        };
        let terms = self.terms(&self.plan.sweep.limits, &planned.id.0);
        Ok(Try {
            planned,
            try_number,
            site: Site::new(terms, task, images),
            gateway: &self.gateway,
            sweep: &self.plan.sweep,
            model,
            prompt,
            harness,
            pack: self.pack(harness),
            project: &self.project,
        })
    }

    /// Where something is carried out under these limits, as far as a task does not say it.
    pub(crate) fn terms<'a>(&'a self, limits: &'a Limits, trial: &'a str) -> Terms<'a> {
        Terms {
            engine: &*self.engine,
            limits,
            network: self.plan.sweep.network,
            runtime: self.plan.sweep.runtime.as_deref(),
            run: &self.run_id,
            trial,
            scratch: &self.scratch,
        }
    }

    /// A harness by name; `None` for the bare loop.
    pub(crate) fn harness(&self, name: &HarnessName) -> Result<Option<&Harness>, NoVerdict> {
        match self.harnesses.get(&name.0) {
            None if !name.is_bare() => Err(NoVerdict::bug(format!("harness `{}` is not in the run", name.0))),
            found => Ok(found),
        }
    }

    /// The pack of a harness.
    pub(crate) fn pack(&self, harness: Option<&Harness>) -> Option<&Pack> {
        self.packs.get(&harness?.name)
    }

    /// The harness of a trial; `None` for the bare loop.
    pub(crate) fn harness_of(&self, planned: &PlannedTrial) -> Option<&Harness> {
        self.harnesses.get(&self.plan.harness_of(planned)?.0)
    }
}
