//! A run's ledger, folded along its plan while it is read: no run is too large to be reported.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{
    Event, Plan,
    run::{Checked, Contents, Line},
};
use spec::Arm;

use vocabulary::Flag;

use crate::rows::{Row, RowError, Rows};

/// What is known of a run.
#[derive(Clone, Debug)]
pub struct Record {
    /// The ledger as checked.
    pub ledger: Checked,
    /// One row per planned trial, in the plan's order.
    pub rows: Vec<Row>,
    pub(crate) run: RunEvents,
}

/// Events about the run as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunEvents {
    pub(crate) flags: Vec<Flag>,
    /// Arms stopped for a crash of their harness: model, arm, what it crashed of.
    pub(crate) stopped: Vec<(String, Arm, String)>,
    /// Digest of each harness's declaration when it was first used.
    harnesses: BTreeMap<String, String>,
    /// Harnesses that were not declared alike each time a program took the run in hand.
    pub(crate) changed_harnesses: BTreeSet<String>,
}

/// A record in the making: give it every line of the ledger in order.
pub struct Folding<'p> {
    rows: Rows<'p>,
    run: RunEvents,
}

impl<'p> Folding<'p> {
    /// Of a run with this plan.
    pub fn new(plan: &'p Plan) -> Self {
        Self { rows: Rows::new(plan), run: RunEvents::default() }
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// When it contradicts the plan.
    pub fn take(&mut self, line: Line) -> Result<(), RowError> {
        if line.event.trial().is_some() {
            return self.rows.take(line);
        }
        self.run.take(line.event);
        Ok(())
    }

    /// The record, once the ledger is at its end.
    pub fn finish(self, ledger: Checked) -> Record {
        Record { ledger, rows: self.rows.finish(), run: self.run }
    }
}

impl Record {
    /// Of a ledger that is held as a whole.
    ///
    /// # Errors
    /// When it contradicts the plan.
    pub fn of(plan: &Plan, ledger: &Contents) -> Result<Self, RowError> {
        let mut folding = Folding::new(plan);
        for line in &ledger.lines {
            folding.take(line.clone())?;
        }
        Ok(folding.finish(Checked {
            run_id: ledger.run_id.clone(),
            plan_digest: plan.digest().unwrap_or_default(),
            events: ledger.lines.len(),
            truncated: ledger.truncated,
            unknown: ledger.unknown,
            head: ledger.head.clone(),
        }))
    }
}

impl RunEvents {
    fn take(&mut self, event: Event) {
        match event {
            Event::Opened { harnesses, .. } => {
                for (name, digest) in harnesses {
                    let first = self.harnesses.entry(name.clone()).or_insert_with(|| digest.clone());
                    if *first != digest {
                        self.changed_harnesses.insert(name);
                    }
                }
            }
            Event::Flag { flag, detail, .. } => self.flags.push(Flag::new(flag, detail)),
            Event::ArmStopped { model, arm, detail } => self.stopped.push((model, arm, detail)),
            _ => {}
        }
    }
}
