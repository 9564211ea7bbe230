//! What the model is shown of a command it ran.

use std::time::Duration;

use crate::{
    prompts::DONE,
    world::{Exit, Output, Ran},
};

/// The observation of a command, in the form of mini-swe-agent 2. Output of `limit` characters or more is shown by
/// its two ends, half of `limit` each.
pub(crate) fn observation(ran: &Ran, time_limit: Duration, limit: usize) -> String {
    let exception = match ran.exit {
        Exit::TimedOut => format!(
            "<exception>\nkilled after {} seconds, with everything it started\n</exception>\n",
            time_limit.as_secs_f64().round()
        ),
        Exit::Code(_) | Exit::Signal(_) => String::new(),
    };
    let output = match shown(&ran.output, limit) {
        Shown::Whole(text) => format!("<output>\n{text}</output>"),
        Shown::Ends { head, elided, tail } => format!(
            "<warning>\nThe output was too long to be shown whole. Use a command that writes less: select lines with \
             grep, head, tail or sed, or write to a file and look into it.\n</warning>\n\
             <output_head>\n{head}\n</output_head>\n\
             <elided_chars>\n{elided} characters left out\n</elided_chars>\n\
             <output_tail>\n{tail}\n</output_tail>"
        ),
    };
    format!("{exception}<returncode>{}</returncode>\n{output}", return_code(ran.exit))
}

/// Whether the command was the done signal.
pub(crate) fn is_done(ran: &Ran) -> bool {
    // Far longer than the signal; the rest of the output is no matter.
    let start = &ran.output.head[..ran.output.head.len().min(4096)];
    let text = String::from_utf8_lossy(start);
    ran.exit == Exit::Code(0) && text.trim_start().lines().next().is_some_and(|line| line.trim() == DONE)
}

/// As a shell would tell it; -1 for a command killed at its limit.
fn return_code(exit: Exit) -> i32 {
    match exit {
        Exit::Code(code) => code,
        Exit::Signal(signal) => signal.saturating_add(128),
        Exit::TimedOut => -1,
    }
}

enum Shown {
    Whole(String),
    Ends { head: String, elided: u64, tail: String },
}

fn shown(output: &Output, limit: usize) -> Shown {
    let half = limit / 2;
    let (head, tail) = if output.dropped == 0 {
        let bytes = [output.head.as_slice(), output.tail.as_slice()].concat();
        let whole = String::from_utf8_lossy(&bytes).into_owned();
        if whole.chars().count() < limit {
            return Shown::Whole(whole);
        }
        let at = whole.char_indices().nth(half).map_or(whole.len(), |(at, _)| at);
        let tail = whole[at..].to_owned();
        (whole[..at].to_owned(), tail)
    } else {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.head), text(&output.tail))
    };
    let (head_chars, tail_chars) = (head.chars().count(), tail.chars().count());
    let elided = output
        .dropped
        .saturating_add((head_chars.saturating_sub(half) + tail_chars.saturating_sub(half)) as u64);
    Shown::Ends {
        head: head.chars().take(half).collect(),
        elided,
        tail: tail.chars().skip(tail_chars.saturating_sub(half)).collect(),
    }
}

#[cfg(test)]
mod tests;
