//! What a whole trial costs over what the engine costs anyway, as ratios within one run: the bare loop on a scripted
//! provider that answers at once, a container for the agent and one for its grading, against create, attach, start and
//! removal of two containers over the same API. Then a trial of twenty commands beside mini-swe-agent's.
//!
//! `cargo bench -p overhang [-- floor | mini-swe-agent]`; needs the engine and the images that `scripts/setup` makes. `OVERHANG_MINI_SWE_AGENT`: a
//! Python that has mini-swe-agent (`scripts/compare` makes one); without it that part is left out.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where something is wrong"
)]

#[path = "trial/lab.rs"]
mod lab;
#[path = "../../docker/benches/floor/raw.rs"]
mod raw;

use std::{
    process::Command,
    time::{Duration, Instant},
};

use bollard::Docker;
use futures_util::{StreamExt, stream};
use lab::{Lab, Ran};

const IMAGE: &str = "overhang/base:1";
/// Trials of a run at each number of trials at once.
const SETTINGS: [(usize, usize); 2] = [(20, 1), (100, 8)];
/// In turn, so that a busy moment of the machine meets both sides.
const ROUNDS: usize = 3;
/// Trials of many commands.
const LONG: (usize, usize) = (10, 20);

#[tokio::main]
async fn main() {
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let wanted = |part: &str| names.is_empty() || names.iter().any(|name| part.contains(name.as_str()));
    if wanted("floor") {
        beside_the_floor().await;
    }
    match std::env::var("OVERHANG_MINI_SWE_AGENT") {
        Ok(python) if wanted("mini-swe-agent") => beside_mini_swe_agent(&python).await,
        Ok(_) => {}
        Err(_) => {
            println!("mini-swe-agent: left out, OVERHANG_MINI_SWE_AGENT is not set: use scripts/compare");
        }
    }
}

async fn beside_the_floor() {
    let docker = Docker::connect_with_local_defaults().unwrap();
    println!("a whole trial of one command, by run of the program, its start and report included");
    for (trials, at_once) in SETTINGS {
        let lab = Lab::new(1, trials, at_once).await;
        let (mut ours, mut floors) = (Vec::new(), Vec::new());
        // The first run makes the task's image.
        lab.run().await;
        for _ in 0..ROUNDS {
            floors.push(floor(&docker, trials, at_once).await);
            ours.push(lab.run().await);
        }
        tell(trials, at_once, &mut ours, &mut floors);
    }
}

/// Two containers for each trial, one after the other, so many pairs at once.
async fn floor(docker: &Docker, trials: usize, at_once: usize) -> Duration {
    let began = Instant::now();
    let pairs = stream::iter(0..trials).map(|_| async {
        raw::container(docker, IMAGE).await;
        raw::container(docker, IMAGE).await;
    });
    pairs.buffer_unordered(at_once).collect::<()>().await;
    began.elapsed()
}

fn tell(trials: usize, at_once: usize, ours: &mut [Ran], floors: &mut [Duration]) {
    ours.sort_by_key(|ran| ran.elapsed);
    floors.sort();
    let (ran, floor) = (&ours[ours.len() / 2], floors[floors.len() / 2]);
    let each = |all: Duration| all.as_secs_f64() * 1e3 / trials as f64;
    let ratio = ran.elapsed.as_secs_f64() / floor.as_secs_f64();
    println!("  {trials} trials, {at_once} at once, medians of {ROUNDS} runs in turn");
    println!("    overhang         {:>8.1} ms a trial", each(ran.elapsed));
    println!("    engine's floor   {:>8.1} ms a trial", each(floor));
    println!(
        "    ratio {:.2}; our process took {:.1} % of the CPU time that the machine spent",
        ratio,
        100.0 * ran.own_cpu / ran.machine_cpu
    );
    println!("    where the time of a trial went, medians\n{}", ran.parts);
    println!("figure trial/{at_once}-at-once {:.2} ms", each(ran.elapsed));
    println!("figure trial/{at_once}-at-once/ratio {ratio:.4} of-floor");
}

/// The same number of commands through both, on the same image and from the same provider. mini-swe-agent has no
/// grading, so that a trial of ours has a second container that theirs lacks.
async fn beside_mini_swe_agent(python: &str) {
    let (trials, commands) = LONG;
    let lab = Lab::new(commands, trials, 1).await;
    lab.run().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/python/mini_swe_agent.py");
    let theirs = Command::new(python)
        .arg(script)
        .args([&lab.provider(), IMAGE, &trials.to_string()])
        .output()
        .unwrap();
    assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
    // Libraries of theirs print what they like before it.
    let said = String::from_utf8_lossy(&theirs.stdout).into_owned();
    let mut theirs: Vec<f64> = serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap();
    theirs.sort_by(f64::total_cmp);
    let theirs = theirs[theirs.len() / 2];
    let ours = lab.run().await.agent_seconds;
    let each = |seconds: f64| seconds * 1e3 / commands as f64;
    println!("a trial of {commands} commands, one at a time, medians of {trials}");
    println!("    overhang, agent's part with its grading {:>8.3} s", ours.with_grading);
    println!(
        "    overhang, agent's part alone            {:>8.3} s, {:.1} ms a command",
        ours.alone,
        each(ours.alone)
    );
    println!("    mini-swe-agent, container and agent     {theirs:>8.3} s, {:.1} ms a command", each(theirs));
    println!("    ratio a trial {:.2}, a command {:.2}", ours.with_grading / theirs, ours.alone / theirs);
    println!("figure trial/commands {:.3} ms", each(ours.alone));
    println!("figure trial/commands/ratio {:.4} of-mini-swe-agent", ours.alone / theirs);
}
