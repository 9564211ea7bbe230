//! Generated tasks prove themselves as written ones do, and a sweep runs them by their names.

use generate::Family;

use crate::lab::{Lab, text};

/// A pattern for each family; `OVERHANG_GENERATED` says how many tasks of each.
fn patterns() -> Vec<String> {
    let count = std::env::var("OVERHANG_GENERATED").unwrap_or_else(|_| "1".to_owned());
    let pattern = |family: Family| format!("generate:{family}?seed=2031&count={count}&difficulty=3");
    Family::ALL.map(pattern).to_vec()
}

#[test]
fn generated_tasks_prove_themselves() {
    let patterns = patterns();
    for pattern in &patterns {
        let output = Lab::new().overhang(&["task", "check", "--rounds", "1", pattern]).output().unwrap();
        assert!(output.status.success(), "{pattern}: {}{}", text(&output.stdout), text(&output.stderr));
    }
}

#[test]
fn a_sweep_names_a_generator_in_the_place_of_a_path() {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic"], "generate:calc?seed=7&count=2&difficulty=1", 2_000_000, "");
    lab.run();
    let ends = lab.ends();
    assert_eq!(ends.values().map(|end| end.score).collect::<Vec<_>>(), [Some(1.0); 2], "{ends:#?}");
    assert!(ends.values().all(|end| end.trial.0.contains("calc/d1-s7-")), "{ends:#?}");
}
