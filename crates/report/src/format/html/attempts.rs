//! Several attempts at a task: pass@k, pass^k, and which tasks flip.

use analysis::Analysis;
use maud::{Markup, html};

use super::{cell, table};
use crate::{number, reliability, wording};

/// Tasks listed of each kind.
const TASKS: usize = 200;

pub(super) fn tables(analysis: &Analysis) -> Markup {
    let found = &analysis.reliability;
    let several = analysis.models().nth(1).is_some();
    let task =
        |model: &str, task: &str| cell(if several { format!("{model}, {task}") } else { task.to_owned() });
    let mut passes = Vec::new();
    for arm in &found.passes {
        let name = wording::named(&arm.model, arm.simulated, &arm.arm, analysis);
        passes.extend(arm.points.iter().map(|point| {
            vec![
                cell(&name),
                cell(point.k.to_string()),
                cell(number::percent(Some(point.any.estimate))),
                cell(reliability::interval(&point.any)),
                cell(number::percent(Some(point.all.estimate))),
                cell(reliability::interval(&point.all)),
                cell(arm.tasks.to_string()),
            ]
        }));
    }
    let flaky = found.flaky.iter().take(TASKS);
    let flaky: Vec<_> =
        flaky.map(|one| vec![task(&one.model, &one.task), cell(reliability::arms(one))]).collect();
    let flipped = found.flipped.iter().take(TASKS);
    let flipped: Vec<_> = flipped
        .map(|one| {
            let by = if one.solved { &one.arm } else { &analysis.baseline };
            vec![task(&one.model, &one.task), cell(&one.arm), cell(by)]
        })
        .collect();
    html! {
        details {
            summary { "Several attempts" }
            @for sentence in reliability::told(analysis) { p { (sentence) } }
            @if analysis.attempts > 1 && !passes.is_empty() {
                p.quiet { "pass@k: at least one of k attempts solves the task. pass^k: all of them do. Means over tasks, in percent." }
                (table("pass@k and pass^k per arm, in percent", &["arm", "k", "pass@k", "95 %", "pass^k", "95 %", "tasks"], 1, &passes))
            }
            @if !flaky.is_empty() {
                (table("Tasks that flip by themselves", &["task", "attempts solved"], 2, &flaky))
                (more(found.flaky.len()))
            }
            @if !flipped.is_empty() {
                (table("Tasks that an arm flips", &["task", "arm", "solved by"], 3, &flipped))
                (more(found.flipped.len()))
            }
        }
    }
}

fn more(all: usize) -> Markup {
    html! { @if all > TASKS { p.quiet { "and " (all - TASKS) " more; the JSON report lists all." } } }
}
