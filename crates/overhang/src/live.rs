//! What a run shows while it goes on: a bar on a terminal, plain lines otherwise.

use std::{
    collections::HashSet,
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use ledger::{Event, Fold, Plan, RunDir, fold::Sums};
use runner::{Progress, plan::Selection};
use vocabulary::text::harmless;

use crate::progress::Tally;

/// Ends the live display.
pub(crate) struct Live(Option<ProgressBar>);

impl Live {
    pub(crate) fn finish(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Shows what happens, from where the run's directory stands; dollars beside the `cap` that holds.
pub(crate) fn watch(
    run: &RunDir,
    plan: &Plan,
    selection: &Selection,
    cap: Option<f64>,
    on_terminal: bool,
) -> (impl Fn(Progress) + Send + Sync + use<>, Live) {
    // What is not of the selection is no trial of this display's.
    let trials: Vec<_> = plan.trials.iter().filter(|trial| selection.holds(trial)).cloned().collect();
    let total = trials.len() as u64;
    let mut fold = Fold::new(&trials, Sums);
    // A directory that is new or unreadable has nothing done; the run itself says what is wrong with it.
    for line in run.read().map(|contents| contents.lines).unwrap_or_default() {
        drop(fold.add(line.at_ms, line.event));
    }
    let done = fold.ended() as u64;
    let bar = on_terminal.then(|| {
        let bar = ProgressBar::new(total).with_position(done);
        if let Ok(style) = ProgressStyle::with_template("{bar:16} {pos}/{len} · {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        bar
    });
    let tally = Tally::new(&fold, cap);
    let state = Mutex::new((fold, tally));
    let began = Instant::now();
    let images = Mutex::new(HashSet::new());
    let shown = bar.clone();
    let observer = move |progress: Progress| {
        let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (fold, tally) = &mut *state;
        let line = match progress {
            // One line an image: the steps of its build are in its log.
            Progress::Image { task, step } => {
                let mut images = images.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                images.insert(task.clone()).then(|| format!("image of {task}: {step}"))
            }
            Progress::Event(event) => {
                tally.take(&event);
                drop(fold.add(ledger::run::now_ms(), (*event).clone()));
                let line = told(&event, fold.ended(), total);
                let stands = || tally.line(fold, total as usize, began.elapsed());
                // On a terminal the bar says it.
                let counts = matches!(*event, Event::Ended(_)) && shown.is_none();
                line.map(|line| if counts { format!("{line} · {}", stands()) } else { line })
            }
            Progress::Note(note) => Some(note),
            Progress::Begun => None,
        };
        match &shown {
            Some(bar) => {
                bar.set_position(fold.ended() as u64);
                bar.set_message(harmless(&tally.line(fold, total as usize, began.elapsed())).into_owned());
                if let Some(line) = line {
                    bar.println(harmless(&line));
                }
            }
            None => {
                if let Some(line) = line {
                    errln!("{line}");
                }
            }
        }
    };
    (observer, Live(bar))
}

/// A line about an event, where it is worth one: so many of the trials have ended.
fn told(event: &Event, ended: usize, total: u64) -> Option<String> {
    Some(match event {
        Event::Started { trial, try_number, .. } if *try_number > 1 => {
            format!("{trial} starts try {try_number}")
        }
        Event::Retried { trial, outcome, detail, .. } => format!("{trial} {outcome}: {detail}; tried again"),
        Event::Ended(end) => {
            let score = end.score.map_or_else(|| "–".to_owned(), |score| score.to_string());
            format!(
                "[{ended}/{total}] {} {} score {score} · {} units · {:.0} s",
                end.trial, end.outcome, end.spent.charged, end.total_seconds
            )
        }
        Event::Paused { scope, detail, .. } => format!(
            "PAUSED: {scope} fails for every trial ({detail}); nothing new is started, and the run goes on by itself once it works"
        ),
        Event::Resumed { scope, .. } => format!("{scope} works again: going on"),
        Event::ArmStopped { model, arm, outcome, detail } => format!(
            "STOPPED: {arm} with {model}: {outcome} three times ({detail}); the rest of its trials are not started"
        ),
        _ => return None,
    })
}
