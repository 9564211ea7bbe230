//! A run as a card.

use std::collections::{BTreeMap, BTreeSet};

use analysis::ArmSummary;
use ledger::{
    BlobStore,
    chain::{canonical, sha256_hex},
};
use serde_json::{Value, json};
use vocabulary::{Deviation, Digest, Flag, FlagName, Program, Prompt};

use super::{Arm, Card, CardError, Model, Registration, Run, Stated, Tasks, Told, division};
use crate::Evidence;

/// Largest stored record of what agents were given, in bytes.
const INPUTS: u64 = 64 << 20;

/// The card of a run, with what its author states. `made_by` is this program.
///
/// # Errors
/// Where a value has no JSON.
pub fn make(
    evidence: &Evidence,
    blobs: &BlobStore,
    stated: Stated,
    made_by: Program,
) -> Result<Card, CardError> {
    let Evidence { plan, record, analysis, tree, seen } = evidence;
    let profiles = profiles(blobs, &seen.inputs);
    let mut results = serde_json::to_value(analysis)?;
    if let Some(results) = results.as_object_mut() {
        // Single trials are in the run, under its root.
        results.shift_remove("trials");
    }
    let flags = analysis.flags.iter().map(Flag::to_string).collect();
    let mut limitations = limitations(evidence);
    limitations.extend(stated.limitations.iter().cloned());
    let arms: Vec<Arm> = analysis.arms.iter().map(|summary| arm(evidence, summary)).collect();
    Ok(Card {
        version: Card::VERSION,
        made_by,
        run: Run {
            id: record.ledger.run_id.clone(),
            sweep: plan.sweep.name.clone(),
            plan_digest: record.ledger.plan_digest.clone(),
            planned: analysis.planned,
            ended: analysis.ended,
            ledger_head: record.ledger.head.clone(),
            ledger_events: record.ledger.events,
            root: tree.root(),
            leaves: tree.size(),
            began: seen.began_ms.and_then(time),
            ended_at: analysis.last_event_ms.and_then(time),
            programs: analysis.programs.clone(),
        },
        registration: registration(evidence)?,
        models: plan.sweep.models.iter().map(|id| model(evidence, id, &profiles)).collect(),
        arm_differences: differences(&arms, &analysis.baseline),
        arms,
        tasks: tasks(evidence)?,
        protocol: decimal(serde_json::to_value(&plan.sweep)?),
        hosts: seen.hosts.iter().cloned().collect(),
        results: decimal(results),
        flags,
        contamination: Told::missing("no probe for contamination was made"),
        judges: Told::missing("no model judged: outcomes come from the tasks' own verifiers"),
        deviations: match &evidence.analysis.registration {
            Some(_) => Told::Known(analysis.deviations.iter().map(deviation).collect()),
            None => Told::missing("nothing was registered that could be deviated from"),
        },
        limitations,
        stated,
    })
}

/// What was registered before the first trial.
fn registration(evidence: &Evidence) -> Result<Told<Registration>, CardError> {
    let (Some(summary), Some(opened)) = (&evidence.analysis.registration, evidence.record.registration())
    else {
        return Ok(Told::missing("nothing was registered before the first trial: the run is exploratory"));
    };
    Ok(Told::Known(Registration {
        commitment: summary.commitment.clone(),
        at: summary.at.clone(),
        void: summary.void.clone(),
        opened: String::from_utf8_lossy(&canonical(&serde_json::to_value(opened)?)).into_owned(),
        hypotheses: decimal(serde_json::to_value(&summary.hypotheses)?),
    }))
}

fn deviation(Deviation { why, by, arms }: &Deviation) -> String {
    let arms: Vec<String> = arms.iter().map(ToString::to_string).collect();
    let touched = if arms.is_empty() { "every number".to_owned() } else { arms.join(", ") };
    format!("{why} (by {by}; touches {touched})")
}

fn time(ms: u64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// The same value with each number that has a fraction, or may have one, as the decimal text of its shortest form.
fn decimal(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            Value::String(String::from_utf8_lossy(&canonical(&Value::Number(number))).into_owned())
        }
        Value::Array(items) => items.into_iter().map(decimal).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, decimal(value))).collect(),
        other => other,
    }
}

/// The profiles that the run holds, by model; a model whose profile was read in several forms has none.
fn profiles(blobs: &BlobStore, inputs: &BTreeSet<String>) -> BTreeMap<String, Value> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for digest in inputs {
        let Ok(body) = blobs.get_at_most(&Digest(digest.clone()), INPUTS) else { continue };
        let Ok(given) = serde_json::from_slice::<Value>(&body) else { continue };
        for (model, profile) in given["models"].as_object().into_iter().flatten() {
            let forms = found.entry(model.clone()).or_default();
            if !forms.contains(profile) {
                forms.push(profile.clone());
            }
        }
    }
    let only = |(model, forms): (String, Vec<Value>)| match <[Value; 1]>::try_from(forms) {
        Ok([form]) => Some((model, decimal(form))),
        Err(_) => None,
    };
    found.into_iter().filter_map(only).collect()
}

fn model(evidence: &Evidence, id: &str, profiles: &BTreeMap<String, Value>) -> Model {
    let plan = &evidence.plan;
    let arms = || evidence.analysis.arms.iter().filter(|arm| arm.model == id);
    let names = |of: fn(&ArmSummary) -> &BTreeSet<String>| -> Vec<String> {
        let all: BTreeSet<&String> = arms().flat_map(of).collect();
        all.into_iter().cloned().collect()
    };
    let weights = plan.weights.get(id).map(|weights| match weights {
        vocabulary::Weights::Open => "open".to_owned(),
        vocabulary::Weights::Closed => "closed".to_owned(),
    });
    Model {
        id: id.to_owned(),
        simulated: plan.simulated.iter().any(|one| one == id),
        asked: names(|arm| &arm.models_asked),
        served: names(|arm| &arm.models_served),
        weights: Told::or(weights, "the plan does not hold it"),
        profile: Told::or(
            profiles.get(id).cloned(),
            "the run does not hold its profile, or several forms of it",
        ),
        digest: plan.models.get(id).cloned().unwrap_or_default(),
    }
}

fn arm(evidence: &Evidence, summary: &ArmSummary) -> Arm {
    let plan = &evidence.plan;
    let planned = plan.sweep.arms.iter().find(|arm| arm.to_string() == summary.arm);
    let harness = planned.map_or_else(String::new, |arm| {
        plan.harness_in(&summary.model, arm).unwrap_or_else(|| arm.harness.clone()).0
    });
    let prompt = planned.and_then(|arm| match arm.prompt {
        Prompt::Generic => plan.prompts.get("generic"),
        Prompt::Specific => plan.prompts.get(&summary.model),
    });
    let (division, open_for) = planned.map_or_else(
        || (division::Division::OpenUnverified, vec!["the plan does not hold the arm".to_owned()]),
        |arm| division::of(plan, arm, summary),
    );
    let declared = evidence.seen.declarations.get(&harness);
    let bare = "the built-in loop has none";
    let is_bare = planned.is_some_and(|arm| arm.harness.is_bare());
    Arm {
        model: summary.model.clone(),
        arm: summary.arm.clone(),
        division,
        open_for,
        pack: Told::or(
            plan.harnesses.get(&harness).cloned(),
            if is_bare { bare } else { "the plan does not hold it" },
        ),
        declaration: Told::or(
            declared.map(|all| all.iter().cloned().collect()),
            if is_bare { bare } else { "the ledger does not hold it" },
        ),
        harness,
        prompt: Told::or(prompt.cloned(), "the plan does not hold it"),
        calls: summary.calls_by_kind.iter().map(|(kind, share)| (kind.clone(), share.calls)).collect(),
        helper_calls: summary.helper_calls,
        selection: "none: each attempt is one answer, and each counts".to_owned(),
        missing: summary.missing,
        outcomes: summary.outcomes.clone(),
    }
}

/// What is unlike between each arm and the baseline.
fn differences(arms: &[Arm], baseline: &str) -> Vec<String> {
    let mut found = Vec::new();
    for arm in arms {
        let Some(base) = arms.iter().find(|one| one.model == arm.model && one.arm == baseline) else {
            continue;
        };
        let name = format!("{} in {}", arm.model, arm.arm);
        if arm.harness != base.harness {
            found.push(format!("{name}: driven by {}, not by {}", arm.harness, base.harness));
        }
        if arm.prompt != base.prompt {
            found.push(format!("{name}: another prompt"));
        }
        let kinds = |arm: &Arm| -> Vec<String> { arm.calls.keys().cloned().collect() };
        if kinds(arm) != kinds(base) {
            found.push(format!("{name}: model calls of the kinds {}", kinds(arm).join(", ")));
        }
        if arm.helper_calls != base.helper_calls {
            found.push(format!("{name}: {} calls asked for another model", arm.helper_calls));
        }
    }
    found
}

fn tasks(evidence: &Evidence) -> Result<Tasks, CardError> {
    let plan = &evidence.plan;
    let mut families = BTreeMap::new();
    for family in plan.families.values() {
        *families.entry(family.clone()).or_insert(0) += 1;
    }
    let images = evidence.seen.images.iter();
    Ok(Tasks {
        tasks: plan.tasks.len(),
        families,
        digest: sha256_hex(&canonical(&serde_json::to_value(&plan.tasks)?)),
        digests: plan.tasks.clone(),
        images: images.map(|(task, all)| (task.clone(), all.iter().cloned().collect())).collect(),
    })
}

/// What the numbers do not show, in words.
fn limitations(evidence: &Evidence) -> Vec<String> {
    let (plan, analysis) = (&evidence.plan, &evidence.analysis);
    let mut all = vec![
        "A score is what this model reached at least, in this arm, on these tasks, with this budget: another harness or prompt may reach more."
            .to_owned(),
        "Tasks are not drawn from any population: intervals tell of the tasks that there are, and of others like them."
            .to_owned(),
    ];
    if !plan.simulated.is_empty() {
        all.push(format!("Simulated models say nothing of any real one: {}.", plan.simulated.join(", ")));
    }
    if plan.replay.is_some() {
        all.push("Model calls were answered from the record of another run.".to_owned());
    }
    if analysis.is_exploratory() {
        all.push(
            "The run is exploratory: nothing that counts was registered before its first trial.".to_owned(),
        );
    }
    if plan.sweep.attempts == 1 {
        all.push(
            "Each task was tried once in each arm: nothing is known of how much a repetition differs."
                .to_owned(),
        );
    }
    let missing: usize = analysis.arms.iter().map(|arm| arm.missing).sum();
    if missing > 0 {
        all.push(json!(missing).to_string() + " planned trials have no result.");
    }
    if analysis.flags.iter().any(|flag| flag.name == FlagName::ProgramChanged) {
        all.push("Several versions of the program worked on the run.".to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_may_have_a_fraction_are_texts() {
        let value = decimal(json!({"a": [0.1, 1.0, 1], "b": null, "c": {"d": 1e30}}));
        assert_eq!(value, json!({"a": ["0.1", "1", 1], "b": null, "c": {"d": "1e+30"}}));
    }
}
