//! What a task's own solution, and nothing, come to.

use std::sync::Arc;

use runner::{
    ImageError,
    proof::{OutOfBounds, Play, Played, ProofError, Stage},
};
use sandbox::{Engine, EngineError};
use spec::{
    Task,
    imports::{Decisions, Entry, Number, Verdict},
    sweep::Network,
    task::{Reach, VerifierMode},
};

/// Lines of the tests that are told.
const LINES: usize = 12;

/// What became of a task that was played, for its entry, and what only a person reads.
pub(super) struct Tried {
    pub(super) entry: Entry,
    /// What to do about it.
    pub(super) help: Option<String>,
    /// What tests, solution or build wrote last. It may differ from one import to the next.
    pub(super) lines: Vec<String>,
}

impl Tried {
    pub(super) fn new(verdict: Verdict, why: impl Into<String>) -> Self {
        let entry = Entry {
            from: None,
            digest: None,
            verdict,
            why: why.into(),
            score: None,
            steps: Vec::new(),
            nothing: None,
            found: Decisions::default(),
            decisions: Decisions::default(),
        };
        Self { entry, help: None, lines: Vec::new() }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    fn lines(self, output: &str) -> Self {
        Self { lines: last_lines(output), ..self }
    }
}

fn last_lines(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].iter().map(|line| (*line).to_owned()).collect()
}

/// Plays a task: its solution, and where that scores enough, nothing. `decided`: what is carried out on the task already.
///
/// # Errors
/// If the engine did not do what was asked.
pub(super) async fn tried(
    engine: &Arc<dyn Engine>,
    task: &Task,
    decided: &Decisions,
    network: Network,
) -> Result<Tried, ProofError> {
    if !task.has_solution() {
        let tried = Tried::new(Verdict::Invalid, "it has no solution to try it with");
        return Ok(tried.help("write solution/solve.sh in the source, and import again"));
    }
    let least = decided.least.map_or(1.0, |least| least.0);
    let mut tried = played(engine, task, least, network).await?;
    let kept = |one: &Task| one.verifier.mode == VerifierMode::Shared;
    let may_keep = decided.keep_processes.is_none() && !task.metadata.contains_key("keep_processes");
    if !tried.left_running.is_empty() && !is_valid(&tried) && may_keep && task.parts().iter().any(kept) {
        let mut keeping = task.clone();
        let found = Decisions {
            keep_processes: Some(true),
            because: format!(
                "without it its solution fails, which leaves `{}` running",
                tried.left_running[0]
            ),
            ..Decisions::default()
        };
        found.apply(&mut keeping);
        let again = played(engine, &keeping, least, network).await?;
        if is_valid(&again) {
            tried = again;
            tried.tried.entry.found = found;
        }
    }
    Ok(tried.tried)
}

struct Solved {
    tried: Tried,
    left_running: Vec<String>,
}

fn is_valid(solved: &Solved) -> bool {
    solved.tried.entry.verdict == Verdict::Valid
}

/// Plays the solution, and nothing where that scores enough.
async fn played(
    engine: &Arc<dyn Engine>,
    task: &Task,
    least: f64,
    network: Network,
) -> Result<Solved, ProofError> {
    let failed = |tried: Tried| Ok(Solved { tried: advised(tried, task, network), left_running: Vec::new() });
    let stage = match Stage::new(engine, task, network, &|_| {}).await {
        Ok(stage) => stage,
        Err(ProofError::Image(error)) => return failed(without_image(&error)),
        Err(error) => return Err(error),
    };
    let solution = match stage.play(&Play::Solution).await {
        Ok(solution) => solution,
        Err(error) => return failed(without_verdict(error)?),
    };
    let mut tried = scored(task, &solution, least);
    if tried.entry.verdict == Verdict::Valid {
        tried.entry.nothing = match stage.play(&Play::Nothing).await {
            Ok(nothing) => Some(Number(nothing.score)),
            // Tests that give no verdict on an untouched tree are the agent's failure in a trial: 0.
            Err(ProofError::NoVerdict { .. } | ProofError::Reward(_)) => None,
            Err(error) => return Err(error),
        };
    }
    Ok(Solved { tried: advised(tried, task, network), left_running: solution.left_running })
}

fn scored(task: &Task, played: &Played, least: f64) -> Tried {
    let names = task.parts().iter().map(|step| step.id.rsplit('/').next().unwrap_or_default());
    let number = |score: &Option<f64>| {
        score.map_or_else(|| "no number from 0 to 1".to_owned(), |score| score.to_string())
    };
    let steps: Vec<String> =
        names.zip(&played.steps).map(|(name, score)| format!("{name} {}", number(score))).collect();
    let steps = if task.parts().len() > 1 { format!(" ({})", steps.join(", ")) } else { String::new() };
    let mut tried = if played.score >= least {
        Tried::new(Verdict::Valid, "")
    } else {
        let script = played.script.as_ref().map(|script| format!("; {}", script.how)).unwrap_or_default();
        let why = format!("its solution scores {}{steps}{script}", played.score);
        let said = played.script.as_ref().map(|script| script.said.as_str()).unwrap_or_default();
        let tried = Tried::new(Verdict::Invalid, why).lines(&format!("{said}\n{}", played.output));
        if played.score > 0.0 {
            let help =
                format!("`--least {}` takes that for enough, with a reason in `--because`", played.score);
            tried.help(help)
        } else {
            tried
        }
    };
    tried.entry.score = Some(Number(played.score));
    if task.parts().len() > 1 {
        tried.entry.steps = played.steps.iter().map(|score| Number(score.unwrap_or(-1.0))).collect();
    }
    tried
}

fn without_image(error: &ImageError) -> Tried {
    match error {
        ImageError::Engine(EngineError::Pull { image, .. }) => {
            let why = format!("its image `{image}` is not on this machine, and cannot be pulled");
            Tried::new(Verdict::NotReady, why)
                .lines(&error.to_string())
                .help("pull it, or build one of that name, and import again")
        }
        ImageError::Engine(EngineError::Build { reason, tail, log, .. }) => {
            Tried::new(Verdict::Invalid, format!("its image cannot be built: {reason}"))
                .lines(tail)
                .help(format!("the whole output of the build is in {}", log.display()))
        }
        ImageError::Engine(EngineError::Unsupported { file, what }) => {
            Tried::new(Verdict::Refused, format!("{}: {what}", file.display()))
        }
        error => Tried::new(Verdict::Invalid, error.to_string()),
    }
}

fn without_verdict(error: ProofError) -> Result<Tried, ProofError> {
    let (outcome, detail, said) = match error {
        ProofError::Reward(wrong) => return Ok(without_score(wrong)),
        ProofError::NoVerdict { outcome, detail, said } => (outcome, detail, said),
        error => return Err(error),
    };
    // What the tests wrote may differ from one time to the next.
    let short = detail.strip_suffix(&said).map_or(detail.as_str(), |rest| rest.trim_end_matches([':', ' ']));
    let tried = Tried::new(Verdict::Invalid, format!("its solution has no verdict, {outcome}: {short}"));
    Ok(tried.lines(&said))
}

fn without_score(wrong: OutOfBounds) -> Tried {
    let tried = Tried::new(Verdict::Invalid, format!("its solution has no score: {wrong}"));
    match wrong {
        OutOfBounds::Above(_) => {
            tried.help("`--cap-rewards` takes a reward above 1 for 1, with a reason in `--because`")
        }
        OutOfBounds::Below(_) => tried,
    }
}

/// A task that fails without a network may well need one.
fn advised(tried: Tried, task: &Task, network: Network) -> Tried {
    if tried.entry.verdict == Verdict::Valid || network == Network::Task || tried.help.is_some() {
        return tried;
    }
    let parts = || task.parts().iter().flat_map(|part| [&part.environment.network, &part.verifier.network]);
    if parts().flatten().any(|said| *said != Reach::Nothing) {
        let mut tried = tried.help("it asks for the network: `--network` gives it");
        if tried.entry.verdict == Verdict::Invalid {
            tried.entry.verdict = Verdict::NotReady;
        }
        tried
    } else if parts().any(|said| said.is_none()) {
        tried.help("it says nothing of the network, all of which Harbor gives it: `--network` does so too")
    } else {
        tried
    }
}
