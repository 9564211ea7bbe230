//! The closed list of outcomes, and what each means for score and retry (docs/methodology.md, Outcomes).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a trial ended. Classification is a look-up by code, never a decision after seeing a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// The verifier accepted the workspace.
    Pass,
    /// The verifier refused the workspace.
    Fail,
    /// The harness died, or called no model, or offered none of the tools that it has.
    HarnessCrash,
    /// The model was offered tools, and answered in words alone.
    NoToolCall,
    /// The model called tools, and no call could be read: the tool was none that it was offered, or its arguments were no
    /// JSON object.
    Malformed,
    /// The model or its provider refused.
    Refusal,
    /// The conversation no longer fitted the model's window.
    ContextOverflow,
    /// The container ran out of its memory.
    CgroupOom,
    /// The container ran out of its disk.
    CgroupDisk,
    /// The agent killed what it ran in.
    SelfKill,
    /// The budget was spent.
    Budget,
    /// The wall time was over.
    Wall,
    /// The turns were used up.
    Turns,
    /// The engine failed.
    #[serde(alias = "DOCKER")]
    Engine,
    /// The container's guest was lost, or did not do what it must.
    GuestLost,
    /// An image could not be had.
    ImagePull,
    /// The host ran out of disk.
    HostDisk,
    /// The provider failed, retries included.
    #[serde(rename = "PROVIDER_5XX")]
    Provider5xx,
    /// The provider kept limiting the rate, retries included.
    #[serde(rename = "PROVIDER_429")]
    Provider429,
    /// The provider refused the key.
    ProviderAuth,
    /// The provider refused a request for its form, and the form was not the agent's: the trial's first, or one that this
    /// program wrote or translated.
    #[serde(rename = "PROVIDER_400")]
    Provider400,
    /// The verifier failed.
    VerifierCrash,
    /// A replayed trial asked for what its record does not hold.
    CassetteDiverged,
    /// Our own fault.
    OrchBug,
    /// The task's own `setup.sh` or health check failed, retries included.
    TaskSetup,
    /// The task itself is broken: void for every model and arm.
    TaskInvalid,
}

/// What an outcome counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeGroup {
    /// The verifier's word.
    Verified,
    /// The agent's failure: the workspace is graded if it can be read, else 0.
    Agent,
    /// A limit: the workspace is graded as it stood.
    Limit,
    /// Ours or the provider's: missing, after retries.
    Infra,
    /// The task's: missing, or void where the task is invalid.
    Task,
}

impl OutcomeGroup {
    /// The name, as `agent`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Agent => "agent",
            Self::Limit => "limit",
            Self::Infra => "infra",
            Self::Task => "task",
        }
    }
}

impl OutcomeGroup {
    /// What a trial of the group scores, in words.
    pub fn score(self) -> &'static str {
        match self {
            Self::Verified => "the verifier's",
            Self::Agent => "the workspace's if it can be graded, else 0",
            Self::Limit => "the workspace's, as it stood",
            Self::Infra => {
                "missing, after three retries. `CASSETTE_DIVERGED` and `PROVIDER_400` are not retried. A verdict that is not to be had \
                 is asked for again on the same work, and only then by another try"
            }
            Self::Task => {
                "`TASK_INVALID`: void for every model and arm. `TASK_SETUP`, a failing `setup.sh` or health check: \
                 missing, after three retries"
            }
        }
    }
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 26] = [
        Self::Pass,
        Self::Fail,
        Self::HarnessCrash,
        Self::NoToolCall,
        Self::Malformed,
        Self::Refusal,
        Self::ContextOverflow,
        Self::CgroupOom,
        Self::CgroupDisk,
        Self::SelfKill,
        Self::Budget,
        Self::Wall,
        Self::Turns,
        Self::Engine,
        Self::GuestLost,
        Self::ImagePull,
        Self::HostDisk,
        Self::Provider5xx,
        Self::Provider429,
        Self::ProviderAuth,
        Self::Provider400,
        Self::VerifierCrash,
        Self::CassetteDiverged,
        Self::OrchBug,
        Self::TaskSetup,
        Self::TaskInvalid,
    ];

    /// Most tries of one trial, the first included.
    pub const TRIES: u32 = 4;

    /// The group that decides score and retry.
    pub fn group(self) -> OutcomeGroup {
        match self {
            Self::Pass | Self::Fail => OutcomeGroup::Verified,
            Self::HarnessCrash
            | Self::NoToolCall
            | Self::Malformed
            | Self::Refusal
            | Self::ContextOverflow
            | Self::CgroupOom
            | Self::CgroupDisk
            | Self::SelfKill => OutcomeGroup::Agent,
            Self::Budget | Self::Wall | Self::Turns => OutcomeGroup::Limit,
            Self::Engine
            | Self::GuestLost
            | Self::ImagePull
            | Self::HostDisk
            | Self::Provider5xx
            | Self::Provider429
            | Self::ProviderAuth
            | Self::Provider400
            | Self::VerifierCrash
            | Self::CassetteDiverged
            | Self::OrchBug => OutcomeGroup::Infra,
            Self::TaskSetup | Self::TaskInvalid => OutcomeGroup::Task,
        }
    }

    /// Whether a fresh try may follow: infra outcomes are retried, and a task's failing set-up, which may have had a
    /// busy machine.
    pub fn is_retried(self) -> bool {
        match self {
            // The same record gives the same answers again, and the same request is refused again.
            Self::CassetteDiverged | Self::Provider400 => false,
            Self::TaskSetup => true,
            _ => self.group() == OutcomeGroup::Infra,
        }
    }

    /// The code, as `CGROUP_OOM`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::HarnessCrash => "HARNESS_CRASH",
            Self::NoToolCall => "NO_TOOL_CALL",
            Self::Malformed => "MALFORMED",
            Self::Refusal => "REFUSAL",
            Self::ContextOverflow => "CONTEXT_OVERFLOW",
            Self::CgroupOom => "CGROUP_OOM",
            Self::CgroupDisk => "CGROUP_DISK",
            Self::SelfKill => "SELF_KILL",
            Self::Budget => "BUDGET",
            Self::Wall => "WALL",
            Self::Turns => "TURNS",
            Self::Engine => "ENGINE",
            Self::GuestLost => "GUEST_LOST",
            Self::ImagePull => "IMAGE_PULL",
            Self::HostDisk => "HOST_DISK",
            Self::Provider5xx => "PROVIDER_5XX",
            Self::Provider429 => "PROVIDER_429",
            Self::ProviderAuth => "PROVIDER_AUTH",
            Self::Provider400 => "PROVIDER_400",
            Self::VerifierCrash => "VERIFIER_CRASH",
            Self::CassetteDiverged => "CASSETTE_DIVERGED",
            Self::OrchBug => "ORCH_BUG",
            Self::TaskSetup => "TASK_SETUP",
            Self::TaskInvalid => "TASK_INVALID",
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_ledgers_stay_readable() {
        let read: Outcome = serde_json::from_value("DOCKER".into()).unwrap();
        assert_eq!(read, Outcome::Engine);
    }

    #[test]
    fn the_code_is_what_is_serialized() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.code());
        }
    }
}
