//! Scores by model, arm and task: what every comparison starts from.

use std::collections::{BTreeMap, BTreeSet};

use vocabulary::{Arm, Outcome};

use crate::Row;

/// One score per planned attempt, in their order; `None` is missing.
pub(crate) type ByTask<'a> = BTreeMap<&'a str, Vec<Option<f64>>>;

/// The scores of a run. A task found invalid in one trial is void, and left out for every model and arm.
pub(crate) struct Scores<'a> {
    cells: BTreeMap<(&'a str, &'a Arm), ByTask<'a>>,
    nothing: ByTask<'a>,
}

impl<'a> Scores<'a> {
    /// As the primary analysis counts them.
    pub(crate) fn new(rows: &'a [Row]) -> Self {
        Self::counted(rows, Row::score)
    }

    pub(crate) fn counted(rows: &'a [Row], score: impl Fn(&Row) -> Option<f64>) -> Self {
        let void = void(rows);
        let mut counted: Vec<&Row> =
            rows.iter().filter(|row| !void.contains(row.planned.task.as_str())).collect();
        counted.sort_by_key(|row| row.planned.attempt);
        let mut cells: BTreeMap<(&str, &Arm), ByTask<'_>> = BTreeMap::new();
        for row in counted {
            let planned = &row.planned;
            let tasks = cells.entry((&planned.model, &planned.arm)).or_default();
            tasks.entry(&planned.task).or_default().push(score(row));
        }
        Self { cells, nothing: BTreeMap::new() }
    }

    /// Of one model in one arm.
    pub(crate) fn of<'s>(&'s self, model: &'s str, arm: &'s Arm) -> &'s ByTask<'s> {
        self.cells.get(&(model, arm)).unwrap_or(&self.nothing)
    }
}

/// Tasks that a trial found invalid.
pub(crate) fn void(rows: &[Row]) -> BTreeSet<&str> {
    let invalid = |row: &&Row| row.end.as_ref().is_some_and(|end| end.outcome == Outcome::TaskInvalid);
    rows.iter().filter(invalid).map(|row| row.planned.task.as_str()).collect()
}
