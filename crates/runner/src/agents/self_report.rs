//! What a harness says it used, read after it has ended. It decides nothing: it stands beside what was metered.

use std::io::Read;

use globset::GlobBuilder;
use ledger::{OutcomeGroup, SelfReport, event::TrialEnd};
use sandbox::guest::Guest;
use spec::{
    Harness,
    harness::{self, ReportedIn, Take, Told},
};
use wire::{CollectRequest, ExecOutcome, FileLimits};

use vocabulary::{Flag, FlagName};

use crate::{attempt::Try, container::workspace, no_verdict::NoVerdict};

/// What of a transcript is read. A longer one is not read at all: a part of it would tell too little.
const LIMITS: FileLimits = FileLimits { entries: 10_000, bytes: 256 << 20, file_bytes: 64 << 20 };

/// What the harness of a try says; `None` where it says nothing, or not all of it was kept.
pub(crate) async fn read(
    this: &Try<'_>,
    rule: &harness::SelfReport,
    outcome: &ExecOutcome,
    transcript: Option<&str>,
    guest: &Guest,
) -> Option<Told> {
    match (rule.from, transcript) {
        // The end of an output is kept; what was dropped from its middle is missing from a sum.
        (ReportedIn::Output, _) if outcome.stdout.dropped > 0 && rule.take == Take::Sum => None,
        (ReportedIn::Output, _) => rule.read([String::from_utf8_lossy(&outcome.stdout.kept()).as_ref()]),
        (ReportedIn::Transcript, None) => None,
        (ReportedIn::Transcript, Some(pattern)) => {
            let files = files(this, pattern, guest).await;
            let files = files.inspect_err(|why| {
                tracing::debug!(trial = %this.planned.id, detail = why.detail, "no transcript");
            });
            rule.read(files.ok()?.iter().map(String::as_str))
        }
    }
}

/// The files of the container that a pattern names, by path.
async fn files(this: &Try<'_>, pattern: &str, guest: &Guest) -> Result<Vec<String>, NoVerdict> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(NoVerdict::bug)?;
    let wanted = glob.compile_matcher();
    let request = CollectRequest { roots: vec![root(pattern).into()], exclude: Vec::new(), limits: LIMITS };
    let collected = workspace::collect(guest, request, this.site.scratch).await?;
    // As long as a trial's own files are: not on a thread that other trials' answers pass through.
    tokio::task::block_in_place(|| {
        let archive = fs_err::File::open(&collected.archive).map_err(NoVerdict::bug)?;
        let mut found = Vec::new();
        for entry in tar::Archive::new(archive).entries().map_err(NoVerdict::bug)? {
            let mut entry = entry.map_err(NoVerdict::bug)?;
            let path = format!("/{}", entry.path().map_err(NoVerdict::bug)?.display());
            if entry.header().entry_type().is_file() && wanted.is_match(&path) {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(NoVerdict::bug)?;
                found.push((path, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, text)| text).collect())
    })
}

/// The part of a pattern before its first wildcard, as a folder or a file.
fn root(pattern: &str) -> &str {
    match pattern.find(['*', '?', '[', '{']) {
        None => pattern,
        Some(wild) => match &pattern[..wild].rfind('/') {
            Some(0) | None => "/",
            Some(end) => &pattern[..*end],
        },
    }
}

/// Of a task's steps together. A transcript is read whole after each of them, an output is each step's own.
pub(crate) fn of_steps(harness: &Harness, told: &[Option<Told>]) -> Option<SelfReport> {
    let rule = harness.self_report.as_ref()?;
    let told = match rule.from {
        ReportedIn::Transcript => (*told.last()?)?,
        ReportedIn::Output => {
            let all: Option<Vec<Told>> = told.iter().copied().collect();
            all?.into_iter().reduce(Told::plus)?
        }
    };
    Some(SelfReport { calls: told.calls, input: told.input, output: told.output })
}

/// The flag of a harness whose own count is not the meter's. A trial that a limit cut short has none: it may not have
/// lived to tell all.
pub(crate) fn difference(end: &TrialEnd) -> Option<Flag> {
    let (told, ratio) = (end.self_report?, end.self_report_ratio()?);
    let differs =
        |ratio: Option<f64>| ratio.is_some_and(|ratio| (ratio - 1.0).abs() > harness::SelfReport::TOLERANCE);
    if end.outcome.group() != OutcomeGroup::Verified || !(differs(ratio.calls) || differs(ratio.tokens)) {
        return None;
    }
    let calls = told.calls.map_or_else(String::new, |calls| format!("{calls} calls and "));
    let reason = format!(
        "it says {calls}{} tokens, metered are {} calls and {} tokens",
        told.input.saturating_add(told.output),
        end.spent.calls,
        end.spent.usage.total()
    );
    Some(Flag::new(FlagName::SelfReportDiffers, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_looked_for_below_its_fixed_part() {
        assert_eq!(root("/root/.claude/projects/*/*.jsonl"), "/root/.claude/projects");
        assert_eq!(root("/home/x/session-*.jsonl"), "/home/x");
        assert_eq!(root("/home/x/trajectory.json"), "/home/x/trajectory.json");
        assert_eq!(root("/*.json"), "/");
    }
}
