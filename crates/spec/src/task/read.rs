//! From a task's directory to a [`Task`]: legacy keys folded in, values filled.

use std::{collections::BTreeMap, path::Path};

use vocabulary::{Attack, ImageSource};

use super::{
    Environment, Reach, Task, artifacts,
    compose::Compose,
    digest,
    file::{Artifact, EnvironmentTable, MinReward, StepTable, TaskFile},
    network::{self, NetworkSaid},
    reader::{Reader, name_of, user},
    text,
};
use crate::{
    FileError,
    check::Unknown,
    document::{Findings, Source},
    host::Host,
    imports, nearest,
};

/// Reads the task in a directory, with what it may be given of the host's environment.
pub fn load(dir: &Path, host: &Host<'_>) -> Result<Task, FileError> {
    load_with_network(dir, host).map(|(task, _)| task)
}

/// Reads the task in a directory, and what it says of the network.
pub(crate) fn load_with_network(dir: &Path, host: &Host<'_>) -> Result<(Task, NetworkSaid), FileError> {
    let source = Source::read(&dir.join("task.toml"))?;
    let document = source.parse()?;
    let (mut file, unknown) = document.typed_but::<TaskFile>(is_harmless)?;
    let mut findings = Findings::new(&document);
    let mut reader = Reader { dir, host, asks: Vec::new(), services: Vec::new(), findings: &mut findings };
    let compose = reader.compose();
    reader.services = compose.services.iter().map(|service| service.name.clone()).collect();
    reader.silence(&compose, &mut file);
    let network = NetworkSaid::of(&file);
    let task = reader.task(file, compose)?;
    let mut task = Task { unknown, ..findings.or(task)? };
    imports::mark(&mut task)?;
    let network = match (network, &task.environment.network, task.decided.contains("network=")) {
        (_, Some(Reach::Everything), true) => NetworkSaid::Imported,
        (_, _, true) => NetworkSaid::None,
        (network, _, false) => network,
    };
    Ok((task, network))
}

/// Whether an unknown key may be passed over, as Harbor does. It may not where it can be a slip of a key that changes what
/// is measured.
fn is_harmless(unknown: &Unknown) -> bool {
    const FOR_READERS: [&str; 5] = ["task", "metadata", "source", "version", "schema_version"];
    let of_readers = |name: &str| FOR_READERS.contains(&name);
    unknown.meant().is_none_or(of_readers) || unknown.path.len() > 1 && of_readers(&unknown.path[0])
}

/// What a step's reading needs of the whole task's file.
#[derive(Clone, Copy)]
struct Shared<'f> {
    environment: &'f EnvironmentTable,
    artifacts: &'f [Artifact],
}

impl Reader<'_, '_> {
    fn task(mut self, file: TaskFile, compose: Compose) -> Result<Task, FileError> {
        self.refuse_unsupported(&file);
        self.refuse_outside(&file);
        let environment =
            self.environment(&file.environment, network::of_agent(&file.agent, &file.environment), compose);
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
            verifier: self.verifier(&[], &file.verifier, (&file.environment, &environment), None),
            environment,
            tests: Some(self.dir.join("tests")).filter(|tests| tests.is_dir()).into_iter().collect(),
            agent_timeout_sec: file.agent.timeout_sec,
            agent_user: file.agent.user.as_ref().map(user),
            artifacts: artifacts::of_main(&file.artifacts),
            evidence: artifacts::of_services(&file.artifacts),
            solution: self.dir.join("solution"),
            solution_env: self.env(&["solution", "env"], &file.solution.env),
            metadata: file.metadata,
            steps: Vec::new(),
            step_reward: file.multi_step_reward_strategy.unwrap_or_default(),
            upload: None,
            healthcheck: None,
            min_reward: BTreeMap::new(),
            cap_rewards: false,
            decided: String::new(),
            void: None,
            unknown: Vec::new(),
            asks: Vec::new(),
        };
        if file.steps.is_empty() {
            self.wants_tests(&whole);
        }
        let shared = Shared { environment: &file.environment, artifacts: &file.artifacts };
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
            let step = self.step(&index, table, &whole, shared)?;
            self.wants_tests(&step);
            whole.steps.push(step);
        }
        self.refuse_files(&whole);
        whole.asks = self.asks;
        Ok(whole)
    }

    /// A step as a task of its own: what it says, else what the whole task says.
    fn step(
        &mut self,
        index: &str,
        table: &StepTable,
        whole: &Task,
        file: Shared<'_>,
    ) -> Result<Task, FileError> {
        let at = ["steps", index];
        let dir = self.dir.join("steps").join(&table.name);
        let environment = (file.environment, &whole.environment);
        let verifier = self.verifier(&at, &table.verifier, environment, Some(&whole.verifier));
        let (tests, solution) = (dir.join("tests"), dir.join("solution"));
        Ok(Task {
            id: format!("{}/{}", whole.id, table.name),
            instruction: self.instruction(&dir)?,
            tests: whole.tests.iter().cloned().chain(Some(tests).filter(|tests| tests.is_dir())).collect(),
            solution: if solution.is_dir() { solution } else { whole.solution.clone() },
            upload: Some(dir.join("workdir")).filter(|upload| upload.is_dir()),
            verifier,
            agent_timeout_sec: table.agent.timeout_sec.or(whole.agent_timeout_sec),
            agent_user: table.agent.user.as_ref().map(user).or_else(|| whole.agent_user.clone()),
            artifacts: artifacts::of_main(file.artifacts.iter().chain(&table.artifacts)),
            evidence: artifacts::of_services(file.artifacts.iter().chain(&table.artifacts)),
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

    /// The older and the newer form of a size may stand beside each other if they say the same.
    fn same_size(&mut self, older: &str, size: Option<u64>, newer: Option<u64>) {
        if let (Some(size), Some(other)) = (size, newer)
            && size != other
        {
            let path = ["environment", older];
            let message =
                format!("`environment.{older}` is {size} MiB, and `environment.{older}_mb` says {other}");
            self.findings.at(&path, message, format!("keep `{older}_mb`"));
        }
    }

    fn environment(
        &mut self,
        table: &EnvironmentTable,
        network: Option<Reach>,
        compose: Compose,
    ) -> Environment {
        let size = |size: &Option<String>| size.as_deref().and_then(text::mebibytes);
        let (memory, storage) = (size(&table.memory), size(&table.storage));
        self.same_size("memory", memory, table.memory_mb);
        self.same_size("storage", storage, table.storage_mb);
        let own = || ImageSource::built_in(self.dir.join("environment"));
        let named = table.docker_image.clone().filter(|name| !name.is_empty()).map(ImageSource::Named);
        let Compose { main, services } = compose;
        let image = named.or(main.image).unwrap_or_else(own);
        if image.dockerfile().is_some_and(|dockerfile| !dockerfile.is_file()) {
            let help = "write one, or name a ready image in `[environment]` as `docker_image`".to_owned();
            self.findings.whole("there is no `environment/Dockerfile` beside task.toml", help);
        }
        let mut env: BTreeMap<String, String> = main.env.into_iter().collect();
        env.extend(self.env(&["environment", "env"], &table.env));
        Environment {
            image,
            cpus: main.cpus.or(table.cpus),
            memory_mb: main.memory_mb.or(table.memory_mb).or(memory),
            storage_mb: table.storage_mb.or(storage),
            env,
            workdir: table.workdir.clone().or(main.workdir),
            network,
            healthcheck: table.healthcheck.clone(),
            health: main.health,
            build_timeout_sec: table.build_timeout_sec.unwrap_or(600.0),
            services,
            names: main.names,
            mcp_servers: self.mcp_servers(&table.mcp_servers),
            skills_dir: table.skills_dir.clone().filter(|folder| !folder.is_empty()),
        }
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
            let place = path.strip_prefix(self.dir).unwrap_or(&path).display();
            return Err(FileError::whole(
                &path,
                format!("`{place}` is empty: an agent needs an instruction"),
                None,
            ));
        }
        Ok(instruction.to_owned())
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
        for key in [Task::KEEP_PROCESSES, Task::GIT_HISTORY, Task::SET_UID] {
            if metadata.get(key).is_some_and(|value| !value.is_boolean()) {
                let message = format!("`metadata.{key}` must be `true` or `false`");
                self.findings.at(&["metadata", key], message, None);
            }
        }
        let kind = |value: &serde_json::Value| {
            value.as_str().is_some_and(|text| text.parse::<super::Impossible>().is_ok())
        };
        if metadata.get(Task::IMPOSSIBLE).is_some_and(|value| !kind(value)) {
            let message = "`metadata.impossible` must be `one-off` or `conflicting`";
            self.findings.at(&["metadata", Task::IMPOSSIBLE], message, None);
        }
        let absolute = |path: &serde_json::Value| path.as_str().is_some_and(|path| path.starts_with('/'));
        let writable = metadata.get(Task::WRITABLE);
        if writable.is_some_and(|value| !value.as_array().is_some_and(|paths| paths.iter().all(absolute))) {
            let message = "`metadata.writable` must be a list of absolute paths";
            let help =
                "as `writable = [\"/home/agent\"]`; the working directory, /tmp and /logs need no mention";
            self.findings.at(&["metadata", Task::WRITABLE], message, help.to_owned());
        }
        self.marks(metadata.get(Task::FALLS_TO));
    }

    /// What `falls_to` says: known attacks, each with a reason.
    fn marks(&mut self, said: Option<&serde_json::Value>) {
        let Some(said) = said else { return };
        let Some(marks) = said.as_object() else {
            let message = "`metadata.falls_to` must be a table of attacks";
            let help = "as `falls_to = { git-dig = \"why it stays so\" }`".to_owned();
            self.findings.at(&["metadata", Task::FALLS_TO], message, help);
            return;
        };
        for (name, why) in marks {
            let at = ["metadata", Task::FALLS_TO, name];
            let names: Vec<&str> = Attack::ALL.iter().map(|attack| attack.as_str()).collect();
            if name.parse::<Attack>().is_err() {
                let message = format!("there is no attack `{name}`");
                self.findings.at(&at, message, nearest::help(name, "attacks", &names));
            } else if why.as_str().is_none_or(|why| why.trim().is_empty()) {
                let message = format!("`metadata.falls_to.{name}` needs a reason");
                let help = "say in a sentence why the task stays so".to_owned();
                self.findings.at(&at, message, help);
            }
        }
    }
}

/// Whether a text can name a family, or a task in it: a word of letters, digits, `-`, `_` and `.`.
pub fn is_family(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
