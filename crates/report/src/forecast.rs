//! A sweep's forecast, for a terminal.

use std::fmt::Write;

use analysis::{Forecast, ModelForecast};

use crate::number;

/// The forecast in lines. `meter` is the name of the budget's unit.
pub fn forecast(forecast: &Forecast, meter: &str) -> String {
    let mut out = String::new();
    for model in &forecast.models {
        let _ = writeln!(out, "{}", money(model, meter));
    }
    let _ = writeln!(
        out,
        "time: at most {} at this concurrency{}, grading apart",
        duration(forecast.seconds_at_most),
        expected(forecast.seconds_expected.map(duration))
    );
    let _ = writeln!(
        out,
        "disk: about {} for the run's directory ({})",
        size(forecast.bytes_expected),
        forecast.bytes_source
    );
    let _ = writeln!(out, "{}", detectable(forecast));
    let planning = &forecast.planning;
    let _ = writeln!(
        out,
        "  for {} tasks in {} families × {} attempts; variances {:.3} between tasks, {:.3} and {:.3} between attempts, \
         correlation {:.2} within families: {}",
        forecast.tasks,
        forecast.families,
        forecast.attempts,
        planning.between_tasks,
        planning.baseline,
        planning.other,
        planning.icc,
        planning.source
    );
    for needed in &forecast.needed {
        let _ = writeln!(
            out,
            "  {} {}: {} tasks for one gap, {} for all {} at once, in families as large as these",
            needed.attempts,
            if needed.attempts == 1 { "attempt" } else { "attempts" },
            number::count(needed.tasks),
            number::count(needed.tasks_at_once),
            forecast.gaps
        );
    }
    out
}

/// What the sweep can find, or that it can find nothing: said before anything is spent.
fn detectable(forecast: &Forecast) -> String {
    let Some((alone, at_once)) = forecast.smallest_detectable.zip(forecast.smallest_detectable_at_once)
    else {
        return match forecast.gaps {
            0 => "no gap to detect: there is one arm only".to_owned(),
            _ => "this sweep can state no gap at all: one task is not enough to judge by".to_owned(),
        };
    };
    let points = |gap: f64| {
        if gap < 1.0 {
            format!("{} pp", number::percent(Some(gap)))
        } else {
            "none, however large".to_owned()
        }
    };
    if at_once >= 1.0 {
        return format!(
            "this sweep can state no gap at all with 80 % power ({} in {} leave {:.1} degrees of freedom): more \
             families are needed, or more tasks where there is one family",
            crate::wording::plural(forecast.tasks, "task", "tasks"),
            crate::wording::plural(forecast.families, "family", "families"),
            forecast.df.unwrap_or_default()
        );
    }
    let lose = match forecast.may_lose {
        Some(trials) => format!(
            "; a gap of that size still stands when {} of its two arms {} lost",
            crate::wording::plural(usize::try_from(trials).unwrap_or(usize::MAX), "trial", "trials"),
            if trials == 1 { "is" } else { "are" }
        ),
        None => String::new(),
    };
    match forecast.gaps {
        1 => format!("smallest gap this sweep can detect (80 % power): {}{lose}", points(at_once)),
        gaps => format!(
            "smallest gap this sweep can detect (80 % power): {} with all {gaps} stated at once ({} if it were the only \
             one){lose}",
            points(at_once),
            points(alone)
        ),
    }
}

fn money(model: &ModelForecast, meter: &str) -> String {
    let tokens =
        model.tokens_expected.map(|tokens| format!("{} tokens", number::count(tokens.max(0.0) as u64)));
    let units = format!(
        "{}: {} trials, at most {} units of `{meter}`{}",
        model.model,
        model.trials,
        number::units(model.units_at_most),
        expected(tokens)
    );
    if model.simulated {
        return format!("{units}; simulated, costs nothing");
    }
    let usd = |usd: f64| format!("{usd:.2} US dollars");
    let most = model.usd_at_most.map_or_else(
        || "its cost is not bounded: set `spend_cap_usd`, or prices in its profile".to_owned(),
        |most| format!("at most {}", usd(most)),
    );
    format!("{units}; {most}{}; retries apart", expected(model.usd_expected.map(usd)))
}

fn expected(what: Option<String>) -> String {
    what.map_or_else(String::new, |what| format!(" (expected after the pilot: {what})"))
}

fn size(bytes: f64) -> String {
    if bytes < 1e9 { format!("{:.0} MB", bytes / 1e6) } else { format!("{:.1} GB", bytes / 1e9) }
}

fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).ceil();
    if minutes < 120.0 { format!("{minutes:.0} minutes") } else { format!("{:.1} hours", seconds / 3600.0) }
}
