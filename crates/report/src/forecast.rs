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
    let _ = writeln!(
        out,
        "smallest gap this sweep can detect (80 % power): {} pp for one gap, {} pp with all {} adjusted for",
        number::percent(forecast.smallest_detectable),
        number::percent(forecast.smallest_detectable_holm),
        forecast.gaps
    );
    let planning = &forecast.planning;
    let _ = writeln!(
        out,
        "  for {} tasks in {} families × {} attempts; variances {:.3} between tasks, {:.3} and {:.3} between attempts: {}. \
         Tasks of a family that are alike make it larger.",
        forecast.tasks,
        forecast.families,
        forecast.attempts,
        planning.between_tasks,
        planning.baseline,
        planning.other,
        planning.source
    );
    for needed in &forecast.needed {
        let _ = writeln!(
            out,
            "  {} {}: {} tasks for one gap, {} with all {} adjusted for",
            needed.attempts,
            if needed.attempts == 1 { "attempt" } else { "attempts" },
            number::count(needed.tasks),
            number::count(needed.tasks_holm),
            forecast.gaps
        );
    }
    out
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
