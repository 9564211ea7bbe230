//! What a provider tells of tokens, added up over one answer.
//!
//! Counts are running totals: they never fall within an answer. A later count that is smaller, or none, is no
//! information, and what had been told stands.

use serde_json::{Map, Value};
use vocabulary::Usage;

/// Why a usage that was told cannot be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Doubt {
    /// The input fell within the answer; the larger count stands.
    #[error("the input fell within the answer")]
    InputFell,
    /// The output fell within the answer; the larger count stands.
    #[error("the output fell within the answer")]
    OutputFell,
    /// More input came from the cache than there was; none is taken to have come from it.
    #[error("more input was told to be cached than there was")]
    CachedAboveInput,
    /// There was no input, though something was asked.
    #[error("no input was told")]
    NoInput,
    /// There was no output, though something was said.
    #[error("no output was told")]
    NoOutput,
}

/// The counts of one usage object, by the meanings that the neutral form gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) usage: Usage,
    pub(crate) doubt: Option<Doubt>,
}

/// How a dialect's usage object is read; `None` where it says nothing.
pub(crate) type Decode = fn(&Value) -> Option<Told>;

/// The usage of one answer, told once or many times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    raw: Option<Value>,
    usage: Option<Usage>,
    doubts: Vec<Doubt>,
    /// Whether a later count was passed over.
    passed_over: bool,
}

impl Tally {
    /// Takes what one event says. What it leaves out stays as told before.
    pub(crate) fn add(&mut self, told: &Value, decode: Decode) {
        if !told.is_object() {
            return;
        }
        let newer = decode(told).map(|told| told.usage);
        let mut merged = self.raw.take().unwrap_or_else(|| Value::Object(Map::new()));
        merge(&mut merged, told);
        let all = decode(&merged);
        self.raw = Some(merged);
        let Some(Told { usage: all, doubt }) = all else { return };
        if let Some(doubt) = doubt {
            self.doubt(doubt);
        }
        let mut sum = self.usage.unwrap_or_default();
        let newer = newer.unwrap_or_default();
        if all.input() >= sum.input() {
            (sum.input_uncached, sum.cache_read, sum.cache_write) =
                (all.input_uncached, all.cache_read, all.cache_write);
        } else {
            self.fell(newer.input(), Doubt::InputFell);
        }
        if all.output + all.reasoning >= sum.output + sum.reasoning {
            (sum.output, sum.reasoning) = (all.output, all.reasoning);
        } else {
            self.fell(newer.output + newer.reasoning, Doubt::OutputFell);
        }
        self.usage = Some(sum);
    }

    /// A count fell: to nothing, which is no information, or to something.
    fn fell(&mut self, to: u64, doubt: Doubt) {
        self.passed_over = true;
        if to > 0 {
            self.doubt(doubt);
        }
    }

    /// Whether a later count was passed over, so that the last one told is not the one that stands.
    pub(crate) fn has_passed_over(&self) -> bool {
        self.passed_over
    }

    fn doubt(&mut self, doubt: Doubt) {
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// All that was used so far; `None` where nothing was told.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// The objects as they came, merged: later fields over earlier ones.
    pub(crate) fn raw(&self) -> Option<&Value> {
        self.raw.as_ref()
    }

    /// Why it cannot be true of an answer. `says_something`: whether the answer does.
    pub(crate) fn doubts(&self, says_something: bool) -> Vec<Doubt> {
        let usage = self.usage.unwrap_or_default();
        let no_input = (usage.input() == 0).then_some(Doubt::NoInput);
        let no_output = (says_something && usage.output + usage.reasoning == 0).then_some(Doubt::NoOutput);
        self.doubts.iter().copied().chain(no_input).chain(no_output).collect()
    }
}

/// Puts the fields of one object over those of another, objects within them likewise.
fn merge(into: &mut Value, newer: &Value) {
    match (into, newer) {
        (Value::Object(into), Value::Object(newer)) => {
            for (key, value) in newer.iter().filter(|(_, value)| !value.is_null()) {
                match into.get_mut(key) {
                    Some(known) => merge(known, value),
                    None => drop(into.insert(key.clone(), value.clone())),
                }
            }
        }
        (into, newer) => *into = newer.clone(),
    }
}

/// A count as servers write it: a number, whole though it may have a point, or a number in a string.
pub(crate) fn count(value: &Value) -> Option<u64> {
    /// Beyond it a double holds no whole numbers.
    const LARGEST: f64 = 9e15;
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            number.as_f64().filter(|float| (0.0..LARGEST).contains(float)).map(|float| float.round() as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The first count that is told under one of these pointers.
pub(crate) fn first(usage: &Value, pointers: &[&str]) -> Option<u64> {
    pointers.iter().find_map(|pointer| count(usage.pointer(pointer)?))
}

/// Input of which a part came from the cache and a part was written to it, where the total has both in it. A cache
/// count above the total is doubted, unless `total` shows that it stands beside it.
pub(crate) fn split(input: u64, read: u64, write: u64, output: u64, total: Option<u64>) -> Told {
    let cached = read.saturating_add(write);
    let usage = |input_uncached, cache_read, cache_write| Usage {
        input_uncached,
        cache_read,
        cache_write,
        ..Usage::default()
    };
    if cached <= input {
        return Told { usage: usage(input - cached, read, write), doubt: None };
    }
    let beside = input.saturating_add(cached).saturating_add(output);
    if total == Some(beside) {
        return Told { usage: usage(input, read, write), doubt: None };
    }
    Told { usage: usage(input, 0, 0), doubt: Some(Doubt::CachedAboveInput) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(usage: &Value) -> Option<Told> {
        let (input, output) = (first(usage, &["/in"]), first(usage, &["/out"]));
        input.or(output)?;
        let usage = Usage {
            input_uncached: input.unwrap_or(0),
            cache_read: first(usage, &["/cached"]).unwrap_or(0),
            output: output.unwrap_or(0),
            ..Usage::default()
        };
        Some(Told { usage, doubt: None })
    }

    fn tallied(told: &[Value]) -> (Usage, Vec<Doubt>) {
        let mut tally = Tally::default();
        told.iter().for_each(|told| tally.add(told, plain));
        (tally.usage().unwrap(), tally.doubts.clone())
    }

    #[test]
    fn a_later_zero_is_no_information() {
        let (usage, doubts) = tallied(&[json!({"in": 12345}), json!({"in": 0, "out": 9}), json!({"out": 0})]);
        assert_eq!((usage.input(), usage.output, doubts), (12345, 9, vec![]));
    }

    #[test]
    fn a_count_that_falls_is_doubted_and_the_larger_one_stands() {
        let (usage, doubts) = tallied(&[json!({"in": 100, "out": 50}), json!({"in": 30, "out": 20})]);
        assert_eq!((usage.input(), usage.output), (100, 50));
        assert_eq!(doubts, [Doubt::InputFell, Doubt::OutputFell]);
    }

    #[test]
    fn input_that_turns_out_to_be_cached_does_not_fall() {
        let (usage, doubts) = tallied(&[json!({"in": 100}), json!({"in": 5, "cached": 95, "out": 1})]);
        assert_eq!((usage.input_uncached, usage.cache_read, doubts), (5, 95, vec![]));
        let (usage, doubts) = tallied(&[json!({"in": 10, "cached": 90}), json!({"in": 10, "out": 1})]);
        assert_eq!((usage.input(), doubts), (100, vec![]));
    }

    #[test]
    fn counts_are_read_as_servers_write_them() {
        for (written, read) in [
            (json!(7), Some(7)),
            (json!(7.0), Some(7)),
            (json!("7"), Some(7)),
            (json!(-7), None),
            (json!(null), None),
            (json!([7]), None),
        ] {
            assert_eq!(count(&written), read, "{written}");
        }
    }

    #[test]
    fn cached_input_stands_within_the_total_or_is_shown_to_stand_beside_it() {
        assert_eq!(split(100, 90, 5, 7, Some(107)).usage.input_uncached, 5);
        assert_eq!(split(10, 90, 0, 7, Some(107)).usage.input_uncached, 10);
        assert_eq!(split(10, 90, 0, 7, Some(17)).doubt, Some(Doubt::CachedAboveInput));
        assert_eq!(split(10, u64::MAX, 1, 7, None).usage.input(), 10);
    }
}
