//! The command line: arguments in, exit code out; one file per subcommand.
//!
//! Data goes to standard output, everything else to standard error. This crate must never hold logic another crate
//! could hold.

mod cli;
mod commands;
mod engine;
mod exit;
mod failure;
mod folders;
mod follow;
mod generated;
mod live;
mod packs;
mod place;
mod prepare;
mod runs;
mod signals;
mod terminal;
mod trial_log;

use clap::Parser;
use tracing_subscriber::{Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{cli::Cli, exit::Exit, failure::Failure};

/// Reports of large runs are mostly small allocations, made in one thread and freed in another.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Exit {
    let cli = Cli::parse();
    cli.colour.write_global();
    log();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::other(error).report(),
    };
    let result = runtime.block_on(Box::pin(commands::dispatch(cli.command)));
    // What is still in the background (a blocking read of standard input, say) must not hold the exit.
    runtime.shutdown_background();
    result.unwrap_or_else(Failure::report)
}

/// `OVERHANG_LOG=debug` shows what happens inside; warnings are shown always.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("OVERHANG_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let shown = tracing_subscriber::fmt::layer().with_writer(anstream::stderr).with_filter(filter);
    tracing_subscriber::registry().with(shown).with(trial_log::layer()).init();
}
