//! What a compose file says of the container that agents work in, `main`, and of the services beside it. What is not
//! carried out is refused by name.

mod health;
mod kinds;
mod limits;
mod order;
mod ports;
mod said;
mod time;
mod values;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};

use self::{kinds::Spot, said::Said};
use super::{
    Service,
    file::{NetworkMode, TaskFile},
    reader::Reader,
};
use crate::yaml::{self, Node, Unread, What};

/// The file, in the task.
pub(super) const FILE: &str = "environment/docker-compose.yaml";

/// The service that agents work in.
const MAIN: &str = "main";

/// What it may say beside its services.
const OUTERMOST: [&str; 5] = ["services", "version", "name", "networks", "volumes"];

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct Compose {
    /// Of the container that agents work in.
    pub(super) main: Said,
    /// Of those beside it, in the order in which they start.
    pub(super) services: Vec<Service>,
}

impl Reader<'_, '_> {
    /// Puts what the file says of the network in the place of what the task's own says.
    pub(super) fn silence(&mut self, compose: &Compose, file: &mut TaskFile) {
        let Some(spot) = &compose.main.offline else { return };
        let tables = [file.environment.network_mode, file.agent.network_mode, file.verifier.network_mode];
        if tables.contains(&Some(NetworkMode::Allowlist)) {
            let what = "it leaves no way out, and `task.toml` lists hosts that are to be reached";
            self.wrong_compose(spot, what, "take one of both out".to_owned());
        }
        for allowed in [
            &mut file.environment.allowed_hosts,
            &mut file.agent.allowed_hosts,
            &mut file.verifier.allowed_hosts,
        ] {
            *allowed = None;
        }
        file.environment.network_mode = Some(NetworkMode::NoNetwork);
        (file.agent.network_mode, file.verifier.network_mode) = (None, None);
    }

    /// Reads the file; nothing is said where there is none.
    pub(super) fn compose(&mut self) -> Compose {
        if !self.dir.join(FILE).exists() {
            return Compose::default();
        }
        let file = match yaml::read(&self.dir.join(FILE)) {
            Ok(file) => file,
            Err(Unread { line, what, kind }) => {
                let line = line.map(|line| format!(":{line}")).unwrap_or_default();
                self.findings.whole(format!("`{FILE}{line}`: {what}"), None);
                self.findings.of_kind(kind);
                return Compose::default();
            }
        };
        for (key, value) in file.pairs() {
            let spot = Spot::new(key, value);
            match key.as_str() {
                "services" | "version" | "name" => {}
                "networks" | "volumes" => self.plain_ones(&spot, value),
                key if key.starts_with("x-") => {}
                _ => self.unknown_compose(
                    &spot,
                    "services, one network and their volumes are read",
                    &OUTERMOST,
                ),
            }
        }
        let mut all = BTreeMap::new();
        if let Some(services) = file.get("services")
            && self.map(&Spot::new("services", services), services)
        {
            for (name, service) in services.pairs() {
                let spot = Spot { key: format!("services.{name}"), line: service.line };
                let is_name = |one: char| one.is_ascii_alphanumeric() || "._-".contains(one);
                if !name.chars().all(is_name) || name.is_empty() {
                    self.wrong_compose(&spot, "a name has letters, digits, `.`, `_` and `-`", None);
                } else if self.map_or_nothing(&spot, service) {
                    all.insert(name.clone(), self.said(name, service));
                }
            }
        }
        self.declared(&file, &all);
        self.named_once(&all);
        self.together(&all);
        let main = all.remove(MAIN).unwrap_or_default();
        let services = self.in_order(&main, all);
        Compose { main, services }
    }

    /// Networks and volumes are taken as the engine makes them: what is said of one beside its name would be another.
    fn plain_ones(&mut self, spot: &Spot, value: &Node) {
        for (name, said) in value.pairs() {
            for (detail, value) in said.pairs() {
                let is_usual = match detail.as_str() {
                    "driver" => matches!(value.text(), Some("bridge" | "local")),
                    // The agent's container would be offline there.
                    "internal" => value.what == What::Bool(false),
                    "name" | "labels" => true,
                    detail => detail.starts_with("x-"),
                };
                if !is_usual {
                    let spot = spot.of(name, said).of(detail, value);
                    self.no_compose(&spot, "a trial's own are made as they come");
                }
            }
        }
    }

    /// Networks and volumes that services name are said beside the services.
    fn declared(&mut self, file: &Node, all: &BTreeMap<String, Said>) {
        for said in all.values() {
            for (kind, named) in [("networks", &said.networks), ("volumes", &said.volumes)] {
                let is_said = |name: &str| file.get(kind).is_some_and(|said| said.get(name).is_some());
                for (name, line) in named.iter().filter(|(name, _)| name != "default" && !is_said(name)) {
                    let spot = Spot { key: format!("{kind}.{name}"), line: *line };
                    let help = format!("name it below `{kind}:`, at the outermost level");
                    self.wrong_compose(&spot, "the file does not declare it", help);
                }
            }
        }
    }

    /// A name that two containers had would lead to one of them, as it comes.
    fn named_once(&mut self, all: &BTreeMap<String, Said>) {
        let mut owners = BTreeMap::from([(MAIN.to_owned(), MAIN)]);
        owners.extend(all.keys().map(|name| (name.to_ascii_lowercase(), name.as_str())));
        for (service, said) in all {
            for name in said.names.iter().chain(&said.hostname) {
                let owner = *owners.entry(name.to_ascii_lowercase()).or_insert(service);
                if owner != service {
                    let spot = Spot { key: format!("services.{service}"), line: said.line };
                    let what = format!(
                        "`{name}` is a name of `{owner}` as well, and would lead to one of them by chance"
                    );
                    self.no_compose(&spot, &what);
                }
            }
        }
    }

    /// What services have in common: one network, and no files.
    fn together(&mut self, all: &BTreeMap<String, Said>) {
        let networks: BTreeSet<&String> =
            all.values().flat_map(|said| &said.networks).map(|(name, _)| name).collect();
        let is_everybodys =
            |network: &&String| *network == "default" || all.values().all(|said| !said.networks.is_empty());
        let is_one = networks.len() <= 1 && networks.iter().all(is_everybodys);
        let last = all.values().flat_map(|said| &said.networks).map(|(_, line)| *line).max();
        if let Some(line) = last.filter(|_| !is_one && all.len() > 1) {
            let spot = Spot { key: "networks".to_owned(), line };
            self.no_compose(&spot, "the containers of a trial are in one network");
        }
        if let Some(spot) = all.get(MAIN).and_then(|main| main.offline.as_ref()).filter(|_| all.len() > 1) {
            self.no_compose(spot, "the containers of a trial are in one network");
        }
        let mut seen = BTreeSet::new();
        for (volume, line) in all.values().flat_map(|said| &said.volumes) {
            if !seen.insert(volume) {
                let spot = Spot { key: format!("volumes.{volume}"), line: *line };
                self.no_compose(&spot, "containers share a network, and no files");
            }
        }
    }
}
