//! What a task's file asks for and is not carried out, each by its key.

use std::collections::BTreeMap;

use super::{
    Task, VerifierMode,
    file::{AgentTable, Artifact, EnvironmentTable, Os, TaskFile, VerifierTable},
    reader::{OUT, Reader},
};
use crate::{
    error::{Kind, dotted},
    nearest,
};

impl Reader<'_, '_> {
    pub(super) fn refuse_unsupported(&mut self, file: &TaskFile) {
        let (agent, verifier) = (&file.agent, &file.verifier);
        let version = file.schema_version.as_deref().or(file.version.as_deref()).unwrap_or("1.4");
        if !["1.0", "1.1", "1.2", "1.3", "1.4"].contains(&version) {
            let key = if file.schema_version.is_some() { "schema_version" } else { "version" };
            self.findings.at(&[key], format!("unknown version `{version}`"), "known: 1.0 to 1.4".to_owned());
        }
        if file.steps.is_empty() && file.multi_step_reward_strategy.is_some() {
            let message = "`multi_step_reward_strategy` is for tasks with `[[steps]]`, and there are none";
            self.findings.at(&["multi_step_reward_strategy"], message, None);
        }
        self.refuse_slips(&file.metadata);
        self.refuse_in_parts(&[], agent, verifier);
        self.refuse_artifacts(&[], &file.artifacts);
        self.refuse_in_environment(&["environment"], &file.environment);
        for (index, step) in file.steps.iter().enumerate() {
            let index = index.to_string();
            self.refuse_in_parts(&["steps", &index], &step.agent, &step.verifier);
            if step.agent.network_mode.is_some() {
                let what = "a container's network is the same in all steps";
                self.refuse(&["steps", &index, "agent", "network_mode"], what);
            }
            let one_image = "steps share one image for their tests";
            if step.verifier.environment.is_some() {
                self.refuse(&["steps", &index, "verifier", "environment"], one_image);
            }
            self.refuse_artifacts(&["steps", &index], &step.artifacts);
        }
    }

    /// What would read or write beside the task's directory.
    pub(super) fn refuse_outside(&mut self, file: &TaskFile) {
        let inside = fs_err::canonicalize(self.dir).unwrap_or_else(|_| self.dir.to_owned());
        for part in ["environment", "tests", "solution", "steps", "wrong", "instruction.md"] {
            if fs_err::canonicalize(self.dir.join(part)).is_ok_and(|path| !path.starts_with(&inside)) {
                let help = "put the files themselves there: a task is one directory".to_owned();
                self.findings.whole(format!("`{part}` leads out of the task's directory"), help);
            }
        }
        for (index, artifact) in file.artifacts.iter().enumerate() {
            let Artifact::Table(table) = artifact else { continue };
            let outside = |path: &str| path.starts_with('/') || path.split('/').any(|part| part == "..");
            if table.destination.as_deref().is_some_and(outside) {
                let key = ["artifacts", &index.to_string(), "destination"];
                let message = format!("`{}` leads out of the task's directory", dotted(&key));
                self.findings.at(
                    &key,
                    message,
                    "write a path without `..` and without a first `/`".to_owned(),
                );
            }
        }
        self.refuse_steps_up(file);
        if vocabulary::text::harmless_line(&self.name()) != self.name() {
            let message = "the directory's name has characters that cannot be shown on one line";
            self.findings.whole(message, "rename it: the task is called by it everywhere".to_owned());
        }
        if file.environment.workdir.as_ref().is_some_and(|workdir| !workdir.starts_with('/')) {
            let help = "write it from the root, as in `/workspace`".to_owned();
            self.findings.at(&["environment", "workdir"], "`environment.workdir` is not absolute", help);
        }
    }

    /// Paths in the container with `..` in them: where they lead depends on what an agent makes of the way.
    fn refuse_steps_up(&mut self, file: &TaskFile) {
        let mut paths: Vec<(Vec<String>, &str)> = Vec::new();
        let own = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let all = file.artifacts.iter().enumerate();
        paths.extend(all.map(|(index, one)| (own(&["artifacts", &index.to_string()]), one.source())));
        for (step, table) in file.steps.iter().enumerate() {
            let all = table.artifacts.iter().enumerate();
            let key = |index: usize| own(&["steps", &step.to_string(), "artifacts", &index.to_string()]);
            paths.extend(all.map(|(index, one)| (key(index), one.source())));
        }
        let workdir = file.environment.workdir.iter();
        paths.extend(workdir.map(|path| (own(&["environment", "workdir"]), path.as_str())));
        let writable = file.metadata.get(Task::WRITABLE).and_then(serde_json::Value::as_array);
        let writable = writable.into_iter().flatten().filter_map(serde_json::Value::as_str).enumerate();
        paths.extend(
            writable.map(|(index, path)| (own(&["metadata", Task::WRITABLE, &index.to_string()]), path)),
        );
        for (key, path) in paths {
            if path.split('/').any(|part| part == "..") {
                let key: Vec<&str> = key.iter().map(String::as_str).collect();
                let help = "write where it leads, without `..`".to_owned();
                self.findings.at(&key, format!("`{}` goes up with `..`", dotted(&key)), help);
            }
        }
    }

    /// Free as metadata are: what is nearly a key that changes what is measured.
    fn refuse_slips(&mut self, metadata: &BTreeMap<String, serde_json::Value>) {
        let known = [
            Task::KEEP_PROCESSES,
            Task::WRITABLE,
            Task::SET_UID,
            Task::GIT_HISTORY,
            Task::IMPOSSIBLE,
            Task::FALLS_TO,
        ];
        for key in metadata.keys().filter(|key| !known.contains(&key.as_str())) {
            if let Some(meant) = nearest::slip(key, known) {
                let message = format!("unknown key `metadata.{key}`");
                self.findings.at(&["metadata", key], message, format!("did you mean `{meant}`?"));
            }
        }
    }

    fn refuse_artifacts(&mut self, at: &[&str], artifacts: &[Artifact]) {
        for (index, artifact) in artifacts.iter().enumerate() {
            let Artifact::Table(table) = artifact else { continue };
            let index = index.to_string();
            let at = |key: &'static str| [at, &["artifacts", &index, key]].concat();
            if !table.exclude.is_empty() {
                self.refuse(&at("exclude"), "a path is collected whole");
            }
            self.known_service(&at("service"), table.service.as_deref());
            if table.service.as_deref().is_some_and(|service| service != "main")
                && !table.source.starts_with('/')
            {
                let help = "write it from the root".to_owned();
                self.findings.at(&at("source"), "a path in a service is absolute", help);
            }
        }
    }

    /// Files that are as good as keys: what a trial is made of, beside the one container.
    pub(super) fn refuse_files(&mut self, task: &Task) {
        let mut wrong = Vec::new();
        for part in task.parts().iter().filter(|part| part.verifier.mode == VerifierMode::Separate) {
            let tests = part.path.join("tests");
            let place = |name: &str| {
                let path = tests.join(name);
                path.strip_prefix(self.dir).unwrap_or(&path).display().to_string()
            };
            if tests.join("docker-compose.yaml").exists() {
                wrong.push((place("docker-compose.yaml"), "tests of their own container have one container"));
            }
            if part.path != task.path && tests.join("Dockerfile").exists() {
                wrong.push((place("Dockerfile"), "steps share one image for their tests"));
            }
        }
        for (file, what) in wrong {
            self.findings.whole(format!("`{file}` is not supported: {what}"), OUT.to_owned());
            self.findings.of_kind(Kind::Unsupported);
        }
    }

    fn refuse_in_parts(&mut self, at: &[&str], agent: &AgentTable, verifier: &VerifierTable) {
        self.check_hosts(&[at, &["agent"]].concat(), agent.network_mode, agent.allowed_hosts.as_deref());
        let at = [at, &["verifier"]].concat();
        self.check_hosts(&at, verifier.network_mode, verifier.allowed_hosts.as_deref());
        if let Some(own) = &verifier.environment {
            let at = [at.as_slice(), &["environment"]].concat();
            self.refuse_in_environment(&at, own);
            if own.healthcheck.is_some() {
                self.refuse(
                    &[at.as_slice(), &["healthcheck"]].concat(),
                    "tests wait for their services themselves",
                );
            }
        }
    }

    fn refuse_in_environment(&mut self, at: &[&str], table: &EnvironmentTable) {
        let mut refuse = |key: &str, given: bool, what: &str| {
            if given {
                self.refuse(&[at, &[key]].concat(), what);
            }
        };
        refuse("os", table.os == Some(Os::Windows), "containers run Linux");
        refuse("gpus", table.gpus.is_some_and(|gpus| gpus > 0), "containers get no GPU");
        refuse(
            "gpu_types",
            table.gpu_types.as_ref().is_some_and(|types| !types.is_empty()),
            "containers get no GPU",
        );
        refuse("tpu", table.tpu.is_some(), "containers get no TPU");
        let is_tests = at != ["environment"];
        refuse("skills_dir", is_tests && table.skills_dir.is_some(), "tests have no harness");
        refuse("mcp_servers", is_tests && !table.mcp_servers.is_empty(), "tests have no harness");
        self.check_hosts(at, table.network_mode, table.allowed_hosts.as_deref());
    }
}
