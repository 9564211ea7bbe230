//! From a task's directory to a [`Task`]: legacy keys folded in, values filled.

use std::{collections::BTreeMap, path::Path};

use vocabulary::ImageSource;

use super::{
    CollectHook, Environment, Task, Verifier, VerifierMode, digest,
    file::{
        Artifact, CollectTable, EnvironmentTable, MinReward, NetworkMode, StepTable, TaskFile, User,
        VerifierTable,
    },
    text,
};
use crate::{
    FileError,
    document::{Findings, Source},
    host::{Asked, Host},
    imports, nearest,
};

/// What a task's file says of the network.
pub(crate) enum NetworkSaid {
    /// Nothing: Harbor's silent default is all of it; ours is none.
    Nothing,
    /// That it needs none.
    None,
    /// That it needs one, at this key.
    Public([&'static str; 2]),
}

/// Reads the task in a directory, with what it may be given of the host's environment.
pub fn load(dir: &Path, host: &Host<'_>) -> Result<Task, FileError> {
    load_with_network(dir, host).map(|(task, _)| task)
}

/// Reads the task in a directory, and what it says of the network.
pub(crate) fn load_with_network(dir: &Path, host: &Host<'_>) -> Result<(Task, NetworkSaid), FileError> {
    let source = Source::read(&dir.join("task.toml"))?;
    let document = source.parse()?;
    let file: TaskFile = document.typed()?;
    let mut findings = Findings::new(&document);
    let network = network(&file);
    let task = Reader { dir, host, asks: Vec::new(), findings: &mut findings }.task(file)?;
    let mut task = findings.or(task)?;
    imports::mark(&mut task)?;
    Ok((task, network))
}

pub(super) struct Reader<'r, 'd> {
    pub(super) dir: &'r Path,
    pub(super) host: &'r Host<'r>,
    pub(super) asks: Vec<Asked>,
    pub(super) findings: &'r mut Findings<'d>,
}

impl Reader<'_, '_> {
    fn task(mut self, file: TaskFile) -> Result<Task, FileError> {
        self.refuse_unsupported(&file);
        self.refuse_outside(&file);
        let environment =
            self.environment(&file.environment, gets_network(file.agent.network_mode, &file.environment));
        let family = self.family(&file.metadata);
        self.flags(&file.metadata);
        let digest = digest::of(self.dir)
            .map_err(|error| FileError::whole(self.dir, format!("cannot be read: {error}"), None))?;
        let mut whole = Task {
            id: format!("{family}/{}", name_of(self.dir)),
            family,
            path: self.dir.to_owned(),
            // Steps have instructions of their own; that of the whole is for readers then.
            instruction: if file.steps.is_empty() { self.instruction(self.dir)? } else { String::new() },
            digest,
            verifier: self.verifier(&[], &file.verifier, &file.environment),
            environment,
            tests: Some(self.dir.join("tests")).filter(|tests| tests.is_dir()).into_iter().collect(),
            agent_timeout_sec: file.agent.timeout_sec,
            agent_user: file.agent.user.as_ref().map(user),
            artifacts: self.artifacts(&[], &file.artifacts),
            solution_env: self.env(&["solution", "env"], &file.solution.env),
            metadata: file.metadata,
            steps: Vec::new(),
            step_reward: file.multi_step_reward_strategy.unwrap_or_default(),
            upload: None,
            healthcheck: None,
            min_reward: BTreeMap::new(),
            void: None,
            asks: Vec::new(),
        };
        if file.steps.is_empty() {
            self.wants_tests(&whole);
        }
        let mut names = std::collections::BTreeSet::new();
        for (index, table) in file.steps.iter().enumerate() {
            let index = index.to_string();
            if !names.insert(&table.name) {
                self.findings.at(
                    &["steps", &index, "name"],
                    format!("two steps are called `{}`", table.name),
                    None,
                );
            }
            if !self.dir.join("steps").join(&table.name).is_dir() {
                let message = format!("there is no directory `steps/{}` beside task.toml", table.name);
                self.findings.at(&["steps", &index, "name"], message, None);
                continue;
            }
            let step = self.step(&index, table, &whole, &file.environment)?;
            self.wants_tests(&step);
            whole.steps.push(step);
        }
        whole.asks = self.asks;
        Ok(whole)
    }

    /// A step as a task of its own: what it says, else what the whole task says.
    fn step(
        &mut self,
        index: &str,
        table: &StepTable,
        whole: &Task,
        environment: &EnvironmentTable,
    ) -> Result<Task, FileError> {
        let at = ["steps", index];
        let dir = self.dir.join("steps").join(&table.name);
        let own = &table.verifier;
        let mut verifier = self.verifier(&at, own, environment);
        let says_image = own.environment.is_some();
        let shared = whole.verifier.clone();
        verifier = Verifier {
            mode: own.environment_mode.unwrap_or(shared.mode),
            timeout_sec: own.timeout_sec.unwrap_or(shared.timeout_sec),
            env: shared.env.into_iter().chain(verifier.env).collect(),
            user: verifier.user.or(shared.user),
            image: if says_image { verifier.image } else { shared.image },
            cpus: verifier.cpus.or(shared.cpus),
            memory_mb: verifier.memory_mb.or(shared.memory_mb),
            workdir: verifier.workdir.or(shared.workdir),
            network: if own.network_mode.is_some() { verifier.network } else { shared.network },
            collect: if own.collect.is_empty() { shared.collect } else { verifier.collect },
        };
        let own_artifacts = self.artifacts(&at, &table.artifacts);
        let tests = dir.join("tests");
        Ok(Task {
            id: format!("{}/{}", whole.id, table.name),
            instruction: self.instruction(&dir)?,
            tests: whole.tests.iter().cloned().chain(Some(tests).filter(|tests| tests.is_dir())).collect(),
            upload: Some(dir.join("workdir")).filter(|upload| upload.is_dir()),
            verifier,
            agent_timeout_sec: table.agent.timeout_sec.or(whole.agent_timeout_sec),
            agent_user: table.agent.user.as_ref().map(user).or_else(|| whole.agent_user.clone()),
            artifacts: whole.artifacts.iter().cloned().chain(own_artifacts).collect(),
            healthcheck: table.healthcheck.clone(),
            min_reward: match &table.min_reward {
                None => BTreeMap::new(),
                Some(MinReward::One(least)) => BTreeMap::from([("reward".to_owned(), *least)]),
                Some(MinReward::Each(each)) => each.clone(),
            },
            path: dir,
            steps: Vec::new(),
            ..whole.clone()
        })
    }

    fn twice(&mut self, path: &[&str], newer: &str) {
        let message = format!("`{}` and `{newer}` are both given", crate::error::dotted(path));
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
            healthcheck: table.healthcheck.clone(),
            build_timeout_sec: table.build_timeout_sec.unwrap_or(600.0),
        }
    }

    /// `at` leads to the step, if it is one's.
    fn verifier(&mut self, at: &[&str], table: &VerifierTable, environment: &EnvironmentTable) -> Verifier {
        let own = table.environment.as_ref();
        let tests = self.dir.join("tests");
        let image = match own.and_then(|own| own.docker_image.clone()) {
            Some(name) => Some(ImageSource::Named(name)),
            None if tests.join("Dockerfile").is_file() => Some(ImageSource::Build(tests)),
            None => None,
        };
        let key = [at, &["verifier", "environment_mode"]].concat();
        let says_shared = table.environment_mode == Some(VerifierMode::Shared);
        let separate = "write `environment_mode = \"separate\"`".to_owned();
        if says_shared && (image.is_some() || own.is_some()) {
            let message = "the tests have an environment of their own, which `shared` would not use";
            self.findings.at(&key, message, separate.clone());
        }
        let apart = image.is_some() || own.is_some();
        let mode = table.environment_mode.unwrap_or(if apart {
            VerifierMode::Separate
        } else {
            VerifierMode::Shared
        });
        let said = own.and_then(|own| own.network_mode).or(table.network_mode);
        let network = gets_network(said, environment);
        if mode == VerifierMode::Shared && said.is_some() && network != gets_network(None, environment) {
            let message = "`shared` tests run in the agent's container, whose network is another";
            self.findings.at(&[at, &["verifier", "network_mode"]].concat(), message, separate);
        }
        let mut env = self.env(&[at, &["verifier", "env"]].concat(), &table.env);
        if let Some(own) = own {
            env.extend(self.env(&[at, &["verifier", "environment", "env"]].concat(), &own.env));
        }
        Verifier {
            mode,
            timeout_sec: table.timeout_sec.unwrap_or(600.0),
            env,
            user: table.user.as_ref().map(user),
            image,
            cpus: own.and_then(|own| own.cpus),
            memory_mb: own.and_then(|own| own.memory_mb.or_else(|| text::mebibytes(own.memory.as_deref()?))),
            workdir: own.and_then(|own| own.workdir.clone()),
            network,
            collect: self.hooks(&[at, &["verifier", "collect"]].concat(), &table.collect),
        }
    }

    fn hooks(&mut self, at: &[&str], tables: &[CollectTable]) -> Vec<CollectHook> {
        for (index, table) in tables.iter().enumerate() {
            if table.service.as_deref().is_some_and(|service| service != "main") {
                self.refuse(&[at, &[&index.to_string(), "service"]].concat(), "a trial is one container");
            }
        }
        let hook = |table: &CollectTable| CollectHook {
            command: table.command.clone(),
            timeout_sec: table.timeout_sec.unwrap_or(60.0),
            user: table.user.as_ref().map(user),
        };
        tables.iter().map(hook).collect()
    }

    /// A task, or a step, without anything to grade it by is refused.
    fn wants_tests(&mut self, task: &Task) {
        if task.verifier.image.is_some() || task.tests.iter().any(|tests| tests.join("test.sh").is_file()) {
            return;
        }
        let beside = task.tests.iter().flat_map(|tests| nearest::names_in(tests)).collect::<Vec<_>>();
        let help = match nearest::name("test.sh", beside.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean to call `tests/{meant}` so?"),
            None => "it writes 0 to 1 into /logs/verifier/reward.txt".to_owned(),
        };
        let place = task.path.strip_prefix(self.dir).unwrap_or(&task.path).join("tests/test.sh");
        let message = format!("the task has no tests: there is no `{}` beside task.toml", place.display());
        self.findings.whole(message, help);
    }

    fn instruction(&mut self, dir: &Path) -> Result<String, FileError> {
        let path = dir.join("instruction.md");
        if !path.exists() {
            let place = path.strip_prefix(self.dir).unwrap_or(&path).display().to_string();
            self.findings.whole(format!("there is no `{place}` beside task.toml"), nearest::file(&path));
            return Ok(String::new());
        }
        let whole = Source::read(&path)?.text;
        let instruction = text::without_canary(&whole);
        if instruction.trim().is_empty() {
            return Err(FileError::whole(&path, "the instruction is empty", None));
        }
        Ok(instruction.to_owned())
    }

    fn artifacts(&mut self, at: &[&str], artifacts: &[Artifact]) -> Vec<String> {
        let mut paths = Vec::new();
        for (index, artifact) in artifacts.iter().enumerate() {
            let index = index.to_string();
            match artifact {
                Artifact::Path(path) => paths.push(path.clone()),
                Artifact::Table(table) => {
                    if !table.exclude.is_empty() {
                        self.refuse(
                            &[at, &["artifacts", &index, "exclude"]].concat(),
                            "a path is collected whole",
                        );
                    }
                    if table.service.as_deref().is_some_and(|service| service != "main") {
                        self.refuse(
                            &[at, &["artifacts", &index, "service"]].concat(),
                            "a trial is one container",
                        );
                    }
                    paths.push(table.source.clone());
                }
            }
        }
        paths
    }

    pub(super) fn name(&self) -> String {
        name_of(self.dir)
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
        let absolute = |path: &serde_json::Value| path.as_str().is_some_and(|path| path.starts_with('/'));
        let writable = metadata.get(Task::WRITABLE);
        if writable.is_some_and(|value| !value.as_array().is_some_and(|paths| paths.iter().all(absolute))) {
            let message = "`metadata.writable` must be a list of absolute paths";
            let help =
                "as `writable = [\"/home/agent\"]`; the working directory, /tmp and /logs need no mention";
            self.findings.at(&["metadata", Task::WRITABLE], message, help.to_owned());
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

/// Whether a part of the task gets the network: as it says, else as the environment says, else not.
fn gets_network(said: Option<NetworkMode>, environment: &EnvironmentTable) -> bool {
    let environment_says = environment.network_mode.map(|mode| mode == NetworkMode::Public);
    said.map(|mode| mode == NetworkMode::Public)
        .or(environment_says)
        .or(environment.allow_internet)
        .unwrap_or(false)
}

fn user(user: &User) -> String {
    match user {
        User::Name(name) => name.clone(),
        User::Uid(uid) => uid.to_string(),
    }
}

/// Whether a text can name a family, or a task in it: a word of letters, digits, `-`, `_` and `.`.
pub fn is_family(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn name_of(dir: &Path) -> String {
    dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
