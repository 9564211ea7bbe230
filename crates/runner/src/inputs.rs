//! What a run gives its agents, for those who look at its record later.

use audit::{HarnessTools, Inputs};
use ledger::{Plan, chain::sha256_hex};
use serde_json::Value;
use spec::{HarnessName, Model, Resolved, Task};
use transcript::commands::{Shell, ShellTool};

use crate::{facts, plan::pinned};

/// What the agents of a sweep are given.
pub(crate) fn of(resolved: &Resolved) -> Inputs {
    let bare = HarnessTools {
        // Models without tools write their commands as text.
        always_offered: false,
        shell: Some(Shell {
            calls: Some(ShellTool { tool: None, argument: agent::ARGUMENT.to_owned() }),
            fence: Some(agent::FENCE.to_owned()),
        }),
    };
    let tools = |harness: &spec::Harness| HarnessTools {
        always_offered: harness.tools.shell.is_some() && harness.tools.fence.is_none(),
        shell: harness.tools.runs_commands().then(|| Shell {
            calls: harness
                .tools
                .shell
                .as_ref()
                .map(|shell| ShellTool { tool: Some(shell.name.clone()), argument: shell.command.clone() }),
            fence: harness.tools.fence.clone(),
        }),
    };
    let harnesses = resolved.harnesses.iter().map(|harness| (harness.name.clone(), tools(harness)));
    Inputs {
        generic: Some(resolved.prompts.generic.clone()),
        specific: resolved.prompts.specific.clone(),
        instructions: resolved.tasks.iter().map(instructions).collect(),
        harnesses: harnesses.chain([(HarnessName::BARE.to_owned(), bare)]).collect(),
        facts: resolved.tasks.iter().map(|task| (task.id.clone(), facts::of(task))).collect(),
        models: resolved
            .models
            .iter()
            .filter_map(|model| Some((model.id.clone(), profile(model)?)))
            .collect(),
    }
}

/// A model's profile, without where its key comes from on this machine.
fn profile(model: &Model) -> Option<Value> {
    let mut profile = serde_json::to_value(model).ok()?;
    if let Some(endpoint) = profile["endpoint"].as_object_mut() {
        endpoint.shift_remove("key_file");
        endpoint.shift_remove("key_command");
    }
    Some(profile)
}

/// What the agents of a run were given that does not hold it, as far as today's files are those of its plan. Of a
/// harness's tools the plan says nothing.
pub fn recalled(resolved: &Resolved, plan: &Plan) -> Inputs {
    let mut inputs = of(resolved);
    let is = |name: &str, text: &str| plan.prompts.get(name) == Some(&sha256_hex(text.as_bytes()));
    inputs.generic = inputs.generic.filter(|text| is("generic", text));
    inputs.specific.retain(|model, text| is(model, text));
    for task in resolved.tasks.iter().filter(|task| plan.tasks.get(&task.id) != Some(&pinned(task))) {
        inputs.instructions.remove(&task.id);
        inputs.facts.remove(&task.id);
    }
    inputs.harnesses.clear();
    inputs.models.clear();
    inputs
}

fn instructions(task: &Task) -> (String, Vec<String>) {
    (task.id.clone(), task.parts().iter().map(|step| step.instruction.clone()).collect())
}
