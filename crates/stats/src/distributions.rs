//! Tail probabilities and quantiles, to 1e-10 or better.
//!
//! Student's and the beta quantile are roots of their cumulative functions: the library's own inverses stop a
//! few digits before those the reference vectors ask for.

use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::ln_gamma;

/// Φ(z), the standard normal cumulative probability.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

/// Φ⁻¹(p); ±∞ at p = 1 and p = 0.
pub fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p.clamp(0.0, 1.0))
}

/// I_x(a, b), the regularised incomplete beta function; arguments outside its domain are clamped into it.
pub(crate) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    let inside = x.clamp(0.0, 1.0);
    checked_beta_reg(a.max(f64::MIN_POSITIVE), b.max(f64::MIN_POSITIVE), inside).unwrap_or(inside)
}

/// The x with I_x(a, b) = p.
pub(crate) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let density = |x: f64| {
        let ln =
            ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + (a - 1.0) * x.ln() + (b - 1.0) * (1.0 - x).ln();
        ln.exp()
    };
    increasing_root(|x| beta_cdf(x, a, b) - p, density, 0.0, 1.0)
}

/// Two-sided tail probability P(|T| ≥ |t|) of Student's t with `df` > 0 degrees of freedom (fractions
/// allowed).
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    let square = t * t;
    if square.is_infinite() {
        return 0.0;
    }
    // The half that keeps its digits: the library's 1 − x loses them when x is next to 1.
    if square < df {
        1.0 - beta_cdf(square / (df + square), 0.5, df / 2.0)
    } else {
        beta_cdf(df / (df + square), df / 2.0, 0.5)
    }
}

/// P(T > t) of Student's t.
pub fn t_upper(t: f64, df: f64) -> f64 {
    let half = 0.5 * t_two_sided(t, df);
    if t >= 0.0 { half } else { 1.0 - half }
}

/// The p-quantile of Student's t with `df` > 0 degrees of freedom (fractions allowed).
pub fn t_quantile(p: f64, df: f64) -> f64 {
    if p == 0.5 {
        return 0.0;
    }
    if p < 0.5 {
        return -t_quantile(1.0 - p, df);
    }
    let tail = 1.0 - p;
    if tail <= 0.0 {
        return f64::INFINITY;
    }
    let mut high = normal_quantile(p).max(1.0);
    while t_upper(high, df) > tail && high < 1e300 {
        high *= 2.0;
    }
    let scale = ln_gamma((df + 1.0) / 2.0) - ln_gamma(df / 2.0) - 0.5 * (df * std::f64::consts::PI).ln();
    let density = |t: f64| (scale - (df + 1.0) / 2.0 * (t * t / df).ln_1p()).exp();
    increasing_root(|t| tail - t_upper(t, df), density, 0.0, high)
}

/// P(X ≤ x) for X ~ Binomial(n, p).
pub(crate) fn binomial_cdf(x: u64, n: u64, p: f64) -> f64 {
    if x >= n { 1.0 } else { beta_cdf(1.0 - p, (n - x) as f64, x as f64 + 1.0) }
}

/// P(X = x) for X ~ Binomial(n, p).
pub(crate) fn binomial_pmf(x: u64, n: u64, p: f64) -> f64 {
    if x > n {
        return 0.0;
    }
    let log_power = |count: u64, base: f64| if count == 0 { 0.0 } else { count as f64 * base.ln() };
    (ln_choose(n, x) + log_power(x, p) + log_power(n - x, 1.0 - p)).exp()
}

/// ln C(n, k) for k ≤ n.
pub(crate) fn ln_choose(n: u64, k: u64) -> f64 {
    ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)
}

/// Root of an increasing function on [low, high]: Newton steps, bisection whenever one leaves the bracket.
fn increasing_root(f: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut low, mut high) = (low, high);
    let mut x = 0.5 * (low + high);
    for _ in 0..400 {
        let value = f(x);
        if value == 0.0 {
            return x;
        }
        if value < 0.0 {
            low = x
        } else {
            high = x
        }
        let newton = x - value / slope(x);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-15 * x.abs() || next == x {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_invert_their_cumulative_functions() {
        for i in 1..200 {
            let p = f64::from(i) / 200.0;
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-10);
            for df in [1.0, 2.789, 6.07, 40.0, 3_000.0] {
                assert!((1.0 - t_upper(t_quantile(p, df), df) - p).abs() < 1e-11);
            }
            for (a, b) in [(1.0, 10.0), (45.0, 45.0), (0.5, 3.0), (900.0, 100.0)] {
                assert!((beta_cdf(beta_quantile(p, a, b), a, b) - p).abs() < 1e-11);
            }
        }
    }

    #[test]
    fn the_ends_are_finite_or_infinite_never_undefined() {
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(t_quantile(1.0, 3.0), f64::INFINITY);
        assert_eq!(t_two_sided(f64::INFINITY, 3.0), 0.0);
        assert!((binomial_pmf(0, 5, 0.0) - 1.0).abs() < 1e-12);
        assert_eq!(binomial_cdf(5, 5, 0.3), 1.0);
    }
}
