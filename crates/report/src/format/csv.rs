//! The trials as a table for other programs.

use analysis::{Analysis, TrialSummary};

pub(super) use csv::Error as CsvError;

use super::Writer;
use crate::wording;

pub(super) const WRITER: Writer = Writer {
    name: "csv",
    about: "A table with one row per planned trial",
    report: |analysis, _, _| Ok(csv(analysis)?),
    difference: None,
    comparison: None,
    history: None,
};

/// The columns, as docs/methodology.md explains them.
const COLUMNS: [&str; 27] = [
    "trial",
    "model",
    "arm",
    "task",
    "family",
    "attempt",
    "simulated",
    "replayed",
    "outcome",
    "group",
    "score",
    "tokens",
    "input_uncached",
    "cache_read",
    "cache_write",
    "output",
    "reasoning",
    "calls",
    "charged",
    "unspent",
    "usd",
    "agent_seconds",
    "total_seconds",
    "lost_tries",
    "flags",
    "graded",
    "hack",
];

/// One row per planned trial in the plan's order, under a header. What is not known is empty, never 0.
fn csv(analysis: &Analysis) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for trial in &analysis.trials {
        table.write_record(row(trial, analysis.replayed.is_some()))?;
    }
    let bytes = table.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row(trial: &TrialSummary, replayed: bool) -> [String; COLUMNS.len()] {
    let end = trial.end.as_ref();
    let of = |value: &dyn Fn(&analysis::End) -> String| end.map(value).unwrap_or_default();
    [
        words(&trial.id),
        words(&trial.model),
        words(&trial.arm),
        words(&trial.task),
        words(&trial.family),
        trial.attempt.to_string(),
        trial.simulated.to_string(),
        replayed.to_string(),
        of(&|end| words(&end.outcome)),
        of(&|end| end.group.name().to_owned()),
        trial.score.map(|score| score.to_string()).unwrap_or_default(),
        of(&|end| end.tokens.to_string()),
        of(&|end| end.usage.input_uncached.to_string()),
        of(&|end| end.usage.cache_read.to_string()),
        of(&|end| end.usage.cache_write.to_string()),
        of(&|end| end.usage.output.to_string()),
        of(&|end| end.usage.reasoning.to_string()),
        of(&|end| end.calls.to_string()),
        of(&|end| end.charged.to_string()),
        of(&|end| end.unspent.to_string()),
        of(&|end| end.usd.map(|usd| usd.to_string()).unwrap_or_default()),
        of(&|end| end.agent_seconds.to_string()),
        of(&|end| end.total_seconds.to_string()),
        trial.lost_tries.to_string(),
        wording::names(&trial.flags, " "),
        trial.graded.map(|score| score.to_string()).unwrap_or_default(),
        trial.hack.map(|hack| hack.as_str().to_owned()).unwrap_or_default(),
    ]
}

/// A text from outside as a spreadsheet must take it: what it would compute, or trim and then compute, has an apostrophe
/// before it. Numbers are ours, and one below 0 stays one.
fn words(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let computes = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '−'));
    if computes || text.starts_with(|c: char| c.is_whitespace() || c.is_control()) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
