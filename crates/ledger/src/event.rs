//! What happened: the ledger's events.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use vocabulary::{
    Arm, CallEnding, Contact, Deviation, Dialect, Digest, Flag, FlagName, Outcome, PauseScope, Program,
    Registration, Resource, Spent, StopReason, TrialId, Usage,
};

use crate::{
    looked_at::{Audited, Label, Regraded},
    preflight::Preflight,
    self_report::SelfReport,
};

/// One event. Written and synced before it is acted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A program took the run in hand (first line, and again at each resume).
    Opened {
        /// SHA-256 of the plan.
        plan: String,
        /// Number of planned trials.
        trials: usize,
        /// Process id.
        pid: u32,
        /// Host name.
        host: String,
        /// The program; of older ones, their version alone.
        program: Program,
        /// What the engine and host are: name → value.
        host_facts: BTreeMap<String, String>,
        /// SHA-256 of what each harness's `harness.toml` said, by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        harnesses: BTreeMap<String, String>,
        /// What agents are given: prompts, instructions, tools; `None` in ledgers of older programs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inputs: Option<Digest>,
        /// What this program was told in place of what the sweep says.
        #[serde(default, skip_serializing_if = "Overrides::is_empty")]
        overrides: Overrides,
    },
    /// A try of a trial began.
    Started {
        /// The trial.
        trial: TrialId,
        /// Which try, from 1.
        try_number: u32,
        /// Digest of the image it runs in.
        image: String,
    },
    /// A model call was let through; what it may cost at most is held.
    CallStarted {
        /// The trial.
        trial: TrialId,
        /// Which try, from 1.
        try_number: u32,
        /// Which call of this try, from 1.
        call: u32,
        /// Budget units held for it.
        held: f64,
    },
    /// A model call ended.
    Call(Box<CallRecord>),
    /// The workspace was captured because a call passed points of the plan's budget grid.
    Snapshot(Box<Snapshot>),
    /// A snapshot was graded, in a fresh container and after its trial had ended.
    SnapshotGraded(Box<SnapshotGrade>),
    /// The agent's part ended.
    Stopped {
        /// The trial.
        trial: TrialId,
        /// Which try, from 1.
        try_number: u32,
        /// Why: the outcome before grading; `None` when the agent said it was done.
        reason: Option<Outcome>,
        /// In words.
        detail: String,
        /// Wall time of the agent's part, in seconds.
        seconds: f64,
    },
    /// A try failed for reasons of ours or the provider's: another follows.
    Retried {
        /// The trial.
        trial: TrialId,
        /// Which try, from 1.
        try_number: u32,
        /// Why.
        outcome: Outcome,
        /// In words.
        detail: String,
        /// What it had spent.
        spent: Spent,
    },
    /// A try that was under way when the program ended is given up; the trial starts afresh.
    CutOff {
        /// The trial.
        trial: TrialId,
        /// Which try, from 1.
        try_number: u32,
        /// What it had spent, as far as its calls were recorded.
        spent: Spent,
    },
    /// A trial that had ended for reasons of ours or the provider's is run again, on the user's word. Its earlier
    /// end no longer counts; what it had spent stays on record.
    Reopened {
        /// The trial.
        trial: TrialId,
    },
    /// The trial's one terminal event.
    Ended(Box<TrialEnd>),
    /// What an arm's own shell tool sees of its container was compared with the baseline's, before any trial.
    Probed(Box<Probe>),
    /// A model was asked once, before anything else, and answered.
    Preflight(Box<Preflight>),
    /// No new try begins for now: the engine, or a model's provider, fails for everybody.
    Paused {
        /// What fails.
        scope: PauseScope,
        /// The outcome of the tries that failed last.
        outcome: Outcome,
        /// In words.
        detail: String,
    },
    /// It works again; tries that failed since [`Event::Paused`] use up no retry.
    Resumed {
        /// As in [`Event::Paused`].
        scope: PauseScope,
        /// Seconds of the pause.
        seconds: f64,
    },
    /// Trials of a model in an arm ended alike, for a reason that every further one would end of: no more are started by
    /// this program. Harness crashes are taken back ([`Event::Reopened`] follows for each), so that they are missing,
    /// never zeros.
    ArmStopped {
        /// Model id.
        model: String,
        /// The arm.
        arm: Arm,
        /// How they ended; a harness crash in ledgers of older programs.
        #[serde(default = "harness_crash")]
        outcome: Outcome,
        /// In words: the harness's end, or what the provider said.
        detail: String,
    },
    /// Something a reader must know.
    Flag {
        /// The trial, when it is about one.
        trial: Option<TrialId>,
        /// Its name.
        flag: FlagName,
        /// In words.
        detail: String,
    },
    /// What was registered before the first trial, now that it begins.
    Registered(Box<Registration>),
    /// Something was done otherwise than registered.
    Deviated(Deviation),
    /// A person has looked at a trial that had ended.
    Labelled(Label),
    /// The program left the run: all planned trials have ended, or it was told to stop.
    Closed {
        /// Why, in words.
        reason: String,
    },
}

impl Event {
    /// The trial it is about; `None` when it is about the run.
    pub fn trial(&self) -> Option<&TrialId> {
        match self {
            Self::Started { trial, .. }
            | Self::CallStarted { trial, .. }
            | Self::Stopped { trial, .. }
            | Self::Retried { trial, .. }
            | Self::CutOff { trial, .. }
            | Self::Reopened { trial } => Some(trial),
            Self::Call(call) => Some(&call.trial),
            Self::Snapshot(snapshot) => Some(&snapshot.trial),
            Self::SnapshotGraded(grade) => Some(&grade.trial),
            Self::Ended(end) => Some(&end.trial),
            Self::Labelled(label) => Some(&label.trial),
            Self::Flag { trial, .. } => trial.as_ref(),
            Self::Opened { .. }
            | Self::Probed(_)
            | Self::Preflight(_)
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::ArmStopped { .. }
            | Self::Registered(_)
            | Self::Deviated(_)
            | Self::Closed { .. } => None,
        }
    }
}

fn harness_crash() -> Outcome {
    Outcome::HarnessCrash
}

/// What a program was told in place of what the sweep says. It decides no result, and is no part of the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overrides {
    /// Trials at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Most the whole sweep may cost, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend_cap_usd: Option<f64>,
}

impl Overrides {
    /// Whether it was told nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The workspace at a point of the budget grid: as it stood when a call was settled that passed the point, before the
/// answer reached the agent. It is what would have been graded, had the budget been that point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The trial.
    pub trial: TrialId,
    /// Which try, from 1.
    pub try_number: u32,
    /// The call that passed the points.
    pub call: u32,
    /// Points of the grid passed by it, in budget units, ascending.
    pub points: Vec<f64>,
    /// Budget units settled before that call: what this workspace had cost.
    pub used: f64,
    /// The workspace: a tar archive, under the same digest wherever the same tree was collected; `None` when it could
    /// not be captured.
    pub workspace: Option<Digest>,
    /// Why it could not be captured; empty when it was.
    pub detail: String,
    /// Seconds for which every process of the container stood still; not counted against its wall time.
    pub paused_seconds: f64,
}

/// The verdict on a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotGrade {
    /// The trial.
    pub trial: TrialId,
    /// The try the snapshot was made in.
    pub try_number: u32,
    /// The workspace; holds for every snapshot of the try with this digest.
    pub workspace: Digest,
    /// Score from the verifier, 0 to 1; `None` when it could not be had, retries included.
    pub score: Option<f64>,
    /// All rewards the verifier wrote.
    pub rewards: BTreeMap<String, f64>,
    /// Why there is no score; empty when there is one.
    pub detail: String,
    /// Output of the verifier.
    pub verifier_output: Option<Digest>,
    /// Seconds of grading; 0 where the verdict on the same workspace was known already.
    pub seconds: f64,
}

/// An arm's probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Probe {
    /// The arm.
    pub arm: Arm,
    /// The task in whose image it was made.
    pub task: String,
    /// SHA-256 of all that decides what it sees: image, pack, harness, limits, program.
    pub key: String,
    /// Whether an earlier probe of the same key was used.
    pub cached: bool,
    /// Whether the harness has no shell tool, so that its container was looked at from outside.
    pub outside: bool,
    /// What was seen: `[name, value]` as JSON lines.
    pub seen: Digest,
    /// Differences from the baseline that are allowed, each with its reason.
    pub allowed: Vec<String>,
    /// Differences that are not.
    pub differences: Vec<String>,
}

/// One model call, as metered at the gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallRecord {
    /// The trial.
    pub trial: TrialId,
    /// Which try, from 1.
    pub try_number: u32,
    /// Which call of this try, from 1.
    pub call: u32,
    /// When it arrived, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Milliseconds until the first body byte was passed on; `None` when none was.
    pub first_byte_ms: Option<u64>,
    /// Milliseconds until its end.
    pub total_ms: u64,
    /// Dialect the client spoke.
    pub dialect: Dialect,
    /// Model the client asked for.
    pub model_asked: String,
    /// Model the provider says answered.
    pub model_served: Option<String>,
    /// What kind of call it is.
    pub kind: CallKind,
    /// What the kind was seen by.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// Whether it asked for another model than the one under test.
    #[serde(default)]
    pub other_model: bool,
    /// The call whose request this one repeats byte for byte, after its client had hung up: both are charged.
    #[serde(default)]
    pub replay_of: Option<u32>,
    /// How it was answered from a record; `None` when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Replayed>,
    /// HTTP status given to the client.
    pub status: u16,
    /// Content type given to the client; `None` when it got no head, and in records of older programs.
    #[serde(default)]
    pub content_type: Option<String>,
    /// How it ended.
    pub ending: CallEnding,
    /// Why it ended so, when not `ok`.
    pub detail: Option<String>,
    /// Tokens; `None` when nothing was used.
    pub usage: Option<Usage>,
    /// Whether some of `usage` is our estimate: the provider told none, or none that can be true.
    pub estimated: bool,
    /// Why it is, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// Budget units charged.
    pub charged: f64,
    /// US dollars, when the model has prices.
    pub usd: Option<f64>,
    /// Output limit sent, in tokens, when the gateway lowered it.
    pub clamped_to: Option<u64>,
    /// Why the model stopped.
    pub stop: Option<StopReason>,
    /// Names of the tools the answer called, in order.
    pub tool_calls: Vec<String>,
    /// SHA-256 of the system prompt.
    pub system_digest: String,
    /// SHA-256 of the tool definitions.
    pub tools_digest: String,
    /// Edits made to the request, and what was odd in the answer.
    pub edits: Vec<String>,
    /// What a translation could not carry.
    #[serde(default)]
    pub losses: Vec<Loss>,
    /// The request's body as it came.
    pub request: Option<Digest>,
    /// The response's body as it left.
    pub response: Option<Digest>,
    /// The provider's usage object as it came.
    pub raw_usage: Option<Value>,
    /// Whether a simulated model answered.
    pub simulated: bool,
}

/// How a call was answered from a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// The recorded call that answered it; `None` when it was refused.
    pub call: Option<u32>,
    /// Whether it is not the request that was recorded there.
    pub diverged: bool,
    /// How it differs from what was recorded there, normalised: a unified diff. `None` when it does not, or there was
    /// nothing to compare it with.
    pub diff: Option<Digest>,
}

/// What kind of call it is, by the evidence in its request.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CallKind {
    /// A turn of the main conversation.
    #[default]
    Main,
    /// A turn of a sub-agent's conversation.
    SubAgent,
    /// A summary that replaces the history.
    Compaction,
    /// A title for the session.
    Title,
    /// Another call beside the main conversation.
    Side,
}

impl CallKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Main, Self::SubAgent, Self::Compaction, Self::Title, Self::Side];

    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::SubAgent => "sub-agent",
            Self::Compaction => "compaction",
            Self::Title => "title",
            Self::Side => "side",
        }
    }
}

impl std::fmt::Display for CallKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that a translation between dialects could not carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// Where it stood, as `messages[2].content[0].citations`; in the answer, below `answer`.
    pub path: String,
    /// Why it was left behind.
    pub reason: String,
    /// Whether it can change the answer; else it is a label, a cache marker, routing.
    pub changes: bool,
}

/// A call's share of what its try spent: nothing where the request was none ([`Spent`] says what a call is).
impl std::ops::AddAssign<&CallRecord> for Spent {
    fn add_assign(&mut self, call: &CallRecord) {
        let Some(usage) = call.usage else { return };
        *self += Spent { calls: 1, usage, charged: call.charged, usd: call.usd.unwrap_or(0.0) };
    }
}

/// A trial's end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrialEnd {
    /// The trial.
    pub trial: TrialId,
    /// Which try this was, from 1.
    pub try_number: u32,
    /// How it ended: why the agent's part was cut short, else what the verifier found.
    pub outcome: Outcome,
    /// In words.
    pub detail: String,
    /// Score from the verifier, 0 to 1; `None` when the workspace could not be graded.
    pub score: Option<f64>,
    /// All rewards the verifier wrote.
    pub rewards: BTreeMap<String, f64>,
    /// What it spent.
    pub spent: Spent,
    /// Budget left when it stopped.
    pub unspent: f64,
    /// Seconds of the agent's part.
    pub agent_seconds: f64,
    /// Seconds of grading.
    pub grading_seconds: f64,
    /// Seconds of everything.
    pub total_seconds: f64,
    /// The workspace as collected: a tar archive.
    pub workspace: Option<Digest>,
    /// What the agent changed outside the collected trees: a path a line, behind `+`, `~` or `-`; `None` where nothing
    /// was, and in ledgers from before this was listed.
    #[serde(default)]
    pub changed_outside: Option<Digest>,
    /// The commands the agent ran, as JSON lines.
    pub commands: Option<Digest>,
    /// Output of the verifier.
    pub verifier_output: Option<Digest>,
    /// Output of the harness.
    pub harness_output: Option<Digest>,
    /// What the harness says it used; `None` where it says nothing, and in ledgers from before this was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_report: Option<SelfReport>,
    /// Names asked of the container's DNS in vain. Where the task lists hosts, they are among the contacts.
    pub dns_names: Vec<String>,
    /// Hosts that the trial's containers wanted to reach, where the task lists those that they may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// What the container was given and what it used.
    pub resources: BTreeMap<Resource, f64>,
    /// The work of each step that was graded once more; empty where nothing called for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regraded: Vec<Regraded>,
    /// What detectors found; `None` where none looked: in a try without a score, and in ledgers of older programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audited: Option<Audited>,
    /// Flags raised by this trial.
    #[serde(with = "vocabulary::flag::lines")]
    #[schemars(with = "Vec<String>")]
    pub flags: Vec<Flag>,
}
