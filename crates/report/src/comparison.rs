//! Many runs compared, for a terminal.

use std::fmt::Write;

use analysis::Comparison;

use crate::{number, terminal::table};

/// The comparison as text for a terminal of `width` columns.
pub fn comparison(comparison: &Comparison, width: u16) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} runs · {} tasks in all of them\n", comparison.runs.len(), comparison.tasks);
    let several = comparison.runs.len() > 1;
    let header = ["model", "arm", "run", "rank", "score %", "95 %", "missing %", "Elo (ours)", "±"];
    let mut rows = table(&header, 3, width);
    for one in &comparison.subjects {
        let name = if one.simulated { format!("{} (simulated)", one.model) } else { one.model.clone() };
        let points = |value: Option<f64>| value.map_or_else(number::missing, |value| format!("{value:.0}"));
        let rank = if one.rank_best == one.rank_worst {
            one.rank_best.to_string()
        } else {
            format!("{}–{}", one.rank_best, one.rank_worst)
        };
        let bound = if one.unbounded { "~" } else { "" };
        rows.add_row(vec![
            name,
            one.arm.clone(),
            if several { one.run.chars().take(8).collect() } else { String::new() },
            rank,
            number::percent(Some(one.score)),
            number::interval(Some((one.lower, one.upper)), number::percent),
            number::percent(Some(one.missing)),
            format!("{bound}{}", points(one.elo)),
            points(one.elo_error),
        ]);
    }
    let _ = writeln!(out, "{rows}");
    match &comparison.no_ability {
        Some(why) => {
            let _ = writeln!(out, "no ability scale: {why}");
        }
        None => {
            let _ = writeln!(
                out,
                "Elo is our own scale: a Rasch model of these tasks, 400 points for odds of 10 to 1, the first model in \
                 its baseline arm at 1000. ± is the standard error against it. ~: all or nothing was solved.\n\
                 A rank is the range that one-sided sign-flip tests at .05 leave open."
            );
        }
    }
    for arm in &comparison.open_closed {
        let _ = writeln!(
            out,
            "{} against {}: the gap of open models ({}) less that of closed ones ({}) is {} pp {}, p {}",
            arm.arm,
            arm.baseline,
            arm.open.join(", "),
            arm.closed.join(", "),
            number::points(Some(arm.estimate)),
            number::interval(arm.lower.zip(arm.upper), number::points),
            number::p(Some(arm.p))
        );
    }
    for what in &comparison.left_out {
        let _ = writeln!(out, "left out: {what}");
    }
    out
}
