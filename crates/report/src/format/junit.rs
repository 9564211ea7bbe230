//! The trials as JUnit XML, for the viewers that CI systems have.

use std::time::Duration;

use analysis::{Analysis, End, TrialSummary};
use ledger::OutcomeGroup;
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::Writer;
use crate::{number, wording};

pub(super) const WRITER: Writer = Writer {
    name: "junit",
    about: "JUnit XML: a case per trial; what infrastructure lost is an error, never a failure",
    report: |analysis, _, _| Ok(junit(analysis)?),
    difference: None,
    comparison: None,
    history: None,
};

/// One suite per model and arm with one case per planned trial, and a suite of the gaps.
///
/// A solved trial passes; one that was not solved fails. A trial that infrastructure lost is an error, and one that has
/// not ended, or whose task is void, is skipped: neither is a failure. A gap passes where something may be stated, and
/// is skipped where not. No case of the suite of gaps fails: that a gap is there or is not is a result.
fn junit(analysis: &Analysis) -> Result<String, SerializeError> {
    let replayed = if analysis.replayed.is_some() { " (replayed)" } else { "" };
    let exploratory = if analysis.is_exploratory() { " (exploratory)" } else { "" };
    let mut report = Report::new(format!("overhang {}{replayed}{exploratory}", analysis.sweep));
    for arm in &analysis.arms {
        let mut suite =
            TestSuite::new(format!("{} {}{replayed}", wording::model(&arm.model, arm.simulated), arm.arm));
        let mine = |trial: &&TrialSummary| trial.model == arm.model && trial.arm == arm.arm;
        suite.add_test_cases(analysis.trials.iter().filter(mine).map(case));
        report.add_test_suite(suite);
    }
    let mut gaps = TestSuite::new("gaps");
    for gap in &analysis.gaps {
        let name =
            format!("{} {} against {}", wording::model(&gap.model, gap.simulated), gap.arm, gap.baseline);
        gaps.add_test_case(statement(name, gap.verdict.is_statement(), wording::sentence(analysis, gap)));
    }
    for control in &analysis.controls {
        let name = format!(
            "{} {} against itself",
            wording::model(&control.model, control.simulated),
            control.baseline
        );
        gaps.add_test_case(statement(name, control.verdict.is_statement(), wording::control(control)));
    }
    if !gaps.test_cases.is_empty() {
        report.add_test_suite(gaps);
    }
    report.to_string()
}

fn statement(name: String, stated: bool, sentence: String) -> TestCase {
    let mut status = if stated { TestCaseStatus::success() } else { TestCaseStatus::skipped() };
    if !stated {
        status.set_message(sentence.as_str());
    }
    let mut case = TestCase::new(name, status);
    case.set_classname("gaps").set_system_out(sentence);
    case
}

fn case(trial: &TrialSummary) -> TestCase {
    let mut case = TestCase::new(format!("{} attempt {}", trial.task, trial.attempt), status(trial));
    case.set_classname(format!("{}.{}", trial.model, trial.arm));
    if let Some(end) = &trial.end {
        // A hostile ledger may hold any number here.
        case.set_time(Duration::try_from_secs_f64(end.total_seconds).unwrap_or_default());
        case.set_system_out(output(trial, end));
    }
    case
}

fn status(trial: &TrialSummary) -> TestCaseStatus {
    let Some(end) = &trial.end else {
        let mut status = TestCaseStatus::skipped();
        status.set_message("not ended");
        return status;
    };
    let mut status = match end.group {
        OutcomeGroup::Infra => TestCaseStatus::non_success(NonSuccessKind::Error),
        OutcomeGroup::Task => TestCaseStatus::skipped(),
        OutcomeGroup::Verified | OutcomeGroup::Agent | OutcomeGroup::Limit => {
            if trial.score.is_some_and(|score| score >= 1.0) {
                return TestCaseStatus::success();
            }
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
    };
    let mut score = trial.score.map_or_else(|| "missing".to_owned(), |score| format!("score {score}"));
    if let Some(graded) = trial.graded.filter(|_| trial.graded != trial.score) {
        score.push_str(&format!(": a proved hack counts as 0, it was graded {graded}"));
    }
    status.set_type(end.outcome.as_str()).set_message(format!("{}, {score}", end.outcome));
    status
}

fn output(trial: &TrialSummary, end: &End) -> String {
    let mut lines = vec![format!(
        "{}{} · {} tokens · {} calls · {} units charged",
        end.outcome,
        if trial.simulated { " · simulated" } else { "" },
        number::count(end.tokens),
        end.calls,
        number::units(end.charged)
    )];
    lines.extend((!end.detail.is_empty()).then(|| end.detail.clone()));
    lines.extend((!trial.flags.is_empty()).then(|| wording::names(&trial.flags, " ")));
    lines.join("\n")
}
