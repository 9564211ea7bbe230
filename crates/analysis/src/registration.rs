//! What was registered before the first trial, and what became of it.

use ledger::{fold, registration::commitment};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Arm, Expected, Hypothesis, Program};

/// What was registered, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegistrationSummary {
    /// SHA-256 that commits to it: what can have been published before the run.
    pub commitment: String,
    /// When, by the clock of the machine that registered it.
    pub at: String,
    /// The day by which the result was to be told.
    pub due: Option<String>,
    /// The program that was to analyse the run.
    pub program: Program,
    /// Why the run is exploratory all the same, one reason each; empty where it is not.
    pub void: Vec<String>,
    /// What was to be left out of the analysis.
    pub exclusions: Vec<String>,
    /// What was expected, in the order in which it was registered.
    pub hypotheses: Vec<HypothesisResult>,
}

/// A hypothesis, and what the run says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HypothesisResult {
    /// The hypothesis.
    pub hypothesis: Hypothesis,
    /// What the run says.
    pub result: HypothesisVerdict,
}

/// What a run says of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HypothesisVerdict {
    /// The whole interval is where the gap was expected.
    Confirmed,
    /// The whole interval is where it was not.
    Refuted,
    /// The interval reaches over the margin.
    Inconclusive,
    /// The run states nothing of this gap.
    NotDecided,
}

impl HypothesisVerdict {
    /// The words of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::Refuted => "REFUTED",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NotDecided => "NOT DECIDED",
        }
    }
}

/// What was registered for a run; `None` where nothing was. `stated` gives the ends of the interval of a model's gap in an
/// arm, where the run states something of it.
pub(crate) fn summary(
    plan_digest: &str,
    run: &fold::Run,
    stated: impl Fn(&str, &Arm) -> Option<(f64, f64)>,
) -> Option<RegistrationSummary> {
    let registration = run.registration.as_ref()?;
    let registered = &registration.registered;
    let mut void = Vec::new();
    if run.registered_late {
        void.push("it was registered after the first trial had begun".to_owned());
    }
    if registered.plan != plan_digest {
        void.push("another plan was registered".to_owned());
    }
    let result = |hypothesis: &Hypothesis| HypothesisResult {
        hypothesis: hypothesis.clone(),
        result: stated(&hypothesis.model, &hypothesis.arm)
            .map_or(HypothesisVerdict::NotDecided, |(lower, upper)| decided_by(hypothesis, lower, upper)),
    };
    Some(RegistrationSummary {
        commitment: commitment(registration).unwrap_or_default(),
        at: registered.at.clone(),
        due: registered.due.clone(),
        program: registered.program.clone(),
        void,
        exclusions: registered.exclusions.clone(),
        hypotheses: registered.hypotheses.iter().map(result).collect(),
    })
}

fn decided_by(hypothesis: &Hypothesis, lower: f64, upper: f64) -> HypothesisVerdict {
    let margin = hypothesis.margin;
    let (inside, outside) = (lower > -margin && upper < margin, lower > margin || upper < -margin);
    let (yes, no) = match hypothesis.gap {
        Expected::Greater => (lower > margin, upper < margin),
        Expected::Less => (upper < -margin, lower > -margin),
        Expected::Different => (outside, inside),
        Expected::Equivalent => (inside, outside),
    };
    match (yes, no) {
        (true, _) => HypothesisVerdict::Confirmed,
        (_, true) => HypothesisVerdict::Refuted,
        _ => HypothesisVerdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(gap: Expected, margin: f64, lower: f64, upper: f64) -> HypothesisVerdict {
        let arm = "pi/generic".parse().unwrap();
        let hypothesis = Hypothesis { model: "m".into(), arm, gap, margin };
        decided_by(&hypothesis, lower, upper)
    }

    #[test]
    fn the_whole_interval_decides() {
        use Expected::{Different, Equivalent, Greater, Less};
        use HypothesisVerdict::{Confirmed, Inconclusive, Refuted};
        for (gap, margin, lower, upper, wanted) in [
            (Greater, 0.0, 0.1, 0.3, Confirmed),
            (Greater, 0.2, 0.1, 0.3, Inconclusive),
            (Greater, 0.4, 0.1, 0.3, Refuted),
            (Less, 0.0, -0.3, -0.1, Confirmed),
            (Less, 0.0, 0.1, 0.3, Refuted),
            (Less, 0.2, -0.3, -0.1, Inconclusive),
            (Different, 0.0, 0.1, 0.3, Confirmed),
            (Different, 0.0, -0.1, 0.3, Inconclusive),
            (Different, 0.05, -0.01, 0.01, Refuted),
            (Equivalent, 0.05, -0.01, 0.01, Confirmed),
            (Equivalent, 0.05, 0.1, 0.3, Refuted),
            (Equivalent, 0.05, 0.0, 0.06, Inconclusive),
        ] {
            assert_eq!(verdict(gap, margin, lower, upper), wanted, "{gap:?} {margin} [{lower}, {upper}]");
        }
    }
}
