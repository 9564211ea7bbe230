//! A log per trial, `logs/TRIAL.log` in the run's directory: what was done for it, and how long each part took.
//!
//! It is for people who ask why one trial took so long; nothing reads it back.

use std::{
    fmt::{Debug, Write as _},
    io::Write as _,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Instant,
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

/// The directory of this process's run; none until it is said.
static RUN: OnceLock<PathBuf> = OnceLock::new();

/// From now on, trials' logs are written below this run's directory.
pub(crate) fn write_below(run: &Path) {
    // One process carries out one run.
    let _ = RUN.set(run.to_owned());
}

/// What to put beside the layer that writes to standard error.
pub(crate) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    TrialLog.with_filter(Targets::new().with_targets(OURS.split(',').map(|target| (target, Level::INFO))))
}

/// Names of the workspace's crates, with commas between: a new one is in the logs without being listed anywhere.
pub(crate) const OURS: &str = env!("OVERHANG_CRATES");

struct TrialLog;

/// The trial that a span is about.
struct Trial(String);

/// When a span began.
struct Began(Instant);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TrialLog {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        match fields.trial {
            Some(trial) => span.extensions_mut().insert(Trial(trial)),
            None => span.extensions_mut().insert(Began(Instant::now())),
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let Some(trial) = trial_of(&span) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level();
        append(&trial, &format!("{level} {}: {}{}", span.name(), fields.message, fields.rest));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(took) = span.extensions().get::<Began>().map(|began| began.0.elapsed()) else { return };
        if let Some(trial) = trial_of(&span) {
            append(&trial, &format!("INFO {} took {:.4} s", path(&span), took.as_secs_f64()));
        }
    }
}

fn trial_of<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<String> {
    span.scope().find_map(|span| span.extensions().get::<Trial>().map(|trial| trial.0.clone()))
}

/// The names of a trial's spans down to this one.
fn path<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> String {
    let within = |span: &SpanRef<'a, S>| span.extensions().get::<Trial>().is_none();
    let names: Vec<&str> = span.scope().filter(within).map(|span| span.name()).collect();
    names.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// A log that cannot be written stops nothing.
fn append(trial: &str, line: &str) {
    let Some(run) = RUN.get() else { return };
    let write = || -> std::io::Result<()> {
        let path = file(run, trial);
        fs_err::create_dir_all(path.parent().unwrap_or(run))?;
        let mut file = fs_err::OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{} {}", jiff::Timestamp::now(), line.replace('\n', "\\n"))
    };
    drop(write());
}

/// A trial's log below its run's directory.
pub(crate) fn file(run: &Path, trial: &str) -> PathBuf {
    run.join("logs").join(format!("{}.log", trial.replace('/', "-").replace(':', ".")))
}

/// What an event or a span says.
#[derive(Default)]
struct Fields {
    trial: Option<String>,
    message: String,
    rest: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "trial" => {
                self.trial = Some(format!("{value:?}"));
                Ok(())
            }
            name => write!(self.rest, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
