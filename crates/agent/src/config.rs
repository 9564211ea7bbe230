//! What one trial of the bare loop is given.

use std::time::Duration;

use tokio::time::Instant;

/// What one trial of the bare loop is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The model asked for.
    pub model: String,
    /// The system prompt: the generic text, or the model's own.
    pub system: String,
    /// The task's instruction.
    pub instruction: String,
    /// The task's working directory, absolute.
    pub workdir: String,
    /// How commands come out of the model.
    pub profile: Profile,
    /// What the model is told of its budget.
    pub announcement: Announcement,
    /// Most answers.
    pub turns: u32,
    /// When the wall time is over.
    pub deadline: Instant,
    /// Longest a command may run.
    pub command_limit: Duration,
    /// Longest output shown whole, in characters; of longer ones, half as many of the head and of the tail.
    pub output_chars: usize,
    /// The context window, in tokens.
    pub context: u64,
    /// Longest answer, in tokens.
    pub max_output: u64,
}

/// How commands come out of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Calls of one `bash` tool.
    Native,
    /// One fenced block in the text, for models without tool calls.
    Text,
}

/// What the model is told of its budget.
#[derive(Clone, Debug, PartialEq)]
pub enum Announcement {
    /// Nothing.
    None,
    /// The total, in the first message.
    Start(Allowance),
    /// The total in the first message, used and total with every observation.
    EveryTurn(Allowance),
}

/// A budget, as it is announced.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowance {
    /// Budget of the whole trial, in `unit`.
    pub total: f64,
    /// The meter's unit, as `tokens` or `US dollars`.
    pub unit: String,
}
