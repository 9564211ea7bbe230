//! What detectors say of a run.

use std::{collections::BTreeMap, fmt::Write};

use audit::{Body, Check, Finding, Listed, RunAudit, State, TrialAudit};
use ledger::Label;

use vocabulary::text::harmless;

use crate::{format::terminal::wrapped, wording::plural};

/// Digits shown of a digest.
const DIGEST: usize = 12;
/// Columns of the output.
const COLUMNS: u16 = 80;

/// How often each detector matched, each finding with its place, and why some could not tell.
pub fn audit(found: &RunAudit) -> String {
    let mut out =
        format!("{} of {} planned trials ended; each was looked at\n\n", found.trials.len(), found.planned);
    counts(found, &mut out);
    found.trials.iter().for_each(|trial| findings(trial, &mut out));
    unknown(found, &mut out);
    unreadable(found, &mut out);
    wrapped(&harmless(&out), COLUMNS)
}

/// What each detector sees, and what it misses.
pub fn detectors(listed: &[Listed]) -> String {
    let mut out = String::new();
    for Listed { name, version, level, flag, sees, misses } in listed {
        let flag = flag.map(|flag| format!(", raises {flag}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "{name} {version}  at most {}{flag}\n  sees: {sees}\n  misses: {misses}\n",
            level.as_str()
        );
    }
    wrapped(out.trim_end(), COLUMNS)
}

fn counts(found: &RunAudit, out: &mut String) {
    let name = |one: &audit::Listed| format!("{} {}", one.name, one.version);
    let wide = found.detectors.iter().map(|one| name(one).len()).max().unwrap_or(0);
    let _ = writeln!(
        out,
        "{:wide$}  {:>7}  {:>8}  {:>7}  {:>14}",
        "", "match", "no match", "unknown", "not applicable"
    );
    for (place, one) in found.detectors.iter().enumerate() {
        let states = || found.trials.iter().filter_map(|trial| Some(&trial.checks.get(place)?.state));
        let count = |is: fn(&State) -> bool| states().filter(|state| is(state)).count();
        let _ = writeln!(
            out,
            "{:wide$}  {:>7}  {:>8}  {:>7}  {:>14}",
            name(one),
            count(|state| matches!(state, State::Match { .. })),
            count(|state| matches!(state, State::NoMatch)),
            count(|state| matches!(state, State::Unknown { .. })),
            count(|state| matches!(state, State::NotApplicable { .. })),
        );
    }
}

fn findings(trial: &TrialAudit, out: &mut String) {
    if trial.labels.is_empty() && trial.checks.iter().all(|check| check.findings().is_empty()) {
        return;
    }
    let _ = writeln!(out, "\n{}  {}", trial.trial, trial.outcome);
    labels(trial, out);
    for Check { detector, state, .. } in &trial.checks {
        let State::Match { findings } = state else { continue };
        for Finding { level, detail, place } in findings {
            let _ = writeln!(out, "  {detector} ({})\n    {detail}", level.as_str());
            let Some(place) = place else { continue };
            let body = match place.body {
                Body::Request => "request",
                Body::Response => "answer",
            };
            let digest: String = place.digest.0.chars().take(DIGEST).collect();
            let step = place.step.map(|step| format!(", step {step}")).unwrap_or_default();
            let bytes = place.bytes.map(|bytes| format!(", bytes {} to {}", bytes.start, bytes.end));
            let bytes = bytes.unwrap_or_default();
            let _ = writeln!(out, "    call {}, {body} {digest}{step}{bytes}", place.call);
        }
    }
}

fn labels(trial: &TrialAudit, out: &mut String) {
    for Label { detector, says, why, by, .. } in &trial.labels {
        let about = detector.as_ref().map_or_else(String::new, |detector| format!("{detector} "));
        let _ = writeln!(out, "  {about}labelled {} by {by}: {why}", says.as_str());
    }
}

fn unknown(found: &RunAudit, out: &mut String) {
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for check in found.trials.iter().flat_map(|trial| &trial.checks) {
        if let State::Unknown { reason } = &check.state {
            *reasons.entry((&check.detector, reason)).or_default() += 1;
        }
    }
    if !reasons.is_empty() {
        out.push_str("\nUnknown\n");
    }
    for ((detector, reason), trials) in reasons {
        let _ = writeln!(out, "  {detector}, {}: {reason}", plural(trials, "trial", "trials"));
    }
}

fn unreadable(found: &RunAudit, out: &mut String) {
    let mut bodies =
        found.trials.iter().flat_map(|trial| trial.unreadable.iter().map(move |why| (trial, why)));
    let Some((first, why)) = bodies.next() else { return };
    let all = plural(bodies.count() + 1, "recorded body", "recorded bodies");
    let _ = writeln!(out, "\n{all} cannot be read, first of {}, {why}", first.trial);
}
