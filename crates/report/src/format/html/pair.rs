//! What the cells of the matrix open: one task, an arm beside the baseline.

use std::collections::HashMap;

use analysis::{Analysis, End, TrialSummary};
use ledger::{CallRecord, RunDir, TrialId, run::RunError};
use maud::{Markup, html};
use transcript::commands::Command;
use vocabulary::text::printed;

use super::{
    conversation::conversation,
    matrix::{Cells, Pair},
    room::Room,
};
use crate::{
    bodies::{self, BodyError},
    number, wording,
};

/// Characters of stored bodies that a page holds at most.
const PAGE: usize = 6 << 20;

/// Characters shown of one body, or of one file's difference.
const BODY: usize = 12_000;

/// Commands shown of one trial.
const COMMANDS: usize = 60;

/// Characters shown of one command.
const COMMAND: usize = 1500;

/// Rewards shown of one trial.
const REWARDS: usize = 20;

/// Files shown of one difference.
const FILES: usize = 40;

/// Trials whose calls are read: those of the first pairs, and as many as a page may have room for.
const TRIALS: usize = 600;

/// The calls of the trials that the first pairs show, by the trial's name.
type Calls<'a> = Result<HashMap<&'a str, Vec<CallRecord>>, RunError>;

pub(super) fn sections(analysis: &Analysis, run: &RunDir) -> Markup {
    let cells = Cells::new(analysis);
    let pairs: Vec<Pair<'_>> = cells.pairs().collect();
    let (blobs, mut left) = (run.blobs(), PAGE);
    let calls = calls(&pairs, run);
    html! {
        div.pairs {
            @if let Err(error) = &calls { p.warning { "Conversations cannot be shown. " (error) } }
            @for pair in &pairs { (section(analysis, pair, &calls, &mut Room::new(&blobs, &mut left))) }
        }
    }
}

fn calls<'a>(pairs: &[Pair<'a>], run: &RunDir) -> Calls<'a> {
    let of_pair = |pair: &Pair<'a>| pair.baseline.iter().chain(pair.trials).copied();
    let mut names: Vec<&'a str> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for trial in pairs.iter().flat_map(of_pair) {
        if names.len() < TRIALS && known.insert(trial.id.as_str()) {
            names.push(&trial.id);
        }
    }
    let ids: Vec<TrialId> = names.iter().map(|name| TrialId((*name).to_owned())).collect();
    let calls = run.calls_of(&ids.iter().collect::<Vec<_>>())?;
    Ok(names.into_iter().zip(calls).collect())
}

fn section(analysis: &Analysis, pair: &Pair<'_>, calls: &Calls<'_>, room: &mut Room<'_>) -> Markup {
    let simulated = pair.trials.iter().any(|trial| trial.simulated);
    let name = format!("{}, {} beside {}", pair.task, pair.arm, analysis.baseline);
    html! {
        section.pair id=(pair.id) aria-label=(name) {
            p.overline { (wording::model(pair.model, simulated)) " · " a href="#matrix" { "back to all tasks" } }
            h3 { (pair.task) }
            @for trial in pair.trials {
                @let baseline = pair.baseline.iter().find(|other| other.attempt == trial.attempt);
                h4 { "Attempt " (trial.attempt) }
                div.two {
                    @if let Some(baseline) = baseline { (side(baseline, calls, room)) }
                    (side(trial, calls, room))
                }
                @if let Some(baseline) = baseline { (workspaces(baseline, trial, room)) }
            }
        }
    }
}

fn side(trial: &TrialSummary, calls: &Calls<'_>, room: &mut Room<'_>) -> Markup {
    let calls = calls.as_ref().ok().and_then(|calls| calls.get(trial.id.as_str()));
    html! {
        div.side {
            h5 { (trial.arm) }
            @match &trial.end {
                None => { p { "Not ended." } }
                Some(end) => {
                    (facts(trial, end))
                    (told(end, calls.map_or(&[], Vec::as_slice), room))
                    (grading(trial, end, room))
                }
            }
        }
    }
}

/// The conversation, or the commands alone where no call has a body.
fn told(end: &End, calls: &[CallRecord], room: &mut Room<'_>) -> Markup {
    if room.left() == 0 {
        return html! {};
    }
    let stored = bodies::commands(room.blobs, end.commands.as_ref());
    let recorded = calls.iter().any(|call| call.request.is_some() || call.response.is_some());
    match stored {
        Ok(stored) if recorded => conversation(calls, &stored, room),
        Ok(stored) if end.commands.is_some() => commands(&stored, room),
        Ok(_) => html! {},
        Err(error) => html! {
            (unreadable("Commands", &error))
            @if recorded { (conversation(calls, &[], room)) }
        },
    }
}

fn facts(trial: &TrialSummary, end: &End) -> Markup {
    let score = trial.score.map_or_else(|| "missing".to_owned(), |score| format!("score {score}"));
    let input = end.usage.input_uncached + end.usage.cache_write;
    html! {
        p { strong.outcome.good[trial.score.is_some_and(|score| score >= 1.0)] { (end.outcome) } ", " (score) }
        p.quiet {
            (number::count(end.tokens)) " tokens: " (number::count(input)) " in, "
            (number::count(end.usage.cache_read)) " cached, "
            (number::count(end.usage.output + end.usage.reasoning)) " out · "
            (wording::plural(end.calls as usize, "call", "calls")) " · "
            (number::units(end.charged)) " units charged, " (number::units(end.unspent)) " left · "
            (number::seconds(Some(end.agent_seconds)))
            @if let Some(usd) = end.usd { " · " (number::usd(Some(usd))) }
        }
        @if !end.detail.is_empty() { p { (clipped(&end.detail, 600)) } }
        @if !trial.flags.is_empty() { p { code { (wording::names(&trial.flags, " ")) } } }
    }
}

fn commands(commands: &[Command], room: &mut Room<'_>) -> Markup {
    html! {
        details {
            summary { (wording::plural(commands.len(), "command", "commands")) }
            ol.commands { @for command in commands.iter().take(COMMANDS) {
                li { pre tabindex="0" { (room.take(&printed(&command.command), COMMAND)) } }
            } }
            @if commands.len() > COMMANDS { p.quiet { "and " (commands.len() - COMMANDS) " more" } }
        }
    }
}

/// What decided the score: rewards, and what the verifier printed.
fn grading(trial: &TrialSummary, end: &End, room: &mut Room<'_>) -> Markup {
    if room.left() == 0 {
        return html! {};
    }
    let output = match bodies::text(room.blobs, end.verifier_output.as_ref()) {
        Ok(None) => return html! {},
        Ok(Some(output)) => output,
        Err(error) => return unreadable("Grading", &error),
    };
    let rewards: Vec<String> =
        end.rewards.iter().take(REWARDS).map(|(name, value)| format!("{name} {value}")).collect();
    let mut score = trial.graded.map_or_else(|| "missing".to_owned(), |score| score.to_string());
    if trial.graded != trial.score {
        score.push_str(", which counts as 0: a proved hack");
    }
    html! {
        details {
            summary { "Grading: score " (score) }
            @if !rewards.is_empty() { p.quiet { "Rewards: " (room.take(&rewards.join(", "), COMMAND)) } }
            pre tabindex="0" { (room.take(&printed(&output), BODY)) }
        }
    }
}

fn workspaces(baseline: &TrialSummary, trial: &TrialSummary, room: &mut Room<'_>) -> Markup {
    fn workspace(trial: &TrialSummary) -> Option<&ledger::Digest> {
        trial.end.as_ref().and_then(|end| end.workspace.as_ref())
    }
    let both = (workspace(baseline), workspace(trial));
    if room.left() == 0 {
        return html! { p.quiet { "This page is full: conversation, grading and workspaces are left out; " code { "overhang show RUN TRIAL" } " shows them." } };
    }
    let changes = match bodies::differences(room.blobs, both, (&baseline.arm, &trial.arm)) {
        Ok(None) => return html! { p.quiet { "Workspaces: not collected in both arms." } },
        Ok(Some(changes)) if changes.is_empty() => return html! { p.quiet { "Workspaces: no difference." } },
        Ok(Some(changes)) => changes,
        Err(error) => return unreadable("Workspaces", &error),
    };
    html! {
        details {
            summary { "Workspaces: " (wording::plural(changes.len(), "path differs", "paths differ")) }
            @for change in changes.iter().take(FILES) {
                p.path { code { (clipped(&change.path, 300)) } }
                pre.diff tabindex="0" { @for line in room.take(&change.diff, BODY).lines() {
                    span class=[kind(line)] { (line) "\n" }
                } }
            }
            @if changes.len() > FILES { p.quiet { "and " (changes.len() - FILES) " more" } }
        }
    }
}

/// Of a line of a unified diff.
fn kind(line: &str) -> Option<&'static str> {
    match line.as_bytes().first() {
        Some(b'+') => Some("added"),
        Some(b'-') => Some("removed"),
        Some(b'@') => Some("quiet"),
        _ => None,
    }
}

fn unreadable(what: &str, error: &BodyError) -> Markup {
    html! { p.warning { (what) ": cannot be shown. " (error) } }
}

fn clipped(text: &str, most: usize) -> String {
    let shown: String = text.chars().take(most).collect();
    if text.chars().nth(most).is_some() { shown + " …" } else { shown }
}
