//! A model that does not know its arm must fare alike in all of them: where a pair differs, the plumbing is at fault.

use std::collections::BTreeMap;

use ledger::{Outcome, OutcomeGroup};

use super::ARMS;
use crate::lab::{Lab, flags};

/// What would say that an arm got something else than the others.
const UNEQUAL: [&str; 12] = [
    "PROMPT_MISSING",
    "FOREIGN_PROMPT",
    "INSTRUCTION_MISSING",
    "LOST_TOOL_RESULT",
    "NO_TOOLS_OFFERED",
    "METER_MISMATCH",
    "DUPLICATE_CALL",
    "OVERSHOOT",
    "ARM_DIFFERENCE",
    "UNEQUAL_STOP",
    "KEPT_ASKING",
    "GATE_FAIL",
];

/// How a trial came out.
type Fate = (Outcome, Option<f64>);

#[test]
fn every_pair_agrees_trial_for_trial() {
    let lab = Lab::new();
    lab.sweep("engineer", &ARMS, "tasks/*/*", 400_000, "attempts = 2");
    lab.run();

    let ends = lab.ends();
    assert_eq!(ends.len(), 18);
    let mut fates: BTreeMap<(String, u32), Vec<Fate>> = BTreeMap::new();
    for planned in lab.run_dir().plan().unwrap().trials {
        let end = &ends[&planned.id];
        assert_eq!(end.outcome.group(), OutcomeGroup::Verified, "{}: {}", planned.id, end.detail);
        fates.entry((planned.task, planned.attempt)).or_default().push((end.outcome, end.score));
    }
    for (block, fates) in &fates {
        assert!(fates.iter().all(|fate| *fate == fates[0]), "{block:?}: {fates:?}");
    }
    let passed = fates.values().filter(|fates| fates[0].0 == Outcome::Pass).count();
    assert!((1..6).contains(&passed), "{passed} of 6 passed: this seed shows nothing");

    let report = lab.report();
    for gap in &report.gaps {
        assert_eq!((gap.agreeing_trials, gap.paired_trials), (6, 6));
        assert_eq!(gap.estimate.unwrap().estimate, 0.0);
    }
    let raised = flags(&report);
    let unequal: Vec<_> =
        raised.iter().filter(|flag| UNEQUAL.iter().any(|name| flag.starts_with(name))).collect();
    assert!(unequal.is_empty(), "{unequal:#?}");
    // Both harnesses count for themselves, and count right; the bare loop says nothing.
    let own = |arm: &str| report.arms.iter().find(|one| one.arm == arm).unwrap().self_report_ratio;
    for arm in ["claude-code/specific", "opencode/specific"] {
        let told = own(arm).unwrap();
        assert_eq!((told.trials, told.tokens), (6, Some(1.0)), "{arm}");
    }
    assert_eq!(own("bare/generic"), None);
    // The simulated model is never taken for a real one.
    assert!(raised.iter().any(|flag| flag.starts_with("SIMULATED")), "{raised:#?}");
}
