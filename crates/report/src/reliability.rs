//! What several attempts at a task say, in words and cells: the same in every format.

use analysis::{Analysis, Flaky, Share};

use crate::{number, wording};

/// Tasks named in a sentence.
const NAMED: usize = 8;

/// The interval of a share, in percent.
pub(crate) fn interval(share: &Share) -> String {
    number::interval(Some((share.lower, share.upper)), number::percent)
}

/// The arms in which a task's attempts disagree: `bare/generic 1 of 2`.
pub(crate) fn arms(flaky: &Flaky) -> String {
    let arms = flaky.arms.iter().map(|one| format!("{} {} of {}", one.arm, one.solved, one.of));
    arms.collect::<Vec<_>>().join(", ")
}

/// Sentences on the tasks that flip by themselves, and on those that an arm flips.
pub(crate) fn told(analysis: &Analysis) -> Vec<String> {
    if analysis.attempts < 2 {
        return vec!["With one attempt a task, chance and an arm's doing cannot be told apart.".to_owned()];
    }
    let mut told = Vec::new();
    for model in analysis.models() {
        let who = if analysis.models().nth(1).is_some() { format!("{model}: ") } else { String::new() };
        let flaky: Vec<&Flaky> = analysis.reliability.flaky.iter().filter(|one| one.model == model).collect();
        if !flaky.is_empty() {
            let names = flaky.iter().map(|one| format!("{} ({})", one.task, arms(one)));
            let count = wording::plural(flaky.len(), "task flips by itself", "tasks flip by themselves");
            told.push(format!(
                "{who}{count}, solved in some attempts of an arm and not in others: {}.",
                listed(names)
            ));
        }
        for gap in analysis.gaps.iter().filter(|gap| gap.model == model) {
            let mine = |solved| {
                let flipped = analysis.reliability.flipped.iter();
                flipped.filter(move |one| one.model == model && one.arm == gap.arm && one.solved == solved)
            };
            for (solved, does) in [(true, "solves in every attempt"), (false, "never solves")] {
                let names: Vec<String> = mine(solved).map(|one| one.task.clone()).collect();
                if !names.is_empty() {
                    let other = if solved { "never does" } else { "always does" };
                    let count = wording::plural(names.len(), "task", "tasks");
                    told.push(format!(
                        "{who}{} {does} {count} that {} {other}: {}.",
                        gap.arm,
                        gap.baseline,
                        listed(names.into_iter())
                    ));
                }
            }
        }
    }
    if told.is_empty() && analysis.trials.iter().any(|trial| trial.score.is_some()) {
        told.push("No task flips by itself, and no arm flips one.".to_owned());
    }
    told
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
