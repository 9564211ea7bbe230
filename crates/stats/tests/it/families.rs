use stats::{
    Level, Spread, WeightingLimits, macro_gap, macro_gap_fixed_families, micro_gap, rank_disagree, weighting,
};

use crate::vectors::{close, ends, list, load, numbers};

#[test]
fn macro_and_micro() {
    for case in list(&load("v11_macro_micro")["cases"]) {
        let expected = &case["result"];
        let families: Vec<Vec<f64>> = case["families"].as_object().unwrap().values().map(numbers).collect();
        let micro = micro_gap(&families.concat(), Level::P95).unwrap();
        close(micro.estimate, &expected["micro"]);
        close(micro.standard_error().unwrap(), &expected["se_micro"]);

        let fixed = macro_gap_fixed_families(&families, Level::P95).unwrap();
        close(fixed.estimate, &expected["macro"]);
        close(fixed.standard_error().unwrap(), &expected["se_macro"]);
        close(fixed.student().unwrap().df, &expected["df_macro_satterthwaite"]);

        let random = macro_gap(&families, Level::P95).unwrap();
        let student = random.student().unwrap();
        let expected = &expected["macro_families_random"];
        close(student.standard_error, &expected["se"]);
        close(student.df, &expected["df"]);
        close(student.p_value, &expected["p"]);
        ends(student.interval, &expected["ci95"]);
    }
}

#[test]
fn a_family_of_one_task_needs_random_families() {
    let families = [vec![0.1, 0.3], vec![0.5]];
    assert_eq!(macro_gap_fixed_families(&families, Level::P95).unwrap().spread, Spread::Undefined);
    assert!(macro_gap(&families, Level::P95).unwrap().interval().is_some());
    assert!(macro_gap(&[vec![], vec![0.5]], Level::P95).is_none());
}

#[test]
fn weighing_families() {
    for case in list(&load("v11_macro_micro")["cases"]) {
        let expected = &case["result"];
        let (names, families): (Vec<&String>, Vec<Vec<f64>>) =
            case["families"].as_object().unwrap().iter().map(|(name, tasks)| (name, numbers(tasks))).unzip();
        let fixed = macro_gap_fixed_families(&families, Level::P95).unwrap();
        let result = weighting(&families, fixed.standard_error(), WeightingLimits::PROPOSED).unwrap();
        close(result.micro_estimate, &expected["micro"]);
        close(result.macro_estimate, &expected["macro"]);
        for (index, name) in names.iter().enumerate() {
            close(result.shares[index], &expected["weights"][name]);
            close(result.leave_one_out[index].0, &expected["leave_one_out"][name]["micro"]);
            close(result.leave_one_out[index].1, &expected["leave_one_out"][name]["macro"]);
        }
        let dominant = result.dominant_family.map(|family| format!("DOMINANT_FAMILY:{}", names[family]));
        let flags = [
            (result.sign_disagree, "SIGN_DISAGREE".to_owned()),
            (result.magnitude_disagree, "MAGNITUDE_DISAGREE".to_owned()),
            (dominant.is_some(), dominant.unwrap_or_default()),
            (result.leave_one_family_out_flip, "LEAVE_ONE_FAMILY_OUT_FLIP".to_owned()),
        ];
        let raised: Vec<String> =
            flags.into_iter().filter(|(raised, _)| *raised).map(|(_, name)| name).collect();
        assert_eq!(serde_json::json!(raised), expected["flags"]);
        assert_eq!(result.is_flagged(), !raised.is_empty());
    }
}

#[test]
fn one_benchmark_can_outweigh_the_rest() {
    let case = &load("v11_macro_micro")["k2think_weights"];
    let families: Vec<Vec<f64>> = case["counts"]
        .as_object()
        .unwrap()
        .values()
        .map(|n| vec![0.0; n.as_u64().unwrap() as usize])
        .collect();
    let result = weighting(&families, None, WeightingLimits::PROPOSED).unwrap();
    for (share, expected) in result.shares.iter().zip(case["weights"].as_object().unwrap().values()) {
        close(*share, expected);
    }
    assert!(result.dominant_family.is_some_and(|family| families[family].len() == 173));
}

#[test]
fn model_order_may_depend_on_the_weights() {
    assert!(rank_disagree(&[0.5, 0.4, 0.3], &[0.5, 0.2, 0.3]));
    assert!(!rank_disagree(&[0.5, 0.4, 0.3], &[0.9, 0.4, 0.4]));
}
