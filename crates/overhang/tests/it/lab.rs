//! A throw-away project with tiny tasks, and the program run on it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use analysis::Analysis;
use assert_cmd::Command;
use ledger::{Event, RunDir, TrialId, event::TrialEnd, run::Line};
use tempfile::TempDir;
use vocabulary::FlagName;

/// Longest time one command may take before it is taken for hung.
const PATIENCE: Duration = Duration::from_secs(600);

/// A project in a directory of its own. Its run is always `run`, its sweep `sweep.toml`.
pub(crate) struct Lab {
    dir: TempDir,
}

impl Lab {
    /// The models and tasks of `tests/fixtures`, and the harnesses of the repository.
    pub(crate) fn new() -> Self {
        let lab = Self { dir: TempDir::new().unwrap() };
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&here.join("tests/fixtures"), lab.root());
        copy(&here.join("../../harnesses"), &lab.root().join("harnesses"));
        lab
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.root().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
        self
    }

    /// A file of the project with some of its text replaced, once.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = fs_err::read_to_string(self.root().join(path)).unwrap();
        assert!(text.contains(from), "{path} holds no `{from}`");
        self.write(path, &text.replacen(from, to, 1))
    }

    /// A sweep of one model; `rest` holds further keys, then tables.
    pub(crate) fn sweep(&self, model: &str, arms: &[&str], tasks: &str, tokens: u64, rest: &str) -> &Self {
        let text = format!(
            "name = \"lab\"\nmodels = [\"{model}\"]\narms = {arms:?}\ntasks = [\"{tasks}\"]\nseed = 7\n\
             budget = {{ tokens = {tokens} }}\n{rest}\n"
        );
        self.write("sweep.toml", &text)
    }

    /// The program in the project's root, with nothing of this machine's environment that it would read but what
    /// leads to engine and packs.
    pub(crate) fn overhang(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(self.root()).timeout(PATIENCE).env_remove("OVERHANG_LOG");
        command.env("NO_COLOR", "1").env("COLUMNS", "160");
        command
    }

    /// Runs the sweep, or what is left of it, to its end.
    pub(crate) fn run(&self) -> Output {
        self.run_with(&[])
    }

    pub(crate) fn run_with(&self, environment: &[(&str, &str)]) -> Output {
        let mut command = self.overhang(&["run", "sweep.toml", "--run-dir", "run"]);
        command.envs(environment.iter().copied());
        let output = command.output().unwrap();
        // A run that is complete fails all the same where too many of its trials are missing.
        let wanting = output.status.code() == Some(1) && text(&output.stderr).contains("failed: ");
        let complete = output.status.success() || wanting;
        assert!(complete, "overhang run: {}\n{}", output.status, text(&output.stderr));
        output
    }

    pub(crate) fn run_dir(&self) -> RunDir {
        RunDir::at(self.root().join("run"))
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        self.run_dir().read().unwrap().lines
    }

    /// The terminal events, by trial; a second one for a trial stops the test.
    pub(crate) fn ends(&self) -> BTreeMap<TrialId, TrialEnd> {
        let mut ends = BTreeMap::new();
        for line in self.lines() {
            if let Event::Ended(end) = line.event {
                let twice = ends.insert(end.trial.clone(), *end);
                assert!(twice.is_none(), "ended twice: {twice:?}");
            }
        }
        ends
    }

    /// Says what was tried again, for a look at a test that took long: an engine may fail where nobody planned it.
    #[expect(clippy::print_stderr, reason = "for whoever reads the output of a test that took long")]
    pub(crate) fn tell_what_was_tried_again(&self) {
        for (trial, why) in self.tried_again() {
            let name = trial.0.replace('/', "-").replace(':', ".");
            let log = fs_err::read_to_string(self.root().join(format!("run/logs/{name}.log")));
            eprintln!("tried again: {trial}: {why}\n{}", log.unwrap_or_default());
        }
    }

    /// Trials and tries of them that came to nothing, and why.
    pub(crate) fn tried_again(&self) -> Vec<(TrialId, String)> {
        let why = |line: Line| match line.event {
            Event::Retried { trial, outcome, detail, .. } => vec![(trial, format!("{outcome}: {detail}"))],
            Event::Ended(end) => {
                let graded = end.flags.iter().filter(|flag| flag.name == FlagName::GradedAgain);
                graded.map(|flag| (end.trial.clone(), flag.to_string())).collect()
            }
            _ => Vec::new(),
        };
        self.lines().into_iter().flat_map(why).collect()
    }

    /// The one trial whose name holds `part`.
    pub(crate) fn end(&self, part: &str) -> TrialEnd {
        let ends = self.ends();
        let mut fitting = ends.values().filter(|end| end.trial.0.contains(part));
        let end =
            fitting.next().unwrap_or_else(|| panic!("no trial `{part}` among {:?}", ends.keys())).clone();
        assert!(fitting.next().is_none(), "several trials hold `{part}`");
        end
    }

    /// What `overhang report --format json` says.
    pub(crate) fn report(&self) -> Analysis {
        let output = self.overhang(&["report", "run", "--format", "json"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A file of a collected work tree; `path` as in the container, without the leading `/`.
    pub(crate) fn workspace_file(&self, end: &TrialEnd, path: &str) -> Option<String> {
        let archive = self.run_dir().blobs().get(end.workspace.as_ref().unwrap()).unwrap();
        let mut archive = tar::Archive::new(archive.as_slice());
        let mut entry = archive
            .entries()
            .unwrap()
            .map(Result::unwrap)
            .find(|entry| entry.path().unwrap().to_str() == Some(path))?;
        let mut content = String::new();
        std::io::Read::read_to_string(&mut entry, &mut content).unwrap();
        Some(content)
    }

    /// What a person reads, with the place of this project left out.
    pub(crate) fn redacted(&self, bytes: &[u8]) -> String {
        text(bytes).replace(&self.root().display().to_string(), "[project]")
    }
}

/// The program under test.
pub(crate) fn program() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("overhang").to_path_buf()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every flag of a report, as `NAME: reason`.
pub(crate) fn flags(analysis: &Analysis) -> Vec<String> {
    let arms = analysis.arms.iter().flat_map(|arm| &arm.flags);
    let gaps = analysis.gaps.iter().flat_map(|gap| &gap.flags);
    let all = analysis.flags.iter().chain(arms).chain(gaps);
    all.map(|flag| format!("{}: {}", flag.name, flag.reason)).collect()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target).unwrap();
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}
