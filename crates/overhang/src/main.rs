//! The command line: arguments in, exit code out; one file per subcommand.
//!
//! Data goes to standard output, everything else to standard error. This crate must never hold logic another crate
//! could hold.

#[macro_use]
mod terminal;

mod bundles;
mod cli;
mod commands;
mod engine;
mod exit;
mod failure;
mod folders;
mod follow;
mod generated;
mod json;
mod live;
mod packs;
mod place;
mod preflight;
mod prepare;
mod program;
mod progress;
mod runs;
mod signals;
mod trial_log;

use clap::Parser;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{cli::Cli, exit::Exit, failure::Failure};

/// Reports of large runs are mostly small allocations, made in one thread and freed in another.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Exit {
    let cli = Cli::parse();
    cli.colour.write_global();
    log(cli.verbose);
    signals::watch();
    tracing::debug!("program {}", program::program());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::other(error).report(),
    };
    #[cfg(feature = "otlp")]
    let telemetry = match runtime.block_on(async { gateway::Telemetry::from_environment() }) {
        Ok(telemetry) => telemetry,
        Err(error) => return Failure::Input(format!("OpenTelemetry: {error}")).report(),
    };
    let result = runtime.block_on(Box::pin(commands::dispatch(cli.command)));
    // A call that nobody was told of is on record all the same.
    #[cfg(feature = "otlp")]
    if let Some(Err(error)) = telemetry.map(gateway::Telemetry::end) {
        tracing::warn!(error, "OpenTelemetry: not everything was taken");
    }
    // What is still in the background (a blocking read of standard input, say) must not hold the exit.
    runtime.shutdown_background();
    result.unwrap_or_else(Failure::report)
}

/// Warnings are shown always. `-v` shows more of what our crates do; without it `OVERHANG_LOG` says what is shown, of
/// which crate.
fn log(verbose: u8) {
    let ours = |level: &str| {
        let directives = trial_log::OURS.split(',').map(|name| format!(",{name}={level}"));
        EnvFilter::new("warn".to_owned() + &directives.collect::<String>())
    };
    let filter = match verbose {
        0 => EnvFilter::try_from_env("OVERHANG_LOG").unwrap_or_else(|_| EnvFilter::new("warn")),
        1 => ours("info"),
        2 => ours("debug"),
        _ => ours("trace"),
    };
    let shown = tracing_subscriber::fmt::layer().with_writer(anstream::stderr).with_filter(filter);
    tracing_subscriber::registry().with(shown).with(trial_log::layer()).init();
}
