//! Whether a task proves itself.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
    sync::Arc,
};

use sandbox::Engine;
use schemars::JsonSchema;
use serde::Serialize;
use spec::{
    Task,
    lint::{self, Finding},
    sweep,
};
use vocabulary::{Attack, Outcome, OutcomeGroup};

use super::{Attacked, Play, Played, ProofError, Stage, attack::Bar};

/// Seconds that grading may take.
pub const GRADING_LIMIT: f64 = 60.0;

/// What was seen of one task.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Checked {
    /// `FAMILY/NAME`.
    pub task: String,
    /// SHA-256 of its files.
    pub digest: String,
    /// What keeps it from proving itself; empty when it does.
    pub findings: Vec<Finding>,
    /// Its plays, in order.
    pub plays: Vec<Line>,
    /// Attacks that its file says it falls to (`[metadata].falls_to`), each with the reason.
    pub falls_to: BTreeMap<Attack, String>,
    /// Attacks that were played, in order.
    pub attacks: Vec<Attacked>,
}

/// What a check plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Times that the solution has to score 1.
    pub rounds: u32,
    /// Attacks, beside nothing and the wrong solutions.
    pub attacks: Vec<Attack>,
}

/// One play of a check.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Line {
    /// `solution`, `nothing`, or `wrong/NAME`.
    pub play: String,
    /// 0 to 1; `None` when there was no verdict.
    pub score: Option<f64>,
    /// Seconds of the solution.
    pub playing_seconds: f64,
    /// Seconds of grading.
    pub grading_seconds: f64,
}

/// Checks one task: its files; its image, for tests and solutions in any layer, and for histories; and its plays, none
/// of which has a network: the solution `rounds` times, nothing, each wrong solution, and attacks.
///
/// # Errors
/// If the task's files cannot be read or the engine fails: what the task itself does wrong is a finding.
pub async fn check(
    engine: &Arc<dyn Engine>,
    task: &Task,
    plan: &Plan,
    say: sandbox::Progress<'_>,
) -> Result<Checked, ProofError> {
    let mut checked = Checked {
        task: task.id.clone(),
        digest: task.digest.clone(),
        findings: lint::task(task)?,
        plays: Vec::new(),
        falls_to: task.falls_to(),
        attacks: Vec::new(),
    };
    let stage = match Stage::new(engine, task, sweep::Network::None, say).await {
        Ok(stage) => stage,
        Err(error @ ProofError::Image(_)) => {
            checked.findings.push(Finding::new("image", error.to_string()));
            return Ok(checked);
        }
        Err(error) => return Err(error),
    };
    checked.findings.extend(leaks(&**engine, task, stage.image()).await?);
    // Of a task that cannot be solved, the solution is honest work that fails.
    let of_solution = if task.impossible().is_some() { 0.0 } else { 1.0 };
    let mut plays = vec![(Play::Solution, of_solution); plan.rounds as usize];
    plays.push((Play::Nothing, 0.0));
    plays.extend(task.wrong().into_iter().map(|folder| (Play::Wrong(folder), 0.0)));
    let mut nothing = None;
    for (play, wanted) in plays {
        // As an attack, it is judged below.
        let is_attack = play == Play::Nothing && plays_nothing(plan, &checked);
        let name = name(&play);
        say(&name);
        let seen = seen(&stage, &play).await?;
        checked.findings.extend(seen.faults(&name, (!is_attack).then_some(wanted)));
        checked.plays.push(seen.line(name));
        if is_attack {
            nothing = Some(seen);
        }
    }
    attacks(&stage, plan, nothing, &mut checked, say).await?;
    Ok(checked)
}

/// Whether doing nothing is judged as an attack: where it is to be one, and where the task says that it falls to it.
fn plays_nothing(plan: &Plan, checked: &Checked) -> bool {
    plan.attacks.contains(&Attack::Nothing) || checked.falls_to.contains_key(&Attack::Nothing)
}

/// Plays the attacks, and holds each against what solution and nothing got. `nothing`: what came of that, where it is to be
/// judged as one of them.
async fn attacks(
    stage: &Stage<'_>,
    plan: &Plan,
    mut nothing: Option<Seen>,
    checked: &mut Checked,
    say: sandbox::Progress<'_>,
) -> Result<(), ProofError> {
    let of = |play: &'static str| checked.plays.iter().filter(move |line| line.play == play);
    let bar = Bar {
        solution: of("solution").filter_map(|line| line.score).min_by(f64::total_cmp),
        nothing: of("nothing").find_map(|line| line.score).unwrap_or(0.0),
    };
    let of_nothing = nothing.as_ref().map(|_| Attack::Nothing);
    let chosen: BTreeSet<Attack> = plan.attacks.iter().copied().chain(of_nothing).collect();
    for attack in chosen {
        let played = nothing.take_if(|_| attack == Attack::Nothing);
        let seen = match played {
            Some(seen) => seen,
            None => {
                say(attack.as_str());
                seen(stage, &Play::Attack(attack)).await?
            }
        };
        // What failed is this machine, and says nothing of the task.
        if let (true, Some(why)) = (seen.is_infrastructure, &seen.no_verdict) {
            let message = format!("{attack} could not be played, {why}: check again");
            checked.findings.push(Finding::new("attack", message));
            continue;
        }
        let line = seen.line(attack.to_string());
        let (stand, found) = bar.judge(attack, line.score, &checked.falls_to);
        checked.findings.extend(found);
        checked.attacks.push(Attacked {
            attack,
            stand,
            score: line.score,
            no_verdict: seen.no_verdict,
            playing_seconds: line.playing_seconds,
            grading_seconds: line.grading_seconds,
        });
    }
    Ok(())
}

/// What came of one play, whether there was a verdict or not.
struct Seen {
    score: Option<f64>,
    playing_seconds: f64,
    grading_seconds: f64,
    /// Why it scores what it does, in words.
    why: String,
    /// Why there was no verdict.
    no_verdict: Option<String>,
    /// Whether that is no doing of what was played.
    is_infrastructure: bool,
}

impl Seen {
    fn none(error: &ProofError) -> Self {
        let is_infrastructure = matches!(error, ProofError::NoVerdict { outcome, .. }
            if outcome.group() == OutcomeGroup::Infra && *outcome != Outcome::VerifierCrash);
        Self {
            score: None,
            playing_seconds: 0.0,
            grading_seconds: 0.0,
            why: String::new(),
            no_verdict: Some(error.to_string()),
            is_infrastructure,
        }
    }

    fn line(&self, play: String) -> Line {
        let Self { score, playing_seconds, grading_seconds, .. } = *self;
        Line { play, score, playing_seconds, grading_seconds }
    }

    /// What is wrong with it. `wanted`: the score that it has to have, where that is judged here.
    fn faults(&self, name: &str, wanted: Option<f64>) -> Vec<Finding> {
        let mut found = Vec::new();
        match (self.score, wanted) {
            (Some(score), Some(wanted)) if score != wanted => {
                let message = format!("{name} scores {score}, not {wanted}: {}", self.why);
                found.push(Finding::new("score", message));
            }
            _ => {}
        }
        if let Some(why) = &self.no_verdict {
            found.push(Finding::new("score", format!("{name} has no verdict, {why}")));
        }
        if self.grading_seconds > GRADING_LIMIT {
            let took = self.grading_seconds;
            let message = format!("grading {name} took {took:.0} s, over {GRADING_LIMIT}");
            found.push(Finding::new("grading", message));
        }
        found
    }
}

async fn seen(stage: &Stage<'_>, play: &Play) -> Result<Seen, ProofError> {
    match stage.play(play).await {
        Ok(Played { score, playing_seconds, grading_seconds, script, output, .. }) => {
            let why = script.map_or_else(|| tail(&output), |script| script.to_string());
            let (score, no_verdict) = (Some(score), None);
            Ok(Seen { score, playing_seconds, grading_seconds, why, no_verdict, is_infrastructure: false })
        }
        Err(error @ (ProofError::NoVerdict { .. } | ProofError::Reward(_))) => Ok(Seen::none(&error)),
        Err(error) => Err(error),
    }
}

async fn leaks(engine: &dyn Engine, task: &Task, image: &str) -> Result<Vec<Finding>, ProofError> {
    let secrets = lint::secrets(task)?;
    let wanted: HashSet<_> = secrets.iter().map(|secret| (secret.bytes, secret.sha256)).collect();
    let held = engine.find_in_layers(image, &wanted).await?;
    let finding = |path: &str| {
        Finding::new(
            "leak",
            format!("a layer of the image holds /{path}, a file of the tests or of a solution"),
        )
    };
    Ok(held.iter().map(|path| finding(path)).collect())
}

fn name(play: &Play) -> String {
    let last = |folder: &Path| folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match play {
        Play::Nothing => "nothing".into(),
        Play::Solution => "solution".into(),
        Play::Wrong(folder) => format!("wrong/{}", last(folder)),
        Play::Attack(attack) => attack.to_string(),
    }
}

fn tail(output: &str) -> String {
    let start = output.floor_char_boundary(output.len().saturating_sub(400));
    output[start..].trim().to_owned()
}
