//! The formats that results are written in. Each is a file or folder here, and is listed once, in [`Format`].

mod badge;
mod csv;
mod html;
mod json;
mod junit;
pub(crate) mod markdown;
mod svg;
pub(crate) mod terminal;

use std::str::FromStr;

use analysis::{Analysis, Comparison, Difference, History};
use ledger::RunDir;
use vocabulary::text;

/// Declares the enum of all formats: each a variant and the module whose `WRITER` it stands for.
macro_rules! formats {
    ($($format:ident = $module:ident),+ $(,)?) => {
        /// A format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format {
            $(#[doc = concat!("The format of the module `", stringify!($module), "`.")] $format),+
        }

        impl Format {
            /// Every format, in the order of help texts.
            pub const ALL: &[Self] = &[$(Self::$format),+];

            fn writer(self) -> &'static Writer {
                match self {
                    $(Self::$format => &$module::WRITER),+
                }
            }
        }
    };
}

formats! {
    Terminal = terminal,
    Json = json,
    Md = markdown,
    Html = html,
    Junit = junit,
    Csv = csv,
    Svg = svg,
}

/// What can be written.
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// The report of a run, with its directory.
    Report(&'a Analysis, &'a RunDir),
    /// Two runs compared.
    Difference(&'a Difference),
    /// Many runs on one scale.
    Comparison(&'a Comparison),
    /// Many nights of one sweep.
    History(&'a History),
}

/// What a [`View`] is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`View::Report`].
    Report,
    /// [`View::Difference`].
    Difference,
    /// [`View::Comparison`].
    Comparison,
    /// [`View::History`].
    History,
}

/// What a format's module gives: its name, and how it writes each view. Only a report must be written by all. The last
/// argument is the columns that there are.
struct Writer {
    name: &'static str,
    about: &'static str,
    report: fn(&Analysis, &RunDir, u16) -> Rendered,
    difference: Option<fn(&Difference, u16) -> Rendered>,
    comparison: Option<fn(&Comparison, u16) -> Rendered>,
    history: Option<fn(&History, u16) -> Rendered>,
}

type Rendered = Result<String, RenderError>;

/// Why something cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The format is for other views.
    #[error("{format} has no form for this: it is one of {formats}", formats = names(Format::of(*kind)))]
    NoForm {
        /// The format's name.
        format: &'static str,
        /// What was to be written.
        kind: Kind,
    },
    /// A value has no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A row cannot be written.
    #[error(transparent)]
    Csv(#[from] csv::CsvError),
    /// A suite cannot be written.
    #[error(transparent)]
    Junit(#[from] quick_junit::SerializeError),
}

/// No format has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no format `{0}`: it is one of {names}", names = names(Format::ALL.iter().copied()))]
pub struct UnknownFormat(String);

impl Format {
    /// The formats that views of a kind are written in.
    pub fn of(kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |format| match kind {
            Kind::Report => true,
            Kind::Difference => format.writer().difference.is_some(),
            Kind::Comparison => format.writer().comparison.is_some(),
            Kind::History => format.writer().history.is_some(),
        })
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.writer().name
    }

    /// What it is for, in a sentence.
    pub fn about(self) -> &'static str {
        self.writer().about
    }

    /// The view in this format; as text no wider than `width` columns where the format is for terminals.
    ///
    /// # Errors
    /// [`RenderError::NoForm`] for a format that [`Format::of`] does not give for such a view.
    pub fn render(self, view: View<'_>, width: u16) -> Result<String, RenderError> {
        let writer = self.writer();
        let none = |kind| RenderError::NoForm { format: writer.name, kind };
        let text = match view {
            View::Report(analysis, run) => (writer.report)(analysis, run, width),
            View::Difference(found) => writer.difference.ok_or_else(|| none(Kind::Difference))?(found, width),
            View::Comparison(found) => writer.comparison.ok_or_else(|| none(Kind::Comparison))?(found, width),
            View::History(found) => writer.history.ok_or_else(|| none(Kind::History))?(found, width),
        }?;
        // Names and words in a run are its agents' and tasks'.
        let shown = match self {
            Self::Json => text::harmless_json(&text),
            Self::Terminal => text::harmless_styled(&text),
            _ => text::harmless(&text),
        };
        Ok(shown.into_owned())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.iter().find(|format| format.name() == name);
        found.copied().ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

fn names(formats: impl Iterator<Item = Format>) -> String {
    formats.map(Format::name).collect::<Vec<_>>().join(", ")
}
