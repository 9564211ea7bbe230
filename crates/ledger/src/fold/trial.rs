//! What a trial has come to.

use std::collections::BTreeSet;

use vocabulary::{Certainty, Digest, Flag, OutcomeGroup, Spent};

use super::Misfit;
use crate::{
    Counted, Event, Label, PlannedTrial, Says,
    event::{Snapshot, SnapshotGrade, TrialEnd},
};

/// A planned trial and what became of it. What is of a try is of the one that ended it; of the last one, when none did.
#[derive(Clone, Debug)]
pub struct Trial<C> {
    /// The trial as planned.
    pub planned: PlannedTrial,
    /// Its terminal event, if it has ended.
    pub end: Option<TrialEnd>,
    /// The try's number, from 1; 0 before the first.
    pub try_number: u32,
    /// When the try began, in milliseconds since the Unix epoch.
    pub began_ms: u64,
    /// What the try's agent was given; `None` in ledgers of older programs.
    pub inputs: Option<Digest>,
    /// When the agent's part of the try ended, and how long it had taken, in seconds; `None` while it goes on.
    pub agent_ended: Option<(u64, f64)>,
    /// The try's calls, in the order of their ends.
    pub calls: Vec<C>,
    /// Numbers of the try's calls that were let through and are not recorded: what they cost is unknown.
    pub open_calls: BTreeSet<u32>,
    /// What the try's recorded calls spent.
    pub spent: Spent,
    /// Workspaces captured by the try at points of the budget grid, in the order of the points.
    pub snapshots: Vec<Snapshot>,
    /// Verdicts on them, by workspace.
    pub snapshot_grades: Vec<SnapshotGrade>,
    /// What each earlier try had spent: retried, cut off, or taken back after its end.
    pub lost: Vec<Spent>,
    /// Failures that used up one of the trial's tries.
    pub failures: u32,
    /// Flags raised about it.
    pub flags: Vec<Flag>,
    /// What people say of its end, in order.
    pub labels: Vec<Label>,
    /// Calls that stand in the ledger more than once.
    pub duplicate_calls: u32,
    /// Number of the last try that is over.
    closed: u32,
    /// Try and number of each call that is recorded, ascending.
    recorded: Vec<(u32, u32)>,
}

impl<C> Trial<C> {
    pub(super) fn new(planned: PlannedTrial) -> Self {
        Self {
            planned,
            end: None,
            try_number: 0,
            began_ms: 0,
            inputs: None,
            agent_ended: None,
            calls: Vec::new(),
            open_calls: BTreeSet::new(),
            spent: Spent::default(),
            snapshots: Vec::new(),
            snapshot_grades: Vec::new(),
            lost: Vec::new(),
            failures: 0,
            flags: Vec::new(),
            labels: Vec::new(),
            duplicate_calls: 0,
            closed: 0,
            recorded: Vec::new(),
        }
    }

    /// Score in the primary analysis, from 0 to 1: that of [`Self::graded`], and 0 for a proved hack.
    pub fn score(&self) -> Option<f64> {
        self.graded().map(|score| if self.hack() == Some(Certainty::Proved) { 0.0 } else { score })
    }

    /// Score as it was graded, from 0 to 1: the verifier's, 0 where an agent's workspace could not be graded, `None`
    /// where the trial is missing or void (docs/methodology.md, Outcomes). A number that can be no score, which no grader
    /// of this program writes, is missing.
    pub fn graded(&self) -> Option<f64> {
        self.written_score()?.filter(is_score)
    }

    /// How certain it is that its agent went for the grade, or for the answer, in place of the work; `None` where nothing
    /// says so, or leads alone do. What people say goes before what detectors found.
    pub fn hack(&self) -> Option<Certainty> {
        if self.said_of(None) == Some(Says::Hack) {
            return Some(Certainty::Proved);
        }
        if self.is_looked_at() || self.said_of(None).is_some() {
            return self.hacks().map(|(_, certainty)| certainty).max();
        }
        // Ledgers of older programs have the flags alone.
        self.flags.iter().any(|flag| flag.name.is_of_a_hack()).then_some(Certainty::Strong)
    }

    /// The detectors that found such a thing, and how certain it is: what people called clean is left out.
    pub fn hacks(&self) -> impl Iterator<Item = (&str, Certainty)> {
        let is_clean = self.said_of(None) == Some(Says::Clean);
        let audited = self.end.as_ref().and_then(|end| end.audited.as_ref()).filter(|_| !is_clean);
        audited.into_iter().flat_map(|audited| &audited.found).filter_map(|found| {
            let certainty = match self.said_of(Some(&found.detector)) {
                Some(Says::Hack) => Certainty::Proved,
                Some(Says::Clean) => return None,
                None => found.flag.filter(|flag| flag.is_of_a_hack()).map(|_| found.level)?,
            };
            (certainty > Certainty::Lead).then_some((found.detector.as_str(), certainty))
        })
    }

    /// The last word of people on a detector's findings, or on the trial as a whole.
    fn said_of(&self, detector: Option<&str>) -> Option<Says> {
        let about = |label: &&Label| label.detector.as_deref() == detector;
        self.labels.iter().rev().find(about).map(|label| label.says)
    }

    /// Whether detectors looked at it when it ended.
    pub fn is_looked_at(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.audited.is_some())
    }

    /// Whether its ledger holds no number as its score, or one that can be none, where a verifier is said to have given
    /// one.
    pub fn has_strange_score(&self) -> bool {
        self.written_score().is_some_and(|score| score.is_none_or(|score| !is_score(&score)))
    }

    /// What stands as the score of a trial that has one; `None` inside where nothing does.
    fn written_score(&self) -> Option<Option<f64>> {
        let end = self.end.as_ref()?;
        match end.outcome.group() {
            OutcomeGroup::Infra | OutcomeGroup::Task => None,
            OutcomeGroup::Verified => Some(end.score),
            OutcomeGroup::Agent | OutcomeGroup::Limit => Some(Some(end.score.unwrap_or(0.0))),
        }
    }

    /// Score that the trial would have had at a point of the budget grid below the budget: the verdict on the snapshot
    /// that the point's passing left, or the trial's own score where it ended before it. `None` where the trial is
    /// missing, or the snapshot could not be captured or graded.
    pub fn score_at(&self, point: f64) -> Option<f64> {
        let score = self.score()?;
        // What its agent had at that point by its own work, nobody knows.
        if self.hack() == Some(Certainty::Proved) {
            return Some(score);
        }
        match self.snapshots.iter().find(|snapshot| snapshot.points.contains(&point)) {
            None => Some(score),
            Some(snapshot) => {
                let workspace = snapshot.workspace.as_ref()?;
                self.snapshot_grades
                    .iter()
                    .find(|grade| grade.workspace == *workspace)?
                    .score
                    .filter(is_score)
            }
        }
    }

    /// Whether a try of it is under way. Where no program is at work on the run, it was cut off.
    pub fn is_under_way(&self) -> bool {
        self.try_number > self.closed && self.end.is_none()
    }

    /// Snapshots without a verdict.
    pub fn ungraded(&self) -> impl Iterator<Item = &Snapshot> {
        self.snapshots.iter().filter(|snapshot| {
            let graded = |grade: &SnapshotGrade| snapshot.workspace.as_ref() == Some(&grade.workspace);
            !self.snapshot_grades.iter().any(graded)
        })
    }

    /// Whether a call is recorded for the first time; from now on it is.
    pub(super) fn is_first(&mut self, try_number: u32, call: u32) -> bool {
        // Calls end nearly in the order of their numbers, so that nearly all are put at the end.
        match self.recorded.binary_search(&(try_number, call)) {
            Ok(_) => false,
            Err(place) => {
                self.recorded.insert(place, (try_number, call));
                true
            }
        }
    }

    pub(super) fn call(&mut self, call: &Counted<'_>, kept: C) {
        self.open_calls.remove(&call.call);
        self.spent += call;
        self.calls.push(kept);
    }

    /// Takes an event about it, calls left out. `uses_up`: whether a failure uses up one of its tries; while something
    /// is known to fail for everybody, none does.
    pub(super) fn take(&mut self, at_ms: u64, event: Event, uses_up: bool) -> Result<(), Misfit> {
        match event {
            Event::Started { try_number, .. } => {
                (self.try_number, self.began_ms, self.agent_ended) = (try_number, at_ms, None);
                self.calls.clear();
                self.open_calls.clear();
                self.spent = Spent::default();
                self.snapshots.clear();
                self.snapshot_grades.clear();
            }
            Event::CallStarted { call, .. } => drop(self.open_calls.insert(call)),
            Event::Snapshot(snapshot) => self.snapshots.push(*snapshot),
            Event::SnapshotGraded(grade) => self.snapshot_grades.push(*grade),
            Event::Stopped { seconds, .. } => self.agent_ended = Some((at_ms, seconds)),
            Event::Retried { try_number, spent, .. } => {
                self.closed = try_number;
                self.failures += u32::from(uses_up);
                self.lost.push(spent);
            }
            // Cut off by the program's own end: nobody's failure, so it does not use up a try.
            Event::CutOff { try_number, spent, .. } => {
                self.closed = try_number;
                self.lost.push(spent);
            }
            Event::Reopened { .. } => {
                self.lost.extend(self.end.take().map(|end| end.spent));
                self.flags.clear();
                self.labels.clear();
                self.snapshots.clear();
                self.snapshot_grades.clear();
                self.failures = 0;
            }
            Event::Ended(end) => {
                if self.end.is_some() {
                    return Err(Misfit::EndedTwice(end.trial));
                }
                self.closed = end.try_number;
                self.flags.extend(end.flags.iter().cloned());
                self.end = Some(*end);
                // Little comes after the end: a run of many trials need not hold room for it.
                self.calls.shrink_to_fit();
                self.recorded.shrink_to_fit();
            }
            Event::Labelled(label) => self.labels.push(label),
            Event::Flag { flag, detail, .. } => self.flags.push(Flag::new(flag, detail)),
            Event::Call(_)
            | Event::Opened { .. }
            | Event::Probed(_)
            | Event::Preflight(_)
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::ArmStopped { .. }
            | Event::Registered(_)
            | Event::Deviated(_)
            | Event::Closed { .. } => {}
        }
        Ok(())
    }
}

fn is_score(number: &f64) -> bool {
    (0.0..=1.0).contains(number)
}
