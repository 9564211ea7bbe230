//! What a gap must be read with.

use std::collections::BTreeMap;

use ledger::{Outcome, Plan};
use stats::Gap;

use vocabulary::{Arm, Flag, FlagName, Resource};

use super::Differences;
use crate::{Row, Thresholds, arm};

/// Flags that follow from the differences alone.
pub(super) fn statistical(found: &Differences<'_>, thresholds: &Thresholds) -> Vec<Flag> {
    let Differences {
        differences, families, family_differences, micro, by_family, clustered, p, lines, ..
    } = found;
    let mut flags = Vec::new();
    if let Some(gap) = micro {
        if gap.is_degenerate() {
            let bound = stats::degenerate_bound(differences, thresholds.level);
            let reason = match bound.filter(|_| gap.estimate == 0.0) {
                Some(bound) => format!(
                    "the arms scored the same on all {} tasks: no interval; they differ on at most {:.0} % of such tasks",
                    gap.units,
                    bound.upper * 100.0
                ),
                None => format!("all {} task differences are equal: no interval", gap.units),
            };
            flags.push(Flag::new(FlagName::Degenerate, reason));
        }
        if let Some(p) = *p
            && let Some(mde) = gap.mde(thresholds.level, thresholds.power)
            && gap.is_underpowered(p, thresholds.level, thresholds.power)
        {
            flags.push(Flag::new(
                FlagName::Underpowered,
                format!("this run can see differences of {:.1} pp and more only", mde * 100.0),
            ));
        }
    }
    if let Some(lines) = lines {
        if lines.gate_fail {
            flags.push(Flag::new(
                FlagName::GateFail,
                format!(
                    "missing trials: {:.1} % in the arm, {:.1} % in the baseline: no headline",
                    lines.missing_rate_other * 100.0,
                    lines.missing_rate_baseline * 100.0
                ),
            ));
        }
        if lines.fragile {
            flags.push(Flag::new(
                FlagName::Fragile,
                "the sign of the gap depends on what missing trials would have been",
            ));
        }
    }
    if clustered.as_ref().is_some_and(|clustered| clustered.is_clustered(thresholds.icc)) {
        flags.push(Flag::new(
            FlagName::Clustered,
            "tasks of a family are alike: read the macro or the clustered interval",
        ));
    }
    let macro_error = by_family.as_ref().and_then(Gap::standard_error);
    if let Some(weighting) =
        stats::weighting(family_differences, macro_error, stats::WeightingLimits::PROPOSED)
    {
        let numbers = format!(
            "micro {:+.1} pp, macro {:+.1} pp",
            weighting.micro_estimate * 100.0,
            weighting.macro_estimate * 100.0
        );
        if weighting.sign_disagree {
            flags.push(Flag::new(FlagName::SignDisagree, numbers.clone()));
        }
        if weighting.magnitude_disagree {
            flags.push(Flag::new(FlagName::MagnitudeDisagree, numbers));
        }
        if let Some(family) = weighting.dominant_family.and_then(|place| families.keys().nth(place)) {
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
