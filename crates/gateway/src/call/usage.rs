//! What a call used: as the provider told it where that can be true, estimated from above where it cannot.

use dialect::{
    Doubt, Reader, estimate,
    neutral::{Response, Usage},
};

use super::answer::Answer;
use crate::admission::Admission;

/// A profile may say less of a model's window than is true. What is told beyond this many of them is no count.
const WIDER: u64 = 4;
/// Tokens to an estimated one, at the most: a token is a byte or more.
const DENSER: u64 = 4;
/// Bytes of text to a token, at the most, over a whole request or answer. No vendor has tokens nearly as long; a provider
/// may have been told to leave out much of what was sent.
const THINNEST: u64 = 2_048;

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
/// Nothing that was sent costs no input, and nothing that came no output; much text costs more than a few tokens; counts
/// do not fall within an answer, and the cache holds no more than there was. What cannot be believed is taken to be the
/// most it can have been. An answer that was cut off has cost all the output it was let have, unless the provider told
/// what it stopped at.
pub(crate) fn of(admission: &Admission, answer: &Answer, complete: bool) -> Used {
    let response = answer.response();
    let told = response.usage.unwrap_or_default();
    let call = &admission.call;
    // Of an answer that did not begin nothing was read.
    let unread = || (told.input() == 0).then_some(Doubt::NoInput).into_iter().collect();
    let doubts = answer.reader.as_ref().map_or_else(unread, Reader::doubts);
    let window = call.window.saturating_mul(WIDER);
    let told_output = told.output.saturating_add(told.reasoning);
    let said = estimate::said(&response.content);
    let is_cut = !complete && !is_final(answer, told_output);
    let too_much_input = told.input() > window.saturating_add(call.weight.likely.saturating_mul(DENSER));
    let too_little_input = told.input() > 0 && too_little(told.input(), call.text);
    let too_much_output = told_output > admission.output.saturating_add(window);
    let too_little_output = told_output > 0 && too_little(told_output, said);
    let own = [
        (too_much_input, "more input was told than the model can read"),
        (too_little_input, "less input was told than the text can have been"),
        (too_much_output, "more output was told than the model can write"),
        (too_little_output, "less output was told than the text can have been"),
        (is_cut, "the answer broke off"),
    ];
    let own = own.into_iter().filter(|(holds, _)| *holds).map(|(_, why)| why.to_owned());
    let why: Vec<String> = doubts.iter().map(ToString::to_string).chain(own).collect();
    let mut usage = told;
    if too_much_input || too_little_input || doubts.contains(&Doubt::NoInput) {
        usage = with_input(usage, Usage { input_uncached: admission.most, ..Usage::default() });
    } else if doubts.contains(&Doubt::CachedAboveInput) && admission.input.input() > told.input() {
        usage = with_input(usage, admission.input);
    }
    if is_cut || too_much_output {
        let least = if too_much_output { 0 } else { told_output };
        (usage.output, usage.reasoning) = (admission.output.max(least), 0);
    } else if told_output == 0 || too_little_output {
        let most = produced(&response, answer.bytes).min(admission.output);
        (usage.output, usage.reasoning) = (most.max(told_output), 0);
    }
    let passed_over = answer.reader.as_ref().is_some_and(Reader::has_passed_over_usage);
    Used { usage, to_be_retold: passed_over || !why.is_empty(), doubts: why }
}

/// Whether what was told of the output is all of it, though the answer broke off.
fn is_final(answer: &Answer, told_output: u64) -> bool {
    let stopped = |reader: &Reader| reader.has_stopped() || reader.is_marked();
    told_output > 0 && answer.reader.as_ref().is_some_and(stopped)
}

/// Whether so much text cannot have been so few tokens.
fn too_little(tokens: u64, text: u64) -> bool {
    tokens < text / THINNEST
}

fn with_input(usage: Usage, input: Usage) -> Usage {
    Usage {
        input_uncached: input.input_uncached,
        cache_read: input.cache_read,
        cache_write: input.cache_write,
        ..usage
    }
}

/// The most tokens that came, by their length; where nothing of them could be read, by their bytes.
fn produced(response: &Response, bytes: u64) -> u64 {
    match response.content.as_slice() {
        [] if response.usage.is_some() => 0,
        [] => bytes,
        content => estimate::output_most(content),
    }
}
