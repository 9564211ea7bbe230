//! Every task in every arm, family by family, with those on which arms disagree first; each cell opens its pair.

use std::collections::{BTreeMap, BTreeSet};

use analysis::{Analysis, TrialSummary};
use maud::{Markup, html};

use crate::{answer, wording};

/// Most tasks shown of a model.
const TASKS: usize = 400;

/// Most pairs that can be opened.
const PAIRS: usize = 600;

/// The trials by model, task and arm. Names are from outside, so cells are known by number.
pub(super) struct Cells<'a> {
    baseline: &'a str,
    pub(super) models: Vec<&'a str>,
    pub(super) arms: Vec<&'a str>,
    /// By family; within one, tasks on which arms disagree most first, then by name.
    pub(super) tasks: Vec<Task<'a>>,
    trials: BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a TrialSummary>>,
}

/// One row.
pub(super) struct Task<'a> {
    pub(super) family: &'a str,
    pub(super) name: &'a str,
    /// How far the arms are apart on it, over all models.
    apart: f64,
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
        cells.tasks =
            tasks.into_iter().map(|(family, name)| Task { family, name, apart: cells.apart(name) }).collect();
        cells.tasks.sort_by(|a, b| a.family.cmp(b.family).then(b.apart.total_cmp(&a.apart)));
        cells
    }

    /// The largest difference of an arm's solved attempts from the baseline's, added up over the models.
    fn apart(&self, task: &'a str) -> f64 {
        let solved =
            |model, arm| self.of(model, task, arm).iter().filter_map(|trial| trial.score).sum::<f64>();
        let of_model = |model: &&'a str| {
            let base = solved(*model, self.baseline);
            self.arms.iter().map(|arm| (solved(*model, *arm) - base).abs()).fold(0.0, f64::max)
        };
        self.models.iter().map(of_model).sum()
    }

    fn of(&self, model: &'a str, task: &'a str, arm: &'a str) -> &[&'a TrialSummary] {
        self.trials.get(&(model, task, arm)).map_or(&[], Vec::as_slice)
    }

    /// How many of an arm's trials were solved: `16/20`.
    fn total(&self, model: &'a str, arm: &'a str) -> String {
        let trials = || self.tasks.iter().flat_map(|task| self.of(model, task.name, arm));
        let solved = trials().filter(|trial| trial.score.is_some_and(|score| score >= 1.0)).count();
        format!("{solved}/{}", trials().count())
    }

    /// The pairs that the page holds, those that disagree first.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        let alone = self.arms.len() == 1;
        let of_task = move |model: usize, task: usize| {
            let arms = self.arms.iter().enumerate().filter(move |(_, arm)| alone || **arm != self.baseline);
            arms.map(move |(place, arm)| {
                let (model_id, task_id) = (self.models[model], self.tasks[task].name);
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
        // The room of a page goes to what disagrees first.
        let mut tasks: Vec<usize> = (0..self.tasks.len().min(TASKS)).collect();
        tasks.sort_by(|a, b| self.tasks[*b].apart.total_cmp(&self.tasks[*a].apart));
        let of_models = move |task: usize| (0..self.models.len()).flat_map(move |model| of_task(model, task));
        tasks.into_iter().flat_map(of_models).take(PAIRS)
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
                            @for arm in &cells.arms { th scope="col" title=(arm) { (answer::short(analysis, arm)) } }
                        } }
                        @for family in cells.tasks[..cells.tasks.len().min(TASKS)].chunk_by(|a, b| a.family == b.family) {
                            tbody {
                                tr.family { th.left scope="rowgroup" colspan=(cells.arms.len() + 1) { (family[0].family) } }
                                @for task in family { tr.differs[task.apart > 0.0] {
                                    th.left scope="row" { (task.name.rsplit_once('/').map_or(task.name, |(_, name)| name)) }
                                    @for arm in &cells.arms {
                                        td { (linked(links.get(&(model, task.name, arm)), cells.of(model, task.name, arm))) }
                                    }
                                } }
                            }
                        }
                        tfoot { tr {
                            th.left scope="row" { "solved" }
                            @for arm in &cells.arms { td { (cells.total(model, arm)) } }
                        } }
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
