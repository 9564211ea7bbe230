//! The program's exit codes: what `--help` and the README say of them is made here.

use std::process::{ExitCode, Termination};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked for is done.
    Done,
    /// It failed, or what was looked at is not as it should be.
    Failed,
    /// A file or an argument is wrong.
    BadInput,
    /// The container engine cannot be used.
    NoEngine,
    /// The runs compared do not tell.
    CannotTell,
    /// Of `overhang verify`: the signature does not hold.
    Signature,
    /// Of `overhang verify`: the run is not whole, or not the one of the card.
    Consistency,
    /// Of `overhang verify`: the card does not follow from the run.
    Derivation,
    /// Of `overhang verify`: a body is not what the ledger says.
    Bodies,
    /// It was stopped by Ctrl-C or by the system.
    Interrupted,
    /// A shell that a person worked in ended with this code.
    Shell(u8),
}

impl Exit {
    /// Those that mean the same for every command.
    const ALL: [(Self, &str); 6] = [
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::BadInput, "bad input"),
        (Self::NoEngine, "no usable container engine"),
        (Self::CannotTell, "cannot tell (`--fail-on`, `--strict`)"),
        (Self::Interrupted, "interrupted"),
    ];

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::BadInput => 2,
            Self::NoEngine => 3,
            Self::CannotTell => 4,
            Self::Signature => 5,
            Self::Consistency => 6,
            Self::Derivation => 7,
            Self::Bodies => 8,
            Self::Interrupted => 130,
            Self::Shell(code) => code,
        }
    }

    /// All codes with their meaning, in a sentence.
    pub(crate) fn list() -> String {
        Self::meanings(&Self::ALL)
    }

    /// Codes with what they mean for one command, in a sentence.
    pub(crate) fn meanings(meanings: &[(Self, &str)]) -> String {
        let meanings = meanings.iter().map(|(exit, meaning)| format!("{} {meaning}", exit.code()));
        format!("Exit codes: {}.", meanings.collect::<Vec<_>>().join(", "))
    }

    /// [`Exit::Done`] if all is well, else [`Exit::Failed`].
    pub(crate) fn done_if(well: bool) -> Self {
        if well { Self::Done } else { Self::Failed }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_the_codes_that_the_help_lists() {
        assert!(include_str!("../../../README.md").contains(&Exit::list()), "README.md: {}", Exit::list());
    }
}
