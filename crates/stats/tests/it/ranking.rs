use serde_json::Value;
use stats::{
    Level, Score, TaskPair, kendall_tau_b, open_closed_differences, open_closed_effect, pooled_effect,
    rank_sets,
};

use crate::vectors::{all_close, close, list, load, score};

fn scores(vector: &Value, model: &Value, arm: &str) -> Vec<Score> {
    list(&model[arm]).iter().map(|passes| score(passes, &vector["k"])).collect()
}

fn group(vector: &Value, name: &str) -> Vec<Vec<TaskPair>> {
    let models = vector["data"].as_object().unwrap().values();
    models
        .filter(|model| name.is_empty() || model["group"] == name)
        .map(|model| {
            let arms = scores(vector, model, "bare").into_iter().zip(scores(vector, model, "harness"));
            arms.map(|(baseline, other)| TaskPair { baseline, other }).collect()
        })
        .collect()
}

#[test]
fn does_the_harness_close_the_open_closed_gap() {
    let vector = load("v17_rankings");
    let expected = &vector["did_open_minus_closed"];
    let (open, closed) = (group(&vector, "open"), group(&vector, "closed"));
    all_close(&open_closed_differences(&open, &closed).unwrap(), &expected["per_task"]);
    let effect = open_closed_effect(&open, &closed, Level::P95, 0).unwrap();
    let student = effect.gap.student().unwrap();
    close(effect.gap.estimate, &expected["est"]);
    close(student.standard_error, &expected["se"]);
    close(student.t, &expected["t"]);
    close(student.p_value, &expected["p_t"]);
    close(effect.sign_flip.p_two_sided, &expected["p_signflip"]);
}

#[test]
fn pooled_over_models() {
    let vector = load("v17_rankings");
    let expected = &vector["pooled_harness_effect"];
    let effect = pooled_effect(&group(&vector, ""), Level::P95, 0).unwrap();
    close(effect.gap.estimate, &expected["est"]);
    close(effect.gap.standard_error().unwrap(), &expected["se_paired_shared_tasks"]);
    assert!(pooled_effect::<Vec<TaskPair>>(&[], Level::P95, 0).is_none());
    let ragged = [group(&vector, "")[0].clone(), vec![]];
    assert!(pooled_effect(&ragged, Level::P95, 0).is_none());
}

#[test]
fn order_of_models() {
    let vector = load("v17_rankings");
    let means = |arm: &str| -> Vec<f64> {
        let models = vector["data"].as_object().unwrap();
        models
            .iter()
            .map(|(name, model)| {
                let scores = scores(&vector, model, arm);
                let mean = scores.iter().map(Score::mean).sum::<f64>() / scores.len() as f64;
                close(mean, &vector[format!("scores_{arm}")][name]);
                mean
            })
            .collect()
    };
    close(kendall_tau_b(&means("bare"), &means("harness")).unwrap(), &vector["kendall_tau_b"]);
    assert!(kendall_tau_b(&[1.0, 1.0], &[1.0, 2.0]).is_none());
    // One pair tied in the second scoring: 5 of 6 agree, √(6·5) pairs.
    let tied = kendall_tau_b(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 2.0, 4.0]).unwrap();
    assert!((tied - 5.0 / 30.0_f64.sqrt()).abs() < 1e-12);
}

#[test]
fn ranks_that_cannot_be_told_apart() {
    let vector = load("v17_rankings");
    for arm in ["bare", "harness"] {
        let models = vector["data"].as_object().unwrap();
        let all: Vec<Vec<Score>> = models.values().map(|model| scores(&vector, model, arm)).collect();
        let sets = rank_sets(&all, 0.05, 0).unwrap();
        for (set, name) in sets.iter().zip(models.keys()) {
            assert_eq!(serde_json::json!([set.best, set.worst]), vector["rank_sets"][arm][name]);
        }
    }
    assert_eq!(rank_sets(&[], 0.05, 0), Some(vec![]));
}
