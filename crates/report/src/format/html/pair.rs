//! What the cells of the matrix open: one task, an arm beside the baseline.

use analysis::{Analysis, End, TrialSummary};
use ledger::BlobStore;
use maud::{Markup, html};

use super::matrix::{Cells, Pair};
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

/// Files shown of one difference.
const FILES: usize = 40;

/// What is left of the page, and where bodies are.
struct Room<'a> {
    blobs: &'a BlobStore,
    left: usize,
}

impl Room<'_> {
    /// As much of a text as one body may take and the page still has room for.
    fn take(&mut self, text: &str, most: usize) -> String {
        let most = most.min(self.left);
        let mut shown: String = text.chars().take(most).collect();
        self.left -= shown.chars().count();
        if text.chars().nth(most).is_some() {
            shown.push_str("\n… cut here");
        }
        shown
    }
}

pub(super) fn sections(analysis: &Analysis, blobs: &BlobStore) -> Markup {
    let cells = Cells::new(analysis);
    let mut room = Room { blobs, left: PAGE };
    html! { div.pairs { @for pair in cells.pairs() { (section(analysis, &pair, &mut room)) } } }
}

fn section(analysis: &Analysis, pair: &Pair<'_>, room: &mut Room<'_>) -> Markup {
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
                    @if let Some(baseline) = baseline { (side(baseline, room)) }
                    (side(trial, room))
                }
                @if let Some(baseline) = baseline { (workspaces(baseline, trial, room)) }
            }
        }
    }
}

fn side(trial: &TrialSummary, room: &mut Room<'_>) -> Markup {
    html! {
        div.side {
            h5 { (trial.arm) }
            @match &trial.end {
                None => { p { "Not ended." } }
                Some(end) => { (facts(trial, end)) (commands(end, room)) (verifier(end, room)) }
            }
        }
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

fn commands(end: &End, room: &mut Room<'_>) -> Markup {
    if end.commands.is_none() || room.left == 0 {
        return html! {};
    }
    let commands = match bodies::commands(room.blobs, end.commands.as_ref()) {
        Ok(commands) => commands,
        Err(error) => return unreadable("Commands", &error),
    };
    html! {
        details {
            summary { (wording::plural(commands.len(), "command", "commands")) }
            ol.commands { @for command in commands.iter().take(COMMANDS) {
                li { pre tabindex="0" { (room.take(command, COMMAND)) } }
            } }
            @if commands.len() > COMMANDS { p.quiet { "and " (commands.len() - COMMANDS) " more" } }
        }
    }
}

fn verifier(end: &End, room: &mut Room<'_>) -> Markup {
    if room.left == 0 {
        return html! {};
    }
    match bodies::text(room.blobs, end.verifier_output.as_ref()) {
        Ok(None) => html! {},
        Ok(Some(output)) => html! {
            details { summary { "Verifier" } pre tabindex="0" { (room.take(&output, BODY)) } }
        },
        Err(error) => unreadable("Verifier", &error),
    }
}

fn workspaces(baseline: &TrialSummary, trial: &TrialSummary, room: &mut Room<'_>) -> Markup {
    fn workspace(trial: &TrialSummary) -> Option<&ledger::Digest> {
        trial.end.as_ref().and_then(|end| end.workspace.as_ref())
    }
    let both = (workspace(baseline), workspace(trial));
    if room.left == 0 {
        return html! { p.quiet { "This page is full: commands, verifier's output and workspaces are left out; " code { "overhang show RUN TRIAL" } " shows them." } };
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
