//! The one place where errors meet a person.

use std::{error::Error, fmt::Write, process::ExitCode};

use ledger::run::RunError;
use sandbox::EngineError;
use spec::FileError;

/// Why a command failed, by what the user can do about it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Files or arguments are wrong: exit code 2.
    Files(Vec<FileError>),
    /// An argument, or what it names, is wrong: exit code 2.
    Input(String),
    /// The container engine cannot be used: exit code 3.
    Engine(EngineError),
    /// Ctrl-C: exit code 130.
    Interrupted,
    /// Anything else: exit code 1.
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
    pub(crate) fn report(self) -> ExitCode {
        let (text, code) = match self {
            Self::Files(errors) => {
                let texts: Vec<String> = errors.iter().map(|error| error.render(true)).collect();
                (texts.join("\n"), 2)
            }
            Self::Input(text) => (headed(&text), 2),
            Self::Engine(error) => (headed(&chain(&error)), 3),
            Self::Interrupted => ("stopped".to_owned(), 130),
            Self::Other(error) => (headed(&chain(error.as_ref())), 1),
        };
        anstream::eprintln!("{}", text.trim_end());
        ExitCode::from(code)
    }
}

fn headed(text: &str) -> String {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    format!("{style}error{style:#}: {text}")
}

/// An error and its causes, each on a line of its own, without repeating a cause its parent already tells.
fn chain(error: &(dyn Error + 'static)) -> String {
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
