use stats::{
    FlipMethod, Score, SignFlip, SplitMix64, TaskPair, sign_flip_exact, sign_flip_families,
    sign_flip_sampled, sign_flip_tasks, sign_flip_values, sign_flip_weighted_tasks,
};

use crate::vectors::{close, count, integers, list, load, paired_tasks};

fn as_reals(steps: &[i64]) -> Vec<f64> {
    steps.iter().map(|x| *x as f64).collect()
}

#[test]
fn exact() {
    for case in list(&load("v03_permutation")["signflip_exact"]) {
        let steps = integers(&case["d_int"]);
        let fraction: Vec<f64> =
            case["p_two_sided_frac"].as_str().unwrap().split('/').map(|n| n.parse().unwrap()).collect();
        for result in [sign_flip_exact(&steps).unwrap(), sign_flip_values(&as_reals(&steps), 0)] {
            close(result.p_two_sided, &case["p_two_sided"]);
            close(result.p_greater, &case["p_greater"]);
            assert_eq!(result.p_two_sided, fraction[0] / fraction.get(1).unwrap_or(&1.0));
            assert_eq!(result.method, FlipMethod::Exact);
        }
    }
}

#[test]
fn sampled() {
    let case = &load("v03_permutation")["signflip_monte_carlo"];
    let (replicates, seed) = (count(&case["B"]) as u32, count(&case["seed"]));
    let result = sign_flip_sampled(&as_reals(&integers(&case["d_int"])), replicates, seed);
    assert_eq!(result.p_two_sided, (count(&case["count_ge"]) + 1) as f64 / f64::from(replicates + 1));
    close(result.p_two_sided, &case["p"]);
}

#[test]
fn random_numbers() {
    let expected = &load("v03_permutation")["splitmix64"];
    let check = |name: &str, mut random: SplitMix64| {
        for value in list(&expected[name]) {
            assert_eq!(random.next_u64().to_string(), value.as_str().unwrap());
        }
    };
    check("seed0", SplitMix64::new(0));
    check("seed1234567", SplitMix64::new(1_234_567));
    check("substream_seed20260701_r0_first3", SplitMix64::substream(20_260_701, 0));
    let mut random = SplitMix64::substream(20_260_701, 7);
    let below: Vec<i64> = (0..10).map(|_| i64::from(random.below(12))).collect();
    assert_eq!(below, integers(&expected["substream_seed20260701_r7_below12_first10"]));
}

#[test]
fn over_tasks() {
    let (pairs, _) = paired_tasks();
    assert_eq!(sign_flip_tasks(&pairs, 0).p_two_sided, 11.0 / 64.0);
}

#[test]
fn over_families() {
    let (_, families) = paired_tasks();
    // Means 4/15, 1/20, 0 and 4/15: only +++ and −−− reach the sum.
    let expected = SignFlip { p_two_sided: 0.25, p_greater: 0.125, p_less: 1.0, method: FlipMethod::Exact };
    assert_eq!(sign_flip_families(&families, 0).unwrap(), expected);
    assert!(sign_flip_families(&[families[0].clone(), vec![]], 0).is_none());
}

#[test]
fn sums_beyond_counting_are_sampled() {
    assert!(sign_flip_exact(&[1, 1_000_001]).is_none());
    assert!(sign_flip_exact(&[i64::MIN, i64::MAX]).is_none());
    let values: Vec<f64> = (1..=21).map(|i| f64::from(i).sqrt()).collect();
    assert_eq!(sign_flip_values(&values, 5).method, FlipMethod::Sampled { replicates: 9_999, seed: 5 });
}

#[test]
fn over_tasks_of_weighted_families() {
    let pair = |passes: u32| TaskPair {
        baseline: Score::from_passes(0, 1).unwrap(),
        other: Score::from_passes(passes, 1).unwrap(),
    };
    // Steps of 1/6: a family of two gives 3 and 3, a family of three 2, 2 and 0. The sum 10 is the largest of
    // 16.
    let families = [vec![pair(1); 2], vec![pair(1), pair(1), pair(0)]];
    let result = sign_flip_weighted_tasks(&families, 0).unwrap();
    assert_eq!((result.p_two_sided, result.p_greater), (2.0 / 16.0, 1.0 / 16.0));
    let alike = [vec![pair(1); 3], vec![pair(0); 3]];
    assert_eq!(sign_flip_weighted_tasks(&alike, 0), Some(sign_flip_tasks(&alike.concat(), 0)));
    assert!(sign_flip_weighted_tasks(&[vec![pair(1)], vec![]], 0).is_none());
}
