//! Two runs compared, for a terminal and as Markdown.

use std::fmt::Write;

use analysis::{ArmDifference, Difference, Estimate, Flip, Headline, Movement};

use crate::{number, terminal::table};

/// Flips shown of one model and arm.
const FLIPS: usize = 20;

/// The comparison as text for a terminal of `width` columns.
pub fn difference(difference: &Difference, width: u16) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n", heading(difference));
    let _ = writeln!(out, "Change of the score, B against A{}, in percentage points", stamp(difference));
    let header = ["model", "arm", "A %", "B %", "change", "95 %", "p Holm", "detectable"];
    let mut rows = table(&header, 2, width);
    for arm in &difference.arms {
        rows.add_row(row(arm));
    }
    let _ = writeln!(out, "{rows}");
    for arm in &difference.arms {
        let _ = writeln!(out, "{}", sentence(arm));
    }
    for arm in difference.arms.iter().filter(|arm| !arm.flips.is_empty()) {
        let _ = writeln!(out, "\nTasks whose score changed: {} {}", arm.model, arm.arm);
        for flip in arm.flips.iter().take(FLIPS) {
            let _ = writeln!(out, "  {}", flipped(flip));
        }
        if arm.flips.len() > FLIPS {
            let _ = writeln!(out, "  … and {} more", arm.flips.len() - FLIPS);
        }
    }
    let _ = writeln!(out, "\nWhat else is not the same");
    if difference.setup.is_empty() {
        let _ = writeln!(out, "  nothing that the plans record");
    }
    for change in &difference.setup {
        let _ = writeln!(out, "  {}: {} → {}", change.what, change.a, change.b);
    }
    for what in &difference.left_out {
        let _ = writeln!(out, "  left out: {what}");
    }
    out
}

/// The comparison as Markdown, for a pull request or a job's summary.
pub fn difference_markdown(difference: &Difference) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "### {}\n", heading(difference));
    for arm in &difference.arms {
        let mark = match arm.verdict {
            Movement::Regression => "🔴",
            Movement::Improvement => "🟢",
            Movement::NoDetectableDifference => "⚪",
            Movement::CannotTell => "🟡",
        };
        let _ = writeln!(out, "- {mark} {}", sentence(arm));
    }
    let _ = writeln!(
        out,
        "\n| model | arm | A % | B % | change pp{} | 95 % | p Holm | detectable pp |",
        stamp(difference)
    );
    let _ = writeln!(out, "|---|---|--:|--:|--:|--:|--:|--:|");
    for arm in &difference.arms {
        let _ = writeln!(out, "| {} |", row(arm).join(" | "));
    }
    for arm in difference.arms.iter().filter(|arm| !arm.flips.is_empty()) {
        let _ = writeln!(
            out,
            "\n<details><summary>{} tasks whose score changed: {} {}</summary>\n",
            arm.flips.len(),
            arm.model,
            arm.arm
        );
        for flip in arm.flips.iter().take(FLIPS) {
            let _ = writeln!(out, "- `{}`", flipped(flip));
        }
        let _ = writeln!(out, "\n</details>");
    }
    if !difference.setup.is_empty() {
        let _ = writeln!(out, "\n<details><summary>What else is not the same</summary>\n");
        for change in &difference.setup {
            let _ = writeln!(out, "- {}: `{}` → `{}`", change.what, change.a, change.b);
        }
        let _ = writeln!(out, "\n</details>");
    }
    out
}

fn heading(difference: &Difference) -> String {
    let side = |run: &analysis::RunFacts| {
        format!("{} ({}, {} of {} trials)", run.sweep, run.run, run.ended, run.planned)
    };
    format!("A {} · B {} · {} tasks", side(&difference.a), side(&difference.b), difference.tasks)
}

fn stamp(difference: &Difference) -> &'static str {
    if difference.arms.iter().any(|arm| arm.simulated) { " (simulated)" } else { "" }
}

fn row(arm: &ArmDifference) -> Vec<String> {
    let ends = |change: Estimate| change.lower.zip(change.upper);
    vec![
        arm.model.clone(),
        arm.arm.clone(),
        number::percent(arm.score_a),
        number::percent(arm.score_b),
        number::points(arm.change.map(|change| change.estimate)),
        number::interval(arm.change.and_then(ends), number::points),
        number::p(arm.p_holm),
        number::percent(arm.change.and_then(|change| change.smallest_detectable)),
    ]
}

fn sentence(arm: &ArmDifference) -> String {
    let stamp = if arm.simulated { " (simulated)" } else { "" };
    let who = format!("{} in {}{stamp}", arm.model, arm.arm);
    let size = number::percent(arm.change.map(|change| change.estimate.abs()));
    let interval =
        number::interval(arm.change.and_then(|change| change.lower.zip(change.upper)), number::points);
    let unit = match arm.headline {
        Headline::Macro => "families weighed alike",
        Headline::Micro => "tasks weighed alike",
    };
    match arm.verdict {
        Movement::Regression => {
            format!("{who}: {size} pp less solved than before, {unit}, 95 % interval {interval}")
        }
        Movement::Improvement => {
            format!("{who}: {size} pp more solved than before, {unit}, 95 % interval {interval}")
        }
        Movement::NoDetectableDifference => match arm.change.and_then(|change| change.smallest_detectable) {
            Some(smallest) => format!(
                "{who}: no detectable difference; this comparison can see {} pp and more",
                number::percent(Some(smallest))
            ),
            None => format!("{who}: every task scored as before"),
        },
        Movement::CannotTell => {
            format!("{who}: cannot tell: too many trials are missing, or there is no spread to judge by")
        }
    }
}

fn flipped(flip: &Flip) -> String {
    format!(
        "{}: {} % → {} % ({} → {})",
        flip.task,
        number::percent(Some(flip.score_a)),
        number::percent(Some(flip.score_b)),
        flip.outcomes_a.join(" "),
        flip.outcomes_b.join(" ")
    )
}
