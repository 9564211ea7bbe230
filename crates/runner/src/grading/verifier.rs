//! A task's tests, run in a container, and the rewards they leave.

use std::{io::Read, time::Duration};

use ledger::Outcome;
use sandbox::{
    Sandbox,
    guest::{Guest, Modes},
};
use wire::{CollectRequest, End, Entry, ExecRequest, FileLimits, Keep, PutMode, User};

use crate::{
    container::{
        readiness,
        site::{Site, seconds},
        workspace::put,
    },
    grading::rewards::{self, Rewards},
    no_verdict::{Met, NoVerdict},
    watch::disk,
};

/// Where Harbor's verifiers write.
pub(super) const LOGS: &str = "/logs/verifier";

/// Where their tests lie.
pub(super) const TESTS: &str = "/tests";

/// How long one step before the tests, or after them, may take: they only set permissions, or remove files.
pub(super) const PREPARING: Duration = Duration::from_secs(30);

/// Bytes kept of a verifier's output, from its head and from its tail.
const OUTPUT: Keep = Keep { head: 256 << 10, tail: 256 << 10 };

/// A reward file is small.
const REWARD_LIMITS: FileLimits = FileLimits { entries: 16, bytes: 1 << 20, file_bytes: 1 << 20 };

/// What the tests came to.
pub(super) struct Tested {
    pub(super) rewards: Rewards,
    /// What they wrote.
    pub(super) output: Vec<u8>,
}

/// Puts the tests into a container and runs them there. `going_on`: what ran beside the agent runs there still.
pub(super) async fn run_tests(
    site: &Site<'_>,
    sandbox: &dyn Sandbox,
    going_on: bool,
) -> Result<Tested, NoVerdict> {
    let guest = sandbox.guest();
    let verifier = &site.task.verifier;
    put_tests(site, guest).await?;
    let shell = site.tests_shell(guest);
    // The entrypoint of the agent's part is among what goes on.
    let services = if going_on { None } else { readiness::start_entrypoint(&shell, site.tests_image())? };
    let root = |argv: &[&str]| ExecRequest {
        time_limit: Some(PREPARING),
        stdout: OUTPUT,
        user: User::Guest,
        ..shell.request(argv.iter().map(|argument| argument.as_bytes().to_vec()).collect())
    };
    // Tests that an image brings along: nobody has worked in that container.
    if verifier.image.is_some() {
        guest.exec(root(&["chmod", "-R", "a+rX", TESTS])).await?;
        guest.exec(root(&["chmod", "a+x", "/tests/test.sh"])).await?;
    }
    let mut request = root(&["bash", "-c", "/tests/test.sh"]);
    request.time_limit = Some(seconds(verifier.timeout_sec));
    request.user = shell.user.clone();
    let watch = disk::watch(site, sandbox).await?;
    // The agent's programs run here too.
    let ended = tokio::select! {
        outcome = guest.exec(request) => Ok(outcome?),
        full = watch.full(None) => Err(full?),
    };
    // Nothing that runs on may still write a reward.
    if going_on {
        guest.freeze().await?;
    } else {
        guest.kill_all().await?;
    }
    let outcome = ended.map_err(|full| NoVerdict { met: Met::FullDisk, ..crash(&full, &[]) })?;
    drop(services);
    let output = outcome.stdout.kept();
    let written = read_rewards(site, guest).await;
    if going_on {
        guest.thaw().await?;
    }
    // Harbor ignores the exit code; what counts is the reward.
    match written? {
        Written::Rewards(rewards) => Ok(Tested { rewards, output }),
        Written::NoReward { .. } if outcome.end == End::TimedOut => {
            Err(crash(&format!("the tests ran into their limit of {} s", verifier.timeout_sec), &output))
        }
        Written::NoReward { wrong } => Err(crash(&format!("{wrong} ({})", outcome.end), &output)),
    }
}

/// Puts the tests in, and takes away whatever was where they and their rewards belong.
async fn put_tests(site: &Site<'_>, guest: &Guest) -> Result<(), NoVerdict> {
    // An image of the verifier's own brings its tests along.
    if site.task.verifier.image.is_none() {
        guest.put(put(TESTS, PutMode::Mirror), []).await?;
        for tests in &site.task.tests {
            let modes = Modes::Readable { program: "test.sh" };
            guest.put_directory(put(TESTS, PutMode::Merge), tests, (0, 0), modes).await?;
        }
    }
    // Tests may run as anybody.
    let folder = Entry { mode: 0o777, ..Entry::directory("") };
    guest.put(put(LOGS, PutMode::Mirror), [(folder, Vec::new())]).await?;
    Ok(())
}

/// Where the tests look for programs.
pub(super) fn search_path<'a>(site: &'a Site<'_>) -> &'a str {
    let own = site.task.verifier.env.get("PATH");
    own.or_else(|| site.env.get("PATH")).map_or("", String::as_str)
}

/// A verifier that gave no verdict: a 0 only where that is the agent's doing (`trial::blame`).
fn crash(wrong: &str, output: &[u8]) -> NoVerdict {
    let text = String::from_utf8_lossy(output);
    let start = text.floor_char_boundary(text.len().saturating_sub(400));
    let said = text[start..].trim();
    let detail = if said.is_empty() {
        format!("tests/test.sh: {wrong}")
    } else {
        format!("tests/test.sh: {wrong}: {said}")
    };
    NoVerdict { said: said.to_owned(), ..NoVerdict::new(Outcome::VerifierCrash, detail) }
}

/// What the tests left where rewards are read.
enum Written {
    Rewards(Rewards),
    /// Nothing, or something that is no reward.
    NoReward {
        wrong: String,
    },
}

async fn read_rewards(site: &Site<'_>, guest: &Guest) -> Result<Written, NoVerdict> {
    let archive =
        tempfile::Builder::new().tempfile_in(site.scratch).map_err(NoVerdict::host)?.into_temp_path();
    let paths = ["reward.json", "reward.txt"].map(|name| format!("{LOGS}/{name}").into_bytes());
    let request = CollectRequest { roots: paths.to_vec(), exclude: Vec::new(), limits: REWARD_LIMITS };
    if let Err(error) = guest.collect(request, &archive).await {
        return Err(NoVerdict::new(Outcome::VerifierCrash, error));
    }
    let [json, text] = reward_files(&archive).map_err(NoVerdict::host)?;
    Ok(match rewards::read(json.as_deref(), text.as_deref()) {
        Ok(rewards) => Written::Rewards(rewards),
        Err(wrong) => Written::NoReward { wrong },
    })
}

/// The texts of `reward.json` and of `reward.txt`.
fn reward_files(archive: &std::path::Path) -> std::io::Result<[Option<String>; 2]> {
    let [mut json, mut text] = [None, None];
    for entry in tar::Archive::new(fs_err::File::open(archive)?).entries()? {
        let mut entry = entry?;
        // A link to somewhere else is no reward.
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let is_json = entry.path_bytes().ends_with(b".json");
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        let content = String::from_utf8_lossy(&content).into_owned();
        if is_json { json = Some(content) } else { text = Some(content) }
    }
    Ok([json, text])
}
