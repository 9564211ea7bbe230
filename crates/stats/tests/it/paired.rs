use stats::{
    Level, Spread, TaskPair, VarianceParts, arm_rate, clustered_gap, degenerate_bound, differences, micro_gap,
};

use crate::vectors::{close, ends, list, load, paired_tasks, score};

#[test]
fn task_level() {
    let vector = load("v02_paired");
    let (pairs, _) = paired_tasks();
    let gap = micro_gap(&differences(&pairs), Level::P95).unwrap();
    let student = gap.student().unwrap();
    let expected = &vector["task_level"];
    close(gap.estimate, &vector["delta"]);
    close(student.standard_error, &expected["se"]);
    close(student.df, &expected["df"]);
    close(student.t, &expected["t"]);
    close(student.p_value, &expected["p_two_sided"]);
    ends(student.interval, &expected["ci95"]);
}

#[test]
fn each_arm() {
    let vector = load("v02_paired");
    let (pairs, _) = paired_tasks();
    let arm = |pick: fn(&TaskPair) -> f64| {
        arm_rate(&[pairs.iter().map(pick).collect::<Vec<f64>>()], 1000, Level::P95).unwrap()
    };
    let (baseline, other) = (arm(|pair| pair.baseline.mean()), arm(|pair| pair.other.mean()));
    close(baseline.estimate, &vector["p_bare"]);
    close(other.estimate, &vector["p_harness"]);
    close(baseline.standard_error.unwrap(), &vector["decomposition"]["se_bare"]);
    close(other.standard_error.unwrap(), &vector["decomposition"]["se_harness"]);
}

#[test]
fn family_clusters() {
    let vector = load("v02_paired");
    let (_, families) = paired_tasks();
    let families: Vec<Vec<f64>> = families.iter().map(|family| differences(family)).collect();
    let clustered = clustered_gap(&families, Level::P95).unwrap();
    let expected = &vector["family_cluster"];
    let student = clustered.gap.student().unwrap();
    assert_eq!(clustered.gap.units as u64, expected["G"].as_u64().unwrap());
    close(clustered.cr0, &expected["se_cr0_miller"]);
    close(clustered.cr1.unwrap(), &expected["se_cr1"]);
    close(clustered.effective_families, &expected["g_eff"]);
    close(student.df, &expected["df_eff"]);
    ends(student.interval, &expected["ci95_cr1_t_geff"]);
    close(clustered.icc.unwrap(), &expected["icc_anova"]);
    assert!(!clustered.is_clustered(0.05));
}

#[test]
fn variance_parts() {
    let (pairs, _) = paired_tasks();
    let expected = &load("v02_paired")["decomposition"];
    let parts = VarianceParts::estimate(&pairs).unwrap();
    close(parts.baseline, &expected["sigma2_bare"]);
    close(parts.other, &expected["sigma2_harness"]);
    close(parts.between_tasks, &expected["omega2"]);
    close(parts.of_difference(5, 5), &expected["var_d"]);
}

#[test]
fn unequal_attempts() {
    let expected = &load("v02_paired")["unequal_k"];
    let pairs: Vec<TaskPair> = list(&expected["tasks"])
        .iter()
        .map(|task| TaskPair {
            baseline: score(&task["bare"], &task["k_bare"]),
            other: score(&task["harness"], &task["k_harness"]),
        })
        .collect();
    crate::vectors::all_close(&differences(&pairs), &expected["d"]);
    let exact: Vec<f64> = pairs.iter().map(|pair| pair.ratio().unwrap().value()).collect();
    crate::vectors::all_close(&exact, &expected["d"]);
    let gap = micro_gap(&differences(&pairs), Level::P95).unwrap();
    close(gap.estimate, &expected["delta"]);
    close(gap.standard_error().unwrap(), &expected["se"]);
}

#[test]
fn equal_differences_are_degenerate_not_certain() {
    let gap = micro_gap(&[0.1 + 0.2, 0.3, 0.3], Level::P95).unwrap();
    assert_eq!(gap.spread, Spread::Degenerate);
    assert!(gap.is_degenerate() && gap.interval().is_none() && gap.mde(Level::P95, 0.8).is_none());
    let nothing = degenerate_bound(&[0.0; 20], Level::P95).unwrap();
    assert_eq!(nothing.lower, 0.0);
    assert!((nothing.upper - (1.0 - 0.05_f64.powf(0.05))).abs() < 1e-12);
    let always = degenerate_bound(&[0.2; 20], Level::P95).unwrap();
    assert_eq!(always.upper, 1.0);
    assert!(always.lower > 0.8);
}

#[test]
fn too_few_tasks_are_undefined() {
    assert!(micro_gap(&[], Level::P95).is_none());
    assert_eq!(micro_gap(&[0.2], Level::P95).unwrap().spread, Spread::Undefined);
    assert!(VarianceParts::estimate(&[]).is_none());
    assert!(micro_gap(&[0.1, f64::NAN], Level::P95).is_none());
}
