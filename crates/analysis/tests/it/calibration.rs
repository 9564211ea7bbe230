//! Whether the numbers mean what they say: runs drawn from a known truth, through plan, ledger and analysis.
//!
//! `OVERHANG_CALIBRATION` sets how many runs; the nightly script draws 400 and holds them to 93–97 % and 3–7 %.

use analysis::{Record, Thresholds, analyse};
use testkit::{
    drawn::{Truth, draw},
    runs::contents,
};

/// Families of equal size, as a headline over families assumes.
const TRUTH: Truth = Truth { families: 12, tasks: 4, attempts: 3, gap: 0.1, family: 0.0, task: 0.12 };

fn runs() -> u64 {
    std::env::var("OVERHANG_CALIBRATION").ok().and_then(|count| count.parse().ok()).unwrap_or(40)
}

/// Share of the runs of which `hit` holds.
fn share(truth: Truth, hit: impl Fn(&analysis::GapSummary) -> bool) -> f64 {
    let hits = (0..runs()).filter(|seed| {
        let (plan, events) = draw(truth, 1000 + seed);
        let record = Record::of(&plan, &contents(events)).unwrap();
        let analysis = analyse(&plan, &record, &Thresholds::default());
        hit(&analysis.gaps[0])
    });
    hits.count() as f64 / runs() as f64
}

/// Within 2 points of the nominal rate, or what chance allows to so few runs (3.3 standard errors).
#[expect(clippy::print_stdout, reason = "the figures are what the nightly log is read for")]
fn assert_near(found: f64, nominal: f64, what: &str) {
    let chance = 3.3 * (nominal * (1.0 - nominal) / runs() as f64).sqrt();
    let slack = if runs() >= 400 { 0.02 } else { chance.max(0.02) };
    println!("{what}: {:.1} % of {} runs, nominal {:.0} %", found * 100.0, runs(), nominal * 100.0);
    assert!(
        (found - nominal).abs() <= slack,
        "{what}: {found} of {} runs, not {nominal} ± {slack:.3}",
        runs()
    );
}

fn covers(gap: &analysis::GapSummary, truth: f64) -> bool {
    let headline = gap.headline().0.unwrap();
    headline.lower.unwrap() <= truth && truth <= headline.upper.unwrap()
}

fn significant(gap: &analysis::GapSummary) -> bool {
    gap.headline().1.unwrap() < 0.05
}

#[test]
fn the_interval_covers_a_gap_as_often_as_it_says() {
    assert_near(share(TRUTH, |gap| covers(gap, TRUTH.gap)), 0.95, "coverage of a gap of 10 pp");
}

#[test]
fn it_does_when_families_correlate() {
    let truth = Truth { family: 0.12, task: 0.08, ..TRUTH };
    assert_near(share(truth, |gap| covers(gap, truth.gap)), 0.95, "coverage with correlated families");
}

#[test]
fn without_a_gap_few_runs_show_one() {
    assert_near(share(Truth { gap: 0.0, ..TRUTH }, significant), 0.05, "false findings");
}

#[test]
fn without_a_gap_few_runs_show_one_when_families_correlate() {
    let truth = Truth { gap: 0.0, family: 0.12, task: 0.08, ..TRUTH };
    assert_near(share(truth, significant), 0.05, "false findings with correlated families");
}
