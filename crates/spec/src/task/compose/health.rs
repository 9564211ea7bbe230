//! When a service counts as healthy.

use vocabulary::HealthCheck;

use super::kinds::Spot;
use crate::{
    task::{Health, reader::Reader},
    yaml::{Node, What},
};

const KNOWN: [&str; 7] =
    ["test", "interval", "timeout", "start_period", "start_interval", "retries", "disable"];

impl Reader<'_, '_> {
    /// What is said of it; nothing where it is wrong.
    pub(super) fn health(&mut self, spot: &Spot, value: &Node) -> Option<Health> {
        if !self.map(spot, value) {
            return None;
        }
        if let Some(disable) = value.get("disable")
            && self.truth(&spot.of("disable", disable), disable)
        {
            return Some(Health::Unasked);
        }
        let Some(test) = value.get("test") else {
            self.no_compose(spot, "a check has a `test` of its own, beside its times");
            return None;
        };
        let of_test = spot.of("test", test);
        let argv = match &test.what {
            What::Text(line) => Some(HealthCheck::shell(&self.filled(test.line, line))),
            // Compose takes it for one that is not said.
            What::List(words) if words.is_empty() => return Some(Health::OfImage),
            _ => {
                let words = self.texts(&of_test, test);
                if words.first().is_some_and(|word| word == "NONE") {
                    return Some(Health::Unasked);
                }
                HealthCheck::command(&words)
            }
        };
        let Some(argv) = argv else {
            self.wrong_compose(
                &of_test,
                "a check has a command: `CMD` with arguments, or `CMD-SHELL` with a line",
                None,
            );
            return None;
        };
        let mut check = HealthCheck::new(argv);
        for (key, value) in value.pairs() {
            let spot = spot.of(key, value);
            let place = match key.as_str() {
                "interval" => &mut check.interval_sec,
                "timeout" => &mut check.timeout_sec,
                "start_period" => &mut check.start_period_sec,
                "retries" => {
                    check.retries = self.tries(&spot, value).unwrap_or(check.retries);
                    continue;
                }
                // In the time of the start it is asked every second.
                "test" | "disable" | "start_interval" => continue,
                key if key.starts_with("x-") => continue,
                _ => {
                    self.unknown_compose(&spot, "it is no part of a check", &KNOWN);
                    continue;
                }
            };
            // Nothing is what engines take for nothing said.
            if let Some(seconds) = self.time(&spot, value).filter(|seconds| *seconds > 0.0) {
                *place = seconds;
            }
        }
        Some(Health::Check(check))
    }

    /// How often it may fail. Engines take their own number for nothing said, and for 0.
    fn tries(&mut self, spot: &Spot, value: &Node) -> Option<u32> {
        let said = value.printed().map(|said| self.filled(value.line, &said));
        match said.and_then(|said| said.parse::<f64>().ok()).filter(|count| (0.0..1e6).contains(count)) {
            Some(count) => Some(count as u32).filter(|count| *count > 0),
            None => {
                self.wrong_compose(spot, "it is no count", None);
                None
            }
        }
    }
}
