//! The trials of a run, a line each.

use std::collections::HashMap;

use analysis::TrialSummary;

use crate::{
    format::terminal::{number as numbers, table, words},
    number, wording,
};

/// Where a trial stands beside another: its model, task and attempt.
type Place<'a> = (&'a str, &'a str, u32);

fn place(trial: &TrialSummary) -> Place<'_> {
    (&trial.model, &trial.task, trial.attempt)
}

/// The trials whose score is not their baseline's, and those of the baseline they disagree with. A missing score
/// disagrees with none.
pub fn disagreeing(trials: Vec<TrialSummary>, baseline: &str) -> Vec<TrialSummary> {
    let of_baseline: HashMap<Place<'_>, f64> = trials
        .iter()
        .filter(|trial| trial.arm == baseline)
        .filter_map(|trial| Some((place(trial), trial.score?)))
        .collect();
    let differs = |trial: &TrialSummary| {
        let score = of_baseline.get(&place(trial));
        trial.score.zip(score).is_some_and(|(score, base)| score != *base)
    };
    let stays: Vec<bool> = {
        let apart: Vec<Place<'_>> = trials.iter().filter(|trial| differs(trial)).map(place).collect();
        let apart: std::collections::HashSet<Place<'_>> = apart.into_iter().collect();
        let of_pair = |trial: &TrialSummary| trial.arm == baseline && apart.contains(&place(trial));
        trials.iter().map(|trial| differs(trial) || of_pair(trial)).collect()
    };
    trials.into_iter().zip(stays).filter(|(_, stays)| *stays).map(|(trial, _)| trial).collect()
}

/// The trials as a table no wider than `width`: name, outcome, score, tokens, time, calls, money and flags. The model
/// stands in a name only where there are several.
pub fn trials(trials: &[TrialSummary], width: u16) -> String {
    let several = trials.iter().any(|trial| trial.model != trials[0].model);
    let columns = [
        words("trial", 0),
        words("outcome", 0),
        numbers("score", 0),
        numbers("tokens", 1),
        numbers("time", 2),
        numbers("calls", 4),
        numbers("$", 5),
        words("flags", 3),
    ];
    let rows = trials.iter().map(|trial| {
        let end = trial.end.as_ref();
        let name = format!("{}:{}:{}", trial.arm, trial.task, trial.attempt);
        vec![
            if several { format!("{}:{name}", trial.model) } else { name },
            end.map_or_else(|| "not ended".to_owned(), |end| end.outcome.clone()),
            trial.score.map_or_else(number::missing, |score| {
                format!("{score:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
            }),
            end.map_or_else(number::missing, |end| number::brief(end.tokens as f64)),
            number::seconds(end.map(|end| end.total_seconds)),
            end.map_or_else(number::missing, |end| end.calls.to_string()),
            number::usd(end.and_then(|end| end.usd)),
            wording::names(&trial.flags, " "),
        ]
    });
    table(&columns, rows.collect(), width) + "\n"
}
