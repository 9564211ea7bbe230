//! Published numbers held against measured ones: what the two protocols differ in, then the difference itself.

use std::collections::{BTreeMap, BTreeSet};

use ledger::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stats::Level;
use vocabulary::{Average, Claim, FlagName};

use crate::{Analysis, ArmSummary, TrialSummary};

/// A claim beside what a run measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldClaim {
    /// The claim.
    pub claim: Claim,
    /// What was measured; `None` where no run that was given measures it.
    pub measured: Option<MeasuredClaim>,
    /// What the claim and the run state of the protocol.
    pub protocol: Vec<ProtocolLine>,
    /// What can be said.
    pub verdict: ClaimVerdict,
    /// Why, in words.
    pub why: Vec<String>,
}

/// What a run measured of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredClaim {
    /// The run's id.
    pub run: String,
    /// The sweep's name.
    pub sweep: String,
    /// The model's id.
    pub model: String,
    /// The arm.
    pub arm: String,
    /// Whether the model is simulated.
    pub simulated: bool,
    /// Mean score over all planned trials, 0 to 1; `None` where none is to be stated.
    pub micro: Option<f64>,
    /// Mean of the families' mean scores.
    pub macro_average: Option<f64>,
    /// Lower end of the interval of `micro`, 95 %.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
    /// Measured minus claimed, in the average that the claim states, micro where it states none.
    pub difference: Option<f64>,
    /// Lower end of its interval, 95 % (Newcombe's, from the intervals of both; the claim's own is Wilson's where it
    /// states `n`, and a point where it does not).
    pub difference_lower: Option<f64>,
    /// Upper end.
    pub difference_upper: Option<f64>,
    /// Independent tasks that would settle it, were the difference what it seems; `None` where it is settled, or where
    /// none would.
    pub settled_by: Option<u64>,
}

/// One part of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProtocolLine {
    /// What it is.
    pub what: String,
    /// What the claim states; `None`: not stated.
    pub claimed: Option<String>,
    /// What the run did; `None` where there is no run.
    pub measured: Option<String>,
    /// Whether the two are the same; `None` where words cannot tell.
    pub same: Option<bool>,
}

/// What can be said of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClaimVerdict {
    /// The difference is inside the margin, its whole interval.
    Reproduced,
    /// The difference is outside the margin, its whole interval.
    NotReproduced,
    /// The interval reaches over the margin.
    Inconclusive,
    /// The protocols measure different things, or the run states no number.
    NotComparable,
    /// No run that was given measures it.
    NotMeasured,
}

impl ClaimVerdict {
    /// The words of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reproduced => "REPRODUCED",
            Self::NotReproduced => "NOT REPRODUCED",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NotComparable => "NOT COMPARABLE",
            Self::NotMeasured => "NOT MEASURED",
        }
    }
}

/// Holds each claim against each arm of each run that measures it.
pub fn hold(claims: &[Claim], runs: &[Analysis]) -> Vec<HeldClaim> {
    let mut all = Vec::new();
    for claim in claims {
        let before = all.len();
        for run in runs {
            all.extend(arms(claim, run).map(|arm| held(claim, run, arm)));
        }
        if all.len() == before {
            all.push(HeldClaim {
                claim: claim.clone(),
                measured: None,
                protocol: protocol(claim, None),
                verdict: ClaimVerdict::NotMeasured,
                why: vec![match &claim.measured {
                    Some(link) => {
                        format!("no run that was given is of {} in the sweep {}", link.model, link.sweep)
                    }
                    None => "the claim names no sweep that measures it".to_owned(),
                }],
            });
        }
    }
    all
}

/// The arms of a run that measure a claim.
fn arms<'a>(claim: &'a Claim, run: &'a Analysis) -> impl Iterator<Item = &'a ArmSummary> {
    let link = claim.measured.as_ref().filter(|link| link.sweep == run.sweep);
    let fits = move |arm: &&ArmSummary| {
        link.is_some_and(|link| {
            let is_again = arm.arm.ends_with("/again");
            arm.model == link.model
                && link.arm.as_ref().map_or(!is_again, |wanted| wanted.to_string() == arm.arm)
        })
    };
    run.arms.iter().filter(fits)
}

fn held(claim: &Claim, run: &Analysis, arm: &ArmSummary) -> HeldClaim {
    let (micro, families) = (arm.score, by_family(run, arm));
    let macro_average = families.as_ref().map(|(mean, _)| *mean);
    let interval = match claim.average {
        Some(Average::Macro) => families.and_then(|(mean, ends)| Some((mean, ends?.0, ends?.1))),
        Some(Average::Micro) | None => micro
            .zip(arm.score_lower.zip(arm.score_upper))
            .map(|(micro, (lower, upper))| (micro, lower, upper)),
    };
    let difference =
        interval.zip(claim.value).map(|(measured, claimed)| difference(measured, claimed, claim.n));
    let mut why = not_comparable(claim, run, arm);
    let (verdict, settled_by) = match difference {
        _ if !why.is_empty() => (ClaimVerdict::NotComparable, None),
        None => {
            why.push(
                if claim.value.is_none() {
                    "no number is claimed"
                } else {
                    "the run states no score with an interval"
                }
                .to_owned(),
            );
            (ClaimVerdict::NotComparable, None)
        }
        Some((value, lower, upper)) => {
            let verdict = judged(lower, upper, claim.margin);
            why.push(in_words(verdict, claim.margin));
            let open = verdict == ClaimVerdict::Inconclusive;
            let own = interval.map(|(value, lower, upper)| (value - lower).max(upper - value));
            let needed = arm.effective_n.zip(own).and_then(|(n, own)| {
                let half = (value - lower).max(upper - value);
                needed(n, value, (half, own), claim.margin)
            });
            (verdict, needed.filter(|_| open))
        }
    };
    HeldClaim {
        claim: claim.clone(),
        measured: Some(MeasuredClaim {
            run: run.run.clone(),
            sweep: run.sweep.clone(),
            model: arm.model.clone(),
            arm: arm.arm.clone(),
            simulated: arm.simulated,
            micro,
            macro_average,
            lower: arm.score_lower,
            upper: arm.score_upper,
            difference: difference.map(|(value, _, _)| value),
            difference_lower: difference.map(|(_, lower, _)| lower),
            difference_upper: difference.map(|(_, _, upper)| upper),
            settled_by,
        }),
        protocol: protocol(claim, Some((run, arm))),
        verdict,
        why,
    }
}

/// The mean over families of the mean score of each, missing trials as 0, void tasks left out; with the ends of its 95 %
/// interval, by t on the families' means, cut at 0 and 1. `None` for the ends with one family, or where all are alike.
fn by_family(run: &Analysis, arm: &ArmSummary) -> Option<(f64, Option<(f64, f64)>)> {
    arm.score?;
    let is_invalid = |trial: &&TrialSummary| {
        trial.end.as_ref().is_some_and(|end| end.outcome == Outcome::TaskInvalid.code())
    };
    let void: BTreeSet<&str> =
        run.trials.iter().filter(is_invalid).map(|trial| trial.task.as_str()).collect();
    let mut families: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let trials = run.trials.iter().filter(|trial| trial.model == arm.model && trial.arm == arm.arm);
    for trial in trials.filter(|trial| !void.contains(trial.task.as_str())) {
        families.entry(&trial.family).or_default().push(trial.score.unwrap_or(0.0));
    }
    let families: Vec<Vec<f64>> = families.into_values().collect();
    let gap = stats::macro_gap(&families, Level::P95)?;
    let interval = gap.interval().filter(|_| !gap.is_degenerate());
    Some((gap.estimate, interval.map(|ends| (ends.lower.max(0.0), ends.upper.min(1.0)))))
}

/// Measured minus claimed with its interval: Newcombe 1998, method 10, for independent proportions.
fn difference((value, lower, upper): (f64, f64, f64), claimed: f64, n: Option<u32>) -> (f64, f64, f64) {
    let own = n.map(f64::from).and_then(|n| stats::wilson(claimed * n, n, Level::P95));
    let (claim_lower, claim_upper) = own.map_or((claimed, claimed), |own| (own.lower, own.upper));
    let between = value - claimed;
    let below = (value - lower).hypot(claim_upper - claimed);
    let above = (upper - value).hypot(claimed - claim_lower);
    (between, between - below, between + above)
}

fn judged(lower: f64, upper: f64, margin: f64) -> ClaimVerdict {
    if lower > -margin && upper < margin {
        ClaimVerdict::Reproduced
    } else if lower > margin || upper < -margin {
        ClaimVerdict::NotReproduced
    } else {
        ClaimVerdict::Inconclusive
    }
}

fn in_words(verdict: ClaimVerdict, margin: f64) -> String {
    let points = format!("{:.1} points", margin * 100.0);
    match verdict {
        ClaimVerdict::Reproduced => format!("the whole interval is within ±{points}"),
        ClaimVerdict::NotReproduced => format!("the whole interval is outside ±{points}"),
        _ => format!("the interval reaches over ±{points}"),
    }
}

/// Independent tasks at which the interval of the difference would no longer reach over the margin: the run's own half of
/// it, `own`, narrows with the root of their number, and the claim's does not. `None` where that alone reaches over it.
fn needed(effective_n: f64, value: f64, (half, own): (f64, f64), margin: f64) -> Option<u64> {
    let room = (margin - value.abs()).abs();
    let of_claim = (half.powi(2) - own.powi(2)).max(0.0);
    let left = room.powi(2) - of_claim;
    (left > 0.0 && own > 0.0).then(|| (effective_n * own.powi(2) / left).ceil() as u64)
}

/// Why the two numbers are not of the same thing; empty where nothing says so.
fn not_comparable(claim: &Claim, run: &Analysis, arm: &ArmSummary) -> Vec<String> {
    let mut why = Vec::new();
    if let Some(answers) = claim.best_of.filter(|answers| *answers > 1) {
        let by = claim.chosen_by.as_ref().map(|by| format!(", chosen by {by}")).unwrap_or_default();
        why.push(format!("the claim is the best of {answers} answers{by}; here each attempt counts"));
    }
    if run.ended < run.planned {
        why.push(format!("{} of {} planned trials have ended", run.ended, run.planned));
    } else if arm.missing > 0 {
        why.push(format!("{} of {} planned trials of the arm are missing", arm.missing, arm.planned));
    }
    if run.flags.iter().any(|flag| flag.name == FlagName::ImpossibleTasks) {
        why.push("the run's tasks cannot be solved, on purpose".to_owned());
    }
    if arm.simulated {
        why.push("the run's model is simulated".to_owned());
    }
    if run.replayed.is_some() {
        why.push("the run was answered from the record of another".to_owned());
    }
    why
}

/// What both state, part by part. What a run never leaves open stands there for every run.
fn protocol(claim: &Claim, measured: Option<(&Analysis, &ArmSummary)>) -> Vec<ProtocolLine> {
    let text = |value: Option<u32>| value.map(|value| value.to_string());
    let of_run = |told: fn(&Analysis, &ArmSummary) -> String| measured.map(|(run, arm)| told(run, arm));
    let line = |what: &str, claimed: Option<String>, measured: Option<String>, exact: bool| {
        let same = claimed.as_ref().zip(measured.as_ref()).filter(|_| exact).map(|(a, b)| a == b);
        ProtocolLine { what: what.to_owned(), claimed, measured, same }
    };
    vec![
        line("model", Some(claim.model.clone()), of_run(served), false),
        line(
            "benchmark",
            Some(claim.benchmark.clone()),
            of_run(|run, _| format!("sweep {}", run.sweep)),
            false,
        ),
        line(
            "revision",
            claim.revision.clone(),
            of_run(|run, _| format!("plan {}", run.plan_digest.get(..12).unwrap_or(&run.plan_digest))),
            false,
        ),
        line("tasks", text(claim.n), of_run(|run, _| (run.tasks - run.void_tasks).to_string()), true),
        line("attempts", text(claim.attempts), of_run(|run, _| run.attempts.to_string()), true),
        line("best of", text(claim.best_of), of_run(|_, _| "1".to_owned()), true),
        line("chosen by", claim.chosen_by.clone(), of_run(|_, _| "nothing".to_owned()), true),
        line(
            "average",
            claim.average.map(|one| one.as_str().to_owned()),
            of_run(|_, _| "both".to_owned()),
            false,
        ),
        line("harness and prompt", claim.harness.clone(), of_run(|_, arm| arm.arm.clone()), false),
        line(
            "told",
            claim.prompt.clone(),
            of_run(|_, arm| arm.arm.split('/').nth(1).unwrap_or("").to_owned()),
            false,
        ),
        line(
            "budget",
            claim.budget.clone(),
            of_run(|run, _| format!("{} ({})", run.budget, run.meter)),
            false,
        ),
        line("tools", claim.tools.clone(), of_run(|_, arm| format!("those of {}", arm.arm)), false),
        line("sampling", claim.sampling.clone(), of_run(|_, _| "see the run's card".to_owned()), false),
    ]
}

fn served(_: &Analysis, arm: &ArmSummary) -> String {
    let served: Vec<&str> = arm.models_served.iter().map(String::as_str).collect();
    let simulated = if arm.simulated { " (simulated)" } else { "" };
    if served.is_empty() {
        arm.model.clone() + simulated
    } else {
        format!("{}{simulated}", served.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_without_n_is_a_point_and_one_with_n_widens_the_interval() {
        let (value, lower, upper) = difference((0.4, 0.3, 0.5), 0.5, None);
        assert!((value + 0.1).abs() < 1e-12 && (lower + 0.2).abs() < 1e-12 && upper.abs() < 1e-12);
        let (_, wider, above) = difference((0.4, 0.3, 0.5), 0.5, Some(100));
        assert!(wider < lower && above > upper, "{wider} {above}");
    }

    /// Newcombe 1998, table II (a): 56/70 and 48/80 give 0.0524 to 0.3339.
    #[test]
    fn the_interval_is_newcombes() {
        let first = stats::wilson(56.0, 70.0, Level::P95).unwrap();
        let (_, lower, upper) = difference((0.8, first.lower, first.upper), 0.6, Some(80));
        assert!((lower - 0.0524).abs() < 5e-5 && (upper - 0.3339).abs() < 5e-5, "{lower} {upper}");
    }

    #[test]
    fn verdicts_are_of_the_whole_interval() {
        assert_eq!(judged(-0.02, 0.02, 0.03), ClaimVerdict::Reproduced);
        assert_eq!(judged(-0.2, -0.04, 0.03), ClaimVerdict::NotReproduced);
        assert_eq!(judged(0.04, 0.2, 0.03), ClaimVerdict::NotReproduced);
        for (lower, upper) in [(-0.02, 0.04), (-0.2, -0.02), (-0.2, 0.2)] {
            assert_eq!(judged(lower, upper, 0.03), ClaimVerdict::Inconclusive);
        }
    }

    #[test]
    fn four_times_the_tasks_halve_the_interval() {
        assert_eq!(needed(50.0, 0.0, (0.06, 0.06), 0.03), Some(200));
        assert_eq!(needed(50.0, 0.09, (0.09, 0.09), 0.03), Some(113));
        assert_eq!(needed(50.0, 0.03, (0.03, 0.03), 0.03), None);
        // The claim's own part of the interval does not narrow with our tasks.
        assert_eq!(needed(50.0, 0.0, (0.1, 0.06), 0.03), None);
        assert_eq!(needed(100.0, 0.0, (0.05, 0.04), 0.05), Some(100));
    }
}
