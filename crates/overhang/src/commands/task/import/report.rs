//! What an import tells: what became of each task, what to do about it, and how many there are of each kind.

use std::{collections::BTreeMap, path::Path};

use spec::{Task, imports::Verdict, sweep::Network};
use vocabulary::text::harmless_line;

use super::All;
use crate::terminal::out_wrapped;

/// What is told of all tasks together.
pub(super) struct Summary {
    network: Network,
    /// How many say nothing of it.
    silent: usize,
    /// Keys that are not known here, with how many tasks have them.
    unknown: BTreeMap<String, usize>,
}

impl Summary {
    pub(super) fn of<'t>(tasks: impl Iterator<Item = &'t Task>, network: Network) -> Self {
        let mut summary = Self { network, silent: 0, unknown: BTreeMap::new() };
        for task in tasks {
            summary.silent += usize::from(says_nothing(task));
            for key in &task.unknown {
                *summary.unknown.entry(key.clone()).or_default() += 1;
            }
        }
        summary
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.silent > 0 {
            let given = match self.network {
                Network::Task => "got all of it, as in Harbor",
                Network::None => "got none: `--network` gives all of it, as Harbor does",
            };
            let who = if self.silent == 1 {
                "1 task says".to_owned()
            } else {
                format!("{} tasks say", self.silent)
            };
            lines.push(format!("{who} nothing of the network, and {given}"));
        }
        if !self.unknown.is_empty() {
            let keys: Vec<String> =
                self.unknown.iter().map(|(key, count)| format!("{} ({count})", harmless_line(key))).collect();
            lines.push(format!("keys that are not known here change nothing: {}", keys.join(", ")));
        }
        lines
    }
}

/// Whether a part of a task has the network that Harbor gives by default, because its file says nothing of it.
pub(super) fn says_nothing(task: &Task) -> bool {
    let parts = task.parts().iter();
    task.environment.network.is_none() || parts.into_iter().any(|part| part.verifier.network.is_none())
}

/// Tells everything. `into`: where the tasks are; `None` where none was taken over or played.
pub(super) fn all(all: &All, summary: &Summary, into: Option<&Path>) {
    out_wrapped(&(told(all, summary, into).join("\n") + "\n"));
}

fn told(all: &All, summary: &Summary, into: Option<&Path>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, tried) in all {
        let entry = &tried.entry;
        let word = match into {
            None if entry.verdict == Verdict::Valid => "can be played",
            _ => entry.verdict.word(),
        };
        *counts.entry(word).or_default() += 1;
        if entry.verdict != Verdict::Valid {
            lines.push(format!("{}: {word}", harmless_line(name)));
            lines.extend(entry.why.lines().map(|line| format!("  {}", harmless_line(line))));
            lines.extend(tried.lines.iter().map(|line| format!("  | {}", harmless_line(line))));
            lines.extend(tried.help.iter().map(|help| format!("  help: {}", harmless_line(help))));
        }
        let pays = entry.nothing.filter(|nothing| nothing.0 > 0.0);
        if let Some(nothing) = pays {
            lines.push(format!(
                "{}: valid, and doing nothing scores {}: its tests pay for an untouched tree",
                harmless_line(name),
                nothing.0
            ));
        }
        if !entry.found.because.is_empty() && entry.found.keep_processes.is_some() {
            let because = &entry.found.because;
            lines.push(format!(
                "{}: what is left running is kept for its tests: {}",
                harmless_line(name),
                harmless_line(because)
            ));
        }
    }
    let there: Vec<Verdict> = all.values().map(|tried| tried.entry.verdict).collect();
    for verdict in [Verdict::Invalid, Verdict::Refused, Verdict::Broken, Verdict::NotReady] {
        if there.contains(&verdict) {
            lines.push(format!("{}: {}", verdict.word(), way_out(verdict)));
        }
    }
    lines.extend(summary.lines());
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let place = into.map(|into| format!(" in {}", into.display())).unwrap_or_default();
    lines.push(format!("{}{place}", counts.join(", ")));
    lines
}

/// What can be done about tasks of this kind.
fn way_out(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "nothing is to be done",
        Verdict::Invalid => {
            "the solution does not score enough here; `overhang try FAMILY/NAME` shows it at work. It stays in sweeps as TASK_INVALID"
        }
        Verdict::Refused => "it asks for what is not done here, and was left where it was",
        Verdict::Broken => {
            "its files are wrong in themselves: its author can mend them. It was left where it was"
        }
        Verdict::NotReady => {
            "this machine lacks something that it needs. It was left where it was: give it that, and import again"
        }
    }
}
