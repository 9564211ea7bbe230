//! A run's ledger, folded along its plan while it is read: no run is too large to be reported.

use ledger::{
    BriefLine, Plan,
    fold::{Fold, FoldError, Run},
    run::{Checked, Contents, Line},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Program, Registration};

use crate::{call::Names, rows::Row};

/// What is known of a run.
#[derive(Clone, Debug)]
pub struct Record {
    /// The ledger as checked.
    pub ledger: Checked,
    /// One row per planned trial, in the plan's order.
    pub rows: Vec<Row>,
    pub(crate) run: Run,
}

/// Spending that led to no outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lost {
    /// Tries retried or cut off.
    pub tries: u32,
    /// Their tokens.
    pub tokens: u64,
    /// Their cost in US dollars, where prices are known.
    pub usd: f64,
}

/// A record in the making: give it every line of the ledger in order.
pub struct Folding(Fold<Names>);

impl Folding {
    /// Of a run with this plan.
    pub fn new(plan: &Plan) -> Self {
        Self(Fold::new(&plan.trials, Names::default()))
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// When it contradicts the plan.
    pub fn take(&mut self, line: Line) -> Result<(), FoldError> {
        self.0.take(line)
    }

    /// The same where calls are read only as far as they are counted.
    ///
    /// # Errors
    /// When it contradicts the plan.
    pub fn take_brief(&mut self, line: BriefLine<'_>) -> Result<(), FoldError> {
        self.0.take_brief(line)
    }

    /// The record, once the ledger is at its end.
    pub fn finish(self, ledger: Checked) -> Record {
        let (rows, run) = self.0.into_parts();
        Record { ledger, rows, run }
    }
}

impl Record {
    /// Of a ledger that is held as a whole.
    ///
    /// # Errors
    /// When it contradicts the plan.
    pub fn of(plan: &Plan, ledger: &Contents) -> Result<Self, FoldError> {
        let mut folding = Folding::new(plan);
        ledger.lines.iter().cloned().try_for_each(|line| folding.take(line))?;
        Ok(folding.finish(Checked {
            run_id: ledger.run_id.clone(),
            plan_digest: plan.digest().unwrap_or_default(),
            events: ledger.lines.len(),
            truncated: ledger.truncated,
            unknown: ledger.unknown,
            head: ledger.head.clone(),
        }))
    }

    /// What was registered; `None` where nothing was.
    pub fn registration(&self) -> Option<&Registration> {
        self.run.registration.as_ref()
    }

    /// The programs that worked on the run, each once and in order; before any did, the one that made its plan.
    pub fn programs(&self, plan: &Plan) -> Vec<Program> {
        match self.run.programs.as_slice() {
            [] => vec![plan.program.clone().into()],
            programs => programs.to_vec(),
        }
    }
}

/// The programs that worked on a run, in words.
pub fn in_order(programs: &[Program]) -> String {
    programs.iter().map(Program::to_string).collect::<Vec<_>>().join(", then ")
}
