//! Every task in every arm; each cell opens its pair.

use std::collections::{BTreeMap, BTreeSet};

use analysis::{Analysis, TrialSummary};
use maud::{Markup, html};

use crate::wording;

/// Most tasks shown of a model.
const TASKS: usize = 400;

/// Most pairs that can be opened.
const PAIRS: usize = 600;

/// The trials by model, task and arm. Names are from outside, so cells are known by number.
pub(super) struct Cells<'a> {
    baseline: &'a str,
    pub(super) models: Vec<&'a str>,
    pub(super) arms: Vec<&'a str>,
    /// By family, then name.
    pub(super) tasks: Vec<&'a str>,
    trials: BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a TrialSummary>>,
}

/// One cell that is not the baseline's, beside the baseline's.
pub(super) struct Pair<'a> {
    pub(super) id: String,
    pub(super) model: &'a str,
    pub(super) task: &'a str,
    pub(super) arm: &'a str,
    pub(super) trials: &'a [&'a TrialSummary],
    pub(super) baseline: &'a [&'a TrialSummary],
}

impl<'a> Cells<'a> {
    pub(super) fn new(analysis: &'a Analysis) -> Self {
        let mut cells = Self {
            baseline: &analysis.baseline,
            models: Vec::new(),
            arms: Vec::new(),
            tasks: Vec::new(),
            trials: BTreeMap::new(),
        };
        for arm in &analysis.arms {
            if !cells.models.contains(&arm.model.as_str()) {
                cells.models.push(&arm.model);
            }
            if !cells.arms.contains(&arm.arm.as_str()) {
                cells.arms.push(&arm.arm);
            }
        }
        let mut tasks: BTreeSet<(&str, &str)> = BTreeSet::new();
        for trial in &analysis.trials {
            tasks.insert((&trial.family, &trial.task));
            let key = (trial.model.as_str(), trial.task.as_str(), trial.arm.as_str());
            cells.trials.entry(key).or_default().push(trial);
        }
        cells.trials.values_mut().for_each(|trials| trials.sort_by_key(|trial| trial.attempt));
        cells.tasks = tasks.into_iter().map(|(_, task)| task).collect();
        cells
    }

    fn of(&self, model: &'a str, task: &'a str, arm: &'a str) -> &[&'a TrialSummary] {
        self.trials.get(&(model, task, arm)).map_or(&[], Vec::as_slice)
    }

    /// The pairs that the page holds, in the matrix's order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        let alone = self.arms.len() == 1;
        let of_task = move |model: usize, task: usize| {
            let arms = self.arms.iter().enumerate().filter(move |(_, arm)| alone || **arm != self.baseline);
            arms.map(move |(place, arm)| {
                let (model_id, task_id) = (self.models[model], self.tasks[task]);
                Pair {
                    id: format!("pair-{model}-{task}-{place}"),
                    model: model_id,
                    task: task_id,
                    arm,
                    trials: self.of(model_id, task_id, arm),
                    baseline: if alone { &[] } else { self.of(model_id, task_id, self.baseline) },
                }
            })
        };
        let tasks = self.tasks.len().min(TASKS);
        (0..self.models.len())
            .flat_map(move |model| (0..tasks).flat_map(move |task| of_task(model, task)))
            .take(PAIRS)
    }
}

pub(super) fn section(analysis: &Analysis) -> Markup {
    let cells = Cells::new(analysis);
    // The baseline's cell opens the first pair it is part of.
    let mut links: BTreeMap<(&str, &str, &str), String> = BTreeMap::new();
    for pair in cells.pairs() {
        links.entry((pair.model, pair.task, cells.baseline)).or_insert_with(|| pair.id.clone());
        links.insert((pair.model, pair.task, pair.arm), pair.id);
    }
    let simulated = |model: &str| analysis.simulated.iter().any(|id| id == model);
    html! {
        section aria-labelledby="matrix" {
            h2 id="matrix" { "Task by task" }
            p.quiet {
                span.mark.pass { "●" } " solved  " span.mark.part { "◐" } " in part  "
                span.mark.fail { "○" } " not solved  " span.mark.missing { "–" }
                " missing or void. Each mark is an attempt; a cell opens the pair: what ran, what it used, how the workspaces differ."
            }
            @for model in &cells.models {
                h3 { (wording::model(model, simulated(model))) }
                div.scroll role="region" aria-label=(format!("Task by task, {model}")) tabindex="0" {
                    table.matrix {
                        thead { tr {
                            th.left scope="col" { "task" }
                            @for arm in &cells.arms { th scope="col" { (arm) } }
                        } }
                        tbody { @for task in cells.tasks.iter().take(TASKS) { tr {
                            th.left scope="row" { (task) }
                            @for arm in &cells.arms {
                                td { (linked(links.get(&(model, task, arm)), cells.of(model, task, arm))) }
                            }
                        } } }
                    }
                }
            }
            @if cells.tasks.len() > TASKS {
                p { "The first " (TASKS) " of " (cells.tasks.len()) " tasks are shown; the CSV holds all." }
            }
            @if cells.models.len() * cells.tasks.len() * cells.arms.len().saturating_sub(1).max(1) > PAIRS {
                p { "The first " (PAIRS) " pairs can be opened here; " code { "overhang show RUN TRIAL" } " shows any." }
            }
        }
    }
}

fn linked(link: Option<&String>, trials: &[&TrialSummary]) -> Markup {
    let solved = trials.iter().filter(|trial| trial.score.is_some_and(|score| score >= 1.0)).count();
    let Some(first) = trials.first() else { return html! {} };
    let name = format!("{}, {}: {solved} of {} solved", first.task, first.arm, trials.len());
    let marks = html! { @for trial in trials { (mark(trial)) } };
    html! {
        @match link {
            Some(id) => { a.cell href=(format!("#{id}")) aria-label=(name) { (marks) } }
            None => { span.cell role="img" aria-label=(name) { (marks) } }
        }
    }
}

fn mark(trial: &TrialSummary) -> Markup {
    let (class, sign) = match trial.score {
        None => ("missing", "–"),
        Some(score) if score >= 1.0 => ("pass", "●"),
        Some(score) if score > 0.0 => ("part", "◐"),
        Some(_) => ("fail", "○"),
    };
    html! { span class=(format!("mark {class}")) { (sign) } }
}
