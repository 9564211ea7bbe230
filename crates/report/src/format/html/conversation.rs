//! What a trial's model was told, said and ran, and what came back.

use ledger::CallRecord;
use maud::{Markup, html};
use transcript::{Transcript, commands::Command};

use super::room::Room;
use crate::{
    number,
    turns::{Said, Turn, turns},
    wording,
};

/// Characters of a trial's conversation that a page holds at most.
const TRIAL: usize = 60_000;

/// Calls shown of one trial.
const CALLS: usize = 80;

/// Characters shown of one text, and of one command or its output.
const TEXT: usize = 4000;
const COMMAND: usize = 2000;

/// The calls of a trial that can be shown, read from what was stored: no more than a page may hold.
pub(super) fn conversation(calls: &[CallRecord], stored: &[Command], room: &mut Room<'_>) -> Markup {
    let mut shown: Vec<&CallRecord> = calls.iter().collect();
    shown.sort_by_key(|call| call.call);
    let left_out = shown.len().saturating_sub(CALLS);
    // One more than is shown: its request brings the last output.
    let read: Vec<CallRecord> = shown.iter().take(CALLS + 1).copied().cloned().collect();
    shown.truncate(CALLS);
    let transcript = Transcript::read(room.blobs, &read);
    let turns = turns(&transcript, stored);
    let mut part = room.part(TRIAL);
    let mut items = Vec::new();
    for (turn, call) in turns.iter().zip(&shown) {
        if part.left() == 0 {
            break;
        }
        items.push(item(turn, call, &mut part));
    }
    let left_out = left_out + shown.len() - items.len();
    html! {
        details {
            summary { "Conversation: " (wording::plural(calls.len(), "call", "calls")) ", " (commands(&turns)) }
            ol.turns { @for item in items { (item) } }
            @if left_out > 0 {
                p.quiet { "and " (wording::plural(left_out, "call", "calls")) " more: " code { "overhang show RUN TRIAL --call N" } }
            }
        }
    }
}

fn commands(turns: &[Turn<'_>]) -> String {
    let ran = turns.iter().flat_map(|turn| &turn.said).filter(|said| matches!(said, Said::Ran { .. }));
    wording::plural(ran.count(), "command", "commands")
}

fn item(turn: &Turn<'_>, call: &CallRecord, part: &mut Room<'_>) -> Markup {
    let usage = call.usage.unwrap_or_default();
    let input = usage.input_uncached + usage.cache_write + usage.cache_read;
    html! {
        li {
            p.quiet {
                "Call " (turn.call) ", " (turn.kind) " · " (number::count(input)) " in, "
                (number::count(usage.output + usage.reasoning)) " out · "
                (number::seconds(Some(call.total_ms as f64 / 1000.0)))
            }
            @for said in &turn.said { (self::said(said, part)) }
            @for why in &turn.unreadable { p.warning { "Cannot be shown: " (part.take(why, COMMAND)) } }
        }
    }
}

fn said(said: &Said<'_>, part: &mut Room<'_>) -> Markup {
    match said {
        Said::System(text) => folded("System prompt", &part.take(text, TEXT)),
        Said::User(text) => block("user", "Told", &part.take(text, TEXT)),
        Said::Result(text) => block("output", "Result of an earlier call", &part.take(text, COMMAND)),
        Said::Reasoning(text) => folded("Reasoning", &part.take(text, TEXT)),
        Said::Answer(text) => block("answer", "Said", &part.take(text, TEXT)),
        Said::Ran { command, output, failed } => html! {
            (block("command", "Ran", &part.take(command, COMMAND)))
            @match output {
                None => { p.quiet { "Its output is not recorded." } }
                Some(output) if output.is_empty() => { p.quiet { "It printed nothing." } }
                Some(output) => {
                    (block("output", if *failed { "Failed with" } else { "Printed" }, &part.take(output, COMMAND)))
                }
            }
        },
    }
}

fn block(class: &str, name: &str, text: &str) -> Markup {
    html! { div class=(format!("said {class}")) { span.quiet { (name) } pre tabindex="0" { (text) } } }
}

fn folded(name: &str, text: &str) -> Markup {
    html! { details { summary { (name) } pre tabindex="0" { (text) } } }
}
