//! What a call used: as the provider told it where that can be true, an estimate where it cannot.

use dialect::{
    Doubt, Reader, estimate,
    neutral::{Response, Usage},
};

use super::{answer::Answer, progress::Call};
use crate::admission::Admission;

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
    if doubts.contains(&Doubt::NoInput) || doubts.contains(&Doubt::CachedAboveInput) {
        let expected = call.session.state().input(admission.estimate, admission.conversation);
        if expected.input() > told.input() {
            usage = with_input(usage, expected);
        }
    }
    let broke_off = (!complete).then(|| "the answer broke off".to_owned());
    let why: Vec<String> = doubts.iter().map(ToString::to_string).chain(broke_off).collect();
    let produced = produced(&response, answer.bytes);
    let told_output = told.output + told.reasoning;
    if !complete || told_output == 0 {
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
