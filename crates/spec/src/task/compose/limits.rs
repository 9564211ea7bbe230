//! How much CPU and memory a service may use.

use super::{kinds::Spot, said::Said};
use crate::{
    task::{reader::Reader, text},
    yaml::Node,
};

impl Reader<'_, '_> {
    pub(super) fn resources(&mut self, at: &Spot, deploy: &Node, said: &mut Said) {
        if !self.map_or_nothing(at, deploy) {
            return;
        }
        if let Some(count) = deploy.get("replicas").filter(|count| count.printed().as_deref() != Some("1")) {
            self.no_compose(&at.of("replicas", count), "a service is one container");
        }
        let Some(resources) = deploy.get("resources") else { return };
        let at = at.of("resources", resources);
        if let Some(reservations) = resources.get("reservations")
            && let Some(devices) = reservations.get("devices")
        {
            self.no_compose(
                &at.of("reservations", reservations).of("devices", devices),
                "containers get no devices",
            );
        }
        let Some(limits) = resources.get("limits") else { return };
        let at = at.of("limits", limits);
        if !self.map(&at, limits) {
            return;
        }
        for (key, value) in limits.pairs() {
            let at = at.of(key, value);
            match key.as_str() {
                "cpus" => self.cpus(&at, value, said),
                "memory" => {
                    if self.text(&at, value).is_some() {
                        self.memory(&at, value, said);
                    }
                }
                _ => self.unknown_compose(&at, "CPUs and memory are limited", &["cpus", "memory"]),
            }
        }
    }

    pub(super) fn cpus(&mut self, at: &Spot, value: &Node, said: &mut Said) {
        let count = self.count(at, value);
        said.cpus = self.one_limit(at, said.cpus, count);
    }

    pub(super) fn memory(&mut self, at: &Spot, value: &Node, said: &mut Said) {
        let size = self.size(at, value);
        said.memory_mb = self.one_limit(at, said.memory_mb, size);
    }

    /// A limit that may be said in two places, there alike.
    fn one_limit<T: PartialEq>(&mut self, at: &Spot, before: Option<T>, now: Option<T>) -> Option<T> {
        if before.is_some() && now.is_some() && before != now {
            self.wrong_compose(at, "another limit is said beside it", "say it once".to_owned());
        }
        now.or(before)
    }

    /// A number of CPUs; none for 0, which is no limit.
    fn count(&mut self, at: &Spot, value: &Node) -> Option<f64> {
        let said = self.printed(at, value)?;
        let count = said.parse().ok().filter(|count: &f64| count.is_finite() && *count >= 0.0);
        if count.is_none() {
            self.wrong_compose(at, "it is no number of CPUs", None);
        }
        count.filter(|count| *count > 0.0)
    }

    /// A size in MiB; a number alone counts bytes. None for 0 and -1, which are no limit.
    fn size(&mut self, at: &Spot, value: &Node) -> Option<u64> {
        let said = self.printed(at, value)?;
        let size = match said.parse::<i64>() {
            Ok(-1 | 0) => return None,
            Ok(bytes) => u64::try_from(bytes).ok().map(|bytes| bytes.div_ceil(1 << 20)),
            Err(_) => text::mebibytes(&said),
        };
        if size.is_none() {
            self.wrong_compose(at, "it is no size", "write it as `512M`".to_owned());
        }
        size
    }
}
