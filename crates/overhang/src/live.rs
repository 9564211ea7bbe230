//! What a run shows while it goes on: a bar on a terminal, plain lines otherwise.

use std::{collections::HashSet, sync::Mutex, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use ledger::{Event, Plan, RunDir};
use runner::{Progress, plan::Selection};

/// Ends the live display.
pub(crate) struct Live(Option<ProgressBar>);

impl Live {
    pub(crate) fn finish(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Shows what happens, from where the run's directory stands.
pub(crate) fn watch(
    run: &RunDir,
    plan: &Plan,
    selection: &Selection,
    on_terminal: bool,
) -> (impl Fn(Progress) + Send + Sync + use<>, Live) {
    let selected =
        |name: &ledger::TrialId| plan.trials.iter().any(|trial| trial.id == *name && selection.holds(trial));
    let total = plan.trials.iter().filter(|trial| selection.holds(trial)).count() as u64;
    // A directory that is new or unreadable has nothing done; the run itself says what is wrong with it.
    let done = run.read().map_or(0, |contents| {
        contents
            .lines
            .iter()
            .filter(|line| matches!(&line.event, Event::Ended(end) if selected(&end.trial)))
            .count() as u64
    });
    let bar = on_terminal.then(|| {
        let bar = ProgressBar::new(total).with_position(done);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {pos}/{len} trials · {elapsed} · {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        bar
    });
    let counts = Mutex::new((done, 0u64));
    let images = Mutex::new(HashSet::new());
    let shown = bar.clone();
    let observer = move |progress: Progress| {
        let mut counts = counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let line = match &progress {
            // One line an image: the steps of its build are in its log.
            Progress::Image { task, step } => {
                let mut images = images.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                images.insert(task.clone()).then(|| format!("image of {task}: {step}"))
            }
            Progress::Started { trial, try_number } => {
                counts.1 += 1;
                (*try_number > 1).then(|| format!("{trial} starts try {try_number}"))
            }
            Progress::Retried { trial, outcome, detail } => {
                counts.1 -= 1;
                Some(format!("{trial} {outcome}: {detail}; tried again"))
            }
            Progress::Ended(end) => {
                counts.0 += 1;
                counts.1 = counts.1.saturating_sub(1);
                let score = end.score.map_or_else(|| "–".to_owned(), |score| score.to_string());
                Some(format!(
                    "[{}/{total}] {} {} score {score} · {} units · {:.0} s",
                    counts.0, end.trial, end.outcome, end.spent.charged, end.total_seconds
                ))
            }
            Progress::Paused { scope, detail } => Some(format!(
                "PAUSED: {scope} fails for every trial ({detail}); nothing new is started, and the run goes on by itself once it works"
            )),
            Progress::Resumed { scope } => Some(format!("{scope} works again: going on")),
            Progress::ArmStopped { model, arm, detail } => Some(format!(
                "STOPPED: {arm} crashed in each of its first trials of {model} ({detail}); the rest of them are not started"
            )),
            Progress::Note(note) => Some(note.clone()),
        };
        match &shown {
            Some(bar) => {
                bar.set_position(counts.0);
                bar.set_message(format!("{} running", counts.1));
                if let Some(line) = line {
                    bar.println(line);
                }
            }
            None => {
                if let Some(line) = line {
                    anstream::eprintln!("{line}");
                }
            }
        }
    };
    (observer, Live(bar))
}
