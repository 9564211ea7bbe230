//! The engine restarted, and killed, in the middle of a run. It is an engine of the test's own, beside the machine's:
//! what others do there goes on.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use docker::{DockerEngine, Settings};
use ledger::{Event, run::Line};
use rustix::process::{Pid, Signal, kill_process};
use sandbox::Engine;
use tempfile::TempDir;

use vocabulary::FlagName;

use super::interruption::{closed_tries, kills, lab, start_with, wait_until};
use crate::lab::text;

/// Longest time that an engine may take to begin or to end.
const PATIENCE: Duration = Duration::from_secs(60);

struct OwnEngine {
    /// On the disk of the machine's engine: others may not carry an overlay.
    folder: TempDir,
    daemon: Option<Child>,
}

impl OwnEngine {
    /// One that has the base image; `None` for who is not root, or where the machine's engine is not on this machine's
    /// disk.
    async fn new() -> Option<Self> {
        let data_root = DockerEngine::connect().await.unwrap().facts().await.unwrap().storage.unwrap().place;
        let there = data_root.is_dir() && Command::new("dockerd").arg("--version").output().is_ok();
        if !there || !rustix::process::geteuid().is_root() {
            return None;
        }
        let folder = tempfile::Builder::new().prefix("own-engine-").tempdir_in(data_root).unwrap();
        let mut engine = Self { folder, daemon: None };
        engine.start();
        let copy = format!("set -o pipefail; docker save overhang/base:1 | docker -H {} load", engine.host());
        assert!(Command::new("bash").args(["-c", &copy]).stdout(Stdio::null()).status().unwrap().success());
        Some(engine)
    }

    fn host(&self) -> String {
        format!("unix://{}/socket", self.folder.path().display())
    }

    fn start(&mut self) {
        let below = |name: &str| self.folder.path().join(name);
        // What a killed engine left behind dies with it, but stays in the process table where init does not reap it, and
        // a new engine would wait for its answer.
        let _ = fs_err::remove_file(below("exec/containerd/containerd.pid"));
        let log = fs_err::File::options().create(true).append(true).open(below("log")).unwrap();
        // In a network of its own: an engine without a bridge takes away the one that it finds.
        let mut command = Command::new("unshare");
        command.args(["--net", "dockerd", "--host", &self.host()]).arg("--data-root").arg(below("data"));
        command.arg("--exec-root").arg(below("exec")).arg("--pidfile").arg(below("pid"));
        command.args(["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"]);
        command.args(["--containerd-namespace=own", "--containerd-plugins-namespace=own-plugins"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.into_file());
        self.daemon = Some(command.spawn().unwrap());
        let began = Instant::now();
        while !self.docker(&["version"]).success() {
            let log = fs_err::read_to_string(below("log")).unwrap();
            assert!(began.elapsed() < PATIENCE, "the engine does not answer: {log}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn docker(&self, arguments: &[&str]) -> std::process::ExitStatus {
        let mut command = Command::new("docker");
        command.args(["--host", &self.host()]).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
    }

    fn stop(&mut self, signal: Signal) {
        let Some(mut daemon) = self.daemon.take() else { return };
        kill_process(Pid::from_child(&daemon), signal).unwrap();
        daemon.wait().unwrap();
    }

    /// Names of all containers.
    async fn containers(&self) -> Vec<String> {
        let settings = Settings { host: Some(self.host()), ..Settings::from_env() };
        let engine = DockerEngine::connect_with(settings).await.unwrap();
        engine.list(None).await.unwrap().into_iter().map(|listed| listed.name).collect()
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        self.stop(Signal::TERM);
    }
}

#[tokio::test]
async fn an_engine_restarted_or_killed_costs_no_trial() {
    let Some(mut engine) = OwnEngine::new().await else {
        eprintln!("left out: only root can start an engine of its own, and beside one that runs here");
        return;
    };
    // One of each kind, or more where more is killed (scripts/nightly).
    let rounds = (kills() / 5).max(2);
    let lab = lab(&["bare/generic"], &format!("attempts = {}", rounds + 1));
    let mut random = fastrand::Rng::with_seed(11);
    let mut child = start_with(&lab, &[("DOCKER_HOST", &engine.host())]);
    for round in 0..rounds {
        let from = lab.run_dir().read().map_or(0, |contents| contents.lines.len());
        let further = random.usize(1..12);
        let at_work = |line: &Line| matches!(line.event, Event::Call(_));
        wait_until(&lab, &mut child, from, |lines| lines.len() >= further && lines.iter().any(at_work));
        engine.stop(if round % 2 == 0 { Signal::TERM } else { Signal::KILL });
        engine.start();
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));

    let lost = closed_tries(&lab.lines());
    let ends = lab.ends();
    let graded_again =
        ends.values().any(|end| end.flags.iter().any(|flag| flag.name == FlagName::GradedAgain));
    assert!(lost > 0 || graded_again, "engines went {rounds} times, and nothing with them");
    assert_eq!(ends.len(), lab.run_dir().plan().unwrap().trials.len());
    assert!(ends.values().all(|end| end.score.is_some()), "{ends:?}");
    assert_eq!(engine.containers().await, [""; 0]);
}
