//! How a run as a whole stands.

use std::collections::{BTreeMap, BTreeSet};

use vocabulary::{Arm, Deviation, Digest, Flag, Outcome, PauseScope, Program, Registration};

use crate::Event;

/// What the events about a run as a whole say.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Flags raised about it.
    pub flags: Vec<Flag>,
    /// Arms that were stopped.
    pub stopped_arms: Vec<StoppedArm>,
    /// The programs that took it in hand, each once and in order.
    pub programs: Vec<Program>,
    /// Harnesses that were not declared alike each time a program took the run in hand.
    pub changed_harnesses: BTreeSet<String>,
    /// What fails for everybody, so that nothing new begins.
    pub paused: BTreeSet<PauseScope>,
    /// US dollars spent by all calls, every try and what preceded them included; `None` where no call has a price.
    pub usd: Option<f64>,
    /// When the first event was written, in milliseconds since the Unix epoch; `None` before it.
    pub first_event_ms: Option<u64>,
    /// When the last event was written.
    pub last_event_ms: Option<u64>,
    /// Whether the program that was at work on it has left it.
    pub closed: bool,
    /// What was registered; `None` where nothing was.
    pub registration: Option<Registration>,
    /// Whether that was after the first trial had begun.
    pub registered_late: bool,
    /// What was done otherwise than registered.
    pub deviations: Vec<Deviation>,
    /// Whether a trial has begun.
    began: bool,
    /// What agents are given that begin now.
    pub(super) inputs: Option<Digest>,
    /// Digest of each harness's declaration when it was first used.
    harnesses: BTreeMap<String, String>,
}

/// An arm of which no more trials are started, since they end alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedArm {
    /// Model id.
    pub model: String,
    /// The arm.
    pub arm: Arm,
    /// How they ended.
    pub outcome: Outcome,
    /// The same in words.
    pub detail: String,
}

impl Run {
    pub(super) fn take(&mut self, at_ms: u64, event: &Event) {
        // What people say of a run may be years younger than it.
        if !matches!(event, Event::Labelled(_) | Event::Deviated(_)) {
            self.at(at_ms);
        }
        match event {
            Event::Opened { harnesses, inputs, program, .. } => {
                self.inputs.clone_from(inputs);
                if !self.programs.contains(program) {
                    self.programs.push(program.clone());
                }
                self.closed = false;
                self.paused.clear();
                for (name, digest) in harnesses {
                    if self.harnesses.entry(name.clone()).or_insert_with(|| digest.clone()) != digest {
                        self.changed_harnesses.insert(name.clone());
                    }
                }
            }
            Event::Registered(registration) => {
                // The first word counts.
                if self.registration.is_none() {
                    (self.registration, self.registered_late) = (Some((**registration).clone()), self.began);
                }
            }
            Event::Deviated(deviation) => self.deviations.push(deviation.clone()),
            Event::Started { .. } => self.began = true,
            Event::Closed { .. } => self.closed = true,
            Event::Paused { scope, .. } => drop(self.paused.insert(scope.clone())),
            Event::Resumed { scope, .. } => drop(self.paused.remove(scope)),
            Event::ArmStopped { model, arm, outcome, detail } => {
                let (model, arm, detail) = (model.clone(), arm.clone(), detail.clone());
                self.stopped_arms.push(StoppedArm { model, arm, outcome: *outcome, detail });
            }
            Event::Flag { trial: None, flag, detail } => self.flags.push(Flag::new(*flag, detail)),
            Event::CallStarted { .. }
            | Event::Call(_)
            | Event::Snapshot(_)
            | Event::SnapshotGraded(_)
            | Event::Stopped { .. }
            | Event::Retried { .. }
            | Event::CutOff { .. }
            | Event::Reopened { .. }
            | Event::Ended(_)
            | Event::Labelled(_)
            | Event::Probed(_)
            | Event::Flag { trial: Some(_), .. } => {}
            Event::Preflight(preflight) => self.spend(preflight.usd),
        }
    }

    /// When an event was written.
    pub(super) fn at(&mut self, at_ms: u64) {
        self.first_event_ms.get_or_insert(at_ms);
        self.last_event_ms = Some(at_ms);
    }

    /// US dollars of a call, or of what preceded the calls.
    pub(super) fn spend(&mut self, usd: Option<f64>) {
        if let Some(usd) = usd {
            *self.usd.get_or_insert(0.0) += usd;
        }
    }
}
