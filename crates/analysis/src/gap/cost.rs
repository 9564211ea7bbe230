//! What a gap costs.

use std::collections::BTreeMap;

use ledger::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use vocabulary::Arm;

use crate::{
    Row, Scores,
    arm::{self, mean},
    rows::is_priced,
};

/// Cost of the arm against the baseline's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trade {
    /// US dollars a trial costs more in the arm, mean over tasks.
    pub usd: f64,
    /// US dollars a solved task must be worth for the arm to pay; not positive where it costs less and solves more,
    /// `None` where it does not solve more.
    pub break_even: Option<f64>,
}

/// Cost against success, over tasks that ended in both arms; `None` where no call has a price.
pub(super) fn trade(plan: &Plan, rows: &[Row], scores: &Scores<'_>, model: &str, arm: &Arm) -> Option<Trade> {
    let baseline = &plan.sweep.baseline;
    let (there, here) = (costs(rows, model, baseline), costs(rows, model, arm));
    let success = |scores: &Vec<Option<f64>>| mean(scores.iter().map(|score| score.unwrap_or(0.0)));
    let other = scores.of(model, arm);
    let tasks: Vec<stats::Trade> = scores
        .of(model, baseline)
        .iter()
        .filter_map(|(task, scores)| {
            Some(stats::Trade {
                success: success(other.get(task)?)? - success(scores)?,
                cost: mean(here.get(task)?.iter().copied())? - mean(there.get(task)?.iter().copied())?,
            })
        })
        .collect();
    let usd = mean(tasks.iter().map(|task| task.cost))?;
    Some(Trade { usd, break_even: stats::break_even(&tasks) })
}

/// US dollars of each ended trial, by task; nothing where no call of the arm has a price.
fn costs<'a>(rows: &'a [Row], model: &'a str, arm: &'a Arm) -> BTreeMap<&'a str, Vec<f64>> {
    let mut costs: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in arm::of(rows, model, arm).filter(|row| is_priced(row)) {
        if let Some(end) = &row.end {
            costs.entry(&row.planned.task).or_default().push(end.spent.usd);
        }
    }
    costs
}
