//! What there is to say of many runs compared, for every format that people read.

use analysis::{Comparison, Subject};

use crate::number;

/// The columns of [`row`]: the first three name, the others are numbers.
pub(crate) const COLUMNS: [&str; 9] =
    ["model", "arm", "run", "rank", "score %", "95 %", "missing %", "Elo (ours)", "±"];

pub(crate) fn heading(comparison: &Comparison) -> String {
    let plural = crate::wording::plural;
    format!(
        "{} · {} in all of them",
        plural(comparison.runs.len(), "run", "runs"),
        plural(comparison.tasks, "task", "tasks")
    )
}

pub(crate) fn row(comparison: &Comparison, one: &Subject) -> Vec<String> {
    let points = |value: Option<f64>| value.map_or_else(number::missing, |value| format!("{value:.0}"));
    let bound = if one.unbounded { "~" } else { "" };
    vec![
        if one.simulated { format!("{} (simulated)", one.model) } else { one.model.clone() },
        one.arm.clone(),
        if comparison.runs.len() > 1 { one.run.chars().take(8).collect() } else { String::new() },
        if one.rank_best == one.rank_worst {
            one.rank_best.to_string()
        } else {
            format!("{}–{}", one.rank_best, one.rank_worst)
        },
        number::percent(Some(one.score)),
        number::interval(Some((one.lower, one.upper)), number::percent),
        number::percent(Some(one.missing)),
        format!("{bound}{}", points(one.elo)),
        points(one.elo_error),
    ]
}

/// What is to be known of the numbers, a note each.
pub(crate) fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = match &comparison.no_ability {
        Some(why) => vec![format!("no ability scale: {why}")],
        None => vec![
            "Elo is our own scale: a Rasch model of these tasks, 400 points for odds of 10 to 1, the first model in \
             its baseline arm at 1000. ± is the standard error against it. ~: all or nothing was solved."
                .to_owned(),
            "A rank is the range that one-sided tests at .05, families as clusters, leave open.".to_owned(),
        ],
    };
    notes.extend(comparison.open_closed.iter().map(|arm| {
        format!(
            "{} against {}: the gap of open models ({}) less that of closed ones ({}) is {} pp {}, p {}",
            arm.arm,
            arm.baseline,
            arm.open.join(", "),
            arm.closed.join(", "),
            number::points(Some(arm.estimate)),
            number::interval(arm.lower.zip(arm.upper), number::points),
            number::p(arm.p)
        )
    }));
    notes.extend(comparison.left_out.iter().map(|what| format!("left out: {what}")));
    notes
}
