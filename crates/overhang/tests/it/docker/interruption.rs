//! The program killed, or told to stop, in the middle of a run: the same command goes on where it was.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use ledger::{Event, TrialId, run::Line};
use rustix::process::{Pid, Signal, kill_process};

use super::containers;
use crate::lab::{Lab, program, text};

/// Four trials of a model slow enough to be met at work.
fn lab(arms: &[&str], rest: &str) -> Lab {
    let lab = Lab::new();
    lab.edit("models/expert.toml", "cache_share", "delay_ms = 200\ncache_share");
    lab.sweep("expert", arms, "tasks/words/*", 400_000, rest);
    lab
}

fn start(lab: &Lab) -> Child {
    let mut command = Command::new(program());
    command.args(["run", "sweep.toml", "--run-dir", "run"]).current_dir(lab.root());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until an event as wanted is among the ledger's lines from `from` on, while the program runs.
fn wait_for(lab: &Lab, child: &mut Child, from: usize, wanted: fn(&Event) -> bool) {
    let began = Instant::now();
    loop {
        // There is none at first, and half a line now and then.
        let lines = lab.run_dir().read().map_or_else(|_| Vec::new(), |contents| contents.lines);
        if lines.iter().skip(from).any(|line| wanted(&line.event)) {
            return;
        }
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the run ended too early: {ended:?}");
        assert!(began.elapsed() < Duration::from_secs(240), "what is waited for does not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_killed_run_goes_on_with_the_same_command() {
    let lab = lab(&["bare/generic", "opencode/specific"], "");
    // While containers start, while an agent works, while a work tree is graded.
    let moments: [fn(&Event) -> bool; 3] = [
        |event| matches!(event, Event::Started { .. }),
        |event| matches!(event, Event::Call(_)),
        |event| matches!(event, Event::Stopped { .. }),
    ];
    for moment in moments {
        let before = lab.run_dir().read().map_or(0, |contents| contents.lines.len());
        let mut child = start(&lab);
        wait_for(&lab, &mut child, before, moment);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let killed = lab.lines().len();
    lab.run();

    let lines = lab.lines();
    let plan = lab.run_dir().plan().unwrap();
    assert_eq!(lab.ends().len(), plan.trials.len());
    let ended_before: Vec<&TrialId> = lines[..killed].iter().filter_map(|line| ended(&line.event)).collect();
    for line in &lines[killed..] {
        if let Event::Started { trial, .. } = &line.event {
            assert!(!ended_before.contains(&trial), "{trial} had ended and was run again");
        }
    }
    let cut_off = closed_tries(&lines);
    assert!(cut_off >= 3, "three kills cut off {cut_off} tries");
    let report = lab.report();
    assert_eq!((report.ended, report.lost.tries as usize), (plan.trials.len(), cut_off));
    assert!(!report.flags.iter().any(|flag| flag.name == "INCOMPLETE"), "{:?}", report.flags);
    assert_eq!(containers(&lab.run_dir().id().unwrap()).await, [""; 0]);
}

fn ended(event: &Event) -> Option<&TrialId> {
    if let Event::Ended(end) = event { Some(&end.trial) } else { None }
}

/// Checks that every try that began is closed once and holds what its calls cost; gives the number of those cut off.
fn closed_tries(lines: &[Line]) -> usize {
    let mut tries: BTreeMap<(TrialId, u32), (u32, f64)> = BTreeMap::new();
    let mut cut_off = 0;
    for line in lines {
        match &line.event {
            Event::Started { trial, try_number, .. } => {
                let before = tries.insert((trial.clone(), *try_number), (0, 0.0));
                assert_eq!(before, None, "{trial} try {try_number} began twice");
            }
            Event::Call(call) => {
                tries.get_mut(&(call.trial.clone(), call.try_number)).unwrap().1 += call.charged;
            }
            Event::CutOff { trial, try_number, spent } => {
                cut_off += 1;
                let (closed, charged) = tries.get_mut(&(trial.clone(), *try_number)).unwrap();
                *closed += 1;
                assert_eq!(*charged, spent.charged, "{trial} try {try_number}");
            }
            Event::Ended(end) => tries.get_mut(&(end.trial.clone(), end.try_number)).unwrap().0 += 1,
            _ => {}
        }
    }
    assert!(tries.values().all(|(closed, _)| *closed == 1), "{tries:?}");
    cut_off
}

#[tokio::test]
async fn a_second_owner_is_refused_and_interrupts_drain_then_kill() {
    let lab = lab(&["bare/generic"], "attempts = 2");
    let mut child = start(&lab);
    let pid = Pid::from_child(&child);
    wait_for(&lab, &mut child, 0, |event| matches!(event, Event::Call(_)));

    let second = lab.overhang(&["run", "sweep.toml", "--run-dir", "run"]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = text(&second.stderr);
    assert!(said.contains(&format!("is in use by process {} on ", child.id())), "{said}");

    // Once: what runs is let run, and nothing else begins.
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    let lines = lab.lines();
    let drained = lines.iter().filter(|line| ended(&line.event).is_some()).count();
    assert!((1..4).contains(&drained), "{drained} trials ended");
    assert_eq!(closed_tries(&lines), 0);

    // Twice: what runs is stopped, and its spending kept.
    let mut child = start(&lab);
    let pid = Pid::from_child(&child);
    wait_for(&lab, &mut child, lines.len(), |event| matches!(event, Event::Call(_)));
    kill_process(pid, Signal::INT).unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    // Two signals at once would be one.
    assert!(said.any(|line| line.contains("Ctrl-C again")));
    kill_process(pid, Signal::INT).unwrap();
    assert!(said.any(|line| line.contains("the same command resumes the run")));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(closed_tries(&lab.lines()) > 0);
    assert_eq!(containers(&lab.run_dir().id().unwrap()).await, [""; 0]);

    lab.run();
    assert_eq!(lab.ends().len(), 4);
}
