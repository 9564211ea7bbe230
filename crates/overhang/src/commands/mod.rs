//! One file per subcommand.

mod audit;
mod claims;
mod clean;
mod compare;
mod diff;
mod doctor;
mod evidence;
mod gateway;
mod harness;
mod history;
mod lock;
mod merge;
mod model;
mod model_test;
mod plan;
mod report;
mod run;
#[cfg(test)]
mod schemas;
mod show;
mod status;
mod task;
mod try_task;

use crate::{
    cli::{Command, HarnessCommand, ModelCommand},
    exit::Exit,
    failure::Failure,
};

pub(crate) async fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(arguments) => run::run(arguments).await,
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Audit(arguments) => audit::audit(&arguments),
        Command::Status(arguments) => status::status(&arguments).await,
        Command::Stop(arguments) => status::stop(&arguments).await,
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::History(arguments) => history::history(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Clean(arguments) => clean::clean(&arguments).await,
        Command::Show(arguments) => show::show(&arguments).await,
        Command::Try(arguments) => Box::pin(try_task::try_task(&arguments)).await,
        Command::Doctor(arguments) => doctor::doctor(&arguments).await,
        Command::Lock(arguments) => lock::lock(&arguments).await,
        Command::Merge(arguments) => merge::merge(&arguments),
        Command::Card(arguments) => evidence::card(&arguments),
        Command::Sign(arguments) => evidence::sign(&arguments),
        Command::Verify(arguments) => evidence::verify(&arguments),
        Command::Bundle(arguments) => evidence::bundle(&arguments),
        Command::Claims(arguments) => claims::claims(&arguments),
        Command::Open(arguments) => evidence::open(&arguments),
        Command::Harness(HarnessCommand::New(arguments)) => harness::new::new(&arguments),
        Command::Harness(HarnessCommand::Build { names }) => harness::build(&names).await,
        Command::Gateway(arguments) => gateway::gateway(&arguments).await,
        Command::Task(command) => Box::pin(task::dispatch(command)).await,
        Command::Harness(HarnessCommand::List { json }) => harness::list::list(json),
        Command::Model(ModelCommand::Import(arguments)) => model::import(&arguments).await,
        Command::Model(ModelCommand::Check(arguments)) => model::check(&arguments),
        Command::Model(ModelCommand::Test(arguments)) => model_test::test(&arguments).await,
        Command::Harness(HarnessCommand::Shell(arguments)) => {
            Box::pin(harness::shell::shell(&arguments)).await
        }
        Command::Harness(HarnessCommand::Check(arguments)) => harness::check::check(&arguments).await,
    }
}
