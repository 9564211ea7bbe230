use serde_json::Value;
use stats::{
    BudgetGrid, EndedTrial, Level, Trade, TrialEnd, break_even, cost_per_solve, cumulative_incidence,
    gap_curve, incidence_at, is_rising, mean_curve, net_benefit,
};

use crate::vectors::{all_close, close, list, load, number, numbers};

fn attempts(value: &Value) -> Vec<Vec<f64>> {
    list(value).iter().map(numbers).collect()
}

#[test]
fn checkpoints() {
    let vector = &load("v12_budget")["checkpointed"];
    let grid = BudgetGrid::try_from(numbers(&vector["grid"])).unwrap();
    assert_eq!(grid, BudgetGrid::geometric(1_000_000.0, 5).unwrap());
    let tasks: Vec<&Value> = vector["snapshots"].as_object().unwrap().values().collect();
    let curves = |arm: &str| -> Vec<Vec<f64>> {
        tasks.iter().map(|task| grid.current_status(&attempts(&task[arm])).unwrap()).collect()
    };
    let passages = |arm: &str| -> Vec<Vec<f64>> {
        tasks.iter().map(|task| grid.first_passage(&attempts(&task[arm])).unwrap()).collect()
    };
    for arm in ["bare", "harness"] {
        all_close(&mean_curve(&curves(arm)).unwrap(), &vector["current_status"][arm]);
        all_close(&mean_curve(&passages(arm)).unwrap(), &vector["first_passage"][arm]);
        close(grid.area(&mean_curve(&curves(arm)).unwrap()).unwrap(), &vector["auc_ln"][arm]);
    }
    let gaps = gap_curve(&curves("bare"), &curves("harness"), Level::P95).unwrap();
    all_close(&gaps.iter().map(|gap| gap.estimate).collect::<Vec<_>>(), &vector["current_status"]["gap"]);
    let errors: Vec<f64> = gaps.iter().map(|gap| gap.standard_error().unwrap()).collect();
    all_close(&errors, &vector["current_status"]["gap_se"]);
    let area = grid.area_gap(&curves("bare"), &curves("harness"), Level::P95).unwrap();
    close(area.estimate, &vector["auc_ln"]["delta"]);
    close(area.standard_error().unwrap(), &vector["auc_ln"]["se"]);
    let areas =
        |arm: &str| -> Vec<f64> { curves(arm).iter().map(|curve| grid.area(curve).unwrap()).collect() };
    let per_task: Vec<f64> = areas("harness").iter().zip(areas("bare")).map(|(h, b)| h - b).collect();
    all_close(&per_task, &vector["auc_ln"]["per_task_delta"]);
}

#[test]
fn how_much_budget_matches() {
    let grid = BudgetGrid::geometric(8.0, 4).unwrap();
    assert_eq!(grid.matching_budget(&[0.0, 0.1, 0.2, 0.3], &[0.0, 0.3, 0.2, 0.5]), Some(0.25));
    assert_eq!(grid.matching_budget(&[0.0, 0.1, 0.2, 0.3], &[0.0, 0.1, 0.1, 0.2]), None);
}

#[test]
fn a_score_that_still_rises_is_a_lower_bound() {
    let flat = vec![vec![0.1, 0.5, 0.5], vec![0.2, 0.4, 0.5], vec![0.2, 0.4, 0.3]];
    let rising = vec![vec![0.1, 0.5, 0.9], vec![0.2, 0.4, 0.7], vec![0.2, 0.4, 0.4]];
    assert_eq!((is_rising(&flat), is_rising(&rising)), (Some(false), Some(true)));
    assert_eq!(is_rising(&[vec![0.1, 0.5]]), None);
}

#[test]
fn a_grid_must_be_one() {
    for bad in [vec![], vec![1.0], vec![2.0, 1.0], vec![0.0, 1.0], vec![1.0, f64::INFINITY]] {
        assert!(BudgetGrid::try_from(bad).is_err());
    }
    let grid = BudgetGrid::geometric(4.0, 3).unwrap();
    assert!(grid.current_status(&[vec![0.0, 1.0]]).is_none());
    assert!(grid.current_status(&[]).is_none());
    assert!(grid.area(&[0.0]).is_none());
}

fn trials(give_up: impl Fn(f64) -> EndedTrial) -> Vec<EndedTrial> {
    list(&load("v12_budget")["time_to_solve"]["records"])
        .iter()
        .map(|record| {
            let used = number(&record["k_tokens"]);
            match number(&record["code"]) as u8 {
                0 => EndedTrial { used, end: TrialEnd::Censored },
                1 => EndedTrial { used, end: TrialEnd::Solved },
                _ => give_up(used),
            }
        })
        .collect()
}

fn solved_at(trials: &[EndedTrial], times: &[f64]) -> Vec<f64> {
    let curve = cumulative_incidence(trials).unwrap();
    times.iter().map(|used| incidence_at(&curve, *used).map_or(0.0, |point| point.solved)).collect()
}

#[test]
fn giving_up_competes_with_solving() {
    let vector = &load("v12_budget")["time_to_solve"];
    let times = numbers(&vector["times"]);
    let competing = trials(|used| EndedTrial { used, end: TrialEnd::GaveUp });
    all_close(&solved_at(&competing, &times), &vector["cif_solved"]);

    // Without a competing end the estimator is Kaplan and Meier's: right when nobody gives up before being
    // cut off, inflated when giving up is passed off as being cut off.
    let never = trials(|_| EndedTrial { used: 1e9, end: TrialEnd::Censored });
    all_close(&solved_at(&never, &times), &vector["km_giveup_never"]);
    let censored = trials(|used| EndedTrial { used, end: TrialEnd::Censored });
    all_close(&solved_at(&censored, &times), &vector["km_giveup_censored_WRONG"]);
    let curve = cumulative_incidence(&censored).unwrap();
    close(incidence_at(&curve, 500.0).unwrap().undecided_error.unwrap(), &vector["km_greenwood_se_at_500"]);
}

#[test]
fn no_trials_no_incidence() {
    assert!(cumulative_incidence(&[]).is_none());
    assert!(cumulative_incidence(&[EndedTrial { used: f64::NAN, end: TrialEnd::Solved }]).is_none());
    let all = cumulative_incidence(&[EndedTrial { used: 2.0, end: TrialEnd::Solved }]).unwrap();
    assert_eq!((all[0].solved, all[0].undecided, all[0].undecided_error), (1.0, 0.0, None));
    assert!(incidence_at(&all, 1.0).is_none());
}

#[test]
fn cost() {
    let vector = &load("v12_budget")["cost"];
    let of = |name: &str| numbers(&vector[name]);
    let (pb, ph, cb, ch) = (of("p_bare"), of("p_harness"), of("usd_bare"), of("usd_harness"));
    let trades: Vec<Trade> =
        (0..pb.len()).map(|i| Trade { success: ph[i] - pb[i], cost: ch[i] - cb[i] }).collect();
    close(cost_per_solve(&cb, &pb).unwrap(), &vector["usd_per_solve"]["bare"]);
    close(cost_per_solve(&ch, &ph).unwrap(), &vector["usd_per_solve"]["harness"]);
    close(break_even(&trades).unwrap(), &vector["icer"]);
    for case in list(&vector["net_benefit"]) {
        let benefit = net_benefit(&trades, number(&case["lam"]), Level::P95).unwrap();
        close(benefit.estimate, &case["est"]);
        close(benefit.standard_error().unwrap(), &case["se"]);
    }
    assert!(cost_per_solve(&cb, &[0.0; 4]).is_none());
    assert!(break_even(&[Trade { success: 0.0, cost: 1.0 }]).is_none());
}
