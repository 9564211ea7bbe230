//! What a harness says it used, and how that is read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a harness tells what it used: JSON lines, or whole JSON documents, in its output or its transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfReport {
    /// Where it tells it.
    #[serde(default)]
    pub from: ReportedIn,
    /// JSON pointer to an array whose elements are read as lines are.
    #[serde(default)]
    pub each: Option<String>,
    /// Lines that count: those in which each JSON pointer holds this text.
    #[serde(default)]
    pub lines: BTreeMap<String, String>,
    /// Which of them.
    #[serde(default)]
    pub take: Take,
    /// JSON pointer to the number of model calls. Without it, lines that are added up are a call each, and of a last
    /// one the number of calls is not known.
    #[serde(default)]
    pub calls: Option<String>,
    /// JSON pointers to numbers that together are the input, cached or not.
    #[schemars(length(min = 1))]
    pub input: Vec<String>,
    /// JSON pointers to numbers that together are the output.
    #[schemars(length(min = 1))]
    pub output: Vec<String>,
}

/// Where a harness tells what it used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportedIn {
    /// Its standard output.
    #[default]
    Output,
    /// The files that `transcript` names.
    Transcript,
}

/// Which lines of a self-report count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// The last one: it tells the total.
    #[default]
    Last,
    /// All of them, added up.
    Sum,
}

/// What a harness says it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Model calls; `None` where it does not tell.
    pub calls: Option<u64>,
    /// Input tokens, cached or not.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
}

impl Told {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.zip(other.calls).map(|(one, two)| one.saturating_add(two)),
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
        }
    }
}

impl SelfReport {
    /// How far from 1 the ratio of what is told to what was metered may be before it is said to differ.
    pub const TOLERANCE: f64 = 0.01;

    /// What texts tell, in their order; `None` when no line of them fits.
    pub fn read<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Option<Told> {
        let lines = |text: &str| match serde_json::from_str::<Value>(text) {
            Ok(whole) => vec![whole],
            Err(_) => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        };
        let lines: Vec<Value> = texts.into_iter().flat_map(lines).collect();
        let told = lines.iter().flat_map(|line| self.parts(line)).filter_map(|line| self.told(line));
        match self.take {
            Take::Last => told.reduce(|_, later| later),
            Take::Sum => told.reduce(Told::plus),
        }
    }

    fn parts<'v>(&self, line: &'v Value) -> &'v [Value] {
        match &self.each {
            None => std::slice::from_ref(line),
            Some(pointer) => line.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice),
        }
    }

    fn told(&self, line: &Value) -> Option<Told> {
        let fits =
            |(pointer, text): (&String, &String)| line.pointer(pointer).is_some_and(|value| value == text);
        if !self.lines.iter().all(fits) {
            return None;
        }
        let number = |pointer: &String| line.pointer(pointer)?.as_u64();
        let sum = |pointers: &[String]| {
            pointers.iter().filter_map(number).reduce(|all, one| all.saturating_add(one))
        };
        let calls = match (&self.calls, self.take) {
            (Some(pointer), _) => number(pointer),
            (None, Take::Sum) => Some(1),
            (None, Take::Last) => None,
        };
        Some(Told { calls, input: sum(&self.input)?, output: sum(&self.output)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(toml: &str) -> SelfReport {
        toml::from_str(&format!("{toml}\ninput = [\"/in\", \"/cached\"]\noutput = [\"/out\"]")).unwrap()
    }

    const LINES: &str = "starting\n{\"type\": \"end\", \"in\": 7, \"cached\": 1, \"out\": 2, \"turns\": 3}\n\
                         {\"type\": \"other\", \"in\": 100, \"out\": 100}\n\
                         {\"type\": \"end\", \"in\": 20, \"out\": 4, \"turns\": 5}\n";

    #[test]
    fn the_last_line_that_fits_tells_the_total_and_the_calls_where_it_names_them() {
        let last = rule("lines = { \"/type\" = \"end\" }");
        assert_eq!(last.read([LINES]), Some(Told { calls: None, input: 20, output: 4 }));
        let counted = rule("lines = { \"/type\" = \"end\" }\ncalls = \"/turns\"");
        assert_eq!(counted.read([LINES]), Some(Told { calls: Some(5), input: 20, output: 4 }));
    }

    #[test]
    fn lines_that_are_added_up_are_a_call_each() {
        let sum = rule("take = \"sum\"\nlines = { \"/type\" = \"end\" }");
        assert_eq!(sum.read([LINES]), Some(Told { calls: Some(2), input: 28, output: 6 }));
    }

    #[test]
    fn the_elements_of_a_document_are_read_as_lines() {
        let sum = rule("take = \"sum\"\neach = \"/messages\"");
        let document =
            "{\n\"messages\": [{\"role\": \"user\"}, {\"in\": 1, \"out\": 2}, {\"in\": 3, \"out\": 4}]}";
        assert_eq!(sum.read([document]), Some(Told { calls: Some(2), input: 4, output: 6 }));
        assert_eq!(sum.read(["{\"messages\": 3}"]), None);
    }

    #[test]
    fn without_a_line_that_fits_nothing_is_known() {
        assert_eq!(rule("").read(["no JSON here\n{\"in\": -1, \"out\": \"2\"}"]), None);
    }
}
