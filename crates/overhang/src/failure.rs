//! The one place where errors meet a person.

use std::{error::Error, fmt::Write};

use gateway::Refusal;
use ledger::run::RunError;
use sandbox::EngineError;
use spec::FileError;

use vocabulary::text::harmless;

use crate::{exit::Exit, terminal::err_styled};

/// Why a command failed, by what the user can do about it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Files or arguments are wrong: [`Exit::BadInput`].
    Files(Vec<FileError>),
    /// An argument, or what it names, is wrong: [`Exit::BadInput`].
    Input(String),
    /// The container engine cannot be used: [`Exit::NoEngine`].
    Engine(EngineError),
    /// Models do not answer: [`Exit::Failed`].
    Models(Vec<Refusal>),
    /// Ctrl-C: [`Exit::Interrupted`].
    Interrupted,
    /// Anything else: [`Exit::Failed`].
    Other(Box<dyn Error + Send + Sync>),
}

impl Failure {
    pub(crate) fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    pub(crate) fn input(error: impl std::fmt::Display) -> Self {
        Self::Input(error.to_string())
    }

    /// Prints the failure and gives its exit code.
    pub(crate) fn report(self) -> Exit {
        let (text, exit) = match self {
            Self::Files(errors) => {
                let texts: Vec<String> = errors.iter().map(|error| error.render(true)).collect();
                (texts.join("\n"), Exit::BadInput)
            }
            Self::Input(text) => (headed(&text), Exit::BadInput),
            Self::Engine(error) => (headed(&chain(&error)), Exit::NoEngine),
            Self::Models(refusals) => (refused(&refusals), Exit::Failed),
            Self::Interrupted => ("stopped".to_owned(), Exit::Interrupted),
            Self::Other(error) => (headed(&chain(error.as_ref())), Exit::Failed),
        };
        err_styled(&(text.trim_end().to_owned() + "\n"));
        exit
    }
}

/// Each model that does not answer, with the way out.
fn refused(refusals: &[Refusal]) -> String {
    let told = |one: &Refusal| format!("{}\n  help: {}", headed(&one.to_string()), harmless(&one.fix));
    let mut text = refusals.iter().map(told).collect::<Vec<_>>().join("\n\n");
    if refusals.iter().all(Refusal::can_be_waited_for) {
        text.push_str("\n  or with `--wait`, the run begins once it answers");
    }
    text
}

fn headed(text: &str) -> String {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    format!("{style}error{style:#}: {}", harmless(text))
}

/// An error and its causes, each on a line of its own, without repeating a cause its parent already tells.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !text.contains(&told) {
            let _ = write!(text, "\n  caused by: {told}");
        }
        cause = error.source();
    }
    text
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::input(error)
    }
}

impl From<runner::RunError> for Failure {
    /// Maps a run's error to who can fix it.
    fn from(error: runner::RunError) -> Self {
        use runner::RunError;
        match error {
            RunError::Engine(error) => Self::Engine(error),
            RunError::Gateway(_)
            | RunError::Meter(_)
            | RunError::TooLarge { .. }
            | RunError::Runtime { .. }
            | RunError::OtherRegistered(_)
            | RunError::ArmsDiffer { .. }
            | RunError::Probe { .. } => Self::input(error),
            error => Self::other(error),
        }
    }
}

impl From<Vec<FileError>> for Failure {
    fn from(errors: Vec<FileError>) -> Self {
        Self::Files(errors)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::Files(vec![error])
    }
}
