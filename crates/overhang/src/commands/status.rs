//! `overhang status` and `overhang stop`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use runner::{Order, Status};

use crate::{
    cli::{StatusArgs, StopArgs},
    exit::Exit,
    failure::Failure,
    json::{self, Document},
    runs::open,
};

impl Document for Status {}

pub(crate) async fn status(arguments: &StatusArgs) -> Result<Exit, Failure> {
    let run = open(&arguments.run)?;
    let status = runner::status(&run).await.map_err(Failure::other)?;
    if arguments.json {
        json::print(status)?;
    } else {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        out!("{}", told(&arguments.run.display().to_string(), &status, now));
    }
    Ok(Exit::Done)
}

pub(crate) async fn stop(arguments: &StopArgs) -> Result<Exit, Failure> {
    let run = open(&arguments.run)?;
    let order = if arguments.now { Order::Kill } else { Order::Drain };
    let worker = runner::order(&run, order).await.map_err(Failure::other)?;
    let what = if worker.killing {
        "stops running trials; the same `overhang run` resumes the run"
    } else {
        "starts no more trials and lets running ones end; `--now` stops those as well"
    };
    outln!("process {} on {} {what}", worker.pid, worker.host);
    Ok(Exit::Done)
}

fn told(run: &str, status: &Status, now: Duration) -> String {
    let mut lines = vec![match &status.worker {
        None => format!("{run}: no program of this machine is at work on it"),
        Some(worker) => {
            let stopping = match (worker.draining, worker.killing) {
                (_, true) => ", stopping running trials",
                (true, false) => ", starting no more trials",
                (false, false) => "",
            };
            format!("{run}: process {} on {} is at work on it{stopping}", worker.pid, worker.host)
        }
    }];
    let outcomes: Vec<String> =
        status.outcomes.iter().map(|(code, count)| format!("{count} {code}")).collect();
    let outcomes = if outcomes.is_empty() { String::new() } else { format!(": {}", outcomes.join(", ")) };
    let usd = status.usd.map_or_else(String::new, |usd| format!(" · {usd:.2} USD"));
    lines.push(format!("{} of {} planned trials ended{outcomes}{usd}", status.ended, status.planned));
    if !status.simulated.is_empty() {
        lines.push(format!("simulated: {}", status.simulated.join(", ")));
    }
    lines.extend(status.paused.iter().map(|scope| format!("paused: {scope} fails for every trial")));
    if !status.under_way.is_empty() {
        lines.push(match status.worker {
            Some(_) => "under way:".to_owned(),
            None => "cut off, and begun afresh by the next `overhang run`:".to_owned(),
        });
    }
    for one in &status.under_way {
        let seconds = now.saturating_sub(Duration::from_millis(one.since_ms)).as_secs();
        let since = if status.worker.is_some() { format!("{seconds} s · ") } else { String::new() };
        lines.push(format!(
            "  {}  try {} · {since}{} calls · {} units",
            one.trial, one.try_number, one.calls, one.charged
        ));
    }
    lines.join("\n") + "\n"
}
