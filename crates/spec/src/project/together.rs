//! Models, harnesses and tasks of a sweep that do not go together.

use super::resolve::Resolver;
use crate::{FileError, Harness, Model, Task, harness, model, sweep::Announcement, task};

impl Resolver<'_> {
    /// Models, harnesses and tasks that do not go together.
    pub(super) fn together(&mut self, models: &[Model], harnesses: &[Harness], tasks: &[Task]) {
        for harness in harnesses.iter().filter(|harness| !harness.run.root) {
            for task in tasks.iter().filter(|task| runs_as_root(task)) {
                let message = format!("the agent is root here, and `{}` does not run as root", harness.name);
                let help = "set `user` in `[agent]`, or leave the task or the arm out";
                self.in_task(task, &["agent", "user"], &message, help);
            }
        }
        let bare = self.sweep.arms.iter().any(|arm| arm.harness.is_bare()).then_some(None);
        for harness in bare.into_iter().chain(harnesses.iter().map(Some)) {
            let name = harness.map_or("the bare loop", |harness| harness.name.as_str());
            for task in tasks {
                if let Some((key, what)) = harness::cannot_take(harness, task) {
                    let message = format!("this task gives {what}, which `{name}` does not take");
                    self.in_task(task, &key, &message, "leave the task or the arm out");
                }
            }
        }
        self.windows(models, harnesses);
        if tasks.iter().any(|task| task.impossible().is_none()) {
            for task in tasks.iter().filter(|task| task.impossible().is_some()) {
                let message =
                    "this task cannot be solved, and others of the sweep can: their scores would be mixed";
                self.in_task(
                    task,
                    &["metadata", "impossible"],
                    message,
                    "give impossible variants a sweep of their own",
                );
            }
        }
        let engineer =
            |model: &Model| model.sim.as_ref().is_some_and(|sim| sim.character == model::Character::Engineer);
        if let Some(model) = models.iter().find(|model| engineer(model)) {
            for task in tasks.iter().filter(|task| !task.has_solution()) {
                let message =
                    format!("`{}` plays the task's solution, and there is no solution/solve.sh", model.id);
                self.errors.push(FileError::whole(&task.path, message, None));
            }
        }
        for model in models {
            if let Some(preferred) = &model.preferred
                && !self
                    .sweep
                    .arms
                    .iter()
                    .any(|arm| arm.harness.is_preferred() || arm.harness.0 == preferred.harness)
            {
                let note = format!("`{}` prefers `{}`, which no arm uses", model.id, preferred.harness);
                self.notes.push(note);
            }
        }
        if self.sweep.announcement == Announcement::EveryTurn && !harnesses.is_empty() {
            let note =
                "the budget is announced every turn to the bare loop only: harnesses are told at the start";
            self.notes.push(note.to_owned());
        }
    }

    /// A harness whose own prompt leaves a model no room for an answer.
    fn windows(&mut self, models: &[Model], harnesses: &[Harness]) {
        for model in models {
            let context = model.limits.context;
            let least = SMALLEST_ANSWER.min(model.limits.output);
            for (index, arm) in self.sweep.arms.iter().enumerate() {
                let name = model.harness_of(arm);
                let harness =
                    harnesses.iter().find(|one| name.as_ref().is_some_and(|name| name.0 == one.name));
                let Some((harness, own)) = harness.and_then(|one| Some((one, one.own_prompt_tokens?))) else {
                    continue;
                };
                if own + least > context {
                    let message = format!(
                        "`{}` begins with about {own} tokens of its own, and the window of `{}` has {context}",
                        harness.name, model.id
                    );
                    let help = "leave the arm or the model out";
                    self.findings.at(&["arms", &index.to_string()], message, help.to_owned());
                }
            }
        }
    }
}

/// Room in the window for less than this, in tokens, is no room for an answer.
const SMALLEST_ANSWER: u64 = 1_024;

/// Whether the agent's user is root: as the task says, else as its Dockerfile says.
fn runs_as_root(task: &Task) -> bool {
    let dockerfile = task.environment.image.dockerfile();
    let of_image = dockerfile.and_then(|file| fs_err::read_to_string(file).ok());
    let of_image = of_image.as_deref().and_then(task::text::dockerfile_user);
    let user = task.agent_user.as_deref().or(of_image).unwrap_or("root");
    matches!(user.split(':').next(), Some("root" | "0"))
}
