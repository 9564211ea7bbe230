//! Every subcommand and flag.

mod audit;
mod evidence;
mod gateway;
mod harness;
mod lock;
mod model;
mod nights;
mod task;
mod try_task;

use std::path::PathBuf;

use clap::{
    ArgAction, Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser, styling},
};
use report::{Format, Kind, UnknownFormat};

use crate::{exit::Exit, program};

pub(crate) use audit::{AuditArgs, AuditCommand, LabelArgs, LabelSays};
pub(crate) use evidence::{BundleArgs, CardArgs, CardFormat, ClaimsArgs, OpenArgs, SignArgs, VerifyArgs};
pub(crate) use gateway::GatewayArgs;
pub(crate) use harness::{
    HarnessCheckArgs, HarnessCommand, HarnessNewArgs, HarnessShellArgs, Installed, Package,
};
pub(crate) use lock::{DeviateArgs, LockArgs, LockCommand};
pub(crate) use model::{ModelCheckArgs, ModelCommand, ModelImportArgs, ModelTestArgs};
pub(crate) use nights::{DiffArgs, HistoryArgs};
pub(crate) use task::{
    Attacks, PassEnv, TaskCheckArgs, TaskCommand, TaskGenerateArgs, TaskImportArgs, TaskListArgs,
    TaskVariantsArgs,
};
pub(crate) use try_task::{OneTrialArgs, TryArgs};

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

/// Measures the elicitation gap: what a plain bash loop leaves unused of a model's ability, compared with the
/// harness it prefers, under one metered budget.
#[derive(Debug, Parser)]
#[command(
    version = program::told(),
    styles = STYLES,
    after_help = format!(
        "{}\nStart here: overhang doctor; then overhang run sweeps/demo.toml (needs no key: its model is simulated).",
        Exit::list()
    )
)]
pub(crate) struct Cli {
    /// When to use colour (NO_COLOR is respected).
    #[arg(long = "color", global = true, default_value = "auto", value_name = "WHEN")]
    pub(crate) colour: Colour,
    /// Show what happens inside: -v each step, -vv more, -vvv everything. OVERHANG_LOG, as info or gateway=debug, says
    /// it for single crates.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    pub(crate) fn write_global(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plan a sweep, run its trials, grade them, and report. The same command resumes an interrupted run.
    #[command(
        after_help = "Examples:\n  overhang run sweeps/demo.toml\n  overhang run sweeps/demo.toml --only claude-code --limit 2\n  overhang run sweeps/demo.toml --shard 1/3   # on each of three machines; then overhang merge\n  overhang run sweeps/demo.toml --replay runs/demo-1a2b3c4d --require-hit\n\nCtrl-C once lets running trials end, twice stops them; either way the run can be resumed."
    )]
    Run(RunArgs),
    /// Show what a sweep would run, and check every file it names, without running anything.
    Plan(PlanArgs),
    /// Register a plan and what is expected of it before the first trial, so that a result is a test and not a find.
    #[command(after_help = lock::HELP)]
    Lock(LockArgs),
    /// Report a run: scores, gaps with their intervals, flags; for people, programs and CI.
    #[command(
        after_help = "Examples:\n  overhang report runs/latest\n  overhang report runs/latest --export html=report.html --export junit=report.xml\n  overhang report runs/latest --format md >> \"$GITHUB_STEP_SUMMARY\""
    )]
    Report(ReportArgs),
    /// Show one trial beside its pair in the baseline arm: calls, commands, and both workspaces compared.
    #[command(
        after_help = "Examples:\n  overhang show runs/latest\n  overhang show runs/latest codex/generic:fix/last-lines:1\n  overhang show runs/latest codex/generic:fix/last-lines:1 --call 1 | jq .request.tools"
    )]
    Show(ShowArgs),
    /// Look at what a run left on record: whether prompt, instruction and tool results reached the model, whether its
    /// harnesses stopped, and what its agents did to graders, tests and answers. No outcome is changed.
    #[command(after_help = AUDIT_HELP)]
    Audit(AuditArgs),
    /// Tell how far a run is, and who is at work on it; from any terminal, while it goes on or after.
    #[command(
        after_help = "Examples:\n  overhang status runs/latest\n  watch overhang status runs/latest\n  overhang status runs/latest --json | jq .ended"
    )]
    Status(StatusArgs),
    /// Tell the program at work on a run to stop: running trials are let end. The same `overhang run` resumes it.
    Stop(StopArgs),
    /// Compare two runs of the same tasks: what moved beyond noise, which tasks flipped, what else changed.
    #[command(after_help = nights::diff_help())]
    Diff(DiffArgs),
    /// Follow one sweep over many nights: scores and gaps with their intervals, what changed when, and what drifts although
    /// nobody changed it.
    #[command(after_help = nights::history_help())]
    History(HistoryArgs),
    /// Compare many runs of the same tasks: models and arms on one scale, with the ranks they may have.
    Compare(CompareArgs),
    /// Run one trial outside any sweep and watch it: each call, each command, the outcome.
    #[command(
        after_help = "Examples:\n  overhang try fix/last-lines\n  overhang try fix/last-lines --harness opencode --keep\n  overhang try fix/last-lines --harness pi --model glm-5.1 --prompt specific --budget 200000\n\nExit code 0 when the trial has ended, whatever its outcome."
    )]
    Try(TryArgs),
    /// Check engine, API version, disk, images, packs and keys: one line each, with the fix.
    Doctor(DoctorArgs),
    /// Remove what this machine no longer needs: containers of dead owners, old images, packs, probes and build logs.
    Clean(CleanArgs),
    /// Join the runs of a sweep's shards into one.
    Merge(MergeArgs),
    /// State a run in one document: what was run, how, what came out, and what that does not show.
    #[command(after_help = evidence::CARD_HELP)]
    Card(CardArgs),
    /// Sign a card.
    #[command(after_help = evidence::SIGN_HELP)]
    Sign(SignArgs),
    /// Check a card: who signed it, and whether its run is whole and gives these numbers.
    #[command(after_help = evidence::verify_help())]
    Verify(VerifyArgs),
    /// Pack a run into one file to give away, after looking through it for keys.
    #[command(after_help = evidence::BUNDLE_HELP)]
    Bundle(BundleArgs),
    /// Report the run in a bundle. `show`, `audit` and the others take a bundle in a run's place, too.
    Open(OpenArgs),
    /// Hold published numbers against runs: what the protocols differ in, then whether the number is reproduced.
    #[command(after_help = evidence::CLAIMS_HELP)]
    Claims(ClaimsArgs),
    /// Check, list, import and make tasks.
    #[command(subcommand)]
    Task(TaskCommand),
    /// Add harnesses: make their folders, build their packs, check that they do what they declare, list them.
    #[command(subcommand)]
    Harness(HarnessCommand),
    /// Write and check model profiles.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Serve models to any client on this machine: four dialects, one meter, one budget, no key given away.
    #[command(after_help = gateway::HELP)]
    Gateway(GatewayArgs),
}

const AUDIT_HELP: &str = "\
The detectors are those that look at each trial when it ends. They look again
here, with what is known today, and leave the run's ledger as it is.

Each says of each trial: match, no match, unknown (what would show it is not on
record, or cannot be read), or not applicable. A match has findings. Their level
tells how certain it is that something happened, and nothing of an intent:
  proved  the record shows it
  strong  what was done has hardly another meaning
  lead    a pattern in a text: a reason to look
What is proved or strong raises a flag on its trial, a lead does not.

A run of an older program does not hold its prompts and instructions. Those of
the project around it are used, where they are the ones that its plan names.

Examples:
  overhang audit runs/latest
  overhang audit --detectors                 # what is looked for
  overhang audit runs/latest --json | jq '.trials[] | {trial, checks}'
  overhang show runs/latest TRIAL --call 1   # what a finding points at";

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// The sweep file.
    pub(crate) sweep: PathBuf,
    /// Directory of the run [default: runs/NAME-PLAN, so that the same files resume the same run].
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
    /// Run only trials whose name (model:arm:task:attempt) contains TEXT; may be repeated.
    #[arg(long, value_name = "TEXT", help_heading = "Selection")]
    pub(crate) only: Vec<String>,
    /// Run only the first N blocks; a block is one task and attempt in every arm.
    #[arg(long, value_name = "N", help_heading = "Selection", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Run the I-th of N parts of the plan.
    #[arg(long, value_name = "I/N", help_heading = "Selection", value_parser = shard)]
    pub(crate) shard: Option<(u32, u32)>,
    /// Run trials again that ended for reasons of the infrastructure.
    #[arg(long, help_heading = "Selection")]
    pub(crate) retry_infra: bool,
    /// Answer every model call from the record of an earlier run of these trials: no key, no provider, no cost. The
    /// report is stamped as replayed.
    #[arg(long, value_name = "RUN", help_heading = "Replay")]
    pub(crate) replay: Option<PathBuf>,
    /// End a trial as CASSETTE_DIVERGED at its first request that is not the recorded one; otherwise what was
    /// recorded at the same place answers, and the trial is flagged.
    #[arg(long, requires = "replay", help_heading = "Replay")]
    pub(crate) require_hit: bool,
    /// Keep asking a model that refuses (401, 402, 403, 404) instead of ending, until it answers. A provider that is busy
    /// is always waited for.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Do not compare what the arms see of their containers before the first trial; the report is flagged NO_PROBE.
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Trials at once, instead of the sweep's `concurrency`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) concurrency: Option<u32>,
    /// Most that the whole sweep may cost, in US dollars, instead of the sweep's `spend_cap_usd`: so a run whose cap was
    /// reached goes on.
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(crate) spend_cap: Option<f64>,
    /// Tune prompts on tasks of the split `test` all the same; the report will say so.
    #[arg(long)]
    pub(crate) i_know: bool,
    /// Print plain lines even on a terminal.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// The sweep file.
    pub(crate) sweep: PathBuf,
    /// Say how many tasks and attempts it takes to find a gap of this size, as in 5pp.
    #[arg(long, value_name = "GAP", value_parser = points)]
    pub(crate) detect: Option<f64>,
    /// An earlier run of these models: variances, tokens, money and time are expected from it.
    #[arg(long, value_name = "RUN")]
    pub(crate) pilot: Option<PathBuf>,
    /// As one JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    /// As one JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    /// Directories of the runs.
    #[arg(required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Compare only the tasks that are the same in all runs, and list the others.
    #[arg(long)]
    pub(crate) common: bool,
    /// How to write it.
    #[arg(long, default_value = "terminal", value_name = "KIND", value_parser = formats(Kind::Comparison))]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// Directory of the run, as `runs/latest`.
    pub(crate) run: PathBuf,
    /// How to write it to standard output.
    #[arg(long, default_value = "terminal", value_name = "KIND", value_parser = formats(Kind::Report))]
    pub(crate) format: Format,
    /// Write it to a file as well, as html=report.html; may be repeated.
    #[arg(long, value_name = "KIND=PATH", value_parser = export)]
    pub(crate) export: Vec<(Format, PathBuf)>,
}

/// Values of an option that names a format: those that views of a kind are written in.
fn formats(kind: Kind) -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| PossibleValue::new(format.name()).help(format.about());
    PossibleValuesParser::new(Format::of(kind).map(value)).try_map(|name| name.parse::<Format>())
}

fn export(text: &str) -> Result<(Format, PathBuf), String> {
    let kinds = "write KIND=PATH, as html=report.html";
    let (format, path) = text.split_once('=').ok_or_else(|| format!("`{text}` names no file: {kinds}"))?;
    let format = format.parse().map_err(|error: UnknownFormat| error.to_string())?;
    if path.is_empty() { Err(format!("`{text}` names no file: {kinds}")) } else { Ok((format, path.into())) }
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Directory of the run, as `runs/latest`.
    pub(crate) run: PathBuf,
    /// The trial's name, or any part of it that fits one trial only; without it, all trials are listed.
    pub(crate) trial: Option<String>,
    /// List only trials of arms that have this in their name, as `opencode`.
    #[arg(long, value_name = "ARM", conflicts_with = "trial")]
    pub(crate) arm: Option<String>,
    /// List only trials that ended so, as `FAIL` or `BUDGET`.
    #[arg(long, value_name = "CODE", conflicts_with = "trial")]
    pub(crate) outcome: Option<String>,
    /// List only trials whose score is not their baseline's, each beside it.
    #[arg(long, conflicts_with = "trial")]
    pub(crate) disagree: bool,
    /// Show this trial alone, and go on while it runs: each call and command as it happens, until its end.
    #[arg(long, requires = "trial", conflicts_with = "call")]
    pub(crate) follow: bool,
    /// Print this call of the trial's last try as JSON: its record, and both bodies as they passed the gateway.
    #[arg(long, value_name = "NUMBER", requires = "trial")]
    pub(crate) call: Option<u32>,
    /// As one JSON object, for programs.
    #[arg(long, conflicts_with = "follow")]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// Directory of the run, as `runs/latest`.
    pub(crate) run: PathBuf,
    /// As one JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct StopArgs {
    /// Directory of the run, as `runs/latest`.
    pub(crate) run: PathBuf,
    /// Stop running trials, too: they begin afresh when the run is resumed, and what they spent is kept.
    #[arg(long)]
    pub(crate) now: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CleanArgs {
    /// Remove it; without this it is only listed.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Leave images, packs, probes and build logs made less than DAYS ago. All of them are made again when needed.
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub(crate) older_than: u32,
    /// As one JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    /// Directory to write.
    pub(crate) into: PathBuf,
    /// Runs of the same plan.
    #[arg(required = true)]
    pub(crate) runs: Vec<PathBuf>,
}

/// `5pp` or `5`: percentage points, as a share of 1.
fn points(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches("pp").trim_end();
    match number.parse::<f64>() {
        Ok(points) if points > 0.0 && points <= 100.0 => Ok(points / 100.0),
        _ => Err(format!("`{text}` is no size: write percentage points above 0 and up to 100, as in 5pp")),
    }
}

/// `50` or `$50`: US dollars above 0.
fn dollars(text: &str) -> Result<f64, String> {
    match text.trim().trim_start_matches('$').parse::<f64>() {
        Ok(usd) if usd > 0.0 && usd.is_finite() => Ok(usd),
        _ => Err(format!("`{text}` is no sum: write US dollars above 0, as in 50")),
    }
}

fn shard(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("`{text}` is not a part: write I/N, as 2/3, with I from 1 to N");
    let (part, of) = text.split_once('/').ok_or_else(wrong)?;
    let (part, of): (u32, u32) = (part.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
    if (1..=of).contains(&part) { Ok((part, of)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn exports_name_a_format_and_a_file() {
        assert_eq!(export("html=a=b.html"), Ok((Format::Html, PathBuf::from("a=b.html"))));
        for wrong in ["html", "html=", "pdf=x", "=x"] {
            assert!(export(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn points_are_shares_of_a_hundred() {
        assert_eq!(points("5pp"), Ok(0.05));
        for wrong in ["", "0", "-1pp", "101pp", "five"] {
            assert!(points(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shards_count_from_one() {
        assert_eq!(shard("2/3"), Ok((2, 3)));
        for wrong in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}
