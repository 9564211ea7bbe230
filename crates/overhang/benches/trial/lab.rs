//! A project with one trivial task and a scripted provider, and runs of it.

use std::{
    collections::BTreeMap,
    process::Stdio,
    time::{Duration, Instant},
};

use ledger::{Event, RunDir, event::TrialEnd};
use scripted::{Answer, ScriptedUpstream, Seen, Step};
use serde_json::json;
use tempfile::TempDir;

pub(crate) struct Lab {
    folder: TempDir,
    provider: ScriptedUpstream,
}

/// One run of the program.
pub(crate) struct Ran {
    pub(crate) elapsed: Duration,
    /// CPU time of the program, and of all that ran on the machine meanwhile, in the kernel's ticks.
    pub(crate) own_cpu: f64,
    pub(crate) machine_cpu: f64,
    /// Where a trial's time went, a line each.
    pub(crate) parts: String,
    pub(crate) agent_seconds: AgentSeconds,
}

/// Medians over a run's trials, the agent's container included.
#[derive(Clone, Copy)]
pub(crate) struct AgentSeconds {
    pub(crate) alone: f64,
    pub(crate) with_grading: f64,
}

impl Lab {
    /// `commands`: how many the provider asks for before it submits.
    pub(crate) async fn new(commands: usize, trials: usize, at_once: usize) -> Self {
        let provider = ScriptedUpstream::start_with(move |_, seen| play(seen, commands)).await.unwrap();
        let lab = Self { folder: TempDir::new().unwrap(), provider };
        let profile = format!(
            "id = \"scripted\"\nvendor = \"overhang\"\nweights = \"open\"\n\n[endpoint]\ndialect = \"openai-chat\"\n\
             base_url = \"{}\"\nmodel = \"scripted-1\"\n\n[limits]\ncontext = 200_000\noutput = 8_000\n",
            lab.provider.url()
        );
        lab.write("models/scripted.toml", &profile);
        lab.write("models/prompts/generic.md", "Do it.\n");
        let task = "schema_version = \"1.4\"\n\n[metadata]\nfamily = \"bench\"\n\n[verifier]\ntimeout_sec = 60\n\
                    environment_mode = \"separate\"\n\n[environment]\nworkdir = \"/app\"\n\
                    network_mode = \"no-network\"\n";
        lab.write("tasks/bench/one/task.toml", task);
        lab.write("tasks/bench/one/instruction.md", "Make /app/done.\n");
        lab.write(
            "tasks/bench/one/environment/Dockerfile",
            &format!("FROM {}\nWORKDIR /app\n", super::IMAGE),
        );
        lab.write(
            "tasks/bench/one/tests/test.sh",
            "#!/bin/bash\ntest -e /app/done && echo 1 > /logs/verifier/reward.txt\n",
        );
        let sweep = format!(
            "name = \"bench\"\nmodels = [\"scripted\"]\narms = [\"bare/generic\"]\ntasks = [\"tasks/bench/one\"]\n\
             attempts = {trials}\nseed = 1\nconcurrency = {at_once}\nbudget = {{ tokens = 1_000_000 }}\n"
        );
        lab.write("sweep.toml", &sweep);
        fs_err::create_dir(lab.folder.path().join("harnesses")).unwrap();
        lab
    }

    /// The provider's base URL.
    pub(crate) fn provider(&self) -> String {
        self.provider.url()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    /// One run, from nothing.
    pub(crate) async fn run(&self) -> Ran {
        let folder = TempDir::new_in(self.folder.path()).unwrap();
        let run = folder.path().join("run");
        let before = (children_cpu(), machine_cpu());
        let began = Instant::now();
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_overhang"))
            .args(["run", "sweep.toml", "--run-dir"])
            .arg(&run)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let elapsed = began.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "overhang run: {}\n{said}", output.status);
        let (own_cpu, machine_cpu) = (children_cpu() - before.0, machine_cpu() - before.1);
        let ends = ends(&run);
        assert!(ends.iter().all(|end| end.score == Some(1.0)), "a trial did not pass: {ends:?}");
        let median = |part: fn(&TrialEnd) -> f64| {
            let mut all: Vec<f64> = ends.iter().map(part).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        let total = median(|end| end.total_seconds);
        let alone = median(|end| end.total_seconds - end.grading_seconds);
        let parts = parts(&run, total);
        Ran {
            elapsed,
            own_cpu,
            machine_cpu,
            parts,
            agent_seconds: AgentSeconds { alone, with_grading: total },
        }
    }
}

fn play(seen: &Seen, commands: usize) -> Step {
    let messages = seen.json["messages"].as_array().into_iter().flatten();
    let done = messages.filter(|message| message["role"] == "tool").count();
    let command = if done < commands { "touch done" } else { "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT" };
    Step::Answer(Answer::text("I do it.").calling("bash", json!({"command": command})))
}

/// A line for each span of a trial: its name below the trial, and the median of what the trials' logs say it took.
fn parts(run: &std::path::Path, total: f64) -> String {
    let mut took: BTreeMap<String, Vec<f64>> = BTreeMap::from([("trial".to_owned(), vec![total])]);
    for log in fs_err::read_dir(run.join("logs")).unwrap() {
        for line in fs_err::read_to_string(log.unwrap().path()).unwrap().lines() {
            let Some((before, after)) = line.split_once(" took ") else { continue };
            let name = format!("trial/{}", before.rsplit(' ').next().unwrap());
            took.entry(name).or_default().push(after.trim_end_matches(" s").parse().unwrap());
        }
    }
    let line = |(name, mut all): (String, Vec<f64>)| {
        all.sort_by(f64::total_cmp);
        format!("      {name:<28} {:>8.1} ms\n", all[all.len() / 2] * 1e3)
    };
    took.into_iter().map(line).collect()
}

fn ends(run: &std::path::Path) -> Vec<TrialEnd> {
    let lines = RunDir::at(run.to_owned()).read().unwrap().lines.into_iter();
    lines
        .filter_map(|line| match line.event {
            Event::Ended(end) => Some(*end),
            _ => None,
        })
        .collect()
}

/// User and system time of the children that were waited for: proc(5), fields 16 and 17 of `stat`.
fn children_cpu() -> f64 {
    let stat = fs_err::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(13).take(2).map(|field| field.parse::<f64>().unwrap()).sum()
}

/// All time of all processors that was neither idle nor waiting: proc(5), `stat`.
fn machine_cpu() -> f64 {
    let stat = fs_err::read_to_string("/proc/stat").unwrap();
    let fields: Vec<f64> =
        stat.lines().next().unwrap().split_whitespace().skip(1).map(|field| field.parse().unwrap()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; guest time is within user.
    fields.iter().take(7).sum::<f64>() - fields[3] - fields[4]
}
