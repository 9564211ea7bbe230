use serde_json::Value;
use stats::{
    Cell, Level, Matrix, RaschFit, Responses, ResponsesError, check_fit, elo_gap, elo_odds, elo_ratings,
    elo_success, fit_rasch, fit_two_parameter, is_model_dependent,
};

use crate::vectors::{close, list, load, number, within};

/// The tolerance the vectors state for fits; the optimum itself is met far more closely.
const FIT: f64 = 1e-4;

fn responses(case: &Value) -> Responses {
    let row = |(c, n): (&Value, &Value)| {
        let counts = list(c).iter().zip(list(n));
        let cell = |(c, n): (&Value, &Value)| Cell { passes: number(c) as u32, attempts: number(n) as u32 };
        counts.map(cell).collect()
    };
    Responses::new(list(&case["c"]).iter().zip(list(&case["n"])).map(row).collect()).unwrap()
}

#[track_caller]
fn all_within(actual: impl IntoIterator<Item = f64>, expected: &Value) {
    let actual: Vec<f64> = actual.into_iter().collect();
    assert_eq!(actual.len(), list(expected).len());
    for (actual, expected) in actual.into_iter().zip(list(expected)) {
        within(actual, expected, FIT);
    }
}

fn check(case: &Value) -> RaschFit {
    let fit = fit_rasch(&responses(case)).unwrap();
    let subjects = fit.abilities.len();
    let errors = |covariance: &Matrix| (0..subjects).map(|s| covariance[(s, s)].sqrt()).collect::<Vec<f64>>();
    all_within(fit.abilities.clone(), &case["theta"]);
    within(fit.ln_tau, &case["ln_tau"], FIT);
    within(fit.ln_tau.exp(), &case["tau"], FIT);
    within(fit.objective, &case["nll_penalised"], 1e-8);
    all_within(errors(&fit.model_covariance), &case["se_theta_model"]);
    all_within(errors(&fit.sandwich_covariance), &case["se_theta_sandwich"]);
    all_within(fit.items.iter().map(|item| item.mean), &case["item_b"]);
    all_within(fit.items.iter().map(|item| item.standard_deviation), &case["item_b_sd"]);
    let elo = elo_ratings(&fit, 0).unwrap();
    all_within(elo.iter().map(|rating| rating.rating), &case["elo"]);
    all_within(elo.iter().map(|rating| rating.model_error), &case["elo_se_model"]);
    all_within(elo.iter().map(|rating| rating.standard_error), &case["elo_se_sandwich"]);
    fit
}

#[test]
fn balanced() {
    let case = &load("v13_irt")["fit_balanced"];
    let fit = check(case);
    assert!(fit.unbounded.iter().all(|unbounded| !unbounded));
    let fine = check_fit(&responses(case), &fit);
    assert!(fine.misfits.is_empty() && fine.overdispersion.is_some_and(|ratio| ratio < 2.0));
}

#[test]
fn missing_cells_and_a_subject_without_a_pass() {
    let fit = check(&load("v13_irt")["fit_missing_and_zero_subject"]);
    assert_eq!(fit.unbounded, [false, false, false, false, true, false]);
    let gap = elo_gap(&fit, 4, 5, Level::P95).unwrap();
    assert!(gap.unbounded && gap.standard_error == gap.model_error);
}

#[test]
fn gaps_do_not_depend_on_the_reference() {
    let fit = fit_rasch(&responses(&load("v13_irt")["fit_balanced"])).unwrap();
    let gap = elo_gap(&fit, 2, 3, Level::P95).unwrap();
    for reference in 0..6 {
        let elo = elo_ratings(&fit, reference).unwrap();
        assert!((elo[3].rating - elo[2].rating - gap.estimate).abs() < 1e-9);
        assert_eq!((elo[reference].rating, elo[reference].standard_error), (1000.0, 0.0));
    }
    assert!(gap.interval.contains(gap.estimate));
    assert!(elo_ratings(&fit, 6).is_none() && elo_gap(&fit, 0, 6, Level::P95).is_none());
}

#[test]
fn the_order_of_items_changes_no_bit() {
    let vector = load("v13_irt");
    let case = &vector["fit_missing_and_zero_subject"];
    let mut reversed = case.clone();
    for name in ["c", "n"] {
        for row in reversed[name].as_array_mut().unwrap() {
            row.as_array_mut().unwrap().reverse();
        }
    }
    let (fit, mut mirrored) =
        (fit_rasch(&responses(case)).unwrap(), fit_rasch(&responses(&reversed)).unwrap());
    mirrored.items.reverse();
    assert_eq!(fit, mirrored);
}

#[test]
fn points_and_odds() {
    let vector = load("v13_irt");
    close(stats::ELO_PER_LOGIT, &vector["elo_per_logit"]);
    close(elo_odds(200.0), &vector["odds_per_200_points"]);
    for case in list(&vector["elo_examples"]) {
        close(elo_odds(number(&case["delta_elo"])), &case["odds_ratio"]);
        close(elo_success(number(&case["delta_elo"])), &case["p_vs_even_item"]);
    }
}

#[test]
fn counts_that_cannot_be() {
    let cell = |passes, attempts| Cell { passes, attempts };
    let fine = vec![cell(1, 2), cell(0, 0)];
    let error = |second: Vec<Cell>| Responses::new(vec![fine.clone(), second]).unwrap_err();
    assert_eq!(Responses::new(vec![fine.clone()]), Err(ResponsesError::TooFew));
    assert_eq!(error(vec![cell(0, 1)]), ResponsesError::Ragged { subject: 1, found: 1, expected: 2 });
    assert_eq!(error(vec![cell(0, 1), cell(2, 1)]), ResponsesError::Impossible { subject: 1, item: 1 });
    assert_eq!(error(vec![cell(0, 0), cell(0, 0)]), ResponsesError::Idle { subject: 1 });
}

#[test]
fn items_that_differ_in_sharpness() {
    let case = &load("v13_irt")["two_pl_joint_map"];
    let responses = responses(case);
    let fit = fit_two_parameter(&responses).unwrap();
    within(fit.objective, &case["objective"], 1e-8);
    all_within(fit.abilities.clone(), &case["theta"]);
    all_within(fit.items.iter().map(|item| item.difficulty), &case["b"]);
    all_within(fit.items.iter().map(|item| item.ln_discrimination), &case["ln_a"]);
    let rasch = fit_rasch(&responses).unwrap();
    assert_eq!(is_model_dependent(&rasch, &fit, 0, 1), Some(false));
    assert_eq!(is_model_dependent(&rasch, &fit, 0, 6), None);
    let mut mirrored = fit.clone();
    mirrored.abilities.swap(0, 1);
    assert_eq!(is_model_dependent(&rasch, &mirrored, 0, 1), Some(true));
}
