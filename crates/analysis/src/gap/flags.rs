//! What a gap must be read with.

use std::collections::BTreeMap;

use ledger::{Outcome, Plan};

use vocabulary::{Arm, Flag, FlagName, Resource};

use super::Differences;
use crate::{Estimate, Row, Thresholds, arm};

/// Flags that follow from the differences alone.
pub(super) fn statistical(
    found: &Differences<'_>,
    estimate: Option<Estimate>,
    thresholds: &Thresholds,
) -> Vec<Flag> {
    let Some((inference, estimate)) = found.inference.as_ref().zip(estimate) else { return Vec::new() };
    let mut flags = Vec::new();
    let unit = if inference.design.clusters_are_families() { "families" } else { "tasks" };
    let clusters = inference.design.clusters();
    if clusters > 1 && inference.is_constant() {
        let reason = format!(
            "all {clusters} {unit} differ by the same {:+.1} pp: the interval rests on their number alone",
            inference.estimate * 100.0
        );
        flags.push(Flag::new(FlagName::Degenerate, reason));
    }
    if let Some(smallest) = estimate.smallest_detectable
        && !estimate.leaves_out_zero()
        && inference.estimate.abs() < smallest
    {
        let reason = if smallest < 1.0 {
            format!("this run can see differences of {:.1} pp and more only", smallest * 100.0)
        } else {
            "this run can see no difference, however large".to_owned()
        };
        flags.push(Flag::new(FlagName::Underpowered, reason));
    }
    flags.extend(missing(found, thresholds));
    let icc = stats::intraclass_correlation(&found.values);
    if let Some(icc) = icc.filter(|icc| *icc > thresholds.icc) {
        let reason = format!(
            "tasks of a family are alike (correlation {icc:.2}): more families would narrow the interval, more tasks less"
        );
        flags.push(Flag::new(FlagName::Clustered, reason));
    }
    flags.extend(weighting(found));
    flags
}

fn missing(found: &Differences<'_>, thresholds: &Thresholds) -> Vec<Flag> {
    let Some(lines) = &found.lines else { return Vec::new() };
    let gate = lines.gate_fail.then(|| {
        let reason = format!(
            "missing trials: {:.1} % in the arm, {:.1} % in the baseline; planned for at most {:.1} %, {:.1} pp apart",
            lines.missing_rate_other * 100.0,
            lines.missing_rate_baseline * 100.0,
            thresholds.gate.max_rate * 100.0,
            thresholds.gate.max_difference * 100.0
        );
        Flag::new(FlagName::GateFail, reason)
    });
    let fragile = lines.fragile.then(|| {
        Flag::new(FlagName::Fragile, "the sign of the gap depends on what missing trials would have been")
    });
    gate.into_iter().chain(fragile).collect()
}

fn weighting(found: &Differences<'_>) -> Vec<Flag> {
    let error = stats::macro_gap(&found.values, stats::Level::P95).and_then(|gap| gap.standard_error());
    let Some(weighting) = stats::weighting(&found.values, error, stats::WeightingLimits::PROPOSED) else {
        return Vec::new();
    };
    let numbers = format!(
        "{:+.1} pp over tasks, {:+.1} pp with families at the same weight",
        weighting.micro_estimate * 100.0,
        weighting.macro_estimate * 100.0
    );
    let mut flags = Vec::new();
    if weighting.sign_disagree {
        flags.push(Flag::new(FlagName::SignDisagree, numbers.clone()));
    }
    if weighting.magnitude_disagree {
        flags.push(Flag::new(FlagName::MagnitudeDisagree, numbers));
    }
    // A family among two always has half of the tasks, and one alone has all.
    if let Some(family) = weighting.dominant_family.and_then(|place| found.families.keys().nth(place))
        && found.families.len() > 1
    {
        flags.push(Flag::new(
            FlagName::DominantFamily,
            format!("more than half of the tasks are of family `{family}`"),
        ));
    }
    if weighting.leave_one_family_out_flip {
        flags.push(Flag::new(
            FlagName::LeaveOneFamilyOutFlip,
            "without one of the families the sign is another",
        ));
    }
    flags
}

/// Unspent budget must not differ between arms, among trials that ended in `BUDGET` (docs/methodology.md, Budget).
pub(super) fn unequal_stop(
    plan: &Plan,
    rows: &[Row],
    model: &str,
    arm: &Arm,
    thresholds: &Thresholds,
) -> Option<Flag> {
    let unspent = |arm: &Arm| {
        arm::mean(
            arm::of(rows, model, arm)
                .filter_map(|row| row.end.as_ref())
                .filter(|end| end.outcome == Outcome::Budget)
                .map(|end| end.unspent),
        )
    };
    let (baseline, other) = (unspent(&plan.sweep.baseline)?, unspent(arm)?);
    let budget = plan.sweep.budget.tokens;
    ((other - baseline).abs() > thresholds.unequal_stop * budget).then(|| {
        Flag::new(
            FlagName::UnequalStop,
            format!(
                "unspent when the budget stopped them: {:.1} % in the arm, {:.1} % in the baseline",
                other / budget * 100.0,
                baseline / budget * 100.0
            ),
        )
    })
}

/// Limits given to the task's processes must be the same in both arms, trial by trial.
pub(super) fn unequal_limits(plan: &Plan, rows: &[Row], model: &str, arm: &Arm) -> Option<Flag> {
    let limits = |arm: &Arm| -> BTreeMap<(String, u32), BTreeMap<Resource, f64>> {
        arm::of(rows, model, arm)
            .filter_map(|row| row.end.as_ref().map(|end| (row, end)))
            .map(|(row, end)| {
                let given = end.resources.iter().filter(|(name, _)| name.is_limit());
                (
                    (row.planned.task.clone(), row.planned.attempt),
                    given.map(|(name, value)| (*name, *value)).collect(),
                )
            })
            .collect()
    };
    let baseline = limits(&plan.sweep.baseline);
    limits(arm).into_iter().find_map(|(key, given)| {
        let (name, value, there) = given.into_iter().find_map(|(name, value)| {
            let there = *baseline.get(&key)?.get(&name)?;
            (there != value).then_some((name, value, there))
        })?;
        Some(Flag::new(
            FlagName::ArmDifference,
            format!("{name} on {} attempt {}: {value} in the arm, {there} in the baseline", key.0, key.1),
        ))
    })
}
