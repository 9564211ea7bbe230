//! What is not the same in two plans, beside their tasks: a change of the world is not a change of the model.

use std::collections::{BTreeMap, BTreeSet};

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::{Arm, Program, Prompt};

use crate::in_order;

/// One thing that is not the same in both plans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SetupChange {
    /// What it is, as ``harness `opencode` `` or `sweep.limits.memory_mb`.
    pub what: String,
    /// Its value in A; `–` where it was not there.
    pub a: String,
    /// Its value in B.
    pub b: String,
}

/// Which scores a change may move on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// None: what is planned stays as it was.
    None,
    /// Those of arms with this harness.
    Harness(String),
    /// Those of this model.
    Model(String),
    /// Those of arms with this prompt: `generic`, or a model's own.
    Prompt(String),
    /// Those of this model in arms whose harness is its preferred one.
    Preferred(String),
    /// All.
    All,
}

impl Reach {
    /// Whether it holds for a model in an arm, of either plan.
    pub(crate) fn holds(&self, plans: [&Plan; 2], model: &str, arm: &Arm) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Model(id) => id == model,
            Self::Prompt(name) if name == Prompt::Generic.as_str() => arm.prompt == Prompt::Generic,
            Self::Prompt(id) => id == model && arm.prompt == Prompt::Specific,
            Self::Preferred(id) => id == model && arm.harness.is_preferred(),
            Self::Harness(name) if arm.harness.is_preferred() => {
                plans.iter().any(|plan| plan.preferred.get(model) == Some(name))
            }
            Self::Harness(name) => arm.harness.0 == *name,
        }
    }
}

/// A plan, and the programs that worked on it.
#[derive(Clone)]
pub(crate) struct Side<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) programs: Vec<Program>,
}

/// Keys of a sweep that are compared elsewhere, and that decide no result.
const TOLD: [&str; 8] =
    ["models", "arms", "tasks", "families", "name", "concurrency", "budget", "spend_cap_usd"];
/// Keys of a sweep that are told, and do not move a score on purpose.
const UNMOVING: [&str; 4] = ["seed", "baseline", "thresholds", "tuning"];

/// What a plan holds by name, in both plans, and what a change of it moves.
type Map<'a> =
    (&'static str, fn(String) -> Reach, &'a BTreeMap<String, String>, &'a BTreeMap<String, String>);

/// Everything that decides a result and differs, tasks apart: the programs, and what the plans hold.
pub(crate) fn changes(a: Side<'_>, b: Side<'_>, tasks: &BTreeSet<&str>) -> Vec<(SetupChange, Reach)> {
    let (programs_a, programs_b) = (in_order(&a.programs), in_order(&b.programs));
    let (a, b) = (a.plan, b.plan);
    let mut changes = Vec::new();
    let mut note = |what: String, reach: Reach, a: Option<&String>, b: Option<&String>| {
        if a != b {
            let shown = |value: Option<&String>| value.cloned().unwrap_or_else(|| "–".to_owned());
            changes.push((SetupChange { what, a: shown(a), b: shown(b) }, reach));
        }
    };
    note("program".to_owned(), Reach::None, Some(&programs_a), Some(&programs_b));
    let maps: [Map<'_>; 4] = [
        ("harness", Reach::Harness, &a.harnesses, &b.harnesses),
        ("model profile", Reach::Model, &a.models, &b.models),
        ("prompt", Reach::Prompt, &a.prompts, &b.prompts),
        ("preferred harness of", Reach::Preferred, &a.preferred, &b.preferred),
    ];
    for (kind, reach, a, b) in maps {
        for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            note(format!("{kind} `{name}`"), reach(name.clone()), a.get(name), b.get(name));
        }
    }
    for task in tasks {
        note(format!("family of {task}"), Reach::None, a.families.get(*task), b.families.get(*task));
    }
    let sweep = |plan: &Plan| {
        let mut flat = BTreeMap::new();
        flatten("sweep", &serde_json::to_value(&plan.sweep).unwrap_or_default(), &mut flat);
        flat
    };
    let (a, b) = (sweep(a), sweep(b));
    for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
        let name = key.strip_prefix("sweep.").unwrap_or(key);
        if !TOLD.iter().any(|told| name.starts_with(told)) {
            let moves = !UNMOVING.iter().any(|still| name.starts_with(still));
            let reach = if moves { Reach::All } else { Reach::None };
            note(key.clone(), reach, a.get(key), b.get(key));
        }
    }
    changes.sort();
    changes
}

/// Everything that is not the same in two plans, by dotted names: what makes one run another. Neither the trials nor the
/// program that planned them are told: they follow.
pub fn plan_changes(a: &Plan, b: &Plan) -> Vec<SetupChange> {
    let flat = |plan: &Plan| {
        let mut flat = BTreeMap::new();
        let parts = [
            ("sweep", serde_json::to_value(&plan.sweep)),
            ("task", serde_json::to_value(&plan.tasks)),
            ("model", serde_json::to_value(&plan.models)),
            ("harness", serde_json::to_value(&plan.harnesses)),
            ("preferred", serde_json::to_value(&plan.preferred)),
            ("prompt", serde_json::to_value(&plan.prompts)),
            ("replay", serde_json::to_value(&plan.replay)),
        ];
        for (name, value) in parts {
            flatten(name, &value.unwrap_or_default(), &mut flat);
        }
        flat
    };
    let (a, b) = (flat(a), flat(b));
    let shown = |value: Option<&String>| value.cloned().unwrap_or_else(|| "–".to_owned());
    let keys = a.keys().chain(b.keys()).collect::<BTreeSet<_>>().into_iter();
    let changed = keys.filter(|key| a.get(*key) != b.get(*key));
    changed.map(|key| SetupChange { what: key.clone(), a: shown(a.get(key)), b: shown(b.get(key)) }).collect()
}

/// The leaves of a JSON value, by their dotted paths.
fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten(&format!("{path}.{key}"), value, into);
            }
        }
        Value::Null => {}
        leaf => {
            into.insert(path.to_owned(), leaf.to_string());
        }
    }
}
