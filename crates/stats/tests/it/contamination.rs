use proptest::collection::vec;
use proptest::prelude::*;
use stats::{Count, Level, ReferencedTask, binomial_greater, fisher_greater, fresh_drop};

use crate::vectors::{close, count, list, load, number, numbers};

fn tasks(model: &[f64], reference: &[f64]) -> Vec<ReferencedTask> {
    let task =
        |(model, reference): (&f64, &f64)| ReferencedTask { model: *model, references: vec![*reference] };
    model.iter().zip(reference).map(task).collect()
}

#[test]
fn fresh_against_old() {
    let case = &load("v14_contamination")["fresh_vs_old"];
    let [old, fresh] = ["old", "fresh"]
        .map(|kind| tasks(&numbers(&case[format!("model_{kind}")]), &numbers(&case[format!("ref_{kind}")])));
    let (drop, expected) = (fresh_drop(&old, &fresh, Level::P95).unwrap(), &case["result"]);
    let student = drop.corrected.student().unwrap();
    close(drop.corrected.estimate, &expected["did"]);
    close(student.standard_error, &expected["se"]);
    close(student.t, &expected["welch_t"]);
    close(student.df, &expected["df"]);
    close(drop.p_greater.unwrap(), &expected["p_one_sided_contaminated"]);
    close(drop.naive, &expected["naive_drop"]);
}

#[test]
fn several_references_are_averaged() {
    let task = |references: Vec<f64>| ReferencedTask { model: 0.7, references };
    assert!((task(vec![0.2, 0.4]).advantage().unwrap() - task(vec![0.3]).advantage().unwrap()).abs() < 1e-15);
}

#[test]
fn hits_against_a_control_rate() {
    for case in list(&load("v14_contamination")["em_binomial"]) {
        let hits = Count::new(count(&case["hits"]) as u32, count(&case["n"]) as u32).unwrap();
        let p = binomial_greater(hits, number(&case["p0"])).unwrap();
        close(p, &case["p_value"]);
        // Small ones must be right in proportion too.
        assert!((p / number(&case["p_value"]) - 1.0).abs() < 1e-9, "{p}");
    }
}

#[test]
fn hits_against_a_control_set() {
    let case = &load("v14_contamination")["em_fisher"];
    let row = |i: usize| {
        let (hits, misses) = (count(&case["table"][i][0]), count(&case["table"][i][1]));
        Count::new(hits as u32, (hits + misses) as u32).unwrap()
    };
    let p = fisher_greater(row(0), row(1));
    assert!((p / number(&case["p"]) - 1.0).abs() < 1e-9, "{p}");
}

proptest! {
    #[test]
    fn what_changes_all_tasks_alike_is_no_drop(
        old in vec((0.0..1.0_f64, 0.0..1.0_f64), 2..9),
        fresh in vec((0.0..1.0_f64, 0.0..1.0_f64), 2..9),
        step in -1.0..1.0_f64,
    ) {
        let tasks = |scores: &[(f64, f64)], step: f64| -> Vec<ReferencedTask> {
            let task = |(model, reference): &(f64, f64)| {
                ReferencedTask { model: model + step, references: vec![*reference] }
            };
            scores.iter().map(task).collect()
        };
        let drop = fresh_drop(&tasks(&old, 0.0), &tasks(&fresh, 0.0), Level::P95).unwrap();
        let moved = fresh_drop(&tasks(&old, step), &tasks(&fresh, step), Level::P95).unwrap();
        prop_assert!((drop.corrected.estimate - moved.corrected.estimate).abs() < 1e-9);
        let back = fresh_drop(&tasks(&fresh, 0.0), &tasks(&old, 0.0), Level::P95).unwrap();
        prop_assert!((drop.corrected.estimate + back.corrected.estimate).abs() < 1e-9);
        if let (Some(p), Some(q)) = (drop.p_greater, back.p_greater) {
            prop_assert!((p + q - 1.0).abs() < 1e-9);
        }
    }
}
