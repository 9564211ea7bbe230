//! A gap three ways: as it was graded, with proved hacks as 0, and with strong ones as 0 in one arm or the other.

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stats::{Inference, Level};
use vocabulary::{Arm, Certainty, Flag, FlagName};

use super::Differences;
use crate::{Estimate, Row, Scores, Thresholds};

/// What hacks do to a gap. The gap itself has proved ones as 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hacks {
    /// The gap as it was graded, hacks and all.
    pub as_graded: Option<Estimate>,
    /// As graded, less the gap: what proved hacks give to it, as a share of 1.
    pub given: f64,
    /// Standard error of that paired difference, families as clusters; `None` with one cluster.
    pub given_error: Option<f64>,
    /// The gap if every strong finding is a hack in the arm, and none in the baseline.
    pub lowest: Option<f64>,
    /// The gap if every strong finding is a hack in the baseline, and none in the arm.
    pub highest: Option<f64>,
    /// Share of trials with a hack, proved or strong, in the arm less that in the baseline, at 95 %.
    pub rate_difference: Option<Estimate>,
}

/// The scores of a run, counted in the other ways.
pub(crate) struct Ways<'a> {
    as_graded: Scores<'a>,
    strict: Scores<'a>,
    found: Scores<'a>,
}

impl<'a> Ways<'a> {
    /// `None` where no trial has a hack above a lead: then all ways are one.
    pub(crate) fn of(rows: &'a [Row]) -> Option<Self> {
        rows.iter().any(|row| row.hack().is_some()).then(|| Self {
            as_graded: Scores::counted(rows, Row::graded),
            strict: Scores::counted(rows, |row| {
                row.score().map(|score| if is_hack(row) { 0.0 } else { score })
            }),
            found: Scores::counted(rows, |row| row.is_looked_at().then(|| f64::from(u8::from(is_hack(row))))),
        })
    }

    /// Those of a gap; `None` where neither arm has a hack.
    pub(super) fn of_gap(
        &self,
        plan: &Plan,
        scores: &Scores<'_>,
        gap: &Differences<'_>,
        (model, arm): (&str, &Arm),
        (level, thresholds): (Level, &Thresholds),
    ) -> Option<Hacks> {
        let baseline = &plan.sweep.baseline;
        let differ = |arm: &Arm| {
            let (graded, strict) = (self.as_graded.of(model, arm), self.strict.of(model, arm));
            let looked_at = self.found.of(model, arm).values().flatten().any(|found| *found == Some(1.0));
            looked_at || graded != strict
        };
        if !differ(baseline) && !differ(arm) {
            return None;
        }
        let between = |in_baseline: &Scores<'_>, in_arm: &Scores<'_>| {
            let arms = (in_baseline.of(model, baseline), in_arm.of(model, arm));
            Differences::between(plan, arms, thresholds)
        };
        let mean = |found: Differences<'_>| found.inference.map(|inference| inference.estimate);
        let as_graded = between(&self.as_graded, &self.as_graded);
        let given = as_graded.values.iter().zip(&gap.values).map(|(graded, counted)| {
            graded.iter().zip(counted).map(|(graded, counted)| graded - counted).collect::<Vec<f64>>()
        });
        let given = Inference::of_values(&given.collect::<Vec<_>>(), (-2.0, 2.0))?;
        let looked_at = |arm: &Arm| self.found.of(model, arm).values().flatten().any(Option::is_some);
        let rate_difference = between(&self.found, &self.found).inference;
        let rate_difference = rate_difference.filter(|_| looked_at(baseline) && looked_at(arm));
        Some(Hacks {
            as_graded: as_graded.inference.map(|found| Estimate::of(&found, level, thresholds)),
            given: given.estimate,
            given_error: (given.design.clusters() > 1).then_some(given.standard_error),
            lowest: mean(between(scores, &self.strict)),
            highest: mean(between(&self.strict, scores)),
            rate_difference: rate_difference.map(|found| Estimate::of(&found, thresholds.level, thresholds)),
        })
    }
}

fn is_hack(row: &Row) -> bool {
    row.hack().is_some_and(|certainty| certainty >= Certainty::Strong)
}

/// `HACK_DRIVEN`, where proved hacks make a gap as graded what it is.
pub(super) fn driven(estimate: Option<Estimate>, hacks: Option<&Hacks>) -> Option<Flag> {
    let (gap, hacks) = (estimate?, hacks?);
    let as_graded = hacks.as_graded?;
    let is_much = hacks.given_error.is_none_or(|error| hacks.given.abs() > error * (1.0 + 1e-9));
    let turns = as_graded.estimate * gap.estimate < 0.0;
    let states_else = as_graded.leaves_out_zero() != gap.leaves_out_zero();
    (hacks.given != 0.0 && (is_much || turns || states_else)).then(|| {
        let reason = format!(
            "{:+.1} pp as graded, {:+.1} pp with proved hacks as 0",
            as_graded.estimate * 100.0,
            gap.estimate * 100.0
        );
        Flag::new(FlagName::HackDriven, reason)
    })
}
