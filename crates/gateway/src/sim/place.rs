//! Where in its script the model stands, read from the conversation alone.
//!
//! Each call carries the place in its id, `simulated_STEP_TRY_LIMIT`, and answers beside the conversation repeat it
//! in their text, so that it survives harnesses that drop, reorder or summarise history.

use dialect::neutral::{Content, Request, Role};

const MARK: &str = "simulated_";

/// A position in the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    /// The step, from 0.
    pub(super) step: u32,
    /// The try within it: 0 is the first way, 1 and up are the pieces of the second.
    pub(super) part: u32,
}

/// What became of the last call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallResult {
    /// It ran.
    Ran,
    /// The tool refused or failed, or its result was lost.
    Failed,
    /// The output limit cut it in half before it was sent.
    Cut,
}

/// What the conversation tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The last call made, and what became of it; absent at the start.
    pub(super) last: Option<(Position, CallResult)>,
    /// The largest output limit seen on an earlier call, in tokens.
    pub(super) limit: Option<u64>,
}

/// The id of a call at `position`, made under the output limit `limit`.
pub(super) fn id(position: Position, limit: Option<u64>) -> String {
    format!("{MARK}{}_{}_{}", position.step, position.part, limit.unwrap_or(0))
}

/// Reads the place from a request.
pub(super) fn of(request: &Request) -> Place {
    let mut last: Option<(Position, Option<(&str, bool)>)> = None;
    let mut limit = None;
    let mut calls = 0;
    for message in &request.messages {
        for block in &message.content {
            let (found, call) = match block {
                Content::ToolCall { id, arguments, .. } if message.role == Role::Assistant => {
                    calls += 1;
                    (parse(id), Some((id.as_str(), arguments.is_object())))
                }
                Content::Text { text, .. } => {
                    (text.rmatch_indices(MARK).find_map(|(at, _)| parse(&text[at..])), None)
                }
                _ => continue,
            };
            let Some((position, seen)) = found else { continue };
            limit = limit.max(seen);
            if last.is_none_or(|(last, _)| position >= last) {
                last = Some((position, call));
            }
        }
    }
    let last = last.map(|(position, call)| match call {
        Some((_, false)) => (position, CallResult::Cut),
        Some((id, true)) => (position, result_of(request, id)),
        None => (position, CallResult::Ran),
    });
    // A harness that gave the calls ids of its own: their number is the next best.
    let counted = || (calls > 0).then(|| (Position { step: calls - 1, part: 0 }, CallResult::Ran));
    Place { last: last.or_else(counted), limit }
}

fn parse(text: &str) -> Option<(Position, Option<u64>)> {
    let (_, rest) = text.split_once(MARK)?;
    let mut numbers =
        rest.splitn(4, |c: char| !c.is_ascii_digit()).take(3).map(|digits| digits.parse::<u64>().ok());
    let mut number = || numbers.next().flatten();
    let (step, part, limit) = (number()?, number()?, number()?);
    let position = Position { step: u32::try_from(step).ok()?, part: u32::try_from(part).ok()? };
    Some((position, (limit > 0).then_some(limit)))
}

fn result_of(request: &Request, call: &str) -> CallResult {
    let blocks = request.messages.iter().flat_map(|message| &message.content);
    let mut results = blocks.filter_map(|block| match block {
        Content::ToolResult { id, content, is_error } if id == call => Some((content, *is_error)),
        _ => None,
    });
    match results.next() {
        Some((content, is_error)) if !is_error && !reads_as_error(content) => CallResult::Ran,
        _ => CallResult::Failed,
    }
}

/// Dialects without an error flag: the text must tell.
fn reads_as_error(content: &[Content]) -> bool {
    let Some(Content::Text { text, .. }) = content.first() else { return false };
    let start = text.trim_start().get(..16).unwrap_or(text.trim_start()).to_ascii_lowercase();
    start.starts_with("error") || start.starts_with("<tool_use_error>") || start.starts_with("invalid")
}
