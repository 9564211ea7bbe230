//! A service of a task: a container with its program, which is watched and, where the task says so, started again.

use std::{path::Path, time::Duration};

use sandbox::{
    EngineError, Image, Sandbox, StartSpec,
    guest::{Guest, Modes},
};
use spec::task::{Restart, Service, Until};
use tokio::{sync::watch, task::JoinSet, time::Instant};
use vocabulary::HealthCheck;
use wire::{DnsRequest, End, ExecOutcome, PutMode};

use crate::{
    container::{
        shell::GuestShell,
        site::{Site, base_env, seconds},
        workspace::put,
    },
    no_verdict::NoVerdict,
};

/// Between two looks at a service that is to become healthy. A look that fails counts no oftener than its check says.
const LOOK: Duration = Duration::from_secs(1);

/// Before a program that ended is started again.
const AGAIN: Duration = Duration::from_secs(1);

/// Characters of its output that are shown of a program that failed.
const SHOWN: usize = 600;

/// A service whose program was started.
pub(crate) struct Running {
    name: String,
    sandbox: Box<dyn Sandbox>,
    shell: GuestShell,
    health: Option<HealthCheck>,
    ends: bool,
    tells_names: bool,
    since: Instant,
    state: watch::Receiver<State>,
    /// Ended with this value.
    _watching: JoinSet<()>,
}

/// Of a service's program.
#[derive(Clone, Debug)]
enum State {
    Running,
    /// It has ended, and is not started again.
    Ended {
        well: bool,
        how: String,
    },
}

/// Starts a service's container, and its program in there.
pub(crate) async fn start(
    site: &Site<'_>,
    service: &Service,
    image: &Image,
    spec: StartSpec,
    dns: DnsRequest,
) -> Result<Running, NoVerdict> {
    let sandbox = site.engine.start(spec).await?;
    let guest = sandbox.guest().clone();
    let health = service.health.check(image.health.as_ref());
    if service.asked && health.is_none() {
        let name = &service.name;
        let detail =
            format!("the service `{name}` has no health check, and something waits until it is healthy");
        return Err(NoVerdict::task_setup(detail));
    }
    if !service.tells_names {
        guest.answer_dns(dns).await?;
    }
    for (file, at) in &service.files {
        put_files(&guest, file, at).await?;
    }
    let shell = shell(service, image, &guest);
    let argv = argv(service, image);
    if argv.is_empty() {
        let detail = format!(
            "the service `{}` has no program: neither its image nor the task names one",
            service.name
        );
        return Err(NoVerdict::task_setup(detail));
    }
    let (said, state) = watch::channel(State::Running);
    let mut watching = JoinSet::new();
    watching.spawn(follow(shell.clone(), argv, service.restart, said));
    Ok(Running {
        name: service.name.clone(),
        sandbox,
        shell,
        health: health.cloned(),
        ends: service.ends,
        tells_names: service.tells_names,
        since: Instant::now(),
        state,
        _watching: watching,
    })
}

/// A shell as its program's user, where that program runs, with its environment.
pub(crate) fn shell(service: &Service, image: &Image, guest: &Guest) -> GuestShell {
    let mut env = base_env();
    env.extend(image.env.clone());
    env.extend(service.env.clone());
    GuestShell {
        workdir: service.workdir.clone().unwrap_or_else(|| image.workdir.clone()),
        env,
        user: Site::user_of(service.user.as_ref(), image),
        guest: guest.clone(),
        set_uid: false,
    }
}

/// What is started: as engines put entrypoint and command together.
fn argv(service: &Service, image: &Image) -> Vec<String> {
    let command = match &service.entrypoint {
        Some(_) => service.command.clone().unwrap_or_default(),
        None => service.command.clone().unwrap_or_else(|| image.command.clone()),
    };
    let entrypoint = service.entrypoint.clone().unwrap_or_else(|| image.entrypoint.clone());
    entrypoint.into_iter().chain(command).collect()
}

async fn put_files(guest: &Guest, file: &Path, at: &str) -> Result<(), NoVerdict> {
    if file.is_dir() {
        guest.put_directory(put(at, PutMode::Merge), file, (0, 0), Modes::Kept).await?;
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(NoVerdict::host)?;
    let (parent, name) = at.rsplit_once('/').unwrap_or(("", at));
    let copy = folder.path().join(name);
    fs_err::copy(file, copy).map_err(NoVerdict::host)?;
    let parent = if parent.is_empty() { "/" } else { parent };
    guest.put_directory(put(parent, PutMode::Merge), folder.path(), (0, 0), Modes::Kept).await?;
    Ok(())
}

/// Runs a service's program until it has ended for good, and says so.
async fn follow(shell: GuestShell, argv: Vec<String>, restart: Restart, said: watch::Sender<State>) {
    loop {
        let request = shell.request(argv.iter().cloned().map(String::into_bytes).collect());
        let Ok(running) = shell.guest.start(request) else { break };
        let Ok(outcome) = running.outcome().await else { break };
        let well = outcome.end == End::Exited(0);
        let again = match restart {
            Restart::No => false,
            Restart::OnFailure => !well,
            Restart::Always => true,
        };
        if !again || matches!(outcome.end, End::NotStarted { .. }) {
            let _unheard = said.send(State::Ended { well, how: told(&outcome) });
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
    let _unheard = said.send(State::Ended { well: false, how: "its container is gone".to_owned() });
}

/// How a program ended, with the end of what it wrote.
pub(crate) fn told(outcome: &ExecOutcome) -> String {
    let text = String::from_utf8_lossy(&outcome.stdout.kept()).trim().to_owned();
    let start = text.floor_char_boundary(text.len().saturating_sub(SHOWN));
    let said = if text.is_empty() { String::new() } else { format!(": {}", &text[start..]) };
    format!("{}{said}", outcome.end)
}

impl Running {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn sandbox(&self) -> &dyn Sandbox {
        &*self.sandbox
    }

    /// Ends and removes its container.
    pub(crate) async fn remove(self) -> Result<(), EngineError> {
        let Self { sandbox, shell, _watching, .. } = self;
        drop((shell, _watching));
        sandbox.remove().await
    }

    /// Waits until it has reached what another service needs.
    ///
    /// # Errors
    /// If it cannot any more.
    pub(crate) async fn reaches(&self, until: Until) -> Result<(), NoVerdict> {
        match until {
            Until::Started => Ok(()),
            Until::Healthy => self.is_healthy().await,
            Until::Completed => self.completed().await,
        }
    }

    /// Waits until it is as it is to be when all is ready: ended, where something waits for that, else running, and healthy
    /// where that can be asked.
    ///
    /// # Errors
    /// If it cannot be any more.
    pub(crate) async fn is_ready(&self) -> Result<(), NoVerdict> {
        if self.ends { self.completed().await } else { self.is_healthy().await }
    }

    async fn completed(&self) -> Result<(), NoVerdict> {
        match self.ended().await {
            (true, _) => Ok(()),
            (false, how) => Err(self.failed(&how)),
        }
    }

    /// A service without a check is healthy as long as it runs, or when it has done what it had to do.
    async fn is_healthy(&self) -> Result<(), NoVerdict> {
        let Some(check) = &self.health else {
            return match &*self.state.borrow() {
                State::Ended { well: false, how } => Err(self.failed(&format!("has ended: {how}"))),
                _ => Ok(()),
            };
        };
        tokio::select! {
            (_, how) = self.ended() => Err(self.failed(&how)),
            passed = passes(&self.shell, check, self.since) => match passed? {
                None => Ok(()),
                Some(said) => Err(self.failed(&format!("is not healthy: {said}"))),
            },
        }
    }

    /// Waits until its program has ended for good: whether well, and how.
    async fn ended(&self) -> (bool, String) {
        let mut state = self.state.clone();
        match state.wait_for(|state| matches!(state, State::Ended { .. })).await.as_deref() {
            Ok(State::Ended { well, how }) => (*well, format!("has ended: {how}")),
            Ok(State::Running) | Err(_) => (false, "was lost".to_owned()),
        }
    }

    fn failed(&self, how: &str) -> NoVerdict {
        // What programs say of a port that is taken; the one that is taken here is that of names.
        let is_taken = !self.tells_names && how.to_ascii_lowercase().contains("address already in use");
        let hint = if is_taken {
            "; port 53 of UDP on loopback is the container's own DNS: `expose: [53/udp]` leaves it to the service"
        } else {
            ""
        };
        NoVerdict::task_setup(format!("the service `{}` {how}{hint}", self.name))
    }
}

/// Waits until a check succeeds: a success counts at once, and failures as often as the check says. What it said last, if it
/// is given up.
pub(crate) async fn passes(
    shell: &GuestShell,
    check: &HealthCheck,
    since: Instant,
) -> Result<Option<String>, NoVerdict> {
    let (mut failures, mut counted) = (0, Instant::now());
    loop {
        let mut request = shell.request(check.argv.iter().cloned().map(String::into_bytes).collect());
        request.time_limit = Some(seconds(check.timeout_sec));
        let outcome = shell.guest.exec(request).await?;
        if outcome.end == End::Exited(0) {
            return Ok(None);
        }
        if counted.elapsed() >= seconds(check.interval_sec) {
            counted = Instant::now();
            failures += u32::from(since.elapsed() >= seconds(check.start_period_sec));
        }
        if failures >= check.retries {
            return Ok(Some(told(&outcome)));
        }
        tokio::time::sleep(LOOK.min(seconds(check.interval_sec))).await;
    }
}
