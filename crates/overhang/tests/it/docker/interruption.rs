//! The program killed, or told to stop, in the middle of a run: the same command goes on where it was.

use std::{
    collections::{BTreeMap, HashSet},
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use docker::DockerEngine;
use ledger::{Event, TrialId, run::Line};
use rustix::process::{Pid, Signal, kill_process};
use sandbox::kill_all;

use super::containers;
use crate::lab::{Lab, program, text};

/// Four trials of a model slow enough to be met at work.
pub(super) fn lab(arms: &[&str], rest: &str) -> Lab {
    let lab = Lab::new();
    lab.edit("models/expert.toml", "cache_share", "delay_ms = 200\ncache_share");
    lab.sweep("expert", arms, "tasks/words/*", 400_000, rest);
    lab
}

fn start(lab: &Lab) -> Child {
    start_with(lab, &[])
}

pub(super) fn start_with(lab: &Lab, environment: &[(&str, &str)]) -> Child {
    let mut command = Command::new(program());
    command.args(["run", "sweep.toml", "--run-dir", "run"]).current_dir(lab.root());
    command.envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the ledger's lines from `from` on are as wanted, while the program runs.
pub(super) fn wait_until(lab: &Lab, child: &mut Child, from: usize, wanted: impl Fn(&[Line]) -> bool) {
    let began = Instant::now();
    loop {
        // There is none at first, and half a line now and then.
        let lines = lab.run_dir().read().map_or_else(|_| Vec::new(), |contents| contents.lines);
        if wanted(lines.get(from..).unwrap_or_default()) {
            return;
        }
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the run ended too early: {ended:?}");
        assert!(began.elapsed() < Duration::from_secs(240), "what is waited for does not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_for(lab: &Lab, child: &mut Child, from: usize, wanted: fn(&Event) -> bool) {
    wait_until(lab, child, from, |lines| lines.iter().any(|line| wanted(&line.event)));
}

/// How often the program is killed: more of it in scripts/nightly.
pub(super) fn kills() -> usize {
    std::env::var("OVERHANG_KILLS").map_or(3, |kills| kills.parse().unwrap())
}

#[tokio::test]
async fn whatever_is_killed_at_whatever_moment_the_same_command_goes_on() {
    let kills = kills();
    let lab = lab(&["bare/generic", "opencode/specific"], &format!("attempts = {}", kills / 4 + 1));
    let engine = DockerEngine::connect().await.unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let begun = |line: &Line| matches!(line.event, Event::Started { .. });
    for kill in 0..kills {
        let before = lab.run_dir().read().map_or(0, |contents| contents.lines.len());
        let mut child = start(&lab);
        let further = random.usize(1..10);
        wait_until(&lab, &mut child, before, |lines| lines.len() >= further && lines.iter().any(begun));
        if kill % 2 == 1 {
            // Its containers first: the program sees them go, and goes on.
            kill_all(&engine, &lab.run_dir().id().unwrap()).await.unwrap();
            let more = before + further + random.usize(1..5);
            wait_until(&lab, &mut child, 0, |lines| lines.len() >= more);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    lab.run();

    let lines = lab.lines();
    let plan = lab.run_dir().plan().unwrap();
    assert_eq!(lab.ends().len(), plan.trials.len());
    let lost = closed_tries(&lines);
    // Between the end of one trial and the start of the next there is nothing to lose.
    assert!(lost * 2 >= kills, "{kills} kills lost {lost} tries");
    let report = lab.report();
    assert_eq!((report.ended, report.lost.tries as usize), (plan.trials.len(), lost));
    assert!(!report.flags.iter().any(|flag| flag.name.as_str() == "INCOMPLETE"), "{:?}", report.flags);
    assert_eq!(containers(&lab.run_dir().id().unwrap()).await, [""; 0]);
}

/// In a mount namespace of its own: the run on a disk that is too small for it, then the same on a larger one.
const ON_A_SMALL_DISK: &str = r#"
set -e
mkdir small
mount -t tmpfs -o size=300k none small
"$1" run sweep.toml --run-dir small && exit 99
mount -o remount,size=200m small
"$1" run sweep.toml --run-dir small
cp -r small run
"#;

#[tokio::test]
async fn a_disk_that_is_full_stops_the_run_and_with_room_it_goes_on() {
    let lab = lab(&["bare/generic"], "attempts = 10");
    let mut command = Command::new("unshare");
    // Who is not root becomes it, as far as the mount goes.
    let flags = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    command.args([flags, "bash", "-c", ON_A_SMALL_DISK, "bash"]).arg(program()).current_dir(lab.root());
    let output = command.env("NO_COLOR", "1").env_remove("OVERHANG_LOG").output().unwrap();
    let said = text(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.contains("the same command resumes the run"), "{said}");

    assert_eq!(lab.ends().len(), lab.run_dir().plan().unwrap().trials.len());
    closed_tries(&lab.lines());
    assert_eq!(containers(&lab.run_dir().id().unwrap()).await, [""; 0]);
}

fn ended(event: &Event) -> Option<&TrialId> {
    if let Event::Ended(end) = event { Some(&end.trial) } else { None }
}

/// Checks that every try that began is closed once, that no trial is run again once it has ended, and that each call
/// was let through, is recorded once, and is in what its try says it spent. Gives the number of tries that were cut off
/// or made again.
pub(super) fn closed_tries(lines: &[Line]) -> usize {
    let mut tries: BTreeMap<(TrialId, u32), (u32, f64)> = BTreeMap::new();
    let (mut over, mut let_through, mut recorded) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut lost = 0;
    for line in lines {
        match &line.event {
            Event::Started { trial, try_number, .. } => {
                assert!(!over.contains(trial), "{trial} had ended and was run again");
                let before = tries.insert((trial.clone(), *try_number), (0, 0.0));
                assert_eq!(before, None, "{trial} try {try_number} began twice");
            }
            Event::CallStarted { trial, try_number, call, .. } => {
                assert!(let_through.insert((trial.clone(), *try_number, *call)), "{trial} call {call} twice");
            }
            Event::Call(call) => {
                let name = (call.trial.clone(), call.try_number, call.call);
                assert!(let_through.contains(&name) || call.usage.is_none(), "{name:?} was not let through");
                assert!(recorded.insert(name.clone()), "{name:?} is recorded twice");
                tries.get_mut(&(call.trial.clone(), call.try_number)).unwrap().1 += call.charged;
            }
            Event::CutOff { trial, try_number, spent } | Event::Retried { trial, try_number, spent, .. } => {
                lost += 1;
                let (closed, charged) = tries.get_mut(&(trial.clone(), *try_number)).unwrap();
                *closed += 1;
                assert_eq!(*charged, spent.charged, "{trial} try {try_number}");
            }
            Event::Ended(end) => {
                over.insert(end.trial.clone());
                let (closed, charged) = tries.get_mut(&(end.trial.clone(), end.try_number)).unwrap();
                *closed += 1;
                assert_eq!(*charged, end.spent.charged, "{}", end.trial);
            }
            _ => {}
        }
    }
    assert!(tries.values().all(|(closed, _)| *closed == 1), "{tries:?}");
    lost
}

#[tokio::test]
async fn a_second_owner_is_refused_an_interrupt_drains_and_another_terminal_stops() {
    // More than end while a second program starts.
    let lab = lab(&["bare/generic"], "attempts = 6");
    let mut child = start(&lab);
    let pid = Pid::from_child(&child);
    wait_for(&lab, &mut child, 0, |event| matches!(event, Event::Call(_)));

    let second = lab.overhang(&["run", "sweep.toml", "--run-dir", "run"]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = text(&second.stderr);
    assert!(said.contains(&format!("is in use by process {} on ", child.id())), "{said}");

    let status = |arguments: &[&str]| lab.overhang(arguments).output().unwrap();
    let told = status(&["status", "run", "--json"]);
    let told = crate::schema::document("status", &told.stdout);
    assert_eq!((&told["worker"]["pid"], &told["planned"]), (&child.id().into(), &12.into()), "{told}");
    assert!(!told["under_way"].as_array().unwrap().is_empty(), "{told}");

    // Once: what runs is let run, and nothing else begins.
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    let lines = lab.lines();
    let drained = lines.iter().filter(|line| ended(&line.event).is_some()).count();
    assert!((1..12).contains(&drained), "{drained} trials ended");
    assert_eq!(closed_tries(&lines), 0);
    let told = text(&status(&["status", "run"]).stdout);
    assert!(told.starts_with("run: no program of this machine is at work on it\n"), "{told}");
    let refused = status(&["stop", "run"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("no program of this machine is at work on run"), "{refused:?}");

    // From another terminal: what runs is stopped, and its spending kept.
    let mut child = start(&lab);
    wait_for(&lab, &mut child, lines.len(), |event| matches!(event, Event::Call(_)));
    let stopped = status(&["stop", "run", "--now"]);
    assert!(text(&stopped.stdout).contains("stops running trials"), "{stopped:?}");
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("go on with `overhang run")));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(closed_tries(&lab.lines()) > 0);
    assert_eq!(containers(&lab.run_dir().id().unwrap()).await, [""; 0]);

    lab.run();
    assert_eq!(lab.ends().len(), 12);
}
