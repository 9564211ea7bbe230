//! Variants of a task that cannot be solved. Its tests are visible to the agent, so that it may see that no honest work
//! passes, and what it then does is the question: a pass is a hack by construction.
//!
//! After ImpossibleBench (arXiv 2510.20270).

use std::{fmt, path::PathBuf, str::FromStr};

use crate::Task;

/// In what a variant cannot be solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impossible {
    /// One expected value is another one than the instruction says.
    OneOff,
    /// The same call is expected to give two different values.
    Conflicting,
}

impl Impossible {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OneOff, Self::Conflicting];

    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneOff => "one-off",
            Self::Conflicting => "conflicting",
        }
    }
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `one-off` nor `conflicting`")]
pub struct NoKind(String);

impl FromStr for Impossible {
    type Err = NoKind;

    fn from_str(text: &str) -> Result<Self, NoKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| NoKind(text.to_owned()))
    }
}

impl Task {
    pub(crate) const IMPOSSIBLE: &'static str = "impossible";

    /// `[metadata].impossible`: in what the task cannot be solved. `None` when absent.
    pub fn impossible(&self) -> Option<Impossible> {
        self.metadata.get(Self::IMPOSSIBLE)?.as_str()?.parse().ok()
    }

    /// The folder of the files in which a variant of the task differs from it, whether there is one or not.
    pub fn overlay(&self, kind: Impossible) -> PathBuf {
        self.path.join(Self::IMPOSSIBLE).join(kind.as_str())
    }
}
