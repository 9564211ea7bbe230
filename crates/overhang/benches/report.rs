//! How long `overhang report` and `overhang diff` take on a large run, and how much memory: 100,000 trials of ten calls.
//!
//! `cargo bench -p overhang --bench report [-- FORMAT…]`. `OVERHANG_BENCH_TRIALS`: about how many trials instead.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where something is wrong"
)]

#[path = "report/large.rs"]
mod large;

use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How often the program's peak is read while it runs.
const LOOK: Duration = Duration::from_millis(2);

/// Runs of each kind.
const ROUNDS: usize = 3;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let trials = std::env::var("OVERHANG_BENCH_TRIALS").map_or(100_000, |trials| trials.parse().unwrap());
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    let (written, bytes) = large::write(&a, trials, 1);
    large::write(&b, trials, 2);
    println!("{written} trials, a ledger of {:.0} MB; best of {ROUNDS}", bytes as f64 / 1e6);
    for format in ["terminal", "json", "html", "csv", "junit"] {
        if wanted(format) {
            tell(&format!("report/{format}"), &["report", "--format", format], &[&a]);
        }
    }
    if wanted("diff") {
        tell("diff", &["diff"], &[&a, &b]);
    }
}

fn tell(name: &str, arguments: &[&str], runs: &[&Path]) {
    let ran: Vec<Ran> = (0..ROUNDS).map(|_| run(arguments, runs)).collect();
    let seconds = ran.iter().map(|ran| ran.seconds).fold(f64::INFINITY, f64::min);
    let peak = ran.iter().map(|ran| ran.peak_mb).fold(0.0, f64::max);
    println!("figure {name} {seconds:.3} s");
    println!("figure {name}/peak {peak:.0} MB");
}

struct Ran {
    seconds: f64,
    peak_mb: f64,
}

fn run(arguments: &[&str], runs: &[&Path]) -> Ran {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_overhang"))
        .args(arguments)
        .args(runs)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak_mb: f64 = 0.0;
    let status = loop {
        peak_mb = peak_mb.max(peak_of(child.id()));
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => thread::sleep(LOOK),
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    assert!(status.success(), "{arguments:?}: {status}");
    Ran { seconds, peak_mb }
}

/// The largest memory that a process has had so far, in MB; 0 once it has ended.
fn peak_of(process: u32) -> f64 {
    let status = fs_err::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kb.unwrap_or(0.0) * 1024.0 / 1e6
}
