use stats::{Discordance, Level, bonett_price, conditional_odds_ratio, mcnemar, mcnemar_power};

use crate::vectors::{close, count, ends, list, load, number, same};

#[test]
fn tests_and_intervals() {
    for case in list(&load("v05_mcnemar")["cases"]) {
        let counts = Discordance {
            baseline_only: count(&case["b_bare_only"]),
            other_only: count(&case["c_harness_only"]),
            tasks: count(&case["n"]),
        };
        let result = mcnemar(counts);
        close(result.p_exact, &case["p_exact"]);
        close(result.p_mid, &case["p_mid"]);
        ends(bonett_price(counts, Level::P95).unwrap(), &case["bonett_price"]);
        let odds = conditional_odds_ratio(counts, Level::P95);
        same(odds.estimate, &case["cond_or"]);
        ends(odds.interval, &case["cond_or_ci"]);
    }
}

#[test]
fn power() {
    for case in list(&load("v07_power")["mcnemar_exact_power"]) {
        let (baseline, other) = (number(&case["p_bare_only"]), number(&case["p_harness_only"]));
        close(mcnemar_power(count(&case["n"]), baseline, other, Level::P95).unwrap(), &case["power"]);
    }
    assert!(mcnemar_power(10, 0.7, 0.7, Level::P95).is_none());
}
