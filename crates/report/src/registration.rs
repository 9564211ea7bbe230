//! What was registered before the first trial, in sentences: the same in every format.

use analysis::{Analysis, HypothesisResult, RegistrationSummary};
use vocabulary::{Expected, Hypothesis};

use crate::wording;

/// A heading for it.
pub(crate) const TITLE: &str = "Registered before the first trial";

/// What was registered, what became of it, and what was done otherwise; nothing where nothing was.
pub(crate) fn told(analysis: &Analysis) -> Vec<String> {
    let mut told: Vec<String> = analysis.registration.iter().flat_map(registered).collect();
    for deviation in &analysis.deviations {
        let arms: Vec<String> = deviation.arms.iter().map(ToString::to_string).collect();
        let touched = if arms.is_empty() {
            "every number".to_owned()
        } else {
            format!("the numbers of {}", arms.join(", "))
        };
        told.push(format!("Deviation, which touches {touched}: {} (by {}).", deviation.why, deviation.by));
    }
    told
}

fn registered(registration: &RegistrationSummary) -> Vec<String> {
    let due = registration.due.as_ref().map(|due| format!(", due {due}")).unwrap_or_default();
    let mut told = vec![format!("Commitment {} of {}{due}.", registration.commitment, registration.at)];
    told.extend(registration.void.iter().map(|why| format!("The run is exploratory all the same: {why}.")));
    told.extend(registration.exclusions.iter().map(|what| format!("To be left out: {what}.")));
    told.extend(registration.hypotheses.iter().map(|HypothesisResult { hypothesis, result }| {
        format!("{}: {}.", result.as_str(), expected(hypothesis))
    }));
    told
}

fn expected(Hypothesis { model, arm, gap, margin }: &Hypothesis) -> String {
    let points = format!("{:.1} points", margin * 100.0);
    let what = match gap {
        Expected::Greater if *margin == 0.0 => "is above 0".to_owned(),
        Expected::Greater => format!("is above {points}"),
        Expected::Less if *margin == 0.0 => "is below 0".to_owned(),
        Expected::Less => format!("is below −{points}"),
        Expected::Different if *margin == 0.0 => "is not 0".to_owned(),
        Expected::Different => format!("is outside ±{points}"),
        Expected::Equivalent => format!("is within ±{points}"),
    };
    format!("the gap of {model} with {} {what}", wording::arm(&arm.to_string()))
}
