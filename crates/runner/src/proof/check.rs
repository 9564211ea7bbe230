//! Whether a task proves itself.

use std::{collections::HashSet, path::Path, sync::Arc};

use sandbox::Engine;
use schemars::JsonSchema;
use serde::Serialize;
use spec::{
    Task,
    lint::{self, Finding},
    sweep,
};

use super::{Play, ProofError, Stage};

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
/// of which has a network: the solution `rounds` times, nothing, and each wrong solution.
///
/// # Errors
/// If the task's files cannot be read or the engine fails: what the task itself does wrong is a finding.
pub async fn check(
    engine: &Arc<dyn Engine>,
    task: &Task,
    rounds: u32,
    say: sandbox::Progress<'_>,
) -> Result<Checked, ProofError> {
    let mut checked = Checked {
        task: task.id.clone(),
        digest: task.digest.clone(),
        findings: lint::task(task)?,
        plays: Vec::new(),
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
    let mut plays = vec![(Play::Solution, of_solution); rounds as usize];
    plays.push((Play::Nothing, 0.0));
    plays.extend(task.wrong().into_iter().map(|folder| (Play::Wrong(folder), 0.0)));
    for (play, wanted) in plays {
        let name = name(&play);
        say(&name);
        let (line, found) = one(&stage, &play, name, wanted).await?;
        checked.findings.extend(found);
        checked.plays.push(line);
    }
    Ok(checked)
}

async fn one(
    stage: &Stage<'_>,
    play: &Play,
    name: String,
    wanted: f64,
) -> Result<(Line, Vec<Finding>), ProofError> {
    let mut found = Vec::new();
    let mut line = Line { play: name.clone(), score: None, playing_seconds: 0.0, grading_seconds: 0.0 };
    match stage.play(play).await {
        Ok(played) => {
            line.score = Some(played.score);
            line.playing_seconds = played.playing_seconds;
            line.grading_seconds = played.grading_seconds;
            if played.score != wanted {
                let why = played.script.map_or_else(|| tail(&played.output), |script| script.to_string());
                found.push(Finding::new(
                    "score",
                    format!("{name} scores {}, not {wanted}: {why}", played.score),
                ));
            }
            if played.grading_seconds > GRADING_LIMIT {
                let took = played.grading_seconds;
                found.push(Finding::new(
                    "grading",
                    format!("grading {name} took {took:.0} s, over {GRADING_LIMIT}"),
                ));
            }
        }
        Err(ProofError::NoVerdict { outcome, detail, .. }) => {
            found.push(Finding::new("score", format!("{name} has no verdict, {outcome}: {detail}")));
        }
        Err(ProofError::Reward(wrong)) => {
            found.push(Finding::new("score", format!("{name} has no verdict: {wrong}")));
        }
        Err(error) => return Err(error),
    }
    Ok((line, found))
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
    }
}

fn tail(output: &str) -> String {
    let start = output.floor_char_boundary(output.len().saturating_sub(400));
    output[start..].trim().to_owned()
}
