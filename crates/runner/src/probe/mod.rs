//! Before a sweep: what the shell tool of each arm sees of its container must be what the baseline's sees.
//!
//! A probe is a trial without a task. The simulated model plays one script through the harness's own shell tool, and
//! what the script saw is compared, name by name. No real model is asked, and nothing is spent.

mod compare;
mod facts;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::Arc,
};

use gateway::{
    Gateway, GatewayConfig, Keys, Meter, SessionSpec,
    sim::{Brief, SolutionFile},
};
use ledger::{Event, Plan, PlannedTrial, TrialId, chain, event::Probe, outcome::Outcome};
use sandbox::Sandbox;
use secrecy::ExposeSecret;
use serde_json::json;
use spec::{Arm, Harness, HarnessName, Model, harness::Exhausted};
use tokio::task::JoinSet;
use wire::{CollectRequest, FileLimits};

use crate::{
    agents::run as agents,
    container::site::Infra,
    progress::Progress,
    run::runner::{RunError, Shared},
    trial::{brief, one_try as trial, one_try::Try},
};
use facts::Facts;

/// Played by the simulated model as a task's solution.
const SCRIPT: &str = include_str!("script.sh");
/// Where the script writes.
const SEEN: &str = "/tmp/.overhang-probe";
/// Most bytes of it.
const SEEN_LIMITS: FileLimits = FileLimits { entries: 1, bytes: 4 << 20, file_bytes: 4 << 20 };
/// The model that plays it, and the word that stands for the trial.
const PROBE: &str = "probe";
const INSTRUCTION: &str = "probe: look around.\n";
/// Generous: no real token is spent, and a harness's own prompt may be large.
const BUDGET: f64 = 1e8;
const CALLS: u32 = 60;
const WALL_SEC: u64 = 300;

/// Probes every arm of the plan and compares each with the baseline. Returns once the records are in the ledger.
///
/// # Errors
/// [`RunError::ArmsDiffer`] with the differences; [`RunError::Probe`] when an arm's probe did not come to its end.
pub(crate) async fn arms(shared: &Arc<Shared>) -> Result<(), RunError> {
    let sweep = &shared.plan.sweep;
    if sweep.arms.len() < 2 {
        return Ok(());
    }
    let model = model().map_err(io::Error::other).map_err(RunError::Ledger)?;
    let stage = Arc::new(stage(shared, &model)?);
    let Some(task) = stage.tasks.keys().next().cloned() else { return Ok(()) };
    let mut seen = look(shared, &stage, &task).await?;
    let Some(baseline) = seen.remove(&sweep.baseline) else { return Ok(()) };
    let mut told = Vec::new();
    for arm in &probed(&shared.plan) {
        let is_baseline = *arm == sweep.baseline;
        let Some(look) = (if is_baseline { Some(&baseline) } else { seen.get(arm) }) else { continue };
        let harnesses: Vec<&Harness> =
            [arm, &sweep.baseline].iter().filter_map(|arm| shared.harnesses.get(&arm.harness.0)).collect();
        let compared = compare::compare(&baseline.facts, &look.facts, &harnesses);
        if !compared.differences.is_empty() {
            told.push(format!("{arm}\n  {}", compared.differences.join("\n  ")));
        }
        let mut allowed = compared.allowed;
        if look.outside {
            allowed.push("no shell tool: its container was looked at from outside".into());
        }
        let probe = Probe {
            arm: arm.clone(),
            task: task.clone(),
            key: look.key.clone(),
            cached: look.cached,
            outside: look.outside,
            seen: shared.journal.store(&facts::lines(&look.facts)).map_err(RunError::Ledger)?,
            allowed,
            differences: compared.differences,
        };
        shared.journal.write(Event::Probed(Box::new(probe))).await.map_err(RunError::Ledger)?;
    }
    if told.is_empty() {
        return Ok(());
    }
    Err(RunError::ArmsDiffer { baseline: sweep.baseline.clone(), differences: told.join("\n") })
}

/// The arms to look at: those of the sweep, with each harness that `preferred` stands for in its place.
fn probed(plan: &Plan) -> Vec<Arm> {
    let mut arms = Vec::new();
    for arm in &plan.sweep.arms {
        let meant = |harness: &String| Arm { harness: HarnessName(harness.clone()), ..arm.clone() };
        if arm.harness.is_preferred() {
            arms.extend(plan.preferred.values().collect::<BTreeSet<_>>().into_iter().map(meant));
        } else {
            arms.push(arm.clone());
        }
    }
    arms
}

/// What was seen in one arm.
struct Look {
    key: String,
    cached: bool,
    outside: bool,
    facts: Facts,
}

async fn look(shared: &Shared, stage: &Arc<Shared>, task: &str) -> Result<BTreeMap<Arm, Look>, RunError> {
    let mut looks = BTreeMap::new();
    let mut under_way = JoinSet::new();
    for arm in &probed(&shared.plan) {
        let key = key(stage, arm, task).map_err(io::Error::other).map_err(RunError::Ledger)?;
        let outside =
            stage.harnesses.get(&arm.harness.0).is_some_and(|harness| harness.tools.shell.is_none());
        let place = cached_at(&key);
        if let Some(facts) = fs_err::read(&place).ok().and_then(|bytes| facts::from_lines(&bytes).ok()) {
            looks.insert(arm.clone(), Look { key, cached: true, outside, facts });
            continue;
        }
        (shared.observer)(Progress::Note(format!("probing {arm}: what its shell tool sees of a container")));
        let (stage, arm, task) = (stage.clone(), arm.clone(), task.to_owned());
        under_way.spawn(async move {
            let facts = one(&stage, &arm, &task).await;
            (arm, key, outside, facts)
        });
    }
    while let Some(ended) = under_way.join_next().await {
        let (arm, key, outside, facts) = ended.map_err(io::Error::other).map_err(RunError::Ledger)?;
        let facts = facts.map_err(|infra| RunError::Probe { arm: arm.clone(), detail: infra.detail })?;
        // Another run may write the same: whole files only. Without the cache the next run looks again.
        if let Err(error) = keep(&cached_at(&key), &facts) {
            tracing::debug!(%error, "a probe was not kept");
        }
        looks.insert(arm, Look { key, cached: false, outside, facts });
    }
    Ok(looks)
}

/// All that decides what an arm's probe sees.
fn key(stage: &Shared, arm: &Arm, task: &str) -> Result<String, serde_json::Error> {
    let (task, image) = (stage.tasks.get(task), stage.images.values().next());
    let sweep = &stage.plan.sweep;
    let content = json!({
        "program": [env!("CARGO_PKG_VERSION"), chain::sha256_hex(sandbox::guest::BINARY)],
        "script": SCRIPT,
        "image": image.map(|images| &images.agent.id),
        "environment": task.map(|task| &task.environment),
        "user": task.map(|task| &task.agent_user),
        "writable": task.map(spec::Task::writable),
        "harness": stage.harnesses.get(&arm.harness.0),
        "pack": stage.plan.harnesses.get(&arm.harness.0),
        "prompt": arm.prompt,
        "limits": sweep.limits,
        "network": sweep.network,
    });
    Ok(chain::sha256_hex(&chain::canonical(&content)))
}

fn cached_at(key: &str) -> PathBuf {
    sandbox::cache_directory().join("probes").join(key)
}

fn keep(place: &std::path::Path, facts: &Facts) -> io::Result<()> {
    let folder = place.parent().unwrap_or(place);
    fs_err::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, &facts::lines(facts))?;
    file.persist(place)?;
    Ok(())
}

fn model() -> Result<Model, serde_json::Error> {
    serde_json::from_value(json!({
        "id": PROBE, "vendor": PROBE, "weights": "open", "sim": {},
        "limits": {"context": 200_000, "output": 32_000},
    }))
}

/// The run with the probe's model and instruction in place of its own, and a gateway that records nothing.
fn stage(shared: &Shared, model: &Model) -> Result<Shared, RunError> {
    let gateway =
        // A probe's calls are nobody's spending.
        Gateway::new(GatewayConfig::new(vec![model.clone()], Keys::default(), Arc::new(gateway::Unrecorded)))?;
    let mut stage = Shared { gateway, meter: Meter::parse("total")?, ..shared.clone() };
    stage.plan.sweep.limits.turns = CALLS;
    stage.plan.sweep.limits.wall_time_sec = WALL_SEC;
    stage.plan.sweep.budget.points = 1;
    stage.models = BTreeMap::from([(model.id.clone(), model.clone())]);
    let prompt = stage.prompts.specific.values().next().unwrap_or(&stage.prompts.generic).clone();
    stage.prompts.specific = BTreeMap::from([(model.id.clone(), prompt)]);
    // One task is enough: containers of all tasks are made by one function.
    stage.tasks = stage.tasks.into_iter().filter(|(_, task)| task.void.is_none()).take(1).collect();
    for task in stage.tasks.values_mut() {
        task.instruction = INSTRUCTION.into();
        task.agent_timeout_sec = None;
    }
    stage.images.retain(|task, _| stage.tasks.contains_key(task));
    Ok(stage)
}

async fn one(stage: &Shared, arm: &Arm, task: &str) -> Result<Facts, Infra> {
    let planned = PlannedTrial {
        id: TrialId(format!("{PROBE}:{arm}")),
        model: PROBE.into(),
        arm: arm.clone(),
        task: task.to_owned(),
        attempt: 1,
        block: 0,
    };
    let bug = |error: &dyn std::fmt::Display| Infra::new(Outcome::OrchBug, error);
    let this = trial::prepare(stage, &planned, 1)?;
    let mut sandbox = stage.engine.start(trial::agent_spec(&this, PROBE)).await?;
    let events = sandbox.events();
    let seen = tokio::select! {
        seen = in_sandbox(&this, sandbox.as_ref(), events) => seen,
        () = stage.kill.cancelled() => Err(bug(&"stopped")),
    };
    if let Err(error) = sandbox.remove().await {
        tracing::warn!(%arm, %error, "the probe's container was not removed");
    }
    seen
}

async fn in_sandbox(
    this: &Try<'_>,
    sandbox: &dyn Sandbox,
    events: Option<sandbox::guest::Events>,
) -> Result<Facts, Infra> {
    let bug = |error: &dyn std::fmt::Display| Infra::new(Outcome::OrchBug, error);
    let session = this.shared.gateway.open(session(this)).map_err(|error| bug(&error))?;
    let names = agents::DnsNames::default();
    agents::open_tunnel(this, &session, sandbox, events, &names, trial::CONNECTIONS).await?;
    let has_shell = this.harness.is_none_or(|harness| harness.tools.shell.is_some());
    let end = if has_shell {
        agents::run(this, &session, sandbox).await?
    } else {
        agents::run_outside(this, sandbox, SCRIPT).await?
    };
    session.close().await;
    let archive = tempfile::Builder::new()
        .tempfile_in(&this.shared.scratch)
        .map_err(|error| bug(&error))?
        .into_temp_path();
    let request = CollectRequest { roots: vec![SEEN.into()], exclude: Vec::new(), limits: SEEN_LIMITS };
    sandbox.guest().collect(request, &archive).await?;
    let text = only_file(&archive).map_err(|error| bug(&error))?;
    let Some(mut facts) = facts::read(&text, session.token().expose_secret()) else {
        let output = String::from_utf8_lossy(end.output.as_deref().unwrap_or_default()).into_owned();
        let tail = &output[output.floor_char_boundary(output.len().saturating_sub(1_000))..];
        return Err(bug(&format!(
            "the script did not run to its end through the arm's shell tool; {} {} after {} model calls\n{tail}",
            end.outcome.map_or("", Outcome::code),
            end.detail,
            session.summary().calls,
        )));
    };
    facts::less_memory(&mut facts, this.harness.map_or(0, |harness| harness.memory_mb));
    Ok(facts)
}

fn session(this: &Try<'_>) -> SessionSpec {
    SessionSpec {
        trial: this.planned.id.clone(),
        try_number: 1,
        model: PROBE.into(),
        budget: BUDGET,
        meter: this.shared.meter.clone(),
        settings: spec::sweep::Settings::Native,
        helpers: spec::sweep::Helpers::Map,
        losses: this.shared.plan.sweep.losses,
        server_tools: this.shared.plan.sweep.server_tools,
        exhausted: Exhausted::FinalMessage,
        max_calls: CALLS,
        sim: this.model.sim.clone().map(|sim| Brief {
            sim,
            model: PROBE.into(),
            seed: 0,
            arm: this.planned.arm.to_string(),
            task: this.planned.task.clone(),
            attempt: 1,
            tools: brief::tools(this.harness),
            workdir: this.site.workdir.clone(),
            solution: vec![SolutionFile {
                path: "solve.sh".into(),
                content: SCRIPT.into(),
                executable: false,
            }],
            wrong: Vec::new(),
            test_hint: None,
        }),
        cassette: None,
    }
}

/// The content of the one file of an archive; nothing when it holds none.
fn only_file(archive: &std::path::Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    for entry in tar::Archive::new(fs_err::File::open(archive)?).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            io::Read::read_to_end(&mut entry, &mut bytes)?;
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
