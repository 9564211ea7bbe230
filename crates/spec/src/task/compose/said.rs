//! What is said of one service: each key is carried out, changes nothing that a program sees, or is refused.

use std::path::{Path, PathBuf};

use vocabulary::{CAPABILITIES, ImageSource};

use super::{
    MAIN,
    kinds::Spot,
    values::{only_waits, plain},
};
use crate::{
    task::{Health, Need, Restart, Until, reader::Reader},
    yaml::{Node, What},
};

/// Keys that are carried out, in one or another form.
const CARRIED_OUT: [&str; 22] = [
    "build",
    "image",
    "command",
    "entrypoint",
    "environment",
    "volumes",
    "deploy",
    "cpus",
    "mem_limit",
    "network_mode",
    "networks",
    "working_dir",
    "hostname",
    "container_name",
    "user",
    "depends_on",
    "healthcheck",
    "restart",
    "cap_add",
    "security_opt",
    "privileged",
    "platform",
];

/// What the file says of a service.
#[derive(Debug)]
pub(in crate::task) struct Said {
    /// Where it begins in the file.
    pub(super) line: usize,
    /// Whether anything is said of where the image comes from, be it wrong.
    pub(super) names_image: bool,
    /// Where the image comes from, where the file says.
    pub(in crate::task) image: Option<ImageSource>,
    pub(in crate::task) env: Vec<(String, String)>,
    pub(in crate::task) workdir: Option<String>,
    pub(in crate::task) cpus: Option<f64>,
    pub(in crate::task) memory_mb: Option<u64>,
    /// Where it says that there is no network, whatever the task's own file says.
    pub(super) offline: Option<Spot>,
    pub(in crate::task) health: Health,
    /// What others call it beside its name.
    pub(in crate::task) names: Vec<String>,
    pub(super) hostname: Option<String>,
    pub(super) needs: Vec<Needed>,
    /// Names of networks and of volumes, each with its line.
    pub(super) networks: Vec<(String, usize)>,
    pub(super) volumes: Vec<(String, usize)>,
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) command: Option<Vec<String>>,
    pub(super) user: Option<String>,
    pub(super) restart: Restart,
    pub(super) tells_names: bool,
    pub(super) files: Vec<(PathBuf, String)>,
}

/// What a service waits for, and where that is said.
#[derive(Debug)]
pub(super) struct Needed {
    pub(super) need: Need,
    pub(super) spot: Spot,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            line: 1,
            names_image: false,
            image: None,
            env: Vec::new(),
            workdir: None,
            cpus: None,
            memory_mb: None,
            offline: None,
            health: Health::OfImage,
            names: Vec::new(),
            hostname: None,
            needs: Vec::new(),
            networks: Vec::new(),
            volumes: Vec::new(),
            entrypoint: None,
            command: None,
            user: None,
            restart: Restart::No,
            tells_names: false,
            files: Vec::new(),
        }
    }
}

impl Reader<'_, '_> {
    pub(super) fn said(&mut self, name: &str, service: &Node) -> Said {
        let names_image = ["image", "build", "extends"].iter().any(|key| service.get(key).is_some());
        let mut said = Said { line: service.line, names_image, ..Said::default() };
        let whole = Spot::new(&format!("services.{name}"), service);
        for (key, value) in service.pairs() {
            self.key(name, &whole.of(key, value), (key, value), service, &mut said);
        }
        said
    }

    fn key(&mut self, name: &str, at: &Spot, (key, value): (&str, &Node), service: &Node, said: &mut Said) {
        let is_main = name == MAIN;
        match key {
            "build" => said.image = self.build(at, value).or(said.image.take()),
            // An image that is built is called whatever it is called.
            "image" => {
                let is_built = service.get("build").is_some()
                    || is_main && self.dir.join("environment/Dockerfile").is_file();
                let is_harbors = is_main && value.text().is_some_and(|named| named.contains('$'));
                let named = if is_built || is_harbors { None } else { self.text(at, value) };
                said.image =
                    named.filter(|named| !named.is_empty()).map(ImageSource::Named).or(said.image.take());
            }
            "command" if is_main && only_waits(value) => {}
            "command" | "entrypoint" if is_main => {
                self.no_compose(at, "the container's own program only waits")
            }
            "command" => said.command = self.argv(at, value),
            "entrypoint" => said.entrypoint = self.argv(at, value),
            "environment" => said.env = self.environment_of(at, value),
            "volumes" => match &value.what {
                What::List(volumes) => {
                    for volume in volumes {
                        self.volume(name, &Spot { line: volume.line, ..at.clone() }, volume, said);
                    }
                }
                _ => self.wrong_compose(at, "it is to be a list", None),
            },
            "deploy" => self.resources(at, value, said),
            "cpus" => self.cpus(at, value, said),
            "mem_limit" => self.memory(at, value, said),
            "network_mode" => match value.text() {
                Some("none") if is_main => said.offline = Some(at.clone()),
                Some("bridge" | "default") if is_main => {}
                _ => self.no_compose(at, "a container has the network of its trial, or none"),
            },
            "networks" => self.networks(at, value, said),
            "working_dir" => said.workdir = self.text(at, value),
            "hostname" if !is_main => said.hostname = self.text(at, value),
            // The engine tells a container's name to the others in its network.
            "container_name" => said.names.extend(self.text(at, value)),
            "user" if !is_main => said.user = self.text(at, value),
            "depends_on" => self.needs(at, value, said),
            "healthcheck" => said.health = self.health(at, value).unwrap_or(Health::OfImage),
            "restart" => {
                let when = self.text(at, value).unwrap_or_default();
                match when.split(':').next().unwrap_or_default() {
                    _ if is_main => {}
                    "no" | "" => {}
                    "on-failure" => said.restart = Restart::OnFailure,
                    "always" | "unless-stopped" => said.restart = Restart::Always,
                    _ => self.wrong_compose(
                        at,
                        "it is to be `no`, `on-failure`, `always` or `unless-stopped`",
                        None,
                    ),
                }
            }
            "cap_add" => {
                let plain = |name: &str| name.trim_start_matches("CAP_").to_ascii_uppercase();
                let more = self.names(at, value);
                if let Some(more) = more.iter().find(|name| !CAPABILITIES.contains(&plain(name).as_str())) {
                    self.no_compose(&at.of(more, value), "containers have one set of capabilities");
                }
            }
            "security_opt" => {
                let is_ours =
                    |option: &String| option.starts_with("no-new-privileges") && !option.ends_with("false");
                if !self.texts(at, value).iter().all(is_ours) {
                    self.no_compose(at, "containers ask the kernel for what a list of our own has");
                }
            }
            "privileged" | "read_only" => {
                if self.truth(at, value) {
                    let what = "containers are no way to this machine, and their files can be written";
                    self.no_compose(at, what);
                }
            }
            "expose" | "ports" => said.tells_names |= self.ports(at, value),
            "init" | "tty" | "stdin_open" => drop(self.truth(at, value)),
            "stop_signal" | "pull_policy" => drop(self.text(at, value)),
            "stop_grace_period" => drop(self.time(at, value)),
            "mem_reservation" => drop(self.printed(at, value)),
            "labels" if value.items().is_empty() => drop(self.map(at, value)),
            "labels" => drop(self.texts(at, value)),
            "logging" => drop(self.map(at, value)),
            "user" | "hostname" => {
                let key = if key == "user" { "agent.user" } else { "environment" };
                let what = format!("of the agent's container this is said in `task.toml`, below `{key}`");
                self.no_compose(at, &what);
            }
            "platform" if value.text() == Some("linux/amd64") => {}
            "platform" => self.no_compose(at, "containers are for linux/amd64"),
            key if key.starts_with("x-") => {}
            "devices" | "device_cgroup_rules" | "gpus" | "runtime" => {
                self.no_compose(at, "containers are no way to this machine");
            }
            "pid" | "ipc" | "uts" | "cgroup" | "cgroup_parent" | "userns_mode" | "volumes_from"
            | "external_links" => {
                self.no_compose(at, "a container has namespaces and files of its own");
            }
            _ => self.unknown_compose(at, "it is not carried out here", &CARRIED_OUT),
        }
    }

    /// Where the image is built: the context and the Dockerfile, both in the task.
    fn build(&mut self, at: &Spot, value: &Node) -> Option<ImageSource> {
        let own = self.dir.join("environment");
        let (mut context, mut dockerfile) = (None, None);
        match &value.what {
            What::Map(pairs) => {
                for (key, value) in pairs {
                    let at = at.of(key, value);
                    match key.as_str() {
                        "context" => context = Some(self.path(&at, value, &own)?),
                        "dockerfile" => dockerfile = Some(self.path(&at, value, &own)?),
                        _ => self.unknown_compose(
                            &at,
                            "a build has a context and a Dockerfile",
                            &["context", "dockerfile"],
                        ),
                    }
                }
            }
            _ => context = Some(self.path(at, value, &own)?),
        }
        let context = plain(&own, &context.unwrap_or_default());
        let dockerfile = dockerfile.map_or_else(|| context.join("Dockerfile"), |file| plain(&context, &file));
        let inside = dockerfile.strip_prefix(&context).map(Path::to_owned);
        match inside {
            Ok(dockerfile) if context.starts_with(self.dir) => {
                if !context.join(&dockerfile).is_file() && !at.key.starts_with("services.main.") {
                    let place = context.join(&dockerfile);
                    let place = place.strip_prefix(self.dir).unwrap_or(&place).display().to_string();
                    self.wrong_compose(at, &format!("there is no `{place}`"), None);
                }
                Some(ImageSource::Build { context, dockerfile })
            }
            _ => {
                self.no_compose(at, "context and Dockerfile are in the task, the one in the other");
                None
            }
        }
    }

    fn networks(&mut self, at: &Spot, value: &Node, said: &mut Said) {
        let What::Map(networks) = &value.what else {
            let networks = self.names(at, value);
            said.networks = networks.into_iter().map(|network| (network, value.line)).collect();
            return;
        };
        for (network, of) in networks {
            said.networks.push((network.clone(), of.line));
            let at = at.of(network, of);
            for (key, value) in of.pairs() {
                let at = at.of(key, value);
                match key.as_str() {
                    "aliases" => said.names.extend(self.texts(&at, value)),
                    _ => self.unknown_compose(&at, "the engine hands out addresses", &["aliases"]),
                }
            }
        }
    }

    fn needs(&mut self, at: &Spot, value: &Node, said: &mut Said) {
        let What::Map(all) = &value.what else {
            let needed = |service: String| {
                let spot = Spot { key: format!("{}.{service}", at.key), line: at.line };
                Needed { need: Need { service, until: Until::Started }, spot }
            };
            said.needs = self.names(at, value).into_iter().map(needed).collect();
            return;
        };
        for (service, how) in all {
            let spot = at.of(service, how);
            if let Some(until) = self.condition(&spot, how) {
                said.needs.push(Needed { need: Need { service: service.clone(), until }, spot });
            }
        }
    }

    fn condition(&mut self, at: &Spot, how: &Node) -> Option<Until> {
        if !self.map(at, how) {
            return None;
        }
        for (key, value) in how.pairs() {
            let at = at.of(key, value);
            match key.as_str() {
                // Nobody starts a service again by hand here.
                "condition" | "restart" => {}
                "required" => {
                    if !self.truth(&at, value) {
                        self.no_compose(&at, "a service that does not come up is no service of every arm");
                    }
                }
                _ => self.unknown_compose(&at, "a service waits for a condition", &["condition", "required"]),
            }
        }
        match how.get("condition").and_then(Node::text) {
            Some("service_started") => Some(Until::Started),
            Some("service_healthy") => Some(Until::Healthy),
            Some("service_completed_successfully") => Some(Until::Completed),
            _ => {
                let what = "it wants a `condition`: `service_started`, `service_healthy` or \
                            `service_completed_successfully`";
                self.wrong_compose(at, what, None);
                None
            }
        }
    }
}
