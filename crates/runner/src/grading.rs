//! The verdict on a work tree, away from the agent (ARCHITECTURE.md, Grading).

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use ledger::Outcome;
use sandbox::{Sandbox, guest::Guest};
use serde_json::Value;
use spec::task::VerifierMode;
use wire::{CollectRequest, End, ExecRequest, FileLimits, Keep, PutMode, User};

use crate::{
    bare::GuestShell,
    trial::{Infra, Try, start_spec},
    workspace::{self, Workspace, put},
};

/// Where Harbor's verifiers write.
const LOGS: &str = "/logs/verifier";

/// Bytes kept of a verifier's output, from its head and from its tail.
const OUTPUT: Keep = Keep { head: 256 << 10, tail: 256 << 10 };

/// How long one step before the tests may take: they only set permissions.
const PREPARING: Duration = Duration::from_secs(30);

/// A reward file is small.
const REWARD_LIMITS: FileLimits = FileLimits { entries: 16, bytes: 1 << 20, file_bytes: 1 << 20 };

/// A verdict.
#[derive(Debug)]
pub(crate) struct Graded {
    /// 0 to 1.
    pub(crate) score: f64,
    /// Every reward by name.
    pub(crate) rewards: BTreeMap<String, f64>,
    /// What the verifier wrote.
    pub(crate) output: Vec<u8>,
    /// How long all of it took.
    pub(crate) seconds: f64,
}

/// Grades the work tree. The tests are put in only now.
pub(crate) async fn grade(
    this: &Try<'_>,
    sandbox: &dyn Sandbox,
    workspace: &Workspace,
) -> Result<Graded, Infra> {
    let began = Instant::now();
    let (rewards, output) = match this.task.verifier.mode {
        VerifierMode::Shared => verify(this, sandbox.guest()).await?,
        VerifierMode::Separate => {
            let spec = start_spec(this, &this.images.verifier, "verifier", false);
            let fresh = this.shared.engine.start(spec).await?;
            let verdict = async {
                workspace::restore(this, fresh.guest(), workspace).await?;
                verify(this, fresh.guest()).await
            }
            .await;
            if let Err(error) = fresh.remove().await {
                tracing::warn!(trial = %this.planned.id, %error, "the verifier's container was not removed");
            }
            verdict?
        }
    };
    let score = rewards.get("reward").or_else(|| rewards.values().next()).copied().unwrap_or(0.0);
    Ok(Graded { score, rewards, output, seconds: began.elapsed().as_secs_f64() })
}

async fn verify(this: &Try<'_>, guest: &Guest) -> Result<(BTreeMap<String, f64>, Vec<u8>), Infra> {
    let verifier = &this.task.verifier;
    let tests = this.task.path.join("tests");
    // An image of the verifier's own brings its tests along.
    if verifier.image.is_none() {
        guest.put_directory(put("/tests", PutMode::Mirror), &tests, (0, 0)).await?;
    }
    guest.put(put(LOGS, PutMode::Mirror), []).await?;
    let mut env = this.env.clone();
    env.extend(verifier.env.clone());
    let shell = GuestShell { guest: guest.clone(), workdir: this.workdir.clone(), env, user: User::Guest };
    let root = |argv: &[&str]| ExecRequest {
        time_limit: Some(PREPARING),
        stdout: OUTPUT,
        ..shell.request(argv.iter().map(|argument| argument.as_bytes().to_vec()).collect())
    };
    guest.exec(root(&["chmod", "777", LOGS])).await?;
    guest.exec(root(&["chmod", "-R", "a+rX", "/tests"])).await?;
    guest.exec(root(&["chmod", "a+x", "/tests/test.sh"])).await?;
    let mut request = root(&["bash", "-c", "/tests/test.sh"]);
    request.time_limit = Some(Duration::from_secs_f64(verifier.timeout_sec.max(0.0)));
    if let Some(user) = &verifier.user {
        request.user = User::Named(user.clone());
    }
    let outcome = guest.exec(request).await?;
    // Nothing the tests left running may still write a reward.
    guest.kill_all().await?;
    let output = outcome.stdout.kept();
    // Harbor ignores the exit code; what counts is the reward.
    match rewards(this, guest).await? {
        Some(rewards) => Ok((rewards, output)),
        None => {
            let why = match outcome.end {
                End::TimedOut => format!("the verifier ran into its limit of {} s", verifier.timeout_sec),
                end => format!("the verifier wrote no reward ({end:?}): {}", tail(&output)),
            };
            Err(Infra::new(Outcome::VerifierCrash, why))
        }
    }
}

fn tail(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let start = text.floor_char_boundary(text.len().saturating_sub(400));
    text[start..].trim().to_owned()
}

/// `reward.json` comes before `reward.txt`; values are finite numbers.
async fn rewards(this: &Try<'_>, guest: &Guest) -> Result<Option<BTreeMap<String, f64>>, Infra> {
    let host = |error: std::io::Error| Infra::new(Outcome::HostDisk, error);
    let archive = tempfile::Builder::new().tempfile_in(&this.shared.scratch).map_err(host)?.into_temp_path();
    let paths = ["reward.json", "reward.txt"].map(|name| format!("{LOGS}/{name}").into_bytes());
    let request = CollectRequest { roots: paths.to_vec(), exclude: Vec::new(), limits: REWARD_LIMITS };
    if let Err(error) = guest.collect(request, &archive).await {
        return Err(Infra::new(Outcome::VerifierCrash, error));
    }
    let mut json = None;
    let mut text = None;
    for entry in tar::Archive::new(fs_err::File::open(&archive).map_err(host)?).entries().map_err(host)? {
        let mut entry = entry.map_err(host)?;
        // A link to somewhere else is no reward.
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let is_json = entry.path_bytes().ends_with(b".json");
        let mut content = String::new();
        if std::io::Read::read_to_string(&mut entry, &mut content).is_err() {
            continue;
        }
        if is_json { json = Some(content) } else { text = Some(content) }
    }
    Ok(json.and_then(|json| from_json(&json)).or_else(|| text.and_then(|text| from_text(&text))))
}

fn from_json(text: &str) -> Option<BTreeMap<String, f64>> {
    let Value::Object(map) = serde_json::from_str(text).ok()? else { return None };
    let rewards: BTreeMap<String, f64> =
        map.into_iter().map(|(name, value)| Some((name, finite(value.as_f64()?)?))).collect::<Option<_>>()?;
    (!rewards.is_empty()).then_some(rewards)
}

fn from_text(text: &str) -> Option<BTreeMap<String, f64>> {
    let reward = finite(text.trim().parse().ok()?)?;
    Some(BTreeMap::from([("reward".to_owned(), reward)]))
}

fn finite(value: f64) -> Option<f64> {
    (0.0..=1.0).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewards_are_finite_numbers_from_nothing_to_one() {
        assert_eq!(from_text(" 1\n").unwrap()["reward"], 1.0);
        assert_eq!(from_json(r#"{"reward": 0.5, "style": 1}"#).unwrap().len(), 2);
        for wrong in ["", "yes", "nan", "inf", "2", "-1"] {
            assert!(from_text(wrong).is_none(), "{wrong}");
        }
        for wrong in ["{}", "[1]", r#"{"reward": "1"}"#, r#"{"reward": 1e999}"#] {
            assert!(from_json(wrong).is_none(), "{wrong}");
        }
    }
}
