//! In which order services start.

use std::collections::BTreeMap;

use super::{
    FILE, MAIN,
    kinds::Spot,
    said::{Needed, Said},
};
use crate::task::{Health, Service, Until, reader::Reader};

impl Reader<'_, '_> {
    /// The services beside `main`, each after those that it waits for. `main` itself is there from the start, with nothing
    /// of the task's running in it: it starts its own when all others are ready.
    pub(super) fn in_order(&mut self, main: &Said, mut left: BTreeMap<String, Said>) -> Vec<Service> {
        let (mut awaited, mut asked) = (Vec::new(), Vec::new());
        for needed in left.values().chain([main]).flat_map(|said| &said.needs) {
            let Needed { need, spot } = needed;
            if need.service == MAIN && need.until != Until::Started {
                self.no_compose(spot, "`main` starts its own when all others are ready");
            } else if need.service != MAIN && !left.contains_key(&need.service) {
                self.wrong_compose(spot, "there is no such service", None);
            } else if need.until == Until::Completed {
                awaited.push(need.service.clone());
            } else if need.until == Until::Healthy {
                if left.get(&need.service).is_some_and(|said| said.health == Health::Unasked) {
                    self.wrong_compose(spot, "it has no health check that could be waited for", None);
                }
                asked.push(need.service.clone());
            }
        }
        let mut services: Vec<Service> = Vec::new();
        while !left.is_empty() {
            let is_there = |name: &String| *name == MAIN || services.iter().any(|one| one.name == *name);
            let next = left.iter().find(|(_, said)| {
                let mut needs = said.needs.iter().map(|needed| &needed.need.service);
                needs.all(|need| is_there(need) || !left.contains_key(need))
            });
            let Some(name) = next.map(|(name, _)| name.clone()) else {
                let circle: Vec<&str> = left.keys().map(String::as_str).collect();
                let line = left.values().map(|said| said.line).min().unwrap_or(1);
                let what = format!("`{FILE}:{line}`: services wait for each other: {}", circle.join(", "));
                self.findings.whole(what, None);
                break;
            };
            if let Some(said) = left.remove(&name) {
                let (ends, asked) = (awaited.contains(&name), asked.contains(&name));
                services.extend(self.service(name, said).map(|service| Service { ends, asked, ..service }));
            }
        }
        services
    }

    fn service(&mut self, name: String, said: Said) -> Option<Service> {
        let hostname = said.hostname.clone().unwrap_or_else(|| name.clone());
        let mut names = vec![name.clone()];
        names.extend(said.names.into_iter().chain(said.hostname));
        names.dedup();
        let Some(image) = said.image else {
            if said.names_image {
                return None;
            }
            let spot = Spot { key: format!("services.{name}"), line: said.line };
            self.wrong_compose(&spot, "it has neither `image` nor `build`", None);
            return None;
        };
        Some(Service {
            name,
            hostname,
            names,
            image,
            entrypoint: said.entrypoint,
            command: said.command,
            env: said.env.into_iter().collect(),
            workdir: said.workdir,
            user: said.user,
            health: said.health,
            needs: said.needs.into_iter().map(|needed| needed.need).collect(),
            ends: false,
            asked: false,
            tells_names: said.tells_names,
            restart: said.restart,
            cpus: said.cpus,
            memory_mb: said.memory_mb,
            files: said.files,
        })
    }
}
