//! What a call used: as the provider told it where that can be true, an estimate where it cannot.

use dialect::{
    Doubt, Reader, estimate,
    neutral::{Response, Usage},
};

use super::{answer::Answer, progress::Call};
use crate::admission::Admission;

/// A profile may say less of a model's window than is true. What is told beyond this many of them is no count.
const WIDER: u64 = 4;
/// Tokens to an estimated one, at the most: a token is a byte or more.
const DENSER: u64 = 4;

/// What a call used.
pub(crate) struct Used {
    /// Tokens.
    pub(crate) usage: Usage,
    /// Why some of them are estimated, in words; empty when all are as told.
    pub(crate) doubts: Vec<String>,
    /// Whether a client that reads the provider's own words would read otherwise.
    pub(crate) to_be_retold: bool,
}

impl Used {
    /// Whether some of it is our estimate.
    pub(crate) fn is_estimated(&self) -> bool {
        !self.doubts.is_empty()
    }
}

/// What an answer used. `complete`: whether all of it came.
///
/// Nothing that was sent costs no input, and nothing that came no output; counts do not fall within an answer, and the
/// cache holds no more than there was.
pub(crate) fn of(call: &Call, admission: &Admission, answer: &Answer, complete: bool) -> Used {
    let response = answer.response();
    let told = response.usage.unwrap_or_default();
    // Of an answer that did not begin nothing was read.
    let unread = || (told.input() == 0).then_some(Doubt::NoInput).into_iter().collect();
    let doubts = answer.reader.as_ref().map_or_else(unread, Reader::doubts);
    let mut usage = told;
    let expected = || call.session.state().input(admission.estimate, admission.conversation);
    let window = call.session.model.limits.context.saturating_mul(WIDER);
    let too_much_input = told.input() > window.saturating_add(admission.estimate.saturating_mul(DENSER));
    let told_output = told.output.saturating_add(told.reasoning);
    let too_much_output = told_output > admission.output.saturating_add(window);
    if too_much_input {
        usage = with_input(usage, expected());
    } else if doubts.contains(&Doubt::NoInput) || doubts.contains(&Doubt::CachedAboveInput) {
        let expected = expected();
        if expected.input() > told.input() {
            usage = with_input(usage, expected);
        }
    }
    let own = [
        (too_much_input, "more input was told than the model can read"),
        (too_much_output, "more output was told than the model can write"),
        (!complete, "the answer broke off"),
    ];
    let own = own.into_iter().filter(|(holds, _)| *holds).map(|(_, why)| why.to_owned());
    let why: Vec<String> = doubts.iter().map(ToString::to_string).chain(own).collect();
    let produced = produced(&response, answer.bytes);
    if too_much_output {
        (usage.output, usage.reasoning) = (produced.max(admission.output), 0);
    } else if !complete || told_output == 0 {
        // Of an answer that broke off at least what was told.
        (usage.output, usage.reasoning) = (produced.max(told_output), 0);
    }
    let passed_over = answer.reader.as_ref().is_some_and(Reader::has_passed_over_usage);
    Used { usage, to_be_retold: passed_over || !why.is_empty(), doubts: why }
}

fn with_input(usage: Usage, input: Usage) -> Usage {
    Usage {
        input_uncached: input.input_uncached,
        cache_read: input.cache_read,
        cache_write: input.cache_write,
        ..usage
    }
}

/// Tokens of what came, by its length; where nothing of it could be read, by its bytes.
fn produced(response: &Response, bytes: u64) -> u64 {
    match response.content.as_slice() {
        [] if response.usage.is_some() => 0,
        [] => estimate::tokens(bytes),
        content => estimate::output(content),
    }
}
