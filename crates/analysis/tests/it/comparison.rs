//! Many runs on one scale.

use analysis::{CompareError, Measured, Record, Thresholds, compare};
use ledger::Plan;
use testkit::{
    drawn::{Truth, draw},
    runs::contents,
};
use vocabulary::Weights;

const TRUTH: Truth = Truth { families: 8, tasks: 5, attempts: 3, gap: 0.3, family: 0.0, task: 0.0 };

/// A drawn run whose model is called `id`.
fn run(seed: u64, id: &str, gap: f64, weights: Weights) -> (Plan, Record) {
    let (plan, events) = draw(Truth { gap, ..TRUTH }, seed);
    let renamed = |text: String| {
        text.replace("\"m:", &format!("\"{id}:")).replace("\"model\":\"m\"", &format!("\"model\":\"{id}\""))
    };
    let mut plan: Plan = serde_json::from_str(&renamed(serde_json::to_string(&plan).unwrap())).unwrap();
    let events = serde_json::from_str(&renamed(serde_json::to_string(&events).unwrap())).unwrap();
    plan.sweep.models = vec![id.to_owned()];
    plan.weights.insert(id.to_owned(), weights);
    let mut contents = contents(events);
    contents.run_id = format!("run-{id}");
    let record = Record::of(&plan, &contents).unwrap();
    (plan, record)
}

#[test]
fn the_better_arm_ranks_first_and_open_models_gain_more() {
    let runs = [run(1, "open", 0.3, Weights::Open), run(2, "closed", 0.0, Weights::Closed)];
    let measured: Vec<Measured<'_>> = runs.iter().map(|(plan, record)| Measured { plan, record }).collect();
    let found = compare(&measured, false, &Thresholds::default()).unwrap();
    assert_eq!((found.subjects.len(), found.tasks), (4, 40));
    let best = &found.subjects[0];
    assert_eq!((best.model.as_str(), best.arm.as_str()), ("open", "claude-code/specific"));
    assert_eq!((best.rank_best, best.rank_worst), (1, 1));
    assert!(best.elo.unwrap() > 1000.0 + 2.0 * best.elo_error.unwrap());
    let reference =
        found.subjects.iter().find(|one| one.model == "open" && one.arm == "bare/generic").unwrap();
    assert_eq!(reference.elo, Some(1000.0));
    let [gained] = found.open_closed.as_slice() else { panic!("one arm: {:?}", found.open_closed) };
    assert!(gained.lower.unwrap() > 0.0 && gained.p.unwrap() < 0.05, "{gained:?}");
}

#[test]
fn one_subject_and_other_budgets_are_refused() {
    let (mut plan, first) = run(1, "open", 0.3, Weights::Open);
    let (other, second) = run(2, "closed", 0.0, Weights::Closed);
    plan.sweep.budget.tokens += 1.0;
    let both = [Measured { plan: &plan, record: &first }, Measured { plan: &other, record: &second }];
    assert!(matches!(compare(&both, true, &Thresholds::default()), Err(CompareError::NotComparable { .. })));
    plan.sweep.arms.pop();
    let alone = [Measured { plan: &plan, record: &first }];
    assert_eq!(compare(&alone, true, &Thresholds::default()), Err(CompareError::Alone));
}
