//! The loop's own words. The texts lie in `prompts/`; `{{ name }}` stands for a value.

use crate::config::{Allowance, Announcement, Config, Profile};

const BUDGET: &str = include_str!("../prompts/budget.md");
const CUT: &str = include_str!("../prompts/cut.md");
const MALFORMED_NATIVE: &str = include_str!("../prompts/malformed-native.md");
const MALFORMED_TEXT: &str = include_str!("../prompts/malformed-text.md");
const NATIVE: &str = include_str!("../prompts/native.md");
const REFUSED: &str = include_str!("../prompts/refused.md");
const TASK: &str = include_str!("../prompts/task.md");
const TEXT: &str = include_str!("../prompts/text.md");

/// In the place of the form of answers that is told at the end.
const BELOW: &str = "Each of your answers holds one command, in the form that is told at the end.";

/// All of the loop's own words, by file: nothing in them may come from a task.
pub const TEXTS: [(&str, &str); 8] = [
    ("budget.md", BUDGET),
    ("cut.md", CUT),
    ("malformed-native.md", MALFORMED_NATIVE),
    ("malformed-text.md", MALFORMED_TEXT),
    ("native.md", NATIVE),
    ("refused.md", REFUSED),
    ("task.md", TASK),
    ("text.md", TEXT),
];

/// A command whose first output line is this, with return code 0, ends the trial. The published signal of
/// mini-swe-agent 2.
pub const DONE: &str = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";

/// The info string of the fenced block in the text profile. Not `bash`: models quote examples in that.
pub const FENCE: &str = "run-in-bash";

/// How a budget is announced at the start, in every arm.
pub fn budget_notice(allowance: &Allowance) -> String {
    fill(BUDGET, &[("total", &amount(allowance.total)), ("unit", &allowance.unit)])
}

/// The first message: the task and how to work on it.
pub(crate) fn task(config: &Config) -> String {
    let seconds = config.command_limit.as_secs().to_string();
    // Small models do what they read last: the form of their answers is told at the end.
    let (answering, form) = match config.profile {
        Profile::Native => (NATIVE, ""),
        Profile::Text => (BELOW, TEXT),
    };
    let [answering, form] = [answering, form].map(|text| fill(text, &[("done", DONE), ("fence", FENCE)]));
    let budget = match &config.announcement {
        Announcement::None => String::new(),
        Announcement::Start(allowance) | Announcement::EveryTurn(allowance) => budget_notice(allowance),
    };
    let values = [
        ("instruction", config.instruction.trim()),
        ("workdir", &config.workdir),
        ("seconds", &seconds),
        ("answering", answering.trim_end()),
        ("done", DONE),
        ("budget", &budget),
        ("form", &form),
    ];
    fill(TASK, &values).trim_end().to_owned()
}

/// What is said of an answer that could not be used.
pub(crate) fn malformed(profile: Profile, problem: &str) -> String {
    let text = match profile {
        Profile::Native => MALFORMED_NATIVE,
        Profile::Text => MALFORMED_TEXT,
    };
    fill(text, &[("problem", problem), ("done", DONE), ("fence", FENCE)]).trim_end().to_owned()
}

/// What is said of an answer that the output limit cut before its command was complete.
pub(crate) fn cut() -> String {
    CUT.trim_end().to_owned()
}

/// What is said after a refusal.
pub(crate) fn refused() -> String {
    REFUSED.trim_end().to_owned()
}

/// The line that goes with an observation; absent unless every turn is announced.
pub(crate) fn spent(announcement: &Announcement, used: f64) -> Option<String> {
    let Announcement::EveryTurn(allowance) = announcement else { return None };
    let (used, total) = (amount(used), amount(allowance.total));
    Some(format!("<budget>\n{used} of {total} {} used\n</budget>", allowance.unit))
}

/// Whole numbers as such, others with four decimals.
fn amount(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.4}") }
}

/// Puts values for names, in one pass: a value that looks like a name stays as it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{ ") {
        text.push_str(before);
        let known = after.split_once(" }}").and_then(|(name, after)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, after))
        });
        match known {
            Some((value, after)) => {
                text.push_str(value);
                rest = after;
            }
            None => {
                text.push_str("{{ ");
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_filled_in_again() {
        assert_eq!(fill("{{ a }} {{ b }} {{ c }}", &[("a", "{{ b }}"), ("b", "2")]), "{{ b }} 2 {{ c }}");
    }

    #[test]
    fn amounts_are_plain_numbers() {
        assert_eq!([amount(400_000.0), amount(2.5)], ["400000", "2.5000"]);
    }
}
