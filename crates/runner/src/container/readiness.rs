//! What happens in a container before the agent's part, or a step of it, begins.

use std::{path::Path, time::Duration};

use sandbox::{
    Image,
    guest::{Guest, GuestError, Modes, Progress, Running},
};
use spec::task::Healthcheck;
use tokio::time::{Instant, sleep};
use wire::{End, Entry, EntryKind, ExecOutcome, ExecRequest, PutMode, User, UserRecord};

use crate::{
    container::{
        service,
        shell::GuestShell,
        site::{Site, seconds},
        workspace::put,
    },
    no_verdict::NoVerdict,
};

/// How long a step's `setup.sh` may take.
const SETUP: Duration = Duration::from_secs(300);

/// Programs of the image's own that run beside the agent; dropped, they are killed.
pub(crate) type Services = Option<Running>;

/// Readies a container for a step: its entrypoint is started, the step's files are put in, its set-up run, and
/// health waited for. `is_fresh`: no step was carried out in it yet.
pub(crate) async fn begin(site: &Site<'_>, guest: &Guest, is_fresh: bool) -> Result<Services, NoVerdict> {
    let folder = Entry {
        path: b"artifacts".to_vec(),
        kind: EntryKind::Directory,
        mode: 0o777,
        uid: 0,
        gid: 0,
        mtime: (0, 0),
    };
    guest.put(put("/logs", PutMode::Merge), [(folder, Vec::new())]).await?;
    if let Err(GuestError::Refused(why)) = site.owner(guest).await {
        return Err(NoVerdict::task_setup(format!("the agent's user: {why}")));
    }
    let mut services = start_entrypoint(&site.shell(guest), &site.images.agent)?;
    if let Some(upload) = &site.task.upload {
        set_up(site, guest, upload).await?;
    }
    let image = &site.images.agent;
    if let Some(check) = site.task.environment.health.check(image.health.as_ref()) {
        let user = Site::user_of(None, image);
        let shell = GuestShell { user, ..site.shell(guest) };
        // A container whose program has ended is not healthy to an engine, whatever the check would say of it.
        let passed = tokio::select! {
            biased;
            // In a later step it is started once more, as no engine would: it may find its work done.
            outcome = ended(&mut services), if is_fresh => {
                let how = service::told(&outcome?);
                return Err(NoVerdict::task_setup(format!("the image's entrypoint has ended: {how}")));
            }
            passed = service::passes(&shell, check, Instant::now()) => passed?,
        };
        if let Some(said) = passed {
            return Err(NoVerdict::task_setup(format!("the container is not healthy: {said}")));
        }
    }
    let of_image = Site::user_of(None, &site.images.agent);
    let checks =
        [(&site.task.environment.healthcheck, of_image), (&site.task.healthcheck, site.shell(guest).user)];
    for (check, user) in checks {
        if let Some(check) = check {
            healthy(site, guest, check, user).await?;
        }
    }
    // After all that may make that user.
    if let Some(Err(GuestError::Refused(why))) = tests_user(site, guest).await {
        return Err(NoVerdict::task_setup(format!("the tests' user: {why}")));
    }
    Ok(services)
}

/// The end of the programs; never, where there are none.
async fn ended(services: &mut Services) -> Result<ExecOutcome, GuestError> {
    let Some(running) = services else { return std::future::pending().await };
    loop {
        if let Progress::Ended(outcome) = running.next().await? {
            return Ok(*outcome);
        }
    }
}

/// The user of tests that will run in the agent's image, as the container has it: better told now than after the work.
async fn tests_user(site: &Site<'_>, guest: &Guest) -> Option<Result<UserRecord, GuestError>> {
    let verifier = &site.task.verifier;
    let user = verifier.user.as_ref().filter(|_| verifier.image.is_none())?;
    Some(guest.user(user).await)
}

/// Puts a step's files into the working directory, the agent's own, and runs their `setup.sh`, which then goes.
async fn set_up(site: &Site<'_>, guest: &Guest, upload: &Path) -> Result<(), NoVerdict> {
    let owner = site.owner(guest).await?;
    guest
        .put_directory(put(&site.workdir, PutMode::Merge), upload, (owner.uid, owner.gid), Modes::Kept)
        .await?;
    if !upload.join("setup.sh").is_file() {
        return Ok(());
    }
    let mut request = site.shell(guest).bash("bash ./setup.sh; status=$?; rm -f setup.sh; exit $status");
    request.time_limit = Some(SETUP);
    let outcome = guest.exec(request).await?;
    if outcome.end == End::Exited(0) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&outcome.stdout.kept()).trim().to_owned();
    let detail = format!("setup.sh of `{}` failed ({}): {said}", site.task.id, outcome.end);
    Err(NoVerdict::task_setup(detail))
}

/// Starts the entrypoint of an image that has one, as the engine would: with a command that only waits.
/// `shell`: where and with which environment.
pub(crate) fn start_entrypoint(shell: &GuestShell, image: &Image) -> Result<Services, NoVerdict> {
    if image.entrypoint.is_empty() {
        return Ok(None);
    }
    let waiting = ["sh", "-c", "sleep infinity"].map(str::to_owned);
    let argv = image.entrypoint.iter().cloned().chain(waiting).map(String::into_bytes).collect();
    let request = ExecRequest { user: Site::user_of(None, image), ..shell.request(argv) };
    Ok(Some(shell.guest.start(request)?))
}

/// Waits until the check succeeds. Failures in the start period do not count; so many in a row after it are the end.
async fn healthy(site: &Site<'_>, guest: &Guest, check: &Healthcheck, user: User) -> Result<(), NoVerdict> {
    let began = Instant::now();
    let mut failures = 0;
    loop {
        let mut request = site.shell(guest).bash(&check.command);
        request.user = user.clone();
        request.time_limit = Some(seconds(check.timeout_sec));
        let outcome = guest.exec(request).await?;
        if outcome.end == End::Exited(0) {
            return Ok(());
        }
        let starting = began.elapsed() < seconds(check.start_period_sec);
        failures += u32::from(!starting);
        if failures >= check.retries {
            let said = String::from_utf8_lossy(&outcome.stdout.kept()).trim().to_owned();
            let detail = format!(
                "the container is not healthy: `{}` failed {failures} times ({}): {said}",
                check.command, outcome.end
            );
            return Err(NoVerdict::task_setup(detail));
        }
        sleep(seconds(if starting { check.start_interval_sec } else { check.interval_sec })).await;
    }
}
