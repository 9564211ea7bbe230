//! Ledgers built by hand: what reports must be right about.

use analysis::{Analysis, Record, Thresholds, analyse};
use ledger::{Event, Outcome, RunDir, event::TrialEnd};
use report::{Format, View};
use testkit::runs::{contents, graded, plan};

pub(crate) const ARMS: [&str; 2] = ["bare/generic", "h/specific"];
pub(crate) const TASKS: [&str; 8] =
    ["fix/a", "fix/b", "port/a", "port/b", "data/a", "data/b", "ctf/a", "ctf/b"];

/// The report in a format, of a run that stored nothing.
pub(crate) fn report(format: Format, analysis: &Analysis) -> String {
    format.render(View::Report(analysis, &RunDir::at("none")), 160).unwrap()
}

pub(crate) fn terminal(analysis: &Analysis) -> String {
    plain(&report(Format::Terminal, analysis))
}

/// Without colours.
pub(crate) fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |out, part| out + part.split_once('m').unwrap().1)
}

/// Ended trials of any arms and tasks.
pub(crate) fn events(
    arms: &[&str],
    tasks: &[&str],
    attempts: u32,
    passes: impl Fn(&str, &str, u32) -> bool,
) -> Vec<Event> {
    let mut events = Vec::new();
    for arm in arms {
        for task in tasks {
            for attempt in 1..=attempts {
                events.extend(graded(arm, task, attempt, passes(arm, task, attempt)));
            }
        }
    }
    events
}

/// The analysis of a run of these arms and tasks that has ended.
pub(crate) fn analysed(
    arms: &[&str],
    tasks: &[&str],
    attempts: u32,
    passes: impl Fn(&str, &str, u32) -> bool,
) -> Analysis {
    of(arms, tasks, attempts, events(arms, tasks, attempts, passes))
}

/// The analysis of these events.
pub(crate) fn of(arms: &[&str], tasks: &[&str], attempts: u32, events: Vec<Event>) -> Analysis {
    let plan = plan(arms, tasks, attempts);
    analyse(&plan, &Record::of(&plan, &contents(events)).unwrap(), &Thresholds::default())
}

/// The same events, each end changed.
pub(crate) fn changed(mut events: Vec<Event>, change: impl Fn(&mut TrialEnd)) -> Vec<Event> {
    for event in &mut events {
        if let Event::Ended(end) = event {
            change(end);
        }
    }
    events
}

/// Every edge of what a run can be, by name.
pub(crate) fn edges() -> Vec<(&'static str, Analysis)> {
    let half = |_: &str, task: &str, attempt: u32| task.ends_with('a') ^ (attempt == 2);
    let lost = changed(events(&ARMS, &TASKS, 2, half), |end| {
        (end.outcome, end.score) = (Outcome::Provider5xx, None);
    });
    vec![
        ("no_discordant_pair", analysed(&ARMS, &TASKS, 2, half)),
        ("one_task", analysed(&ARMS, &["fix/a"], 1, |arm, _, _| arm != ARMS[0])),
        (
            "one_family",
            analysed(&ARMS, &["fix/a", "fix/b", "fix/c", "fix/d"], 2, |arm, task, attempt| {
                arm != ARMS[0] && (task != "fix/a" || attempt == 1)
            }),
        ),
        ("all_pass", analysed(&ARMS, &TASKS, 1, |_, _, _| true)),
        ("all_fail", analysed(&ARMS, &TASKS, 1, |_, _, _| false)),
        ("all_missing", of(&ARMS, &TASKS, 2, lost)),
        ("nothing_ended", of(&ARMS, &TASKS, 1, Vec::new())),
        ("one_arm", analysed(&ARMS[..1], &TASKS, 1, |_, task, _| task.ends_with('a'))),
    ]
}

/// A sweep of every kind of comparison: both harnesses' prompts, and the baseline a second time.
pub(crate) fn factorial() -> Analysis {
    let arms = ["bare/generic", "bare/generic/again", "bare/specific", "h/generic", "h/specific"];
    let tasks: Vec<String> =
        (0..24).map(|place| format!("{}/{place:02}", ["fix", "port", "data", "ctf"][place % 4])).collect();
    let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
    analysed(&arms, &tasks, 2, |arm, task, attempt| {
        let level = match arm {
            "bare/generic" => 9,
            "bare/generic/again" => 8,
            "bare/specific" => 12,
            "h/generic" => 15,
            _ => 20,
        };
        let place: u32 = task.rsplit('/').next().unwrap().parse().unwrap();
        (place * 7 + attempt * 5 + arm.len() as u32) % 24 < level
    })
}

/// A run of the demo's arms, each outcome drawn with the skill that `models/sim.toml` plants for its arm.
pub(crate) fn drawn() -> Analysis {
    let arms = ["bare/generic", "claude-code/specific", "opencode/specific"];
    let skills = [0.45, 0.75, 0.70];
    let tasks: Vec<String> = (0..40).map(|place| format!("f{}/{place:02}", place % 10)).collect();
    let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
    let plan = plan(&arms, &tasks, 2);
    let mut state: u64 = 1;
    let mut uniform = || {
        // Knuth's linear congruential generator; its high bits.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut all = Vec::new();
    for trial in &plan.trials {
        let arm = trial.arm.to_string();
        let skill = skills[arms.iter().position(|other| *other == arm).unwrap()];
        all.extend(graded(&arm, &trial.task, trial.attempt, uniform() < skill));
    }
    let mut analysis = analyse(&plan, &Record::of(&plan, &contents(all)).unwrap(), &Thresholds::default());
    analysis.sweep = "outcomes drawn, not run".into();
    analysis.last_event_ms = None;
    analysis
}
