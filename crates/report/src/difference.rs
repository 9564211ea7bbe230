//! What there is to say of two runs compared, for every format that people read.

use analysis::{ArmDifference, Difference, Estimate, Flip, Headline, Movement};

use crate::number;

/// Flips shown of one model and arm.
pub(crate) const FLIPS: usize = 20;

pub(crate) fn heading(difference: &Difference) -> String {
    let side = |run: &analysis::RunFacts| {
        format!("{} ({}, {} of {} trials)", run.sweep, run.run, run.ended, run.planned)
    };
    format!("A {} · B {} · {} tasks", side(&difference.a), side(&difference.b), difference.tasks)
}

pub(crate) fn stamp(difference: &Difference) -> &'static str {
    if difference.arms.iter().any(|arm| arm.simulated) { " (simulated)" } else { "" }
}

pub(crate) fn row(arm: &ArmDifference) -> Vec<String> {
    let ends = |change: Estimate| change.lower.zip(change.upper);
    vec![
        arm.model.clone(),
        arm.arm.clone(),
        number::percent(arm.score_a),
        number::percent(arm.score_b),
        number::points(arm.change.map(|change| change.estimate)),
        number::interval(arm.change.and_then(ends), number::points),
        number::p(arm.p_holm),
        number::percent(arm.change.and_then(|change| change.smallest_detectable)),
    ]
}

pub(crate) fn sentence(arm: &ArmDifference) -> String {
    let stamp = if arm.simulated { " (simulated)" } else { "" };
    let who = format!("{} in {}{stamp}", arm.model, arm.arm);
    let size = number::percent(arm.change.map(|change| change.estimate.abs()));
    let interval =
        number::interval(arm.change.and_then(|change| change.lower.zip(change.upper)), number::points);
    let unit = match arm.headline {
        Headline::Macro => "families weighed alike",
        Headline::Micro => "tasks weighed alike",
    };
    match arm.verdict {
        Movement::Regression => {
            format!("{who}: {size} pp less solved than before, {unit}, 95 % interval {interval}")
        }
        Movement::Improvement => {
            format!("{who}: {size} pp more solved than before, {unit}, 95 % interval {interval}")
        }
        Movement::NoDetectableDifference => match arm.change.and_then(|change| change.smallest_detectable) {
            Some(smallest) => format!(
                "{who}: no detectable difference; this comparison can see {} pp and more",
                number::percent(Some(smallest))
            ),
            None => format!("{who}: every task scored as before"),
        },
        Movement::CannotTell => {
            format!("{who}: cannot tell: too many trials are missing, or there is no spread to judge by")
        }
    }
}

pub(crate) fn flipped(flip: &Flip) -> String {
    format!(
        "{}: {} % → {} % ({} → {})",
        flip.task,
        number::percent(Some(flip.score_a)),
        number::percent(Some(flip.score_b)),
        flip.outcomes_a.join(" "),
        flip.outcomes_b.join(" ")
    )
}
