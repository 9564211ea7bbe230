use stats::{Level, Spread, macro_gap, macro_gap_fixed_families, micro_gap};

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
