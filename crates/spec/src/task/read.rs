//! From a task's directory to a [`Task`]: legacy keys folded in, values filled, what is not carried out refused.

use std::{collections::BTreeMap, path::Path};

use super::{
    Environment, ImageSource, Task, Verifier, VerifierMode, digest,
    file::{Artifact, Env, EnvironmentTable, NetworkMode, Os, TaskFile, User},
    text,
};
use crate::{
    FileError,
    document::{Findings, Source},
    nearest,
};

/// The host's environment: the value of a variable, if it is set.
pub type HostEnv<'h> = &'h dyn Fn(&str) -> Option<String>;

/// What a task's file says of the network.
pub(crate) enum NetworkSaid {
    /// Nothing: Harbor's silent default is all of it; ours is none.
    Nothing,
    /// That it needs none.
    None,
    /// That it needs one, at this key.
    Public([&'static str; 2]),
}

/// Reads the task in a directory.
pub fn load(dir: &Path, host_env: HostEnv<'_>) -> Result<Task, FileError> {
    load_with_network(dir, host_env).map(|(task, _)| task)
}

/// Reads the task in a directory, and what it says of the network.
pub(crate) fn load_with_network(dir: &Path, host_env: HostEnv<'_>) -> Result<(Task, NetworkSaid), FileError> {
    let source = Source::read(&dir.join("task.toml"))?;
    let document = source.parse()?;
    let file: TaskFile = document.typed()?;
    let mut findings = Findings::new(&document);
    let network = network(&file);
    let asks = matches!(network, NetworkSaid::Public(_));
    let task = Reader { dir, host_env, findings: &mut findings }.task(file, asks)?;
    findings.or((task, network))
}

struct Reader<'r, 'd> {
    dir: &'r Path,
    host_env: HostEnv<'r>,
    findings: &'r mut Findings<'d>,
}

impl Reader<'_, '_> {
    fn task(mut self, file: TaskFile, network: bool) -> Result<Task, FileError> {
        self.refuse_unsupported(&file);
        let environment = self.environment(&file.environment, network);
        let instruction = self.instruction()?;
        let artifacts = self.artifacts(&file.artifacts);
        let solution_env = self.env(&["solution", "env"], &file.solution.env);
        let verifier = self.verifier(&file);
        let family = self.family(&file.metadata);
        self.flags(&file.metadata);
        let digest = digest::of(self.dir)
            .map_err(|error| FileError::whole(self.dir, format!("cannot be read: {error}"), None))?;
        Ok(Task {
            id: format!("{family}/{}", name_of(self.dir)),
            family,
            path: self.dir.to_owned(),
            instruction,
            digest,
            environment,
            verifier,
            agent_timeout_sec: file.agent.timeout_sec,
            agent_user: file.agent.user.as_ref().map(user),
            artifacts,
            solution_env,
            metadata: file.metadata,
        })
    }

    fn refuse(&mut self, path: &[&str], what: &str) {
        let message = format!("`{}` is not supported: {what}", crate::document::dotted(path));
        self.findings.at(path, message, "leave the task out of the sweep".to_owned());
    }

    fn refuse_unsupported(&mut self, file: &TaskFile) {
        let (agent, verifier) = (&file.agent, &file.verifier);
        let version = file.schema_version.as_deref().or(file.version.as_deref()).unwrap_or("1.4");
        if !["1.0", "1.1", "1.2", "1.3", "1.4"].contains(&version) {
            let key = if file.schema_version.is_some() { "schema_version" } else { "version" };
            self.findings.at(&[key], format!("unknown version `{version}`"), "known: 1.0 to 1.4".to_owned());
        }
        if !file.steps.is_empty() || file.multi_step_reward_strategy.is_some() {
            let key = if file.steps.is_empty() { "multi_step_reward_strategy" } else { "steps" };
            self.refuse(&[key], "a trial is one step");
        }
        if !verifier.collect.is_empty() {
            self.refuse(&["verifier", "collect"], "nothing runs between the agent and the tests");
        }
        self.refuse_hosts(&["agent"], agent.network_mode, agent.allowed_hosts.as_deref());
        self.refuse_hosts(&["verifier"], verifier.network_mode, verifier.allowed_hosts.as_deref());
        self.refuse_in_environment(&["environment"], &file.environment);
        if let Some(own) = &verifier.environment {
            self.refuse_in_environment(&["verifier", "environment"], own);
            let further = own.cpus.is_some()
                || own.memory_mb.is_some()
                || own.memory.is_some()
                || own.storage_mb.is_some()
                || own.storage.is_some()
                || own.workdir.is_some()
                || !own.env.is_empty();
            if further {
                self.refuse(&["verifier", "environment"], "only its `docker_image` is read");
            }
        }
        for name in ["docker-compose.yaml", "docker-compose.yml"] {
            for part in ["environment", "tests"] {
                if self.dir.join(part).join(name).exists() {
                    let message = format!("`{part}/{name}` is not supported: a trial is one container");
                    self.findings.whole(message, "leave the task out of the sweep".to_owned());
                }
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
        refuse("skills_dir", table.skills_dir.is_some(), "arms must differ in the harness alone");
        refuse("mcp_servers", !table.mcp_servers.is_empty(), "arms must differ in the harness alone");
        refuse("healthcheck", table.healthcheck.is_some(), "the agent starts as soon as the container runs");
        self.refuse_hosts(at, table.network_mode, table.allowed_hosts.as_deref());
    }

    fn refuse_hosts(&mut self, at: &[&str], mode: Option<NetworkMode>, hosts: Option<&[String]>) {
        let what = "there is no way yet to let chosen hosts through";
        if mode == Some(NetworkMode::Allowlist) {
            self.refuse(&[at, &["network_mode"]].concat(), what);
        } else if hosts.is_some_and(|hosts| !hosts.is_empty()) {
            self.refuse(&[at, &["allowed_hosts"]].concat(), what);
        }
    }

    fn twice(&mut self, path: &[&str], newer: &str) {
        let message = format!("`{}` and `{newer}` are both given", crate::document::dotted(path));
        self.findings.at(path, message, format!("keep `{newer}`"));
    }

    fn environment(&mut self, table: &EnvironmentTable, network: bool) -> Environment {
        for (older, given, newer, also) in [
            ("memory", table.memory.is_some(), "memory_mb", table.memory_mb.is_some()),
            ("allow_internet", table.allow_internet.is_some(), "network_mode", table.network_mode.is_some()),
            ("storage", table.storage.is_some(), "storage_mb", table.storage_mb.is_some()),
        ] {
            if given && also {
                self.twice(&["environment", older], newer);
            }
        }
        let context = self.dir.join("environment");
        let image = match &table.docker_image {
            Some(name) => ImageSource::Named(name.clone()),
            None => {
                if !context.join("Dockerfile").is_file() {
                    let help =
                        "write one, or name a ready image in `[environment]` as `docker_image`".to_owned();
                    self.findings.whole("there is no `environment/Dockerfile` beside task.toml", help);
                }
                ImageSource::Build(context)
            }
        };
        let size = |size: &Option<String>| size.as_deref().and_then(text::mebibytes);
        Environment {
            image,
            cpus: table.cpus,
            memory_mb: table.memory_mb.or_else(|| size(&table.memory)),
            storage_mb: table.storage_mb.or_else(|| size(&table.storage)),
            env: self.env(&["environment", "env"], &table.env),
            workdir: table.workdir.clone(),
            network,
            build_timeout_sec: table.build_timeout_sec.unwrap_or(600.0),
        }
    }

    fn verifier(&mut self, file: &TaskFile) -> Verifier {
        let table = &file.verifier;
        let tests = self.dir.join("tests");
        let named = table.environment.as_ref().and_then(|own| own.docker_image.clone());
        let image = match named {
            Some(name) => Some(ImageSource::Named(name)),
            None if tests.join("Dockerfile").is_file() => Some(ImageSource::Build(tests.clone())),
            None => None,
        };
        if table.environment_mode == Some(VerifierMode::Shared) && image.is_some() {
            self.findings.at(
                &["verifier", "environment_mode"],
                "the tests bring an image of their own, which `shared` would not use",
                "write `environment_mode = \"separate\"`".to_owned(),
            );
        }
        if image.is_none() && !tests.join("test.sh").is_file() {
            let beside = nearest::names_in(&tests);
            let meant = nearest::name("test.sh", beside.iter().map(String::as_str));
            let help = match meant {
                Some(meant) => format!("did you mean to call `tests/{meant}` so?"),
                None => "it writes 0 to 1 into /logs/verifier/reward.txt".to_owned(),
            };
            self.findings.whole("the task has no tests: there is no `tests/test.sh` beside task.toml", help);
        }
        let by_image = if image.is_some() { VerifierMode::Separate } else { VerifierMode::Shared };
        Verifier {
            mode: table.environment_mode.unwrap_or(by_image),
            timeout_sec: table.timeout_sec.unwrap_or(600.0),
            env: self.env(&["verifier", "env"], &table.env),
            user: table.user.as_ref().map(user),
            image,
        }
    }

    fn instruction(&mut self) -> Result<String, FileError> {
        let path = self.dir.join("instruction.md");
        if !path.exists() {
            self.findings.whole("there is no `instruction.md` beside task.toml", nearest::file(&path));
            return Ok(String::new());
        }
        let whole = Source::read(&path)?.text;
        let instruction = text::without_canary(&whole);
        if instruction.trim().is_empty() {
            return Err(FileError::whole(&path, "the instruction is empty", None));
        }
        Ok(instruction.to_owned())
    }

    fn artifacts(&mut self, artifacts: &[Artifact]) -> Vec<String> {
        let mut paths = Vec::new();
        for (index, artifact) in artifacts.iter().enumerate() {
            let index = index.to_string();
            match artifact {
                Artifact::Path(path) => paths.push(path.clone()),
                Artifact::Table(table) => {
                    if !table.exclude.is_empty() {
                        self.refuse(&["artifacts", &index, "exclude"], "a path is collected whole");
                    }
                    if table.service.as_deref().is_some_and(|service| service != "main") {
                        self.refuse(&["artifacts", &index, "service"], "a trial is one container");
                    }
                    paths.push(table.source.clone());
                }
            }
        }
        paths
    }

    fn env(&mut self, at: &[&str], table: &Env) -> BTreeMap<String, String> {
        let mut filled = BTreeMap::new();
        for (name, value) in table {
            match text::env_value(value, self.host_env) {
                Ok(value) => {
                    filled.insert(name.clone(), value);
                }
                Err(unset) => {
                    let variable = unset.variable;
                    self.findings.at(
                        &[at, &[name]].concat(),
                        format!("the variable `{variable}` is not set on this machine"),
                        format!("set it, or give a default: `${{{variable}:-value}}`"),
                    );
                }
            }
        }
        filled
    }

    fn family(&mut self, metadata: &BTreeMap<String, serde_json::Value>) -> String {
        match metadata.get("family") {
            None => name_of(self.dir.parent().unwrap_or(self.dir)),
            Some(family) => match family.as_str().filter(|family| is_family(family)) {
                Some(family) => family.to_owned(),
                None => {
                    let help = "a word of letters, digits, `-`, `_` and `.`".to_owned();
                    self.findings.at(&["metadata", "family"], "`metadata.family` is not a family", help);
                    String::new()
                }
            },
        }
    }

    fn flags(&mut self, metadata: &BTreeMap<String, serde_json::Value>) {
        for key in [Task::KEEP_PROCESSES, Task::GIT_HISTORY] {
            if metadata.get(key).is_some_and(|value| !value.is_boolean()) {
                let message = format!("`metadata.{key}` must be `true` or `false`");
                self.findings.at(&["metadata", key], message, None);
            }
        }
    }
}

fn network(file: &TaskFile) -> NetworkSaid {
    let environment = &file.environment;
    let legacy =
        environment.allow_internet.map(|all| if all { NetworkMode::Public } else { NetworkMode::NoNetwork });
    let said = [
        (["environment", "network_mode"], environment.network_mode),
        (["environment", "allow_internet"], legacy),
        (["agent", "network_mode"], file.agent.network_mode),
        (["verifier", "network_mode"], file.verifier.network_mode),
    ];
    match said.iter().find(|(_, mode)| *mode == Some(NetworkMode::Public)) {
        Some((at, _)) => NetworkSaid::Public(*at),
        None if said.iter().any(|(_, mode)| mode.is_some()) => NetworkSaid::None,
        None => NetworkSaid::Nothing,
    }
}

fn user(user: &User) -> String {
    match user {
        User::Name(name) => name.clone(),
        User::Uid(uid) => uid.to_string(),
    }
}

fn is_family(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn name_of(dir: &Path) -> String {
    dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
