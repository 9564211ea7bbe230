//! A trial as it goes on, event by event.

use std::fmt::Write;

use ledger::{
    BlobStore, Digest, Event, Outcome,
    event::{CallKind, TrialEnd},
};

use vocabulary::text::harmless;

use crate::{bodies, number, pair};

/// Last lines shown of what harness and verifier said, when a trial was not passed.
const LAST_LINES: usize = 20;

/// What an event tells those who watch its trial, in whole lines; `None` where that is nothing.
pub fn event(event: &Event, blobs: &BlobStore) -> Option<String> {
    let mut out = match event {
        Event::Started { try_number, .. } => format!("try {try_number} starts"),
        Event::Call(call) => {
            let stop = call.stop.as_ref().map(|stop| format!(" · stop {stop}")).unwrap_or_default();
            let mut out = pair::call(call) + &stop;
            let asked = bodies::tool_calls(blobs, call);
            for asked in &asked {
                out.push('\n');
                out.push_str(pair::command(asked).trim_end());
            }
            if asked.is_empty() && call.kind == CallKind::Main {
                let text = bodies::words(blobs, call);
                last_lines("it", &text, &mut out);
            }
            out
        }
        Event::Stopped { reason, detail, seconds, .. } => {
            let why = reason.map_or_else(|| "by itself".to_owned(), |outcome| outcome.to_string());
            let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            format!("the agent ended {why} after {}{detail}; grading", number::seconds(Some(*seconds)))
        }
        Event::Retried { outcome, detail, .. } => format!("{outcome}: {detail}; tried again"),
        Event::Paused { scope, detail, .. } => format!("paused: {scope} fails ({detail})"),
        Event::Resumed { scope, .. } => format!("{scope} works again"),
        Event::Flag { flag, detail, .. } => format!("{flag} {detail}"),
        Event::Ended(end) => ended(end, blobs),
        Event::Labelled(label) => format!("labelled {} by {}: {}", label.says.as_str(), label.by, label.why),
        _ => return None,
    };
    out.push('\n');
    Some(harmless(&out).into_owned())
}

fn ended(end: &TrialEnd, blobs: &BlobStore) -> String {
    let mut out = pair::end(end);
    for flag in &end.flags {
        let _ = write!(out, "\n{flag}");
    }
    out.push('\n');
    out.push_str(pair::contacts(end).trim_end());
    out.truncate(out.trim_end().len());
    if end.outcome != Outcome::Pass {
        said("the harness", end.harness_output.as_ref(), blobs, &mut out);
        said("the verifier", end.verifier_output.as_ref(), blobs, &mut out);
    }
    out
}

fn said(who: &str, digest: Option<&Digest>, blobs: &BlobStore, out: &mut String) {
    // What cannot be read back is left out: the trial's own outcome is told all the same.
    let text = bodies::text(blobs, digest).ok().flatten().unwrap_or_default();
    last_lines(who, &text, out);
}

fn last_lines(who: &str, text: &str, out: &mut String) {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    if lines.is_empty() {
        return;
    }
    let _ = write!(out, "\n{who} said:");
    for line in &lines[lines.len().saturating_sub(LAST_LINES)..] {
        let _ = write!(out, "\n    {line}");
    }
}
