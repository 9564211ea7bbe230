use super::likelihood::evaluate;
use crate::responses::{Cell, Responses};
use serde_json::Value;

fn probe() -> (Responses, Vec<f64>, Value) {
    let text = include_str!("../../tests/vectors/v13_irt.json");
    let probe = serde_json::from_str::<Value>(text).unwrap()["probe"].clone();
    let counts = |name: &str| -> Vec<Vec<u32>> { serde_json::from_value(probe[name].clone()).unwrap() };
    let rows = counts("c").into_iter().zip(counts("n"));
    let cell = |(passes, attempts)| Cell { passes, attempts };
    let rows = rows.map(|(c, n)| c.into_iter().zip(n).map(cell).collect()).collect();
    let parameters = serde_json::from_value(probe["params_theta_then_lntau"].clone()).unwrap();
    (Responses::new(rows).unwrap(), parameters, probe)
}

#[test]
fn objective_and_gradient_match_adaptive_quadrature() {
    let (responses, parameters, expected) = probe();
    let at = evaluate(&responses, &parameters);
    assert!((at.objective - expected["nll_penalised"].as_f64().unwrap()).abs() < 1e-8);
    let gradient: Vec<f64> = serde_json::from_value(expected["gradient"].clone()).unwrap();
    assert!(at.gradient.iter().zip(&gradient).all(|(a, b)| (a - b).abs() < 1e-8));
}

#[test]
fn the_hessian_is_the_gradients_slope() {
    let (responses, parameters, _) = probe();
    let at = evaluate(&responses, &parameters);
    let h = 1e-5;
    for j in 0..parameters.len() {
        let moved = |by: f64| {
            let mut point = parameters.clone();
            point[j] += by;
            evaluate(&responses, &point).gradient
        };
        for (i, (up, down)) in moved(h).iter().zip(moved(-h)).enumerate() {
            assert!((at.hessian[(i, j)] - (up - down) / (2.0 * h)).abs() < 1e-5);
        }
    }
}
