//! A person in the agent's place: a trial's container as its harness would find it, with the gateway up.

use std::{collections::BTreeMap, sync::Arc};

use gateway::{Session, Summary};
use ledger::{Fold, PlannedTrial, fold::Sums};
use sandbox::{Sandbox, Terminal, TerminalRequest, TerminalSize};
use wire::ExecRequest;

use crate::{
    agents::{
        harness::{self, Ready},
        tunnel::Tunnel,
    },
    attempt::Try,
    container::{
        pod,
        readiness::{self, Services},
        workspace,
    },
    context::Context,
    error::RunError,
    no_verdict::NoVerdict,
    run::runner::Runner,
    stop::Stop,
    trial::session,
};

/// The script that starts the harness, below the home of the task's user.
pub const START: &str = ".overhang-start";
/// What it gives the harness to read, beside it.
const STDIN: &str = ".overhang-stdin";

/// A container that somebody is in. Dropped, it is removed in the background; [`Visit::leave`] waits for it.
pub struct Visit {
    context: Arc<Context>,
    sandbox: Box<dyn Sandbox>,
    session: Session,
    tunnel: Tunnel,
    request: ExecRequest,
    user: String,
    _services: Services,
}

/// What was seen of a visit.
#[derive(Debug)]
pub struct Visited {
    /// The gateway's session.
    pub summary: Summary,
    /// Names asked of the container's DNS.
    pub dns_names: Vec<String>,
}

impl Runner {
    /// Makes the container of the plan's first trial ready, up to where its harness would be started.
    ///
    /// # Errors
    /// When it cannot be made ready. Nothing is left behind.
    pub async fn visit(self) -> Result<Visit, RunError> {
        self.run.prepare(&self.plan)?;
        let (ledger, contents) = self.run.open()?;
        let fold = Fold::of(&self.plan.trials, Sums, contents.lines)?;
        let context = self.ready(ledger, contents.run_id, &fold, &Stop::default()).await?;
        let planned =
            self.plan.trials.first().ok_or_else(|| RunError::Visit("no trial is planned".into()))?;
        let entered = enter(&context, planned).await;
        let Entered { sandbox, session, tunnel, request, user, services } =
            entered.map_err(|why| RunError::Visit(why.detail))?;
        Ok(Visit { context, sandbox, session, tunnel, request, user, _services: services })
    }
}

/// A container that is ready, with what keeps it so.
struct Entered {
    sandbox: Box<dyn Sandbox>,
    session: Session,
    tunnel: Tunnel,
    request: ExecRequest,
    user: String,
    services: Services,
}

async fn enter(context: &Context, planned: &PlannedTrial) -> Result<Entered, NoVerdict> {
    let this = context.attempt(planned, 1)?;
    let session = session::open(context, &this)?;
    let mut sandbox = pod::start(&this.site, this.start_spec("visit")).await?;
    let events = sandbox.events();
    let tunnel = Tunnel::open(&this, &session, sandbox.as_ref(), events).await?;
    let services = readiness::begin(&this.site, sandbox.guest(), true).await?;
    let request = ready(&this, &session, sandbox.as_ref()).await?;
    let user = this.site.agent_user().to_owned();
    Ok(Entered { sandbox, session, tunnel, request, user, services })
}

/// Writes the harness's files, and the script that starts it.
async fn ready(this: &Try<'_>, session: &Session, sandbox: &dyn Sandbox) -> Result<ExecRequest, NoVerdict> {
    let harness = this.harness.ok_or_else(|| NoVerdict::bug("the arm has no harness"))?;
    let Ready { request, .. } = harness::ready(this, harness, session, sandbox).await?;
    let owner = this.site.owner(sandbox.guest()).await?;
    let home = String::from_utf8_lossy(&owner.home).into_owned();
    let home = home.trim_end_matches('/');
    let mut files = BTreeMap::from([(format!("{home}/{START}"), script(&request, home))]);
    if let Some(text) = &request.stdin {
        files.insert(format!("{home}/{STDIN}"), String::from_utf8_lossy(text).into_owned());
    }
    workspace::put_texts(sandbox.guest(), &files, &owner).await?;
    Ok(request)
}

/// What a trial starts, for a shell.
fn script(request: &ExecRequest, home: &str) -> String {
    let cwd = quoted(&String::from_utf8_lossy(&request.cwd));
    let stdin =
        request.stdin.as_ref().map_or_else(|| "/dev/null".into(), |_| quoted(&format!("{home}/{STDIN}")));
    format!(
        "#!/bin/bash\n# What a trial starts, with its arguments and its standard input.\ncd {cwd} || exit\nexec {} <{stdin}\n",
        command_line(&request.argv)
    )
}

fn command_line(argv: &[Vec<u8>]) -> String {
    argv.iter().map(|argument| quoted(&String::from_utf8_lossy(argument))).collect::<Vec<_>>().join(" ")
}

/// A word that a shell reads as this text.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl Visit {
    /// The harness's command line as a trial starts it, quoted for a shell.
    pub fn command_line(&self) -> String {
        command_line(&self.request.argv)
    }

    /// The engine's id of the container.
    pub fn container(&self) -> &str {
        self.sandbox.id()
    }

    /// Who the agent is, and where it works.
    pub fn place(&self) -> (&str, String) {
        (&self.user, String::from_utf8_lossy(&self.request.cwd).into_owned())
    }

    /// Starts a shell with the harness's user, directory and environment; without a size it has no terminal.
    ///
    /// # Errors
    /// If the engine refuses.
    pub async fn shell(&self, size: Option<TerminalSize>) -> Result<Terminal, RunError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let request = TerminalRequest {
            argv: vec!["bash".into()],
            env: self.request.env.iter().map(|(name, value)| (text(name), text(value))).collect(),
            cwd: text(&self.request.cwd),
            user: self.user.clone(),
            size,
        };
        Ok(self.sandbox.terminal(request).await?)
    }

    /// Ends the session and removes the container, and says what was seen.
    ///
    /// # Errors
    /// If the container cannot be removed.
    pub async fn leave(self) -> Result<Visited, RunError> {
        let removed = self.sandbox.remove().await;
        self.session.close().await;
        drop(fs_err::remove_dir_all(&self.context.scratch));
        removed?;
        Ok(Visited { summary: self.session.summary(), dns_names: self.tunnel.take_dns_names() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_each_argument_as_it_was() {
        let hard = "it's \"$HOME\"\n`x` \\ 漢";
        let argv = ["printf", "%s|", "plain", "", hard, "--a=b"].map(|text| text.as_bytes().to_vec());
        let said = std::process::Command::new("bash").arg("-c").arg(command_line(&argv)).output().unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("plain||{hard}|--a=b|"));
    }
}
