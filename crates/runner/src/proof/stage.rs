//! One play: a script in the agent's place, in a fresh container.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use ledger::Regraded;
use sandbox::{Engine, EngineError, Sandbox, guest::Modes};
use spec::{Limits, Task, sweep};
use tempfile::TempDir;
use vocabulary::Attack;
use wire::{End, PutMode, User};

use super::attack;
use crate::{
    container::{
        images::{self, ImageError, Images},
        pod, readiness,
        site::{Site, Terms},
        workspace::{put, take_away},
    },
    grading::{
        grade,
        regrade::{self, Known},
        rewards::{self, OutOfBounds, Tally},
    },
    no_verdict::NoVerdict,
};

/// Where a solution is put.
const SOLUTION: &str = "/solution";

/// How long a look at what runs may take.
const LOOKING: Duration = Duration::from_secs(30);

/// How long an attack may take: none does more than to look through a container's files.
const ATTACKING: Duration = Duration::from_secs(60);

/// What is done in the agent's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Play {
    /// Nothing.
    Nothing,
    /// The task's solution.
    Solution,
    /// The wrong solution in this folder.
    Wrong(PathBuf),
    /// An attack.
    Attack(Attack),
}

/// What came of a play.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// 0 to 1.
    pub score: f64,
    /// Rewards by name.
    pub rewards: BTreeMap<String, f64>,
    /// Seconds of the solution.
    pub playing_seconds: f64,
    /// Seconds of grading, all steps together.
    pub grading_seconds: f64,
    /// The score of each step that was graded, in order; one of a task of one step. `None`: no number from 0 to 1.
    pub steps: Vec<Option<f64>>,
    /// How the solution's script failed, if it did; it is graded all the same.
    pub script: Option<ScriptFailure>,
    /// The commands of processes that the solution left running.
    pub left_running: Vec<String>,
    /// What the verifier wrote.
    pub output: String,
    /// Steps' work that was graded once more; empty where that was not asked for.
    pub(crate) regraded: Vec<Regraded>,
}

/// How a solution's script failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFailure {
    /// How it ended.
    pub how: String,
    /// What it wrote.
    pub said: String,
}

impl std::fmt::Display for ScriptFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.how, self.said)
    }
}

/// Why there is no score.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The task's images.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The play had no verdict: an outcome code and its words.
    #[error("{outcome}: {detail}")]
    NoVerdict {
        /// The outcome a trial would have had.
        outcome: ledger::Outcome,
        /// In words.
        detail: String,
        /// What the tests wrote last, with which `detail` ends; empty where they wrote nothing.
        said: String,
    },
    /// The tests gave a number that is no score.
    #[error("{outcome}: {wrong}", outcome = ledger::Outcome::VerifierCrash, wrong = .0)]
    Reward(OutOfBounds),
    /// A folder of this machine.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<NoVerdict> for ProofError {
    fn from(why: NoVerdict) -> Self {
        Self::NoVerdict { outcome: why.outcome, detail: why.detail, said: why.said }
    }
}

/// A task whose images are there, ready to be played.
pub struct Stage<'t> {
    engine: Arc<dyn Engine>,
    task: &'t Task,
    images: Images,
    limits: Limits,
    network: sweep::Network,
    runtime: Option<String>,
    name: String,
    scratch: TempDir,
    again: bool,
}

impl<'t> Stage<'t> {
    /// Builds or finds the task's images.
    ///
    /// # Errors
    /// If an image cannot be had.
    pub async fn new(
        engine: &Arc<dyn Engine>,
        task: &'t Task,
        network: sweep::Network,
        say: sandbox::Progress<'_>,
    ) -> Result<Self, ProofError> {
        let images = images::ensure(&**engine, task, say).await?;
        let (engine, limits, name) = (engine.clone(), Limits::default(), task.id.clone());
        let (runtime, scratch) = (None, tempfile::tempdir()?);
        Ok(Self { engine, task, images, limits, network, runtime, name, scratch, again: false })
    }

    /// The same under what a sweep says.
    pub(crate) fn under(self, sweep: &sweep::Sweep) -> Self {
        Self { limits: sweep.limits.clone(), runtime: sweep.runtime.clone(), ..self }
    }

    /// The same with work graded once more where its test and runner files are not the image's.
    pub(crate) fn graded_again(self) -> Self {
        Self { again: true, ..self }
    }

    /// The id of the agent's image.
    pub fn image(&self) -> &str {
        &self.images.agent.id
    }

    /// Plays the task once, in a fresh container.
    ///
    /// # Errors
    /// If there is no verdict.
    pub async fn play(&self, play: &Play) -> Result<Played, ProofError> {
        let site = Site::new(
            Terms {
                engine: &*self.engine,
                limits: &self.limits,
                network: self.network,
                runtime: self.runtime.as_deref(),
                run: "proof",
                trial: &self.name,
                scratch: self.scratch.path(),
            },
            self.task,
            &self.images,
        );
        let sandbox = pod::start(&site, site.start_spec(&self.images.agent, "agent")).await?;
        let known = self.again.then(Known::default);
        let played = in_sandbox(&site, sandbox.as_ref(), play, known.as_ref()).await;
        if let Err(error) = sandbox.remove().await {
            tracing::warn!(task = self.name, %error, "the container was not removed");
        }
        let mut played = played?;
        played.score = rewards::score(&played.rewards, site.task).map_err(ProofError::Reward)?;
        Ok(played)
    }
}

/// All but the score.
async fn in_sandbox(
    site: &Site<'_>,
    sandbox: &dyn Sandbox,
    play: &Play,
    again: Option<&Known>,
) -> Result<Played, NoVerdict> {
    let whole = site.task;
    let steps = whole.parts();
    let mut tally = Tally::default();
    let mut played = Played {
        score: 0.0,
        rewards: BTreeMap::new(),
        playing_seconds: 0.0,
        grading_seconds: 0.0,
        steps: Vec::new(),
        script: None,
        left_running: Vec::new(),
        output: String::new(),
        regraded: Vec::new(),
    };
    for (index, step) in steps.iter().enumerate() {
        let site = site.at(step);
        let services = readiness::begin(&site, sandbox.guest(), index == 0).await?;
        let before = running(&site, sandbox).await?;
        let began = Instant::now();
        let folder = match play {
            Play::Nothing => None,
            Play::Solution => Some(&step.solution),
            Play::Wrong(folder) => Some(folder),
            Play::Attack(attack) => {
                self::attack(&site, sandbox, *attack).await?;
                None
            }
        };
        if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
            played.script = script(&site, sandbox, folder).await?.or(played.script);
        }
        played.playing_seconds += began.elapsed().as_secs_f64();
        let after = running(&site, sandbox).await?;
        played
            .left_running
            .extend(after.into_iter().filter(|one| !before.contains(one)).map(|(_, command)| command));
        if !site.task.keep_processes() {
            sandbox.guest().kill_all().await?;
        }
        let left = grade::collect(&site, sandbox, &[]).await?;
        let grade = grade::grade(&site, sandbox, &left).await?;
        if let Some(known) = again {
            let step = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let (instruction, workspace) = (regrade::told(whole, step), &left.workspace);
            let work = regrade::Work { step, instruction, workspace, grade: &grade };
            played.regraded.extend(regrade::regrade(&site, &work, known).await);
        }
        drop(services);
        played.grading_seconds += grade.seconds;
        played.output.push_str(&String::from_utf8_lossy(&grade.output));
        played.steps.push(rewards::score(&grade.rewards, site.task).ok());
        if !tally.add(step, grade.rewards) {
            break;
        }
        if index + 1 < steps.len() {
            grade::clear_tests(&site, sandbox.guest()).await?;
        }
    }
    played.rewards = tally.total(site.task.step_reward);
    Ok(played)
}

/// Runs a solution's `solve.sh` as the agent's user, and takes its folder away again. How it failed, if it did.
async fn script(
    site: &Site<'_>,
    sandbox: &dyn Sandbox,
    folder: &Path,
) -> Result<Option<ScriptFailure>, NoVerdict> {
    let guest = sandbox.guest();
    let owner = site.owner(guest).await?;
    guest.put_directory(put(SOLUTION, PutMode::Mirror), folder, (owner.uid, owner.gid), Modes::Kept).await?;
    let mut shell = site.shell(guest);
    // As where Harbor plays it: nothing is there to answer a question.
    shell.env.insert("DEBIAN_FRONTEND".to_owned(), "noninteractive".to_owned());
    shell.env.extend(site.task.solution_env.clone());
    let mut request = shell.request(vec![b"bash".to_vec(), format!("{SOLUTION}/solve.sh").into_bytes()]);
    request.time_limit = Some(site.wall());
    let outcome = guest.exec(request).await?;
    take_away(guest, &[SOLUTION]).await?;
    let said = String::from_utf8_lossy(&outcome.stdout.kept()).trim().to_owned();
    let how = format!("solve.sh: {}", outcome.end);
    Ok((outcome.end != End::Exited(0)).then_some(ScriptFailure { how, said }))
}

/// Runs an attack as the agent's user. What it leaves running runs on.
async fn attack(site: &Site<'_>, sandbox: &dyn Sandbox, attack: Attack) -> Result<(), NoVerdict> {
    let Some(script) = attack::script(attack) else { return Ok(()) };
    let guest = sandbox.guest();
    let mut request =
        site.shell(guest).request([b"sh", b"-c".as_slice(), script.as_bytes()].map(Into::into).into());
    request.stdin = Some(attack::told(&site.task.instruction).into());
    request.time_limit = Some(ATTACKING);
    guest.exec(request).await?;
    Ok(())
}

/// Prints the number and the command line of every other process that has one.
const PROCESSES: &str = r#"for at in /proc/[0-9]*; do
    [ "$at" = /proc/$$ ] && continue
    words=()
    while read -r -d '' word; do words+=("$word"); done 2>/dev/null <"$at/cmdline"
    [ ${#words[@]} -gt 0 ] && echo "${at#/proc/} ${words[*]//$'\n'/ }"
done; true"#;

/// What runs in the container: number and command of each process.
async fn running(site: &Site<'_>, sandbox: &dyn Sandbox) -> Result<Vec<(String, String)>, NoVerdict> {
    let guest = sandbox.guest();
    let mut request = site.shell(guest).bash(PROCESSES);
    request.user = User::Guest;
    request.time_limit = Some(LOOKING);
    let listed = guest.exec(request).await?.stdout.kept();
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let pair =
        |line: &str| line.split_once(' ').map(|(number, command)| (number.to_owned(), command.to_owned()));
    Ok(listed.lines().filter_map(pair).collect())
}
