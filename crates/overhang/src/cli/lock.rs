//! Arguments of `overhang lock`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct LockArgs {
    #[command(subcommand)]
    pub(crate) command: Option<LockCommand>,
    /// The sweep file.
    #[arg(required = true)]
    pub(crate) sweep: Option<PathBuf>,
    /// What is expected of its gaps, in TOML.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) hypotheses: Option<PathBuf>,
    /// Directory of the run [default: runs/NAME-PLAN, as for `overhang run`].
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,
    /// Register although prompts were changed after a run had looked at tasks of the split `test`.
    #[arg(long)]
    pub(crate) i_know: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum LockCommand {
    /// Say what was done otherwise than registered, and why. It is kept in the run's ledger, with your name, and stands
    /// beside the numbers it touches.
    Deviate(DeviateArgs),
}

#[derive(Args, Debug)]
pub(crate) struct DeviateArgs {
    /// Directory of the run, as `runs/latest`.
    pub(crate) run: PathBuf,
    /// What, and why.
    #[arg(long, value_name = "WORDS")]
    pub(crate) why: String,
    /// Who says so.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// An arm whose numbers it touches; may be repeated [default: all].
    #[arg(long, value_name = "ARM")]
    pub(crate) arm: Vec<String>,
}

pub(crate) const HELP: &str = "\
The plan and the hypotheses are written down in the run's directory, and a
commitment to both is printed: publish it where you cannot change it. The run
writes what was registered into its ledger before its first trial. A run without
it says `exploratory` wherever its numbers stand.

  due = \"2026-12-31\"    # when the result is told, whatever it is
  exclusions = []

  [[hypothesis]]
  model = \"glm-5.1\"
  arm = \"opencode/specific\"
  gap = \"greater\"       # or less, different, equivalent
  margin = 0.05         # five points; 0 unless said

The interval that decides is the report's: 95 % for all gaps at once.

Examples:
  overhang lock sweeps/real.toml --hypotheses hypotheses.toml
  overhang run sweeps/real.toml
  overhang lock deviate runs/latest --why 'the provider changed the model on the second day' --by 'A. Name'";
