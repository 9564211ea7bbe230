//! One of the kit's trials, carried out by the runner, and what its record holds.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use dialect::neutral::Request;
use ledger::{
    CallRecord, Event, Fold, RunDir,
    event::TrialEnd,
    fold::{Records, Trial},
};
use runner::{Observer, Progress, Runner, Stop};
use scripted::{ScriptedUpstream, Seen, Step};
use serde_json::json;
use spec::{Harness, HarnessName, PromptTexts, Resolved, Task, host::Host};

use vocabulary::{FlagName, Outcome};

use crate::{
    check::Subject,
    error::KitError,
    files, given,
    scenario::{self, HOME, Play, Scenario, USER, WORKDIR, marker, result},
    script,
};

/// The name of the model under test.
pub(crate) const MODEL: &str = "kit-model";

/// What a trial left behind.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) scenario: Scenario,
    pub(crate) end: TrialEnd,
    pub(crate) calls: Vec<Call>,
    /// The harness's standard output, as far as it was kept.
    pub(crate) output: String,
    /// Files in the work tree that neither task nor model put there.
    pub(crate) left: Vec<String>,
    /// Seconds from the start of the harness to its first call.
    pub(crate) start_up_sec: Option<f64>,
    /// How it ended when it was begun once before, and died before any call; `None` where it did not.
    pub(crate) false_start: Option<String>,
}

/// A call, and its request in the neutral form where it can be read.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) record: CallRecord,
    pub(crate) request: Option<Request>,
}

impl Record {
    /// The reasons of flags of this name.
    pub(crate) fn flags(&self, name: FlagName) -> Vec<&str> {
        let flags = self.end.flags.iter().filter(|flag| flag.name == name);
        flags.map(|flag| flag.reason.as_str()).collect()
    }

    /// Whether the task was solved.
    pub(crate) fn solved(&self) -> bool {
        self.end.score == Some(1.0)
    }

    /// Whether the harness died before any call.
    fn died_at_start(&self) -> bool {
        self.calls.is_empty() && self.end.outcome == Outcome::HarnessCrash
    }

    /// The last words of the harness.
    pub(crate) fn last_words(&self) -> String {
        let text = self.output.trim();
        let cut = text.char_indices().rev().nth(299).map_or(0, |(at, _)| at);
        if text.is_empty() { "it said nothing".to_owned() } else { format!("it said: {}", &text[cut..]) }
    }
}

/// Text that only the generic prompt holds.
pub(crate) fn generic_prompt() -> String {
    format!("Work with care, says {}.", marker("generic"))
}

/// Text that only the specific prompt holds.
pub(crate) fn specific_prompt() -> String {
    format!("Work in small steps, says {}.", marker("specific"))
}

/// Carries a scenario out below `folder`, to its trial's end.
pub(crate) async fn carry_out(
    subject: &Subject<'_>,
    scenario: Scenario,
    folder: &Path,
) -> Result<Record, KitError> {
    let once = carry_out_scripted(subject, scenario.clone(), script(subject, &scenario), folder).await?;
    if !once.died_at_start() {
        return Ok(once);
    }
    // A start that fails now and then, on a busy machine, is told, and hides nothing else that there is to see.
    let script = script(subject, &scenario);
    let again = carry_out_scripted(subject, scenario, script, &folder.join("again")).await?;
    if again.died_at_start() {
        return Ok(once);
    }
    Ok(Record { false_start: Some(format!("{}; {}", once.end.detail, once.last_words())), ..again })
}

/// The same with another script than the scenario's own.
pub(crate) async fn carry_out_scripted(
    subject: &Subject<'_>,
    scenario: Scenario,
    script: impl Fn(usize, &Seen) -> Step + Send + Sync + 'static,
    folder: &Path,
) -> Result<Record, KitError> {
    let run = play(subject, &scenario, script, folder, &subject.stop_of_trial()).await?;
    read(scenario, &run)
}

fn script(subject: &Subject<'_>, scenario: &Scenario) -> impl Fn(usize, &Seen) -> Step + use<> {
    let harness = subject.harness.clone();
    let tools = harness.tools.of(scenario.tool_calls);
    script::script(scenario.play, Harness { tools, ..harness }, subject.dialect())
}

/// Carries a scenario out in the bare loop, whose model is asked in the harness's dialect.
pub(crate) async fn carry_out_bare(
    subject: &Subject<'_>,
    scenario: Scenario,
    folder: &Path,
) -> Result<Record, KitError> {
    let scenario = Scenario { bare: true, ..scenario };
    carry_out(subject, scenario, &folder.join("bare")).await
}

/// Carries the scenario out whose provider fails for good, once: a trial that fails so is begun again.
pub(crate) async fn carry_out_failing(subject: &Subject<'_>, folder: &Path) -> Result<Failed, KitError> {
    let scenario = scenario::failing();
    let script = script(subject, &scenario);
    let run = play(subject, &scenario, script, folder, &subject.stop_of_trial()).await?;
    let trial = folded(&scenario, &run)?;
    let failed: Vec<u64> =
        trial.calls.iter().filter(|call| call.status >= 500).map(|call| call.at_ms + call.total_ms).collect();
    let (first, stopped) = (failed.first().copied(), trial.agent_ended.map(|(at_ms, _)| at_ms));
    let went_on_sec = first.zip(stopped).map(|(first, end)| end.saturating_sub(first) as f64 / 1000.0);
    Ok(Failed { calls: failed.len(), went_on_sec })
}

/// What a harness did whose provider failed for good.
#[derive(Debug)]
pub(crate) struct Failed {
    /// Calls that failed.
    pub(crate) calls: usize,
    /// Seconds from the first of them to the harness's end; `None` when none failed.
    pub(crate) went_on_sec: Option<f64>,
}

async fn play(
    subject: &Subject<'_>,
    scenario: &Scenario,
    script: impl Fn(usize, &Seen) -> Step + Send + Sync + 'static,
    folder: &Path,
    stop: &Stop,
) -> Result<RunDir, KitError> {
    let folder = folder.join(scenario.name);
    let upstream = ScriptedUpstream::start_with(script).await?;
    let resolved =
        resolve(subject, scenario, &upstream.url(), &write_task(&folder, scenario, subject.harness)?)?;
    let pack = &subject.pack;
    let name = subject.harness.name.clone();
    let versions = BTreeMap::from([(name.clone(), pack.manifest.digest.clone())]);
    let plan = runner::plan::expand(&resolved, versions, &subject.program)?;
    let run = RunDir::at(folder.join("run"));
    let packs = BTreeMap::from([(name, pack.clone())]);
    let observer = observer(scenario.play, stop.clone());
    let builder = Runner::builder(subject.program.clone()).probe(false).observer(observer);
    let (engine, project) = (subject.engine.clone(), subject.project.clone());
    let runner = builder.build(engine, project, resolved, packs, plan, run.clone());
    Box::pin(runner.run(stop.clone())).await?;
    Ok(run)
}

/// One that lets nothing begin after the first try of a trial that must fail.
fn observer(play: Play, stop: Stop) -> Observer {
    Arc::new(move |progress| {
        if play == Play::Fail
            && matches!(&progress, Progress::Event(event) if matches!(**event, Event::Retried { .. }))
        {
            stop.drain.cancel();
        }
    })
}

/// Writes the task's folder.
fn write_task(folder: &Path, scenario: &Scenario, harness: &Harness) -> Result<Task, KitError> {
    let task = folder.join("kit").join(scenario.name);
    let user = scenario.user.unwrap_or("root");
    let wall = scenario.wall_sec;
    let given = if scenario.play == Play::Take { given::environment(harness) } else { String::new() };
    let writable = if scenario.read_only { format!("writable = [\"{HOME}\"]\n") } else { String::new() };
    let files = [
        (
            "task.toml",
            format!(
                "schema_version = \"1.4\"\n[metadata]\nfamily = \"kit\"\n{writable}[agent]\ntimeout_sec = {wall}\nuser = \"{user}\"\n\
                 [verifier]\ntimeout_sec = 60\nenvironment_mode = \"separate\"\n\
                 [environment]\nworkdir = \"{WORKDIR}\"\nmemory_mb = 1024\nnetwork_mode = \"no-network\"\n{given}"
            ),
        ),
        ("instruction.md", scenario.instruction.clone()),
        (
            "environment/Dockerfile",
            format!(
                "FROM overhang/base:1\nRUN useradd --create-home --home-dir {HOME} {USER} \\\n\
                 && mkdir {WORKDIR} && chown {USER} {WORKDIR}\nWORKDIR {WORKDIR}\n{}",
                files::image(scenario)
            ),
        ),
        (
            "tests/test.sh",
            format!(
                "#!/bin/bash\ncat > /tmp/wanted <<'END'\n{}END\n\
                 if cmp /tmp/wanted {WORKDIR}/result.txt; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n",
                result()
            ),
        ),
    ];
    let beside =
        files::context(scenario).into_iter().map(|(name, text)| (format!("environment/{name}"), text));
    for (name, text) in files.map(|(name, text)| (name.to_owned(), text)).into_iter().chain(beside) {
        let path = task.join(name);
        fs_err::create_dir_all(path.parent().unwrap_or(&task))?;
        fs_err::write(path, text)?;
    }
    Ok(spec::task::load(&task, &Host::of(&|_| None))?)
}

fn resolve(subject: &Subject<'_>, scenario: &Scenario, url: &str, task: &Task) -> Result<Resolved, KitError> {
    let harness = if scenario.bare { HarnessName::BARE } else { &subject.harness.name };
    let arm = format!("{harness}/{}", scenario.prompt.as_str());
    let sweep = json!({
        "name": "kit", "models": ["kit"], "arms": [arm], "baseline": arm, "tasks": ["kit"],
        "budget": {"tokens": scenario.budget}, "settings": "native",
    });
    let model = json!({
        "id": "kit", "vendor": "overhang", "weights": "open",
        "endpoint": {"dialect": scenario.provider.unwrap_or(subject.dialect()), "base_url": url, "model": MODEL,
            "tool_calls": scenario.tool_calls},
        "limits": {"context": 200_000, "output": 32_000},
    });
    Ok(Resolved {
        sweep: serde_json::from_value(sweep)?,
        models: vec![serde_json::from_value(model)?],
        harnesses: if scenario.bare { Vec::new() } else { vec![subject.harness.clone()] },
        tasks: vec![task.clone()],
        prompts: PromptTexts {
            generic: generic_prompt(),
            specific: BTreeMap::from([("kit".to_owned(), specific_prompt())]),
        },
        notes: Vec::new(),
    })
}

/// The one trial of a scenario's run.
fn folded(scenario: &Scenario, run: &RunDir) -> Result<Trial<CallRecord>, KitError> {
    let (trials, _) = Fold::of(&run.plan()?.trials, Records, run.read()?.lines)?.into_parts();
    trials.into_iter().next().ok_or(KitError::NotEnded(scenario.name))
}

fn read(scenario: Scenario, run: &RunDir) -> Result<Record, KitError> {
    let blobs = run.blobs();
    let trial = folded(&scenario, run)?;
    let end = trial.end.ok_or(KitError::NotEnded(scenario.name))?;
    let began_ms = trial.agent_ended.map(|(at_ms, seconds)| at_ms.saturating_sub((seconds * 1000.0) as u64));
    let call = |record| {
        let request = transcript::request(&blobs, &record).and_then(|body| body.content.ok());
        Call { record, request }
    };
    let calls: Vec<Call> = trial.calls.into_iter().map(call).collect();
    let text = |digest: &Option<ledger::Digest>| {
        let body = digest.as_ref().and_then(|digest| blobs.get(digest).ok()).unwrap_or_default();
        String::from_utf8_lossy(&body).into_owned()
    };
    let left = match &end.workspace {
        Some(digest) => files::left(&scenario, &blobs.get(digest)?)?,
        None => Vec::new(),
    };
    let first = calls.iter().map(|call| call.record.at_ms).min();
    let start_up_sec = first.zip(began_ms).map(|(first, began)| first.saturating_sub(began) as f64 / 1000.0);
    let output = text(&end.harness_output);
    Ok(Record { scenario, end, calls, output, left, start_up_sec, false_start: None })
}
